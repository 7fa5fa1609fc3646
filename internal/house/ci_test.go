package house

import (
	"regexp"
	"strings"
	"testing"
)

// TestRaceSkipsWhatIsThere: a test that was renamed is no longer left out of the
// race phase, and a name that stayed behind would hide that.
func TestRaceSkipsWhatIsThere(t *testing.T) {
	tests := testFuncs(t)
	_, list, ok := strings.Cut(text(t, ".ci/phases.sh"), "\nsweeps=(")
	list, _, end := strings.Cut(list, ")")
	names := strings.Fields(list)
	if !ok || !end || len(names) == 0 {
		t.Fatal("the race phase has no list of skipped tests")
	}
	for _, name := range names {
		if !regexp.MustCompile(`^Test[A-Z]\w*$`).MatchString(name) || !tests[name] {
			t.Errorf("there is no test %s", name)
		}
	}
}
