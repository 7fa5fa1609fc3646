package targets

import (
	"sort"

	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// Sweep is OTP's corrupter over all real payloads of up to most bytes: it
// returns how many mutants there are, and what makes their sources.
func Sweep(most int) (n uint64, source func() Source) {
	var payloads [][]byte
	var ends []uint64
	for _, p := range legit.All() {
		if p.Bytes <= most {
			n += 10 * uint64(p.Bytes)
			payloads, ends = append(payloads, p.Data()), append(ends, n)
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
