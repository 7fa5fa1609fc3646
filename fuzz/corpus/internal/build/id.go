package build

import (
	"fmt"
	"math"
	"strings"
)

// pidSpecs are about PID_EXT and NEW_PID_EXT.
func pidSpecs() []*Spec {
	g := &group{prefix: "pid", provenance: ruleOf("pids"), flags: []string{"identity"}, policies: []string{"gencall"}}
	for _, n := range []struct {
		name string
		node []byte
	}{
		{"a@b in 119", atom("a@b")}, {"a@b in 118", longAtom("a@b")}, {"a@b in 115", latin1("a@b")}, {"a@b in 100", longLatin1("a@b")}, {"no name", atom("")}, {"no @", atom("ok")}, {"true", atom("true")},
		{"a name beyond ASCII", atom("\u00e9@b")}, {"a name of Latin-1", latin1("\xe9@b")}, {"a long name", longAtom(strings.Repeat("n", 253) + "@b")},
	} {
		g.add("NEW_PID_EXT of node "+n.name, ext(pid(n.node, 1, 2, 3)))
		g.add("PID_EXT of node "+n.name, ext(oldPid(n.node, 1, 2, 3)))
	}
	for _, v := range []int{0, 1, 1<<15 - 1, 1 << 15, 1<<18 - 1, 1<<28 - 1, 1 << 28, 1<<32 - 1} {
		g.add(fmt.Sprintf("NEW_PID_EXT foreign number %d", v), ext(pid(foreign, v, 0, 1)))
		g.add(fmt.Sprintf("NEW_PID_EXT own number %d", v), ext(pid(own, v, 0, 0))).flag("own-node").policy("any")
	}
	for _, v := range []int{0, 1<<13 - 1, 1 << 13, 1<<16 - 1, 1<<32 - 1} {
		g.add(fmt.Sprintf("NEW_PID_EXT foreign serial %d", v), ext(pid(foreign, 1, v, 1)))
		g.add(fmt.Sprintf("PID_EXT own serial %d", v), ext(oldPid(own, 1, v, 0))).flag("own-node").policy("any")
	}
	for _, v := range []int{0, 1, 3, 4, 255} {
		g.add(fmt.Sprintf("PID_EXT creation %d", v), ext(oldPid(foreign, 1, 2, v)))
		g.add(fmt.Sprintf("PID_EXT own name and creation %d", v), ext(oldPid(own, 1, 2, v))).flag("own-node")
	}
	for _, v := range []int{0, 1, 255, 1<<32 - 1} {
		g.add(fmt.Sprintf("NEW_PID_EXT creation %d", v), ext(pid(foreign, 1, 2, v)))
	}
	for _, n := range notAtoms() {
		g.add("NEW_PID_EXT with "+n.name+" as its node", ext(pid(n.term, 1, 2, 3))).flag("field-type")
		g.add("PID_EXT with "+n.name+" as its node", ext(oldPid(n.term, 1, 2, 3))).flag("field-type")
	}
	g.add("a pid twice in a list, both encodings", ext(list(pid(foreign, 1, 2, 3), oldPid(foreign, 1, 2, 3))))
	g.add("pids as keys of an own and a foreign creation", ext(pairs(pid(own, 1, 2, 0), null, pid(own, 1, 2, 1), null))).flag("own-node")
	return g.specs
}

// named is a term with a name for it.
type named struct {
	name string
	term []byte
}

// notAtoms are terms where an atom must stand.
func notAtoms() []named {
	return []named{
		{"an integer", small(1)}, {"nil", null}, {"a binary", bin("a@b")}, {"a string", str("a@b")}, {"a thin list of an atom", thin(1, atom("a@b"))}, {"a tuple", tuple(atom("a@b"))}, {"a cached atom", tag(82, u8(0))},
		{"a pid", pid(foreign, 1, 2, 3)}, {"a float", float(1)}, {"a map", pairs()}, {"an atom of 256 letters", longAtom(strings.Repeat("n", 256))}, {"an atom of broken UTF-8", atom("a@\xc0\x80")},
	}
}

