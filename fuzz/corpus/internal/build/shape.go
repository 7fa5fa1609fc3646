package build

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// The shapes of the format, each a function that writes one term or a piece of
// one. They share no code with the decoders that the corpus judges.

var be = binary.BigEndian

func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

func u8(v int) []byte     { return []byte{byte(v)} }
func u16(v int) []byte    { return be.AppendUint16(nil, uint16(v)) }
func u32(v int) []byte    { return be.AppendUint32(nil, uint32(v)) }
func u64(v uint64) []byte { return be.AppendUint64(nil, v) }

// ext puts the version byte in front.
func ext(parts ...[]byte) []byte { return append([]byte{131}, cat(parts...)...) }

func tag(t int, parts ...[]byte) []byte { return append(u8(t), cat(parts...)...) }

func small(v int) []byte { return []byte{97, byte(v)} }
func long(v int) []byte  { return tag(98, u32(v)) }

func smallBig(sign int, digits ...byte) []byte {
	return tag(110, u8(len(digits)), u8(sign), digits)
}

func largeBig(sign int, digits ...byte) []byte {
	return tag(111, u32(len(digits)), u8(sign), digits)
}

func float(v float64) []byte        { return tag(70, u64(math.Float64bits(v))) }
func floatBits(v uint64) []byte     { return tag(70, u64(v)) }
func text(s string) []byte          { return tag(99, padded(s, 31)) }
func padded(s string, n int) []byte { return append([]byte(s), make([]byte, n-len(s))...) }

func atom(s string) []byte       { return tag(119, u8(len(s)), []byte(s)) }
func longAtom(s string) []byte   { return tag(118, u16(len(s)), []byte(s)) }
func latin1(s string) []byte     { return tag(115, u8(len(s)), []byte(s)) }
func longLatin1(s string) []byte { return tag(100, u16(len(s)), []byte(s)) }

func bin(s string) []byte                { return tag(109, u32(len(s)), []byte(s)) }
func bits(last int, data ...byte) []byte { return tag(77, u32(len(data)), u8(last), data) }

var null = u8(106)

func str(s string) []byte { return tag(107, u16(len(s)), []byte(s)) }

func list(elems ...[]byte) []byte { return cells(null, elems...) }

// cells is a LIST_EXT with the tail given.
func cells(tail []byte, elems ...[]byte) []byte {
	return tag(108, u32(len(elems)), cat(elems...), tail)
}

// thin is n lists of no elements around a term, which they are.
func thin(n int, t []byte) []byte {
	return append([]byte(strings.Repeat("\x6c\x00\x00\x00\x00", n)), t...)
}

func tuple(elems ...[]byte) []byte { return tag(104, u8(len(elems)), cat(elems...)) }
func large(elems ...[]byte) []byte { return tag(105, u32(len(elems)), cat(elems...)) }

// pairs is a map of keys and values in turn.
func pairs(kv ...[]byte) []byte { return tag(116, u32(len(kv)/2), cat(kv...)) }

func pid(node []byte, num, serial, creation int) []byte {
	return tag(88, node, u32(num), u32(serial), u32(creation))
}

func oldPid(node []byte, num, serial, creation int) []byte {
	return tag(103, node, u32(num), u32(serial), u8(creation))
}

func port(node []byte, id, creation int) []byte    { return tag(89, node, u32(id), u32(creation)) }
func oldPort(node []byte, id, creation int) []byte { return tag(102, node, u32(id), u8(creation)) }
func v4Port(node []byte, id uint64, creation int) []byte {
	return tag(120, node, u64(id), u32(creation))
}

func words(ws []int) (b []byte) {
	for _, w := range ws {
		b = append(b, u32(w)...)
	}
	return b
}

func ref(node []byte, creation int, ws ...int) []byte {
	return tag(90, u16(len(ws)), node, u32(creation), words(ws))
}

