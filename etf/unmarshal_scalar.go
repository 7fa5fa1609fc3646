package etf

import (
	"math"
	"math/big"
	"reflect"
	"unicode/utf8"

	"github.com/beamgate/beamgate/internal/wire"
)

// isNil reports whether the term is one of the atoms nil and undefined.
func (t Term) isNil() bool {
	if t.kind() != KindAtom {
		return false
	}
	switch t.length() {
	case len("nil"):
		return t.IsAtom("nil")
	case len("undefined"):
		return t.IsAtom("undefined")
	}
	return false
}

func decodeNothing(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	return misfit(ReasonType, p, t)
}

// decodeInterface fills an interface with methods: by nil, which Marshal writes of a nil
// one. What else a term should become cannot be known.
func decodeInterface(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.isNil() {
		v.SetZero()
		return nil
	}
	return misfit(ReasonType, p, t)
}

func decodeNilZero(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.isNil() {
		v.SetZero()
		return nil
	}
	return p.elem.decode(d, p.elem, t, place, v)
}

func decodeBool(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	switch {
	case t.IsAtom("true"):
		v.SetBool(true)
	case t.IsAtom("false"):
		v.SetBool(false)
	default:
		return misfitNil(p, t)
	}
	return nil
}

func decodeInt(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.kind() != KindInteger {
		return misfitNil(p, t)
	}
	n, ok := t.Int()
	if !ok || v.OverflowInt(n) {
		return misfit(ReasonOverflow, p, t)
	}
	v.SetInt(n)
	return nil
}

func decodeUint(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.kind() != KindInteger {
		return misfitNil(p, t)
	}
	n, ok := t.uint()
	if !ok || v.OverflowUint(n) {
		return misfit(ReasonOverflow, p, t)
	}
	v.SetUint(n)
	return nil
}

// uint returns an integer that fits uint64.
func (t Term) uint() (uint64, bool) {
	if n, ok := t.Int(); ok {
		return uint64(n), n >= 0
	}
	digits := wire.StripZeros(t.payload())
	if len(digits) > 8 || t.flags()&nodeNeg != 0 {
		return 0, false
	}
	var n uint64
	for i, b := range digits {
		n |= uint64(b) << (8 * i)
	}
	return n, true
}

func decodeFloat(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	f, ok := t.Float()
	if !ok {
		if t.kind() != KindInteger {
			return misfitNil(p, t)
		}
		if f, ok = t.exactFloat(p.kind == reflect.Float32); !ok {
			return misfit(ReasonInexact, p, t)
		}
	}
	if v.OverflowFloat(f) {
		return misfit(ReasonOverflow, p, t)
	}
	v.SetFloat(f)
	return nil
}

// exactFloat returns the float that equals an integer, if there is one.
func (t Term) exactFloat(single bool) (f float64, ok bool) {
	if n, small := t.Int(); small {
		f = float64(n)
		if f >= math.MaxInt64 || int64(f) != n {
			return 0, false
		}
	} else {
		if t.length() > 1024/8 { // no float is as large, and converting costs
			return 0, false
		}
		var acc big.Accuracy
		if f, acc = new(big.Float).SetInt(t.Big()).Float64(); acc != big.Exact || math.IsInf(f, 0) {
			return 0, false
		}
	}
	return f, !single || float64(float32(f)) == f
}

func decodeBig(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if t.kind() != KindInteger {
		return misfitNil(p, t)
	}
	to := v.Addr().Interface().(*big.Int)
	if n, ok := t.Int(); ok {
		to.SetInt64(n)
		return nil
	}
	if err := d.charge(int64(t.length()) + 8); err != nil {
		return typed(err, p, t)
	}
	*to = *t.Big()
	return nil
}

func decodeAtom(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	name, ok := t.Atom()
	if !ok {
		return misfit(ReasonKind, p, t)
	}
	v.SetString(name)
	return nil
}

