package etf

import (
	std "encoding"
	"math/big"
	"reflect"
	"sync"
	"time"
)

// plan is what a Go type with the options of its field asks for. Plans never
// change once they can be found.
type plan struct {
	typ    reflect.Type
	opts   options
	kind   reflect.Kind
	decode func(d *filling, p *plan, t Term, place int, v reflect.Value) error
	encode func(e *writing, p *plan, v reflect.Value) error

	straight straightFunc // nil if there is none
	plain    bool         // it is straight with all that it leads to

	elem, key *plan
	st        *structPlan
	size      int64 // of the type in memory
	raw       bool  // the encoding of some term is asked for
	common    bool  // the type is a slice that commonAt fills
	sorts     sorting
	empty     reflect.Value // of a slice
}

// sorting is how the keys of a Go map are put in order.
type sorting uint8

const (
	sortTerms  sorting = iota // as terms
	sortText                  // as strings
	sortNumber                // as signed integers
)

// planKey is what a plan is kept under.
type planKey struct {
	typ  reflect.Type
	opts options
}

// planCache keeps plans by type. It never holds more than one for each type and
// set of options in the program.
type planCache struct {
	made  sync.Map // planKey to *plan, or to error
	plain sync.Map // reflect.Type to *plan, those without options: they are found sooner
}

// of returns the plan of a type.
func (c *planCache) of(typ reflect.Type, o options) (*plan, error) {
	if o == (options{}) {
		if p, ok := c.plain.Load(typ); ok {
			return p.(*plan), nil
		}
	}
	return c.ofKey(typ, o)
}

func (c *planCache) ofKey(typ reflect.Type, o options) (*plan, error) {
	key := planKey{typ, o}
	if p, ok := c.made.Load(key); ok {
		if err, failed := p.(error); failed {
			return nil, err
		}
		return p.(*plan), nil
	}
	b := planner{made: map[planKey]*plan{}}
	p, err := b.of(typ, o)
	if err == nil {
		markRaw(b.made)
		markPlain(b.made)
		for k, p := range b.made {
			c.made.LoadOrStore(k, p)
			if k.opts == (options{}) {
				c.plain.LoadOrStore(k.typ, p)
			}
		}
		return p, nil
	}
	c.made.Store(key, err)
	return nil, err
}

// planner makes the plans of a type and of all that it contains.
type planner struct {
	made map[planKey]*plan
}

// markRaw finds the plans that lead to a hook which wants the encoding.
func markRaw(plans map[planKey]*plan) {
	for changed := true; changed; {
		changed = false
		for _, p := range plans {
			if !p.raw && p.leadsTo(func(q *plan) bool { return q.raw }) {
				p.raw, changed = true, true
			}
		}
	}
}

