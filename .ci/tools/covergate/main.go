// Command covergate holds the statement coverage of packages against a floor.
//
//	covergate [-min 95] [-show 20] profile package…
//
// The profile may come from many test programs that covered the same packages
// (go test -coverpkg): a statement counts as run if any of them ran it. A
// package that the profile does not mention fails.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

func main() {
	least := flag.Float64("min", 95, "percent of statements that must run, for each package")
	show := flag.Int("show", 20, "how many of the largest gaps to show of a package that fails")
	flag.Parse()
	if flag.NArg() < 2 {
		fmt.Fprintln(os.Stderr, "usage: covergate [flags] profile package...")
		os.Exit(2)
	}
	f, err := os.Open(flag.Arg(0))
	if err == nil {
		defer f.Close()
		var blocks map[block]bool
		if blocks, err = parse(f); err == nil {
			err = gate(os.Stdout, blocks, flag.Args()[1:], *least, *show)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "covergate:", err)
		os.Exit(1)
	}
}

// block is a stretch of statements as a profile describes it.
type block struct {
	file       string // import path and name
	from, to   int    // lines
	span       string // the whole position, to tell blocks of one line apart
	statements int
}

// parse reads a profile: which blocks there are, and whether they ran.
func parse(r io.Reader) (map[block]bool, error) {
	blocks := map[block]bool{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if strings.HasPrefix(line, "mode: ") || line == "" {
			continue
		}
		b, ran, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		blocks[b] = blocks[b] || ran
	}
	return blocks, lines.Err()
}

var errLine = errors.New("want file.go:line.col,line.col statements count")

// parseLine reads "path/file.go:10.2,12.16 3 1".
func parseLine(line string) (b block, ran bool, err error) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return b, false, errLine
	}
	colon := strings.LastIndexByte(fields[0], ':')
	if colon < 0 {
		return b, false, errLine
	}
	b.file, b.span = fields[0][:colon], fields[0][colon+1:]
	begin, end, _ := strings.Cut(b.span, ",")
	var errs [4]error
	b.from, errs[0] = lineOf(begin)
	b.to, errs[1] = lineOf(end)
	b.statements, errs[2] = strconv.Atoi(fields[1])
	count, e := strconv.ParseUint(fields[2], 10, 64)
	errs[3] = e
	if errors.Join(errs[:]...) != nil {
		return b, false, errLine
	}
	return b, count > 0, nil
}

func lineOf(position string) (int, error) {
	line, _, _ := strings.Cut(position, ".")
	return strconv.Atoi(line)
}

// gate prints a line for each package and returns an error if one is below.
func gate(w io.Writer, blocks map[block]bool, packages []string, least float64, show int) error {
	var below []string
	for _, pkg := range packages {
		ran, all := 0, 0
		var gaps []block
		for b, hit := range blocks {
			if path.Dir(b.file) != pkg {
				continue
			}
			all += b.statements
			if hit {
				ran += b.statements
			} else {
				gaps = append(gaps, b)
			}
		}
		if all == 0 {
			fmt.Fprintf(w, "   none  %s (no statement of it in the profile)\n", pkg)
			below = append(below, pkg)
			continue
		}
		percent := 100 * float64(ran) / float64(all)
		fmt.Fprintf(w, "%6.2f%%  %s (%d of %d statements)\n", percent, pkg, ran, all)
		if percent >= least {
			continue
		}
		below = append(below, pkg)
		slices.SortFunc(gaps, func(a, b block) int {
			return cmp.Or(cmp.Compare(b.statements, a.statements), cmp.Compare(a.file, b.file), cmp.Compare(a.from, b.from), cmp.Compare(a.span, b.span))
		})
		for _, g := range gaps[:min(show, len(gaps))] {
			fmt.Fprintf(w, "         %s:%d-%d: %d not run\n", path.Base(g.file), g.from, g.to, g.statements)
		}
	}
	if len(below) > 0 {
		return fmt.Errorf("below %g%%: %s", least, strings.Join(below, ", "))
	}
	return nil
}
