package etf

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// isText reports whether the list prints as a string: a proper one of printable
// characters of Latin-1, the range that a node prints by default.
func (t Term) isText() bool {
	if !t.IsProper() {
		return false
	}
	for i := range t.Len() {
		if v, ok := t.Index(i).Int(); !ok || v < 0 || v > 0xff || !printable(rune(v)) {
			return false
		}
	}
	return true
}

// printable is io_lib:printable_latin1_list/1 for one character.
func printable(r rune) bool {
	switch {
	case ' ' <= r && r <= '~', 0xA0 <= r && r <= 0xFF:
		return true
	}
	switch r {
	case '\n', '\r', '\t', '\v', '\b', '\f', 0x1b:
		return true
	}
	return false
}

// string prints a list that isText.
func (p *printer) string(t Term) {
	p.b = append(p.b, '"')
	for i := range t.Len() {
		if p.full() {
			return
		}
		v, _ := t.Index(i).Int()
		p.b = appendEscaped(p.b, rune(v), '"')
	}
	p.b = append(p.b, '"')
}

// bits prints a binary by its bytes, unless all of it is text of printable
// characters: in UTF-8 or, if it is no UTF-8, in Latin-1.
func (p *printer) bits(t Term) {
	b := t.payload()
	p.b = append(p.b, "<<"...)
	if t.kind() == KindBinary && len(b) > 0 {
		latin1, end := false, ">>"
		switch {
		case !utf8.Valid(b):
			latin1 = true
		case !isASCII(b):
			end = "/utf8>>"
		}
		if allPrintable(b, latin1) {
			p.quoted(b, latin1)
			p.b = append(p.b, end...)
			return
		}
	}
	for i, c := range b {
		if p.full() {
			return
		}
		if i > 0 {
			p.b = append(p.b, ',')
		}
		if i == len(b)-1 && t.kind() == KindBitstring {
			bits := t.Bits() & 7
			p.b = fmt.Appendf(p.b, "%d:%d", c>>(8-bits), bits)
			continue
		}
		p.b = strconv.AppendUint(p.b, uint64(c), 10)
	}
	p.b = append(p.b, ">>"...)
}

// firstChar returns the first character of text in UTF-8 or Latin-1.
func firstChar(b []byte, latin1 bool) (r rune, size int) {
	if latin1 || b[0] < utf8.RuneSelf {
		return rune(b[0]), 1
	}
	return utf8.DecodeRune(b)
}

func allPrintable(b []byte, latin1 bool) bool {
	for len(b) > 0 {
		r, n := firstChar(b, latin1)
		if !printable(r) {
			return false
		}
		b = b[n:]
	}
	return true
}

func (p *printer) quoted(b []byte, latin1 bool) {
	p.b = append(p.b, '"')
	for len(b) > 0 {
		if p.full() {
			return
		}
		r, n := firstChar(b, latin1)
		p.b = appendEscaped(p.b, r, '"')
		b = b[n:]
	}
	p.b = append(p.b, '"')
}

func isASCII[T string | []byte](b T) bool {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := b[i : i+8]
		bits := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
			uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		if bits&0x8080808080808080 != 0 {
			return false
		}
	}
	bits := byte(0)
	for ; i < len(b); i++ {
		bits |= b[i]
	}
	return bits < utf8.RuneSelf
}
