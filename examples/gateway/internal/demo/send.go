package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

// counts are what became of the messages of one kind.
type counts struct{ sent, passed, refused atomic.Int64 }

// pauses keep the demonstration from being one about the machine's speed.
const (
	pause      = 2 * time.Millisecond
	pauseAfter = 5 * time.Millisecond // a refusal, which costs a connection
	answerTime = 10 * time.Second
)

// send plays a client of one kind until ctx is done.
func (s *show) send(ctx context.Context, addr string, i int, k traffic.Kind) {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	var c net.Conn
	for n := 0; ctx.Err() == nil; n++ {
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", addr); err != nil {
				c = nil
				time.Sleep(pauseAfter)
				continue
			}
		}
		s.counts[i].sent.Add(1)
		b, err := traffic.Exchange(c, k.Make(r, n), answerTime)
		if err != nil {
			s.counts[i].refused.Add(1)
			c.Close()
			c = nil
			time.Sleep(pauseAfter)
			continue
		}
		s.counts[i].passed.Add(1)
		s.guarded.heard(b)
		time.Sleep(pause)
	}
	if c != nil {
		c.Close()
	}
}

// harm sends hostile messages to the node that has no gateway.
func (s *show) harm(ctx context.Context, addr string, k traffic.Kind) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer c.Close()
	r := rand.New(rand.NewPCG(2, 0))
	for n := 0; ctx.Err() == nil; n++ {
		b, err := traffic.Exchange(c, k.Make(r, n), answerTime)
		if err != nil {
			return
		}
		s.harmed.Add(1)
		s.unguarded.heard(b)
		time.Sleep(pause)
	}
}

// look asks the nodes how they are.
func (s *show) look(guarded node, twin *node) error {
	seen, err := ask(guarded.addr, term.Message(term.Int(0)))
	if err != nil {
		return err
	}
	s.guarded.set(seen)
	if twin == nil {
		return nil
	}
	if seen, err = ask(twin.addr, term.Message(term.Int(0))); err == nil {
		s.unguarded.set(seen)
	}
	return err
}

func ask(addr string, msg []byte) (seen beamnode.Seen, err error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return seen, err
	}
	defer c.Close()
	b, err := traffic.Exchange(c, msg, answerTime)
	if err != nil {
		return seen, err
	}
	return beamnode.ParseSeen(b)
}

// settle lets a node load what it loads with the first messages, so that it does
// not look as if these were the gateway's: until its atoms stand still.
func settle(addr string) error {
	r := rand.New(rand.NewPCG(3, 0))
	last, still := int64(-1), 0
	honest := traffic.Kinds()[:3]
	for i := range 200 {
		seen, err := ask(addr, honest[i%len(honest)].Make(r, i))
		if err != nil {
			return err
		}
		if still++; seen.Atoms != last {
			last, still = seen.Atoms, 0
		}
		if still == 40 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("demo: the node does not come to rest")
}
