package main

import (
	"encoding/binary"

	"github.com/beamgate/beamgate/etf"
)

// The two answers in external term format, byte by byte. They have a fixed shape
// and hold nothing that a sender wrote, so this is all the encoder they need.

func okAnswer(s etf.Stats) []byte {
	counts := []struct {
		name string
		n    int64
	}{
		{"bytes", s.Bytes}, {"terms", s.Terms}, {"depth", s.Depth},
		{"atoms", s.Atoms}, {"heap_words", s.HeapWords},
	}
	b := appendAtom(appendTuple([]byte{131}, 2), "ok")
	b = append(b, 108, 0, 0, 0, byte(len(counts))) // LIST_EXT
	for _, c := range counts {
		b = appendInteger(appendAtom(appendTuple(b, 2), c.name), c.n)
	}
	return append(b, 106) // NIL_EXT
}

func errorAnswer(code string, offset int64) []byte {
	b := appendAtom(appendTuple([]byte{131}, 3), "error")
	b = append(b, 109, 0, 0, 0, byte(len(code))) // BINARY_EXT
	return appendInteger(append(b, code...), offset)
}

// appendTuple starts a SMALL_TUPLE_EXT of n elements.
func appendTuple(b []byte, n byte) []byte { return append(b, 104, n) }

// appendAtom appends a SMALL_ATOM_UTF8_EXT.
func appendAtom(b []byte, name string) []byte {
	return append(append(b, 119, byte(len(name))), name...)
}

// appendInteger appends a number that is not negative as a SMALL_BIG_EXT of
// eight bytes, lowest first: Erlang makes it small again.
func appendInteger(b []byte, n int64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 110, 8, 0), uint64(n))
}
