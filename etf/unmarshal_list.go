package etf

import "reflect"

func decodePointer(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.isNil() && p.elem.kind != reflect.Interface {
		v.SetZero()
		return nil
	}
	if v.IsNil() {
		if err := d.charge(p.elem.size); err != nil {
			return typed(err, p, t)
		}
		v.Set(reflect.New(p.typ.Elem()))
	}
	return p.elem.decode(d, p.elem, t, place, v.Elem())
}

// sequence checks that a term may fill a slice or array, and returns how its
// elements are counted in a path.
func (p *plan) sequence(t Term) (StepKind, error) {
	switch t.kind() {
	case KindTuple:
		if p.opts.form == formTuple || p.opts.form == formDefault && p.kind == reflect.Array {
			return StepTuple, nil
		}
	case KindNil, KindList:
		if p.opts.form == formTuple {
			break
		}
		if !t.IsProper() {
			return StepList, misfit(ReasonImproper, p, t)
		}
		return StepList, nil
	}
	return StepList, misfit(ReasonKind, p, t)
}

func decodeSlice(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.isNil() {
		v.SetZero()
		return nil
	}
	step, err := p.sequence(t)
	if err != nil {
		return err
	}
	n := t.Len()
	if err := d.chargeN(n, p.elem.size); err != nil {
		return typed(err, p, t)
	}
	if done := decodeInts(p, t, n, v); done {
		return nil
	}
	p.remake(v, n)
	return d.elements(p, t, n, step, v)
}

// remake makes the slice v anew with n zero elements. reflect.MakeSlice would
// allocate a header too.
func (p *plan) remake(v reflect.Value, n int) {
	if n == 0 { // not nil
		v.Set(p.empty)
		return
	}
	v.SetZero()
	v.Grow(n)
	v.SetLen(n)
}

// elements fills the elements of a slice or array.
func (d *filling) elements(p *plan, t Term, n int, step StepKind, to reflect.Value) error {
	if err := d.enter(); err != nil {
		return typed(err, p, t)
	}
	elem := p.elem
	for i := range n {
		c, place := t.at(i)
		if err := elem.decode(d, elem, c, place, to.Index(i)); err != nil {
			return under(err, p, t, Step{step, int64(i)})
		}
	}
	d.leave()
	return nil
}

// decodeInts fills the slices of integers that need no look at the type of each
// element. Where an element does not fit it leaves the error to others.
func decodeInts(p *plan, t Term, n int, v reflect.Value) (done bool) {
	switch to := v.Addr().Interface().(type) {
	case *[]int:
		return fillInts(t, n, to)
	case *[]int64:
		return fillInts(t, n, to)
	case *[]int32:
		return fillInts(t, n, to)
	}
	return false
}

func fillInts[T int | int64 | int32](t Term, n int, to *[]T) bool {
	s := make([]T, n)
	for i := range s {
		c, _ := t.at(i)
		k, ok := c.Int()
		if s[i] = T(k); !ok || int64(s[i]) != k {
			return false
		}
	}
	*to = s
	return true
}

func decodeArray(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	step, err := p.sequence(t)
	if err != nil {
		return err
	}
	if t.Len() != v.Len() {
		return misfitLen(p, t, v.Len(), t.Len())
	}
	return d.elements(p, t, t.Len(), step, v)
}

// mapSize is about what a Go map of n pairs takes.
func mapSize(n int, pair int64) int64 {
	const head, group = 48, 8
	if n == 0 { // the first group comes with the first pair
		return head
	}
	if n <= group {
		return head + group*(pair+1)
	}
	return 2*head + int64(n)*(pair+1)*5/2
}

func decodeMap(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.isNil() {
		v.SetZero()
		return nil
	}
	switch t.kind() {
	case KindMap:
	case KindNil, KindList:
		if p.opts.form == formProplist {
			return d.pairsToMap(p, t, v)
		}
		fallthrough
	default:
		return misfit(ReasonKind, p, t)
	}
	m, err := d.newMap(p, t.Len())
	if err != nil {
		return typed(err, p, t)
	}
	for i := range t.Len() {
		k, at := t.at(2 * i)
		e, from := t.at(2*i + 1)
		key, value := Step{StepKey, int64(i)}, Step{StepValue, int64(i)}
		if err := m.add(d, entryOf{k, at, key}, entryOf{e, from, value}); err != nil {
			return err
		}
	}
	d.leave()
	v.Set(m.made)
	return nil
}

// mapFill is a Go map while it is filled. The key and value at hand are used
// again for each pair.
type mapFill struct {
	p          *plan
	made       reflect.Value
	key, value reflect.Value
}

// entryOf is the key or value of a pair, and where it stands.
type entryOf struct {
	t    Term
	at   int
	step Step
}

func (d *filling) newMap(p *plan, n int) (m mapFill, err error) {
	if err := d.charge(mapSize(n, p.key.size+p.elem.size)); err != nil {
		return m, err
	}
	if err := d.enter(); err != nil {
		return m, err
	}
	m = mapFill{p, reflect.MakeMapWithSize(p.typ, n), reflect.New(p.typ.Key()).Elem(), reflect.New(p.typ.Elem()).Elem()}
	return m, nil
}

// add puts one pair into the map.
func (m *mapFill) add(d *filling, k, v entryOf) error {
	p := m.p
	m.key.SetZero()
	if err := p.key.decode(d, p.key, k.t, k.at, m.key); err != nil {
		return under(err, p, k.t, k.step)
	}
	if !m.key.Comparable() || p.key.kind == reflect.Interface && m.key.Elem().Kind() == reflect.Pointer {
		return under(misfit(ReasonKey, p.key, k.t), p, k.t, k.step)
	}
	m.value.SetZero()
	if err := p.elem.decode(d, p.elem, v.t, v.at, m.value); err != nil {
		return under(err, p, v.t, v.step)
	}
	before := m.made.Len()
	m.made.SetMapIndex(m.key, m.value)
	if m.made.Len() == before {
		return under(misfit(ReasonCollision, p, k.t), p, k.t, k.step)
	}
	return nil
}

// pairsToMap fills a Go map from a list of pairs.
func (d *filling) pairsToMap(p *plan, t Term, v reflect.Value) error {
	if !t.IsProper() {
		return misfit(ReasonImproper, p, t)
	}
	m, err := d.newMap(p, t.Len())
	if err != nil {
		return typed(err, p, t)
	}
	for i := range t.Len() {
		c, _ := t.at(i)
		step := Step{StepList, int64(i)}
		if c.kind() != KindTuple || c.Len() != 2 {
			return under(misfit(ReasonKind, p, c), p, t, step)
		}
		k, at := c.at(0)
		e, from := c.at(1)
		if err := m.add(d, entryOf{k, at, Step{StepTuple, 0}}, entryOf{e, from, Step{StepTuple, 1}}); err != nil {
			return under(err, p, t, step)
		}
	}
	d.leave()
	v.Set(m.made)
	return nil
}
