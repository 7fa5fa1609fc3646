package gen

func (g *Gen) tuple(budget int) {
	head := len(g.b)
	if g.t.chance(40) || budget > 2000 {
		g.b = append(g.b, 105, 0, 0, 0, 0)
		n := g.elements(budget-5, 1<<20)
		be.PutUint32(g.b[head+1:], uint32(n))
		return
	}
	g.b = append(g.b, 104, 0)
	n := g.elements(budget-2, 1+g.t.n(6)*g.t.n(44))
	g.b[head+1] = byte(n)
}

// list appends a list: kind 1 gives it a tail that is none, kind 2 further lists
// as its tail.
func (g *Gen) list(budget, kind int) {
	end := len(g.b) + budget
	g.cells(budget / (1 + kind/2))
	for kind == 2 && len(g.b) < end && g.t.chance(200) {
		if g.t.chance(80) {
			g.string(min(end-len(g.b), 64))
			return
		}
		if g.t.chance(32) {
			g.b = append(g.b, 108, 0, 0, 0, 0)
		}
		g.cells((end - len(g.b)) / 2)
	}
	if kind == 1 {
		g.term(max(end-len(g.b), 0))
		return
	}
	g.nil()
}

// cells appends a LIST_EXT without its tail.
func (g *Gen) cells(budget int) {
	head := len(g.b)
	g.b = append(g.b, 108, 0, 0, 0, 0)
	n := 0
	if g.t.chance(48) { // a run of one kind, as most lists are
		n = g.run(budget - 5)
	} else {
		n = g.elements(budget-5, 1<<20)
	}
	be.PutUint32(g.b[head+1:], uint32(n))
}

// run appends leaves of one shape, up to a size of budget bytes.
func (g *Gen) run(budget int) (n int) {
	s := g.leaf[g.t.byte()]
	for end := len(g.b) + budget; len(g.b) < end && !g.t.over(); n++ {
		g.shape(s, 12)
	}
	return n
}

// chain nests containers of one element.
func (g *Gen) chain(budget int) {
	links := min(1+g.t.n(8)*g.t.n(40), budget/2)
	ends := 0
	for range links {
		switch g.t.n(6) {
		case 0, 1:
			g.b = append(g.b, 104, 1)
		case 2:
			g.b = append(g.b, 105, 0, 0, 0, 1)
		case 3: // a list in the tail of a list is no link
			g.b = append(g.b, 108, 0, 0, 0, 1, 106)
		case 4:
			g.b = append(g.b, 116, 0, 0, 0, 1, 106)
		case 5: // the rest is a key, and its value follows
			g.b = append(g.b, 116, 0, 0, 0, 1)
			ends++
		}
	}
	g.nest += maxNesting / 2
	g.term(min(budget/4, 64))
	g.nest -= maxNesting / 2
	for range ends {
		g.b = append(g.b, 106)
	}
}
