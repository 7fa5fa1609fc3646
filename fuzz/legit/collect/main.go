// Command collect runs the producers of fuzz/legit that this machine has and
// rewrites fuzz/legit/payloads and index.json.
//
//	go run ./fuzz/legit/collect              # all producers
//	go run ./fuzz/legit/collect -only erlang,elixir
//	go run ./fuzz/legit/collect -check       # compare, change nothing
//
// A producer that is missing or fails is named, and its payloads stay as they
// were; the command then ends with status 1, so that a script notices.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/beamgate/beamgate/fuzz/legit"
	"github.com/beamgate/beamgate/fuzz/legit/internal/produce"
)

func main() {
	dir := flag.String("dir", "fuzz/legit", "the folder of package legit")
	only := flag.String("only", "", "producers to run, separated by commas (default all)")
	check := flag.Bool("check", false, "compare with the files and change nothing")
	timeout := flag.Duration("timeout", 5*time.Minute, "for each producer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, *only, *check, *timeout); err != nil {
		fmt.Fprintln(os.Stderr, "collect:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, only string, check bool, timeout time.Duration) error {
	old, err := load(dir)
	if err != nil {
		return err
	}
	chosen := produce.All()
	if only != "" {
		chosen = nil
		for name := range strings.SplitSeq(only, ",") {
			p, ok := produce.Find(name)
			if !ok {
				return fmt.Errorf("no producer %q", name)
			}
			chosen = append(chosen, p)
		}
	}

	var failed []string
	next := old
	for _, p := range chosen {
		if tool := p.Missing(); tool != "" {
			fmt.Printf("%-10s left as it is: no %s here\n", p.Name, tool)
			failed = append(failed, p.Name)
			continue
		}
		fresh, err := timed(ctx, p, dir, timeout)
		if err != nil {
			fmt.Printf("%-10s left as it is: %v\n", p.Name, err)
			failed = append(failed, p.Name)
			continue
		}
		var changed int
		next, changed = merge(next, fresh, p.Name)
		fmt.Printf("%-10s %d payloads, %d changed\n", p.Name, len(fresh), changed)
		if check && changed > 0 {
			failed = append(failed, p.Name)
		}
	}
	if !check {
		if err := store(dir, next); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("not as it should be: %s", strings.Join(failed, ", "))
	}
	return nil
}

func timed(ctx context.Context, p produce.Producer, dir string, timeout time.Duration) ([]produce.Payload, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return p.Run(ctx, dir)
}

// load reads the folder and not the embedded files: those are of the time
// this command was built.
func load(dir string) ([]produce.Payload, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		return nil, fmt.Errorf("%w (is -dir the folder fuzz/legit?)", err)
	}
	var rows []legit.Payload
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, err
	}
	all := make([]produce.Payload, 0, len(rows))
	for _, row := range rows {
		// A file that is gone counts as changed, and is written again.
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(row.File)))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		all = append(all, produce.Payload{Payload: row, Data: data})
	}
	return all, nil
}

// merge replaces one producer's payloads. Where the fresh one only differs in
// what may differ (produce.Same), the old bytes stay, so that collecting twice
// changes nothing.
func merge(old, fresh []produce.Payload, producer string) (all []produce.Payload, changed int) {
	before := map[string]produce.Payload{}
	for _, p := range old {
		if p.Producer == producer {
			before[p.ID] = p
		} else {
			all = append(all, p)
		}
	}
	for _, p := range fresh {
		was, ok := before[p.ID]
		delete(before, p.ID)
		if ok && produce.Same(was, p) {
			p.Data, p.SHA256, p.Bytes = was.Data, produce.Sum(was.Data), len(was.Data)
		}
		if !ok || !reflect.DeepEqual(was, p) {
			changed++
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b produce.Payload) int { return strings.Compare(a.ID, b.ID) })
	return all, changed + len(before)
}

func store(dir string, all []produce.Payload) error {
	keep := map[string]bool{}
	for _, p := range all {
		keep[filepath.Base(p.File)] = true
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(p.File)), p.Data, 0o644); err != nil {
			return err
		}
	}
	stale, err := filepath.Glob(filepath.Join(dir, "payloads", "*.etf"))
	if err != nil {
		return err
	}
	for _, name := range stale {
		if !keep[filepath.Base(name)] {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "index.json"), encode(all), 0o644)
}

// encode puts one payload on a line, for diffs a person can read.
func encode(all []produce.Payload) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteString("[\n")
	for i, p := range all {
		if err := enc.Encode(p.Payload); err != nil {
			panic(err) // strings and numbers only
		}
		if i < len(all)-1 {
			b.Truncate(b.Len() - 1)
			b.WriteString(",\n")
		}
	}
	b.WriteString("]\n")
	return b.Bytes()
}
