package gen

import "slices"

// maxMutant bounds what mutants grow to.
const maxMutant = 1 << 20

// Mutate returns a payload changed in one to three places: in its bytes, or in
// what they mean. Terms of donor, if it has any, may be put in.
func (g *Gen) Mutate(payload, donor []byte) []byte {
	b := slices.Clone(payload)
	for range 1 + g.t.n(6)/3 {
		if len(b) < 2 {
			return append([]byte{131}, g.t.fill(nil, g.t.n(4))...)
		}
		if next := g.mutation(b, donor); len(next) <= maxMutant {
			b = next
		}
	}
	return b
}

func (g *Gen) mutation(b, donor []byte) []byte {
	if isSqueezed(b) {
		return g.squeezedMutation(b, donor)
	}
	if k := g.t.n(16); k >= 4 {
		g.spans, _ = Scan(b, g.spans)
		if len(g.spans) > 0 {
			return g.structural(k-4, b, donor)
		}
	}
	return g.bytewise(b)
}

// bytewise changes bytes without a look at what they are.
func (g *Gen) bytewise(b []byte) []byte {
	i := g.t.n(len(b))
	switch g.t.n(10) {
	case 0:
		return b[:i]
	case 1:
		return append(b, g.t.fill(nil, 1+g.t.n(6))...)
	case 2:
		return slices.Delete(b, i, min(len(b), i+1+g.t.n(4)))
	case 3:
		return slices.Insert(b, i, g.t.fill(nil, 1+g.t.n(4))...)
	case 4:
		b[i] = pick[byte](&g.t, 0, 1, 255, 128, 127, 131, 106, 108)
	case 5:
		b[i] += pick[byte](&g.t, 1, 255)
	case 6:
		b[i] = g.t.byte()
	case 7: // a piece twice
		n := min(1+g.t.n(32), len(b)-i)
		return slices.Insert(b, i, slices.Clone(b[i:i+n])...)
	default:
		b[i] ^= 1 << g.t.n(8)
	}
	return b
}

// tags are those that may begin a term.
var tags = []byte{
	97, 98, 106, 108, 104, 109, 119, 116, 107, 70, 99, 110, 111, 105, 77, 100, 115, 118, 88, 103, 89, 102, 120,
	90, 114, 101, 112, 113, 73, 75, 80, 82, 117, 121, 67,
}

// structural changes what a term of the payload is.
func (g *Gen) structural(k int, b, donor []byte) []byte {
	s := g.spans[g.t.n(len(g.spans))]
	switch k {
	case 0:
		b[s.Start] = pick(&g.t, tags...)
	case 1:
		return g.otherCount(b, s)
	case 2, 3:
		return g.splice(b, donor, s)
	case 4, 5:
		if r, ok := g.recoded(nil, b[s.Start:s.End], g.t.chance(128)); ok && s.Role != Part {
			return replace(b, s, r)
		}
	case 6:
		return g.swapPairs(b)
	case 7:
		return g.copyKey(b)
	case 8: // a child less or more, counted
		return g.childless(b)
	case 9:
		wrap := pick(&g.t, "\x6c\x00\x00\x00\x00", "\x68\x01", "\x69\x00\x00\x00\x01", "\x74\x00\x00\x00\x01\x6a")
		return slices.Insert(b, s.Start, []byte(wrap)...)
	case 10:
		return b[:s.Start+g.t.n(s.End-s.Start+1)]
	case 11:
		fault := g.apart(func() { g.nest = 0; g.fault(32) })
		return replace(b, s, fault)
	}
	return b
}

func replace(b []byte, s Span, by []byte) []byte {
	return slices.Replace(b, s.Start, s.End, by...)
}

// otherCount changes the length or count in the head of a term.
func (g *Gen) otherCount(b []byte, s Span) []byte {
	at, width := s.Start+1, heads[s.Tag].width
	switch s.Tag {
	case 90, 114:
		width = 2
	case 112:
		at, width = s.Start+26, 4
	}
	if width == 0 || at+width > len(b) {
		return g.bytewise(b)
	}
	last := at + width - 1
	switch g.t.n(6) {
	case 0, 1:
		b[last]++
	case 2, 3:
		b[last]--
	case 4:
		b[at] = pick[byte](&g.t, 1, 127, 128, 255)
	default:
		for i := at; i <= last; i++ {
			b[i] = pick[byte](&g.t, 0, 255, g.t.byte())
		}
	}
	return b
}

