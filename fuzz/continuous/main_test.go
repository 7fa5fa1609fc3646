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

// module writes a module with two packages: one target is good, one finds
// something at once, and one stands where no target is.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/m\n\ngo 1.26\n",
		"a/a.go":      "package a\n",
		"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc FuzzGood(f *testing.F) {\n\tf.Add([]byte(\"x\"))\n\tf.Fuzz(func(t *testing.T, b []byte) {\n\t\tfor _, c := range b {\n\t\t\tif c > 200 {\n\t\t\t\tt.Log(c)\n\t\t\t}\n\t\t}\n\t})\n}\n",
		"b/b.go":      "package b\n",
		"b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc FuzzBad(f *testing.F) {\n\tf.Add([]byte(\"x\"))\n\tf.Fuzz(func(t *testing.T, b []byte) {\n\t\tif len(b) > 2 {\n\t\t\tt.Fatal(\"three bytes\")\n\t\t}\n\t})\n}\n",
		"c/c.go":      "package c\n",
		"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestC(t *testing.T) {}\n",
	} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func start(t *testing.T, dir string, more ...string) options {
	t.Helper()
	o, err := parse(append([]string{"-root", dir, "-corpus", filepath.Join(t.TempDir(), "corpus"), "-parallel", "2"}, more...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestRounds: each target has its turns, but for one that has failed; its input
// is where go test finds it, and what is interesting is kept.
func TestRounds(t *testing.T) {
	dir := module(t)
	o := start(t, dir, "-rounds", "2", "-slice", "2000x")
	var log strings.Builder
	o.log = &log
	failed, err := run(t.Context(), o)
	if err != nil || failed != 1 {
		t.Fatalf("%d failed, %v", failed, err)
	}
	for _, want := range []string{
		"building the tests of example.com/m/a for fuzzing: FuzzGood\n", "building the tests of example.com/m/b for fuzzing: FuzzBad\n", "2 targets, 2000x each in turn; ", o.corpus,
	} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("it does not say %q:\n%s", want, log.String())
		}
	}
	inputs, _ := filepath.Glob(filepath.Join(dir, "b", "testdata", "fuzz", "FuzzBad", "*"))
	if len(inputs) != 1 {
		t.Errorf("failing inputs: %v", inputs)
	}
	if kept, _ := filepath.Glob(filepath.Join(o.corpus, "example.com", "m", "a", "FuzzGood", "*")); len(kept) == 0 {
		t.Error("no interesting input was kept")
	}
}

// TestTurns looks at the targets themselves.
func TestTurns(t *testing.T) {
	dir := module(t)
	o := start(t, dir, "-slice", "500x")
	targets, err := find(o, t.TempDir())
	if err != nil || len(targets) != 2 {
		t.Fatalf("%v, %v", targets, err)
	}
	for _, target := range targets {
		if err := target.turn(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if target.failed != (target.name == "FuzzBad") || target.failed != strings.Contains(target.output, "three bytes") {
			t.Errorf("%v: %s", target, target.output)
		}
		if !target.failed && (target.execs < 500 || target.turns != 1 || target.cpu <= 0) {
			t.Errorf("%v: %+v", target, target)
		}
	}
}

func TestOnlySome(t *testing.T) {
	dir := module(t)
	if failed, err := run(t.Context(), start(t, dir, "-rounds", "1", "-slice", "100x", "-run", "Good")); failed != 0 || err != nil {
		t.Errorf("%d, %v", failed, err)
	}
	if _, err := run(t.Context(), start(t, dir, "-rounds", "1", "-run", "Nothing")); !errors.Is(err, errNone) {
		t.Error(err)
	}
}

// TestEndOfTime: a turn ends with the time there is, and that is no failure.
func TestEndOfTime(t *testing.T) {
	o := start(t, module(t), "-slice", "1h", "-run", "Good")
	targets, err := find(o, t.TempDir())
	if err != nil || len(targets) != 1 {
		t.Fatalf("%v, %v", targets, err)
	}
	// On a loaded machine the engine may not get to its first report: then there
	// is more time.
	for long := time.Second; ; long *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), long)
		err := targets[0].turn(ctx, o)
		cancel()
		if err != nil || targets[0].failed {
			t.Fatalf("%v: %v\n%s", targets[0], err, targets[0].output)
		}
		if targets[0].execs > 0 {
			return
		}
		if long > time.Minute {
			t.Fatalf("%v: nothing was run", targets[0])
		}
	}
}

// TestClock: the time begins when the targets are built, which takes longer than
// the 300ms, so that the first of them has its turn; and a run that executes nothing
// is an error.
func TestClock(t *testing.T) {
	o := start(t, module(t), "-for", "300ms", "-slice", "200x", "-run", "Good")
	if failed, err := run(t.Context(), o); failed != 0 || err != nil {
		t.Errorf("%d, %v", failed, err)
	}
	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := run(over, o); !errors.Is(err, errIdle) {
		t.Errorf("without time: %v", err)
	}
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	if _, err := run(interrupted, o); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

func TestSummary(t *testing.T) {
	text, execs := summary([]*target{{execs: 5}, {}, {name: "FuzzBad", failed: true, output: "three bytes"}}, time.Second)
	if execs != 5 || text != "\nFuzzBad failed:\nthree bytes\n\n2 of 3 targets ran, 5 executions, 1s, 0s of processor time, 1 failed\n" {
		t.Errorf("%d, %q", execs, text)
	}
}

// TestTurnLimit: more executions may take longer.
func TestTurnLimit(t *testing.T) {
	if few, many := turnLimit("100x"), turnLimit("1000000x"); few < grace || many < few+time.Hour || turnLimit("9000000000000000000x") < many {
		t.Errorf("%v, %v, %v", few, many, turnLimit("9000000000000000000x"))
	}
	if got := turnLimit("1h"); got != time.Hour+grace {
		t.Errorf("1h: %v", got)
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-run", "("}, {"-for", "x"}, {"-nothing"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v: accepted", args)
		}
	}
}

// TestOvertime: an end of time that the engine calls a failure is none, and nothing else
// is taken for it.
func TestOvertime(t *testing.T) {
	const head = "fuzz: elapsed: 20s, execs: 146397 (9045/sec), new interesting: 6 (total: 50)\n"
	for out, want := range map[string]bool{
		head + "--- FAIL: FuzzConfig (20.90s)\n    context deadline exceeded\nFAIL\n": true,
		head + "--- FAIL: FuzzConfig (20.90s)\n    context deadline exceeded\nFAIL":   true,
		head + "--- FAIL: FuzzConfig (20.90s)\n    --- FAIL: FuzzConfig (0.00s)\n        x_test.go:1: context deadline exceeded\n    \n    Failing input written to testdata/fuzz/FuzzConfig/0\nFAIL\n": false,
		head + "--- FAIL: FuzzConfig (20.90s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\nFAIL\n":                                                                              false,
		head + "--- FAIL: FuzzConfig (20.90s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzConfig/0\nFAIL\n":                                                          false,
		head + "PASS\n": false,
	} {
		var one target
		if one.judge(out); one.failed == want || one.failed != (one.output == out) {
			t.Errorf("%v, want %v:\n%s", !one.failed, want, out)
		}
		for range lateMost {
			one.judge(out)
		}
		if !one.failed {
			t.Errorf("again and again, and no failure:\n%s", out)
		}
	}
}
