package wire

import (
	"hash/maphash"
	"math"
)

// scalar is a term without an open container, as functions outside scan
// hand it back.
type scalar struct {
	kind  Kind
	flags uint8
	bits  uint8
	num   uint64
	head  int  // where it starts, relative to the window
	start int  // of its payload …
	end   int  // … which ends with it
	quiet bool // its token was delivered when its head was read
}

// set makes c a scalar. Field by field: a literal would be made elsewhere and
// copied in larger pieces than it was written in, for which a CPU has to wait.
func (c *scalar) set(kind Kind, flags uint8, num uint64, head, start, end int) {
	c.kind, c.flags, c.bits, c.num, c.head, c.start, c.end, c.quiet = kind, flags, 0, num, head, start, end, false
}

// payload is a payload that reaches beyond the window: of a binary, a bitstring
// or a big integer read from a reader.
type payload struct {
	active bool
	kind   Kind
	flags  uint8
	bits   uint8
	off    int64 // of the head
	size   int64
	left   int64
	inKey  bool

	// Digits of a big integer: how many are significant, and the lowest 8.
	sig   int64
	low   uint64
	zeros int64 // seen since the last significant digit

	sums *[2]maphash.Hash // of a payload inside a key
}

// takeBinary reads the payload of a BINARY_EXT that is large or not all there.
func (m *Machine) takeBinary(n int64) bool {
	m.cur = scalar{kind: KindBinary, head: m.pos}
	words, off, exact := m.p.cost.binary(n)
	return m.blob(5, n, words, off, exact) && m.takePayload(5, n)
}

// takeBits reads a BIT_BINARY_EXT.
func (m *Machine) takeBits(n int64, bits uint8) bool {
	if n == 0 && bits != 0 || n > 0 && (bits < 1 || bits > 8) {
		return m.refuse(BitsInvalid)
	}
	m.cur.kind, m.cur.bits = KindBitstring, bits
	words, off, exact := m.p.cost.bitstring(n)
	if bits&7 == 0 { // whole bytes: an ordinary binary
		m.cur.kind, m.cur.bits = KindBinary, 0
		words, off, exact = m.p.cost.binary(n)
	}
	return m.blob(6, n, words, off, exact) && m.takePayload(6, n)
}

// blob checks and charges n bytes of payload behind a head of width bytes.
func (m *Machine) blob(width, n, words, offHeap int64, exact bool) bool {
	end := m.base + int64(m.pos) + width + n
	switch {
	case end > m.maxAbs:
		return m.beyond(end)
	case n > m.p.maxBlob:
		return m.exceed(LimitBlob, n)
	}
	m.payBytes += n
	m.offHeap += offHeap
	m.over += words8(offHeap)
	m.inexact = m.inexact || !exact
	return m.charge(words + words8(offHeap))
}

// takeBig reads a SMALL_BIG_EXT or LARGE_BIG_EXT whose n digits stand width
// bytes behind the head, the last of which is the sign.
func (m *Machine) takeBig(width, n int64) bool {
	end := m.base + int64(m.pos) + width + n
	switch {
	case end > m.maxAbs:
		return m.beyond(end)
	case n > m.p.maxBig:
		return m.exceed(LimitBigBytes, n)
	case n > m.p.maxBigDigits:
		return m.refuse(BigTooLarge)
	}
	// The node reserves room for the digits as they stand, zeros and all.
	sized := 1 + words8(n)
	if width == 6 {
		sized++
	}
	m.payBytes += n
	m.over += sized
	if !m.charge(sized) {
		return false
	}
	m.cur.kind = KindInteger
	if m.buf[m.pos+int(width)-1] != 0 {
		m.cur.flags |= FlagNeg
	}
	if !m.takePayload(width, n) {
		return false
	}
	if !m.pay.active {
		digits := StripZeros(m.buf[m.cur.start:m.cur.end])
		var low uint64
		for i := min(len(digits), 8) - 1; i >= 0; i-- {
			low = low<<8 | uint64(digits[i])
		}
		m.finishBig(int64(len(digits)), low)
	}
	return true
}

