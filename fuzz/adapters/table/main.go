// Table runs every adapter over the corpus and prints what their decoders do with
// it, by class.
//
//	go -C fuzz/adapters run ./table                        # prints the table
//	go -C fuzz/adapters run ./table -write ../README.md    # and rewrites it there
//	go -C fuzz/adapters run ./table -only erl,beamgate-otp
//
// It counts, and never tells which payload does what to whom: some decoders can
// be brought down, and that is for their authors to hear first. To see it for
// one decoder, run fuzz/conformance on its adapter with -list.
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
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/adapters"
	"github.com/beamgate/beamgate/fuzz/conformance/harness"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("table", flag.ContinueOnError)
	f.SetOutput(stderr)
	file := f.String("write", "", "file in which to rewrite the table, between its markers")
	only := f.String("only", "", "adapters to run, with commas between them")
	if err := f.Parse(args); err != nil {
		return err
	}
	list, err := choose(*only)
	if err != nil {
		return err
	}
	if *file != "" && *only != "" {
		return errors.New("-write wants the whole table")
	}
	var table strings.Builder
	table.WriteString(head)
	for _, a := range list {
		fmt.Fprintln(stderr, "running", a.ID)
		r, err := judge(ctx, a)
		if err != nil {
			return err
		}
		table.WriteString(rows(a, r))
	}
	if _, err := io.WriteString(stdout, table.String()); err != nil || *file == "" {
		return err
	}
	return rewrite(*file, table.String())
}

// choose picks adapters by their IDs; none stand for all.
func choose(only string) ([]adapters.Adapter, error) {
	all := adapters.All()
	if only == "" {
		return all, nil
	}
	var list []adapters.Adapter
	for _, id := range strings.Split(only, ",") {
		i := slices.IndexFunc(all, func(a adapters.Adapter) bool { return a.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("there is no adapter %s", id)
		}
		list = append(list, all[i])
	}
	return list, nil
}

// judge runs one adapter over all cases. A missing runtime is an error: a table
// with holes would be taken for a whole one.
func judge(ctx context.Context, a adapters.Adapter) (*harness.Report, error) {
	if name := a.Missing(); name != "" {
		return nil, fmt.Errorf("%s needs %s, which is not here", a.ID, name)
	}
	work, err := os.MkdirTemp("", "adapter-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	p, err := a.Prepare(ctx, work)
	if err != nil {
		return nil, err
	}
	cases, err := harness.FromCorpus(a.Against)
	if err != nil {
		return nil, err
	}
	return harness.Run(ctx, p, cases, harness.Options{Workers: runtime.NumCPU()})
}
