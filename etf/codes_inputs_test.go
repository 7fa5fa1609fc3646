package etf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// secret stands in names, keys and payloads wherever it can: no error may
// repeat it.
const secret = "s3cr3t"

// refusals are the inputs of TestEveryCode.
func refusals() map[etf.Code][]refusal {
	table := malformedInputs()
	for _, more := range []map[etf.Code][]refusal{identityInputs(), zlibInputs(), rejectedInputs(), limitInputs()} {
		for code, cases := range more {
			table[code] = append(table[code], cases...)
		}
	}
	return table
}

// bare is a term refused at its own head; behind one refused inside a tuple,
// after a binary.
func bare(name string, term ...[]byte) refusal { return refusal{name: name, in: ext(term...), at: 1} }

func behind(name string, term ...[]byte) refusal {
	front := ext(raw(wire.TagSmallTuple, []byte{2}, bin(secret)))
	return refusal{name: name, in: cat(front, cat(term...)), at: int64(len(front)), path: "tuple[1]"}
}

// places are a bad head alone, in a tuple, in the tail of a list and as a key.
func places(name string, term ...[]byte) []refusal {
	tail := ext(head(1), atom(secret))
	return []refusal{
		bare(name, term...), behind(name+" in a tuple", term...),
		{name: name + " in a tail", in: cat(tail, cat(term...)), at: int64(len(tail)), path: "tail"},
		{name: name + " as a key", in: ext(maps(2), cat(term...), cat(copies(3, atom(secret))...)), at: 6, path: "key[0]"},
	}
}

func (r refusal) with(conf func(c *etf.Config)) refusal { r.conf = conf; return r }
func (r refusal) to(at int64, path string) refusal      { r.at, r.path = at, path; return r }

func release(n int) func(c *etf.Config) {
	return func(c *etf.Config) {
		if c.Release = n; n == 0 {
			c.Node = etf.Node{}
		}
	}
}

