package gen

// Role is the place of a term in what holds it.
type Role uint8

// The roles.
const (
	Top     Role = iota
	Element      // of a tuple or list, or a free variable
	Tail         // of a list
	Key
	Value
	Part // a name, an integer or the creator inside an id, fun or export
)

// Span is where a term stands in the bytes.
type Span struct {
	Start, End int
	Head       int // bytes in front of the first child, or of the payload
	Tag        byte
	Role       Role
	Count      int // elements of a tuple or list, pairs of a map, free variables
	Parent     int // index of the span around it, -1 for the outermost
}

// scanNesting bounds the recursion of Scan; deeper terms are not looked into.
const scanNesting = 2000

// Scan finds the terms of a payload, in the order in which they start, and says
// whether it is whole. Of a damaged one it finds what it can. It knows where
// things stand and not what is allowed.
//
// Compressed payloads hold no terms that could be seen.
func Scan(payload []byte, into []Span) (spans []Span, ok bool) {
	s := scanner{b: payload, pos: 1, spans: into[:0]}
	if len(payload) == 0 || payload[0] != 131 {
		return s.spans, false
	}
	ok = s.term(Top, -1, 0)
	return s.spans, ok
}

type scanner struct {
	b     []byte
	pos   int
	spans []Span
}

// uint reads a number of n bytes at the offset off of the term at hand.
func (s *scanner) uint(at, n int) (v int, ok bool) {
	if at+n > len(s.b) {
		return 0, false
	}
	for _, c := range s.b[at : at+n] {
		v = v<<8 | int(c)
	}
	return v, true
}

// shapes of heads: bytes of the count or length, and bytes behind it.
var heads = [256]struct{ width, more int }{
	104: {1, 0}, 105: {4, 0}, 108: {4, 0}, 116: {4, 0},
	107: {2, 0}, 109: {4, 0}, 77: {4, 1}, 110: {1, 1}, 111: {4, 1},
	100: {2, 0}, 118: {2, 0}, 115: {1, 0}, 119: {1, 0},
}

var fixedSize = [256]int{97: 2, 98: 5, 70: 9, 99: 32, 106: 1}

// idTail is what follows the node of an id, without the words of references.
var idTail = [256]int{103: 9, 88: 12, 102: 5, 89: 8, 120: 12, 101: 5, 114: 1, 90: 4}

func (s *scanner) term(role Role, parent, nest int) bool {
	if s.pos >= len(s.b) || nest > scanNesting {
		return false
	}
	at, tag := s.pos, s.b[s.pos]
	me := len(s.spans)
	s.spans = append(s.spans, Span{Start: at, Tag: tag, Role: role, Parent: parent})
	if !s.inside(me, nest) || s.pos > len(s.b) {
		s.spans[me].End = min(s.pos, len(s.b))
		return false
	}
	s.spans[me].End = s.pos
	return true
}

// inside reads what follows the tag of span me.
func (s *scanner) inside(me, nest int) bool {
	at, tag := s.pos, s.b[s.pos]
	if n := fixedSize[tag]; n > 0 {
		s.spans[me].Head = n
		s.pos += n
		return true
	}
	if h := heads[tag]; h.width > 0 {
		n, ok := s.uint(at+1, h.width)
		if !ok {
			return false
		}
		head := 1 + h.width + h.more
		s.spans[me].Head, s.spans[me].Count = head, n
		s.pos += head
		switch tag {
		case 104, 105:
			return s.terms(n, Element, me, nest)
		case 108:
			return s.terms(n, Element, me, nest) && s.term(Tail, me, nest+1)
		case 116:
			return s.pairs(n, me, nest)
		}
		s.spans[me].Count = 0
		s.pos += n
		return s.pos <= len(s.b)
	}
	switch tag {
	case 112:
		return s.fun(me, nest)
	case 113:
		s.spans[me].Head = 1
		s.pos++
		return s.terms(3, Part, me, nest)
	}
	return s.id(me, nest)
}

func (s *scanner) terms(n int, role Role, me, nest int) bool {
	for range n {
		if !s.term(role, me, nest+1) {
			return false
		}
	}
	return true
}

func (s *scanner) pairs(n, me, nest int) bool {
	for range n {
		if !s.term(Key, me, nest+1) || !s.term(Value, me, nest+1) {
			return false
		}
	}
	return true
}

func (s *scanner) fun(me, nest int) bool {
	free, ok := s.uint(s.pos+26, 4)
	if !ok {
		return false
	}
	s.spans[me].Head, s.spans[me].Count = 30, free
	s.pos += 30
	return s.terms(4, Part, me, nest) && s.terms(free, Element, me, nest)
}

func (s *scanner) id(me, nest int) bool {
	tag := s.b[s.pos]
	tail := idTail[tag]
	if tail == 0 {
		return false
	}
	head := 1
	if tag == 90 || tag == 114 {
		words, ok := s.uint(s.pos+1, 2)
		if !ok {
			return false
		}
		head, tail = 3, tail+4*words
	}
	s.spans[me].Head = head
	s.pos += head
	if !s.term(Part, me, nest+1) {
		return false
	}
	s.pos += tail
	return s.pos <= len(s.b)
}
