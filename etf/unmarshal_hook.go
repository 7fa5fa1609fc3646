package etf

import (
	std "encoding"
	"reflect"
	"unicode/utf8"

	"github.com/beamgate/beamgate/internal/wire"
)

// UnmarshalerFrom is implemented by types that read themselves from the tokens of
// a term. The Decoder holds that one term, which has been accepted; the method
// has to read all of it, which is checked, and must not keep the Decoder.
type UnmarshalerFrom interface {
	UnmarshalETFFrom(d *Decoder) error
}

// Unmarshaler is implemented by types that read themselves from the encoding of a
// term: the version byte and one term that has been accepted, as [Unmarshal]
// takes it. The method must not keep or change b. An Unmarshal inside of it judges the
// bytes once more, by its own Mode: where that of the term around it allows more, as ids,
// a type has to be an [UnmarshalerFrom].
//
// Of a compressed term it gets the inflated bytes. An element of a STRING_EXT and
// true from a property list come in the encoding that they would have alone.
type Unmarshaler interface {
	UnmarshalETF(b []byte) error
}

// hookError is the error of a hook.
func hookError(p *plan, t Term, err error) error {
	return &UnmarshalError{Reason: ReasonHook, Kind: t.kind(), Type: p.typ, Err: err}
}

// bytesOf appends the encoding of the term to dst. place is where its node is.
func (d *filling) bytesOf(dst []byte, t Term, place int) ([]byte, error) {
	start := wire.NoStart
	if place >= 0 {
		start = d.wire.Starts[place]
	}
	if start == wire.NoStart { // it does not stand in the input as a term
		if n, ok := t.Int(); ok {
			return AppendInt(dst, n), nil
		}
		name, _ := t.Atom()
		return AppendAtom(dst, name)
	}
	raw := d.tree.data[start:]
	if place > 0 { // else it is all of the input
		s := d.c.session()
		defer d.c.release(s)
		raw = raw[:s.in.Length(d.c.prog, raw)]
	}
	return append(dst, raw...), nil
}

// rawOf borrows the encoding of the term until the next hook.
func (d *filling) rawOf(p *plan, t Term, place int) (raw []byte, err error) {
	if d.scratch, err = d.bytesOf(AppendVersion(d.scratch[:0]), t, place); err != nil {
		return nil, hookError(p, t, err)
	}
	return d.scratch, nil
}

func decodeRaw(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	raw, err := d.rawOf(p, t, place)
	if err != nil {
		return err
	}
	if err := d.charge(int64(len(raw))); err != nil {
		return typed(err, p, t)
	}
	v.SetBytes(append(make([]byte, 0, len(raw)-1), raw[1:]...))
	return nil
}

func decodeHook(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	raw, err := d.rawOf(p, t, place)
	if err != nil {
		return err
	}
	if err := v.Addr().Interface().(Unmarshaler).UnmarshalETF(raw); err != nil {
		return hookError(p, t, err)
	}
	return nil
}

func decodeFromHook(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	raw, err := d.rawOf(p, t, place)
	if err != nil {
		return err
	}
	if d.sub == nil {
		d.sub = &Decoder{outer: d}
	}
	d.sub.resetTerm(&Mode{c: d.c}, raw[1:])
	err = v.Addr().Interface().(UnmarshalerFrom).UnmarshalETFFrom(d.sub)
	ended := d.sub.AtTermEnd()
	d.sub.Close()
	switch {
	case err != nil:
		return hookError(p, t, err)
	case !ended:
		return misfit(ReasonConsumed, p, t)
	}
	return nil
}

// resetTerm starts on one accepted term without its version byte, with nothing
// behind it.
func (d *Decoder) resetTerm(m *Mode, raw []byte) {
	d.m = m
	d.reset()
	d.slice, d.begun = true, true
	d.s.in.TokenSlice(m.c.prog, raw)
}

func decodeTextHook(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	var text []byte
	switch {
	case p.opts.text == textDefault && t.kind() == KindBinary:
		if text = t.payload(); !utf8.Valid(text) {
			return misfit(ReasonUTF8, p, t)
		}
		text = append(d.scratch[:0], text...) // the hook may write to it
		d.scratch = text[:0]
	default:
		s, err := d.text(p, t)
		if err != nil {
			return err
		}
		text = []byte(s)
	}
	if err := v.Addr().Interface().(std.TextUnmarshaler).UnmarshalText(text); err != nil {
		return hookError(p, t, err)
	}
	return nil
}

func decodeBytesHook(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	b, err := d.bytes(p, t)
	if err != nil {
		return err
	}
	d.scratch = append(d.scratch[:0], b...)
	if err := v.Addr().Interface().(std.BinaryUnmarshaler).UnmarshalBinary(d.scratch); err != nil {
		return hookError(p, t, err)
	}
	return nil
}
