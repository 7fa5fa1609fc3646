package house

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// encoders are the files outside internal/wire that may name tag bytes: what
// writes ETF has to. The list is closed on purpose; nothing that reads belongs
// here.
var encoders = map[string][]string{
	"etf/encode*.go": nil, // nil: any tag
	"etf/append*.go": nil,
	"etf/canon*.go":  nil,
	// ReadValue hands out an element of a STRING_EXT, or its end, as a term.
	"etf/decoder.go": {"TagSmallInteger", "TagNil"},
}

func mayName(file, tag string) bool {
	for pattern, tags := range encoders {
		if ok, err := path.Match(pattern, file); err == nil && ok && (tags == nil || slices.Contains(tags, tag)) {
			return true
		}
	}
	return false
}

// TestOneGrammar: a tag byte is named in internal/wire and where terms are
// written, nowhere else, or there would be two grammars that drift apart.
func TestOneGrammar(t *testing.T) {
	for _, s := range loadAll(t, library...) {
		if s.dir == "internal/wire" || s.dir == "internal/inflate" { // which knows no terms, and has numbers of its own
			continue
		}
		s.each(func(n ast.Node) {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "wire" && strings.HasPrefix(n.Sel.Name, "Tag") && n.Sel.Name != "TagName" {
					if file := path.Join(s.dir, s.file(n)); !mayName(file, n.Sel.Name) {
						t.Errorf("%s: names wire.%s", s.at(n), n.Sel.Name)
					}
				}
			case *ast.BasicLit:
				if number(n) == 131 {
					t.Errorf("%s: %s: use wire.Version", s.at(n), n.Value)
				}
			case *ast.CaseClause:
				noTags(t, s, n.List...)
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					noTags(t, s, n.X, n.Y)
				}
			case *ast.CompositeLit:
				if elem, ok := n.Type.(*ast.ArrayType); ok && isIdent(elem.Elt, "byte", "uint8") {
					noTags(t, s, n.Elts...)
				}
			case *ast.CallExpr:
				if isIdent(n.Fun, "Tag", "byte", "uint8") {
					noTags(t, s, n.Args...)
				}
			}
		})
	}
}

// knownTags are the tag bytes as the grammar declares them.
func knownTags(t *testing.T) map[int64]string {
	t.Helper()
	tags := map[int64]string{}
	for id, obj := range load(t, "internal/wire").info.Defs {
		if c, ok := obj.(*types.Const); ok && strings.HasPrefix(id.Name, "Tag") {
			if v, ok := constant.Int64Val(c.Val()); ok {
				tags[v] = id.Name
			}
		}
	}
	return tags
}

// TestTagsAreFound keeps the rule above from passing because it finds nothing.
func TestTagsAreFound(t *testing.T) {
	tags := knownTags(t)
	if len(tags) < 40 || tags[116] != "TagMap" {
		t.Errorf("found %d tags in internal/wire: %v", len(tags), tags)
	}
}

// noTags reports plain numbers that are tag bytes. Characters in quotes are
// text: parsers of text compare with letters that happen to be tags.
func noTags(t *testing.T, s *source, exprs ...ast.Expr) {
	t.Helper()
	for _, e := range exprs {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.INT {
			continue
		}
		if v := number(lit); v >= 67 && v <= 121 && v != 100 { // 100 is too common a number
			t.Errorf("%s: %s looks like a tag byte", s.at(lit), lit.Value)
		}
	}
}

// number is the value of an integer literal, -1 of any other.
func number(lit *ast.BasicLit) int64 {
	if lit.Kind != token.INT {
		return -1
	}
	v, err := strconv.ParseInt(lit.Value, 0, 64)
	if err != nil {
		return -1
	}
	return v
}

func isIdent(e ast.Expr, names ...string) bool {
	id, ok := e.(*ast.Ident)
	return ok && slices.Contains(names, id.Name)
}

// TestNoHiddenWork: importing the library runs nothing that is worth a name.
func TestNoHiddenWork(t *testing.T) {
	for _, s := range loadAll(t, library...) {
		for _, f := range s.files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: func init", s.at(fn))
				}
			}
			for _, group := range f.Comments {
				for _, c := range group.List {
					if strings.HasPrefix(c.Text, "//go:linkname") || strings.HasPrefix(c.Text, "//go:noescape") {
						t.Errorf("%s: %s", s.at(c), c.Text)
					}
				}
			}
		}
	}
}

