package gate_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// conf is a configuration of one listener of frames, to which a test adds lines.
func conf(node *Node, ledger, upstream, listener string) string {
	return fmt.Sprintf(`version: 1
global: {drain: 5s}
ledgers:
  - name: web
    names: [ok, error, call, cast, info, reply, noreply, calc, add, reverse]
%s
upstreams:
  - name: node
    address: %s
    ledger: web
%s
listeners:
  - name: door
    listen: 127.0.0.1:0
    upstream: node
%s
`, indent(ledger), node.Addr, indent(upstream), indent(listener))
}

func indent(lines string) string {
	if lines == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(lines, "\n", "\n    ")
}

var (
	good  = term.Message(term.Tuple(term.Atom("ok"), term.Int(1)))
	third = term.Message(term.List(term.Bin("x"), term.Int(3)))
	exp   = term.Message(append(term.T{113}, append(append(term.Atom("ok"), term.Atom("ok")...), term.Int(0)...)...))
)

func atoms(from, n int) []byte {
	var list []term.T
	for i := range n {
		list = append(list, term.Atom(fmt.Sprintf("new_%d", from+i)))
	}
	return term.Message(term.List(list...))
}

// TestEmptyFrame: a frame of no bytes is no term, be it the first on its connection,
// and passes only where the rule about terms is not in earnest.
func TestEmptyFrame(t *testing.T) {
	empty := []byte{0, 0, 0, 0}
	for _, listener := range []string{"answers: {expect: one}", "answers: {expect: any}", "forward: original", "forward: original\ncut_through: true", "protocol: bert"} {
		for _, before := range [][]byte{nil, good} {
			node := NewNode(t, nil)
			g := Start(t, conf(node, "", "", listener))
			c := g.Dial("door")
			if before != nil && listener != "protocol: bert" {
				c.Send(before)
				c.Want(before)
			}
			c.Write(empty)
			if b, err := c.Receive(); err == nil && !strings.Contains(string(b), "Beamgate") {
				t.Errorf("%s: an empty frame was answered with %q", listener, b)
			}
			for _, m := range node.Got() {
				if len(m) == 0 {
					t.Errorf("%s: the node got an empty frame", listener)
				}
			}
			c = g.Dial("door") // it is still there
			if listener != "protocol: bert" {
				c.Send(good)
				c.Want(good)
			}
		}
	}
	for _, rules := range []string{"mode: shadow", "rules: {term: shadow}", "rules: {term: off}", "answers: {expect: one}\nrules: {term: shadow, answer: shadow}"} {
		node := NewNode(t, func([]byte) []byte { return good })
		g := Start(t, conf(node, "", "", rules))
		c := g.Dial("door")
		c.Write(empty)
		c.Want(good)
		if got := node.Got(); len(got) != 1 || len(got[0]) != 0 {
			t.Errorf("%s: the node got %q", rules, got)
		}
	}
}

func TestStreamPassesGoodAndResetsBad(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "max_new: 3", "", ""))
	c := g.Dial("door")
	for _, m := range [][]byte{good, third, atoms(0, 3), good} {
		c.Send(m)
		c.Want(m)
	}
	c.Send(exp)
	c.Reset()
	c = g.Dial("door")
	c.Send(atoms(3, 1))
	c.Reset()
	c = g.Dial("door") // spent: what is known passes on
	c.Send(atoms(0, 3))
	c.Want(atoms(0, 3))
	if n := len(node.Got()); n != 5 {
		t.Errorf("the node got %d messages, not 5", n)
	}
	for _, want := range [][]string{{"rule=term", "code=rejected_export"}, {"rule=atoms", "code=limit_atom_budget"}} {
		if n := g.Count(want...); n != 1 {
			t.Errorf("%v: %v", want, n)
		}
	}
	if n := g.Count("code=ok", "direction=to_node"); n != 5 {
		t.Errorf("%v messages passed", n)
	}
	if log := g.Log(); !strings.Contains(log, `"code":"rejected_export"`) || strings.Contains(log, "new_3") {
		t.Errorf("log: %s", log)
	}
}

