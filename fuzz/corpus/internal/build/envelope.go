package build

// envelopeSpecs are about what stands around the term.
func envelopeSpecs() []*Spec {
	g := &group{prefix: "envelope", provenance: ruleOf("envelope")}
	g.add("empty input", nil)
	g.add("version byte only", ext())
	for _, v := range []int{0, 1, 97, 106, 128, 129, 130, 132, 255} {
		g.add("version byte "+itoa(v), cat(u8(v), small(1)))
	}
	g.add("no version byte, a term", small(1))
	g.add("no version byte, nil", null)
	g.add("version byte twice", ext(u8(131), small(1)))
	g.add("version byte as an element", ext(tuple(u8(131), small(1))))
	g.add("version byte as a tail", ext(cells(u8(131), small(1))))
	g.add("version byte in a zlib stream", squeezed(ext(small(1))))
	g.add("text instead of a term", []byte("{\"a\": 1}\n"))
	g.add("base64 of a term", []byte("g2EB"))
	for _, b := range []struct {
		name string
		tail []byte
	}{
		{"a zero", u8(0)}, {"a line feed", []byte("\n")}, {"a second payload", ext(small(2))}, {"a second term", small(2)},
		{"an unknown tag", u8(255)}, {"an atom nobody knows", atom("beamgate_nobody_knows_this")},
	} {
		g.add("behind an integer "+b.name, ext(small(1), b.tail)).flag("trailing")
		g.add("behind a map "+b.name, ext(pairs(atom("ok"), small(1)), b.tail)).flag("trailing")
	}
	return g.specs
}
