package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/internal/wire"
)

// canonical expects that b becomes what its Term is written as, that this stays
// what it is, and returns it.
func canonical(tb testing.TB, m *etf.Mode, b []byte) []byte {
	tb.Helper()
	got, err := m.Canonicalize([]byte("x"), b)
	if err != nil || got[0] != 'x' {
		tb.Fatalf("%x: %x, %v", b, got, err)
	}
	got = got[1:]
	if b[1] != wire.TagCompressed && len(got) >= 3*len(b) {
		tb.Fatalf("%x: canonical\n%x, which is three times as long", b, got)
	}
	term, err := m.Decode(b)
	if err != nil {
		tb.Fatal(err)
	}
	if want, err := term.AppendETF(nil); err != nil || !bytes.Equal(got, want) {
		tb.Fatalf("%x: canonical\n%x, %v, want\n%x", b, got, err, want)
	}
	again, err := m.Canonicalize(nil, got)
	if err != nil || !bytes.Equal(again, got) {
		tb.Fatalf("%x: canonical\n%x, and then\n%x, %v", b, got, again, err)
	}
	return got
}

// elsewhere is a mode of a node that sent none of the terms.
func elsewhere(tb testing.TB) *etf.Mode {
	c := etf.OTP()
	c.Node = etf.Node{Name: "nobody@nowhere", Creation: 99}
	return compileTB(tb, c)
}

