package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

type options struct {
	only, fn      string
	shard         string
	sample        int
	seed          uint64
	workers       int
	state, report string
	again         bool
	unexplained   bool
	judged        bool
	unjudged      bool
	record        bool
	until         string
	constants     bool
	tolerate      bool
	wide          bool
	list          bool
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	f.StringVar(&o.only, "only", "", "files whose path holds one of these, parted by commas")
	f.StringVar(&o.fn, "func", "", "functions and variables whose name holds this")
	f.StringVar(&o.shard, "shard", "", "i/n: each n-th mutant, from the i-th on, 1 to n")
	f.IntVar(&o.sample, "sample", 0, "so many mutants, drawn by -seed; 0 for all")
	f.Uint64Var(&o.seed, "seed", 1, "seed of -sample")
	f.IntVar(&o.workers, "workers", runtime.NumCPU(), "processes at a time")
	f.StringVar(&o.state, "state", "", "file of outcomes: what it has is not run again, what is run is added")
	f.StringVar(&o.report, "json", "", "file for the report")
	f.BoolVar(&o.again, "again", false, "run once more what survived in -state, and nothing else")
	f.BoolVar(&o.unexplained, "unexplained", false, "leave out what has a reason in survivors.txt: is there a survivor without one?")
	f.BoolVar(&o.judged, "judged", false, "only declarations that are as judged.txt has them")
	f.BoolVar(&o.unjudged, "unjudged", false, "only declarations that are not in judged.txt, or have changed")
	f.BoolVar(&o.record, "record", false, "write judged.txt from what was run, now or in -state")
	f.StringVar(&o.until, "until", "", "the last stage to run, for a first look; -again then runs the rest on what survived")
	f.BoolVar(&o.constants, "constants", true, "constants too, which take a build each")
	f.BoolVar(&o.tolerate, "tolerate", false, "leave out tests that fail without a mutant")
	f.BoolVar(&o.wide, "wide", false, "also change what is no check: numbers, sums, statements; and files of text and drivers")
	f.BoolVar(&o.list, "list", false, "only print the mutants")
	return o, f.Parse(args)
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := run(ctx, o)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	case !good:
		os.Exit(1)
	}
}

// wants reports whether the file is one of -only.
func (o options) wants(file string) bool {
	return slices.ContainsFunc(strings.Split(o.only, ","), func(s string) bool { return strings.Contains(file, s) })
}

// choose takes the mutants that the options ask for.
func (o options) choose(all []*Mutant) ([]*Mutant, error) {
	var i, n int
	if o.shard != "" {
		if _, err := fmt.Sscanf(o.shard, "%d/%d", &i, &n); err != nil || i < 1 || i > n {
			return nil, fmt.Errorf("-shard %q is not i/n", o.shard)
		}
	}
	var out []*Mutant
	for k, m := range all {
		if o.wants(m.File) && strings.Contains(m.Func, o.fn) && (n == 0 || k%n == i-1) && (o.constants || !m.home.solo) {
			out = append(out, m)
		}
	}
	if o.sample > 0 && o.sample < len(out) {
		// By key: a change of one function leaves the others' share as it was.
		slices.SortFunc(out, func(a, b *Mutant) int { return cmp.Compare(draw(o.seed, a), draw(o.seed, b)) })
		out = out[:o.sample]
		slices.SortFunc(out, func(a, b *Mutant) int { return a.ID - b.ID })
	}
	return out, nil
}

// draw is the lot of a mutant.
func draw(seed uint64, m *Mutant) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", seed, m.Key()))
	return binary.BigEndian.Uint64(sum[:])
}

// digest tells whether the declaration of a mutant has changed since. Comments and
// space do not count: they may be mended without judging anew.
func (m *Mutant) digest() string {
	h := m.home
	text := h.file.text[h.start():h.end()]
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(text)), text, nil, 0)
	sum := sha256.New()
	for {
		_, tok, word := s.Scan()
		if tok == token.EOF {
			break
		}
		fmt.Fprintf(sum, "%d %s\n", tok, word)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// run does what the options say; good means that nothing is wrong with the
// tests.
func run(ctx context.Context, o options) (good bool, err error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return false, err
	}
	units, all, imp, err := loadAll(root, o.wide)
	if err != nil {
		return false, fmt.Errorf("%w (this runs at the top of a checkout)", err)
	}
	reasons, err := readReasons(filepath.Join(root, filepath.FromSlash(reasonsFile)))
	if err != nil {
		return false, err
	}
	judged, err := readJudged(filepath.Join(root, filepath.FromSlash(judgedFile)))
	if err != nil {
		return false, err
	}
	chosen, err := o.choose(slices.DeleteFunc(slices.Clone(all), func(m *Mutant) bool {
		was := judged[m.judgement()]
		return o.unexplained && reasons.of[m.Key()] != "" || o.judged && !was || o.unjudged && was
	}))
	if err != nil {
		return false, err
	}
	if o.list {
		for _, m := range chosen {
			fmt.Println(m.Key())
		}
		return true, nil
	}
	if o.until != "" {
		last := slices.IndexFunc(suite, func(s stage) bool { return s.name == o.until })
		if last < 0 {
			return false, fmt.Errorf("-until %q is no stage", o.until)
		}
		suite = suite[:last+1]
	}
	w := &work{
		root: root, workers: o.workers, log: os.Stdout, units: units, imp: imp,
		done: map[string]Outcome{}, count: map[string]int{}, began: time.Now(),
	}
	if w.bin, err = os.MkdirTemp("", "mutants"); err != nil {
		return false, err
	}
	defer os.RemoveAll(w.bin)
	open, known := chosen, map[string]Outcome{}
	if o.state != "" {
		known, err = readState(o.state)
		if err != nil {
			return false, err
		}
		f, err := os.OpenFile(o.state, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return false, err
		}
		defer f.Close()
		w.state = f
		open = slices.DeleteFunc(slices.Clone(chosen), func(m *Mutant) bool {
			was, ok := known[m.Key()]
			if !ok || was.Digest != m.digest() {
				return o.again
			}
			if o.again && was.Status == survived {
				return false
			}
			w.done[m.Key()] = was
			return true
		})
	}
	fmt.Fprintf(w.log, "%d mutants of the source, %d chosen, %d known, %d to run\n", len(all), len(chosen), len(chosen)-len(open), len(open))
	if len(open) > 0 {
		if err := w.all(ctx, open, o.tolerate); err != nil {
			return false, err
		}
	}
	maps.Copy(known, w.done)
	lines, of := judge(all, known, reasons, judged)
	fmt.Fprintf(w.log, "%d of %d declarations are judged\n", len(lines), of)
	if o.record {
		if err := writeJudged(filepath.Join(root, filepath.FromSlash(judgedFile)), lines); err != nil {
			return false, err
		}
	}
	return w.finish(o, all, chosen, reasons)
}

// readState reads outcomes; of several for one mutant the last counts. The end
// of a file that was cut off is left out.
func readState(name string) (map[string]Outcome, error) {
	known := map[string]Outcome{}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var o Outcome
		if json.Unmarshal(in.Bytes(), &o) == nil && o.Key != "" {
			known[o.Key] = o
		}
	}
	return known, in.Err()
}
