package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// cut is a list of these bytes in pieces, each the tail of the one before.
func cut(elements []byte, piece int) []byte {
	var b []byte
	for chunk := range slices.Chunk(elements, piece) {
		b = append(b, TagList, 0, 0, 0, byte(len(chunk)))
		for _, e := range chunk {
			b = append(b, TagSmallInteger, e)
		}
	}
	return append(b, TagNil)
}

// TestTailsTakeNoRoom: a list in pieces opens one frame, and a list of no elements
// none; afterwards nothing is owed.
func TestTailsTakeNoRoom(t *testing.T) {
	p := program(0)
	thin := bytes.Repeat([]byte{TagList, 0, 0, 0, 0}, 5000)
	for name, tt := range map[string]struct {
		term         []byte
		terms, depth int
	}{
		"an integer in thin lists": {append(slices.Clone(thin), TagSmallInteger, 7), 1, 0},
		"[] in thin lists":         {append(slices.Clone(thin), TagNil), 1, 0},
		"pieces":                   {cut(bytes.Repeat([]byte{1}, 5000), 1), 5001, 1},
		"thin tails":               {slices.Concat([]byte{TagList, 0, 0, 0, 1, TagNil}, thin, []byte{TagNil}), 2, 1},
		"a string as tail":         {[]byte{TagList, 0, 0, 0, 1, TagNil, TagString, 0, 2, 1, 2}, 4, 1},
		"an empty string as tail":  {[]byte{TagList, 0, 0, 0, 1, TagNil, TagString, 0, 0}, 2, 1},
		"improper":                 {[]byte{TagList, 0, 0, 0, 1, TagNil, TagSmallInteger, 2}, 3, 1},
		"a tuple as tail":          {[]byte{TagList, 0, 0, 0, 1, TagNil, TagSmallTuple, 1, TagNil}, 4, 1},
	} {
		for _, chunks := range []bool{false, true} {
			in, code := verdict(p, append([]byte{Version}, tt.term...), chunks)
			s := in.Stats()
			if code != OK || s.Terms != int64(tt.terms) || s.Depth != int64(tt.depth) {
				t.Errorf("%s, chunks %v: code %d, %d terms, depth %d, want %d and %d", name, chunks, code, s.Terms, s.Depth, tt.terms, tt.depth)
			}
			if in.m.below != 0 || len(in.m.stack) != 0 || cap(in.m.stack) > 8 {
				t.Errorf("%s, chunks %v: %d owed, %d frames, room for %d", name, chunks, in.m.below, len(in.m.stack), cap(in.m.stack))
			}
		}
	}
}

// values are terms, each in all the encodings that are =:=.
func values() [][]string {
	small := string([]byte{TagSmallInteger, 7})
	return [][]string{
		{small, "b\x00\x00\x00\x07", "n\x01\x00\x07", "n\x03\x00\x07\x00\x00", "o\x00\x00\x00\x01\x00\x07", "n\x0c\x00\x07" + string(make([]byte, 11))},
		{"b\xff\xff\xff\xf9", "n\x01\x01\x07", "n\x02\x01\x07\x00"},
		{"a\x00", "n\x00\x00", "n\x00\x01", "n\x02\x01\x00\x00", "o\x00\x00\x00\x00\x00"},
		{"n\x08\x00\x00\x00\x00\x00\x00\x00\x00\x80", "n\x09\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00", "o\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00"},
		{"n\x08\x01\x01\x00\x00\x00\x00\x00\x00\x80"},
		{"w\x01a", "s\x01a", "d\x00\x01a", "v\x00\x01a"},
		{"w\x02é", "s\x01\xe9", "d\x00\x01\xe9", "v\x00\x02é"},
		{"w\x18twenty-four characters..", "s\x18twenty-four characters.."},
		{"m\x00\x00\x00\x01a", "M\x00\x00\x00\x01\x08a"},
		{"m\x00\x00\x00\x00", "M\x00\x00\x00\x00\x00"},
		{"M\x00\x00\x00\x01\x03\xe0", "M\x00\x00\x00\x01\x03\xff"},
		{"M\x00\x00\x00\x01\x04\xe0"},
		{"F\x3f\xf8\x00\x00\x00\x00\x00\x00", "c1.5" + string(make([]byte, 28))},
		{"j", "l\x00\x00\x00\x00j", "k\x00\x00", "l\x00\x00\x00\x00k\x00\x00"},
		{string(cut([]byte{1, 2, 3}, 3)), string(cut([]byte{1, 2, 3}, 1)), "k\x00\x03\x01\x02\x03", "l\x00\x00\x00\x01a\x01k\x00\x02\x02\x03"},
		{"l\x00\x00\x00\x02a\x01a\x02a\x03", "l\x00\x00\x00\x01a\x01l\x00\x00\x00\x01a\x02a\x03"},
		{"h\x00", "i\x00\x00\x00\x00"},
		{"h\x02a\x01a\x02", "i\x00\x00\x00\x02a\x01b\x00\x00\x00\x02"},
		{"h\x01h\x01j"},
		{"h\x02h\x00j"},
		{"t\x00\x00\x00\x00"},
		{"t\x00\x00\x00\x02a\x01a\x02a\x03a\x04", "t\x00\x00\x00\x02a\x03a\x04a\x01b\x00\x00\x00\x02"},
		{"t\x00\x00\x00\x02a\x01a\x04a\x03a\x02"},
		{"Xw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03", "gs\x03n@h\x00\x00\x00\x01\x00\x00\x00\x02\x03"},
		{"Yw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x03", "xw\x03n@h\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x03"},
		{"Z\x00\x02w\x03n@h\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00\x06", "r\x00\x03w\x03n@h\x03\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00\x00"},
		{"qw\x01mw\x01fa\x01", "qs\x01mw\x01fa\x01"},
		{"qw\x01mw\x01fa\x02"},
	}
}

