package wire

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	mathbits "math/bits"
	"slices"
)

// Duplicate keys. A BEAM refuses a map with two keys that are =:=, in whatever
// encoding, so each key is hashed by value as it is read. The hash is keyed:
// nobody who does not know the seeds can choose keys that collide. Over a slice
// equal hashes are followed by a comparison of the keys; over windows, where the
// older key is gone, two independent hashes stand for the key, and among n keys
// of a map the chance of a false refusal is below n²/2¹²⁵.
//
// Containers inside keys are hashed as they are read: a sum for each open one,
// folded in order, for maps added without order.

// hash identifies a term: a always, b only where windows pass.
type hash struct{ a, b uint64 }

// sum gathers the hashes of a container inside a key.
type sum struct {
	hash
	key hash // of the pair at hand, in a map
}

// mapState is an open map of two or more pairs. Three kinds of keys are told
// apart by three means, and never equal across them:
//
//   - atoms by their numbers in the term: the first ones by a bit for each map,
//     the others by the number of the map that had them as a key last, which an
//     inner map restores when it closes;
//   - over a slice, binaries that arrive in ascending order: each differs from
//     all before it, and only where it stands is kept;
//   - all others, and binaries once the order is broken, by hash.
type mapState struct {
	base   int    // of its entries in m.ents
	mask   uint64 // of the hashes, while they are few
	last   uint64 // prefix of the last sorted key, or unsorted
	sorted int    // of its sorted keys in m.sorted
	atoms  [mapAtoms / 64]uint64
	keyOff int64 // where the key at hand starts, if it is a container
	undo   int   // of its entries in m.undo
	serial uint32
	stored int32 // entries with a hash
	table  bool  // the entries are an open-addressing table
}

// begin makes s a map that was just opened.
func (s *mapState) begin(m *Machine) {
	if m.serial != lastSerial {
		m.serial++
	}
	s.base, s.sorted, s.undo, s.serial = len(m.ents), m.nsorted, len(m.undo), m.serial
	s.stored, s.mask, s.last, s.table = 0, 0, m.lastKey, false
	clear(s.atoms[:])
}

// stamp is the number of the map that had an atom as its key last.
type stamp struct{ id, serial uint32 }

// lastSerial numbers no map: those that get it tell atoms apart by hash.
const lastSerial = math.MaxUint32

// unsorted in mapState.last ends the sorted mode: no key is above it.
const unsorted = math.MaxUint64

// widen prepares for windows that pass: what was read cannot be looked at again.
func (m *Machine) widen() { m.wide, m.lastKey = true, unsorted }

// mapAtoms is how many atoms of a term have a bit in each map; the others have a stamp.
const mapAtoms = 128

// entriesKeep is how many entries of each kind a reused Machine may keep: 512 KiB.
const entriesKeep = 32 << 10

// linearKeys is how many keys of a map are compared one by one.
const linearKeys = 16

// inKey reports whether the next term is (in) a key whose hash is wanted.
func (m *Machine) inKey() bool {
	return m.top.cls&hashed != 0 || m.top.cls.base() == clsMap && m.top.left&1 == 0 && !m.recoding
}

// isKey reports whether the term at hand is itself the key of an open map of
// two or more.
func (m *Machine) isKey() bool { return m.top.cls.base() == clsMap && m.top.left&1 == 0 }

// beginKeyed opens a sum for a container in a key, whose head is at off.
func (m *Machine) beginKeyed(opens class, n, off int64) {
	if m.isKey() {
		m.maps[len(m.maps)-1].keyOff = off
	}
	h := m.part.sum
	switch opens {
	case clsList, clsString: // one kind, of a length not known yet
		h = m.number(KindList, 1, 0)
	case clsTuple, clsMap:
		h = m.number(openKind(opens), 1, uint64(n))
	}
	m.sums = append(m.sums, sum{hash: h})
}

// keyScalar takes a scalar that is a key or inside one.
func (m *Machine) keyScalar(c *scalar) bool {
	if c.kind == KindNil && m.inTail() {
		return true // the end of a list
	}
	off := m.base + int64(c.head)
	if c.kind == KindAtom && m.top.cls&^watched == clsMap {
		s, ok := m.countKey(off)
		return ok && m.addAtomKey(s, off)
	}
	return m.keyTerm(m.scalarHash(c.kind, c.flags, c.bits, c.num, c.start, c.end), off)
}

func (m *Machine) inTail() bool {
	switch m.top.cls.base() {
	case clsTail, clsStrEnd:
		return true
	}
	return false
}

