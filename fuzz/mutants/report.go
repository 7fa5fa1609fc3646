package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Report is what -json writes.
type Report struct {
	Total       int            `json:"total"`
	Killed      int            `json:"killed"`
	Survived    int            `json:"survived"`
	NotCompiled int            `json:"not_compiled"`
	By          map[string]int `json:"by"`   // killed mutants by stage, time and memory apart
	Kinds       map[string]int `json:"kind"` // all by kind of change
	Millis      int64          `json:"ms"`
	Unexplained []string       `json:"unexplained"`
	Stale       []string       `json:"stale"`
	Survivors   []Survivor     `json:"survivors"`
}

// Survivor is a mutant that no test noticed.
type Survivor struct {
	Outcome
	Reason string `json:"reason"`
}

// finish prints the counts, and what is wrong: survivors without a reason, and
// reasons without a survivor.
func (w *work) finish(o options, all, chosen []*Mutant, reasons *reasons) (good bool, err error) {
	r := Report{By: map[string]int{}, Kinds: map[string]int{}, Unexplained: []string{}, Stale: []string{}, Survivors: []Survivor{}}
	for _, m := range chosen {
		out, ok := w.done[m.Key()]
		if !ok {
			continue
		}
		r.Total++
		r.Kinds[m.Kind]++
		r.Millis += out.Millis
		reason := reasons.of[m.Key()]
		switch out.Status {
		case killed:
			r.Killed++
			r.By[stageOf(out.By)]++
			if reasons.of[m.Key()] != "" {
				r.Stale = append(r.Stale, m.Key()+"  (killed by "+out.By+")")
			}
		case survived:
			r.Survived++
			r.Survivors = append(r.Survivors, Survivor{out, reason})
			if reason == "" && !m.excused() {
				r.Unexplained = append(r.Unexplained, fmt.Sprintf("%s:%d %s", m.File, m.Line, strings.TrimPrefix(m.Key(), m.File+" ")))
			}
		default:
			r.NotCompiled++
		}
	}
	gone := reasons.gone(all)
	r.Stale = append(r.Stale, gone...)
	r.print(w)
	if o.report != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return false, err
		}
		if err := os.WriteFile(o.report, append(text, '\n'), 0o644); err != nil {
			return false, err
		}
	}
	if o.sample > 0 { // a reason more than is needed is told
		return len(r.Unexplained)+len(gone) == 0, nil
	}
	return len(r.Unexplained)+len(r.Stale) == 0, nil
}

func stageOf(by string) string {
	stage, what, _ := strings.Cut(by, ": ")
	if kind, _, over := strings.Cut(what, ": "); over {
		return kind
	}
	return stage
}

func (r *Report) print(w *work) {
	p := func(format string, args ...any) { fmt.Fprintf(w.log, format+"\n", args...) }
	for _, s := range r.Unexplained {
		p("UNEXPLAINED %s", s)
	}
	for _, s := range r.Stale {
		p("STALE REASON %s", s)
	}
	p("%d mutants: %d killed, %d survived (%d of them unexplained), %d not compiled; %d stale reasons; %d s of tests",
		r.Total, r.Killed, r.Survived, len(r.Unexplained), r.NotCompiled, len(r.Stale), r.Millis/1000)
	for _, by := range slices.Sorted(maps.Keys(r.By)) {
		p("  %-8s killed %d", by, r.By[by])
	}
}
