package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/bench/internal/curve"
	"github.com/beamgate/beamgate/bench/internal/hostile"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/outside"
	"github.com/beamgate/beamgate/bench/internal/payload"
	"github.com/beamgate/beamgate/bench/internal/report"
	"github.com/beamgate/beamgate/bench/internal/stream"
	"github.com/beamgate/beamgate/etf"
)

// plans say how much is measured.
type plans struct {
	size            string // of payloads
	payloads, small measure.Plan
	long            int // MiB of the long stream
	rows            []int
	hostile         int // bytes of a hostile input
	caps            hostile.Caps
	fates           time.Duration // after which no case is shown to others any more
}

// huge payloads have their encoders measured one by one: together they would hold
// the payload in the form of each.
const huge = 16 << 20

var full = plans{
	size:     "full",
	payloads: measure.Plan{Rounds: 15, Sample: 20 * time.Millisecond, Budget: 2 * time.Second, Limit: 150 * time.Second},
	small:    measure.Plan{Rounds: 9, Sample: 20 * time.Millisecond, Budget: 4 * time.Second},
	long:     10 << 10,
	rows:     []int{100, 1_000, 10_000, 100_000},
	hostile:  2 << 20,
	caps:     hostile.Caps{Memory: 1 << 30, Time: 10 * time.Second},
	fates:    10 * time.Minute,
}

var quick = plans{
	size:     "quick",
	payloads: measure.Plan{Rounds: 5, Sample: 8 * time.Millisecond, Budget: time.Second, Limit: 20 * time.Second},
	small:    measure.Plan{Rounds: 5, Sample: 5 * time.Millisecond, Budget: time.Second},
	long:     1 << 10,
	rows:     []int{100, 1_000, 10_000},
	hostile:  1 << 20,
	caps:     hostile.Caps{Memory: 512 << 20, Time: 3 * time.Second},
	fates:    90 * time.Second,
}

// bench is one run.
type bench struct {
	options
	source   string
	run      *report.Run
	outside  column.Outside
	versions [][2]string
}

func (b *bench) workshop() outside.Workshop {
	return outside.Workshop{Source: b.source, Dir: filepath.Join(b.source, "..", ".out", "bench")}
}

func (b *bench) close() {
	for _, p := range []*outside.Process{b.outside.BEAM, b.outside.Node} {
		if p != nil {
			p.Close()
		}
	}
}

func (b *bench) part(name string) error {
	switch name {
	case "payloads":
		return b.measurePayloads()
	case "curves":
		return b.measureCurves()
	case "streams":
		return b.measureStreams()
	}
	return b.measureHostile()
}

// start brings up the BEAM and Node, as far as they are wanted and here.
func (b *bench) start(dir string) {
	for _, other := range []struct {
		name  string
		place column.Place
		start func(dir string) (*outside.Process, error)
		at    **outside.Process
	}{
		{"Erlang/OTP", column.BEAM, b.workshop().BEAM, &b.outside.BEAM},
		{"Node", column.Node, b.workshop().Node, &b.outside.Node},
	} {
		if !slices.ContainsFunc(column.All(), func(c column.Column) bool { return c.Place() == other.place && b.wants(c.Key) }) {
			continue
		}
		p, err := other.start(dir)
		if err != nil {
			b.run.Missing = append(b.run.Missing, fmt.Sprintf("%s: %v", other.name, err))
			continue
		}
		*other.at = p
		b.versions = append(b.versions, [2]string{other.name, p.Version})
	}
}

