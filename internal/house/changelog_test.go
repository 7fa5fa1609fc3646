package house

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// release is one section of the changelog.
type release struct {
	version  [3]int // of [Unreleased]: all -1
	date     string
	line     int
	headings []string
	entries  map[string]int // lines that start a list item, by heading
}

func (r release) unreleased() bool { return r.version[0] < 0 }

var (
	changelogVersion = regexp.MustCompile(`^## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)$`)
	changelogKinds   = []string{"Verdicts", "Breaking", "Security", "Added", "Changed", "Deprecated", "Removed", "Fixed"}
)

// parseChangelog reads the sections and returns what is wrong with them.
func parseChangelog(text string) (releases []release, faults []string) {
	fault := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d: %s", line, fmt.Sprintf(format, args...)))
	}
	heading := ""
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		var last *release
		if len(releases) > 0 {
			last = &releases[len(releases)-1]
		}
		switch {
		case line == "## [Unreleased]":
			releases = append(releases, release{version: [3]int{-1, -1, -1}, line: n, entries: map[string]int{}})
			heading = ""
		case strings.HasPrefix(line, "## "):
			m := changelogVersion.FindStringSubmatch(line)
			if m == nil {
				fault(n, "%q: want ## [Unreleased] or ## [1.2.3] - 2026-01-31", line)
				continue
			}
			r := release{date: m[4], line: n, entries: map[string]int{}}
			fmt.Sscan(strings.Join(m[1:4], " "), &r.version[0], &r.version[1], &r.version[2])
			releases = append(releases, r)
			heading = ""
		case strings.HasPrefix(line, "### "):
			heading = strings.TrimPrefix(line, "### ")
			if last == nil || !slices.Contains(changelogKinds, heading) || slices.Contains(last.headings, heading) {
				fault(n, "heading %q: want one of %q, once in a section", heading, changelogKinds)
				continue
			}
			last.headings = append(last.headings, heading)
		case strings.HasPrefix(line, "- "):
			if last == nil || heading == "" {
				fault(n, "an entry under no heading")
				continue
			}
			last.entries[heading]++
		}
	}
	return releases, append(faults, judgeReleases(releases)...)
}

// judgeReleases holds the sections against the rules at the top of the file.
func judgeReleases(releases []release) (faults []string) {
	fault := func(r release, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d: %s", r.line, fmt.Sprintf(format, args...)))
	}
	if len(releases) == 0 || !releases[0].unreleased() {
		return []string{"the first section is not ## [Unreleased]"}
	}
	for i, r := range releases {
		for _, h := range r.headings {
			if r.entries[h] == 0 {
				fault(r, "no entry under %s", h)
			}
		}
		if i == 0 {
			continue
		}
		if r.unreleased() {
			fault(r, "a second [Unreleased]")
			continue
		}
		if _, err := time.Parse(time.DateOnly, r.date); err != nil {
			fault(r, "%v", err)
		}
		if i > 1 && slices.Compare(r.version[:], releases[i-1].version[:]) >= 0 {
			fault(r, "%v does not come before %v", r.version, releases[i-1].version)
		}
		if r.version[2] == 0 {
			continue
		}
		for _, h := range []string{"Verdicts", "Breaking", "Added"} {
			if r.entries[h] > 0 {
				fault(r, "%v is a patch release and has entries under %s", r.version, h)
			}
		}
	}
	return faults
}

// TestChangelog: above all that a changed verdict is never a patch release.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, faults := parseChangelog(string(text))
	for _, f := range faults {
		t.Errorf("CHANGELOG.md: %s", f)
	}
}

// TestChangelogRules keeps the check itself honest.
func TestChangelogRules(t *testing.T) {
	const good = "## [Unreleased]\n### Verdicts\n- x\n## [1.2.0] - 2026-03-01\n### Verdicts\n- x\n## [1.1.7] - 2026-02-01\n### Fixed\n- x\n"
	if _, faults := parseChangelog(good); len(faults) > 0 {
		t.Errorf("good: %q", faults)
	}
	for bad, want := range map[string]string{
		"":                                           "the first section",
		"## [1.0.0] - 2026-01-01\n":                  "the first section",
		"## [Unreleased]\n## [Unreleased]\n":         "a second",
		"## [Unreleased]\n## 1.0.0\n":                "want ## [Unreleased] or",
		"## [Unreleased]\n### News\n- x\n":           "want one of",
		"## [Unreleased]\n### Added\n":               "no entry",
		"## [Unreleased]\n- x\n":                     "under no heading",
		"## [Unreleased]\n## [1.0.0] - 2026-13-01\n": "month out of range",
		"## [Unreleased]\n## [1.0.0] - 2026-01-01\n## [1.1.0] - 2025-01-01\n":                  "does not come before",
		"## [Unreleased]\n## [1.0.1] - 2026-01-01\n### Verdicts\n- refuses something\n":        "patch release",
		"## [Unreleased]\n## [1.0.1] - 2026-01-01\n### Breaking\n- another signature\n":        "patch release",
		"## [Unreleased]\n### Fixed\n- x\n### Fixed\n- y\n## [1.0.0] - 2026-01-01\n":           "once in a section",
		"## [Unreleased]\n## [0.10.0] - 2026-01-01\n## [0.9.1] - 2025-01-01\n### Added\n- x\n": "patch release",
	} {
		_, faults := parseChangelog(bad)
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("%q: %q, want %q", bad, faults, want)
		}
	}
}