// leadsTo reports whether a plan right below p is such.
func (p *plan) leadsTo(such func(q *plan) bool) bool {
	if p.elem != nil && such(p.elem) || p.key != nil && such(p.key) {
		return true
	}
	if p.st != nil {
		for i := range p.st.fields {
			if such(p.st.fields[i].plan) {
				return true
			}
		}
	}
	return false
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// of returns the plan of a type, which may be one that is being made.
func (b *planner) of(typ reflect.Type, o options) (*plan, error) {
	key := planKey{typ, o}
	if p, ok := b.made[key]; ok {
		return p, nil
	}
	if o.nilZero {
		return b.nilZero(key)
	}
	p := &plan{typ: typ, opts: o, kind: typ.Kind(), size: int64(typ.Size())}
	b.made[key] = p
	if b.known(p) || b.hooks(p) {
		return p, nil
	}
	return p, b.byKind(p)
}

// nilZero plans a type for which nil and undefined are its zero value.
func (b *planner) nilZero(key planKey) (p *plan, err error) {
	p = &plan{typ: key.typ, opts: key.opts, kind: key.typ.Kind(), decode: decodeNilZero, straight: straightNilZero, encode: encodeElem}
	b.made[key] = p
	key.opts.nilZero = false
	p.elem, err = b.of(key.typ, key.opts)
	return p, err
}

// known are the types of this package and of the standard library that have a
// form of their own.
func (b *planner) known(p *plan) bool {
	switch p.typ {
	case typeOf[Atom]():
		p.decode, p.straight, p.encode, p.sorts = decodeAtom, straightAtom, encodeAtom, sortText
	case typeOf[RawTerm]():
		p.decode, p.encode, p.raw = decodeRaw, encodeRaw, true
	case typeOf[Term]():
		p.decode, p.encode = decodeTerm, encodeTerm
	case typeOf[big.Int]():
		p.decode, p.encode = decodeBig, encodeBig
	case typeOf[time.Time]():
		p.decode, p.encode = decodeTime, encodeTime
	case typeOf[Pid](), typeOf[Port](), typeOf[Reference](), typeOf[Export](), typeOf[Fun](), typeOf[Bitstring]():
		p.decode, p.encode = decodeOwn, encodeOwn
	case typeOf[Tuple](), typeOf[Pairs](), typeOf[ImproperList]():
		p.decode, p.encode = decodeOwnAny, encodeOwn
	default:
		return b.elixir(p)
	}
	return true
}

// hooks finds the methods of a type that read or write terms themselves.
func (b *planner) hooks(p *plan) bool {
	to := reflect.PointerTo(p.typ)
	if p.kind == reflect.Pointer || p.kind == reflect.Interface {
		return false // a pointer's methods are asked for where it points
	}
	byText, byBytes := to.Implements(typeOf[std.TextUnmarshaler]()), to.Implements(typeOf[std.BinaryUnmarshaler]())
	switch {
	case to.Implements(typeOf[UnmarshalerFrom]()):
		p.decode, p.raw = decodeFromHook, true
	case to.Implements(typeOf[Unmarshaler]()):
		p.decode, p.raw = decodeHook, true
	case byText && !(byBytes && p.opts.byBytes):
		p.decode = decodeTextHook
	case byBytes:
		p.decode = decodeBytesHook
	}
	byText, byBytes = to.Implements(typeOf[std.TextMarshaler]()), to.Implements(typeOf[std.BinaryMarshaler]())
	switch {
	case to.Implements(typeOf[MarshalerTo]()):
		p.encode = encodeToHook
	case to.Implements(typeOf[Marshaler]()):
		p.encode = encodeHook
	case byText && !(byBytes && p.opts.byBytes):
		p.encode = encodeTextHook
	case byBytes:
		p.encode = encodeBytesHook
	}
	if (p.decode == nil) == (p.encode == nil) {
		return p.decode != nil
	}
	// One direction alone: the other goes by the kind of the type.
	decode, encode := p.decode, p.encode
	if b.byKind(p) != nil {
		p.decode, p.straight, p.encode = decodeNothing, nil, encodeNothing
	}
	if decode != nil {
		p.decode, p.straight = decode, nil
	}
	p.sorts = sortTerms
	if encode != nil {
		p.encode = encode
	}
	return true
}

// byKind plans what has no form of its own.
func (b *planner) byKind(p *plan) (err error) {
	switch p.kind {
	case reflect.Bool:
		p.decode, p.straight, p.encode = decodeBool, straightBool, encodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.decode, p.straight, p.encode, p.sorts = decodeInt, straightInt, encodeInt, sortNumber
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.decode, p.straight, p.encode = decodeUint, straightUint, encodeUint
	case reflect.Float32, reflect.Float64:
		p.decode, p.straight, p.encode = decodeFloat, straightFloat, encodeFloat
	case reflect.String:
		p.decode, p.straight, p.encode, p.sorts = decodeString, straightString, encodeString, sortText
	case reflect.Pointer:
		if _, ok := pointee(p.typ); !ok {
			p.decode, p.encode = decodeNothing, encodeNothing
			return nil
		}
		p.decode, p.straight, p.encode = decodePointer, straightPointer, encodePointer
		p.elem, err = b.of(p.typ.Elem(), p.opts)
	case reflect.Slice, reflect.Array:
		err = b.list(p)
	case reflect.Map:
		err = b.mapping(p)
	case reflect.Struct:
		p.decode, p.straight, p.encode = decodeStruct, straightStruct, encodeStruct
		err = b.structure(p)
	case reflect.Interface:
		p.decode, p.encode = decodeAny, encodeAny
		if p.typ.NumMethod() > 0 {
			p.decode = decodeInterface
		}
	default:
		p.decode, p.encode = decodeNothing, encodeNothing
	}
	return err
}

// pointee returns what is behind all pointers of a type. It is not ok for a type
// whose pointers lead to itself, as type P *P.
func pointee(typ reflect.Type) (end reflect.Type, ok bool) {
	for behind, step := typ, 0; typ.Kind() == reflect.Pointer; step++ {
		if typ = typ.Elem(); typ == behind {
			return typ, false
		}
		if step%2 == 1 {
			behind = behind.Elem()
		}
	}
	return typ, true
}

// list plans a slice or array.
func (b *planner) list(p *plan) (err error) {
	if e := p.typ.Elem(); e.Kind() == reflect.Uint8 && p.opts.form == formDefault && !b.hooked(e) {
		p.decode, p.straight, p.encode = decodeBytes, straightBytes, encodeBytes
		return nil
	}
	p.elem, err = b.of(p.typ.Elem(), p.opts.inner())
	if p.encode = encodeList; p.typ == typeOf[[]any]() && p.opts.form == formDefault {
		p.encode = encodeKnown
	}
	if p.kind == reflect.Slice {
		p.decode, p.straight, p.empty = decodeSlice, straightSlice, reflect.MakeSlice(p.typ, 0, 0)
		switch p.typ {
		case typeOf[[]int](), typeOf[[]int64](), typeOf[[]int32](), typeOf[[]float64](), typeOf[[]string]():
			p.common = true
		}
	} else {
		p.decode, p.straight = decodeArray, straightArray
	}
	return err
}

// hooked reports whether the elements of a byte slice are more than bytes: in
// either direction, so that what is written can be read.
func (b *planner) hooked(t reflect.Type) bool { return b.own(t) || hasText(t) || hasBytes(t) }

// mapping plans a Go map.
func (b *planner) mapping(p *plan) (err error) {
	p.decode, p.straight, p.encode = decodeMap, straightMap, encodeMap
	keyType := p.typ.Key()
	if keyType.Kind() == reflect.Pointer || keyType.Kind() == reflect.Interface && keyType.NumMethod() > 0 || keyType.Kind() == reflect.Chan {
		p.decode, p.straight, p.encode = decodeNothing, nil, encodeNothing
		return nil
	}
	text := p.opts.key
	if text == textDefault {
		text = textKey
	}
	if p.key, err = b.of(keyType, options{text: text}); err != nil {
		return err
	}
	if p.opts.form != formProplist && (p.typ == typeOf[map[string]any]() && text == textKey || p.typ == typeOf[map[Atom]any]()) {
		p.encode = encodeKnown
	}
	p.elem, err = b.of(p.typ.Elem(), p.opts.inner())
	return err
}
