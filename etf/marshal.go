package etf

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/bits"
	"reflect"
	"slices"
	"strings"
)

// ErrMarshal is what errors.Is finds in a [*MarshalError].
var ErrMarshal = errors.New("etf: the Go value is no external term")

// MarshalError is why a Go value cannot be written. It names Go types and fields
// and no part of the value; only what Err says may, if it comes from a hook, and is
// no part of the text then, unless it is an [*EncodeError] or a MarshalError itself.
type MarshalError struct {
	// Reason is the stable name of the reason.
	Reason Reason
	// Type is the Go type at fault.
	Type reflect.Type
	// Field is the path of struct fields to it, as in [UnmarshalError].
	Field string
	// Err is the error of a hook, a tag or an encoding, if it was one.
	Err error

	fields []string
	root   string
}

// Error describes the fault in one line, which holds Reason as it is. The rest of
// the text is no API.
func (e *MarshalError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "etf: cannot marshal: %s", e.Reason)
	if e.Type != nil {
		fmt.Fprintf(&b, ": Go type %s", e.Type)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, ", field %s", e.Field)
	}
	switch {
	case e.Reason != ReasonConsumed:
	case e.Type == typeOf[RawTerm]():
		b.WriteString(": it has to be exactly one term, without a version byte in front")
	default:
		b.WriteString(": a hook has to write exactly one term, MarshalETF with the version byte in front")
	}
	switch e.Err.(type) {
	case *EncodeError, *MarshalError, *tagError:
		text := strings.TrimPrefix(e.Err.Error(), "etf: ")
		text = strings.TrimPrefix(strings.TrimPrefix(text, "cannot marshal: "), "cannot encode: ")
		b.WriteString(": " + text)
	}
	return b.String()
}

// Is reports whether target is [ErrMarshal].
func (e *MarshalError) Is(target error) bool { return target == ErrMarshal }

// Unwrap returns Err.
func (e *MarshalError) Unwrap() error { return e.Err }

// LogValue groups the fields for slog. Err is left out.
func (e *MarshalError) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("reason", string(e.Reason))}
	if e.Type != nil {
		attrs = append(attrs, slog.String("type", e.Type.String()))
	}
	return slog.GroupValue(append(attrs, slog.String("field", e.Field))...)
}

func unfit(r Reason, p *plan, err error) error {
	return &MarshalError{Reason: r, Type: p.typ, Err: err}
}

// unable wraps the error of an Append function.
func unable(p *plan, err error) error {
	if err == nil {
		return nil
	}
	return unfit(ReasonEncode, p, err)
}

// ofMember adds the field that the value at fault is in.
func ofMember(err error, p *plan, f *field) error {
	if e, ok := err.(*MarshalError); ok {
		e.fields = append(e.fields, f.goName)
		e.root = p.typ.Name()
	}
	return err
}

// Marshal returns the term that stands for v, with its version byte: the bytes
// that OTP 25's term_to_binary(T, [deterministic, {minor_version, 2}]) gives for
// it. What [Unmarshal] reads into a Go type, Marshal writes from it, by the same
// tags: VALUES.md beside this package has the table.
//
// The error is a *[MarshalError].
func Marshal(v any) ([]byte, error) {
	c := defaultMode().c
	e := c.writing()
	defer c.done(e)
	e.b = AppendVersion(e.b[:0])
	if b := e.alone(v); b != nil {
		return b, nil
	}
	if err := e.value(v); err != nil {
		return nil, finishMarshal(err)
	}
	return e.take(), nil
}

// alone returns the term of a large text or binary that stands alone: in memory that
// is not cleared before, since an append makes it, and copied only once. Of all else it
// returns nothing.
func (e *writing) alone(v any) []byte {
	switch v := v.(type) {
	case string:
		if len(v) >= aloneLeast && validText(v) && int64(len(v)) <= math.MaxUint32 {
			return append(e.aloneHead(len(v)), v...)
		}
	case []byte:
		if len(v) >= aloneLeast && int64(len(v)) <= math.MaxUint32 {
			return append(e.aloneHead(len(v)), v...)
		}
	}
	return nil
}

// aloneLeast is from how many bytes on it is worth it.
const aloneLeast = 1 << 10

// aloneHead is the head of a binary without any room behind it.
func (e *writing) aloneHead(n int) []byte {
	e.b, _ = AppendBinaryHeader(e.b, int64(n)) // which is not too long
	return slices.Clip(e.b)
}

// take returns what was written: a copy, unless the buffer is too large to serve
// again.
func (e *writing) take() []byte {
	b := e.b
	if e.want = 0; cap(b) <= bufferKeep {
		return slices.Clone(b)
	}
	e.b, e.want = nil, len(b)+len(b)/64
	if len(b) < cap(b)-cap(b)/4 {
		return slices.Clone(b)
	}
	return b
}

// roomMin is how much room there should be before an element is written. Elements
// that take more grow the buffer by themselves.
const roomMin = 64

// roomier returns b with at least as much room as it has bytes, or as large as the
// last result if that was a large one. A slice that grows as append grows it is
// copied more often.
func (e *writing) roomier(b []byte) []byte {
	size := max(2*cap(b), 8*roomMin)
	if size > bufferKeep/8 && e.want > cap(b) {
		size = e.want
	}
	return e.grown(b, size)
}

