// Package term writes the few kinds of terms that the gateway sends of its own:
// refusals in BERT-RPC, traffic of the demonstration and of tests.
package term

import "encoding/binary"

// Tags of the external term format.
const (
	version      = 131
	smallInteger = 97
	integer      = 98
	smallTuple   = 104
	null         = 106
	list         = 108
	bin          = 109
	mapTag       = 116
	smallAtom    = 119
)

// T is a term without its version byte.
type T []byte

// Message is t as term_to_binary makes it.
func Message(t T) []byte { return append([]byte{version}, t...) }

// Atom is an atom of at most 255 bytes.
func Atom(name string) T { return append(T{smallAtom, byte(len(name))}, name...) }

// Int is an integer.
func Int(v int32) T {
	if v >= 0 && v < 256 {
		return T{smallInteger, byte(v)}
	}
	return binary.BigEndian.AppendUint32(T{integer}, uint32(v))
}

// Bin is a binary.
func Bin(s string) T {
	return append(binary.BigEndian.AppendUint32(T{bin}, uint32(len(s))), s...)
}

// Tuple is a tuple of at most 255 elements.
func Tuple(elements ...T) T {
	t := T{smallTuple, byte(len(elements))}
	for _, e := range elements {
		t = append(t, e...)
	}
	return t
}

// List is a proper list.
func List(elements ...T) T {
	if len(elements) == 0 {
		return T{null}
	}
	t := binary.BigEndian.AppendUint32(T{list}, uint32(len(elements)))
	for _, e := range elements {
		t = append(t, e...)
	}
	return append(t, null)
}

// Map is a map of keys and values in turn.
func Map(pairs ...T) T {
	t := binary.BigEndian.AppendUint32(T{mapTag}, uint32(len(pairs)/2))
	for _, e := range pairs {
		t = append(t, e...)
	}
	return t
}
