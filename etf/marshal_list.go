package etf

import (
	"cmp"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
)

func encodePointer(e *writing, p *plan, v reflect.Value) error {
	if v.IsNil() {
		return encodeNilAtom(e, p.opts)
	}
	if err := e.enter(p); err != nil {
		return err
	}
	defer e.leave()
	return p.elem.encode(e, p.elem, v.Elem())
}

func encodeList(e *writing, p *plan, v reflect.Value) (err error) {
	n := v.Len()
	start := len(e.b)
	tuple := p.opts.form == formTuple
	if tuple {
		e.b, err = AppendTupleHeader(e.b, n)
	} else {
		e.b, err = AppendListHeader(e.b, n)
	}
	if err != nil {
		return unable(p, err)
	}
	if !v.CanAddr() || !e.common(p, v.Addr().Interface()) {
		if err := e.enter(p); err != nil {
			return err
		}
		elem := p.elem
		for i := range n {
			if cap(e.b)-len(e.b) < roomMin {
				e.b = e.roomier(e.b)
			}
			if err := elem.encode(e, elem, v.Index(i)); err != nil {
				return err
			}
		}
		e.leave()
	}
	if !tuple {
		e.b = endList(e.b, start, n)
	}
	return nil
}

// common writes the elements of the slices that are most often met. Where one
// cannot be written it leaves the error to others.
func (e *writing) common(p *plan, slice any) bool {
	b := e.b
	switch s := slice.(type) {
	case *[]int:
		b = appendInts(b, *s)
	case *[]int64:
		b = appendInts(b, *s)
	case *[]float64:
		for _, f := range *s {
			if !finite(f) {
				return false
			}
			b = appendNewFloat(b, f)
		}
	case *[]string:
		if !p.opts.text.isBinary() {
			return false
		}
		for _, t := range *s {
			var ok bool
			if b, ok = textTo(b, t); !ok {
				return false
			}
		}
	default:
		return false
	}
	e.b = b
	return true
}

func appendInts[T int | int64](b []byte, s []T) []byte {
	for _, n := range s {
		b = AppendInt(b, int64(n))
	}
	return b
}

func (e *writing) tuple(p *plan, s Tuple) (err error) {
	e.b, err = e.elementsTo(e.b, p, s, asTuple)
	return err
}

func (e *writing) improper(p *plan, l *ImproperList) (err error) {
	if len(l.Elements) == 0 {
		return unfit(ReasonLength, p, nil)
	}
	var proper bool
	if e.b, proper, err = e.openTo(e.b, p, l); proper {
		return unfit(ReasonImproper, p, nil) // a list in the tail makes it a proper one
	}
	return err
}

// mapKey is a key of a map, and what it is sorted by.
type mapKey struct {
	v     reflect.Value // of a Go map
	value reflect.Value
	from  int // of the encoded key, or pair
	to    int
	text  string
	num   int64
	term  Term
}

func encodeMap(e *writing, p *plan, v reflect.Value) (err error) {
	if err := e.enter(p); err != nil {
		return err
	}
	base, held := len(e.keys), len(e.held)
	for it := v.MapRange(); it.Next(); {
		e.keys = append(e.keys, mapKey{v: it.Key(), value: it.Value()})
	}
	keys := e.keys[base:]
	if err := e.sortKeys(p, keys); err != nil {
		return err
	}
	if p.opts.form == formProplist {
		err = e.proplist(p, keys)
	} else {
		err = e.mapping(p, keys)
	}
	e.leave()
	e.keys, e.held = e.keys[:base], e.held[:held]
	return err
}

// mapping writes a map of keys in order.
func (e *writing) mapping(p *plan, keys []mapKey) (err error) {
	if e.b, err = AppendMapHeader(e.b, len(keys)); err != nil {
		return unable(p, err)
	}
	for i := range keys {
		if err := e.key(p, &keys[i]); err != nil {
			return err
		}
		if err := p.elem.encode(e, p.elem, keys[i].value); err != nil {
			return err
		}
	}
	return nil
}

// proplist writes a Go map as a list of pairs.
func (e *writing) proplist(p *plan, keys []mapKey) (err error) {
	start := len(e.b)
	if e.b, err = AppendListHeader(e.b, len(keys)); err != nil {
		return unable(p, err)
	}
	for i := range keys {
		if e.b, err = AppendTupleHeader(e.b, 2); err != nil {
			return unable(p, err)
		}
		if err := e.key(p, &keys[i]); err != nil {
			return err
		}
		if err := p.elem.encode(e, p.elem, keys[i].value); err != nil {
			return err
		}
	}
	e.b = endList(e.b, start, len(keys))
	return nil
}

// key writes a key of a Go map, unless it was written to be sorted: twice at each
// level would be 2ⁿ times at n.
func (e *writing) key(p *plan, k *mapKey) error {
	if k.to > k.from {
		e.b = append(e.b, e.held[k.from:k.to]...)
		return nil
	}
	return p.key.encode(e, p.key, k.v)
}

