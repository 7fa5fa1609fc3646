package gen

func (g *Gen) nil() {
	switch g.t.n(8) {
	case 6:
		g.b = append(g.b, 107, 0, 0)
	case 7:
		g.b = append(g.b, 108, 0, 0, 0, 0, 106)
	default:
		g.b = append(g.b, 106)
	}
}

// blobSize is the length of a payload of bytes: at home in the budget, and now
// and then next to where the BEAM keeps binaries elsewhere.
func (g *Gen) blobSize(budget int) int {
	if g.t.chance(40) {
		return pick(&g.t, 0, 1, 7, 8, 9, 63, 64, 65, 66, 255, 256)
	}
	return g.t.n(max(budget, 0) + 2)
}

// text appends n bytes: as random as it gets, or like text, which compresses.
func (g *Gen) text(n int) {
	if g.t.chance(80) {
		g.b = g.t.fill(g.b, n)
		return
	}
	const letters = "the quick brown fox jumps over the lazy dog, again and again; 0123456789"
	for at := g.t.n(len(letters)); n > 0; at = 0 {
		part := letters[at:min(len(letters), at+n)]
		g.b = append(g.b, part...)
		n -= len(part)
	}
}

func (g *Gen) string(budget int) {
	n := min(g.blobSize(budget), 65535)
	g.b = be.AppendUint16(append(g.b, 107), uint16(n))
	g.text(n)
}

func (g *Gen) binary(budget int) {
	n := g.blobSize(budget)
	if n > 0 && g.t.chance(16) {
		g.b = append(be.AppendUint32(append(g.b, 77), uint32(n)), 8)
	} else {
		g.b = be.AppendUint32(append(g.b, 109), uint32(n))
	}
	g.text(n)
}

// bits appends a bitstring; the unused bits of its last byte are left to chance.
func (g *Gen) bits(budget int) {
	n := g.blobSize(budget / 2)
	used := byte(0)
	if n > 0 {
		used = byte(1 + g.t.n(8))
	}
	g.b = append(be.AppendUint32(append(g.b, 77), uint32(n)), used)
	g.b = g.t.fill(g.b, n)
}
