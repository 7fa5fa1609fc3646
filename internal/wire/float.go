package wire

import (
	"bytes"
	"math"
	"strconv"
)

// parseFloat reads the 31 bytes of a FLOAT_EXT: digits, a dot, digits and an
// optional exponent, ended by a NUL within the field.
//
// The BEAM reads a C string that may run past the field, and takes a comma for
// a dot by overwriting its input: both are refused, since neither the value nor
// the verdict is a function of the term's bytes then.
func parseFloat(field []byte) (float64, Code) {
	end := bytes.IndexByte(field, 0)
	if end < 0 {
		return 0, FloatUnterminated
	}
	text := field[:end]
	code := floatSyntax(text)
	if code == FloatComma { // out of range it would be refused with either
		text = bytes.Replace(text, []byte{','}, []byte{'.'}, 1)
	} else if code != OK {
		return 0, code
	}
	f, _ := strconv.ParseFloat(string(text), 64) // correctly rounded, as strtod
	if math.IsInf(f, 0) {
		return 0, FloatNotFinite
	}
	return f, code
}

// floatSyntax checks [+-]? DIGIT+ [.] DIGIT+ ( [eE] [+-]? DIGIT+ )?
func floatSyntax(s []byte) Code {
	s = digits(sign(s))
	if len(s) == 0 {
		return FloatSyntax
	}
	comma := s[0] == ','
	if s[0] != '.' && !comma {
		return FloatSyntax
	}
	if s = digits(s[1:]); s == nil {
		return FloatSyntax
	}
	if len(s) > 0 {
		if s[0] != 'e' && s[0] != 'E' {
			return FloatSyntax
		}
		if s = digits(sign(s[1:])); s == nil || len(s) > 0 {
			return FloatSyntax
		}
	}
	if comma {
		return FloatComma
	}
	return OK
}

// sign drops one leading sign.
func sign(s []byte) []byte {
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

// digits drops leading digits; nil if there is none.
func digits(s []byte) []byte {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == 0 {
		return nil
	}
	return s[i:]
}
