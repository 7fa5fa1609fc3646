// Package curve measures how cost grows: with size, depth, distinct atoms and
// keys of a map. Linear is what is wanted; a fit says how close it is.
package curve

import (
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/etf"
)

// A Family is one curve: the same kind of term, larger and larger.
type Family struct {
	Name  string // what grows
	Unit  string // what the steps count
	Steps []int
	Make  func(step int) []byte
	// Large is the input size from which Decode is left out: its tree would
	// need several times that.
	Large int
}

// Point is what one step cost.
type Point struct {
	Step             int
	Bytes, Terms     int64
	Validate, Decode float64 // ns for a term; Decode is NaN where it was left out
	ValidateBytes    float64 // allocated for one input
	DecodeBytes      float64
}

// Curve is a measured Family.
type Curve struct {
	Family
	Points []Point
	// Exponents of the fit time = c × terms^e over the points from 1,000 terms
	// on: 1 is linear.
	ValidateExponent, DecodeExponent float64
}

// Families returns the curves; quick ones end earlier.
func Families(quick bool) []Family {
	all := []Family{
		{"size", "bytes", []int{100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1 << 30}, sized, 300 << 20},
		{"depth", "levels", []int{10, 100, 1_000, 10_000, 100_000, 1_000_000}, build.Deep, math.MaxInt},
		{"distinct atoms", "atoms", []int{10, 100, 1_000, 10_000, 100_000, 1_000_000}, build.Atoms, math.MaxInt},
		{"binary keys of one map", "keys", []int{10, 100, 1_000, 10_000, 100_000, 1_000_000}, build.BinaryKeys, math.MaxInt},
		{"atom keys of one map", "keys", []int{10, 100, 1_000, 10_000, 100_000, 1_000_000}, build.AtomKeys, math.MaxInt},
	}
	if quick {
		for i := range all {
			all[i].Steps = all[i].Steps[:5]
		}
	}
	return all
}

// sized is a list of rows of about n bytes.
func sized(n int) []byte {
	row := len(build.Row(1))
	return build.Rows(max(1, (n-10)/row))
}

// Measure measures one curve. The mode needs caps that all of it fits under.
func Measure(m *etf.Mode, f Family, plan measure.Plan) (Curve, error) {
	c := Curve{Family: f}
	for _, step := range f.Steps {
		p, err := point(m, f, step, plan)
		if err != nil {
			return c, fmt.Errorf("%s, %d %s: %w", f.Name, step, f.Unit, err)
		}
		c.Points = append(c.Points, p)
		debug.FreeOSMemory()
	}
	c.ValidateExponent = exponent(c.Points, func(p Point) float64 { return p.Validate })
	c.DecodeExponent = exponent(c.Points, func(p Point) float64 { return p.Decode })
	return c, nil
}

func point(m *etf.Mode, f Family, step int, plan measure.Plan) (Point, error) {
	in := f.Make(step)
	s, err := m.Measure(in)
	if err != nil {
		return Point{}, err
	}
	works := []measure.Work{measure.InGo("validate", func() error { return m.Validate(in) })}
	if len(in) < f.Large {
		works = append(works, measure.InGo("decode", func() error { _, err := m.Decode(in); return err }))
	}
	if len(in) > 64<<20 {
		plan = measure.Plan{Rounds: 3, Sample: time.Millisecond, Budget: plan.Budget}
	}
	p := Point{Step: step, Bytes: s.Bytes, Terms: s.Terms, Decode: math.NaN(), DecodeBytes: math.NaN()}
	for _, r := range measure.Run(plan, works) {
		if r.Err != nil {
			return p, r.Err
		}
		switch r.Key {
		case "validate":
			p.Validate, p.ValidateBytes = r.Median()/float64(s.Terms), r.Bytes
		case "decode":
			p.Decode, p.DecodeBytes = r.Median()/float64(s.Terms), r.Bytes
		}
	}
	return p, nil
}

// exponent fits a line through the logarithms by least squares. Small inputs are
// left out, where what one call costs is seen.
func exponent(points []Point, perTerm func(Point) float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, p := range points {
		v := perTerm(p)
		if p.Terms < 1000 || math.IsNaN(v) {
			continue
		}
		x, y := math.Log(float64(p.Terms)), math.Log(v*float64(p.Terms))
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if n < 2 {
		return math.NaN()
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
