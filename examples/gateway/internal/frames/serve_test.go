package frames

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/door/doortest"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// TestDrainingBetweenBytes: a message of which the first byte came when draining began
// has the time of a message, whatever time was set before.
func TestDrainingBetweenBytes(t *testing.T) {
	client, conn := net.Pipe()
	defer client.Close()
	defer conn.Close()
	drain := make(chan struct{})
	s := &session{ctx: t.Context(), drain: drain, conn: conn}
	if !s.deadline(time.Minute, true, false) {
		t.Fatal("nothing is to be read")
	}
	close(drain)
	s.watch()
	if !s.deadline(time.Minute, false, false) || !s.deadline(time.Minute, false, true) {
		t.Fatal("a message that has begun is not read to its end")
	}
	go client.Write([]byte{1})
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if s.deadline(time.Minute, true, false) || s.deadline(time.Minute, true, true) {
		t.Error("another message is read")
	}
	s.stopReading()
	if s.deadline(time.Minute, false, false) || s.deadline(time.Minute, false, true) {
		t.Error("a message is read although reading was stopped")
	}
}

// idle is a session without a connection, toward a node at addr, with room for so many
// bytes of the upstream and of all.
func idle(t *testing.T, addr, upstreamRules string, room *limit.Bytes) (*session, *upstream.Upstream) {
	t.Helper()
	up, listener := doortest.Upstream(t, `version: 1
ledgers: [{name: web, max_new: 2}]
upstreams: [{name: node, address: '`+addr+`', ledger: web, `+upstreamRules+`}]
listeners: [{name: door, listen: '127.0.0.1:0', upstream: node}]
`)
	pass := doortest.Accept(t, listener, up, nil, limit.Rates{Connections: 1, InFlight: 10, Messages: 1, Burst: 1, Bytes: 1, ByteBurst: 1}, room)
	s := &session{ctx: t.Context(), pass: pass}
	s.waits()
	return s, up
}

// TestLostWriteIsOneCrash: messages that go together, in a write that fails, all end, and
// the first of them was under way at one crash.
func TestLostWriteIsOneCrash(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	equal, other := []byte("\x83a\x01"), []byte("\x83a\x02")
	rules, room := "poison: {crashes: 2, window: 1h}", limit.NewBytes(1)
	first, up := idle(t, l.Addr().String(), rules, room)
	pass := first.pass
	for crash := range 2 {
		s := &session{ctx: t.Context(), pass: pass}
		conn, err := up.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.link.Store(&link{Conn: conn})
		for _, msg := range [][]byte{equal, equal, equal, other} {
			ticket, refusal := pass.Request(t.Context(), msg, nil)
			if refusal != nil {
				t.Fatalf("after %d crashes: %v", crash, refusal)
			}
			s.out, s.unsent = append(s.out, msg...), append(s.unsent, ticket)
		}
		conn.Close()
		if err := s.flush(clock.Now()); !errors.Is(err, net.ErrClosed) || len(s.out)+len(s.unsent) > 0 {
			t.Fatalf("%v, and %d bytes of %d messages are left", err, len(s.out), len(s.unsent))
		}
		if used, _, _ := up.Slots.Used(); used > 0 {
			t.Errorf("%d places are not given back", used)
		}
	}
	if _, refusal := pass.Request(t.Context(), equal, nil); refusal == nil || refusal.Rule != door.Poison {
		t.Errorf("at two crashes it was under way, and now: %v", refusal)
	}
	if ticket, refusal := pass.Request(t.Context(), other, nil); refusal != nil {
		t.Errorf("it was never the first, and now: %v", refusal)
	} else {
		ticket.Cancel()
	}
}

// halting takes a part of the first write, and then all.
type halting struct {
	net.Conn
	got []byte
	cut bool
}

func (c *halting) Write(b []byte) (int, error) {
	if !c.cut {
		c.cut = true
		c.got = append(c.got, b[:3]...)
		return 3, os.ErrDeadlineExceeded
	}
	c.got = append(c.got, b...)
	return len(b), nil
}

// TestNothingBehindHalf: behind a part of a frame nothing is written, to the node or to the
// client, however often something has to wait and what was gathered goes first.
func TestNothingBehindHalf(t *testing.T) {
	room := limit.NewBytes(100)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, up := idle(t, l.Addr().String(), "max_bytes_in_flight: 1KiB", room)
	conn, err := up.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Conn.Close()
	client, _ := net.Pipe()
	defer client.Close()
	toNode, toClient := &halting{Conn: client}, &halting{Conn: client}
	s.conn = toClient
	conn.Conn = toNode
	s.link.Store(&link{Conn: conn})
	for _, waiting := range []context.Context{s.patient, s.giving} {
		s.out, s.back = append(s.out, "a frame"...), append(s.back, "a frame"...)
		up.Bytes.Acquire(t.Context(), 1<<10) // both have to be waited for
		room.Acquire(t.Context(), 100)
		ended := make(chan error)
		go func() {
			held, err := s.pass.Hold(waiting, 50)
			held.Release()
			ended <- err
		}()
		wait := func(b *limit.Bytes) {
			for waiting := int64(0); waiting == 0; _, waiting = b.Used() {
				time.Sleep(time.Millisecond)
			}
		}
		wait(up.Bytes)
		up.Bytes.Release(1 << 10)
		wait(room)
		room.Release(100)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	s.out, s.back = append(s.out, "another"...), append(s.back, "another"...)
	for name, err := range map[string]error{"node": s.flush(clock.Now()), "client": s.deliver(clock.Now())} {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if string(toNode.got) != "a f" || string(toClient.got) != "a f" {
		t.Errorf("the node got %q, the client %q", toNode.got, toClient.got)
	}
}
