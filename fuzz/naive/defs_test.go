package naive

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The builders below write encodings piece by piece; cat is in beam_test.go.

func n16(n int) []byte { return be.AppendUint16(nil, uint16(n)) }
func n32(n int) []byte { return be.AppendUint32(nil, uint32(n)) }

func str(s string) []byte     { return cat("\x6b", n16(len(s)), s) }
func bin(s string) []byte     { return cat("\x6d", n32(len(s)), s) }
func atom(s string) []byte    { return cat("\x77", []byte{byte(len(s))}, s) }
func tuple(e ...any) []byte   { return cat("\x68", []byte{byte(len(e))}, cat(e...)) }
func pairs(kv ...any) []byte  { return cat("\x74", n32(len(kv)/2), cat(kv...)) }
func cells(e ...any) []byte   { return cat("\x6c", n32(len(e)-1), cat(e...)) } // the last is the tail
func funOf(env ...any) []byte { return funLike(1, 1, 1, 1, env...) }

func funLike(arity, uniq, oldIndex, oldUniq byte, env ...any) []byte {
	return cat("\x70", n32(0), []byte{arity}, make([]byte, 15), []byte{uniq}, n32(7), n32(len(env)), atom("m"),
		[]byte{97, oldIndex, 97, oldUniq}, pid, cat(env...))
}

func ref(words ...int) []byte { return refOf("n", words...) }

func refOf(node string, words ...int) []byte {
	b := cat("\x5a", n16(len(words)), atom(node), n32(0))
	for _, w := range words {
		b = append(b, n32(w)...)
	}
	return b
}

const (
	one, null = "\x61\x01", "\x6a"
	large     = "\x6e\x08\x00\x00\x00\x00\x00\x00\x00\x00\x08" // 2^59
)

var (
	pid    = cat("\x58", atom("n"), n32(1), n32(2), n32(3))
	port   = cat("\x59", atom("n"), n32(1), n32(3))
	export = cat("\x71", atom("m"), atom("f"), "\x61\x02")
	empty0 = pairs()
)

func decode(t *testing.T, o Options, parts ...any) *Result {
	t.Helper()
	in := cat("\x83", cat(parts...))
	r, err := Decode(in, o)
	if err != nil {
		t.Fatalf("%.80x: %v", in, err)
	}
	if r.Used != len(in) {
		t.Fatalf("%.80x: used %d of %d", in, r.Used, len(in))
	}
	return r
}