// portSpecs are about PORT_EXT, NEW_PORT_EXT and V4_PORT_EXT.
func portSpecs() []*Spec {
	g := &group{prefix: "port", provenance: ruleOf("ports"), flags: []string{"identity"}, policies: []string{"gencall"}}
	for _, v := range []int{0, 1, 1<<28 - 1, 1 << 28, 1<<32 - 1} {
		g.add(fmt.Sprintf("NEW_PORT_EXT foreign id %d", v), ext(port(foreign, v, 1)))
		g.add(fmt.Sprintf("PORT_EXT foreign id %d", v), ext(oldPort(foreign, v, 1)))
		g.add(fmt.Sprintf("NEW_PORT_EXT own id %d", v), ext(port(own, v, 0))).flag("own-node").policy("any")
		g.add(fmt.Sprintf("PORT_EXT own id %d", v), ext(oldPort(own, v, 0))).flag("own-node")
	}
	for _, v := range []uint64{0, 1<<28 - 1, 1 << 28, 1 << 32, 1<<53 + 1, math.MaxUint64} {
		g.add(fmt.Sprintf("V4_PORT_EXT foreign id %d", v), ext(v4Port(foreign, v, 1)))
		g.add(fmt.Sprintf("V4_PORT_EXT own id %d", v), ext(v4Port(own, v, 0))).flag("own-node").policy("any")
	}
	for _, v := range []int{0, 3, 4, 255} {
		g.add(fmt.Sprintf("PORT_EXT creation %d", v), ext(oldPort(foreign, 1, v)))
	}
	g.add("NEW_PORT_EXT creation 4294967295", ext(port(foreign, 1, 1<<32-1)))
	for _, n := range notAtoms() {
		g.add("PORT_EXT with "+n.name+" as its node", ext(oldPort(n.term, 1, 1))).flag("field-type")
		g.add("V4_PORT_EXT with "+n.name+" as its node", ext(v4Port(n.term, 1, 1))).flag("field-type")
	}
	return g.specs
}

// refSpecs are about REFERENCE_EXT, NEW_REFERENCE_EXT and NEWER_REFERENCE_EXT. A
// reference of no words is only begun here: a decoder has to refuse its count.
func refSpecs() []*Spec {
	g := &group{prefix: "reference", provenance: ruleOf("references"), flags: []string{"identity"}, policies: []string{"gencall"}}
	for n := 1; n <= 7; n++ {
		ws := []int{1, 2, 3, 4, 5, 6, 7}[:n]
		g.add(fmt.Sprintf("NEWER_REFERENCE_EXT of %d words", n), ext(ref(foreign, 1, ws...)))
		g.add(fmt.Sprintf("NEW_REFERENCE_EXT of %d words", n), ext(newRef(foreign, 1, ws...)))
		g.add(fmt.Sprintf("NEWER_REFERENCE_EXT own of %d words", n), ext(ref(own, 0, ws...))).flag("own-node").policy("any")
	}
	for _, t := range []int{90, 114} {
		g.add(fmt.Sprintf("tag %d with a count of 0, cut there", t), ext(tag(t, u16(0)))).flag("field-range").cut()
		g.add(fmt.Sprintf("tag %d with a count of 0, in a list, cut there", t), ext(tag(108, u32(1)), tag(t, u16(0)))).flag("field-range").cut()
		for _, n := range []int{6, 255, 256, 65535} {
			g.add(fmt.Sprintf("tag %d that claims %d words", t, n), ext(tag(t, u16(n), foreign, u32(1), u32(1)))).flag("claim")
		}
	}
	for _, v := range []int{0, 1<<18 - 1, 1 << 18, 1<<32 - 1} {
		g.add(fmt.Sprintf("REFERENCE_EXT id %d", v), ext(oldRef(foreign, v, 1)))
		g.add(fmt.Sprintf("NEW_REFERENCE_EXT first word %d", v), ext(newRef(foreign, 1, v, 1, 1)))
		g.add(fmt.Sprintf("NEWER_REFERENCE_EXT foreign first word %d", v), ext(ref(foreign, 1, v, 1, 1))).policy("any")
		g.add(fmt.Sprintf("NEWER_REFERENCE_EXT own first word %d", v), ext(ref(own, 0, v, 1, 1))).flag("own-node")
	}
	for _, v := range []int{0, 3, 4, 255} {
		g.add(fmt.Sprintf("REFERENCE_EXT creation %d", v), ext(oldRef(foreign, 1, v)))
		g.add(fmt.Sprintf("NEW_REFERENCE_EXT creation %d", v), ext(newRef(foreign, v, 1, 2, 3)))
	}
	g.add("NEWER_REFERENCE_EXT creation 4294967295", ext(ref(foreign, 1<<32-1, 1, 2, 3)))
	for _, n := range notAtoms() {
		g.add("NEWER_REFERENCE_EXT with "+n.name+" as its node", ext(ref(n.term, 1, 1, 2, 3))).flag("field-type")
		g.add("REFERENCE_EXT with "+n.name+" as its node", ext(oldRef(n.term, 1, 1))).flag("field-type")
	}
	g.add("references [1] and [1,0] as keys", ext(pairs(ref(foreign, 1, 1), null, ref(foreign, 1, 1, 0), null))).flag("short-reference").policy("any")
	g.add("references [1] in 101 and 114 as keys", ext(pairs(oldRef(foreign, 1, 1), null, newRef(foreign, 1, 1), null))).flag("short-reference").policy("any")
	g.add("a reference of one word as the only key", ext(pairs(ref(foreign, 1, 1), null))).policy("any")
	g.add("a reference of one word as one of two keys", ext(pairs(ref(foreign, 1, 1), null, small(1), null))).flag("short-reference").policy("any")
	g.add("a reference of one word in a tuple as a key", ext(pairs(tuple(oldRef(foreign, 1, 1)), null, small(1), null))).flag("short-reference").policy("any")
	g.add("NEWER_REFERENCE_EXT of an own name, another creation and 5 words", ext(ref(own, 7, 1, 2, 3, 4, 5))).flag("own-node")
	g.add("NEWER_REFERENCE_EXT own with words of all ones", ext(ref(own, 0, 1, 1<<32-1, 1<<32-1))).flag("own-node")
	return g.specs
}

