package etf

import (
	"math"
	"reflect"

	"github.com/beamgate/beamgate/internal/wire"
)

// NOTE: most Go types can be filled straight from the bytes of a term that was
// accepted, without its tree, which saves the second reading. The functions here
// know the plain cases alone: what a BEAM writes, in the forms it writes, for Go
// types that need no look at the term as a whole. They return where the term ends,
// or astray for everything else: another kind, a value that does not fit, rare
// encodings, all errors. The tree is then made after all and the value is filled
// from the beginning, so that they never have to say what is wrong, and never
// decide what is. Until then they have to do and to charge what the functions for
// trees do: a value may be filled by them in part.
//
// The bytes have been checked. Nothing here asks whether they are all there.

const astray = wire.Astray

// straightFunc fills v from the term at b[at:] of d.raw, and returns the place
// behind it.
type straightFunc func(d *filling, p *plan, at int, v reflect.Value) int

// markPlain finds the plans that are straight with all that they lead to.
func markPlain(plans map[planKey]*plan) {
	for _, p := range plans {
		p.plain = p.straight != nil
	}
	for changed := true; changed; {
		changed = false
		for _, p := range plans {
			if p.plain && p.leadsTo(func(q *plan) bool { return !q.plain }) {
				p.plain, changed = false, true
			}
		}
	}
}

// straightInto fills the value from the term that starts at start, and reports
// whether it did.
func (d *filling) straightInto(raw []byte, start int, p *plan, to reflect.Value) bool {
	room, depth := d.room, d.depth
	d.raw, d.anew, d.ahead = raw, 0, 0
	end := p.straight(d, p, start, to)
	d.raw = nil
	if end < 0 {
		d.room, d.depth = room, depth
		for _, v := range d.held { // it is charged once more when it is made again
			v.SetZero()
		}
	}
	if len(d.held) > 0 {
		clear(d.held)
		d.held = reuse(d.held)
	}
	return end >= 0
}

// hold remembers a place that got memory which was charged, unless it is inside a
// slice or map that is made anew and is remembered itself. If the fill goes astray it
// has to be let go of: what the tree is filled from is charged from the beginning, and
// would stand beside it.
func (d *filling) hold(v reflect.Value) {
	if d.anew == 0 {
		d.held = append(d.held, v)
	}
}

// heldLeast is how many bytes of text are worth to be remembered. Of shorter ones no
// more than one stands beside the one that takes its place.
const heldLeast = 4 << 10

// reuse empties what a pooled filling may keep.
func reuse[T any](s []T) []T {
	if cap(s) > nodesKeep/64 {
		return nil
	}
	return s[:0]
}

// nilAt returns the end of the atom at b[at:] if it is nil or undefined.
func nilAt(b []byte, at int) int {
	if name, end := wire.PlainAtom(b, at); end > 0 && (string(name) == "nil" || string(name) == "undefined") {
		return end
	}
	return astray
}

func straightBool(d *filling, p *plan, at int, v reflect.Value) int {
	name, end := wire.PlainAtom(d.raw, at)
	switch string(name) {
	case "true":
		v.SetBool(true)
	case "false":
		v.SetBool(false)
	default:
		return astray
	}
	return end
}

func straightInt(d *filling, p *plan, at int, v reflect.Value) int {
	n, end := wire.PlainInt(d.raw, at)
	if end < 0 || v.OverflowInt(n) {
		return astray
	}
	v.SetInt(n)
	return end
}

func straightUint(d *filling, p *plan, at int, v reflect.Value) int {
	n, end := wire.PlainInt(d.raw, at)
	if end < 0 || n < 0 || v.OverflowUint(uint64(n)) {
		return astray
	}
	v.SetUint(uint64(n))
	return end
}

// floatAt returns the float at b[at:], or the one that equals a small integer.
func floatAt(b []byte, at int) (f float64, end int) {
	if f, end = wire.PlainFloat(b, at); end > 0 {
		return f, end
	}
	const exact = 1 << 24 // in a float32 too
	n, end := wire.PlainInt(b, at)
	if end < 0 || n > exact || n < -exact {
		return 0, astray
	}
	return float64(n), end
}

