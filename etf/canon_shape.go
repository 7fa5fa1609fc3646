package etf

import (
	"bytes"

	"github.com/beamgate/beamgate/internal/wire"
)

// shape is a map that was put in order before: records come with the same keys
// in the same places, and need not be sorted each anew.
type shape struct {
	keys  []byte  // in the order of the wire, in canonical form
	order []uint8 // which of them comes where
	n     int
}

const (
	shapes     = 8
	shapePairs = 32 // of a map with a shape
	shapeBytes = 2 << 10
)

// shapeOf returns where the shape of a map is kept, and whether it is there.
func (c *canonicalizer) shapeOf(out []byte, keys []uint32) (s *shape, known bool) {
	n := len(keys)
	if n > shapePairs {
		return nil, false
	}
	size := keySize(out[keys[0]:])
	if size == 0 {
		return nil, false
	}
	last := out[int(keys[0])+size-1]
	s = &c.shapes[(uint(n)+uint(size)*3+uint(last))%shapes]
	if s.n != n {
		return s, false
	}
	rest := s.keys
	for _, at := range keys {
		size := keySize(out[at:])
		if size == 0 || size > len(rest) || !sameKey(out[at:int(at)+size], rest[:size]) {
			return s, false
		}
		rest = rest[size:]
	}
	return s, true
}

// sameKey is bytes.Equal, quick for keys of the usual lengths: words that overlap.
func sameKey(a, b []byte) bool {
	n := len(a)
	if n < 8 || n > 24 || n != len(b) {
		return bytes.Equal(a, b)
	}
	mid, end := min(8, n-8), n-8
	return (be.Uint64(a)^be.Uint64(b))|(be.Uint64(a[mid:])^be.Uint64(b[mid:]))|(be.Uint64(a[end:])^be.Uint64(b[end:])) == 0
}

// keySize is the length of a key that a shape can have: an atom or a binary. 0
// stands for all others.
func keySize(b []byte) int {
	switch b[0] {
	case wire.TagSmallAtomUTF8:
		return 2 + int(b[1])
	case wire.TagBinary:
		if n := be.Uint32(b[1:]); n < shapeBytes {
			return 5 + int(n)
		}
	}
	return 0
}

// learn keeps the shape of a map; perm is the order of its pairs.
func (s *shape) learn(out []byte, keys, perm []uint32) {
	s.n, s.keys = 0, s.keys[:0]
	for _, at := range keys {
		size := keySize(out[at:])
		if size == 0 || len(s.keys)+size > shapeBytes {
			return
		}
		s.keys = append(s.keys, out[at:int(at)+size]...)
	}
	s.n, s.order = len(keys), s.order[:0]
	for _, i := range perm {
		s.order = append(s.order, uint8(i))
	}
}
