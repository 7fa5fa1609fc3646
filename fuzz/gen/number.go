package gen

import (
	"math"
	"strconv"
)

// edges are magnitudes next to which something changes: the tags that fit, the
// small integers of a 64-bit BEAM, int64, the integers that a float holds.
var edges = []uint64{
	0, 1, 2, 127, 128, 255, 256, 1<<15 - 1, 1 << 15, 1 << 16, 1<<18 - 1, 1 << 18, 1 << 27, 1<<28 - 1, 1 << 28,
	1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 1, 1 << 32, 1<<53 - 1, 1 << 53, 1<<53 + 1,
	1<<59 - 1, 1 << 59, 1<<59 + 1, 1<<60 - 1, 1 << 60, 1<<62 + 1, 1<<63 - 1, 1 << 63, 1<<63 + 1, 1<<64 - 1,
}

func (g *Gen) anyInteger() {
	switch mag := uint64(0); g.t.n(4) {
	case 0:
		g.integer(uint64(g.t.n(300)), g.t.chance(64))
	case 1:
		g.integer(pick(&g.t, edges...), g.t.chance(128))
	default:
		mag = g.t.u64() >> g.t.n(64)
		g.integer(mag, g.t.chance(100))
	}
}

// integer appends an integer in one of the encodings that hold it.
func (g *Gen) integer(mag uint64, neg bool) { g.b = g.appendInteger(g.b, mag, neg) }

func (g *Gen) appendInteger(b []byte, mag uint64, neg bool) []byte {
	fits98 := mag < 1<<31 || neg && mag == 1<<31
	switch k := g.t.n(8); {
	case k < 4 && mag < 256 && !neg:
		return append(b, 97, byte(mag))
	case k < 6 && fits98:
		v := uint32(mag)
		if neg {
			v = -v
		}
		return be.AppendUint32(append(b, 98), v)
	}
	var digits []byte
	for ; mag > 0; mag >>= 8 {
		digits = append(digits, byte(mag))
	}
	return g.appendDigits(b, digits, neg)
}

// appendDigits appends a magnitude, lowest byte first, as 110 or 111, perhaps
// with more zeros at its high end.
func (g *Gen) appendDigits(b, digits []byte, neg bool) []byte {
	pad := 0
	if g.t.chance(48) {
		pad = 1 + g.t.n(4)*g.t.n(4)
	}
	sign := byte(0)
	if neg {
		if sign = 1; g.t.chance(40) {
			sign = 1 + byte(g.t.n(255))
		}
	}
	n := len(digits) + pad
	if n < 256 && !g.t.chance(48) {
		b = append(b, 110, byte(n), sign)
	} else {
		b = append(be.AppendUint32(append(b, 111), uint32(n)), sign)
	}
	return append(append(b, digits...), make([]byte, pad)...)
}

// big appends an integer of more than 64 bits.
func (g *Gen) big() {
	n := 9 + g.t.n(4)*g.t.n(8)
	if g.t.chance(8) {
		n = pick(&g.t, 16, 64, 127, 128, 255, 256, 257, 300)
	}
	digits := g.t.fill(nil, n)
	if digits[n-1] == 0 {
		digits[n-1] = 1
	}
	g.b = g.appendDigits(g.b, digits, g.t.chance(100))
}

// bits64 of floats: zeros, ones, the ends of the denormals and of the range.
var edgeFloats = []uint64{
	0, 1 << 63, 0x3ff0000000000000, 0xbff0000000000000, 1, 0x000fffffffffffff, 0x0010000000000000,
	0x7fefffffffffffff, 0xffefffffffffffff, 0x4340000000000000, 0x43b0000000000000, 0x4070080000000000,
	0x8000000000000001, 0x3fb999999999999a,
}

const exponent = 0x7ff << 52

func (g *Gen) floatBits() uint64 {
	if g.t.chance(100) {
		return pick(&g.t, edgeFloats...)
	}
	u := g.t.u64()
	if u&exponent == exponent { // not finite
		u &^= 1 << 62
	}
	return u
}

func (g *Gen) float() { g.b = be.AppendUint64(append(g.b, 70), g.floatBits()) }

func (g *Gen) textFloat() {
	if g.t.chance(64) {
		g.b = g.appendText(g.b, pick(&g.t, oddFloats...))
		return
	}
	g.b = g.appendTextFloat(g.b, g.floatBits())
}

// oddFloats are in the grammar, although no encoder writes them.
var oddFloats = []string{
	"0.0", "-0.0", "+0.0", "1.0", "00.5", "1.50", "+1.5e3", "1.5E3", "1.5E-3", "1.5e+03", "1.5e0000000003",
	"9007199254740993.0", "1.7976931348623158e308", "2.4e-324", "2.5e-324", "-1.0e-400", "1.0e-99999999999",
	"0.00000000000000000000000001", "123456789012345678901234567.8", "4.9406564584124654e-324",
}

// appendTextFloat writes a float as text that reads back as the same.
func (g *Gen) appendTextFloat(b []byte, u uint64) []byte {
	v := math.Float64frombits(u)
	format, precision := byte('e'), 20
	if g.t.chance(80) {
		precision = 17
	}
	return g.appendText(b, strconv.FormatFloat(v, format, precision, 64))
}

// appendText fills the 31 bytes of a FLOAT_EXT: behind the NUL may be anything.
func (g *Gen) appendText(b []byte, text string) []byte {
	b = append(append(b, 99), text...)
	n := 31 - len(text)
	if g.t.chance(40) {
		return g.t.fill(append(b, 0), n-1)
	}
	return append(b, make([]byte, n)...)
}
