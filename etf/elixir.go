package etf

import (
	"reflect"
	"unicode/utf8"
)

// The types of this file stand for structs of Elixir's standard library and of
// packages that nearly every Elixir program has. Each is a map whose key
// __struct__ names the module, and is written as Elixir 1.14 makes it.

const elixirPrefix = "Elixir."

// Range is an Elixir Range. Of one written by Elixir before 1.12, which had no
// step, Step is 1 or -1.
type Range struct{ First, Last, Step int64 }

// URI is an Elixir URI. Parts that are nil are not there, which differs from
// empty.
type URI struct {
	_         struct{} `etf:",struct=Elixir.URI"`
	Scheme    *string  `etf:"scheme"`
	Userinfo  *string  `etf:"userinfo"`
	Host      *string  `etf:"host"`
	Port      *uint16  `etf:"port"`
	Path      *string  `etf:"path"`
	Query     *string  `etf:"query"`
	Fragment  *string  `etf:"fragment"`
	Authority *string  `etf:"authority"`
}

// Version is an Elixir Version. Pre holds strings and int64s.
type Version struct {
	_     struct{} `etf:",struct=Elixir.Version"`
	Major uint64   `etf:"major"`
	Minor uint64   `etf:"minor"`
	Patch uint64   `etf:"patch"`
	Pre   []any    `etf:"pre"`
	Build *string  `etf:"build"`
}

// Exception is an Elixir exception of any module.
type Exception struct {
	// Module is the name with its prefix, as in "Elixir.ArgumentError".
	Module Atom
	// Fields are those of the exception, without __struct__ and __exception__.
	Fields map[Atom]Term
}

// Message returns the field message if it is text, and else "".
func (e *Exception) Message() string {
	b, ok := e.Fields["message"].Bytes()
	if !ok || !utf8.Valid(b) {
		return ""
	}
	return string(b)
}

// Error returns the module and the message. Both are what the sender wrote.
func (e *Exception) Error() string {
	name := string(e.Module)
	if len(name) > len(elixirPrefix) && name[:len(elixirPrefix)] == elixirPrefix {
		name = name[len(elixirPrefix):]
	}
	if m := e.Message(); m != "" {
		return name + ": " + m
	}
	return name
}

// MapSet is an Elixir MapSet, its elements in the order of Erlang's terms.
type MapSet[T any] []T

func (MapSet[T]) mapSet() {}

// Result is {ok, Value} or {error, Reason}, or with Bare set ok or error alone. The zero
// value is {error, Reason} with the zero value of E.
type Result[V, E any] struct {
	OK     bool
	Bare   bool
	Value  V // if OK
	Reason E // if not
}

func (Result[V, E]) result() {}

// Get returns the value, and whether the result is ok.
func (r Result[V, E]) Get() (V, bool) { return r.Value, r.OK }

// elixir plans the types that stand for Elixir's.
func (b *planner) elixir(p *plan) bool {
	switch p.typ {
	case typeOf[DateTime]():
		p.decode, p.encode = decodeDateTime, encodeDateTime
	case typeOf[NaiveDateTime]():
		p.decode, p.encode = decodeNaive, encodeNaive
	case typeOf[Date]():
		p.decode, p.encode = decodeDate, encodeDate
	case typeOf[TimeOfDay]():
		p.decode, p.encode = decodeTimeOfDay, encodeTimeOfDay
	case typeOf[Decimal]():
		p.decode, p.encode = decodeDecimal, encodeDecimal
	case typeOf[Range]():
		p.decode, p.encode = decodeRange, encodeRange
	case typeOf[Exception]():
		p.decode, p.encode = decodeException, encodeException
		p.elem, _ = b.of(typeOf[map[Atom]Term](), options{})
	default:
		return b.generic(p)
	}
	return true
}

