package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

const judgedFile = "fuzz/mutants/judged.txt"

// judgement is the line in judged.txt of the declaration that a mutant changes, as
// it stands in the source: its name, and a digest of its text without comments.
func (m *Mutant) judgement() string { return m.File + " " + m.Func + " " + m.digest() }

// readJudged reads which declarations were judged: of each mutant it was seen that a
// test notices it, or there is a reason why none does.
func readJudged(name string) (map[string]bool, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines := map[string]bool{}
	for n, line := range strings.Split(string(text), "\n") {
		switch {
		case line == "" || line[0] == '#':
		case len(strings.Fields(line)) < 3:
			return nil, fmt.Errorf("%s:%d: want a file, a declaration and a digest", judgedFile, n+1)
		default:
			lines[line] = true
		}
	}
	return lines, nil
}

// judge returns the lines of declarations that are judged: those of before, and those
// whose mutants have all been run or have a reason.
func judge(all []*Mutant, done map[string]Outcome, reasons *reasons, before map[string]bool) (lines []string, of int) {
	good := map[string]bool{}
	for _, m := range all {
		if m.excused() {
			continue
		}
		line := m.judgement()
		if _, ok := good[line]; !ok {
			good[line] = true
		}
		out, ran := done[m.Key()]
		if ran = ran && out.Digest == m.digest(); ran {
			good[line] = good[line] && (out.Status != survived || reasons.of[m.Key()] != "")
		} else {
			good[line] = good[line] && (before[line] || reasons.of[m.Key()] != "")
		}
	}
	for line, ok := range good {
		if ok {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines, len(good)
}

const judgedHead = `# Declarations of which each mutant was run and noticed, or has a reason in
# survivors.txt. Written by go run ./fuzz/mutants -record; not to be edited.
`

func writeJudged(name string, lines []string) error {
	var b bytes.Buffer
	b.WriteString(judgedHead)
	for _, line := range lines {
		fmt.Fprintln(&b, line)
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
