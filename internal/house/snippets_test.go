package house

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goBlock       = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	snippetMarker = regexp.MustCompile(`(?m)^\t*// snippet: (\S+) (\d+)$`)
	importLine    = regexp.MustCompile(`(?m)^import ("[^"]+")\n`)
)

// goSnippets are the blocks of Go code in a document, or in the comment of a
// package.
func goSnippets(t *testing.T, name string) []string {
	t.Helper()
	var blocks []string
	if !strings.HasSuffix(name, ".go") {
		for _, m := range goBlock.FindAllStringSubmatch(text(t, name), -1) {
			blocks = append(blocks, m[1])
		}
		return blocks
	}
	block := ""
	for line := range strings.Lines(text(t, name)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			block += code
		} else if block != "" {
			blocks, block = append(blocks, block), ""
		}
	}
	return blocks
}

// TestSnippets compiles and runs the Go code of the documents, every block of it,
// by putting it into testdata/snippets/main.go.
func TestSnippets(t *testing.T) {
	const program = "internal/house/testdata/snippets/main.go"
	template := text(t, program)
	used := map[string]bool{}
	code := snippetMarker.ReplaceAllStringFunc(template, func(marker string) string {
		m := snippetMarker.FindStringSubmatch(marker)
		var n int
		fmt.Sscan(m[2], &n)
		blocks := goSnippets(t, m[1])
		if n < 1 || n > len(blocks) {
			t.Errorf("there is no block %d in %s", n, m[1])
			return ""
		}
		used[m[1]+" "+m[2]] = true
		block := blocks[n-1]
		for _, path := range importLine.FindAllStringSubmatch(block, -1) {
			if !strings.Contains(template, path[1]) {
				t.Errorf("%s: block %d imports %s, which %s does not", m[1], n, path[1], program)
			}
		}
		block = importLine.ReplaceAllString(block, "")
		return strings.ReplaceAll(block, `"/opt/app"`, "release()")
	})
	for _, name := range documents {
		for i := range goSnippets(t, name) {
			if key := fmt.Sprint(name, " ", i+1); !used[key] {
				t.Errorf("%s has no place for %s", program, key)
			}
		}
	}
	if t.Failed() {
		return
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	abs, err := filepath.Abs(filepath.Join(root, program))
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{abs: file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{file: []byte(code), overlay: replace} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "run", "-overlay="+overlay, "./"+filepath.ToSlash(filepath.Dir(program)))
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestCorpusSnippet runs the test that fuzz/README.md shows: it is one of any
// module, and so a file beside the corpus.
func TestCorpusSnippet(t *testing.T) {
	blocks := goSnippets(t, "fuzz/README.md")
	if len(blocks) != 1 || !strings.Contains(blocks[0], "func TestCorpus(") {
		t.Fatalf("fuzz/README.md has %d blocks of Go", len(blocks))
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "readme_test.go"), filepath.Join(dir, "overlay.json")
	at, err := filepath.Abs(filepath.Join(root, "fuzz/corpus/readme_snippet_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{at: file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{file: []byte("package corpus_test\n\n" + blocks[0]), overlay: replace} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-vet=off", "-v", "-run=^TestCorpus$", "-overlay="+overlay, "./fuzz/corpus")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestCorpus ") {
		t.Errorf("%v\n%s", err, out)
	}
}
