package etf

import (
	"bytes"
	"cmp"
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// keyOrder compares keys of maps, by the order of CompareKeys, where they stand
// in canonical form: in bytes that were written here, not in those of a sender.
// It walks two terms side by side as long as they are equal.
//
// Two maps are compared by all keys first and then by their values. So where two
// values differ, that is kept, and the walk goes on with the next keys. What is
// stepped over between them is not looked at, but it takes time, again with each
// comparison, and is paid for from a budget. Where that is used up, maps stand too
// deep in one another, or they are not in order yet, the order is stuck.
type keyOrder struct {
	a, b  []byte // what is not compared yet
	left  int    // terms of which, and
	restA int    // … so many behind them that do not count any more,
	restB int    // because of a list that is longer than the other
	short int8   // behind left: which one's list has ended, 1 for a, -1 for b

	maps  []mapPair
	wait  int  // how many of maps are at a value, with keys behind it
	skip  int  // bytes that may still be stepped over
	signs bool // -0.0 stands before 0.0, as in ordering
	late  bool // there may be maps that are not in order
	stuck bool
}

// mapPair are two maps of the same size, two or more, whose keys are equal so far.
type mapPair struct {
	left, restA, restB uint32 // of the terms around them
	pairs              uint32 // that are not compared yet, with the one at hand
	short              int8   // around them
	value              bool   // at hand is a value
	diff               int8   // of the first values that differ
}

const mapsDeep = 1024 // maps in one another that are compared

// compare compares the terms at two places of out. If it gets stuck the answer
// is of no use.
func (o *keyOrder) compare(out []byte, x, y uint32) int {
	if out[x] == wire.TagSmallAtomUTF8 && out[y] == wire.TagSmallAtomUTF8 { // as most are
		return bytes.Compare(out[x+2:x+2+uint32(out[x+1])], out[y+2:y+2+uint32(out[y+1])])
	}
	if o.stuck {
		return 0
	}
	o.a, o.b, o.left, o.restA, o.restB, o.short = out[x:], out[y:], 1, 0, 0, 0
	o.maps, o.wait = o.maps[:0], 0
	for {
		c := o.terms()
		if o.stuck || len(o.maps) == 0 {
			return c
		}
		if c = o.pair(c); c != 0 {
			return c
		}
	}
}

// terms compares the terms in left. Where they differ what is left of them is
// stepped over if that matters.
func (o *keyOrder) terms() int {
	for o.left > 0 && !o.stuck {
		if o.wait == 0 {
			o.left--
			if c := o.heads(); c != 0 {
				return c
			}
			continue
		}
		a, b, left := o.a, o.b, o.left
		o.left--
		if c := o.heads(); c != 0 {
			o.a, o.b = a, b
			o.stepOver(left+o.restA, left+o.restB)
			return c
		}
	}
	if o.short == 0 || o.stuck {
		return 0
	}
	// A tail of one against more elements of the other.
	list, tail := placeOf(wire.TagList), o.a
	if o.short < 0 {
		tail = o.b
	}
	c := int(o.short) * cmp.Compare(placeOf(tail[0]), list)
	if o.wait > 0 {
		o.stepOver(o.restA, o.restB)
	}
	return c
}

// openMaps goes on in two maps of n pairs.
func (o *keyOrder) openMaps(n int) {
	if o.late || len(o.maps) == mapsDeep {
		o.stuck = true
		return
	}
	o.maps = append(o.maps, mapPair{left: uint32(o.left), restA: uint32(o.restA), restB: uint32(o.restB), short: o.short, pairs: uint32(n)})
	o.begin()
}

// begin begins with a term of its own.
func (o *keyOrder) begin() { o.left, o.restA, o.restB, o.short = 1, 0, 0, 0 }

// pair goes on behind a key or a value of the innermost maps, of which c is the
// order. The answer is that of all if it is not 0.
func (o *keyOrder) pair(c int) int {
	for c == 0 || o.wait > 0 {
		m := &o.maps[len(o.maps)-1]
		switch {
		case !m.value && c != 0:
			rest := 2*int(m.pairs) - 1
			o.stepOver(rest, rest)
			m.pairs, m.diff = 1, int8(c)
		case !m.value && m.diff == 0:
			if m.value = true; m.pairs > 1 {
				o.wait++
			}
			o.begin()
			return 0
		case !m.value:
			o.stepOver(1, 1)
		default:
			if m.value, m.diff = false, int8(c); m.pairs > 1 {
				o.wait--
			}
		}
		if m.pairs--; m.pairs > 0 {
			o.begin()
			return 0
		}
		c = int(m.diff)
		o.left, o.restA, o.restB, o.short = int(m.left), int(m.restA), int(m.restB), m.short
		if o.maps = o.maps[:len(o.maps)-1]; c == 0 || o.stuck {
			return 0
		}
		if o.wait > 0 {
			o.stepOver(o.left+o.restA, o.left+o.restB)
		}
	}
	return c
}

// stepOver steps over terms that do not count.
func (o *keyOrder) stepOver(n, m int) {
	a, b := skipTerms(o.a, n), skipTerms(o.b, m)
	o.skip -= len(o.a) - len(a) + len(o.b) - len(b)
	o.a, o.b, o.stuck = a, b, o.stuck || o.skip < 0
}

// skipTerms steps over n terms in canonical form.
func skipTerms(b []byte, n int) []byte {
	for ; n > 0; n-- {
		size := 0
		switch b[0] {
		case wire.TagNil:
			size = 1
		case wire.TagSmallInteger:
			size = 2
		case wire.TagInteger:
			size = 5
		case wire.TagNewFloat:
			size = 9
		case wire.TagSmallAtomUTF8:
			size = 2 + int(b[1])
		case wire.TagAtomUTF8, wire.TagString:
			size = 3 + int(be.Uint16(b[1:]))
		case wire.TagSmallBig:
			size = 3 + int(b[1])
		case wire.TagLargeBig, wire.TagBitBinary:
			size = 6 + int(be.Uint32(b[1:]))
		case wire.TagBinary:
			size = 5 + int(be.Uint32(b[1:]))
		case wire.TagNewFun:
			size = 1 + int(be.Uint32(b[1:]))
		case wire.TagSmallTuple:
			size = 2
			n += int(b[1])
		case wire.TagLargeTuple:
			size = 5
			n += int(be.Uint32(b[1:]))
		case wire.TagList:
			size = 5
			n += int(be.Uint32(b[1:])) + 1
		case wire.TagMap:
			size = 5
			n += 2 * int(be.Uint32(b[1:]))
		case wire.TagExport:
			size = 1
			n += 3
		default:
			takeID(&b)
		}
		b = b[size:]
	}
	return b
}

// placeOf is the place among the kinds of what starts with a tag. Exact order
// has integers before floats.
func placeOf(tag byte) Kind {
	switch tag {
	case wire.TagSmallInteger, wire.TagInteger, wire.TagSmallBig, wire.TagLargeBig:
		return KindInteger
	case wire.TagNewFloat:
		return KindFloat
	case wire.TagSmallAtomUTF8, wire.TagAtomUTF8:
		return KindAtom
	case wire.TagNewerReference:
		return KindReference
	case wire.TagNewFun:
		return KindFun
	case wire.TagExport:
		return KindExport
	case wire.TagNewPort, wire.TagV4Port:
		return KindPort
	case wire.TagNewPid:
		return KindPid
	case wire.TagSmallTuple, wire.TagLargeTuple:
		return KindTuple
	case wire.TagMap:
		return KindMap
	case wire.TagNil:
		return KindNil
	case wire.TagString, wire.TagList:
		return KindList
	}
	return KindBinary // and bitstrings
}

// heads compares the next heads and steps over them.
func (o *keyOrder) heads() int {
	k := placeOf(o.a[0])
	if c := cmp.Compare(k, placeOf(o.b[0])); c != 0 {
		return c
	}
	switch k {
	case KindInteger:
		return o.integers()
	case KindFloat:
		x, y := be.Uint64(o.a[1:]), be.Uint64(o.b[1:])
		o.a, o.b = o.a[9:], o.b[9:]
		c := cmp.Compare(math.Float64frombits(x), math.Float64frombits(y))
		if c == 0 && o.signs {
			c = compareSigns(x, y)
		}
		return c
	case KindAtom:
		x, y := takeName(&o.a), takeName(&o.b)
		return bytes.Compare(x, y)
	case KindBinary:
		return o.bits()
	case KindNil:
		o.a, o.b = o.a[1:], o.b[1:]
	case KindTuple:
		x, y := takeArity(&o.a), takeArity(&o.b)
		o.left += x
		return cmp.Compare(x, y)
	case KindMap:
		x, y := takeArity(&o.a), takeArity(&o.b)
		if x == y && x > 1 {
			o.openMaps(x)
		} else {
			o.left += 2 * x
		}
		return cmp.Compare(x, y)
	case KindList:
		return o.lists()
	case KindExport: // module, function and arity are terms
		o.a, o.b = o.a[1:], o.b[1:]
		o.left += 3
	case KindFun:
		return o.funs()
	default:
		x, y := takeID(&o.a), takeID(&o.b)
		return compareIDs(k, x, y)
	}
	return 0
}

// takeName steps over an atom and returns its name.
func takeName(b *[]byte) []byte {
	s := *b
	from, n := 2, int(s[1])
	if s[0] == wire.TagAtomUTF8 {
		from, n = 3, int(be.Uint16(s[1:]))
	}
	*b = s[from+n:]
	return s[from : from+n]
}

// keyOf is the text of the atom or binary that b begins with.
func keyOf(b []byte) []byte {
	if b[0] == wire.TagBinary {
		return b[5 : 5+int(be.Uint32(b[1:]))]
	}
	return takeName(&b)
}

// takeArity steps over the head of a tuple, map or LIST_EXT.
func takeArity(b *[]byte) int {
	s := *b
	if s[0] == wire.TagSmallTuple {
		*b = s[2:]
		return int(s[1])
	}
	*b = s[5:]
	return int(be.Uint32(s[1:]))
}

// takeID steps over a pid, port or reference and returns it.
func takeID(b *[]byte) []byte {
	s := *b
	rest := s[1:]
	n := 12 // behind the node of a pid or a port of the newer kind
	switch s[0] {
	case wire.TagNewPort:
		n = 8
	case wire.TagNewerReference:
		n = 4 + 4*int(be.Uint16(s[1:]))
		rest = s[3:]
	}
	takeName(&rest)
	*b = rest[n:]
	return s[:len(s)-len(rest)+n]
}

// funs compares two funs up to their free variables.
func (o *keyOrder) funs() int {
	const index, free, module = 22, 26, 30 // where these stand
	x, y := o.a, o.b
	c := cmp.Compare(int32(be.Uint32(x[index:])), int32(be.Uint32(y[index:])))
	n, m := int(be.Uint32(x[free:])), int(be.Uint32(y[free:]))
	o.a, o.b = x[module:], y[module:]
	names := bytes.Compare(takeName(&o.a), takeName(&o.b))
	takeNumber(&o.a) // the old index
	takeNumber(&o.b)
	uniqs := cmp.Compare(takeNumber(&o.a).v, takeNumber(&o.b).v)
	takeID(&o.a)
	takeID(&o.b)
	o.left += n
	return cmp.Or(names, c, uniqs, cmp.Compare(n, m))
}

// number is an integer in canonical form: small ones by value, others by their
// digits.
type number struct {
	v      int64
	neg    bool
	digits []byte
}

func takeNumber(b *[]byte) (n number) {
	s := *b
	size, from := 0, 3
	switch s[0] {
	case wire.TagSmallInteger:
		n.v, *b = int64(s[1]), s[2:]
		return n
	case wire.TagInteger:
		n.v, *b = int64(int32(be.Uint32(s[1:]))), s[5:]
		n.neg = n.v < 0
		return n
	case wire.TagSmallBig:
		size = int(s[1])
	default:
		size, from = int(be.Uint32(s[1:])), 6
	}
	n.neg, n.digits, *b = s[from-1] != 0, s[from:from+size], s[from+size:]
	return n
}

// integers compares two integers. Those with digits are further from zero.
func (o *keyOrder) integers() int {
	x, y := takeNumber(&o.a), takeNumber(&o.b)
	c := 0
	switch {
	case x.neg != y.neg:
		c = 1
	case x.digits == nil && y.digits == nil:
		return cmp.Compare(x.v, y.v)
	case x.digits == nil || y.digits == nil:
		c = cmp.Compare(len(x.digits), len(y.digits))
	default:
		c = compareDigits(x.digits, y.digits)
	}
	if x.neg {
		return -c
	}
	return c
}

// bits compares binaries and bitstrings, whose unused bits are zero.
func (o *keyOrder) bits() int {
	x, n := takeBits(&o.a)
	y, m := takeBits(&o.b)
	return compareBits(x, y, n, m)
}

func takeBits(b *[]byte) (data []byte, bits int) {
	s := *b
	n := int(be.Uint32(s[1:]))
	from, bits := 5, 8*n
	if s[0] == wire.TagBitBinary {
		from, bits = 6, 8*n-8+int(s[5])
	}
	*b = s[from+n:]
	return s[from : from+n], bits
}

// lists compares lists, of which a STRING_EXT has its elements as bytes. A list
// of two forms is never the same list.
func (o *keyOrder) lists() int {
	x, y := o.a[0] == wire.TagString, o.b[0] == wire.TagString
	switch {
	case x && y:
		return bytes.Compare(takeString(&o.a), takeString(&o.b))
	case x:
		return stringToList(takeString(&o.a), o.b)
	case y:
		return -stringToList(takeString(&o.b), o.a)
	}
	n, m := takeArity(&o.a), takeArity(&o.b)
	switch {
	case n == m:
		o.left += n + 1
	default: // what decides stands before what was left
		both := min(n, m)
		o.restA, o.restB = o.restA+o.left+n-both+1, o.restB+o.left+m-both+1
		o.left, o.short = both, int8(cmp.Compare(m, n))
	}
	return 0
}

func takeString(b *[]byte) []byte {
	s := *b
	n := 3 + int(be.Uint16(s[1:]))
	*b = s[n:]
	return s[3:n]
}

// stringToList compares a STRING_EXT with a LIST_EXT.
func stringToList(s, list []byte) int {
	n := takeArity(&list)
	for i, c := range s {
		if i == n { // the list is improper
			return cmp.Compare(placeOf(wire.TagList), placeOf(list[0]))
		}
		if k := placeOf(list[0]); k != KindInteger {
			return cmp.Compare(KindInteger, k)
		}
		v := takeNumber(&list)
		switch {
		case v.neg:
			return 1
		case v.digits != nil:
			return -1
		case int64(c) != v.v:
			return cmp.Compare(int64(c), v.v)
		}
	}
	if n > len(s) {
		return -1 // [] before a list
	}
	return cmp.Compare(KindNil, placeOf(list[0]))
}
