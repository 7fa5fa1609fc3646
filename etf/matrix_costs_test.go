package etf_test

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

func charsCases() []capCase {
	const five, wide = "abcde", "\u00e9\u4e2d\U0001f600\u00e9x" // each of five characters
	cases := needs(5, map[string][]byte{
		"atom": atom(five), "long": longAtom(five), "latin-1": latin1(five), "long latin-1": longLatin1(five),
		"wide": atom(wide), "long wide": longAtom(wide), "latin-1 letters": latin1("\u00e9\u00e8\u00ff\u00e0a"),
		"key": mapOf(atom(five), null, null, null), "node": newPid(atom(five), 1, 2, 3),
		"port node": oldPort(latin1(five), 1, 1), "reference node": newerRef(longAtom(wide), 0, 1, 2),
		"module": export(atom(five), atom("f"), small(1)), "function": export(atom("m"), latin1(five), small(1)),
		"fun module":  closure{module: atom(five)}.encode(),
		"fun creator": closure{creator: oldPid(atom(five), 1, 1, 1)}.encode(),
		"repeated":    list(atom("ab"), atom(five), atom("ab"), atom(five)), "tail": pieces(atom(wide), atom("")),
	})
	sixteen := strings.Repeat("abcd", 4) // the longest name that is read at once
	cases = append(cases, needs(16, map[string][]byte{
		"sixteen": atom(sixteen), "sixteen of Latin-1": latin1(sixteen), "sixteen long": longAtom(sixteen), "sixteen as key": mapOf(atom(sixteen), null, null, null),
	})...)
	longest := strings.Repeat("\U0001f600", 255)
	return append(cases, needs(255, map[string][]byte{
		"longest": longAtom(longest), "longest latin-1": latin1(strings.Repeat("\u00ff", 255)),
	})...)
}

func atomsCases() []capCase {
	long := strings.Repeat("long", 10)
	return needs(4, map[string][]byte{
		"long names":      list(atom(long), atom(long), latin1(long), atom(long+"er")),
		"long keys":       mapOf(atom(long), atom(long), atom(long+"er"), atom("\u00e9")),
		"list":            list(atom("a"), atom("b"), atom("a"), longAtom("a")),
		"latin-1":         tuple(latin1("a"), longLatin1("b"), latin1("\u00e9"), latin1("")),
		"keys and values": mapOf(atom("a"), atom("a"), atom("b"), atom("b")),
		"in keys":         mapOf(tuple(atom("a"), atom("b")), atom("a"), null, atom("c")),
		"nodes":           list(newPid(self, 1, 2, 3), oldPort(self, 1, 1), v4Port(self, 1, 1), newRef(self, 1, 1, 2)),
		"other nodes":     list(oldPid(self, 1, 2, 3), newPort(self, 1, 1), oldRef(self, 1, 1), newerRef(self, 1, 1)),
		"exports":         list(export(atom("a"), atom("a"), small(1)), export(atom("a"), atom("b"), small(1))),
		"funs":            list(fun(), fun()),
		"fun":             fun(atom("a"), atom("b")),
		"improper":        pieces(atom("d"), atom("a"), atom("b"), atom("c")),
		"thin":            list(thin(2, atom("a")), thin(1, atom("b")), list(thin(1, atom("c"))), thin(7, atom("c"))),
	})
}

func distinctCases() (cases []capCase) {
	cases = needs(3, map[string][]byte{
		"encodings": list(atom("\u00e9"), latin1("\u00e9"), longAtom("\u00e9"), longLatin1("\u00e9"), atom("a"), latin1("a"), atom("b")),
		"keys":      mapOf(atom("a"), atom("b"), atom("b"), atom("a"), atom("c"), atom("c")),
		"nodes":     list(newPid(self, 1, 2, 3), newPort(atom("x"), 1, 1), oldRef(self, 1, 1), newerRef(atom("y"), 1, 1)),
		"exports":   list(export(atom("a"), atom("b"), small(1)), export(atom("b"), atom("c"), small(1))),
		"fun":       fun(atom("m"), atom("a"), atom("n@h")),
		"improper":  pieces(atom("c"), atom("a"), atom("b"), atom("c"), atom("a")),
		"composed":  list(atom("e\u0301"), atom("\u00e9"), atom("e")),
	})
	many := make([][]byte, 1000)
	for i := range many {
		many[i] = atom(fmt.Sprintf("name_%d", i/2))
	}
	return append(cases, needs(500, map[string][]byte{"many": list(many...)})...)
}

