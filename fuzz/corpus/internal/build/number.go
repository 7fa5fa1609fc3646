package build

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

func itoa(v int) string { return strconv.Itoa(v) }

// integerSpecs are about SMALL_INTEGER_EXT and INTEGER_EXT.
func integerSpecs() []*Spec {
	g := &group{prefix: "integer", provenance: ruleOf("integers")}
	for _, v := range []int{0, 1, 2, 64, 127, 128, 200, 254, 255} {
		g.add("SMALL_INTEGER_EXT "+itoa(v), ext(small(v)))
	}
	for _, v := range []int{0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 32768, -32768, 65535, 65536, 1<<24 - 1, 1 << 24, 1<<27 - 1,
		1 << 27, -1 << 27, 1<<28 - 1, 1 << 28, 1<<30 - 1, 1 << 30, -1 << 30, 1<<31 - 1, -1<<31 + 1, -1 << 31} {
		g.add("INTEGER_EXT "+itoa(v), ext(long(v)))
	}
	g.add("a list of the same integer in four encodings", ext(list(small(1), long(1), smallBig(0, 1), largeBig(0, 1))))
	g.add("a list of integers of every width", ext(list(small(255), long(256), long(-1), smallBig(0, 0, 0, 0, 128), smallBig(1, 0, 0, 0, 128))))
	return g.specs
}

// magnitude is v as n digit bytes or more, lowest first.
func magnitude(v *big.Int, n int) []byte {
	b := v.Bytes()
	slices.Reverse(b)
	return append(b, make([]byte, max(n-len(b), 0))...)
}

