package wire

import "encoding/binary"

// id is a pid, port or reference, decoded.
type id struct {
	creation uint32
	a, b     uint64 // number and serial, or number of a port
	words    [5]uint32
	n        int // words of a reference
}

// takeID reads the pid, port or reference at m.pos as one piece, and returns
// its length. With false the machine has failed or wants more bytes.
func (m *Machine) takeID(tag byte) (int, bool) {
	b := m.buf[m.pos:]
	node, words := 1, 0
	if tag == TagNewReference || tag == TagNewerReference {
		node, words = 3, int(binary.BigEndian.Uint16(b[1:]))
		if words == 0 {
			return 0, m.refuse(ReferenceEmpty)
		}
		if words > 5 {
			return 0, m.refuse(ReferenceWords)
		}
	}
	size, ok := m.nodeName(node)
	if !ok {
		return 0, false
	}
	rest := idSize[tag] + 4*words
	total := node + size + rest
	if total > len(b) {
		m.short(total)
		return 0, false
	}
	start := m.pos + node
	latin1 := b[node] == TagSmallAtom || b[node] == TagAtom
	if !m.takeAtom(start+nameWidth(b[node]), start+size, latin1) {
		return 0, false
	}
	kind := idKind(tag)
	if m.p.nodeAllowed != nil && !m.p.nodeAllowed(m.atomName()) {
		return 0, m.refuse(RejectedNode)
	}
	if !m.checkID(kind, tag, parseID(tag, b[node+size:total], words)) {
		return 0, false
	}
	m.payBytes += int64(total)
	m.cur = scalar{kind: kind, num: uint64(total), head: m.pos, start: m.pos}
	return total, true
}

// idSize is the length of an id behind its node, words of references apart.
var idSize = [256]int{
	TagPid: 9, TagNewPid: 12,
	TagPort: 5, TagNewPort: 8, TagV4Port: 12,
	TagReference: 5, TagNewReference: 1, TagNewerReference: 4,
}

func idKind(tag byte) Kind {
	switch tag {
	case TagPid, TagNewPid:
		return KindPid
	case TagPort, TagNewPort, TagV4Port:
		return KindPort
	}
	return KindReference
}

// parseID reads what follows the node of an id.
func parseID(tag byte, b []byte, words int) (v id) {
	be32 := binary.BigEndian.Uint32
	switch tag {
	case TagPid, TagNewPid:
		v.a, v.b = uint64(be32(b)), uint64(be32(b[4:]))
		b = b[8:]
	case TagPort, TagNewPort:
		v.a = uint64(be32(b))
		b = b[4:]
	case TagV4Port:
		v.a = binary.BigEndian.Uint64(b)
		b = b[8:]
	case TagReference:
		v.n, v.words[0] = 1, be32(b)
		b = b[4:]
	}
	if shortCreation(tag) {
		v.creation = uint32(b[0])
		b = b[1:]
	} else {
		v.creation = be32(b)
		b = b[4:]
	}
	for ; v.n < words; v.n++ {
		v.words[v.n] = be32(b[4*v.n:])
	}
	return v
}

// splitID parts the whole encoding of an accepted id into its node, an atom with
// its head, and the rest. Zero words at the end of a reference are dropped.
func splitID(b []byte) (node []byte, v id) {
	at, words := 1, 0
	if b[0] == TagNewReference || b[0] == TagNewerReference {
		at, words = 3, int(b[2])
	}
	end := at + nameWidth(b[at]) + int(b[at+1])
	if nameWidth(b[at]) == 3 {
		end = at + 3 + int(binary.BigEndian.Uint16(b[at+1:]))
	}
	v = parseID(b[0], b[end:], words)
	for v.n > 1 && v.words[v.n-1] == 0 {
		v.n--
	}
	return b[at:end], v
}

// shortCreation tells the older encodings, with a creation of two bits.
func shortCreation(tag byte) bool {
	return tag == TagPid || tag == TagPort || tag == TagReference || tag == TagNewReference
}

const (
	maxShortCreation = 3
	ownPortMax       = 1<<28 - 1
	refWordMax       = 1<<18 - 1
	ownRefWords      = 3
)

