package wire

import (
	"encoding/binary"
	"math"
)

// The plain reading of terms that have been accepted: of the heads that a BEAM
// writes most, each by a function of its own, for who knows what to expect. They
// decide nothing and ask nothing of the bytes, which the Machine has judged before;
// where something else stands they are astray, and the Machine is to be asked again.

// Astray is the place of what has no plain reading.
const Astray = -1

// PlainAtom returns the name of the atom at b[at:], and the place behind it. Names
// in Latin-1 that are no ASCII are not read.
func PlainAtom(b []byte, at int) (name []byte, end int) {
	switch b[at] {
	case TagSmallAtomUTF8:
		end = at + 2 + int(b[at+1])
		return b[at+2 : end], end
	case TagSmallAtom:
		end = at + 2 + int(b[at+1])
		name = b[at+2 : end]
	case TagAtomUTF8:
		end = at + 3 + int(binary.BigEndian.Uint16(b[at+1:]))
		return b[at+3 : end], end
	case TagAtom:
		end = at + 3 + int(binary.BigEndian.Uint16(b[at+1:]))
		name = b[at+3 : end]
	default:
		return nil, Astray
	}
	if !isASCII(name) {
		return nil, Astray
	}
	return name, end
}

// PlainInt returns the integer at b[at:], if it fits int64.
func PlainInt(b []byte, at int) (n int64, end int) {
	switch b[at] {
	case TagSmallInteger:
		return int64(b[at+1]), at + 2
	case TagInteger:
		return int64(int32(be32(b, at+1))), at + 5
	case TagSmallBig:
		return plainBig(b, at)
	}
	return 0, Astray
}

func plainBig(b []byte, at int) (n int64, end int) {
	size := int(b[at+1])
	if size > 8 {
		return 0, Astray
	}
	end = at + 3 + size
	var u uint64
	for i, c := range b[at+3 : end] {
		u |= uint64(c) << (8 * i)
	}
	switch negative := b[at+2] != 0; {
	case !negative && u <= math.MaxInt64:
		return int64(u), end
	case negative && u <= 1<<63:
		return -int64(u), end
	}
	return 0, Astray
}

// PlainFloat returns the float at b[at:].
func PlainFloat(b []byte, at int) (f float64, end int) {
	if b[at] != TagNewFloat {
		return 0, Astray
	}
	return math.Float64frombits(be64(b, at+1)), at + 9
}

// PlainBinary returns the bytes of the binary at b[at:].
func PlainBinary(b []byte, at int) (bytes []byte, end int) {
	if b[at] != TagBinary {
		return nil, Astray
	}
	end = at + 5 + int(be32(b, at+1))
	return b[at+5 : end], end
}

// PlainKey returns the text of the atom or binary at b[at:], and which it is.
func PlainKey(b []byte, at int) (text []byte, binary bool, end int) {
	if text, end = PlainBinary(b, at); end > 0 {
		return text, true, end
	}
	text, end = PlainAtom(b, at)
	return text, false, end
}

// PlainOpen returns how many elements or pairs the list, tuple or map at b[at:] has,
// and where its children begin. Behind the children of a list stands its tail, which
// is all there is of an empty one, and which has to be the end: see PlainEnd.
func PlainOpen(b []byte, at int) (kind Kind, n, from int) {
	switch b[at] {
	case TagNil:
		return KindList, 0, at
	case TagList:
		if n = int(be32(b, at+1)); n > 0 { // else it may be anything
			return KindList, n, at + 5
		}
	case TagMap:
		return KindMap, int(be32(b, at+1)), at + 5
	case TagSmallTuple:
		return KindTuple, int(b[at+1]), at + 2
	case TagLargeTuple:
		return KindTuple, int(be32(b, at+1)), at + 5
	}
	return KindInvalid, 0, Astray
}

// PlainMap reports whether a map begins at b[at:].
func PlainMap(b []byte, at int) bool { return b[at] == TagMap }

// PlainEnd returns the place behind the end of a list.
func PlainEnd(b []byte, at int) int {
	if b[at] != TagNil {
		return Astray
	}
	return at + 1
}

// PlainSkip returns the place behind the term at b[at:].
func PlainSkip(b []byte, at int) int {
	for left := 1; left > 0; left-- {
		switch b[at] {
		case TagSmallInteger:
			at += 2
		case TagInteger:
			at += 5
		case TagNewFloat:
			at += 9
		case TagNil:
			at++
		case TagSmallAtomUTF8, TagSmallAtom:
			at += 2 + int(b[at+1])
		case TagAtomUTF8, TagAtom, TagString:
			at += 3 + int(be16(b, at+1))
		case TagBinary:
			at += 5 + int(be32(b, at+1))
		case TagSmallBig:
			at += 3 + int(b[at+1])
		case TagSmallTuple:
			left += int(b[at+1])
			at += 2
		case TagLargeTuple:
			left += int(be32(b, at+1))
			at += 5
		case TagList: // its tail is a term too
			left += int(be32(b, at+1)) + 1
			at += 5
		case TagMap:
			left += 2 * int(be32(b, at+1))
			at += 5
		default:
			return Astray
		}
	}
	return at
}

// ReadFun parts the encoding of an accepted export, or of the head of an accepted fun,
// in whatever form its parts are. What it returns are parts of b, but for names in
// Latin-1.
func ReadFun(b []byte) (f FunInfo) {
	if b[0] == TagExport {
		at, arity := 1, int64(0)
		f.Module, at = readName(b, at)
		f.Function, at = readName(b, at)
		arity, _ = readInt(b, at)
		f.Arity = uint8(arity)
		return f
	}
	const head = 30
	f.Arity, f.Index, f.Free = b[5], be32(b, 22), int(be32(b, 26))
	copy(f.Uniq[:], b[6:22])
	at := head
	f.Module, at = readName(b, at)
	f.OldIndex, at = readInt(b, at)
	f.OldUniq, at = readInt(b, at)
	f.Creator = b[at:]
	return f
}

// readName returns the name at b[at:] in UTF-8, and the place behind it.
func readName(b []byte, at int) (name []byte, end int) {
	from := at + nameWidth(b[at])
	end = from + int(b[at+1])
	if b[at] == TagAtom || b[at] == TagAtomUTF8 {
		end = from + int(be16(b, at+1))
	}
	name = b[from:end:end]
	if latin1 := b[at] == TagAtom || b[at] == TagSmallAtom; latin1 && !isASCII(name) {
		name = AppendLatin1(make([]byte, 0, 2*len(name)), name)
	}
	return name, end
}

// readInt returns the integer at b[at:], which fits, and the place behind it.
func readInt(b []byte, at int) (v int64, end int) {
	if v, end = PlainInt(b, at); end > 0 {
		return v, end
	}
	from, n := at+3, int(b[at+1]) // of digits with zeros on top
	if b[at] == TagLargeBig {
		from, n = at+6, int(be32(b, at+1))
	}
	for i := min(n, 8) - 1; i >= 0; i-- {
		v = v<<8 | int64(b[from+i])
	}
	if b[from-1] != 0 {
		v = -v
	}
	return v, from + n
}
