// Diff compares the speed of the library in this checkout with that of another
// revision, and fails on a regression beyond noise:
//
//	make bench-diff BASE=v1.0.0
//
// The benchmarks are those of this checkout in both cases, built once against
// each library and run in turns. A benchmark is a regression if it is slower by
// more than a threshold, if benchstat's test says that this is no chance, and if
// both hold again in a second round in which only the suspects run. More
// allocations are a regression too.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	regressed, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-diff:", err)
		os.Exit(2)
	}
	if len(regressed) > 0 {
		fmt.Printf("\n%d regressions\n", len(regressed))
		for _, r := range regressed {
			fmt.Println(r)
		}
		os.Exit(1)
	}
	fmt.Println("\nno regression")
}

type options struct {
	base      string
	bench     string
	count     int
	time      string
	threshold float64
}

func run(args []string) ([]regression, error) {
	var o options
	flags := flag.NewFlagSet("diff", flag.ContinueOnError)
	flags.StringVar(&o.base, "base", "", "the revision to compare with")
	flags.StringVar(&o.bench, "bench", ".", "pattern of the benchmarks to run")
	flags.IntVar(&o.count, "count", 10, "times that each is run")
	flags.StringVar(&o.time, "time", "50ms", "how long each time")
	flags.Float64Var(&o.threshold, "threshold", 5, "percent that count as a regression")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.base == "" {
		return nil, errors.New("which revision? make bench-diff BASE=rev")
	}
	tmp, err := os.MkdirTemp("", "beamgate-bench-diff-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	root, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(tmp, "base")
	if err := command(root, "git", "-c", "safe.directory=*", "worktree", "add", "--detach", "--force", tree, o.base); err != nil {
		return nil, err
	}
	defer command(root, "git", "-c", "safe.directory=*", "worktree", "remove", "--force", tree)
	pair, err := buildBoth(tmp, root, tree)
	if err != nil {
		return nil, err
	}
	return pair.compare(o)
}

// buildBoth builds the benchmarks with the library at root and at tree.
func buildBoth(tmp, root, tree string) (pair, error) {
	var p pair
	for _, side := range []struct {
		name, library string
		at            *string
	}{{"base", tree, &p.base}, {"head", root, &p.head}} {
		mod, err := modFile(tmp, side.name, side.library)
		if err != nil {
			return p, err
		}
		*side.at = filepath.Join(tmp, side.name+".test")
		if err := command(".", "go", "test", "-c", "-modfile="+mod, "-o", *side.at, "./internal/regress"); err != nil {
			return p, fmt.Errorf("the benchmarks do not compile with %s: %w", side.name, err)
		}
	}
	p.tmp = tmp
	return p, nil
}

// modFile writes a go.mod that takes the library from a folder, and the go.sum
// beside it.
func modFile(tmp, name, library string) (string, error) {
	const ours = "replace github.com/beamgate/beamgate => ..\n"
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(mod), ours) {
		return "", fmt.Errorf("go.mod has no line %q", ours)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return "", err
	}
	text := strings.Replace(string(mod), ours, fmt.Sprintf("replace github.com/beamgate/beamgate => %s\n", library), 1)
	file := filepath.Join(tmp, name+".mod")
	return file, errors.Join(
		os.WriteFile(file, []byte(text), 0o644),
		os.WriteFile(filepath.Join(tmp, name+".sum"), sum, 0o644))
}

// command says what it printed only when it fails.
func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(string(text)))
	}
	return nil
}