// TestCanonicalize writes every encoding of everything anew.
func TestCanonicalize(t *testing.T) {
	m := elsewhere(t)
	for _, tc := range []struct{ in, want []byte }{
		{int32x(7), small(7)}, {int32x(-7), int32x(-7)}, {smallBig(false, 255), small(255)}, {smallBig(true, 1, 0, 0, 0, 0), int32x(-1)}, {largeBig(false), small(0)}, {smallBig(true), small(0)},
		{smallBig(false, 0, 0, 0, 0x80), smallBig(false, 0, 0, 0, 0x80)}, {raw(110, []byte{5, 7}, []byte{0, 0, 0, 0, 1}), smallBig(true, 0, 0, 0, 0, 1)}, {raw(110, []byte{5, 2}, []byte{0, 0, 0, 0, 1}), smallBig(true, 0, 0, 0, 0, 1)}, {largeBig(false, 0, 0, 0, 0, 1, 0), smallBig(false, 0, 0, 0, 0, 1)}, {smallBig(true, 0, 0, 0, 0x80), int32x(-1 << 31)},
		{textFloat("1.5"), float(1.5)}, {textFloat("-0.0"), float(mustFloat("-0"))}, {latin1("é"), atom("é")}, {longLatin1("abc"), atom("abc")}, {longAtom("abc"), atom("abc")}, {atom(""), atom("")},
		{strLen(0), null}, {head(0), nil}, {thin(3, null), null}, {thin(2, small(1)), small(1)}, {list(small(1), int32x(2)), str("\x01\x02")}, {list(small(1), int32x(256)), list(small(1), int32x(256))}, {pieces(small(3), small(1)), pieces(small(3), small(1))},
		{pieces(str("\x02"), small(1)), str("\x01\x02")}, {pieces(str("\x02"), null), list(null, small(2))}, {pieces(pieces(atom("a"), small(2)), small(1)), pieces(atom("a"), small(1), small(2))}, {pieces(strLen(0), small(1)), str("\x01")}, {pieces(strLen(0), null), list(null)}, {pieces(thin(2, list(null)), null), list(null, null)},
		{pieces(thin(1, tuple(small(1))), small(2)), pieces(tuple(small(1)), small(2))}, {list(list(small(1)), str("a")), list(str("\x01"), str("a"))}, {list(tuple(), tuple()), list(tuple(), tuple())}, {pieces(mapOf(small(2), null, small(1), null), null), pieces(mapOf(small(1), null, small(2), null), null)},
		{largeTuple(), tuple()}, {largeTuple(null), tuple(null)}, {largeTuple(copies(256, null)...), largeTuple(copies(256, null)...)}, {bits(8, 1), bin("\x01")}, {bits(0), bin("")}, {bits(3, 0xff), bits(3, 0xe0)}, {bin("x"), bin("x")},
		{oldPid(self, 1, 2, 3), newPid(self, 1, 2, 3)}, {oldPort(latin1("n@h"), 1, 3), newPort(self, 1, 3)}, {v4Port(self, 1, 3), newPort(self, 1, 3)}, {v4Port(self, 1<<28, 3), v4Port(self, 1<<28, 3)}, {newPort(self, 1<<28, 3), v4Port(self, 1<<28, 3)},
		{oldRef(self, 1, 3), newerRef(self, 3, 1)}, {newRef(self, 3, 1, 0), newerRef(self, 3, 1, 0)}, {export(latin1("m"), longAtom("f"), int32x(2)), export(atom("m"), atom("f"), small(2))},
		{mapOf(), maps(0)}, {mapOf(int32x(1), int32x(2)), mapOf(small(1), small(2))}, {mapOf(float(1), null, small(2), null, int32x(-1), null), mapOf(int32x(-1), null, small(2), null, float(1), null)},
		{mapOf(tuple(bin("b")), small(1), tuple(latin1("a")), small(2), tuple(), small(3)), mapOf(tuple(), small(3), tuple(atom("a")), small(2), tuple(bin("b")), small(1))},
		{mapOf(small(2), mapOf(atom("b"), null, atom("a"), null), small(1), null), mapOf(small(1), null, small(2), mapOf(atom("a"), null, atom("b"), null))},
		{mapOf(mapOf(small(0), list(null, null), small(1), null), small(1), mapOf(small(0), list(null), small(2), null), small(2)), mapOf(mapOf(small(0), list(null, null), small(1), null), small(1), mapOf(small(0), list(null), small(2), null), small(2))},
		{mapOf(mapOf(small(0), list(null, null), small(1), null), small(1), mapOf(small(0), list(null), small(1), null), small(2)), mapOf(mapOf(small(0), list(null), small(1), null), small(2), mapOf(small(0), list(null, null), small(1), null), small(1))},
		{mapOf(mapOf(small(1), null, small(2), int32x(2)), small(1), mapOf(small(2), small(1), small(1), null), small(2)), mapOf(mapOf(small(1), null, small(2), small(1)), small(2), mapOf(small(1), null, small(2), small(2)), small(1))},
	} {
		want := tc.want
		if want == nil {
			continue
		}
		if got := canonical(t, m, ext(tc.in)); !bytes.Equal(got, ext(want)) {
			t.Errorf("%x: %x, want %x", tc.in, got, ext(want))
		}
		for _, around := range []func([]byte) []byte{
			func(b []byte) []byte { return tuple(b, null) }, func(b []byte) []byte { return mapOf(b, b) }, func(b []byte) []byte { return list(null, b) },
			func(b []byte) []byte { return mapOf(atom("zz"), b, atom("a"), b) }, func(b []byte) []byte { return mapOf(tuple(b, null), null, tuple(b, small(1)), b) },
			func(b []byte) []byte { return fun(b) }, func(b []byte) []byte { return pieces(tuple(b), null) },
		} {
			canonical(t, m, ext(around(tc.in)))
		}
		canonical(t, m, squeeze(tc.in))
	}
	// The maps in the tuples decide, behind which there is more to step over.
	first, second := mapOf(small(0), tuple(mapOf(small(0), null, small(1), null), small(5)), small(1), small(9)), mapOf(small(0), tuple(mapOf(small(0), null, small(2), null), small(5)), small(1), small(3))
	if got, want := canonical(t, m, ext(mapOf(second, null, first, null))), ext(mapOf(first, null, second, null)); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	f := canonical(t, m, ext(closure{arity: 2, module: latin1("m"), oldIndex: smallBig(false, 1), oldUni: int32x(5), creator: oldPid(latin1("é"), 1, 2, 3), env: [][]byte{int32x(1), list(small(1))}}.encode()))
	g := canonical(t, m, ext(fun()))
	if !bytes.HasPrefix(f[2:], u32(int64(len(f)-2))) || !bytes.HasPrefix(g[2:], u32(int64(len(g)-2))) {
		t.Errorf("sizes of funs: %x, %x", f, g)
	}
}