func malformedInputs() map[etf.Code][]refusal {
	tags := func(tags ...byte) (cases []refusal) {
		for _, tag := range tags {
			cases = append(cases, places(etf.Tag(tag).String(), raw(tag), make([]byte, 40))...)
		}
		return cases
	}
	texts := func(texts ...string) (cases []refusal) {
		for _, s := range texts {
			cases = append(cases, behind(s, textFloat(s)))
		}
		return cases
	}
	big := make([]byte, 4)
	binary.BigEndian.PutUint32(big, 4_194_297)
	return map[etf.Code][]refusal{
		etf.CodeVersion: {
			{name: "130", in: []byte{130, wire.TagNil}}, {name: "no version", in: small(1)}, {name: "zero", in: []byte{0}},
		},
		etf.CodeUnknownTag:      append(tags(0, 1, 66, 71, 79, 81, 83, 87, 91, 96, 122, 130, 132, 255), bare("version twice", ext(null)), bare("in an arity", export(atom("m"), atom("f"), unknown)).to(8, ""), bare("in a fun index", closure{oldIndex: unknown}.encode()).to(34, ""), bare("in a creator", closure{creator: unknown}.encode()).to(38, "")),
		etf.CodeInternalTag:     tags(72, 73, 74, 75, 76, 78),
		etf.CodeDistributionTag: tags(68, 69, 82),
		etf.CodeOldFun:          tags(117),
		etf.CodeLocalTag:        tags(121),
		etf.CodeRecordTag:       tags(67),
		etf.CodeNestedCompressed: {
			behind("in a tuple", squeeze(null)[1:]), behind("behind a thin list", head(0), squeeze(null)[1:]).to(19, "tuple[1]"),
			{name: "inside", in: squeeze(squeeze(null)[1:]), inside: true},
		},
		etf.CodeFloatNotFinite: {
			behind("NaN", float(math.NaN())), behind("infinity", float(math.Inf(1))), behind("minus infinity", float(math.Inf(-1))),
			behind("text", textFloat("1.0e309")), behind("negative text", textFloat("-1.8e308")), behind("long exponent", textFloat("1.0e99999999999999")),
			bare("a key", mapOf(float(math.NaN()), null)).to(6, "key[0]"),
		},
		etf.CodeFloatSyntax: texts("", "1", "1e5", ".5", "1.", "-", "+.1", "1.0e", "1.0e+", "1.0x", "1.0e5x", "--1.0", " 1.0", "1.0 ", "nan", "inf", "0x1.0", "1_0.0", "1.0.0", "1,0,0", "1;0", "s3cr3t",
			"/1.0", "1/.0", "1./0", "1.0/", "1.0e/5", "1.0e5/", ":1.0", "1:.0", "1.:0", "1.0:", "1.0e:5", "1.0e5:"), // beside 0 and 9
		etf.CodeFloatComma: texts("1,5", "-1,5e3"),
		etf.CodeFloatOpen:  texts(strings.Repeat("1", 29) + ".5"),
		etf.CodeAtomTooLong: {
			behind("256 letters", longAtom(strings.Repeat("x", 256))), behind("256 of Latin-1", longLatin1(strings.Repeat("x", 256))),
			behind("256 wide letters", longAtom(strings.Repeat("\u00e9", 256))), behind("1021 bytes", longAtom(strings.Repeat("x", 1021))),
			behind("only claimed", raw(wire.TagAtomUTF8, u16(65535))), behind("only claimed, Latin-1", raw(wire.TagAtom, u16(256))),
			behind("a node", newPid(longAtom(strings.Repeat("x", 256)), 1, 1, 1)), behind("a longer node", oldPort(longLatin1(strings.Repeat("x", 256)), 1, 1)),
		},
		etf.CodeAtomUTF8: {
			behind("latin-1 bytes", atom("s3cr3t\xe9")), behind("overlong", longAtom("\xc0\x80")), behind("surrogate", atom("\xed\xa0\x80")),
			behind("too high", atom("\xf4\x90\x80\x80")), behind("cut", atom("\xe4\xb8")), behind("a node", newPid(atom("\xff"), 1, 1, 1)),
			behind("a module", export(atom("\xff"), atom("f"), small(1))).to(15, "tuple[1]"), bare("a key", mapOf(atom("\xff"), null, null, null)).to(6, "key[0]"),
		},
		etf.CodeBigTooLarge: {
			behind("release 25", raw(wire.TagLargeBig, big, []byte{0})), bare("release 27", largeBig(false, make([]byte, 524_281)...)).with(release(27)),
			bare("any release", raw(wire.TagLargeBig, u32(524_281), []byte{0})).with(release(0)),
			bare("a field", closure{oldIndex: raw(wire.TagLargeBig, big, []byte{0})}.encode()).to(34, ""),
		},
		etf.CodeBits: {
			behind("no bytes, a bit", raw(wire.TagBitBinary, u32(0), []byte{1})), behind("no bytes, 8 bits", bits(8)), behind("no bits", bits(0, 1)),
			behind("9 bits", bits(9, 1)), behind("255 bits", bits(255, []byte(secret)...)), behind("only claimed", raw(wire.TagBitBinary, u32(9), []byte{9})),
		},
		etf.CodeTupleTooLarge: {behind("2^24", large(1<<24)), behind("2^32-1", large(math.MaxUint32))},
		etf.CodeMapTooLarge:   {behind("2^31", maps(1<<31)), behind("2^32-1", maps(math.MaxUint32))},
		etf.CodeDuplicateKey:  duplicateInputs(),
		etf.CodeTruncated:     truncatedInputs(),
		etf.CodeTrailing: {
			{name: "one byte", in: ext(null, []byte{0}), at: 2, only: wholeOnly}, {name: "a term", in: ext(null, ext(null)), at: 2, only: wholeOnly},
			{name: "behind zlib", in: cat(squeeze(null), []byte(secret)), at: int64(len(squeeze(null))), only: wholeOnly},
		},
	}
}

func wholeOnly(d driver, _ source) bool { return d.whole }