// TestNoPackageState: variables of a package are sentinel errors and tables.
// Nothing writes to them, takes their address or has them synchronise anything,
// so two users of the library in one program cannot reach each other.
func TestNoPackageState(t *testing.T) {
	for _, s := range loadAll(t, library...) {
		vars := map[types.Object]bool{}
		for _, f := range s.files {
			for _, d := range f.Decls {
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
					for _, spec := range g.Specs {
						checkVar(t, s, spec.(*ast.ValueSpec), vars)
					}
				}
			}
		}
		borrows := borrowed(s, vars)
		s.each(func(n ast.Node) {
			for _, e := range written(n) {
				if id := base(e); id != nil && vars[s.info.Uses[id]] && !borrows[n] {
					t.Errorf("%s: changes the package's variable %s, or takes its address", s.at(n), id.Name)
				}
			}
		})
	}
}

// borrowed finds where a local variable is made that points into a table, as in
// row := &table[i]. The address is then allowed, and the local variable is
// watched like the table.
func borrowed(s *source, vars map[types.Object]bool) map[ast.Node]bool {
	found := map[ast.Node]bool{}
	s.each(func(n ast.Node) {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE || len(a.Lhs) != len(a.Rhs) {
			return
		}
		for i, e := range a.Rhs {
			u, ok := e.(*ast.UnaryExpr)
			if !ok || u.Op != token.AND {
				continue
			}
			if id := base(u.X); id == nil || !vars[s.info.Uses[id]] {
				continue
			}
			if local, ok := a.Lhs[i].(*ast.Ident); ok && s.info.Defs[local] != nil {
				vars[s.info.Defs[local]] = true
				found[u] = true
			}
		}
	})
	return found
}

func checkVar(t *testing.T, s *source, spec *ast.ValueSpec, vars map[types.Object]bool) {
	t.Helper()
	for i, name := range spec.Names {
		if name.Name == "_" {
			continue // an assertion on a type
		}
		if obj := s.info.Defs[name]; obj != nil {
			vars[obj] = true
		} else {
			t.Errorf("%s: %s is not resolved", s.at(name), name.Name)
		}
		if name.IsExported() {
			var value ast.Expr
			if i < len(spec.Values) {
				value = spec.Values[i]
			}
			if !strings.HasPrefix(name.Name, "Err") || !isSentinel(value) {
				t.Errorf("%s: %s can be changed by anyone who imports the package; only sentinel errors are exported variables", s.at(name), name.Name)
			}
		}
	}
	ast.Inspect(spec, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.FuncType:
			return false // what a table is built with is gone afterwards
		case *ast.ChanType:
			t.Errorf("%s: a channel as a package's variable", s.at(n))
		case *ast.SelectorExpr:
			if isIdent(n.X, "atomic") || isIdent(n.X, "sync") && !strings.HasPrefix(n.Sel.Name, "OnceValue") {
				t.Errorf("%s: %s.%s as a package's variable is shared state", s.at(n), n.X.(*ast.Ident).Name, n.Sel.Name)
			}
		}
		return true
	})
}

func isSentinel(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && (isIdent(sel.X, "errors") && sel.Sel.Name == "New" || isIdent(sel.X, "fmt") && sel.Sel.Name == "Errorf")
}

// written returns the expressions that n changes or hands out for changing.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		if isIdent(n.Fun, "delete", "clear", "copy") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// base is the variable at the root of x, x.f, x[i], *x and (x).
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// TestEveryNameIsDocumented: of the packages that others import.
func TestEveryNameIsDocumented(t *testing.T) {
	for _, s := range loadAll(t, "etf", "limits", "safe") {
		packageDoc := false
		for _, f := range s.files {
			packageDoc = packageDoc || f.Doc != nil
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
						t.Errorf("%s: %s has no comment", s.at(d), d.Name.Name)
					}
				case *ast.GenDecl:
					checkDocs(t, s, d)
				}
			}
		}
		if !packageDoc {
			t.Errorf("%s: no package comment", s.dir)
		}
	}
}

// checkDocs looks at a group of declarations. A comment on the group speaks for
// constants and variables in it, but each type has its own.
func checkDocs(t *testing.T, s *source, g *ast.GenDecl) {
	t.Helper()
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && (g.Doc == nil || len(g.Specs) > 1) {
				t.Errorf("%s: type %s has no comment", s.at(spec), spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && g.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					t.Errorf("%s: %s has no comment", s.at(name), name.Name)
				}
			}
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
