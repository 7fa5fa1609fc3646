package wire

import "encoding/binary"

// shortAtom takes an atom with a length of one byte.
func (m *Machine) shortAtom(one bool) Event {
	start, end := m.pos+2, m.pos+m.arg.end
	if end > len(m.buf) {
		return m.wait(m.arg.end)
	}
	if !m.takeAtom(start, end, m.buf[m.pos] == TagSmallAtom) {
		return EvFail
	}
	if one && m.inPlain() {
		return m.endPlain(KindAtom, m.atom.flags, uint64(end-start), start, end)
	}
	m.cur.set(KindAtom, m.atom.flags, uint64(end-start), m.pos, start, end)
	return m.endHead(one)
}

// inPlain reports whether the next term is neither a key nor a tail, and nobody
// but the reader of tokens wants to know of it. Who builds or recodes reads none; what
// the rule on structs wants to see is watched, which is above clsMap.
func (m *Machine) inPlain() bool {
	return (m.top.cls < clsMap || m.top.cls == clsMap && m.top.left&1 != 0) && m.hook == nil
}

// endPlain is endHead for such a term, complete and with its head at m.pos.
func (m *Machine) endPlain(kind Kind, flags uint8, num uint64, start, end int) Event {
	t := &m.tok
	t.Kind, t.Flags, t.Bits, t.Num, t.Start, t.End = kind, flags, 0, num, start, end
	m.tokOff = m.base + int64(m.pos)
	m.pos, m.cur.quiet = end, false
	return evScalar
}

// scalar describes the scalar whose head is at m.pos. It is checked and charged already.
func (m *Machine) scalar(one bool) Event {
	end := m.pos + m.arg.end
	b := m.buf[m.pos:end]
	if b[0] == TagBinary && m.fast && m.top.cls == clsMap {
		if !m.binaryKey(m.pos+5, end) {
			return EvFail
		}
		m.pos = end
		return evScalar
	}
	kind, num, start := KindInvalid, uint64(0), end
	switch b[0] {
	case TagSmallInteger:
		kind, num = KindInteger, uint64(b[1])
	case TagInteger:
		kind, num = KindInteger, uint64(int64(int32(binary.BigEndian.Uint32(b[1:]))))
	case TagNewFloat:
		kind, num = KindFloat, binary.BigEndian.Uint64(b[1:])
	case TagNil:
		kind = KindNil
	case TagBinary:
		kind, num, start = KindBinary, uint64(len(b)-5), m.pos+5
	}
	if one && m.inPlain() {
		return m.endPlain(kind, 0, num, start, end)
	}
	m.cur.set(kind, 0, num, m.pos, start, end)
	return m.endHead(one)
}

// endHead shows the scalar in m.cur, whose head is at m.pos, to the rules on values,
// and ends it unless its payload is still to come.
func (m *Machine) endHead(one bool) Event {
	c := &m.cur
	if m.ruled && !m.visit(c.kind, c.num) {
		return EvFail
	}
	if c.flags&FlagOpen == 0 {
		if !m.endScalar(one) {
			return EvFail
		}
		return evScalar
	}
	m.pos = c.end
	if m.top.cls |= pending; !one {
		return evAgain
	}
	m.report(c.kind, c.flags, c.bits, c.num, c.head, c.start, c.end)
	return EvToken
}

// endScalar takes the scalar in m.cur as a key if it is (in) one, and reports
// it. The machine stands behind it afterwards.
func (m *Machine) endScalar(one bool) bool {
	c := &m.cur
	m.pos = c.end
	if m.building {
		m.plant(c)
	} else if m.recoding {
		m.recodeScalar(c)
	} else if m.inKey() && !m.keyScalar(c) {
		return false
	}
	if one && !c.quiet {
		m.report(c.kind, c.flags, c.bits, c.num, c.head, c.start, c.end)
	}
	return true
}

