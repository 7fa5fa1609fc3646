package etf

import (
	"iter"
	"math"
	"math/big"
	"sync/atomic"

	"github.com/beamgate/beamgate/internal/wire"
)

// Term is a decoded term: an immutable value that aliases neither the input nor
// a Decoder and may be shared by goroutines. Switch on [Term.Kind] and ask for
// the value of that kind; every accessor answers for the wrong kind with its
// zero value and ok false. The zero Term has KindInvalid.
//
// A decoded tree is three blocks of memory: 16 bytes a term, a copy of what was
// received, the names. A Term is a view of them, 24 bytes wide, and a small part
// of a tree keeps all of it; see [Term.Clone].
type Term struct {
	t    *tree
	node node
}

// tree holds the blocks of a decoded term.
type tree struct {
	nodes []wire.Node // children of a container stand together
	data  []byte      // the input, if payloads of binaries, lists of bytes, big digits, ids or funs are in it
	names string      // of atoms

	sorted atomic.Pointer[tree] // itself with all maps in order, once somebody asked
}

// node is a term in 16 bytes.
type node wire.Node

const (
	nodeImproper  = wire.NodeImproper
	nodePacked    = wire.NodePacked
	nodeBig       = wire.NodeBig
	nodeNeg       = wire.NodeNeg
	nodeBitsShift = wire.NodeBitsShift
)

func newNode(k Kind, flags uint8, length int, num uint64) node {
	return node(wire.NewNode(wire.Kind(k), flags, length, num))
}

func (n node) kind() Kind   { return Kind(n.Meta) }
func (n node) flags() uint8 { return uint8(n.Meta >> 8) }
func (n node) length() int  { return int(n.Meta >> 16) }

func (t Term) kind() Kind   { return t.node.kind() }
func (t Term) flags() uint8 { return t.node.flags() }
func (t Term) length() int  { return t.node.length() }

// Kind returns what the term is.
func (t Term) Kind() Kind { return t.kind() }

// Len returns the elements of a list (without an improper tail) or tuple, the
// pairs of a map, the free variables of a fun, the bytes of a binary, bitstring
// or atom name; 0 for other kinds.
func (t Term) Len() int {
	switch t.kind() {
	case KindList, KindTuple, KindMap, KindFun, KindBinary, KindBitstring, KindAtom:
		return t.length()
	}
	return 0
}

// Int returns an integer that fits int64.
func (t Term) Int() (v int64, ok bool) {
	if t.kind() != KindInteger || t.flags()&nodeBig != 0 {
		return 0, false
	}
	return int64(t.node.Num), true
}

// Big returns an integer of any size, nil for other kinds.
func (t Term) Big() *big.Int {
	switch {
	case t.kind() != KindInteger:
		return nil
	case t.flags()&nodeBig == 0:
		return big.NewInt(int64(t.node.Num))
	}
	return bigInt(t.payload(), t.flags()&nodeNeg != 0)
}

// Float returns a float.
func (t Term) Float() (v float64, ok bool) {
	if t.kind() != KindFloat {
		return 0, false
	}
	return math.Float64frombits(t.node.Num), true
}

// Atom returns the name of an atom.
func (t Term) Atom() (name string, ok bool) {
	if t.kind() != KindAtom {
		return "", false
	}
	return t.t.names[t.node.Num : t.node.Num+uint64(t.length())], true
}

// IsAtom reports whether the term is the atom name.
func (t Term) IsAtom(name string) bool {
	a, ok := t.Atom()
	return ok && a == name
}

// Bytes returns the bytes of a binary or bitstring, which must not be changed.
// Unused bits of a bitstring are zero.
func (t Term) Bytes() (b []byte, ok bool) {
	if k := t.kind(); k != KindBinary && k != KindBitstring {
		return nil, false
	}
	return t.payload(), true
}

// Bits returns the number of bits of a binary or bitstring.
func (t Term) Bits() int {
	switch t.kind() {
	case KindBinary:
		return 8 * t.length()
	case KindBitstring:
		return 8*t.length() - 8 + int(t.flags()>>nodeBitsShift)
	}
	return 0
}

func (t Term) payload() []byte {
	if t.length() == 0 { // it may continue in data that are not there
		return []byte{}
	}
	end := t.node.Num + uint64(t.length())
	return t.t.data[t.node.Num:end:end]
}

// Index returns element i of a list or tuple, or free variable i of a fun. Out
// of range it returns the zero Term.
func (t Term) Index(i int) Term {
	if uint(i) >= uint(t.length()) {
		return Term{}
	}
	switch t.kind() {
	case KindList:
		if t.flags()&nodePacked != 0 {
			return Term{node: newNode(KindInteger, 0, 0, uint64(t.t.data[t.node.Num+uint64(i)]))}
		}
	case KindTuple, KindFun:
	default:
		return Term{}
	}
	return t.child(i)
}

func (t Term) child(i int) Term {
	first := t.node.Num
	if t.kind() == KindFun { // its head stands before them
		first++
	}
	return Term{t.t, node(t.t.nodes[first+uint64(i)])}
}

