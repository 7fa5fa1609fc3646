package wire

import (
	"encoding/binary"
)

// A fun or an export has parts that are terms on the wire but not in the term:
// names, integers and a pid. The BEAM decodes some of them by recursion on its C
// stack, whatever they are; here each has to be what it is meant to be.

type stage uint8

const (
	partNone stage = iota
	partExportModule
	partExportFunction
	partExportArity
	partFunModule
	partFunIndex
	partFunUniq
	partFunCreator
)

// part is a fun or export that is being read.
type part struct {
	stage stage
	inKey bool
	off   int64 // of the head
	free  int64
	fun   FunInfo

	// An integer part in SMALL_BIG or LARGE_BIG form.
	big     bool
	bigNeg  bool
	bigLeft int64
	bigAt   int64
	low     uint64

	module, function hash
	sum              hash   // of what identifies it as a key
	buf              []byte // behind the slices of fun
}

// FunInfo is what a fun or an export says of itself. Names are in UTF-8.
type FunInfo struct {
	Module, Function []byte
	Arity            uint8
	Uniq             [16]byte
	Index            uint32
	OldIndex         int64
	OldUniq          int64
	Creator          []byte // the pid as it stands on the wire
	Free             int
}

// beginFun reads the fixed part of a NEW_FUN_EXT. The size field is ignored, as
// OTP does, since senders wrote it wrong.
func (m *Machine) beginFun(b []byte) bool {
	const head = 30
	free := int64(binary.BigEndian.Uint32(b[26:]))
	slots := 4 + free // module, index, uniq, creator
	words, exact := m.p.cost.fun(free)
	depth := int64(len(m.stack))
	if free > 0 && m.top.cls.base() != clsImproper {
		depth++
	}
	tooLarge := OK
	if free > 255 {
		tooLarge = FunFreeCount
	}
	if !m.afford(head, slots, depth, free, free, words, tooLarge) {
		return false
	}
	m.terms += free
	m.payBytes++ // for all that matters: the tree needs them
	m.words += words
	m.inexact = m.inexact || !exact
	m.below += slots // its own stays owed until the parts are read
	m.part = part{stage: partFunModule, buf: m.part.buf[:0], off: m.base + int64(m.pos), free: free, inKey: m.inKey()}
	f := &m.part.fun
	f.Arity, f.Index, f.Free = b[5], binary.BigEndian.Uint32(b[22:]), int(free)
	copy(f.Uniq[:], b[6:22])
	m.pos += head
	m.top.cls |= pending
	return true
}

func (m *Machine) beginExport() bool {
	const head, slots = 1, 3
	words, exact := m.p.cost.export()
	if !m.afford(head, slots, 0, 0, 0, words, OK) { // no container, and its term is paid for
		return false
	}
	m.words += words
	m.payBytes++
	m.inexact = m.inexact || !exact
	m.below += slots
	m.part = part{stage: partExportModule, buf: m.part.buf[:0], off: m.base + int64(m.pos), inKey: m.inKey()}
	m.pos += head
	m.top.cls |= pending
	return true
}

// nextPart reads one part. The last one completes the export or fun, or opens
// the container of its free variables.
func (m *Machine) nextPart(one bool) Event {
	ok := false
	switch m.part.stage {
	case partExportModule, partExportFunction, partFunModule:
		ok = m.namePart()
	case partExportArity, partFunIndex, partFunUniq:
		ok = m.integerPart()
	case partFunCreator:
		ok = m.creatorPart()
	}
	if !ok {
		if m.errCode != OK {
			return EvFail
		}
		return EvMore
	}
	m.below--
	if m.part.stage != partExportArity && m.part.stage != partFunCreator {
		m.part.stage++
		return evAgain
	}
	return m.endParts(one)
}

func (m *Machine) endParts(one bool) Event {
	pt := &m.part
	kind := KindExport
	if pt.stage == partFunCreator {
		kind = KindFun
	}
	pt.stage = partNone
	m.top.cls &^= pending
	m.cur = scalar{kind: kind, num: uint64(pt.free), head: int(pt.off - m.base), start: m.pos, end: m.pos}
	if pt.inKey {
		pt.sum = m.funSum(kind, &pt.fun)
	}
	if ev := m.show(); ev != evScalar || pt.free == 0 {
		return ev
	}
	m.report(kind, 0, 0, uint64(pt.free), m.cur.head, m.pos, m.pos)
	if m.recoding {
		m.recodeFun()
	}
	m.below -= pt.free // they are owed by their frame from here on
	m.top.cls = m.push(clsFun, pt.free, pt.free, pt.inKey, pt.off)
	m.top.left = uint32(pt.free)
	if one {
		return EvToken
	}
	return evAgain
}

