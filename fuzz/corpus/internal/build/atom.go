package build

import "strings"

// atomSpecs are about the four encodings of atoms.
func atomSpecs() []*Spec {
	g := &group{prefix: "atom", provenance: ruleOf("atoms")}
	for _, name := range []string{"ok", "true", "false", "nil", "undefined", "Elixir.Enum", "a@b", "with space", "UPPER", "a.b.c", "42"} {
		for _, e := range encodings {
			g.add(e.name+" "+name, ext(e.of(name)))
		}
	}
	for _, c := range []struct{ name, s string }{
		{"an embedded NUL", "x\x00y"}, {"a quote", "'"}, {"a backslash", "a\\b"}, {"a line feed", "\n"}, {"brackets", "[]"}, {"a dash", "-"}, {"an escape", "\x1b[0m"},
	} {
		g.add("SMALL_ATOM_EXT with "+c.name, ext(latin1(c.s)))
		g.add("SMALL_ATOM_UTF8_EXT with "+c.name, ext(atom(c.s)))
	}
	for _, e := range encodings {
		g.add(e.name+" of no characters", ext(e.of(""))).policy("without-empty-atom")
		g.add(e.name+" of 255 letters", ext(e.of(strings.Repeat("a", 255))))
		g.add(e.name+" of one NUL", ext(e.of("\x00")))
	}
	g.add("ATOM_EXT of 256 letters", ext(longLatin1(strings.Repeat("a", 256))))
	g.add("ATOM_EXT that claims 65535 letters", ext(tag(100, u16(65535), []byte("abc")))).flag("claim")
	g.add("ATOM_EXT of all of Latin-1 above ASCII", ext(longLatin1(allBytes(128))))
	g.add("SMALL_ATOM_EXT of Latin-1", ext(latin1("\xe9\xff")))
	g.add("SMALL_ATOM_EXT whose bytes are UTF-8", ext(latin1("\u00e9")))
	g.add("SMALL_ATOM_EXT of C1 controls", ext(latin1("\x80\x9f")))
	for _, c := range []struct{ name, s string }{
		{"two bytes a character", "\u00e9"}, {"three bytes a character", "\u65e5\u672c"}, {"four bytes a character", "\U0001f600"}, {"a decomposed character", "e\u0301"},
		{"a byte order mark", "\ufeff"}, {"a noncharacter U+FFFE", "\ufffe"}, {"a noncharacter U+FFFF", "\uffff"}, {"a noncharacter U+FDD0", "\ufdd0"},
		{"the last character U+10FFFF", "\U0010ffff"}, {"the replacement character", "\ufffd"}, {"a bidirectional override", "\u202e"}, {"the last before surrogates", "\ud7ff"},
		{"the first behind surrogates", "\ue000"}, {"an unassigned character", "\U000e0080"}, {"the first of two bytes", "\u0080"}, {"the first of three bytes", "\u0800"}, {"the first of four bytes", "\U00010000"},
	} {
		g.add("SMALL_ATOM_UTF8_EXT with "+c.name, ext(atom(c.s)))
		g.add("ATOM_UTF8_EXT with "+c.name, ext(longAtom(c.s)))
	}
	for _, c := range []struct {
		name string
		s    string
	}{
		{"255 characters of 1 byte", strings.Repeat("a", 255)}, {"255 characters of 2 bytes", strings.Repeat("\u00e9", 255)},
		{"255 characters of 3 bytes", strings.Repeat("\u65e5", 255)}, {"255 characters of 4 bytes", strings.Repeat("\U0001f600", 255)},
		{"256 characters of 1 byte", strings.Repeat("a", 256)}, {"256 characters of 2 bytes", strings.Repeat("\u00e9", 256)},
		{"256 characters of 4 bytes", strings.Repeat("\U0001f600", 256)}, {"1021 bytes", strings.Repeat("a", 1021)}, {"340 characters of 3 bytes", strings.Repeat("\u65e5", 340)},
	} {
		g.add("ATOM_UTF8_EXT of "+c.name, ext(longAtom(c.s)))
	}
	g.add("SMALL_ATOM_UTF8_EXT of 127 characters of 2 bytes", ext(atom(strings.Repeat("\u00e9", 127))))
	g.add("ATOM_UTF8_EXT that claims 65535 bytes", ext(tag(118, u16(65535), []byte("abc")))).flag("claim")
	for _, c := range brokenUTF8 {
		g.add("SMALL_ATOM_UTF8_EXT with "+c.name, ext(atom(c.s))).flag("utf8")
		g.add("ATOM_UTF8_EXT with "+c.name+", as a key", ext(pairs(longAtom(c.s), small(1)))).flag("utf8")
	}
	g.add("the same name in four encodings", ext(list(atom("ok"), longAtom("ok"), latin1("ok"), longLatin1("ok"))))
	g.add("the same name beyond ASCII in four encodings", ext(list(atom("\u00e9"), longAtom("\u00e9"), latin1("\xe9"), longLatin1("\xe9"))))
	return g.specs
}

// encodings are the four ways to write an atom of ASCII.
var encodings = []struct {
	name string
	of   func(string) []byte
}{
	{"ATOM_EXT", longLatin1}, {"SMALL_ATOM_EXT", latin1}, {"ATOM_UTF8_EXT", longAtom}, {"SMALL_ATOM_UTF8_EXT", atom},
}

// allBytes are the bytes from first on.
func allBytes(first int) string {
	var b strings.Builder
	for c := first; c < 256; c++ {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// brokenUTF8 breaks one rule of UTF-8 each.
var brokenUTF8 = []struct{ name, s string }{
	{"a byte of Latin-1", "caf\xe9"}, {"a lone continuation byte", "\x80"}, {"two continuation bytes", "\xbf\xbf"}, {"a start byte only", "\xc3"},
	{"two of three bytes", "\xe6\x97"}, {"three of four bytes", "\xf0\x9f\x98"}, {"NUL in two bytes", "\xc0\x80"}, {"a slash in two bytes", "\xc0\xaf"},
	{"a letter in two bytes", "\xc1\xa1"}, {"two-byte character in three bytes", "\xe0\x83\xa9"}, {"three-byte character in four bytes", "\xf0\x82\x82\xac"},
	{"a high surrogate", "\xed\xa0\x80"}, {"a low surrogate", "\xed\xbf\xbf"}, {"a pair of surrogates", "\xed\xa0\xbd\xed\xb8\x80"}, {"U+110000", "\xf4\x90\x80\x80"},
	{"a start byte F5", "\xf5\x80\x80\x80"}, {"five bytes", "\xf8\x88\x80\x80\x80"}, {"six bytes", "\xfc\x84\x80\x80\x80\x80"}, {"a byte FE", "\xfe"}, {"a byte FF", "\xff"},
	{"a good character in front of a bad one", "ok\u00e9\xff"}, {"a start byte in place of a continuation", "\xc3\xc3\xa9"},
}