func straightFloat(d *filling, p *plan, at int, v reflect.Value) int {
	f, end := floatAt(d.raw, at)
	if end < 0 || v.OverflowFloat(f) {
		return astray
	}
	v.SetFloat(f)
	return end
}

func straightAtom(d *filling, p *plan, at int, v reflect.Value) int {
	name, end := wire.PlainAtom(d.raw, at)
	if end < 0 {
		return astray
	}
	v.SetString(d.name(name))
	return end
}

func straightString(d *filling, p *plan, at int, v reflect.Value) int {
	s, end := d.textAt(p.opts.text, at)
	if end < 0 {
		return astray
	}
	v.SetString(s)
	if len(s) >= heldLeast {
		d.hold(v)
	}
	return end
}

// textAt is filling.text of binaries and atoms.
func (d *filling) textAt(mode textMode, at int) (string, int) {
	switch mode {
	case textAtom:
		if name, end := wire.PlainAtom(d.raw, at); end > 0 {
			return d.name(name), end
		}
		return "", astray
	case textAny, textKey:
		if name, end := wire.PlainAtom(d.raw, at); end > 0 {
			return d.name(name), end
		}
	case textCharlist, textDecimal:
		return "", astray
	}
	b, end := wire.PlainBinary(d.raw, at)
	if end < 0 || !validBytes(b) || d.charge(int64(len(b))) != nil {
		return "", astray
	}
	return string(b), end
}

// namesKept is how many names of atoms are kept to be used again: a power of two.
const namesKept = 64

// name returns the name of an atom as a string: one that was made before, if it is
// the one that was made last in its place. Names are not charged, as those of a tree
// are not: all together they are no longer than the term.
func (d *filling) name(b []byte) string {
	n := len(b)
	if n <= 1 { // these take no memory
		return string(b)
	}
	kept := &d.kept[(uint(n)*5+uint(b[0])*3+uint(b[n/2])*9+uint(b[n-1])*17)%namesKept]
	if *kept != string(b) {
		*kept = string(b)
	}
	return *kept
}

func straightBytes(d *filling, p *plan, at int, v reflect.Value) int {
	if p.kind == reflect.Slice {
		if end := nilAt(d.raw, at); end > 0 {
			v.SetZero()
			return end
		}
	}
	if !p.opts.text.isBinary() {
		return astray
	}
	b, end := wire.PlainBinary(d.raw, at)
	if end < 0 || d.charge(int64(len(b))) != nil {
		return astray
	}
	switch {
	case p.kind == reflect.Slice:
		v.SetBytes(append(make([]byte, 0, len(b)), b...))
		if len(b) >= heldLeast {
			d.hold(v)
		}
	case len(b) != v.Len():
		return astray
	default:
		copy(v.Bytes(), b)
	}
	return end
}

func straightNilZero(d *filling, p *plan, at int, v reflect.Value) int {
	if end := nilAt(d.raw, at); end > 0 {
		v.SetZero()
		return end
	}
	return p.elem.straight(d, p.elem, at, v)
}

func straightPointer(d *filling, p *plan, at int, v reflect.Value) int {
	if p.elem.kind != reflect.Interface {
		if end := nilAt(d.raw, at); end > 0 {
			v.SetZero()
			return end
		}
	}
	if v.IsNil() {
		if d.charge(p.elem.size) != nil {
			return astray
		}
		v.Set(reflect.New(p.typ.Elem()))
		d.hold(v)
	}
	return p.elem.straight(d, p.elem, at, v.Elem())
}

// sequenceAt reads the head of a list or tuple that may fill a slice or array: how
// many elements there are, and where. A list has its end behind them.
func (p *plan) sequenceAt(b []byte, at int) (n, from int, list bool) {
	kind, n, from := wire.PlainOpen(b, at)
	switch {
	case kind == wire.KindList && p.opts.form != formTuple:
		return n, from, true
	case kind == wire.KindTuple && (p.opts.form == formTuple || p.opts.form == formDefault && p.kind == reflect.Array):
		return n, from, false
	}
	return 0, astray, false
}

// afterElements is the place behind a list or tuple whose elements end at at. A
// list may go on in its tail, or have another one.
func afterElements(b []byte, at int, list bool) int {
	if at < 0 || !list {
		return at
	}
	return wire.PlainEnd(b, at)
}