func decodeString(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	s, err := d.text(p, t)
	if err != nil {
		return err
	}
	v.SetString(s)
	return nil
}

// text returns the text of a term of the kinds that the plan allows. Names of
// atoms stand in one block for all of the term; all else is copied.
func (d *filling) text(p *plan, t Term) (string, error) {
	mode := p.opts.text
	switch t.kind() {
	case KindMap:
		if mode == textDecimal {
			return d.decimalText(p, t)
		}
	case KindAtom:
		if mode == textAtom || mode == textAny || mode == textKey {
			name, _ := t.Atom()
			return name, nil
		}
	case KindBinary:
		if mode != textAtom && mode != textCharlist && mode != textDecimal {
			b := t.payload()
			if !validBytes(b) {
				return "", misfit(ReasonUTF8, p, t)
			}
			return string(b), typed(d.charge(int64(len(b))), p, t)
		}
	case KindList, KindNil:
		switch mode {
		case textCharlist, textAny:
			b, err := d.chars(p, t)
			return string(b), err
		case textIodata:
			b, err := d.iodata(p, t)
			if err == nil && !validBytes(b) {
				err = misfit(ReasonUTF8, p, t)
			}
			return string(b), err
		}
	}
	return "", misfitText(p, t)
}

// chars appends the characters of a list to the scratch space.
func (d *filling) chars(p *plan, t Term) ([]byte, error) {
	if !t.IsProper() {
		return nil, misfit(ReasonImproper, p, t)
	}
	b := d.scratch[:0]
	for i := range t.Len() {
		c, _ := t.at(i)
		r, ok := c.Int()
		if !ok {
			return nil, under(misfit(ReasonKind, p, c), p, t, Step{StepList, int64(i)})
		}
		if r < 0 || r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return nil, under(misfit(ReasonUTF8, p, c), p, t, Step{StepList, int64(i)})
		}
		b = utf8.AppendRune(b, rune(r))
	}
	d.scratch = b[:0]
	return b, typed(d.charge(int64(len(b))), p, t)
}

// byteList appends the bytes that a list consists of to the scratch space.
func (d *filling) byteList(p *plan, t Term) ([]byte, error) {
	if !t.IsProper() {
		return nil, misfit(ReasonImproper, p, t)
	}
	if t.kind() == KindList && t.flags()&nodePacked != 0 {
		return t.payload(), typed(d.charge(int64(t.length())), p, t)
	}
	b := d.scratch[:0]
	for i := range t.Len() {
		c, _ := t.at(i)
		n, ok := c.Int()
		if !ok || n < 0 || n > math.MaxUint8 {
			return nil, under(misfit(ReasonOverflow, p, c), p, t, Step{StepList, int64(i)})
		}
		b = append(b, byte(n))
	}
	d.scratch = b[:0]
	return b, typed(d.charge(int64(len(b))), p, t)
}

// iodata appends what iolist_to_binary/1 makes of the term to the scratch space.
// Its nesting is the sender's choice, so there is no recursion.
func (d *filling) iodata(p *plan, t Term) ([]byte, error) {
	type open struct {
		t Term
		i int
	}
	b := d.scratch[:0]
	stack := []open{{t: t}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		n := top.t.Len()
		var c Term
		switch {
		case top.i < n:
			c, _ = top.t.at(top.i)
		case top.i == n && !top.t.IsProper():
			c, _ = top.t.Tail()
		default:
			stack = stack[:len(stack)-1]
			continue
		}
		top.i++
		switch k := c.kind(); {
		case k == KindBinary:
			b = append(b, c.payload()...)
		case k == KindList && c.flags()&nodePacked != 0:
			b = append(b, c.payload()...)
		case k == KindList:
			stack = append(stack, open{t: c})
		case k == KindNil:
		default:
			v, ok := c.Int()
			if !ok || v < 0 || v > math.MaxUint8 || top.i > n {
				return nil, misfit(ReasonKind, p, c)
			}
			b = append(b, byte(v))
		}
	}
	d.scratch = b[:0]
	return b, typed(d.charge(int64(len(b))), p, t)
}

