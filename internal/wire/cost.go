package wire

// The cost of terms on a 64-bit BEAM, in words of 8 bytes. Two layouts exist:
// up to OTP 26, and from OTP 27 on, where bitstrings no longer differ from
// binaries and funs became smaller (erl_bits.h, erl_fun.h). A model of any
// release takes the dearer of the two.

const (
	flatMapMax  = 32 // more keys make a hash map
	heapBinMax  = 64 // more bytes live off-heap
	wordsFloat  = 2
	wordsNoMap  = 3 // #{}
	wordsID     = 4 // pid or port of another node
	wordsOwnRef = 3
	wordsExport = 5
)

type costModel struct{ old, new bool }

// pick is the cost under the model; exact is false if the releases differ.
func (c costModel) pick(old, new int64) (words int64, exact bool) {
	switch {
	case c.old && c.new:
		return max(old, new), old == new
	case c.old:
		return old, true
	}
	return new, true
}

func words8(bytes int64) int64 { return (bytes + 7) / 8 }

func (c costModel) binary(n int64) (words, offHeap int64, exact bool) {
	if n <= heapBinMax {
		return 2 + words8(n), 0, true
	}
	words, exact = c.pick(6, 8)
	return words, n + 24, exact
}

// bitstring is the cost of n bytes of which the last is partly used.
func (c costModel) bitstring(n int64) (words, offHeap int64, exact bool) {
	if n <= heapBinMax {
		words, exact = c.pick(5+2+words8(n), 2+words8(n))
		return words, 0, exact
	}
	words, exact = c.pick(5+6, 8)
	return words, n + 24, exact
}

func (c costModel) fun(free int64) (words int64, exact bool) { return c.pick(5+free, 2+free) }
func (c costModel) creator() (words int64, exact bool)       { return c.pick(wordsID, 0) }
func (c costModel) export() (words int64, exact bool)        { return c.pick(wordsExport, 0) }

// mapWords is the cost of the map itself: exact up to 32 keys, above that a
// bound that only chosen hash collisions across 8 and more levels can break.
func mapWords(n int64) int64 {
	switch {
	case n == 0:
		return wordsNoMap
	case n <= flatMapMax:
		return 2*n + 4
	}
	return 11*n + 2
}

// mapOver is by how much mapWords exceeds the honest bound 3n+2+2(0.6n+4),
// which was never exceeded by maps whose keys were not chosen for it.
func mapOver(n int64) int64 {
	if n <= flatMapMax {
		return 0
	}
	return 11*n + 2 - (3*n + 2 + 2*(n*6/10+4))
}
