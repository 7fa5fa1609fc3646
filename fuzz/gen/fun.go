package gen

// modules and functions of exports are few: an export entry is for ever.
var (
	modules   = []string{"lists", "maps", "erlang", "a", "m", "\u00e9"}
	functions = []string{"map", "f", "get", "a", ""}
)

func (g *Gen) export() {
	g.b = g.appendAtom(append(g.b, 113), pick(&g.t, modules...))
	g.atom(pick(&g.t, functions...))
	g.field(pick[uint64](&g.t, 0, 1, 2, 3, 255), false, 97)
}

// field appends an integer inside a fun or export. Not every release is asked
// to take other tags than the plain ones.
func (g *Gen) field(mag uint64, neg bool, plain byte) { g.b = g.appendField(g.b, mag, neg, plain) }

func (g *Gen) appendField(b []byte, mag uint64, neg bool, plain byte) []byte {
	switch {
	case g.t.chance(24) && !g.plain:
		return g.appendInteger(b, mag, neg)
	case mag < 256 && !neg && (plain == 97 || !g.t.chance(64)):
		return append(b, 97, byte(mag))
	case mag < 1<<31 || neg && mag == 1<<31:
		v := uint32(mag)
		if neg {
			v = -v
		}
		return be.AppendUint32(append(b, 98), v)
	}
	return g.appendInteger(b, mag, neg)
}

// funHead is what stands in front of a fun's module.
type funHead struct {
	arity byte
	uniq  [16]byte
	index uint32
	free  uint32
}

func (g *Gen) appendFunHead(b []byte, h funHead) []byte {
	size := uint32(0) // nobody reads it
	if g.t.chance(64) {
		size = g.t.u32()
	}
	b = append(be.AppendUint32(append(b, 112), size), h.arity)
	b = append(b, h.uniq[:]...)
	return be.AppendUint32(be.AppendUint32(b, h.index), h.free)
}

func (g *Gen) fun(budget int) {
	h := funHead{arity: byte(g.t.n(4)), index: uint32(g.t.n(3))}
	h.uniq[15] = byte(g.t.n(3))
	head := len(g.b)
	g.b = g.appendFunHead(g.b, h)
	g.atom(pick(&g.t, modules...))
	g.oldField()
	g.oldField()
	id, _ := g.origin()
	id.num, id.serial = uint64(g.t.n(1<<15)), uint32(g.t.n(1<<13))
	g.b = g.appendPid(g.b, id)
	n := g.elements(budget-(len(g.b)-head), 1+g.t.n(8))
	be.PutUint32(g.b[head+26:], uint32(n))
}

// oldField appends an old index or old uniq: small integers, of which a fun
// keeps 32 bits.
func (g *Gen) oldField() {
	mag := pick(&g.t, 0, 1, 2, 1<<31-1, uint64(g.t.u32())>>1)
	neg := g.t.chance(40)
	if g.t.chance(16) && !g.plain {
		mag = pick[uint64](&g.t, 1<<31, 1<<32, 1<<32+1, 1<<59-1)
	}
	g.field(mag, neg, 98)
}
