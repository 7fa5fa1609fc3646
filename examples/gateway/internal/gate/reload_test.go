package gate_test

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestReload: 200 reloads under load, with broken files in between, lose no
// connection and change no budget.
func TestReload(t *testing.T) {
	node := NewNode(t, nil)
	text := conf(node, "file: "+t.TempDir()+"/web.atoms\nmax_new: 5", "", "answers: {expect: one}")
	g := Start(t, text)
	c := g.Dial("door")
	c.Send(atoms(0, 5))
	c.Want(atoms(0, 5))
	addr := g.Addr("door")
	stop, stopped := make(chan bool), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				stopped <- n
				return
			default:
			}
			c.Send(good)
			if b, err := c.Receive(); err != nil || string(b) != string(good) {
				t.Errorf("%q %v", b, err)
				stopped <- n
				return
			}
			n++
		}
	}()
	for i := range 200 {
		switch i % 4 {
		case 0, 2:
			if err := g.Load(text); err != nil {
				t.Fatal(err)
			}
		case 1:
			if g.Load(strings.Replace(text, "upstream: node", "upstream: nowhere", 1)) == nil {
				t.Fatal("a broken file is in force")
			}
		case 3:
			if g.Load(strings.Replace(text, "web.atoms", "other.atoms", 1)) == nil {
				t.Fatal("the ledger's file was exchanged")
			}
		}
	}
	close(stop)
	if n := <-stopped; n == 0 {
		t.Error("no message in all the time")
	}
	if s := g.Ledger("web").Stats(); s.Committed != 5 || s.Max != 5 || g.Addr("door") != addr {
		t.Errorf("%+v", s)
	}
	c.Send(atoms(5, 1))
	c.Reset()
}

// TestReloadReplacesRules: for connections that are there, too.
func TestReloadReplacesRules(t *testing.T) {
	node := NewNode(t, nil)
	text := conf(node, "", "", "answers: {expect: one}")
	g := Start(t, text)
	c := g.Dial("door")
	c.Send(third)
	c.Want(third)
	if err := g.Load(strings.Replace(text, "answers:", "caps: {MaxDepth: -1}\n    answers:", 1)); err != nil {
		t.Fatal(err)
	}
	c.Send(third)
	c.Reset()
	if err := g.Load(strings.Replace(text, "name: door", "name: gate", 1)); err != nil {
		t.Fatal(err)
	}
	if g.Addr("door") != "" || g.Addr("gate") == "" {
		t.Error("the listener has its old name")
	}
	c = g.Dial("gate")
	c.Send(third)
	c.Want(third)
}

// TestReloadRenames: a listener with another name goes on with its socket.
func TestReloadRenames(t *testing.T) {
	node, addr := NewNode(t, nil), Free(t)
	text := strings.Replace(conf(node, "", "", "answers: {expect: one}"), "127.0.0.1:0", addr, 1)
	g := Start(t, text)
	c := g.Dial("door")
	c.Send(good)
	c.Want(good)
	if err := g.Load(strings.Replace(text, "name: door", "name: gate", 1)); err != nil {
		t.Fatal(err)
	}
	c.Send(good)
	c.Want(good)
	if n := g.Count("listener=gate", "code=ok", "direction=to_node"); n != 1 || g.Addr("gate") != addr {
		t.Errorf("%v messages under the new name, at %s", n, g.Addr("gate"))
	}
}

// TestReloadEndsShadow: a connection that was let through unchecked does not go on
// when the rules are enforced.
func TestReloadEndsShadow(t *testing.T) {
	node := NewNode(t, nil)
	text := conf(node, "", "", "mode: shadow")
	g := Start(t, text)
	c := g.Dial("door")
	c.Send(exp)
	c.Want(exp)
	if err := g.Load(strings.Replace(text, "mode: shadow", "mode: enforce", 1)); err != nil {
		t.Fatal(err)
	}
	c.Send(exp)
	if b, err := c.Receive(); err == nil {
		t.Errorf("%q still passes", b)
	}
	if n := len(node.Got()); n != 1 {
		t.Errorf("the node got %d messages", n)
	}
}

