package wire

import (
	"encoding/binary"
	"math"
)

// Writing a term anew. The same machine reads a term that has been accepted once
// more, and copies it, all that stands in its canonical form in as large pieces
// as there are; for what does not it asks a Recoder. What has to be known of
// what is behind are places in the output, of which there is a stack:
//
//	a list   the place of its head; listGrew if the wire had it in pieces
//	a fun    the place of its head
//
// A map needs the places of its keys so far, unless the first reading has seen that
// all maps are in order. These have a stack of their own, of
// bytes: each is written as its distance from the one before, in the map or in
// the maps around it, which takes a byte where pairs are small.
//
// As long as nothing is written in another form than it has, output is not even
// copied: a place in the window and one in the output differ by delta.
//
//	window  [ copied                | still to copy | to read ]
//	                                from            pos
//	out     [ before | term so far  ]
//	                 origin

// Recoder writes what is not in canonical form, for [Input.Recode].
type Recoder interface {
	// Scalar appends the token at hand of in: one without children, or the head
	// of a fun, whose size is filled in later.
	Scalar(dst []byte, in *Input) []byte
	// Map puts the pairs of a map in order. The output so far ends with its last
	// one; keys are the places of its keys, for the Recoder to use as it likes. With
	// false writing stops.
	Map(out []byte, keys []uint32) bool
}

// RecodeMax is the longest term that can be written anew: places take 31 bits,
// and no term gets more than twice as long.
const RecodeMax = 1<<30 - 1

// recoder is the state of a Machine that writes a term anew.
type recoder struct {
	r      Recoder
	in     *Input
	out    []byte
	origin int
	from   int
	delta  int

	terms   int64 // of all of the term, which is known
	deepest int
	ordered bool // all pairs of maps stand in order already

	places []uint32 // of lists and funs
	n      int      // of places

	keys  []byte   // of open maps, see mark
	nkeys int      // of these bytes
	last  int      // the place of the last of the keys, or one before that of the first
	order []uint32 // room for the keys of a map that is complete
}

const (
	listGrew   = 1 << 31
	listHead   = 5 // bytes
	listBytes  = 6 // of a list at least
	placesKeep = 16 << 10
)

// Recode appends the term in b, which in has just accepted and which stands
// without its version byte, in canonical form. With false the Recoder has stopped it.
func (in *Input) Recode(p *Program, b, dst []byte, r Recoder) ([]byte, bool) {
	m := &in.m
	c := &m.code
	stack := m.stack // deep enough, and not to be made again
	c.terms, c.deepest, c.ordered = m.terms, m.deepest, !m.unordered
	in.BuildSlice(p, b)
	m.stack, m.depthCap, m.grown = stack[:0], int(min(int64(cap(stack)), p.maxDepth)), true
	m.recoding = true
	c.r, c.in, c.out, c.origin, c.from, c.delta, c.n, c.nkeys, c.last = r, in, dst, len(dst), 0, 0, 0, 0, 0
	ok := in.Run(-1) == EvDone
	if ok {
		m.copyTo(m.pos)
	}
	dst = c.out
	c.r, c.in, c.out, m.recoding = nil, nil, nil, false
	c.places, c.order, c.keys = keepSmall(c.places), keepSmall(c.order), keepSmall(c.keys)
	return dst, ok
}

// keepSmall keeps what a reused Machine may keep; all of it is in use.
func keepSmall[T any](s []T) []T {
	if cap(s) > placesKeep {
		return nil
	}
	return s
}

// mark pushes the place of a key, once even if its head is read again. With
// false it is left to markFar.
func (c *recoder) mark(pos int) bool {
	d := uint(pos + c.delta - c.last)
	if d-1 >= farKey-1 || uint(c.nkeys) >= uint(len(c.keys)) {
		return d == 0
	}
	c.keys[c.nkeys] = byte(d)
	c.nkeys++
	c.last += int(d)
	return true
}

// A distance of farKey or more takes several bytes, highest first, of which all
// but the last have this bit: they are read from behind.
const (
	farKey    = 0x80
	farBytes  = 5 // of a distance at most
	pairBytes = 3 // of a pair at least, but for that of []
)

// markFar pushes the place of a key where mark has no room, or not enough.
func (m *Machine) markFar() {
	c := &m.code
	if len(c.keys) < c.nkeys+farBytes {
		m.growKeys()
	}
	d := m.pos + c.delta - c.last
	c.last += d
	shift := 0
	for d>>shift >= farKey {
		shift += 7
	}
	for ; shift >= 0; shift -= 7 {
		b := byte(d>>shift) | farKey
		if shift == 0 {
			b &^= farKey
		}
		c.keys[c.nkeys] = b
		c.nkeys++
	}
}

