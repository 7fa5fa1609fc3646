package gen

// ownNode is the receiver that most judges are: its ids have narrower ranges.
const ownNode = "nonode@nohost"

// identity is a pid, port or reference, to be encoded.
type identity struct {
	node     string
	creation uint32
	num      uint64 // of a pid or port
	serial   uint32
	words    []uint32
}

// origin draws a node and a creation; own tells that the id may be the
// receiver's, whoever that is.
func (g *Gen) origin() (id identity, own bool) {
	id.node = pick(&g.t, nodes...)
	id.creation = pick[uint32](&g.t, 0, 1, 2, 3, 0, 7, 1<<32-1)
	return id, g.plain || id.node == ownNode && id.creation == 0 || !g.t.chance(80)
}

func (g *Gen) number() uint32 {
	return pick(&g.t, 0, 1, 2, 255, 8191, 8192, 1<<15-1, 1<<15, 1<<18-1, 1<<18, 1<<28-1, 1<<28, 1<<32-1, g.t.u32())
}

func (g *Gen) pid() {
	id, own := g.origin()
	id.num, id.serial = uint64(g.number()), g.number()
	if own {
		id.num &= 1<<15 - 1
		id.serial &= 1<<13 - 1
	}
	g.b = g.appendPid(g.b, id)
}

func (g *Gen) appendPid(b []byte, id identity) []byte {
	old := id.creation <= 3 && g.t.chance(100)
	b = append(b, 88)
	if old {
		b[len(b)-1] = 103
	}
	b = g.appendAtom(b, id.node)
	b = be.AppendUint32(b, uint32(id.num))
	b = be.AppendUint32(b, id.serial)
	return appendCreation(b, id.creation, old)
}

func appendCreation(b []byte, creation uint32, old bool) []byte {
	if old {
		return append(b, byte(creation))
	}
	return be.AppendUint32(b, creation)
}

func (g *Gen) port() {
	id, own := g.origin()
	id.num = uint64(g.number())
	if own {
		id.num &= 1<<28 - 1
	} else if g.t.chance(64) {
		id.num |= uint64(g.t.u32()) << 32
	}
	g.b = g.appendPort(g.b, id)
}

func (g *Gen) appendPort(b []byte, id identity) []byte {
	k := g.t.n(3)
	switch {
	case id.num >= 1<<32 || k == 2:
		b = g.appendAtom(append(b, 120), id.node)
		return be.AppendUint32(be.AppendUint64(b, id.num), id.creation)
	case k == 1 && id.creation <= 3:
		b = g.appendAtom(append(b, 102), id.node)
		return append(be.AppendUint32(b, uint32(id.num)), byte(id.creation))
	}
	b = g.appendAtom(append(b, 89), id.node)
	return be.AppendUint32(be.AppendUint32(b, uint32(id.num)), id.creation)
}

func (g *Gen) reference() {
	id, own := g.origin()
	n := 2 + g.t.n(4)
	if g.t.chance(40) && !g.plain {
		n = 1 // a key of one word is not for every release
	}
	if own {
		n = min(n, 3)
	}
	for i := range n {
		w := g.number()
		if i == 0 && own {
			w &= 1<<18 - 1
		}
		id.words = append(id.words, w)
	}
	g.b = g.appendReference(g.b, id)
}

func (g *Gen) appendReference(b []byte, id identity) []byte {
	k := g.t.n(3)
	old := id.creation <= 3 && id.words[0] < 1<<18
	if k == 2 && old && len(id.words) == 1 {
		b = g.appendAtom(append(b, 101), id.node)
		return append(be.AppendUint32(b, id.words[0]), byte(id.creation))
	}
	tag := byte(90)
	old = old && k == 1
	if old {
		tag = 114
	}
	b = be.AppendUint16(append(b, tag), uint16(len(id.words)))
	b = appendCreation(g.appendAtom(b, id.node), id.creation, old)
	for _, w := range id.words {
		b = be.AppendUint32(b, w)
	}
	return b
}
