package yard_test

import (
	"errors"
	"testing"
	"time"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/yard"
	"github.com/beamgate/beamgate/etf"
)

// slack is how many times as long as the yardstick Validate may take, with keys,
// atoms and costs that the yardstick does not look at. The goal is far below;
// this is what no busy machine explains.
const slack = 5

// TestDistanceToYardstick compares the two within one run. The best of many
// short samples counts, and a busy machine gets three tries.
func TestDistanceToYardstick(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{
		"call": build.Call(),
		"rows": build.Rows(300),
		"ints": build.Ints(20_000),
		"deep": build.Deep(500),
	} {
		y := new(yard.Yard)
		works := []measure.Work{
			measure.InGo("yardstick", func() error {
				if !y.Validate(in) {
					return errors.New("refused")
				}
				return nil
			}),
			measure.InGo("validate", func() error { return m.Validate(in) }),
		}
		var ratio float64
		for range 3 {
			rs := measure.Run(measure.Plan{Rounds: 15, Sample: time.Millisecond, Budget: time.Second}, works)
			if err := errors.Join(rs[0].Err, rs[1].Err); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if ratio = measure.Quantile(rs[1].Ns, 0) / measure.Quantile(rs[0].Ns, 0); ratio <= slack {
				break
			}
		}
		t.Logf("%s: %.2f times as long as the yardstick", name, ratio)
		if ratio > slack {
			t.Errorf("%s: Validate takes %.1f times as long as the yardstick, at most %d are expected", name, ratio, slack)
		}
	}
}
