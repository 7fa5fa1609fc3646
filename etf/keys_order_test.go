package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// manyAtoms is a list of so many atoms, which take the first numbers of a term.
func manyAtoms(n int) []byte {
	atoms := make([][]byte, n)
	for i := range atoms {
		atoms[i] = atom(fmt.Sprintf("n%d", i))
	}
	return list(atoms...)
}

// TestKeysThatAreLateAtoms: atoms behind the first 128 of a term are told apart
// by the map that had them as a key last. An inner map must not make an outer
// one forget its own.
func TestKeysThatAreLateAtoms(t *testing.T) {
	m := compile(t, config())
	x, y, z := atom("x"), atom("y"), atom("z")
	for _, first := range []int{0, 126, 127, 128, 129, 500} {
		for name, tc := range map[string]struct {
			term []byte
			ok   bool
		}{
			"twice":                  {mapOf(x, null, x, null), false},
			"twice, others between":  {mapOf(x, null, y, null, z, null, x, null), false},
			"the same in a value":    {mapOf(x, mapOf(x, null, y, null), y, mapOf(x, null, y, null)), true},
			"behind the inner map":   {mapOf(x, mapOf(x, null, y, null), x, null), false},
			"behind two inner maps":  {mapOf(x, mapOf(x, null, y, mapOf(x, null, z, null)), x, null), false},
			"the second of two":      {mapOf(x, mapOf(x, null, y, null), z, null, y, null, x, null), false},
			"new in the outer map":   {mapOf(x, mapOf(z, null, y, null), y, null), true},
			"in the inner map":       {mapOf(x, mapOf(y, null, z, null, y, null), y, null), false},
			"neighbours":             {list(mapOf(x, null, y, null), mapOf(x, null, y, null), mapOf(y, null, x, null)), true},
			"a key with maps inside": {mapOf(tuple(mapOf(x, null, y, null)), null, x, null, y, null), true},
			"behind such a key":      {mapOf(x, null, tuple(mapOf(x, null, y, null)), null, x, null), false},
			"maps of one between":    {mapOf(x, mapOf(x, mapOf(x, null, y, null)), x, null), false},
		} {
			err := agree(t, with(m), ext(tuple(manyAtoms(first), tc.term)), nil)
			if (err == nil) != tc.ok || err != nil && err.Code != etf.CodeDuplicateKey {
				t.Errorf("%s, behind %d atoms: %v", name, first, err)
			}
		}
	}
}

// TestKeysBesideOtherBytes: of a binary key only its own bytes count, whatever
// follows it.
func TestKeysBesideOtherBytes(t *testing.T) {
	m := compile(t, config())
	low, high := float(0), float(math.Float64frombits(0xbfff_ffff_ffff_ffff))
	for n := range 12 {
		key := strings.Repeat("k", n)
		for _, values := range [][2][]byte{{low, high}, {high, low}, {null, high}, {high, null}, {low, low}, {small(1), null}, {null, small(1)}} {
			twice := mapOf(bin(key), values[0], bin(key), values[1])
			if err := agree(t, with(m), ext(twice), nil); err == nil || err.Code != etf.CodeDuplicateKey {
				t.Errorf("%d bytes twice, in front of %x and %x: %v", n, values[0], values[1], err)
			}
			for _, other := range []string{key + "\x00", key + "z", "a" + key} {
				apart := mapOf(bin(key), values[0], bin(other), values[1])
				if err := agree(t, with(m), ext(apart), nil); err != nil {
					t.Errorf("%q and %q: %v", key, other, err)
				}
			}
		}
	}
}

// TestKeysInAnyOrder reads every sequence of up to five keys out of four: as long
// as binaries arrive in ascending order they are compared with the last alone.
func TestKeysInAnyOrder(t *testing.T) {
	m := compile(t, config())
	for name, set := range map[string][4][]byte{
		"short":        {bin("a"), bin("b"), bin("c"), bin("d")},
		"one in other": {bin(""), bin("a"), bin("a\x00"), bin("ab")},
		"eight bytes":  {bin("abcdefg"), bin("abcdefgh"), bin("abcdefgi"), bin("abcdefgj")},
		"same prefix":  {bin("abcdefgh1"), bin("abcdefgh2"), bin("abcdefgh3"), bin("abcdefgh\xff")},
		"last bit":     {bin("abcdefg\x00"), bin("abcdefg\x01"), bin("abcdefg\x02"), bin("abcdefg\x03")},
		"up to 64":     {bin(strings.Repeat("x", 63)), bin(strings.Repeat("x", 64)), bin(strings.Repeat("x", 65)), bin(strings.Repeat("x", 63) + "y")},
		"mixed kinds":  {bin("a"), bin("b"), small(1), atom("b")},
	} {
		for n := 2; n <= 5; n++ {
			for code := range 1 << (2 * n) {
				seen, twice := 0, false
				var pairs [][]byte
				for i := range n {
					k := code >> (2 * i) & 3
					twice = twice || seen>>k&1 != 0
					seen |= 1 << k
					pairs = append(pairs, set[k], null)
				}
				in := ext(mapOf(pairs...))
				if err := m.Validate(in); (err != nil) != twice {
					t.Errorf("%s: sequence %d of %d keys: %v", name, code, n, err)
				}
				if _, err := m.ValidateReader(bytes.NewReader(in)); (err != nil) != twice {
					t.Errorf("%s: sequence %d of %d keys from a reader: %v", name, code, n, err)
				}
			}
		}
	}
}

