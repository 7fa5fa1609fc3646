package inflate

import "encoding/binary"

// Adler is an Adler-32 checksum (RFC 1950), of nothing yet if it is one. Package
// hash/adler32 has it, too, but takes a byte at a time: what compresses well is
// inflated in less.
type Adler uint32

const adlerMod = 65521

// Add adds bytes to the sum.
func (a *Adler) Add(b []byte) {
	s1, s2 := uint64(*a&0xffff), uint64(*a>>16)
	for len(b) > 0 {
		part := b[:min(len(b), 64<<10)] // s2 stays below 1<<42
		b = b[len(part):]
		for ; len(part) >= 64; part = part[64:] {
			s2 += 64 * s1
			one, all := adler64((*[64]byte)(part))
			s1 += one
			s2 += all
		}
		for _, c := range part {
			s1 += uint64(c)
			s2 += s1
		}
		s1 %= adlerMod
		s2 %= adlerMod
	}
	*a = Adler(s2<<16 | s1)
}

// adler64 returns the sum of 64 bytes, and that of their sums from the first on.
func adler64(b *[64]byte) (sum, sums uint64) {
	const (
		add   = 0x0001000100010001 // times it, four sums add up in the highest
		weigh = 0x0007000500030001 // times it, they do as often as bytes of the word are behind them
	)
	var s lanes
	s.add(b[0:8])
	s.add(b[8:16])
	s.add(b[16:24])
	s.add(b[24:32])
	s.add(b[32:40])
	s.add(b[40:48])
	s.add(b[48:56])
	s.add(b[56:64])
	return s.pairs * add >> 48, 8*(s.before*add>>48) + s.pairs*weigh>>48 + s.first*add>>48
}

// lanes are sums of words of eight bytes, of which neighbours are added: four sums of 16
// bits in each. None gets larger than 255*16*16.
type lanes struct {
	first  uint64 // of the first of two neighbours
	pairs  uint64 // of both
	before uint64 // of pairs in the words before, once for each word
}

func (s *lanes) add(b []byte) {
	const firsts = 0x00ff00ff00ff00ff
	w := binary.LittleEndian.Uint64(b)
	even := w & firsts
	s.before += s.pairs
	s.first += even
	s.pairs += even + w>>8&firsts
}
