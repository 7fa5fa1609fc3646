package gate_test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// What one client must not be able to do to others.

// packed is messages in frames of {packet,4}.
func packed(t *testing.T, messages ...[]byte) (out []byte) {
	t.Helper()
	for _, msg := range messages {
		var err error
		if out, err = etf.AppendFrame(out, msg, 4); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestLineHoldsNoBytes: messages that wait for a place in line have none of the room that
// answers need, which make places.
func TestLineHoldsNoBytes(t *testing.T) {
	t.Parallel()
	const clients, each = 6, 6
	release := make(chan struct{})
	long := term.Message(term.Bin(strings.Repeat("x", 300<<10)))
	answer := term.Message(term.Bin(strings.Repeat("y", 2*door.Brief)))
	node := NewNode(t, func(msg []byte) []byte {
		<-release
		return answer
	})
	text := conf(node, "", "max_in_flight: 1000", "answers: {expect: one}\nlimits: {max_pipelined: 1}")
	g := Start(t, strings.Replace(text, "global: {", "global: {max_bytes_in_flight: 1MiB, ", 1))
	var ended sync.WaitGroup
	for range clients {
		c := g.Dial("door")
		ended.Go(func() { c.Write(packed(t, slices.Repeat([][]byte{long}, each)...)) })
		ended.Go(func() {
			for range each {
				if b, err := c.Receive(); err != nil || !bytes.Equal(b, answer) {
					t.Errorf("got %d bytes, %v", len(b), err)
					return
				}
			}
		})
	}
	Eventually(t, "each line is full", func() bool { return g.Sum("beamgate_in_flight", "what=used") >= 2*clients })
	close(release)
	ended.Wait()
	Eventually(t, "no room is held", func() bool { return g.Sum("beamgate_held_bytes") == 0 })
}

// TestSlowIsOneFailure: a message that the node does not answer in time is one failure,
// however many are behind it on its connection.
func TestSlowIsOneFailure(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	node := NewNode(t, func(msg []byte) []byte {
		if bytes.Equal(msg, third) {
			<-stop
		}
		return msg
	})
	defer close(stop)
	g := Start(t, conf(node, "", "answer_timeout: 300ms\nbreaker: {failures: 2, backoff: 1h, max_backoff: 1h}", "answers: {expect: one}"))
	c := g.Dial("door")
	c.Write(packed(t, third, third, third, third))
	c.Reset()
	c = g.Dial("door")
	c.Send(good)
	c.Want(good)
	if n := g.Count("code=answer_timeout"); n != 4 {
		t.Errorf("%v of 4 were told of", n)
	}
}

// TestPoisonIsTheFirst: of messages under way on a connection that is lost the first has
// no answer for a reason of its own. Those behind it are no suspects, or whoever sends them
// behind one that ends the connection could have them refused for all.
func TestPoisonIsTheFirst(t *testing.T) {
	node := endsOnThird(t)
	g := Start(t, conf(node, "", "", "answers: {expect: one}"))
	for range 2 {
		c := g.Dial("door")
		c.Write(packed(t, third, good, good))
		c.Reset()
	}
	c := g.Dial("door")
	c.Send(good)
	c.Want(good)
	c.Send(third)
	c.Reset()
	if n := g.Count("rule=poison"); n != 1 {
		t.Errorf("poison: %v", n)
	}
}

// TestDeafIsNoFailure: a client that sends and does not read what comes back stops the
// node, which then takes nothing more: no failure of the node, and nobody's suspects.
func TestDeafIsNoFailure(t *testing.T) {
	t.Parallel()
	for name, times := range map[string][2]string{"the client's time is shorter": {"300ms", "1m"}, "the node's time is shorter": {"3s", "300ms"}} {
		node := NewNode(t, nil)
		g := Start(t, conf(node, "", "answer_timeout: "+times[1]+"\nbreaker: {failures: 1, backoff: 1h, max_backoff: 1h}\npoison: {crashes: 1}",
			"limits: {write_timeout: "+times[0]+", messages_per_second: 1000000, messages_burst: 1000000, bytes_per_second: 1GiB, bytes_burst: 1GiB}"))
		deaf := g.Dial("door")
		many := packed(t, slices.Repeat([][]byte{term.Message(term.Bin(strings.Repeat("x", 1000)))}, 200)...)
		for {
			if _, err := deaf.Write(many); err != nil {
				break
			}
		}
		Eventually(t, "it is gone", func() bool {
			return g.Sum("beamgate_connections") == 0 && g.Sum("beamgate_in_flight", "what=used") == 0
		})
		c := g.Dial("door")
		c.Send(good)
		c.Want(good)
		c.Send(term.Message(term.Bin(strings.Repeat("x", 1000))))
		if b, err := c.Receive(); err != nil {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// TestRenameIsNoFailure: when a reload has put another upstream in the place of one,
// messages that cannot go to both are no failures of either.
func TestRenameIsNoFailure(t *testing.T) {
	release := make(chan struct{})
	node := NewNode(t, func(msg []byte) []byte {
		if bytes.Equal(msg, third) {
			<-release
		}
		return msg
	})
	text := strings.Replace(conf(node, "", "breaker: {failures: 1, backoff: 1h, max_backoff: 1h}", "answers: {expect: one}"), "127.0.0.1:0", Free(t), 1)
	g := Start(t, text)
	c := g.Dial("door")
	c.Send(third)
	Eventually(t, "it is under way", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 1 })
	if err := g.Load(strings.ReplaceAll(strings.ReplaceAll(text, "name: node", "name: other"), "upstream: node", "upstream: other")); err != nil {
		t.Fatal(err)
	}
	c.Send(good)
	Eventually(t, "it is refused", func() bool { return g.Count("code=unreachable") == 1 })
	close(release)
	c.Want(third)
	c.Reset()
	c = g.Dial("door")
	c.Send(good)
	c.Want(good)
}

// TestDeafInShadow: deadlines hold where no rule does.
func TestDeafInShadow(t *testing.T) {
	t.Parallel()
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "answer_timeout: 1m", "mode: shadow\nlimits: {write_timeout: 300ms}"))
	deaf := g.Dial("door")
	many := packed(t, slices.Repeat([][]byte{good}, 1000)...)
	for {
		deaf.SetDeadline(time.Now().Add(time.Minute))
		if _, err := deaf.Write(many); err != nil {
			break
		}
	}
	Eventually(t, "it is gone", func() bool { return g.Sum("beamgate_connections") == 0 })
	if n := g.Count("rule=deadline", "code=write"); n != 1 {
		t.Errorf("told of %v times", n)
	}
}

// TestDeafClients: a client that takes no answers has its own part of the room for answers,
// and others get theirs, whether they come one by one or as the node sends them.
func TestDeafClients(t *testing.T) {
	t.Parallel()
	for _, answers := range []string{"one", "any"} {
		node := NewNode(t, func(msg []byte) []byte {
			if bytes.Equal(msg, third) {
				return term.Message(term.Bin(strings.Repeat("x", 200<<10)))
			}
			return msg
		})
		g := Start(t, conf(node, "", "max_bytes_in_flight: 4MiB", "proxy_protocol: [127.0.0.0/8]\nanswers: {expect: "+answers+"}\nlimits: {write_timeout: 1h}"))
		from := func(addr string) *Client {
			c := g.Dial("door")
			fmt.Fprintf(c, "PROXY TCP4 %s 127.0.0.1 5000 4000\r\n", addr)
			return c
		}
		const deaf, each = 20, 60
		for range deaf {
			c := from("10.0.0.1")
			c.Conn.(*net.TCPConn).SetReadBuffer(4096)
			c.Write(packed(t, slices.Repeat([][]byte{third}, each)...))
		}
		held := 0.0
		Eventually(t, "they hold what they may", func() bool {
			was := held
			time.Sleep(100 * time.Millisecond)
			held = g.Sum("beamgate_held_bytes")
			return held > 200<<10 && held == was
		})
		c := from("10.0.0.2")
		for range 10 {
			c.Send(good)
			c.Want(good)
			c.Send(third)
			if b, err := c.Receive(); err != nil || len(b) < 200<<10 {
				t.Fatalf("%s: %d bytes, %v", answers, len(b), err)
			}
		}
		if held > 256<<10 {
			t.Errorf("%s: one client holds %v bytes", answers, held)
		}
	}
}

// TestHeldWhileWaiting: messages of a client that wait in its own line have no more of the
// room for messages than is its own part.
func TestHeldWhileWaiting(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	node := NewNode(t, func(msg []byte) []byte {
		if bytes.Equal(msg, third) {
			<-stop
		}
		return good
	})
	defer close(stop)
	g := Start(t, conf(node, "", "max_bytes_in_flight: 8MiB\nmax_wait: 1h\nanswer_timeout: 1h",
		"proxy_protocol: [127.0.0.0/8]\nanswers: {expect: one}\nlimits: {max_in_flight_per_client: 2, frame_timeout: 1h}"))
	from := func(addr string) *Client {
		c := g.Dial("door")
		fmt.Fprintf(c, "PROXY TCP4 %s 127.0.0.1 5000 4000\r\n", addr)
		return c
	}
	long := packed(t, term.Message(term.Bin(strings.Repeat("x", 300<<10))))
	for range 2 {
		from("10.0.0.1").Write(packed(t, third))
	}
	Eventually(t, "it has its places", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 2 })
	for range 30 {
		c := from("10.0.0.1")
		go c.Write(long)
	}
	Eventually(t, "its messages wait", func() bool { return g.Sum("beamgate_held_bytes") > 500<<10 })
	time.Sleep(100 * time.Millisecond)
	c := from("10.0.0.2")
	for range 3 {
		c.Write(long)
		c.Want(good)
	}
	Eventually(t, "it holds its share", func() bool {
		held := g.Sum("beamgate_held_bytes")
		return held > 500<<10 && held <= 1<<20
	})
}
