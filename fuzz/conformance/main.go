// Conformance holds a decoder of the Erlang external term format, written in
// any language, against the corpus:
//
//	go run ./fuzz/conformance ./my-decoder             # a process for each case
//	go run ./fuzz/conformance -packet node decoder.js  # one process for all
//
// What the program has to do, and how to begin in Python or JavaScript, is in
// fuzz/README.md; package harness has the protocol to the byte. The exit status
// is 0 if the program agrees with the reference in all cases that were run, 1 if
// not, and 2 if there is no result. go run makes 1 of the 2, and prints it: to tell
// them apart, build the command and run that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/beamgate/beamgate/fuzz/conformance/harness"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

const usage = `usage: conformance [flags] program [arguments]

Flags go in front of the program's name: what stands behind it is the program's.

References for -against: otp25, or another release, is what binary_to_term/1 of
Erlang/OTP does; safe and otp (and others of the manifest) are policies of this
library. Patterns for -skip and -only: class:hostile, feature:compressed,
flag:trailing, id:float-*, with commas between them.

The exit status is 0 if the program agrees in all cases that were run, 1 if it does
not, 2 if there is no result. "go run" makes 1 of the 2: go build tells them apart.

`

type options struct {
	harness.Options
	program harness.Program
	against string
	memory  size
	json    bool
	list    bool
	quiet   bool
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{memory: harness.DefaultMemory}
	o.Level, o.program.Timeout = harness.LevelValue, harness.DefaultTimeout
	f := flag.NewFlagSet("conformance", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.BoolVar(&o.program.Packet, "packet", false, "one process answers all cases, in {packet,4} frames")
	f.StringVar(&o.against, "against", "otp25", "the reference")
	f.Var(&o.Level, "level", "what is compared: verdict, used or value")
	f.Var(&o.Skip, "skip", "patterns of cases that are counted and not run")
	f.Var(&o.Only, "only", "patterns of the only cases to look at: those that any of them picks")
	f.Var((*wait)(&o.program.Timeout), "timeout", "time for one case, with the start of its process")
	f.Var(&o.memory, "memory", "cap of resident memory, as 512MiB or 2GiB")
	f.IntVar(&o.Workers, "workers", runtime.NumCPU(), "programs that run at a time")
	f.BoolVar(&o.json, "json", false, "print a report in JSON instead of the table")
	f.BoolVar(&o.list, "list", false, "print each disagreement above the table")
	f.BoolVar(&o.quiet, "quiet", false, "no progress on standard error")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	o.program.Args, o.program.Memory = f.Args(), int64(o.memory)
	if f.NArg() == 0 {
		f.Usage()
		return nil, fmt.Errorf("no program is named")
	}
	for _, arg := range f.Args()[1:] {
		name, _, _ := strings.Cut(arg, "=")
		name, isFlag := strings.CutPrefix(name, "-")
		if isFlag && f.Lookup(strings.TrimPrefix(name, "-")) != nil {
			fmt.Fprintf(stderr, "conformance: %s: behind the program's name, so it goes to the program; flags of this one go before it\n", arg)
		}
	}
	return o, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is main with all that it touches in its arguments.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err == flag.ErrHelp {
		return 0
	}
	if err != nil {
		return 2
	}
	report, err := judge(ctx, o, stderr)
	if err == nil {
		err = o.print(report, stdout)
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "conformance:", err)
		return 2
	case !report.OK():
		return 1
	}
	return 0
}

func judge(ctx context.Context, o *options, stderr io.Writer) (*harness.Report, error) {
	cases, err := harness.FromCorpus(o.against)
	if err != nil {
		return nil, err
	}
	if !o.quiet {
		o.Progress = progress(stderr)
	}
	report, err := harness.Run(ctx, o.program, cases, o.Options)
	if err != nil {
		return nil, err
	}
	report.Corpus, report.Against = corpus.Version, o.against
	return report, nil
}

// progress shows a line now and then.
func progress(w io.Writer) func(done, of int) {
	next := time.Now().Add(5 * time.Second)
	return func(done, of int) {
		if now := time.Now(); now.After(next) {
			fmt.Fprintf(w, "%d of %d cases\n", done, of)
			next = now.Add(5 * time.Second)
		}
	}
}

func (o *options) print(r *harness.Report, w io.Writer) error {
	if o.json {
		return r.WriteJSON(w)
	}
	if o.list {
		if err := r.WriteList(w); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "corpus %s against %s, level %s: %s\n", r.Corpus, r.Against, r.Level, strings.Join(r.Program, " "))
	return r.WriteTable(w)
}

// wait is a time, of which a mistake says how one is written.
type wait time.Duration

// String is that of the time.
func (w *wait) String() string { return time.Duration(*w).String() }

// Set reads a time with its unit, which the runner in Python does without.
func (w *wait) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("want a time with its unit, as in 10s")
	}
	*w = wait(d)
	return nil
}

// size is a number of bytes that is written with a unit.
type size int64

// String writes the largest unit that needs no fraction.
func (s *size) String() string {
	switch n := int64(*s); {
	case n != 0 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "GiB"
	case n != 0 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "MiB"
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Set reads a positive number with MiB or GiB. Without a unit it is refused: the
// runner in Python takes it for MiB, and as bytes no decoder could run.
func (s *size) Set(text string) error {
	digits, shift := "", 0
	if d, ok := strings.CutSuffix(text, "MiB"); ok {
		digits, shift = d, 20
	} else if d, ok := strings.CutSuffix(text, "GiB"); ok {
		digits, shift = d, 30
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n <= 0 {
		return fmt.Errorf("want a number with MiB or GiB behind it, as 512MiB")
	}
	*s = size(n << shift)
	return nil
}
