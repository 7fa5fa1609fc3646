package gate_test

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/beamgate/beamgate/etf"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/report"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestReportsDriveLimits: a node in trouble gets less, at worst nothing, and one that
// falls silent gets what the configuration says.
func TestReportsDriveLimits(t *testing.T) {
	t.Parallel()
	node := NewNode(t, nil)
	g := Start(t, fmt.Sprintf(`version: 1
report: {listen: '127.0.0.1:0', secret_file: %s, max_age: 2s}
ledgers:
  - {name: web, nodes: [web@host]}
upstreams:
  - {name: node, address: '%s', ledger: web, max_in_flight: 100, breaker: {slow_start: 1ms}}
listeners:
  - {name: door, listen: '127.0.0.1:0', upstream: node, answers: {expect: one}}
`, WriteFile(t, filepath.Join(t.TempDir(), "secret"), secret), node.Addr))
	conn, err := net.Dial("tcp", g.ReportAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	challenge, err := ReadFrame(conn)
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	say := func(queue int64) {
		payload := term.Message(term.Tuple(term.Atom("report"), term.Bin("web@host"),
			term.Int(1), term.Int(1), term.Int(10000), term.Int(1048576), term.Int(10), term.Int(1000), term.Int(0), term.Int(0), term.Int(queue), term.Int(0)))
		frame, err := etf.AppendFrame(nil, term.Message(term.Tuple(term.Atom("beamgate"), term.Bin(string(report.Sign([]byte(secret), challenge, n, payload))), term.Bin(string(payload)))), 4)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(frame)
		n++
	}
	open := func() float64 { return g.Sum("beamgate_in_flight", "what=open") }
	say(10500) // half way from 1000 to 20000
	Eventually(t, "half of the places are left", func() bool { return open() == 50 })
	say(20000)
	Eventually(t, "the breaker is open", func() bool { return g.Sum("beamgate_upstream_state", "state=forced") == 1 })
	c := g.Dial("door")
	c.Send(good)
	c.Reset()
	if n := g.Count("rule=breaker"); n != 1 {
		t.Errorf("%v", n)
	}
	say(0)
	Eventually(t, "all is well", func() bool { return open() == 100 && g.Sum("beamgate_upstream_state", "state=closed") == 1 })
	c = g.Dial("door")
	c.Send(good)
	c.Want(good)
	say(20000)
	Eventually(t, "the breaker is open", func() bool { return g.Sum("beamgate_upstream_state", "state=forced") == 1 })
	Eventually(t, "after a silence the static limits hold", func() bool { return open() == 100 })
}
