package wire

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/beamgate/beamgate/limits"
)

const (
	maxAtomChars = 255
	maxAtomBytes = 4 * maxAtomChars
)

// Names decides about an atom that a term holds for the first time. It returns
// OK, LimitNewAtoms or LimitAtomBudget with the limit that was hit.
type Names interface {
	FirstSight(name []byte) (Code, limits.Error)
	// Restart forgets the names of the term at hand, which is read once more.
	Restart()
	// Commit takes the names seen so far for good.
	Commit() (Code, limits.Error)
}

// keyBytes is what MaxKeyState counts for a key or a distinct atom.
const keyBytes = 16

// entry identifies a key of a map: by the hash a, and by x, which over a slice is
// where to find the key for an exact comparison, and over a reader a second,
// independent hash. The atoms of a term have entries of their own, see atomTable.
type entry struct{ a, x uint64 }

// atom is what the machine keeps of the atom it read last by a call.
type atom struct {
	start, end int   // its name in the window
	slot       int   // its place in the table
	flags      uint8 // FlagLatin1 if the name is Latin-1 and stands converted in scratch
}

// atomName is the name of that atom in UTF-8, borrowed.
func (m *Machine) atomName() []byte {
	if m.atom.flags != 0 {
		return m.scratch
	}
	return m.buf[m.atom.start:m.atom.end]
}

// atomTable is the set of distinct atoms of one term: open addressing, at most
// two thirds full, grown by what was received.
//
// A name of 1 to 16 ASCII characters, as nearly all are, is its own entry:
// padded with zeros in a and x, its length in the high bits of x's bytes, which
// ASCII leaves free. Of others, a is a keyed hash with bit 7 set, which no short
// name has, and x is where it stands in the slice, or over windows a second hash.
type atomTable struct {
	tab    []atomSlot
	stamps []uint32 // by number less mapAtoms: the map that had the atom as a key last
	gen    uint32
	n      int
	room   int // how many fit, under MaxDistinctAtoms

	first  [atomTabMin]atomSlot
	levels [atomLevels][]atomSlot // tables to be used again, see reset
}

// atomSlot holds an atom if its gen is the table's.
type atomSlot struct {
	entry
	gen uint32
	id  uint32 // how many atoms came before
}

const (
	atomTabMin  = 64
	atomGrowth  = 4
	atomLevels  = 4
	atomTabKeep = atomTabMin << (2 * atomLevels) // slots of the largest table that a reused Machine keeps; with the smaller ones 510 KiB

	highBits = 0x8080808080808080
	longMark = 1 << 7
	shortMax = 16 // bytes of a name that is its own entry
	wordsMax = 31 // … that scan looks at in words, which overlap: its length takes 5 bits
)

// reset empties the table without touching it. A term starts with the smallest
// one; what an earlier term needed waits in levels, so that small terms stay in
// a small piece of memory.
func (t *atomTable) reset(p *Program) {
	if t.gen++; t.gen == 0 {
		t.gen = 1
		clear(t.first[:])
		clear(t.levels[:])
	}
	if len(t.tab) != len(t.first) { // it has grown
		if t.tab = t.first[:]; cap(t.stamps) > atomTabKeep {
			t.stamps = nil
		}
		t.stamps = t.stamps[:cap(t.stamps)]
	}
	t.n, t.room = 0, p.firstRoom
}

func (t *atomTable) use(p *Program, tab []atomSlot) {
	t.tab, t.room = tab, int(min(int64(len(tab)/3*2), p.maxDistinct))
}

// take makes the table an empty one of the next size.
func (t *atomTable) take(p *Program) {
	size := atomGrowth * len(t.tab)
	level := 0
	for n := atomTabMin * atomGrowth; n < size; n *= atomGrowth {
		level++
	}
	if level >= atomLevels {
		t.use(p, make([]atomSlot, size))
		return
	}
	if t.levels[level] == nil {
		t.levels[level] = make([]atomSlot, size)
	}
	t.use(p, t.levels[level])
}

// full reports whether the table has to grow before it takes another atom.
func (t *atomTable) full() bool { return t.n >= len(t.tab)/3*2 }

// longHash is the hash of a name that is not its own entry, over a slice: it only
// has to find candidates, but is keyed, so that nobody can choose many of them.
func (p *Program) longHash(name []byte) uint64 {
	n := len(name)
	if n > 32 {
		return maphash.Bytes(p.seedA, name) | longMark
	}
	var x, y uint64
	if n > shortMax {
		x = fold128(le64(name, 0)^p.secret[2], le64(name, 8)^p.secret[3])
		name = name[n-shortMax:]
	}
	if n > 0 {
		var z uint64
		z, y = shortName(name)
		x ^= z
	}
	return p.endHash(x, y, n)
}

// endHash is longHash from where the n bytes of a name have become two words.
func (p *Program) endHash(x, y uint64, n int) uint64 {
	return fold128(x^p.secret[0], y^p.secret[1]^uint64(n)) | longMark
}

