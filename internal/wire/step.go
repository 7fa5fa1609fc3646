package wire

import (
	"encoding/binary"
	"math"
)

// rare reads the heads that scan leaves to it: of rare tags, and those of others for
// which it found a reason to look closer. Fixed parts are complete: run has seen to it,
// for scan asks only for what it reads itself.
func (m *Machine) rare(tag byte) Event {
	b := m.buf[m.pos:]
	m.cur = scalar{head: m.pos, start: m.pos}
	ok := false
	switch tag {
	case TagAtom, TagAtomUTF8:
		ok = m.takeWideAtom(tag, int(binary.BigEndian.Uint16(b[1:])))
	case TagSmallBig:
		ok = m.takeBig(3, int64(b[1]))
	case TagLargeBig:
		ok = m.takeBig(6, int64(binary.BigEndian.Uint32(b[1:])))
	case TagBitBinary:
		ok = m.takeBits(int64(binary.BigEndian.Uint32(b[1:])), b[5])
	case TagNewFloat:
		ok = m.takeFloat(binary.BigEndian.Uint64(b[1:]))
	case TagFloat:
		ok = m.takeTextFloat(b[1:32])
	case TagPid, TagNewPid, TagPort, TagNewPort, TagV4Port, TagReference, TagNewReference, TagNewerReference:
		n, fits := m.takeID(tag)
		if fits {
			m.cur.end = m.pos + n
			ok = true
		}
	case TagNewFun:
		if m.beginFun(b) {
			return evAgain
		}
	case TagExport:
		if m.beginExport() {
			return evAgain
		}
	}
	if ok {
		return evScalar
	}
	if m.errCode != OK {
		return EvFail
	}
	return EvMore
}

// takeFloat reads a NEW_FLOAT_EXT that is not finite, or not affordable.
func (m *Machine) takeFloat(f uint64) bool {
	if f&floatExp == floatExp {
		return m.refuse(FloatNotFinite)
	}
	m.cur.kind, m.cur.num, m.cur.end = KindFloat, f, m.pos+int(fixed[TagNewFloat])
	return m.charge(wordsFloat)
}

// takeWideAtom reads an atom with a length of two bytes.
func (m *Machine) takeWideAtom(tag byte, n int) bool {
	if n > maxAtomBytes || tag == TagAtom && n > maxAtomChars {
		return m.refuse(AtomTooLong)
	}
	start := m.pos + 3
	if start+n > len(m.buf) {
		m.short(3 + n)
		return false
	}
	if !m.takeAtom(start, start+n, tag == TagAtom) {
		return false
	}
	m.cur = scalar{kind: KindAtom, flags: m.atom.flags, num: uint64(n), head: m.pos, start: start, end: start + n}
	return true
}

func (m *Machine) takeTextFloat(field []byte) bool {
	f, code := parseFloat(field)
	if code != OK {
		return m.refuse(code)
	}
	m.cur.kind, m.cur.num = KindFloat, math.Float64bits(f)
	if !m.charge(wordsFloat) {
		return false
	}
	m.cur.end = m.pos + int(fixed[TagFloat])
	return true
}

// step reads what stands in a special position. It works on m's fields: scan has
// stored its locals there and loads them again.
func (m *Machine) step(one bool) Event {
	switch {
	case m.pay.active:
		return m.resume()
	case m.part.stage != partNone:
		return m.nextPart(one)
	}
	switch m.top.cls.base() {
	case clsTail:
		return m.tail()
	case clsString:
		return m.element(one)
	}
	// Where a STRING_EXT ends, a list has a NIL that takes no byte.
	m.cur = scalar{kind: KindNil, head: m.pos, start: m.pos, end: m.pos}
	return m.show()
}

// show lets the rules on values see the scalar in m.cur.
func (m *Machine) show() Event {
	if !m.ruled {
		return evScalar
	}
	end := m.pos
	m.pos = m.cur.head
	if !m.visit(m.cur.kind, m.cur.num) {
		return EvFail
	}
	m.pos = end
	return evScalar
}

