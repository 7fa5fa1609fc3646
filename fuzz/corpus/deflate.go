package corpus

import "math/bits"

// bitWriter writes the bits of a deflate stream (RFC 1951).
type bitWriter struct {
	b    []byte
	hold uint64
	n    int // bits in hold
}

// bits writes the low n bits of v, the lowest first.
func (w *bitWriter) bits(n int, v uint64) {
	w.hold |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.b = append(w.b, byte(w.hold))
		w.hold >>= 8
	}
}

// code writes a Huffman code of n bits, the highest first.
func (w *bitWriter) code(v uint64, n int) {
	w.bits(n, bits.Reverse64(v)>>(64-n))
}

// literal writes a byte in the fixed code.
func (w *bitWriter) literal(c byte) {
	if c < 144 {
		w.code(0x30+uint64(c), 8)
	} else {
		w.code(0x190+uint64(c)-144, 9)
	}
}

// match writes a match of n bytes, 3 to 258, at distance 1.
func (w *bitWriter) match(n int) {
	switch {
	case n == 258:
		w.code(0xc0+285-280, 8)
	case n < 11:
		w.code(uint64(n-2), 7)
	default:
		// Four symbols for each number of extra bits, from 265 on.
		extra := bits.Len(uint(n-3)) - 3
		symbol := 261 + 4*extra + (n-3)>>extra - 4
		if symbol < 280 {
			w.code(uint64(symbol-256), 7)
		} else {
			w.code(0xc0+uint64(symbol-280), 8)
		}
		w.bits(extra, uint64(n-3)&(1<<extra-1))
	}
	w.code(0, 5)
}

func (w *bitWriter) flush() {
	if w.n > 0 {
		w.bits(8-w.n, 0)
	}
}
