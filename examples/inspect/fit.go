package main

import (
	"errors"
	"math"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// NOTE. What a term needs of each cap is found without a second grammar: the
// decoder itself is asked. For most caps etf.Stats has the number. For the rest
// a term is validated with the value found so far; where that is too little the
// error names the cap and what would have been enough for this position, and
// the search goes on from there. A folder of like files costs one pass a file.

// need is the least value of a cap that takes all inputs, and whose input it is.
type need struct {
	value int64
	name  string
}

// fit collects needs over inputs.
type fit struct {
	config etf.Config // its policy counts, not its limits
	needs  map[string]need
	mode   *etf.Mode // under the ceilings
}

// ceilings are above all that is worth fitting, and low enough for the machine:
// a bomb costs time in proportion to its inflated size, a map of keys memory.
func ceilings() limits.Limits {
	l := limits.Unlimited()
	l.MaxInflated = math.MaxUint32
	l.MaxKeyState = 1 << 30
	return l
}

func newFit(c etf.Config) (*fit, error) {
	c.Limits = ceilings()
	m, err := c.Compile()
	return &fit{config: c, needs: map[string]need{}, mode: m}, err
}

// searched are the caps that etf.Stats says nothing of.
var searched = []string{"MaxArity", "MaxBlob", "MaxBigBytes", "MaxAtomChars", "MaxRatio", "MaxKeyState"}

// unfitted are the caps that are no property of a term.
var unfitted = map[string]string{
	"MaxNewAtoms":    "depends on Config.Atoms",
	"MaxStreamBytes": "a matter of connections",
}

// measurer counts one input under a mode.
type measurer func(*etf.Mode) (etf.Stats, error)

// add raises the needs to those of an input. It reports whether that was
// accepted under the ceilings; if not it needs nothing.
func (f *fit) add(name string, measure measurer) bool {
	s, err := measure(f.mode)
	if err != nil {
		return false
	}
	for field, v := range map[string]int64{
		"MaxBytes": s.Bytes, "MaxDepth": s.Depth, "MaxTerms": s.Terms, "MaxAtoms": s.Atoms,
		"MaxDistinctAtoms": s.DistinctAtoms, "MaxInflated": s.Inflated, "MaxHeapWords": s.HeapCost,
		"MaxBuffered": max(s.Bytes, s.Inflated), // to read it whole
	} {
		f.raise(field, v, name)
	}
	for range searched { // each is raised once at most
		caps := map[string]int64{}
		for _, field := range searched {
			caps[field] = f.needs[field].value
		}
		short := f.try(measure, caps)
		if short == nil {
			break
		}
		f.raise(short.Name, f.search(measure, short), name)
	}
	return true
}

func (f *fit) raise(field string, v int64, name string) {
	if v > f.needs[field].value {
		f.needs[field] = need{v, name}
	}
}

// try returns the first cap that is too low for an input, nil if all will do.
func (f *fit) try(measure measurer, caps map[string]int64) *limits.Error {
	c := f.config
	c.Limits = ceilings()
	for field, v := range caps {
		c.Limits.Set(field, written(v))
	}
	m, err := c.Compile()
	if err == nil {
		_, err = measure(m)
	}
	var short *limits.Error
	errors.As(err, &short)
	return short
}

// search returns the least value of the cap in short that takes an input.
func (f *fit) search(measure measurer, short *limits.Error) int64 {
	return least(short.Got, func(v int64) (int64, bool) {
		e := f.try(measure, map[string]int64{short.Name: v})
		if e == nil {
			return 0, true
		}
		return e.Got, false
	})
}

// least returns the least value that ok takes, which is not below low. Where ok
// refuses a value, it says what is needed at least.
//
// The needs of real data are found in a few steps from one to the next. For
// input that asks for one more each time, steps double and are then halved.
func least(low int64, ok func(int64) (int64, bool)) int64 {
	for range 8 {
		more, fine := ok(low)
		if fine {
			return low
		}
		low = max(more, low+1)
	}
	high := low
	for {
		more, fine := ok(high)
		if fine {
			break
		}
		low = max(more, high+1)
		high = max(low, min(low, limits.NoLimit/2)*2)
	}
	for low < high {
		middle := low + (high-low)/2
		if more, fine := ok(middle); fine {
			high = middle
		} else {
			low = max(more, middle+1)
		}
	}
	return high
}

// written is a cap as limits.Limits has it, where zero stands for a preset.
func written(v int64) int64 {
	if v == 0 {
		return limits.None
	}
	return v
}

// limits returns the needs as caps. What they do not cover is zero: the preset.
func (f *fit) limits() limits.Limits {
	var l limits.Limits
	for _, field := range limits.Names() {
		if _, no := unfitted[field]; !no {
			l.Set(field, written(f.needs[field].value))
		}
	}
	return l
}
