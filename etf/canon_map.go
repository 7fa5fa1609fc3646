package etf

import (
	"slices"

	"github.com/beamgate/beamgate/internal/wire"
)

// shift is a place in the output, above, and by how much more than what is before
// it moves what is behind it, modulo 2³², below. A map that is put off has one
// for each pair and one for its end.
type shift uint64

func newShift(at, by uint32) shift { return shift(at)<<32 | shift(by) }

func (s shift) at() uint32 { return uint32(s >> 32) }

// Map puts the pairs of a map in order that ends with out.
func (c *canonicalizer) Map(out []byte, keys []uint32) bool {
	if c.plainlyInOrder(out, keys) {
		return true
	}
	first := keys[0]
	s, known := c.shapeOf(out, keys)
	switch {
	case known:
		c.perm = c.perm[:0]
		for _, i := range s.order {
			c.perm = append(c.perm, uint32(i))
		}
	default:
		ordered, ok := c.ordered(out, keys)
		if !ok {
			return false
		}
		if ordered {
			return true
		}
		if s != nil {
			s.learn(out, keys, c.perm)
		}
	}
	size := len(out) - int(first)
	switch {
	case c.isWide(len(keys)):
		if c.isLate(first) {
			c.settle(out)
		}
		c.moveWide(out[first:], keys, first)
	case size <= c.budget: // then no map in it is put off
		c.budget -= size
		c.move(out[first:], keys, first)
	default:
		c.putOff(out, keys)
	}
	return true
}

// isWide reports whether a map has so many pairs that only the places of its keys
// are kept. A term has few of these.
func (c *canonicalizer) isWide(n int) bool { return n > c.most/2 }

// isLate reports whether a map that stands behind a place, which is then inside
// the map at hand, is put off: what surrounds it must not be moved before. Where
// a budget decides it never is, since that is used up for all that is larger.
func (c *canonicalizer) isLate(place uint32) bool {
	return len(c.late) > 0 && c.late[len(c.late)-1].at() > place
}

// ordered reports whether the pairs are in order. If not, their order is left in
// c.perm, and that of a wide map in keys. With false the order is stuck.
func (c *canonicalizer) ordered(out []byte, keys []uint32) (ordered, ok bool) {
	c.order.late, c.perm = c.isLate(keys[0]), c.perm[:0]
	ordered = c.inOrder(out, keys)
	if c.unstick(out) {
		ordered = c.inOrder(out, keys)
	}
	if !ordered && !c.order.stuck {
		c.sort(out, keys)
		if c.unstick(out) {
			c.sort(out, keys)
		}
	}
	return ordered, !c.order.stuck
}

// unstick is called after a comparison, and reports whether it has to be done
// again: two maps had to be compared that were put off, and are in order now.
func (c *canonicalizer) unstick(out []byte) bool {
	if !c.order.stuck || !c.order.late || c.settling < 0 {
		return false
	}
	c.settling -= c.settle(out)
	c.order.late, c.order.stuck = false, false
	return true
}

// plainlyInOrder reports whether the keys are atoms only, or binaries only, in order. It
// looks at their first eight bytes; where these are the same, the names are compared. The
// heads are those of keySize; told apart once for all keys, and not for each, they take a
// tenth less time.
func (c *canonicalizer) plainlyInOrder(out []byte, keys []uint32) bool {
	tag := out[keys[0]]
	at, sized := 2, tag == wire.TagBinary // where names begin
	if sized {
		at = 5
	} else if tag != wire.TagSmallAtomUTF8 {
		return false
	}
	last := uint64(0)
	for i, key := range keys {
		b := out[key:]
		if b[0] != tag {
			return false
		}
		n := uint(b[1])
		if sized {
			n = uint(be.Uint32(b[1:]))
		}
		name := firstOf(b[at:], n)
		if name <= last && i > 0 && (name < last || c.order.compare(out, keys[i-1], key) >= 0) {
			return false
		}
		last = name
	}
	return true
}