// popKeys pops the places of the n keys of the innermost map.
func (m *Machine) popKeys(n int) []uint32 {
	c := &m.code
	if n > len(c.order) {
		c.order = make([]uint32, max(256, n, min(2*len(c.order), len(m.buf)/(2*pairBytes))))
	}
	keys := c.order[:n]
	b, place := c.keys[:c.nkeys], uint32(c.last)
	for i := len(keys) - 1; i >= 0; i-- {
		keys[i] = place
		k := len(b) - 1
		d := uint32(b[k])
		if b = b[:k]; k > 0 && b[k-1] >= farKey {
			b, d = popFar(b, d)
		}
		place -= d
	}
	if c.nkeys, c.last = len(b), int(place); c.nkeys == 0 {
		c.last = len(c.out) - c.origin // the next key is not far from there
	}
	return keys
}

// popFar pops the rest of a distance that ends with d.
func popFar(b []byte, d uint32) ([]byte, uint32) {
	k := len(b)
	for shift := 7; k > 0 && b[k-1] >= farKey; shift += 7 {
		k--
		d |= uint32(b[k]&^farKey) << shift
	}
	return b[:k], d
}

func (c *recoder) room() bool { return c.n < len(c.places) }

// push pushes a place; there has to be room.
func (c *recoder) push(pos int) {
	c.places[c.n] = uint32(pos + c.delta)
	c.n++
}

// growPlaces makes room for as many places as there can be.
func (m *Machine) growPlaces() {
	c := &m.code
	c.places = longer(c.places, min(c.deepest, (len(m.buf)-m.pos)/listBytes))
}

// growKeys doubles the room for keys, or makes it for those of the map at hand.
// Once it is a part of the term, it is made for as many keys as there can be, and
// not again.
func (m *Machine) growKeys() {
	c := &m.code
	more := max(len(c.keys), int(m.top.left/2))
	if rest := len(m.buf) - m.pos; len(c.keys) > len(m.buf)/32 {
		more = min(rest/pairBytes, int(c.terms-m.terms+m.owed())/2) + rest/farKey
	}
	c.keys = longer(c.keys, more)
}

func longer[T any](s []T, n int) []T {
	grown := make([]T, len(s)+max(256, n))
	copy(grown, s)
	return grown
}

// plainList closes a list of total elements whose end is at pos, unless it has
// to be looked at: it came in pieces, or its elements may all be bytes.
func (c *recoder) plainList(pos int, total int64) bool {
	head := c.places[c.n-1]
	if head >= listGrew || int64(pos+c.delta-int(head)-listHead) == 2*total {
		return false
	}
	c.n--
	return true
}

// copyTo copies the window up to pos.
func (m *Machine) copyTo(pos int) {
	m.code.out = append(m.code.out, m.buf[m.code.from:pos]...)
	m.code.from = pos
}

// drop leaves out what stands in the window between two places.
func (m *Machine) drop(from, to int) {
	m.copyTo(from)
	m.code.from = to
	m.code.shift()
}

// shift has to follow when output was appended or cut.
func (c *recoder) shift() { c.delta = len(c.out) - c.origin - c.from }

func (c *recoder) put(b ...byte) {
	c.out = append(c.out, b...)
	c.shift()
}

// isCanonical reports whether the scalar is in the form that it has in the end,
// as far as its tag tells.
func (m *Machine) isCanonical(c *scalar) bool {
	switch m.buf[c.head] {
	case TagSmallInteger, TagNewFloat, TagNil, TagBinary, TagSmallAtomUTF8, TagSmallTuple, TagMap:
		return true
	case TagInteger:
		return c.num > math.MaxUint8
	case TagString:
		return c.kind == KindList
	case TagAtomUTF8:
		return c.num > math.MaxUint8
	}
	return false
}

// recodeScalar writes the scalar in m.cur if it has another form. The machine
// stands behind it.
func (m *Machine) recodeScalar(c *scalar) {
	if c.kind == KindNil && m.inTail() {
		return // see recodeClose
	}
	if c.flags&FlagElement != 0 {
		m.drop(c.head, c.end)
		m.code.put(TagSmallInteger, byte(c.num))
		return
	}
	if m.isCanonical(c) {
		return
	}
	if c.kind == KindAtom && c.flags == 0 && c.end-c.start <= math.MaxUint8 { // another head is all it takes
		m.drop(c.head, c.start)
		m.code.put(TagSmallAtomUTF8, byte(c.end-c.start))
		return
	}
	m.report(c.kind, c.flags, c.bits, c.num, c.head, c.start, c.end)
	m.rewrite(c.head, c.end)
}

