package build

import "fmt"

// sampleSpecs are a term of each tag: alone, in every place, and cut.
func sampleSpecs() []*Spec {
	g := &group{prefix: "sample", provenance: ruleOf("every tag")}
	m, err := newMeter()
	if err != nil {
		panic(err) // configurations that are constants
	}
	for _, s := range samples() {
		alone := g.add(s.name, ext(s.term)).policy("default", "any")
		for _, f := range m.features(alone.Data) {
			alone.policy("without-" + f)
		}
		for _, p := range places() {
			g.add(s.name+", "+p.name, ext(p.in(s.term)))
		}
	}
	return g.specs
}

// cutSpecs are terms of each tag that end early.
func cutSpecs() []*Spec {
	g := &group{prefix: "cut", provenance: ruleOf("every length is checked"), flags: []string{"truncated"}}
	for _, s := range samples() {
		whole := ext(s.term)
		for n := 3; n < len(whole); n++ {
			g.add(fmt.Sprintf("%s behind %d of %d bytes", s.name, n, len(whole)), whole[:n:n])
		}
	}
	return g.specs
}

// nestedSpecs are faults in every place.
func nestedSpecs() []*Spec {
	g := &group{prefix: "nested", provenance: "rules: faults are found wherever they stand"}
	for _, f := range []struct {
		named
		flag string
	}{
		{named{"unknown tag 255", u8(255)}, ""}, {named{"unknown tag 0", u8(0)}, ""}, {named{"old fun", tag(117, u32(0))}, ""}, {named{"infinity", floatBits(0x7ff0 << 48)}, "not-finite"},
		{named{"text float without a point", text("15")}, ""}, {named{"text float that overflows", text("1.0e999")}, "not-finite"}, {named{"atom of bad UTF-8", atom("\xff")}, "utf8"},
		{named{"atom of 256 letters", longLatin1(string(copies(256, []byte("a"))))}, ""}, {named{"bitstring of 9 bits in a byte", bits(9, 1)}, "bit-count"}, {named{"bitstring of no bits in a byte", bits(0, 1)}, "bit-count"},
		{named{"pid of creation 4", oldPid(foreign, 1, 2, 4)}, "identity"}, {named{"port of a binary node", port(bin("a@b"), 1, 2)}, "identity"}, {named{"reference of 6 words", ref(foreign, 1, 1, 2, 3, 4, 5, 6)}, "identity"},
		{named{"export of arity -1", export(atom("lists"), atom("map"), long(-1))}, "code"}, {named{"binary that claims 4294967295 bytes", tag(109, u32(1<<32-1))}, "claim"},
		{named{"list that claims 4294967295 elements", tag(108, u32(1<<32-1))}, "claim"}, {named{"map with a key twice", pairs(small(1), null, long(1), null)}, "duplicate-key"},
	} {
		for _, p := range places() {
			s := g.add(f.name+", "+p.name, ext(p.in(f.term)))
			if f.flag != "" {
				s.flag(f.flag)
			}
		}
	}
	return g.specs
}

// bifSafeSpecs are about what the option [safe] of binary_to_term/2 looks at.
func bifSafeSpecs() []*Spec {
	g := &group{prefix: "option-safe", provenance: ruleOf("the option [safe]")}
	no := func(n int) []byte { return atom(fmt.Sprintf("corpus_unknown_%d", n)) }
	g.add("an unknown atom", ext(no(1)))
	g.add("an unknown atom in ATOM_EXT", ext(longLatin1("corpus_unknown_2")))
	g.add("an unknown atom in ATOM_UTF8_EXT", ext(longAtom("corpus_unknown_3")))
	g.add("an unknown atom in SMALL_ATOM_EXT", ext(latin1("corpus_unknown_4")))
	for i, p := range places() {
		g.add("an unknown atom, "+p.name, ext(p.in(no(10+i))))
	}
	g.add("an unknown node of a pid", ext(pid(no(20), 1, 2, 3))).flag("identity")
	g.add("an unknown node of a port", ext(port(no(21), 1, 2))).flag("identity")
	g.add("an unknown node of a reference", ext(ref(no(22), 1, 1, 2, 3))).flag("identity")
	g.add("an unknown module of a fun", ext(fun{module: no(23)}.bytes())).flag("code")
	g.add("an unknown atom in the variables of a fun", ext(fun{env: [][]byte{no(24)}}.bytes())).flag("code")
	g.add("an unknown module of an export", ext(export(no(25), atom("map"), small(2)))).flag("code")
	g.add("an unknown function of an export", ext(export(atom("lists"), no(26), small(2)))).flag("code")
	g.add("a function that is not exported", ext(export(atom("lists"), atom("ok"), small(2)))).flag("code")
	g.add("an arity that is not exported", ext(export(atom("lists"), atom("map"), small(77)))).flag("code")
	g.add("an export of a loaded module", ext(export(atom("erlang"), atom("self"), small(0)))).flag("code")
	g.add("a fun of a loaded module that has no such fun", ext(fun{index: 77, module: atom("lists")}.bytes())).flag("code")
	g.add("a fun of an atom that is no module", ext(fun{module: atom("true")}.bytes())).flag("code")
	g.add("an unknown atom behind the term", ext(small(1), no(27))).flag("trailing")
	g.add("an unknown atom behind a compressed term", cat(squeezed(small(1)), no(28))).flag("trailing", "compressed")
	g.add("an unknown atom in a compressed term", squeezed(no(29))).flag("compressed")
	g.add("an unknown atom in front of an unknown tag", ext(tuple(no(30), u8(255))))
	g.add("unknown atoms in front of a duplicate key", ext(list(no(31), pairs(small(1), null, small(1), null)))).flag("duplicate-key")
	g.add("known atoms only", ext(list(atom("ok"), atom("error"), atom("undefined"), atom("true"))))
	return g.specs
}
