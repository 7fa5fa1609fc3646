package etf

import (
	"math"
	"strconv"
)

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
