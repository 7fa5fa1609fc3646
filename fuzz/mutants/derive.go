package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// Mutant is the source with one change.
type Mutant struct {
	ID   int    `json:"id"` // from 1; depends on the source
	File string `json:"file"`
	Line int    `json:"line"`
	Func string `json:"func"` // function, variable or constant
	Text string `json:"text"` // "a < b -> a <= b"
	Kind string `json:"kind"`

	// What stands in the file from start to end becomes with.
	start, end int
	with       string
	home       *home
}

// Key names a mutant as long as its function does not change: no line in it.
func (m *Mutant) Key() string { return m.File + " " + m.Func + ": " + m.Text }

// beyond are kinds of changes that are not made of checks: other numbers, other
// sums, a statement less. They come with -wide, and need no reason to survive.
var beyond = map[string]bool{
	"constant": true, "const": true, "plus": true, "arithmetic": true, "operator": true,
	"assign": true, "count": true, "statement": true, "call": true, "field": true,
}

// excused reports whether the mutant may survive without a reason.
func (m *Mutant) excused() bool { return beyond[m.Kind] || m.home.file.extra }

// home is the declaration that a mutant changes.
type home struct {
	unit *unit
	file *file
	name string
	fn   *ast.FuncDecl  // a function, or …
	spec *ast.ValueSpec // … the variables of a declaration
	wide bool           // changes beyond checks too
	solo bool           // a constant: it cannot be chosen at run time
	seen map[string]int // texts
}

func (h *home) start() int {
	if h.fn != nil {
		return h.unit.at(h.fn.Pos())
	}
	return h.unit.at(h.spec.Pos())
}

func (h *home) end() int {
	if h.fn != nil {
		return h.unit.at(h.fn.End())
	}
	return h.unit.at(h.spec.End())
}

// deriver collects the mutants of one declaration.
type deriver struct {
	*home
	out   []*Mutant
	known map[string]bool
	path  []ast.Node // from the declaration to the node at hand
}

// derive makes all mutants of a unit.
func derive(u *unit, wide bool) (all []*Mutant) {
	for _, f := range u.files {
		if !f.mutable || f.extra && !wide {
			continue
		}
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Body != nil {
					h := &home{unit: u, file: f, name: funcName(d), fn: d, wide: wide}
					all = append(all, h.derive(d.Body)...)
				}
			case *ast.GenDecl:
				all = append(all, deriveValues(u, f, d, wide)...)
			}
		}
	}
	return all
}

// deriveValues makes the mutants of tables, and of constants that are written
// out.
func deriveValues(u *unit, f *file, d *ast.GenDecl, wide bool) (all []*Mutant) {
	for _, s := range d.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 || spec.Names[0].Name == "_" {
			continue
		}
		h := &home{unit: u, file: f, name: d.Tok.String() + " " + spec.Names[0].Name, spec: spec, wide: wide}
		if d.Tok == token.CONST {
			h.solo = true
			if v := spec.Values[0]; isInteger(u.info.TypeOf(v)) && !usesIota(v) {
				all = append(all, h.deriveConst(v)...)
			}
			continue
		}
		all = append(all, h.derive(spec.Values[0])...)
	}
	return all
}

func usesIota(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == "iota"
		return true
	})
	return found
}

func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return true
	})
	return name + "." + d.Name.Name
}

func (h *home) derive(body ast.Node) []*Mutant {
	h.seen = map[string]int{}
	d := &deriver{home: h, known: map[string]bool{}}
	d.walk(body)
	return d.out
}

// walk visits the nodes from n on, with the way to each in d.path.
func (d *deriver) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		if n == nil {
			d.path = d.path[:len(d.path)-1]
			return true
		}
		deeper := d.visit(n)
		if deeper {
			d.path = append(d.path, n)
		}
		return deeper
	})
}

func (h *home) deriveConst(v ast.Expr) []*Mutant {
	h.seen = map[string]int{}
	d := &deriver{home: h, known: map[string]bool{}}
	text := d.source(v)
	d.add("const", v, "("+text+") + 1")
	d.add("const", v, "("+text+") - 1")
	return d.out
}

func (d *deriver) source(n ast.Node) string { return d.unit.source(d.file, n) }

func (d *deriver) typeOf(e ast.Expr) types.Type { return d.unit.info.TypeOf(e) }

func (d *deriver) isConst(e ast.Expr) bool { return d.unit.info.Types[e].Value != nil }

func (d *deriver) parent() ast.Node {
	if len(d.path) == 0 {
		return nil
	}
	return d.path[len(d.path)-1]
}

// add notes the mutant that has with in place of n.
func (d *deriver) add(kind string, n ast.Node, with string) {
	d.addSpan(kind, d.unit.at(n.Pos()), d.unit.at(n.End()), brief(d.source(n))+" -> "+brief(with), with)
}

// drop notes the mutant that has a statement less.
func (d *deriver) drop(kind string, n ast.Node, with string) {
	d.addSpan(kind, d.unit.at(n.Pos()), d.unit.at(n.End()), "drop "+brief(d.source(n)), with)
}

func (d *deriver) addSpan(kind string, start, end int, text, with string) {
	place := fmt.Sprint(start, end, with)
	if d.known[place] || beyond[kind] && !d.wide {
		return
	}
	d.known[place] = true
	if beyond[kind] { // so that -wide gives no other mutant another number
		text = kind + ": " + text
	}
	d.seen[text]++
	if n := d.seen[text]; n > 1 {
		text = fmt.Sprintf("%s #%d", text, n)
	}
	line := 1 + countLines(d.file.text[:start])
	d.out = append(d.out, &Mutant{
		File: d.file.name, Line: line, Func: d.name, Text: text, Kind: kind,
		start: start, end: end, with: with, home: d.home,
	})
}

func countLines(b []byte) (n int) {
	for _, c := range b {
		if c == '\n' {
			n++
		}
	}
	return n
}

func isInteger(t types.Type) bool { return is(t, types.IsInteger) }
func isBool(t types.Type) bool    { return is(t, types.IsBoolean) }

func is(t types.Type, info types.BasicInfo) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&info != 0
}

// isCode reports whether t is one of the types named Code.
func isCode(t types.Type) bool {
	n, ok := t.(*types.Named)
	return ok && n.Obj().Name() == "Code"
}

func isError(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// loadAll returns the units in scope and their mutants, numbered.
func loadAll(root string, wide bool) ([]*unit, []*Mutant, types.Importer, error) {
	imp, err := exports(root)
	if err != nil {
		return nil, nil, nil, err
	}
	var units []*unit
	var all []*Mutant
	for _, s := range scope {
		u, err := load(root, s.dir, s.files, s.wide, imp)
		if err != nil {
			return nil, nil, nil, err
		}
		units = append(units, u)
		all = append(all, derive(u, wide)...)
	}
	// Constants need a build each: they come last.
	slices.SortStableFunc(all, func(a, b *Mutant) int {
		switch {
		case a.home.solo == b.home.solo:
			return 0
		case b.home.solo:
			return -1
		}
		return 1
	})
	for i, m := range all {
		m.ID = i + 1
	}
	return units, all, imp, nil
}
