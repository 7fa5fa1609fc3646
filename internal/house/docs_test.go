package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// The documents that make promises. Whatever they name between backquotes has
// to be there.
var documents = []string{
	"README.md", "SECURITY.md", "THREATS.md", "CONTRIBUTING.md", "CHANGELOG.md",
	"etf/VALUES.md", "etf/ERLANG.md", "etf/ELIXIR.md", "etf/SHAPES.md",
}

// claiming are those, and one whose commands are for other languages and whose
// programs are run elsewhere.
var claiming = append(slices.Clone(documents), "fuzz/README.md")

// foreign are names in the documents that look like ours and are not.
var foreign = []string{
	"binary_to_term", "term_to_binary", "max_heap_size", "max_children", "simple_one_for_one", "message_queue_data",
	"message_queue_len", "process_limit", "list_to_atom", "list_to_existing_atom", "binary_to_existing_atom",
	"non_executable_binary_to_term", "flat_size", "gen_server", "gen_tcp", "packet_size", "atom_count",
}

var (
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	fence    = regexp.MustCompile("(?s)```.*?```")
	testName = regexp.MustCompile(`^(?:[a-z][a-z0-9/]*/)?(Test|Fuzz|Benchmark|Example)[A-Z_]\w*$`)
	capName  = regexp.MustCompile(`^(?:limits\.)?(Max[A-Z]\w+)$`)
	snake    = regexp.MustCompile(`^[a-z]+(?:_[a-z0-9]+)+$`)
	exported = regexp.MustCompile(`^(etf|limits|safe)\.([A-Z]\w*)(?:\.([A-Z]\w*))?(?:\(.*\))?$`)
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

func text(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// testFuncs are the tests of all modules in the checkout, by name and by
// folder/name.
func testFuncs(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				found[fn.Name.Name], found[dir+"/"+fn.Name.Name] = true, true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// api are the exported names of a package: Name, and Type.Name for methods and
// fields.
func api(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	if len(folders(t, dir)) == 0 {
		return names
	}
	for _, f := range load(t, dir).files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				} else {
					names[receiver(d)+"."+d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(names, spec)
				}
			}
		}
	}
	return names
}

func addSpec(names map[string]bool, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range spec.Names {
			names[id.Name] = true
		}
	case *ast.TypeSpec:
		names[spec.Name.Name] = true
		var members *ast.FieldList
		switch t := spec.Type.(type) {
		case *ast.StructType:
			members = t.Fields
		case *ast.InterfaceType:
			members = t.Methods
		}
		if members == nil {
			return
		}
		for _, field := range members.List {
			for _, id := range field.Names {
				names[spec.Name.Name+"."+id.Name] = true
			}
		}
	}
}

// TestDocumentsClaimNothingThatIsNotThere: tests, caps, codes and names of the
// API between backquotes exist.
func TestDocumentsClaimNothingThatIsNotThere(t *testing.T) {
	tests := testFuncs(t)
	apis := map[string]map[string]bool{"etf": api(t, "etf"), "limits": api(t, "limits"), "safe": api(t, "safe")}
	caps := limits.Names()
	var codes []string
	for _, c := range slices.Concat(etf.Codes(), safe.HTTPCodes()) {
		codes = append(codes, string(c))
	}
	for _, name := range claiming {
		if !exists(filepath.Join(root, name)) {
			t.Errorf("%s is missing", name)
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(fence.ReplaceAllString(text(t, name), ""), -1) {
			word := m[1]
			switch {
			case testName.MatchString(word):
				if !tests[word] {
					t.Errorf("%s: there is no %s", name, word)
				}
			case capName.MatchString(word):
				if !slices.Contains(caps, capName.FindStringSubmatch(word)[1]) {
					t.Errorf("%s: there is no cap %s", name, word)
				}
			case snake.MatchString(word) && (name == "SECURITY.md" || name == "THREATS.md"):
				if !slices.Contains(codes, word) && !slices.Contains(foreign, word) {
					t.Errorf("%s: %s is no code, and not known as a name of OTP", name, word)
				}
			case exported.MatchString(word):
				p := exported.FindStringSubmatch(word)
				full := strings.TrimSuffix(p[2]+"."+p[3], ".")
				if !apis[p[1]][full] {
					t.Errorf("%s: there is no %s in package %s", name, full, p[1])
				}
			}
		}
	}
}

// TestSizeOfCorpus: documents that say how many cases the corpus has are right.
func TestSizeOfCorpus(t *testing.T) {
	n := len(corpus.Cases())
	want := strconv.Itoa(n/1000) + "," + fmt.Sprintf("%03d", n%1000)
	number := regexp.MustCompile(`(?:holds|fuzz/corpus.\):) ([\d,]+) (?:cases|payloads)`)
	for _, name := range []string{"fuzz/README.md", "CHANGELOG.md"} {
		said := number.FindStringSubmatch(text(t, name))
		if said == nil || said[1] != want {
			t.Errorf("%s says %q of the corpus, which has %s cases", name, said, want)
		}
	}
}

// TestLinks: what a document points to in the checkout is there.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "etf", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range slices.Concat(pages, more, []string{filepath.Join(root, "fuzz", "README.md")}) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(data), ""), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if !exists(filepath.Join(filepath.Dir(page), filepath.FromSlash(target))) {
				t.Errorf("%s: %s is not there", filepath.Base(page), target)
			}
		}
	}
}
