package harness

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Case is one payload and what a decoder should make of it.
type Case struct {
	// ID is the stable name of the case.
	ID string
	// Class is "valid", "malformed", "release" or "hostile".
	Class string
	// Features are what a decoder has to support to accept the payload, and
	// Flags what is special about it.
	Features, Flags []string
	// Rule says in words what the case is about.
	Rule string
	// Data returns the payload. It is called once per run, when it is the
	// turn of the case, and by any goroutine.
	Data func() []byte
	// Want is what is expected; nil if there is nothing to compare with.
	Want *Want
}

// Want is what a decoder should say of a payload.
type Want struct {
	// Accept is the verdict.
	Accept bool
	// Used is the number of bytes that the term takes; negative if that is
	// not known.
	Used int64
	// Canonical is the term in canonical bytes, or nil, and CanonicalSum the
	// SHA-256 of these in hex, or "".
	Canonical    []byte
	CanonicalSum string
	// Value is the term as tagged JSON, or nil.
	Value json.RawMessage
}

// Filter is a set of patterns that pick cases: "class:hostile", "flag:trailing",
// "feature:map", "id:float-*". The part behind the colon is a pattern of
// [path.Match].
type Filter []string

// kinds are what a pattern can ask about.
var kinds = []string{"class", "feature", "flag", "id"}

// String lists the patterns with commas between them.
func (f *Filter) String() string { return strings.Join(*f, ",") }

// Set adds patterns, with commas between them and spaces around these, and rejects what could never
// match. It makes a Filter a flag.Value that may be given more than once.
func (f *Filter) Set(list string) error {
	for _, p := range strings.Split(list, ",") {
		p = strings.TrimSpace(p)
		kind, pattern, _ := strings.Cut(p, ":")
		if !slices.Contains(kinds, kind) || pattern == "" {
			return fmt.Errorf("%q: want one of %s, a colon and a pattern", p, strings.Join(kinds, ", "))
		}
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%q: %w", p, err)
		}
		*f = append(*f, p)
	}
	return nil
}

// Known reports patterns that pick none of the cases: they are mistyped.
func (f Filter) Known(cases []Case) error {
	for _, p := range f {
		if slices.ContainsFunc(cases, func(c Case) bool { return Filter{p}.Match(&c) }) {
			continue
		}
		kind, _, _ := strings.Cut(p, ":")
		if kind == "id" {
			return fmt.Errorf("%s picks no case", p)
		}
		words := map[string]bool{}
		for i := range cases {
			for _, word := range cases[i].words(kind) {
				words[word] = true
			}
		}
		return fmt.Errorf("%s picks no case; there are: %s", p, strings.Join(slices.Sorted(maps.Keys(words)), ", "))
	}
	return nil
}

// Match reports whether a pattern picks the case.
func (f Filter) Match(c *Case) bool {
	return slices.ContainsFunc(f, func(p string) bool {
		kind, pattern, _ := strings.Cut(p, ":")
		return slices.ContainsFunc(c.words(kind), func(word string) bool {
			ok, err := path.Match(pattern, word)
			return ok && err == nil
		})
	})
}

func (c *Case) words(kind string) []string {
	switch kind {
	case "class":
		return []string{c.Class}
	case "feature":
		return c.Features
	case "flag":
		return c.Flags
	}
	return []string{c.ID}
}