// rewrite has the Recoder write the token at hand in place of part of the
// window.
func (m *Machine) rewrite(head, end int) {
	m.drop(head, end)
	m.code.out = m.code.r.Scalar(m.code.out, m.code.in)
	m.code.shift()
}

// recodeOpen writes the head of a container that is to be opened.
func (m *Machine) recodeOpen(opens class, n int64, head int) {
	c := &m.code
	switch opens {
	case clsList:
		if !c.room() {
			m.growPlaces()
		}
		c.push(head)
	case clsTuple:
		if short := n <= math.MaxUint8; short && m.buf[head] != TagSmallTuple {
			m.drop(head, m.pos)
			c.put(TagSmallTuple, byte(n))
		}
	}
}

// recodeFun writes the head of the fun at hand, which has free variables.
func (m *Machine) recodeFun() {
	c := &m.code
	if !c.room() {
		m.growPlaces()
	}
	c.push(m.cur.head)
	m.rewrite(m.cur.head, m.pos)
}

// recodeExtend leaves out the head of a further piece of the list at hand.
func (m *Machine) recodeExtend(width int) {
	m.drop(m.pos, m.pos+width)
	m.code.places[m.code.n-1] |= listGrew
}

// recodeEnd writes the end of a list that an empty STRING_EXT of this width may
// stand for.
func (m *Machine) recodeEnd(width int) {
	if width > 1 {
		m.drop(m.pos, m.pos+width)
		m.code.put(TagNil)
	}
}

// recodeImproper ends the elements of a list with an improper tail.
func (m *Machine) recodeImproper() {
	c := &m.code
	c.n--
	if head := c.places[c.n]; head >= listGrew {
		c.putCount(head&^listGrew, m.top.total)
	}
}

func (c *recoder) putCount(head uint32, n int64) {
	binary.BigEndian.PutUint32(c.out[c.origin+int(head)+1:], uint32(n))
}

// recodeClose completes the top frame.
func (m *Machine) recodeClose(cls class) bool {
	c := &m.code
	switch cls {
	case clsTail:
		m.copyTo(m.pos)
		c.closeList(m.top.total)
	case clsStrEnd: // it ends without a byte
		m.copyTo(m.pos)
		c.put(TagNil)
		c.closeList(m.top.total)
	case clsFun:
		m.copyTo(m.pos)
		c.n--
		head := c.places[c.n]
		c.putCount(head, int64(len(c.out)-c.origin-int(head)-1))
	case clsMap:
		m.copyTo(m.pos)
		if keys := m.popKeys(int(m.top.total / 2)); !c.r.Map(c.out[c.origin:], keys) {
			return m.refuse(LimitBuffered) // nobody asks why
		}
	}
	return true
}

// closeList completes a proper list: as a STRING_EXT if it is one of bytes.
func (c *recoder) closeList(n int64) {
	c.n--
	head := c.places[c.n]
	at := c.origin + int(head&^listGrew)
	if b, ok := ShortenBytes(c.out[:len(c.out)-1], at, n); ok {
		c.out = b
		c.shift()
		return
	}
	if head >= listGrew {
		c.putCount(head&^listGrew, n)
	}
}

// ShortenBytes writes the list of n canonical elements at the end of b, whose head
// is at start, as the STRING_EXT that a BEAM makes of it if all of them are integers
// of a byte and there are at most 65,535. Else it is not ok, and b is as it was.
func ShortenBytes(b []byte, start int, n int64) ([]byte, bool) {
	elems := b[start+listHead:]
	// As many bytes as small integers would take: if one stands where each begins,
	// there is nothing else.
	if n > math.MaxUint16 || int64(len(elems)) != 2*n {
		return b, false
	}
	for i := 0; i < len(elems); i += 2 {
		if elems[i] != TagSmallInteger {
			return b, false
		}
	}
	b[start] = TagString
	binary.BigEndian.PutUint16(b[start+1:], uint16(n))
	for i := range int(n) {
		b[start+3+i] = elems[2*i+1]
	}
	return b[:start+3+int(n)], true
}