// TestKeysOfNestedMaps: the keys of an inner map stand behind those of the maps
// around it, however many these are, and are told apart all the same.
func TestKeysOfNestedMaps(t *testing.T) {
	m := compile(t, config())
	for around := range 150 {
		inner := cat(maps(17), keys(17))
		twice := cat(maps(17), keys(16), int32x(15), null)
		for left := around; left > 0; left -= 13 {
			n := min(left, 13)
			open := cat(maps(int64(n)), keys(n)[:6*n-1]) // the last value is the map so far
			inner, twice = cat(open, inner), cat(open, twice)
		}
		if err := m.Validate(ext(inner)); err != nil {
			t.Errorf("in maps of %d pairs: %v", around, err)
		}
		var e *etf.Error
		if err := m.Validate(ext(twice)); !errors.As(err, &e) || e.Code != etf.CodeDuplicateKey {
			t.Errorf("in maps of %d pairs: %v", around, err)
		}
	}
}

// TestKeysInPieces: payloads inside keys are the same, or not, wherever a reader
// cuts them: unused bits, digits of zero above and between others.
func TestKeysInPieces(t *testing.T) {
	m := compile(t, elsewhere(t).Config())
	digits := make([]byte, 40)
	for i := range digits {
		digits[i] = byte(i + 1)
	}
	with0 := func(at ...int) []byte {
		b := slices.Clone(digits)
		for _, i := range at {
			b[i] = 0
		}
		return b
	}
	big := func(b []byte, zeros int) []byte { return smallBig(false, cat(b, make([]byte, zeros))...) }
	text := strings.Repeat("some text", 5)
	other := []byte(text)
	var differ [][]byte // from text, in one place
	for i := range other {
		b := slices.Clone(other)
		b[i] ^= 1
		differ = append(differ, b)
	}
	type pair struct {
		what string
		x, y []byte
		same bool
	}
	pairs := []pair{
		{"binary", bin(text), bin(text), true}, {"bits", bits(3, other...), bits(3, other...), true},
		{"unused bits", bits(3, append(other[:40:40], 0xe0)...), bits(3, append(other[:40:40], 0xff)...), true},
		{"zeros above", big(digits, 0), big(digits, 7), true}, {"more zeros above", big(digits, 1), big(digits, 20), true},
		{"small", big(digits[:7], 0), big(digits[:7], 9), true}, {"small and zeros", big(digits[:7], 3), big(digits[:7], 30), true},
	}
	for _, b := range differ {
		pairs = append(pairs, pair{"other binary", bin(text), bin(string(b)), false}, pair{"other bits", bits(7, b...), bits(7, other...), bytes.Equal(b[:len(b)-1], other[:len(b)-1])})
	}
	for i := range 38 {
		pairs = append(pairs, pair{"a zero", big(with0(i), 0), big(with0(i), 3), true}, pair{"a zero less", big(with0(i), 0), big(slices.Delete(with0(i), i, i+1), 0), false},
			pair{"two zeros", big(with0(i, i+1), 0), big(slices.Delete(with0(i, i+1), i, i+1), 0), false})
	}
	for _, p := range pairs {
		for _, in := range [][]byte{ext(mapOf(p.x, null, p.y, null)), ext(mapOf(tuple(p.x, null), null, tuple(p.y, null), null))} {
			err := m.Validate(in)
			for n := range 12 {
				if _, got := m.ValidateReader(newChunks(in, n+1)); describe(got) != describe(err) {
					t.Errorf("%s, pieces of up to %d: %v, in one %v", p.what, n+1, got, err)
				}
			}
			var e *etf.Error
			if errors.As(err, &e) != p.same || p.same && e.Code != etf.CodeDuplicateKey {
				t.Errorf("%s, the same %v: %v\n%x", p.what, p.same, err, in)
			}
		}
	}
}

// TestSortedKeysAroundInnerMaps: where the keys of a map ascend, the last of them
// is not forgotten while maps in its values are read, nor theirs taken for it.
func TestSortedKeysAroundInnerMaps(t *testing.T) {
	m := compile(t, config())
	inners := [][]byte{null, maps(0), mapOf(bin("m"), null), mapOf(bin("a"), null, bin("b"), null), mapOf(bin("y"), null, bin("z"), null), mapOf(bin("b"), null, bin("a"), null), mapOf(bin("y"), mapOf(bin("a"), null, bin("b"), null), bin("z"), null)}
	for _, depth := range []int{0, 1, 2} {
		for _, inner := range inners {
			for keys, want := range map[string]bool{"kpkp": false, "kpqr": true, "pkqp": false, "kpqk": false, "kppq": false, "pqkr": true, "kkpq": false} {
				var pairs [][]byte
				for _, k := range keys {
					pairs = append(pairs, bin(string(k)), inner)
				}
				term := mapOf(pairs...)
				for range depth {
					term = mapOf(bin("c"), null, bin("d"), term, bin("e"), null)
				}
				var e *etf.Error
				err := m.Validate(ext(term))
				if (err == nil) != want || err != nil && (!errors.As(err, &e) || e.Code != etf.CodeDuplicateKey) {
					t.Errorf("keys %s around %x, %d maps around: %v", keys, inner, depth, err)
				}
			}
		}
	}
}
