// Package term writes terms that the gateway sends of its own: refusals in
// BERT-RPC, traffic of the demonstration and of tests.
package term

import "github.com/beamgate/beamgate/etf"

// T is a term without its version byte.
type T []byte

// Message is t as term_to_binary makes it.
func Message(t T) []byte { return append(etf.AppendVersion(nil), t...) }

// Atom is an atom. A name that no node could have is a mistake of the caller.
func Atom(name string) T { return must(etf.AppendAtom(nil, name)) }

// Int is an integer.
func Int(v int64) T { return etf.AppendInt(nil, v) }

// Bin is a binary.
func Bin(s string) T { return must(etf.AppendString(nil, s)) }

// Tuple is a tuple.
func Tuple(elements ...T) T { return join(must(etf.AppendTupleHeader(nil, len(elements))), elements) }

// List is a proper list.
func List(elements ...T) T {
	if len(elements) == 0 {
		return etf.AppendNil(nil)
	}
	return etf.AppendNil(join(must(etf.AppendListHeader(nil, len(elements))), elements))
}

// Map is a map of keys and values in turn.
func Map(pairs ...T) T { return join(must(etf.AppendMapHeader(nil, len(pairs)/2)), pairs) }

func join(t T, elements []T) T {
	for _, e := range elements {
		t = append(t, e...)
	}
	return t
}

func must(b []byte, err error) T {
	if err != nil {
		panic(err)
	}
	return b
}