// TestCanonicalizeBounds writes what is as long as a form allows, and one more; and
// elements of a string that look like tags.
func TestCanonicalizeBounds(t *testing.T) {
	m := elsewhere(t)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	long := strings.Repeat("x", 253)
	for _, tc := range []struct{ in, want []byte }{
		{largeTuple(copies(255, null)...), tuple(copies(255, null)...)}, {largeTuple(copies(256, null)...), largeTuple(copies(256, null)...)},
		{list(copies(65_535, small(7))...), str(strings.Repeat("\x07", 65_535))}, {list(copies(65_536, small(7))...), list(copies(65_536, small(7))...)},
		{pieces(str(string(all)), small(1)), str("\x01" + string(all))}, {pieces(str(string(all)), tuple(null)), list(append([][]byte{tuple(null)}, bytesOf(all)...)...)},
		{longAtom(long + "\u00e9"), atom(long + "\u00e9")}, {longLatin1(long + "\u00e9x"), longAtom(long + "\u00e9x")}, {longLatin1(long + "xx"), atom(long + "xx")},
	} {
		got := canonical(t, m, ext(tc.in))
		if !bytes.Equal(got, ext(tc.want)) {
			t.Errorf("%.40x: %.40x, want %.40x", tc.in, got, ext(tc.want))
		}
	}
}

// bytesOf are bytes as integers.
func bytesOf(b []byte) (terms [][]byte) {
	for _, c := range b {
		terms = append(terms, small(c))
	}
	return terms
}

func mustFloat(s string) (f float64) { fmt.Sscan(s, &f); return f }

// TestCanonicalizeAtoms writes atoms anew whose heads are another's: names of every length,
// in ASCII up to a place, at every distance from what was written anew before and from
// both ends of the term, as elements and as keys, in output that has room and that has none.
func TestCanonicalizeAtoms(t *testing.T) {
	m := elsewhere(t)
	name := strings.Repeat("0123456789abcdef", 16)
	for n := range 256 {
		for _, wide := range []func(string) []byte{longAtom, longLatin1, latin1} {
			gap := bin(name[:(n*7)%160])
			for _, at := range []int{-1, 0, n / 2, n - 1} {
				text := name[:n]
				if at >= n {
					continue
				} else if at >= 0 {
					text = text[:at] + "é" + text[at+1:]
				}
				if len(text) > 255 {
					continue
				}
				a := wide(text)
				for _, term := range [][]byte{a, tuple(a), tuple(gap, a), list(a, gap, a, a), mapOf(gap, a), mapOf(a, gap), tuple(int32x(1), mapOf(int32x(2), a, a, a, bin("a"), a), gap)} {
					canonical(t, m, append([]byte{131}, term...))
				}
			}
		}
	}
	for n := 200; n < 300; n++ { // as many bytes, of which the first say nothing of the last
		text := strings.Repeat("a", n-2*(n-200)/3) // and two bytes for each of the others
		for len(text) < n {
			text += "é"
		}
		for _, term := range [][]byte{longAtom(text), tuple(longAtom(text), longAtom("b")), mapOf(longAtom(text), longAtom(text))} {
			if m.Validate(append([]byte{131}, term...)) == nil {
				canonical(t, m, append([]byte{131}, term...))
			}
		}
	}
	for n := range 220 { // output that has just no room for what is copied, since a pid has grown
		term := append([]byte{131}, tuple(oldPid(self, 1, 2, 3), longAtom("abc"), longLatin1("a longer name"), bin(name[:n]))...)
		want := canonical(t, m, term)
		for room := range 8 {
			dst := make([]byte, 3, 3+len(term)+room)
			if got, err := m.Canonicalize(dst, term); err != nil || !bytes.Equal(got[3:], want) {
				t.Fatalf("%d bytes behind, room %d: %x, %v", n, room, got, err)
			}
		}
	}
	for gap := range 300 {
		for behind := range 3 {
			term := tuple(int32x(1), bin(strings.Repeat("x", gap)), longAtom("abc"), longLatin1("a longer name"), bin(name[:behind*70]))
			b := canonical(t, m, append([]byte{131}, term...))
			for room := range 4 {
				dst := make([]byte, 3, 3+len(b)/2+room*len(b)/3)
				if got, err := m.Canonicalize(dst, append([]byte{131}, term...)); err != nil || !bytes.Equal(got[3:], b) {
					t.Fatalf("gap %d, %d behind, room %d: %x, %v", gap, behind, room, got, err)
				}
			}
		}
	}
}