// splice puts another term of the payload or of donor in the place of s.
func (g *Gen) splice(b, donor []byte, s Span) []byte {
	var from []byte
	if len(donor) > 0 && g.t.chance(128) {
		spans, _ := Scan(donor, nil)
		if len(spans) == 0 {
			return b
		}
		t := spans[g.t.n(len(spans))]
		from = donor[t.Start:t.End]
	} else {
		t := g.spans[g.t.n(len(g.spans))]
		from = slices.Clone(b[t.Start:t.End])
	}
	return replace(b, s, from)
}

// children returns the spans whose parent is one with the tag; nil without one.
func (g *Gen) children(tags ...byte) (parent Span, children []Span) {
	var parents []int
	for i, s := range g.spans {
		if slices.Contains(tags, s.Tag) && s.Count > 0 {
			parents = append(parents, i)
		}
	}
	if len(parents) == 0 {
		return Span{}, nil
	}
	i := parents[g.t.n(len(parents))]
	for _, s := range g.spans[i+1:] {
		if s.Parent == i {
			children = append(children, s)
		}
	}
	return g.spans[i], children
}

// swapPairs changes the order of keys.
func (g *Gen) swapPairs(b []byte) []byte {
	m, c := g.children(116)
	if len(c) < 4 || len(c) != 2*m.Count {
		return g.bytewise(b)
	}
	i, j := g.t.n(m.Count), g.t.n(m.Count)
	if i == j {
		return b
	}
	i, j = min(i, j), max(i, j)
	x, y := b[c[2*i].Start:c[2*i+1].End], b[c[2*j].Start:c[2*j+1].End]
	middle := b[c[2*i+1].End:c[2*j].Start]
	return slices.Concat(b[:c[2*i].Start], y, middle, x, b[c[2*j+1].End:])
}

// copyKey makes two keys of a map the same value, in other bytes if possible.
func (g *Gen) copyKey(b []byte) []byte {
	m, c := g.children(116)
	if len(c) < 4 || len(c) != 2*m.Count {
		return g.bytewise(b)
	}
	from, to := c[2*g.t.n(m.Count)], c[2*g.t.n(m.Count)]
	key := slices.Clone(b[from.Start:from.End])
	if r, ok := g.recoded(nil, key, true); ok {
		key = r
	}
	return replace(b, to, key)
}

// childless takes a child away from a container, or gives it another, and
// counts it.
func (g *Gen) childless(b []byte) []byte {
	p, c := g.children(104, 105, 108, 116)
	if len(c) == 0 {
		return g.bytewise(b)
	}
	s := c[g.t.n(len(c))]
	change := byte(1)
	var next []byte
	if p.Tag == 116 { // a pair
		i := g.t.n(len(c)/2) * 2
		if i+1 >= len(c) {
			return b
		}
		s = Span{Start: c[i].Start, End: c[i+1].End}
	} else if s.Role == Tail {
		return b
	}
	if g.t.chance(128) {
		next = slices.Delete(b, s.Start, s.End)
		change = 255
	} else {
		next = slices.Insert(b, s.Start, slices.Clone(b[s.Start:s.End])...)
	}
	next[p.Start+heads[p.Tag].width] += change
	return next
}

// squeezedMutation works on what is compressed, or on how.
func (g *Gen) squeezedMutation(b, donor []byte) []byte {
	switch g.t.n(4) {
	case 0, 1:
		if inside := g.Unsqueeze(b); len(inside) > 1 && !isSqueezed(inside) {
			if inside = g.mutation(inside, donor); len(inside) > 0 && len(inside) <= maxMutant {
				return g.Squeeze(inside)
			}
		}
	case 2:
		return g.zlibFault(b)
	}
	return g.bytewise(b)
}
