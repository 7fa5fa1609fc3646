package main

import (
	"os"
	"strings"
	"testing"
)

// TestTable runs all rows. The library passes every check and more than each peer
// of the format in every row, and the table that is kept says what came out.
func TestTable(t *testing.T) {
	all := measure()
	for i, line := range all {
		if own := line[0]; own.of == 0 || own.passed != own.of {
			t.Errorf("%s: %s", rows[i].shape, own)
		}
		for k, s := range line {
			if libraries[k].etf && k > 0 && s.passed >= line[0].passed {
				t.Errorf("%s: %s is as good", rows[i].shape, libraries[k].title)
			}
			if !libraries[k].etf && rows[i].beam != (s.of == 0) {
				t.Errorf("%s: %s has %d checks", rows[i].shape, libraries[k].title, s.of)
			}
		}
	}
	kept, err := os.ReadFile("../" + table)
	if err != nil {
		t.Fatal(err)
	}
	if got := markdown(all); got != strings.ReplaceAll(string(kept), "\r\n", "\n") {
		t.Errorf("etf/SHAPES.md is stale: go -C bench run ./shapes -write\n%s", got)
	}
}

// TestChecksFail: a check that fails, panics or is wrong about a value is not
// counted.
func TestChecksFail(t *testing.T) {
	var s score
	s.check(func() bool { return false })
	s.check(func() bool { panic("no") })
	s.check(func() bool { return true })
	if s != (score{1, 3}) || s.String() != "1 of 3" {
		t.Error(s)
	}
	for name, c := range map[string]tried{
		"another value":   both(8, encoded(9)),
		"another term":    {term: encodedTerm(9), v: 8, read: true},
		"fine, not wrong": refused(0, "7", "\x07", encoded(7)),
	} {
		var s score
		if c.on(&libraries[0], &s); s.passed != 0 || s.of == 0 {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func encodedTerm(v any) []byte { return append([]byte{131}, encoded(v)...) }
