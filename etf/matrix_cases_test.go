package etf_test

import (
	"encoding/binary"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
)

// capCases are the terms of TestLimitMatrix by the name of the cap. What each
// needs is counted here by hand, not by Measure.
func capCases() map[string][]capCase {
	return map[string][]capCase{
		"MaxBytes":         bytesCases(),
		"MaxDepth":         depthCases(),
		"MaxTerms":         termsCases(),
		"MaxArity":         arityCases(),
		"MaxBlob":          blobCases(),
		"MaxBigBytes":      bigCases(),
		"MaxAtomChars":     charsCases(),
		"MaxAtoms":         atomsCases(),
		"MaxDistinctAtoms": distinctCases(),
		"MaxNewAtoms":      newAtomCases(),
		"MaxInflated":      inflatedCases(),
		"MaxRatio":         ratioCases(),
		"MaxBuffered":      bufferedCases(),
		"MaxStreamBytes":   streamCases(),
		"MaxKeyState":      keyStateCases(),
		"MaxHeapWords":     heapWordsCases(),
	}
}

// needs makes cases of terms that all need n.
func needs(n int64, terms map[string][]byte) (cases []capCase) {
	for name, term := range terms {
		cases = append(cases, capCase{name: name, need: n, in: ext(term)})
	}
	return cases
}

// inFront is a term with a binary of 60 bytes behind it, so that the end of the input is far,
// near to which all is read with more care; and with a tuple before it that has made room.
func inFront(term []byte) []byte { return tuple(tuple(null), term, bin(strings.Repeat("x", 60))) }

// everyTerm has a term of each tag, and of each shape that is read in its own
// way.
func everyTerm() map[string][]byte {
	return map[string][]byte{
		"small integer":   small(7),
		"integer":         int32x(-7),
		"small big":       smallBig(true, 1, 2, 3, 4, 5, 6, 7, 8, 9),
		"large big":       largeBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9),
		"float":           float(1.5),
		"text float":      textFloat("1.5"),
		"atom":            atom("some"),
		"long atom":       longAtom("some"),
		"latin-1 atom":    latin1("some"),
		"long latin-1":    longLatin1("some"),
		"pid":             newPid(self, 1, 2, 3),
		"old pid":         oldPid(self, 1, 2, 3),
		"port":            newPort(self, 1, 3),
		"old port":        oldPort(self, 1, 3),
		"v4 port":         v4Port(self, 1<<33, 3),
		"newer reference": newerRef(self, 9, 1, 2, 3),
		"new reference":   newRef(self, 2, 1, 2),
		"old reference":   oldRef(self, 1, 2),
		"nil":             null,
		"list":            list(small(1), small(2)),
		"improper list":   pieces(small(3), small(1), small(2)),
		"list in pieces":  pieces(pieces(str("ab"), small(1)), small(2)),
		"thin list":       thin(3, small(2)),
		"string":          str("some text"),
		"tuple":           tuple(small(1), atom("x")),
		"large tuple":     largeTuple(small(1), atom("x")),
		"map":             mapOf(atom("a"), small(1), bin("b"), small(2)),
		"deep key":        mapOf(tuple(list(small(1)), mapOf(null, null)), null, null, null),
		"binary":          bin("some bytes"),
		"large binary":    bin(strings.Repeat("x", 300)),
		"bitstring":       bits(3, 1, 2, 0xe0),
		"export":          export(atom("m"), atom("f"), small(2)),
		"fun":             fun(),
		"closure":         fun(small(1), list(small(2))),
	}
}

func bytesCases() (cases []capCase) {
	for name, term := range everyTerm() {
		in := ext(term)
		cases = append(cases, capCase{name: name, need: int64(len(in)), in: in, plain: true})
	}
	z := squeeze(list(bin("some text, some text, some text"), small(1)))
	return append(cases, capCase{name: "compressed", need: int64(len(z)), in: z, plain: true})
}

// streamCases are those of MaxBytes: with one term both bound the same bytes.
func streamCases() []capCase { return bytesCases() }

