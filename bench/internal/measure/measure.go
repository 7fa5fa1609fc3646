// Package measure times pieces of work in turns, so that whatever the machine
// does meanwhile hits all of them alike.
package measure

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// A Work is something that can be timed. Run does it n times and says how long
// that took; it is called from one goroutine at a time.
type Work struct {
	Key string
	Run func(n int) (time.Duration, error)
	Go  bool // it runs in this process: allocations can be counted
}

// InGo makes a Work of a function that does it once.
func InGo(key string, once func() error) Work {
	return Work{Key: key, Go: true, Run: func(n int) (d time.Duration, err error) {
		defer func() { // a peer may panic
			if r := recover(); r != nil {
				err = fmt.Errorf("panics: %v", r)
			}
		}()
		start := time.Now()
		for range n {
			if err := once(); err != nil {
				return 0, err
			}
		}
		return time.Since(start), nil
	}}
}

// Plan says how long to measure.
type Plan struct {
	Rounds int           // samples of each work
	Sample time.Duration // how long one should take
	Budget time.Duration // of a work: if one run is long, there are fewer samples
	Limit  time.Duration // of all works together, if not 0: no round begins after it
}

// Result holds the samples of a Work.
type Result struct {
	Key    string
	Ns     []float64 // for one run, by round
	Allocs float64   // for one run, the least of all rounds
	Bytes  float64   // allocated by one run, the least of all rounds
	Err    error     // why there are no samples
}

// Run measures all works in turns: in each round each is sampled once, beginning
// with another one. Each work that can be done has one sample at least.
func Run(plan Plan, works []Work) []Result {
	start := time.Now()
	results := make([]Result, len(works))
	first := make([]time.Duration, len(works)) // of the run that warmed up
	times := make([]int, len(works))
	rounds := make([]int, len(works))
	for i, w := range works {
		results[i] = Result{Key: w.Key, Allocs: math.Inf(1), Bytes: math.Inf(1)}
		n, one, err := results[i].calibrate(w, plan.Sample)
		results[i].Err, times[i], first[i] = err, n, one
		if err == nil {
			rounds[i] = min(plan.Rounds, int(plan.Budget/(one*time.Duration(n))))
		}
	}
	for round := range plan.Rounds {
		if plan.Limit > 0 && time.Since(start) > plan.Limit {
			break
		}
		for k := range works {
			i := (k + round) % len(works)
			if results[i].Err != nil || round >= rounds[i] {
				continue
			}
			results[i].sample(works[i], times[i])
		}
	}
	for i := range results {
		if r := &results[i]; r.Err == nil && len(r.Ns) == 0 { // what was to warm up is the one sample
			r.Ns = []float64{float64(first[i])}
		}
	}
	return results
}

// sample adds one sample.
func (r *Result) sample(w Work, n int) {
	if w.Go {
		runtime.GC() // what others left is not this work's to collect
	}
	d, err := r.count(w, n)
	if err != nil {
		r.Err = err
		return
	}
	r.Ns = append(r.Ns, float64(d)/float64(n))
}

// count runs a work and counts what it allocates.
func (r *Result) count(w Work, n int) (time.Duration, error) {
	if !w.Go {
		return w.Run(n)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := w.Run(n)
	runtime.ReadMemStats(&after)
	r.Allocs = min(r.Allocs, float64(after.Mallocs-before.Mallocs)/float64(n))
	r.Bytes = min(r.Bytes, float64(after.TotalAlloc-before.TotalAlloc)/float64(n))
	return d, err
}

// calibrate finds how many runs last as long as a sample should. It warms up at
// the same time.
func (r *Result) calibrate(w Work, want time.Duration) (n int, one time.Duration, err error) {
	for n = 1; ; {
		d, err := r.count(w, n)
		if err != nil {
			return 0, 0, err
		}
		one = max(d/time.Duration(n), 1)
		if d >= want/4 || n >= 1<<24 {
			return max(1, int(want/one)), one, nil
		}
		n = max(2*n, min(n*100, int(want/one)/2))
	}
}

// Median of the samples; NaN if there are none.
func (r Result) Median() float64 { return Median(r.Ns) }

// Spread is half the distance between the quartiles over the median, in percent.
func (r Result) Spread() float64 {
	return 100 * (Quantile(r.Ns, 0.75) - Quantile(r.Ns, 0.25)) / 2 / r.Median()
}

// Ratio says how many times as long as r other takes: the median of the ratios
// of the rounds that both were sampled in. NaN if there are none.
func Ratio(r, other Result) float64 {
	var all []float64
	for i := range min(len(r.Ns), len(other.Ns)) {
		all = append(all, other.Ns[i]/r.Ns[i])
	}
	return Median(all)
}

// Median of numbers in any order.
func Median(v []float64) float64 { return Quantile(v, 0.5) }

// Quantile of numbers in any order, interpolated; NaN if there are none.
func Quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}
