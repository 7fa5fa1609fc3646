package build

import "fmt"

// tagSpecs are about the tag byte itself.
func tagSpecs() []*Spec {
	g := &group{prefix: "tag", provenance: ruleOf("tags")}
	for t := range 256 {
		if t == 106 { // complete, and under lists
			continue
		}
		g.add(fmt.Sprintf("%d alone", t), ext(u8(t)))
	}
	body := make([]byte, 40)
	for t := range 256 {
		if !knownTag(t) {
			g.add(fmt.Sprintf("%d with zeros behind", t), ext(u8(t), body))
		}
	}
	return g.specs
}

// knownTag tells the tags that can begin a term from outside, and those that are
// under refusedSpecs.
func knownTag(t int) bool {
	for _, s := range samples() {
		if s.tag == t {
			return true
		}
	}
	return refusedTags[t] != ""
}

// refusedTags are tags that OTP knows and that begin no term from outside.
var refusedTags = map[int]string{
	67: "RECORD_EXT", 68: "DIST_HEADER", 69: "DIST_FRAG_HEADER", 72: "HOPEFUL_DATA", 73: "ATOM_INTERNAL_REF2", 74: "BINARY_INTERNAL_REF",
	75: "ATOM_INTERNAL_REF3", 76: "BIT_BINARY_INTERNAL_REF", 78: "MAGIC_REF_INTERNAL_REF", 80: "COMPRESSED", 82: "ATOM_CACHE_REF", 117: "FUN_EXT", 121: "LOCAL_EXT",
}

// refusedSpecs are about those, in every place.
func refusedSpecs() []*Spec {
	g := &group{prefix: "refused-tag", provenance: ruleOf("internal, private and distribution tags")}
	bodies := []struct {
		tag   int
		rule  string
		body  []byte
		flags []string
	}{
		{67, "a record", cat(u32(1), u8(0), atom("lists"), atom("ok"), atom("value"), small(1)), []string{"newer-tag"}},
		{67, "a record without fields", cat(u32(0), u8(0), atom("lists"), atom("ok")), []string{"newer-tag"}},
		{68, "no atoms", cat(u8(0), small(1)), []string{"distribution"}},
		{68, "one atom", cat(u8(1), u8(0), u8(0), small(1)), []string{"distribution"}},
		{69, "a fragment", cat(u64(1), u64(2), u8(0), small(1)), []string{"distribution"}},
		{72, "data", make([]byte, 32), nil},
		{74, "pointers", make([]byte, 32), nil},
		{76, "pointers", make([]byte, 32), nil},
		{78, "pointers", make([]byte, 16), nil},
		{82, "index 0", u8(0), []string{"distribution"}},
		{117, "of no variables", cat(u32(0), pid(foreign, 1, 2, 3), atom("lists"), small(1), small(2)), nil},
		{121, "a hash and an integer", cat(u32(0x12345678), small(1)), []string{"newer-tag"}},
		{121, "a hash and a pid of no node", cat(u32(0x12345678), tag(88, null, u32(1), u32(2), u32(3))), []string{"newer-tag"}},
	}
	for _, b := range bodies {
		term := tag(b.tag, b.body)
		g.add(refusedTags[b.tag]+" "+b.rule, ext(term)).flag(b.flags...)
		for _, p := range places() {
			g.add(refusedTags[b.tag]+" "+b.rule+", "+p.name, ext(p.in(term))).flag(b.flags...)
		}
	}
	// The atom with that index in the table of this VM.
	for _, a := range []struct {
		rule string
		term []byte
	}{{"ATOM_INTERNAL_REF2 index 0", tag(73, u16(0))}, {"ATOM_INTERNAL_REF2 index 100", tag(73, u16(100))},
		{"ATOM_INTERNAL_REF3 index 0", tag(75, []byte{0, 0, 0})}, {"ATOM_INTERNAL_REF3 index 100", tag(75, []byte{0, 0, 100})}} {
		g.add(a.rule, ext(a.term)).flag("atom-index").wavers()
		for _, p := range places() {
			g.add(a.rule+", "+p.name, ext(p.in(a.term))).flag("atom-index").wavers()
		}
		g.add(a.rule+", node of a pid", ext(pid(a.term, 1, 2, 3))).flag("atom-index").wavers()
	}
	g.add("ATOM_INTERNAL_REF3 index 16777215", ext(tag(75, []byte{255, 255, 255}))).flag("atom-index")
	g.add("ATOM_INTERNAL_REF2 cut", ext(tag(73, u8(0)))).flag("truncated")
	g.add("ATOM_INTERNAL_REF3 cut", ext(tag(75, u16(0)))).flag("truncated")
	g.add("ATOM_CACHE_REF index 255, node of a pid", ext(pid(tag(82, u8(255)), 1, 2, 3))).flag("distribution")
	return g.specs
}