// TestKeyHashes: by both hashes terms that are =:= agree and others differ, whatever
// stands around them; another Program has other hashes.
func TestKeyHashes(t *testing.T) {
	p, q := program(27), program(27)
	hashes := func(p *Program, enc string) [3]uint64 {
		in := &Input{}
		in.BuildSlice(p, []byte(enc))
		m := in.m.aside(0)
		wide := m.wideHash(0)
		n := m.aside(0) // as over a slice
		n.top.cls |= hashed
		n.sums = append(n.sums, sum{})
		if n.run(false, -1) != EvDone {
			t.Fatalf("%q is refused", enc)
		}
		return [3]uint64{n.sums[0].a, wide.a, wide.b}
	}
	around := func(enc string) []string {
		return []string{enc, "h\x01" + enc, "l\x00\x00\x00\x01" + enc + "j", "t\x00\x00\x00\x01" + enc + "j", "t\x00\x00\x00\x01j" + enc}
	}
	for i := range around("") {
		seen := [3]map[uint64]int{{}, {}, {}}
		for v, encodings := range values() {
			want := hashes(p, around(encodings[0])[i])
			for _, enc := range encodings[1:] {
				if got := hashes(p, around(enc)[i]); got != want {
					t.Errorf("%q and %q, place %d: other hashes", encodings[0], enc, i)
				}
			}
			for k, h := range want {
				if old, ok := seen[k][h]; ok {
					t.Errorf("values %d and %d, place %d: one hash %d", old, v, i, k)
				}
				seen[k][h] = v
			}
			if other := hashes(q, around(encodings[0])[i]); other[0] == want[0] || other[1] == want[1] || other[2] == want[2] {
				t.Errorf("%q: the hash is not keyed", encodings[0])
			}
			if want[1] == want[2] {
				t.Errorf("%q: the two hashes are one", encodings[0])
			}
		}
	}
}

// TestKeysByEncoding: a map with a value twice is refused in each pair of encodings,
// over a slice and over single bytes; one with two values is not.
func TestKeysByEncoding(t *testing.T) {
	p := program(27)
	pair := func(x, y string) []byte {
		return []byte("\x83t\x00\x00\x00\x02" + x + "j" + y + "j")
	}
	all := values()
	for v, encodings := range all {
		for _, x := range encodings {
			for _, chunks := range []bool{false, true} {
				for _, y := range encodings {
					if _, code := verdict(p, pair(x, y), chunks); code != DuplicateKey {
						t.Errorf("%q and %q, chunks %v: code %d", x, y, chunks, code)
					}
				}
				if other := all[(v+1)%len(all)][0]; other != "" {
					if _, code := verdict(p, pair(x, other), chunks); code != OK {
						t.Errorf("%q and %q, chunks %v: code %d", x, other, chunks, code)
					}
				}
			}
		}
	}
}