// fold128 is the product, its halves put together.
func fold128(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

// place is where the search for e begins.
func (p *Program) place(e entry) uint64 {
	return fold128(e.a^p.secret[0], e.x^p.secret[1])
}

// placeOf is place for any entry. The x of a long name does not count: over a
// slice it differs for equal names.
func (p *Program) placeOf(e entry) uint64 {
	if e.a&longMark != 0 {
		e.x = 0
	}
	return p.place(e)
}

func (t *atomTable) grow(p *Program) {
	old := t.tab
	t.take(p)
	mask := uint64(len(t.tab) - 1)
	for i := range old {
		if old[i].gen != t.gen {
			continue
		}
		k := p.placeOf(old[i].entry) & mask
		for t.tab[k].gen == t.gen {
			k = (k + 1) & mask
		}
		t.tab[k] = old[i]
	}
	if n := len(t.tab)/3*2 - mapAtoms; n > len(t.stamps) {
		t.stamps = append(t.stamps, make([]uint32, n-len(t.stamps))...)
	}
}

// latin1Bit in the x of a long name tells that it stands in Latin-1; below it
// are 12 bits of length, above it the offset.
const (
	atomLenBits = 12
	latin1Bit   = 1 << atomLenBits
	atomOffBits = atomLenBits + 1
)

// shortMask takes a name of n bytes out of two words: the bytes that are its,
// and n itself, 1 to 16, spread over the high bits of the second word.
type shortMask struct{ lo, hi, mark uint64 }

// There are so many that 5 bits of a length need no bounds check. Of longer
// names they take the first 16 bytes, without a mark.
var shortMasks = func() (t [wordsMax + 1]shortMask) {
	for n := range t {
		if n > shortMax {
			t[n] = shortMask{lo: math.MaxUint64, hi: math.MaxUint64}
			continue
		}
		t[n].lo = 1<<(8*min(n, 8)) - 1
		t[n].hi = 1<<(8*max(n-8, 0)) - 1
		for bit := range 5 {
			if n>>bit&1 != 0 {
				t[n].mark |= longMark << (8 * bit)
			}
		}
	}
	return t
}()

// shortName packs a name of 1 to 16 bytes.
func shortName(b []byte) (lo, hi uint64) {
	if n := len(b); n >= 8 {
		lo = binary.LittleEndian.Uint64(b)
		// The last 8 bytes, less those in lo already.
		hi = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * (16 - uint(n)))
		return lo, hi
	}
	if n := len(b); n >= 4 {
		lo = uint64(binary.LittleEndian.Uint32(b))
		lo |= uint64(binary.LittleEndian.Uint32(b[n-4:])) << (8 * (uint(n) - 4))
		return lo, 0
	}
	lo = uint64(b[0])
	if len(b) > 1 {
		lo |= uint64(b[1]) << 8
	}
	if len(b) > 2 {
		lo |= uint64(b[2]) << 16
	}
	return lo, 0
}

// takeAtom checks and counts the atom whose name stands in m.buf[start:end].
func (m *Machine) takeAtom(start, end int, latin1 bool) bool {
	p := m.p
	m.atom.start, m.atom.end, m.atom.flags = start, end, 0
	if m.recoding {
		return m.nameAtom(latin1)
	}
	if n := end - start; n-1 < shortMax && n > 0 && p.maxAtomChars >= shortMax {
		lo, hi := shortName(m.buf[start:end])
		if (lo|hi)&highBits == 0 {
			if m.atoms++; m.atoms > p.maxAtoms {
				return m.exceed(LimitAtoms, m.atoms)
			}
			e := entry{lo, hi | shortMasks[n].mark}
			t := &m.seen
			if t.full() {
				t.grow(p)
			}
			mask := uint64(len(t.tab) - 1)
			for i := p.place(e) & mask; ; i = (i + 1) & mask {
				if t.tab[i].gen != t.gen {
					return m.addAtom(e, int(i), m.buf[start:end])
				}
				if t.tab[i].entry == e {
					m.atom.slot = int(i)
					if m.building {
						m.tree.sight(m)
					}
					return true
				}
			}
		}
	}
	return m.takeLongAtom(start, end, latin1)
}

// nameAtom makes the name of an atom that was taken before available, and nothing
// else.
func (m *Machine) nameAtom(latin1 bool) bool {
	m.atom.slot = 0
	if name := m.buf[m.atom.start:m.atom.end]; latin1 && !isASCII(name) {
		m.scratch = AppendLatin1(m.scratch[:0], name)
		m.atom.flags = FlagLatin1
	}
	return true
}