// open opens a container of n elements or pairs whose head of width bytes is at
// m.pos, where scan does not do it by itself. It answers evAgain when it did, and
// evScalar for what is complete already.
func (m *Machine) open(opens class, n int64, width int, one bool) Event {
	kind := openKind(opens)
	children, slots, cost := n, n, n+1
	switch opens {
	case clsList:
		slots, cost = n+1, 2*n
	case clsString:
		cost = 2 * n
	case clsMap:
		children, slots, cost = 2*n, 2*n, mapWords(n)
	}
	head := m.pos
	if n == 0 { // [], {} or #{}: of no depth
		if opens == clsString {
			kind = KindNil
		} else if opens == clsMap && !m.charge(cost) {
			return EvFail
		}
		m.cur = scalar{kind: kind, head: head, start: head + width, end: head + width}
		return m.endHead(one)
	}
	depth, tooLarge := int64(len(m.stack)), OK
	if m.top.cls.base() != clsImproper {
		depth++
	}
	if n >= tupleMax && (opens == clsTuple || opens == clsMap && n >= mapMax) {
		if tooLarge = MapTooLarge; opens == clsTuple {
			tooLarge = TupleTooLarge
		}
	}
	if !m.afford(int64(width), slots, depth, children, n, cost, tooLarge) {
		return EvFail
	}
	m.terms += children
	m.words += cost
	if m.ruled && !m.visit(kind, uint64(n)) {
		return EvFail
	}
	m.pos += width
	if m.recoding {
		m.recodeOpen(opens, n, head)
	}
	inKey := m.inKey()
	if opens == clsString {
		m.packed += n
		if (!one || m.whole) && !inKey && m.top.cls != clsImproper && int64(len(m.buf)-m.pos) >= n {
			m.deepest = max(m.deepest, len(m.stack)+1)
			m.cur = scalar{
				kind: KindList, flags: FlagBytes, num: uint64(n),
				head: head, start: m.pos, end: m.pos + int(n),
			}
			m.endScalar(one)
			return evScalar
		}
	}
	if one {
		m.report(kind, 0, 0, uint64(n), head, m.pos, m.pos)
	}
	m.top.cls = m.push(opens, n, children, inKey, m.base+int64(head))
	m.top.left = uint32(children)
	if one {
		return EvToken
	}
	return evAgain
}

// report sets the token.
func (m *Machine) report(kind Kind, flags, bits uint8, num uint64, head, start, end int) {
	switch m.top.cls.base() {
	case clsImproper, clsTail, clsStrEnd:
		flags |= FlagTail
	}
	t := &m.tok // field by field, see scalar.set
	t.Kind, t.Flags, t.Bits, t.Num, t.Start, t.End = kind, flags, bits, num, start, end
	m.tokOff = m.base + int64(head)
}

// push opens a container inside the top frame, or in its place if that is the
// tail of a list.
func (m *Machine) push(opens class, n, children int64, inKey bool, off int64) class {
	tailed := m.top.cls.base() == clsImproper
	if inKey {
		m.grown = true
		m.beginKeyed(opens, n, off)
	}
	if m.building {
		m.plantOpen(opens, n, children, int(off))
	}
	m.below += int64(m.top.left) - 1
	if opens == clsList {
		m.below++ // for its tail
	}
	if !tailed {
		k := len(m.stack)
		if k == cap(m.stack) {
			m.growStack()
		}
		m.stack = m.stack[:k+1]
		f := &m.stack[k] // field by field, see scalar.set
		f.left, f.cls, f.tailed, f.total = m.top.left, m.top.cls, m.top.tailed, m.top.total
		m.deepest = max(m.deepest, k+1)
	}
	if opens == clsMap {
		if n == 1 && m.ruled && m.p.structAllowed != nil {
			opens = clsMap1 | watched
		} else if n == 1 || m.trusted && (!m.recoding || m.code.ordered) {
			opens = clsMap1
		} else if !m.recoding {
			if k := len(m.maps); k == cap(m.maps) {
				m.maps, m.grown = append(m.maps, mapState{}), true
			} else {
				m.maps = m.maps[:k+1]
			}
			m.maps[len(m.maps)-1].begin(m)
			m.over += mapOver(n)
			m.inexact = m.inexact || n > flatMapMax
		}
	}
	if inKey {
		opens |= hashed
	}
	m.top.tailed, m.top.total = tailed, children
	return opens
}