// TestDigitsInPieces: an integer whose digits arrive in any pieces is the one that
// comes whole.
func TestDigitsInPieces(t *testing.T) {
	p := program(0)
	for _, digits := range [][]byte{
		{1}, {0, 0, 1}, {0, 0, 0, 0, 0, 0, 0, 0, 1}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 20),
		{255, 255, 255, 255, 255, 255, 255, 127, 0}, {0, 0, 0, 0, 0, 0, 0, 128, 0, 0}, append(make([]byte, 300), 5, 0, 0),
	} {
		for _, neg := range []byte{0, 1} {
			term := []byte{Version, TagLargeBig}
			term = append(binary.BigEndian.AppendUint32(term, uint32(len(digits))), neg)
			term = append(term, digits...)
			tell := func(in *Input) string {
				if in.Next() != EvToken {
					return "no token"
				}
				tok := in.Token()
				if tok.Flags&FlagOpen != 0 {
					in.Settle()
				}
				s := in.Stats()
				return fmt.Sprint(in.Done(), s.HeapWords, s.HeapCost, s.PayloadBytes)
			}
			in := &Input{}
			in.ResetSlice(p, nil, term)
			want := tell(in)
			for size := 1; size <= len(term); size++ {
				in.ResetReader(p, nil, &pieces{term, size})
				if got := tell(in); got != want {
					t.Errorf("%v in pieces of %d: %s, want %s", digits, size, got, want)
				}
			}
		}
	}
}

// pieces is a reader of so many bytes at a time.
type pieces struct {
	b    []byte
	size int
}

func (r *pieces) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b[:min(r.size, len(r.b))])
	r.b = r.b[n:]
	return n, nil
}

// TestNamesOfOneHash: names whose hashes meet are still two names. Secrets that are
// known make such names; those of a Program are drawn.
func TestNamesOfOneHash(t *testing.T) {
	p := program(0)
	p.secret[2] = 0 // what a name of 17 to 32 bytes has in front of its last 16 then does not count
	atom := func(c byte) []byte {
		name := append(bytes.Repeat([]byte{0}, 8), c)
		name = append(name, bytes.Repeat([]byte{'x'}, 23)...)
		if p.longHash(name) != p.longHash(append(bytes.Repeat([]byte{0}, 16), name[16:]...)) {
			t.Fatal("the hashes do not meet")
		}
		return append([]byte{TagSmallAtomUTF8, byte(len(name))}, name...)
	}
	a, b := atom('a'), atom('b')
	list := slices.Concat([]byte{Version, TagList, 0, 0, 0, 4}, a, b, a, b, []byte{TagNil})
	pairs := slices.Concat([]byte{Version, TagMap, 0, 0, 0, 2}, a, a, b, a)
	twice := slices.Concat([]byte{Version, TagMap, 0, 0, 0, 2}, a, a, a, b)
	for _, chunks := range []bool{false, true} {
		if in, code := verdict(p, list, chunks); code != OK || in.Stats().DistinctAtoms != 2 || in.Stats().Atoms != 4 {
			t.Errorf("a list, chunks %v: code %d, %+v", chunks, code, in.Stats())
		}
		if _, code := verdict(p, pairs, chunks); code != OK {
			t.Errorf("two keys, chunks %v: code %d", chunks, code)
		}
		if _, code := verdict(p, twice, chunks); code != DuplicateKey {
			t.Errorf("a key twice, chunks %v: code %d", chunks, code)
		}
	}
}