// bigSpecs are about SMALL_BIG_EXT and LARGE_BIG_EXT.
func bigSpecs() []*Spec {
	g := &group{prefix: "big", provenance: ruleOf("big integers")}
	both := func(rule string, sign int, digits []byte) {
		g.add("SMALL_BIG_EXT "+rule, ext(smallBig(sign, digits...)))
		g.add("LARGE_BIG_EXT "+rule, ext(largeBig(sign, digits...)))
	}
	both("of no digits", 0, nil)
	both("of no digits, negative", 1, nil)
	both("of one zero digit", 0, []byte{0})
	both("of zero digits only, negative", 1, make([]byte, 9))
	for _, sign := range []int{0, 1, 2, 127, 128, 255} {
		both("with sign byte "+itoa(sign), sign, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	}
	for _, exp := range []uint{7, 8, 15, 16, 26, 27, 31, 32, 53, 58, 59, 60, 62, 63, 64, 65, 127, 128, 512, 1024} {
		v := new(big.Int).Lsh(big.NewInt(1), exp)
		less := new(big.Int).Sub(v, big.NewInt(1))
		name := "2^" + itoa(int(exp))
		g.add("SMALL_BIG_EXT "+name, ext(smallBig(0, magnitude(v, 0)...)))
		g.add("SMALL_BIG_EXT minus "+name, ext(smallBig(1, magnitude(v, 0)...)))
		g.add("SMALL_BIG_EXT one below "+name, ext(smallBig(0, magnitude(less, 0)...)))
		g.add("LARGE_BIG_EXT one below minus "+name, ext(largeBig(1, magnitude(new(big.Int).Add(v, big.NewInt(1)), 0)...)))
	}
	one := big.NewInt(1)
	for _, n := range []int{2, 8, 9, 16, 254, 255} {
		both(fmt.Sprintf("1 padded to %d digits", n), 0, magnitude(one, n))
	}
	for _, n := range []int{10, 64, 255} {
		both(fmt.Sprintf("of %d digits", n), 0, []byte(strings.Repeat("\xa5", n)))
	}
	g.add("LARGE_BIG_EXT of 256 digits", ext(largeBig(0, []byte(strings.Repeat("\x5a", 256))...)))
	g.add("LARGE_BIG_EXT 1 padded to 300 digits", ext(largeBig(1, magnitude(one, 300)...)))
	g.add("SMALL_BIG_EXT that claims more digits than come", ext(tag(110, u8(9), u8(0), []byte("12345678"))))
	g.add("LARGE_BIG_EXT that claims more digits than come", ext(tag(111, u32(9), u8(0), []byte("12345678"))))
	for _, n := range []int{1<<16 - 1, 1<<24 - 1, 1<<31 - 1, 1 << 31, 1<<32 - 16, 1<<32 - 1} {
		g.add(fmt.Sprintf("LARGE_BIG_EXT that claims %d digits", n), ext(tag(111, u32(n), u8(0), []byte("1234")))).flag("claim")
	}
	return g.specs
}

// floatSpecs are about NEW_FLOAT_EXT.
func floatSpecs() []*Spec {
	g := &group{prefix: "float", provenance: ruleOf("floats")}
	for _, v := range []float64{0, 1, -1, 0.1, 1.5, -1.5, 100, 1e5, 123456, 1e15, 1e16, 1e21, 1e22, 1e23, 1e100, 1e-3, 1e-4, 1.2345e-4, 1e-5, 1e-7, 1e-100,
		math.Pi, 1 << 53, 1<<53 - 1, -(1 << 53), 1 << 59, 1 << 60, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
		0x1p-1022, 0x0.fffffffffffffp-1022, 4.35, 0.3, 2.0 / 3, 5e-324 * 3} {
		g.add("NEW_FLOAT_EXT "+formatFloat(v), ext(float(v)))
	}
	g.add("NEW_FLOAT_EXT -0.0", ext(floatBits(1<<63)))
	for name, v := range map[string]uint64{
		"infinity": 0x7ff0 << 48, "minus infinity": 0xfff0 << 48, "quiet NaN": 0x7ff8 << 48, "signalling NaN": 0x7ff0<<48 | 1,
		"NaN with a payload": 0x7ff8dead << 32, "negative NaN": 0xfff8 << 48, "NaN of all ones": math.MaxUint64,
	} {
		g.add("NEW_FLOAT_EXT "+name, ext(floatBits(v))).flag("not-finite")
		g.add("NEW_FLOAT_EXT "+name+", key of a map", ext(pairs(floatBits(v), small(1)))).flag("not-finite")
	}
	g.add("NEW_FLOAT_EXT NaN in the tail of a list", ext(cells(floatBits(0x7ff8<<48), small(1)))).flag("not-finite")
	return g.specs
}

// textFloatSpecs are about FLOAT_EXT.
func textFloatSpecs() []*Spec {
	g := &group{prefix: "text-float", provenance: ruleOf("text floats")}
	for _, s := range []string{"0.0", "-0.0", "+0.0", "1.0", "+1.5", "-1.5", "00001.5", "1.50000000000000000000", "1.0e0", "1.0e+0", "1.0e-0", "1.0E6",
		"1.0e5", "1.0e+05", "1.0e0000000005", "1.00000000000000000000e+00", "1.50000000000000000000e+00", "-1.79769313486231570815e+308", "1.7976931348623157e308",
		"4.94065645841246544177e-324", "2.5e-324", "2.4e-324", "-2.4e-324", "1.0e-400", "-1.0e-400", "1.0e-99999999999999999", "2.2250738585072011e-308",
		"9007199254740993.0", "123456789012345678901234567.5", "0.1", "0.00000000000000000000000001"} {
		g.add("FLOAT_EXT "+s, ext(text(s)))
	}
	for name, s := range map[string]string{
		"no text": "", "no radix point": "1", "an exponent without a radix point": "1e5", "no digit in front of the point": ".5", "no digit behind the point": "1.",
		"a sign only": "-", "two signs": "--1.0", "a sign and a point": "+.5", "an exponent without digits": "1.0e", "an exponent of a sign only": "1.0e+",
		"two signs in the exponent": "1.0e--5", "a fraction in the exponent": "1.0e5.0", "a letter behind it": "1.0x", "a letter behind the exponent": "1.0e5x",
		"a blank in front": " 1.0", "a blank behind": "1.0 ", "a tab in front": "\t1.0", "a line feed behind": "1.0\n", "nan": "nan", "NAN in capitals": "NAN", "inf": "inf",
		"Infinity": "Infinity", "minus inf": "-inf", "inf with a fraction": "inf.0", "hexadecimal": "0x1.8p1", "hexadecimal without exponent": "0x1.8", "an underscore": "1_0.0",
		"two points": "1.0.0", "a comma behind a point": "1.0,0", "a semicolon": "1;5", "a type suffix": "1.0f", "a long suffix": "1.0L", "d as exponent": "1.0d5",
		"Arabic digits": "\u0661.\u0660", "a fullwidth digit": "\uff11.0", "a byte order mark": "\ufeff1.0", "a quote": "'1.0'", "a point only": ".", "a plus only": "+", "an exponent behind the point": "1.e5", "a blank in the exponent": "1.5e 5", "a byte 0x80 behind": "1.5\x80", "a comma in the exponent": "1.5e5,5",
		"plus inf": "+inf", "minus nan": "-nan", "nan with a number": "nan(0)", "hexadecimal in capitals": "0X1.8P3", "two different signs": "+-1.5", "two commas": "1,,5", "a semicolon behind": "1.5;", "words": "one point five",
	} {
		g.add("FLOAT_EXT with "+name, ext(text(s)))
	}
	for _, s := range []string{"1.8e308", "-1.8e308", "1.7976931348623159e308", "1.0e309", "1.0e99999999999999999"} {
		g.add("FLOAT_EXT that overflows "+s, ext(text(s))).flag("not-finite")
	}
	g.add("FLOAT_EXT with bytes behind its NUL", ext(tag(99, padded("1.5\x00garbage", 31))))
	g.add("FLOAT_EXT with another float behind its NUL", ext(tag(99, padded("1.5\x002.5", 31))))
	g.add("FLOAT_EXT with 0xff behind its NUL", ext(tag(99, []byte("1.5\x00"+strings.Repeat("\xff", 27)))))
	g.add("FLOAT_EXT whose NUL is its last byte", ext(tag(99, []byte("1."+strings.Repeat("3", 28)+"\x00"))))
	g.add("FLOAT_EXT that begins with NUL", ext(tag(99, padded("\x001.0", 31))))
	for _, s := range []string{"1,5", "-1,5", "1,5e3", "0,0"} {
		g.add("FLOAT_EXT with a comma "+s, ext(text(s))).flag("comma")
	}
	g.add("FLOAT_EXT with commas", ext(text("1,5,0")))
	// What stands behind ends the number for whoever reads on, as the BEAM does.
	full := tag(99, []byte("1."+strings.Repeat("3", 29)))
	g.add("FLOAT_EXT without a NUL, an integer behind", ext(tuple(full, small(1)))).flag("open-text").cut()
	g.add("FLOAT_EXT without a NUL, nil behind", ext(tuple(full, null))).flag("open-text").cut()
	g.add("FLOAT_EXT without a NUL, as a key", ext(pairs(full, small(1)))).flag("open-text").cut()
	return g.specs
}
