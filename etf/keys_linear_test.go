package etf_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/beamgate/beamgate/limits"
)

// TestManyKeysTakeLinearTime compares the time for a map with that for one of
// eight times the keys: finding duplicates must not become quadratic, neither by
// their number nor by what a sender lets them have in common. It takes eight
// times as long, some more for caches, and not sixty-four.
func TestManyKeysTakeLinearTime(t *testing.T) {
	if raceEnabled {
		t.Skip("times mean little under the race detector")
	}
	const few, times, most = 2_000, 8, 32
	c := config()
	c.Limits = limits.Unlimited()
	m := compile(t, c)
	for name, key := range map[string]func(i int) []byte{
		"integers":         func(i int) []byte { return int32x(i) },
		"falling binaries": func(i int) []byte { return bin(fmt.Sprintf("%08d", 99_999_999-i)) },
		"same ends":        func(i int) []byte { return bin(fmt.Sprintf("aaaaaaaa%08dzzzzzzzz", 99_999_999-i)) },
		"seventeen bytes":  func(i int) []byte { return bin(fmt.Sprintf("aaaaaaaa%08dz", 99_999_999-i)) },
		"tuples":           func(i int) []byte { return tuple(int32x(i), null) },
	} {
		build := func(n int) []byte {
			var b bytes.Buffer
			b.Write(maps(int64(n)))
			for i := range n {
				b.Write(key(i))
				b.Write(null)
			}
			return ext(b.Bytes())
		}
		small, large := build(few), build(few*times)
		for way, read := range map[string]func(b []byte) error{
			"slice":  m.Validate,
			"reader": func(b []byte) error { _, err := m.ValidateReader(bytes.NewReader(b)); return err },
		} {
			if ratio := timeRatio(t, read, small, large, most); ratio > most {
				t.Errorf("%s over a %s: %d times the keys take %d times as long", name, way, times, ratio)
			}
		}
	}
}

// timeRatio is how many times longer large takes than small, at best. It stops
// measuring at a ratio that is good enough.
func timeRatio(t *testing.T, read func([]byte) error, small, large []byte, enough int64) int64 {
	t.Helper()
	best := func(b []byte, n int) time.Duration {
		least := time.Duration(1 << 62)
		for range n {
			start := time.Now()
			if err := read(b); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(start))
		}
		return max(least, 1)
	}
	base, top := best(small, 8), time.Duration(1<<62)
	// On a busy machine most measurements are of others' work.
	for n, start := 0, time.Now(); n < 3 || time.Since(start) < 2*time.Second; n++ {
		if top = min(top, best(large, 1)); int64(top/base) <= enough {
			break
		}
	}
	return int64(top / base)
}