// TestManyNamesOfOneHash: names of one hash are told apart by each of their bytes and by
// their length.
func TestManyNamesOfOneHash(t *testing.T) {
	ends, starts := program(0), program(0)
	ends.secret[1] = 0 // names that end with their length as a word: the rest does not count
	starts.secret[0], starts.secret[2] = 0, 0
	var names, zeros [][]byte
	add := func(to *[][]byte, name []byte, from, end int) {
		*to = append(*to, name)
		for i := from; i < end; i++ {
			other := bytes.Clone(name)
			other[i] ^= 1
			*to = append(*to, other)
		}
	}
	for n := 9; n <= 16; n++ { // these are not ASCII, or they would need no hash
		name := append([]byte("\u00e9abcdef"), make([]byte, n-8)...)
		name[8] = byte(n)
		add(&names, name, 2, 8)
	}
	for n := 17; n <= 32; n++ {
		add(&names, append(bytes.Repeat([]byte{'x'}, n-8), byte(n), 0, 0, 0, 0, 0, 0, 0), 0, n-8)
	}
	for n := 17; n <= 32; n++ {
		add(&zeros, make([]byte, n), n-8, n)
	}
	type group struct {
		p     *Program
		names [][]byte
	}
	groups := []group{{ends, names}, {starts, zeros}}
	for _, all := range groups[:2] { // the first of those with one hash is looked at before the others
		for len(all.names) > 0 {
			n := 1
			for n < len(all.names) && len(all.names[n]) == len(all.names[0]) {
				n++
			}
			groups = append(groups, group{all.p, all.names[:n]})
			all.names = all.names[n:]
		}
	}
	for _, tc := range groups {
		once, pairs := []byte{}, []byte{}
		for _, name := range tc.names {
			if tc.p.longHash(name) != tc.p.longHash(tc.names[0]) {
				t.Fatalf("%q: the hashes do not meet", name)
			}
			atom := append([]byte{TagSmallAtomUTF8, byte(len(name))}, name...)
			once = append(once, atom...)
			pairs = append(append(pairs, atom...), TagNil)
		}
		end := append([]byte{TagBinary, 0, 0, 0, tailMax}, make([]byte, tailMax)...)
		head := func(tag byte) []byte { return binary.BigEndian.AppendUint32([]byte{tag}, uint32(len(tc.names))) }
		for what, term := range map[string][]byte{ // each by itself: a key that is looked up anew sets right what went wrong before
			"elements": slices.Concat(head(TagLargeTuple), once, head(TagLargeTuple), once),
			"keys":     slices.Concat(head(TagMap), pairs, head(TagMap), pairs),
		} {
			term = slices.Concat([]byte{Version, TagList, 0, 0, 0, 3}, term, end, []byte{TagNil})
			for _, chunks := range []bool{false, true} {
				in, code := verdict(tc.p, term, chunks)
				if s := in.Stats(); code != OK || s.DistinctAtoms != int64(len(tc.names)) || s.Atoms != 2*s.DistinctAtoms {
					t.Errorf("%d %s, chunks %v: code %d, %d of %d different", len(tc.names), what, chunks, code, s.DistinctAtoms, s.Atoms)
				}
			}
		}
	}
}

// TestNamesOfOneSpelling: the same bytes are another name in Latin-1 than in UTF-8,
// whichever comes first.
func TestNamesOfOneSpelling(t *testing.T) {
	p := program(0)
	name := []byte("\u00e9, a name of more than 16 bytes")
	utf := append([]byte{TagSmallAtomUTF8, byte(len(name))}, name...)
	latin := append([]byte{TagAtom, 0, byte(len(name))}, name...)
	for _, names := range [][2][]byte{{utf, latin}, {latin, utf}} {
		pairs := slices.Concat([]byte{Version, TagMap, 0, 0, 0, 2}, names[0], names[0], names[1], names[1])
		for _, chunks := range []bool{false, true} {
			in, code := verdict(p, pairs, chunks)
			if code != OK || in.Stats().DistinctAtoms != 2 || in.Stats().Atoms != 4 {
				t.Errorf("tag %d first, chunks %v: code %d, %+v", names[0][0], chunks, code, in.Stats())
			}
		}
	}
}

// TestReleaseLetsGo: what a pool keeps holds nobody's source, names or errors.
func TestReleaseLetsGo(t *testing.T) {
	for what, in := range map[string]*Input{
		"reader": {r: strings.NewReader("")}, "error": {err: io.EOF}, "cause": {cause: io.EOF}, "names": {names: someNames{}},
	} {
		in.m.names = in.names
		in.Release()
		if in.r != nil || in.err != nil || in.cause != nil || in.names != nil || in.m.names != nil {
			t.Errorf("%s: %+v", what, in)
		}
	}
}

type someNames struct{ Names }

// TestInflatersLetGo: neither a pool nor a decoder that goes on with other terms keeps
// what a large one was inflated into. What is large depends on the source.
func TestInflatersLetGo(t *testing.T) {
	for what, end := range map[string]func(*Input){
		"released": (*Input).Release, "reset": func(in *Input) { in.ResetSlice(program(0), nil, nil) },
	} {
		for _, at := range []string{"at work", "done"} {
			for _, tc := range []struct {
				r          io.Reader
				made, kept int
			}{
				{nil, inflatedKeep, inflatedKeep}, {nil, inflatedKeep + 1, 0},
				{strings.NewReader(""), inflatedMax, inflatedMax}, {strings.NewReader(""), inflatedMax + 1, 0},
			} {
				z := &inflater{out: make([]byte, tc.made)}
				in := &Input{z: z, r: tc.r}
				if at == "done" {
					in.z, in.spare = nil, z
				}
				z.in = in
				if end(in); in.z != nil || in.spare != z || z.in != nil || cap(z.out) != tc.kept {
					t.Errorf("%s, %s, %T: %d of %d bytes kept", what, at, tc.r, cap(z.out), tc.made)
				}
			}
		}
	}
}

