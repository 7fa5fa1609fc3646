package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMapOfTheMachine: the comment of internal/wire names each of its files, and
// no others.
func TestMapOfTheMachine(t *testing.T) {
	page := text(t, "internal/wire/doc.go")
	for _, name := range regexp.MustCompile(`\w+\.go`).FindAllString(page, -1) {
		if !exists(filepath.Join(root, "internal/wire", name)) {
			t.Errorf("there is no %s", name)
		}
	}
	files, err := os.ReadDir(filepath.Join(root, "internal/wire"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != "doc.go" && !strings.Contains(page, name) {
			t.Errorf("%s is not on the map", name)
		}
	}
}