// finishBig makes an integer of sig significant digits what it is: small, or
// big with sig digits of payload.
func (m *Machine) finishBig(sig int64, low uint64) {
	neg := m.cur.flags&FlagNeg != 0
	if sig > 8 || low > math.MaxInt64 && !(neg && low == 1<<63) {
		m.cur.flags |= FlagBig
		m.cur.num = uint64(sig)
		m.over -= 1 + words8(sig)
		return
	}
	v := int64(low)
	if neg {
		v = -v
	}
	m.cur.flags &^= FlagNeg
	m.cur.num = uint64(v)
	if v < minSmall || v > maxSmall {
		m.over -= 2
	}
}

// Integers in this range are immediates of a 64-bit BEAM.
const (
	maxSmall = 1<<59 - 1
	minSmall = -1 << 59
)

// StripZeros drops the high zero digits of a magnitude, lowest digit first.
func StripZeros(digits []byte) []byte {
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	return digits
}

// takePayload steps over n bytes of payload. If they are not all in the window
// the rest is taken by resume.
func (m *Machine) takePayload(width, n int64) bool {
	head := m.pos
	m.cur.num = uint64(n)
	m.cur.start = head + int(width)
	if n <= int64(len(m.buf)-m.cur.start) {
		m.cur.end = m.cur.start + int(n)
		return true
	}
	if m.eof {
		return m.truncated()
	}
	m.pay = payload{
		active: true, kind: m.cur.kind, flags: m.cur.flags, bits: m.cur.bits,
		off: m.base + int64(head), size: n, left: n, inKey: m.inKey(), sums: m.pay.sums,
	}
	if m.pay.inKey {
		if m.pay.sums == nil {
			m.pay.sums = new([2]maphash.Hash)
		}
		m.pay.sums[0].SetSeed(m.p.seedA)
		m.pay.sums[1].SetSeed(m.p.seedB)
	}
	m.cur.flags |= FlagOpen
	if m.cur.kind == KindInteger {
		m.cur.flags |= FlagBig // for all that is known yet
	}
	m.cur.end = m.cur.start
	return true
}

// resume takes what the window has of an open payload.
func (m *Machine) resume() Event {
	p := &m.pay
	n := min(p.left, int64(len(m.buf)-m.pos))
	m.consume(m.buf[m.pos : m.pos+int(n)])
	m.pos += int(n)
	p.left -= n
	if p.left > 0 {
		if m.eof {
			m.truncated()
			return EvFail
		}
		m.need = 1
		return EvMore
	}
	p.active = false
	m.top.cls &^= pending
	m.stop = m.settle
	m.cur = scalar{
		kind: p.kind, flags: p.flags, bits: p.bits, num: uint64(p.size),
		head: int(p.off - m.base), start: m.pos, end: m.pos, quiet: true,
	}
	if p.kind == KindInteger {
		m.finishBig(p.sig, p.low)
	}
	m.cur.flags |= flagStreamed
	return evScalar
}

// flagStreamed marks a scalar whose payload is gone: its hash is in m.pay.
const flagStreamed uint8 = 1 << 7

// consume looks at bytes of an open payload: digits of integers are normalised,
// bytes inside keys are hashed.
func (m *Machine) consume(b []byte) {
	p := &m.pay
	if p.kind != KindInteger {
		if !p.inKey || len(b) == 0 {
			return
		}
		if p.bits != 0 && int64(len(b)) == p.left { // the unused bits are no part of the value
			last := [1]byte{b[len(b)-1] & (0xff << (8 - p.bits))}
			p.write(b[:len(b)-1])
			b = last[:]
		}
		p.write(b)
		return
	}
	done := p.size - p.left
	for i, c := range b {
		if done+int64(i) < 8 {
			p.low |= uint64(c) << (8 * (done + int64(i)))
		}
	}
	digits := StripZeros(b)
	if len(digits) > 0 {
		if p.inKey {
			p.writeZeros()
			p.write(digits)
		}
		p.sig = done + int64(len(digits))
		p.zeros = 0
	}
	p.zeros += int64(len(b) - len(digits))
}

func (p *payload) write(b []byte) {
	p.sums[0].Write(b)
	p.sums[1].Write(b)
}

// writeZeros hashes the zero digits that turned out to be significant.
func (p *payload) writeZeros() {
	var zeros [256]byte
	for p.zeros > 0 {
		n := min(p.zeros, int64(len(zeros)))
		p.write(zeros[:n])
		p.zeros -= n
	}
}