// duplicateInputs have two equal keys in different encodings; the second is at
// fault.
func duplicateInputs() (cases []refusal) {
	fill := bin(strings.Repeat(secret, 2_000))
	for name, pair := range map[string][2][]byte{
		"atoms": {atom(secret), atom(secret)}, "latin-1": {atom("\u00e9"), longLatin1("\u00e9")}, "small integers": {small(1), int32x(1)},
		"big and small": {smallBig(false, 1, 0, 0), small(1)}, "minus zero": {smallBig(true), small(0)}, "bigs": {smallBig(true, 1, 2, 3, 4, 5, 6, 7, 8, 9), largeBig(true, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0)},
		"floats": {float(1.5), textFloat("15.0e-1")}, "zeros": {float(0), float(math.Copysign(0, -1))},
		"nil and empty string": {null, str("")}, "string and list": {str("ab"), list(small('a'), int32x('b'))}, "pieces": {list(small(1), small(2), small(3)), pieces(pieces(pieces(null, small(3)), small(2)), small(1))},
		"improper": {pieces(small(3), small(1), small(2)), pieces(thin(2, pieces(small(3), small(2))), small(1))}, "improper tuples": {pieces(tuple(null), small(1)), pieces(largeTuple(str("")), small(1))},
		"tuples": {tuple(small(1), small(2)), largeTuple(small(1), small(2))}, "binaries": {bin(secret), bits(8, []byte(secret)...)}, "plain binaries": {bin(secret), bin(secret)}, "empty binaries": {bin(""), bin("")}, "binaries of a prefix": {bin("12345678\x00"), bin("12345678\x00")},
		"bits": {bits(3, 0xff), bits(3, 0xe0)}, "long bits": {bits(3, append(fill, 0xff)...), bits(3, append(fill, 0xe0)...)}, "long binaries": {fill, fill}, "long string": {str(string(fill[5:6_000])), str(string(fill[5:6_000]))}, "empty maps": {maps(0), maps(0)},
		"maps": {mapOf(atom("a"), null, atom("b"), small(1)), mapOf(atom("b"), small(1), atom("a"), str(""))}, "nested": {tuple(mapOf(list(float(0)), null)), tuple(mapOf(list(float(0)), null))},
		"pids": {newPid(self, 1, 2, 3), oldPid(latin1("n@h"), 1, 2, 3)}, "ports": {oldPort(self, 7, 1), v4Port(self, 7, 1)}, "new ports": {newPort(self, 7, 1), v4Port(longAtom("n@h"), 7, 1)},
		"references": {oldRef(self, 7, 1), newerRef(self, 1, 7)}, "zero words": {newerRef(self, 1, 7), newRef(self, 1, 7, 0, 0)}, "exports": {export(atom("m"), atom("f"), small(2)), export(latin1("m"), atom("f"), smallBig(false, 2))},
		"funs": {fun(small(1)), closure{env: copies(1, small(1)), arity: 9, uniq: 9, creator: newPid(atom("x"), 9, 9, 9)}.encode()},
	} {
		front := ext(maps(3), small(9), null, pair[0], null)
		cases = append(cases, refusal{name: name, in: cat(front, pair[1], null), at: int64(len(front)), path: "key[2]"})
		var many []byte
		for i := range 40 {
			many = append(many, cat(int32x(1000+i), null)...)
		}
		front = ext(maps(42), pair[0], null, many)
		cases = append(cases, refusal{name: name + " among many", in: cat(front, pair[1], null), at: int64(len(front)), path: "key[41]"})
	}
	for name, key := range map[string][]byte{"binary": bin("key"), "long binary": bin(strings.Repeat("k", 65)), "empty binary": bin(""), "atom": atom("key"), "float": float(1)} {
		sorted := ext(maps(3), bin(""), null, key, null)
		if name == "empty binary" {
			sorted = ext(maps(3), key, null)
		}
		n := int64(bytes.Count(sorted, null))
		cases = append(cases, refusal{name: "next to a " + name, in: cat(sorted, key, null), at: int64(len(sorted)), path: fmt.Sprintf("key[%d]", n)})
	}
	deep := ext(maps(2), small(1), maps(2), small(1), null, small(1), null)
	return append(cases,
		refusal{name: "in a value", in: cat(deep, small(2), null), at: 16, path: "value[0]/key[1]"},
		refusal{name: "in a key", in: ext(maps(1), mapOf(small(1), null, small(1), null), null), at: 14, path: "key[0]/key[1]"},
		refusal{name: "in a tail", in: ext(pieces(mapOf(small(1), null, small(1), null), small(1))), at: 16, path: "tail/key[1]"},
		refusal{name: "behind thin", in: ext(mapOf(small(1), null, thin(3, small(1)), null)), at: 24, path: "key[1]"})
}

// truncatedInputs are all terms, cut at each byte.
func truncatedInputs() (cases []refusal) {
	for name, term := range everyTerm() {
		if len(term) > 100 {
			continue
		}
		in := ext(term)
		for n := 1; n < len(in); n++ {
			cases = append(cases, refusal{name: name, in: in[:n:n], at: int64(n), path: anyPath})
		}
	}
	return append(cases, refusal{name: "long", in: ext(tuple(null, bin(strings.Repeat("x", 9_000))))[:8_000], at: 8_000, path: "tuple[1]"},
		refusal{name: "only a claim", in: ext(raw(wire.TagLargeTuple, u32(1<<24-1))), at: 6, path: "tuple[0]"},
		refusal{name: "claims in claims", in: ext(cat(copies(9, head(math.MaxUint32))...)), at: 46, path: strings.Repeat("list[0]/", 8) + "list[0]"})
}

