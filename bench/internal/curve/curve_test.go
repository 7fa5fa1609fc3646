package curve

import (
	"math"
	"testing"
	"time"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/bench/internal/measure"
)

// TestExponent: a fit that always said 1 would show nothing.
func TestExponent(t *testing.T) {
	for _, e := range []float64{1, 1.5, 2} {
		var points []Point
		for _, n := range []int64{10, 1_000, 10_000, 100_000} {
			points = append(points, Point{Terms: n, Validate: 3 * math.Pow(float64(n), e-1)})
		}
		if got := exponent(points, func(p Point) float64 { return p.Validate }); math.Abs(got-e) > 1e-9 {
			t.Errorf("exponent %v, want %v", got, e)
		}
	}
}

// TestFamilies: each first steps can be measured, and grow.
func TestFamilies(t *testing.T) {
	for _, f := range Families(true) {
		f.Steps = f.Steps[:3]
		c, err := Measure(column.Mode(), f, measure.Plan{Rounds: 1, Sample: time.Microsecond, Budget: time.Second})
		if err != nil {
			t.Error(err)
			continue
		}
		for i, p := range c.Points {
			if p.Validate <= 0 || p.Decode <= 0 || i > 0 && p.Terms <= c.Points[i-1].Terms {
				t.Errorf("%s: %+v", f.Name, p)
			}
		}
	}
}
