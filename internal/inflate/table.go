package inflate

import "math/bits"

// entry is what a table knows of the codes that begin with the bits of its index:
//
//	bits  0 to  7  how long the code is
//	bits  8 to 12  how many extra bits are behind it; of a link, bits of its table,
//	               and the length is that of the first index
//	bit      13    lit: the value is a byte
//	bit      14    link: the code is longer, its entry is in another table, at the value
//	bit      15    stop: the end of the block, or, with a value, no code at all
//	bits 16 to 31  the value
type entry uint32

const (
	lit  entry = 1 << 13
	link entry = 1 << 14
	stop entry = 1 << 15

	noCode = stop | 1<<16
)

func (e entry) len() uint   { return uint(e & 0xff) }
func (e entry) extra() uint { return uint(e>>8) & 31 }
func (e entry) value() int  { return int(e >> 16) }

// A table is looked into with this many bits first. Then, for codes of up to 15 bits,
// it has links to others.
const (
	litBits  = 10
	offBits  = 8
	codeBits = 7
	maxBits  = 15
)

// How large a table can get. One to which a link leads has 1<<k entries for more than k
// codes, since all of them together fill it; k is at most maxBits less the bits above.
// The most that any codes need is 1332 and 400: see TestTables.
const (
	litTable = 1<<litBits + (maxLit/6+1)*(1<<5)
	offTable = 1<<offBits + (maxOff/8+1)*(1<<7)
)

const endOfBlock = 256

// symbols are what codes stand for.
type symbols uint8

const (
	literals  symbols = iota // and the lengths of matches
	distances                // of matches
	lengths                  // of codes
)

// The lengths of the symbols above endOfBlock, the distances, and how many extra bits are
// behind them. 286 and 287, and distances 30 and 31, are there in the fixed codes and mean
// nothing.
var (
	lengthBase  = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [len(lengthBase)]uint8{8: 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [maxOff]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
)

// entry is what a table has of a symbol, but the length of its code.
func (a symbols) entry(sym int) entry {
	switch {
	case a == lengths:
		return entry(sym)<<16 | [...]entry{16: 2 << 8, 17: 3 << 8, 18: 7 << 8}[sym]
	case a == distances && sym < maxOff:
		return entry(distBase[sym])<<16 | entry(max(sym-2, 0)/2)<<8
	case a == literals && sym < endOfBlock:
		return lit | entry(sym)<<16
	case a == literals && sym == endOfBlock:
		return stop
	case a == literals && sym < maxLit:
		sym -= endOfBlock + 1
		return entry(lengthBase[sym])<<16 | entry(lengthExtra[sym])<<8
	}
	return noCode
}

// codes is a table of codes, and the mask of its first index.
type codes struct {
	entries []entry
	mask    uint64
}

// at returns the entry for the next bits.
func (c *codes) at(b uint64) entry {
	e := c.entries[b&c.mask]
	if e&link != 0 {
		e = c.entries[uint64(e.value())+b>>e.len()&(1<<e.extra()-1)]
	}
	return e
}

// fixedCodes are those of blocks that define none.
type fixedCodes struct {
	made   bool
	litTab [1 << 9]entry
	offTab [1 << 5]entry
}

func (f *fixedCodes) codes() (lit, off codes) {
	if !f.made {
		var l [288]uint8
		for i := range l {
			switch {
			case i < 144:
				l[i] = 8
			case i < 256:
				l[i] = 9
			case i < 280:
				l[i] = 7
			default:
				l[i] = 8
			}
		}
		build(f.litTab[:], l[:], literals, litBits, false)
		for i := range l[:32] {
			l[i] = 5
		}
		build(f.offTab[:], l[:32], distances, offBits, false)
		f.made = true
	}
	return codes{f.litTab[:], 1<<9 - 1}, codes{f.offTab[:], 1<<5 - 1}
}

// build fills a table with the codes of these lengths, of which 0 is that of no code.
// The first index has as many bits as the longest code, up to first. It reports false
// where the codes are more than there can be, or fewer: where loose is set there may be
// only one, of one bit, or none at all. Both are good until a code is met that has no
// symbol.
func build(t []entry, lens []uint8, a symbols, first uint, loose bool) (codes, bool) {
	var count [maxBits + 1]uint16
	for _, l := range lens {
		count[l]++
	}
	longest := uint(maxBits)
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	left := 1
	for _, n := range count[1:] {
		if left = left<<1 - int(n); left < 0 {
			return codes{}, false
		}
	}
	if left > 0 {
		if !loose || longest > 1 {
			return codes{}, false
		}
		t[0], t[1] = noCode|1, noCode|1
	}

	// By length, and for one length by value: so the codes are in order.
	var next [maxBits + 1]uint16
	for l := 1; l < maxBits; l++ {
		next[l+1] = next[l] + count[l]
	}
	var sorted [288]uint16
	for i, l := range lens {
		if l != 0 {
			sorted[next[l]] = uint16(i)
			next[l]++
		}
	}

	first = min(first, max(longest, 1))
	var (
		code uint // its first bit lowest
		i    int
	)
	for l := uint(1); l <= first; l++ {
		for range count[l] {
			t[code] = a.entry(int(sorted[i])) | entry(l)
			i++
			code = follow(code, l)
		}
		if l < first { // what is not set yet is set below
			copy(t[1<<l:2<<l], t[:1<<l])
		}
	}
	mask := uint(1)<<first - 1
	end, k := uint(0), uint(0) // where the table of the link at hand begins, and its bits
	for l, prefix := first+1, ^uint(0); l <= longest; l++ {
		for ; count[l] > 0; count[l]-- {
			if code&mask != prefix {
				// It is large enough when the codes from here on fill it, as they all do.
				prefix, end = code&mask, end+1<<k
				if k == 0 {
					end = mask + 1
				}
				k = l - first
				for room := 1<<k - int(count[l]); room > 0 && first+k < longest; room = room<<1 - int(count[first+k]) {
					k++
				}
				t[prefix] = link | entry(end)<<16 | entry(k)<<8 | entry(first)
			}
			for j := code >> first; j < 1<<k; j += 1 << (l - first) {
				t[end+j] = a.entry(int(sorted[i])) | entry(l)
			}
			i++
			code = follow(code, l)
		}
	}
	return codes{t, uint64(mask)}, true
}

// follow returns the code of l bits behind another one: one more, seen from the last bit.
func follow(code, l uint) uint {
	zeros := ^code & (1<<l - 1)
	if zeros == 0 {
		return 0
	}
	top := uint(1) << (bits.Len(zeros) - 1)
	return code&(top-1) | top
}
