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
//	a map    the places of its keys so far
//	a fun    the place of its head
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
	// one; keys are the places of its keys. With false writing stops.
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

	places []uint32
	n      int // of places
	last   int // the place of a key that was pushed last
}

const (
	listGrew   = 1 << 31
	listHead   = 5 // bytes
	placesKeep = 16 << 10
)

// Recode appends the accepted term in b, which stands without its version byte,
// in canonical form. With false the Recoder has stopped it.
func (in *Input) Recode(p *Program, b, dst []byte, r Recoder) ([]byte, bool) {
	in.BuildSlice(p, b)
	m := &in.m
	c := &m.code
	m.recoding = true
	c.r, c.in, c.out, c.origin, c.from, c.delta, c.n, c.last = r, in, dst, len(dst), 0, 0, 0, -1
	ok := in.Run(-1) == EvDone
	if ok {
		m.copyTo(m.pos)
	}
	dst = c.out
	c.r, c.in, c.out, m.recoding = nil, nil, nil, false
	if cap(c.places) > placesKeep {
		c.places = nil
	}
	return dst, ok
}

// mark pushes the place of a key, once even if its head is read again. With
// false there is no room for it.
func (c *recoder) mark(pos int) bool {
	if place := pos + c.delta; place != c.last {
		if uint(c.n) >= uint(len(c.places)) {
			return false
		}
		c.places[c.n] = uint32(place)
		c.last = place
		c.n++
	}
	return true
}

func (c *recoder) room() bool { return c.n < len(c.places) }

// push pushes a place; there has to be room.
func (c *recoder) push(pos int) {
	c.places[c.n] = uint32(pos + c.delta)
	c.n++
}

func (c *recoder) grow() {
	c.places = append(c.places, make([]uint32, max(256, len(c.places)))...)
	c.places = c.places[:cap(c.places)]
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
			c.grow()
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
		c.grow()
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
		c.n -= int(m.top.total / 2)
		if !c.r.Map(c.out[c.origin:], c.places[c.n:c.n+int(m.top.total/2)]) {
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
	elems := c.out[at+listHead : len(c.out)-1]
	if n <= math.MaxUint16 && areBytes(elems, n) {
		c.out[at] = TagString
		binary.BigEndian.PutUint16(c.out[at+1:], uint16(n))
		for i := range int(n) {
			c.out[at+3+i] = elems[2*i+1]
		}
		c.out = c.out[:at+3+int(n)]
		c.shift()
		return
	}
	if head >= listGrew {
		c.putCount(head&^listGrew, n)
	}
}

// areBytes reports whether n canonical terms are all integers of a byte.
func areBytes(b []byte, n int64) bool {
	if int64(len(b)) != 2*n {
		return false
	}
	for i := 0; i < len(b); i += 2 {
		if b[i] != TagSmallInteger {
			return false
		}
	}
	return true
}