func (b *bench) measurePayloads() error {
	dir, err := b.workshop().Payloads(b.plan.size)
	if err != nil {
		return fmt.Errorf("the payloads are written by Erlang: %w", err)
	}
	b.start(dir)
	files, err := payload.Names(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		if ok, _ := path.Match(b.match, file); !ok { // parse has looked at the pattern
			continue
		}
		line, err := b.measurePayload(dir, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		b.run.Lines = append(b.run.Lines, line)
	}
	return nil
}

func (b *bench) measurePayload(dir, file string) (report.Line, error) {
	p, err := payload.Load(dir, file)
	if err != nil {
		return report.Line{}, err
	}
	line := report.Line{Name: p.Name, About: payload.About(p.Name), Size: p.Size, Results: map[string]measure.Result{}}
	for _, item := range p.Items {
		s, err := column.Mode().Measure(item)
		if err != nil {
			return line, err
		}
		line.Terms += s.Terms
	}
	start := time.Now()
	measured := func(works []measure.Work) {
		for _, r := range measure.Run(b.plan.payloads, works) {
			line.Results[r.Key] = r
		}
		debug.FreeOSMemory()
	}
	var readers, holders []measure.Work
	for _, c := range column.All() {
		if !c.Holds() && b.wants(c.Key) {
			readers = append(readers, c.Work(p, &b.outside))
		}
	}
	measured(readers)
	for _, c := range column.All() {
		if !c.Holds() || !b.wants(c.Key) {
			continue
		}
		if holders = append(holders, c.Work(p, &b.outside)); p.Size > huge {
			measured(holders)
			holders = nil
		}
	}
	measured(holders)
	fmt.Fprintf(os.Stderr, "%-20s %5.1f s\n", p.Name, time.Since(start).Seconds())
	return line, nil
}

func (b *bench) wants(key string) bool {
	return slices.ContainsFunc(strings.Split(b.columns, ","), func(pattern string) bool {
		ok, _ := path.Match(pattern, key)
		return ok
	})
}

func (b *bench) measureCurves() error {
	for _, f := range curve.Families(b.quick) {
		start := time.Now()
		c, err := curve.Measure(column.Mode(), f, b.plan.small)
		if err != nil {
			return err
		}
		b.run.Curves = append(b.run.Curves, c)
		fmt.Fprintf(os.Stderr, "%-20s %5.1f s\n", f.Name, time.Since(start).Seconds())
	}
	return nil
}

func (b *bench) measureStreams() (err error) {
	if b.run.Long, err = stream.ReadLong(column.Mode(), b.plan.long, b.plan.small); err != nil {
		return err
	}
	if b.run.OneByte, err = stream.ReadOneByte(column.Mode(), b.plan.rows, b.plan.small); err != nil {
		return err
	}
	b.run.Crowds, err = stream.ReadTogether(column.Mode(), []int{1, 2, 4, 16, 64}, b.plan.small)
	return err
}

// measureHostile uses the Default mode: its caps are part of the answer.
func (b *bench) measureHostile() error {
	m, err := etf.Default().Compile()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "beamgate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	node, err := b.workshop().Packages()
	if err != nil { // without them there are no columns of Node
		b.run.Missing = append(b.run.Missing, fmt.Sprintf("packages of npm: %v", err))
	}
	readers := hostile.Readers(node)
	for _, r := range readers {
		b.run.Readers = append(b.run.Readers, r.Name)
	}
	b.run.Caps, b.run.Fates = b.plan.caps, map[string]map[string]hostile.Fate{}
	begin, left := time.Now(), 0
	for i, c := range hostile.Cases() {
		start := time.Now()
		r, err := hostile.Refuse(m, c, b.plan.hostile, b.plan.small)
		if err != nil {
			return err
		}
		b.run.Refusals = append(b.run.Refusals, r)
		if time.Since(begin) > b.plan.fates {
			left++
			continue
		}
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, c.Make(b.plan.hostile), 0o600); err != nil {
			return err
		}
		fates := map[string]hostile.Fate{}
		for _, reader := range readers {
			fates[reader.Name] = hostile.Watch(reader.Command(file), b.plan.caps)
		}
		b.run.Fates[c.Name] = fates
		fmt.Fprintf(os.Stderr, "%-35s %5.1f s\n", c.Name, time.Since(start).Seconds())
	}
	if left > 0 {
		b.run.Missing = append(b.run.Missing, fmt.Sprintf("what becomes of others by %d hostile inputs: there was no time left", left))
	}
	return nil
}
