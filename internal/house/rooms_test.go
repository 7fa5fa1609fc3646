package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestRooms: a stranger finds the room by its name, so there are no others.
func TestRooms(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		if !slices.Contains([]string{"etf", "limits", "safe", "internal", "fuzz", "bench", "examples"}, name) {
			t.Errorf("folder %s: the top level has etf, limits, safe, fuzz, bench, examples and internal", name)
		}
	}
}

// rank orders the rooms: an import goes to a lower rank only.
var rank = map[string]int{"limits": 0, "internal": 1, "etf": 2, "safe": 3, "fuzz": 4, "bench": 5, "examples": 5}

func room(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// TestImportsGoDown: the library needs the standard library alone, and no room
// looks into one above it.
func TestImportsGoDown(t *testing.T) {
	for _, s := range loadAll(t, library...) {
		for _, f := range s.files {
			for _, spec := range f.Imports {
				checkImport(t, s, spec)
			}
		}
	}
}

func checkImport(t *testing.T, s *source, spec *ast.ImportSpec) {
	t.Helper()
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	if spec.Name != nil && (spec.Name.Name == "." || spec.Name.Name == "_") {
		t.Errorf("%s: import %s %q hides where names come from, or is for its init", s.at(spec), spec.Name.Name, p)
	}
	switch first, _, _ := strings.Cut(p, "/"); {
	case p == "unsafe" || p == "C" || p == "plugin":
		t.Errorf("%s: imports %q", s.at(spec), p)
	case p == "reflect" && room(s.dir) != "etf", p == "encoding/gob", p == "math/rand":
		t.Errorf("%s: imports %q", s.at(spec), p)
	case strings.HasPrefix(p, module+"/"):
		dir := strings.TrimPrefix(p, module+"/")
		from, to := rank[room(s.dir)], rank[room(dir)]
		if to > from || to == from && room(dir) != room(s.dir) {
			t.Errorf("%s: imports %s, which stands above %s", s.at(spec), dir, s.dir)
		}
	case p == module || strings.Contains(first, "."):
		t.Errorf("%s: imports %q: the library needs the standard library alone", s.at(spec), p)
	}
}

// TestOracleStaysOutside: the naive decoder judges the real one, so outside of
// fuzz nothing but a test may use it.
func TestOracleStaysOutside(t *testing.T) {
	for _, s := range loadAll(t, "etf", "limits", "safe", "internal", "bench", "examples") {
		for _, f := range s.files {
			for _, spec := range f.Imports {
				if spec.Path.Value == strconv.Quote(module+"/fuzz/naive") {
					t.Errorf("%s: imports the oracle", s.at(spec))
				}
			}
		}
	}
}

// TestModules: no go.work, which would let a test of the root skip the nested
// modules silently, and each nested module builds against this checkout.
func TestModules(t *testing.T) {
	found := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch d.Name() {
		case ".git", "node_modules", "testdata":
			return fs.SkipDir
		case "go.work":
			t.Errorf("%s: there is no workspace here", p)
		case "go.mod":
			found++
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			checkModule(t, p, string(data))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no go.mod at all")
	}
}

func checkModule(t *testing.T, p, text string) {
	t.Helper()
	up, err := filepath.Rel(filepath.Dir(p), root)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "\ntoolchain ") {
		t.Errorf("%s: a toolchain line makes the go command look for another Go", p)
	}
	if strings.Contains(text, module+" v") && !strings.Contains(text, "replace "+module+" => "+filepath.ToSlash(up)+"\n") {
		t.Errorf("%s: requires the library without `replace %s => %s`", p, module, filepath.ToSlash(up))
	}
	if filepath.Dir(p) != filepath.Clean(root) {
		return
	}
	for line := range strings.Lines(text) {
		if f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require ")); len(f) > 1 && strings.Contains(f[0], ".") && f[0] != "//" {
			ok := strings.Contains(line, "// indirect") || slices.ContainsFunc([]string{"golang.org/x/exp", "github.com/stretchr/testify", "github.com/google/gofuzz"},
				func(m string) bool { return f[0] == m || strings.HasPrefix(f[0], m+"/") })
			if !ok && f[0] != module {
				t.Errorf("%s: requires %s; the root module knows testify, gofuzz and x/exp for tests and tools, the rest lives in modules of its own", p, f[0])
			}
		}
	}
}

// TestTestsParse keeps a broken test file from hiding behind a build tag.
func TestTestsParse(t *testing.T) {
	for _, dir := range folders(t, "etf", "limits", "safe", "internal", "fuzz", "bench", "examples") {
		names, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if _, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution); err != nil {
				t.Error(err)
			}
		}
	}
}
