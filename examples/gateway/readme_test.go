package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testFunc = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(t \*testing\.T\)`)
	quoted   = regexp.MustCompile("`([^`]+)`")
	linked   = regexp.MustCompile(`\]\(([^)#]+)\)`)
)

// TestCoverageTable: what the README names is there.
func TestCoverageTable(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile("RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, metrics := testNames(t), metricNames(t)
	_, table, _ := strings.Cut(string(text), "\n## Coverage\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) != 5 || strings.HasPrefix(line, "| mitigation") {
			continue
		}
		rows++
		for i, list := range [][]string{2: tests, 3: metrics} {
			for _, m := range quoted.FindAllStringSubmatch(cells[i], -1) {
				if list != nil && !slices.Contains(list, m[1]) {
					t.Errorf("%s: there is no %s", cells[0], m[1])
				}
			}
			if list != nil && !strings.Contains(cells[i], "`") {
				t.Errorf("%s: nothing in column %d", cells[0], i+1)
			}
		}
		for _, name := range strings.Split(strings.Trim(cells[4], " |\n"), ", ") {
			if !strings.Contains(string(runbook), "\n## "+name+"\n") {
				t.Errorf("%s: the runbook has no %q", cells[0], name)
			}
		}
	}
	if rows < 15 {
		t.Errorf("%d rows", rows)
	}
	// And whatever is watched belongs to a mitigation.
	for _, m := range regexp.MustCompile(`(?m)^## (Beamgate\w+)$`).FindAllStringSubmatch(string(runbook), -1) {
		if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(table) {
			t.Errorf("no row of the table leads to %s", m[1])
		}
	}
	for _, name := range metrics {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("no row of the table has the metric %s", name)
		}
	}
	for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(m[1]); err != nil && !strings.HasPrefix(m[1], "https://") {
			t.Errorf("a link to %s, which is not there", m[1])
		}
	}
}

func testNames(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, "_test.go") {
			return err
		}
		b, err := os.ReadFile(p)
		for _, m := range testFunc.FindAllSubmatch(b, -1) {
			names = append(names, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
