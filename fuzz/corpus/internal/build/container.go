package build

import (
	"fmt"
	"strings"
)

// copies is n times the same term.
func copies(n int, t []byte) []byte { return []byte(strings.Repeat(string(t), n)) }

// tupleSpecs are about SMALL_TUPLE_EXT and LARGE_TUPLE_EXT.
func tupleSpecs() []*Spec {
	g := &group{prefix: "tuple", provenance: ruleOf("tuples")}
	for _, n := range []int{0, 1, 2, 16, 254, 255} {
		g.add(fmt.Sprintf("SMALL_TUPLE_EXT of %d", n), ext(tag(104, u8(n), copies(n, null))))
	}
	for _, n := range []int{0, 1, 255, 256, 1000} {
		g.add(fmt.Sprintf("LARGE_TUPLE_EXT of %d", n), ext(tag(105, u32(n), copies(n, small(7)))))
	}
	g.add("SMALL_TUPLE_EXT in SMALL_TUPLE_EXT", ext(tuple(tuple(tuple()))))
	g.add("SMALL_TUPLE_EXT of one of each kind", ext(tuple(small(1), float(1), atom("ok"), bin("b"), bits(1, 128), list(small(300)), str("s"), null, pairs(), tuple())))
	g.add("LARGE_TUPLE_EXT in SMALL_TUPLE_EXT", ext(tuple(large(null), small(1))))
	for _, n := range []int{2, 255} {
		g.add(fmt.Sprintf("SMALL_TUPLE_EXT of %d with one missing", n), ext(tag(104, u8(n), copies(n-1, null))))
	}
	g.add("LARGE_TUPLE_EXT of 256 with one missing", ext(tag(105, u32(256), copies(255, null))))
	for _, n := range []int{1000, 1<<24 - 1, 1 << 24, 1 << 27, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		g.add(fmt.Sprintf("LARGE_TUPLE_EXT that claims %d", n), ext(tag(105, u32(n), null, null))).flag("claim")
	}
	return g.specs
}

// listSpecs are about NIL_EXT, STRING_EXT and LIST_EXT.
func listSpecs() []*Spec {
	g := &group{prefix: "list", provenance: ruleOf("lists and strings")}
	g.add("NIL_EXT", ext(null))
	for _, s := range []struct{ name, s string }{
		{"0 bytes", ""}, {"1 byte", "a"}, {"a zero", "\x00"}, {"ASCII", "hello"}, {"UTF-8", "\u00e9\u65e5"}, {"all bytes", allBytes(0)}, {"255 bytes", strings.Repeat("x", 255)},
		{"256 bytes", strings.Repeat("x", 256)}, {"1000 bytes", strings.Repeat("\xff", 1000)},
	} {
		g.add("STRING_EXT of "+s.name, ext(str(s.s)))
	}
	g.recipe("STRING_EXT of 65535 bytes", hexed(ext(tag(107, u16(65535)))), repeat("78", 65535))
	g.add("STRING_EXT that claims 65535 bytes", ext(tag(107, u16(65535), []byte("abc")))).flag("claim")
	for _, n := range []int{1, 2, 3, 255, 256, 1000} {
		g.add(fmt.Sprintf("LIST_EXT of %d integers", n), ext(tag(108, u32(n), copies(n, small(200)), null)))
	}
	g.add("LIST_EXT of lists", ext(list(list(small(1)), list(), null, str("ab"))))
	g.add("LIST_EXT of tuples, as a property list", ext(list(tuple(atom("a"), small(1)), tuple(atom("b"), bin("x")), atom("c"))))
	for _, tail := range []struct {
		name string
		t    []byte
	}{
		{"an integer", small(3)}, {"an atom", atom("ok")}, {"a binary", bin("tail")}, {"a float", float(1.5)}, {"an empty tuple", tuple()}, {"a tuple", tuple(small(1), small(2))},
		{"an empty map", pairs()}, {"a map", pairs(small(1), small(2))}, {"a bitstring", bits(1, 128)}, {"a bignum", smallBig(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)},
		{"a tuple with a list", tuple(list(small(1)))},
	} {
		g.add("improper with "+tail.name+" as its tail", ext(cells(tail.t, small(1))))
		g.add("no elements in front of "+tail.name, ext(thin(1, tail.t))).flag("thin")
	}
	g.add("tail that is a STRING_EXT", ext(cells(str("bc"), small('a'))))
	g.add("tail that is a STRING_EXT of 0 bytes", ext(cells(str(""), small('a'))))
	g.add("tail that is a LIST_EXT", ext(cells(list(small(2)), small(1))))
	g.add("tail that is an improper LIST_EXT", ext(cells(cells(small(3), small(2)), small(1))))
	g.add("tail that is a LIST_EXT of no elements", ext(cells(thin(1, null), small(1)))).flag("thin")
	g.add("tail behind thin lists, improper", ext(cells(thin(3, small(2)), small(1)))).flag("thin")
	g.add("in four pieces", ext(cells(cells(cells(str("d"), small('c')), small('b')), small('a'))))
	g.add("100 pieces of one element", ext(copies(100, cat(tag(108, u32(1)), small(7))), null))
	g.add("no elements in front of nil", ext(thin(1, null))).flag("thin")
	g.add("no elements in front of a string", ext(thin(1, str("abc")))).flag("thin")
	g.add("no elements in front of a list", ext(thin(1, list(small(1))))).flag("thin")
	g.add("thin lists, 20 around an integer", ext(thin(20, small(5)))).flag("thin")
	g.recipe("thin lists, 5000 around an integer", hexed(ext()), nest("6c00000000", 5000, "6105", "")).flag("thin")
	g.add("thin list as a key of a map", ext(pairs(thin(1, atom("a")), small(1)))).flag("thin")
	g.add("thin list as an element of a tuple", ext(tuple(thin(2, bin("x")), thin(1, tuple())))).flag("thin")
	g.add("without its tail", ext(tag(108, u32(2), small(1), small(2))))
	g.add("without an element and its tail", ext(tag(108, u32(2), small(1))))
	g.add("of no elements without its tail", ext(tag(108, u32(0))))
	g.add("thin lists without an end", ext(thin(3, nil)))
	for _, n := range []int{1000, 1 << 24, 1<<27 - 1, 1 << 30, 1<<31 - 1, 1 << 31, 1<<32 - 16, 1<<32 - 1} {
		g.add(fmt.Sprintf("LIST_EXT that claims %d", n), ext(tag(108, u32(n), null, null))).flag("claim")
	}
	g.add("lists that claim more in each other", ext(copies(20, tag(108, u32(1<<20))))).flag("claim")
	return g.specs
}

