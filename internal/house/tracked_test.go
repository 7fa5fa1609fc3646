package house

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// large are the files of more than maxFile bytes that belong in the tree.
var large = []string{"fuzz/corpus/manifest.json"}

const maxFile = 1 << 20

// programs are the first bytes of what a compiler makes: ELF, Mach-O of either
// width and byte order and for several processors, and PE.
var programs = []string{
	"\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "MZ",
}

// unfit says why a file does not belong in the tree, "" if it does.
func unfit(dir, name string) (string, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	for _, magic := range programs {
		if bytes.HasPrefix(head[:n], []byte(magic)) {
			return "a program", nil
		}
	}
	if info.Size() > maxFile {
		if slices.Contains(large, name) {
			return "", nil
		}
		return "more than 1 MiB", nil
	}
	rest, err := io.ReadAll(f)
	if text := slices.Concat([]byte("\n"), head[:n], rest); bytes.Contains(text, []byte("\n<<<<<<< ")) && bytes.Contains(text, []byte("\n>>>>>>> ")) {
		return "a merge that was not finished", err
	}
	return "", err
}

// tracked lists the files of the repository, or, in a checkout without git, all
// that are there but for what is made on the way.
func tracked(t *testing.T) (names []string) {
	t.Helper()
	if exists(filepath.Join(root, ".git")) {
		cmd := exec.Command("git", "ls-files", "-z")
		cmd.Dir = root
		if out, err := cmd.Output(); err == nil {
			return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		}
	}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".out", "node_modules", "__pycache__"}, d.Name()):
			return fs.SkipDir
		case d.IsDir(), strings.HasSuffix(p, ".test"), strings.HasSuffix(p, ".prof"):
			return nil
		}
		rel, err := filepath.Rel(root, p)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestNoProgramsInTheTree: no program that somebody built, no large file and no half
// of a merge is committed by mistake.
func TestNoProgramsInTheTree(t *testing.T) {
	names := tracked(t)
	if len(names) < 100 {
		t.Fatalf("%d files", len(names))
	}
	for _, name := range names {
		if !exists(filepath.Join(root, filepath.FromSlash(name))) {
			continue // removed and not committed yet
		}
		why, err := unfit(root, name)
		if err != nil {
			t.Fatal(err)
		}
		if why != "" {
			t.Errorf("%s: %s", name, why)
		}
	}
	for _, name := range large {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not there", name)
		}
	}
}

func TestUnfit(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, why string }{
		"elf":    {"\x7fELF\x02\x01", "a program"},
		"mach-o": {"\xcf\xfa\xed\xfe\x07", "a program"},
		"large":  {strings.Repeat("x", maxFile+1), "more than 1 MiB"},
		"full":   {strings.Repeat("x", maxFile), ""},
		"short":  {"\x7f", ""},
		"empty":  {"", ""},
		"merge":  {"<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n", "a merge that was not finished"},
		"later":  {"a\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n", "a merge that was not finished"},
		"shifts": {"a <<<<<<< b\n>>>>>>> c\n=======\n", ""},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if why, err := unfit(dir, name); why != c.why || err != nil {
			t.Errorf("%s: %q, %v", name, why, err)
		}
	}
}

// TestProgramsAreIgnored: git leaves out what go build leaves beside a main
// package.
func TestProgramsAreIgnored(t *testing.T) {
	ignored := strings.Split(text(t, ".gitignore"), "\n")
	for _, name := range tracked(t) {
		dir := filepath.ToSlash(filepath.Dir(name))
		room, _, _ := strings.Cut(name, "/")
		if !strings.HasSuffix(name, ".go") || !slices.Contains([]string{"bench", "examples", "fuzz"}, room) || !exists(filepath.Join(root, name)) {
			continue
		}
		if !strings.HasPrefix(text(t, name), "package main\n") && !strings.Contains(text(t, name), "\npackage main\n") {
			continue
		}
		if program := "/" + dir + "/" + filepath.Base(dir); !slices.Contains(ignored, program) {
			t.Errorf(".gitignore does not name %s", program)
		}
	}
}