// generic plans the types with parameters.
func (b *planner) generic(p *plan) bool {
	var err error
	switch {
	case isMapSet(p.typ):
		p.decode, p.encode, p.empty = decodeMapSet, encodeMapSet, reflect.MakeSlice(p.typ, 0, 0)
		p.elem, err = b.of(p.typ.Elem(), p.opts.inner())
		p.key = p.elem
	case isResult(p.typ):
		p.decode, p.encode = decodeResult, encodeResult
		if p.elem, err = b.of(p.typ.Field(2).Type, p.opts.inner()); err == nil {
			p.key, err = b.of(p.typ.Field(3).Type, p.opts.inner())
		}
	default:
		return false
	}
	if err != nil {
		p.decode, p.encode = decodeNothing, encodeNothing
	}
	return true
}

func isMapSet(typ reflect.Type) bool {
	return typ.Kind() == reflect.Slice && typ.Implements(typeOf[interface{ mapSet() }]())
}

// isResult reports whether a type is a Result and no struct that embeds one.
func isResult(typ reflect.Type) bool {
	if typ.Kind() != reflect.Struct || !typ.Implements(typeOf[interface{ result() }]()) {
		return false
	}
	f, ok := typ.FieldByName("Reason")
	return ok && len(f.Index) == 1 && typ.NumField() == 4
}

// members are the values of an Elixir struct by name.
type members struct{ t Term }

// elixirMax is more keys than any struct of this package has; a larger map is
// none of them, and not searched.
const elixirMax = 32

// members returns the values of the struct of a module.
func (d *filling) members(p *plan, t Term, module string) (members, error) {
	if t.kind() != KindMap {
		return members{}, misfit(ReasonKind, p, t)
	}
	if t.Len() > elixirMax || t.module() != module {
		return members{}, misfitFor(wantsModule(module), ReasonStruct, p, t)
	}
	return members{t: t}, nil
}

// find returns the value of a key and the ordinal of its pair.
func (m members) find(key string) (Term, int) {
	for i := range m.t.Len() {
		if k, _ := m.t.at(2 * i); k.IsAtom(key) {
			v, _ := m.t.at(2*i + 1)
			return v, i
		}
	}
	return Term{}, -1
}

// wrong is the error of a key that is not there, or of its value.
func (m members) wrong(p *plan, r Reason, key string) error {
	v, i := m.find(key)
	if i < 0 {
		return misfit(ReasonMissing, p, m.t)
	}
	return under(misfit(r, p, v), p, m.t, Step{StepValue, int64(i)})
}

// expecting adds what would have fitted to an error of a term.
func expecting(err error, want string) error {
	if e, ok := err.(*UnmarshalError); ok {
		e.want = want
	}
	return err
}

// int returns an integer between lo and hi.
func (m members) int(p *plan, key string, lo, hi int64) (int64, error) {
	v, _ := m.find(key)
	switch n, ok := v.Int(); {
	case v.kind() != KindInteger:
		return 0, m.wrong(p, ReasonKind, key)
	case !ok || n < lo || n > hi:
		return 0, m.wrong(p, ReasonRange, key)
	default:
		return n, nil
	}
}

// iso checks that the calendar is the one whose dates Go knows.
func (m members) iso(p *plan) error {
	if v, _ := m.find("calendar"); !v.IsAtom("Elixir.Calendar.ISO") {
		return expecting(m.wrong(p, ReasonStruct, "calendar"), "wants module Elixir.Calendar.ISO")
	}
	return nil
}

func decodeRange(d *filling, p *plan, t Term, place int, v reflect.Value) (err error) {
	m, err := d.members(p, t, "Elixir.Range")
	if err != nil {
		return err
	}
	to := v.Addr().Interface().(*Range)
	const lo, hi = -1 << 63, 1<<63 - 1
	if to.First, err = m.int(p, "first", lo, hi); err != nil {
		return err
	}
	if to.Last, err = m.int(p, "last", lo, hi); err != nil {
		return err
	}
	if _, i := m.find("step"); i < 0 {
		if to.Step = 1; to.First > to.Last {
			to.Step = -1
		}
		return nil
	}
	if to.Step, err = m.int(p, "step", lo, hi); err == nil && to.Step == 0 {
		err = m.wrong(p, ReasonRange, "step")
	}
	return err
}

