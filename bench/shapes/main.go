// Shapes tries which Go shapes each library maps, both ways, and prints a table.
//
//	go -C bench run ./shapes           prints it
//	go -C bench run ./shapes -write    rewrites etf/SHAPES.md with it
//
// Nothing of the table is written by hand: every cell is what the library did
// with the cases of its row.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// table is where the result is kept, from the folder of the module.
const table = "../etf/SHAPES.md"

func main() {
	write := flag.Bool("write", false, "rewrite etf/SHAPES.md")
	flag.Parse()
	text := markdown(measure())
	fmt.Print(text)
	if *write {
		if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "shapes:", err)
			os.Exit(1)
		}
	}
}

// score is how many of the checks of a row a library passes.
type score struct{ passed, of int }

// measure tries all rows on all libraries.
func measure() [][]score {
	var all [][]score
	for _, r := range rows {
		line := make([]score, len(libraries))
		for i := range libraries {
			if l := &libraries[i]; l.etf || !r.beam {
				for _, c := range r.cases {
					c.on(l, &line[i])
				}
			}
		}
		all = append(all, line)
	}
	return all
}

func (s *score) add(passed bool) {
	if s.of++; passed {
		s.passed++
	}
}

// check counts what f says; a panic is a failure.
func (s *score) check(f func() bool) {
	s.add(try(func() error {
		if !f() {
			return errFailed
		}
		return nil
	}) == nil)
}

var errFailed = errors.New("the check fails")

// on tries a case on a library.
func (c tried) on(l *library, s *score) {
	v := c.v
	if own, ok := c.own[l.key]; ok {
		v = own
	}
	in := c.term
	if !l.etf {
		if c.refused {
			if in = []byte(c.json); l.key == "cbor" {
				in = []byte(c.cbor)
			}
		} else if err := try(func() (err error) { in, err = l.write(v); return err }); err != nil {
			s.add(false)
			if !c.read && !c.through {
				s.add(false)
			}
			return
		}
	}
	switch {
	case c.refused:
		s.check(func() bool { return l.refuses(in, v) })
	case c.through:
		s.check(func() bool {
			x, err := l.free(in)
			if err != nil || !l.etf {
				return err == nil && alike(x, v)
			}
			out, err := l.write(x)
			return err == nil && equal(out, in)
		})
	default:
		s.check(func() bool {
			for _, got := range l.read(in, v) {
				if same(got, v) {
					return true
				}
			}
			return false
		})
		if !c.read {
			s.check(func() bool {
				out, err := l.write(v)
				return err == nil && (!l.etf || equal(out, in))
			})
		}
	}
}

func markdown(all [][]score) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("| shape |")
	for _, l := range libraries {
		fmt.Fprintf(&b, " %s |", l.title)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(libraries)) + "\n")
	for i, r := range rows {
		fmt.Fprintf(&b, "| %s |", r.shape)
		for _, s := range all[i] {
			fmt.Fprintf(&b, " %s |", s)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// String is the cell of a score.
func (s score) String() string {
	switch {
	case s.of == 0:
		return ""
	case s.passed == s.of:
		return "**all**"
	case s.passed == 0:
		return "–"
	}
	return fmt.Sprintf("%d of %d", s.passed, s.of)
}

const head = `# Which Go shapes map

Written by ` + "`go -C bench run ./shapes -write`" + `, which runs every case below on every
library; a test fails when this is stale. The versions are those of bench/go.mod;
encoding/json v2 is github.com/go-json-experiment/json, from which it is taken.

Each row is a few cases. A case is a value that has to be read from its term, which is
one check, and to be written as a term that ` + "`=:=`" + ` to it, which is another; or input
that has to be refused, by options where the library has some. The cell says how many
checks hold: **all**, some, or – for none. Where a library has a type of its own for a
term, that is what it is asked for. Other formats are tried with their own encodings of
the values; a cell is empty where they have nothing of the kind. Reading counts if the
value is the same, a panic never does.

`
