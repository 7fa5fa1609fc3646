package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// showText prints a result for people.
func (j *job) showText(r *result) error {
	var b strings.Builder
	if r.err != nil {
		fmt.Fprintf(&b, "%s: refused\n", printable(r.name))
		j.refusal(&b, r.err)
	} else {
		fmt.Fprintf(&b, "%s: accepted\n", printable(r.name))
		statistics(&b, r.stats)
		switch {
		case r.term != "":
			fmt.Fprintf(&b, "  term    %s\n", visible(r.term))
		case r.why != "":
			fmt.Fprintf(&b, "  term    %s\n", r.why)
		}
	}
	_, err := fmt.Fprint(j.stdout, b.String())
	return err
}

func (j *job) refusal(b *strings.Builder, e *etf.Error) {
	fmt.Fprintf(b, "  code    %s\n  offset  %d", e.Code, e.Offset)
	if e.Inflated {
		b.WriteString(" of the inflated data")
	}
	if e.Tag != 0 {
		fmt.Fprintf(b, ", %s", e.Tag)
	}
	fmt.Fprintf(b, "\n  path    /%s\n", e.Path)
	if e.Limit != nil {
		fmt.Fprintf(b, "  limit   %s is %d, at least %d is needed\n", e.Limit.Name, e.Limit.Max, e.Limit.Got)
		fmt.Fprintf(b, "  raise   here with -limit %s=%d, in a program with\n", e.Limit.Name, e.Limit.Got)
		fmt.Fprintf(b, "          c := %s; c.Limits.%s = %d; mode, err := c.Compile()\n", j.preset, e.Limit.Name, e.Limit.Got)
	}
}

func statistics(b *strings.Builder, s etf.Stats) {
	fmt.Fprintf(b, "  bytes   %d", s.Bytes)
	if s.Inflated > 0 {
		fmt.Fprintf(b, ", %d inflated", s.Inflated)
	}
	fmt.Fprintf(b, "\n  terms   %d, depth %d\n  atoms   %d, %d different\n", s.Terms, s.Depth, s.Atoms, s.DistinctAtoms)
	exact := "exactly"
	if !s.HeapExact {
		exact = "at most"
	}
	fmt.Fprintf(b, "  BEAM    %s %d words of heap, %d bytes off-heap; counted as %d words\n", exact, s.HeapWords, s.OffHeap, s.HeapCost)
}

// visible escapes, as Erlang does between quotes, what people would not see, or what
// turns the direction of what they read.
func visible(term string) string {
	var b strings.Builder
	for _, r := range term {
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\x{%X}", r)
		}
	}
	return b.String()
}

// printable quotes names that would do something to a terminal.
func printable(name string) string {
	for _, r := range name {
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return strconv.QuoteToGraphic(name)
		}
	}
	return name
}

// object is a result for programs. Fields are only added.
type object struct {
	Input    string       `json:"input"`
	Verdict  string       `json:"verdict"` // accepted or refused
	Code     etf.Code     `json:"code,omitempty"`
	Offset   *int64       `json:"offset,omitempty"`
	Inflated bool         `json:"inflated,omitempty"` // offset counts in the inflated data
	Tag      string       `json:"tag,omitempty"`
	Path     *string      `json:"path,omitempty"`
	Limit    *limitObject `json:"limit,omitempty"`
	Stats    *statsObject `json:"stats,omitempty"`
	Term     string       `json:"term,omitempty"` // Erlang syntax, cut as -term says

	// Value is the term in the mapping of etf.AppendJSON, unless it is longer
	// than -term allows.
	Value json.RawMessage `json:"value,omitempty"`
}

type limitObject struct {
	Name string `json:"name"`
	Max  int64  `json:"max"`
	Got  int64  `json:"got"`
}

type statsObject struct {
	Bytes         int64 `json:"bytes"`
	Terms         int64 `json:"terms"`
	Depth         int64 `json:"depth"`
	Atoms         int64 `json:"atoms"`
	DistinctAtoms int64 `json:"distinct_atoms"`
	Inflated      int64 `json:"inflated"`
	HeapWords     int64 `json:"heap_words"`
	HeapExact     bool  `json:"heap_exact"`
	HeapCost      int64 `json:"heap_cost"`
	OffHeap       int64 `json:"off_heap"`
}

// showJSON prints a result as one line of JSON.
func (j *job) showJSON(r *result) error {
	if r.err != nil {
		return j.encode(refusedObject(r.name, r.err))
	}
	s := r.stats
	return j.encode(object{
		Input: r.name, Verdict: "accepted", Term: r.term, Value: r.value,
		Stats: &statsObject{
			s.Bytes, s.Terms, s.Depth, s.Atoms, s.DistinctAtoms, s.Inflated,
			s.HeapWords, s.HeapExact, s.HeapCost, s.OffHeap,
		},
	})
}

func refusedObject(name string, e *etf.Error) object {
	path := e.Path.String()
	o := object{
		Input: name, Verdict: "refused", Code: e.Code, Offset: &e.Offset, Inflated: e.Inflated, Path: &path,
	}
	if e.Tag != 0 {
		o.Tag = e.Tag.String()
	}
	if e.Limit != nil {
		o.Limit = newLimitObject(*e.Limit)
	}
	return o
}

func newLimitObject(l limits.Error) *limitObject { return &limitObject{l.Name, l.Max, l.Got} }

func (j *job) encode(v any) error {
	enc := json.NewEncoder(j.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
