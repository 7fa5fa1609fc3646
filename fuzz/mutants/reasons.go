package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
)

const reasonsFile = "fuzz/mutants/survivors.txt"

// reasons say why a mutant may survive. The file has paragraphs: a reason in
// lines that start with "= ", then the keys of the mutants it is about. A line
// that starts with "~ " is a regular expression for whole keys: of changes that
// recur in one function.
type reasons struct {
	of       map[string]string
	order    []string
	patterns []pattern
}

type pattern struct {
	*regexp.Regexp
	reason string
}

// why returns the reason of a key, "" if there is none.
func (r *reasons) why(key string) string {
	if reason := r.of[key]; reason != "" {
		return reason
	}
	for _, p := range r.patterns {
		if p.MatchString(key) {
			return p.reason
		}
	}
	return ""
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
	for in := bufio.NewScanner(f); in.Scan(); {
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
		case strings.HasPrefix(line, "~ "):
			re, err := regexp.Compile("^(?:" + line[2:] + ")$")
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", reasonsFile, n, err)
			}
			r.patterns = append(r.patterns, pattern{re, reason})
			fresh = true
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
	for _, p := range r.patterns {
		if !slices.ContainsFunc(all, func(m *Mutant) bool { return p.MatchString(m.Key()) }) {
			keys = append(keys, p.String()+"  (no such mutant)")
		}
	}
	return keys
}
