package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// options are what the command line says.
type options struct {
	config   etf.Config
	preset   string // where config comes from, as Go code
	hex      bool
	base64   bool
	literals []string // of -e
	paths    []string
	match    string
	json     bool
	summary  bool
	term     int // bytes of the term to print
	progress string
	large    int64 // inputs above are streamed
}

// largeBytes is small enough for any heap and large enough for what people want
// to read as text.
const largeBytes = 4 << 20

// parse returns nil and the exit code if there is nothing to run.
func parse(args []string, stderr io.Writer) (*options, int) {
	o := &options{large: largeBytes}
	var safe, otp bool
	var caps []string
	f := flag.NewFlagSet("inspect", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.BoolVar(&safe, "safe", false, "judge as package safe does (etf.Strict) and not as etf.Default")
	f.BoolVar(&otp, "otp", false, "judge as binary_to_term/1 of OTP 25 does (etf.OTP, no caps)")
	f.Func("limit", "set a cap, as in MaxDepth=2000, MaxBytes=4Gi, MaxTerms=NoLimit or MaxInflated=None (repeatable)", func(s string) error {
		caps = append(caps, s)
		return nil
	})
	f.BoolVar(&o.hex, "hex", false, "inputs are hex digits")
	f.BoolVar(&o.base64, "base64", false, "inputs are base64, of either alphabet, padded or not")
	f.Func("e", "inspect this `text`: hex, base64 or <<131,…,\"…\">>; once for each (repeatable)", func(s string) error {
		o.literals = append(o.literals, s)
		return nil
	})
	f.StringVar(&o.match, "match", "*", "of folders, take the files whose names match the `pattern`")
	f.BoolVar(&o.json, "json", false, "print one JSON object for each input")
	f.BoolVar(&o.summary, "summary", false, "print verdicts and limits of all inputs together")
	f.IntVar(&o.term, "term", 4096, "print at most so many `bytes` of a term; 0: none")
	f.Func("stream", "stream inputs of more `bytes`, which need no heap then (default 4Mi)", func(s string) (err error) {
		o.large, err = parseCap(s)
		if err == nil && o.large < 0 {
			err = errors.New("it is a number of bytes, or NoLimit to stream nothing")
		}
		return err
	})
	f.StringVar(&o.progress, "progress", "auto", "show progress on stderr: on, off or auto (if it is a terminal)")
	f.Usage = func() { usage(f) }
	var err error
	if o.paths, err = parseAnywhere(f, args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, exitOK
		}
		return nil, exitUsage
	}
	o.setMode(safe, otp)
	if err := errors.Join(o.check(safe && otp), o.setLimits(caps)); err != nil {
		fmt.Fprintln(stderr, "inspect:", err)
		return nil, exitUsage
	}
	return o, exitOK
}

// parseAnywhere takes flags in front of the paths, between them and behind them, up
// to a "--", behind which all are paths.
func parseAnywhere(f *flag.FlagSet, args []string) (paths []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		rest := f.Args()
		if read := len(args) - len(rest); len(rest) == 0 || read > 0 && args[read-1] == "--" {
			return append(paths, rest...), nil
		}
		paths, args = append(paths, rest[0]), rest[1:]
	}
}

func usage(f *flag.FlagSet) {
	w := f.Output()
	fmt.Fprint(w, "usage: inspect [flags] [file | folder | -]...\n\nflags may stand behind paths too; behind -- all are paths\n\n")
	f.PrintDefaults()
	fmt.Fprintf(w, "\nexit code: 1 if anything was refused, 2 if anything could not be read\n")
	fmt.Fprintf(w, "limits: %s\n", strings.Join(limits.Names(), " "))
}

func (o *options) setMode(safe, otp bool) {
	switch {
	case safe:
		o.config, o.preset = etf.Strict(), "etf.Strict()"
	case otp:
		o.config, o.preset = etf.OTP(), "etf.OTP()"
	default:
		o.config, o.preset = etf.Default(), "etf.Default()"
	}
}

func (o *options) check(twoModes bool) error {
	switch {
	case twoModes:
		return errors.New("-safe and -otp exclude each other")
	case o.hex && o.base64:
		return errors.New("-hex and -base64 exclude each other")
	case o.term < 0:
		return errors.New("-term is negative")
	case o.progress != "on" && o.progress != "off" && o.progress != "auto":
		return errors.New("-progress is on, off or auto")
	}
	_, err := filepath.Match(o.match, "")
	return err
}

func (o *options) setLimits(caps []string) error {
	for _, s := range caps {
		name, value, _ := strings.Cut(s, "=")
		v, err := parseCap(value)
		if err != nil {
			return fmt.Errorf("-limit %s: %w", s, err)
		}
		if !o.config.Limits.Set(capName(name), v) {
			return fmt.Errorf("-limit %s: no such limit; there are %s", s, strings.Join(limits.Names(), ", "))
		}
	}
	return nil
}

// capName finds the field for a name in any case, with or without its Max.
func capName(name string) string {
	for _, known := range limits.Names() {
		if strings.EqualFold(known, name) || strings.EqualFold(known, "Max"+name) {
			return known
		}
	}
	return name
}

var capUnits = []struct {
	suffix string
	factor int64
}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}}

// parseCap reads a cap: a number above 0, maybe with _ and a binary unit, or one
// of the two named ends.
func parseCap(s string) (int64, error) {
	switch {
	case strings.EqualFold(s, "NoLimit"):
		return limits.NoLimit, nil
	case strings.EqualFold(s, "None"):
		return limits.None, nil
	}
	factor := int64(1)
	for _, u := range capUnits {
		if number, ok := strings.CutSuffix(s, u.suffix); ok {
			s, factor = number, u.factor
		}
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if err != nil || v <= 0 || v > math.MaxInt64/factor {
		return 0, errors.New("the value is a positive number, as 4096 or 64Mi, or None or NoLimit")
	}
	return v * factor, nil
}
