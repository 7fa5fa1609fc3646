package yard_test

import (
	"errors"
	"testing"
	"time"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/yard"
	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// TestDistanceToYardstick: with keys, atoms and costs that the yardstick does not look
// at, Validate takes some times as long. The goal is far below what is allowed here,
// which is what no busy machine explains.
func TestDistanceToYardstick(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	y := new(yard.Yard)
	for name, in := range inputs() {
		within(t, name, 5, func() error {
			if !y.Validate(in) {
				return errors.New("the yardstick refuses")
			}
			return nil
		}, func() error { return m.Validate(in) })
	}
}

// TestDistanceOfGuard: a Guard has a rule on structs and a budget that is shown each
// name. Neither may cost where there are no structs, and no more names to be shown.
func TestDistanceOfGuard(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	g, err := safe.NewGuard(safe.Forward{Budgets: []limits.Budget{limits.NewAtomBudget(1000)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range inputs() {
		slack := 2.0
		if name == "call" { // it is mostly names
			slack = 6
		}
		within(t, name, slack, func() error { return m.Validate(in) }, func() error { return g.Check(in) })
	}
}

func inputs() map[string][]byte {
	return map[string][]byte{"call": build.Call(), "rows": build.Rows(300), "ints": build.Ints(20_000), "deep": build.Deep(60)}
}

// within compares two works within one run. The best of many short samples counts,
// and a busy machine gets three tries.
func within(t *testing.T, name string, slack float64, short, long func() error) {
	t.Helper()
	works := []measure.Work{measure.InGo("short", short), measure.InGo("long", long)}
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
	t.Logf("%s: %.2f times as long", name, ratio)
	if ratio > slack {
		t.Errorf("%s: %.1f times as long, at most %.0f are expected", name, ratio, slack)
	}
}