// TestCanonicalizeTies: keys that begin with the same eight bytes, or that end where others
// go on, in every order.
func TestCanonicalizeTies(t *testing.T) {
	m := elsewhere(t)
	names := []string{"aaaaaaaab", "aaaaaaaaa", "aaaaaaaa", "aaaaaaa", "ab", "ab\x00", "ab\x00\x00", "", "\x00", "aaaaaaaa\x00", "aaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaab"}
	for _, key := range []func(string) []byte{bin, atom, longAtom} {
		for i := range names {
			for j := range names {
				for k := range names {
					if i != j && j != k && i != k {
						canonical(t, m, ext(mapOf(key(names[i]), small(1), key(names[j]), small(2), key(names[k]), small(3))))
					}
				}
			}
		}
	}
	// Maps of one shape but for a byte of a key, which has the others behind it: what was
	// learned of the one does not hold for the other.
	for n := range 30 {
		for at := range n {
			for _, key := range []func(string) []byte{bin, atom} {
				text := []byte(strings.Repeat("m", n))
				one := mapOf(key("z"), null, key(string(text)), null, key("b"), null)
				text[at] = 'a'
				two := mapOf(key("z"), null, key(string(text)), null, key("b"), null)
				canonical(t, m, ext(list(one, two, one)))
			}
		}
	}
}

// TestCanonicalizeInOrder: terms whose maps all have binaries as keys, in order, need no look
// at their keys to be written anew, and those in which one has not do.
func TestCanonicalizeInOrder(t *testing.T) {
	quoted := etf.OTP() // each head is seen by a rule
	quoted.Node = etf.Node{Name: "nobody@nowhere", Creation: 99}
	quoted.Policy.RefuseQuoted = true
	modes := []*etf.Mode{elsewhere(t), compile(t, quoted)}
	r := rand.New(rand.NewPCG(3, 4))
	var odd, seen int
	var term func(depth int) []byte
	term = func(depth int) []byte {
		n := r.IntN(9)
		if depth == 0 {
			n = r.IntN(4)
		}
		switch n {
		case 0:
			return longLatin1("abc")
		case 1:
			return int32x(r.IntN(300))
		case 2:
			return bin(strings.Repeat("x", r.IntN(80)))
		case 3:
			return str("ab")
		case 4:
			return list(term(depth-1), int32x(1))
		case 5:
			return tuple(term(depth-1), term(depth-1))
		}
		var keys []string
		for i := range 1 + r.IntN(3) + 40*(r.IntN(20)/19) {
			keys = append(keys, fmt.Sprintf("%s%04d", strings.Repeat("k", r.IntN(2)*9), i))
		}
		slices.Sort(keys)
		if r.IntN(20) == odd {
			slices.Reverse(keys)
		}
		var pairs [][]byte
		for i, k := range keys {
			key := bin(k)
			switch r.IntN(60) {
			case odd:
				key = longAtom(k)
			case odd + 1:
				key = tuple(bin(k), mapOf(bin("b"), small(byte(i)), bin("c"), int32x(1)))
			}
			pairs = append(pairs, key, term(depth-1))
		}
		return mapOf(pairs...)
	}
	for i := range 20_000 {
		odd = -2 // none is out of order
		if i%2 == 0 {
			odd = 0
		}
		b := ext(term(4))
		want := canonical(t, modes[0], b)
		if got, err := modes[1].Canonicalize(nil, b); err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%x: where heads are seen %x, want %x", b, got, want)
		} else if err == nil {
			seen++
		}
	}
	if seen < 10_000 {
		t.Errorf("%d of 20,000 passed the rule", seen)
	}
}

