package inflate

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
)

// stream is a deflate stream written bit by bit.
type stream struct {
	b    []byte
	free uint // bits of the last byte
}

// put writes the k lowest bits of v, the lowest first.
func (s *stream) put(v, k uint) *stream {
	for ; k > 0; k-- {
		if s.free == 0 {
			s.b, s.free = append(s.b, 0), 8
		}
		s.b[len(s.b)-1] |= byte(v&1) << (8 - s.free)
		s.free--
		v >>= 1
	}
	return s
}

// code writes a code of k bits, which begins with its highest.
func (s *stream) code(v, k uint) *stream {
	return s.put(uint(bits.Reverse64(uint64(v))>>(64-k)), k)
}

// align goes on with the next byte.
func (s *stream) align() *stream {
	s.free = 0
	return s
}

// book has the codes that RFC 1951 gives to symbols of these lengths.
type book map[int][2]uint

func bookOf(lens []int) book {
	a := book{}
	code := uint(0)
	for l := 1; l <= 15; l++ {
		for sym, n := range lens {
			if n == l {
				a[sym] = [2]uint{code, uint(l)}
				code++
			}
		}
		code <<= 1
	}
	return a
}

func (s *stream) symbol(a book, sym int) *stream {
	c, ok := a[sym]
	if !ok {
		panic(fmt.Sprint("no code for ", sym))
	}
	return s.code(c[0], c[1])
}

// lens returns n lengths, all zero but those of the symbols.
func lens(n int, of map[int]int) []int {
	all := make([]int, n)
	for sym, l := range of {
		all[sym] = l
	}
	return all
}

// order is that of the lengths of codes of lengths in RFC 1951.
var order = []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// head writes the head of a last block with these lengths of codes, each as it is: all
// lengths have codes of four bits.
func head(lit, off []int) *stream {
	s := new(stream).put(1, 1).put(2, 2).put(uint(len(lit)-257), 5).put(uint(len(off)-1), 5).put(15, 4)
	for _, sym := range order {
		s.put(map[bool]uint{true: 4}[sym < 16], 3)
	}
	for _, l := range slices.Concat(lit, off) {
		s.code(uint(l), 4)
	}
	return s
}

// runs writes the beginning of a last block of so many lengths, of which four have codes,
// all of two bits: no length, the given one, and runs of them.
func runs(lit, off uint, length int) (*stream, book) {
	s := new(stream).put(1, 1).put(2, 2).put(lit-257, 5).put(off-1, 5).put(15, 4)
	of := map[int]int{0: 2, length: 2, 16: 2, 18: 2}
	for _, sym := range order {
		s.put(uint(of[sym]), 3)
	}
	return s, bookOf(lens(19, of))
}

type crafted struct {
	name string
	s    *stream
	want Status
	out  string
}

// long has codes of each length, up to 15 bits.
func long(n int) []int {
	lens := make([]int, n)
	for i := range 16 {
		lens[n-1-i] = min(i+1, 15)
	}
	return lens
}

func fixedBlock() *stream { return new(stream).put(1, 1).put(1, 2) }

