package targets

import (
	"bytes"
	"math"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/naive"
)

func floatBits(f float64) uint64 { return math.Float64bits(f) }

// sameTerm compares two trees of package etf by what their accessors say.
func sameTerm(kind string, a, b etf.Term) *Disagreement {
	if a.Kind() != b.Kind() || a.Len() != b.Len() || a.Bits() != b.Bits() || a.IsProper() != b.IsProper() {
		return disagree(kind, "%v of %d and %v of %d", a.Kind(), a.Len(), b.Kind(), b.Len())
	}
	if ok := sameLeaf(a, b); !ok {
		return disagree(kind, "%v and %v", a, b)
	}
	for i := range a.Len() {
		switch a.Kind() {
		case etf.KindTuple, etf.KindList, etf.KindFun:
			if dis := sameTerm(kind, a.Index(i), b.Index(i)); dis != nil {
				return dis
			}
		case etf.KindMap:
			k, v := a.Pair(i)
			k2, v2 := b.Pair(i)
			if dis := sameTerm(kind, k, k2); dis != nil {
				return dis
			}
			if dis := sameTerm(kind, v, v2); dis != nil {
				return dis
			}
		}
	}
	if a.Kind() == etf.KindList && !a.IsProper() {
		x, _ := a.Tail()
		y, _ := b.Tail()
		return sameTerm(kind, x, y)
	}
	return nil
}

func sameLeaf(a, b etf.Term) bool {
	switch a.Kind() {
	case etf.KindInteger:
		return a.Big().Cmp(b.Big()) == 0
	case etf.KindFloat:
		x, _ := a.Float()
		y, _ := b.Float()
		return floatBits(x) == floatBits(y)
	case etf.KindAtom:
		x, _ := a.Atom()
		return b.IsAtom(x)
	case etf.KindBinary, etf.KindBitstring:
		x, _ := a.Bytes()
		y, _ := b.Bytes()
		return bytes.Equal(x, y)
	case etf.KindPid, etf.KindPort, etf.KindReference, etf.KindExport, etf.KindFun:
		return a.String() == b.String()
	}
	return true
}

// naiveTree compares a tree with the one of package naive, child by child.
func naiveTree(t etf.Term, n *naive.Term) *Disagreement {
	const kind = "naive tree"
	if !naiveKind(t.Kind(), n) {
		return disagree(kind, "%v, naive %v", t.Kind(), n.Kind)
	}
	if !naiveLeaf(t, n) {
		return disagree(kind, "%v, naive %x", t, n.Canon())
	}
	if naiveLen(n) != t.Len() {
		return disagree(kind, "%v of %d, naive %d", t.Kind(), t.Len(), naiveLen(n))
	}
	for i, e := range n.Elems {
		var c etf.Term
		if n.Kind == naive.Map {
			k, v := t.Pair(i / 2)
			if c = k; i&1 == 1 {
				c = v
			}
		} else {
			c = t.Index(i)
		}
		if dis := naiveTree(c, e); dis != nil {
			return dis
		}
	}
	if n.Kind != naive.List {
		return nil
	}
	tail, _ := t.Tail()
	switch {
	case t.IsProper() != (n.Tail == nil):
		return disagree(kind, "a list is proper here only, or there only")
	case n.Tail != nil:
		return naiveTree(tail, n.Tail)
	case tail.Kind() != etf.KindNil:
		return disagree(kind, "the tail of a proper list is %v", tail)
	}
	return nil
}

// naiveLen is what Term.Len says of such a term.
func naiveLen(n *naive.Term) int {
	switch n.Kind {
	case naive.Map:
		return len(n.Elems) / 2
	case naive.Bits:
		return len(n.Bytes)
	case naive.Atom:
		return len(n.Atom)
	}
	return len(n.Elems)
}

func naiveKind(k etf.Kind, n *naive.Term) bool {
	switch n.Kind {
	case naive.Int:
		return k == etf.KindInteger
	case naive.Float:
		return k == etf.KindFloat
	case naive.Atom:
		return k == etf.KindAtom
	case naive.Ref:
		return k == etf.KindReference
	case naive.Fun:
		return k == etf.KindFun
	case naive.Export:
		return k == etf.KindExport
	case naive.Port:
		return k == etf.KindPort
	case naive.Pid:
		return k == etf.KindPid
	case naive.Tuple:
		return k == etf.KindTuple
	case naive.Map:
		return k == etf.KindMap
	case naive.Nil:
		return k == etf.KindNil
	case naive.List:
		return k == etf.KindList
	}
	return k == etf.KindBinary && n.BitSize%8 == 0 || k == etf.KindBitstring && n.BitSize%8 != 0
}

// naiveLeaf compares all of a term but its children.
func naiveLeaf(t etf.Term, n *naive.Term) bool {
	switch n.Kind {
	case naive.Int:
		v, ok := t.Int()
		return ok == n.Int.IsInt64() && (!ok || v == n.Int.Int64()) && t.Big().Cmp(n.Int) == 0
	case naive.Float:
		f, ok := t.Float()
		return ok && floatBits(f) == floatBits(n.Float)
	case naive.Atom:
		name, ok := t.Atom()
		return ok && name == n.Atom && t.IsAtom(n.Atom)
	case naive.Bits:
		b, ok := t.Bytes()
		return ok && bytes.Equal(b, n.Bytes) && t.Bits() == n.BitSize
	case naive.Pid:
		p, ok := t.Pid()
		return ok && p == etf.Pid{Node: n.ID.Node, ID: uint32(n.ID.Num), Serial: n.ID.Serial, Creation: n.ID.Creation}
	case naive.Port:
		p, ok := t.Port()
		return ok && p == etf.Port{Node: n.ID.Node, ID: n.ID.Num, Creation: n.ID.Creation}
	case naive.Ref:
		r, ok := t.Reference()
		return ok && r.Node == n.ID.Node && r.Creation == n.ID.Creation && sameWords(r.Words, n.ID.Words)
	case naive.Export:
		e, ok := t.Export()
		return ok && e == etf.Export{Module: n.Fun.Module, Function: n.Fun.Function, Arity: n.Fun.Arity}
	case naive.Fun:
		f, ok := t.Fun()
		m := n.Fun
		return ok && f.Module == m.Module && f.Arity == m.Arity && f.Uniq == m.Uniq && f.Index == m.Index &&
			int32(f.OldIndex) == m.OldIndex && int32(f.OldUniq) == m.OldUniq
	}
	return true
}

// sameWords compares the words of references, whose last zeros do not count.
func sameWords(a, b []uint32) bool {
	for i := range max(len(a), len(b)) {
		var x, y uint32
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return false
		}
	}
	return true
}
