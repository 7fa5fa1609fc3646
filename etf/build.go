package etf

import (
	"math"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
)

// Decode returns the one term in b, checked as [Mode.Validate] does. The Term
// aliases neither b nor anything else.
//
// Terms are counted before anything is allocated for them: a first pass is
// Validate, a second one fills blocks of exactly the size it found. So the
// memory of a tree is about 16 bytes for each term and one for each byte
// received (or inflated), whatever a length field claims: payloads are copied
// with all that stands between them, in one piece.
func (m *Mode) Decode(b []byte) (Term, error) {
	s := m.get()
	defer m.put(s)
	s.in.ResetSlice(m.c.prog, s.names.hook(), b)
	s.in.KeepInflated()
	if err := s.validate(int64(len(b))); err != nil {
		return Term{}, err
	}
	body, start := s.in.Body()
	return s.build(body, start), nil
}

// build makes a tree of an accepted term without its version byte.
func (m *Mode) build(raw []byte) Term {
	s := m.c.session()
	defer m.c.release(s)
	s.in.BuildSlice(m.c.prog, raw)
	s.in.Run(-1)
	return s.build(raw, 0)
}

// build reads the accepted term that the session has read once more, where it
// starts in b, and makes a tree of it.
func (s *session) build(b []byte, start int) Term {
	size := 0
	if s.in.HoldsData() {
		size = len(b)
	}
	to, nodes, data := newTree(s.in.TreeSize(), size)
	var t wire.Tree
	s.in.Build(s.c.prog, b, start, nodes, data, &t)
	root := node(t.Nodes[0])
	switch root.kind() {
	case KindFloat, KindNil:
		return Term{node: root}
	case KindInteger:
		if root.flags()&nodeBig == 0 {
			return Term{node: root}
		}
	}
	*to = tree{nodes: t.Nodes, data: t.Data, names: t.Names}
	return Term{to, root}
}

// newTree makes a tree with room for n nodes and size bytes, in one piece if they
// are few. Else the bytes have no room yet.
func newTree(n, size int) (*tree, []wire.Node, []byte) {
	switch {
	case n <= 4 && size == 0:
		t := new(struct {
			tree
			room [4]wire.Node
		})
		return &t.tree, t.room[:n], nil
	case n <= 4 && size <= 64:
		t := new(struct {
			tree
			room  [4]wire.Node
			bytes [64]byte
		})
		return &t.tree, t.room[:n], t.bytes[:0:size]
	case n <= 8 && size == 0:
		t := new(struct {
			tree
			room [8]wire.Node
		})
		return &t.tree, t.room[:n], nil
	case n <= 8 && size <= 64:
		t := new(struct {
			tree
			room  [8]wire.Node
			bytes [64]byte
		})
		return &t.tree, t.room[:n], t.bytes[:0:size]
	case n <= 16 && size == 0:
		t := new(struct {
			tree
			room [16]wire.Node
		})
		return &t.tree, t.room[:n], nil
	case n <= 16 && size <= 128:
		t := new(struct {
			tree
			room  [16]wire.Node
			bytes [128]byte
		})
		return &t.tree, t.room[:n], t.bytes[:0:size]
	}
	return new(tree), make([]wire.Node, n), nil
}

// Clone returns the term in blocks of its own, so that the tree it was part of
// can be freed.
func (t Term) Clone() Term {
	c, _ := t.cloneIn(math.MaxInt64)
	return c
}

// Sizes that a tree is charged for; a test holds them against the types.
const (
	treeSize  = 72
	nodeSize  = 16
	startSize = 8 // of where a term starts
)

// cloneIn is Clone for a term that may take room bytes, and returns how many are
// left: less than 0 if there were too few, and then there is no clone.
func (t Term) cloneIn(room int64) (Term, int64) {
	if t.t == nil {
		return t, room
	}
	if room -= treeSize + nodeSize; room < 0 {
		return Term{}, room
	}
	c := cloner{from: t.t, to: &tree{nodes: []wire.Node{wire.Node(t.node)}}, room: room}
	for i := 0; i < len(c.to.nodes) && c.room >= 0; i++ {
		c.copy(i)
	}
	if c.room < 0 {
		return Term{}, c.room
	}
	c.to.names = c.names.String()
	return Term{c.to, node(c.to.nodes[0])}, c.room
}

// cloner copies a tree in breadth: the node at hand still points into from.
type cloner struct {
	from, to *tree
	names    strings.Builder
	room     int64 // bytes that may still be allocated, less than 0 once they are not
}

func (c *cloner) copy(i int) {
	n := (*node)(&c.to.nodes[i])
	children := n.length()
	switch n.kind() {
	case KindAtom:
		if c.room -= int64(n.length()); c.room < 0 {
			return
		}
		at := c.names.Len()
		c.names.WriteString(c.from.names[n.Num : n.Num+uint64(n.length())])
		n.Num = uint64(at)
		return
	case KindMap:
		children *= 2
	case KindTuple:
	case KindFun:
		children++
	case KindList:
		if n.flags()&nodeImproper != 0 {
			children++
		}
		if n.flags()&nodePacked != 0 {
			c.payload(n)
			return
		}
	case KindInteger:
		if n.flags()&nodeBig != 0 {
			c.payload(n)
		}
		return
	case KindBinary, KindBitstring, KindPid, KindPort, KindReference, KindExport, Kind(wire.KindFunHead):
		c.payload(n)
		return
	default:
		return
	}
	if c.room -= nodeSize * int64(children); c.room < 0 {
		return
	}
	first := n.Num
	n.Num = uint64(len(c.to.nodes))
	c.to.nodes = append(c.to.nodes, c.from.nodes[first:first+uint64(children)]...)
}

func (c *cloner) payload(n *node) {
	at := len(c.to.data)
	if n.length() == 0 {
		n.Num = 0
		return
	}
	if c.room -= int64(n.length()); c.room < 0 {
		return
	}
	c.to.data = append(c.to.data, c.from.data[n.Num:n.Num+uint64(n.length())]...)
	n.Num = uint64(at)
}
