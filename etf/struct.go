package etf

import (
	"fmt"
	"reflect"
	"slices"
)

// structPlan is what a struct type asks for.
type structPlan struct {
	form   form
	name   string // the atom of a record, or the module of an Elixir struct
	key    textMode
	strict bool // keys without a field are refused
	fields []field
	byName map[string]int // the field of a key

	order    []int  // fields in the order that their keys are written in
	module   []byte // __struct__ and its module, or a record's atom, encoded
	optional bool   // some fields may be left out
	required bool   // some fields must come
	id       uint   // of no meaning, but another for each struct inside the same type
}

// field is a field of a struct, or of a struct embedded in it.
type field struct {
	goName    string
	key       string
	index     []int // as of reflect.Value.FieldByIndex
	at        int   // the last of index
	plan      *plan
	grow      int64 // bytes of embedded pointers on the way
	omitEmpty bool
	required  bool
	encoded   []byte // the key

	asAtom, asBinary string // the key as it may be read, encoded; empty if not so
}

// readAs keeps the encodings of the key that are read without a look at what they say.
func (f *field) readAs(key textMode) {
	if b, err := AppendAtom(nil, f.key); err == nil && (key == textDefault || key == textAtom) {
		f.asAtom = string(b)
	}
	if key == textDefault || key == textBinary {
		f.asBinary = string(appendText(nil, f.key))
	}
}

// keyAt returns the place behind the key at b[at:] if it is that of the field, in the
// encoding that a BEAM writes.
func (f *field) keyAt(b []byte, at int) int {
	key := f.asAtom
	if len(key) == 0 || b[at] != key[0] {
		key = f.asBinary
	}
	if end := at + len(key); end > at && end <= len(b) && string(b[at:end]) == key {
		return end
	}
	return astray
}

// tagError is why a struct type cannot be used. It holds Go names only.
type tagError struct{ text string }

// Error says what is wrong.
func (e *tagError) Error() string { return e.text }

func badTag(typ reflect.Type, goName, format string, args ...any) error {
	return &UnmarshalError{Reason: ReasonTag, Type: typ, Field: goName, Err: &tagError{fmt.Sprintf(format, args...)}}
}

// structure plans a struct.
func (b *planner) structure(p *plan) error {
	st := &structPlan{byName: map[string]int{}, id: uint(len(b.made)) * 29}
	p.st = st
	own, err := structTag(p.typ)
	if err != nil {
		return err
	}
	st.form, st.name, st.key, st.strict = own.opts.form, own.opts.name, own.opts.key, own.strict
	if p.opts.form != formDefault {
		st.form, st.name = p.opts.form, p.opts.name
	}
	if p.opts.key != textDefault {
		st.key = p.opts.key
	}
	if own.opts.form == formTuple || own.opts.form == formRecord {
		switch {
		case own.opts.key != textDefault:
			return badTag(p.typ, "_", "a tuple has no keys")
		case own.strict:
			return badTag(p.typ, "_", "a tuple is strict anyway")
		}
	}
	if err := b.fields(p, p.typ, nil, map[reflect.Type]bool{}); err != nil {
		return err
	}
	if !st.isTuple() {
		if err := st.names(p.typ); err != nil {
			return err
		}
		st.sortFields()
	}
	return st.encodeNames(p.typ)
}

// isTuple reports whether fields go by their place and not by a key.
func (st *structPlan) isTuple() bool { return st.form == formTuple || st.form == formRecord }

// structTag reads the tag of the blank field, which speaks for the struct.
func structTag(typ reflect.Type) (t fieldTag, err error) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Name != "_" || f.Tag.Get("etf") == "" {
			continue
		}
		if t, err = parseTag(f.Tag.Get("etf")); err != nil {
			return t, badTag(typ, "_", "%v", err)
		}
		if t.name != "" {
			return t, badTag(typ, "_", "the blank field has no key: begin the tag with a comma")
		}
		o := t.opts
		o.form, o.name, o.key = formDefault, "", textDefault
		if t.skip || t.omitEmpty || t.required || o != (options{}) {
			return t, badTag(typ, "_", "the blank field takes a form, key= and strict only")
		}
	}
	return t, nil
}