// checkID applies the range rules, and charges. An id of the receiving node is
// looked up or made an immediate there, so its parts must fit; of another node
// they may be anything. If the receiving node is unknown, every id may be its.
func (m *Machine) checkID(kind Kind, tag byte, v id) bool {
	p := m.p
	if shortCreation(tag) && v.creation > maxShortCreation {
		return m.refuse(CreationInvalid)
	}
	own := p.hasNode && v.creation == p.creation && string(m.atomName()) == p.node
	strict := own || !p.hasNode
	words, flat := int64(wordsID), int64(wordsID)
	if own {
		flat = 0
	}
	switch kind {
	case KindPid:
		if strict && (v.a > uint64(p.pidNumberMax) || v.b > uint64(p.pidSerialMax)) {
			return m.refuse(PidRange)
		}
	case KindPort:
		if strict && v.a > ownPortMax {
			return m.refuse(PortRange)
		}
	case KindReference:
		if (strict || tag != TagNewerReference) && v.words[0] > refWordMax {
			return m.refuse(ReferenceRange)
		}
		if strict && v.n > ownRefWords {
			return m.refuse(ReferenceRange)
		}
		if v.n == 1 && p.strictRefKeys && m.inKey() {
			return m.refuse(AmbiguousKey)
		}
		if v.n > ownRefWords && p.shortRefHash && m.inLargeKey() && v.significant() > ownRefWords {
			return m.refuse(AmbiguousKey)
		}
		words += int64(v.n / 2)
		if flat = words; own {
			flat = wordsOwnRef
		}
	}
	if m.part.stage == partFunCreator {
		var exact bool
		if words, exact = p.cost.creator(); words == 0 {
			flat = 0
		}
		m.inexact = m.inexact || !exact
	}
	m.over += words - flat
	return m.charge(words)
}

// significant is how many words of a reference there are without the zeros at
// their end.
func (v id) significant() int {
	n := v.n
	for n > 1 && v.words[n-1] == 0 {
		n--
	}
	return n
}

// inLargeKey reports whether the next term is (in) a key of a map that OTP makes a
// hash table. OTP 25 hashes three words of a reference: keys that differ only
// behind them collide on every level, which its node does not survive. Beyond some
// levels of containers in keys the answer is yes without a look.
func (m *Machine) inLargeKey() bool {
	const far = 64
	f := m.top
	for i := len(m.stack); i > 0; i-- {
		if f.cls.base() == clsMap && f.left&1 == 0 && f.total > 2*flatMapMax {
			return true
		}
		if f.cls&hashed == 0 {
			return false
		}
		if len(m.stack)-i >= far {
			return true
		}
		f = m.stack[i-1]
	}
	return false
}

// nodeName checks that an atom starts at m.pos+off and returns its whole length.
// Nothing else may stand for the name of a node, module or function.
func (m *Machine) nodeName(off int) (int, bool) {
	b := m.buf[m.pos:]
	if len(b) <= off {
		m.short(off + 1)
		return 0, false
	}
	if m.p.need[b[off]] == never {
		return 0, m.refuseAt(m.p.code[b[off]], m.base+int64(m.pos+off))
	}
	width := nameWidth(b[off])
	if width == 0 {
		return 0, m.refuse(NodeNotAtom)
	}
	if len(b) < off+width {
		m.short(off + width)
		return 0, false
	}
	n := int(b[off+1])
	if width == 3 {
		n = int(binary.BigEndian.Uint16(b[off+1:]))
		if n > maxAtomBytes || b[off] == TagAtom && n > maxAtomChars {
			return 0, m.refuse(AtomTooLong)
		}
	}
	if len(b) < off+width+n {
		m.short(off + width + n)
		return 0, false
	}
	return width + n, true
}

// nameWidth is the length of an atom's head, 0 for what is no atom.
func nameWidth(tag byte) int {
	switch tag {
	case TagSmallAtom, TagSmallAtomUTF8:
		return 2
	case TagAtom, TagAtomUTF8:
		return 3
	}
	return 0
}
