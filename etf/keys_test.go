package etf_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// keyPool are keys that are easily taken for each other: of bytes that sort
// oddly, of names in two encodings, prefixes of each other, long ones.
func keyPool() []*model {
	var all []*model
	for _, s := range []string{"", "\x00", "\x00\x00", "a", "a\x00", "a\x00\x00", "ab", "abcdefg", "abcdefgh", "abcdefgh\x00", "abcdefghi", "\xff", strings.Repeat("\xff", 7),
		strings.Repeat("\xff", 8), strings.Repeat("\xff", 9), strings.Repeat("k", 63), strings.Repeat("k", 64), strings.Repeat("k", 65), strings.Repeat("k", 300)} {
		all = append(all, &model{kind: etf.KindBinary, text: s})
		if !strings.Contains(s, "\xff") && len(s) < 256 {
			all = append(all, &model{kind: etf.KindAtom, text: s})
		}
		list := &model{kind: etf.KindList}
		for _, c := range []byte(s) {
			list.kids = append(list.kids, integer(int64(c)))
		}
		if len(s) == 0 {
			list.kind = etf.KindNil
		}
		all = append(all, list)
	}
	for _, s := range []string{"\u00e9", "caf\u00e9", "caf\u00e9s", strings.Repeat("\u00ff", 15), strings.Repeat("\u00ff", 16), strings.Repeat("\u00ff", 17), strings.Repeat("x", 15), strings.Repeat("x", 16), strings.Repeat("x", 17), "\u4e2d"} {
		all = append(all, &model{kind: etf.KindAtom, text: s})
	}
	for i := range 90 { // more names than a small set of them holds
		all = append(all, &model{kind: etf.KindAtom, text: fmt.Sprint("name", i)}, &model{kind: etf.KindBinary, text: fmt.Sprint("name", i)})
		all = append(all, integer(int64(i-40)), &model{kind: etf.KindFloat, float: float64(i - 40)}, &model{kind: etf.KindTuple, kids: []*model{integer(int64(i))}})
	}
	return all
}

// TestKeysAtRandom makes maps of random keys, in random and in rising order,
// with and without a key that comes twice, perhaps in another encoding: all
// duplicates are found, at their second place, and nothing else.
func TestKeysAtRandom(t *testing.T) {
	t.Parallel()
	m := compile(t, config())
	pool := keyPool()
	rounds := 3_000
	if testing.Short() {
		rounds = 300
	}
	for seed := range uint64(rounds) {
		rng := rand.New(rand.NewPCG(seed, 3))
		perm := rng.Perm(len(pool))[:1+rng.IntN(min(len(pool), 1<<rng.IntN(9)))]
		switch rng.IntN(3) {
		case 0:
			slices.Sort(perm)
		case 1: // binaries alone, in the order of their bytes
			perm = slices.DeleteFunc(perm, func(i int) bool { return pool[i].kind != etf.KindBinary })
			slices.SortFunc(perm, func(a, b int) int { return strings.Compare(pool[a].text, pool[b].text) })
		}
		second := -1
		if rng.IntN(2) == 0 && len(perm) > 0 {
			second = 1 + rng.IntN(len(perm))
			perm = slices.Insert(perm, second, perm[rng.IntN(second)])
		}
		b, at := writeMap(rng, pool, perm, second)
		_, fromReader := m.ValidateReader(bytes.NewReader(b))
		_, tokens := readTokens(m.NewDecoderBytes(b))
		for way, err := range map[string]error{"slice": m.Validate(b), "reader": fromReader, "tokens": tokens} {
			e, _ := err.(*etf.Error)
			switch {
			case second < 0 && err != nil, second >= 0 && (e == nil || e.Code != etf.CodeDuplicateKey || e.Offset != int64(at)):
				t.Fatalf("seed %d, %s: %v, want a duplicate at key %d, offset %d\n%x", seed, way, err, second, at, b)
			}
		}
	}
}

// writeMap nests the map in another, with other maps as some of its values.
func writeMap(rng *rand.Rand, pool []*model, perm []int, second int) (b []byte, at int) {
	w := &writer{rng: rng}
	w.add(ext(maps(2), atom("name1"), null, bin("name2"), maps(int64(len(perm)))))
	for i, k := range perm {
		for { // the encodings that begin with a list of no elements have another offset
			v := &writer{rng: rng}
			v.term(pool[k])
			if !bytes.HasPrefix(v.b, head(0)) || pool[k].kind == etf.KindNil && second < 0 {
				if i == second {
					at = len(w.b)
				}
				w.add(v.b)
				break
			}
		}
		if rng.IntN(4) == 0 {
			w.add(mapOf(atom("name3"), null, bin("a"), mapOf(atom("name1"), small(1), atom("name4"), null)))
		} else {
			w.add(null)
		}
	}
	return w.b, at
}