// funSpecs are about NEW_FUN_EXT. What OTP 25 takes in place of a creator and
// later releases do not is only begun here.
func funSpecs() []*Spec {
	g := &group{prefix: "fun", provenance: ruleOf("local funs"), flags: []string{"code"}}
	env := func(terms ...[]byte) fun { return fun{env: terms} }
	g.add("of no variables", ext(fun{}.bytes()))
	g.add("of one variable", ext(env(small(1)).bytes()))
	g.add("of variables of every type", ext(env(small(1), float(1), atom("a"), tuple(null), pairs(null, null), str("s"), bin("b"), pid(foreign, 1, 2, 3)).bytes()))
	g.add("of 255 variables", ext(fun{env: [][]byte{copies(255, null)}, free: 255}.bytes()))
	g.add("in the variables of a fun", ext(env(env(small(1)).bytes()).bytes()))
	for _, n := range []int{256, 65536, 1<<31 - 1, 1<<32 - 1} {
		g.add(fmt.Sprintf("that claims %d variables", n), ext(fun{env: [][]byte{copies(256, null)}, free: n}.bytes())).flag("claim")
	}
	g.add("with a variable missing", ext(fun{env: [][]byte{small(1)}, free: 2}.bytes()))
	for _, n := range []int{1, 2, 1000, 1<<32 - 1} {
		g.add(fmt.Sprintf("whose size field says %d", n), ext(fun{size: n, env: [][]byte{small(1)}}.bytes())).flag("fun-size")
	}
	for _, n := range []int{1, 2, 255} {
		g.add(fmt.Sprintf("of arity %d", n), ext(fun{arity: n}.bytes()))
	}
	for _, n := range []int{1, 65536, 1<<32 - 1} {
		g.add(fmt.Sprintf("of index %d", n), ext(fun{index: n}.bytes()))
	}
	g.add("of the module erl_eval with an environment", ext(fun{arity: 1, module: atom("erl_eval"), env: [][]byte{tuple(null, atom("none"), atom("none"), null)}}.bytes()))
	for _, m := range notAtoms() {
		g.add("with "+m.name+" as its module", ext(fun{module: m.term}.bytes())).flag("field-type")
	}
	for _, f := range []named{
		{"0", small(0)}, {"255", small(255)}, {"-1 in 98", long(-1)}, {"2147483647 in 98", long(1<<31 - 1)}, {"7 in 110", smallBig(0, 7)}, {"7 in padded 111", largeBig(0, 7, 0, 0)},
		{"2^59-1", smallBig(0, 255, 255, 255, 255, 255, 255, 255, 7)}, {"2^59", smallBig(0, 0, 0, 0, 0, 0, 0, 0, 8)}, {"a float", float(7)}, {"an atom", atom("ok")}, {"a binary", bin("7")}, {"nil", null}, {"a tuple", tuple(small(7))},
	} {
		g.add("with old index "+f.name, ext(fun{oldIndex: f.term}.bytes())).policy("any")
		g.add("with old uniq "+f.name, ext(fun{oldUniq: f.term}.bytes())).policy("any")
	}
	g.add("with old index 7 in a thin list", ext(fun{oldIndex: thin(1, small(7))}.bytes())).flag("thin")
	g.add("with old uniq 7 in a thin list", ext(fun{oldUniq: thin(1, small(7))}.bytes())).flag("thin")
	g.add("of a module without a name", ext(fun{module: atom("")}.bytes()))
	g.add("of a module in Latin-1", ext(fun{module: latin1("lists")}.bytes()))
	nest := small(1)
	for range 10 {
		nest = fun{env: [][]byte{nest}}.bytes()
	}
	g.add("in ten funs, each in the variables of the next", ext(nest))
	for _, n := range []named{{"an old pid", oldPid(foreign, 1, 2, 3)}, {"an own pid", pid(own, 1, 2, 0)}, {"an own pid of an impossible number", pid(own, 1<<15, 0, 0)}} {
		g.add("with "+n.name+" as its creator", ext(fun{owner: n.term}.bytes()))
	}
	for _, n := range []named{{"an integer", small(1)}, {"an atom", atom("ok")}, {"nil", null}, {"a port", port(foreign, 1, 2)}, {"a reference", ref(foreign, 1, 1, 2, 3)}, {"a tuple", tuple()}} {
		g.add("with "+n.name+" as its creator, cut behind it", ext(fun{owner: n.term, free: 1}.bytes())).flag("field-type").cut()
	}
	return g.specs
}

