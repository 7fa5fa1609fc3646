package etf

// Atom is an atom as a Go value. A plain string is a binary, so that the two
// cannot be mixed up.
type Atom string

// Tuple is a tuple in an any.
type Tuple []any

// Pair is one pair of a map, see [Pairs].
type Pair struct{ Key, Value any }

// Pairs is a map in an any that no map[string]any can hold: one with keys that
// are no text, or with the atom a and the binary "a" as two keys. The pairs stand
// in the order of Erlang's term order of keys, so that equal maps give equal Pairs.
type Pairs []Pair

// Get returns the value under key, which is compared with == and so has to be
// of a type that Go can compare.
func (p Pairs) Get(key any) (value any, ok bool) {
	for i := range p {
		if comparable1(p[i].Key) && p[i].Key == key {
			return p[i].Value, true
		}
	}
	return nil, false
}

func comparable1(v any) bool {
	switch v.(type) {
	case Tuple, Pairs, []any, map[string]any, ImproperList, []byte, Bitstring, Reference, Term:
		return false
	}
	return true
}

// ImproperList is a list in an any whose tail is no list.
type ImproperList struct {
	Elements []any
	Tail     any
}

// Bitstring is a bitstring whose last byte is used in part. A bitstring of whole
// bytes is a binary.
type Bitstring struct {
	Bytes []byte // the unused bits of the last byte are zero
	Bits  int    // 8*len(Bytes) or less
}