// TestDepthAndTerms holds the definitions against every shape they speak of.
func TestDepthAndTerms(t *testing.T) {
	for _, c := range []struct {
		name         string
		in           any
		depth, terms int64
	}{
		{"integer", one, 0, 1},
		{"bignum", large, 0, 1},
		{"float", "\x46\x00\x00\x00\x00\x00\x00\x00\x00", 0, 1},
		{"atom", atom("a"), 0, 1},
		{"binary", bin("abc"), 0, 1},
		{"bitstring", "\x4d\x00\x00\x00\x01\x03\xff", 0, 1},
		{"pid", pid, 0, 1},
		{"port", port, 0, 1},
		{"reference", ref(1), 0, 1},
		{"export", export, 0, 1},
		{"fun without environment", funOf(), 0, 1},
		{"[]", null, 0, 1},
		{"{}", tuple(), 0, 1},
		{"#{}", empty0, 0, 1},
		{"empty STRING", str(""), 0, 1},

		{"STRING of 3", str("abc"), 1, 4},
		{"LIST of the same", cells("\x61a", "\x61b", "\x61c", null), 1, 4},
		{"LIST whose tail is a STRING", cells("\x61a", str("bc")), 1, 4},
		{"LIST whose tail is a LIST", cells("\x61a", cells("\x61b", "\x61c", null)), 1, 4},
		{"LIST ending in an empty STRING", cells("\x61a", str("")), 1, 2},
		{"LIST ending in an empty LIST", cells("\x61a", cells(null)), 1, 2},
		{"LIST 0 is its tail: integer", cells(one), 0, 1},
		{"LIST 0 is its tail: NIL", cells(null), 0, 1},
		{"LIST 0 is its tail: tuple", cells(tuple(one)), 1, 2},
		{"LIST 0 is its tail: LIST 0 of a list", cells(cells(cells(one, null))), 1, 2},
		{"LIST 0 before a STRING", cells(str("ab")), 1, 3},

		{"tuple", tuple(one, one), 1, 3},
		{"tuple of {}", tuple(tuple()), 1, 2},
		{"tuple of tuple", tuple(one, tuple(one)), 2, 4},
		{"tuple of LIST 0", tuple(cells(one)), 1, 2},
		{"LARGE_TUPLE", cat("\x69", n32(1), one), 1, 2},
		{"list of []", cells(null, null), 1, 2},
		{"list of list", cells(cells(one, null), null), 2, 3},
		{"list of STRING", cells(str("ab"), null), 2, 4},
		{"map", pairs(one, one), 1, 3},
		{"map with a tuple for a key", pairs(tuple(one), one), 2, 4},
		{"map with a map for a value", pairs(one, pairs(one, one)), 2, 5},
		{"fun with a variable", funOf(one), 1, 2},
		{"fun with a tuple", funOf(one, tuple(one)), 2, 4},

		{"improper list, scalar tail", cells(one, one), 1, 3},
		{"improper list, {} tail", cells(one, tuple()), 1, 3},
		{"improper list, #{} tail", cells(one, empty0), 1, 3},
		{"improper list, tuple tail adds no depth", cells(one, tuple(one)), 1, 4},
		{"improper list, nested tuple tail", cells(one, tuple(tuple(one))), 2, 5},
		{"improper list, map tail", cells(one, pairs(one, one)), 1, 5},
		{"improper list, fun tail", cells(one, funOf(one)), 1, 4},
		{"improper list, deep element", cells(tuple(tuple(one)), tuple(one)), 3, 6},
		{"improper list whose tail is improper", cells(one, cells(one, tuple(one))), 1, 5},
		{"tuple tail holding a list whose tail is a tuple", cells(one, tuple(cells(one, tuple(one)))), 2, 7},
		{"tuple of an improper list with a tuple tail", tuple(cells(one, tuple(one))), 2, 5},
	} {
		r := decode(t, OTP25, c.in)
		if r.Depth != c.depth || r.Terms != c.terms {
			t.Errorf("%s: depth %d, terms %d; want %d, %d", c.name, r.Depth, r.Terms, c.depth, c.terms)
		}
		again := decode(t, OTP25, r.Term.Canon()[1:])
		if again.Depth != c.depth || again.Terms != c.terms {
			t.Errorf("%s re-encoded: depth %d, terms %d", c.name, again.Depth, again.Terms)
		}
	}
}

// TestDeep: nesting as deep as the BEAM takes in a small input.
func TestDeep(t *testing.T) {
	const n = 50_000
	deep := func(head, end string) []byte { return cat(strings.Repeat(head, n), end) }
	for _, c := range []struct {
		name         string
		in           []byte
		depth, terms int64
	}{
		{"tuples", deep("\x68\x01", null), n, n + 1},
		{"lists as elements", cat(deep("\x6c\x00\x00\x00\x01", null), bytes.Repeat([]byte(null), n)), n, n + 1},
		{"lists as tails", deep("\x6c\x00\x00\x00\x01\x6a", null), 1, n + 1},
		{"tuples as tails", deep("\x6c\x00\x00\x00\x01\x6a\x68\x01", null), n, 3*n + 1},
		{"zero-length lists", deep("\x6c\x00\x00\x00\x00", one), 0, 1},
		{"maps as values", deep("\x74\x00\x00\x00\x01\x6a", null), n, 2*n + 1},
		{"maps as keys", cat(deep("\x74\x00\x00\x00\x01", null), bytes.Repeat([]byte(null), n)), n, 2*n + 1},
	} {
		r := decode(t, Options{}, c.in)
		if r.Depth != c.depth || r.Terms != c.terms {
			t.Errorf("%s: depth %d, terms %d; want %d, %d", c.name, r.Depth, r.Terms, c.depth, c.terms)
		}
		if !Same(r.Term, decode(t, Options{}, r.Term.Canon()[1:]).Term) {
			t.Errorf("%s: canon is another term", c.name)
		}
	}
	for _, nest := range []int{n - 1, n} { // the guard, at a depth that takes no gigabyte
		d := &decoder{in: deep("\x68\x01", null), opt: OTP25, maxNest: nest}
		_, err := d.term(0)
		e, _ := err.(*Error)
		if guarded := e != nil && e.Class == Guard; guarded != (nest < n) {
			t.Errorf("guard at %d: %v", nest, err)
		}
	}
}

