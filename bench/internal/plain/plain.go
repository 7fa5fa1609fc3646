// Package plain makes of terms the Go values that JSON and CBOR libraries know,
// so that codecs of other formats can be timed on equivalent data.
package plain

import (
	"fmt"
	"unicode/utf8"

	"github.com/beamgate/beamgate/etf"
)

// Value converts a term: true, false, nil and undefined to theirs, other atoms
// and binaries of text to strings, other binaries to []byte, integers to int64
// or *big.Int, lists and tuples to []any, maps with text as keys to
// map[string]any. Other terms have no equivalent.
func Value(t etf.Term) (any, error) {
	switch t.Kind() {
	case etf.KindInteger:
		if v, ok := t.Int(); ok {
			return v, nil
		}
		return t.Big(), nil
	case etf.KindFloat:
		f, _ := t.Float()
		return f, nil
	case etf.KindAtom:
		return atom(t), nil
	case etf.KindBinary:
		b, _ := t.Bytes()
		if utf8.Valid(b) {
			return string(b), nil
		}
		return append([]byte(nil), b...), nil
	case etf.KindNil:
		return []any{}, nil
	case etf.KindTuple, etf.KindList:
		return elements(t)
	case etf.KindMap:
		return object(t)
	}
	return nil, fmt.Errorf("no equivalent of a %v", t.Kind())
}

func atom(t etf.Term) any {
	switch name, _ := t.Atom(); name {
	case "true":
		return true
	case "false":
		return false
	case "nil", "undefined":
		return nil
	default:
		return name
	}
}

func elements(t etf.Term) (any, error) {
	if t.Kind() == etf.KindList && !t.IsProper() {
		return nil, fmt.Errorf("no equivalent of an improper list")
	}
	all := make([]any, 0, t.Len())
	for e := range t.Elements() {
		v, err := Value(e)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func object(t etf.Term) (any, error) {
	all := make(map[string]any, t.Len())
	for k, e := range t.Pairs() {
		name, ok := k.Atom()
		if !ok {
			b, isBinary := k.Bytes()
			if name = string(b); !isBinary || k.Kind() != etf.KindBinary {
				return nil, fmt.Errorf("no equivalent of a %v as key", k.Kind())
			}
		}
		v, err := Value(e)
		if err != nil {
			return nil, err
		}
		all[name] = v
	}
	return all, nil
}