// takeLongAtom is takeAtom for names that are long, empty or not ASCII, and
// where a cap asks for a closer look.
func (m *Machine) takeLongAtom(start, end int, latin1 bool) bool {
	p := m.p
	name := m.buf[start:end]
	// A name whose bytes the term has held before needs no second look.
	var a uint64
	if !latin1 && !m.wide && len(name) > 0 && m.atoms < p.maxAtoms {
		a = p.longHash(name)
		t := &m.seen
		mask := uint64(len(t.tab) - 1)
		for i := p.place(entry{a: a}) & mask; t.tab[i].gen == t.gen; i = (i + 1) & mask {
			if t.tab[i].a == a && m.sameAtom(t.tab[i].x, name) {
				m.atoms++
				m.atom.slot = int(i)
				if m.building {
					m.tree.sight(m)
				}
				return true
			}
		}
	}
	if len(name) == 0 && p.reject&EmptyAtom != 0 {
		return m.refuse(RejectedEmptyAtom)
	}
	where := uint64(start)<<atomOffBits | uint64(end-start)
	ascii := isASCII(name)
	if !ascii {
		if latin1 {
			name = AppendLatin1(m.scratch[:0], name)
			m.scratch = name
			where |= latin1Bit
			m.atom.flags = FlagLatin1
		} else if !utf8.Valid(name) {
			return m.refuse(AtomUTF8)
		}
	}
	if int64(len(name)) > p.maxAtomChars && !m.atomChars(name) {
		return false
	}
	if m.atoms++; m.atoms > p.maxAtoms {
		return m.exceed(LimitAtoms, m.atoms)
	}
	t := &m.seen
	if t.full() {
		t.grow(p)
	}
	mask := uint64(len(t.tab) - 1)
	var e entry
	if n := len(name); ascii && n > 0 && n <= shortMax {
		e.a, e.x = shortName(name)
		e.x |= shortMasks[n].mark
	} else if m.wide {
		e.a, e.x = maphash.Bytes(p.seedA, name)|longMark, maphash.Bytes(p.seedB, name)
	} else {
		e.a, e.x = p.longHash(name), where
	}
	i := p.placeOf(e) & mask
	for t.tab[i].gen == t.gen {
		if old := t.tab[i].entry; old == e || old.a == e.a && e.a&longMark != 0 && !m.wide && m.sameAtom(old.x, name) {
			m.atom.slot = int(i)
			if m.building {
				m.tree.sight(m)
			}
			return true
		}
		i = (i + 1) & mask
	}
	return m.addAtom(e, int(i), name)
}

// addAtom takes a name that the term holds for the first time.
func (m *Machine) addAtom(e entry, slot int, name []byte) bool {
	if !m.firstSight(name) {
		return false
	}
	t := &m.seen
	t.tab[slot] = atomSlot{e, t.gen, uint32(t.n)}
	t.n++
	m.atom.slot = slot
	if m.building {
		m.tree.name(m.atomName())
	}
	return true
}

// atomHash is the keyed hash of the atom that was read last.
func (m *Machine) atomHash() hash {
	e := m.seen.tab[m.atom.slot].entry
	if e.a&longMark != 0 && !m.wide {
		return hash{a: m.p.fold(0, e.a, 0)} // its x tells where, not what
	}
	h := hash{a: m.p.fold(0, e.a, e.x)}
	if m.wide {
		h.b = m.p.fold(2, e.a, e.x)
	}
	return h
}

// atomChars checks the length of a name that has more bytes than the cap has
// characters.
func (m *Machine) atomChars(name []byte) bool {
	chars := int64(utf8.RuneCount(name))
	if chars > maxAtomChars {
		return m.refuse(AtomTooLong)
	}
	return chars <= m.p.maxAtomChars || m.exceed(LimitAtomChars, chars)
}

// firstSight applies what is counted once per name and term.
func (m *Machine) firstSight(name []byte) bool {
	n := int64(m.seen.n) + 1
	if n > m.p.maxDistinct {
		return m.exceed(LimitDistinctAtoms, n)
	}
	if m.names != nil {
		if code, lim := m.names.FirstSight(name); code != OK {
			m.lim = lim
			return m.refuse(code)
		}
	}
	if m.keyRoom--; m.keyRoom < 0 {
		return m.exceed(LimitKeyState, (m.p.maxKeys+1)*keyBytes)
	}
	return true
}

// sameAtom compares a name in UTF-8 with one seen before in the same slice.
func (m *Machine) sameAtom(where uint64, name []byte) bool {
	start := int(where >> atomOffBits)
	old := m.buf[start : start+int(where&(latin1Bit-1))]
	if where&latin1Bit != 0 {
		var b [2 * maxAtomChars]byte
		old = AppendLatin1(b[:0], old)
	}
	return bytes.Equal(old, name)
}

func isASCII(b []byte) bool {
	var bits uint64
	for len(b) >= 8 {
		bits |= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	for _, c := range b {
		bits |= uint64(c)
	}
	return bits&highBits == 0
}

// AppendLatin1 appends b, read as Latin-1, in UTF-8.
func AppendLatin1(dst, b []byte) []byte {
	for _, c := range b {
		dst = utf8.AppendRune(dst, rune(c))
	}
	return dst
}