func straightSlice(d *filling, p *plan, at int, v reflect.Value) int {
	if end := nilAt(d.raw, at); end > 0 {
		v.SetZero()
		return end
	}
	n, at, list := p.sequenceAt(d.raw, at)
	if at < 0 || d.chargeN(n, p.elem.size) != nil || d.enter() != nil {
		return astray
	}
	d.hold(v)
	end := astray
	if p.common {
		end = d.commonAt(p, n, at, v)
	} else {
		p.remake(v, n)
		d.anew++
		end = d.elementsAt(p.elem, n, at, v)
		d.anew--
	}
	d.leave()
	return afterElements(d.raw, end, list)
}

func straightArray(d *filling, p *plan, at int, v reflect.Value) int {
	n, at, list := p.sequenceAt(d.raw, at)
	if at < 0 || n != v.Len() || d.enter() != nil {
		return astray
	}
	end := d.elementsAt(p.elem, n, at, v)
	d.leave()
	return afterElements(d.raw, end, list)
}

func (d *filling) elementsAt(elem *plan, n, at int, to reflect.Value) int {
	for i := range n {
		if at = elem.straight(d, elem, at, to.Index(i)); at < 0 {
			return astray
		}
	}
	return at
}

// commonAt fills the slices that are most often met.
func (d *filling) commonAt(p *plan, n, at int, v reflect.Value) (end int) {
	switch to := v.Addr().Interface().(type) {
	case *[]int:
		return intsAt(d.raw, n, at, to)
	case *[]int64:
		return intsAt(d.raw, n, at, to)
	case *[]int32:
		return intsAt(d.raw, n, at, to)
	case *[]float64:
		s := make([]float64, n)
		for i := range s {
			if s[i], at = floatAt(d.raw, at); at < 0 {
				return astray
			}
		}
		*to = s
		return at
	case *[]string:
		s := make([]string, n)
		for i := range s {
			if s[i], at = d.textAt(p.elem.opts.text, at); at < 0 {
				return astray
			}
		}
		*to = s
		return at
	}
	return astray // which the plan rules out
}

func intsAt[T int | int64 | int32](b []byte, n, at int, to *[]T) int {
	s := make([]T, n)
	for i := range s {
		var k int64
		if k, at = wire.PlainInt(b, at); at < 0 {
			return astray
		}
		if s[i] = T(k); int64(s[i]) != k {
			return astray
		}
	}
	*to = s
	return at
}

func straightMap(d *filling, p *plan, at int, v reflect.Value) int {
	if end := nilAt(d.raw, at); end > 0 {
		v.SetZero()
		return end
	}
	kind, n, at := wire.PlainOpen(d.raw, at)
	if kind != wire.KindMap {
		return astray
	}
	m, err := d.newMap(p, n)
	if err != nil {
		return astray
	}
	d.anew++
	for range n {
		m.key.SetZero()
		if at = p.key.straight(d, p.key, at, m.key); at < 0 {
			return astray
		}
		m.value.SetZero()
		if at = p.elem.straight(d, p.elem, at, m.value); at < 0 {
			return astray
		}
		m.made.SetMapIndex(m.key, m.value)
	}
	d.anew--
	if m.made.Len() != n {
		return astray // two keys are one in Go
	}
	d.leave()
	v.Set(m.made)
	d.hold(v)
	return at
}

func straightStruct(d *filling, p *plan, at int, v reflect.Value) int {
	kind, n, at := wire.PlainOpen(d.raw, at)
	switch tuple := p.st.isTuple(); {
	case kind == wire.KindMap && !tuple && p.st.form != formProplist:
		return d.mapAt(p, n, at, v)
	case kind == wire.KindTuple && tuple:
		return d.tupleAt(p, n, at, v)
	}
	return astray
}

// tupleAt is fromTuple of the n elements at at.
func (d *filling) tupleAt(p *plan, n, at int, v reflect.Value) int {
	st := p.st
	if d.enter() != nil {
		return astray
	}
	if st.form == formRecord {
		if n--; n < 0 {
			return astray
		}
		name, end := wire.PlainAtom(d.raw, at)
		if end < 0 || string(name) != st.name {
			return astray
		}
		at = end
	}
	if n != len(st.fields) {
		return astray
	}
	for i := range st.fields {
		if at = d.fieldAt(&st.fields[i], at, v); at < 0 {
			return astray
		}
	}
	d.leave()
	return at
}

