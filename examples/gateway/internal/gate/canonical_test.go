package gate_test

import (
	"bytes"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestCanonical: the node gets the bytes that a node would have written for what
// was read, or what came, by choice.
func TestCanonical(t *testing.T) {
	node := NewNode(t, nil)
	// [1,2] as LIST_EXT of an INTEGER_EXT and a small one; #{b => 1, a => 1} in that order.
	list := []byte{131, 108, 0, 0, 0, 2, 98, 0, 0, 0, 1, 97, 2, 106}
	pairs := []byte{131, 116, 0, 0, 0, 2, 100, 0, 1, 'b', 97, 1, 115, 1, 'a', 97, 1}
	for forward, want := range map[string][][]byte{
		"canonical": {{131, 107, 0, 2, 1, 2}, {131, 116, 0, 0, 0, 2, 119, 1, 'a', 97, 1, 119, 1, 'b', 97, 1}},
		"original":  {list, pairs},
	} {
		g := Start(t, conf(node, "", "", "answers: {expect: one}\nforward: "+forward))
		c := g.Dial("door")
		for i, m := range [][]byte{list, pairs} {
			c.Send(m)
			c.Want(want[i])
		}
	}
}

// TestCanonicalFitsTheFrame: what grows when it is rewritten is held against the
// frame once more.
func TestCanonicalFitsTheFrame(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "packet: 1\nanswers: {expect: one}"))
	latin1 := append([]byte{131, 115, 200}, bytes.Repeat([]byte{0xe9}, 200)...) // 400 bytes in UTF-8
	c := g.Dial("door")
	c.Write(append([]byte{byte(len(latin1))}, latin1...))
	c.Reset()
	if n := g.Count("rule=frame_size"); n != 1 || len(node.Got()) != 0 {
		t.Errorf("%v refused, the node got %d", n, len(node.Got()))
	}
}

// TestPoisonIsCanonical: another encoding of the same term is the same suspect.
func TestPoisonIsCanonical(t *testing.T) {
	down := []byte{131, 107, 0, 2, 1, 2}
	node := NewNode(t, func(m []byte) []byte {
		if bytes.Equal(m, down) {
			return nil
		}
		return m
	})
	g := Start(t, conf(node, "", "breaker: {failures: 100}", "answers: {expect: one}"))
	for _, m := range [][]byte{down, {131, 108, 0, 0, 0, 2, 97, 1, 97, 2, 106}, {131, 108, 0, 0, 0, 2, 98, 0, 0, 0, 1, 97, 2, 106}} {
		c := g.Dial("door")
		c.Send(m)
		c.Reset()
	}
	if n := g.Count("rule=poison"); n != 1 || len(node.Got()) != 2 {
		t.Errorf("poison %v, the node got %d", n, len(node.Got()))
	}
	c := g.Dial("door")
	c.Send(term.Message(term.Int(1)))
	c.Want(term.Message(term.Int(1)))
}