// exportSpecs are about EXPORT_EXT.
func exportSpecs() []*Spec {
	g := &group{prefix: "export", provenance: ruleOf("external funs"), flags: []string{"code"}}
	m, f := atom("lists"), atom("map")
	for _, n := range []int{0, 1, 2, 255} {
		g.add(fmt.Sprintf("lists:map, arity %d", n), ext(export(m, f, small(n))))
	}
	for _, c := range []struct{ m, f string }{{"erlang", "halt"}, {"os", "cmd"}, {"corpus_nobody_has", "this_module"}, {"", ""}} {
		g.add(fmt.Sprintf("%s:%s, arity 0", c.m, c.f), ext(export(atom(c.m), atom(c.f), small(0))))
	}
	g.add("names in Latin-1", ext(export(latin1("lists"), longLatin1("map"), small(2))))
	for _, a := range []named{
		{"2 in 98", long(2)}, {"2 in 110", smallBig(0, 2)}, {"2 in padded 111", largeBig(0, 2, 0)}, {"256", long(256)}, {"258", long(258)}, {"2147483647", long(1<<31 - 1)}, {"2^32", smallBig(0, 0, 0, 0, 0, 1)}, {"2^59-1", smallBig(0, 255, 255, 255, 255, 255, 255, 255, 7)}, {"-1", long(-1)}, {"2^32 and 2", smallBig(0, 2, 0, 0, 0, 1)}, {"2^59", smallBig(0, 0, 0, 0, 0, 0, 0, 0, 8)},
		{"a float", float(2)}, {"an atom", atom("ok")}, {"a binary", bin("2")}, {"nil", null}, {"a tuple", tuple(small(2))}, {"2 in a thin list", thin(1, small(2))},
	} {
		g.add("arity "+a.name, ext(export(m, f, a.term))).policy("any").flag("field-range")
	}
	for _, n := range notAtoms() {
		g.add("with "+n.name+" as its module", ext(export(n.term, f, small(2)))).flag("field-type")
		g.add("with "+n.name+" as its function", ext(export(m, n.term, small(2)))).flag("field-type")
	}
	g.add("arity 2 and 2^32 and 2 as keys", ext(pairs(export(m, f, small(2)), null, export(m, f, smallBig(0, 2, 0, 0, 0, 1)), null))).flag("duplicate-key", "field-range")
	g.add("in a list of exports", ext(list(export(m, f, small(2)), export(m, atom("filter"), small(2)))))
	return g.specs
}