func TestStreamSkips(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "on_refusal: skip"))
	c := g.Dial("door")
	c.Send(exp)
	c.Send(good)
	c.Want(good)
	// Too long: where the next frame starts is not waited for. Who sends it may hear of that
	// before all of it is sent, once.
	switch _, err := c.Write(packed(t, make([]byte, 2<<20))); {
	case err == nil:
		c.Reset()
	case !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE):
		t.Error(err)
	}
}

func TestPairs(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "answers: {expect: one}"))
	c := g.Dial("door")
	for range 300 { // more than may be pipelined
		c.Send(good)
	}
	for range 300 {
		c.Want(good)
	}
	c.Send(third)
	c.Send(exp)
	c.Want(third)
	c.Reset()
	Eventually(t, "all places are free", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 0 })
}

func TestAnswersAreChecked(t *testing.T) {
	var answer atomic.Pointer[[]byte]
	node := NewNode(t, func([]byte) []byte { return *answer.Load() })
	for _, expect := range []string{"any", "one"} {
		g := Start(t, conf(node, "", "", "answers: {expect: "+expect+", max_atoms: 2}"))
		two, third := atoms(0, 2), atoms(1, 2)
		c := g.Dial("door")
		answer.Store(&exp)
		c.Send(good)
		c.Reset()
		c = g.Dial("door")
		answer.Store(&two)
		c.Send(good)
		c.Want(two)
		answer.Store(&third)
		c.Send(good)
		c.Reset()
		if n := g.Count("direction=to_client", "rule=answer"); n != 2 {
			t.Errorf("%s: %v", expect, n)
		}
	}
}

func TestNodeDown(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "breaker: {failures: 2, backoff: 10s}", "answers: {expect: one}"))
	node.Stop()
	for range 2 {
		c := g.Dial("door")
		c.Send(good)
		c.Reset()
	}
	c := g.Dial("door")
	c.Send(good)
	c.Reset()
	if n := g.Count("rule=breaker"); n != 1 {
		t.Errorf("the breaker refused %v", n)
	}
	if log := g.Log(); !strings.Contains(log, `"upstream":"node","err":"the node could not be reached: dial tcp `) {
		t.Errorf("the log does not say why: %s", log)
	}
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "open") {
		t.Errorf("ready: %v", err)
	}
}

// TestLostIsNoFailure: a client whose messages end the process of its connection on the
// node does not come between the node and others.
func TestLostIsNoFailure(t *testing.T) {
	node := endsOnThird(t)
	g := Start(t, conf(node, "", "breaker: {failures: 2, backoff: 1h, max_backoff: 1h}\npoison: {crashes: 1000}", "answers: {expect: one}"))
	for range 5 { // in a row: an answer in between would count for the node
		c := g.Dial("door")
		c.Send(third)
		c.Reset()
	}
	c := g.Dial("door")
	c.Send(good)
	c.Want(good)
	if n := g.Count("rule=breaker"); n != 0 {
		t.Errorf("the breaker refused %v", n)
	}
}

// endsOnThird is a node that answers with what it gets, and ends a connection on which it
// gets third.
func endsOnThird(t *testing.T) *Node {
	return NewNode(t, func(msg []byte) []byte {
		if string(msg) == string(third) {
			return nil
		}
		return msg
	})
}

