package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// payloads are real and made ones, by name: each tight cap should be the need of
// one of them.
func payloads(t *testing.T, patterns ...string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{
		"big":     append([]byte{131, 110, 40, 0}, make([]byte, 40)...),
		"padding": append([]byte{131, 111, 0, 0, 1, 0, 0}, make([]byte, 256)...),
		"bits":    {131, 77, 0, 0, 0, 2, 3, 255, 224},
		"pieces":  {131, 108, 0, 0, 0, 1, 97, 1, 108, 0, 0, 0, 2, 97, 2, 97, 3, 106},
	}
	for _, pattern := range append(patterns, "testdata/in/*.etf", "testdata/in/more/*.etf") {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if all[name], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// TestFitIsTight holds the limits found against the decoder: all that had been
// accepted still is, and one less in any cap refuses something for that cap.
func TestFitIsTight(t *testing.T) {
	f, err := newFit(etf.Default())
	if err != nil {
		t.Fatal(err)
	}
	fitted := map[string][]byte{}
	for name, b := range payloads(t, "../../fuzz/legit/payloads/e*_rows_*_10.etf", "../../fuzz/legit/payloads/e*_z_*_l6.etf") {
		if f.add(name, func(m *etf.Mode) (etf.Stats, error) { return m.Measure(b) }) {
			fitted[name] = b
		}
	}
	if len(fitted) < 20 {
		t.Fatalf("only %d payloads", len(fitted))
	}
	tight := f.limits()
	if name, b := firstRefused(t, tight, fitted); b != nil {
		t.Errorf("%s does not fit: %v", name, b)
	}
	for _, field := range limits.Names() {
		if _, no := unfitted[field]; no || field == "MaxBuffered" {
			continue
		}
		v, _ := tight.Get(field)
		less := tight
		less.Set(field, written(v-1))
		var limit *limits.Error
		if name, err := firstRefused(t, less, fitted); !errors.As(err, &limit) || limit.Name != field {
			t.Errorf("%s %d instead of %d: %s, %v", field, v-1, v, name, err)
		}
	}
}

// firstRefused returns a payload that is refused under the limits.
func firstRefused(t *testing.T, l limits.Limits, payloads map[string][]byte) (string, error) {
	t.Helper()
	c := etf.Default()
	c.Limits = l
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range payloads {
		if err := m.Validate(b); err != nil {
			return name, err
		}
	}
	return "", nil
}

// TestFitBuffered reads framed terms, which are held whole, under the tightest
// MaxBuffered.
func TestFitBuffered(t *testing.T) {
	for name, b := range payloads(t) {
		f, err := newFit(etf.Default())
		if err != nil {
			t.Fatal(err)
		}
		if !f.add(name, func(m *etf.Mode) (etf.Stats, error) { return m.Measure(b) }) {
			continue
		}
		c := etf.Default()
		c.Limits = f.limits()
		m, err := c.Compile()
		if err != nil {
			t.Fatal(err)
		}
		frame, err := etf.AppendFrame(nil, b, 4)
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.NewFrameReader(bytes.NewReader(frame), 4)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadTerm(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLeast finds a value among senders of all characters.
func TestLeast(t *testing.T) {
	for _, need := range []int64{1, 2, 3, 100, 1 << 40, limits.NoLimit - 1, limits.NoLimit} {
		for name, more := range map[string]func(v int64) int64{
			"honest": func(int64) int64 { return need },
			"one":    func(v int64) int64 { return v + 1 },
			"halves": func(v int64) int64 { return v + (need-v+1)/2 },
			"liar":   func(int64) int64 { return 0 },
		} {
			calls := 0
			got := least(1, func(v int64) (int64, bool) {
				calls++
				return more(v), v >= need
			})
			if got != need || calls > 150 {
				t.Errorf("%s, need %d: %d after %d calls", name, need, got, calls)
			}
		}
	}
}
