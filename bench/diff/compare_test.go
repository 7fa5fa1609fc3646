package main

import (
	"regexp"
	"strings"
	"testing"
)

func times(name string, values ...string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString("Benchmark" + name + "-2 \t 100\t " + v + " ns/op\t 0 B/op\t 3 allocs/op\n")
	}
	return b.String()
}

func mustRead(t *testing.T, text string) samples {
	t.Helper()
	s, err := read(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestJudge: slower beyond the threshold and beyond chance is a regression,
// each alone is none.
func TestJudge(t *testing.T) {
	steady := []string{"100", "101", "99", "100", "102", "98", "100", "101"}
	for what, test := range map[string]struct {
		head []string
		want int
	}{
		"the same":            {steady, 0},
		"faster":              {[]string{"80", "81", "79", "80", "82", "78", "80", "81"}, 0},
		"slower by 3 %":       {[]string{"103", "104", "102", "103", "105", "101", "103", "104"}, 0},
		"slower by 20 %":      {[]string{"120", "121", "119", "120", "122", "118", "120", "121"}, 1},
		"slower half of time": {[]string{"99", "140", "98", "141", "100", "139", "99", "142"}, 0},
	} {
		got := judge(mustRead(t, times("Validate/rows", steady...)), mustRead(t, times("Validate/rows", test.head...)), 5)
		if len(got) != test.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// TestJudgeAllocations: one more is one too many, however fast.
func TestJudgeAllocations(t *testing.T) {
	base := mustRead(t, times("Decode/call", "100", "100", "100"))
	head := mustRead(t, strings.ReplaceAll(times("Decode/call", "90", "90", "90"), "3 allocs", "4 allocs"))
	got := judge(base, head, 5)
	if len(got) != 1 || got[0].unit != "allocs/op" {
		t.Errorf("%v", got)
	}
}

// TestPattern selects the suspects and nothing else.
func TestPattern(t *testing.T) {
	p := pattern([]regression{{name: "Validate/rows-2"}, {name: "Decode/call-2"}})
	levels := strings.Split(p, "/")
	if len(levels) != 2 {
		t.Fatal(p)
	}
	for level, names := range [][2]string{{"BenchmarkValidate", "BenchmarkValidateReader"}, {"rows", "arrows"}} {
		re := regexp.MustCompile(levels[level])
		if !re.MatchString(names[0]) || re.MatchString(names[1]) {
			t.Errorf("%s: %s", p, levels[level])
		}
	}
}