func (c *canonicalizer) inOrder(out []byte, keys []uint32) bool {
	for i := 1; i < len(keys); i++ {
		if c.order.compare(out, keys[i-1], keys[i]) >= 0 {
			return false
		}
	}
	return true
}

func (c *canonicalizer) sort(out []byte, keys []uint32) {
	if c.isWide(len(keys)) {
		slices.SortFunc(keys, func(a, b uint32) int { return c.order.compare(out, a, b) })
		return
	}
	c.perm = slices.Grow(c.perm[:0], len(keys))
	for i := range keys {
		c.perm = append(c.perm, uint32(i))
	}
	slices.SortFunc(c.perm, func(a, b uint32) int { return c.order.compare(out, keys[a], keys[b]) })
}

// endOf is where pair i of a map ends that ends with out.
func endOf(out []byte, keys []uint32, i uint32) uint32 {
	if int(i)+1 < len(keys) {
		return keys[i+1]
	}
	return uint32(len(out))
}

// move puts pairs in the order of c.perm, which start at the place first and are
// all of b.
func (c *canonicalizer) move(b []byte, keys []uint32, first uint32) {
	from := c.copyOf(b)
	at := 0
	for _, i := range c.perm {
		end := len(b)
		if int(i)+1 < len(keys) {
			end = int(keys[i+1] - first)
		}
		at += copy(b[at:], from[keys[i]-first:end])
	}
}

// moveWide puts pairs in the order of keys. Where one ends only it can tell.
func (c *canonicalizer) moveWide(b []byte, keys []uint32, first uint32) {
	from := c.copyOf(b)
	at := 0
	for _, key := range keys {
		pair := from[key-first:]
		at += copy(b[at:], pair[:len(pair)-len(skipTerms(pair, 2))])
	}
}

// copyOf returns a copy of b. Beyond a small part of the term it is made in room
// for all of it, and not again and again in a little more.
func (c *canonicalizer) copyOf(b []byte) []byte {
	if n := len(b); n > cap(c.tmp) {
		if n = max(n, 2*cap(c.tmp)); n > c.size/16 {
			n = max(len(b), c.size)
		}
		c.tmp = nil // before the next one is made
		c.tmp = make([]byte, 0, n)
	}
	c.tmp = append(c.tmp[:0], b...)
	return c.tmp
}

// putOff writes down by how much each pair is to move.
func (c *canonicalizer) putOff(out []byte, keys []uint32) {
	if len(c.late)+len(keys)+1 > c.most {
		c.settle(out)
	}
	base := len(c.late)
	c.lateRoom(len(keys) + 1)
	late := c.late[base : base+len(keys)]
	to := keys[0]
	for _, i := range c.perm {
		late[i] = newShift(keys[i], to-keys[i])
		to += endOf(out, keys, i) - keys[i]
	}
	before := uint32(0)
	for i, s := range late {
		by := uint32(s)
		late[i] = newShift(s.at(), by-before)
		before = by
	}
	c.late = append(c.late[:base+len(keys)], newShift(uint32(len(out)), -before))
}

// lateRoom makes room for n more, at most c.most in all.
func (c *canonicalizer) lateRoom(n int) {
	if n += len(c.late); n > cap(c.late) {
		if n = max(n, 2*cap(c.late)); n > c.most/4 {
			n = c.most
		}
		c.late = append(make([]shift, 0, n), c.late...)
	}
}

// settle moves all that was put off to where it belongs. It returns over how many
// bytes.
func (c *canonicalizer) settle(out []byte) int {
	slices.Sort(c.late)
	n := len(c.late) - 1
	first := c.late[0].at()
	from := c.copyOf(out[first:c.late[n].at()])
	by := uint32(0)
	for i, s := range c.late[:n] {
		by += uint32(s)
		at := s.at()
		copy(out[at+by:], from[at-first:c.late[i+1].at()-first])
	}
	c.late = c.late[:0]
	return len(from)
}
