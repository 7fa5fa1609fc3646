package demo

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

// show is the table.
type show struct {
	w     io.Writer
	live  bool
	real  bool
	start time.Time
	kinds []traffic.Kind
	lines int // drawn last time

	counts    []counts
	harmed    atomic.Int64
	twin      bool
	guarded   state
	unguarded state
}

// draw draws the table, over the one before where that is possible, and else only
// at the end.
func (s *show) draw(g *gate.Gate, last bool) {
	if !s.live && !last {
		fmt.Fprintf(s.w, "%4.1f s: %s\n", time.Since(s.start).Seconds(), s.sums())
		return
	}
	var b strings.Builder
	if s.live && s.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", s.lines)
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nTRAFFIC\tSENT\tPASSED\tREFUSED")
	for i, k := range s.kinds {
		name := k.Name
		if k.Hostile {
			name = "! " + name
		}
		c := &s.counts[i]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\n", name, c.sent.Load(), c.passed.Load(), c.refused.Load())
	}
	t.Flush()
	l := g.Ledger("demo").Stats()
	fmt.Fprintf(&b, "\nnew atoms: %d of %d that the node may learn in its life are spent; known ones go on passing\n", l.Committed, l.Max)
	s.nodes(&b)
	text := b.String()
	s.lines = strings.Count(text, "\n")
	io.WriteString(s.w, text)
}

func (s *show) nodes(b *strings.Builder) {
	name := "the node (an imitation: there is no Erlang here)"
	if s.real {
		name = "the node behind the gateway"
	}
	fmt.Fprintf(b, "%-45s %s\n", name+":", s.guarded.text(s.real))
	if s.twin {
		fmt.Fprintf(b, "%-45s %s, after %d hostile messages\n", "its twin without one:", s.unguarded.text(true), s.harmed.Load())
	}
}

func (s *show) sums() string {
	var good, bad counts
	for i, k := range s.kinds {
		to := &good
		if k.Hostile {
			to = &bad
		}
		to.passed.Add(s.counts[i].passed.Load()) // before what was sent, or more may have come than went
		to.refused.Add(s.counts[i].refused.Load())
		to.sent.Add(s.counts[i].sent.Load())
	}
	return fmt.Sprintf("honest: %s; hostile: %s; node %s", good.text(), bad.text(), s.guarded.text(s.real))
}

// text tells what became of messages; those under way are neither passed nor refused yet.
func (c *counts) text() string {
	passed, refused := c.passed.Load(), c.refused.Load()
	text := fmt.Sprintf("%d passed, %d refused", passed, refused)
	if way := c.sent.Load() - passed - refused; way > 0 {
		text += fmt.Sprintf(", %d under way", way)
	}
	return text
}

// verdict says whether the demonstration showed what it should.
func (s *show) verdict() error {
	var errs []error
	for i, k := range s.kinds {
		c := &s.counts[i]
		most := int64(0)
		if k.Some {
			most = allowance // some new atoms are allowed, in as many messages at most
		}
		switch {
		case c.sent.Load() == 0:
			errs = append(errs, fmt.Errorf("%s: nothing was sent", k.Name))
		case k.Hostile && c.passed.Load() > most:
			errs = append(errs, fmt.Errorf("%s: %d hostile messages passed", k.Name, c.passed.Load()))
		case !k.Hostile && c.refused.Load() > 0:
			errs = append(errs, fmt.Errorf("%s: %d honest messages were refused", k.Name, c.refused.Load()))
		}
	}
	if grown := s.guarded.grown(); grown > allowance {
		errs = append(errs, fmt.Errorf("the node learned %d atoms", grown))
	}
	return errors.Join(errs...)
}
