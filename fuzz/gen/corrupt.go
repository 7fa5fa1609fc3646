package gen

import "iter"

// Corruptions is how OTP's own test suite damages a term: for every byte, the
// payload cut in front of it, and the byte with each single bit and with all
// bits changed. That is ten mutants a byte; each is new memory.
func Corruptions(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range payload {
			if !yield(append([]byte(nil), payload[:i]...)) {
				return
			}
			for _, x := range [...]byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
				b := append([]byte(nil), payload...)
				b[i] ^= x
				if !yield(b) {
					return
				}
			}
		}
	}
}
