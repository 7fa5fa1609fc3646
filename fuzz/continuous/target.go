package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// target is one fuzz target and what became of it.
type target struct {
	name, pkg string
	dir       string // of its package, where failing inputs go
	program   string // the test program, built for fuzzing

	turns  int
	execs  int64
	fresh  int // interesting inputs that were new
	cpu    time.Duration
	late   int // turns in a row that ended in overtime
	failed bool
	output string // of the turn that failed
}

func (t *target) String() string {
	state := ""
	if t.failed {
		state = "  FAILED"
	}
	return fmt.Sprintf("%-22s %-44s %10d executions, %5d new inputs, %6s of processor time%s",
		t.name, t.pkg, t.execs, t.fresh, t.cpu.Round(time.Second), state)
}

// find lists the targets of all modules and builds their programs into bin.
func find(o options, bin string) (all []*target, err error) {
	err = filepath.WalkDir(o.modules, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".out"):
			return fs.SkipDir
		case d.Name() != "go.mod":
			return nil
		}
		found, err := targetsOf(filepath.Dir(p), o, bin, len(all))
		all = append(all, found...)
		return err
	})
	return all, err
}

var declaration = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// targetsOf are those of one module.
func targetsOf(module string, o options, bin string, serial int) (all []*target, err error) {
	list, err := goTool(module, "list", "-f", "{{.ImportPath}}\t{{.Dir}}\t{{range .TestGoFiles}}{{.}} {{end}}{{range .XTestGoFiles}}{{.}} {{end}}", "./...")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(list) {
		part := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(part) != 3 {
			continue
		}
		names, err := namesIn(part[1], strings.Fields(part[2]), o.only)
		if err != nil || len(names) == 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		serial++
		program := filepath.Join(bin, strconv.Itoa(serial))
		fmt.Fprintf(o.log, "building the tests of %s for fuzzing: %s\n", part[0], strings.Join(names, ", "))
		// With -fuzz the compiler puts in what the engine steers by.
		if _, err := goTool(module, "test", "-c", "-fuzz=.", "-o", program, part[0]); err != nil {
			return nil, err
		}
		for _, name := range names {
			all = append(all, &target{name: name, pkg: part[0], dir: part[1], program: program})
		}
	}
	return all, nil
}

func namesIn(dir string, files []string, only *regexp.Regexp) (names []string, err error) {
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			return nil, err
		}
		for _, m := range declaration.FindAllSubmatch(text, -1) {
			if name := string(m[1]); only.MatchString(name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

func goTool(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, &stderr)
	}
	return string(out), nil
}

// grace is what a turn may take beyond its slice: the seeds are run first, and a
// failing input is made small.
const grace = 2 * time.Minute

// turn fuzzes the target for one slice. A slice that ctx cuts short is no
// failure.
func (t *target) turn(ctx context.Context, o options) error {
	slice := o.slice
	if until, ok := ctx.Deadline(); ok && !strings.HasSuffix(slice, "x") {
		if d, err := time.ParseDuration(slice); err == nil {
			slice = max(min(d, time.Until(until)), time.Second).Round(time.Second).String()
		}
	}
	args := []string{
		"-test.run=^$", "-test.fuzz=^" + t.name + "$", "-test.fuzztime=" + slice,
		"-test.fuzzminimizetime=200x", "-test.fuzzcachedir=" + filepath.Join(o.corpus, t.pkg),
	}
	if o.parallel > 0 {
		args = append(args, "-test.parallel="+strconv.Itoa(o.parallel))
	}
	// Not ctx: the engine keeps time itself, and writes down what it has found.
	limit, cancel := context.WithTimeout(context.Background(), turnLimit(o.slice))
	defer cancel()
	cmd := exec.CommandContext(limit, t.program, args...)
	cmd.Dir = t.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // where does it hang?
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	t.count(string(out), cmd.ProcessState)
	switch {
	case err == nil:
		t.late = 0
	case ctx.Err() == context.Canceled:
	case cmd.ProcessState == nil: // it did not start
		return err
	default:
		t.judge(string(out))
	}
	return nil
}

// judge takes what the engine says of a turn that it calls a failure.
func (t *target) judge(out string) {
	if overtime.MatchString(out) && t.late < lateMost {
		t.late++
		return
	}
	t.failed, t.output = true, out
}

// lateMost is how many turns in a row may end so: an input that hangs looks the same,
// and comes again.
const lateMost = 2

// overtime is all that the engine says where the time of a slice ends before each of its
// processes has answered, on a machine with other work: nothing was found. A process that
// hangs is another error, and a failing input has lines of its own.
var overtime = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w+ \([0-9.]+s\)\n    context deadline exceeded\nFAIL\n?\z`)

// slowest is how long an execution may take in the mean, several times what the
// slowest target needs on a machine with other work.
const slowest = 20 * time.Millisecond

// turnLimit is when a turn hangs.
func turnLimit(slice string) time.Duration {
	if d, err := time.ParseDuration(slice); err == nil {
		return d + grace
	}
	if n, err := strconv.ParseInt(strings.TrimSuffix(slice, "x"), 10, 64); err == nil && n > 0 {
		return 10*time.Minute + time.Duration(min(n, int64(30*24*time.Hour/slowest)))*slowest
	}
	return 10 * time.Minute
}

var progress = regexp.MustCompile(`execs: (\d+) .*new interesting: (\d+)`)

// count takes what the engine said last.
func (t *target) count(output string, state *os.ProcessState) {
	t.turns++
	if m := progress.FindAllStringSubmatch(output, -1); m != nil {
		last := m[len(m)-1]
		execs, _ := strconv.ParseInt(last[1], 10, 64) // digits, by the expression
		fresh, _ := strconv.Atoi(last[2])
		t.execs += execs
		t.fresh += fresh
	}
	if state != nil {
		t.cpu += state.UserTime() + state.SystemTime()
	}
}
