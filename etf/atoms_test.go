package etf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// TestAtomTokens: the length and the name of an atom in every encoding.
func TestAtomTokens(t *testing.T) {
	m := compile(t, config())
	long := strings.Repeat("x", 200)
	for name, tc := range map[string]struct {
		term []byte
		n    int
		want string
	}{
		"short": {atom("ok"), 2, "ok"}, "long tag": {longAtom("ok"), 2, "ok"}, "empty": {atom(""), 0, ""},
		"long": {atom(long), 200, long}, "letters": {atom("\u00e9\u4e2d"), 5, "\u00e9\u4e2d"},
		"latin-1": {latin1("ok"), 2, "ok"}, "latin-1 letters": {latin1("\u00e9a"), 2, "\u00e9a"}, "long latin-1": {longLatin1("\u00e9\u00ff"), 2, "\u00e9\u00ff"},
	} {
		for way, d := range map[string]*etf.Decoder{
			"slice": m.NewDecoderBytes(ext(list(tc.term))), "reader": m.NewDecoder(iotest.OneByteReader(bytes.NewReader(ext(list(tc.term))))),
		} {
			must[etf.Token](t)(d.ReadToken())
			tok := must[etf.Token](t)(d.ReadToken())
			got := must[[]byte](t)(d.Bytes())
			if tok.Kind != etf.KindAtom || tok.Len() != tc.n || string(got) != tc.want {
				t.Errorf("%s over %s: %v of %d, %q", name, way, tok.Kind, tok.Len(), got)
			}
		}
	}
}

// TestAtomsThatEndInZeros are different, however short names are told apart, and
// with a cap below the longest of these.
func TestAtomsThatEndInZeros(t *testing.T) {
	var pairs [][]byte
	for _, s := range []string{"a", "a\x00", "a\x00\x00", "\x00", "\x00\x00", "abcdefgh", "abcdefgh\x00", "abcdefgh\x00\x00"} {
		pairs = append(pairs, atom(s), null)
	}
	in := ext(mapOf(pairs...))
	for _, chars := range []int64{10, 15, 16, 255} {
		c := config()
		c.Limits.MaxAtomChars = chars
		m := compile(t, c)
		if err := agree(t, with(m), in, nil); err != nil {
			t.Errorf("MaxAtomChars %d: %v", chars, err)
		}
		s, err := m.Measure(in)
		if err != nil || s.DistinctAtoms != 8 {
			t.Errorf("MaxAtomChars %d: %d different atoms, %v", chars, s.DistinctAtoms, err)
		}
	}
}

// TestOnlyEmptyAtomsAreEmpty: names that need a closer look are not refused with
// the empty one.
func TestOnlyEmptyAtomsAreEmpty(t *testing.T) {
	m := compile(t, policy(func(p *etf.Policy) { p.Refuse = etf.EmptyAtoms }))
	for _, s := range []string{"a", strings.Repeat("x", 17), strings.Repeat("x", 255), "\u00e9", "\x00"} {
		for _, a := range [][]byte{atom(s), longAtom(s), latin1(s), longLatin1(s)} {
			if err := agree(t, with(m), ext(list(a)), nil); err != nil {
				t.Errorf("%q by tag %d: %v", s, a[0], err)
			}
		}
	}
}

// TestClaimsAreCountedWhole: a head that claims one byte more than MaxBytes
// leaves is refused itself, not what it claims; its tail is one of them.
func TestClaimsAreCountedWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		head  []byte
		needs int64 // bytes of the term at least
	}{
		"list":        {head(4), 1 + 5 + 4 + 1},
		"tuple":       {raw(wire.TagSmallTuple, []byte{4}), 1 + 2 + 4},
		"large tuple": {large(4), 1 + 5 + 4},
		"map":         {maps(4), 1 + 5 + 8},
		"string":      {raw(wire.TagString, []byte{0, 4}), 1 + 3 + 4},
	} {
		in := ext(cat(tc.head, bytes.Repeat(null, 40)))
		for _, first := range []bool{true, false} { // without and with room on the stack
			at, needs := int64(1), tc.needs
			b := in
			if !first {
				b = ext(cat(raw(wire.TagSmallTuple, []byte{5}), cat(copies(4, tuple(null))...), tc.head, bytes.Repeat(null, 40)))
				at, needs = 1+2+4*3, 2+4*3+tc.needs
			}
			c := config()
			c.Limits.MaxBytes = needs - 1
			err := agree(t, with(compile(t, c)), b, nil)
			if err == nil || err.Code != etf.CodeLimitBytes || err.Offset != at || err.Limit.Got != needs {
				t.Errorf("%s, first %v: %v, want offset %d and %d bytes", name, first, err, at, needs)
			}
			c.Limits.MaxBytes = needs
			if err := agree(t, with(compile(t, c)), b[:needs], nil); err != nil && (err.Code == etf.CodeLimitBytes || err.Code == etf.CodeTruncated) {
				t.Errorf("%s, first %v: refused with all bytes it needs: %v", name, first, err)
			}
		}
	}
}

