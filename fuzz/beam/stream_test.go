package beam

import (
	"errors"
	"slices"
	"testing"
)

func TestStream(t *testing.T) {
	t.Parallel()
	o := Require(t, quick(Options{}))
	t.Run("order", func(t *testing.T) { testStreamOrder(t, o) })
	t.Run("leave", func(t *testing.T) { testStreamLeave(t, o) })
	t.Run("nothing", func(t *testing.T) {
		for range o.Stream(slices.Values([][]Case{})) {
			t.Error("a batch out of nothing")
		}
	})
	t.Run("closed", func(t *testing.T) { testStreamClosed(t, o) })
}

// numbered yields batches of growing size, without end.
func numbered(yield func([]Case) bool) {
	for n := 1; yield(leaves(n, uint64(n))); n++ {
	}
}

func testStreamOrder(t *testing.T, o *Oracle) {
	n := 0
	for got, err := range o.Stream(numbered) {
		n++
		if err != nil || len(got.Cases) != n || len(got.Verdicts) != n {
			t.Fatalf("batch %d: %d cases, %d verdicts, %v", n, len(got.Cases), len(got.Verdicts), err)
		}
		for i, v := range judgeAll(t, o, got.Cases) {
			if w := got.Verdicts[i]; v.Plain != w.Plain || v.Safe != w.Safe || v.Used != w.Used {
				t.Fatalf("batch %d, case %d: %+v, streamed %+v", n, i, v, w)
			}
		}
		if n == 20 {
			return
		}
	}
}

// testStreamLeave: whoever leaves the loop leaves no goroutine that still
// asks for batches.
func testStreamLeave(t *testing.T, o *Oracle) {
	asked := 0
	for range o.Stream(func(yield func([]Case) bool) {
		numbered(func(cases []Case) bool { asked++; return yield(cases) })
	}) {
		break
	}
	if asked == 0 || asked > 2*streamDepth+3 {
		t.Errorf("asked for %d batches, one was looked at", asked)
	}
}

func testStreamClosed(t *testing.T, o *Oracle) {
	o.Close()
	n := 0
	for got, err := range o.Stream(numbered) {
		n++
		if !errors.Is(err, ErrClosed) || got.Cases != nil {
			t.Errorf("%v, %d cases", err, len(got.Cases))
		}
	}
	if n != 1 {
		t.Errorf("%d results after the first error", n)
	}
}
