package etf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/beamgate/beamgate/internal/wire"
)

// The builders below write encodings as a sender chooses them: each says which
// tag it uses and checks nothing, so that tests can also write what is wrong.

// cat joins pieces of an encoding.
func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

// ext is a whole external term.
func ext(term ...[]byte) []byte { return append([]byte{wire.Version}, cat(term...)...) }

func u16(n int) []byte   { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func u32(n int64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// times repeats an encoding n times.
func times(n int, b []byte) []byte { return bytes.Repeat(b, n) }

// copies is n times the same element, for the builders of containers.
func copies(n int, elem []byte) [][]byte { return slices.Repeat([][]byte{elem}, n) }

// raw is an encoding from a tag and the bytes behind it.
func raw(tag byte, rest ...[]byte) []byte { return append([]byte{tag}, cat(rest...)...) }

var null = []byte{wire.TagNil}

func small(n byte) []byte  { return raw(wire.TagSmallInteger, []byte{n}) }
func int32x(n int) []byte  { return raw(wire.TagInteger, u32(int64(n))) }
func sign(neg bool) []byte { return []byte{map[bool]byte{true: 1}[neg]} }

// smallBig and largeBig write a magnitude, lowest digit first.
func smallBig(neg bool, digits ...byte) []byte {
	return raw(wire.TagSmallBig, []byte{byte(len(digits))}, sign(neg), digits)
}

func largeBig(neg bool, digits ...byte) []byte {
	return raw(wire.TagLargeBig, u32(int64(len(digits))), sign(neg), digits)
}

func float(f float64) []byte {
	return binary.BigEndian.AppendUint64([]byte{wire.TagNewFloat}, math.Float64bits(f))
}

// textFloat writes a FLOAT_EXT, filled up with NULs.
func textFloat(s string) []byte {
	field := make([]byte, 31)
	copy(field, s)
	return raw(wire.TagFloat, field)
}

func atom(s string) []byte {
	if len(s) > 255 {
		return longAtom(s)
	}
	return raw(wire.TagSmallAtomUTF8, []byte{byte(len(s))}, []byte(s))
}

func longAtom(s string) []byte { return raw(wire.TagAtomUTF8, u16(len(s)), []byte(s)) }

// latin1 and longLatin1 take a string of characters up to U+00FF.
func latin1(s string) []byte {
	b := toLatin1(s)
	return raw(wire.TagSmallAtom, []byte{byte(len(b))}, b)
}

func longLatin1(s string) []byte {
	b := toLatin1(s)
	return raw(wire.TagAtom, u16(len(b)), b)
}

func toLatin1(s string) []byte {
	b := make([]byte, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}

func binLen(n int64) []byte { return raw(wire.TagBinary, u32(n)) }
func bin(s string) []byte   { return cat(binLen(int64(len(s))), []byte(s)) }

// bits writes a BIT_BINARY_EXT whose last byte has n used bits.
func bits(n byte, data ...byte) []byte {
	return raw(wire.TagBitBinary, u32(int64(len(data))), []byte{n}, data)
}

func strLen(n int) []byte  { return raw(wire.TagString, u16(n)) }
func str(s string) []byte  { return cat(strLen(len(s)), []byte(s)) }
func head(n int64) []byte  { return raw(wire.TagList, u32(n)) }
func large(n int64) []byte { return raw(wire.TagLargeTuple, u32(n)) }
func maps(n int64) []byte  { return raw(wire.TagMap, u32(n)) }

// pieces is a LIST_EXT of these elements with this tail.
func pieces(tail []byte, elems ...[]byte) []byte {
	return cat(head(int64(len(elems))), cat(elems...), tail)
}

func list(elems ...[]byte) []byte { return pieces(null, elems...) }

func tuple(elems ...[]byte) []byte {
	return raw(wire.TagSmallTuple, []byte{byte(len(elems))}, cat(elems...))
}

func largeTuple(elems ...[]byte) []byte { return cat(large(int64(len(elems))), cat(elems...)) }

// mapOf takes keys and values in turn.
func mapOf(kv ...[]byte) []byte { return cat(maps(int64(len(kv)/2)), cat(kv...)) }

// thin puts n lists of no elements in front of a term, which stays what it is.
func thin(n int, term []byte) []byte { return cat(times(n, head(0)), term) }

func newPid(node []byte, num, serial, creation int64) []byte {
	return raw(wire.TagNewPid, node, u32(num), u32(serial), u32(creation))
}

func oldPid(node []byte, num, serial int64, creation byte) []byte {
	return raw(wire.TagPid, node, u32(num), u32(serial), []byte{creation})
}

func newPort(node []byte, num, creation int64) []byte {
	return raw(wire.TagNewPort, node, u32(num), u32(creation))
}

func oldPort(node []byte, num int64, creation byte) []byte {
	return raw(wire.TagPort, node, u32(num), []byte{creation})
}

func v4Port(node []byte, num uint64, creation int64) []byte {
	return raw(wire.TagV4Port, node, binary.BigEndian.AppendUint64(nil, num), u32(creation))
}

func words(w ...int64) (b []byte) {
	for _, n := range w {
		b = append(b, u32(n)...)
	}
	return b
}

// newerRef is a NEWER_REFERENCE_EXT.
func newerRef(node []byte, creation int64, w ...int64) []byte {
	return raw(wire.TagNewerReference, u16(len(w)), node, u32(creation), words(w...))
}

// newRef is a NEW_REFERENCE_EXT.
func newRef(node []byte, creation byte, w ...int64) []byte {
	return raw(wire.TagNewReference, u16(len(w)), node, []byte{creation}, words(w...))
}

// oldRef is a REFERENCE_EXT.
func oldRef(node []byte, word int64, creation byte) []byte {
	return raw(wire.TagReference, node, u32(word), []byte{creation})
}

var self = atom("n@h")

// export is fun M:F/A with this term as its arity.
func export(module, function, arity []byte) []byte {
	return raw(wire.TagExport, module, function, arity)
}

// closure is a NEW_FUN_EXT; zero fields are filled in by encode.
type closure struct {
	arity            byte
	uniq             byte // the last of its 16 bytes
	index            int64
	free             int64 // claimed, if not the number of env
	module           []byte
	oldIndex, oldUni []byte
	creator          []byte
	env              [][]byte
}

func (c closure) encode() []byte {
	or := func(b, otherwise []byte) []byte {
		if b == nil {
			return otherwise
		}
		return b
	}
	if c.free == 0 {
		c.free = int64(len(c.env))
	}
	return raw(wire.TagNewFun, u32(0), []byte{c.arity}, make([]byte, 15), []byte{c.uniq}, u32(c.index), u32(c.free),
		or(c.module, atom("m")), or(c.oldIndex, small(1)), or(c.oldUni, small(2)),
		or(c.creator, newPid(self, 1, 0, 0)), cat(c.env...))
}

// fun is a closure with these free variables.
func fun(env ...[]byte) []byte { return closure{env: env}.encode() }

// deflate makes the zlib stream of b.
func deflate(b []byte) []byte {
	var w bytes.Buffer
	z := zlib.NewWriter(&w)
	z.Write(b)
	z.Close()
	return w.Bytes()
}

// packed is a whole external term around a zlib stream, with this declared size.
func packed(size int64, stream []byte) []byte { return ext(raw(wire.TagCompressed, u32(size), stream)) }

// squeeze compresses a term that stands without its version byte.
func squeeze(term []byte) []byte { return packed(int64(len(term)), deflate(term)) }
