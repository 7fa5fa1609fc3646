package etf

import (
	"errors"
	"math/big"
	"reflect"
	"strconv"
	"strings"
)

// DecimalExpMax is how far from zero, above or below, the exponent of a [Decimal]
// may be: a short term must not stand for a number with a billion zeros.
const DecimalExpMax = 16_383

// Decimal is a Decimal of the Elixir package of that name: ±Coef × 10^Exp.
type Decimal struct {
	Negative bool
	// Coef is not negative, and of up to 1,024 bytes; nil is 0.
	Coef *big.Int
	// Exp is from -DecimalExpMax to DecimalExpMax.
	Exp int
	// Special is NotANumber or Infinite for what is no number; Coef and Exp
	// then mean nothing.
	Special DecimalSpecial
}

// DecimalSpecial is what a Decimal is instead of a number.
type DecimalSpecial uint8

// The specials.
const (
	Finite     DecimalSpecial = iota // a number
	NotANumber                       // :NaN
	Infinite                         // :inf
)

var specialNames = [...]string{NotANumber: "NaN", Infinite: "inf"}

// String returns the decimal as Decimal.to_string/1 of Elixir does: with an
// exponent where it is above zero or there would be many zeros, so that the text
// is never much longer than the digits.
func (d Decimal) String() string {
	sign := ""
	if d.Negative {
		sign = "-"
	}
	switch d.Special {
	case NotANumber:
		return sign + "NaN"
	case Infinite:
		return sign + "Infinity"
	}
	digits := "0"
	if d.Coef != nil {
		digits = d.Coef.String()
	}
	adjusted := d.Exp + len(digits) - 1
	switch point := len(digits) + d.Exp; {
	case d.Exp == 0:
		return sign + digits
	case d.Exp < 0 && adjusted >= -6 && point > 0:
		return sign + digits[:point] + "." + digits[point:]
	case d.Exp < 0 && adjusted >= -6:
		return sign + "0." + strings.Repeat("0", -point) + digits
	}
	s := sign + digits[:1]
	if len(digits) > 1 {
		s += "." + digits[1:]
	}
	if adjusted < 0 {
		return s + "E" + strconv.Itoa(adjusted)
	}
	return s + "E+" + strconv.Itoa(adjusted)
}

var errDecimal = errors.New("etf: no decimal number, or one that is too long or too large")

// decimalMax is the longest text of a decimal: reading and printing take time
// that grows faster than the digits.
const decimalMax = 4096

// ParseDecimal reads what [Decimal.String] writes, and plain decimal numbers. Text
// of more than 4,096 bytes is refused, and so are a coefficient and an exponent that no
// Decimal may have.
func ParseDecimal(s string) (d Decimal, err error) {
	if len(s) > decimalMax {
		return Decimal{}, errDecimal
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		s, d.Negative = rest, true
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	switch s {
	case "NaN":
		d.Special = NotANumber
		return d, nil
	case "Infinity", "inf":
		d.Special = Infinite
		return d, nil
	}
	digits, exp := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		digits, exp = s[:i], s[i+1:]
		if d.Exp, err = strconv.Atoi(exp); err != nil || exp == "" {
			return Decimal{}, errDecimal
		}
	}
	whole, part, _ := strings.Cut(digits, ".")
	all := whole + part
	for i := range len(all) {
		if all[i] < '0' || all[i] > '9' {
			return Decimal{}, errDecimal
		}
	}
	// The written exponent may be above the most, with digits behind the point; below
	// the least it only gets lower, and might wrap.
	if d.Exp < -DecimalExpMax {
		return Decimal{}, errDecimal
	}
	d.Exp -= len(part)
	coef, ok := new(big.Int).SetString(all, 10)
	if !ok || coef.BitLen() > 8*coefMax || d.Exp > DecimalExpMax || d.Exp < -DecimalExpMax {
		return Decimal{}, errDecimal
	}
	d.Coef = coef
	return d, nil
}

// coefMax is how many bytes the coefficient of a decimal may have: printing it
// takes time that is quadratic in them.
const coefMax = 1024

// decimal reads the struct of a decimal.
func (d *filling) decimal(p *plan, t Term) (dec Decimal, err error) {
	m, err := d.members(p, t, "Elixir.Decimal")
	if err != nil {
		return dec, err
	}
	sign, err := m.int(p, "sign", -1, 1)
	if err != nil {
		return dec, err
	}
	if sign == 0 {
		return dec, m.wrong(p, ReasonRange, "sign")
	}
	exp, err := m.int(p, "exp", -DecimalExpMax, DecimalExpMax)
	if err != nil {
		return dec, err
	}
	dec.Negative, dec.Exp = sign < 0, int(exp)
	coef, _ := m.find("coef")
	switch {
	case coef.IsAtom("NaN"):
		dec.Special = NotANumber
	case coef.IsAtom("inf"), coef.IsAtom("Infinity"):
		dec.Special = Infinite
	case coef.kind() != KindInteger:
		return dec, m.wrong(p, ReasonKind, "coef")
	default:
		if n, small := coef.Int(); small && n < 0 || !small && (coef.length() > coefMax || coef.flags()&nodeNeg != 0) {
			return dec, m.wrong(p, ReasonRange, "coef")
		}
		dec.Coef = coef.Big()
		return dec, typed(d.charge(headSize+numberSize+int64(coef.length())), p, t)
	}
	return dec, nil
}

func decodeDecimal(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	dec, err := d.decimal(p, t)
	if err == nil {
		*v.Addr().Interface().(*Decimal) = dec
	}
	return err
}

// decimalText returns a decimal as text.
func (d *filling) decimalText(p *plan, t Term) (string, error) {
	dec, err := d.decimal(p, t)
	if err != nil {
		return "", err
	}
	s := dec.String()
	return s, typed(d.charge(int64(len(s))), p, t)
}

func encodeDecimal(e *writing, p *plan, v reflect.Value) error {
	return e.decimal(p, pointerTo(v).(*Decimal))
}

func (e *writing) decimal(p *plan, d *Decimal) (err error) {
	if d.Exp > DecimalExpMax || d.Exp < -DecimalExpMax || d.Coef != nil && (d.Coef.Sign() < 0 || d.Coef.BitLen() > 8*coefMax) || int(d.Special) >= len(specialNames) {
		return unfit(ReasonRange, p, nil)
	}
	e.begin("Elixir.Decimal", 4)
	e.atom("coef")
	switch {
	case d.Special != Finite:
		e.atom(specialNames[d.Special])
	case d.Coef == nil:
		e.b = AppendInt(e.b, 0)
	default:
		if e.b, err = AppendBig(e.b, d.Coef); err != nil {
			return unable(p, err)
		}
	}
	e.int("exp", int64(d.Exp))
	sign := int64(1)
	if d.Negative {
		sign = -1
	}
	e.int("sign", sign)
	return nil
}
