package gen

import "encoding/binary"

// words is an endless source: math/rand/v2's PCG or gofuzz's Continue.
type words interface{ Uint64() uint64 }

// tape gives out the bytes that choices are made of: first those it was given,
// then those of src, and without one zeros for ever. Every choice is written so
// that zero is the simplest, so that a tape that ends ends the term.
type tape struct {
	bytes []byte
	src   words
	word  uint64
	have  int
}

func (t *tape) byte() byte {
	if len(t.bytes) > 0 {
		c := t.bytes[0]
		t.bytes = t.bytes[1:]
		return c
	}
	if t.src == nil {
		return 0
	}
	if t.have == 0 {
		t.word, t.have = t.src.Uint64(), 8
	}
	c := byte(t.word)
	t.word >>= 8
	t.have--
	return c
}

// over reports that the tape gives nothing but zeros.
func (t *tape) over() bool { return len(t.bytes) == 0 && t.src == nil }

func (t *tape) u16() uint16 { return uint16(t.byte())<<8 | uint16(t.byte()) }
func (t *tape) u32() uint32 { return uint32(t.u16())<<16 | uint32(t.u16()) }
func (t *tape) u64() uint64 { return uint64(t.u32())<<32 | uint64(t.u32()) }

// n returns a number below k, which must be positive.
func (t *tape) n(k int) int {
	switch {
	case k <= 1<<8:
		return int(t.byte()) * k >> 8
	case k <= 1<<16:
		return int(t.u16()) * k >> 16
	}
	return int(uint64(t.u32()) * uint64(k) >> 32)
}

// chance is true p times in 256, and never where the tape has ended.
func (t *tape) chance(p int) bool { return int(t.byte()) >= 256-p }

// pick returns one of the choices; the first is the simplest.
func pick[T any](t *tape, from ...T) T { return from[t.n(len(from))] }

// fill appends n bytes.
func (t *tape) fill(b []byte, n int) []byte {
	for ; n >= 8 && t.src != nil && len(t.bytes) == 0; n -= 8 {
		b = binary.LittleEndian.AppendUint64(b, t.src.Uint64())
	}
	for ; n > 0; n-- {
		b = append(b, t.byte())
	}
	return b
}
