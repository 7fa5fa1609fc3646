package targets

import "github.com/beamgate/beamgate/fuzz/gen"

// Minimise makes b smaller, step by step, as long as still finds a smaller form
// that shows the same: it gets some candidates, and returns the index of the
// first that does, or -1. No more than about budget candidates are made.
func Minimise(b []byte, budget int, still func([][]byte) int) []byte {
	const batch = 64
	for budget > 0 {
		var cands [][]byte
		found := false
		try := func() {
			if i := still(cands); i >= 0 {
				b, found = cands[i], true
			}
			cands = cands[:0]
		}
		for c := range gen.Shrinks(b) {
			budget--
			if cands = append(cands, c); len(cands) == batch {
				if try(); found || budget <= 0 {
					break
				}
			}
		}
		if !found && len(cands) > 0 {
			try()
		}
		if !found {
			break
		}
	}
	return b
}

// OneByOne is still for a test of single payloads.
func OneByOne(test func([]byte) bool) func([][]byte) int {
	return func(cands [][]byte) int {
		for i, c := range cands {
			if test(c) {
				return i
			}
		}
		return -1
	}
}
