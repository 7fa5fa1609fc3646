package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/beamgate/beamgate"

// scope are the folders whose checks are put to the test, with the files in
// them; nil stands for all. Of package etf it is what decides on terms: names,
// rules, budgets, what they compile to, and how refusals are told. wide are files
// whose mutants come with -wide alone: drivers and files of text, which have tests
// of their own. What only writes or shows terms has no mutants.
var scope = []struct {
	dir         string
	files, wide []string
}{
	{"internal/wire", nil, nil},
	{"internal/inflate", nil, nil},
	{"limits", []string{"budget.go", "limits.go"}, []string{"budgetfile.go", "error.go"}},
	{
		"etf",
		[]string{"atomset.go", "code.go", "config.go", "error.go", "mode.go", "profile.go", "rules.go", "session.go"},
		[]string{"atomset_text.go", "decoder.go", "frame.go", "frame_write.go", "measure_reader.go"},
	},
}

// file is a source file of a unit.
type file struct {
	name    string // from the root, with slashes
	text    []byte
	syntax  *ast.File
	mutable bool // it is in scope …
	extra   bool // … with -wide
}

// unit is a package with its types.
type unit struct {
	dir   string
	fset  *token.FileSet
	files []*file
	info  *types.Info
	pkg   *types.Package
}

// exports finds the compiled form of what the packages in scope import, which
// the type checker reads.
func exports(root string) (types.Importer, error) {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	for _, s := range scope {
		args = append(args, "./"+s.dir)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if p, export, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			found[p] = export
		}
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(p string) (io.ReadCloser, error) {
		if found[p] == "" {
			return nil, fmt.Errorf("no export data of %s", p)
		}
		return os.Open(found[p])
	}), nil
}

// load parses and checks the folder dir. Of only, nil for all, and of extra come
// mutants. Tests are left out; files for one system alone are not told apart, and
// there are none in scope.
func load(root, dir string, only, extra []string, imp types.Importer) (*unit, error) {
	u := &unit{dir: dir, fset: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		base := filepath.Base(name)
		u.files = append(u.files, &file{
			name: path.Join(dir, base), text: text,
			mutable: only == nil || slices.Contains(only, base) || slices.Contains(extra, base),
			extra:   slices.Contains(extra, base),
		})
	}
	for _, name := range slices.Concat(only, extra) {
		if !slices.ContainsFunc(u.files, func(f *file) bool { return path.Base(f.name) == name }) {
			return nil, fmt.Errorf("%s/%s is in scope and not there", dir, name)
		}
	}
	errs := u.check(imp, nil)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return u, nil
}

// check parses the unit's files, or what the overlay has instead and beyond
// them, and returns all errors that the type checker finds.
func (u *unit) check(imp types.Importer, overlay map[string][]byte) (errs []error) {
	var all []*ast.File
	parse := func(name string, text []byte) *ast.File {
		f, err := parser.ParseFile(u.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, f)
		return f
	}
	for _, f := range u.files {
		if text, ok := overlay[f.name]; ok {
			parse(f.name, text)
		} else {
			f.syntax = parse(f.name, f.text)
		}
	}
	if extra := path.Join(u.dir, switchFile); overlay[extra] != nil {
		parse(extra, overlay[extra])
	}
	if len(errs) > 0 {
		return errs
	}
	u.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}
	conf := types.Config{Importer: imp, Error: func(err error) { errs = append(errs, err) }}
	u.pkg, _ = conf.Check(module+"/"+u.dir, u.fset, all, u.info)
	return errs
}

// source is the text of a node.
func (u *unit) source(f *file, n ast.Node) string {
	return string(f.text[u.at(n.Pos()):u.at(n.End())])
}

// at is a position as an offset in its file.
func (u *unit) at(p token.Pos) int { return u.fset.PositionFor(p, false).Offset }

// brief puts a piece of source into one short line.
func brief(s string) string {
	const most = 100
	s = string(bytes.Join(bytes.Fields([]byte(s)), []byte(" ")))
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