func newRef(node []byte, creation int, ws ...int) []byte {
	return tag(114, u16(len(ws)), node, u8(creation), words(ws))
}

func oldRef(node []byte, id, creation int) []byte { return tag(101, node, u32(id), u8(creation)) }

func export(module, function, arity []byte) []byte { return tag(113, module, function, arity) }

// fun is a closure whose fields can be changed one by one.
type fun struct {
	size, arity, uniq, index         int
	free                             int // number claimed; that of env if 0
	module, oldIndex, oldUniq, owner []byte
	env                              [][]byte
}

func (f fun) bytes() []byte {
	def := func(b, otherwise []byte) []byte {
		if b == nil {
			return otherwise
		}
		return b
	}
	free := f.free
	if free == 0 {
		free = len(f.env)
	}
	body := cat(u8(f.arity), make([]byte, 15), u8(f.uniq), u32(f.index), u32(free), def(f.module, atom("lists")),
		def(f.oldIndex, small(1)), def(f.oldUniq, small(2)), def(f.owner, pid(atom("a@b"), 1, 2, 3)), cat(f.env...))
	size := f.size
	if size == 0 {
		size = len(body) + 4
	}
	return tag(112, u32(size), body)
}

// own and foreign name the node that judges, and another one.
var (
	own     = atom("nonode@nohost")
	foreign = atom("a@b")
)

// sample is a term of each tag, by the name of the tag.
type sample struct {
	name string
	tag  int
	term []byte
}

// samples are well-formed terms that OTP 25 accepts, one or more of each tag.
func samples() []sample {
	s := func(name string, term []byte) sample { return sample{name, int(term[0]), term} }
	return []sample{
		s("small-integer", small(7)), s("integer", long(-7)), s("small-big", smallBig(1, 1, 2, 3, 4, 5, 6, 7, 8, 9)),
		s("large-big", largeBig(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)), s("new-float", float(1.5)), s("float", text("1.5")),
		s("atom", longLatin1("ok")), s("small-atom", latin1("ok")), s("atom-utf8", longAtom("ok")), s("small-atom-utf8", atom("ok")),
		s("new-pid", pid(foreign, 1, 2, 3)), s("pid", oldPid(foreign, 1, 2, 3)),
		s("new-port", port(foreign, 1, 3)), s("port", oldPort(foreign, 1, 3)), s("v4-port", v4Port(foreign, 1<<33, 3)),
		s("newer-reference", ref(foreign, 9, 1, 2, 3)), s("new-reference", newRef(foreign, 2, 1, 2)), s("reference", oldRef(foreign, 1, 2)),
		s("nil", null), s("list", list(small(1), small(2))), s("improper-list", cells(small(3), small(1), small(2))),
		s("thin-list", thin(2, small(2))), s("string", str("some text")), s("small-tuple", tuple(small(1), atom("ok"))),
		s("large-tuple", large(small(1), atom("ok"))), s("map", pairs(atom("ok"), small(1), bin("b"), small(2))),
		s("binary", bin("some bytes")), s("bit-binary", bits(3, 1, 2, 0xe0)), s("export", export(atom("lists"), atom("map"), small(2))),
		s("new-fun", fun{}.bytes()), s("closure", fun{env: [][]byte{small(1), bin("x")}}.bytes()),
	}
}

// place is a position for a term inside another one.
type place struct {
	name string
	in   func(t []byte) []byte
}

// places are the kinds of positions that decoders treat in their own ways.
func places() []place {
	return []place{
		{"element of a tuple", func(t []byte) []byte { return tuple(small(1), t) }},
		{"element of a list", func(t []byte) []byte { return list(small(1), t, small(2)) }},
		{"tail of a list", func(t []byte) []byte { return cells(t, small(1)) }},
		{"key of a map", func(t []byte) []byte { return pairs(t, small(1)) }},
		{"value of a map", func(t []byte) []byte { return pairs(atom("ok"), t) }},
	}
}
