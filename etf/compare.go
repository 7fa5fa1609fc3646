package etf

import (
	"bytes"
	"cmp"
	"math"
	"math/big"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
)

// Compare is Erlang's term order, in which ==, < and > are defined: negative if
// a stands before b, 0 if a == b. Integers and floats are compared by value, so
// 1 and 1.0 tie, without rounding; but the keys of maps are compared as by
// [CompareKeys].
//
// As OTP 25 does it, Compare tells the order of two funs of one module by the
// sign of the 32-bit difference of their numbers, which is no order of numbers
// 2³¹ or more apart. The zero Term stands before all others.
//
// Compare needs no stack that grows with the depth of the terms. The first time
// it meets a map of two or more pairs in a decoded tree, it puts all maps of that
// tree in order, and keeps what it takes to find them in order again: 16 bytes
// for each term of the tree, unless they were.
func Compare(a, b Term) int {
	o := ordering{}
	return o.compare(a, b, false)
}

// CompareKeys is Compare for keys of maps: as Compare, but an integer stands
// before any float, however deep in the terms, so that two keys tie only if they
// are the same key, =:=. It is the order in which OTP's deterministic form has
// the keys of a map; numbers of funs are compared as numbers.
func CompareKeys(a, b Term) int {
	o := ordering{}
	return o.compare(a, b, true)
}

// Equal reports whether a =:= b in Erlang: 1 and 1.0 differ. 0.0 and -0.0 are
// the same, as they are up to OTP 26, and of a fun only what OTP 25 looks at
// counts: module, index, old uniq and the free variables.
func Equal(a, b Term) bool { return CompareKeys(a, b) == 0 }

// Equivalent reports whether a == b in Erlang: 1 and 1.0 are equivalent,
// wherever they stand but in the keys of maps.
func Equivalent(a, b Term) bool { return Compare(a, b) == 0 }

// ordering compares terms without recursion. It may be used again.
type ordering struct {
	stack []comparison
	signs bool // -0.0 stands before 0.0; they are two keys from OTP 27 on
}

// comparison is a pair of containers of the same kind whose first i children
// are equal.
type comparison struct {
	a, b  Term
	i, n  int
	stage stage
	exact bool // of the containers; their keys are compared exactly anyway
}

// stage is what the children of a comparison are.
type stage uint8

const (
	stageElements stage = iota // of tuples or funs
	stageList                  // elements of lists, then the rest of the lists
	stageKeys                  // of maps …
	stageValues                // … then their values
)

func (o *ordering) compare(a, b Term, exact bool) int {
	base := len(o.stack)
	c := o.head(a, b, exact)
	for c == 0 && len(o.stack) > base {
		s := &o.stack[len(o.stack)-1]
		if s.i < s.n {
			c = o.child(s)
			continue
		}
		switch s.stage {
		case stageKeys:
			s.stage, s.i = stageValues, 0
		case stageList:
			a, b, exact = s.a, s.b, s.exact
			o.stack = o.stack[:len(o.stack)-1]
			c = o.rest(a, b, exact)
		default:
			o.stack = o.stack[:len(o.stack)-1]
		}
	}
	o.stack = o.stack[:base]
	return c
}

// child compares the next child of an open pair.
func (o *ordering) child(s *comparison) int {
	i := s.i
	s.i++
	switch s.stage {
	case stageKeys:
		return o.head(s.a.child(2*i), s.b.child(2*i), true)
	case stageValues:
		return o.head(s.a.child(2*i+1), s.b.child(2*i+1), s.exact)
	}
	return o.head(s.a.Index(i), s.b.Index(i), s.exact)
}

// rest compares what follows the elements that two lists both have. A cell
// stands against what another list ends in as a list.
func (o *ordering) rest(a, b Term, exact bool) int {
	x, y := rest(a, b.Len()), rest(b, a.Len())
	if x.kind() == KindList || y.kind() == KindList {
		return cmp.Compare(x.kind(), y.kind())
	}
	return o.head(x, y, exact)
}

// rest is what follows the first n elements of a list: for the order of kinds,
// any list will do.
func rest(t Term, n int) Term {
	if t.Len() > n {
		return Term{node: newNode(KindList, 0, 0, 0)}
	}
	tail, _ := t.Tail()
	return tail
}

// orderKind is the place of a kind among the kinds.
func orderKind(k Kind) Kind {
	switch k {
	case KindFloat:
		return KindInteger
	case KindBitstring:
		return KindBinary
	}
	return k
}

// head compares two terms as far as it goes without their children, and opens
// them if these are to decide.
func (o *ordering) head(a, b Term, exact bool) int {
	if c := cmp.Compare(orderKind(a.kind()), orderKind(b.kind())); c != 0 {
		return c
	}
	switch a.kind() {
	case KindInteger, KindFloat:
		c := compareNumbers(a, b, exact)
		if c == 0 && o.signs && a.kind() == KindFloat && b.kind() == KindFloat {
			c = compareSigns(a.node.Num, b.node.Num)
		}
		return c
	case KindAtom:
		x, _ := a.Atom()
		y, _ := b.Atom()
		return strings.Compare(x, y) // UTF-8 sorts as characters do
	case KindTuple:
		return o.open(a, b, a.Len(), b.Len(), stageElements, exact)
	case KindMap:
		if a.Len() > 1 && a.Len() == b.Len() {
			a, b = a.ordered(), b.ordered()
		}
		return o.open(a, b, a.Len(), b.Len(), stageKeys, exact)
	case KindList:
		n := min(a.Len(), b.Len())
		return o.open(a, b, n, n, stageList, exact)
	case KindBinary, KindBitstring:
		return compareBits(a.payload(), b.payload(), a.Bits(), b.Bits())
	case KindFun:
		if c := compareFuns(a, b, exact); c != 0 {
			return c
		}
		return o.open(a, b, a.Len(), b.Len(), stageElements, exact)
	case KindExport:
		x, y := wire.ReadFun(a.payload()), wire.ReadFun(b.payload())
		return cmp.Or(bytes.Compare(x.Module, y.Module), bytes.Compare(x.Function, y.Function), cmp.Compare(x.Arity, y.Arity))
	case KindPid, KindPort, KindReference:
		return compareIDs(a.kind(), a.payload(), b.payload())
	}
	return 0
}

