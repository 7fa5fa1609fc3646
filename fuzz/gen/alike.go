package gen

// apart runs f on an empty buffer and returns what it appends.
func (g *Gen) apart(f func()) []byte {
	b := g.b
	g.b = nil
	f()
	made := g.b
	g.b = b
	return made
}

// alike returns two terms that are the same value, or look so.
func (g *Gen) alike(budget int) (x, y []byte) {
	due := g.due
	g.due = false
	defer func() { g.due = due }()
	switch g.t.n(12) {
	case 0:
		x, y = zero(0), zero(1<<63)
	case 1:
		x, y = g.likeReferences()
	case 2:
		x, y = g.likeFuns()
	case 3:
		x, y = g.apart(func() { g.integer(1, false) }), be.AppendUint64([]byte{70}, 0x3ff0000000000000)
	case 4:
		x, y = g.likePids()
	case 5:
		x = g.apart(func() { g.atom(pick(&g.t, "\u00e9", "a", "k1")) })
		y = g.apart(func() { g.atom(pick(&g.t, "e\u0301", "\u00e9", "a", "k1")) })
	case 6:
		x = g.apart(func() { g.bits(budget) })
		y = append([]byte(nil), x...)
		y[len(y)-1] ^= 1 << g.t.n(8)
	case 7:
		x, y = g.likeNumbers()
	default:
		x = g.apart(func() { g.term(budget) })
		var ok bool
		if y, ok = g.recoded(nil, x, true); !ok {
			y = x
		}
	}
	return g.dress(x, y)
}

func zero(u uint64) []byte { return be.AppendUint64([]byte{70}, u) }

// dress puts both terms into like containers.
func (g *Gen) dress(x, y []byte) (a, b []byte) {
	for range g.t.n(3) {
		head := pick(&g.t, "\x68\x01", "\x69\x00\x00\x00\x01", "\x74\x00\x00\x00\x01\x61\x01", "\x74\x00\x00\x00\x01",
			"\x6c\x00\x00\x00\x01", "\x6c\x00\x00\x00\x00")
		tail := ""
		switch head {
		case "\x74\x00\x00\x00\x01":
			tail = "\x6a"
		case "\x6c\x00\x00\x00\x01":
			tail = pick(&g.t, "\x6a", "\x61\x01", "\x6b\x00\x01\x02")
		}
		x = append(append([]byte(head), x...), tail...)
		y = append(append([]byte(head), y...), tail...)
	}
	return x, y
}

func (g *Gen) likeReferences() (x, y []byte) {
	id := identity{node: pick(&g.t, "b@c", ownNode), creation: uint32(g.t.n(2))}
	id.words = pick(&g.t, []uint32{1, 2}, []uint32{1}, []uint32{1, 0}, []uint32{0, 0}, []uint32{1, 2, 3})
	x = g.appendReference(nil, id)
	id.words = pick(&g.t, id.words, append(id.words[:len(id.words):len(id.words)], 0), append(id.words[:len(id.words):len(id.words)], 0, 0))
	if len(id.words) > 3 && id.node == ownNode {
		id.words = id.words[:3]
	}
	if g.t.chance(48) {
		id.creation++
	}
	return x, g.appendReference(nil, id)
}

func (g *Gen) likePids() (x, y []byte) {
	id := identity{node: pick(&g.t, "b@c", ownNode, "\u00e9"), num: uint64(g.t.n(3)), serial: uint32(g.t.n(3))}
	x = g.appendPid(nil, id)
	switch g.t.n(6) {
	case 3:
		id.creation = 1
	case 4:
		id.serial++
	case 5:
		id.num++
	}
	return x, g.appendPid(nil, id)
}

// likeNumbers returns two ids or integers that differ in one bit, wherever it is.
func (g *Gen) likeNumbers() (x, y []byte) {
	bit := uint64(1) << g.t.n(64)
	low := max(bit>>32, bit&(1<<32-1))
	id := identity{node: pick(&g.t, "b@c", "\u00e9"), creation: uint32(g.t.n(3))}
	id.num, id.serial = uint64(g.number()), g.number()
	form := g.t.n(5)
	if form == 4 {
		id.words = []uint32{g.number() & (1<<18 - 1), g.number(), g.number()}
	}
	enc := func() []byte {
		switch form {
		case 0:
			return g.appendPid(nil, id)
		case 1, 2:
			return g.appendPort(nil, id)
		case 3:
			return g.apart(func() { g.integer(id.num, id.serial&1 != 0) })
		}
		return g.appendReference(nil, id)
	}
	x = enc()
	switch form {
	case 0:
		if g.t.chance(128) {
			id.num ^= low
		} else {
			id.serial ^= uint32(low)
		}
	case 4:
		id.words[1+g.t.n(2)] ^= uint32(low)
	default:
		id.num ^= bit
	}
	return x, enc()
}

// likeFuns returns two funs that differ in one of the things that may count.
func (g *Gen) likeFuns() (x, y []byte) {
	h := funHead{arity: 1, index: 1, free: uint32(g.t.n(2))}
	old := [2]uint64{1, 1}
	pid := identity{node: "b@c", num: 1}
	env := g.apart(func() { g.integer(uint64(g.t.n(3)), false) })
	enc := func() []byte {
		b := g.appendAtom(g.appendFunHead(nil, h), "m")
		b = g.appendField(g.appendField(b, old[0], false, 98), old[1], false, 98)
		b = g.appendPid(b, pid)
		if h.free > 0 {
			b = append(b, env...)
		}
		return b
	}
	x = enc()
	switch g.t.n(8) {
	case 1:
		h.arity++
	case 2:
		h.uniq[3]++
	case 3:
		h.index++
	case 4:
		old[0]++
	case 5:
		old[1] += pick[uint64](&g.t, 1, 1<<32)
	case 6:
		pid.num++
	case 7:
		env = be.AppendUint64([]byte{70}, 0x3ff0000000000000)
	}
	return x, enc()
}
