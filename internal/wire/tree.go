package wire

// The tree of a term that has been accepted. The same machine reads the term
// once more: it puts a node at the place that the frame has for it, where it
// would only have counted. Which place that is needs no list of its own, since
// the children of a container stand together: the one at hand is as many places
// from the end as the frame has terms left.

// Node is a term in 16 bytes.
//
//	Meta: kind 8 bits, flags 8 bits, length 48 bits
//	Num:  an integer, the bits of a float, or where the term continues: an atom
//	      in Tree.Names, children in Tree.Nodes, all else in Tree.Data
type Node struct{ Meta, Num uint64 }

// The flags of a Node.
const (
	NodeImproper uint8 = 1 << iota // a list with one more child, its tail
	NodePacked                     // a list of bytes, without nodes
	NodeBig                        // an integer in Data …
	NodeNeg                        // … and negative

	NodeBitsShift = 4 // used bits of a bitstring's last byte
)

// KindFunHead marks the node in front of a fun's free variables.
const KindFunHead Kind = 0xff

const (
	nodeFlagsAt = 8
	nodeLenAt   = 16
)

// NewNode makes a node.
func NewNode(k Kind, flags uint8, length int, num uint64) Node {
	return Node{uint64(k) | uint64(flags)<<nodeFlagsAt | uint64(length)<<nodeLenAt, num}
}

// Tree holds the nodes of a term, the root first.
type Tree struct {
	Nodes []Node
	Data  []byte // what the input holds, if any node continues there
	Names string // of atoms, each once

	// Starts is where in Data the term of each node begins, if that was asked for; NoStart
	// where there is none.
	Starts []int
}

// planter is the state of a Machine that builds a Tree.
type planter struct {
	nodes []Node
	used  int // of nodes
	names []byte
	atoms []Node // by number, which is the order of first sight
	last  string // names of the tree before, which often has the same

	starts   []int // of Tree, nil if nobody asks
	borrowed bool  // the bytes are not the tree's own

	at    bed   // of the top frame
	outer []bed // of the frames around it, by depth
}

// bed is where the children of a container go: they end at end, and may be moved
// to full, if a list turns out to be longer.
type bed struct{ end, full int }

// TreeSize is how many nodes the tree of a complete term has at first.
func (in *Input) TreeSize() int { return int(max(in.m.terms-in.m.packed, 1)) }

// HoldsData reports whether the tree of a complete term needs a copy of its
// bytes.
func (in *Input) HoldsData() bool { return in.m.payBytes+in.m.packed > 0 }

// Build makes in t the tree of the accepted term in b that starts at start, which
// in has just read from there to its end. nodes are TreeSize zero nodes; a copy of
// b goes into data if it fits. Where b was inflated into a buffer that is too large to
// be kept for the next term, the tree takes the buffer.
func (in *Input) Build(p *Program, b []byte, start int, nodes []Node, data []byte, t *Tree) {
	if in.HoldsData() {
		if !in.takeInflated(len(b)) {
			b = append(data[:0], b...)
		}
		t.Data = b
	}
	in.m.tree.borrowed = false
	in.m.tree.nodes = nodes
	in.build(p, b, start, t)
}

// Borrow is Build in the blocks of t, which may have served before. Its Data are b
// itself, so that the unused bits of a bitstring are as they were sent. With starts
// it tells where each term begins in b, which takes longer.
func (in *Input) Borrow(p *Program, b []byte, start int, t *Tree, starts bool) {
	s := &in.m.tree
	s.borrowed = true
	n := in.TreeSize()
	if s.nodes = t.Nodes[:cap(t.Nodes)]; len(s.nodes) < n {
		s.nodes = make([]Node, n)
	}
	if starts {
		if s.starts = t.Starts[:cap(t.Starts)]; len(s.starts) < len(s.nodes) {
			s.starts = make([]int, len(s.nodes))
		}
	}
	in.build(p, b, start, t)
	t.Data = b
}

// build fills the nodes that the planter was given.
func (in *Input) build(p *Program, b []byte, start int, t *Tree) {
	m := &in.m
	atoms, known := &m.seen, !m.wide && m.p == p
	tab, room, gen, n := atoms.tab, atoms.room, atoms.gen, atoms.n
	in.again(p, b, start)
	if known { // the atoms have their numbers already, and stand at the same places
		atoms.tab, atoms.room, atoms.gen, atoms.n = tab, room, gen, n
	}
	m.building = true
	s := &m.tree
	s.used, s.at = 1, bed{1, 1}
	s.prepare(n)
	in.Run(-1)
	if t.Nodes, t.Names = s.nodes[:s.used], s.takeNames(); s.starts != nil {
		t.Starts = s.starts
	}
	s.nodes, s.starts, m.building = nil, nil, false
	if cap(s.names) > treeKeep {
		s.names = nil
	}
	if cap(s.atoms) > treeKeep {
		s.atoms = nil
	}
	if len(s.outer) > treeKeep {
		s.outer = nil
	}
}

const treeKeep = 16 << 10

// place is where the node of the term at hand goes.
func (m *Machine) place() int { return m.tree.at.end - int(m.top.left) }

// NoStart stands in Tree.Starts for an element of a STRING_EXT: its byte is no term, and
// would be read as the tag of one.
const NoStart = -1

