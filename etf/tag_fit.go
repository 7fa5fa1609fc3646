package etf

import (
	std "encoding"
	"fmt"
	"reflect"
	"time"
)

// reach is what the options of a field can find in its type: there itself, behind
// pointers, and in the elements of slices, arrays and maps.
type reach struct {
	text  bool // a type that is read from text
	str   bool // one that has its text as a string
	atom  bool // Atom
	time  bool // time.Time
	null  bool // a type with a nil that is written as such
	bytes bool // a type with the methods of encoding.BinaryUnmarshaler or BinaryMarshaler
}

func (r reach) and(o reach) reach {
	return reach{r.text || o.text, r.str || o.str, r.atom || o.atom, r.time || o.time, r.null || o.null, r.bytes || o.bytes}
}

// reachOf looks into a type. inside are the types around it.
func (b *planner) reachOf(typ reflect.Type, inside map[reflect.Type]bool) (r reach) {
	if inside[typ] {
		return r
	}
	inside[typ] = true
	defer delete(inside, typ)
	switch kind := typ.Kind(); {
	case kind == reflect.Pointer:
		r = b.reachOf(typ.Elem(), inside)
		r.null = true
		return r
	case kind == reflect.Interface:
		return reach{null: true}
	case typ == typeOf[Atom]():
		return reach{atom: true}
	case typ == typeOf[time.Time]():
		return reach{time: true}
	case isMapSet(typ):
		return b.reachOf(typ.Elem(), inside)
	case isResult(typ):
		return b.reachOf(typ.Field(2).Type, inside).and(b.reachOf(typ.Field(3).Type, inside))
	case b.own(typ):
		return r
	case hasText(typ):
		return reach{text: true, str: true, bytes: hasBytes(typ)}
	case hasBytes(typ):
		return reach{text: true, bytes: true}
	case kind == reflect.String:
		return reach{text: true, str: true}
	case kind == reflect.Slice || kind == reflect.Array:
		if e := typ.Elem(); e.Kind() == reflect.Uint8 && !b.hooked(e) {
			return reach{text: true}
		}
		return b.reachOf(typ.Elem(), inside)
	case kind == reflect.Map:
		return b.reachOf(typ.Elem(), inside)
	}
	return r
}

// own reports whether a type of this package or a method decides alone what the
// term is.
func (b *planner) own(typ reflect.Type) bool {
	p := &plan{typ: typ, kind: typ.Kind()}
	return (&planner{made: map[planKey]*plan{}}).known(p) || implements[Unmarshaler](typ) ||
		implements[UnmarshalerFrom](typ) || implements[Marshaler](typ) || implements[MarshalerTo](typ)
}

func implements[T any](typ reflect.Type) bool { return reflect.PointerTo(typ).Implements(typeOf[T]()) }

func hasText(typ reflect.Type) bool {
	return implements[std.TextUnmarshaler](typ) || implements[std.TextMarshaler](typ)
}

func hasBytes(typ reflect.Type) bool {
	return implements[std.BinaryUnmarshaler](typ) || implements[std.BinaryMarshaler](typ)
}

// fits reports which options of a tag do not fit the type of their field. They
// would say nothing, and whoever wrote them expects that they do.
func (b *planner) fits(typ reflect.Type, o options) error {
	r := b.reachOf(typ, map[reflect.Type]bool{})
	text := r.text
	switch o.text {
	case textAtom:
		text = r.text || r.atom
	case textDecimal:
		text = r.str
	}
	switch {
	case o.text != textDefault && !text:
		return unfitOption(nameOf(textModes, o.text))
	case o.time != timeDefault && !r.time:
		return unfitOption(nameOf(timeModes, o.time))
	case o.undefined && !r.null:
		return unfitOption("undefined")
	case o.byBytes && !r.bytes:
		return unfitOption("bytes")
	case o.form != formDefault && !b.formFits(typ, o.form):
		return unfitOption(nameOf(forms, o.form))
	case o.key != textDefault && !b.keyFits(typ, o):
		return unfitOption("key")
	}
	return nil
}

// shaped returns what a pointer leads to, and its kind, unless the type has a form
// of its own.
func (b *planner) shaped(typ reflect.Type) (reflect.Type, reflect.Kind) {
	typ, ok := pointee(typ)
	if !ok || b.own(typ) || hasText(typ) || hasBytes(typ) {
		return typ, reflect.Invalid
	}
	return typ, typ.Kind()
}

func (b *planner) formFits(typ reflect.Type, f form) bool {
	_, kind := b.shaped(typ)
	switch f {
	case formTuple:
		return kind == reflect.Struct || kind == reflect.Slice || kind == reflect.Array
	case formProplist:
		return kind == reflect.Struct || kind == reflect.Map
	}
	return kind == reflect.Struct
}

func (b *planner) keyFits(typ reflect.Type, o options) bool {
	typ, kind := b.shaped(typ)
	if kind == reflect.Struct {
		return o.form != formTuple && o.form != formRecord
	}
	if kind != reflect.Map {
		return false
	}
	r := b.reachOf(typ.Key(), map[reflect.Type]bool{})
	return r.text || r.atom && o.key == textAtom
}

func unfitOption(name string) error {
	return fmt.Errorf("option %q does not fit the field's type", name)
}

// nameOf finds the name of an option, of two the first.
func nameOf[T comparable](names map[string]T, of T) (name string) {
	for n, v := range names {
		if v == of && (name == "" || n < name) {
			name = n
		}
	}
	return name
}