// anyPath is for refusals whose path is tested elsewhere.
const anyPath = "any"

func zlibInputs() map[etf.Code][]refusal {
	stream := deflate(str(secret))
	n := int64(len(str(secret)))
	broken := bytes.Clone(stream)
	broken[3] ^= 0xff
	sum := bytes.Clone(stream)
	sum[len(sum)-1] ^= 1
	var dict bytes.Buffer
	z, _ := zlib.NewWriterLevelDict(&dict, 9, []byte(secret))
	z.Write(str(secret))
	z.Close()
	begins := func(a, b byte) []byte { return cat([]byte{a, b}, stream[2:]) }
	tail := int64(6 + len(stream) - 4)
	return map[etf.Code][]refusal{
		etf.CodeZlibHeader: {
			{name: "raw deflate", in: packed(n, stream[2:]), at: 6}, {name: "gzip", in: packed(n, []byte{0x1f, 0x8b, 8, 0}), at: 6},
			{name: "check bits", in: packed(n, begins(0x78, 0x9d)), at: 6}, {name: "window of 64 K", in: packed(n, begins(0x88, 0x1c)), at: 6}, {name: "method 7", in: packed(n, begins(0x77, 0x85)), at: 6},
		},
		etf.CodeZlibDictionary:   {{name: "preset", in: packed(n, dict.Bytes()), at: 6}},
		etf.CodeZlibData:         {{name: "broken", in: packed(n, broken), at: anyOffset, path: anyPath}, {name: "no blocks", in: packed(n, []byte{0x78, 0x9c, 0xff, 0xff}), at: anyOffset}},
		etf.CodeZlibChecksum:     {{name: "last byte", in: packed(n, sum), at: tail}},
		etf.CodeInflatedSize:     {{name: "too small", in: packed(n-1, stream), at: n - 1, inside: true}, {name: "too large", in: packed(n+1, stream), at: n, inside: true}, {name: "zero", in: packed(0, stream), inside: true}, {name: "too large for a cut term", in: packed(30, deflate(cat(head(9), null))), at: 6, inside: true, path: "list[1]"}, {name: "less than a binary", in: packed(9, deflate(bin("12345678"))), at: anyOffset, inside: true}},
		etf.CodeInflatedTrailing: {{name: "one byte", in: squeeze(cat(null, []byte{0})), at: 1, inside: true}, {name: "a term", in: squeeze(cat(str(secret), ext(null))), at: n, inside: true}},
		etf.CodeTruncated: {
			{name: "checksum", in: packed(n, stream[:len(stream)-1]), at: int64(5 + len(stream))}, {name: "no checksum", in: packed(n, stream[:len(stream)-4]), at: tail},
			{name: "stream", in: packed(n, stream[:7]), at: 13, path: anyPath}, {name: "no stream", in: packed(n, nil), at: 6}, {name: "no size", in: packed(n, nil)[:4], at: 4},
		},
	}
}

// anyOffset is for refusals where flate decides on the offset.
const anyOffset = -1

func limitInputs() map[etf.Code][]refusal {
	table := map[etf.Code][]refusal{}
	codes := etf.Codes()
	first := 0
	for codes[first] != etf.CodeLimitBytes {
		first++
	}
	for i, name := range limits.Names() {
		c := capCases()[name][0]
		table[codes[first+i]] = []refusal{{
			name: c.name, in: c.in, at: anyOffset, path: anyPath, only: c.only, budget: c.budget,
			conf: func(conf *etf.Config) {
				if c.conf != nil {
					c.conf(conf)
				}
				conf.Limits.Set(name, limits.None)
			},
		}}
	}
	table[etf.CodeLimitAtomBudget] = []refusal{
		behind("empty", atom(secret)), behind("one left", tuple(atom(secret), atom("a"))).to(24, "tuple[1]/tuple[1]"),
		behind("a node", newPid(atom(secret), 1, 1, 1)), bare("a key", mapOf(atom(secret), null, small(1), null)).to(6, "key[0]"),
	}
	for i := range table[etf.CodeLimitAtomBudget] {
		r := &table[etf.CodeLimitAtomBudget][i]
		r.only = func(d driver, _ source) bool { return !d.spendsNothing() }
		left := int64(strings.Count(r.name, "one left"))
		r.budget = func() limits.Budget { return limits.NewAtomBudget(left) }
	}
	return table
}
