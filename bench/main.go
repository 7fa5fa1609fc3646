// The bench of beamgate: how fast, against whom, and how close to what the
// machine can do. It prints what it writes to RESULTS.md, with pictures in a
// folder beside it.
//
//	go -C bench run .           everything, under 40 minutes
//	go -C bench run . -quick    the same with less of all, in five
//
// Only a run of everything replaces the RESULTS.md here, which is the record. Less goes to
// .out/bench in the checkout, unless -out has another folder.
//
// The BEAM (erl, erlc) and Node (node, npm, a C++ compiler for erlpack) are
// wanted; what is missing stays empty and is named.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/beamgate/beamgate/bench/internal/hostile"
	"github.com/beamgate/beamgate/bench/internal/report"
)

func main() {
	hostile.Child() // if this is one of the processes that read hostile input
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	quick   bool
	parts   []string
	match   string // payloads
	columns string
	out     string
	plan    plans
}

var parts = []string{"payloads", "curves", "streams", "hostile"}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.quick, "quick", false, "less of everything")
	only := flags.String("only", strings.Join(parts, ","), "parts to run")
	flags.StringVar(&o.match, "payloads", "*", "pattern of the payloads to measure, as in 'a_*'")
	flags.StringVar(&o.columns, "columns", "*", "patterns of the columns to measure, with commas between them")
	flags.StringVar(&o.out, "out", "", "folder for RESULTS.md and the pictures; by default this one, or .out/bench for less than everything")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.parts = strings.Split(*only, ",")
	for _, p := range o.parts {
		if !slices.Contains(parts, p) {
			return o, fmt.Errorf("there is no part %q; the parts are %s", p, strings.Join(parts, ", "))
		}
	}
	for _, pattern := range append(strings.Split(o.columns, ","), o.match) {
		if _, err := path.Match(pattern, ""); err != nil { // it would pick nothing, and be overlooked
			return o, fmt.Errorf("%q: %w", pattern, err)
		}
	}
	o.plan = full
	if o.quick {
		o.plan = quick
	}
	return o, nil
}

func run(args []string) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	source, err := moduleFolder()
	if err != nil {
		return err
	}
	start := time.Now()
	o.out = o.folder(source)
	b := &bench{options: o, source: source, run: &report.Run{Quick: o.quick}}
	defer b.close()
	for _, p := range parts {
		if !slices.Contains(o.parts, p) {
			continue
		}
		fmt.Fprintf(os.Stderr, "-- %s\n", p)
		if err := b.part(p); err != nil {
			return err
		}
	}
	b.run.Machine = append(machine(), b.versions...)
	b.run.Elapsed = time.Since(start)
	return b.write()
}

// folder is where the report goes: over the record only if it can take its place.
func (o options) folder(source string) string {
	switch {
	case o.out != "":
		return o.out
	case o.quick || len(o.parts) < len(parts) || o.match != "*" || o.columns != "*":
		return filepath.Join(source, "..", ".out", "bench")
	}
	return source
}

// moduleFolder is where the sources of the other programs are. `go run` and
// `go -C` start the program there.
func moduleFolder() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("run it in the folder of its module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// write prints the report, and leaves it with its pictures in the folder.
func (b *bench) write() error {
	if notes, err := os.ReadFile(filepath.Join(b.source, "NOTES.md")); err == nil {
		b.run.Notes = string(notes)
	}
	text := report.Markdown(b.run)
	fmt.Print(text)
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.out, "RESULTS.md"), []byte(text), 0o644); err != nil {
		return err
	}
	pictures := filepath.Join(b.out, report.PictureDir)
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		return err
	}
	if err := report.Pictures(b.run, pictures); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "-- written to %s and %s\n", filepath.Join(b.out, "RESULTS.md"), pictures)
	if b.out != b.source {
		return nil
	}
	return intoReadme(filepath.Join(b.source, "..", "README.md"), report.Summary(b.run))
}

// The lines of README.md between which the summary of the record stands.
const (
	summaryBegin = "<!-- bench: begin -->\n"
	summaryEnd   = "<!-- bench: end -->\n"
)

// intoReadme puts the summary where the one before stands.
func intoReadme(path, summary string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), summaryBegin)
	_, after, ok2 := strings.Cut(rest, summaryEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s: no place for the summary", path)
	}
	return os.WriteFile(path, []byte(before+summaryBegin+summary+summaryEnd+after), 0o644)
}
