package build

import (
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// limitSpecs are about each cap of limits.Strict: a term at the cap, and one that
// is one past it. Where another cap of Strict stops such a term before, the policy
// named after the cap shows it alone.
func limitSpecs() []*Spec {
	g := &group{prefix: "limit", provenance: "caps of limits.Strict", flags: []string{"large"}}
	at := func(name string, at, past []corpus.Part) {
		g.recipe(name+" at the cap", at...).policy(capPolicy(name))
		g.recipe(name+" one past the cap", past...).policy(capPolicy(name))
	}
	const mib = 1 << 20
	at("MaxBytes", binaryOf(mib-6), binaryOf(mib-5))
	at("MaxDepth", nested(128), nested(129))
	at("MaxTerms", strings4(65534), strings4(65535))
	at("MaxArity", nilsOf(128<<10), nilsOf(128<<10+1))
	at("MaxBlob", binaryOf(mib), binaryOf(mib+1))
	at("MaxBigBytes", bigOf(1024), bigOf(1025))
	at("MaxAtomChars", atomOf(255), atomOf(256))
	at("MaxAtoms", atomsOf(256<<10), atomsOf(256<<10+1))
	at("MaxDistinctAtoms", namesOf(16<<10), namesOf(16<<10+1))
	at("MaxBuffered", listOf(mib-11), listOf(mib-10))
	at("MaxKeyState", keysOf(256<<10), keysOf(256<<10+1))
	at("MaxHeapWords", []corpus.Part{hexed(ext(tag(108, u32(32)))), repeat(longString, 32), hexed(null)},
		[]corpus.Part{hexed(ext(tag(104, u8(2), tag(108, u32(31))))), repeat(longString, 31), hexed(null), repeat(longString, 1)})
	at("MaxRatio", squeezedZeros(ratioZeros), squeezedZeros(ratioZeros+1))
	g.add("MaxInflated one past the cap, which is none", squeezed(pairs(small(1), null))).policy(capPolicy("MaxInflated")).flag("compressed")
	const stream = 1 << 16
	at("MaxStreamBytes", binaryOf(stream-6), binaryOf(stream-5))
	g.recipe("MaxInflated of profile Cache at the cap", squeezedBinary(8*mib)...).policy("cache").flag("bomb", "compressed")
	g.recipe("MaxInflated of profile Cache one past the cap", squeezedBinary(8*mib+1)...).policy("cache").flag("bomb", "compressed")
	g.add("an atom of 64 letters", ext(longAtom(strings.Repeat("c", 64)))).policy("short-atoms")
	g.add("an atom of 65 letters", ext(longAtom(strings.Repeat("c", 65)))).policy("short-atoms")
	atomRules(g)
	depths(g)
	return g.specs
}

// ratioZeros is a number of zeros that make, with the head of a binary, exactly a
// hundred times their stream.
const ratioZeros = 4195

var longString = "6bffff" + strings.Repeat("78", 65535)

func binaryOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(109, u32(n)))), repeat("78", n)}
}

// listOf is a binary in a list.
func listOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(108, u32(1), tag(109, u32(n))))), repeat("78", n), hexed(null)}
}

func nested(n int) []corpus.Part { return []corpus.Part{hexed(ext()), nest("6801", n, "6a", "")} }

// strings4 is a tuple of three longest strings and one of n bytes.
func strings4(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(104, u8(4)))), repeat(longString, 3), hexed(tag(107, u16(n))), repeat("78", n)}
}

func nilsOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(108, u32(n)))), repeat("6a", n+1)}
}

func bigOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(111, u32(n), u8(0)))), repeat("a5", n)}
}

func atomOf(n int) []corpus.Part { return []corpus.Part{hexed(ext(tag(118, u16(n)))), repeat("62", n)} }

func atomsOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(108, u32(n)))), repeat("770161", n), hexed(null)}
}

func namesOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(108, u32(n)))), digits("770c636f727075735f", 5, n, ""), hexed(null)}
}

func keysOf(n int) []corpus.Part {
	return []corpus.Part{hexed(ext(tag(116, u32(n)))), bytewise("62", 4, n, "6a")}
}

func squeezedZeros(n int) []corpus.Part {
	return []corpus.Part{hexed([]byte{131, 80}), zlibbed(hexed(tag(109, u32(n))), repeat("00", n))}
}

func squeezedBinary(n int) []corpus.Part {
	return []corpus.Part{hexed([]byte{131, 80}), zlibbed(hexed(tag(109, u32(n-5))), repeat("78", n-5))}
}

// atomRules are about names that are known, and budgets of those that are not.
func atomRules(g *group) {
	g.add("known atoms", ext(list(atom("ok"), atom("error")))).policy("known-atoms", "atom-budget")
	g.add("an atom of a pattern", ext(list(atom("ok"), atom("abc")))).policy("known-atoms", "atom-budget")
	g.add("an atom that is new", ext(list(atom("ok"), atom("nobody")))).policy("known-atoms", "atom-budget")
	g.add("three atoms", ext(list(atom("ok"), atom("error"), atom("abc")))).policy("known-atoms", "atom-budget")
}

// depths are about nesting that harms whoever recurses.
func depths(g *group) {
	deep := func(rule, open string, n int, inner, end string) {
		g.recipe(rule, hexed(ext()), nest(open, n, inner, end)).flag("deep").policy("default")
	}
	const n = 100_000
	deep("100000 tuples in each other", "6801", n, "6a", "")
	deep("100000 lists in each other", "6c00000001", n, "6a", "6a")
	deep("100000 lists as tails of each other", "6c000000016a", n, "6a", "")
	deep("100000 lists of no elements", "6c00000000", n, "6a", "")
	deep("100000 maps as values", "74000000016a", n, "6a", "")
	deep("10000 maps as keys", "7400000001", 10_000, "6a", "6a")
	deep("100000 tuples without an end", "6801", n, "", "")
	deep("1024 tuples in each other", "6801", 1024, "6a", "")
	deep("1025 tuples in each other", "6801", 1025, "6a", "")
}