func decodeException(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.kind() != KindMap {
		return misfit(ReasonKind, p, t)
	}
	m := members{t: t}
	if yes, _ := m.find("__exception__"); !yes.IsAtom("true") {
		return misfitFor("wants an exception", ReasonStruct, p, t)
	}
	to := Exception{Module: Atom(t.module())}
	if to.Module == "" {
		return misfitFor("wants a module in __struct__", ReasonStruct, p, t)
	}
	fields := reflect.ValueOf(&to.Fields).Elem()
	if err := p.elem.decode(d, p.elem, t, place, fields); err != nil {
		return err
	}
	delete(to.Fields, moduleKey)
	delete(to.Fields, "__exception__")
	*v.Addr().Interface().(*Exception) = to
	return nil
}

func decodeMapSet(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.isNil() {
		v.SetZero()
		return nil
	}
	m, err := d.members(p, t, "Elixir.MapSet")
	if err != nil {
		return err
	}
	set, i := m.find("map")
	if i < 0 || set.kind() != KindMap {
		return m.wrong(p, ReasonKind, "map")
	}
	n := set.Len()
	if err := d.chargeN(n, p.elem.size); err != nil {
		return typed(err, p, t)
	}
	if err := d.enter(); err != nil {
		return typed(err, p, t)
	}
	p.remake(v, n)
	seen, err := d.newSeen(p.elem, n)
	if err != nil {
		return typed(err, p, t)
	}
	for to, from := range sortedKeys(set) {
		k, at := set.at(2 * from)
		err := p.elem.decode(d, p.elem, k, at, v.Index(to))
		if err == nil && !seen.add(v.Index(to)) {
			err = misfit(ReasonCollision, p, k)
		}
		if err != nil {
			return under(under(err, p, k, Step{StepKey, int64(from)}), p, t, Step{StepValue, int64(i)})
		}
	}
	d.leave()
	return nil
}

// seen finds elements of a set that are one in Go, as 1 and 1.0 are as floats. The zero
// value finds none.
type seen struct{ values, nothing reflect.Value }

// mayMerge reports whether two terms may become one value of a type, and Go can tell. Plain
// integers, bools and atoms are as different as the terms, and in an any it is the type that
// tells them apart.
func (p *plan) mayMerge() bool {
	switch p.kind {
	case reflect.Interface:
		return false
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if p.straight != nil { // no hook
			return false
		}
	}
	return p.typ != typeOf[Atom]() && p.typ.Comparable()
}

// newSeen makes room for n values, if two terms may become the same one and Go can tell.
func (d *filling) newSeen(p *plan, n int) (s seen, err error) {
	if n < 2 || !p.mayMerge() {
		return s, nil
	}
	nothing := typeOf[struct{}]()
	if err := d.charge(mapSize(n, p.size)); err != nil {
		return s, err
	}
	return seen{reflect.MakeMapWithSize(reflect.MapOf(p.typ, nothing), n), reflect.Zero(nothing)}, nil
}

// add reports whether v is new.
func (s seen) add(v reflect.Value) bool {
	if !s.values.IsValid() || !v.Comparable() {
		return true
	}
	before := s.values.Len()
	s.values.SetMapIndex(v, s.nothing)
	return s.values.Len() > before
}

func decodeResult(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	to, step := v.Field(2), p.elem
	name, rest := t, Term{}
	if t.kind() == KindTuple && t.Len() == 2 {
		name, rest = t.Index(0), t.Index(1)
	} else if t.kind() != KindAtom {
		return misfit(ReasonKind, p, t)
	}
	ok := name.IsAtom("ok")
	if !ok && !name.IsAtom("error") {
		return misfitFor("wants ok or error", ReasonRecord, p, t)
	}
	v.SetZero()
	v.Field(0).SetBool(ok)
	v.Field(1).SetBool(rest.kind() == KindInvalid)
	if rest.kind() == KindInvalid {
		return nil
	}
	if !ok {
		to, step = v.Field(3), p.key
	}
	if err := d.enter(); err != nil {
		return typed(err, p, t)
	}
	rest, at := t.at(1)
	if err := step.decode(d, step, rest, at, to); err != nil {
		return under(err, p, t, Step{StepTuple, 1})
	}
	d.leave()
	return nil
}