func TestAtoms(t *testing.T) {
	own := cat("\x58", atom("nonode@nohost"), n32(1), n32(2), n32(0))
	for _, c := range []struct {
		name            string
		in              any
		atoms, distinct int64
	}{
		{"none", one, 0, 0},
		{"one identity in four encodings", tuple("\x73\x01\xe9", "\x64\x00\x01\xe9", "\x77\x02\xc3\xa9", "\x76\x00\x02\xc3\xa9"), 4, 1},
		{"composed and decomposed", tuple("\x77\x02\xc3\xa9", "\x77\x03e\xcc\x81"), 2, 2},
		{"keys and values", pairs(atom("a"), atom("b"), atom("c"), atom("a")), 4, 3},
		{"node names", tuple(pid, port, ref(1), own), 4, 2},
		{"export", export, 2, 2},
		{"fun: module, creator's node", funOf(), 2, 2},
		{"fun: environment too", funOf(atom("m"), atom("x")), 4, 3},
		{"tail", cells(atom("a"), atom("b")), 2, 2},
	} {
		if r := decode(t, OTP25, c.in); r.Atoms != c.atoms || r.DistinctAtoms != c.distinct {
			t.Errorf("%s: atoms %d, distinct %d; want %d, %d", c.name, r.Atoms, r.DistinctAtoms, c.atoms, c.distinct)
		}
	}
}

// manyKeys is a map of n integer keys with [] for values.
func manyKeys(n int) []byte {
	b := cat("\x74", n32(n))
	for i := range n {
		b = cat(b, "\x62", n32(i), null)
	}
	return b
}

// TestWords: heap words of each kind, flat and as sized, by release.
func TestWords(t *testing.T) {
	ownNode := "nonode@nohost"
	own := cat("\x58", atom(ownNode), n32(1), n32(2), n32(0))
	type fig struct{ flat, cost int64 }
	for _, c := range []struct {
		name             string
		in               any
		to26, from27     fig
		bound, boundEver bool // any release cannot be exact; none can
		offHeap          int64
	}{
		{"small", one, fig{0, 0}, fig{0, 0}, false, false, 0},
		{"SMALL_BIG 5", "\x6e\x01\x00\x05", fig{0, 2}, fig{0, 2}, false, false, 0},
		{"SMALL_BIG n=0", "\x6e\x00\x00", fig{0, 1}, fig{0, 1}, false, false, 0},
		{"SMALL_BIG 2^59", large, fig{2, 2}, fig{2, 2}, false, false, 0},
		{"SMALL_BIG 2^59 padded", "\x6e\x09\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00", fig{2, 3}, fig{2, 3}, false, false, 0},
		{"LARGE_BIG 5", cat("\x6f", n32(1), "\x00\x05"), fig{0, 3}, fig{0, 3}, false, false, 0},
		{"LARGE_BIG n=0", cat("\x6f", n32(0), "\x00"), fig{0, 2}, fig{0, 2}, false, false, 0},
		{"float", "\x46\x00\x00\x00\x00\x00\x00\x00\x00", fig{2, 2}, fig{2, 2}, false, false, 0},
		{"STRING", str("abc"), fig{6, 6}, fig{6, 6}, false, false, 0},
		{"improper", cells(one, tuple(one)), fig{4, 4}, fig{4, 4}, false, false, 0},
		{"{}", tuple(), fig{0, 0}, fig{0, 0}, false, false, 0},
		{"tuple", tuple(one, one), fig{3, 3}, fig{3, 3}, false, false, 0},
		{"#{}", empty0, fig{3, 3}, fig{3, 3}, false, false, 0},
		{"map of 32", manyKeys(32), fig{68, 68}, fig{68, 68}, false, false, 0},
		{"map of 33", manyKeys(33), fig{99 + 2 + 46, 365}, fig{99 + 2 + 46, 365}, true, true, 0},
		{"binary of 0", bin(""), fig{2, 2}, fig{2, 2}, false, false, 0},
		{"binary of 64", bin(strings.Repeat("x", 64)), fig{10, 10}, fig{10, 10}, false, false, 0},
		{"binary of 65", bin(strings.Repeat("x", 65)), fig{6, 6}, fig{8, 8}, true, false, 89},
		{"bitstring of 1 byte", "\x4d\x00\x00\x00\x01\x03\xff", fig{8, 8}, fig{3, 3}, true, false, 0},
		{"bitstring of 8 full bits", "\x4d\x00\x00\x00\x01\x08\xff", fig{3, 3}, fig{3, 3}, false, false, 0},
		{"bitstring of 64 bytes", cat("\x4d", n32(64), "\x01", make([]byte, 64)), fig{15, 15}, fig{10, 10}, true, false, 0},
		{"bitstring of 65 bytes", cat("\x4d", n32(65), "\x01", make([]byte, 65)), fig{11, 11}, fig{8, 8}, true, false, 89},
		{"foreign pid", pid, fig{4, 4}, fig{4, 4}, false, false, 0},
		{"foreign port", port, fig{4, 4}, fig{4, 4}, false, false, 0},
		{"own pid", own, fig{0, 4}, fig{0, 4}, false, false, 0},
		{"foreign reference, 1 word", ref(1), fig{4, 4}, fig{4, 4}, false, false, 0},
		{"foreign reference, 5 words", ref(1, 2, 3, 4, 5), fig{6, 6}, fig{6, 6}, false, false, 0},
		{"own reference, 1 word", refOf(ownNode, 1), fig{3, 4}, fig{3, 4}, false, false, 0},
		{"own reference, 3 words", refOf(ownNode, 1, 2, 3), fig{3, 5}, fig{3, 5}, false, false, 0},
		{"export", export, fig{5, 5}, fig{0, 0}, true, false, 0},
		{"fun", funOf(), fig{9, 9}, fig{2, 2}, true, false, 0},
		{"fun with environment", funOf(one, tuple(one)), fig{13, 13}, fig{6, 6}, true, false, 0},
		{"fun of an own creator", bytes.Replace(funOf(), pid, own, 1), fig{5, 9}, fig{2, 2}, true, false, 0},
		{"LIST 0", cells(tuple(one)), fig{2, 2}, fig{2, 2}, false, false, 0},
	} {
		for _, release := range []int{0, 25, 26, 27, 28} {
			want := c.to26
			exact := !c.boundEver
			switch release {
			case 27, 28:
				want = c.from27
			case 0:
				want = fig{max(want.flat, c.from27.flat), max(want.cost, c.from27.cost)}
				exact = !c.bound
			}
			o := OTP25
			o.Release = release
			r := decode(t, o, c.in)
			if (fig{r.FlatWords, r.CostWords}) != want || r.Exact != exact || r.OffHeap != c.offHeap {
				t.Errorf("%s, release %d: flat %d cost %d exact %v off-heap %d; want %+v, %v, %d", c.name, release,
					r.FlatWords, r.CostWords, r.Exact, r.OffHeap, want, exact, c.offHeap)
			}
		}
	}
}

