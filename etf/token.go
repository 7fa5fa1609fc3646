package etf

import (
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// Kind says what a term is, however it was encoded. The kinds are in Erlang's
// order of types: number < atom < reference < fun < port < pid < tuple < map <
// list < bitstring.
type Kind uint8

// The kinds of terms.
const (
	KindInvalid   = Kind(wire.KindInvalid)
	KindInteger   = Kind(wire.KindInteger) // of any size
	KindFloat     = Kind(wire.KindFloat)
	KindAtom      = Kind(wire.KindAtom)
	KindReference = Kind(wire.KindReference)
	KindFun       = Kind(wire.KindFun)    // a closure, its free variables are its children
	KindExport    = Kind(wire.KindExport) // fun M:F/A
	KindPort      = Kind(wire.KindPort)
	KindPid       = Kind(wire.KindPid)
	KindTuple     = Kind(wire.KindTuple)
	KindMap       = Kind(wire.KindMap)
	KindNil       = Kind(wire.KindNil)       // []
	KindList      = Kind(wire.KindList)      // of one element or more, proper or not
	KindBinary    = Kind(wire.KindBinary)    // of whole bytes
	KindBitstring = Kind(wire.KindBitstring) // whose last byte is partly used
)

var kindNames = [...]string{
	"invalid", "integer", "float", "atom", "reference", "fun", "export", "port",
	"pid", "tuple", "map", "nil", "list", "binary", "bitstring",
}

// String returns the name in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// Token is the head of one term, as a [Decoder] reads it. Tokens come in
// pre-order, and containers have no end token:
//
//   - a tuple is followed by Len terms, a map by Len keys, each with its value,
//     a fun by its Len free variables;
//   - a list is followed by its elements and then by its tail, which is the one
//     token with Tail set: KindNil for a proper list, else the improper tail and
//     what belongs to it. Len is how many elements are known to follow; a list
//     that travels in pieces has more. The same list gives the same tokens
//     however it is encoded, STRING_EXT included.
//
// What a token carries beyond a number is read from the Decoder before its next
// token: names, bytes and digits by [Decoder.Bytes], [Decoder.WritePayload] and
// [Decoder.Big], identities by [Decoder.Pid], [Decoder.Port], [Decoder.Reference],
// [Decoder.Export] and [Decoder.Fun].
type Token struct {
	// Kind is what the term is.
	Kind Kind
	// Tail tells that the term is the tail of a list.
	Tail bool
	// Bits is the number of bits used in the last byte of a bitstring, 1 to 7.
	Bits  uint8
	flags uint8
	num   uint64
}

// Len returns the number of children of a container: the pairs of a map, the free
// variables of a fun. Of an atom, binary, bitstring or big integer it is the bytes
// of the payload; the name of an atom may get longer when it is converted to
// UTF-8. It is 0 for numbers without a payload and [], and means nothing for ids.
func (t Token) Len() int {
	switch t.Kind {
	case KindInteger, KindFloat, KindNil:
		if t.flags&wire.FlagBig == 0 {
			return 0
		}
	}
	return int(t.num)
}

// Int returns the value of an integer; ok is false for other kinds and for
// integers beyond int64, see [Decoder.Big].
func (t Token) Int() (v int64, ok bool) {
	if !t.isSmall() {
		return 0, false
	}
	return int64(t.num), true
}

// isSmall reports whether the token is an integer in int64, which has no
// payload.
func (t Token) isSmall() bool { return t.Kind == KindInteger && t.flags&wire.FlagBig == 0 }

// Float returns the value of a float; ok is false for other kinds.
func (t Token) Float() (v float64, ok bool) {
	if t.Kind != KindFloat {
		return 0, false
	}
	return math.Float64frombits(t.num), true
}

// opens reports whether the children of the token follow.
func (t Token) opens() bool {
	switch t.Kind {
	case KindTuple, KindMap, KindList, KindFun:
		return t.num > 0
	}
	return false
}
