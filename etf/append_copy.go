package etf

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/beamgate/beamgate/internal/wire"
)

// NOTE: most names and texts are short and of ASCII. They are checked while they
// are copied, eight bytes at a time: a check and a copy of their own are two calls
// and take twice as long. Others have been copied in vain, which costs little.

// shortMost is up to how many bytes are copied so. Of more bytes each call copies
// faster.
const shortMost = 96

const highBits = 0x8080808080808080

// copyASCII copies a text of up to shortMost bytes to the beginning of to, which has
// to be as long at least, and reports whether it is ASCII.
func copyASCII(to []byte, s string) bool {
	n := len(s)
	to = to[:n]
	if n < 8 {
		if n < 4 {
			all := byte(0)
			for i := range to {
				all |= s[i]
				to[i] = s[i]
			}
			return all < utf8.RuneSelf
		}
		first, last := fourBytes(s), fourBytes(s[n-4:])
		binary.LittleEndian.PutUint32(to, first)
		binary.LittleEndian.PutUint32(to[n-4:], last)
		return (first|last)&(highBits&math.MaxUint32) == 0
	}
	last := eightBytes(s[n-8:])
	all := last
	for i := 0; i < n-8; i += 8 {
		w := eightBytes(s[i:])
		all |= w
		binary.LittleEndian.PutUint64(to[i:], w)
	}
	binary.LittleEndian.PutUint64(to[n-8:], last) // over some that were copied, if need be
	return all&highBits == 0
}

func fourBytes(s string) uint32 {
	s = s[:4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func eightBytes(s string) uint64 {
	s = s[:8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// nameTo appends an atom, and reports whether its name may be that of one. What it
// appends is of no use else.
func (e *writing) nameTo(b []byte, name string) (_ []byte, ok bool) {
	at, n := len(b), len(name)
	if end := at + 2 + n; n <= shortMost && end <= cap(b) {
		d := b[at:end]
		d[0], d[1] = wire.TagSmallAtomUTF8, byte(n)
		if copyASCII(d[2:], name) || e.mayWide(name) {
			return b[:end], true
		}
		return b, false
	}
	if (n > atomChars || !isASCII(name)) && !e.mayWide(name) {
		return b, false
	}
	return appendAtomUTF8(b, name), true
}

// pidTo is AppendPid, which checks the name of the node as that of any atom is checked
// here.
func (e *writing) pidTo(b []byte, p *Pid) (_ []byte, ok bool) {
	if b, ok = e.nameTo(append(b, wire.TagNewPid), p.Node); !ok {
		return b, false
	}
	return pidNumbers(b, p), true
}

// referenceTo is AppendReference, as pidTo is AppendPid.
func (e *writing) referenceTo(b []byte, r *Reference) (_ []byte, ok bool) {
	n := len(r.Words)
	if n == 0 || n > refWords {
		return b, false
	}
	if b, ok = e.nameTo(append(b, wire.TagNewerReference, 0, byte(n)), r.Node); !ok {
		return b, false
	}
	return referenceNumbers(b, r), true
}

// textTo appends a text as a binary, and reports whether it is UTF-8 and not too long.
// What it appends is of no use else.
func textTo(b []byte, s string) (_ []byte, ok bool) {
	at, n := len(b), len(s)
	if end := at + 5 + n; n <= shortMost && end <= cap(b) {
		d := b[at:end]
		d[0], d[1], d[2], d[3], d[4] = wire.TagBinary, 0, 0, 0, byte(n)
		return b[:end], copyASCII(d[5:], s) || utf8.ValidString(s)
	}
	if !validText(s) || int64(n) > math.MaxUint32 {
		return b, false
	}
	return appendText(b, s), true
}

// validText is utf8.ValidString, which looks at fewer bytes at a time while they are
// ASCII.
func validText(s string) bool {
	for len(s) >= 32 {
		if (eightBytes(s)|eightBytes(s[8:])|eightBytes(s[16:])|eightBytes(s[24:]))&highBits != 0 {
			break
		}
		s = s[32:]
	}
	return utf8.ValidString(s)
}

// validBytes is utf8.Valid, quicker for ASCII: words, the last of which overlaps the one
// before.
func validBytes(b []byte) bool {
	n := len(b)
	if n < 8 {
		return utf8.Valid(b)
	}
	all := be.Uint64(b[n-8:])
	for i := 0; i < n-8; i += 8 {
		if all |= be.Uint64(b[i:]); all&highBits != 0 {
			return utf8.Valid(b[i:])
		}
	}
	return all&highBits == 0 || utf8.Valid(b)
}