// keyTerm takes the hash of a term that has ended in the top frame.
func (m *Machine) keyTerm(h hash, off int64) bool {
	if m.isKey() && !m.addKey(h, off) {
		return false
	}
	if m.top.cls&hashed == 0 {
		return true
	}
	s := &m.sums[len(m.sums)-1]
	switch m.top.cls.base() {
	case clsMap, clsMap1:
		if m.top.left&1 == 0 {
			s.key = h
		} else {
			s.a += m.p.fold(0, s.key.a, h.a)
			s.b += m.p.fold(2, s.key.b, h.b)
		}
	case clsImproper:
		s.hash = m.p.chain(m.p.chain(s.hash, hash{improperMark, improperMark}), h)
	default:
		s.hash = m.p.chain(s.hash, h)
	}
	return true
}

const improperMark = 0x9e3779b97f4a7c15

// closeKeyed closes the top frame where it is a map of two or more, or inside a
// key, and hands its hash on.
func (m *Machine) closeKeyed() bool {
	cls, tailed := m.top.cls, m.top.tailed
	if m.recoding {
		if !m.recodeClose(cls.base()) {
			return false
		}
	} else if cls.base() == clsMap {
		m.closeMap()
	}
	m.top = m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	if m.building {
		m.uproot()
	}
	m.below -= int64(m.top.left) - 1
	if cls&hashed == 0 {
		return true
	}
	h := m.popSum()
	if tailed { // the list around it ends with it
		l := m.popSum()
		h = m.p.chain(m.p.chain(l, hash{improperMark, improperMark}), h)
	}
	off := int64(0)
	if m.isKey() {
		off = m.maps[len(m.maps)-1].keyOff
	}
	return m.keyTerm(h, off)
}

func (m *Machine) popSum() hash {
	h := m.sums[len(m.sums)-1].hash
	m.sums = m.sums[:len(m.sums)-1]
	return h
}

// countKey charges a key of the innermost open map, which starts at off.
func (m *Machine) countKey(off int64) (*mapState, bool) {
	if m.keyRoom--; m.keyRoom < 0 {
		m.lim = m.p.limit(LimitKeyState, (m.p.maxKeys+1)*keyBytes)
		return nil, m.refuseTag(LimitKeyState, off, 0)
	}
	return &m.maps[len(m.maps)-1], true
}

// addAtomKey needs no hash: the numbers of a term's atoms are exact.
func (m *Machine) addAtomKey(s *mapState, off int64) bool {
	t := &m.seen
	id := uint(t.tab[m.atom.slot].id)
	if id < mapAtoms {
		word, bit := &s.atoms[id/64], uint64(1)<<(id%64)
		if *word&bit != 0 {
			return m.refuseTag(DuplicateKey, off, 0)
		}
		*word |= bit
		return true
	}
	if s.serial == lastSerial {
		return m.addEntry(s, m.atomHash(), off)
	}
	old := &t.stamps[id-mapAtoms]
	if *old == s.serial {
		return m.refuseTag(DuplicateKey, off, 0)
	}
	if *old >= m.maps[0].serial { // a map around this one may want it back
		m.undo = append(m.undo, stamp{uint32(id), *old})
		m.grown = true
	}
	*old = s.serial
	return true
}

// closeMap drops the state of the innermost open map. It leaves unordered to scan: what is
// closed here stands in a map that has a container or the same atom as a key, and so is not
// in order itself.
func (m *Machine) closeMap() {
	m.keyRoom += m.top.total / 2
	k := len(m.maps) - 1
	s := &m.maps[k]
	for _, u := range slices.Backward(m.undo[s.undo:]) {
		m.seen.stamps[u.id-mapAtoms] = u.serial
	}
	m.undo, m.ents, m.nsorted, m.maps = m.undo[:s.undo], m.ents[:s.base], s.sorted, m.maps[:k]
}

// binaryKey takes a short binary, whose head is at m.pos, as a key.
func (m *Machine) binaryKey(start, end int) bool {
	off := m.base + int64(m.pos)
	s, ok := m.countKey(off)
	if !ok {
		return false
	}
	key := m.buf[start:end]
	if s.last != unsorted {
		order := -1
		if m.nsorted > s.sorted {
			order = bytes.Compare(m.sortedKey(m.nsorted-1), key)
		}
		switch {
		case order == 0:
			return m.refuseTag(DuplicateKey, off, 0)
		case order < 0:
			s.last = prefix(key)
			if m.nsorted == len(m.sorted) {
				m.grown = true
				m.sorted = append(m.sorted, 0)
				m.sorted = m.sorted[:cap(m.sorted)]
			}
			m.sorted[m.nsorted] = m.pos
			m.nsorted++
			return true
		}
	}
	return m.addEntry(s, m.bytesHash(KindBinary, 0, 0, key), off)
}

// sortedKey returns a key of at most 64 bytes.
func (m *Machine) sortedKey(i int) []byte {
	at := m.sorted[i]
	return m.buf[at+5 : at+5+int(m.buf[at+4])]
}

