package etf

import (
	"reflect"
	"unicode/utf8"
)

func decodeStruct(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	switch k := t.kind(); {
	case k == KindMap && p.st.form != formTuple && p.st.form != formRecord && p.st.form != formProplist:
		return d.fromMap(p, t, v)
	case k == KindTuple && (p.st.form == formTuple || p.st.form == formRecord):
		return d.fromTuple(p, t, v)
	case (k == KindList || k == KindNil) && (p.st.form == formDefault || p.st.form == formProplist):
		return d.fromPairs(p, t, v)
	}
	return misfitNil(p, t)
}

// taken is the set of fields that have come.
type taken struct {
	first uint64
	more  []uint64 // of fields from 64 on
}

// add reports whether the field is new.
func (s *taken) add(i, n int) bool {
	word := &s.first
	if i >= 64 {
		if s.more == nil {
			s.more = make([]uint64, (n-1)/64)
		}
		word = &s.more[i/64-1]
	}
	bit := uint64(1) << (i % 64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

func (s *taken) has(i int) bool {
	if i < 64 {
		return s.first>>i&1 != 0
	}
	return s.more != nil && s.more[i/64-1]>>(i%64)&1 != 0
}

// What find says of a key without a field.
const (
	fieldUnknown = -1 - iota
	fieldModule  // __struct__
	fieldIgnored // __meta__ and __exception__
)

// fieldCacheSize is how many atoms of a term have their field remembered. Rows of
// the same struct then cost no more than a comparison a key.
const fieldCacheSize = 64

type fieldHit struct {
	st   *structPlan
	atom node // which tells where its name stands, and its length
	i    int32
}

// find returns the field of a key.
func (d *filling) find(st *structPlan, k Term) int {
	switch k.kind() {
	case KindAtom:
		if st.key != textDefault && st.key != textAtom {
			return fieldUnknown
		}
		hit := &d.fields[((k.node.Num+uint64(st.id))*0x9E3779B97F4A7C15)>>58]
		if hit.st == st && hit.atom == k.node {
			return int(hit.i)
		}
		name, _ := k.Atom()
		i, ok := st.byName[name]
		if !ok {
			i = special(name)
		}
		*hit = fieldHit{st, k.node, int32(i)}
		return i
	case KindBinary:
		if st.key == textDefault || st.key == textBinary {
			if i, ok := st.byName[string(k.payload())]; ok {
				return i
			}
		}
	case KindList, KindNil:
		if st.key != textDefault && st.key != textCharlist || !k.IsProper() {
			break
		}
		if i, ok := st.byName[string(d.keyText(k))]; ok {
			return i
		}
	}
	return fieldUnknown
}

func special(name string) int {
	switch name {
	case moduleKey:
		return fieldModule
	case "__meta__", "__exception__":
		return fieldIgnored
	}
	return fieldUnknown
}

// keyText returns the text of a list of characters that may be a key, nil if it
// is none.
func (d *filling) keyText(k Term) []byte {
	b := d.scratch[:0]
	for i := range min(k.Len(), 256) {
		c, _ := k.at(i)
		r, ok := c.Int()
		if !ok || r < 0 || r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return nil
		}
		b = utf8.AppendRune(b, rune(r))
	}
	d.scratch = b[:0]
	if k.Len() > 256 {
		return nil
	}
	return b
}

func (d *filling) fromMap(p *plan, t Term, v reflect.Value) error {
	st := p.st
	if err := d.enter(); err != nil {
		return typed(err, p, t)
	}
	if st.form == formStruct && t.module() != st.name {
		return misfitFor(wantsModule(st.name), ReasonStruct, p, t)
	}
	var seen taken
	for i := range t.Len() {
		k, _ := t.at(2 * i)
		x := d.find(st, k)
		if x < 0 {
			if x == fieldUnknown && (st.strict || d.c.config.Unmarshal.RefuseUnknown) {
				return under(misfit(ReasonUnknown, p, k), p, t, Step{StepKey, int64(i)})
			}
			continue
		}
		if !seen.add(x, len(st.fields)) {
			return under(ofField(misfit(ReasonDuplicate, p, k), p, &st.fields[x]), p, t, Step{StepKey, int64(i)})
		}
		c, at := t.at(2*i + 1)
		if c.kind() == KindMap && c.notLoaded() {
			continue
		}
		if err := d.field(p, &st.fields[x], c, at, v); err != nil {
			return under(err, p, t, Step{StepValue, int64(i)})
		}
	}
	d.leave()
	return st.complete(p, t, &seen)
}

// module returns the module that __struct__ names, "" if there is none.
func (t Term) module() string {
	for i := range t.Len() {
		if k, _ := t.at(2 * i); k.IsAtom(moduleKey) {
			c, _ := t.at(2*i + 1)
			name, _ := c.Atom()
			return name
		}
	}
	return ""
}

const notLoadedModule = "Elixir.Ecto.Association.NotLoaded"

// notLoaded reports whether a map stands for an association that Ecto has not
// loaded.
func (t Term) notLoaded() bool {
	return t.length() == 4 && t.module() == notLoadedModule
}

// field fills one field.
func (d *filling) field(p *plan, f *field, t Term, at int, v reflect.Value) error {
	if f.grow > 0 {
		if err := d.charge(f.grow); err != nil {
			return typed(err, p, t)
		}
	}
	if err := f.plan.decode(d, f.plan, t, at, f.of(v, true)); err != nil {
		return ofField(err, p, f)
	}
	return nil
}

// complete checks that the required fields have come.
func (st *structPlan) complete(p *plan, t Term, seen *taken) error {
	for i := range st.fields {
		if st.fields[i].required && !seen.has(i) {
			return ofField(misfit(ReasonMissing, p, t), p, &st.fields[i])
		}
	}
	return nil
}

// fromTuple fills the fields in the order of their declaration.
func (d *filling) fromTuple(p *plan, t Term, v reflect.Value) error {
	st := p.st
	if err := d.enter(); err != nil {
		return typed(err, p, t)
	}
	head := 0
	if st.form == formRecord {
		head = 1
		if t.Len() == 0 || !t.Index(0).IsAtom(st.name) {
			return misfitFor("wants tag "+st.name, ReasonRecord, p, t)
		}
	}
	if t.Len() != head+len(st.fields) {
		return misfitLen(p, t, head+len(st.fields), t.Len())
	}
	for i := range st.fields {
		c, at := t.at(head + i)
		if err := d.field(p, &st.fields[i], c, at, v); err != nil {
			return under(err, p, t, Step{StepTuple, int64(head + i)})
		}
	}
	d.leave()
	return nil
}

// fromPairs fills the fields from a property list: pairs of a key and a value,
// and atoms, which stand for {Atom, true}.
func (d *filling) fromPairs(p *plan, t Term, v reflect.Value) error {
	st := p.st
	if !t.IsProper() {
		return misfit(ReasonImproper, p, t)
	}
	if err := d.enter(); err != nil {
		return typed(err, p, t)
	}
	var seen taken
	for i := range t.Len() {
		c, _ := t.at(i)
		if err := d.property(p, c, v, &seen); err != nil {
			return under(err, p, t, Step{StepList, int64(i)})
		}
	}
	d.leave()
	return st.complete(p, t, &seen)
}

// property fills a field from one element of a property list.
func (d *filling) property(p *plan, c Term, v reflect.Value, seen *taken) error {
	st := p.st
	k, value, at := c, d.yes(), -1
	switch {
	case c.kind() == KindTuple && c.Len() == 2:
		k, _ = c.at(0)
		value, at = c.at(1)
	case c.kind() != KindAtom:
		return misfit(ReasonKind, p, c)
	}
	x := d.find(st, k)
	if x < 0 {
		if x == fieldUnknown && (st.strict || d.c.config.Unmarshal.RefuseUnknown) {
			return misfit(ReasonUnknown, p, c)
		}
		return nil
	}
	if !seen.add(x, len(st.fields)) {
		return ofField(misfit(ReasonDuplicate, p, c), p, &st.fields[x])
	}
	if err := d.field(p, &st.fields[x], value, at, v); err != nil {
		if c.kind() == KindTuple {
			err = under(err, p, c, Step{StepTuple, 1})
		}
		return err
	}
	return nil
}

// yes is the atom true, which a property list leaves out.
func (d *filling) yes() Term {
	return Term{&d.truth, newNode(KindAtom, 0, len("true"), 0)}
}