// TestPlacesOfKeys: keys are found again behind each other at any distance, with
// hardly room for the next, and those of a map within a map before the others.
func TestPlacesOfKeys(t *testing.T) {
	far := []int{1, 2, 126, 127, 128, 129, 127, 1<<14 - 1, 1 << 14, 3, 1<<21 - 1, 1 << 21, 127, 1<<28 - 1, 1 << 28, 1<<30 + 127}
	for free := range 8 {
		m := &Machine{}
		c := &m.code
		push := func(distances []int) (places []uint32) {
			for _, d := range distances {
				m.pos += d
				if c.keys = slices.Grow(c.keys[:c.nkeys], free)[:c.nkeys+free]; !c.mark(m.pos) {
					m.markFar()
				}
				if !c.mark(m.pos) { // its head is read again
					t.Fatal("a key is pushed twice")
				}
				places = append(places, uint32(m.pos))
			}
			return places
		}
		outer, inner := push(far[:9]), push(far)
		if got := m.popKeys(len(inner)); !slices.Equal(got, inner) {
			t.Errorf("room for %d: inside %d, want %d", free, got, inner)
		}
		if got := m.popKeys(len(outer)); !slices.Equal(got, outer) || c.nkeys != 0 {
			t.Errorf("room for %d: %d, want %d; %d bytes are left", free, got, outer, c.nkeys)
		}
		m.pos, c.last = 0, 0
		if many := push(slices.Repeat([]int{5}, 257)); !slices.Equal(m.popKeys(257), many) {
			t.Errorf("room for %d: one key more than there was room for", free)
		}
	}
}

// TestStackIsLetGo: the next term does not keep the stack of a deep one.
func TestStackIsLetGo(t *testing.T) {
	p := program(0)
	deep := append([]byte{Version}, bytes.Repeat([]byte{TagSmallTuple, 1}, 10_000)...)
	in, code := verdict(p, append(deep, TagNil), false)
	if code != OK || cap(in.m.stack) < 10_000 {
		t.Fatalf("code %d, room for %d", code, cap(in.m.stack))
	}
	if in.ResetSlice(p, nil, nil); cap(in.m.stack) > 1024 {
		t.Errorf("room for %d is kept", cap(in.m.stack))
	}
}

// TestNamesAreFoundInScan: a name that the slice has held before is found by scan, which
// asks nobody. Its hash has to be that of longHash: where it is not, nothing is wrong,
// and all is slower.
func TestNamesAreFoundInScan(t *testing.T) {
	p := program(0)
	var names [][]byte
	for n := shortMax + 1; n < 32; n++ {
		names = append(names, bytes.Repeat([]byte{'x'}, n))
	}
	for n := 2; n < 32; n++ {
		names = append(names, append([]byte("\u00e9"), bytes.Repeat([]byte{'x'}, n-2)...))
	}
	end := append([]byte{TagBinary, 0, 0, 0, tailMax}, make([]byte, tailMax)...)
	for _, name := range names {
		atom := append([]byte{TagSmallAtomUTF8, byte(len(name))}, name...)
		again := map[string][]byte{"an element": atom, "a key": slices.Concat([]byte{TagMap, 0, 0, 0, 2}, atom, []byte{TagNil, TagNil, TagNil})}
		if name[0] == 'x' { // where the length is wide the tag is read over, and only ASCII goes on
			again["with a wide length"] = append([]byte{TagAtomUTF8, 0, byte(len(name))}, name...)
		}
		for what, again := range again {
			term := slices.Concat([]byte{Version, TagList, 0, 0, 0, 3}, atom, again, end, []byte{TagNil})
			in, code := verdict(p, term, false)
			if first := len("\x83l\x00\x00\x00\x03") + len("w\x00"); code != OK || in.m.atom.start != first {
				t.Errorf("%q, %s: code %d, the name at %d was asked for, want the one at %d alone", name, what, code, in.m.atom.start, first)
			}
		}
	}
}
