package house

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the top of the checkout, seen from here.
const root = "../.."

const module = "github.com/beamgate/beamgate"

// library are the rooms that other programs import; internal stands for all
// packages in it.
var library = []string{"etf", "limits", "safe", "internal"}

// source is the Go code of one folder, tests left out.
type source struct {
	dir   string // from root, with slashes
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info // of this package alone: imports are not resolved
}

// at is a position for a message.
func (s *source) at(n ast.Node) string {
	p := s.fset.Position(n.Pos())
	return path.Join(s.dir, path.Base(filepath.ToSlash(p.Filename))) + ":" + strconv.Itoa(p.Line)
}

// file returns the base name of the file that holds n.
func (s *source) file(n ast.Node) string {
	return filepath.Base(s.fset.Position(n.Pos()).Filename)
}

// folders lists the folders with Go files under the given rooms, testdata and
// modules of their own left out.
func folders(t *testing.T, rooms ...string) []string {
	t.Helper()
	var dirs []string
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(root, room), func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if d.IsDir() {
				if d.Name() == "testdata" || d.Name() == "node_modules" || exists(filepath.Join(p, "go.mod")) {
					return fs.SkipDir
				}
				return nil
			}
			rel, err := filepath.Rel(root, filepath.Dir(p))
			if err == nil && strings.HasSuffix(p, ".go") && !slices.Contains(dirs, filepath.ToSlash(rel)) {
				dirs = append(dirs, filepath.ToSlash(rel))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

func exists(p string) bool {
	_, err := os.Stat(p)
	return err == nil
}

// load parses the folder dir and resolves its own names.
func load(t *testing.T, dir string) *source {
	t.Helper()
	s := &source{dir: dir, fset: token.NewFileSet(), info: &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}}
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
	}
	// What an import holds is unknown here, so the checker complains a lot. The
	// names declared in the package are resolved all the same.
	conf := types.Config{Importer: blind{}, Error: func(error) {}, FakeImportC: true}
	conf.Check(module+"/"+dir, s.fset, s.files, s.info)
	return s
}

// loadAll loads every folder of the rooms.
func loadAll(t *testing.T, rooms ...string) []*source {
	t.Helper()
	var all []*source
	for _, dir := range folders(t, rooms...) {
		all = append(all, load(t, dir))
	}
	if len(all) == 0 {
		t.Fatalf("no Go code in %q", rooms)
	}
	return all
}

type blind struct{}

func (blind) Import(string) (*types.Package, error) { return nil, errors.New("not looked at") }

// each calls f for every node of every file.
func (s *source) each(f func(ast.Node)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				f(n)
			}
			return true
		})
	}
}
