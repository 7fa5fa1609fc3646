// Package inflate reads deflate streams (RFC 1951) and takes and refuses what zlib
// does, with which a BEAM node reads them.
//
// Its tests compare it with compress/flate. It is here beside that for two reasons. It
// writes where the bytes are wanted, and finds there what they repeat: a term of a few
// hundred bytes needs no window of 32 KiB beside it. And it is faster, where inflating
// is most of what a compressed term costs.
//
// A [Decoder] is a push decoder without a buffer: it stops at either end of what it is
// given, input or room, and goes on from there. It takes no byte behind the end of the
// stream, and none before it needs it for the next byte of the output, so that how far
// it has read does not depend on how the input came. It allocates nothing.
package inflate

import (
	"encoding/binary"
)

// Status says why Inflate came back.
type Status uint8

const (
	Full    Status = iota // there is no room left
	Short                 // the input is used up, and more has to come
	End                   // the stream is complete
	Corrupt               // it is none

	goOn // with the phase that the Decoder has now; never returned by Inflate
)

// Window is how far back a stream may reach, in bytes.
const Window = 32 << 10

// Decoder reads one stream. Its zero value is ready for one.
type Decoder struct {
	bits uint64 // taken from the input and not used, the next one lowest
	n    uint   // how many; less than eight, unless the input ended in the middle of something

	phase phase
	last  bool // the block at hand is the last one
	left  int  // bytes of a stored block, or of a match, that are still to be copied
	dist  int  // of that match

	lit, off codes // of the block at hand

	counts struct{ lit, off, code, have int } // of the head at hand
	lens   [maxLit + maxOff]uint8
	litTab [litTable]entry
	offTab [offTable]entry
	fixed  fixedCodes // made once for all streams
}

type phase uint8

const (
	atBlock   phase = iota // the head of a block
	atSize                 // the size of a stored block
	atStored               // its bytes
	atCounts               // how many lengths of codes follow
	atCodes                // the lengths of the codes of lengths
	atLens                 // the lengths of codes
	atSymbols              // literals and matches
	atMatch                // bytes of a match for which there was no room
	atEnd
	atCorrupt
)

const (
	maxLit = 286 // codes of literals and lengths that a block may define
	maxOff = 30  // and of distances
)

// codeOrder is the order in which the lengths of the codes of lengths come.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// Reset makes the Decoder ready for another stream.
func (d *Decoder) Reset() {
	d.bits, d.n, d.phase, d.last = 0, 0, atBlock, false
}

// Inflate reads from src and writes to out[at:], until one of them is used up or the
// stream ends. out[:at] are the bytes made before, all there were or at least a Window
// of them; of what is behind the bytes made, anything may be overwritten. It returns
// how many were made and how many were read. Where there is room for all bytes and no
// more, it may return Full: the end is looked for as long as there is room for another
// byte. After End and Corrupt it does nothing any more.
func (d *Decoder) Inflate(out []byte, at int, src []byte) (made, used int, s Status) {
	r := run{out: out, o: at, src: src}
	for s = goOn; s == goOn; {
		switch d.phase {
		case atBlock:
			s = d.block(&r)
		case atSize:
			s = d.size(&r)
		case atStored:
			s = d.stored(&r)
		case atCounts:
			s = d.count(&r)
		case atCodes:
			s = d.codeLengths(&r)
		case atLens:
			s = d.symbolLengths(&r)
		case atSymbols:
			s = d.symbols(&r)
		case atMatch:
			s = d.match(&r)
		case atEnd:
			s = End
		default:
			s = Corrupt
		}
	}
	if s == Corrupt {
		d.phase = atCorrupt
	}
	return r.o - at, r.i, s
}

// run is where a call of Inflate is.
type run struct {
	out []byte
	o   int
	src []byte
	i   int
}

// need takes bytes until there are k bits, at most 56. What was taken stays for the
// next call if there are not as many.
func (d *Decoder) need(r *run, k uint) bool {
	for d.n < k {
		if r.i == len(r.src) {
			return false
		}
		d.bits |= uint64(r.src[r.i]) << d.n
		r.i++
		d.n += 8
	}
	return true
}

func (d *Decoder) take(k uint) uint64 {
	v := d.bits & (1<<k - 1)
	d.bits >>= k
	d.n -= k
	return v
}

func (d *Decoder) block(r *run) Status {
	if d.last {
		d.phase = atEnd
		return goOn
	}
	if !d.need(r, 3) {
		return Short
	}
	d.last = d.take(1) == 1
	switch d.take(2) {
	case 0:
		d.take(d.n & 7)
		d.phase = atSize
	case 1:
		d.lit, d.off = d.fixed.codes()
		d.phase = atSymbols
	case 2:
		d.phase = atCounts
	default:
		return Corrupt
	}
	return goOn
}

