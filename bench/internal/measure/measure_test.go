package measure

import (
	"errors"
	"math"
	"testing"
	"time"
)

// clocked is a work that says it takes so long each time, in turns.
func clocked(key string, log *[]string, each ...time.Duration) Work {
	i := 0
	return Work{Key: key, Run: func(n int) (time.Duration, error) {
		*log = append(*log, key)
		d := each[i%len(each)]
		i++
		return d * time.Duration(n), nil
	}}
}

// TestTurns: works are sampled in turns, each round beginning with another.
func TestTurns(t *testing.T) {
	var log []string
	rs := Run(Plan{Rounds: 3, Sample: time.Millisecond, Budget: time.Second}, []Work{
		clocked("a", &log, time.Millisecond), clocked("b", &log, 2*time.Millisecond),
	})
	want := []string{"a", "b", "a", "b", "b", "a", "a", "b"} // one each to calibrate
	if len(log) != len(want) {
		t.Fatalf("%q", log)
	}
	for i := range want {
		if log[i] != want[i] {
			t.Fatalf("%q, want %q", log, want)
		}
	}
	if r := Ratio(rs[0], rs[1]); r != 2 || len(rs[0].Ns) != 3 {
		t.Errorf("ratio %v of %v and %v", r, rs[0].Ns, rs[1].Ns)
	}
}

// TestBudget: a work that is longer than its budget is run once.
func TestBudget(t *testing.T) {
	var log []string
	rs := Run(Plan{Rounds: 9, Sample: time.Millisecond, Budget: time.Second}, []Work{clocked("a", &log, time.Minute)})
	if len(log) != 1 || rs[0].Median() != float64(time.Minute) {
		t.Errorf("%q, %v", log, rs[0])
	}
}

// TestLimit: no round begins after the limit, and whoever had none has the run
// that warmed up.
func TestLimit(t *testing.T) {
	runs := 0
	slow := func() error { runs++; time.Sleep(2 * time.Millisecond); return nil }
	rs := Run(Plan{Rounds: 1000, Sample: time.Millisecond, Budget: time.Hour, Limit: 20 * time.Millisecond}, []Work{InGo("a", slow)})
	if n := len(rs[0].Ns); n == 0 || n > 50 {
		t.Errorf("%d samples", n)
	}
	rs = Run(Plan{Rounds: 1000, Sample: time.Millisecond, Budget: time.Hour, Limit: time.Nanosecond}, []Work{InGo("a", slow)})
	if len(rs[0].Ns) != 1 || rs[0].Median() < 1e6 || math.IsInf(rs[0].Allocs, 0) {
		t.Errorf("%+v", rs[0])
	}
}

// TestFaults: errors and panics end a work and no other.
func TestFaults(t *testing.T) {
	bad := errors.New("bad")
	rs := Run(Plan{Rounds: 2, Sample: time.Microsecond, Budget: time.Second}, []Work{
		InGo("error", func() error { return bad }),
		InGo("panic", func() error { panic("now") }),
		InGo("fine", func() error { return nil }),
	})
	if rs[0].Err != bad || rs[1].Err == nil || rs[2].Err != nil || len(rs[2].Ns) != 2 {
		t.Errorf("%+v", rs)
	}
	if !math.IsNaN(Ratio(rs[0], rs[2])) || !math.IsNaN(rs[1].Median()) {
		t.Error("numbers of what was not measured")
	}
}

// TestAllocations are counted by run.
func TestAllocations(t *testing.T) {
	var kept []byte
	rs := Run(Plan{Rounds: 2, Sample: time.Millisecond, Budget: time.Second}, []Work{
		InGo("none", func() error { return nil }),
		InGo("one", func() error { kept = make([]byte, 1000); return nil }),
	})
	if rs[0].Allocs > 0.5 || math.Abs(rs[1].Allocs-1) > 0.2 || rs[1].Bytes < 1000 {
		t.Errorf("%v and %v allocations, %v bytes", rs[0].Allocs, rs[1].Allocs, rs[1].Bytes)
	}
	_ = kept
}

func TestQuantile(t *testing.T) {
	v := []float64{4, 1, 3, 2, 5}
	if Median(v) != 3 || Quantile(v, 0.25) != 2 || Quantile(v, 0) != 1 || Quantile(v, 1) != 5 || Median([]float64{1, 2}) != 1.5 {
		t.Error("wrong quantiles")
	}
	if r := (Result{Ns: v}); r.Spread() != 100*2./2/3 {
		t.Errorf("spread %v", r.Spread())
	}
}
