package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// folder returns a directory with this test's own executable and a file that is
// no program.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "README"), []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRun(t *testing.T) {
	var first, second bytes.Buffer
	if err := run(&first, []string{folder(t, "b", "a/x")}); err != nil {
		t.Fatal(err)
	}
	if err := run(&second, []string{folder(t, "a/x", "b")}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two folders with the same programs differ")
	}
	var b bom
	if err := json.Unmarshal(first.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	if len(b.Components) < 3 || b.Components[0].Name != "a/x" || b.Components[1].Name != "b" {
		t.Fatalf("components %+v", b.Components)
	}
	refs := map[string]bool{}
	for _, c := range b.Components {
		if refs[c.Ref] {
			t.Errorf("%s: twice", c.Ref)
		}
		refs[c.Ref] = true
	}
	std := false
	for _, d := range b.Dependencies {
		for _, on := range d.DependsOn {
			std = std || strings.HasPrefix(on, "pkg:golang/std@go1")
			if !refs[on] {
				t.Errorf("%s depends on %s, which is not listed", d.Ref, on)
			}
		}
	}
	if !std {
		t.Error("the standard library is missing")
	}
}

func TestRunFindsNothing(t *testing.T) {
	if err := run(&bytes.Buffer{}, []string{t.TempDir()}); err == nil {
		t.Error("an empty folder gave a bill")
	}
	if err := run(&bytes.Buffer{}, []string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a missing folder gave a bill")
	}
}

func TestDocument(t *testing.T) {
	dep := &debug.Module{Path: "example.org/b", Version: "v1.2.3", Sum: "h1:x"}
	moved := &debug.Module{Path: "example.org/a", Version: "v0.0.0", Replace: &debug.Module{Path: "../a", Version: "(devel)"}}
	info := &debug.BuildInfo{GoVersion: "go1.99", Path: "example.org/m/cmd", Main: debug.Module{Path: "example.org/m", Version: "(devel)"}, Deps: []*debug.Module{dep, moved}}
	b := document([]program{{"two", "22", info}, {"one", "11", info}})
	var refs []string
	for _, c := range b.Components {
		refs = append(refs, c.Ref)
	}
	want := "program:one program:two pkg:golang/example.org/a@v0.0.0 pkg:golang/example.org/b@v1.2.3 pkg:golang/example.org/m@(devel) pkg:golang/std@go1.99"
	if got := strings.Join(refs, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if p := b.Components[2].Properties; len(p) != 1 || p[0].Value != "../a@(devel)" {
		t.Errorf("replacement: %+v", p)
	}
}