func (d *filling) fieldAt(f *field, at int, v reflect.Value) int {
	if f.grow > 0 && d.charge(f.grow) != nil {
		return astray
	}
	return f.plan.straight(d, f.plan, at, f.of(v, true))
}

// mapAt is fromMap of the n pairs at at.
func (d *filling) mapAt(p *plan, n, at int, v reflect.Value) int {
	st := p.st
	if d.enter() != nil {
		return astray
	}
	if st.form == formStruct {
		if name, ok := d.moduleAt(n, at); !ok || string(name) != st.name {
			return astray
		}
	}
	var seen taken
	last := -1
	for range n {
		x, end := d.findAt(st, last, at)
		if at = end; at < 0 {
			return astray
		}
		if x < 0 {
			if x == fieldUnknown && (st.strict || d.c.config.Unmarshal.RefuseUnknown) {
				return astray
			}
			if at = wire.PlainSkip(d.raw, at); at < 0 {
				return astray
			}
			continue
		}
		last = x
		if !seen.add(x, len(st.fields)) {
			return astray
		}
		if wire.PlainMap(d.raw, at) {
			end, ok := d.notLoadedAt(at)
			if !ok {
				return astray
			}
			if end > 0 {
				at = end
				continue
			}
		}
		if at = d.fieldAt(&st.fields[x], at, v); at < 0 {
			return astray
		}
	}
	d.leave()
	if st.required {
		for i := range st.fields {
			if st.fields[i].required && !seen.has(i) {
				return astray
			}
		}
	}
	return at
}

// notLoadedAt returns the place behind the map at at if that is what Ecto puts where an
// association was not loaded: the field is left alone. It is not ok if that cannot be seen
// here.
func (d *filling) notLoadedAt(at int) (end int, ok bool) {
	_, n, from := wire.PlainOpen(d.raw, at)
	if n != 4 {
		return 0, true
	}
	name, ok := d.moduleAt(n, from)
	if !ok || string(name) != notLoadedModule {
		return 0, ok
	}
	end = wire.PlainSkip(d.raw, at)
	return end, end > 0
}

// moduleAt is Term.module of the map with the n pairs at at. It is not ok if that
// cannot be seen here, or not cheaply: without a tree the values in front of the
// name have to be passed over, and again in each map inside them, which may be
// twice as much as the term has, and no more.
func (d *filling) moduleAt(n, at int) (name []byte, ok bool) {
	b, from := d.raw, at
	for range n {
		key, end := wire.PlainAtom(b, at)
		if end < 0 {
			end = wire.PlainSkip(b, at)
		} else if string(key) == moduleKey {
			if name, end = wire.PlainAtom(b, end); end < 0 {
				return nil, false
			}
			break
		}
		if end < 0 {
			return nil, false
		}
		if at = wire.PlainSkip(b, end); at < 0 {
			return nil, false
		}
	}
	d.ahead += at - from
	return name, d.ahead <= 2*len(b)
}

// followers is how many guesses are kept of which field comes behind which: a
// power of two.
const followers = 128

// findAt is find for the key at at, which comes behind that of the field last. It
// returns the place behind the key. Rows of the same struct have their keys in the
// same order, so the field that came behind last before is looked at first.
func (d *filling) findAt(st *structPlan, last, at int) (x, end int) {
	guess := &d.guesses[(st.id+uint(last+1))%followers]
	if i := int(*guess); i < len(st.fields) {
		if end := st.fields[i].keyAt(d.raw, at); end > 0 {
			return i, end
		}
	}

	name, binary, end := wire.PlainKey(d.raw, at)
	if end < 0 {
		return 0, astray // a charlist may be a key
	}
	kind := textAtom
	if binary {
		kind = textBinary
	}
	if st.key != textDefault && st.key != kind {
		return fieldUnknown, end
	}
	i, ok := st.byName[string(name)]
	switch {
	case ok:
		if i <= math.MaxUint8 {
			*guess = uint8(i)
		}
		return i, end
	case binary:
		return fieldUnknown, end
	}
	return special(string(name)), end
}
