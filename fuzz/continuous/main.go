// Continuous runs the native fuzz targets of all modules in turn, a slice of time
// or of executions each, for as long as it is told.
//
//	go run ./fuzz/continuous -for 1h
//	go run ./fuzz/continuous -rounds 1 -slice 20000x
//
// What the engine finds interesting is kept in -corpus and used by the next run.
// An input that fails is made small by the engine and written to
// testdata/fuzz/TARGET of its package, where `go test` repeats it from then on;
// the target then sits out, and the others go on. The exit status is 1 if there
// was such an input, and 2 if nothing was executed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

type options struct {
	long     time.Duration
	rounds   int
	slice    string
	only     *regexp.Regexp
	corpus   string
	modules  string
	parallel int
	log      io.Writer // what is done besides fuzzing, for people
}

func parse(args []string) (o options, err error) {
	o.log = os.Stderr
	f := flag.NewFlagSet("continuous", flag.ContinueOnError)
	f.DurationVar(&o.long, "for", 0, "how long to go on, all targets together and without the time to build them; 0 is until interrupted, or for -rounds")
	f.IntVar(&o.rounds, "rounds", 0, "how often each target gets its turn; 0 for any number")
	f.StringVar(&o.slice, "slice", "20s", "one turn: a time, or executions as in 20000x")
	only := f.String("run", "", "regular expression of the targets to run; all of them if empty")
	f.StringVar(&o.corpus, "corpus", ".out/fuzz", "folder in which interesting inputs are kept")
	f.StringVar(&o.modules, "root", ".", "folder below which modules are looked for")
	f.IntVar(&o.parallel, "parallel", 0, "processes that fuzz at a time; 0 for as many as there are processors")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, err
	}
	// The programs run in the folders of their packages.
	o.corpus, err = filepath.Abs(o.corpus)
	return o, err
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	failed, err := run(ctx, o)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "continuous:", err)
		os.Exit(2)
	case failed > 0:
		os.Exit(1)
	}
}

var (
	errNone = errors.New("no fuzz target matches")
	errIdle = errors.New("nothing was executed: give it more time")
)

// run gives each target its turns and returns how many have failed. The time of
// o.long begins when all are built, which may take longer than that.
func run(ctx context.Context, o options) (failed int, err error) {
	bin, err := os.MkdirTemp("", "fuzz")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(bin)
	targets, err := find(o, bin)
	if err != nil {
		return 0, err
	}
	if len(targets) == 0 {
		return 0, errNone
	}
	fmt.Fprintf(o.log, "%d targets, %s each in turn; a line for each turn, what they find interesting is in %s\n", len(targets), o.slice, o.corpus)
	start := time.Now()
	if o.long > 0 {
		var stop func()
		ctx, stop = context.WithTimeout(ctx, o.long)
		defer stop()
	}
	for round := 1; (o.rounds == 0 || round <= o.rounds) && ctx.Err() == nil; round++ {
		active := 0
		for _, t := range targets {
			if t.failed || ctx.Err() != nil {
				continue
			}
			if err := t.turn(ctx, o); err != nil {
				return 0, err
			}
			active++
			fmt.Println(t)
			if t.failed {
				failed++
			}
		}
		if active == 0 {
			break
		}
	}
	text, execs := summary(targets, time.Since(start))
	fmt.Print(text)
	if execs == 0 && failed == 0 && ctx.Err() != context.Canceled {
		return 0, errIdle
	}
	return failed, nil
}

// summary tells of all targets, and how many executions there were.
func summary(targets []*target, took time.Duration) (text string, execs int64) {
	var b strings.Builder
	var cpu time.Duration
	ran, bad := 0, 0
	for _, t := range targets {
		execs += t.execs
		cpu += t.cpu
		if t.execs > 0 || t.failed {
			ran++
		}
		if t.failed {
			bad++
			fmt.Fprintf(&b, "\n%s failed:\n%s\n", t.name, t.output)
		}
	}
	fmt.Fprintf(&b, "\n%d of %d targets ran, %d executions, %s, %s of processor time, %d failed\n",
		ran, len(targets), execs, took.Round(time.Second), cpu.Round(time.Second), bad)
	return b.String(), execs
}
