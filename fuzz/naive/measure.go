package naive

// measure fills in every figure of res from its tree.
func measure(res *Result, o Options) {
	t := res.Term
	res.Terms = t.terms()
	res.Depth = t.depth()
	names := map[string]bool{}
	res.Atoms = t.atoms(names)
	res.DistinctAtoms = int64(len(names))
	res.OffHeap = t.offHeap()
	res.Exact = true
	res.FlatWords = t.sum(func(t *Term) int64 {
		w, exact := itemWords(t, o.Release, false)
		res.Exact = res.Exact && exact
		return w
	})
	res.CostWords = t.sum(func(t *Term) int64 {
		w, _ := itemWords(t, o.Release, true)
		return w
	})
}

// depth: a scalar, [], {} and #{} are 0; a container is one more than its
// deepest child; the tail of a list adds nothing.
func (t *Term) depth() int64 {
	if len(t.Elems) == 0 {
		return 0
	}
	d := int64(1)
	for _, e := range t.Elems {
		d = max(d, 1+e.depth())
	}
	if t.Tail != nil {
		d = max(d, t.Tail.depth())
	}
	return d
}

// terms counts t and all below it, keys, values, free variables and improper
// tails too. The end of a proper list is no term of its own.
func (t *Term) terms() int64 {
	return t.sum(func(*Term) int64 { return 1 })
}

// atoms counts atom positions, those inside ids and funs too.
func (t *Term) atoms(names map[string]bool) int64 {
	return t.sum(func(t *Term) int64 {
		here := t.ownAtoms()
		for _, name := range here {
			names[name] = true
		}
		return int64(len(here))
	})
}

func (t *Term) ownAtoms() []string {
	switch t.Kind {
	case Atom:
		return []string{t.Atom}
	case Pid, Port, Ref:
		return []string{t.ID.Node}
	case Export:
		return []string{t.Fun.Module, t.Fun.Function}
	case Fun:
		return []string{t.Fun.Module, t.Fun.Creator.ID.Node}
	}
	return nil
}

// offHeap: payloads of more than 64 bytes lie outside the heap.
func (t *Term) offHeap() int64 {
	return t.sum(func(t *Term) int64 {
		if len(t.Bytes) > 64 {
			return int64(len(t.Bytes)) + 24
		}
		return 0
	})
}

// sum adds up a figure of t and all below it.
func (t *Term) sum(item func(*Term) int64) int64 {
	n := item(t)
	for _, e := range t.Elems {
		n += e.sum(item)
	}
	if t.Tail != nil {
		n += t.Tail.sum(item)
	}
	return n
}

// itemWords is what t itself takes on the heap of the release, without its
// children, and whether that is the truth and no bound.
func itemWords(t *Term, release int, cost bool) (w int64, exact bool) {
	exact = t.Kind != Map || t.size() <= 32
	upTo26, from27 := wordsUpTo26(t, cost), wordsFrom27(t, cost)
	if cost && t.Fun != nil {
		upTo26, from27 = upTo26+t.Fun.sized, from27+t.Fun.sized
	}
	switch {
	case release >= 27:
		return from27, exact
	case release != 0:
		return upTo26, exact
	}
	return max(upTo26, from27), exact && upTo26 == from27
}

// wordsUpTo26 is what erts_debug:flat_size/1 says up to OTP 26; cost asks for words
// as sized before normalisation.
func wordsUpTo26(t *Term, cost bool) int64 {
	n := int64(t.size())
	switch t.Kind {
	case Int:
		switch {
		case cost && t.bigTag == 110:
			return 1 + words(int64(t.bigDigits))
		case cost && t.bigTag == 111:
			return 2 + words(int64(t.bigDigits))
		case t.isSmall():
			return 0
		}
		return 1 + words(int64(t.Int.BitLen()+7)/8)
	case Float:
		return 2
	case Atom, Nil:
		return 0
	case List:
		return 2 * n
	case Tuple:
		if n == 0 {
			return 0
		}
		return n + 1
	case Map:
		switch {
		case n == 0:
			return 3
		case n <= 32:
			return 2*n + 4
		case cost:
			return 11*n + 2
		}
		return 3*n + 2 + 2*((6*n)/10+4)
	case Bits:
		w := 2 + words(int64(len(t.Bytes)))
		if len(t.Bytes) > 64 {
			w = 6
		}
		if t.BitSize%8 != 0 {
			w += 5
		}
		return w
	case Pid, Port:
		if t.ID.Own && !cost {
			return 0
		}
		return 4
	case Ref:
		if t.ID.Own && !cost {
			return 3
		}
		return 4 + int64(t.ID.wireWords)/2
	case Fun:
		return 5 + n + wordsUpTo26(t.Fun.Creator, cost)
	case Export:
		return 5
	}
	panic("naive: kind without size: " + t.Kind.String())
}

// wordsFrom27 is the same from OTP 27 on: other bitstrings, smaller funs.
func wordsFrom27(t *Term, cost bool) int64 {
	switch t.Kind {
	case Bits:
		if t.BitSize > 512 {
			return 8
		}
		return 2 + (int64(t.BitSize)+63)/64
	case Fun:
		return 2 + int64(t.size())
	case Export:
		return 0
	}
	return wordsUpTo26(t, cost)
}

// words is how many 8-byte words n bytes take.
func words(n int64) int64 { return (n + 7) / 8 }
