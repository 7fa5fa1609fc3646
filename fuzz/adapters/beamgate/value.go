package main

import (
	"fmt"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/adapters/internal/tagged"
)

// value is a term in words. Closures have none: the creator is not part of an
// etf.Fun.
func value(t etf.Term, depth int) (any, error) {
	if depth > tagged.MaxDepth {
		return nil, tagged.ErrUntold
	}
	switch t.Kind() {
	case etf.KindInteger:
		return tagged.Int(t.Big()), nil
	case etf.KindFloat:
		f, _ := t.Float()
		return tagged.Float(f), nil
	case etf.KindAtom:
		name, _ := t.Atom()
		return tagged.Atom(name), nil
	case etf.KindBinary, etf.KindBitstring:
		b, _ := t.Bytes()
		return tagged.Bits(b, t.Bits()), nil
	case etf.KindNil:
		return []any{}, nil
	case etf.KindTuple, etf.KindList, etf.KindMap:
		return container(t, depth+1)
	case etf.KindFun:
		return nil, tagged.ErrUntold
	}
	return identity(t)
}

func container(t etf.Term, depth int) (any, error) {
	if t.Kind() == etf.KindMap {
		return pairs(t, depth)
	}
	var elements []etf.Term
	for e := range t.Elements() {
		elements = append(elements, e)
	}
	list, err := tagged.All(elements, depth, value)
	switch {
	case err != nil:
		return nil, err
	case t.Kind() == etf.KindTuple:
		return tagged.Tuple(list), nil
	case t.IsProper():
		return list, nil
	}
	last, _ := t.Tail()
	tail, err := value(last, depth)
	return tagged.Improper(list, tail), err
}

func pairs(t etf.Term, depth int) (any, error) {
	var all [][2]any
	for k, v := range t.Pairs() {
		pair, err := tagged.All([]etf.Term{k, v}, depth, value)
		if err != nil {
			return nil, err
		}
		all = append(all, [2]any(pair))
	}
	return tagged.Map(all), nil
}

func identity(t etf.Term) (any, error) {
	if p, ok := t.Pid(); ok {
		return tagged.Pid(p.Node, p.ID, p.Serial, p.Creation), nil
	}
	if p, ok := t.Port(); ok {
		return tagged.Port(p.Node, p.ID, p.Creation), nil
	}
	if r, ok := t.Reference(); ok {
		return tagged.Reference(r.Node, r.Creation, r.Words), nil
	}
	if e, ok := t.Export(); ok {
		return tagged.Export(e.Module, e.Function, e.Arity), nil
	}
	return nil, fmt.Errorf("a term of kind %s", t.Kind())
}
