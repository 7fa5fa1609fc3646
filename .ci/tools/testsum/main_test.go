package main

import (
	"strings"
	"testing"
)

func summarise(t *testing.T, in string) (string, bool) {
	t.Helper()
	var out strings.Builder
	s := newSummary(&out)
	if err := s.read(strings.NewReader(in)); err != nil {
		t.Fatal(err)
	}
	ok := s.end()
	return out.String(), ok
}

func TestSummary(t *testing.T) {
	const pass = `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: no tool\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	const fail = `{"Action":"output","Package":"q","Test":"TestC","Output":"    c_test.go:1: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
`
	const dies = `{"Action":"output","Package":"r","Test":"TestD","Output":"panic: x\n"}
{"Action":"fail","Package":"r"}
`
	const build = `{"ImportPath":"s","Action":"build-output","Output":"s.go:1: undefined\n"}
{"Action":"fail","Package":"s"}
`
	for name, c := range map[string]struct {
		in    string
		ok    bool
		wants []string
	}{
		"pass":    {pass, true, []string{"ok  \tp\t0.1s\nskipped:\n  p TestB: no tool\ntests: 1 passed, 0 failed, 1 skipped\n"}},
		"fail":    {pass + fail, false, []string{"c_test.go:1: wrong\nFAIL\tq", "tests: 1 passed, 1 failed, 1 skipped\n"}},
		"dies":    {pass + dies, false, []string{"panic: x\n", "1 packages failed outside"}},
		"build":   {pass + build, false, []string{"s.go:1: undefined\n", "1 packages failed outside"}},
		"nothing": {"== module ==\n", false, []string{"== module ==\n", "no test ran"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := summarise(t, c.in)
			if ok != c.ok {
				t.Errorf("ok is %v\n%s", ok, out)
			}
			for _, want := range c.wants {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
		})
	}
}

func TestLongOutputIsCut(t *testing.T) {
	in := strings.Repeat(`{"Action":"output","Package":"p","Test":"T","Output":"x\n"}`+"\n", 1000) +
		`{"Action":"fail","Package":"p","Test":"T"}` + "\n"
	out, ok := summarise(t, in)
	if n := strings.Count(out, "x\n"); ok || n != 2*keep || !strings.Contains(out, "… 800 lines left out\n") {
		t.Errorf("ok %v, %d lines kept:\n%.300s", ok, n, out)
	}
}
