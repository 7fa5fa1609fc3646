package main

import (
	"math/big"

	"github.com/beamgate/beamgate/fuzz/adapters/internal/tagged"
	"github.com/ergo-services/ergo/etf"
)

// value is what the package returned in words. It has one type for binaries
// and bitstrings and one for proper and improper lists: the adapter cannot
// know better. Closures have no value here.
func value(t any, depth int) (any, error) {
	if depth > tagged.MaxDepth {
		return nil, tagged.ErrUntold
	}
	switch t := t.(type) {
	case bool:
		return t, nil
	case int:
		return tagged.Int64(int64(t)), nil
	case int64:
		return tagged.Int64(t), nil
	case uint64:
		return tagged.Int(new(big.Int).SetUint64(t)), nil
	case *big.Int:
		return tagged.Int(t), nil
	case float64:
		return tagged.Float(t), nil
	case etf.Atom:
		return tagged.Atom(string(t)), nil
	case string: // STRING_EXT
		return tagged.Bytes(t), nil
	case []byte:
		return tagged.Binary(t), nil
	}
	return compound(t, depth+1)
}

func compound(t any, depth int) (any, error) {
	switch t := t.(type) {
	case etf.Tuple:
		list, err := tagged.All(t, depth, element)
		return tagged.Tuple(list), err
	case etf.List:
		return tagged.All(t, depth, element)
	case etf.Map:
		var all [][2]any
		for k, v := range t {
			pair, err := tagged.All([]any{k, v}, depth, value)
			if err != nil {
				return nil, err
			}
			all = append(all, [2]any(pair))
		}
		return tagged.Map(all), nil
	case etf.Pid:
		return tagged.Pid(string(t.Node), uint32(t.ID), uint32(t.ID>>32), t.Creation), nil
	case etf.Port:
		return tagged.Port(string(t.Node), uint64(t.ID), t.Creation), nil
	case etf.Ref:
		return tagged.Reference(string(t.Node), t.Creation, words(t.ID)), nil
	case etf.Export:
		return tagged.Export(string(t.Module), string(t.Function), t.Arity), nil
	}
	return nil, tagged.ErrUntold
}

// element is value for the package's name of any.
func element(t etf.Term, depth int) (any, error) { return value(t, depth) }

// words leaves out the zeros at the end, which the package fills up with.
func words(id [5]uint32) []uint32 {
	n := len(id)
	for n > 1 && id[n-1] == 0 {
		n--
	}
	return id[:n]
}
