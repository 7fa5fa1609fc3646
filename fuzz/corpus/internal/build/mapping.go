package build

import (
	"fmt"
	"strings"
)

// mapSpecs are about MAP_EXT, keys that are the same left out.
func mapSpecs() []*Spec {
	g := &group{prefix: "map", provenance: ruleOf("maps")}
	g.add("empty", ext(pairs()))
	g.add("one pair", ext(pairs(atom("a"), small(1))))
	g.add("two pairs in order", ext(pairs(atom("a"), small(1), atom("b"), small(2))))
	g.add("two pairs out of order", ext(pairs(atom("b"), small(2), atom("a"), small(1))))
	for _, n := range []int{31, 32, 33, 34, 64, 100} {
		g.add(fmt.Sprintf("%d integer keys", n), ext(tag(116, u32(n), counted(n, func(i int) []byte { return cat(small(i), null) }))))
		g.add(fmt.Sprintf("%d integer keys, falling", n), ext(tag(116, u32(n), counted(n, func(i int) []byte { return cat(small(n-i), null) }))))
		g.add(fmt.Sprintf("%d binary keys", n), ext(tag(116, u32(n), counted(n, func(i int) []byte { return cat(bin("key "+itoa(i)), small(i)) }))))
		g.add(fmt.Sprintf("%d atom keys", n), ext(tag(116, u32(n), counted(n, func(i int) []byte { return cat(atom("corpus_key_"+itoa(i)), small(i)) }))))
	}
	for _, k := range []struct {
		name string
		key  []byte
	}{
		{"an integer", small(1)}, {"a bignum", smallBig(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, {"a float", float(1.5)}, {"an atom", atom("ok")}, {"a binary", bin("key")}, {"an empty binary", bin("")},
		{"a bitstring", bits(3, 0xe0)}, {"nil", null}, {"a string", str("key")}, {"a list", list(atom("a"), small(1))}, {"an improper list", cells(small(2), small(1))}, {"a tuple", tuple(small(1), atom("a"))},
		{"an empty tuple", tuple()}, {"a map", pairs(small(1), small(2))}, {"an empty map", pairs()}, {"a long binary", bin(strings.Repeat("k", 100))},
	} {
		g.add(k.name+" as the key", ext(pairs(k.key, small(1))))
		g.add(k.name+" among other keys", ext(pairs(atom("zz"), small(1), k.key, small(2), small(99), small(3))))
	}
	g.add("maps in maps", ext(pairs(atom("a"), pairs(atom("a"), pairs(atom("a"), small(1))))))
	g.add("200 maps as keys of each other", ext(copies(200, tag(116, u32(1))), null, copies(200, null)))
	g.add("40 keys of six types", ext(tag(116, u32(40), counted(40, func(i int) []byte {
		return cat([][]byte{small(i), float(float64(i)), bin("k" + itoa(i)), tuple(small(i)), list(long(i)), bits(3, byte(i)<<3, 0xe0)}[i%6], null)
	}))))
	g.add("map in the key of a map in a key", ext(pairs(pairs(pairs(small(1), small(2)), small(3)), small(4))))
	g.add("the same key in two maps", ext(list(pairs(atom("a"), small(1)), pairs(atom("a"), small(1)))))
	g.add("the same key inside and outside", ext(pairs(atom("a"), pairs(atom("a"), small(1)))))
	g.add("keys of every type", ext(pairs(small(1), null, float(2.5), null, atom("a"), null, tuple(), null, pairs(), null, null, null, list(small(1)), null, bin("b"), null)))
	g.add("without its value", ext(tag(116, u32(1), small(1))))
	g.add("without its second pair", ext(tag(116, u32(2), small(1), small(2))))
	g.add("of 33 with one value missing", ext(tag(116, u32(33), counted(33, func(i int) []byte { return cat(small(i), null) })[:33*3-1])))
	for _, n := range []int{33, 1 << 16, 1 << 24, 1<<30 - 1, 1 << 30, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		g.add(fmt.Sprintf("MAP_EXT that claims %d pairs", n), ext(tag(116, u32(n), null, null))).flag("claim")
	}
	return g.specs
}

// counted is n pieces, each made of its number.
func counted(n int, piece func(i int) []byte) (b []byte) {
	for i := range n {
		b = append(b, piece(i)...)
	}
	return b
}

// twins are pairs of encodings, and whether a map may not hold both as keys.
type twins struct {
	name string
	a, b []byte
}

// sameKeys are =:= on OTP 25 in every map.
func sameKeys() []twins {
	e := func(s string) []byte { return atom(s) }
	return []twins{
		{"an integer twice", small(1), small(1)}, {"an integer in 97 and 98", small(1), long(1)}, {"an integer in 97 and 110", small(1), smallBig(0, 1)},
		{"an integer in 97 and padded 110", small(1), smallBig(0, 1, 0, 0)}, {"an integer in 98 and 111", long(-5), largeBig(1, 5)}, {"a bignum in 110 and padded 111", smallBig(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), largeBig(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0)},
		{"a negative bignum with sign bytes 1 and 255", smallBig(1, 1, 2, 3, 4, 5, 6, 7, 8), smallBig(255, 1, 2, 3, 4, 5, 6, 7, 8)}, {"0 and minus 0 as integers", small(0), smallBig(1)},
		{"a float twice", float(1.5), float(1.5)}, {"a float in 70 and 99", float(1.5), text("1.5")}, {"text floats of the same value", text("1.5"), text("15.0e-1")},
		{"an atom twice", e("a"), e("a")}, {"an atom in 119 and 118", e("a"), longAtom("a")}, {"an atom in 119 and 115", e("a"), latin1("a")}, {"an atom in 119 and 100", e("a"), longLatin1("a")},
		{"an atom beyond ASCII in 119 and 115", e("\u00e9"), latin1("\xe9")}, {"an atom beyond ASCII in 118 and 100", longAtom("\u00e9"), longLatin1("\xe9")}, {"the empty atom in 119 and 115", e(""), latin1("")},
		{"a binary twice", bin("key"), bin("key")}, {"a binary in 109 and 77", bin("key"), bits(8, []byte("key")...)}, {"an empty binary in 109 and 77", bin(""), bits(0)},
		{"a bitstring with other unused bits", bits(3, 0xe0), bits(3, 0xff)}, {"a long binary twice", bin(strings.Repeat("k", 100)), bin(strings.Repeat("k", 100))},
		{"nil twice", null, null}, {"nil and a STRING_EXT of nothing", null, str("")}, {"nil and a thin list", null, thin(1, null)}, {"an integer and a thin list of it", small(5), thin(2, small(5))},
		{"a list in 107 and 108", str("ab"), list(small('a'), small('b'))}, {"a list whole and in pieces", list(small(1), small(2)), cells(list(small(2)), small(1))},
		{"a list with a thin tail", list(small(1)), cells(thin(1, null), small(1))}, {"an improper list in pieces", cells(small(3), small(1), small(2)), cells(cells(small(3), small(2)), small(1))},
		{"a list of integers in other encodings", list(small(1), small(2)), list(long(1), smallBig(0, 2))}, {"a tuple in 104 and 105", tuple(small(1)), large(small(1))}, {"the empty tuple in 104 and 105", tuple(), large()},
		{"a tuple of atoms in other encodings", tuple(atom("a"), atom("b")), tuple(latin1("a"), longAtom("b"))}, {"an empty map twice", pairs(), pairs()},
		{"a map in another order", pairs(atom("a"), small(1), atom("b"), small(2)), pairs(atom("b"), small(2), atom("a"), small(1))}, {"a map with other encodings", pairs(atom("a"), str("x")), pairs(latin1("a"), list(small('x')))},
	}
}

// otherKeys are different keys in every map.
func otherKeys() []twins {
	return []twins{
		{"1 and 1.0", small(1), float(1)}, {"0 and 0.0", small(0), float(0)}, {"0 and -0.0", small(0), floatBits(1 << 63)}, {"2^60 and its float", smallBig(0, 0, 0, 0, 0, 0, 0, 0, 16), float(1 << 60)},
		{"1 and 1.0 in tuples", tuple(small(1)), tuple(float(1))}, {"1 and 1.0 in lists", list(small(1)), list(float(1))}, {"1 and 1.0 as values", pairs(atom("a"), small(1)), pairs(atom("a"), float(1))},
		{"1 and -1", small(1), long(-1)}, {"bignums that differ in sign", smallBig(0, 1, 2, 3, 4, 5, 6, 7, 8), smallBig(1, 1, 2, 3, 4, 5, 6, 7, 8)},
		{"an atom, composed and decomposed", atom("\u00e9"), atom("e\u0301")}, {"atoms that differ in case", atom("a"), atom("A")}, {"an atom and a string", atom("a"), str("a")},
		{"an atom and a binary", atom("a"), bin("a")}, {"a string and a binary", str("a"), bin("a")}, {"nil and an empty binary", null, bin("")}, {"nil and the empty tuple", null, tuple()},
		{"the empty tuple and the empty map", tuple(), pairs()}, {"bitstrings of 3 and 4 bits", bits(3, 0xe0), bits(4, 0xe0)}, {"a byte and 7 bits", bits(8, 0xfe), bits(7, 0xfe)},
		{"a proper and an improper list", list(small(1), small(2)), cells(small(2), small(1))}, {"tuples of other sizes", tuple(small(1)), tuple(small(1), small(1))}, {"a tuple and a list", tuple(small(1)), list(small(1))},
		{"floats next to each other", float(0.1), floatBits(0x3fb999999999999b)}, {"NUL behind a name", atom("a"), atom("a\x00")}, {"a zero behind a binary", bin("a"), bin("a\x00")},
	}
}

// releaseKeys are the same on some releases only.
func releaseKeys() []twins {
	minus := floatBits(1 << 63)
	return []twins{
		{"0.0 and -0.0", float(0), minus}, {"0.0 and -0.0 as text", text("0.0"), text("-0.0")}, {"0.0 and an underflow below zero", float(0), text("-1.0e-400")},
		{"0.0 and -0.0 in tuples", tuple(float(0)), tuple(minus)}, {"0.0 and -0.0 in lists", list(small(1), float(0)), list(small(1), minus)}, {"0.0 and -0.0 as tails", cells(float(0), small(1)), cells(minus, small(1))},
		{"0.0 and -0.0 as keys of keys", pairs(float(0), small(1)), pairs(minus, small(1))}, {"0.0 and -0.0 as values of keys", pairs(small(1), float(0)), pairs(small(1), minus)},
	}
}

// keySpecs are about keys that are the same, or nearly.
func keySpecs() []*Spec {
	g := &group{prefix: "key", provenance: ruleOf("equality of keys")}
	for _, t := range sameKeys() {
		g.twins("same: "+t.name, t, "duplicate-key")
		g.add("same in a map in a list: "+t.name, ext(list(small(1), pairs(t.a, null, t.b, null)))).flag("duplicate-key")
	}
	for _, t := range otherKeys() {
		g.twins("different: "+t.name, t)
	}
	for _, t := range releaseKeys() {
		g.twins("by release: "+t.name, t, "signed-zero")
	}
	for _, t := range idKeys() {
		g.twins("ids: "+t.name, t.twins, t.flags...)
	}
	two := func(n, first, second int) []byte {
		return ext(tag(116, u32(n), counted(n, func(i int) []byte {
			if i == second {
				i = first
			}
			return cat(long(i), null)
		})))
	}
	g.add("same, first and last of 32", two(32, 0, 31)).flag("duplicate-key")
	g.add("same, first and last of 33", two(33, 0, 32)).flag("duplicate-key")
	g.add("same, neighbours of 33", two(33, 16, 17)).flag("duplicate-key")
	g.add("same, in the key of a key", ext(pairs(pairs(pairs(small(1), null, long(1), null), null), null))).flag("duplicate-key")
	dup := pairs(atom("a"), small(1), atom("b"), small(2), atom("a"), small(3))
	for _, p := range places() {
		g.add("same, in a map that is "+p.name, ext(p.in(dup))).flag("duplicate-key")
	}
	g.add("same, next to each other among 20", ext(tag(116, u32(21), counted(20, func(i int) []byte { return cat(small(i), null) }), small(19), null))).flag("duplicate-key")
	g.add("same, first and last of 100", ext(tag(116, u32(101), counted(100, func(i int) []byte { return cat(long(i), null) }), long(0), null))).flag("duplicate-key")
	g.add("same, deep inside keys", ext(pairs(tuple(list(atom("a"))), small(1), tuple(list(latin1("a"))), small(2)))).flag("duplicate-key")
	return g.specs
}

// twins adds two keys in a small and in a large map.
func (g *group) twins(rule string, t twins, flags ...string) {
	g.add(rule, ext(pairs(t.a, small(1), t.b, small(2)))).flag(flags...)
	fill := counted(40, func(i int) []byte { return cat(long(1000+i), null) })
	g.add(rule+", among 40 others", ext(tag(116, u32(42), t.a, small(1), fill, t.b, small(2)))).flag(flags...)
}

// flagged are twins with flags.
type flagged struct {
	twins
	flags []string
}

// idKeys are pids, ports, references and funs as keys. References of one word are
// not put into large maps: what a BEAM makes of them there is not determined.
func idKeys() []flagged {
	same, other := []string{"identity", "duplicate-key"}, []string{"identity"}
	m, f := atom("lists"), atom("map")
	codes := []string{"code", "fun-identity"}
	return []flagged{
		{twins{"a pid in 103 and 88", oldPid(foreign, 1, 2, 3), pid(latin1("a@b"), 1, 2, 3)}, same},
		{twins{"pids of two creations", pid(foreign, 1, 2, 1), pid(foreign, 1, 2, 2)}, other},
		{twins{"pids of creations 0 and 1", pid(foreign, 1, 2, 0), pid(foreign, 1, 2, 1)}, other},
		{twins{"pids of two nodes", pid(foreign, 1, 2, 1), pid(atom("c@d"), 1, 2, 1)}, other},
		{twins{"a port in 102 and 89", oldPort(foreign, 7, 1), port(foreign, 7, 1)}, same},
		{twins{"a port in 89 and 120", port(foreign, 7, 1), v4Port(foreign, 7, 1)}, same},
		{twins{"ports of two creations", port(foreign, 7, 1), port(foreign, 7, 2)}, other},
		{twins{"a reference in 114 and 90", newRef(foreign, 1, 1, 2), ref(foreign, 1, 1, 2)}, same},
		{twins{"references [1,2] and [1,2,0]", ref(foreign, 1, 1, 2), ref(foreign, 1, 1, 2, 0)}, same},
		{twins{"references [1,2,3] and [1,2,3,0,0]", ref(foreign, 1, 1, 2, 3), ref(foreign, 1, 1, 2, 3, 0, 0)}, same},
		{twins{"references [1,2,3] and [1,2,3,0]", ref(foreign, 1, 1, 2, 3), ref(foreign, 1, 1, 2, 3, 0)}, same},
		{twins{"references [1,2,3] and [1,2,4]", ref(foreign, 1, 1, 2, 3), ref(foreign, 1, 1, 2, 4)}, other},
		{twins{"references of two creations", ref(foreign, 1, 1, 2), ref(foreign, 2, 1, 2)}, other},
		{twins{"own references [1] and [1,0,0]", ref(own, 0, 1), ref(own, 0, 1, 0, 0)}, append([]string{"own-node"}, same...)},
		{twins{"an export in other encodings", export(m, f, small(2)), export(latin1("lists"), longAtom("map"), smallBig(0, 2))}, []string{"code", "duplicate-key"}},
		{twins{"exports of two arities", export(m, f, small(2)), export(m, f, small(3))}, []string{"code"}},
		{twins{"exports of two functions", export(m, f, small(2)), export(m, atom("foldl"), small(2))}, []string{"code"}},
		{twins{"funs that are the same", fun{}.bytes(), fun{}.bytes()}, []string{"code", "duplicate-key"}},
		{twins{"funs of other creators", fun{}.bytes(), fun{owner: pid(foreign, 9, 9, 9)}.bytes()}, codes},
		{twins{"funs of other arities", fun{}.bytes(), fun{arity: 1}.bytes()}, codes},
		{twins{"funs of other uniqs", fun{}.bytes(), fun{uniq: 1}.bytes()}, codes},
		{twins{"funs of other old indices", fun{}.bytes(), fun{oldIndex: small(9)}.bytes()}, codes},
		{twins{"funs of other old uniqs", fun{}.bytes(), fun{oldUniq: small(9)}.bytes()}, codes},
		{twins{"funs of other indices", fun{}.bytes(), fun{index: 1}.bytes()}, codes},
		{twins{"funs of other modules", fun{}.bytes(), fun{module: atom("ok")}.bytes()}, codes},
		{twins{"funs of other variables", fun{env: [][]byte{small(1)}}.bytes(), fun{env: [][]byte{small(2)}}.bytes()}, codes},
		{twins{"funs of variables 1 and 1.0", fun{env: [][]byte{small(1)}}.bytes(), fun{env: [][]byte{float(1)}}.bytes()}, codes},
	}
}
