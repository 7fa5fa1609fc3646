package etf

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON that [Mode.FromJSON] and [Mode.FromPlainJSON] refuse, see [JSONError].
const (
	CodeJSONSyntax Code = "json_syntax" // no JSON, or more than one value
	CodeJSONShape  Code = "json_shape"  // JSON, but no term in the mapping
	CodeJSONRange  Code = "json_range"  // a number beyond what its place takes
	CodeJSONDepth  Code = "json_depth"  // nested deeper than a term may be
)

// ErrJSON is what errors.Is finds in a [*JSONError].
var ErrJSON = errors.New("etf: JSON is no external term")

// JSONError is why JSON is no term. It never holds anything of the input.
type JSONError struct {
	// Code is the stable name of the reason.
	Code Code
	// Offset is where in the input it shows.
	Offset int64
}

var jsonTexts = map[Code]string{
	CodeJSONSyntax: "syntax error",
	CodeJSONShape:  "no term in the mapping",
	CodeJSONRange:  "number out of range",
	CodeJSONDepth:  "nested too deep",
}

// Error describes the refusal in one line, which begins with Code as it is, behind
// "etf: ". The rest of the text is no API.
func (e *JSONError) Error() string {
	return "etf: " + string(e.Code) + " at offset " + strconv.FormatInt(e.Offset, 10) + ": " + jsonTexts[e.Code]
}

// Is reports whether target is [ErrJSON].
func (e *JSONError) Is(target error) bool { return target == ErrJSON }

// jsonScanner reads JSON by the letter of RFC 8259, without the latitude that it
// leaves: no invalid UTF-8, no half of a surrogate pair, nothing behind the
// value.
type jsonScanner struct {
	in  []byte
	i   int
	err *JSONError
	buf []byte // the string read last
}

// fail keeps the first error, at offset at.
func (s *jsonScanner) fail(c Code, at int) bool {
	if s.err == nil {
		s.err = &JSONError{Code: c, Offset: int64(at)}
	}
	return false
}

// next returns the next byte that is no space, 0 at the end.
func (s *jsonScanner) next() byte {
	for s.i < len(s.in) {
		switch c := s.in[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// want reads the byte c.
func (s *jsonScanner) want(c byte) bool {
	if s.next() != c || s.i >= len(s.in) {
		return s.fail(CodeJSONSyntax, s.i)
	}
	s.i++
	return true
}

// literal reads the rest of a word.
func (s *jsonScanner) literal(word string) bool {
	if len(s.in)-s.i < len(word) || string(s.in[s.i:s.i+len(word)]) != word {
		return s.fail(CodeJSONSyntax, s.i)
	}
	s.i += len(word)
	return true
}

// number reads a number; whole tells that it has neither fraction nor exponent.
func (s *jsonScanner) number() (text []byte, whole, ok bool) {
	from := s.i
	if s.peek() == '-' {
		s.i++
	}
	switch {
	case s.peek() == '0':
		s.i++
	case !s.digits():
		return nil, false, s.fail(CodeJSONSyntax, s.i)
	}
	whole = true
	if s.peek() == '.' {
		s.i++
		if whole = false; !s.digits() {
			return nil, false, s.fail(CodeJSONSyntax, s.i)
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		if whole = false; !s.digits() {
			return nil, false, s.fail(CodeJSONSyntax, s.i)
		}
	}
	return s.in[from:s.i], whole, true
}

func (s *jsonScanner) peek() byte {
	if s.i < len(s.in) {
		return s.in[s.i]
	}
	return 0
}

func (s *jsonScanner) digits() bool {
	from := s.i
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
	}
	return s.i > from
}

// string reads a string into s.buf.
func (s *jsonScanner) string() bool {
	if !s.want('"') {
		return false
	}
	s.buf = s.buf[:0]
	for from := s.i; s.i < len(s.in); {
		switch c := s.in[s.i]; {
		case c == '"':
			s.buf = append(s.buf, s.in[from:s.i]...)
			s.i++
			return true
		case c == '\\':
			s.buf = append(s.buf, s.in[from:s.i]...)
			if !s.escape() {
				return false
			}
			from = s.i
		case c < ' ':
			return s.fail(CodeJSONSyntax, s.i)
		case c < utf8.RuneSelf:
			s.i++
		default:
			r, n := utf8.DecodeRune(s.in[s.i:])
			if r == utf8.RuneError && n == 1 {
				return s.fail(CodeJSONSyntax, s.i)
			}
			s.i += n
		}
	}
	return s.fail(CodeJSONSyntax, s.i)
}

func (s *jsonScanner) escape() bool {
	at := s.i
	s.i++
	c := s.peek()
	s.i++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r, ok := s.hex4()
		if ok && utf16.IsSurrogate(r) {
			low := rune(0)
			if ok = s.peek() == '\\' && s.literal(`\u`); ok {
				low, ok = s.hex4()
			}
			r = utf16.DecodeRune(r, low)
			ok = ok && r != utf8.RuneError
		}
		if !ok {
			return s.fail(CodeJSONSyntax, at)
		}
		s.buf = utf8.AppendRune(s.buf, r)
		return true
	default:
		return s.fail(CodeJSONSyntax, at)
	}
	s.buf = append(s.buf, c)
	return true
}

func (s *jsonScanner) hex4() (rune, bool) {
	if len(s.in)-s.i < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(s.in[s.i:s.i+4]), 16, 16)
	s.i += 4
	return rune(v), err == nil
}
