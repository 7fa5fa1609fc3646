package targets

import (
	"sort"

	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// Sweep is OTP's corrupter over all real payloads and all cases of the corpus of
// up to most bytes, each payload once: it returns how many mutants there are, and
// what makes their sources.
func Sweep(most int) (n uint64, source func() Source) {
	var payloads [][]byte
	var ends []uint64
	seen := map[string]bool{}
	add := func(p []byte) {
		if len(p) > 0 && len(p) <= most && !seen[string(p)] {
			seen[string(p)] = true
			n += 10 * uint64(len(p))
			payloads, ends = append(payloads, p), append(ends, n)
		}
	}
	for _, p := range legit.All() {
		add(p.Data())
	}
	for _, c := range corpus.Cases() {
		if c.Bytes <= int64(most) {
			add(c.Data())
		}
	}
	return n, func() Source {
		at, mutants := -1, [][]byte(nil)
		return func(i uint64) []byte {
			k := sort.Search(len(ends), func(k int) bool { return ends[k] > i })
			if k != at {
				at, mutants = k, mutants[:0]
				for m := range gen.Corruptions(payloads[k]) {
					mutants = append(mutants, m)
				}
			}
			return mutants[i-(ends[k]-uint64(len(mutants)))]
		}
	}
}

// Random is payloads of a Mix.
func Random(seed uint64, size int) func() Source {
	return func() Source {
		mix := NewMix(size)
		return func(i uint64) []byte { return mix.Payload(seed, i) }
	}
}
