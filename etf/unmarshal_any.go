package etf

import (
	"reflect"
	"slices"
)

// What an interface, a slice header or a number takes behind an interface.
const (
	anySize    = 16
	headSize   = 24
	numberSize = 8
)

// Empty slices behind an interface, made once: nothing can be put into them.
var (
	emptyList  any = []any{}
	emptyTuple any = Tuple{}
)

func decodeAny(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	x, err := d.any(p, t)
	if err != nil {
		return typed(err, p, t)
	}
	*v.Addr().Interface().(*any) = x
	return nil
}

// decodeOwnAny fills the types that hold anys themselves.
func decodeOwnAny(d *filling, p *plan, t Term, place int, v reflect.Value) (err error) {
	ok := false
	switch to := v.Addr().Interface().(type) {
	case *Tuple:
		if t.isNil() {
			*to = nil
			return nil
		}
		if ok = t.kind() == KindTuple; ok {
			*to, err = d.anys(p, t, t.Len(), StepTuple)
		}
	case *Pairs:
		if t.isNil() {
			*to = nil
			return nil
		}
		if ok = t.kind() == KindMap; ok {
			*to, err = d.pairs(p, t)
		}
	case *ImproperList:
		if ok = t.kind() == KindList && !t.IsProper(); ok {
			*to, err = d.improper(p, t)
		}
	}
	if !ok {
		return misfit(ReasonKind, p, t)
	}
	return typed(err, p, t)
}

// any makes the Go value that stands for a term of any kind.
func (d *filling) any(p *plan, t Term) (any, error) {
	switch t.kind() {
	case KindInteger:
		if n, ok := t.Int(); ok {
			return n, d.charge(numberSize)
		}
		return t.Big(), d.charge(headSize + numberSize + int64(t.length()))
	case KindFloat:
		f, _ := t.Float()
		return f, d.charge(numberSize)
	case KindAtom:
		return d.anyAtom(t)
	case KindBinary:
		b := t.payload()
		if err := d.charge(headSize + int64(len(b))); err != nil {
			return nil, err
		}
		if validBytes(b) {
			return string(b), nil
		}
		return append(make([]byte, 0, len(b)), b...), nil
	case KindNil:
		return emptyList, nil
	case KindList:
		if !t.IsProper() {
			return d.improper(p, t)
		}
		return d.anys(p, t, t.Len(), StepList)
	case KindTuple:
		if t.length() == 0 {
			return emptyTuple, nil
		}
		s, err := d.anys(p, t, t.Len(), StepTuple)
		return Tuple(s), err
	case KindMap:
		return d.anyMap(p, t)
	}
	return d.anyOther(t)
}

func (d *filling) anyAtom(t Term) (any, error) {
	switch name, _ := t.Atom(); name {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "nil":
		return nil, nil
	default:
		return Atom(name), d.charge(anySize)
	}
}

// anyOther makes the values of the rarer kinds.
func (d *filling) anyOther(t Term) (any, error) {
	if err := d.charge(4*headSize + int64(t.length())); err != nil {
		return nil, err
	}
	switch t.kind() {
	case KindBitstring:
		v, _ := t.bitstring()
		return v, nil
	case KindPid:
		v, _ := t.Pid()
		return v, nil
	case KindPort:
		v, _ := t.Port()
		return v, nil
	case KindReference:
		v, _ := t.Reference()
		return v, nil
	case KindExport:
		v, _ := t.Export()
		return v, nil
	}
	return d.own(t) // a fun with its free variables
}

// anys makes the elements of a list or tuple.
func (d *filling) anys(p *plan, t Term, n int, step StepKind) ([]any, error) {
	if n == 0 {
		return []any{}, nil
	}
	if err := d.charge(headSize + anySize*int64(n)); err != nil {
		return nil, err
	}
	if err := d.enter(); err != nil {
		return nil, err
	}
	s := make([]any, n)
	for i := range s {
		c, _ := t.at(i)
		v, err := d.any(p, c)
		if err != nil {
			return nil, under(err, p, c, Step{step, int64(i)})
		}
		s[i] = v
	}
	d.leave()
	return s, nil
}