// prefix is the first 63 bits of a key, padded with zeros: a key with a larger
// prefix is larger. It is below unsorted.
func prefix(key []byte) uint64 {
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:]) >> 1
}

// prefixMasks take the prefix of a key of less than 8 bytes out of a word.
var prefixMasks = [8]uint64{
	0, 0xff << 55, 0xffff << 47, 0xffffff << 39, 0xffffffff << 31, 0xffffffffff << 23, 0xffffffffffff << 15, 0xffffffffffffff << 7,
}

// unsort gives the sorted keys of a map their hashes.
func (m *Machine) unsort(s *mapState) {
	s.last = unsorted
	for i := s.sorted; i < m.nsorted; i++ {
		m.addEntry(s, m.bytesHash(KindBinary, 0, 0, m.sortedKey(i)), m.base+int64(m.sorted[i]))
	}
	m.nsorted = s.sorted
}

// addKey looks for a key among those of the innermost open map, and adds it.
func (m *Machine) addKey(h hash, off int64) bool {
	s, ok := m.countKey(off)
	return ok && m.addEntry(s, h, off)
}

func (m *Machine) addEntry(s *mapState, h hash, off int64) bool {
	e := entry{h.a | 1, h.b} // 0 marks a free place
	if !m.wide {
		e.x = uint64(off)
	}
	if s.last != unsorted {
		m.unsort(s)
	}
	s.stored++
	if s.table {
		return m.addToTable(s, e, off)
	}
	bit := uint64(1) << (e.a >> 58)
	if s.mask&bit != 0 {
		for _, old := range m.ents[s.base:] {
			if old.a == e.a && m.sameKey(old, e) {
				return m.refuseTag(DuplicateKey, off, 0)
			}
		}
	}
	s.mask |= bit
	m.ents = append(m.ents, e)
	m.grown = true
	if s.stored == linearKeys {
		m.makeTable(s)
	}
	return true
}

// A table of keys is at most half full and doubles, until it is large: then it
// is at most four fifths full and grows by half, which bounds what the old and
// the new one take together.
const largeTable = 1 << 20

// full reports whether a table of so many places has to grow before it takes the
// last of n entries.
func full(n, places int) bool {
	if places < largeTable {
		return 2*n > places
	}
	return 5*n > 4*places
}

// tablePlace is where the search for a hash begins among so many places.
func tablePlace(a uint64, places int) int {
	hi, _ := mathbits.Mul64(a, uint64(places))
	return int(hi)
}

// makeTable turns the entries of a map into a table, or a table into a larger
// one.
func (m *Machine) makeTable(s *mapState) {
	size := 4 * linearKeys
	if s.table {
		if size = len(m.ents) - s.base; size < largeTable {
			size *= 2
		} else {
			size += size / 2
		}
	}
	old := m.replace(s.base, size)
	s.table = true
	tab := m.ents[s.base:]
	for _, e := range old {
		if e.a == 0 {
			continue
		}
		i := tablePlace(e.a, len(tab))
		for tab[i].a != 0 {
			if i++; i == len(tab) {
				i = 0
			}
		}
		tab[i] = e
	}
}

// replace makes m.ents[base:] n zero entries, and returns the old ones. Large
// tables are not copied aside: besides the old and the new one there is no third.
func (m *Machine) replace(base, n int) (old []entry) {
	old = m.ents[base:]
	if base+n > cap(m.ents) {
		ents := make([]entry, base+n)
		copy(ents, m.ents[:base])
		m.ents = ents
		return old
	}
	m.spare = append(m.spare[:0], old...)
	m.ents = m.ents[:base+n]
	clear(m.ents[base:])
	return m.spare
}

func (m *Machine) addToTable(s *mapState, e entry, off int64) bool {
	if full(int(s.stored), len(m.ents)-s.base) {
		m.makeTable(s)
	}
	tab := m.ents[s.base:]
	i := tablePlace(e.a, len(tab))
	for tab[i].a != 0 {
		if tab[i].a == e.a && m.sameKey(tab[i], e) {
			return m.refuseTag(DuplicateKey, off, 0)
		}
		if i++; i == len(tab) {
			i = 0
		}
	}
	tab[i] = e
	return true
}

// sameKey decides on two keys with equal first hashes.
func (m *Machine) sameKey(x, y entry) bool {
	if m.wide {
		return x.x == y.x
	}
	return m.sameTerm(int(int64(x.x)-m.base), int(int64(y.x)-m.base))
}

// fold mixes two words into one under the secrets i and i+1: a 128-bit product,
// twice.
func (p *Program) fold(i int, x, y uint64) uint64 {
	hi, lo := mathbits.Mul64(x^p.secret[i], y^p.secret[i+1])
	hi, lo = mathbits.Mul64(hi^p.secret[i+1], lo^x^p.secret[i])
	return hi ^ lo ^ y
}

