package etf_test

import (
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// TestStats measures terms for release 25, whose heap words were compared with
// erts_debug:flat_size/1.
func TestStats(t *testing.T) {
	m := compile(t, config())
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, tc := range []struct {
		name string
		in   []byte
		want etf.Stats
	}{
		{"integer", ext(small(1)), etf.Stats{Terms: 1}},
		{"nil", ext(null), etf.Stats{Terms: 1}},
		{"empty containers", ext(tuple(tuple(), maps(0), str(""), null)), etf.Stats{Terms: 5, Depth: 1, HeapWords: 8, HeapCost: 8}},
		{"string", ext(str("abc")), etf.Stats{Terms: 4, Depth: 1, HeapWords: 6, HeapCost: 6}},
		{"list", ext(list(small(1), small(2))), etf.Stats{Terms: 3, Depth: 1, HeapWords: 4, HeapCost: 4}},
		{"improper list", ext(pieces(tuple(null), small(2))), etf.Stats{Terms: 4 - 1 + 1, Depth: 1, HeapWords: 4, HeapCost: 4}},
		{"thin", ext(thin(9, small(1))), etf.Stats{Terms: 1}},
		{"atoms", ext(list(atom("a"), latin1("a"), atom("b"))), etf.Stats{Terms: 4, Depth: 1, Atoms: 3, DistinctAtoms: 2, HeapWords: 6, HeapCost: 6}},
		{"ids", ext(tuple(newPid(self, 1, 1, 1), oldPort(self, 1, 1), newerRef(atom("x"), 1, 1, 2))), etf.Stats{Terms: 4, Depth: 1, Atoms: 3, DistinctAtoms: 2, HeapWords: 4 + 4 + 4 + 5, HeapCost: 17}},
		{"own ids", ext(tuple(newPid(atom("nonode@nohost"), 1, 1, 0), newerRef(atom("nonode@nohost"), 0, 1, 2, 3))), etf.Stats{Terms: 3, Depth: 1, Atoms: 2, DistinctAtoms: 1, HeapWords: 3 + 3, HeapCost: 3 + 4 + 5}},
		{"export", ext(export(atom("m"), atom("f"), small(1))), etf.Stats{Terms: 1, Atoms: 2, DistinctAtoms: 2, HeapWords: 5, HeapCost: 5}},
		{"fun", ext(fun(small(1), list(small(1)))), etf.Stats{Terms: 4, Depth: 2, Atoms: 2, DistinctAtoms: 2, HeapWords: 7 + 4 + 2, HeapCost: 13}},
		{"binaries", ext(list(bin(x(64)), bin(x(65)))), etf.Stats{Terms: 3, Depth: 1, HeapWords: 4 + 10 + 6, HeapCost: 4 + 10 + 6 + 12, OffHeap: 89}},
		{"bitstrings", ext(list(bits(8, 1), bits(1, 1), bits(1, []byte(x(65))...))), etf.Stats{Terms: 4, Depth: 1, HeapWords: 6 + 3 + 8 + 11, HeapCost: 28 + 12, OffHeap: 89}},
		{"bignums", ext(list(smallBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9), smallBig(true, 0, 0, 0, 0, 0, 0, 0, 8), largeBig(false, 1, 0))), etf.Stats{Terms: 4, Depth: 1, HeapWords: 6 + 3, HeapCost: 6 + 3 + 2 + 3}},
		{"no digits", ext(list(smallBig(true), smallBig(false))), etf.Stats{Terms: 3, Depth: 1, HeapWords: 4, HeapCost: 4 + 1 + 1}},
		{"zeros on top", ext(list(smallBig(false, 1, 0, 0), smallBig(true, 1, 0, 0, 0, 0, 0, 0, 0), smallBig(false, 1, 0, 0, 0, 0, 0, 0, 0, 0))), etf.Stats{Terms: 4, Depth: 1, HeapWords: 6, HeapCost: 6 + 2 + 2 + 3}},
		{"map", ext(mapOf(atom("a"), float(1), bin("b"), null)), etf.Stats{Terms: 5, Depth: 1, Atoms: 1, DistinctAtoms: 1, HeapWords: 8 + 2 + 3, HeapCost: 13}},
		{"compressed", squeeze(str("abc")), etf.Stats{Terms: 4, Depth: 1, HeapWords: 6, HeapCost: 6, Inflated: 6}},
		{"keys", ext(mapOf(mapOf(tuple(atom("a")), null), null)), etf.Stats{Terms: 6, Depth: 3, Atoms: 1, DistinctAtoms: 1, HeapWords: 6 + 6 + 2, HeapCost: 14}},
	} {
		tc.want.Bytes, tc.want.HeapExact = int64(len(tc.in)), true
		got, err := m.Measure(tc.in)
		if err != nil || got != tc.want {
			t.Errorf("%s: %+v %v\nwant %+v", tc.name, got, err, tc.want)
		}
		for _, s := range sources[1:] {
			if again, err := m.MeasureReader(s.reader(tc.in)); err != nil || again != got {
				t.Errorf("%s over %s: %+v %v\nwant %+v", tc.name, s.name, again, err, got)
			}
		}
	}
}

// TestLargeMapsAreBounds: from 33 keys on the words of a map depend on hashes.
func TestLargeMapsAreBounds(t *testing.T) {
	m := compile(t, config())
	for _, n := range []int64{32, 33, 100, 1_000, 10_000} {
		s, err := m.Measure(ext(cat(maps(n), keys(int(n)))))
		if err != nil {
			t.Fatal(err)
		}
		if n <= 32 {
			if !s.HeapExact || s.HeapWords != 2*n+4 || s.HeapCost != s.HeapWords {
				t.Errorf("%d keys: %+v", n, s)
			}
			continue
		}
		if honest := 3*n + 2 + 2*(n*6/10+4); s.HeapExact || s.HeapWords != honest || s.HeapCost != 11*n+2 {
			t.Errorf("%d keys: %+v, want %d and %d", n, s, honest, 11*n+2)
		}
	}
}

// TestUsed returns the length of a term that something follows.
func TestUsed(t *testing.T) {
	m := compile(t, config())
	for name, term := range everyTerm() {
		for _, in := range [][]byte{ext(term), squeeze(term)} {
			n, err := m.ValidatePrefix(cat(in, []byte("behind")))
			if n != len(in) || err != nil {
				t.Errorf("%s: used %d of %d, %v", name, n, len(in), err)
			}
			for _, s := range sources[1:] {
				if n, err := m.ValidateReader(s.reader(in)); n != int64(len(in)) || err != nil {
					t.Errorf("%s over %s: used %d of %d, %v", name, s.name, n, len(in), err)
				}
			}
		}
	}
	if n, err := m.ValidatePrefix(ext(unknown)); n != 0 || err == nil {
		t.Error(n, err)
	}
}