// TestNoNode: an unknown receiver takes ids as foreign, wherever they are from.
func TestNoNode(t *testing.T) {
	in := tuple(cat("\x58", atom("nonode@nohost"), n32(1), n32(2), n32(0)), refOf("nonode@nohost", 1))
	if r := decode(t, Options{Release: 25}, in); r.FlatWords != 3+4+4 || r.CostWords != r.FlatWords {
		t.Errorf("flat %d, cost %d", r.FlatWords, r.CostWords)
	}
}

// TestCanonWidths: where the encoding changes with the size; lengths and
// first bytes as OTP 25.2.3 wrote them.
func TestCanonWidths(t *testing.T) {
	elems := func(n int) []byte { return bytes.Repeat([]byte(null), n) }
	zeros := func(n int) []byte { return bytes.Repeat([]byte("\x61\x00"), n) }
	smile := func(n int) []byte { return cat("\x76", n16(4*n), strings.Repeat("\U0001f600", n)) }
	for _, c := range []struct {
		in   []byte
		size int
		head string
	}{
		{cat("\x6c", n32(65535), zeros(65535), null), 65539, "836bffff"},
		{cat("\x6c", n32(65536), zeros(65536), null), 131079, "836c00010000"},
		{cat("\x69", n32(255), elems(255)), 258, "8368ff"},
		{cat("\x69", n32(256), elems(256)), 262, "836900000100"},
		{smile(63), 255, "8377fc"},
		{smile(64), 260, "83760100"},
		{cat("\x6f", n32(255), "\x00", bytes.Repeat([]byte{255}, 255)), 259, "836eff00"},
		{cat("\x6f", n32(256), "\x01", make([]byte, 255), "\x01"), 263, "836f0000010001"},
		{cells("\x61\x01", "\x61\x02", atom("a")), 13, "836c00000002"},
		{cells("\x62\x00\x00\x01\x00", null), 12, "836c00000001"},
	} {
		canon := decode(t, OTP25, c.in).Term.Canon()
		if len(canon) != c.size || !strings.HasPrefix(fmt.Sprintf("%x", canon), c.head) {
			t.Errorf("%s…: %d bytes %.10x", c.head, len(canon), canon)
		}
	}
}