func depthCases() []capCase {
	two := map[string][]byte{
		"lists":            list(list(small(1))),
		"tuples":           tuple(tuple(small(1))),
		"large tuples":     largeTuple(largeTuple(small(1))),
		"maps":             mapOf(small(1), mapOf(small(1), small(2))),
		"map in key":       mapOf(mapOf(small(1), small(2)), small(1), small(0), small(0)),
		"string in list":   list(str("a")),
		"string in key":    mapOf(str("a"), null, null, null),
		"list in key":      mapOf(list(small(1)), null, null, null),
		"fun in list":      list(fun(small(1))),
		"list in fun":      fun(list(small(1))),
		"behind thin":      thin(9, list(thin(9, list(small(1))))),
		"improper tuple":   list(pieces(tuple(small(1)), small(1))),
		"improper of map":  list(pieces(mapOf(small(1), small(2)), small(1))),
		"improper of fun":  list(pieces(fun(small(1)), small(1))),
		"tuple in tail":    pieces(tuple(tuple(small(1))), small(1)),
		"list in pieces":   list(pieces(pieces(str("a"), small(1)), small(1))),
		"second is deeper": list(tuple(), str(""), list(small(1)), small(1)),
		"string in tuple":  tuple(small(1), str("abc"), small(1)),
		"string in front":  inFront(str("abc")),
	}
	one := map[string][]byte{
		"list": list(small(1)), "string": str("a"), "tuple": tuple(small(1)), "map": mapOf(null, null),
		"fun": fun(small(1)), "improper": pieces(tuple(small(1)), small(1)), "string tail": pieces(str("a"), small(1)),
		"empty inside": list(tuple(), null, str(""), maps(0), fun(), bin(""), thin(1, null)),
	}
	deep := small(1)
	for range 100 {
		deep = tuple(list(mapOf(small(1), thin(2, deep))))
	}
	deepKey := small(1)
	for range 50 {
		deepKey = mapOf(tuple(deepKey), small(1), small(0), small(0))
	}
	cases := append(needs(2, two), needs(1, one)...)
	return append(cases, append(needs(300, map[string][]byte{"deep": deep}), needs(100, map[string][]byte{"deep key": deepKey})...)...)
}

func termsCases() []capCase {
	cases := needs(4, map[string][]byte{
		"list":           list(small(1), small(2), small(3)),
		"tuple":          tuple(small(1), null, atom("a")),
		"large tuple":    largeTuple(small(1), null, atom("a")),
		"string":         str("abc"),
		"improper list":  pieces(small(3), small(1), small(2)),
		"through tails":  pieces(pieces(str("c"), small(1)), small(1)),
		"string tail":    pieces(str("bc"), small(1)),
		"improper tails": pieces(pieces(small(3), small(2)), small(1)),
		"thin":           thin(5, list(thin(5, small(1)), thin(5, small(2)), thin(5, small(3)))),
		"thin tails":     pieces(thin(3, pieces(thin(3, null), small(1), small(2))), small(1)),
		"thin improper":  pieces(thin(3, small(3)), small(1), small(2)),
		"nested":         list(list(list(small(1)))),
		"fun":            fun(small(1), small(2), small(3)),
		"in fun":         fun(list(export(atom("m"), atom("f"), small(1)), newPid(self, 1, 2, 3))),
		"empty":          list(tuple(), maps(0), str("")),
	})
	cases = append(cases, needs(5, map[string][]byte{
		"map":          mapOf(small(1), small(2), small(3), small(4)),
		"map in key":   mapOf(mapOf(small(1), small(2)), small(1)),
		"string value": mapOf(small(1), str("ab")),
		"string key":   mapOf(str("ab"), small(1)),
	})...)
	// Containers in a row: those behind the first find room that it has made.
	three, pair := cat(list(small(1), small(2), small(3))), mapOf(small(1), small(2))
	cases = append(cases, needs(21, map[string][]byte{
		"tuples in a row": list(copies(5, tuple(small(1), null, atom("a")))...),
		"lists in a row":  tuple(copies(5, three)...),
		"large in a row":  tuple(copies(5, largeTuple(small(1), null, atom("a")))...),
		"in front":        inFront(str(strings.Repeat("x", 16))),
		"funs in a row":   list(copies(5, fun(small(1), small(2), small(3)))...),
		"maps in a row":   list(cat(pair), cat(pair), mapOf(small(1), small(2), small(3), small(4)), mapOf(small(1), small(2), small(3), small(4)), null, null, null, null),
	})...)
	return append(cases, needs(1001, map[string][]byte{
		"many": list(copies(1000, small(1))...), "long string": str(strings.Repeat("x", 1000)),
	})...)
}

