// Command testsum reads the output of `go test -json` and prints what a person
// wants to see of it: a line for each package as it ends, all that a failed
// test printed, and at the end every test that was skipped, with its reason. A
// skipped test looks like a passed one otherwise.
//
//	go test -json ./... | testsum
//
// It exits with 1 if a test or package failed or if no test ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
	if !s.end() {
		os.Exit(1)
	}
}

// event is a line of test2json.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

type key struct{ pkg, test string }

type summary struct {
	w      io.Writer
	output map[key][]string // of tests that have not ended
	skips  []string

	passed, failed, skipped, badPackages int
}

func newSummary(w io.Writer) *summary { return &summary{w: w, output: map[key][]string{}} }

func (s *summary) read(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
				fmt.Fprint(s.w, line) // of another program in the same pipe
			} else {
				s.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		if e.Test != "" {
			s.output[k] = append(s.output[k], e.Output)
		} else if e.Output != "PASS\n" {
			fmt.Fprint(s.w, e.Output)
		}
	case "build-output":
		fmt.Fprint(s.w, e.Output)
	case "pass", "fail", "skip":
		s.verdict(e, k)
	}
}

func (s *summary) verdict(e event, k key) {
	if e.Test == "" {
		if e.Action == "fail" {
			s.badPackages++
		}
		// Tests that never ended: the program died under them.
		for left, lines := range s.output {
			if left.pkg == e.Package {
				if e.Action == "fail" {
					s.print(lines)
				}
				delete(s.output, left)
			}
		}
		return
	}
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		s.print(s.output[k])
	case "skip":
		s.skipped++
		s.skips = append(s.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(s.output[k])))
	}
	delete(s.output, k)
}

// keep is how many lines of a failed test are shown from each of its ends.
const keep = 100

func (s *summary) print(lines []string) {
	for i, line := range lines {
		switch left := len(lines) - i; {
		case i < keep || left <= keep:
			fmt.Fprint(s.w, line)
		case i == keep:
			fmt.Fprintf(s.w, "    … %d lines left out\n", left-keep)
		}
	}
}

// place is what t.Log puts in front of a message.
var place = regexp.MustCompile(`^\s+\S+\.go:\d+: `)

// reason is what a skipped test said.
func reason(lines []string) string {
	var said []string
	for _, line := range lines {
		if at := place.FindString(line); len(at) > 0 && strings.TrimSpace(line[len(at):]) != "" {
			said = append(said, strings.TrimSpace(line[len(at):]))
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, "; ")
}

// end prints the summary and reports whether all is well.
func (s *summary) end() bool {
	if len(s.skips) > 0 {
		fmt.Fprintln(s.w, "skipped:")
		for _, skip := range s.skips {
			fmt.Fprintln(s.w, "  "+skip)
		}
	}
	fmt.Fprintf(s.w, "tests: %d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if s.failed == 0 && s.badPackages > 0 {
		fmt.Fprintf(s.w, "%d packages failed outside of their tests\n", s.badPackages)
	}
	if s.passed+s.failed == 0 {
		fmt.Fprintln(s.w, "no test ran")
	}
	return s.failed == 0 && s.badPackages == 0 && s.passed > 0
}