// start reads the version byte and looks for COMPRESSED, which may only follow
// it directly.
func (m *Machine) start() Event {
	if m.pos >= len(m.buf) {
		return m.wait(1)
	}
	if m.buf[m.pos] != Version {
		m.refuseTag(BadVersion, m.base+int64(m.pos), 0) // whatever stands there is no tag
		return EvFail
	}
	const head = 6 // version, tag, size
	if len(m.buf)-m.pos < 2 {
		return m.wait(2)
	}
	if m.buf[m.pos+1] != TagCompressed {
		m.pos++
		m.begun()
		return evAgain
	}
	if m.p.reject&Compressed != 0 {
		m.refuseAt(RejectedCompressed, m.base+int64(m.pos)+1)
		return EvFail
	}
	if len(m.buf)-m.pos < head {
		return m.wait(head)
	}
	size := int64(binary.BigEndian.Uint32(m.buf[m.pos+2:]))
	if size > m.p.maxInflated {
		m.pos++
		m.exceed(LimitInflated, size)
		return EvFail
	}
	m.tok = Token{Num: uint64(size)}
	m.pos += head
	m.begun()
	return EvCompressed
}

// begun notes that the version byte was read.
func (m *Machine) begun() {
	m.started = true
	m.top.cls &^= pending
}

// tail reads the head that stands in the tail of a list: the end, a list that
// goes on, a list of no elements whose own tail counts, or an improper tail.
func (m *Machine) tail() Event {
	if m.pos >= len(m.buf) {
		return m.wait(1)
	}
	tag := m.buf[m.pos]
	need := m.p.need[tag]
	proper := tag == TagNil || tag == TagString || tag == TagList
	if !proper && need != never && m.p.reject&ImproperList != 0 {
		m.refuse(RejectedImproperList)
		return EvFail
	}
	if need > len(m.buf)-m.pos {
		return m.waitHead(tag)
	}
	switch tag {
	case TagNil:
		return m.endOfList(1)
	case TagString:
		n := int64(binary.BigEndian.Uint16(m.buf[m.pos+1:]))
		if n == 0 {
			return m.endOfList(3)
		}
		return m.extend(clsString, n, n, 3)
	case TagList:
		n := int64(binary.BigEndian.Uint32(m.buf[m.pos+1:]))
		if n == 0 {
			return m.thinList()
		}
		return m.extend(clsList, n, n+1, 5)
	}
	if m.terms+1 > m.p.maxTerms {
		m.exceed(LimitTerms, m.terms+1)
		return EvFail
	}
	m.terms++
	if m.building {
		m.lengthen(1, true)
	} else if m.recoding {
		m.recodeImproper()
	}
	m.top.cls = m.top.cls&hashed | clsImproper
	return evAgain
}

// thinList steps over the head of a list of no elements.
func (m *Machine) thinList() Event {
	const width = 5
	if m.recoding {
		m.drop(m.pos, m.pos+width)
	}
	m.pos += width
	return evAgain
}

func (m *Machine) endOfList(width int) Event {
	if m.recoding {
		m.recodeEnd(width)
	}
	head := m.pos
	m.pos += width
	m.cur.set(KindNil, 0, 0, head, m.pos, m.pos)
	return m.show()
}

// extend goes on with n more elements in the same list.
func (m *Machine) extend(cls class, n, slots, width int64) Event {
	const noDeeper = 0 // its frame is there
	if !m.afford(width, slots, noDeeper, n, m.top.total+n, 2*n, OK) {
		return EvFail
	}
	m.terms += n
	m.words += 2 * n
	m.top.total += n
	if cls == clsList {
		m.below++ // for its tail
	}
	if m.building {
		m.lengthen(int(n), false)
	} else if m.recoding {
		m.recodeExtend(int(width))
	}
	m.top.left = uint32(n)
	m.top.cls = m.top.cls&hashed | cls
	m.pos += int(width)
	return evAgain
}

// element reads one element of a STRING_EXT, or steps over as many as there are.
func (m *Machine) element(one bool) Event {
	n := min(int(m.top.left), len(m.buf)-m.pos)
	if n == 0 {
		return m.wait(1)
	}
	if one || m.building || m.recoding || m.top.cls&hashed != 0 {
		m.cur.set(KindInteger, FlagElement, uint64(m.buf[m.pos]), m.pos, m.pos, m.pos+1)
		m.pos++
		return m.show()
	}
	m.pos += n
	m.top.left -= uint32(n)
	if m.top.left == 0 {
		m.top.cls, m.top.left = clsStrEnd, 1
	}
	return evAgain
}