// TestPoison: a message under way at two crashes is refused, others are not.
func TestPoison(t *testing.T) {
	node := endsOnThird(t)
	g := Start(t, conf(node, "", "breaker: {failures: 100}", "answers: {expect: one}"))
	for range 2 {
		c := g.Dial("door")
		c.Send(good)
		c.Want(good)
		c.Send(third)
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
	if n := len(node.Got()); n != 5 {
		t.Errorf("the node got %d messages, not 5", n)
	}
}

// TestLongAndNoted: a message that is too long passes where that is only noted, and there
// is never more of it here than of one that is not.
func TestLongAndNoted(t *testing.T) {
	const size = 256 << 20
	got := make(chan int64, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.CopyN(io.Discard, c, 4)
		n, _ := io.CopyN(io.Discard, c, size)
		c.Write(append([]byte{0, 0, 0, byte(len(good))}, good...))
		got <- n
		io.Copy(io.Discard, c)
	}()
	g := Start(t, conf(&Node{Addr: l.Addr().String()}, "", "", "rules: {term: shadow}"))
	c := g.Dial("door")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.Write([]byte{size >> 24, 0, 0, 0})
	part := make([]byte, 1<<20)
	for range size >> 20 {
		if _, err := c.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	c.Want(good)
	if n := <-got; n != size {
		t.Errorf("the node got %d bytes", n)
	}
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; made > 16<<20 {
		t.Errorf("%d MiB were allocated for it", made>>20)
	}
}

// TestLongOnesAmongOthers: long messages keep their place among others, whatever is
// expected of the node, and one of which a rule in earnest can tell nothing is refused.
func TestLongOnesAmongOthers(t *testing.T) {
	long := make([]byte, 2<<20)
	for _, more := range []string{"", "answers: {expect: one}"} {
		node := NewNode(t, nil)
		g := Start(t, conf(node, "", "", "rules: {term: shadow, answer: shadow}\n"+more))
		c := g.Dial("door")
		for range 3 {
			c.Send(good)
			c.Send(long)
			c.Send(long)
			c.Send(good)
			for _, want := range [][]byte{good, long, long, good} {
				c.Want(want)
			}
		}
		if n := g.Count("mode=shadow", "rule=term", "code=limit_bytes"); n != 6 {
			t.Errorf("%v counted", n)
		}
		c.Write([]byte{0, 32, 0, 0})
		c.Write(long[:1<<20])
		c.Close() // in the middle of one, for which the node cannot help
		Eventually(t, "all places are free", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 0 })
		if n := g.Sum("beamgate_suspects"); n != 0 {
			t.Errorf("%v messages are suspects", n)
		}
	}
	node := NewNode(t, calc)
	g := Start(t, conf(node, "", "", rules+"\nrules: {term: shadow}"))
	c := g.Dial("door")
	add := call("call", "calc", "add", term.Int(1), term.Int(7))
	c.Send(long)
	c.Send(add)
	if _, _, detail := refusal(t, c); detail != "verb: bert_shape" {
		t.Error(detail)
	}
	c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(7))))
	if n := len(node.Got()); n != 1 {
		t.Errorf("the node got %d messages", n)
	}
}

func TestShadowRefusesNothing(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "max_new: 1", "", "mode: shadow\nlimits: {messages_burst: 3, messages_per_second: 1}"))
	c := g.Dial("door")
	long := make([]byte, 2<<20)
	for _, m := range [][]byte{good, exp, atoms(0, 2), long, good, {}, good} {
		if len(m) == 0 {
			c.Write([]byte{0, 0, 0, 0})
			c.Write(nil)
			continue
		}
		c.Send(m)
		c.Want(m)
	}
	for _, want := range [][]string{
		{"rule=term", "code=rejected_export"}, {"rule=atoms", "code=limit_atom_budget"},
		{"rule=term", "code=limit_bytes"}, {"rule=term", "code=truncated"}, {"rule=rate"},
	} {
		Eventually(t, fmt.Sprint(want), func() bool { return g.Count(append(want, "mode=shadow")...) > 0 })
	}
	if n := g.Count("mode=enforce"); n != 0 {
		t.Errorf("%v verdicts are meant", n)
	}
}

func TestRateStopsReading(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "limits: {messages_burst: 2, messages_per_second: 100, max_pause: 1h}"))
	c := g.Dial("door")
	for range 10 {
		c.Send(good)
	}
	for range 10 {
		c.Want(good)
	}
	g = Start(t, conf(node, "", "", "limits: {bytes_burst: 18, bytes_per_second: 1, max_pause: 1ms}")) // two messages, and one more in nine seconds
	c = g.Dial("door")
	for range 3 {
		c.Send(good)
	}
	c.Want(good)
	c.Want(good)
	c.Reset()
	if n := g.Count("rule=rate"); n != 1 {
		t.Errorf("rate: %v", n)
	}
}

