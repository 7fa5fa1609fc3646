package house

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/limits"
)

// TestReadmeDefaults holds the table of caps in the README against the presets.
func TestReadmeDefaults(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `(Max\\w+)` \\| ([^|]+) \\| ([^|]+) \\|$")
	seen := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(text(t, "README.md"), -1) {
		seen[m[1]] = true
		for i, preset := range []limits.Limits{limits.Strict(), limits.Default()} {
			want, ok := preset.Get(m[1])
			if !ok {
				t.Errorf("there is no cap %s", m[1])
				continue
			}
			if got := amount(t, m[2+i]); got != want {
				t.Errorf("%s: the README says %q, the preset %d", m[1], m[2+i], want)
			}
		}
	}
	for _, name := range limits.Names() {
		if !seen[name] {
			t.Errorf("the README lacks %s", name)
		}
	}
}

// amount reads "1 MiB", "256 Ki", "none" or "no limit".
func amount(t *testing.T, s string) int64 {
	switch s {
	case "none":
		return limits.None
	case "no limit":
		return limits.NoLimit
	case "none; with a budget, the budget decides", "the same":
		return 0
	}
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatalf("%q is no amount", s)
	}
	switch strings.TrimSuffix(unit, "B") {
	case "Ki":
		n <<= 10
	case "Mi":
		n <<= 20
	case "":
	default:
		t.Fatalf("%q has no unit", s)
	}
	return n
}
