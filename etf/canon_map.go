package etf

import (
	"cmp"
	"slices"
)

// pair is where a pair of a map stands in the output.
type pair struct{ at, size uint32 }

// lateMap is a map whose pairs are to be put in order at the end.
type lateMap struct {
	at    uint32 // of its head
	first uint32 // of its pairs, in their final order, in places
}

const mapHead = 5 // bytes

// Map puts the pairs of a map in order that ends with out.
func (c *canonicalizer) Map(out []byte, keys []uint32) bool {
	s, known := c.shapeOf(out, keys)
	switch {
	case known && len(s.order) == 0:
		return true
	case known:
		c.pairs = c.pairs[:0]
		for _, i := range s.order {
			c.pairs = append(c.pairs, pairAt(out, keys, int(i)))
		}
	case c.inOrder(out, keys):
		if s != nil {
			s.learn(out, keys, nil)
		}
		return !c.order.stuck
	default:
		c.sort(out, keys)
		if c.order.stuck {
			return false
		}
		if s != nil {
			s.learn(out, keys, c.pairs)
		}
	}
	first := keys[0]
	if n := len(out) - int(first); n <= c.budget && !c.isLate(first) {
		c.budget -= n
		c.move(out[first:], first)
		return true
	}
	c.late = append(c.late, lateMap{first - mapHead, uint32(len(c.places))})
	c.places = append(c.places, c.pairs...)
	return true
}

// pairAt is pair i of a map that ends with out.
func pairAt(out []byte, keys []uint32, i int) pair {
	end := uint32(len(out))
	if i+1 < len(keys) {
		end = keys[i+1]
	}
	return pair{keys[i], end - keys[i]}
}

func (c *canonicalizer) sort(out []byte, keys []uint32) {
	c.pairs = slices.Grow(c.pairs[:0], len(keys))
	for i := range keys {
		c.pairs = append(c.pairs, pairAt(out, keys, i))
	}
	slices.SortFunc(c.pairs, func(a, b pair) int { return c.order.compare(out, a.at, b.at) })
}

func (c *canonicalizer) inOrder(out []byte, keys []uint32) bool {
	for i := 1; i < len(keys); i++ {
		if c.order.compare(out, keys[i-1], keys[i]) >= 0 {
			return c.order.stuck
		}
	}
	return true
}

// isLate reports whether a map that stands behind a place, which is then inside
// the map at hand, waits for the end: what surrounds it must not be moved before.
func (c *canonicalizer) isLate(place uint32) bool {
	return len(c.late) > 0 && c.late[len(c.late)-1].at >= place
}

// move puts the pairs in the order of c.pairs. They start at the place first.
func (c *canonicalizer) move(b []byte, first uint32) {
	c.tmp = append(c.tmp[:0], b...)
	at := 0
	for _, p := range c.pairs {
		from := p.at - first
		at += copy(b[at:], c.tmp[from:from+p.size])
	}
}

// finish puts the maps in order that wait for it. The term starts at start.
func (c *canonicalizer) finish(out []byte, start int) []byte {
	if len(c.late) == 0 {
		return out
	}
	slices.SortFunc(c.late, func(a, b lateMap) int { return cmp.Compare(a.at, b.at) })
	l := later{c: c, from: out[start:], to: make([]byte, 0, len(out)-start)}
	l.run()
	return append(out[:start], l.to...)
}

// later copies a term, the maps in late in order and all else as it stands.
type later struct {
	c        *canonicalizer
	from, to []byte
	stack    []laterSpan
}

// laterSpan is a part of the term that is still to be copied: from at to end, or,
// for n > 0, n pairs of a map from place number at on.
type laterSpan struct{ at, end, n uint32 }

func (l *later) run() {
	l.stack = append(l.stack, laterSpan{0, uint32(len(l.from)), 0})
	for len(l.stack) > 0 {
		s := &l.stack[len(l.stack)-1]
		switch {
		case s.n > 0:
			p := l.c.places[s.at]
			s.at++
			if s.n--; s.n == 0 {
				l.stack = l.stack[:len(l.stack)-1]
			}
			l.stack = append(l.stack, laterSpan{p.at, p.at + p.size, 0})
		default:
			l.span(s)
		}
	}
}

// span copies as far as the next map that is late.
func (l *later) span(s *laterSpan) {
	late := l.c.late
	i, _ := slices.BinarySearchFunc(late, s.at, func(m lateMap, at uint32) int { return cmp.Compare(m.at, at) })
	if i == len(late) || late[i].at >= s.end {
		l.to = append(l.to, l.from[s.at:s.end]...)
		l.stack = l.stack[:len(l.stack)-1]
		return
	}
	at := late[i].at
	l.to = append(l.to, l.from[s.at:at+mapHead]...)
	n := be.Uint32(l.from[at+1:])
	end := at + mapHead
	for _, p := range l.c.places[late[i].first : late[i].first+n] {
		end = max(end, p.at+p.size)
	}
	s.at = end
	l.stack = append(l.stack, laterSpan{at: late[i].first, n: n})
}