func TestConnectionsPerClient(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "limits: {max_connections_per_client: 2}"))
	a, b := g.Dial("door"), g.Dial("door")
	for _, c := range []*Client{a, b} {
		c.Send(good)
		c.Want(good)
	}
	g.Dial("door").Reset()
	a.Close()
	Eventually(t, "a place is free", func() bool {
		c := g.Dial("door")
		if _, err := c.Write([]byte{0, 0, 0, 3, 131, 97, 1}); err != nil {
			return false
		}
		_, err := c.Receive()
		return err == nil
	})
}

func TestDeadlines(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "limits: {idle_timeout: 50ms, frame_timeout: 50ms}"))
	g.Dial("door").Reset() // says nothing
	c := g.Dial("door")
	c.Write([]byte{0, 0, 0, 9, 131}) // and no more
	c.Reset()
	for _, code := range []string{"code=idle", "code=frame"} {
		if n := g.Count("rule=deadline", code); n != 1 {
			t.Errorf("%s: %v", code, n)
		}
	}
}

func TestAnswerTimeout(t *testing.T) {
	node := NewNode(t, func([]byte) []byte { return []byte{} })
	g := Start(t, conf(node, "", "answer_timeout: 50ms", "answers: {expect: one}"))
	c := g.Dial("door")
	c.Send(good)
	c.Reset()
	if n := g.Count("rule=upstream", "code=answer_timeout"); n != 1 {
		t.Errorf("%v", n)
	}
	if g.Sum("beamgate_suspects") != 0 {
		t.Error("a slow node makes nobody a suspect")
	}
}

func TestInFlight(t *testing.T) {
	gate := make(chan bool)
	node := NewNode(t, func(m []byte) []byte { <-gate; return m })
	g := Start(t, conf(node, "", "max_in_flight: 1\nmax_waiting: 1\nmax_wait: 1h", "answers: {expect: one}"))
	a, b := g.Dial("door"), g.Dial("door")
	a.Send(good)
	Eventually(t, "one is under way", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 1 })
	b.Send(good)
	Eventually(t, "one waits", func() bool { return g.Sum("beamgate_in_flight", "what=waiting") == 1 })
	c := g.Dial("door")
	c.Send(good)
	c.Reset()
	close(gate)
	a.Want(good)
	b.Want(good)
	if n := g.Count("rule=in_flight", "code=full"); n != 1 {
		t.Errorf("%v", n)
	}
}

// TestDrain: what is under way is answered, and what is idle ends.
func TestDrain(t *testing.T) {
	gate := make(chan bool)
	node := NewNode(t, func(m []byte) []byte { <-gate; return m })
	g := Start(t, conf(node, "", "", "answers: {expect: one}"))
	busy, idle := g.Dial("door"), g.Dial("door")
	busy.Send(good)
	Eventually(t, "one is under way", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 1 })
	done := make(chan bool)
	go func() { g.Close(); close(done) }()
	if _, err := idle.Receive(); err == nil {
		t.Error("an idle connection goes on")
	}
	close(gate)
	busy.Want(good)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Close does not return")
	}
}

// speaker is a node that reads a message count times, says all of that at once, and
// waits for the end.
func speaker(t *testing.T, count int, say ...[]byte) *Node {
	l := Listen(t)
	Serve(t, l, func(c net.Conn) {
		for range count {
			if _, err := ReadFrame(c); err != nil {
				return
			}
		}
		c.Write(frames(say...))
		io.Copy(io.Discard, c)
	})
	return &Node{Addr: l.Addr().String()}
}

// frames are messages in frames, one behind the other.
func frames(messages ...[]byte) (all []byte) {
	for _, m := range messages {
		all = append(append(all, 0, 0, byte(len(m)>>8), byte(len(m))), m...)
	}
	return all
}

