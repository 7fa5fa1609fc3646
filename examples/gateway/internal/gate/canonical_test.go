package gate_test

import (
	"bytes"
	"compress/zlib"
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
// frame once more, and against the cap on bytes. No name of it is spent.
func TestCanonicalFitsTheFrame(t *testing.T) {
	node := NewNode(t, nil)
	latin1 := append([]byte{131, 115, 200}, bytes.Repeat([]byte{0xe9}, 200)...) // 400 bytes in UTF-8
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(append([]byte{104, 2, 119, 1, 'n', 109, 0, 0, 4, 0}, make([]byte, 1024)...))
	w.Close()
	zipped := append([]byte{131, 80, 0, 0, 4, 10}, z.Bytes()...)
	for _, c := range []struct {
		conf string
		msg  []byte
		rule string
	}{
		{"packet: 1", latin1, "rule=frame_size"},
		{"caps: {MaxBytes: 300}", latin1, "code=limit_bytes"},
		{"profile: cache\npacket: 1", zipped, "rule=frame_size"},
		{"profile: cache\ncaps: {MaxBytes: 300}", zipped, "code=limit_bytes"},
	} {
		g := Start(t, conf(node, "", "", c.conf+"\nanswers: {expect: one}"))
		d := g.Dial("door")
		if packet1 := c.rule == "rule=frame_size"; packet1 {
			d.Write(append([]byte{byte(len(c.msg))}, c.msg...))
		} else {
			d.Send(c.msg)
		}
		d.Reset()
		if n := g.Count(c.rule); n != 1 || len(node.Got()) != 0 {
			t.Errorf("%s: %v refused, the node got %d: %s", c.conf, n, len(node.Got()), g.Log())
		}
		if n := g.Sum("beamgate_ledger_names", "what=spent"); n != 0 {
			t.Errorf("%s: %v names are spent", c.conf, n)
		}
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