func arityCases() []capCase {
	five := copies(5, small(1))
	return needs(5, map[string][]byte{
		"list":           list(five...),
		"string":         str("abcde"),
		"in front":       inFront(str("abcde")),
		"tuple":          tuple(five...),
		"large tuple":    largeTuple(five...),
		"map":            cat(maps(5), keys(5)),
		"map in key":     mapOf(cat(maps(5), keys(5)), null, null, null),
		"fun":            fun(five...),
		"through tails":  pieces(pieces(pieces(null, small(5)), small(3), small(4)), small(1), small(2)),
		"string tail":    pieces(str("cde"), small(1), small(2)),
		"thin tails":     pieces(thin(2, pieces(thin(2, str("e")), small(3), small(4))), small(1), small(2)),
		"improper":       pieces(small(6), five...),
		"tails in key":   mapOf(pieces(str("cde"), small(1), small(2)), null, null, null),
		"not the first":  tuple(small(1), list(five...), str("abc")),
		"improper tuple": pieces(tuple(five...), small(1)),
		"improper map":   pieces(cat(maps(5), keys(5)), small(1)),
		"tail by tail":   pieces(pieces(pieces(pieces(pieces(small(9), small(5)), small(4)), small(3)), small(2)), small(1)),
		// Behind others of the same depth, which have made room.
		"last list":  list(list(null), list(null), list(null), list(five...)),
		"last tuple": tuple(tuple(null), tuple(null), tuple(null), tuple(five...)),
		"last large": tuple(tuple(null), tuple(null), tuple(null), largeTuple(five...)),
		"last map":   list(cat(maps(3), keys(3)), cat(maps(3), keys(3)), cat(maps(3), keys(3)), cat(maps(5), keys(5))),
	})
}

// keys is n pairs of an integer and [].
func keys(n int) []byte {
	b := make([]byte, 0, 6*n)
	for i := range n {
		b = binary.BigEndian.AppendUint32(append(b, wire.TagInteger), uint32(i))
		b = append(b, wire.TagNil)
	}
	return b
}

func blobCases() (cases []capCase) {
	for _, n := range []int{1, 10, 64, 65, 5_000} {
		blob := strings.Repeat("x", n)
		cases = append(cases, needs(int64(n), map[string][]byte{
			"binary":          bin(blob),
			"bitstring":       bits(3, []byte(blob)...),
			"whole bytes":     bits(8, []byte(blob)...),
			"in key":          mapOf(bin(blob), null, null, null),
			"bits in key":     mapOf(tuple(bits(3, []byte(blob)...)), null, null, null),
			"not the first":   list(bin(""), bin(blob), bin(blob), bits(1, 0)),
			"in a fun":        fun(bin(blob)),
			"improper":        pieces(bin(blob), small(1)),
			"in a thin value": mapOf(small(1), thin(2, bin(blob))),
		})...)
	}
	return append(cases, needs(70_000, map[string][]byte{"long": bin(strings.Repeat("x", 70_000))})...)
}

func bigCases() (cases []capCase) {
	for _, n := range []int{1, 8, 9, 255} {
		digits := append(make([]byte, n-1), 1)
		zeros := make([]byte, n)
		zeros[0] = 1
		cases = append(cases, needs(int64(n), map[string][]byte{
			"small big":    smallBig(false, digits...),
			"large big":    largeBig(true, digits...),
			"zero padding": largeBig(false, zeros...),
			"small zeros":  smallBig(true, zeros...),
			"in key":       mapOf(smallBig(false, digits...), null, null, null),
			"second":       tuple(smallBig(false), largeBig(false), smallBig(false, digits...)),
			"export arity": export(atom("m"), atom("f"), smallBig(false, zeros...)),
			"large arity":  export(atom("m"), atom("f"), largeBig(false, zeros...)),
			"fun index":    closure{oldIndex: smallBig(true, zeros...)}.encode(),
			"fun uniq":     closure{oldUni: largeBig(true, zeros...)}.encode(),
		})...)
	}
	digits := append(make([]byte, 9_999), 1)
	return append(cases, needs(10_000, map[string][]byte{
		"very large": largeBig(false, digits...), "very large in key": mapOf(largeBig(false, digits...), null, null, null),
	})...)
}
