package etf_test

import (
	"math"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// TestOrderAtOneHead breaks several rules at one head. The order is: unknown,
// rejected, limits in the order of limits.Limits, what makes the head malformed
// as a whole, truncated. An input has the same error however much of it has
// arrived, so the order is part of the contract.
func TestOrderAtOneHead(t *testing.T) {
	type caps map[string]int64
	none := func(names ...string) caps {
		c := caps{}
		for _, n := range names {
			c[n] = limits.None
		}
		return c
	}
	all := limits.Names()
	long := strings.Repeat("x", 70)
	for _, row := range []struct {
		name   string
		in     []byte
		refuse etf.Features // or no longer allow
		caps   caps
		want   etf.Code
		conf   func(c *etf.Config)
	}{
		{name: "unknown, all caps", in: ext(raw(1)), refuse: ^etf.Features(0) & (etf.Maps<<1 - 1), caps: none(all[1:13]...), want: etf.CodeUnknownTag},
		{name: "internal, all caps", in: ext(raw(73)), caps: none(all[1:13]...), want: etf.CodeInternalTag},

		{name: "rejected pid, atoms", in: ext(newPid(self, 1, 1, 1)), refuse: etf.Pids, caps: none("MaxAtoms", "MaxHeapWords"), want: etf.CodeRejectedPid},
		{name: "rejected pid, cut", in: ext(raw(wire.TagNewPid)), refuse: etf.Pids, want: etf.CodeRejectedPid},
		{name: "rejected fun, arity", in: ext(closure{free: 9}.encode()), refuse: etf.Funs, caps: none("MaxArity", "MaxDepth"), want: etf.CodeRejectedFun},
		{name: "rejected fun, cut", in: ext(raw(wire.TagNewFun)), refuse: etf.Funs, want: etf.CodeRejectedFun},
		{name: "rejected map, arity", in: ext(maps(9)), refuse: etf.Maps, caps: none("MaxArity", "MaxTerms"), want: etf.CodeRejectedMap},
		{name: "rejected map, too large", in: ext(maps(math.MaxUint32)), refuse: etf.Maps, want: etf.CodeRejectedMap},
		{name: "rejected bits, malformed", in: ext(bits(9)), refuse: etf.Bitstrings, caps: none("MaxBlob"), want: etf.CodeRejectedBitstring},
		{name: "rejected float, NaN", in: ext(float(math.NaN())), refuse: etf.Floats, caps: none("MaxHeapWords"), want: etf.CodeRejectedFloat},
		{name: "rejected text float, cut", in: ext(raw(wire.TagFloat)), refuse: etf.TextFloats, want: etf.CodeRejectedTextFloat},
		{name: "rejected latin-1, chars", in: ext(latin1("ab")), refuse: etf.Latin1Atoms, caps: none("MaxAtomChars", "MaxAtoms"), want: etf.CodeRejectedLatin1Atom},
		{name: "rejected compressed, inflated", in: squeeze(null), refuse: etf.Compressed, caps: none("MaxInflated"), want: etf.CodeRejectedCompressed},
		{name: "rejected empty atom, atoms", in: ext(atom("")), refuse: etf.EmptyAtoms, caps: none("MaxAtoms"), want: etf.CodeRejectedEmptyAtom},
		{name: "rejected empty atom, key state", in: ext(atom("")), refuse: etf.EmptyAtoms, caps: none("MaxDistinctAtoms", "MaxKeyState"), want: etf.CodeRejectedEmptyAtom},
		{name: "rejected improper list, terms", in: ext(pieces(small(1), small(1))), refuse: etf.ImproperLists, caps: caps{"MaxTerms": 2}, want: etf.CodeRejectedImproperList},
		{name: "rejected improper list, cut", in: ext(head(1), null, raw(wire.TagInteger, []byte{0})), refuse: etf.ImproperLists, want: etf.CodeRejectedImproperList},
		{name: "rejected and improper", in: ext(pieces(bits(1, 1), null)), refuse: etf.ImproperLists | etf.Bitstrings, want: etf.CodeRejectedBitstring},
		{name: "unknown in a tail", in: ext(pieces(raw(1), null)), refuse: etf.ImproperLists, want: etf.CodeUnknownTag},
		{name: "rejected float of two kinds", in: ext(textFloat("1.0")), refuse: etf.TextFloats | etf.Floats, want: etf.CodeRejectedTextFloat},

		{name: "bytes, then all", in: ext(head(100), copies(100, null)[0]), caps: caps{"MaxBytes": 50, "MaxDepth": -1, "MaxTerms": -1, "MaxArity": -1, "MaxHeapWords": -1}, want: etf.CodeLimitBytes},
		{name: "depth, then all", in: ext(list(null)), caps: none("MaxDepth", "MaxTerms", "MaxArity", "MaxHeapWords"), want: etf.CodeLimitDepth},
		{name: "terms, then all", in: ext(tuple(null)), caps: none("MaxTerms", "MaxArity", "MaxHeapWords"), want: etf.CodeLimitTerms},
		{name: "arity, then words", in: ext(str("a")), caps: none("MaxArity", "MaxHeapWords"), want: etf.CodeLimitArity},
		{name: "map: depth", in: ext(mapOf(null, null)), caps: none("MaxDepth", "MaxTerms", "MaxArity", "MaxHeapWords"), want: etf.CodeLimitDepth},
		{name: "map: arity", in: ext(mapOf(null, null)), caps: none("MaxArity", "MaxHeapWords", "MaxKeyState"), want: etf.CodeLimitArity},
		{name: "fun: depth", in: ext(fun(null)), caps: none("MaxDepth", "MaxTerms", "MaxArity", "MaxAtoms", "MaxHeapWords"), want: etf.CodeLimitDepth},
		{name: "fun: terms", in: ext(fun(null)), caps: caps{"MaxTerms": 1, "MaxArity": -1, "MaxAtoms": -1, "MaxHeapWords": -1}, want: etf.CodeLimitTerms},
		{name: "fun: arity", in: ext(closure{free: 999}.encode()), caps: none("MaxArity", "MaxAtoms", "MaxHeapWords"), want: etf.CodeLimitArity},
		{name: "through tails: terms", in: ext(pieces(list(null), null)), caps: caps{"MaxTerms": 2, "MaxArity": 1, "MaxHeapWords": 2}, want: etf.CodeLimitTerms},
		{name: "through tails: arity", in: ext(pieces(list(null), null)), caps: caps{"MaxArity": 1, "MaxHeapWords": 2}, want: etf.CodeLimitArity},
		{name: "through tails: bytes", in: ext(pieces(head(99), null)), caps: caps{"MaxBytes": 50, "MaxTerms": 2, "MaxArity": 1}, want: etf.CodeLimitBytes},
		{name: "blob: bytes", in: ext(bin(long)), caps: caps{"MaxBytes": 20, "MaxBlob": 1, "MaxHeapWords": 1}, want: etf.CodeLimitBytes},
		{name: "blob: blob", in: ext(bin(long)), caps: none("MaxBlob", "MaxHeapWords"), want: etf.CodeLimitBlob},
		{name: "short blob: blob", in: ext(bin("a")), caps: none("MaxBlob", "MaxHeapWords"), want: etf.CodeLimitBlob},
		{name: "big: bytes", in: ext(smallBig(false, make([]byte, 50)...)), caps: caps{"MaxBytes": 20, "MaxBigBytes": 1, "MaxHeapWords": 1}, want: etf.CodeLimitBytes},
		{name: "big: digits", in: ext(smallBig(false, 1, 2)), caps: none("MaxBigBytes", "MaxHeapWords"), want: etf.CodeLimitBigBytes},
		{name: "atom: bytes", in: ext(atom("abcdef")), caps: caps{"MaxBytes": 5, "MaxAtomChars": 1, "MaxAtoms": -1}, want: etf.CodeLimitBytes},
		{name: "atom: chars", in: ext(atom("ab")), caps: none("MaxAtomChars", "MaxAtoms", "MaxDistinctAtoms", "MaxNewAtoms", "MaxKeyState"), want: etf.CodeLimitAtomChars},
		{name: "atom: atoms", in: ext(atom("ab")), caps: none("MaxAtoms", "MaxDistinctAtoms", "MaxNewAtoms", "MaxKeyState"), want: etf.CodeLimitAtoms},
		{name: "atom: distinct", in: ext(atom("ab")), caps: none("MaxDistinctAtoms", "MaxNewAtoms", "MaxKeyState"), want: etf.CodeLimitDistinctAtoms},
		{name: "atom: new", in: ext(atom("ab")), caps: none("MaxNewAtoms", "MaxKeyState"), want: etf.CodeLimitNewAtoms},
		{name: "export: bytes", in: ext(export(atom("m"), atom("f"), small(1))), caps: caps{"MaxBytes": 4, "MaxAtoms": -1, "MaxHeapWords": -1}, want: etf.CodeLimitBytes},
		{name: "export: words", in: ext(export(atom("m"), atom("f"), small(1))), caps: caps{"MaxAtoms": -1, "MaxHeapWords": -1}, want: etf.CodeLimitHeapWords},
		{name: "arity: bytes", in: ext(export(atom("m"), atom("f"), smallBig(false, make([]byte, 99)...))), caps: caps{"MaxBytes": 50, "MaxBigBytes": -1}, want: etf.CodeLimitBytes},
		{name: "arity: digits", in: ext(export(atom("m"), atom("f"), smallBig(false, make([]byte, 99)...))), caps: caps{"MaxBigBytes": 9, "MaxHeapWords": 6}, want: etf.CodeLimitBigBytes},
		{name: "pid: atoms", in: ext(newPid(self, 1, 1, 1)), caps: none("MaxAtoms", "MaxHeapWords"), want: etf.CodeLimitAtoms},
		{name: "pid: words", in: ext(newPid(self, 1, 1, 1)), caps: none("MaxHeapWords"), want: etf.CodeLimitHeapWords},

		{name: "arity, tuple too large", in: ext(large(1 << 24)), caps: none("MaxArity"), want: etf.CodeLimitArity},
		{name: "words, map too large", in: ext(maps(1 << 31)), caps: none("MaxHeapWords"), want: etf.CodeLimitHeapWords},
		{name: "digits, big too large", in: ext(raw(wire.TagLargeBig, u32(4_194_297), []byte{0})), caps: none("MaxBigBytes"), want: etf.CodeLimitBigBytes},
		{name: "arity, fun of 256", in: ext(closure{free: 256}.encode()), caps: none("MaxArity"), want: etf.CodeLimitArity},

		{name: "arity, cut", in: ext(head(1 << 20)), caps: caps{"MaxArity": 1 << 10}, want: etf.CodeLimitArity},
		{name: "depth, cut", in: ext(large(1 << 20)), caps: none("MaxDepth"), want: etf.CodeLimitDepth},
		{name: "terms, cut", in: ext(strLen(1 << 15)), caps: caps{"MaxTerms": 1 << 15}, want: etf.CodeLimitTerms},
		{name: "bytes, cut", in: ext(head(1 << 20)), caps: caps{"MaxBytes": 1 << 20}, want: etf.CodeLimitBytes},
		{name: "blob, cut", in: ext(binLen(1 << 20)), caps: caps{"MaxBlob": 1 << 10}, want: etf.CodeLimitBlob},
		{name: "blob: bytes, cut", in: ext(binLen(1 << 20)), caps: caps{"MaxBytes": 1 << 10}, want: etf.CodeLimitBytes},
		{name: "words, cut", in: ext(binLen(1 << 20)), caps: caps{"MaxHeapWords": 1 << 10}, want: etf.CodeLimitHeapWords},
		{name: "digits, cut", in: ext(raw(wire.TagLargeBig, u32(1<<20), []byte{0})), caps: caps{"MaxBigBytes": 9}, want: etf.CodeLimitBigBytes},
		{name: "tuple too large, cut", in: ext(large(1 << 24)), want: etf.CodeTupleTooLarge},
		{name: "map too large, cut", in: ext(maps(1 << 31)), want: etf.CodeMapTooLarge},
		{name: "inflated, cut", in: packed(1<<20, nil), caps: none("MaxInflated"), want: etf.CodeLimitInflated},
		{name: "deep claims, cut at the second", in: ext(head(9), head(1<<20)), caps: caps{"MaxArity": 99}, want: etf.CodeLimitArity},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := config()
			c.Atoms.Known, _ = etf.NewAtomSet()
			c.Limits.MaxNewAtoms = limits.NoLimit
			c.Policy.Allow &^= row.refuse
			c.Policy.Refuse = row.refuse &^ etf.Identities
			for name, value := range row.caps {
				if !c.Limits.Set(name, value) {
					t.Fatalf("no field %s", name)
				}
			}
			holds := row.caps["MaxBuffered"] == 0 // set, ReadValue may hold nothing
			err := agree(t, with(compile(t, c)), row.in, func(d driver, s source) bool { return holds || !d.holds })
			if err == nil || err.Code != row.want {
				t.Errorf("%v, want %s", err, row.want)
			}
		})
	}
}
