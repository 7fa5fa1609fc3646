package harness

import (
	"strings"
	"testing"
)

// TestLastWords: whatever the pieces, the two ends are kept.
func TestLastWords(t *testing.T) {
	text := "first line\n" + strings.Repeat("between ", 1000) + "\nlast line\n"
	for _, size := range []int{1, 7, 300, len(text)} {
		var w lastWords
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatal(got, err)
			}
			rest = rest[n:]
		}
		got := w.String()
		if !strings.HasPrefix(got, "first line\n") || !strings.HasSuffix(got, "\nlast line") || strings.Count(got, " … ") != 1 || len(got) > firstBytes+lastBytes+10 {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
	var w lastWords
	w.Write([]byte(" short "))
	w.Write([]byte("story\n"))
	if w.String() != "short story" {
		t.Errorf("%q", w.String())
	}
}
