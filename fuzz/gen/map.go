package gen

import "strconv"

// structs are modules of Elixir structs.
var structs = []string{"Elixir.Date", "Elixir.Range", "Elixir.MyApp.Accounts.User", "Elixir.Stream"}

// mapOf appends a map of at least so many pairs.
func (g *Gen) mapOf(budget, least int) {
	head := len(g.b)
	end := head + budget
	g.b = append(g.b, 116, 0, 0, 0, 0)
	key := g.keys()
	n := 0
	if g.t.chance(24) {
		g.atom("__struct__")
		g.atom(pick(&g.t, structs...))
		n++
	}
	for ; n < least || len(g.b) < end && n < 1<<20 && !g.t.over(); n++ {
		rest := max(end-len(g.b), 0)
		key(n, g.share(rest)/2)
		if least > 0 && g.t.chance(200) {
			rest = 8
		}
		g.term(g.share(rest) / 2)
	}
	be.PutUint32(g.b[head+1:], uint32(n))
}

// keys chooses how the keys of one map are made. Key i differs from all others,
// unless chance is to decide.
func (g *Gen) keys() func(i, budget int) {
	if g.t.chance(g.loose) {
		return func(_, budget int) { g.term(min(budget, 24)) }
	}
	base := g.t.n(300)
	form := g.t.n(16)
	if form < 12 {
		return func(i, budget int) { g.key(form, base+i, budget) }
	}
	return func(i, budget int) { g.key(g.t.n(12), base+i, budget) }
}

// key appends a key of a form that holds the ordinal i. Keys of other forms or
// ordinals differ.
func (g *Gen) key(form, i, budget int) {
	switch form {
	case 0, 1:
		if i < 400 {
			g.atom("k" + strconv.Itoa(i))
			return
		}
		g.b = be.AppendUint32(append(g.b, 98), uint32(1<<30+i)) // the names are used up
	case 2:
		g.integer(uint64(i), false)
	case 3:
		g.integer(uint64(i)+1, true)
	case 4, 5:
		g.b = be.AppendUint32(append(g.b, 109), uint32(len("key")+len(strconv.Itoa(i))))
		g.b = append(append(g.b, "key"...), strconv.Itoa(i)...)
	case 6:
		g.b = be.AppendUint64(append(g.b, 70), 0x3ff0000000000000+uint64(i))
	case 7: // tuples
		g.b = append(g.b, 104, 2)
		g.integer(uint64(i), false)
		g.term(min(budget, 40))
	case 8: // lists
		g.b = append(g.b, 108, 0, 0, 0, 1)
		g.integer(uint64(i), false)
		g.nil()
	case 9: // maps
		g.b = append(g.b, 116, 0, 0, 0, 2)
		g.integer(uint64(i), false)
		g.term(min(budget, 20))
		g.atom("k0")
		g.nil()
	case 10:
		id, _ := g.origin()
		id.num, id.serial = uint64(i), 0
		g.b = g.appendPid(g.b, id)
	case 11:
		g.b = g.appendDigits(g.b, []byte{byte(i), byte(i >> 8), 0, 0, 0, 0, 0, 0, 0, 1}, g.t.chance(60))
	}
}

// rows appends a list of maps with the same atoms or binaries as keys.
func (g *Gen) rows(budget int) {
	head := len(g.b)
	end := head + budget
	g.b = append(g.b, 108, 0, 0, 0, 0)
	columns, base, form := 1+g.t.n(12), g.t.n(300), g.t.n(6)
	n := 0
	for ; len(g.b) < end && n < 1<<16 && !g.t.over(); n++ {
		g.b = be.AppendUint32(append(g.b, 116), uint32(columns))
		for c := range columns {
			g.key(form, base+c, 0)
			g.shape(g.leaf[g.t.byte()], 10)
		}
	}
	be.PutUint32(g.b[head+1:], uint32(n))
	g.b = append(g.b, 106)
}
