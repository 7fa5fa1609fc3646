// Package demo shows the gateway at work: a node behind it, honest and hostile
// clients in front of it, and a table of what became of their messages. With
// Erlang on the machine the node is a real one, and beside it stands a twin that
// gets hostile messages without a gateway.
package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

// allowance is how many atoms the node may learn in the demonstration.
const allowance = 100

const text = `version: 1
global: {drain: 1s}
ledgers:
  - {name: demo, max_new: %d, names: [id, customer, items, row, get]}
upstreams:
  - {name: node, address: '%s', ledger: demo}
listeners:
  - name: door
    listen: 127.0.0.1:0
    upstream: node
    answers: {expect: one}
    limits: {messages_per_second: 100000, messages_burst: 100000, bytes_per_second: 1GiB, bytes_burst: 1GiB}
`

// Options say how to show it.
type Options struct {
	For  time.Duration
	Live bool // the terminal can be drawn on anew
}

// Run shows it on w. The error is for a demonstration that could not be held, or
// that showed what must not be: a hostile message that came through, an honest one
// that did not.
func Run(ctx context.Context, w io.Writer, o Options) error {
	guarded, twin, err := nodes()
	if err != nil {
		return err
	}
	defer guarded.stop()
	if twin != nil {
		defer twin.stop()
	}
	g, err := open(guarded.addr)
	if err != nil {
		return err
	}
	defer g.Close()
	s := &show{w: w, live: o.Live, kinds: traffic.Kinds(), real: guarded.real, start: time.Now()}
	s.counts = make([]counts, len(s.kinds))
	if err := s.begin(guarded, twin); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.For)
	defer cancel()
	var clients sync.WaitGroup
	for i, k := range s.kinds {
		clients.Go(func() { s.send(ctx, g.Addr("door"), i, k) })
		if twin != nil && k.Leaves {
			clients.Go(func() { s.harm(ctx, twin.addr, k) })
		}
	}
	for tick := time.NewTicker(500 * time.Millisecond); ctx.Err() == nil; {
		select {
		case <-tick.C:
			s.look(guarded, twin)
			s.draw(g, false)
		case <-ctx.Done():
			tick.Stop()
		}
	}
	clients.Wait()
	if err := s.look(guarded, twin); err != nil {
		return err
	}
	s.draw(g, true)
	return s.verdict()
}

func open(addr string) (*gate.Gate, error) {
	c, err := config.Parse("demo", fmt.Appendf(nil, text, allowance, addr))
	if err != nil {
		return nil, err
	}
	g := gate.New(slog.New(slog.DiscardHandler), metrics.New(nil))
	if err := g.Apply(c); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// Terminal reports whether f is one that can be drawn on.
func Terminal(f *os.File) bool {
	s, err := f.Stat()
	return err == nil && s.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

func seen(atoms, memory, frames int64) []byte {
	return term.Message(term.Tuple(term.Atom("seen"), term.Int(int64(atoms)), term.Int(int64(memory)), term.Int(int64(frames))))
}

// begin notes how the nodes are at the beginning.
func (s *show) begin(guarded node, twin *node) error {
	if err := settle(guarded.addr); err != nil {
		return err
	}
	if twin != nil {
		s.twin = true
		if err := settle(twin.addr); err != nil {
			return err
		}
	}
	if err := s.look(guarded, twin); err != nil {
		return err
	}
	s.guarded.first, s.unguarded.first = s.guarded.last, s.unguarded.last
	s.start = time.Now()
	return nil
}

// state is what a node said, first and last, and the most memory that it had.
type state struct {
	mu          sync.Mutex
	first, last beamnode.Seen
	peak        int64
}

func (s *state) set(seen beamnode.Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = seen
	s.peak = max(s.peak, seen.Memory)
}

// heard looks at an answer to one of the messages.
func (s *state) heard(b []byte) {
	if seen, err := beamnode.ParseSeen(b); err == nil {
		s.set(seen)
	}
}

// grown is how many atoms the node has more than at first.
func (s *state) grown() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.Atoms - s.first.Atoms
}

func (s *state) text(memory bool) string {
	text := fmt.Sprintf("%+d atoms", s.grown())
	if memory {
		s.mu.Lock()
		defer s.mu.Unlock()
		text += fmt.Sprintf(", up to %+.1f MiB", float64(s.peak-s.first.Memory)/(1<<20))
	}
	return text
}
