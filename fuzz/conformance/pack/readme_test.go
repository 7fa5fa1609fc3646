package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

var (
	fence  = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")
	naming = regexp.MustCompile(`^(?:#|//) (my_adapter\.\w+)\n`)
)

// TestReadme does what the README tells a stranger to do, word for word: its
// files, its commands, in the folder that the tarball makes, and those for the
// runner in Go at the top of the checkout.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "fuzz", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Conformance: test your own decoder\n")
	if !ok {
		t.Fatal("there is no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	dir, top := unpack(t), checkout(t)
	below := filepath.Join(top, ".out", filepath.Base(dir))
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	build(t, filepath.Join(top, "runner"))
	ran, ranGo := 0, 0
	for _, m := range fence.FindAllStringSubmatch(section, -1) {
		if m[1] != "sh" {
			name := naming.FindStringSubmatch(m[2])
			if name == nil {
				t.Fatalf("what is this file called?\n%s", m[2])
			}
			for _, folder := range []string{dir, below} {
				if err := os.WriteFile(filepath.Join(folder, name[1]), []byte(m[2]), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		for line := range strings.Lines(m[2]) {
			folder, n := dir, &ran
			if strings.HasPrefix(line, "go run ./fuzz/conformance ") {
				folder, n = top, &ranGo
			}
			if follow(t, folder, strings.TrimSpace(line)) {
				*n++
			}
		}
	}
	if ran < 6 || ranGo < 2 {
		t.Errorf("%d commands in the pack, %d at the top of the checkout", ran, ranGo)
	}
}

// checkout is a folder that looks like the top of this checkout, and may be written
// to.
func checkout(t *testing.T) string {
	t.Helper()
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(abs, "fuzz"), filepath.Join(dir, "fuzz")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestReadmeFeatures: the README and the one in the tarball list the features that
// cases have, all of them and no others.
func TestReadmeFeatures(t *testing.T) {
	have := map[string]bool{}
	for _, c := range corpus.Cases() {
		for _, f := range c.Features {
			have[f] = true
		}
	}
	want := slices.Sorted(maps.Keys(have))
	text, err := os.ReadFile(filepath.Join(root, "fuzz", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, row, _ := strings.Cut(string(text), "\n| `feature:` |")
	row, _, _ = strings.Cut(row, " |\n")
	if list := " `" + strings.Join(want, "`, `") + "`"; row != list {
		t.Errorf("README.md lists%s, cases have%s", row, list)
	}
	text, err = os.ReadFile("README.txt")
	if err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(strings.Fields(string(text)), " "); !strings.Contains(said, "feature: "+strings.Join(want, ", ")+" flag:") {
		t.Errorf("README.txt does not list %s", strings.Join(want, ", "))
	}
}

// build makes the runner in Go.
func build(t *testing.T, exe string) {
	t.Helper()
	if out, err := exec.Command("go", "build", "-o", exe, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// follow runs one command of the README, unless unpack did what it does.
func follow(t *testing.T, dir, line string) bool {
	t.Helper()
	args := strings.Fields(strings.Replace(line, "go run ./fuzz/conformance ", "./runner ", 1))
	switch {
	case strings.HasPrefix(line, "go run ./fuzz/conformance/pack"), args[0] == "tar", args[0] == "cd":
		return false
	case args[0] == "./runner":
		args[0] = filepath.Join(dir, "runner")
	}
	for _, program := range []string{"python3", "node"} {
		if _, err := exec.LookPath(program); err != nil && strings.Contains(line, program) {
			if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
				t.Fatal(err)
			}
			t.Logf("skipped, for it needs %s: %s", program, line)
			return true
		}
	}
	if !strings.Contains(line, "--check") { // thousands of cases are for who has the time
		at := slices.IndexFunc(args, func(a string) bool { return strings.HasSuffix(a, "runner") || a == "conformance.py" }) + 1
		args = slices.Insert(args, at, "--only", "class:release")
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", line, err)
	}
	said := string(out)
	switch status := cmd.ProcessState.ExitCode(); {
	case status != 0 && status != 1:
		t.Errorf("%s: status %d: %s", line, status, said)
	case strings.Contains(line, "--check"):
		if status != 0 {
			t.Errorf("%s: %s", line, said)
		}
	case !strings.Contains(said, "total") || strings.Contains(said, "Traceback"):
		t.Errorf("%s: no table: %s", line, said)
	}
	return true
}
