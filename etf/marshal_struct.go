package etf

import (
	"reflect"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
)

// moduleKey is the key that Elixir structs have.
const moduleKey = wire.StructKey

// sortFields finds the order in which the keys of a map are written. moduleKey
// stands for itself as len(fields).
func (st *structPlan) sortFields() {
	for i := range st.fields {
		st.order = append(st.order, i)
	}
	if st.form == formStruct {
		st.order = append(st.order, len(st.fields))
	}
	if st.form == formProplist {
		return
	}
	key := func(i int) string {
		if i < len(st.fields) {
			return st.fields[i].key
		}
		return moduleKey
	}
	rank := func(i int) int { // atoms stand before lists and binaries
		if i < len(st.fields) && st.key != textDefault && st.key != textAtom {
			return 1
		}
		return 0
	}
	slices.SortFunc(st.order, func(a, b int) int {
		if ra, rb := rank(a), rank(b); ra != rb {
			return ra - rb
		}
		return strings.Compare(key(a), key(b))
	})
}

func encodeStruct(e *writing, p *plan, v reflect.Value) error {
	if err := e.enter(p); err != nil {
		return err
	}
	defer e.leave()
	switch p.st.form {
	case formTuple, formRecord:
		return e.fields(p, v)
	case formProplist:
		return e.properties(p, v)
	}
	return e.fieldMap(p, v)
}

// omitted reports whether a field is left out.
func (f *field) omitted(v reflect.Value) bool {
	if len(f.index) == 1 && !f.omitEmpty {
		return false
	}
	fv := f.of(v, false)
	return !fv.IsValid() || f.omitEmpty && (isEmpty(fv) || fv.Kind() == reflect.Struct && f.plan.st != nil && f.plan.st.isEmpty(fv))
}

// isEmpty reports whether a struct has nothing but fields that are zero or left out: read
// again, it would be the zero value.
func (st *structPlan) isEmpty(v reflect.Value) bool {
	for i := range st.fields {
		f := &st.fields[i]
		if !f.omitted(v) && !f.of(v, false).IsZero() {
			return false
		}
	}
	return true
}

// isEmpty is what omitempty leaves out: zero values and what has no elements.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

// count is how many fields are written.
func (st *structPlan) count(v reflect.Value) int {
	n := len(st.fields)
	if st.optional {
		for i := range st.fields {
			if st.fields[i].omitted(v) {
				n--
			}
		}
	}
	return n
}

func (e *writing) member(p *plan, f *field, v reflect.Value) error {
	fv := f.of(v, false)
	if !fv.IsValid() { // in a tuple: an embedded pointer that is nil
		return encodeNilAtom(e, f.plan.opts)
	}
	if err := f.plan.encode(e, f.plan, fv); err != nil {
		return ofMember(err, p, f)
	}
	return nil
}

func (e *writing) fieldMap(p *plan, v reflect.Value) (err error) {
	st := p.st
	n := st.count(v)
	if st.form == formStruct {
		n++
	}
	if e.b, err = AppendMapHeader(e.b, n); err != nil {
		return unable(p, err)
	}
	for _, i := range st.order {
		if i == len(st.fields) {
			e.b = append(e.b, st.module...)
			continue
		}
		f := &st.fields[i]
		if st.optional && f.omitted(v) {
			continue
		}
		e.b = append(e.b, f.encoded...)
		if err := e.member(p, f, v); err != nil {
			return err
		}
	}
	return nil
}

func (e *writing) fields(p *plan, v reflect.Value) (err error) {
	st := p.st
	n := len(st.fields)
	if st.form == formRecord {
		n++
	}
	if e.b, err = AppendTupleHeader(e.b, n); err != nil {
		return unable(p, err)
	}
	e.b = append(e.b, st.module...)
	for i := range st.fields {
		if err := e.member(p, &st.fields[i], v); err != nil {
			return err
		}
	}
	return nil
}

func (e *writing) properties(p *plan, v reflect.Value) (err error) {
	st := p.st
	start, n := len(e.b), st.count(v)
	if e.b, err = AppendListHeader(e.b, n); err != nil {
		return unable(p, err)
	}
	for i := range st.fields {
		f := &st.fields[i]
		if st.optional && f.omitted(v) {
			continue
		}
		if e.b, err = AppendTupleHeader(e.b, 2); err != nil {
			return unable(p, err)
		}
		e.b = append(e.b, f.encoded...)
		if err := e.member(p, f, v); err != nil {
			return err
		}
	}
	e.b = endList(e.b, start, n)
	return nil
}

// encodeNames writes the keys of the fields, and what names the struct, once for
// all values.
func (st *structPlan) encodeNames(typ reflect.Type) (err error) {
	switch st.form {
	case formRecord:
		st.module, err = AppendAtom(nil, st.name)
	case formStruct:
		if st.module, err = AppendAtom(nil, moduleKey); err == nil {
			st.module, err = AppendAtom(st.module, st.name)
		}
	}
	for i := range st.fields {
		f := &st.fields[i]
		st.optional = st.optional || f.omitEmpty || f.grow > 0
		if err == nil {
			f.encoded, err = appendKey(st.key, f.key)
		}
	}
	if err != nil {
		return badTag(typ, "", "a name is no atom")
	}
	return nil
}

func appendKey(mode textMode, key string) ([]byte, error) {
	switch mode {
	case textBinary, textAny:
		return AppendString(nil, key)
	case textCharlist:
		return AppendCharlist(nil, key)
	}
	return AppendAtom(nil, key)
}