// newAtomCases counts the names that are neither known nor match a pattern.
func newAtomCases() []capCase {
	known, err := etf.NewAtomSet("known", "kn\u00f6wn", "n@h", "m")
	if err != nil {
		panic(err)
	}
	patterns := []*regexp.Regexp{regexp.MustCompile("pat_[0-9]"), regexp.MustCompile("other")}
	in := ext(list(atom("known"), atom("new1"), latin1("kn\u00f6wn"), atom("new2"), longAtom("new1"), atom("pat_1"),
		newPid(atom("new3"), 1, 1, 1), export(atom("m"), atom("new2"), small(1)), atom("pat_10"), fun()))
	withSet := func(c *etf.Config) { c.Atoms.Known = known }
	withBoth := func(c *etf.Config) { c.Atoms.Known, c.Atoms.Patterns = known, patterns }
	budget := func() limits.Budget { return limits.NewAtomBudget(6) }
	return []capCase{
		{name: "known", need: 5, in: in, conf: withSet},
		{name: "known and patterns", need: 4, in: in, conf: withBoth},
		{name: "patterns", need: 8, in: in, conf: func(c *etf.Config) { c.Atoms.Patterns = patterns }},
		{name: "known and a budget", need: 5, in: in, conf: withSet, budget: budget},
		{name: "all three", need: 4, in: in, conf: withBoth, budget: budget},
	}
}

func inflatedCases() (cases []capCase) {
	for name, term := range map[string][]byte{
		"short": list(small(1), small(2)), "scalar": null, "long": bin(strings.Repeat("some text ", 10_000)),
	} {
		cases = append(cases, capCase{name: name, need: int64(len(term)), in: squeeze(term), plain: true})
	}
	return cases
}

func ratioCases() (cases []capCase) {
	for name, term := range map[string][]byte{
		"at the end":  bin(strings.Repeat("x", 20_000)),
		"behind 64 K": bin(strings.Repeat("x", 500_000)),
		"elements":    list(copies(2_000, null)...),
		"binaries":    list(copies(200, bin(strings.Repeat("x", 1_000)))...),
	} {
		made, used := int64(len(term)), int64(len(deflate(term)))
		need := (made + used - 1) / used
		cases = append(cases, capCase{name: name, need: need, in: squeeze(term), plain: true})
		if made > 100_000 {
			cases = append(cases, capCase{name: name + " on the way", need: need, past: need - 2, got: anyGot, in: squeeze(term), plain: true})
		}
	}
	return cases
}

// bufferedCases are for what a caller asks to hold in one piece; the rest is in
// TestBufferedIsForHolders.
func bufferedCases() (cases []capCase) {
	terms := map[string][]byte{
		"binary": bin(strings.Repeat("x", 100)), "list": list(small(1), atom("abc"), str("abcd")), "integer": int32x(1),
		"long": bin(strings.Repeat("x", 10_000)), "nested": tuple(bin(strings.Repeat("x", 5_000)), bin(strings.Repeat("x", 5_000))),
		"bitstring": bits(1, make([]byte, 9_000)...), "fun": fun(bin(strings.Repeat("x", 5_000))),
	}
	value := func(d driver, s source) bool {
		return (d.name == "ReadValue" || d.name == "ReadTerm" || d.name == "Terms") && s.reader != nil
	}
	for name, term := range terms {
		cases = append(cases,
			capCase{name: name, need: int64(len(term)), got: anyGot, in: ext(term), plain: true, only: value},
			capCase{name: name + " inflated", need: int64(len(term)), got: anyGot, in: squeeze(term), plain: true, only: value})
	}
	payload := func(d driver, s source) bool { return d.name == "Bytes" && s.reader != nil }
	for _, n := range []int64{1, 100, 5_000, 70_000} {
		in := ext(list(small(1), bin(strings.Repeat("x", int(n))), small(1)))
		cases = append(cases, capCase{name: fmt.Sprintf("payload of %d", n), need: n, in: in, plain: true, only: payload})
	}
	return cases
}

// keyStateCases need 16 bytes for each distinct atom and for each key of the
// maps of two pairs or more that are open at a time.
func keyStateCases() []capCase {
	inner := cat(maps(3), keys(3))
	cases := needs(16*4, map[string][]byte{
		"integers":      cat(maps(4), keys(4)),
		"atoms":         list(atom("a"), atom("b"), atom("a"), latin1("b"), atom("c"), atom("d")),
		"atom keys":     mapOf(atom("a"), null, atom("b"), null),
		"inner values":  mapOf(small(1), inner, small(2), null),
		"last closed":   mapOf(small(1), inner, small(2), null, small(3), null, small(4), null),
		"only binaries": mapOf(bin("a"), null, bin("b"), null, bin("c"), null, bin("d"), null),
		"falling":       mapOf(bin("d"), null, bin("c"), null, bin("b"), null, bin("a"), null),
		"long binaries": mapOf(bin(strings.Repeat("a", 65)), null, bin(strings.Repeat("b", 65)), null, bin("c"), null, bin(""), null),
		"neighbours":    list(cat(maps(4), keys(4)), cat(maps(4), keys(4))),
		"in keys":       mapOf(tuple(cat(maps(4), keys(4))), null, null, null),
		"binaries":      mapOf(bin("a"), null, bin("b"), null, bin("c"), null, str("c"), null),
		"nodes":         list(newPid(atom("a"), 1, 1, 1), fun(), export(atom("m"), atom("g"), small(1))),
		"one pair":      mapOf(atom("a"), mapOf(small(1), cat(maps(3), keys(3)))),
	})
	return append(cases, needs(16*1000, map[string][]byte{"many": cat(maps(1000), keys(1000))})...)
}