// chain appends y to the sequence hashed in x.
func (p *Program) chain(x, y hash) hash {
	return hash{p.fold(0, x.a, y.a), p.fold(2, x.b, y.b)}
}

// number hashes a kind with two words, of which x has at most 56 bits.
func (m *Machine) number(kind Kind, x, y uint64) hash {
	k := uint64(kind)<<56 | x
	h := hash{a: m.p.fold(0, k, y)}
	if m.wide {
		h.b = m.p.fold(2, k, y)
	}
	return h
}

// scalarHash hashes a scalar by its value.
func (m *Machine) scalarHash(kind Kind, flags, bits uint8, num uint64, start, end int) hash {
	switch kind {
	case KindAtom:
		return m.atomHash()
	case KindFloat:
		if !m.p.zeroesDiffer && num == 1<<63 {
			num = 0
		}
		return m.number(kind, 0, num)
	case KindInteger:
		if flags&FlagBig == 0 {
			return m.number(kind, 0, num)
		}
		var digits []byte
		if flags&flagStreamed == 0 {
			digits = StripZeros(m.buf[start:end])
		}
		return m.bytesHash(kind, uint64(flags&FlagNeg)+1, flags, digits)
	case KindBinary:
		return m.bytesHash(kind, 0, flags, m.buf[start:end])
	case KindBitstring:
		if flags&flagStreamed != 0 {
			return m.bytesHash(kind, uint64(bits), flags, nil)
		}
		b := append(m.scratch[:0], m.buf[start:end]...)
		b[len(b)-1] &= 0xff << (8 - bits)
		m.scratch, m.grown = b, true
		return m.bytesHash(kind, uint64(bits), flags, b)
	case KindPid, KindPort, KindReference:
		return m.idSum(kind, start, end)
	case KindFun, KindExport:
		return m.part.sum
	}
	return m.number(kind, 0, 0) // [], {} and #{}
}

func (m *Machine) bytesHash(kind Kind, x uint64, flags uint8, b []byte) hash {
	if flags&flagStreamed != 0 {
		return m.number2(kind, x, hash{m.pay.sums[0].Sum64(), m.pay.sums[1].Sum64()})
	}
	if m.wide {
		return m.number2(kind, x, hash{maphash.Bytes(m.p.seedA, b), maphash.Bytes(m.p.seedB, b)})
	}
	// Over a slice the hash only has to find candidates.
	k := uint64(kind)<<56 | x<<40 | uint64(len(b))
	if n := len(b); n > 0 && n <= 16 {
		lo, hi := shortName(b)
		hi, lo = mathbits.Mul64(lo^m.p.secret[0], hi^m.p.secret[1]^k)
		return hash{a: hi ^ lo}
	}
	return hash{a: maphash.Bytes(m.p.seedA, b) ^ k*improperMark}
}

// number2 is number with a word of its own for each hash.
func (m *Machine) number2(kind Kind, x uint64, y hash) hash {
	k := uint64(kind)<<56 | x
	return hash{m.p.fold(0, k, y.a), m.p.fold(2, k, y.b)}
}

// idSum hashes a pid, port or reference by node, creation and numbers. Zero
// words at the end of a reference do not count: small maps of the BEAM take
// such references for the same.
func (m *Machine) idSum(kind Kind, start, end int) hash {
	_, v := splitID(m.buf[start:end])
	h := m.number2(kind, uint64(v.creation), m.atomHash())
	h = m.p.chain(h, m.number(kind, v.b, v.a)) // a port has all 64 bits of a
	for _, w := range v.words[:v.n] {
		h = m.p.chain(h, m.number(kind, 0, uint64(w)))
	}
	return h
}

// funSum hashes what identifies a fun or export in this release. For any
// release it is what all agree on, so that funs that any of them takes for the
// same are refused.
func (m *Machine) funSum(kind Kind, f *FunInfo) hash {
	if kind == KindExport {
		return m.p.chain(m.number2(kind, uint64(f.Arity), m.part.module), m.part.function)
	}
	h := m.number2(kind, uint64(f.Index), m.part.module)
	if m.p.funByOldUniq {
		h = m.p.chain(h, m.number(kind, 0, uint64(uint32(f.OldUniq))))
	}
	if m.p.funByArity {
		h = m.p.chain(h, m.number(kind, 1, uint64(f.Arity)))
		h = m.p.chain(h, m.number2(kind, 2, hash{maphash.Bytes(m.p.seedA, f.Uniq[:]), maphash.Bytes(m.p.seedB, f.Uniq[:])}))
	}
	return h
}