func craftedStreams() (all []crafted) {
	add := func(name string, s *stream, want Status, out string) {
		all = append(all, crafted{name, s, want, out})
	}
	end := map[int]int{256: 1}
	add("nothing", new(stream), Short, "")
	add("a block of no kind", new(stream).put(1, 1).put(3, 2), Corrupt, "")
	add("a stored block", new(stream).put(1, 1).put(0, 2).align().put(2, 16).put(0xfffd, 16).put('a', 8).put('b', 8), End, "ab")
	add("an empty one", new(stream).put(1, 1).put(0, 2).align().put(0, 16).put(0xffff, 16), End, "")
	add("one with bits between", new(stream).put(1, 1).put(0, 2).put(31, 5).align().put(1, 16).put(0xfffe, 16).put('a', 8), End, "a")
	for bit := range uint(16) {
		add("sizes that do not agree", new(stream).put(1, 1).put(0, 2).align().put(1, 16).put(0xfffe^1<<bit, 16).put('a', 8), Corrupt, "")
	}
	add("a stored block cut short", new(stream).put(1, 1).put(0, 2).align().put(2, 16).put(0xfffd, 16).put('a', 8), Short, "a")

	// Fixed codes: literals of 8 and 9 bits, lengths of 7 and 8, distances of 5.
	add("fixed codes", fixedBlock().code(0x30+'a', 8).code(0x190+200-144, 9).code(0, 7), End, "a\xc8")
	add("the last of each", fixedBlock().code(0xbf, 8).code(0x190, 9).code(0x1ff, 9).code(0x30, 8).code(0, 7), End, "\x8f\x90\xff\x00")
	for _, dist := range []uint{1, 2, 3, 4} {
		s := fixedBlock().code(0x30+'a', 8).code(0x30+'b', 8).code(0x30+'c', 8).code(1, 7).code(dist-1, 5).code(0, 7)
		if dist > 3 {
			add("further back than there is", s, Corrupt, "abc")
			continue
		}
		out := []byte("abc")
		for range 3 {
			out = append(out, out[len(out)-int(dist)])
		}
		add("back", s, End, string(out))
	}
	add("285 is 258", fixedBlock().code(0x30+'a', 8).code(0xc0+5, 8).code(0, 5).code(0, 7), End, string(bytes.Repeat([]byte("a"), 259)))
	add("so is 284 and 31", fixedBlock().code(0x30+'a', 8).code(0xc0+4, 8).put(31, 5).code(0, 5).code(0, 7), End, string(bytes.Repeat([]byte("a"), 259)))
	add("284 and 30", fixedBlock().code(0x30+'a', 8).code(0xc0+4, 8).put(30, 5).code(0, 5).code(0, 7), End, string(bytes.Repeat([]byte("a"), 258)))
	add("286", fixedBlock().code(0x30+'a', 8).code(0xc0+6, 8).code(0, 5).code(0, 7), Corrupt, "a")
	add("287", fixedBlock().code(0x30+'a', 8).code(0xc0+7, 8).code(0, 5).code(0, 7), Corrupt, "a")
	add("distance 30", fixedBlock().code(0x30+'a', 8).code(1, 7).code(30, 5).code(0, 7), Corrupt, "a")
	add("distance 31", fixedBlock().code(0x30+'a', 8).code(1, 7).code(31, 5).code(0, 7), Corrupt, "a")

	// Codes of the block.
	add("an end and nothing else", head(lens(257, end), lens(1, nil)).code(0, 1), End, "")
	add("a code that there is not", head(lens(257, end), lens(1, nil)).code(1, 1), Corrupt, "")
	add("no end", head(lens(257, map[int]int{'a': 1, 'b': 1}), lens(1, nil)).code(0, 1), Corrupt, "")
	add("no codes at all", head(lens(257, nil), lens(1, nil)).code(0, 1), Corrupt, "")
	two := map[int]int{'a': 1, 256: 1}
	add("two codes", head(lens(257, two), lens(1, nil)).code(0, 1).code(0, 1).code(1, 1), End, "aa")
	add("286 lengths", head(lens(286, two), lens(1, nil)).code(0, 1).code(1, 1), End, "a")
	add("287 lengths", head(lens(287, two), lens(1, nil)).code(0, 1).code(1, 1), Corrupt, "")
	add("288 lengths", head(lens(288, two), lens(1, nil)).code(0, 1).code(1, 1), Corrupt, "")
	add("30 distances", head(lens(257, two), lens(30, nil)).code(0, 1).code(1, 1), End, "a")
	add("31 distances", head(lens(257, two), lens(31, nil)).code(0, 1).code(1, 1), Corrupt, "")
	add("32 distances", head(lens(257, two), lens(32, nil)).code(0, 1).code(1, 1), Corrupt, "")
	add("too few codes", head(lens(257, map[int]int{'a': 2, 256: 2}), lens(1, nil)).code(0, 2).code(1, 2), Corrupt, "")
	add("one code of two bits", head(lens(257, map[int]int{256: 2}), lens(1, nil)).code(0, 2), Corrupt, "")
	add("too many codes", head(lens(257, map[int]int{'a': 1, 'b': 1, 256: 1}), lens(1, nil)).code(0, 1), Corrupt, "")
	add("too many long codes", head(lens(257, map[int]int{'a': 1, 'b': 2, 'c': 3, 'd': 3, 256: 15}), lens(1, nil)).code(0, 1), Corrupt, "")
	few := long(286)
	few[285-14] = 0
	few[256], few[280] = few[280], 0
	add("one code too few, of 15 bits", head(few, lens(1, nil)).symbol(bookOf(few), 256), Corrupt, "")
	three := map[int]int{'a': 1, 256: 2, 257: 2}
	add("one distance", head(lens(258, three), lens(1, map[int]int{0: 1})).code(0, 1).code(3, 2).code(0, 1).code(2, 2), End, "aaaa")
	add("a distance that there is not", head(lens(258, three), lens(1, map[int]int{0: 1})).code(0, 1).code(3, 2).code(1, 1).code(2, 2), Corrupt, "a")
	add("no distances", head(lens(258, three), lens(1, nil)).code(0, 1).code(3, 2).code(0, 1).code(2, 2), Corrupt, "a")
	add("one distance of two bits", head(lens(258, three), lens(1, map[int]int{0: 2})).code(2, 2), Corrupt, "")
	add("too few distances", head(lens(258, three), lens(3, map[int]int{0: 2, 2: 2})).code(2, 2), Corrupt, "")
	add("too many distances", head(lens(258, three), lens(3, map[int]int{0: 1, 1: 1, 2: 1})).code(2, 2), Corrupt, "")

	// What the first reading left of a byte is no part of what follows.
	s := new(stream).put(0, 1).put(1, 2)
	for range 300 {
		s.code(0x30+'a', 8)
	}
	s.code(0, 7).put(0, 1).put(0, 2).align().put(1, 16).put(0xfffe, 16).put(0xff, 8)
	s.put(1, 1).put(1, 2)
	for range 30 { // the first block ends where the fast way still reads
		s.code(0x30+'b', 8)
	}
	add("a stored block between others", s.code(0, 7), End, strings.Repeat("a", 300)+"\xff"+strings.Repeat("b", 30))

	// As far back as there may be: to the first byte of a window.
	back := make([]byte, 0, Window+10)
	for i := range Window - 1 {
		back = append(back, byte(i*i>>7))
	}
	for _, n := range []int{Window - 1, Window} {
		if n == Window {
			back = append(back, 'x')
		}
		s := new(stream).put(0, 3).align().put(uint(n), 16).put(uint(n)^0xffff, 16)
		for _, c := range back {
			s.put(uint(c), 8)
		}
		s.put(1, 1).put(1, 2).code(1, 7).code(29, 5).put(1<<13-1, 13).code(0, 7)
		if n < Window {
			add("further back than there is, by one", s, Corrupt, string(back))
		} else {
			add("a whole window back", s, End, string(back)+string(back[:3]))
		}
	}

	// Codes of lengths.
	for more := range uint(4) { // 13 lengths are left behind that of the end
		s, a := runs(260, 10, 1)
		s.symbol(a, 18).put(127, 7).symbol(a, 18).put(107, 7).symbol(a, 1).symbol(a, 18).put(more, 7)
		switch {
		case more < 2:
			for range 2 - more {
				s.symbol(a, 0)
			}
			add("a run and single ones", s.code(0, 1), End, "")
		case more == 2:
			add("a run from literals to distances", s.code(0, 1), End, "")
		default:
			add("a run of one too many", s.code(0, 1).put(0, 64), Corrupt, "")
		}
	}
	for more := range uint(4) { // lengths of 253 to 256, and of all four distances
		s, a := runs(257, 4, 2)
		s.symbol(a, 18).put(127, 7).symbol(a, 18).put(104, 7).symbol(a, 2).symbol(a, 16).put(more, 2)
		for range 4 - more {
			s.symbol(a, 2)
		}
		add("a length again and again", s.code(0, 2).code(3, 2), End, "\xfd")
	}
	s, a := runs(257, 1, 1)
	add("a run of what was before the first", s.symbol(a, 16).put(0, 2).symbol(a, 18).put(127, 7).put(0, 64), Corrupt, "")
	for _, lens := range []map[int]uint{{0: 1}, {0: 1, 1: 2}, {0: 1, 1: 1, 2: 1}, {}, {0: 7, 1: 7}} {
		s := new(stream).put(1, 1).put(2, 2).put(0, 5).put(0, 5).put(15, 4)
		for _, sym := range order {
			s.put(lens[sym], 3)
		}
		add(fmt.Sprint("codes of lengths ", lens), s.put(0, 64), Corrupt, "")
	}

	// Long codes: 286 literals and lengths, and 30 distances, of which 16 have a code.
	lit, off := long(286), long(30)
	lit[285], lit['x'] = 0, 1        // 285 had the code of one bit
	lit[256], lit[270] = lit[270], 0 // its long one goes to the end
	lits, offs := bookOf(lit), bookOf(off)
	s = head(lit, off)
	for range 40 {
		s.symbol(lits, 'x')
	}
	want := bytes.Repeat([]byte("x"), 40)
	for sym := 271; sym < 285; sym++ { // lengths of 2 to 15 bits
		length, extra := bounds(literals.entry(sym))
		for off := range 30 {
			if c, ok := offs[off]; ok && c[1] > 0 {
				base, more := bounds(distances.entry(off))
				if base > len(want) {
					continue
				}
				s.symbol(lits, sym).put(1, extra).symbol(offs, off).put(0, more)
				for range length + min(1, int(extra)) {
					want = append(want, want[len(want)-base])
				}
				s.symbol(lits, 'x')
				want = append(want, 'x')
			}
		}
	}
	add("long codes", s.symbol(lits, 256), End, string(want))
	return all
}

