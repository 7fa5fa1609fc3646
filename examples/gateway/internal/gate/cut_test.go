package gate_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// large is a list of n binaries with one more element.
func large(n int, last term.T) []byte {
	var list []term.T
	for i := range n {
		list = append(list, term.Bin(fmt.Sprintf("%01000d", i)))
	}
	return term.Message(term.List(append(list, last)...))
}

// TestCutThrough: the beginning of a large frame is sent before its end is here,
// with its names spent; a refusal ends both connections.
func TestCutThrough(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := Start(t, conf(&Node{Addr: l.Addr().String()}, "max_new: 3\nper_message: 3", "", "forward: original\ncut_through: true"))
	connect := func() (*Client, net.Conn) {
		c := g.Dial("door")
		n, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		return c, n
	}
	msg := large(400, term.Tuple(term.Atom("ok"), term.Atom("late")))
	frame := append([]byte{0, byte(len(msg) >> 16), byte(len(msg) >> 8), byte(len(msg))}, msg...)
	c, n := connect()
	c.Write(frame[:300_000])
	early := make([]byte, 200_000)
	if _, err := readFull(n, early); err != nil || !bytes.Equal(early, frame[:200_000]) {
		t.Fatalf("the beginning did not come first: %v", err)
	}
	if s := g.Ledger("web").Stats(); s.Committed != 0 {
		t.Error(s.Committed)
	}
	c.Write(frame[300_000:])
	rest := make([]byte, len(frame)-len(early))
	if _, err := readFull(n, rest); err != nil || !bytes.Equal(append(early, rest...), frame) {
		t.Fatalf("the rest is not the rest: %v", err)
	}
	if s := g.Ledger("web").Stats(); s.Committed != 1 {
		t.Error(s.Committed)
	}
	c.Send(good) // a small one, whole
	if b, err := ReadFrame(n); err != nil || !bytes.Equal(b, good) {
		t.Fatal(b, err)
	}

	bad := large(400, term.T(exp[1:]))
	for name, m := range map[string][]byte{
		"term": bad, "atoms": large(400, term.List(term.Atom("a"), term.Atom("b"), term.Atom("c"), term.Atom("d"))),
	} {
		c, n = connect()
		c.Send(m)
		if got, err := ReadFrame(n); err == nil {
			t.Errorf("%s: the node has the whole frame, %d bytes", name, len(got))
		}
		c.Reset()
		if g.Count("rule="+name) != 1 {
			t.Errorf("%s is not counted", name)
		}
	}
	// Trailing bytes show only at the end.
	c, n = connect()
	c.Send(append(large(400, term.Int(1)), 1, 2, 3))
	if _, err := ReadFrame(n); err == nil {
		t.Error("bytes behind the term have passed")
	}
	c.Reset()
	if g.Count("code=trailing") != 1 || strings.Contains(g.Log(), "late") {
		t.Error("trailing")
	}
}

func readFull(c net.Conn, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = c.Read(b[n:])
		n += k
	}
	return n, err
}