// sortKeys puts keys in the order of the terms they become. That is the order of
// strings and numbers where all keys are such; else they are encoded, compared as
// terms, and held until they are written.
func (e *writing) sortKeys(p *plan, keys []mapKey) error {
	switch {
	case len(keys) < 2:
		return nil
	case p.key.sorts == sortText:
		for i := range keys {
			keys[i].text = keys[i].v.String()
		}
		slices.SortFunc(keys, func(a, b mapKey) int { return strings.Compare(a.text, b.text) })
		return nil
	case p.key.sorts == sortNumber:
		for i := range keys {
			keys[i].num = keys[i].v.Int()
		}
		slices.SortFunc(keys, func(a, b mapKey) int { return cmp.Compare(a.num, b.num) })
		return nil
	}
	start := len(e.b)
	for i := range keys {
		keys[i].from = len(e.b) - start
		if err := p.key.encode(e, p.key, keys[i].v); err != nil {
			return err
		}
		keys[i].to = len(e.b) - start
	}
	if err := e.sortEncoded(p, e.b[start:], keys); err != nil {
		return err
	}
	e.hold(start, keys)
	return nil
}

// hold takes what was written from start on back, and keeps it for key.
func (e *writing) hold(start int, keys []mapKey) {
	at := len(e.held)
	e.held = append(e.held, e.b[start:]...)
	e.b = e.b[:start]
	for i := range keys {
		keys[i].from += at
		keys[i].to += at
	}
}

// sortEncoded sorts keys by the terms that start where they do in b, which have to
// differ.
func (e *writing) sortEncoded(p *plan, b []byte, keys []mapKey) (err error) {
	o := &e.order
	o.skip, o.late, o.stuck = skipFactor*len(b), false, len(b) > wire.RecodeMax
	if !o.stuck {
		err = sortBy(p, keys, func(x, y mapKey) int { return o.compare(b, uint32(x.from), uint32(y.from)) })
	}
	o.a, o.b = nil, nil
	if !o.stuck {
		return err
	}
	for i := range keys { // what bytes cannot decide in good time, Terms can
		key := b[keys[i].from:]
		keys[i].term = ownTerm(key[:len(key)-len(skipTerms(key, 1))])
	}
	return sortBy(p, keys, func(x, y mapKey) int { return CompareKeys(x.term, y.term) })
}

// sortBy sorts keys, of which no two may be the same.
func sortBy(p *plan, keys []mapKey, compare func(x, y mapKey) int) error {
	slices.SortFunc(keys, compare)
	for i := 1; i < len(keys); i++ {
		if compare(keys[i-1], keys[i]) == 0 {
			return unfit(ReasonCollision, p, nil)
		}
	}
	return nil
}

// arrange puts pairs that were written from start on in the order of their keys. Those
// that are in order are not moved.
func (e *writing) arrange(start int, keys []mapKey) {
	if slices.IsSortedFunc(keys, func(x, y mapKey) int { return cmp.Compare(x.from, y.from) }) {
		return
	}
	at := len(e.held)
	e.hold(start, keys)
	for i := range keys {
		e.b = append(e.b, e.held[keys[i].from:keys[i].to]...)
	}
	e.held = e.held[:at]
}

// pairs writes a map from pairs in any order. Keys are written and compared before the
// values, so that no value has to be moved, however deep it stands. Inside a key that
// would move the keys in it once for each level: there pairs are written where they are to
// stand if they come in order, unless no key holds another value.
func (e *writing) pairs(p *plan, s Pairs) (err error) {
	if err := e.enter(p); err != nil {
		return err
	}
	if e.b, err = AppendMapHeader(e.b, len(s)); err != nil {
		return unable(p, err)
	}
	base, held, start, apart := len(e.keys), len(e.held), len(e.b), e.inKeys == 0 || s.flat()
	for i := range s {
		k := mapKey{from: len(e.b) - start, num: int64(i)}
		e.inKeys++
		if err := e.any(p, s[i].Key); err != nil {
			return err
		}
		e.inKeys--
		if !apart {
			if err := e.any(p, s[i].Value); err != nil {
				return err
			}
		}
		k.to = len(e.b) - start
		e.keys = append(e.keys, k)
	}
	keys := e.keys[base:]
	if err := e.sortEncoded(p, e.b[start:], keys); err != nil {
		return err
	}
	if !apart {
		e.arrange(start, keys)
	} else {
		e.hold(start, keys)
		for i := range keys {
			e.b = append(e.b, e.held[keys[i].from:keys[i].to]...)
			if err := e.any(p, s[keys[i].num].Value); err != nil {
				return err
			}
		}
	}
	e.leave()
	e.keys, e.held = e.keys[:base], e.held[:held]
	return nil
}

// flat reports whether no key holds another value.
func (p Pairs) flat() bool {
	for i := range p {
		switch p[i].Key.(type) {
		case nil, bool, int, int64, float64, string, Atom, []byte, *big.Int:
		default:
			return false
		}
	}
	return true
}
