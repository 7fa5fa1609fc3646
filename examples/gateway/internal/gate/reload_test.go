package gate_test

import (
	"net"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	node := NewNode(t, nil)
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