// grown returns b in memory of so many bytes.
func (e *writing) grown(b []byte, size int) []byte {
	if size > bufferKeep && cap(b) <= bufferKeep && !e.lent {
		e.spare = b
	}
	return append(make([]byte, 0, size), b...)
}

// aheadMost is how many times as many bytes as there are a buffer may be made for.
const aheadMost = 16

// ahead returns b with room for the rest of a list of n elements, of which some are
// written from start on, if the next piece of it would not fit: as many elements again,
// or the rest. They are taken to be like those before. That is not believed without
// bound.
func (e *writing) ahead(b []byte, start, written, n int) []byte {
	took, rest := len(b)-start, n-written
	each := took/written + 1
	if room := cap(b) - len(b); took <= room || rest < written && each*rest <= room {
		return b
	}
	most := aheadMost * len(b)
	size := most
	if each < most/rest {
		size = len(b) + each*rest
	}
	return e.grown(b, max(min(size+size/16, most), 2*cap(b)))
}

// AppendMarshal is [Marshal] that appends to dst, and returns dst as it was with
// an error. What stands in the memory of dst behind the result is not kept.
func AppendMarshal(dst []byte, v any) ([]byte, error) {
	c := defaultMode().c
	e := c.writing()
	kept := e.b
	e.b, e.lent = AppendVersion(dst), true
	err := e.value(v)
	made := e.b
	e.b, e.lent = kept, false
	c.done(e)
	if err != nil {
		return dst, finishMarshal(err)
	}
	return made, nil
}

// writing returns a writing with a buffer that may have served before.
func (c *compiled) writing() *writing {
	if e, ok := c.writings.Get().(*writing); ok {
		return e
	}
	return &writing{plans: &c.plans}
}

// bufferKeep is the largest buffer that a pooled writing may keep.
const bufferKeep = 1 << 20

// keysKeep is how many keys of maps it may keep room for.
const keysKeep = 1 << 10

// textsKeep is as keysKeep for keys of text, which take less.
const textsKeep = 1 << 14

func (c *compiled) done(e *writing) {
	if e.depth, e.inKeys = 0, 0; e.spare != nil || cap(e.b) > bufferKeep {
		e.b, e.spare = e.spare, nil
	}
	// What follows holds values of the caller.
	if cap(e.keys) > keysKeep {
		e.keys = nil
	}
	clear(e.keys[:cap(e.keys)])
	e.keys = e.keys[:0]
	if cap(e.held) > bufferKeep {
		e.held = nil
	}
	e.held = e.held[:0]
	if cap(e.texts) > textsKeep {
		e.texts = nil
	}
	clear(e.texts) // mapTo has left none without an error
	e.texts = e.texts[:0]
	if e.wide > namesFew {
		clear(e.names[:])
	}
	e.wide = 0
	for ; e.learned != 0; e.learned &= e.learned - 1 {
		s := &e.keysets[bits.TrailingZeros(e.learned)%keysets]
		s[0].forget()
		s[1].forget()
	}
	c.writings.Put(e)
}

// value writes a value without a version byte.
func (e *writing) value(v any) error { return e.any(anyPlan, v) }

// planOf is planCache.of with the error of marshalling. It remembers the plan it
// found last.
func (e *writing) planOf(typ reflect.Type, o options) (*plan, error) {
	if e.last != nil && e.last.typ == typ && e.last.opts == o {
		return e.last, nil
	}
	p, err := e.plans.of(typ, o)
	if bad, ok := err.(*UnmarshalError); ok {
		return nil, &MarshalError{Reason: bad.Reason, Type: bad.Type, Field: bad.Field, Err: bad.Err}
	}
	e.last = p
	return p, err
}

// finishMarshal turns what came together inside out.
func finishMarshal(err error) error {
	e, ok := err.(*MarshalError)
	if ok && len(e.fields) > 0 {
		slices.Reverse(e.fields)
		if len(e.fields) > 2*PathKeep {
			e.fields = append(append(e.fields[:PathKeep:PathKeep], "…"), e.fields[len(e.fields)-PathKeep:]...)
		}
		e.Field = strings.TrimPrefix(e.root+"."+strings.Join(e.fields, "."), ".")
		e.fields = nil
	}
	return err
}

// writing is a Go value on its way into a term.
type writing struct {
	plans *planCache
	last  *plan
	b     []byte
	spare []byte // a smaller buffer, to be used again
	want  int    // the size of the last result, if that was a large one
	lent  bool   // b is the caller's
	wide  int    // names beyond ASCII that were checked
	depth int
	// inKeys counts the keys of Pairs around the value at hand.
	inKeys int
	keys   []mapKey // a stack of the keys of open maps
	held   []byte   // one of keys that were written to be sorted
	order  keyOrder

	texts   []textPair // one of the pairs of open maps of any values
	keysets [keysets]twoSets
	learned uint // a bit for each of them that holds something
	sorter  textSorter
	names   [namesKnown]string // names of atoms that were checked
}

func (e *writing) enter(p *plan) error {
	if e.depth++; e.depth > maxNesting {
		return unfit(ReasonCycle, p, nil)
	}
	return nil
}

func (e *writing) leave() { e.depth-- }
