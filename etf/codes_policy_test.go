package etf_test

import (
	"math"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// identityInputs break the rules of ids, funs and exports.
func identityInputs() map[etf.Code][]refusal {
	own := atom("nonode@nohost")
	inFun := func(name string, at int64, c closure) refusal { return bare(name, c.encode()).to(at, "") }
	const oldIndex, oldUniq, creator = 34, 36, 38 // offsets in the closure of encode
	zeros := func(n byte, low ...byte) []byte { return append(low, make([]byte, int(n)-len(low))...) }
	return map[etf.Code][]refusal{
		etf.CodeAmbiguousKey: {
			bare("newer", mapOf(newerRef(self, 1, 7), null, null, null)).with(release(0)).to(6, "key[0]"),
			bare("old, in a tuple", mapOf(tuple(oldRef(self, 7, 1)), null, null, null)).with(release(0)).to(8, "key[0]/tuple[0]"),
			bare("in the second", mapOf(null, null, list(newRef(self, 1, 7)), null)).with(release(0)).to(13, "key[1]/list[0]"),
		},
		etf.CodeNodeNotAtom: {
			behind("pid", newPid(small(1), 1, 1, 1)), behind("pid, thin", newPid(thin(1, self), 1, 1, 1)), behind("port", oldPort(bin(secret), 1, 1)),
			behind("reference", newerRef(null, 1, 1)), behind("module", export(small(1), atom("f"), small(1))).to(15, "tuple[1]"),
			behind("function", export(atom("m"), bin("f"), small(1))).to(18, "tuple[1]"), inFun("fun module", 31, closure{module: str("m")}),
			inFun("fun creator", creator, closure{creator: newPid(float(1), 1, 1, 1)}),
		},
		etf.CodeCreation: {
			behind("pid", oldPid(self, 1, 1, 4)), behind("port", oldPort(self, 1, 4)), behind("reference", oldRef(self, 1, 255)), behind("new reference", newRef(self, 4, 1, 2)),
			inFun("creator", creator, closure{creator: oldPid(self, 1, 1, 4)}),
		},
		etf.CodePidRange: {
			behind("own number", newPid(own, 1<<15, 0, 0)), behind("own serial", oldPid(own, 0, 1<<13, 0)), behind("own, release 26", newPid(own, 1<<28, 0, 0)).with(release(26)),
			behind("any release", newPid(self, 1<<15, 0, 7)).with(release(0)), behind("unknown node", newPid(self, 1<<28, 0, 7)).with(func(c *etf.Config) { c.Node, c.Release = etf.Node{}, 28 }),
		},
		etf.CodePortRange: {
			behind("own", newPort(own, 1<<28, 0)), behind("own, old", oldPort(own, 1<<28, 0)), behind("own, v4", v4Port(own, math.MaxUint64, 0)), behind("any release", v4Port(self, 1<<28, 7)).with(release(0)),
		},
		etf.CodeReferenceRange: {
			behind("own", newerRef(own, 0, 1<<18)), behind("own, 4 words", newerRef(own, 0, 1, 1, 1, 1)), behind("old", oldRef(self, 1<<18, 1)), behind("new", newRef(self, 1, 1<<18, 1)),
			behind("any release", newerRef(self, 7, 1<<18)).with(release(0)), behind("any release, 5 words", newerRef(self, 7, 1, 1, 1, 1, 1)).with(release(0)),
		},
		etf.CodeReferenceWords: {behind("newer", newerRef(self, 1, 1, 2, 3, 4, 5, 6)), behind("new", newRef(self, 1, 1, 2, 3, 4, 5, 6)), behind("only claimed", raw(wire.TagNewerReference, u16(65535)))},
		etf.CodeReferenceEmpty: {behind("newer", newerRef(self, 1)), behind("new", newRef(self, 1)), behind("only claimed", raw(wire.TagNewReference, u16(0)))},
		etf.CodeFunFree:        {bare("256", closure{free: 256}.encode()), bare("2^32-1", closure{free: math.MaxUint32}.encode())},
		etf.CodeFunField: {
			inFun("index atom", oldIndex, closure{oldIndex: atom(secret)}), inFun("index float", oldIndex, closure{oldIndex: float(1)}), inFun("index thin", oldIndex, closure{oldIndex: thin(1, small(1))}),
			inFun("uniq list", oldUniq, closure{oldUni: list(small(1))}), inFun("uniq fun", oldUniq, closure{oldUni: fun()}), inFun("big index", 1, closure{oldIndex: smallBig(false, 0, 0, 0, 0, 0, 0, 0, 8)}),
			inFun("bigger", 1, closure{oldIndex: smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1)}), inFun("below", 1, closure{oldIndex: largeBig(true, 1, 0, 0, 0, 0, 0, 0, 8)}),
			inFun("any release, small big", oldIndex, closure{oldIndex: smallBig(false, 1)}).with(release(0)), inFun("any release, large big", oldUniq, closure{oldUni: largeBig(false, 1)}).with(release(0)),
		},
		etf.CodeFunCreator: {
			inFun("integer", creator, closure{creator: small(1)}), inFun("atom", creator, closure{creator: atom(secret)}), inFun("port", creator, closure{creator: newPort(self, 1, 1)}), inFun("thin", creator, closure{creator: thin(1, newPid(self, 1, 1, 1))}),
		},
		etf.CodeExportField: {
			bare("atom", export(atom("m"), atom("f"), atom(secret))).to(8, ""), bare("thin", export(atom("m"), atom("f"), thin(1, small(1)))).to(8, ""), bare("float", export(atom("m"), atom("f"), float(1))).to(8, ""),
			bare("export", export(atom("m"), atom("f"), export(atom("m"), atom("f"), small(1)))).to(8, ""), bare("any release, integer", export(atom("m"), atom("f"), int32x(1))).with(release(0)).to(8, ""),
			bare("any release, big", export(atom("m"), atom("f"), smallBig(false, 1))).with(release(0)).to(8, ""),
		},
		etf.CodeExportArity: {
			bare("256", export(atom("m"), atom("f"), int32x(256))).to(8, ""), bare("-1", export(atom("m"), atom("f"), int32x(-1))).to(8, ""), bare("big", export(atom("m"), atom("f"), smallBig(false, 0, 1))).to(1, ""),
			bare("big, negative", export(atom("m"), atom("f"), smallBig(true, 1))).to(1, ""), bare("2^32+2", export(atom("m"), atom("f"), largeBig(false, 2, 0, 0, 0, 1))).to(1, ""), bare("long", export(atom("m"), atom("f"), largeBig(false, zeros(30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)...))).to(1, ""),
		},
	}
}