// growStack makes room for a frame more.
func (m *Machine) growStack() {
	k := len(m.stack)
	m.stack = append(m.stack, frame{})[:k]
	m.depthCap = int(min(int64(cap(m.stack)), m.p.maxDepth))
	m.grown = true
}

const (
	tupleMax = 1 << 24 // elements; the documented maximum is one less
	mapMax   = 1 << 31 // pairs
	floatExp = 0x7ff << 52
)

// afford asks whether the head of width bytes at m.pos may claim what follows it:
// slots terms that take bytes, depth containers around each other, so many terms,
// elements in one container and heap words. It is the one place where these caps
// are told apart, in the order that limits.Limits tells; behind them stands what the format
// itself does not allow, and last the debt. It charges nothing.
func (m *Machine) afford(width, slots, depth, terms, arity, words int64, tooLarge Code) bool {
	p := m.p
	end := m.base + int64(m.pos) + width
	owed := m.owed() - 1 + slots
	switch {
	case owed > m.maxAbs-end:
		return m.beyond(end + owed)
	case depth > p.maxDepth:
		return m.exceed(LimitDepth, depth)
	case m.terms+terms > p.maxTerms:
		return m.exceed(LimitTerms, m.terms+terms)
	case arity > p.maxArity:
		return m.exceed(LimitArity, arity)
	case m.words+words > p.maxWords:
		return m.exceed(LimitHeapWords, m.words+words)
	case tooLarge != OK:
		return m.refuse(tooLarge)
	case owed > m.debtAbs-end:
		return m.refuse(debt)
	}
	return true
}

// visit shows a term's head to the rules on values.
func (m *Machine) visit(k Kind, num uint64) bool {
	if m.p.structAllowed != nil && !m.visitStruct(k) {
		return false
	}
	if m.hook == nil {
		return true
	}
	tail := false
	switch m.top.cls.base() {
	case clsTail, clsStrEnd, clsImproper:
		tail = true
	}
	if code := m.hook.Head(k, tail, len(m.stack), num); code != OK {
		return m.refuse(code)
	}
	return true
}

// StructKey is the key of a map that makes it a struct of Elixir: its value, an atom,
// names the module. structLow are its first bytes, as scan loads them.
const (
	StructKey = "__struct__"
	structLow = '_' | '_'<<8 | 's'<<16 | 't'<<24 | 'r'<<32 | 'u'<<40 | 'c'<<48 | 't'<<56
)

// visitStruct is the rule on structs. It has to see the key, and the value behind it;
// nothing else of a map is of interest, and scan may read it by itself.
func (m *Machine) visitStruct(k Kind) bool {
	c := m.top.cls.base()
	if c != clsMap && c != clsMap1 {
		return true
	}
	isValue := m.top.cls&watched != 0
	m.top.cls &^= watched
	switch {
	case k != KindAtom:
	case m.top.left&1 == 0:
		if string(m.atomName()) == StructKey {
			m.top.cls |= watched
		}
	case isValue && !m.p.structAllowed(m.atomName()):
		return m.refuse(RejectedStruct)
	}
	return true
}

func openKind(opens class) Kind {
	switch opens {
	case clsTuple:
		return KindTuple
	case clsMap:
		return KindMap
	}
	return KindList
}

// charge counts heap words.
func (m *Machine) charge(words int64) bool {
	m.words += words
	return m.words <= m.p.maxWords || m.exceed(LimitHeapWords, m.words)
}