func (d *filling) improper(p *plan, t Term) (l ImproperList, err error) {
	if l.Elements, err = d.anys(p, t, t.Len(), StepList); err != nil {
		return l, err
	}
	if err = d.charge(2 * headSize); err != nil {
		return l, err
	}
	if err = d.enter(); err != nil {
		return l, err
	}
	tail, _ := t.Tail()
	if l.Tail, err = d.any(p, tail); err != nil {
		return l, under(err, p, tail, Step{Kind: StepTail})
	}
	d.leave()
	return l, nil
}

// anyMap makes a map[string]any if all keys are atoms or text and no two of them
// are the same text, else Pairs. See [UnmarshalOptions.AtomKeys] too.
func (d *filling) anyMap(p *plan, t Term) (any, error) {
	n := t.Len()
	atoms, texts := 0, 0
	for i := range n {
		switch k, _ := t.at(2 * i); {
		case k.kind() == KindAtom:
			atoms++
		case k.kind() == KindBinary && validBytes(k.payload()):
			texts++
		default:
			return d.pairs(p, t)
		}
	}
	keep := d.c.config.Unmarshal.AtomKeys && atoms > 0
	switch {
	case keep && texts == 0:
		return textMap[Atom](d, p, t)
	case keep, atoms > 0 && texts > 0 && t.collides():
		return d.pairs(p, t)
	}
	return textMap[string](d, p, t)
}

// textMap makes a map of keys that are atoms or text.
func textMap[K string | Atom](d *filling, p *plan, t Term) (map[K]any, error) {
	n := t.Len()
	if err := d.charge(mapSize(n, 2*anySize)); err != nil {
		return nil, err
	}
	if err := d.enter(); err != nil {
		return nil, err
	}
	m := make(map[K]any, n)
	for i := range n {
		k, _ := t.at(2 * i)
		key, isAtom := k.Atom()
		if !isAtom {
			if err := d.charge(int64(k.length())); err != nil {
				return nil, err
			}
			key = string(k.payload())
		}
		c, _ := t.at(2*i + 1)
		v, err := d.any(p, c)
		if err != nil {
			return nil, under(err, p, c, Step{StepValue, int64(i)})
		}
		m[K(key)] = v
	}
	d.leave()
	return m, nil
}

// collides reports whether an atom and a binary among the keys of a map are the
// same text.
func (t Term) collides() bool {
	names := make(map[string]struct{}, t.Len())
	for i := range t.Len() {
		if k, _ := t.at(2 * i); k.kind() == KindAtom {
			name, _ := k.Atom()
			names[name] = struct{}{}
		}
	}
	for i := range t.Len() {
		if k, _ := t.at(2 * i); k.kind() == KindBinary {
			if _, ok := names[string(k.payload())]; ok {
				return true
			}
		}
	}
	return false
}

// pairs makes the pairs of a map in the order of their keys.
func (d *filling) pairs(p *plan, t Term) (Pairs, error) {
	n := t.Len()
	if err := d.charge(headSize + int64(n)*(2*anySize+numberSize)); err != nil {
		return nil, err
	}
	if err := d.enter(); err != nil {
		return nil, err
	}
	s := make(Pairs, n)
	for to, i := range sortedKeys(t) {
		k, _ := t.at(2 * i)
		key, err := d.any(p, k)
		if err != nil {
			return nil, under(err, p, k, Step{StepKey, int64(i)})
		}
		c, _ := t.at(2*i + 1)
		v, err := d.any(p, c)
		if err != nil {
			return nil, under(err, p, c, Step{StepValue, int64(i)})
		}
		s[to] = Pair{key, v}
	}
	d.leave()
	return s, nil
}

// sortedKeys returns the ordinals of the pairs of a map in the order of its keys.
func sortedKeys(t Term) []int {
	order := make([]int, t.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, _ := t.at(2 * i)
		b, _ := t.at(2 * j)
		return CompareKeys(a, b)
	})
	return order
}