// TestCanonicalizeStructs: the rule on structs sees the end of some maps, which are put in order
// all the same.
func TestCanonicalizeStructs(t *testing.T) {
	m := compile(t, etf.Elixir())
	for _, term := range [][]byte{
		mapOf(bin("b"), small(1), bin("a"), small(2), atom("__struct__"), atom("Elixir.User")),
		list(mapOf(bin("a"), null, bin("b"), null), mapOf(atom("b"), small(1), atom("__struct__"), atom("Elixir.User")), mapOf(bin("a"), null, bin("b"), null)),
		mapOf(atom("b"), small(1), atom("__struct__"), latin1("Elixir.User"), atom("a"), null),
		tuple(mapOf(atom("__struct__"), atom("Elixir.User")), mapOf(bin("b"), null, bin("a"), null)),
	} {
		canonical(t, m, ext(term))
	}
	// Maps in keys, and maps whose atoms those inside of them have as keys too, beyond the
	// first, which have a bit.
	m = elsewhere(t)
	wrong := mapOf(bin("b"), small(1), bin("a"), small(2))
	var many [][]byte
	for i := range 200 {
		many = append(many, atom(fmt.Sprint("x", 200-i)), null)
	}
	inner := mapOf(many[200:]...)
	for _, term := range [][]byte{
		mapOf(wrong, null), mapOf(wrong, null, bin("x"), null), mapOf(bin("a"), null, wrong, null), mapOf(tuple(wrong), wrong),
		mapOf(append(slices.Clone(many), bin("z"), inner)...), mapOf(append(slices.Clone(many), bin("z"), list(inner, inner))...),
	} {
		canonical(t, m, ext(term))
	}
}

// TestCanonicalizeOwnReferences: a node writes three words of its own.
func TestCanonicalizeOwnReferences(t *testing.T) {
	c := etf.OTP()
	c.Node = etf.Node{Name: "n@h", Creation: 3}
	m := compile(t, c)
	for _, key := range []bool{false, true} {
		in, want := newerRef(self, 3, 1), newerRef(self, 3, 1, 0, 0)
		if key { // compared, and through a Term
			in, want = mapOf(mapOf(small(2), in, small(1), null), null, mapOf(small(1), null, small(2), small(1)), null), mapOf(mapOf(small(1), null, small(2), small(1)), null, mapOf(small(1), null, small(2), want), null)
		}
		if got, err := m.Canonicalize(nil, ext(in)); err != nil || !bytes.Equal(got, ext(want)) {
			t.Errorf("%x: %x, %v, want %x", in, got, err, want)
		}
	}
}

// TestCanonicalizeRandom: random terms and others of the same value in all
// encodings become the same bytes.
func TestCanonicalizeRandom(t *testing.T) {
	t.Parallel()
	m := elsewhere(t)
	g := gen.New(gen.Options{Compressed: 0.05})
	rounds := uint64(6000)
	if testing.Short() {
		rounds = 600
	}
	for i := range rounds {
		g.Seed(5, i)
		b := ext(g.Term(int(i % 900)))
		want := canonical(t, m, b)
		if other, ok := g.Recode(b, true); !ok {
			t.Fatalf("%x is not whole", b)
		} else if got := canonical(t, m, other); !bytes.Equal(got, want) {
			t.Fatalf("%x\n%x\nbecome\n%x\n%x", b, other, want, got)
		}
		if n, err := m.ValidatePrefix(g.Payload()); err == nil && n > 0 {
			g.Seed(6, i)
			b := g.Payload()
			if n, err := m.ValidatePrefix(b); err == nil {
				canonical(t, m, b[:n])
			}
		}
	}
}

