package gate

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// TestUpstreamsAreForgotten: nothing holds on to an upstream that a reload has removed, or
// that one which was refused would have added; least of all the ledger that stays.
func TestUpstreamsAreForgotten(t *testing.T) {
	parse := func(more string) *config.File {
		c, err := config.Parse("test", []byte(fmt.Sprintf(`version: 1
global: {drain: 1ms}
ledgers: [{name: web}]
upstreams: [{name: node, address: '127.0.0.1:1', ledger: web}%s]
listeners: [{name: door, listen: '127.0.0.1:0', upstream: node}]
`, more)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	g := New(slog.New(slog.DiscardHandler), metrics.New(nil))
	defer g.Close()
	apply := func(more string) {
		t.Helper()
		if err := g.Apply(parse(more)); err != nil {
			t.Fatal(err)
		}
	}
	another := ", {name: another, address: '127.0.0.1:1', ledger: web}"
	apply(another)
	removed := weak.Make(g.upstreams["another"])
	apply("")
	p := &plan{g: g, c: parse(another)}
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	refused := weak.Make(p.upstreams["another"])
	p.undo()
	p = nil
	for what, u := range map[string]weak.Pointer[upstream.Upstream]{"removed": removed, "refused": refused} {
		for began := time.Now(); u.Value() != nil; runtime.GC() {
			if time.Since(began) > time.Minute {
				t.Fatalf("the %s upstream is still there", what)
			}
			time.Sleep(time.Millisecond)
		}
	}
}
