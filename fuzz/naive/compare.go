package naive

import (
	"bytes"
	"cmp"
	"math"
	"math/big"
	"strings"
)

// Compare is Erlang's term order: 1 and 1.0 tie. a's release decides where
// releases differ. Verified on OTP 25; from 26 on, the order of local funs
// follows the documents only.
func Compare(a, b *Term) int { return termOrder.compare(a, b) }

// Same is =:= of a's release. Release 0 takes the coarser answer: what is the
// same on any release is the same.
func Same(a, b *Term) bool { return keyOrder.compare(a, b) == 0 }

// ordering is one of the ways to order terms.
type ordering struct {
	exact bool // keys of maps: integers before floats, and no ties but =:=
	total bool // a linear order of funs, which the BEAM's is not: see wrapped
}

var (
	termOrder = ordering{}
	keyOrder  = ordering{exact: true, total: true}
)

// rank is a kind's place among the kinds.
func rank(k Kind) Kind {
	switch k {
	case Float:
		return Int
	}
	return k
}

func (o ordering) compare(a, b *Term) int {
	if c := cmp.Compare(rank(a.Kind), rank(b.Kind)); c != 0 {
		return c
	}
	switch a.Kind {
	case Int, Float:
		return o.numbers(a, b)
	case Atom:
		return strings.Compare(a.Atom, b.Atom) // UTF-8 sorts as code points do
	case Pid:
		return cmp.Or(
			cmp.Compare(a.ID.Serial, b.ID.Serial),
			cmp.Compare(a.ID.Num, b.ID.Num),
			nodes(a.ID, b.ID))
	case Port:
		return cmp.Or(nodes(a.ID, b.ID), cmp.Compare(a.ID.Num, b.ID.Num))
	case Ref:
		return cmp.Or(nodes(a.ID, b.ID), refWords(a.ID.Words, b.ID.Words))
	case Fun:
		return o.funs(a, b)
	case Export:
		return cmp.Or(
			strings.Compare(a.Fun.Module, b.Fun.Module),
			strings.Compare(a.Fun.Function, b.Fun.Function),
			cmp.Compare(a.Fun.Arity, b.Fun.Arity))
	case Tuple:
		return o.all(a.Elems, b.Elems)
	case Map:
		return o.maps(a, b)
	case List:
		return o.lists(a, b)
	case Bits:
		return bitstrings(a, b)
	}
	return 0 // Nil
}

// all compares by number, then one by one.
func (o ordering) all(a, b []*Term) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	for i := range a {
		if c := o.compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (o ordering) numbers(a, b *Term) int {
	switch {
	case a.Kind == Int && b.Kind == Int:
		return a.Int.Cmp(b.Int)
	case a.Kind == Float && b.Kind == Float:
		c := cmp.Compare(a.Float, b.Float) // -0.0 and 0.0 tie
		if c == 0 && o.exact && a.rel >= 27 {
			return cmp.Compare(sign(a.Float), sign(b.Float))
		}
		return c
	case o.exact:
		return cmp.Compare(a.Kind, b.Kind)
	}
	return exactValue(a).Cmp(exactValue(b))
}

func sign(f float64) int {
	if math.Signbit(f) {
		return -1
	}
	return 1
}

// exactValue is the number without any rounding.
func exactValue(t *Term) *big.Float {
	if t.Kind == Float {
		return big.NewFloat(t.Float)
	}
	return new(big.Float).SetPrec(uint(max(64, t.Int.BitLen()))).SetInt(t.Int)
}

func nodes(a, b *ID) int {
	return cmp.Or(strings.Compare(a.Node, b.Node), cmp.Compare(a.Creation, b.Creation))
}

// refWords compares from the last word to the first; missing words are 0.
func refWords(a, b []uint32) int {
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

// funs: what makes a local fun itself depends on the release.
func (o ordering) funs(a, b *Term) int {
	f, g := a.Fun, b.Fun
	c := cmp.Or(strings.Compare(f.Module, g.Module), o.wrapped(int32(f.Index), int32(g.Index)))
	switch {
	case a.rel == 25:
		c = cmp.Or(c, o.wrapped(f.OldUniq, g.OldUniq))
	case a.rel >= 26:
		c = cmp.Or(c, cmp.Compare(f.Arity, g.Arity), bytes.Compare(f.Uniq[:], g.Uniq[:]))
	}
	if c != 0 {
		return c
	}
	return o.all(a.Elems, b.Elems)
}

// wrapped compares as OTP 25 does: by the sign of the 32-bit difference. That
// is no linear order of numbers 2^31 or more apart, so keys are not sorted by
// it; with funs of such numbers as keys, the pairs of Canon may stand in
// another order than OTP 25's.
func (o ordering) wrapped(a, b int32) int {
	if o.total {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(a-b, 0)
}

// lists compares cell by cell. Where one list ends, what it ends in stands
// against the other's next cell, a list.
func (o ordering) lists(a, b *Term) int {
	n := min(a.size(), b.size())
	if c := o.all(a.Elems[:n], b.Elems[:n]); c != 0 {
		return c
	}
	rest := func(t *Term) *Term {
		switch {
		case t.size() > n:
			return &Term{Kind: List}
		case t.Tail == nil:
			return &Term{Kind: Nil}
		}
		return t.Tail
	}
	x, y := rest(a), rest(b)
	if x.Kind == List || y.Kind == List { // a tail is never a list itself
		return cmp.Compare(rank(x.Kind), rank(y.Kind))
	}
	return o.compare(x, y)
}

// maps: by size, then by keys in order, exactly, then by their values.
func (o ordering) maps(a, b *Term) int {
	if c := cmp.Compare(a.size(), b.size()); c != 0 {
		return c
	}
	for i := range a.order {
		if c := keyOrder.compare(a.Elems[a.order[i]], b.Elems[b.order[i]]); c != 0 {
			return c
		}
	}
	for i := range a.order {
		if c := o.compare(a.Elems[a.order[i]+1], b.Elems[b.order[i]+1]); c != 0 {
			return c
		}
	}
	return 0
}

// bitstrings: bit by bit, then the shorter first.
func bitstrings(a, b *Term) int {
	n := min(a.BitSize, b.BitSize)
	c := bytes.Compare(a.Bytes[:n/8], b.Bytes[:n/8])
	if c == 0 && n%8 != 0 {
		c = cmp.Compare(a.Bytes[n/8]>>(8-n%8), b.Bytes[n/8]>>(8-n%8))
	}
	return cmp.Or(c, cmp.Compare(a.BitSize, b.BitSize))
}