// TestCanonicalLength has what grows most: names that were in Latin-1, a string that goes
// on with a list, and references of the node itself, which get its words.
func TestCanonicalLength(t *testing.T) {
	c := etf.OTP()
	c.Node = etf.Node{Name: "n", Creation: 1}
	m := compile(t, c)
	for name, term := range map[string][]byte{
		"a name":      latin1(strings.Repeat("\u00e9", 128)),
		"a string":    pieces(str(strings.Repeat("x", 60_000)), int32x(300)),
		"a reference": list(copies(1000, oldRef(atom("n"), 7, 1))...),
	} {
		b := ext(term)
		got, err := m.Canonicalize(nil, b)
		if err != nil || len(got) >= 3*len(b) || 10*len(got) < 19*len(b) { // else it is not what grows most
			t.Errorf("%s: %d bytes become %d, %v", name, len(b), len(got), err)
		}
	}
}

// TestCanonicalizeKeys sorts maps of keys of all kinds and sizes.
func TestCanonicalizeKeys(t *testing.T) {
	t.Parallel()
	m := elsewhere(t)
	g := gen.New(gen.Options{Size: 16})
	rounds := 600
	if testing.Short() {
		rounds = 60
	}
	for i := range rounds {
		rng := rand.New(rand.NewPCG(9, uint64(i)))
		var pairs [][]byte
		for k := range 2 + rng.IntN(60) {
			g.Seed(uint64(i), uint64(k))
			pairs = append(pairs, g.Term(rng.IntN(30)), g.Term(rng.IntN(30)))
		}
		b := ext(mapOf(pairs...))
		if m.Validate(b) == nil { // else two keys were the same
			canonical(t, m, b)
		}
	}
}

// twins makes terms that are alike, so that comparing them leads deep into them:
// maps and lists above all.
type twins struct{ *rand.Rand }

func (r twins) term(depth int) []byte {
	if depth == 0 || r.IntN(5) == 0 {
		leaves := [][]byte{
			small(0), small(1), null, atom("a"), tuple(), str("\x00"), str("\x00\x00"), pieces(small(1), small(0)), float(1), bits(3, 0xe0), bin("b"),
			list(null), list(null, null), pieces(tuple(), null), int32x(-1), smallBig(true, 0, 0, 0, 0, 1), newPid(self, 1, 2, 3), newerRef(self, 3, 1),
		}
		if r.IntN(100) == 0 {
			leaves = [][]byte{atom(strings.Repeat("é", 200)), largeBig(false, times(300, small(1))...), largeTuple(copies(256, null)...)}
		}
		return leaves[r.IntN(len(leaves))]
	}
	some := make([][]byte, r.IntN(3))
	for i := range some {
		some[i] = r.term(depth - 1)
	}
	switch r.IntN(8) {
	case 0:
		return tuple(some...)
	case 1:
		return list(some...)
	case 2:
		return pieces(tuple(some...), r.term(depth-1), small(1))
	case 3:
		return closure{index: int64(r.IntN(2)), oldUni: small(byte(r.IntN(2))), env: some}.encode()
	case 4:
		return export(atom("m"), atom([]string{"f", "g"}[r.IntN(2)]), small(byte(r.IntN(2))))
	}
	var kv [][]byte
	for i := range 1 + r.IntN(3) {
		key := [][]byte{small(0), small(1), r.term(depth - 1), tuple(small(byte(i)), r.term(depth-1))}[r.IntN(4)]
		kv = append(kv, key, r.term(depth-1))
	}
	return mapOf(kv...)
}