// TestReloadMovesToAnotherNode: what is under way is answered by the one, what comes
// later by the other, whose ledger counts it.
func TestReloadMovesToAnotherNode(t *testing.T) {
	one, two := NewNode(t, nil), NewNode(t, nil)
	text := func(upstream string) string {
		return fmt.Sprintf(`version: 1
ledgers: [{name: one}, {name: two}]
upstreams:
  - {name: one, address: '%s', ledger: one}
  - {name: two, address: '%s', ledger: two}
listeners:
  - {name: pairs, listen: '127.0.0.1:0', upstream: %s, answers: {expect: one}}
  - {name: stream, listen: '127.0.0.1:0', upstream: %s}
`, one.Addr, two.Addr, upstream, upstream)
	}
	g := Start(t, text("one"))
	pairs, stream := g.Dial("pairs"), g.Dial("stream")
	for _, c := range []*Client{pairs, stream} {
		c.Send(atoms(0, 1))
		c.Want(atoms(0, 1))
	}
	if err := g.Load(text("two")); err != nil {
		t.Fatal(err)
	}
	pairs.Send(atoms(1, 1))
	pairs.Want(atoms(1, 1))
	stream.Send(atoms(2, 1))
	stream.Reset() // it cannot move
	if len(one.Got()) != 2 || len(two.Got()) != 1 || g.Ledger("one").Stats().Committed != 1 {
		t.Errorf("%d and %d messages, %+v", len(one.Got()), len(two.Got()), g.Ledger("one").Stats())
	}
}

// TestReloadReplacesCalls: what a client may no longer call, it may not call on a
// connection that was there before either; and a connection keeps its frames.
func TestReloadReplacesCalls(t *testing.T) {
	node := NewNode(t, calc)
	text := conf(node, "", "", rules)
	g := Start(t, text)
	c := g.Dial("door")
	add := call("call", "calc", "add", term.Int(1), term.Int(7))
	reply := term.Message(term.Tuple(term.Atom("reply"), term.Int(7)))
	c.Send(add)
	c.Want(reply)
	if err := g.Load(strings.Replace(text, "protocol: bert", "protocol: bert\n    packet: 2", 1)); err != nil {
		t.Fatal(err)
	}
	c.Send(add)
	c.Want(reply)
	if err := g.Load(strings.Replace(text, "calc:add/2", "calc:sub/2", 1)); err != nil {
		t.Fatal(err)
	}
	c.Send(add)
	if kind, _, _ := refusal(t, c); kind != "server" {
		t.Error(kind)
	}
}

// TestReloadKeepsFramesThatAreCut: the head of a frame that goes on piece by piece is of
// the width that the connection has, not of the one that new connections get.
func TestReloadKeepsFramesThatAreCut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	text := conf(&Node{Addr: l.Addr().String()}, "", "", "forward: original\ncut_through: true")
	g := Start(t, text)
	c := g.Dial("door")
	n, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	c.Send(good)
	if b, err := ReadFrame(n); err != nil || string(b) != string(good) {
		t.Fatal(b, err)
	}
	if err := g.Load(strings.Replace(text, "cut_through: true", "cut_through: true\n    packet: 2", 1)); err != nil {
		t.Fatal(err)
	}
	msg := large(400, term.Int(1))
	c.Send(msg)
	if b, err := ReadFrame(n); err != nil || string(b) != string(msg) {
		t.Errorf("the node got %d bytes of %d, %v", len(b), len(msg), err)
	}
}

// TestReloadToAnotherProtocol: a connection ends that the rules of a new protocol cannot
// be asked about.
func TestReloadToAnotherProtocol(t *testing.T) {
	for _, listener := range []string{"answers: {expect: one}", "answers: {expect: any}", "mode: shadow"} {
		node := NewNode(t, nil)
		text := conf(node, "", "", listener)
		g := Start(t, text)
		c := g.Dial("door")
		c.Send(good)
		c.Want(good)
		bert := conf(node, "", "", rules)
		if err := g.Load(bert); err != nil {
			t.Fatal(err)
		}
		c.Send(call("call", "os", "cmd", term.List()))
		if b, err := c.Receive(); err == nil {
			t.Errorf("%s: %q still passes", listener, b)
		}
		if n := len(node.Got()); n != 1 {
			t.Errorf("%s: the node got %d messages", listener, n)
		}
	}
}

// removed is a gateway with a listener, an upstream and a ledger of answers more than the
// reload that it returns leaves, and a message that waits at that listener's node.
func removed(t *testing.T, drain string) (g *Gate, text, rest string, c *Client, answer chan []byte) {
	answer = make(chan []byte)
	node := NewNode(t, func([]byte) []byte { return <-answer })
	rest = strings.Replace(conf(NewNode(t, nil), "", "", "answers: {expect: one}"), "drain: 5s", "drain: "+drain, 1)
	text = strings.Replace(rest, "upstreams:", fmt.Sprintf("  - {name: more, file: %s}\nupstreams:\n  - {name: more, address: '%s', ledger: more}",
		filepath.Join(t.TempDir(), "more.atoms"), node.Addr), 1) + "  - {name: more, listen: '127.0.0.1:0', upstream: more, answers: {expect: one, ledger: more}}\n"
	g = Start(t, text)
	t.Cleanup(func() { close(answer) })
	c = g.Dial("more")
	c.Send(good)
	Eventually(t, "the message is at the node", func() bool { return len(node.Got()) == 1 })
	return g, text, rest, c, answer
}

