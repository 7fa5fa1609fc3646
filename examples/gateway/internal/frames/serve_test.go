package frames

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
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

// TestLostWriteIsOneCrash: messages that go together, in a write that fails, all end, and
// equal ones of them were under way at one crash, not at several.
func TestLostWriteIsOneCrash(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := config.Parse("test", []byte(`version: 1
ledgers: [{name: web, max_new: 2}]
upstreams: [{name: node, address: '`+l.Addr().String()+`', ledger: web, poison: {crashes: 2, window: 1h}}]
listeners: [{name: door, listen: '127.0.0.1:0', upstream: node}]
`))
	if err != nil {
		t.Fatal(err)
	}
	book, err := ledger.Open(c.Ledgers[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	up, err := upstream.New(c.Upstreams[0], book, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.New(c.Listeners[0], up, nil, door.Shared{
		Clients: limit.NewClients(limit.Rates{Connections: 1, Messages: 1, Burst: 1, Bytes: 1, ByteBurst: 1}, 1, 1), Held: limit.NewBytes(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	pass, refusal := d.Accept(door.Client{Addr: netip.IPv6Loopback()}, nil)
	if refusal != nil {
		t.Fatal(refusal)
	}
	equal, other := []byte("\x83a\x01"), []byte("\x83a\x02")
	s := &session{ctx: t.Context(), pass: pass}
	for crash := range 2 {
		conn, err := up.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.link.Store(&link{Conn: conn})
		for _, msg := range [][]byte{equal, equal, equal, other}[:4-crash] {
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
		t.Errorf("at one crash it was under way, and now: %v", refusal)
	} else {
		ticket.Cancel()
	}
}