func decodeBytes(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if p.kind == reflect.Slice && t.isNil() {
		v.SetZero()
		return nil
	}
	b, err := d.bytes(p, t)
	if err != nil {
		return err
	}
	if p.kind == reflect.Slice {
		v.SetBytes(append(make([]byte, 0, len(b)), b...))
		return nil
	}
	if len(b) != v.Len() {
		return misfitLen(p, t, v.Len(), len(b))
	}
	copy(v.Bytes(), b)
	return nil
}

// bytes returns the bytes of a term of the kinds that the plan allows, borrowed.
func (d *filling) bytes(p *plan, t Term) ([]byte, error) {
	mode := p.opts.text
	switch t.kind() {
	case KindBinary:
		if mode != textCharlist && mode != textAtom && mode != textDecimal {
			b := t.payload()
			return b, typed(d.charge(int64(len(b))), p, t)
		}
	case KindList, KindNil:
		switch mode {
		case textCharlist, textAny:
			return d.byteList(p, t)
		case textIodata:
			return d.iodata(p, t)
		}
	case KindAtom:
		if mode == textAtom || mode == textAny {
			name, _ := t.Atom()
			return []byte(name), typed(d.charge(int64(len(name))), p, t)
		}
	}
	return nil, misfitText(p, t)
}

// decodeTerm copies the term out of the tree.
func decodeTerm(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	own, err := d.own(t)
	if err != nil {
		return typed(err, p, t)
	}
	*v.Addr().Interface().(*Term) = own
	return nil
}

// own is Clone that makes no tree for a scalar without one, and charges what it
// copies before it is copied.
func (d *filling) own(t Term) (Term, error) {
	switch t.kind() {
	case KindFloat, KindNil:
		return Term{node: t.node}, nil
	case KindInteger:
		if t.flags()&nodeBig == 0 {
			return Term{node: t.node}, nil
		}
	}
	c, left := t.cloneIn(d.room)
	if left < 0 {
		return Term{}, &UnmarshalError{Reason: ReasonMemory}
	}
	d.room = left
	return c, nil
}

// ownSize is what a struct type of this package takes beside itself, at most: a
// name in UTF-8 is up to twice as long as in Latin-1, and small blocks are
// rounded up.
func (t Term) ownSize() int64 {
	n := int64(0)
	switch t.kind() {
	case KindBinary, KindBitstring:
		n = int64(t.length())
	case KindPid, KindPort, KindReference, KindExport:
		n = 2 * int64(t.length())
	case KindFun:
		n = 2 * int64(Term{t.t, node(t.t.nodes[t.node.Num])}.length())
	}
	if n > 0 {
		n += numberSize
	}
	return n
}

// decodeOwn fills the struct types of this package.
func decodeOwn(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	if err := d.charge(t.ownSize()); err != nil {
		return typed(err, p, t)
	}
	ok := false
	switch to := v.Addr().Interface().(type) {
	case *Pid:
		*to, ok = t.Pid()
	case *Port:
		*to, ok = t.Port()
	case *Reference:
		*to, ok = t.Reference()
	case *Export:
		*to, ok = t.Export()
	case *Fun:
		*to, ok = t.Fun()
	case *Bitstring:
		*to, ok = t.bitstring()
	}
	if !ok {
		return misfit(ReasonKind, p, t)
	}
	return nil
}

// bitstring returns a bitstring or binary, copied.
func (t Term) bitstring() (s Bitstring, ok bool) {
	b, ok := t.Bytes()
	if !ok {
		return s, false
	}
	s = Bitstring{append(make([]byte, 0, len(b)), b...), t.Bits()}
	if used := s.Bits % 8; used != 0 {
		s.Bytes[len(b)-1] &= 0xff << (8 - used)
	}
	return s, true
}
