package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/adapters"
	"github.com/beamgate/beamgate/fuzz/conformance/harness"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

const readme = "../../README.md"

// published is the table in the README, without its head.
func published(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _, err := between(string(text))
	if err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(table, head)
	if !ok {
		t.Fatalf("another head:\n%s", table[:min(len(table), len(head))])
	}
	return strings.Split(strings.TrimSuffix(body, "\n"), "\n")
}

var row = regexp.MustCompile(`^\| ([^|]+) \| (\w+) \| (\w+) ((?:\| \d+ )+)\|$`)

// TestPublished: the table in the README is about this corpus and these
// adapters, and its numbers add up.
func TestPublished(t *testing.T) {
	want := map[string]int{}
	for _, c := range corpus.Cases() {
		for _, a := range adapters.All() {
			want[a.Name+" "+a.Against+" "+string(c.Class)]++
		}
	}
	for _, line := range published(t) {
		m := row.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("no row: %s", line)
			continue
		}
		var n []int
		for _, cell := range strings.Fields(strings.ReplaceAll(m[4], "|", " ")) {
			v, err := strconv.Atoi(cell)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, v)
		}
		key := m[1] + " " + m[2] + " " + m[3]
		if len(n) != 2+len(harness.Outcomes()) || n[0] != want[key] {
			t.Errorf("the corpus has %d cases of this kind: %s (make conformance)", want[key], line)
			continue
		}
		delete(want, key)
		sum := 0
		for _, v := range n[1 : len(n)-1] {
			sum += v
		}
		if sum != n[0] {
			t.Errorf("the outcomes are not all cases: %s", line)
		}
	}
	for key := range want {
		t.Errorf("no row for %s (make conformance)", key)
	}
}

// TestReproduced: what the table says of this library is what comes out when it
// is run.
func TestReproduced(t *testing.T) {
	lines := published(t)
	for _, a := range adapters.All() {
		if !strings.HasPrefix(a.ID, "beamgate") {
			continue
		}
		r, err := judge(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range r.Disagreements {
			// etf.OTP refuses a closed list of what a BEAM takes.
			if a.ID != "beamgate-otp" || d.Outcome != harness.FalseRefuse || d.Class == string(corpus.Valid) {
				t.Errorf("%s: %+v", a.ID, d)
			}
		}
		for line := range strings.Lines(rows(a, r)) {
			if line = strings.TrimSuffix(line, "\n"); !slices.Contains(lines, line) {
				t.Errorf("not in the README: %s (make conformance)", line)
			}
		}
	}
}

// TestPolicy: that list is what the corpus has as policy otp.
func TestPolicy(t *testing.T) {
	list, err := choose("beamgate-otp")
	if err != nil {
		t.Fatal(err)
	}
	list[0].Against = "otp"
	r, err := judge(t.Context(), list[0])
	if err != nil || !r.OK() {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestCounts: nothing in the table names a case.
func TestCounts(t *testing.T) {
	table := strings.Join(published(t), "\n")
	for _, c := range corpus.Cases() {
		if strings.Contains(table, c.ID) {
			t.Errorf("the table names %s", c.ID)
		}
	}
}

// TestRewrite: only what is between the markers changes.
func TestRewrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("above\n"+begin+"old\n"+end+"below\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rewrite(file, head+"| x |\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if want := "above\n" + begin + "\n" + head + "| x |\n\n" + end + "below\n"; err != nil || string(got) != want {
		t.Errorf("%v: %s", err, got)
	}
	if err := os.WriteFile(file, []byte("no markers\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(file, head); err == nil {
		t.Error("no markers, no error")
	}
}

// TestArguments: what cannot be done is said before anything is run.
func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-only", "nobody"}, {"-only", "erl", "-write", "x"}, {"-what"}} {
		var out, diag bytes.Buffer
		if err := run(t.Context(), args, &out, &diag); err == nil || out.Len() > 0 || strings.Contains(diag.String(), "running") {
			t.Errorf("%q: %v, %s", args, err, out.String())
		}
	}
}
