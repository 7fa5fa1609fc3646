package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlaces: each bug has its place in the source, and each class of the list
// has one.
func TestPlaces(t *testing.T) {
	files, err := patch("../../..")
	if err != nil {
		t.Fatal(err)
	}
	names, classes := map[string]bool{}, map[string]bool{}
	for _, b := range bugs {
		if names[b.name] {
			t.Errorf("two bugs are called %s", b.name)
		}
		names[b.name], classes[b.class] = true, true
		if !strings.Contains(b.new, `("`+b.name+`"`) {
			t.Errorf("%s does not ask whether it is planted: %s", b.name, b.new)
		}
		if !strings.Contains(string(files[b.file]), `("`+b.name+`"`) {
			t.Errorf("%s is not in %s", b.name, b.file)
		}
	}
	if len(classes) != 9 {
		t.Errorf("%d classes of bugs: %v", len(classes), classes)
	}
}

// TestPlantFailsLoudly: a place that is gone, or there twice, is an error.
func TestPlantFailsLoudly(t *testing.T) {
	b := bug{name: "x", old: "a < b", new: "a <= b"}
	if got, err := plant("if a < b {", []bug{b}); err != nil || got != "if a <= b {" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", "if a > b {", "a < b; a < b"} {
		if got, err := plant(text, []bug{b}); err == nil {
			t.Errorf("%q: %q without an error", text, got)
		}
	}
	if _, err := plant("if a < b {", []bug{b, b}); err == nil {
		t.Error("two bugs in one place without an error")
	}
}

// TestFound: a test that fails or a program that crashes has found the bug; one
// that hangs, or ends for another reason, has not.
func TestFound(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("the test programs are shell scripts")
	}
	for name, c := range map[string]struct {
		script, found string
		limit         time.Duration
		hangs, fails  bool
	}{
		"fails":          {script: "echo '--- FAIL: TestX (0.00s)'; exit 1", found: "TestX"},
		"panics":         {script: "echo 'panic: index out of range'; exit 2", found: "a crash"},
		"runs out":       {script: "echo 'fatal error: stack overflow'; exit 2", found: "a crash"},
		"passes":         {script: "echo '--- PASS: TestX (0.00s)'"},
		"killed":         {script: "kill -9 $$", fails: true},
		"ends":           {script: "exit 1", fails: true},
		"no such test":   {script: "exit 0", fails: true},
		"hangs":          {script: "exec sleep 600", limit: 3 * time.Second, hangs: true, fails: true},
		"fails, hanging": {script: "echo '--- FAIL: TestX (0.00s)'; exec sleep 600", limit: 3 * time.Second, hangs: true, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := bug{name: "it", pkg: ".", tests: "TestX"}
			script := "#!/bin/sh\nif [ $" + bugVar + " = none ]; then echo '--- PASS: TestX (0.00s)'; exit 0; fi\n" + c.script + "\n"
			if err := os.WriteFile(binary(dir, b.pkg), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Parallel() // from here on: a file that is open for writing while another process starts cannot be run
			limit := c.limit
			if limit == 0 {
				limit = patience
			}
			found, err := b.found(t.Context(), ".", dir, limit)
			if found != c.found || (err != nil) != c.fails || errors.Is(err, context.DeadlineExceeded) != c.hangs {
				t.Errorf("%q, %v", found, err)
			}
		})
	}
	dir := t.TempDir()
	b := bug{name: "it", pkg: ".", tests: "TestX"}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(binary(dir, b.pkg))), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if found, err := b.found(t.Context(), ".", dir, patience); err == nil {
		t.Errorf("%q of tests that fail without the bug", found)
	}
}