// plant makes the node of the scalar in m.cur.
func (m *Machine) plant(c *scalar) {
	if c.kind == KindNil && m.inTail() {
		return // the end of a list
	}
	s := &m.tree
	if s.starts != nil {
		if s.starts[m.place()] = c.head; c.flags&FlagElement != 0 {
			s.starts[m.place()] = NoStart
		}
	}
	flags, length, num := uint8(0), 0, uint64(c.start)
	switch c.kind {
	case KindInteger:
		if num = c.num; c.flags&FlagBig != 0 {
			flags, length, num = NodeBig, int(c.num), uint64(c.start)
			if c.flags&FlagNeg != 0 {
				flags |= NodeNeg
			}
		}
	case KindFloat:
		num = c.num
	case KindTuple, KindMap, KindNil: // the empty ones
		num = 0
	case KindAtom:
		s.nodes[m.place()] = s.atoms[m.seen.tab[m.atom.slot].id]
		return
	case KindBinary, KindPid, KindPort, KindReference:
		length = c.end - c.start
	case KindBitstring:
		flags, length = c.bits<<NodeBitsShift, c.end-c.start
		if !s.borrowed {
			m.buf[c.end-1] &= 0xff << (8 - c.bits)
		}
	case KindList:
		flags, length = NodePacked, c.end-c.start
	case KindExport:
		length, num = c.end-c.head, uint64(c.head)
	case KindFun:
		num = uint64(s.funHead(c))
	}
	s.nodes[m.place()] = NewNode(c.kind, flags, length, num)
}

// prepare makes room for so many atoms, and for their names if they are short.
func (s *planter) prepare(atoms int) {
	if s.names, s.atoms = s.names[:0], s.atoms[:0]; atoms > cap(s.atoms) {
		s.atoms = make([]Node, 0, atoms)
	}
	if n := atoms * shortMax; n > cap(s.names) {
		s.names = make([]byte, 0, n)
	}
}

// takeNames returns the names as a string: that of the tree before if it is the
// same.
func (s *planter) takeNames() string {
	if s.last == string(s.names) {
		return s.last
	}
	names := string(s.names)
	if len(names) <= treeKeep {
		s.last = names
	}
	return names
}

// sight stores an atom unless the term has held it before.
func (s *planter) sight(m *Machine) {
	if int(m.seen.tab[m.atom.slot].id) == len(s.atoms) {
		s.name(m.atomName())
	}
}

// name stores an atom that the term holds for the first time.
func (s *planter) name(name []byte) {
	s.atoms = append(s.atoms, NewNode(KindAtom, 0, len(name), uint64(len(s.names))))
	s.names = append(s.names, name...)
}

// alloc makes room for n more nodes.
func (s *planter) alloc(n int) (first int) {
	first = s.used
	s.used += n
	if more := s.used - len(s.nodes); more > 0 {
		s.nodes = append(s.nodes, make([]Node, more)...)
		s.nodes = s.nodes[:cap(s.nodes)]
	}
	if more := len(s.nodes) - len(s.starts); s.starts != nil && more > 0 {
		s.starts = append(s.starts, make([]int, more)...)
	}
	return first
}

func (s *planter) funHead(c *scalar) (first int) {
	first = s.alloc(1)
	s.nodes[first] = NewNode(KindFunHead, 0, c.end-c.head, uint64(c.head))
	return first
}

// plantOpen makes the node of a container of n that begins at head. It stands in
// the top frame, which push is about to replace.
func (m *Machine) plantOpen(opens class, n, children int64, head int) {
	s := &m.tree
	kind, first := openKind(opens), s.used
	if opens == clsFun {
		kind, first = KindFun, s.funHead(&m.cur)
	}
	place := m.place()
	s.nodes[place] = NewNode(kind, 0, int(n), uint64(first))
	if s.starts != nil {
		s.starts[place] = head
	}
	end := s.alloc(int(children)) + int(children)
	if m.top.cls.base() != clsImproper { // else it takes the place of the list
		depth := len(m.stack)
		for len(s.outer) <= depth {
			s.outer = append(s.outer, bed{})
			s.outer = s.outer[:cap(s.outer)]
		}
		s.outer[depth] = s.at
	}
	s.at = bed{end, end}
}

// uproot returns to the frame around the one that was popped.
func (m *Machine) uproot() { m.tree.at = m.tree.outer[len(m.stack)] }

// lengthen makes room for n more children in the list of the top frame, all of
// whose children are there: behind them, or if others stand there in a new place
// of twice the size. A tail that is no list is one more child, but no element.
func (m *Machine) lengthen(n int, improper bool) {
	s := &m.tree
	depth := len(m.stack) - 1
	owner := &s.nodes[s.outer[depth].end-int(m.stack[depth].left)]
	first := int(owner.Num)
	old := s.at.end - first
	switch {
	case s.at.end+n <= s.at.full:
	case s.at.full == s.used:
		s.at.full = s.alloc(s.at.end+n-s.used) + s.at.end + n - s.at.full
	default:
		room := max(2*old, old+n)
		to := s.alloc(room)
		if s.borrowed { // whoever looks at all nodes must not see those of another term
			clear(s.nodes[to : to+room])
		}
		owner = &s.nodes[s.outer[depth].end-int(m.stack[depth].left)]
		copy(s.nodes[to:], s.nodes[first:first+old])
		if s.starts != nil {
			copy(s.starts[to:], s.starts[first:first+old])
		}
		owner.Num = uint64(to)
		s.at = bed{to + old, to + room}
	}
	owner = &s.nodes[s.outer[depth].end-int(m.stack[depth].left)]
	if s.at.end += n; improper {
		owner.Meta |= uint64(NodeImproper) << nodeFlagsAt
	} else {
		owner.Meta += uint64(n) << nodeLenAt
	}
}