// open compares the numbers of children, and then has them compared one by one.
func (o *ordering) open(a, b Term, m, n int, st stage, exact bool) int {
	if m != n {
		return cmp.Compare(m, n)
	}
	if n == 0 || a == b { // the same place in the same tree
		return 0
	}
	o.stack = append(o.stack, comparison{a: a, b: b, n: n, stage: st, exact: exact})
	return 0
}

func compareNumbers(a, b Term, exact bool) int {
	x, isFloat := a.Float()
	y, isFloat2 := b.Float()
	switch {
	case isFloat && isFloat2:
		return cmp.Compare(x, y) // 0.0 and -0.0 tie
	case isFloat != isFloat2 && exact:
		return cmp.Compare(a.kind(), b.kind())
	case isFloat:
		return -compareIntFloat(b, x)
	case isFloat2:
		return compareIntFloat(a, y)
	}
	return compareInts(a, b)
}

// compareSigns compares the bits of two floats of the same value, which are 0.0 or -0.0
// if they differ.
func compareSigns(a, b uint64) int { return cmp.Compare(int64(a), int64(b)) }

func compareInts(a, b Term) int {
	x, small := a.Int()
	y, small2 := b.Int()
	neg, neg2 := isNegative(a), isNegative(b)
	c := 0
	switch {
	case small && small2:
		return cmp.Compare(x, y)
	case neg != neg2:
		c = 1
	case small != small2: // the big one is further from zero
		if c = 1; small {
			c = -1
		}
	default:
		c = compareDigits(a.payload(), b.payload())
	}
	if neg {
		return -c
	}
	return c
}

func isNegative(t Term) bool {
	if t.flags()&nodeBig != 0 {
		return t.flags()&nodeNeg != 0
	}
	return int64(t.node.Num) < 0
}

// compareDigits compares magnitudes without leading zeros, lowest digit first.
func compareDigits(a, b []byte) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return 0
}

// compareIntFloat compares by value, without rounding.
func compareIntFloat(i Term, f float64) int {
	if v, ok := i.Int(); ok {
		switch {
		case f >= 1<<63:
			return -1
		case f < -1<<63:
			return 1
		}
		whole := math.Trunc(f)
		return cmp.Or(cmp.Compare(v, int64(whole)), cmp.Compare(0, f-whole))
	}
	const floatBytes = 1024/8 + 1 // more than the digits of any float
	if i.length() > floatBytes {
		if isNegative(i) {
			return -1
		}
		return 1
	}
	return new(big.Float).SetInt(i.Big()).Cmp(big.NewFloat(f))
}

// compareBits compares two bitstrings of so many bits: bit by bit up to the end of
// the shorter one, and then by length. What is behind that end does not count.
func compareBits(x, y []byte, xBits, yBits int) int {
	n := min(xBits, yBits)
	c := bytes.Compare(x[:n/8], y[:n/8])
	if r := n % 8; c == 0 && r != 0 {
		c = cmp.Compare(x[n/8]>>(8-r), y[n/8]>>(8-r))
	}
	return cmp.Or(c, cmp.Compare(xBits, yBits))
}

func compareFuns(a, b Term, exact bool) int {
	x, y := wire.ReadFun(a.funHead()), wire.ReadFun(b.funHead())
	numbers := func(i, j int32) int {
		if exact {
			return cmp.Compare(i, j)
		}
		return cmp.Compare(i-j, 0)
	}
	return cmp.Or(
		bytes.Compare(x.Module, y.Module),
		numbers(int32(x.Index), int32(y.Index)),
		numbers(int32(x.OldUniq), int32(y.OldUniq)))
}

// compareIDs compares ids in whatever encoding.
func compareIDs(k Kind, a, b []byte) int {
	x, y := wire.ReadID(a), wire.ReadID(b)
	node := cmp.Or(strings.Compare(x.Node, y.Node), cmp.Compare(x.Creation, y.Creation))
	switch k {
	case KindPid:
		return cmp.Or(cmp.Compare(x.Serial, y.Serial), cmp.Compare(x.Number, y.Number), node)
	case KindPort:
		return cmp.Or(node, cmp.Compare(x.Number, y.Number))
	}
	return cmp.Or(node, compareWords(x.Words, y.Words))
}

// compareWords compares from the last word to the first; those that are missing
// are 0.
func compareWords(a, b []uint32) int {
	word := func(w []uint32, i int) uint32 {
		if i < len(w) {
			return w[i]
		}
		return 0
	}
	for i := max(len(a), len(b)) - 1; i >= 0; i-- {
		if c := cmp.Compare(word(a, i), word(b, i)); c != 0 {
			return c
		}
	}
	return 0
}