// TestLongestNodeNames: the name inside an id has the bounds of any atom, and one
// beyond them is refused by its length alone.
func TestLongestNodeNames(t *testing.T) {
	m := compile(t, config())
	wide := strings.Repeat("\U0001f600", 255)
	for name, node := range map[string][]byte{
		"latin-1 letters": longLatin1(strings.Repeat("\u00e9", 255)), "letters": longAtom(strings.Repeat("x", 255)), "wide": longAtom(wide),
	} {
		if err := agree(t, with(m), ext(list(newPid(node, 1, 1, 1), newerRef(node, 1, 2))), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, head := range map[string][]byte{
		"latin-1": raw(wire.TagAtom, []byte{1, 0}), "utf-8": raw(wire.TagAtomUTF8, []byte{3, 253}),
	} {
		for _, behind := range []int{0, 1, 254, 2000} {
			in := ext(list(raw(wire.TagNewPid, head, make([]byte, behind))))
			if err := agree(t, with(m), in, nil); err == nil || err.Code != etf.CodeAtomTooLong {
				t.Errorf("%s, %d bytes behind its length: %v", name, behind, err)
			}
		}
	}
	// The tag in place of a name decides, even as the last byte.
	last := ext(raw(wire.TagNewPid, unknown))
	if err := agree(t, with(m), last, nil); err == nil || err.Code != etf.CodeUnknownTag {
		t.Errorf("an unknown tag as node, and no more: %v", err)
	}
	last = ext(raw(wire.TagNewPid, []byte{wire.TagNil}))
	if err := agree(t, with(m), last, nil); err == nil || err.Code != etf.CodeNodeNotAtom {
		t.Errorf("[] as node, and no more: %v", err)
	}
}

// TestLargestContainers: the format's own bounds are refused, one less is only
// too long for the input.
func TestLargestContainers(t *testing.T) {
	m := compile(t, config())
	for name, tc := range map[string]struct {
		head []byte
		code etf.Code
	}{
		"tuple": {large(1 << 24), etf.CodeTupleTooLarge}, "tuple, one less": {large(1<<24 - 1), etf.CodeTruncated},
		"map": {maps(1 << 31), etf.CodeMapTooLarge}, "map, one less": {maps(1<<31 - 1), etf.CodeTruncated},
	} {
		if err := agree(t, with(m), ext(tc.head), nil); err == nil || err.Code != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
}

// TestAtomsAreToldApart: two names of one length that differ in one place are two
// atoms and two keys, however long they are, in every encoding, under a cap of
// characters or without.
func TestAtomsAreToldApart(t *testing.T) {
	open := config()
	open.Limits.MaxAtomChars = 255
	modes := []*etf.Mode{compile(t, open)}
	for n := 1; n <= 35; n++ {
		c := config()
		c.Limits.MaxAtomChars = int64(n)
		modes = append(modes[:1], compile(t, c))
		base := strings.Repeat("abcdefg", 5)[:n]
		for at := range n {
			other := base[:at] + "z" + base[at+1:]
			for what, pair := range map[string][2][]byte{
				"plain": {atom(base), atom(other)}, "long tag": {longAtom(base), longAtom(other)}, "latin-1": {latin1(base), longLatin1(other)},
				"letters": {atom("\u00e9" + base[1:]), longAtom("\u00e9" + other[1:])}, "latin-1 letters": {latin1("\u00e9" + base[1:]), atom("\u00e9" + other[1:])},
			} {
				if at == 0 && strings.HasSuffix(what, "letters") {
					continue
				}
				in := ext(mapOf(pair[0], null, pair[1], null))
				for _, m := range modes {
					if s, err := m.Measure(in); err != nil || s.DistinctAtoms != 2 {
						t.Fatalf("%s, %d characters, at %d: %d atoms, %v", what, n, at, s.DistinctAtoms, err)
					}
					if _, err := m.ValidateReader(iotest.OneByteReader(bytes.NewReader(in))); err != nil {
						t.Fatalf("%s, %d characters, at %d, over a reader: %v", what, n, at, err)
					}
				}
			}
		}
	}
}

// TestNamesSeenAgain: a name is the same atom each time it comes, whichever tag it
// has, whether as an element, a key or a value, in a tree as in a verdict; and as a
// second key of a map it is refused. Names of equal bytes in Latin-1 and in UTF-8 are
// two atoms if they are not ASCII.
func TestNamesSeenAgain(t *testing.T) {
	c := config()
	c.Limits.MaxAtomChars = 255
	m := compile(t, c)
	for n := 1; n <= 40; n++ {
		ascii := strings.Repeat("Elixir.Abc", 4)[:n]
		for what, name := range map[string]string{"plain": ascii, "letters": strings.Repeat("\u00e9\u4e2d", 20)[:n]} {
			tags := [][]byte{atom(name), longAtom(name)}
			if what == "plain" {
				tags = append(tags, latin1(name), longLatin1(name))
			} else if name = strings.ToValidUTF8(name, "x"); name != "" {
				tags = [][]byte{atom(name), longAtom(name)}
			}
			count := len(tags)
			for _, pad := range []int{0, 1, 40} { // how far the last one is from the end
				end := bin(strings.Repeat("x", pad))
				term := list(tuple(tags...), tuple(tags[1:]...), mapOf(tags[0], tags[1], atom("k"), tags[0]), mapOf(atom("l"), end, tags[1], end), mapOf(atom("k"), tags[0], tags[1], end), end, tags[0])
				in := ext(term)
				if err := agree(t, with(m), in, mostWays); err != nil {
					t.Fatalf("%s, %d bytes: %v", what, n, err)
				}
				s := must[etf.Stats](t)(m.Measure(in))
				if want := int64(2*count - 1 + 10); s.Atoms != want {
					t.Errorf("%s, %d bytes: %d atoms, want %d", what, n, s.Atoms, want)
				}
				if distinct := int64(len(map[string]bool{name: true, "k": true, "l": true})); s.DistinctAtoms != distinct {
					t.Errorf("%s, %d bytes: %d different atoms, want %d", what, n, s.DistinctAtoms, distinct)
				}
				tree := must[etf.Term](t)(m.Decode(in))
				if first := must[etf.Term](t)(m.Decode(ext(list(tuple(copies(count, tags[0])...), tuple(copies(count-1, tags[0])...),
					mapOf(tags[0], tags[0], atom("k"), tags[0]), mapOf(atom("l"), end, tags[0], end), mapOf(atom("k"), tags[0], tags[0], end), end, tags[0])))); !etf.Equal(tree, first) || tree.String() != first.String() {
					t.Errorf("%s, %d bytes: %v, want %v", what, n, tree, first)
				}
				for _, again := range tags {
					dup := ext(list(tuple(tags...), mapOf(tags[0], end, again, end), bin(strings.Repeat("x", 40))))
					if err := agree(t, with(m), dup, mostWays); err == nil || err.Code != etf.CodeDuplicateKey {
						t.Errorf("%s, %d bytes, twice a key: %v", what, n, err)
					}
				}
			}
			if what == "letters" && len(name) > 1 {
				other := raw(wire.TagSmallAtom, cat([]byte{byte(len(name))}, []byte(name)))
				end := bin(strings.Repeat("x", 40))
				for _, in := range [][]byte{
					ext(list(tags[0], other, tags[0], other, end)), ext(list(mapOf(tags[0], null, other, null), tuple(other, tags[0]), end)),
				} {
					if err := agree(t, with(m), in, mostWays); err != nil {
						t.Errorf("%s, %d bytes, both encodings: %v", what, n, err)
					}
					if s := must[etf.Stats](t)(m.Measure(in)); s.DistinctAtoms != 2 || s.Atoms != 4 {
						t.Errorf("%s, %d bytes, both encodings: %d atoms, %d different", what, n, s.Atoms, s.DistinctAtoms)
					}
				}
			}
		}
	}
}

// TestNamesSeenAgainAtTheCaps: a name that is found again counts as any other toward
// the caps on atoms and on the state of keys.
func TestNamesSeenAgainAtTheCaps(t *testing.T) {
	for _, name := range []string{"Elixir.Some.Module", "caf\u00e9"} {
		a, end := atom(name), bin(strings.Repeat("x", 40))
		in := ext(list(a, mapOf(a, null, atom("k"), a), end)) // a new atom, a key, a new atom, a key
		for n := int64(1); n <= 4; n++ {
			c := config()
			c.Limits.MaxKeyState = 16 * n
			err := agree(t, with(compile(t, c)), in, nil)
			if refused := err != nil && err.Code == etf.CodeLimitKeyState; refused != (n < 4) {
				t.Errorf("%s, MaxKeyState %d: %v", name, 16*n, err)
			}
			c = config()
			c.Limits.MaxAtoms = n
			err = agree(t, with(compile(t, c)), in, nil)
			if refused := err != nil && err.Code == etf.CodeLimitAtoms; refused != (n < 4) {
				t.Errorf("%s, MaxAtoms %d: %v", name, n, err)
			}
		}
	}
}

// TestKeysBeyondTheFirstAtoms: a map has a bit for each of the first 128 atoms of a
// term, and others are keys all the same.
func TestKeysBeyondTheFirstAtoms(t *testing.T) {
	m := compile(t, config())
	for before := 120; before < 132; before++ {
		var names [][]byte
		for i := range before {
			names = append(names, atom(fmt.Sprintf("a%03d", i)))
		}
		var keys, pairs [][]byte
		for i := range 6 {
			key := atom(fmt.Sprintf("Elixir.Module.Number%d", i))
			keys, pairs = append(keys, key), append(pairs, key, null)
		}
		in := ext(list(tuple(names...), tuple(keys...), mapOf(pairs...), mapOf(pairs...), bin(strings.Repeat("x", 40))))
		if err := agree(t, with(m), in, mostWays); err != nil {
			t.Errorf("%d atoms before: %v", before, err)
		}
		twice := ext(list(tuple(names...), tuple(keys...), mapOf(append(pairs, keys[5], null)...), bin(strings.Repeat("x", 40))))
		if err := agree(t, with(m), twice, mostWays); err == nil || err.Code != etf.CodeDuplicateKey {
			t.Errorf("%d atoms before, a key twice: %v", before, err)
		}
	}
}
