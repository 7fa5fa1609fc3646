package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

// TestDemo runs it for a moment; what must not be, Run reports.
func TestDemo(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), &out, Options{For: 1500 * time.Millisecond}); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"orders", "! keys twice in a map", "of 100 that the node may learn"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// TestVerdict: a demonstration that shows the wrong thing fails.
func TestVerdict(t *testing.T) {
	s := &show{kinds: traffic.Kinds()}
	s.counts = make([]counts, len(s.kinds))
	for i := range s.counts {
		s.counts[i].sent.Add(1)
	}
	if err := s.verdict(); err != nil {
		t.Fatal(err)
	}
	s.counts[0].refused.Add(1)
	s.counts[4].passed.Add(1)
	s.guarded.last.Atoms = 1000
	err := s.verdict()
	for _, want := range []string{"honest messages were refused", "hostile messages passed", "learned 1000 atoms"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

// TestUnderWay: what has not been answered yet is shown apart.
func TestUnderWay(t *testing.T) {
	var c counts
	c.sent.Add(18)
	c.passed.Add(15)
	if got := c.text(); got != "15 passed, 0 refused, 3 under way" {
		t.Error(got)
	}
	c.refused.Add(3)
	if got := c.text(); got != "15 passed, 3 refused" {
		t.Error(got)
	}
}
