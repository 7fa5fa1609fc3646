package build

import (
	"encoding/hex"
	"strings"
)

// foundSpecs are payloads in which tests and fuzzing of this library have found a
// bug once, made small.
func foundSpecs() []*Spec {
	g := &group{prefix: "found", provenance: "found by fuzz/targets"}
	for _, f := range []struct{ rule, hex string }{
		{"an unknown tag in front of 300 zeros", "8301" + strings.Repeat("00", 300)},
		{"an unknown tag as the first of 229 elements", "836c000000e501" + strings.Repeat("6a", 260)},
		{"two bytes behind a zlib stream", "8350000000097801723bfd7aa9ca8dbb772d00010000ffff1bbf059000"},
		{"a fun with an own creator and bytes behind", "83700000000000000000000000000000000000000000000000000000000000770500000000006200000000610058770d6e6f6e6f6465406e6f686f7374000000000000000000000000"},
		{"a port of an empty node name", "835977000000000000000000"},
		{"a map of 97 keys that begins with a bitstring", "8374000000614d000000010100"},
		{"bitstrings of one bit as keys", "8374000000024d0000000101806a4d0000000101006a"},
		{"lists as keys", "8374000000026c0000000161016a680161026a6a"},
		{"a small integer in one digit 0", "836e010000"},
		{"an atom of 256 letters without a letter", "83640100"},
		{"a reference of one word as the only key", "8374000000016573016e00000001006a"},
	} {
		b, err := hex.DecodeString(f.hex)
		if err != nil {
			panic(err) // constants
		}
		g.add(f.rule, b)
	}
	return g.specs
}