// Elements returns the elements of a list or tuple in order.
func (t Term) Elements() iter.Seq[Term] {
	return func(yield func(Term) bool) {
		if k := t.kind(); k != KindList && k != KindTuple {
			return
		}
		for i := range t.length() {
			if !yield(t.Index(i)) {
				return
			}
		}
	}
}

// Tail returns the tail of a list: the empty list unless the list is improper.
func (t Term) Tail() (tail Term, ok bool) {
	switch {
	case t.kind() != KindList && t.kind() != KindNil:
		return Term{}, false
	case t.flags()&nodeImproper != 0:
		return t.child(t.length()), true
	}
	return Term{node: newNode(KindNil, 0, 0, 0)}, true
}

// IsProper reports whether the term is a list that ends in the empty list.
func (t Term) IsProper() bool {
	return t.kind() == KindNil || t.kind() == KindList && t.flags()&nodeImproper == 0
}

// Pair returns pair i of a map, in the order of the wire.
func (t Term) Pair(i int) (key, value Term) {
	if t.kind() != KindMap || uint(i) >= uint(t.length()) {
		return Term{}, Term{}
	}
	return t.child(2 * i), t.child(2*i + 1)
}

// Pairs returns the pairs of a map in the order of the wire.
func (t Term) Pairs() iter.Seq2[Term, Term] {
	return func(yield func(Term, Term) bool) {
		if t.kind() != KindMap {
			return
		}
		for i := range t.length() {
			if !yield(t.Pair(i)) {
				return
			}
		}
	}
}

// Get returns the value that a map has under the atom or, failing that, the
// binary name. It looks at one pair after the other.
func (t Term) Get(name string) (value Term, ok bool) {
	for k, v := range t.Pairs() {
		if k.IsAtom(name) {
			return v, true
		}
		if b, isBinary := k.Bytes(); isBinary && k.kind() == KindBinary && string(b) == name {
			value, ok = v, true
		}
	}
	return value, ok
}

// Pid identifies a process. It is what the sender says, and proves nothing.
type Pid struct {
	Node       string // in UTF-8, as all names here
	ID, Serial uint32
	Creation   uint32 // of the node: which of its lives
}

// Port identifies a port.
type Port struct {
	Node     string
	ID       uint64
	Creation uint32
}

// Reference identifies a reference: one to five words in the order of the wire,
// lowest first. Zero words at the end are dropped where it is read, and written where
// they are given: to a BEAM both are the same reference, but not as keys of a map of
// more than 32.
type Reference struct {
	Node     string
	Words    []uint32
	Creation uint32
}

// Export is fun Module:Function/Arity. Arity is 0 to 255.
type Export struct {
	Module, Function string
	Arity            int
}

// Fun is the head of a closure, field by field as NEW_FUN_EXT has it. Its free
// variables are the elements of its Term.
type Fun struct {
	Module   string
	Arity    int      // 0 to 255, free variables not counted
	Uniq     [16]byte // MD5 of the significant parts of the module's code
	Index    uint32   // among the funs of the module
	OldIndex int64
	OldUniq  int64
	Creator  Pid // of the process that made it
}

// Pid returns a pid.
func (t Term) Pid() (p Pid, ok bool) {
	if t.kind() != KindPid {
		return Pid{}, false
	}
	return newPid(wire.ReadID(t.payload())), true
}

func newPid(id wire.ID) Pid {
	return Pid{id.Node, uint32(id.Number), uint32(id.Serial), id.Creation}
}

// Port returns a port.
func (t Term) Port() (p Port, ok bool) {
	if t.kind() != KindPort {
		return Port{}, false
	}
	return newPort(wire.ReadID(t.payload())), true
}

func newPort(id wire.ID) Port { return Port{id.Node, id.Number, id.Creation} }

// Reference returns a reference.
func (t Term) Reference() (r Reference, ok bool) {
	if t.kind() != KindReference {
		return Reference{}, false
	}
	return newReference(wire.ReadID(t.payload())), true
}

func newReference(id wire.ID) Reference { return Reference{id.Node, id.Words, id.Creation} }

// Export returns an external fun.
func (t Term) Export() (e Export, ok bool) {
	if t.kind() != KindExport {
		return Export{}, false
	}
	f := wire.ReadFun(t.payload())
	return newExport(&f), true
}

func newExport(f *wire.FunInfo) Export {
	return Export{string(f.Module), string(f.Function), int(f.Arity)}
}

// Fun returns the head of a closure.
func (t Term) Fun() (f Fun, ok bool) {
	if t.kind() != KindFun {
		return Fun{}, false
	}
	w := wire.ReadFun(t.funHead())
	return newFun(&w), true
}

// funHead is the encoding of a fun up to its free variables.
func (t Term) funHead() []byte { return Term{t.t, node(t.t.nodes[t.node.Num])}.payload() }

func newFun(f *wire.FunInfo) Fun {
	return Fun{
		Module: string(f.Module), Arity: int(f.Arity), Uniq: f.Uniq, Index: f.Index,
		OldIndex: f.OldIndex, OldUniq: f.OldUniq,
		Creator: newPid(wire.ReadID(f.Creator)),
	}
}