func (d *Decoder) size(r *run) Status {
	if !d.need(r, 32) {
		return Short
	}
	n, not := d.take(16), d.take(16)
	if n != ^not&0xffff {
		return Corrupt
	}
	d.left, d.phase = int(n), atStored
	return goOn
}

func (d *Decoder) stored(r *run) Status {
	n := copy(r.out[r.o:min(len(r.out), r.o+d.left)], r.src[r.i:])
	r.o += n
	r.i += n
	switch d.left -= n; {
	case d.left == 0:
		d.phase = atBlock
		return goOn
	case r.o == len(r.out):
		return Full
	}
	return Short
}

func (d *Decoder) count(r *run) Status {
	if !d.need(r, 14) {
		return Short
	}
	d.counts.lit = int(d.take(5)) + 257
	d.counts.off = int(d.take(5)) + 1
	d.counts.code = int(d.take(4)) + 4
	if d.counts.lit > maxLit || d.counts.off > maxOff {
		return Corrupt
	}
	d.counts.have, d.phase = 0, atCodes
	d.lens = [maxLit + maxOff]uint8{}
	return goOn
}

func (d *Decoder) codeLengths(r *run) Status {
	for c := &d.counts; c.have < c.code; c.have++ {
		if !d.need(r, 3) {
			return Short
		}
		d.lens[codeOrder[c.have]] = uint8(d.take(3))
	}
	// The table of literals is not in use yet.
	var ok bool
	if d.lit, ok = build(d.litTab[:], d.lens[:len(codeOrder)], lengths, codeBits, false); !ok {
		return Corrupt
	}
	d.counts.have, d.phase = 0, atLens
	d.lens = [maxLit + maxOff]uint8{}
	return goOn
}

// symbolLengths reads the lengths of all codes of a block, those of distances behind those
// of literals: a run of one length may reach from these into those.
func (d *Decoder) symbolLengths(r *run) Status {
	c := &d.counts
	for all := c.lit + c.off; c.have < all; {
		e, ok := d.find(r, &d.lit, 0)
		if !ok {
			return Short
		}
		if !d.need(r, e.len()+e.extra()) {
			return Short
		}
		d.take(e.len())
		sym, times, value := e.value(), 1, uint8(0)
		switch {
		case sym < 16:
			value = uint8(sym)
		case sym == 16:
			if c.have == 0 {
				return Corrupt
			}
			value, times = d.lens[c.have-1], 3+int(d.take(2))
		case sym == 17:
			times = 3 + int(d.take(3))
		default:
			times = 11 + int(d.take(7))
		}
		if times > all-c.have {
			return Corrupt
		}
		for ; times > 0; times-- {
			d.lens[c.have] = value
			c.have++
		}
	}
	if d.lens[endOfBlock] == 0 { // such a block would have no end
		return Corrupt
	}
	var ok bool
	if d.lit, ok = build(d.litTab[:], d.lens[:c.lit], literals, litBits, true); !ok {
		return Corrupt
	}
	if d.off, ok = build(d.offTab[:], d.lens[c.lit:c.lit+c.off], distances, offBits, true); !ok {
		return Corrupt
	}
	d.phase = atSymbols
	return goOn
}

// symbols reads literals and matches up to the end of the block, or of what there is.
func (d *Decoder) symbols(r *run) Status {
	for {
		if len(r.src)-r.i >= fastIn && len(r.out)-r.o >= fastOut {
			if s := d.fast(r); s != goOn {
				return s
			}
			if d.phase != atSymbols {
				return goOn
			}
		}
		if r.o == len(r.out) {
			return Full
		}
		e, ok := d.find(r, &d.lit, 0)
		switch {
		case !ok:
			return Short
		case e&lit != 0:
			d.take(e.len())
			r.out[r.o] = byte(e.value())
			r.o++
			continue
		case e&stop != 0:
			if e.value() != 0 {
				return Corrupt
			}
			d.take(e.len())
			d.phase = atBlock
			return goOn
		}
		// A match is taken whole or not at all: 48 bits at most.
		begin := e.len() + e.extra()
		off, ok := d.find(r, &d.off, begin)
		if !ok || !d.need(r, begin+off.len()+off.extra()) {
			return Short
		}
		if off&stop != 0 {
			return Corrupt
		}
		d.take(e.len())
		d.left = e.value() + int(d.take(e.extra()))
		d.take(off.len())
		d.dist = off.value() + int(d.take(off.extra()))
		if d.dist > r.o {
			return Corrupt // it begins before the first byte
		}
		d.phase = atMatch
		if s := d.match(r); s != goOn {
			return s
		}
	}
}

