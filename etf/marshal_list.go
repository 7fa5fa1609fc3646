package etf

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
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
		for _, t := range *s {
			if !p.opts.text.isBinary() || !utf8.ValidString(t) || int64(len(t)) > math.MaxUint32 {
				return false
			}
			b = appendText(b, t)
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
	if e.b, err = e.elementsTo(e.b, p, l.Elements, asOpen); err != nil {
		return err
	}
	tail := len(e.b)
	if err := e.enter(p); err != nil {
		return err
	}
	if err := e.any(p, l.Tail); err != nil {
		return err
	}
	e.leave()
	if isList(e.b[tail:]) {
		return unfit(ReasonImproper, p, nil) // a list in the tail makes it a proper one
	}
	return nil
}

// mapKey is a key of a Go map, encoded and by the value it is sorted by.
type mapKey struct {
	v     reflect.Value
	value reflect.Value
	from  int // of the encoded key and value in the buffer
	to    int
	text  string
	num   int64
	term  Term
}

func encodeMap(e *writing, p *plan, v reflect.Value) (err error) {
	if err := e.enter(p); err != nil {
		return err
	}
	base := len(e.keys)
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
	e.keys = e.keys[:base]
	return err
}

// mapping writes a map of keys in order.
func (e *writing) mapping(p *plan, keys []mapKey) (err error) {
	if e.b, err = AppendMapHeader(e.b, len(keys)); err != nil {
		return unable(p, err)
	}
	for i := range keys {
		if err := p.key.encode(e, p.key, keys[i].v); err != nil {
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
		if err := p.key.encode(e, p.key, keys[i].v); err != nil {
			return err
		}
		if err := p.elem.encode(e, p.elem, keys[i].value); err != nil {
			return err
		}
	}
	e.b = endList(e.b, start, len(keys))
	return nil
}

// sortKeys puts keys in the order of the terms they become. That is the order of
// strings and numbers where all keys are such; else they are encoded and compared
// as terms.
func (e *writing) sortKeys(p *plan, keys []mapKey) error {
	switch {
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
		at := len(e.b)
		if err := p.key.encode(e, p.key, keys[i].v); err != nil {
			return err
		}
		keys[i].from, keys[i].to = at, len(e.b)
	}
	for i := range keys {
		keys[i].term = ownTerm(e.b[keys[i].from:keys[i].to])
	}
	e.b = e.b[:start]
	return byTerm(p, keys)
}

// byTerm sorts keys by the terms they become, which have to differ.
func byTerm(p *plan, keys []mapKey) (err error) {
	slices.SortFunc(keys, func(a, b mapKey) int { return CompareKeys(a.term, b.term) })
	for i := 1; i < len(keys); i++ {
		if CompareKeys(keys[i-1].term, keys[i].term) == 0 {
			return unfit(ReasonCollision, p, nil)
		}
	}
	return nil
}

// pairs writes a map from pairs in any order.
func (e *writing) pairs(p *plan, s Pairs) (err error) {
	if err := e.enter(p); err != nil {
		return err
	}
	start := len(e.b)
	keys := make([]mapKey, len(s))
	for i := range s {
		keys[i].from = len(e.b) - start
		if err := e.any(p, s[i].Key); err != nil {
			return err
		}
		keys[i].to, keys[i].num = len(e.b)-start, int64(i)
	}
	encoded := slices.Clone(e.b[start:])
	for i := range keys {
		keys[i].term = ownTerm(encoded[keys[i].from:keys[i].to])
	}
	e.b = e.b[:start]
	if err := byTerm(p, keys); err != nil {
		return err
	}
	if e.b, err = AppendMapHeader(e.b, len(keys)); err != nil {
		return unable(p, err)
	}
	for _, k := range keys {
		e.b = append(e.b, encoded[k.from:k.to]...)
		if err := e.any(p, s[k.num].Value); err != nil {
			return err
		}
	}
	e.leave()
	return nil
}