// TestAnswersBeforeARefusedOne: answers that have passed arrive, though the one behind
// them, which came together with them, is refused.
func TestAnswersBeforeARefusedOne(t *testing.T) {
	for listener, after := range map[string]func(c *Client){
		"on_refusal: skip": func(c *Client) { // it goes on
			c.SetDeadline(time.Now().Add(300 * time.Millisecond))
			if got, err := c.Receive(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("skip: and then %q, %v", got, err)
			}
		},
		"on_refusal: close":      (*Client).Reset,
		"answers: {expect: one}": (*Client).Reset,
	} {
		g := Start(t, conf(speaker(t, 3, good, third, exp), "", "", listener))
		c := g.Dial("door")
		c.SetDeadline(time.Now().Add(30 * time.Second))
		c.Write(frames(good, good, good))
		for _, want := range [][]byte{good, third} {
			if got, err := c.Receive(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: got %q, %v, want %q", listener, got, err, want)
			}
		}
		after(c)
	}
}

// TestAnswersToSlowClients: all that has passed arrives at a client that reads late,
// though what is behind it is refused: the reset waits for it.
func TestAnswersToSlowClients(t *testing.T) {
	large := term.Message(term.Bin(strings.Repeat("x", 60_000)))
	const count = 12 // more than a window, and no more than a socket takes to send
	for _, listener := range []string{"on_refusal: close", "answers: {expect: one}"} {
		l := Listen(t)
		Serve(t, l, func(c net.Conn) {
			for i := range count + 1 {
				if _, err := ReadFrame(c); err != nil {
					return
				}
				if i < count {
					c.Write(frames(large))
				}
			}
			c.Write(frames(exp))
			io.Copy(io.Discard, c)
		})
		g := Start(t, conf(&Node{Addr: l.Addr().String()}, "", "", listener))
		c := g.Dial("door")
		c.SetDeadline(time.Now().Add(20 * time.Second))
		go func() {
			for range count + 1 {
				if _, err := c.Write(frames(good)); err != nil {
					break
				}
			}
		}()
		time.Sleep(500 * time.Millisecond) // its window is full by then, and stays so for a while
		for i := range count {
			if got, err := c.Receive(); err != nil || !bytes.Equal(got, large) {
				t.Fatalf("%s: answer %d: %d bytes, %v", listener, i, len(got), err)
			}
		}
		c.Reset()
	}
}

// TestAnswersDoNotWaitForRoom: an answer that has passed arrives, though there is no
// room for the one behind it.
func TestAnswersDoNotWaitForRoom(t *testing.T) {
	large, short := term.Message(term.Bin(strings.Repeat("x", 60_000))), term.Message(term.Int(1))
	waits := term.Message(term.Bin(strings.Repeat("y", door.Brief+1))) // for room, as no brief one does
	l, speak := Listen(t), make(chan []byte, 2)
	Serve(t, l, func(c net.Conn) {
		for say := <-speak; ; {
			if _, err := c.Write(say); err != nil || len(say) < len(large) {
				break
			}
		}
		io.Copy(io.Discard, c)
	})
	room := fmt.Sprintf("max_bytes_in_flight: %d", 4*(len(large)+len(short))) // a quarter of it is for answers
	g := Start(t, conf(&Node{Addr: l.Addr().String()}, "", room, "limits: {write_timeout: 60s}"))
	speak <- frames(large)
	deaf := g.Dial("door") // never reads, and so holds one large answer
	passed := -1.0
	Eventually(t, "the deaf client's socket is full", func() bool {
		before := passed
		time.Sleep(200 * time.Millisecond)
		passed = g.Count("code=ok", "direction=to_client")
		return passed == before && passed > 0
	})
	speak <- frames(short, waits)
	c := g.Dial("door")
	c.SetDeadline(time.Now().Add(30 * time.Second))
	c.Want(short)
	deaf.Close()
	c.Want(waits)
}
