package report

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

var secret = []byte("a secret of some length")

// node is the other end.
type node struct {
	t         *testing.T
	c         net.Conn
	challenge []byte
	n         uint64
}

// connect returns both ends.
func connect(t *testing.T) (*Conn, *node) {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	n := &node{t: t, c: b}
	got := make(chan bool)
	go func() {
		head := make([]byte, 36)
		for i := 0; i < 36; {
			k, err := b.Read(head[i:])
			if err != nil {
				break
			}
			i += k
		}
		n.challenge = head[4:]
		close(got)
	}()
	c, err := Accept(a, secret, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	<-got
	return c, n
}

func (n *node) frame(mac, payload []byte) {
	b, err := etf.AppendFrame(nil, term.Message(term.Tuple(term.Atom("beamgate"), term.Bin(string(mac)), term.Bin(string(payload)))), 4)
	if err != nil {
		n.t.Error(err)
	}
	go n.c.Write(b)
}

func (n *node) say(t term.T) {
	payload := term.Message(t)
	n.frame(Sign(secret, n.challenge, n.n, payload), payload)
	n.n++
}

func numbers(v ...int64) (list []term.T) {
	for _, n := range v {
		list = append(list, term.Int(n))
	}
	return list
}

func report(v ...int64) term.T {
	return term.Tuple(append([]term.T{term.Atom("report"), term.Bin("web@host")}, numbers(v...)...)...)
}

func TestReport(t *testing.T) {
	c, n := connect(t)
	n.say(term.Tuple(term.Atom("names"), term.Bin("web@host"), term.List(term.Bin("a"), term.Bin("b"))))
	r, err := c.Next()
	if err != nil || !r.NamesOnly || r.Node != "web@host" || len(r.Names) != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	n.say(report(3, 1700000000000, 20000, 1048576, 500, 1000, 7, 64<<20, 12, 2))
	if r, err = c.Next(); err != nil {
		t.Fatal(err)
	}
	if r.Creation != 3 || r.Started != 1700000000000 || r.AtomCount != 20000 || r.AtomLimit != 1048576 {
		t.Errorf("%+v", r)
	}
	if want := (upstream.Load{ProcessPercent: 50, RunQueue: 7, MemoryMiB: 64, QueueLen: 12, Restarts: 2}); r.Load != want {
		t.Errorf("%+v", r.Load)
	}
}

// TestForgeries: what was recorded elsewhere, or changed, is worth nothing.
func TestForgeries(t *testing.T) {
	payload := term.Message(report(1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
	for name, forge := range map[string]func(n *node){
		"another secret":     func(n *node) { n.frame(Sign([]byte("another secret"), n.challenge, 0, payload), payload) },
		"another connection": func(n *node) { n.frame(Sign(secret, make([]byte, 32), 0, payload), payload) },
		"another place":      func(n *node) { n.frame(Sign(secret, n.challenge, 1, payload), payload) },
		"another payload": func(n *node) {
			n.frame(Sign(secret, n.challenge, 0, payload), append(payload[:len(payload):len(payload)], 0))
		},
		"nothing": func(n *node) { n.frame(nil, payload) },
	} {
		c, n := connect(t)
		forge(n)
		if r, err := c.Next(); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestShapes: what is authentic and yet no report.
func TestShapes(t *testing.T) {
	for name, said := range map[string]term.T{
		"a number":       term.Int(1),
		"another tuple":  term.Tuple(term.Atom("hello"), term.Bin("x"), term.Int(1)),
		"too few":        report(1, 1, 1),
		"negative":       report(-1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
		"no atom limit":  report(1, 1, 1, 0, 1, 1, 1, 1, 1, 1),
		"no proc limit":  report(1, 1, 1, 1, 1, 0, 1, 1, 1, 1),
		"an atom's name": term.Tuple(term.Atom("names"), term.Bin("x"), term.List(term.Atom("a"))),
		"a fun":          term.Tuple(term.Atom("names"), term.Bin("x"), append(term.T{113}, append(append(term.Atom("a"), term.Atom("b")...), term.Int(1)...)...)),
	} {
		c, n := connect(t)
		n.say(said)
		if r, err := c.Next(); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
