package etf

import (
	"fmt"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// FormatMax is where the printed form of a term is cut by [Term.String] and the
// verbs of package fmt.
const FormatMax = 64 << 10

// String prints the term in Erlang syntax on one line, as far as FormatMax
// bytes: as ~tp of io_lib:format does, which Erlang's shell uses.
func (t Term) String() string { return string(t.Append(nil, FormatMax)) }

// Format implements fmt.Formatter: %v and %s print Erlang syntax.
func (t Term) Format(f fmt.State, verb rune) {
	switch verb {
	case 'v', 's':
		f.Write(t.Append(nil, FormatMax))
	default:
		fmt.Fprintf(f, "%%!%c(etf.Term)", verb)
	}
}

// Append appends the term in Erlang syntax, at most limit bytes of it; where it
// is cut it ends in "…".
func (t Term) Append(dst []byte, limit int) []byte {
	p := printer{b: dst, end: len(dst) + max(limit, 0)}
	p.run(t)
	if len(p.b) > p.end {
		cut := p.end
		for cut > len(dst) && !utf8.RuneStart(p.b[cut]) {
			cut--
		}
		p.b = append(p.b[:cut], "…"...)
	}
	return p.b
}

// printer walks a tree without recursion, since depth is the sender's choice.
type printer struct {
	b     []byte
	end   int
	stack []printing
}

// printing is a container of which children are still to be printed.
type printing struct {
	t     Term
	i, n  int
	close string
}

func (p *printer) full() bool { return len(p.b) > p.end }

func (p *printer) run(t Term) {
	p.term(t)
	for len(p.stack) > 0 && !p.full() {
		s := &p.stack[len(p.stack)-1]
		if s.i == s.n {
			p.b = append(p.b, s.close...)
			p.stack = p.stack[:len(p.stack)-1]
			continue
		}
		i := s.i
		s.i++
		p.child(s.t, i)
	}
}

// child prints child i of an open container with what stands in front of it.
func (p *printer) child(t Term, i int) {
	switch {
	case t.kind() == KindMap:
		switch {
		case i&1 == 1:
			p.b = append(p.b, " => "...)
		case i > 0:
			p.b = append(p.b, ',')
		}
		p.term(t.child(i))
	case t.kind() == KindList && i == t.Len():
		p.b = append(p.b, '|')
		p.term(t.child(i))
	default:
		if i > 0 {
			p.b = append(p.b, ',')
		}
		p.term(t.Index(i))
	}
}

// term prints a scalar, or the opening of a container.
func (p *printer) term(t Term) {
	switch t.kind() {
	case KindInteger:
		if v, ok := t.Int(); ok {
			p.b = strconv.AppendInt(p.b, v, 10)
		} else {
			p.big(t)
		}
	case KindFloat:
		p.b = appendFloat(p.b, math.Float64frombits(t.node.Num))
	case KindAtom:
		name, _ := t.Atom()
		p.b = appendAtom(p.b, name)
	case KindNil:
		p.b = append(p.b, "[]"...)
	case KindBinary, KindBitstring:
		p.bits(t)
	case KindList:
		if text, ok := t.text(p.end - len(p.b)); ok {
			p.b = appendQuoted(p.b, text, '"')
			return
		}
		n := t.Len()
		if !t.IsProper() {
			n++
		}
		p.open(t, "[", "]", n)
	case KindTuple:
		p.open(t, "{", "}", t.Len())
	case KindMap:
		p.open(t, "#{", "}", 2*t.Len())
	default:
		p.identity(t)
	}
}

func (p *printer) open(t Term, open, end string, n int) {
	p.b = append(p.b, open...)
	p.stack = append(p.stack, printing{t: t, n: n, close: end})
}

// big prints an integer beyond int64. Printing is quadratic in the digits, so it
// is bounded where the text is cut anyway.
func (p *printer) big(t Term) {
	if t.length()*2 > p.end-len(p.b)+8 {
		p.b = fmt.Appendf(p.b, "<<%d-byte integer>>", t.length())
		return
	}
	p.b = t.Big().Append(p.b, 10)
}

// identity prints terms that Erlang has no syntax for, or that name a node.
func (p *printer) identity(t Term) {
	switch t.kind() {
	case KindPid:
		v, _ := t.Pid()
		p.b = fmt.Appendf(p.b, "#Pid<%s.%d.%d.%d>", appendAtom(nil, v.Node), v.ID, v.Serial, v.Creation)
	case KindPort:
		v, _ := t.Port()
		p.b = fmt.Appendf(p.b, "#Port<%s.%d.%d>", appendAtom(nil, v.Node), v.ID, v.Creation)
	case KindReference:
		v, _ := t.Reference()
		p.b = fmt.Appendf(p.b, "#Ref<%s.%d", appendAtom(nil, v.Node), v.Creation)
		for _, w := range v.Words {
			p.b = fmt.Appendf(p.b, ".%d", w)
		}
		p.b = append(p.b, '>')
	case KindExport:
		v, _ := t.Export()
		p.b = fmt.Appendf(p.b, "fun %s:%s/%d", appendAtom(nil, v.Module), appendAtom(nil, v.Function), v.Arity)
	case KindFun:
		v, _ := t.Fun()
		p.b = fmt.Appendf(p.b, "#Fun<%s.%d.%d>", appendAtom(nil, v.Module), v.Index, uint32(v.OldUniq))
	default:
		p.b = append(p.b, "#Invalid"...)
	}
}

// text returns the characters of a proper list of printable ones.
func (t Term) text(limit int) ([]byte, bool) {
	if !t.IsProper() {
		return nil, false
	}
	var b []byte
	for i := range t.Len() {
		v, ok := t.Index(i).Int()
		if !ok || v < 0 || v > unicode.MaxRune || !printable(rune(v)) {
			return nil, false
		}
		b = utf8.AppendRune(b, rune(v))
		if len(b) > limit {
			break
		}
	}
	return b, true
}

// printable is io_lib:printable_unicode_list/1 for one character.
func printable(r rune) bool {
	switch {
	case ' ' <= r && r <= '~', 0xA0 <= r && r < 0xD800, 0xE000 <= r && r < 0xFFFE, 0x10000 <= r && r <= unicode.MaxRune:
		return true
	}
	switch r {
	case '\n', '\r', '\t', '\v', '\b', '\f', 0x1b:
		return true
	}
	return false
}

func (p *printer) bits(t Term) {
	b, _ := t.Bytes()
	if room := p.end - len(p.b) + 16; len(b) > room {
		b = b[:max(room, 0)]
	}
	p.b = append(p.b, "<<"...)
	if t.kind() == KindBinary && len(b) > 0 && printableBytes(b) {
		p.b = appendQuoted(p.b, b, '"')
		if !isASCII(b) {
			p.b = append(p.b, "/utf8"...)
		}
		p.b = append(p.b, ">>"...)
		return
	}
	for i, c := range b {
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

func printableBytes(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || !printable(r) {
			return false
		}
		b = b[n:]
	}
	return true
}

func isASCII[T string | []byte](b T) bool {
	for i := range len(b) {
		if b[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendFloat writes the shortest digits that read back, with an exponent where
// that is shorter, as float_to_list(F, [short]) does. From 2^53 on, where not
// every integer is a float, there is always an exponent.
func appendFloat(b []byte, f float64) []byte {
	start := len(b)
	b = appendExponent(b, f)
	if math.Abs(f) >= 1<<53 {
		return b
	}
	var buf [400]byte // the longest without an exponent has 5e-324's digits
	fixed := strconv.AppendFloat(buf[:0], f, 'f', -1, 64)
	if math.Trunc(f) == f {
		fixed = append(fixed, ".0"...)
	}
	if len(fixed) <= len(b)-start {
		b = append(b[:start], fixed...)
	}
	return b
}

func appendExponent(b []byte, f float64) []byte {
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exp := text, ""
	for i := range text {
		if text[i] == 'e' {
			mantissa, exp = text[:i], text[i+1:]
		}
	}
	b = append(b, mantissa...)
	dot := false
	for i := range mantissa {
		dot = dot || mantissa[i] == '.'
	}
	if !dot {
		b = append(b, ".0"...)
	}
	n, _ := strconv.Atoi(exp)
	return strconv.AppendInt(append(b, 'e'), int64(n), 10)
}

// reserved are the words that are no atoms unless quoted.
var reserved = map[string]bool{
	"after": true, "and": true, "andalso": true, "band": true, "begin": true,
	"bnot": true, "bor": true, "bsl": true, "bsr": true, "bxor": true,
	"case": true, "catch": true, "cond": true, "div": true, "end": true,
	"fun": true, "if": true, "let": true, "maybe": true, "not": true,
	"of": true, "or": true, "orelse": true, "receive": true, "rem": true,
	"try": true, "when": true, "xor": true,
}

// appendAtom writes an atom, quoted where Erlang needs it.
func appendAtom(b []byte, name string) []byte {
	if plainAtom(name) && !reserved[name] {
		return append(b, name...)
	}
	return appendQuoted(b, []byte(name), '\'')
}

func plainAtom(name string) bool {
	for i, r := range name {
		lower := 'a' <= r && r <= 'z' || 0xDF <= r && r <= 0xFF && r != 0xF7
		if i == 0 {
			if !lower {
				return false
			}
			continue
		}
		upper := 'A' <= r && r <= 'Z' || 0xC0 <= r && r <= 0xDE && r != 0xD7
		if !lower && !upper && !('0' <= r && r <= '9') && r != '_' && r != '@' {
			return false
		}
	}
	return name != ""
}

// appendQuoted writes UTF-8 text between quotes with Erlang's escapes.
func appendQuoted(b, text []byte, quote rune) []byte {
	b = append(b, byte(quote))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if esc := escape(r, quote); esc != 0 {
			b = append(b, '\\', esc)
			continue
		}
		if r < ' ' || 0x7f <= r && r < 0xA0 {
			b = fmt.Appendf(b, "\\%03o", r)
			continue
		}
		b = utf8.AppendRune(b, r)
	}
	return append(b, byte(quote))
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