// fields collects the fields of a struct and of those embedded in it, in the
// order of their declaration.
func (b *planner) fields(p *plan, typ reflect.Type, index []int, inside map[reflect.Type]bool) error {
	if inside[typ] {
		return badTag(typ, "", "the struct embeds itself")
	}
	inside[typ] = true
	defer delete(inside, typ)
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag, ok := f.Tag.Lookup("etf")
		if f.Name == "_" || !f.IsExported() && !f.Anonymous {
			if ok && f.Name != "_" && tag != "-" {
				return badTag(typ, f.Name, "the field has a tag but is not exported")
			}
			continue
		}
		t, err := parseTag(tag)
		if err != nil {
			return badTag(typ, f.Name, "%v", err)
		}
		if t.skip {
			continue
		}
		at := append(slices.Clone(index), i)
		if done, err := b.embedded(p, f, t, at, inside); done || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if err := b.field(p, f, t, at); err != nil {
			return err
		}
	}
	return nil
}

// embedded takes the fields of an embedded struct, unless its tag names it.
func (b *planner) embedded(p *plan, f reflect.StructField, t fieldTag, at []int, inside map[reflect.Type]bool) (bool, error) {
	typ := f.Type
	if !f.Anonymous || t.name != "" {
		return false, nil
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
		if !f.IsExported() && typ.Kind() == reflect.Struct {
			return true, badTag(p.typ, f.Name, "an embedded pointer to an unexported struct cannot be set")
		}
	}
	if typ.Kind() != reflect.Struct {
		return false, nil
	}
	probe := &plan{typ: typ, kind: typ.Kind(), opts: t.opts}
	if b.known(probe) || (&planner{made: map[planKey]*plan{}}).hooks(probe) {
		return false, nil
	}
	if t.omitEmpty || t.required || t.strict || t.opts != (options{}) {
		return true, badTag(p.typ, f.Name, "the fields of an embedded struct are those of the outer one, unless the tag gives a key")
	}
	return true, b.fields(p, typ, at, inside)
}

func (b *planner) field(p *plan, f reflect.StructField, t fieldTag, at []int) error {
	if err := b.fits(f.Type, t.opts); err != nil {
		return badTag(p.typ, f.Name, "%v", err)
	}
	fp, err := b.of(f.Type, t.opts)
	if err != nil {
		return err
	}
	key := t.name
	if key == "" {
		key = snake(f.Name)
	}
	if (t.omitEmpty || t.required) && p.st.isTuple() {
		return badTag(p.typ, f.Name, "a tuple has all its fields")
	}
	if t.strict {
		return badTag(p.typ, f.Name, "strict stands at the blank field")
	}
	p.st.required = p.st.required || t.required
	p.st.fields = append(p.st.fields, field{
		goName: f.Name, key: key, index: at, at: at[len(at)-1], plan: fp, grow: grown(p.typ, at),
		omitEmpty: t.omitEmpty, required: t.required,
	})
	return nil
}

// grown is the size of the structs that embedded pointers on the way lead to.
func grown(typ reflect.Type, index []int) (n int64) {
	for _, x := range index {
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
			n += int64(typ.Size())
		}
		typ = typ.Field(x).Type
	}
	return n
}

// names decides which field a key belongs to: that of the outermost struct. Two
// of the same depth are an error.
func (st *structPlan) names(typ reflect.Type) error {
	outermost := map[string]int{}
	for _, f := range st.fields {
		if depth, ok := outermost[f.key]; !ok || len(f.index) < depth {
			outermost[f.key] = len(f.index)
		}
	}
	var kept []field
	for _, f := range st.fields {
		if len(f.index) > outermost[f.key] {
			continue
		}
		if i, taken := st.byName[f.key]; taken {
			return badTag(typ, f.goName, "field %s has the same key", kept[i].goName)
		}
		st.byName[f.key] = len(kept)
		kept = append(kept, f)
	}
	for i := range kept {
		kept[i].readAs(st.key)
	}
	st.fields = kept
	return nil
}

// of returns the field of a struct value, making the embedded pointers that lead
// to it if make is set. Else the result may be invalid.
func (f *field) of(v reflect.Value, make bool) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.at)
	}
	for i, x := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !make {
					return reflect.Value{}
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}
