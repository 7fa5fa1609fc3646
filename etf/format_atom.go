package etf

import (
	"fmt"
	"unicode/utf8"
)

// reserved are the words that are no atoms unless quoted.
var reserved = map[string]bool{
	"after": true, "and": true, "andalso": true, "band": true, "begin": true,
	"bnot": true, "bor": true, "bsl": true, "bsr": true, "bxor": true,
	"case": true, "catch": true, "cond": true, "div": true, "end": true,
	"fun": true, "if": true, "let": true, "not": true,
	"of": true, "or": true, "orelse": true, "receive": true, "rem": true,
	"try": true, "when": true, "xor": true,
}

// appendAtom writes an atom, quoted where Erlang needs it.
func appendAtom(b []byte, name string) []byte {
	if plainAtom(name) && !reserved[name] {
		return append(b, name...)
	}
	return appendQuoted(b, name, '\'')
}

func plainAtom(name string) bool {
	for i, r := range name {
		if i == 0 && !isLower(r) || !isNameChar(r) && r != '@' {
			return false
		}
	}
	return name != ""
}

// isLower and isNameChar go as far as Latin-1, as Erlang's syntax does.
func isLower(r rune) bool {
	return 'a' <= r && r <= 'z' || 0xDF <= r && r <= 0xFF && r != 0xF7
}

func isNameChar(r rune) bool {
	return isLower(r) || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || 0xC0 <= r && r <= 0xDE && r != 0xD7
}

// appendExportName writes the name of a module or function as OTP 25 does in
// fun m:f/1: words that are reserved are not quoted, names with an @ are, some
// escapes differ, and what is not ASCII stands as the Latin-1 of its UTF-8. What
// becomes a control by that is escaped, as is a DEL, which OTP does not do.
func appendExportName(b []byte, name string) []byte {
	quoted := name == ""
	for i, r := range name {
		quoted = quoted || i == 0 && !isLower(r) || !isNameChar(r)
	}
	if quoted {
		b = append(b, '\'')
	}
	for i, r := range name {
		switch esc := escape(r, '\''); {
		case r == 0x1b || r < ' ' && esc == 0 || 0x80 <= r && r < 0xA0:
			b = fmt.Appendf(b, "\\%03o", r)
		case esc != 0:
			b = append(b, '\\', esc)
		default:
			for _, c := range []byte(name[i : i+utf8.RuneLen(r)]) {
				b = appendEscaped(b, rune(c), '\'')
			}
		}
	}
	if quoted {
		b = append(b, '\'')
	}
	return b
}

// appendQuoted writes text between quotes with Erlang's escapes.
func appendQuoted(b []byte, text string, quote rune) []byte {
	b = append(b, byte(quote))
	for _, r := range text {
		b = appendEscaped(b, r, quote)
	}
	return append(b, byte(quote))
}

func appendEscaped(b []byte, r, quote rune) []byte {
	if esc := escape(r, quote); esc != 0 {
		return append(b, '\\', esc)
	}
	if r < ' ' || 0x7f <= r && r < 0xA0 {
		return fmt.Appendf(b, "\\%03o", r)
	}
	return utf8.AppendRune(b, r)
}

func escape(r, quote rune) byte {
	switch r {
	case '\\', quote:
		return byte(r)
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	case '\v':
		return 'v'
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case 0x1b:
		return 'e'
	case 0x7f:
		return 'd'
	}
	return 0
}
