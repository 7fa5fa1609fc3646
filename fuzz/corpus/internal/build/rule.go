package build

// rules are what the cases of a kind are about, in words: what OTP 25.2.3 does.
// Provenance tells it to whoever has nothing but the manifest.
var rules = map[string]string{
	"envelope":          "a payload is 131 and one term, or 131, 80 and a compressed one; bytes behind it are not looked at",
	"every tag":         "a term of each tag stands alone and in every place where a term may stand",
	"tags":              "a byte that is no tag is refused, and so is a tag with nothing behind it",
	"integers":          "97 is one byte, 98 four bytes with a sign; no form is preferred for a number",
	"big integers":      "digits lowest first, zeros above them are dropped, any sign byte but 0 is a minus, at most 4,194,296 of them",
	"floats":            "70 holds any finite number bit for bit; infinities and NaN are refused",
	"text floats":       "99 is sign, digits, point or comma, digits, exponent, NUL; too large is refused, too small is 0",
	"atoms":             "at most 255 characters, in Latin-1 or the shortest UTF-8 without surrogates; code points make the name",
	"binaries":          "the length is compared with the bytes that are left",
	"bitstrings":        "1 to 8 bits of the last byte count, or 0 where there is no byte; the others mean nothing",
	"tuples":            "104 and 105 of the same elements are equal; no size is too large",
	"lists and strings": "107 is a list of bytes; 108 has one term for a tail, of any type, and without elements it is that tail",
	"maps":              "keys in any order, none twice",
	"equality of keys":  "two keys are the same if =:= says so, in whatever form they came; one map with such keys refuses the payload",
	"pids":              "the node is any atom; creation up to 3 in 103; number below 2^15, serial below 2^13 if the node is the own one",
	"ports":             "the node is any atom; creation up to 3 in 102; below 2^28 if the node is the own one",
	"references":        "1 to 5 words; creation up to 3 and the first word below 2^18 in 101 and 114; at most 3 words of the own node",
	"local funs":        "the size field means nothing; at most 255 variables; old index and old uniq are small integers in any form",
	"external funs":     "module and function are atoms, the arity is a small integer in any form, 0 or more",
	"compressed terms":  "only behind 131; a zlib stream with its checksum and exactly as many bytes as are claimed; what is behind it does not count",

	"the option [safe]":                       "names that are no atoms yet and exports of what is not loaded are refused, nothing else",
	"every length is checked":                 "a term that ends early is refused before anything of it is made",
	"internal, private and distribution tags": "they begin no term from outside, but for 73 and 75, atoms by their index in that VM, and 121 and 67 on later releases",
}

// ruleOf is the provenance of the cases of a kind.
func ruleOf(kind string) string {
	text, ok := rules[kind]
	if !ok {
		panic("no rule of " + kind) // the kinds are constants
	}
	return "rules: " + kind + " (" + text + ")"
}