// namePart reads a module or function name: an atom and nothing else.
func (m *Machine) namePart() bool {
	size, ok := m.nodeName(0)
	if !ok {
		return false
	}
	tag := m.buf[m.pos]
	width := nameWidth(tag)
	if !m.takeAtom(m.pos+width, m.pos+size, tag == TagSmallAtom || tag == TagAtom) {
		return false
	}
	pt := &m.part
	if pt.stage == partExportFunction {
		pt.fun.Function, pt.function = pt.keep(m.atomName()), m.atomHash()
	} else {
		pt.fun.Module, pt.module = pt.keep(m.atomName()), m.atomHash()
	}
	m.pos += size
	return true
}

// keep copies b out of the window.
func (pt *part) keep(b []byte) []byte {
	at := len(pt.buf)
	pt.buf = append(pt.buf, b...)
	return pt.buf[at:len(pt.buf):len(pt.buf)]
}

// integerPart reads an arity, old index or old uniq: directly as one of the
// integer tags, and small once its zero digits are gone.
func (m *Machine) integerPart() bool {
	pt := &m.part
	if pt.big {
		return m.bigPart()
	}
	if m.pos >= len(m.buf) {
		m.short(1)
		return false
	}
	b := m.buf[m.pos:]
	bad := FunField
	if pt.stage == partExportArity {
		bad = ExportField
	}
	tag := b[0]
	if m.p.need[tag] == never {
		return m.refuse(m.p.code[tag])
	}
	isInt := tag == TagSmallInteger || tag == TagInteger || tag == TagSmallBig || tag == TagLargeBig
	if m.p.strictFunInts && isInt {
		isInt = tag == TagSmallInteger || tag == TagInteger && pt.stage != partExportArity
	}
	if !isInt {
		return m.refuse(bad)
	}
	if n := m.p.need[tag]; len(b) < n {
		m.short(n)
		return false
	}
	switch tag {
	case TagSmallInteger:
		m.pos += 2
		return m.setField(int64(b[1]))
	case TagInteger:
		v := int64(int32(binary.BigEndian.Uint32(b[1:])))
		if pt.stage == partExportArity && uint64(v) > 255 {
			return m.refuse(ExportArity)
		}
		m.pos += 5
		return m.setField(v)
	}
	width, n := int64(3), int64(b[1])
	if tag == TagLargeBig {
		width, n = 6, int64(binary.BigEndian.Uint32(b[1:]))
	}
	end := m.base + int64(m.pos) + width + n
	switch {
	case end > m.maxAbs:
		return m.beyond(end)
	case n > m.p.maxBig:
		return m.exceed(LimitBigBytes, n)
	case n > m.p.maxBigDigits:
		return m.refuse(BigTooLarge)
	}
	// The node sizes the digits although they end up in no heap.
	sized := 1 + words8(n) + (width-3)/3
	m.over += sized
	if !m.charge(sized) {
		return false
	}
	pt.big, pt.bigNeg, pt.bigLeft, pt.bigAt, pt.low = true, b[width-1] != 0, n, 0, 0
	m.pos += int(width)
	return m.bigPart()
}

// bigPart takes the digits of an integer part that the window has.
func (m *Machine) bigPart() bool {
	pt := &m.part
	bad, tag := FunField, byte(TagNewFun)
	if pt.stage == partExportArity {
		bad, tag = ExportArity, TagExport
	}
	for ; pt.bigLeft > 0; pt.bigLeft-- {
		if m.pos >= len(m.buf) {
			m.short(1)
			return false
		}
		c := m.buf[m.pos]
		if pt.bigAt < 8 {
			pt.low |= uint64(c) << (8 * pt.bigAt)
		} else if c != 0 {
			return m.refuseTag(bad, pt.off, tag)
		}
		pt.bigAt++
		m.pos++
	}
	pt.big = false
	v := int64(pt.low)
	if pt.bigNeg {
		v = -v
	}
	if pt.low > 1<<59 || v > maxSmall || v < minSmall {
		return m.refuseTag(bad, pt.off, tag)
	}
	if pt.stage == partExportArity && uint64(v) > 255 {
		return m.refuseTag(bad, pt.off, tag)
	}
	return m.setField(v)
}

func (m *Machine) setField(v int64) bool {
	switch m.part.stage {
	case partExportArity:
		m.part.fun.Arity = uint8(v)
	case partFunIndex:
		m.part.fun.OldIndex = v
	case partFunUniq:
		m.part.fun.OldUniq = v
	}
	return true
}

// creatorPart reads the creator: a pid, whether pids are refused elsewhere or
// not.
func (m *Machine) creatorPart() bool {
	if m.pos >= len(m.buf) {
		m.short(1)
		return false
	}
	tag := m.buf[m.pos]
	if m.p.need[tag] == never && m.p.code[tag] != RejectedPid {
		return m.refuse(m.p.code[tag])
	}
	if tag != TagPid && tag != TagNewPid {
		return m.refuse(FunCreator)
	}
	n, ok := m.takeID(tag)
	if !ok {
		return false
	}
	m.part.fun.Creator = m.part.keep(m.buf[m.pos : m.pos+n])
	m.pos += n
	return true
}
