package etf

import (
	"maps"
	"reflect"
)

// atom writes an atom whose name is known to be one.
func (e *writing) atom(name string) {
	e.b, _ = AppendAtom(e.b, name) // a name of this package
}

// begin writes the head of an Elixir struct of n keys, and __struct__, which
// stands in front of all keys without a capital letter.
func (e *writing) begin(module string, n int) {
	e.b, _ = AppendMapHeader(e.b, n)
	e.atom(moduleKey)
	e.atom(module)
}

func (e *writing) int(key string, v int64) {
	e.atom(key)
	e.b = AppendInt(e.b, v)
}

func encodeRange(e *writing, p *plan, v reflect.Value) error {
	r := pointerTo(v).(*Range)
	if r.Step == 0 {
		return unfit(ReasonRange, p, nil)
	}
	e.begin("Elixir.Range", 4)
	e.int("first", r.First)
	e.int("last", r.Last)
	e.int("step", r.Step)
	return nil
}

func encodeException(e *writing, p *plan, v reflect.Value) error {
	x := pointerTo(v).(*Exception)
	if x.Module == "" {
		return unfit(ReasonStruct, p, nil)
	}
	all := maps.Clone(x.Fields)
	if all == nil {
		all = map[Atom]Term{}
	}
	module, err := TermOf(x.Module)
	if err != nil {
		return err
	}
	yes, _ := TermOf(true)
	all["__exception__"], all[moduleKey] = yes, module
	return p.elem.encode(e, p.elem, reflect.ValueOf(all))
}

func encodeMapSet(e *writing, p *plan, v reflect.Value) (err error) {
	if err := e.enter(p); err != nil {
		return err
	}
	keys := make([]mapKey, v.Len())
	for i := range keys {
		keys[i].v = v.Index(i)
	}
	e.begin("Elixir.MapSet", 3)
	e.atom("map")
	if e.b, err = AppendMapHeader(e.b, len(keys)); err != nil {
		return unable(p, err)
	}
	start := len(e.b)
	for i := range keys {
		keys[i].from = len(e.b) - start
		if err := p.key.encode(e, p.key, keys[i].v); err != nil {
			return err
		}
		e.b = AppendNil(e.b)
		keys[i].to = len(e.b) - start
	}
	// Of text and numbers too two may be one, which those of a Go map cannot.
	if err := e.sortEncoded(p, e.b[start:], keys); err != nil {
		return err
	}
	e.arrange(start, keys)
	e.int("version", 2)
	e.leave()
	return nil
}

func encodeResult(e *writing, p *plan, v reflect.Value) (err error) {
	name, rest, below := "error", v.Field(3), p.key
	if v.Field(0).Bool() {
		name, rest, below = "ok", v.Field(2), p.elem
	}
	if v.Field(1).Bool() {
		e.atom(name)
		return nil
	}
	e.b, err = AppendTupleHeader(e.b, 2)
	if err != nil {
		return unable(p, err)
	}
	e.atom(name)
	if err := e.enter(p); err != nil {
		return err
	}
	if err := below.encode(e, below, rest); err != nil {
		return err
	}
	e.leave()
	return nil
}
