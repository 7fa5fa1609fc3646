package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The fates of a mutant.
const (
	killed   = "killed"
	survived = "survived"
	broken   = "not compiled"
)

// Outcome is what became of a mutant.
type Outcome struct {
	Key    string `json:"key"`
	Line   int    `json:"line"`
	Kind   string `json:"kind"`
	Status string `json:"status"`
	By     string `json:"by,omitempty"` // stage and test, or what it took too much of
	Millis int64  `json:"ms"`           // processor time of the tests
	Digest string `json:"digest"`       // of the declaration that was changed
}

// work is a run of the program.
type work struct {
	root, bin string
	workers   int
	log       io.Writer
	units     []*unit
	imp       types.Importer

	mu    sync.Mutex
	state io.Writer // of outcomes, a line each; may be nil
	done  map[string]Outcome
	count map[string]int
	total int
	began time.Time
}

// batchBytes is how much source one build may add: some 30 s of compiling.
const (
	batchBytes = 3 << 20
	batchMost  = 600
)

// batches parts the mutants into builds.
func batches(all []*Mutant) (out [][]*Mutant) {
	size := 0
	for i, m := range all {
		n := m.home.end() - m.home.start()
		if i == 0 || m.home.solo || all[i-1].home.solo || size+n > batchBytes || len(out[len(out)-1]) >= batchMost {
			out, size = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], m)
		size += n
	}
	return out
}

// all builds and runs the mutants. The first build also shows that the suite
// passes without a mutant.
func (w *work) all(ctx context.Context, mutants []*Mutant, tolerate bool) error {
	w.total = len(mutants)
	tried := false
	for _, batch := range batches(mutants) {
		if !tried && batch[0].home.solo {
			if err := w.compileNone(ctx); err != nil {
				return err
			}
			if err := w.baseline(ctx, tolerate); err != nil {
				return err
			}
			tried = true
		}
		alive, err := w.build(ctx, batch)
		if err != nil {
			return err
		}
		if len(alive) > 0 && !tried {
			if err := w.baseline(ctx, tolerate); err != nil {
				return err
			}
			tried = true
		}
		if len(alive) > 0 {
			if err := w.batch(ctx, alive); err != nil {
				return err
			}
		}
	}
	return nil
}

// build compiles the tests with these mutants inside, and returns those that do
// compile.
func (w *work) build(ctx context.Context, batch []*Mutant) (alive []*Mutant, err error) {
	overlay := map[string][]byte{}
	bad := map[*Mutant]bool{}
	for _, u := range w.units {
		var list []*Mutant
		for _, m := range batch {
			if m.home.unit == u {
				list = append(list, m)
			}
		}
		files, wrong, err := u.overlay(w.imp, list)
		if err != nil {
			return nil, err
		}
		for name, text := range files {
			overlay[name] = text
		}
		for _, m := range wrong {
			bad[m] = true
			w.report(m, Outcome{Status: broken})
		}
	}
	for _, m := range batch {
		if !bad[m] {
			alive = append(alive, m)
		}
	}
	if len(alive) == 0 {
		return nil, nil
	}
	list, err := w.writeOverlay(overlay)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	err = w.compileTests(ctx, list, testDirs())
	if err != nil && len(alive) == 1 && ctx.Err() == nil {
		// The type checker is not told the value of a constant elsewhere.
		w.report(alive[0], Outcome{Status: broken})
		return nil, nil
	}
	if len(alive) > 1 {
		fmt.Fprintf(w.log, "built %d mutants in %v\n", len(alive), time.Since(start).Round(time.Second))
	}
	return alive, err
}

// overlay returns the unit's files with the mutants in them.
func (u *unit) overlay(imp types.Importer, list []*Mutant) (map[string][]byte, []*Mutant, error) {
	if len(list) == 1 && list[0].home.solo {
		m := list[0]
		text := apply(m.home.file.text, []edit{{m.start, m.end, m.with}})
		return map[string][]byte{m.File: text}, nil, nil
	}
	if len(list) == 0 {
		return nil, nil, nil
	}
	return u.compile(imp, list)
}