func bounds(e entry) (base int, extra uint) { return e.value(), e.extra() }

// TestFastEnds: where input or room just suffices, or lacks one byte, the fast way comes
// to no other result than the slow one.
func TestFastEnds(t *testing.T) {
	// A literal, a match and literals of 9 and 8 bits: 15 bytes, the first of which the
	// head of the block takes.
	s := fixedBlock().code(0x30+'a', 8).code(1, 7).code(0, 5).code(0x190, 9).code(0x190, 9)
	for range 9 {
		s.code(0x30+'b', 8)
	}
	s.code(0, 7)
	if len(s.b) != 15 {
		t.Fatalf("%d bytes", len(s.b))
	}
	// Two literals and a match of the longest, before as much again.
	long := fixedBlock()
	for range 20 {
		long.code(0x30+'a', 8).code(0x30+'b', 8).code(0xc0+5, 8).code(0, 5)
	}
	long.code(0, 7)
	for _, z := range [][]byte{s.b, long.b} {
		var d Decoder
		want := inflateAll(&d, z, one, one)
		for cut := range len(z) {
			for more := range len(z) - cut {
				d.Reset()
				out := make([]byte, len(want.out)+1)
				made, used, _ := d.Inflate(out, 0, z[:cut])
				n, u, _ := d.Inflate(out, made, z[used:cut+more])
				last, rest, status := d.Inflate(out, made+n, z[used+u:])
				if status != End || used+u+rest != len(z) || !bytes.Equal(out[:made+n+last], want.out) {
					t.Fatalf("cut at %d and %d: status %d, %d bytes", cut, cut+more, status, made+n+last)
				}
			}
		}
		for room := range len(want.out) + 1 {
			d.Reset()
			out := make([]byte, room)
			if made, _, _ := d.Inflate(out, 0, z); made != room || !bytes.Equal(out, want.out[:room]) {
				t.Fatalf("room for %d: %d bytes", room, made)
			}
		}
	}
}

