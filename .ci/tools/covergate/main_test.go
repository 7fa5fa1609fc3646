package main

import (
	"strings"
	"testing"
)

const profile = `mode: set
m/a/x.go:1.2,3.4 9 1
m/a/x.go:5.2,6.4 1 0
m/b/y.go:1.2,3.4 1 0
mode: set
m/a/x.go:1.2,3.4 9 0
m/b/y.go:1.2,3.4 1 7
m/b/y.go:1.5,3.4 4 0
`

func TestGate(t *testing.T) {
	blocks, err := parse(strings.NewReader(profile))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := gate(&out, blocks, []string{"m/a"}, 90, 5); err != nil {
		t.Errorf("exactly at the floor: %v", err)
	}
	if !strings.Contains(out.String(), " 90.00%  m/a (9 of 10 statements)") {
		t.Errorf("printed %q", out.String())
	}
	out.Reset()
	err = gate(&out, blocks, []string{"m/a", "m/b", "m/c"}, 90, 5)
	if err == nil || !strings.HasSuffix(err.Error(), ": m/b, m/c") {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{" 20.00%  m/b (1 of 5 statements)", "y.go:1-3: 4 not run", "none  m/c"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{"x", "x.go 1 1", "x.go:1.2,3.4 1", "x.go:1.2 1 1", "x.go:a.2,3.4 1 1", "x.go:1.2,3.4 n 1", "x.go:1.2,3.4 1 n"} {
		if _, err := parse(strings.NewReader(line)); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
}
