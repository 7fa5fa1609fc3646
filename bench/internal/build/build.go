// Package build writes ETF for measurements that need terms of any size, without
// a BEAM to make them. What it writes is not always a term: some of it is to be
// refused.
package build

import (
	"encoding/binary"
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// Term puts the version byte in front of the pieces of a term.
func Term(pieces ...[]byte) []byte {
	b := []byte{wire.Version}
	for _, p := range pieces {
		b = append(b, p...)
	}
	return b
}

// Cat joins pieces.
func Cat(pieces ...[]byte) (b []byte) {
	for _, p := range pieces {
		b = append(b, p...)
	}
	return b
}

// Times is n copies of b.
func Times(n int, b []byte) []byte {
	all := make([]byte, 0, n*len(b))
	for range n {
		all = append(all, b...)
	}
	return all
}

// Each joins what f gives for 0 to n-1.
func Each(n int, f func(i int) []byte) (b []byte) {
	for i := range n {
		b = append(b, f(i)...)
	}
	return b
}

// Nil is [].
func Nil() []byte { return []byte{wire.TagNil} }

// Int is an integer of 32 bits.
func Int(v int) []byte {
	if v >= 0 && v < 256 {
		return []byte{wire.TagSmallInteger, byte(v)}
	}
	return head32(wire.TagInteger, uint32(int32(v)))
}

// Float is a float.
func Float(f float64) []byte {
	return binary.BigEndian.AppendUint64([]byte{wire.TagNewFloat}, math.Float64bits(f))
}

// Atom is an atom of up to 255 bytes.
func Atom(name string) []byte {
	return append([]byte{wire.TagSmallAtomUTF8, byte(len(name))}, name...)
}

// Bin is a binary.
func Bin(s string) []byte { return append(BinHead(len(s)), s...) }

// Big is a positive integer of these digits, lowest first.
func Big(digits ...byte) []byte {
	return append([]byte{wire.TagSmallBig, byte(len(digits)), 0}, digits...)
}

// Tuple is a tuple of up to 255 elements.
func Tuple(elements ...[]byte) []byte {
	return append([]byte{wire.TagSmallTuple, byte(len(elements))}, Cat(elements...)...)
}

// List is a proper list.
func List(elements ...[]byte) []byte {
	return Cat(ListHead(len(elements)), Cat(elements...), Nil())
}

// Map is a map of keys and values in turns.
func Map(pairs ...[]byte) []byte { return Cat(MapHead(len(pairs)/2), Cat(pairs...)) }

// The heads of containers and binaries claim n of what follows.

// ListHead is the head of a list.
func ListHead(n int) []byte { return head32(wire.TagList, uint32(n)) }

// MapHead is the head of a map.
func MapHead(n int) []byte { return head32(wire.TagMap, uint32(n)) }

// TupleHead is the head of a large tuple.
func TupleHead(n int) []byte { return head32(wire.TagLargeTuple, uint32(n)) }

// BinHead is the head of a binary.
func BinHead(n int) []byte { return head32(wire.TagBinary, uint32(n)) }

// BigHead is the head of a large positive integer.
func BigHead(n int) []byte { return append(head32(wire.TagLargeBig, uint32(n)), 0) }

func head32(tag byte, n uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{tag}, n)
}

// Compressed is a compressed term that claims size bytes and has this stream.
func Compressed(size int, stream []byte) []byte {
	return Term(head32(wire.TagCompressed, uint32(size)), stream)
}
