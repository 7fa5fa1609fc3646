package etf

import (
	"bytes"
	std "encoding"
	"reflect"
	"sync"
)

// Marshaler is implemented by types that write themselves as a whole external
// term: the version byte and one term, as [Marshal] returns it. What it returns
// is checked, and written in the form of all else.
type Marshaler interface {
	MarshalETF() ([]byte, error)
}

// MarshalerTo is implemented by types that write themselves with an Encoder: one
// term, which is checked, and written in the form of all else. The method must
// not keep the Encoder.
type MarshalerTo interface {
	MarshalETFTo(e *Encoder) error
}

// ownMode accepts what this program has made itself.
var ownMode = sync.OnceValue(func() *Mode {
	m, err := OTP().Compile()
	if err != nil { // a constant configuration: a test compiles it
		panic(err)
	}
	return m
})

// ownTerm makes a Term of an encoding without a version byte that was made here.
func ownTerm(b []byte) Term { return ownMode().build(b) }

// whole writes an encoded external term, which is checked.
func (e *writing) whole(p *plan, b []byte) error {
	t, err := ownMode().Decode(b)
	if err != nil {
		return unfit(ReasonConsumed, p, err)
	}
	e.b, err = AppendTerm(e.b, t)
	return unable(p, err)
}

func encodeRaw(e *writing, p *plan, v reflect.Value) error {
	raw := v.Bytes()
	return e.whole(p, append(AppendVersion(make([]byte, 0, len(raw)+1)), raw...))
}

func encodeHook(e *writing, p *plan, v reflect.Value) error {
	b, err := pointerTo(v).(Marshaler).MarshalETF()
	if err != nil {
		return unfit(ReasonHook, p, err)
	}
	return e.whole(p, b)
}

func encodeTextHook(e *writing, p *plan, v reflect.Value) error {
	b, err := pointerTo(v).(std.TextMarshaler).MarshalText()
	if err != nil {
		return unfit(ReasonHook, p, err)
	}
	return e.text(p, string(b))
}

func encodeBytesHook(e *writing, p *plan, v reflect.Value) error {
	b, err := pointerTo(v).(std.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return unfit(ReasonHook, p, err)
	}
	return e.bytes(p, b)
}

func encodeToHook(e *writing, p *plan, v reflect.Value) error {
	var buf bytes.Buffer
	to := NewEncoder(&buf)
	if err := pointerTo(v).(MarshalerTo).MarshalETFTo(to); err != nil {
		return unfit(ReasonHook, p, err)
	}
	if err := to.Close(); err != nil {
		return unfit(ReasonConsumed, p, err)
	}
	return e.whole(p, buf.Bytes())
}
