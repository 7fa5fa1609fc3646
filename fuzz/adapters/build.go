package adapters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// builder knows where things are.
type builder struct {
	home string // the folder of this module
	work string // for what is built
}

func (b builder) run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func inGo(program string, args ...string) func(context.Context, builder) ([]string, error) {
	return func(ctx context.Context, b builder) ([]string, error) {
		exe := filepath.Join(b.work, program)
		err := b.run(ctx, b.home, "go", "build", "-o", exe, "./"+program)
		return append([]string{exe}, args...), err
	}
}

func inErlang(_ context.Context, b builder) ([]string, error) {
	return []string{"escript", filepath.Join(b.home, "erl", "adapter.escript")}, nil
}

func inPython(_ context.Context, b builder) ([]string, error) {
	// The function is looked for beside the script too: Python puts that folder
	// into its path.
	script := filepath.Join(b.home, "..", "conformance", "python", "conformance.py")
	return []string{"python3", "-B", script, "--serve", "sample_decoder:decode"}, nil
}

// inNode installs the locked packages into a copy of the folder js, so that the
// checkout never holds a node_modules. The copy is kept for the next run, under
// the digest of what is in it.
func inNode(script string) func(context.Context, builder) ([]string, error) {
	return func(ctx context.Context, b builder) ([]string, error) {
		files := os.DirFS(filepath.Join(b.home, "js"))
		names, err := filepath.Glob(filepath.Join(b.home, "js", "*.js*"))
		if err != nil {
			return nil, err
		}
		sum := sha256.New()
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(name), len(data), data)
		}
		dir := filepath.Join(b.home, "..", "..", ".out", "adapters", fmt.Sprintf("js-%.6x", sum.Sum(nil)))
		if err := install(ctx, b, dir, func(tmp string) error { return os.CopyFS(tmp, files) }); err != nil {
			return nil, err
		}
		// Replies go to descriptor 3, and what a module prints to standard error.
		return []string{"sh", "-c", `exec node "$0" 3 3>&1 1>&2`, filepath.Join(dir, script)}, nil
	}
}

// install fills a folder next to dir and moves it there when it is complete, so
// that two runs at once do no harm.
func install(ctx context.Context, b builder, dir string, copyTo func(string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := copyTo(tmp); err != nil {
		return err
	}
	if err := b.run(ctx, tmp, "npm", "ci", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	if err := os.Rename(tmp, dir); err != nil && !exists(dir) {
		return err
	}
	return nil
}

func exists(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}