// TestCanonicalizeKeysAlike sorts maps by keys that hold maps, put off or not.
func TestCanonicalizeKeysAlike(t *testing.T) {
	t.Parallel()
	m := elsewhere(t)
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	sorted := 0
	for i := range rounds {
		r := twins{rand.New(rand.NewPCG(10, uint64(i)))}
		var pairs [][]byte
		depth := 1 + r.IntN(5)
		for range 2 + r.IntN(6) {
			key := r.term(depth)
			if r.IntN(4) == 0 { // so deep that the budget for moves is used up
				key = chain(r.IntN(40), 2+r.IntN(3), r.IntN(2), key)
			}
			pairs = append(pairs, key, r.term(1))
		}
		b := mapOf(pairs...)
		if r.IntN(4) == 0 {
			b = chain(r.IntN(40), 2, r.IntN(2), b)
		}
		if m.Validate(ext(b)) == nil { // else two keys were the same
			canonical(t, m, ext(b))
			sorted++
		}
	}
	if sorted < rounds/4 {
		t.Errorf("only %d of %d terms had no key twice", sorted, rounds)
	}
}

// reversed is a map of so many small integers in falling order, with a value for
// the last one.
func reversed(n int, last []byte) []byte {
	var kv [][]byte
	for i := range n {
		kv = append(kv, int32x(1000-i), null)
	}
	kv[len(kv)-1] = last
	return mapOf(kv...)
}

// deepMaps nests maps out of order, each in the last pair of the one around it.
func deepMaps(depth, keys int) []byte {
	b := small(1)
	for range depth {
		b = reversed(keys, b)
	}
	return ext(b)
}

// TestCanonicalizeDeep: maps out of order in maps out of order cost no more for
// being deep.
func TestCanonicalizeDeep(t *testing.T) {
	m := elsewhere(t)
	for _, depth := range []int{1, 2, 3, 7, 50, 1000} {
		canonical(t, m, deepMaps(depth, 3))
	}
	// In a key, where the Term has to do it.
	canonical(t, m, ext(mapOf(deepMaps(5, 2)[1:], null, reversed(2, small(3)), null)))
	// Late maps between others that are not.
	canonical(t, m, ext(list(deepMaps(40, 2)[1:], reversed(3, null), deepMaps(30, 4)[1:], mapOf(small(1), deepMaps(20, 2)[1:], small(2), reversed(9, deepMaps(9, 2)[1:])))))
}

// TestCanonicalizeRefuses what Validate does, with dst as it was.
func TestCanonicalizeRefuses(t *testing.T) {
	m := compile(t, etf.Strict())
	for _, b := range [][]byte{nil, ext(), ext(null, null), ext(mapOf(small(1), null, small(1), null)), squeeze(null), ext(fun())} {
		want := m.Validate(b)
		got, err := m.Canonicalize([]byte("dst"), b)
		var e *etf.Error
		if !errors.As(err, &e) || e.Error() != want.Error() || string(got) != "dst" {
			t.Errorf("%x: %q, %v, want %v", b, got, err, want)
		}
	}
}

// TestCanonicalizeZeros: from OTP 27 on 0.0 and -0.0 are two keys, which have an order.
func TestCanonicalizeZeros(t *testing.T) {
	c := etf.OTP()
	c.Release = 27
	m := compile(t, c)
	zero, minus := float(0), float(math.Copysign(0, -1))
	for name, key := range map[string]func(b []byte) []byte{
		"alone":     func(b []byte) []byte { return b },
		"in tuples": func(b []byte) []byte { return tuple(b, atom("a")) },
		"in lists":  func(b []byte) []byte { return list(b) },
		"in maps":   func(b []byte) []byte { return mapOf(b, small(1)) },
		"as values": func(b []byte) []byte { return mapOf(small(1), b) },
	} {
		want := ext(mapOf(key(minus), small(2), key(zero), small(1)))
		for _, in := range [][]byte{want, ext(mapOf(key(zero), small(1), key(minus), small(2)))} {
			if got := canonical(t, m, in); !bytes.Equal(got, want) {
				t.Errorf("%s: %x becomes %x, want %x", name, in, got, want)
			}
		}
	}
}
