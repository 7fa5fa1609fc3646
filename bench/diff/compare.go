package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// pair are the benchmarks built against both libraries.
type pair struct{ base, head, tmp string }

// samples are values by unit and benchmark.
type samples map[string]map[string][]float64

// regression is a benchmark that got worse.
type regression struct {
	name, unit string
	old, new   float64
	p          float64
}

func (r regression) String() string {
	return fmt.Sprintf("%s: %.4g %s instead of %.4g (%+.1f %%, p=%.3f)", r.name, r.new, r.unit, r.old, 100*(r.new/r.old-1), r.p)
}

// compare runs all, and the suspects again.
func (p pair) compare(o options) ([]regression, error) {
	suspects, err := p.round(o, "all")
	if err != nil || len(suspects) == 0 {
		return nil, err
	}
	fmt.Printf("\n%d suspects, once more:\n\n", len(suspects))
	o.bench, o.count = pattern(suspects), 2*o.count
	again, err := p.round(o, "again")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(again, func(r regression) bool {
		return !slices.ContainsFunc(suspects, func(s regression) bool { return s.name == r.name && s.unit == r.unit })
	}), nil
}

// pattern matches the suspects, level by level as -bench wants it.
func pattern(suspects []regression) string {
	levels := [][]string{}
	for _, s := range suspects {
		name := regexp.MustCompile(`-\d+$`).ReplaceAllString(s.name, "")
		for i, part := range strings.Split("Benchmark"+name, "/") {
			if i == len(levels) {
				levels = append(levels, nil)
			}
			if part = "^" + regexp.QuoteMeta(part) + "$"; !slices.Contains(levels[i], part) {
				levels[i] = append(levels[i], part)
			}
		}
	}
	var all []string
	for _, l := range levels {
		all = append(all, "("+strings.Join(l, "|")+")")
	}
	return strings.Join(all, "/")
}

// round runs both in turns, prints benchstat's table and returns what got worse.
func (p pair) round(o options, name string) ([]regression, error) {
	var texts [2]bytes.Buffer
	for i := range o.count {
		order := []int{0, 1}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, k := range order {
			cmd := exec.Command([]string{p.base, p.head}[k], "-test.run=^$", "-test.bench="+o.bench, "-test.benchtime="+o.time)
			cmd.Stdout, cmd.Stderr = &texts[k], os.Stderr
			if err := cmd.Run(); err != nil {
				return nil, fmt.Errorf("%w\n%s", err, texts[k].String())
			}
		}
	}
	files := []string{filepath.Join(p.tmp, name+"-base.txt"), filepath.Join(p.tmp, name+"-head.txt")}
	var sides [2]samples
	for k := range sides {
		if err := os.WriteFile(files[k], texts[k].Bytes(), 0o644); err != nil {
			return nil, err
		}
		var err error
		if sides[k], err = read(&texts[k], files[k]); err != nil {
			return nil, err
		}
	}
	table := exec.Command("go", "tool", "benchstat", "base="+files[0], "head="+files[1])
	table.Stdout, table.Stderr = os.Stdout, os.Stderr
	if err := table.Run(); err != nil {
		return nil, err
	}
	return judge(sides[0], sides[1], o.threshold), nil
}

// read takes the results out of what `go test -bench` prints.
func read(r io.Reader, file string) (samples, error) {
	all := samples{}
	reader := benchfmt.NewReader(r, file)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, errors.New(rec.Error())
		case *benchfmt.Result:
			for _, v := range rec.Values {
				if all[v.Unit] == nil {
					all[v.Unit] = map[string][]float64{}
				}
				name := rec.Name.String()
				all[v.Unit][name] = append(all[v.Unit][name], v.Value)
			}
		}
	}
	return all, reader.Err()
}

// significance is what chance may explain: one in a hundred.
const significance = 0.01

// judge compares what both sides have. All units are better when they are less.
func judge(base, head samples, threshold float64) []regression {
	var all []regression
	limits := benchmath.DefaultThresholds
	limits.CompareAlpha = significance
	for _, unit := range []string{"sec/op", "allocs/op"} {
		for _, name := range slices.Sorted(maps.Keys(base[unit])) {
			if len(head[unit][name]) == 0 {
				continue
			}
			a := benchmath.NewSample(slices.Clone(base[unit][name]), &limits)
			b := benchmath.NewSample(slices.Clone(head[unit][name]), &limits)
			c := benchmath.AssumeNothing.Compare(a, b)
			old, now := middle(a), middle(b)
			// Allocations are no matter of chance; a pool that was emptied
			// makes fractions of them.
			worse := now > old*(1+threshold/100) && c.P < significance
			if unit == "allocs/op" {
				worse = now >= old+1 && now > old*(1+threshold/100)
			}
			if worse {
				all = append(all, regression{name, unit, old, now, c.P})
			}
		}
	}
	return all
}

func middle(s *benchmath.Sample) float64 {
	return benchmath.AssumeNothing.Summary(s, 0.95).Center
}