// binarySpecs are about BINARY_EXT.
func binarySpecs() []*Spec {
	g := &group{prefix: "binary", provenance: ruleOf("binaries")}
	for _, n := range []int{0, 1, 7, 8, 9, 63, 64, 65, 255, 256, 1000} {
		g.add(fmt.Sprintf("BINARY_EXT of %d bytes", n), ext(bin(strings.Repeat("x", n))))
	}
	g.add("BINARY_EXT of all bytes", ext(bin(allBytes(0))))
	g.add("BINARY_EXT of UTF-8", ext(bin("\u00e9\u65e5\u672c\U0001f600")))
	g.add("BINARY_EXT of Latin-1", ext(bin("caf\xe9")))
	g.add("BINARY_EXT of zeros", ext(bin("\x00\x00\x00")))
	g.add("BINARY_EXT of a term", ext(bin(string(ext(small(1))))))
	g.add("BINARY_EXT of JSON text", ext(bin("{\"a\":\"<b>\\u0000\"}")))
	g.add("BINARY_EXT of line separators", ext(bin("a\u2028b\u2029c")))
	g.add("BINARY_EXT of controls", ext(bin("\x00\x01\x1f\x7f\"\\/")))
	g.recipe("BINARY_EXT of 100000 bytes", hexed(ext(tag(109, u32(100000)))), repeat("78", 100000))
	g.add("BINARY_EXT with one byte missing", ext(tag(109, u32(9), []byte("12345678"))))
	for _, n := range []int{1 << 16, 1 << 20, 1<<24 - 1, 1<<31 - 1, 1 << 31, 1<<32 - 16, 1<<32 - 1} {
		g.add(fmt.Sprintf("BINARY_EXT that claims %d bytes", n), ext(tag(109, u32(n), []byte("1234")))).flag("claim")
	}
	g.add("ten binaries in a tuple", ext(tag(104, u8(10), copies(10, bin("0123456789")))))
	return g.specs
}

// bitSpecs are about BIT_BINARY_EXT.
func bitSpecs() []*Spec {
	g := &group{prefix: "bits", provenance: ruleOf("bitstrings")}
	for last := 1; last <= 8; last++ {
		g.add(fmt.Sprintf("BIT_BINARY_EXT with %d bits in 1 byte", last), ext(bits(last, 0xff<<(8-last))))
		g.add(fmt.Sprintf("BIT_BINARY_EXT with %d bits in the last of 3 bytes", last), ext(bits(last, 1, 2, 0xa5)))
	}
	for _, last := range []int{1, 3, 7} {
		g.add(fmt.Sprintf("BIT_BINARY_EXT with unused bits set behind %d bits", last), ext(bits(last, 0xff)))
		g.add(fmt.Sprintf("BIT_BINARY_EXT with unused bits set behind %d bits of the last byte", last), ext(bits(last, 0, 0xff)))
	}
	g.add("BIT_BINARY_EXT of no bytes and 0 bits", ext(bits(0))).flag("empty-bits")
	for _, last := range []int{1, 7, 8, 9, 255} {
		g.add(fmt.Sprintf("BIT_BINARY_EXT of no bytes and %d bits", last), ext(bits(last))).flag("bit-count")
	}
	for _, last := range []int{0, 9, 10, 16, 128, 255} {
		g.add(fmt.Sprintf("BIT_BINARY_EXT with bit count %d", last), ext(bits(last, 1, 2))).flag("bit-count")
	}
	for _, n := range []int{63, 64, 65, 100} {
		g.add(fmt.Sprintf("BIT_BINARY_EXT of %d bytes and 4 bits", n-1), ext(bits(4, []byte(strings.Repeat("x", n))...)))
		g.add(fmt.Sprintf("BIT_BINARY_EXT of %d whole bytes", n), ext(bits(8, []byte(strings.Repeat("x", n))...)))
	}
	g.add("BIT_BINARY_EXT without its data", ext(tag(77, u32(1), u8(3))))
	g.add("BIT_BINARY_EXT with one byte missing", ext(tag(77, u32(3), u8(3), []byte{1, 2})))
	g.add("BIT_BINARY_EXT that claims 2147483647 bytes", ext(tag(77, u32(1<<31-1), u8(3), []byte{1, 2}))).flag("claim")
	g.add("BIT_BINARY_EXT that claims 4294967295 bytes", ext(tag(77, u32(1<<32-1), u8(3), []byte{1, 2}))).flag("claim")
	g.add("a bitstring and the same with unused bits set", ext(tuple(bits(3, 0xe0), bits(3, 0xff))))
	return g.specs
}
