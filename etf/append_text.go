package etf

import (
	"math"
	"unicode/utf8"

	"github.com/beamgate/beamgate/internal/wire"
)

// atomChars is the most characters of an atom.
const atomChars = 255

// checkAtom reports why name cannot be that of an atom.
func checkAtom[T string | []byte](name T) error {
	switch {
	case len(name) <= atomChars && isASCII(name):
		return nil
	case !utf8.ValidString(string(name)):
		return cannot(CodeAtomUTF8)
	case len(name) > atomChars && utf8.RuneCountInString(string(name)) > atomChars:
		return cannot(CodeAtomTooLong)
	}
	return nil
}

// AppendAtom appends an atom. A name of more than 255 characters is refused with
// [CodeAtomTooLong], one that is no UTF-8 with [CodeAtomUTF8].
func AppendAtom(dst []byte, name string) ([]byte, error) {
	if err := checkAtom(name); err != nil {
		return dst, err
	}
	return appendAtomUTF8(dst, name), nil
}

// AppendBool appends the atom true or false.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return appendAtomUTF8(dst, "true")
	}
	return appendAtomUTF8(dst, "false")
}

// appendAtomUTF8 appends the atom of a name that was checked.
func appendAtomUTF8[T string | []byte](dst []byte, name T) []byte {
	if len(name) <= math.MaxUint8 {
		dst = append(dst, wire.TagSmallAtomUTF8, byte(len(name)))
	} else {
		dst = be.AppendUint16(append(dst, wire.TagAtomUTF8), uint16(len(name)))
	}
	return append(dst, name...)
}

// appendAtomLatin1 appends an ATOM_EXT, if all characters are of Latin-1.
func appendAtomLatin1[T string | []byte](dst []byte, name T) (b []byte, ok bool) {
	start := len(dst)
	dst = append(dst, wire.TagAtom, 0, 0)
	for _, r := range string(name) {
		if r > math.MaxUint8 {
			return dst[:start], false
		}
		dst = append(dst, byte(r))
	}
	be.PutUint16(dst[start+1:], uint16(len(dst)-start-3))
	return dst, true
}

// AppendBinary appends a binary. More than 4 GiB are refused.
func AppendBinary(dst, b []byte) ([]byte, error) { return appendBinary(dst, b) }

// AppendString appends a binary of the bytes of s, which is what a string is in
// Elixir. For Erlang's lists of characters see [AppendCharlist].
func AppendString(dst []byte, s string) ([]byte, error) { return appendBinary(dst, s) }

func appendBinary[T string | []byte](dst []byte, b T) ([]byte, error) {
	if int64(len(b)) > math.MaxUint32 {
		return dst, cannot(CodeTooLong)
	}
	return appendText(dst, b), nil
}

// appendText appends the binary of what is known to be not too long.
func appendText[T string | []byte](dst []byte, b T) []byte {
	n := len(b)
	return append(append(dst, wire.TagBinary, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)), b...)
}

// AppendBinaryHeader appends the head of a binary of n bytes, which have to
// follow.
func AppendBinaryHeader(dst []byte, n int64) ([]byte, error) {
	if n < 0 || n > math.MaxUint32 {
		return dst, cannot(CodeTooLong)
	}
	return be.AppendUint32(append(dst, wire.TagBinary), uint32(n)), nil
}

// AppendBits appends a bitstring of so many bits, which stand in b from the
// highest bit of its first byte on. Unused bits of the last byte are written as
// zeros. A multiple of 8 is a binary.
func AppendBits(dst, b []byte, bits int) ([]byte, error) {
	if bits < 0 || len(b) != bits/8+min(bits%8, 1) {
		return dst, cannot(CodeBits)
	}
	if bits%8 == 0 {
		return AppendBinary(dst, b)
	}
	n := len(b)
	if int64(n) > math.MaxUint32 {
		return dst, cannot(CodeTooLong)
	}
	dst = append(append(dst, wire.TagBitBinary, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), byte(bits%8)), b...)
	dst[len(dst)-1] &= 0xff << (8 - bits%8)
	return dst, nil
}

// stringMax is the most elements of a STRING_EXT.
const stringMax = math.MaxUint16

func appendStringHead(dst []byte, n int) []byte {
	return be.AppendUint16(append(dst, wire.TagString), uint16(n))
}

// AppendByteList appends the list of the integers in b, as STRING_EXT where it
// fits and as LIST_EXT where it does not.
func AppendByteList(dst, b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return AppendNil(dst), nil
	case len(b) <= stringMax:
		return append(appendStringHead(dst, len(b)), b...), nil
	case int64(len(b)) > math.MaxUint32:
		return dst, cannot(CodeTooLong)
	}
	dst = be.AppendUint32(append(dst, wire.TagList), uint32(len(b)))
	for _, c := range b {
		dst = append(dst, wire.TagSmallInteger, c)
	}
	return AppendNil(dst), nil
}

// AppendCharlist appends the list of the characters of s, which is what a
// string is in Erlang. s has to be UTF-8, else the error is [CodeTextUTF8].
func AppendCharlist(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return dst, cannot(CodeTextUTF8)
	}
	n, bytes := 0, true
	for _, r := range s {
		n++
		bytes = bytes && r <= math.MaxUint8
	}
	if n == 0 {
		return AppendNil(dst), nil
	}
	start := len(dst)
	if bytes && n <= stringMax {
		dst = appendStringHead(dst, n)
		for _, r := range s {
			dst = append(dst, byte(r))
		}
		return dst, nil
	}
	dst, err := AppendListHeader(dst, n)
	if err != nil {
		return dst[:start], err
	}
	for _, r := range s {
		dst = AppendInt(dst, int64(r))
	}
	return AppendNil(dst), nil
}
