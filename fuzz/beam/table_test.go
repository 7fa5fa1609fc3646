package beam

import "encoding/hex"

// row is a payload with what OTP 25 makes of it. safe is the outcome under
// [safe], the same as plain where left out; words, canon and print hold for
// accepted payloads only, and a negative number of words is one that differs
// between releases.
type row struct {
	name  string
	hex   string
	plain Outcome
	safe  Outcome
	used  int64
	words int64
	canon string
	print string
	leaf  bool // serves as a seed for leaf payloads
}

func (r row) safely() Outcome { return or(r.safe, r.plain) }

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// table stands for the whole format: each kind of term, each kind of refusal.
// It is small because its subject is the judge, not the BEAM.
var table = []row{
	{name: "empty", hex: "", plain: Rejected},
	{name: "version only", hex: "83", plain: Rejected},
	{name: "wrong version", hex: "846101", plain: Rejected},
	{name: "unknown tag", hex: "8300", plain: Rejected},

	{name: "byte", hex: "8361ff", plain: Accepted, used: 3, canon: "8361ff", print: "255", leaf: true},
	{name: "trailing bytes", hex: "836101deadbeef", plain: Accepted, used: 3, canon: "836101", print: "1"},
	{name: "negative", hex: "8362ffffffff", plain: Accepted, used: 6, canon: "8362ffffffff", print: "-1", leaf: true},
	{name: "integer, not minimal", hex: "836200000001", plain: Accepted, used: 6, canon: "836101", print: "1", leaf: true},
	{name: "integer cut", hex: "8362000000", plain: Rejected},
	{name: "largest small", hex: "836e0800ffffffffffffff07", plain: Accepted, used: 12, canon: "836e0800ffffffffffffff07", print: "576460752303423487", leaf: true},
	{name: "smallest big", hex: "836e08000000000000000008", plain: Accepted, used: 12, words: 2, canon: "836e08000000000000000008", print: "576460752303423488", leaf: true},
	{name: "big, zero padded", hex: "836f00000003010500000000", plain: Accepted, used: 10, canon: "8362fffffffb", print: "-5", leaf: true},

	{name: "float", hex: "83463ff8000000000000", plain: Accepted, used: 10, words: 2, canon: "83463ff8000000000000", print: "1.5", leaf: true},
	{name: "minus zero", hex: "83468000000000000000", plain: Accepted, used: 10, words: 2, canon: "83468000000000000000", print: "-0.0", leaf: true},
	{name: "infinity", hex: "83467ff0000000000000", plain: Rejected},
	{name: "text float", hex: "8363" + "312e35" + zeros28, plain: Accepted, used: 33, words: 2, canon: "83463ff8000000000000", print: "1.5"},

	{name: "atom", hex: "83770474727565", plain: Accepted, used: 7, canon: "83770474727565", print: "true", leaf: true},
	{name: "Latin-1 atom", hex: "83640005" + "66616c7365", plain: Accepted, used: 9, canon: "83770566616c7365", print: "false", leaf: true},
	{name: "new atom", hex: "837710" + "6265616d5f6e65775f61746f6d5f3141", plain: Accepted, safe: Rejected, used: 19, canon: "837710" + "6265616d5f6e65775f61746f6d5f3141", print: "beam_new_atom_1A"},
	{name: "atom, overlong UTF-8", hex: "837702c080", plain: Rejected},

	{name: "nil", hex: "836a", plain: Accepted, used: 2, canon: "836a", print: "[]"},
	{name: "string", hex: "836b0003010203", plain: Accepted, used: 7, words: 6, canon: "836b0003010203", print: "[1,2,3]", leaf: true},
	{name: "text", hex: "836b00026869", plain: Accepted, used: 6, words: 4, canon: "836b00026869", print: `"hi"`, leaf: true},
	{name: "list", hex: "836c00000002610177026f6b6a", plain: Accepted, used: 13, words: 4, canon: "836c00000002610177026f6b6a", print: "[1,ok]"},
	{name: "improper list", hex: "836c0000000161016102", plain: Accepted, used: 10, words: 2, canon: "836c0000000161016102", print: "[1|2]"},
	{name: "list without tail", hex: "836c000000016101", plain: Rejected},
	{name: "list too long for its bytes", hex: "836cffffffff6a", plain: Rejected},

	{name: "empty tuple", hex: "836800", plain: Accepted, used: 3, canon: "836800", print: "{}", leaf: true},
	{name: "tuple", hex: "8368026101836a", plain: Rejected},
	{name: "pair", hex: "8368026101" + "6a", plain: Accepted, used: 6, words: 3, canon: "83680261016a", print: "{1,[]}"},
	{name: "large tuple, small", hex: "836900000001" + "6105", plain: Accepted, used: 8, words: 2, canon: "8368016105", print: "{5}"},

	{name: "binary", hex: "836d00000003fffe00", plain: Accepted, used: 9, words: 3, canon: "836d00000003fffe00", print: "<<255,254,0>>", leaf: true},
	{name: "binary off the heap", hex: "836d00000041" + bytes65, plain: Accepted, used: 71, words: -1, canon: "836d00000041" + bytes65},
	{name: "binary cut", hex: "836d00000003fffe", plain: Rejected},
	{name: "bits", hex: "834d0000000203ff80", plain: Accepted, used: 9, words: -1, canon: "834d0000000203ff80", print: "<<255,4:3>>", leaf: true},
	{name: "nine bits in a byte", hex: "834d0000000109ff", plain: Rejected},

	{name: "empty map", hex: "837400000000", plain: Accepted, used: 6, words: 3, canon: "837400000000", print: "#{}", leaf: true},
	{name: "map", hex: "837400000002" + "6102" + "6a" + "6101" + "6a", plain: Accepted, used: 12, words: 8, canon: "837400000002" + "6101" + "6a" + "6102" + "6a", print: "#{1 => [],2 => []}"},
	{name: "map, key twice", hex: "837400000002" + "6101" + "6a" + "6200000001" + "6a", plain: Rejected},

	{name: "pid of another node", hex: "8358" + elsewhere + "00000001" + "00000002" + "00000003", plain: Accepted, used: 18, words: 4, canon: "8358" + elsewhere + "00000001" + "00000002" + "00000003", leaf: true},
	{name: "own pid", hex: "8358" + ownNode + "00000000" + "00000000" + "00000000", plain: Accepted, used: 29, canon: "8358" + ownNode + "00000000" + "00000000" + "00000000", print: "<0.0.0>", leaf: true},
	{name: "own pid out of range", hex: "8358" + ownNode + "ffffffff" + "00000000" + "00000000", plain: Rejected},
	{name: "old pid, creation", hex: "8367" + elsewhere + "00000001" + "00000002" + "04", plain: Rejected},
	{name: "port of another node", hex: "8378" + elsewhere + "0000000000000001" + "00000003", plain: Accepted, used: 18, words: 4, canon: "8359" + elsewhere + "00000001" + "00000003", leaf: true},
	{name: "reference of another node", hex: "835a0003" + elsewhere + "00000003" + "00000001" + "00000002" + "00000003", plain: Accepted, used: 24, words: 5, canon: "835a0003" + elsewhere + "00000003" + "00000001" + "00000002" + "00000003", leaf: true},

	{name: "export", hex: "8371" + "77056c69737473" + "77036d6170" + "6102", plain: Accepted, used: 16, words: -1, canon: "8371" + "77056c69737473" + "77036d6170" + "6102", print: "fun lists:map/2"},
	{name: "export that is not there", hex: "8371" + "77056c69737473" + "77036d6170" + "6109", plain: Accepted, safe: Rejected, used: 16, words: -1, canon: "8371" + "77056c69737473" + "77036d6170" + "6109", print: "fun lists:map/9"},

	{name: "compressed", hex: "835000000002" + zlib6101 + "ff", plain: Accepted, used: 16, canon: "836101", print: "1"},
	{name: "compressed, wrong size", hex: "835000000003" + zlib6101, plain: Rejected},
	{name: "compressed, wrong checksum", hex: "835000000002" + zlib6101[:18] + "00", plain: Rejected},
}

const (
	zeros28 = "00000000000000000000000000000000000000000000000000000000"
	bytes65 = "ff" + "00000000000000000000000000000000" + "00000000000000000000000000000000" +
		"00000000000000000000000000000000" + "00000000000000000000000000000000"
	elsewhere = "7702" + "6f6b" // a node called ok: any atom will do
	ownNode   = "770d" + "6e6f6e6f6465406e6f686f7374"
	zlib6101  = "789c4b64040000c50063"
)
