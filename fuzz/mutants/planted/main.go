package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const bugVar = "BEAMGATE_BUG"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	missed, err := run(ctx, ".", os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(2)
	case missed > 0:
		os.Exit(1)
	}
}

// patch returns the source files with all bugs in them, by name from the root,
// and the helpers of each package.
func patch(root string) (map[string][]byte, error) {
	byPlace := map[string][]bug{}
	for _, b := range bugs {
		byPlace[b.file] = append(byPlace[b.file], b)
	}
	files := map[string][]byte{}
	for name, list := range byPlace {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		whole, err := plant(string(text), list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, whole, parser.PackageClauseOnly)
		if err != nil {
			return nil, err
		}
		files[name] = []byte(whole)
		files[path.Join(path.Dir(name), "planted__.go")] = fmt.Appendf(nil, helpers, f.Name.Name, bugVar)
	}
	return files, nil
}

// plant puts bugs into one file. Two in the same place are one piece of source
// with the conditions of both: the second is put into what the first has made.
func plant(text string, list []bug) (string, error) {
	original := text
	slices.SortStableFunc(list, func(a, b bug) int { return cmp.Compare(len(b.old), len(a.old)) })
	for _, b := range list {
		if n := strings.Count(original, b.old); n != 1 {
			return "", fmt.Errorf("bug %s: its place is there %d times, not once: %q", b.name, n, b.old)
		}
		if n := strings.Count(text, b.old); n != 1 {
			return "", fmt.Errorf("bug %s: another bug has taken its place: %q", b.name, b.old)
		}
		text = strings.Replace(text, b.old, b.new, 1)
	}
	return text, nil
}

// overlay writes the files into dir and returns the list for the go command.
func overlay(root, dir string, files map[string][]byte) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range files {
		p := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(p, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = p
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	return list, os.WriteFile(list, text, 0o600)
}

// run plants all bugs and returns how many the tests have missed.
func run(ctx context.Context, root string, log io.Writer) (missed int, err error) {
	files, err := patch(root)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "planted")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	list, err := overlay(root, dir, files)
	if err != nil {
		return 0, err
	}
	for _, pkg := range packages() {
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay="+list, "-o", binary(dir, pkg), "./"+pkg)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go test -c ./%s: %w\n%s", pkg, err, out)
		}
	}
	for _, b := range bugs {
		found, err := b.found(ctx, root, dir, patience)
		if err != nil {
			return missed, err
		}
		verdict := "caught by " + found
		if found == "" {
			missed++
			verdict = "MISSED by " + b.tests
		}
		fmt.Fprintf(log, "%-36s %-26s %s\n", b.class, b.name, verdict)
	}
	fmt.Fprintf(log, "%d bugs planted, %d caught\n", len(bugs), len(bugs)-missed)
	return missed, nil
}

func packages() (all []string) {
	for _, b := range bugs {
		if !slices.Contains(all, b.pkg) {
			all = append(all, b.pkg)
		}
	}
	return all
}

func binary(dir, pkg string) string {
	return filepath.Join(dir, strings.ReplaceAll(pkg, "/", "_")+".test")
}

// found runs the bug's tests, first without it: they have to pass then. It
// returns the test that fails with the bug, "" if none does. A run that takes
// longer than the limit has found nothing, and is an error.
func (b *bug) found(ctx context.Context, root, dir string, limit time.Duration) (string, error) {
	if out, err := b.test(ctx, root, dir, "none", limit); err != nil {
		return "", fmt.Errorf("%s of ./%s fail without a bug: %w\n%s", b.tests, b.pkg, err, out)
	}
	out, err := b.test(ctx, root, dir, b.name, limit)
	if err == nil || ctx.Err() != nil {
		return "", ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "", fmt.Errorf("%s of ./%s with %s: %w", b.tests, b.pkg, b.name, err)
	}
	if name := failure(out); name != "" {
		return name, nil
	}
	return "", fmt.Errorf("%s of ./%s with %s: neither a test failed nor the program: %w\n%s", b.tests, b.pkg, b.name, err, out)
}

// failure names the test that fails in the output of a test program, or says
// that the program crashed; "" if it shows neither.
func failure(out string) string {
	if _, name, failed := strings.Cut(out, "--- FAIL: "); failed {
		name, _, _ = strings.Cut(name, " ")
		return name
	}
	if strings.Contains(out, "panic: ") || strings.Contains(out, "fatal error: ") {
		return "a crash"
	}
	return ""
}

// patience is how long the tests of one bug may take.
const patience = 2 * time.Minute

func (b *bug) test(ctx context.Context, root, dir, name string, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(dir, b.pkg), "-test.short", "-test.failfast", "-test.run="+b.tests, "-test.v")
	cmd.Dir = filepath.Join(root, b.pkg)
	cmd.Env = append(os.Environ(), bugVar+"="+name)
	out, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() != nil {
		return string(out), ctx.Err() // of the process that was ended, err says nothing
	}
	if err == nil && !strings.Contains(string(out), "--- PASS: ") {
		return "", fmt.Errorf("no test of ./%s is called %s", b.pkg, b.tests)
	}
	return string(out), err
}
