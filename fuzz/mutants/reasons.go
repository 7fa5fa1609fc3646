package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const reasonsFile = "fuzz/mutants/survivors.txt"

// reasons say why a mutant may survive. The file has paragraphs: a reason in
// lines that start with "= ", then the keys of the mutants it is about.
type reasons struct {
	of    map[string]string
	order []string
}

func readReasons(name string) (*reasons, error) {
	r := &reasons{of: map[string]string{}}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	reason, fresh, n := "", true, 0
	in := bufio.NewScanner(f)
	for in.Scan() {
		n++
		line := strings.TrimRight(in.Text(), " ")
		text, isReason := strings.CutPrefix(line, "= ")
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case isReason && fresh:
			reason, fresh = text, false
		case isReason:
			reason += " " + text
		case reason == "":
			return nil, fmt.Errorf("%s:%d: a mutant without a reason", reasonsFile, n)
		default:
			if r.of[line] != "" {
				return nil, fmt.Errorf("%s:%d: a second reason for %s", reasonsFile, n, line)
			}
			r.of[line] = reason
			r.order = append(r.order, line)
			fresh = true
			continue
		}
		if line == "" {
			reason, fresh = "", true
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", reasonsFile, n+1, err)
	}
	return r, nil
}

// gone lists the reasons whose mutant is no more.
func (r *reasons) gone(all []*Mutant) (keys []string) {
	there := map[string]bool{}
	for _, m := range all {
		there[m.Key()] = true
	}
	for _, key := range r.order {
		if !there[key] {
			keys = append(keys, key+"  (no such mutant)")
		}
	}
	return keys
}