// writeOverlay writes the files and the list that the go command reads.
func (w *work) writeOverlay(files map[string][]byte) (string, error) {
	replace := map[string]string{}
	i := 0
	for name, text := range files {
		i++
		p := filepath.Join(w.bin, "overlay"+strconv.Itoa(i)+".go")
		if err := os.WriteFile(p, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(w.root, filepath.FromSlash(name))] = p
	}
	list := filepath.Join(w.bin, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(list, text, 0o600)
	}
	return list, err
}

// batch runs the mutants of one build.
func (w *work) batch(ctx context.Context, list []*Mutant) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *Mutant)
	var wg sync.WaitGroup
	for range w.workers {
		wg.Go(func() {
			for m := range next {
				o, err := w.judge(ctx, m)
				if err != nil {
					cancel(err)
					return
				}
				w.report(m, o)
			}
		})
	}
	for _, m := range list {
		select {
		case next <- m:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// judge runs the stages until one kills the mutant.
func (w *work) judge(ctx context.Context, m *Mutant) (o Outcome, err error) {
	id := m.ID
	if m.home.solo {
		id = -1 // the binary has nothing to choose from
	}
	for i := range suite {
		s := &suite[i]
		if !strings.HasPrefix(m.File, s.only) {
			continue
		}
		by, took, err := s.test(ctx, w, id)
		if err != nil {
			return o, err
		}
		o.Millis += took.cpu.Milliseconds()
		if by != "" {
			o.Status, o.By = killed, by
			return o, nil
		}
	}
	o.Status = survived
	return o, nil
}

// compileNone builds the tests as they are.
func (w *work) compileNone(ctx context.Context) error {
	list, err := w.writeOverlay(nil)
	if err != nil {
		return err
	}
	return w.compileTests(ctx, list, testDirs())
}

// baseline runs the suite without a mutant: every stage must pass.
func (w *work) baseline(ctx context.Context, tolerate bool) error {
	for i := range suite {
		s := &suite[i]
		for {
			by, took, err := s.test(ctx, w, 0)
			if err != nil {
				return fmt.Errorf("without a mutant: %w", err)
			}
			if by == "" {
				s.usual = took
				fmt.Fprintf(w.log, "stage %-8s %6d ms, %4d MiB\n", s.name, took.cpu.Milliseconds(), took.rss>>20)
				break
			}
			if !tolerate {
				return fmt.Errorf("fails without a mutant: %s", by)
			}
			_, test, _ := strings.Cut(by, ": ")
			test, _, _ = strings.Cut(test, "/")
			fmt.Fprintf(w.log, "left out, fails without a mutant: %s\n", by)
			s.skip = strings.TrimPrefix(s.skip+"|^"+test+"$", "|")
		}
	}
	return nil
}

// report notes an outcome.
func (w *work) report(m *Mutant, o Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o.Key, o.Line, o.Kind, o.Digest = m.Key(), m.Line, m.Kind, m.digest()
	w.done[o.Key] = o
	if w.state != nil {
		line, _ := json.Marshal(o)
		w.state.Write(append(line, '\n'))
	}
	w.count[o.Status]++
	n := w.count[killed] + w.count[survived] + w.count[broken]
	if o.Status == survived {
		fmt.Fprintf(w.log, "survived  %s:%d %s: %s\n", m.File, m.Line, m.Func, m.Text)
	}
	if n%200 == 0 || n == w.total {
		spent := time.Since(w.began)
		fmt.Fprintf(w.log, "%d of %d: %d killed, %d survived, %d not compiled; %v, %v to go\n",
			n, w.total, w.count[killed], w.count[survived], w.count[broken],
			spent.Round(time.Second), (spent / time.Duration(n) * time.Duration(w.total-n)).Round(time.Second))
	}
}