func TestCrafted(t *testing.T) {
	var d Decoder
	for i, c := range craftedStreams() {
		got := inflateAll(&d, c.s.b, whole, whole)
		if got.status != c.want || string(got.out) != c.out {
			t.Errorf("%s: status %d, want %d, %d bytes, want %d", c.name, got.status, c.want, len(got.out), len(c.out))
		}
		check(t, &d, c.s.b, uint64(i))
		if c.want != End {
			continue
		}
		for n := range min(len(c.s.b), 200) {
			if r := inflateAll(&d, c.s.b[:n], whole, whole); r.status != Short || r.used != n {
				t.Errorf("%s: status %d after %d of its bytes", c.name, r.status, n)
			}
		}
	}
}

// TestTables: there is room for the codes that need the most entries. A search over all
// counts of lengths has found these.
func TestTables(t *testing.T) {
	for _, tc := range []struct {
		a     symbols
		first uint
		size  int
		count []int // of codes of 1, 2, … bits
		used  int
	}{
		{literals, litBits, litTable, []int{1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 229, 49, 1, 2}, 1332},
		{distances, offBits, offTable, []int{1, 1, 1, 1, 1, 1, 0, 0, 1, 9, 9, 1, 1, 1, 2}, 400},
	} {
		var lens []uint8
		for i, n := range tc.count {
			lens = append(lens, bytes.Repeat([]byte{uint8(i + 1)}, n)...)
		}
		c, ok := build(make([]entry, tc.size), lens, tc.a, tc.first, true)
		if !ok {
			t.Fatalf("%d codes are refused", len(lens))
		}
		used := len(c.entries)
		for c.entries[used-1] == 0 {
			used--
		}
		if used != tc.used {
			t.Errorf("%d codes have %d entries, want %d", len(lens), used, tc.used)
		}
	}
}