// rejectedInputs are well-formed, but not wanted by their Config.
func rejectedInputs() map[etf.Code][]refusal {
	without := func(f etf.Features) func(c *etf.Config) {
		return func(c *etf.Config) {
			c.Policy.Allow &^= f
			c.Policy.Refuse |= f &^ etf.Identities
		}
	}
	all := func(f etf.Features, terms ...[]byte) (cases []refusal) {
		for _, term := range terms {
			for _, r := range places(etf.Tag(term[0]).String(), term) {
				cases = append(cases, r.with(without(f)))
			}
		}
		return cases
	}
	noStructs := func(c *etf.Config) { c.Policy.Structs.Deny = []string{"Elixir." + secret} }
	noQuotes := func(c *etf.Config) { c.Policy.RefuseQuoted = true }
	notAsKey := func(cases []refusal) []refusal {
		return slices.DeleteFunc(cases, func(r refusal) bool { return r.path == "key[0]" })
	}
	lists := func(cases ...refusal) []refusal {
		for i := range cases {
			cases[i].conf = without(etf.ImproperLists)
		}
		return cases
	}
	empty := func(cases ...refusal) []refusal {
		for i := range cases {
			cases[i].conf = without(etf.EmptyAtoms)
		}
		return cases
	}
	module := atom("Elixir." + secret)
	strct := ext(mapOf(small(1), null, latin1("__struct__"), module))
	return map[etf.Code][]refusal{
		etf.CodeRejectedFun:    all(etf.Funs, fun(), fun(small(1))),
		etf.CodeRejectedExport: all(etf.Exports, export(atom("m"), atom("f"), small(1))),
		etf.CodeRejectedPid:    all(etf.Pids, newPid(atom(secret), 1, 1, 1), oldPid(self, 1, 1, 1)),
		etf.CodeRejectedPort:   all(etf.Ports, newPort(self, 1, 1), oldPort(self, 1, 1), v4Port(self, 1, 1)),
		etf.CodeRejectedReference: append(all(etf.References, newerRef(self, 1, 1), newRef(self, 1, 1), oldRef(self, 1, 1)),
			behind("much behind", newerRef(self, 1, 1), []byte(strings.Repeat("x", 300))).with(without(etf.References))),
		etf.CodeRejectedCompressed:   {bare("compressed", squeeze(bin(secret))[1:]).with(without(etf.Compressed)), bare("no stream", raw(wire.TagCompressed)).with(without(etf.Compressed))},
		etf.CodeRejectedTextFloat:    all(etf.TextFloats, textFloat("1.0")),
		etf.CodeRejectedLatin1Atom:   append(all(etf.Latin1Atoms, latin1(secret), longLatin1(secret)), behind("node", newPid(latin1(secret), 1, 1, 1)).to(15, "tuple[1]").with(without(etf.Latin1Atoms)), behind("module", export(longLatin1("m"), atom("f"), small(1))).to(15, "tuple[1]").with(without(etf.Latin1Atoms))),
		etf.CodeRejectedBitstring:    all(etf.Bitstrings, bits(3, 1), bits(8, 1)),
		etf.CodeRejectedImproperList: lists(bare("integer", pieces(small(2), atom(secret))).to(14, "tail"), bare("tuple", pieces(tuple(), atom(secret))).to(14, "tail"), bare("through tails", pieces(pieces(thin(2, small(2)), small(1)), small(1))).to(25, "tail"), bare("in a key", mapOf(pieces(bin(secret), small(1)), null)).to(13, "key[0]/tail"), bare("string behind", pieces(pieces(maps(0), small(1)), small(1))).to(15, "tail")),
		etf.CodeRejectedEmptyAtom:    empty(append(places("atom", atom("")), append(places("long", longAtom("")), append(places("latin-1", latin1("")), behind("node", newPid(atom(""), 1, 1, 1)))...)...)...),
		etf.CodeRejectedFloat:        all(etf.Floats, float(1), textFloat("1.0")),
		etf.CodeRejectedMap:          notAsKey(all(etf.Maps, mapOf(atom(secret), null), maps(0))),
		etf.CodeRejectedNode:         {behind("pid", newPid(atom(secret), 1, 1, 1)).with(nodes("other")), behind("port", oldPort(latin1(secret), 1, 1)).with(nodes("other", "")), behind("reference", newerRef(self, 1, 1)).with(nodes()), bare("creator", closure{creator: newPid(atom(secret), 1, 1, 1)}.encode()).to(38, "").with(nodes("other"))},
		etf.CodeRejectedStruct:       {{name: "second pair", in: strct, at: int64(len(strct) - len(module)), path: "value[1]", conf: noStructs}},
		etf.CodeRejectedQuoted:       {behind("call", tuple(atom(secret), null, list(small(1)))).to(int64(14+2+8+1), "tuple[1]/tuple[2]").with(noQuotes)},
	}
}

func nodes(names ...string) func(c *etf.Config) {
	return func(c *etf.Config) { c.Policy.Nodes = append([]string{}, names...) }
}
