package etf_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// TestBytesExactly ends a term of each shape exactly at MaxBytes, and one byte
// behind it: a cap on containers alone would let the last scalar pass.
func TestBytesExactly(t *testing.T) {
	for _, term := range [][]byte{
		{131, 106}, {131, 97, 1}, {131, 98, 0, 0, 0, 1}, {131, 109, 0, 0, 0, 3, 1, 2, 3}, {131, 119, 2, 'o', 'k'},
		{131, 104, 0}, {131, 104, 1, 106}, {131, 104, 2, 97, 1, 97, 2}, {131, 104, 1, 119, 2, 'o', 'k'},
		{131, 107, 0, 2, 1, 2}, {131, 108, 0, 0, 0, 1, 97, 1, 106}, {131, 116, 0, 0, 0, 1, 97, 1, 97, 2},
		append([]byte{131, 108, 0, 0, 0, 1, 109, 0, 0, 1, 0}, append(make([]byte, 256), 106)...),
	} {
		n := int64(len(term))
		exact := frameMode(t, map[string]int64{"MaxBytes": n})
		if err := exact.Validate(term); err != nil {
			t.Errorf("%v under MaxBytes %d: %v", term, n, err)
		}
		less := frameMode(t, map[string]int64{"MaxBytes": n - 1})
		_, readErr := less.ValidateReader(iotest.HalfReader(bytes.NewReader(term)))
		_, decodeErr := less.Decode(term)
		for driver, err := range map[string]error{"Validate": less.Validate(term), "ValidateReader": readErr, "Decode": decodeErr} {
			var limit *limits.Error
			if !errors.As(err, &limit) || limit.Name != "MaxBytes" {
				t.Errorf("%s of %v under MaxBytes %d: %v", driver, term, n-1, err)
			}
		}
	}
}

// TestBufferedExactly reads a value whole that has exactly MaxBuffered bytes, in
// pieces of all kinds: how the bytes arrive must not change the verdict.
func TestBufferedExactly(t *testing.T) {
	term := []byte{131, 104, 1, 106}
	for name, chunk := range map[string]func(io.Reader) io.Reader{
		"whole":    func(r io.Reader) io.Reader { return r },
		"one":      iotest.OneByteReader,
		"half":     iotest.HalfReader,
		"data+EOF": iotest.DataErrReader,
	} {
		m := frameMode(t, map[string]int64{"MaxBuffered": 4})
		if _, err := m.NewDecoder(chunk(bytes.NewReader(term))).ReadTerm(); err != nil {
			t.Errorf("%s: %d bytes under MaxBuffered 4: %v", name, len(term), err)
		}
	}
}

// TestRunsOfFloats: floats side by side, which are read two at a time, are each judged
// and paid for.
func TestRunsOfFloats(t *testing.T) {
	m := compile(t, config())
	for n := range 9 {
		for at := range n {
			for name, bad := range map[string]float64{"NaN": math.NaN(), "infinity": math.Inf(1), "minus infinity": math.Inf(-1)} {
				items := make([][]byte, n)
				for i := range items {
					items[i] = float(float64(i) / 3)
				}
				items[at] = float(bad)
				for in, term := range map[string][]byte{"a list": list(items...), "a tuple": tuple(items...)} {
					// Enough behind it that the run does not end with the input.
					err := agree(t, with(m), ext(tuple(term, bin(strings.Repeat("x", 200)))), mostWays)
					if err == nil || err.Code != etf.CodeFloatNotFinite {
						t.Errorf("%s at %d of %d in %s: %v", name, at, n, in, err)
					}
				}
			}
		}
		items := make([][]byte, n)
		for i := range items {
			items[i] = float(1.5)
		}
		for range 80 { // which cost nothing more: the floats are paid for last
			items = append(items, null)
		}
		in := ext(list(items...))
		stats, err := m.Measure(in)
		if err != nil {
			t.Fatal(err)
		}
		for most := stats.HeapCost - 30; most <= stats.HeapCost+1; most++ {
			c := config()
			c.Limits.MaxHeapWords = max(most, 1)
			err := agree(t, with(compile(t, c)), in, mostWays)
			if ok := c.Limits.MaxHeapWords >= stats.HeapCost; ok != (err == nil) || err != nil && err.Code != etf.CodeLimitHeapWords {
				t.Errorf("%d floats, %d words of %d: %v", n, most, stats.HeapCost, err)
			}
		}
	}
}
