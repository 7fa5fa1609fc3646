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
// Two maps are compared by all keys first and then by their values, which would
// mean to read over values again and again; so with two maps of the same size,
// two or more, it is stuck. So it is with two funs that have to be compared.
type keyOrder struct {
	a, b  []byte // what is not compared yet
	left  int    // terms of which
	short int8   // behind them: which one's list has ended, 1 for a, -1 for b
	stuck bool
}

// compare compares the terms at two places of out. If it gets stuck the answer
// is of no use.
func (o *keyOrder) compare(out []byte, x, y uint32) int {
	if out[x] == wire.TagSmallAtomUTF8 && out[y] == wire.TagSmallAtomUTF8 { // as most are
		return bytes.Compare(out[x+2:x+2+uint32(out[x+1])], out[y+2:y+2+uint32(out[y+1])])
	}
	o.a, o.b, o.left, o.short = out[x:], out[y:], 1, 0
	for o.left > 0 && !o.stuck {
		o.left--
		if c := o.heads(); c != 0 {
			return c
		}
	}
	if o.short != 0 && !o.stuck { // a tail of one against more elements of the other
		if o.short > 0 {
			return cmp.Compare(placeOf(o.a[0]), placeOf(wire.TagList))
		}
		return cmp.Compare(placeOf(wire.TagList), placeOf(o.b[0]))
	}
	return 0
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
		x, y := math.Float64frombits(be.Uint64(o.a[1:])), math.Float64frombits(be.Uint64(o.b[1:]))
		o.a, o.b = o.a[9:], o.b[9:]
		return cmp.Compare(x, y)
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
		o.left += 2 * x
		o.stuck = x == y && x > 1
		return cmp.Compare(x, y)
	case KindList:
		return o.lists()
	case KindExport: // module, function and arity are terms
		o.a, o.b = o.a[1:], o.b[1:]
		o.left += 3
	case KindFun:
		o.stuck = true
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
	case n < m: // what decides stands before what was left
		o.left, o.short = n, 1
	default:
		o.left, o.short = m, -1
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
