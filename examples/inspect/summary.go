package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// tally is what -summary finds.
type tally struct {
	files, unreadable int
	codes             map[etf.Code]*count // "" for accepted
	fit               *fit
	over              int // inputs that only a limit refuses, and that fit covers
}

// count is how often a verdict was given, and where first.
type count struct {
	n     int
	first string
}

// summarize prints what all inputs together need.
func (j *job) summarize() int {
	f, err := newFit(j.config)
	if err != nil {
		j.unreadable("limits", err)
		return j.code
	}
	t := &tally{codes: map[etf.Code]*count{}, fit: f}
	for in, err := range j.inputs() {
		t.files++
		j.progress.files(t.files, in.name)
		if err == nil {
			err = j.tally(t, in)
		}
		if err != nil {
			t.unreadable++
			j.unreadable(in.name, err)
		}
	}
	j.progress.clear()
	show := j.showSummary
	if j.json {
		show = j.showSummaryJSON
	}
	if err := show(t); err != nil {
		j.unreadable("stdout", err)
	}
	return j.code
}

// tally counts one input. An error is one of reading it.
func (j *job) tally(t *tally, in input) error {
	s, err := j.open(in)
	if err != nil {
		return err
	}
	defer s.close()
	if s.large != nil && !s.again {
		return fmt.Errorf("is more than %s and cannot be read twice: save it to a file", human(j.large))
	}
	measure := func(m *etf.Mode) (etf.Stats, error) { return j.measure(m, s, in.name) }
	var code etf.Code
	if _, err := measure(j.mode); err != nil {
		e, ok := errors.AsType[*etf.Error](err)
		if !ok {
			return err
		}
		if code = e.Code; code == etf.CodeRead {
			return e.Err
		}
		j.raise(exitRefused)
	}
	c := t.codes[code]
	if c == nil {
		c = &count{first: in.name}
		t.codes[code] = c
	}
	c.n++
	if t.fit.add(in.name, measure) && code != "" {
		t.over++
	}
	return nil
}

// order returns the codes of a tally, accepted first and then the frequent ones.
func (t *tally) order() []etf.Code {
	return slices.SortedFunc(maps.Keys(t.codes), func(a, b etf.Code) int {
		if a == "" || b == "" {
			return len(a) - len(b)
		}
		return cmp.Or(t.codes[b].n-t.codes[a].n, strings.Compare(string(a), string(b)))
	})
}

func (j *job) showSummary(t *tally) error {
	w := tabwriter.NewWriter(j.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "inputs\t%d\n", t.files)
	if t.unreadable > 0 {
		fmt.Fprintf(w, "unreadable\t%d\n", t.unreadable)
	}
	for _, code := range t.order() {
		c := t.codes[code]
		if code == "" {
			fmt.Fprintf(w, "accepted\t%d\n", c.n)
		} else {
			fmt.Fprintf(w, "%s\t%d\tfirst %s\n", code, c.n, printable(c.first))
		}
	}
	w.Flush()
	fmt.Fprintln(j.stdout)
	j.showTable(t)
	fmt.Fprintln(j.stdout)
	_, err := fmt.Fprint(j.stdout, t.source())
	return err
}

// showTable prints what is needed of each cap beside its value.
func (j *job) showTable(t *tally) {
	const row = "%-17s%14s%14s%9s  %s\n"
	caps := j.mode.Config().Limits
	fmt.Fprintf(j.stdout, row, "cap", "needed", "limit", "used", "by")
	for _, field := range limits.Names() {
		v, _ := caps.Get(field)
		if why, no := unfitted[field]; no {
			fmt.Fprintf(j.stdout, row, field, "-", capText(v), "-", why)
			continue
		}
		n := t.fit.needs[field]
		fmt.Fprintf(j.stdout, row, field, strconv.FormatInt(n.value, 10), capText(v), share(n.value, v), cmp.Or(printable(n.name), "-"))
	}
}

func capText(v int64) string {
	switch {
	case v == limits.NoLimit:
		return "NoLimit"
	case v == limits.None:
		return "None"
	case v == 0:
		return "unset" // MaxNewAtoms
	}
	return strconv.FormatInt(v, 10)
}

// share is how much of a cap is used.
func share(v, limit int64) string {
	percent := 100 * float64(v) / float64(limit)
	switch {
	case v > max(limit, 0):
		return "OVER"
	case v == 0 || limit == limits.NoLimit:
		return "-"
	case percent < 0.1:
		return "<0.1 %"
	}
	return fmt.Sprintf("%.1f %%", percent)
}

// source is the tightest limits that fit, as Go code.
func (t *tally) source() string {
	if t.codes[""] == nil && t.over == 0 {
		return "// Nothing was accepted: there is nothing to fit.\n"
	}
	var b strings.Builder
	b.WriteString("// The tightest limits that take all of it. Leave room for what comes tomorrow.\n")
	if t.over > 0 {
		fmt.Fprintf(&b, "// That includes what the present limits refuse (%d): look at it first.\n", t.over)
	}
	if t.files > t.unreadable+t.over+t.accepted() {
		b.WriteString("// It leaves out what is refused for other reasons.\n")
	}
	b.WriteString("l := limits.Limits{\n")
	l := t.fit.limits()
	for _, field := range limits.Names() {
		if v, _ := l.Get(field); v == limits.None {
			fmt.Fprintf(&b, "%s: limits.None,\n", field)
		} else if v != 0 {
			fmt.Fprintf(&b, "%s: %s,\n", field, grouped(v))
		}
	}
	b.WriteString("}\n")
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		return b.String()
	}
	return string(text)
}

func (t *tally) accepted() int {
	if c := t.codes[""]; c != nil {
		return c.n
	}
	return 0
}

// grouped writes a number as Go code does, 1_048_576.
func grouped(v int64) string {
	s := strconv.FormatInt(v, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "_" + s[i:]
	}
	return s
}

// summaryObject is a tally for programs. Fields are only added.
type summaryObject struct {
	Inputs     int              `json:"inputs"`
	Unreadable int              `json:"unreadable"`
	Accepted   int              `json:"accepted"`
	Refused    map[etf.Code]int `json:"refused"`
	Caps       []capObject      `json:"caps"`
}

type capObject struct {
	Cap    string `json:"cap"`
	Needed int64  `json:"needed"`
	Limit  int64  `json:"limit"`
	Input  string `json:"input,omitempty"` // that needs it
}

func (j *job) showSummaryJSON(t *tally) error {
	o := summaryObject{
		Inputs: t.files, Unreadable: t.unreadable, Accepted: t.accepted(), Refused: map[etf.Code]int{},
	}
	for code, c := range t.codes {
		if code != "" {
			o.Refused[code] = c.n
		}
	}
	caps := j.mode.Config().Limits
	for _, field := range limits.Names() {
		if _, no := unfitted[field]; no {
			continue
		}
		v, _ := caps.Get(field)
		n := t.fit.needs[field]
		o.Caps = append(o.Caps, capObject{field, n.value, v, n.name})
	}
	return j.encode(o)
}