func heapWordsCases() (cases []capCase) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name string
		term []byte
		r25  int64 // by release; 0 if the row says nothing of it
		r27  int64
		any  int64
	}{
		{"float", float(1), 2, 2, 2},
		{"text float", textFloat("1.5"), 2, 2, 2},
		{"list", list(small(1), small(2)), 4, 4, 4},
		{"list in pieces", pieces(str("ab"), small(1)), 6, 6, 6},
		{"improper list", pieces(small(1), small(1), small(2)), 4, 4, 4},
		{"string", str("abcd"), 8, 8, 8},
		{"string in front", inFront(str("abcd")), 8 + 16, 8 + 16, 8 + 16},
		{"string in key", mapOf(str("abcd"), null), 14, 14, 14},
		{"tuple", tuple(small(1), small(2)), 3, 3, 3},
		{"empty map", maps(0), 3, 3, 3},
		{"map", mapOf(small(1), null), 6, 6, 6},
		{"map of 32", cat(maps(32), keys(32)), 68, 68, 68},
		{"map of 33", cat(maps(33), keys(33)), 11*33 + 2, 11*33 + 2, 11*33 + 2},
		{"empty binary", bin(""), 2, 2, 2},
		{"binary of 64", bin(x(64)), 10, 10, 10},
		{"binary of 65", bin(x(65)), 6 + 12, 8 + 12, 8 + 12},
		{"long binary", bin(x(70_000)), 6 + 8753, 8 + 8753, 8 + 8753},
		{"bitstring", bits(3, 1, 2), 8, 3, 8},
		{"bitstring of 65", bits(3, []byte(x(65))...), 11 + 12, 8 + 12, 11 + 12},
		{"whole bytes", bits(8, 1, 2), 3, 3, 3},
		{"small big", smallBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9), 3, 3, 3},
		{"zero digits", smallBig(false, 1, 0, 0, 0, 0, 0, 0, 0, 0), 3, 3, 3},
		{"pid", newPid(self, 1, 2, 3), 4, 4, 4},
		{"own pid", newPid(atom("nonode@nohost"), 1, 2, 0), 4, 4, 4},
		{"port", oldPort(self, 1, 1), 4, 4, 4},
		{"reference", newerRef(self, 1, 1, 2, 3), 5, 5, 5},
		{"reference of 5", newerRef(self, 1, 1, 2, 3, 4, 5), 6, 6, 0},
		{"old reference", oldRef(self, 1, 1), 4, 4, 4},
		{"export", export(atom("m"), atom("f"), small(1)), 5, 0, 5},
		{"fun", fun(), 5 + 4, 2, 5 + 4},
		{"closure", fun(small(1), float(1)), 7 + 4 + 2, 4 + 2, 7 + 4 + 2},
		{"big arity", export(atom("m"), atom("f"), smallBig(false, 1, 0, 0, 0, 0, 0, 0, 0, 0)), 5 + 3, 3, 0},
		{"big fields", closure{oldIndex: smallBig(false, 1), oldUni: largeBig(false, 1)}.encode(), 9 + 2 + 3, 2 + 2 + 3, 0},
		{"lists in a row", tuple(copies(4, list(small(1), small(2)))...), 5 + 16, 5 + 16, 5 + 16},
		{"tuples in a row", list(copies(4, tuple(small(1), small(2)))...), 8 + 12, 8 + 12, 8 + 12},
		{"maps in a row", list(copies(4, mapOf(small(1), null, small(2), null))...), 8 + 32, 8 + 32, 8 + 32},
		{"several", list(float(1), tuple(float(2)), str("ab")), 6 + 2 + 2 + 2 + 4, 14 + 2, 14 + 2},
	} {
		add := func(release int, need int64) {
			if need == 0 {
				return
			}
			cases = append(cases, capCase{
				name: fmt.Sprintf("%s for release %d", c.name, release), need: need, in: ext(c.term),
				conf: func(conf *etf.Config) {
					if conf.Release = release; release == 0 {
						conf.Node = etf.Node{}
					}
				},
			})
		}
		add(25, c.r25)
		add(27, c.r27)
		add(0, c.any)
	}
	return cases
}