// match copies what there is room for.
func (d *Decoder) match(r *run) Status {
	n := min(d.left, len(r.out)-r.o)
	for range n {
		r.out[r.o] = r.out[r.o-d.dist]
		r.o++
	}
	if d.left -= n; d.left > 0 {
		return Full
	}
	d.phase = atSymbols
	return goOn
}

// find returns the entry of the code behind the next k bits, and leaves it there. No
// code is the beginning of another: an entry that needs no more bits than there are is
// the right one, whatever the bits behind them turn out to be.
func (d *Decoder) find(r *run, c *codes, k uint) (entry, bool) {
	for {
		e := c.at(d.bits >> k)
		if k+e.len() <= d.n {
			return e, true
		}
		if !d.need(r, d.n+1) {
			return 0, false
		}
	}
}

// What a turn of fast needs: two loads, of which the second begins up to seven bytes
// further on, and room for two literals and a match.
const (
	fastIn  = 7 + 8
	fastOut = 2 + 258
)

// longMatch is how long a match is for which it pays to call a function.
const longMatch = 40

// repeats is the least multiple of a distance that is a word or more.
var repeats = [8]uint8{0, 8, 8, 9, 8, 10, 12, 14}

// fast is symbols while there is enough of input and of room that nothing has to be
// asked in between. It is the hot loop of this package, and has its state in locals.
func (d *Decoder) fast(r *run) Status {
	out, src := r.out[:len(r.out):len(r.out)], r.src
	o, i := r.o, r.i
	b, n := d.bits, d.n
	lits, litMask := d.lit.entries, d.lit.mask
	offs, offMask := d.off.entries, d.off.mask
	s := goOn
	for len(src)-i >= fastIn && len(out)-o >= fastOut {
		// At least 56 bits, enough for three literals that are in the first table, or for a
		// match, of 48 at most.
		b |= binary.LittleEndian.Uint64(src[i:]) << (n & 63)
		i += int(63-n) >> 3
		n |= 56
		e := lits[b&litMask]
		if e&lit != 0 {
			b >>= e.len() & 63
			n -= e.len()
			out[o] = byte(e >> 16)
			o++
			if e = lits[b&litMask]; e&lit != 0 {
				b >>= e.len() & 63
				n -= e.len()
				out[o] = byte(e >> 16)
				o++
				if e = lits[b&litMask]; e&lit != 0 {
					b >>= e.len() & 63
					n -= e.len()
					out[o] = byte(e >> 16)
					o++
					continue
				}
			}
			b |= binary.LittleEndian.Uint64(src[i:]) << (n & 63)
			i += int(63-n) >> 3
			n |= 56
		}
		if e&link != 0 {
			e = lits[uint64(e>>16)+b>>(e.len()&63)&(1<<e.extra()-1)]
		}
		b >>= e.len() & 63
		n -= e.len()
		if e&(lit|stop) != 0 {
			if e&lit != 0 {
				out[o] = byte(e >> 16)
				o++
				continue
			}
			if d.phase = atBlock; e.value() != 0 {
				s = Corrupt
			}
			break
		}
		length := e.value() + int(b&(1<<e.extra()-1))
		b >>= e.extra()
		n -= e.extra()
		if e = offs[b&offMask]; e&link != 0 {
			e = offs[uint64(e>>16)+b>>(e.len()&63)&(1<<e.extra()-1)]
		}
		b >>= e.len() & 63
		n -= e.len()
		dist := e.value() + int(b&(1<<e.extra()-1))
		b >>= e.extra()
		n -= e.extra()
		if e&stop != 0 || dist > o {
			s = Corrupt
			break
		}
		end := o + length
		from := o - dist
		if dist < 8 {
			// What repeats within a word does so at a multiple of its length, too.
			for most := min(o+8, end); o < most; o++ {
				out[o] = out[from]
				from++
			}
			from = o - int(repeats[dist])
		}
		if length > longMatch {
			for o < end { // each turn doubles what there is of it
				o += copy(out[o:end], out[from:o])
			}
			continue
		}
		for ; o < end; o += 8 {
			binary.LittleEndian.PutUint64(out[o:], binary.LittleEndian.Uint64(out[from:]))
			from += 8
		}
		o = end
	}
	// Whole bytes that are not used go back. All of them are from src: what was there
	// before was less than a byte, or not enough for the first thing that was read here.
	i -= int(n >> 3)
	d.n = n & 7
	d.bits = b & (1<<d.n - 1)
	r.o, r.i = o, i
	return s
}
