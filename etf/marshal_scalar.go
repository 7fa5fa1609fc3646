package etf

import (
	"math/big"
	"reflect"
	"unicode/utf8"
)

func encodeNothing(e *writing, p *plan, v reflect.Value) error { return unfit(ReasonType, p, nil) }

// encodeElem writes by the plan below.
func encodeElem(e *writing, p *plan, v reflect.Value) error { return p.elem.encode(e, p.elem, v) }

// encodeNilAtom writes what stands for nil.
func encodeNilAtom(e *writing, o options) error {
	e.b = appendNil(e.b, o)
	return nil
}

func appendNil(b []byte, o options) []byte {
	if o.undefined {
		return appendAtomUTF8(b, "undefined")
	}
	return appendAtomUTF8(b, "nil")
}

func encodeBool(e *writing, p *plan, v reflect.Value) error {
	e.b = AppendBool(e.b, v.Bool())
	return nil
}

func encodeInt(e *writing, p *plan, v reflect.Value) error {
	e.b = AppendInt(e.b, v.Int())
	return nil
}

func encodeUint(e *writing, p *plan, v reflect.Value) error {
	e.b = AppendUint(e.b, v.Uint())
	return nil
}

func encodeFloat(e *writing, p *plan, v reflect.Value) (err error) {
	e.b, err = AppendFloat(e.b, v.Float())
	return unable(p, err)
}

func encodeBig(e *writing, p *plan, v reflect.Value) (err error) {
	e.b, err = AppendBig(e.b, pointerTo(v).(*big.Int))
	return unable(p, err)
}

// pointerTo returns a pointer to a value, or to a copy where it has no address.
func pointerTo(v reflect.Value) any {
	if v.CanAddr() {
		return v.Addr().Interface()
	}
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.Interface()
}

func encodeAtom(e *writing, p *plan, v reflect.Value) (err error) {
	e.b, err = AppendAtom(e.b, v.String())
	return unable(p, err)
}

func encodeString(e *writing, p *plan, v reflect.Value) error { return e.text(p, v.String()) }

// text writes text as the plan says. It has to be UTF-8, as it has to be when it
// is read.
func (e *writing) text(p *plan, s string) (err error) {
	switch p.opts.text {
	case textAtom:
		if b, ok := e.nameTo(e.b, s); ok {
			e.b = b
			return nil
		}
		e.b, err = AppendAtom(e.b, s) // which says what is wrong
	case textCharlist:
		e.b, err = AppendCharlist(e.b, s)
	case textDecimal:
		d, err := ParseDecimal(s)
		if err != nil {
			return unfit(ReasonRange, p, err)
		}
		return e.decimal(p, &d)
	default:
		b, ok := textTo(e.b, s)
		switch {
		case ok:
			e.b = b
		case !utf8.ValidString(s):
			return unfit(ReasonUTF8, p, nil)
		default:
			e.b, err = AppendString(e.b, s)
		}
	}
	return unable(p, err)
}

func encodeBytes(e *writing, p *plan, v reflect.Value) error {
	if v.Kind() == reflect.Array && !v.CanAddr() {
		v = reflect.ValueOf(pointerTo(v)).Elem()
	}
	return e.bytes(p, v.Bytes())
}

func (e *writing) bytes(p *plan, b []byte) (err error) {
	switch p.opts.text {
	case textAtom:
		e.b, err = AppendAtom(e.b, string(b))
	case textCharlist:
		e.b, err = AppendByteList(e.b, b)
	default:
		e.b, err = AppendBinary(e.b, b)
	}
	return unable(p, err)
}

func encodeTerm(e *writing, p *plan, v reflect.Value) (err error) {
	e.b, err = AppendTerm(e.b, *pointerTo(v).(*Term))
	return unable(p, err)
}

// encodeOwn writes the types of this package.
func encodeOwn(e *writing, p *plan, v reflect.Value) (err error) {
	switch x := pointerTo(v).(type) {
	case *Pid:
		e.b, err = AppendPid(e.b, *x)
	case *Port:
		e.b, err = AppendPort(e.b, *x)
	case *Reference:
		e.b, err = AppendReference(e.b, *x)
	case *Export:
		e.b, err = AppendExport(e.b, *x)
	case *Fun:
		e.b, err = AppendFun(e.b, *x)
	case *Bitstring:
		e.b, err = AppendBits(e.b, x.Bytes, x.Bits)
	case *Tuple:
		return e.tuple(p, *x)
	case *Pairs:
		return e.pairs(p, *x)
	case *ImproperList:
		return e.improper(p, x)
	}
	return unable(p, err)
}