// TestReloadDrains: what is under way at a listener that was removed is answered, also when
// the gateway ends; and the ledger that the answer draws on is there until then.
func TestReloadDrains(t *testing.T) {
	g, _, rest, c, answer := removed(t, "1h")
	if err := g.Load(rest); err != nil {
		t.Fatal(err)
	}
	closed := make(chan bool)
	go func() {
		g.Close()
		close(closed)
	}()
	Eventually(t, "it ends", func() bool { return g.Ready() != nil })
	select {
	case <-closed:
		t.Fatal("it has ended, and a message is under way")
	case <-time.After(100 * time.Millisecond):
	}
	answer <- atoms(0, 3)
	c.Want(atoms(0, 3))
	<-closed
}

// TestReloadTakesLedgersBack: a ledger that was removed is open as long as a message may
// need it, and another reload goes on with it. Then its file is free.
func TestReloadTakesLedgersBack(t *testing.T) {
	g, text, rest, c, answer := removed(t, "1ms")
	book := g.Ledger("more")
	for range 3 {
		if err := g.Load(rest); err != nil {
			t.Fatal(err)
		}
		if err := g.Load(text); err != nil {
			t.Fatal(err)
		}
		if g.Ledger("more") != book {
			t.Fatal("the ledger is another one, while a message is under way by the one before")
		}
	}
	if err := g.Load(rest); err != nil {
		t.Fatal(err)
	}
	answer <- atoms(0, 3)
	c.Want(atoms(0, 3))
	if n := book.Stats().Committed; n != 3 {
		t.Errorf("%d names are spent, want 3", n)
	}
	Eventually(t, "the file is free", func() bool {
		l, err := ledger.Open(config.Ledger{Name: "other", File: book.File(), Max: 10}, nil)
		if err == nil {
			l.Close()
		}
		return err == nil
	})
	if err := g.Load(text); err != nil || g.Ledger("more").Stats().Committed != 3 {
		t.Errorf("%v, %+v", err, g.Ledger("more").Stats())
	}
}

// TestLogAfterARename: a listener that has another name at the same address is called so in
// the log from then on.
func TestLogAfterARename(t *testing.T) {
	text := strings.Replace(conf(NewNode(t, nil), "", "", "answers: {expect: one}\nproxy_protocol: [127.0.0.0/8]"), "127.0.0.1:0", Free(t), 1)
	g := Start(t, text)
	if err := g.Load(strings.Replace(text, "name: door", "name: gate", 1)); err != nil {
		t.Fatal(err)
	}
	c := g.Dial("gate")
	c.Send(good) // without a header
	c.Reset()
	if log := g.Log(); !strings.Contains(log, `"msg":"connection","listener":"gate"`) || strings.Contains(log, `"listener":"door"`) {
		t.Error(log)
	}
}

// TestReloadKeepsLedgersOfAnswers: also where the listener stays and goes on with another
// node, what is under way is answered by the rules before.
func TestReloadKeepsLedgersOfAnswers(t *testing.T) {
	g, _, rest, c, answer := removed(t, "1h")
	if err := g.Load(rest + "  - {name: more, listen: '127.0.0.1:0', upstream: node, answers: {expect: one}}\n"); err != nil {
		t.Fatal(err)
	}
	answer <- atoms(0, 3)
	c.Want(atoms(0, 3))
}

// TestReloadLeavesNothing: what a reload has removed, or would have added, goes on nowhere.
func TestReloadLeavesNothing(t *testing.T) {
	workers := func() int {
		all := make([]byte, 16<<20)
		return bytes.Count(all[:runtime.Stack(all, true)], []byte("frames.NewWorker.func1("))
	}
	text, taken := conf(NewNode(t, nil), "", "", ""), Listen(t)
	defer taken.Close()
	more := "  - {name: more, listen: '127.0.0.1:0', upstream: node}\n"
	g := Start(t, text)
	before := workers()
	for range 5 {
		if err := g.Load(text + more + fmt.Sprintf("  - {name: taken, listen: '%s', upstream: node}\n", taken.Addr())); err == nil {
			t.Fatal("two listen at one address")
		}
		if err := g.Load(text + more); err != nil {
			t.Fatal(err)
		}
		if err := g.Load(text); err != nil {
			t.Fatal(err)
		}
	}
	Eventually(t, "the goroutines of 10 listeners have ended", func() bool { return workers() == before })
}
