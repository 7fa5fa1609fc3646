package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A build takes seconds, a run of the killing tests fractions of one. So each
// build holds many mutants: a function with mutants is there once as it is and
// once for each of them, and begins with a switch on the environment variable
// that names the mutant of this process.
//
//	func (m *Machine) refuse(c Code) bool { if mutant__ != 0 { switch mutant__ {
//		case 17: return m.refuse__17(c)
//	} }
//		…
//	}
//
//	//line mutant17.go:1
//	func (m *Machine) refuse__17(c Code) bool { … }
//
// Nothing of this is in the tree: the go command gets it with -overlay.

// switchVar names the mutant for the processes that run tests.
const switchVar = "BEAMGATE_MUTANT"

const switchFile = "mutant__.go"

func switchSource(pkg string) []byte {
	return fmt.Appendf(nil, `package %s

import (
	"os"
	"strconv"
)

var mutant__ = func() int { n, _ := strconv.Atoi(os.Getenv(%q)); return n }()
`, pkg, switchVar)
}

// edit puts with between start and end.
type edit struct {
	start, end int
	with       string
}

func apply(text []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, text[at:e.start]...), e.with...)
		at = e.end
	}
	return append(out, text[at:]...)
}

// schema writes the files of a unit with these mutants in them.
func schema(u *unit, mutants []*Mutant) map[string][]byte {
	out := map[string][]byte{}
	byHome := map[*home][]*Mutant{}
	for _, m := range mutants {
		byHome[m.home] = append(byHome[m.home], m)
	}
	for _, f := range u.files {
		var edits []edit
		var clones bytes.Buffer
		for h, list := range byHome {
			if h.file != f {
				continue
			}
			if h.fn != nil {
				edits = append(edits, h.dispatch(list)...)
			} else {
				edits = append(edits, h.chooseValue(list))
			}
			for _, m := range list {
				fmt.Fprintf(&clones, "\n//line mutant%d.go:1\n%s\n", m.ID, m.clone())
			}
		}
		if len(edits) > 0 {
			out[f.name] = append(apply(f.text, edits), clones.Bytes()...)
		}
	}
	if len(out) > 0 {
		out[path.Join(u.dir, switchFile)] = switchSource(u.pkg.Name())
	}
	return out
}

// cloneName is that of the function which stands for the mutant.
func (m *Mutant) cloneName() string {
	if m.home.fn != nil {
		return m.home.fn.Name.Name + "__" + strconv.Itoa(m.ID)
	}
	return m.home.spec.Names[0].Name + "__" + strconv.Itoa(m.ID)
}

// clone is the source of that function.
func (m *Mutant) clone() string {
	h := m.home
	u, text := h.unit, h.file.text
	change := edit{m.start, m.end, m.with}
	if h.fn == nil {
		v := h.spec.Values[0]
		start := u.at(v.Pos())
		value := apply(text[:u.at(v.End())], []edit{change})[start:]
		return fmt.Sprintf("func %s() %s { return %s }", m.cloneName(), h.typeText(h.unit.info.TypeOf(h.spec.Names[0])), value)
	}
	name := edit{u.at(h.fn.Name.Pos()), u.at(h.fn.Name.End()), m.cloneName()}
	return string(apply(text[:h.end()], []edit{name, change})[u.at(h.fn.Pos()):])
}

// typeText is a type as the source of the home writes it.
func (h *home) typeText(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == h.unit.pkg {
			return ""
		}
		return p.Name()
	})
}

// chooseValue makes the value of a variable depend on the mutant.
func (h *home) chooseValue(list []*Mutant) edit {
	var b strings.Builder
	fmt.Fprintf(&b, "func() %s { switch mutant__ {", h.typeText(h.unit.info.TypeOf(h.spec.Names[0])))
	for _, m := range list {
		fmt.Fprintf(&b, " case %d: return %s();", m.ID, m.cloneName())
	}
	v := h.spec.Values[0]
	fmt.Fprintf(&b, " }; return %s }()", h.unit.source(h.file, v))
	return edit{h.unit.at(v.Pos()), h.unit.at(v.End()), b.String()}
}

// dispatch lets a function begin with the switch. Parameters without a name get
// one for it.
func (h *home) dispatch(list []*Mutant) (edits []edit) {
	fn, u := h.fn, h.unit
	name := func(fields *ast.FieldList, prefix string) (names []string) {
		for _, field := range fields.List {
			if len(field.Names) == 0 {
				id := prefix + strconv.Itoa(len(names)) + "__"
				at := u.at(field.Type.Pos())
				edits = append(edits, edit{at, at, id + " "})
				names = append(names, id)
			}
			for _, ident := range field.Names {
				id := ident.Name
				if id == "_" {
					id = prefix + strconv.Itoa(len(names)) + "__"
					edits = append(edits, edit{u.at(ident.Pos()), u.at(ident.End()), id})
				}
				names = append(names, id)
			}
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				names[len(names)-1] += "..."
			}
		}
		return names
	}
	receiver := ""
	if fn.Recv != nil {
		receiver = name(fn.Recv, "r")[0] + "."
	}
	args := "(" + strings.Join(name(fn.Type.Params, "p"), ", ") + ")"
	if fn.Type.TypeParams != nil {
		args = "[" + strings.Join(name(fn.Type.TypeParams, "t"), ", ") + "]" + args
	}
	var b strings.Builder
	b.WriteString(" if mutant__ != 0 { switch mutant__ {")
	for _, m := range list {
		if call := receiver + m.cloneName() + args; fn.Type.Results == nil {
			fmt.Fprintf(&b, " case %d: %s; return;", m.ID, call)
		} else {
			fmt.Fprintf(&b, " case %d: return %s;", m.ID, call)
		}
	}
	b.WriteString(" } }; ")
	at := u.at(fn.Body.Lbrace) + 1
	return append(edits, edit{at, at, b.String()})
}

// parses reports whether the mutant is Go at all; the type checker looks at the
// rest.
func (m *Mutant) parses() bool {
	text := "package p\n" + m.clone()
	_, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	return err == nil
}

var mutantLine = regexp.MustCompile(`mutant(\d+)\.go:`)

// compile returns the overlay of all mutants that compile, and those that do
// not.
func (u *unit) compile(imp types.Importer, mutants []*Mutant) (overlay map[string][]byte, broken []*Mutant, err error) {
	var good []*Mutant
	for _, m := range mutants {
		if m.parses() {
			good = append(good, m)
		} else {
			broken = append(broken, m)
		}
	}
	for len(good) > 0 {
		overlay = schema(u, good)
		trial := &unit{dir: u.dir, fset: token.NewFileSet(), files: u.files}
		files := make([]*file, len(u.files))
		for i, f := range u.files { // check must not change those of u
			c := *f
			files[i] = &c
		}
		trial.files = files
		errs := trial.check(imp, overlay)
		if len(errs) == 0 {
			return overlay, broken, nil
		}
		bad := map[int]bool{}
		for _, e := range errs {
			if at := mutantLine.FindStringSubmatch(e.Error()); at != nil {
				id, _ := strconv.Atoi(at[1])
				bad[id] = true
			} else {
				err = e
			}
		}
		if len(bad) == 0 {
			return nil, nil, fmt.Errorf("the overlay does not compile: %w", err)
		}
		var rest []*Mutant
		for _, m := range good {
			if bad[m.ID] {
				broken = append(broken, m)
			} else {
				rest = append(rest, m)
			}
		}
		good = rest
	}
	return nil, broken, nil
}
