package etf

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/beamgate/beamgate/internal/wire"
)

// NOTE: the functions below write what is one head or one scalar of the format
// and nothing else. Each chooses the encoding that OTP 25 chooses for
// term_to_binary(T, [deterministic, {minor_version, 2}]); other dialects are
// reached through [EncodeOptions]. They keep nothing, know nothing of what is
// around them, and return dst as it was with an error, an [*EncodeError].
//
//	append.go        the version byte, numbers, heads of containers
//	append_text.go   atoms, binaries, bitstrings, lists of bytes and characters
//	append_copy.go   what Marshal does instead: names and texts checked while they are copied
//	append_id.go     pids, ports, references, exports, funs
//	append_term.go   whole Terms, maps in order
//	encoder.go       a stream of terms, with arity and tails checked

var be = binary.BigEndian

// AppendVersion appends the byte 131, with which an external term starts. What
// follows is one term.
func AppendVersion(dst []byte) []byte { return append(dst, wire.Version) }

// AppendInt appends an integer.
func AppendInt(dst []byte, v int64) []byte {
	switch {
	case uint64(v) <= math.MaxUint8:
		return append(dst, wire.TagSmallInteger, byte(v))
	case int64(int32(v)) == v:
		return append(dst, wire.TagInteger, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	case v < 0:
		return appendMagnitude(dst, -uint64(v), 1)
	}
	return appendMagnitude(dst, uint64(v), 0)
}

// AppendUint appends an integer of the full range of uint64.
func AppendUint(dst []byte, v uint64) []byte {
	if v <= math.MaxInt64 {
		return AppendInt(dst, int64(v))
	}
	return appendMagnitude(dst, v, 0)
}

// appendMagnitude appends a SMALL_BIG_EXT of up to eight digits.
func appendMagnitude(dst []byte, v uint64, sign byte) []byte {
	dst = append(dst, wire.TagSmallBig, 0, sign)
	n := byte(0)
	for ; v != 0; v >>= 8 {
		dst = append(dst, byte(v))
		n++
	}
	dst[len(dst)-int(n)-2] = n
	return dst
}

// bigMax is how many bytes of digits OTP up to 26 holds; later releases take
// 524,280.
const bigMax = 4_194_296

// AppendBig appends an integer of any size that a BEAM can hold: up to
// 4,194,296 bytes of magnitude, the bound of OTP 25 and 26; OTP 27 takes no more
// than 524,280.
func AppendBig(dst []byte, v *big.Int) ([]byte, error) {
	switch {
	case v == nil:
		return dst, cannot(CodeNoTerm)
	case v.IsInt64():
		return AppendInt(dst, v.Int64()), nil
	case v.IsUint64():
		return AppendUint(dst, v.Uint64()), nil
	}
	n := (v.BitLen() + 7) / 8
	if n > bigMax {
		return dst, cannot(CodeBigTooLarge)
	}
	dst = appendBigHead(dst, n, v.Sign() < 0)
	at := len(dst)
	dst = append(dst, make([]byte, n)...)
	v.FillBytes(dst[at:])
	slices.Reverse(dst[at:])
	return dst, nil
}

// appendBigHead appends what stands in front of n digits.
func appendBigHead(dst []byte, n int, neg bool) []byte {
	if n <= math.MaxUint8 {
		dst = append(dst, wire.TagSmallBig, byte(n))
	} else {
		dst = be.AppendUint32(append(dst, wire.TagLargeBig), uint32(n))
	}
	if neg {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendFloat appends a float. NaN and the infinities are refused with
// [CodeFloatNotFinite]: a BEAM has none.
func AppendFloat(dst []byte, f float64) ([]byte, error) {
	if !finite(f) {
		return dst, cannot(CodeFloatNotFinite)
	}
	return appendNewFloat(dst, f), nil
}

// finite reports whether a float is neither NaN nor an infinity.
func finite(f float64) bool { return math.Abs(f) <= math.MaxFloat64 }

// appendNewFloat appends a finite float.
func appendNewFloat(dst []byte, f float64) []byte {
	v := math.Float64bits(f)
	return append(dst, wire.TagNewFloat, byte(v>>56), byte(v>>48), byte(v>>40), byte(v>>32),
		byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// floatText is the length of the field of a FLOAT_EXT.
const floatText = 31

// appendTextFloat appends a finite float as the old text of 31 bytes, "%.20e"
// filled up with NULs, from which the same float is read.
func appendTextFloat(dst []byte, f float64) []byte {
	var field [floatText + 8]byte
	strconv.AppendFloat(field[:0], f, 'e', 20, 64)
	return append(append(dst, wire.TagFloat), field[:floatText]...)
}

// AppendNil appends the empty list: the tail of a proper list as well as a list
// of no elements.
func AppendNil(dst []byte) []byte { return append(dst, wire.TagNil) }

// AppendListHeader appends the head of a list of n elements. They have to
// follow, and then the tail: [AppendNil] unless the list is improper. The list
// of no elements is its tail, so for n = 0 nothing is appended.
//
// A list of up to 65,535 bytes has the shorter form of [AppendByteList], which is
// the one that OTP chooses.
func AppendListHeader(dst []byte, n int) ([]byte, error) {
	switch {
	case n == 0:
		return dst, nil
	case n < 0 || int64(n) > math.MaxUint32:
		return dst, cannot(CodeTooLong)
	}
	return be.AppendUint32(append(dst, wire.TagList), uint32(n)), nil
}

// tupleMax is the most elements of a tuple that OTP documents.
const tupleMax = 1<<24 - 1

// AppendTupleHeader appends the head of a tuple of n elements, which have to
// follow.
func AppendTupleHeader(dst []byte, n int) ([]byte, error) {
	switch {
	case n < 0:
		return dst, cannot(CodeTooLong)
	case n > tupleMax:
		return dst, cannot(CodeTupleTooLarge)
	case n <= math.MaxUint8:
		return append(dst, wire.TagSmallTuple, byte(n)), nil
	}
	return be.AppendUint32(append(dst, wire.TagLargeTuple), uint32(n)), nil
}

// AppendMapHeader appends the head of a map of n pairs. They have to follow,
// each key before its value, no two keys equal. OTP's deterministic form has the
// keys in the order of [CompareKeys].
func AppendMapHeader(dst []byte, n int) ([]byte, error) {
	if n < 0 {
		return dst, cannot(CodeTooLong)
	}
	if int64(n) > math.MaxInt32 {
		return dst, cannot(CodeMapTooLarge)
	}
	return be.AppendUint32(append(dst, wire.TagMap), uint32(n)), nil
}
