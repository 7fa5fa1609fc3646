package etf

import (
	"math"
	"math/big"
	"reflect"
	"slices"
)

// NOTE: values in an any are written without reflection where their type is one
// that Unmarshal makes, or a number. The functions here append to b and return
// it, which is quicker than through a pointer, and leave every error to other,
// which goes by the plan of the type and knows what to say.

// anyPlan is the plan of an any without options.
var anyPlan = &plan{typ: typeOf[any](), kind: reflect.Interface}

// any writes a value of any type.
func (e *writing) any(p *plan, x any) (err error) {
	e.b, err = e.anyTo(e.b, p, x)
	return err
}

// encodeKnown writes the types of lists and maps that an any holds.
func encodeKnown(e *writing, p *plan, v reflect.Value) error { return e.any(p, v.Interface()) }

func encodeAny(e *writing, p *plan, v reflect.Value) (err error) {
	if v.IsNil() {
		return encodeNilAtom(e, p.opts)
	}
	e.b, err = e.anyTo(e.b, p, v.Interface())
	return err
}

// anyTo appends a value of any type.
func (e *writing) anyTo(b []byte, p *plan, x any) ([]byte, error) {
	switch x := x.(type) {
	case string:
		if p.opts.text.isBinary() {
			if made, ok := textTo(b, x); ok {
				return made, nil
			}
		}
	case Atom:
		if made, ok := e.nameTo(b, string(x)); ok {
			return made, nil
		}
	case int64:
		return AppendInt(b, x), nil
	case int:
		return AppendInt(b, int64(x)), nil
	case float64:
		if finite(x) {
			return appendNewFloat(b, x), nil
		}
	case bool:
		return AppendBool(b, x), nil
	case []any:
		return e.elementsTo(b, p, x, asList)
	case map[string]any:
		return mapTo(e, b, p, x)
	case Tuple:
		return e.elementsTo(b, p, x, asTuple)
	case nil:
		return appendNil(b, p.opts), nil
	case []byte:
		if p.opts.text.isBinary() && int64(len(x)) <= math.MaxUint32 {
			return appendText(b, x), nil
		}
	case Bitstring:
		if made, err := AppendBits(b, x.Bytes, x.Bits); err == nil {
			return made, nil
		}
	case map[Atom]any:
		return mapTo(e, b, p, x)
	default:
		return e.rarerTo(b, p, x)
	}
	return e.other(b, p, x)
}

const (
	namesFew   = 8   // names beyond ASCII are not remembered
	namesKnown = 256 // are, of all behind them: a power of two
)

// mayWide is checkAtom for a name beyond ASCII, without the reason. Such names are
// checked once, as long as no other takes their place.
func (e *writing) mayWide(name string) bool {
	n := len(name)
	if e.wide <= namesFew || n < 2 {
		e.wide++
		return checkAtom(name) == nil
	}
	known := &e.names[(uint(n)*3+uint(name[n/2])*5+uint(name[n-1])*7+uint(name[n-2])*11)%namesKnown]
	if *known == name {
		return true
	}
	if checkAtom(name) != nil {
		return false
	}
	*known = name
	return true
}

// rarerTo is anyTo for the rarer types.
func (e *writing) rarerTo(b []byte, p *plan, x any) ([]byte, error) {
	var made []byte
	var err error
	switch x := x.(type) {
	case *big.Int:
		if x == nil {
			return e.other(b, p, x)
		}
		made, err = AppendBig(b, x)
	case uint64:
		return AppendUint(b, x), nil
	case uint:
		return AppendUint(b, uint64(x)), nil
	case int32:
		return AppendInt(b, int64(x)), nil
	case uint32:
		return AppendInt(b, int64(x)), nil
	case uint8:
		return AppendInt(b, int64(x)), nil
	case float32:
		made, err = AppendFloat(b, float64(x))
	case Pid:
		if made, ok := e.pidTo(b, &x); ok {
			return made, nil
		}
		return e.other(b, p, x)
	case Reference:
		if made, ok := e.referenceTo(b, &x); ok {
			return made, nil
		}
		return e.other(b, p, x)
	case Port:
		made, err = AppendPort(b, x)
	case Export:
		made, err = AppendExport(b, x)
	case Term:
		made, err = AppendTerm(b, x)
	case ImproperList:
		return e.improperTo(b, p, x)
	default:
		return e.other(b, p, x)
	}
	if err != nil {
		return e.other(b, p, x)
	}
	return made, nil
}

// other goes by the plan of the value's type.
func (e *writing) other(b []byte, p *plan, x any) ([]byte, error) {
	e.b = b
	v := reflect.ValueOf(x)
	below, err := e.planOf(v.Type(), p.opts.inner())
	if err == nil {
		err = below.encode(e, below, v)
	}
	return e.b, err
}

// isBinary reports whether text is written as a binary.
func (m textMode) isBinary() bool {
	return m != textAtom && m != textCharlist && m != textDecimal
}

// improperTo appends a list that ends in something else, and leaves it to others
// to say what is wrong with it.
func (e *writing) improperTo(b []byte, p *plan, l ImproperList) ([]byte, error) {
	if len(l.Elements) == 0 {
		return e.other(b, p, l)
	}
	made, proper, err := e.openTo(b, p, &l)
	if proper {
		return e.other(b, p, l)
	}
	return made, err
}

// openTo appends the elements of a list and its tail. The list is proper, which it must
// not be, if the tail is a list.
func (e *writing) openTo(b []byte, p *plan, l *ImproperList) (_ []byte, proper bool, err error) {
	if b, err = e.elementsTo(b, p, l.Elements, asOpen); err != nil {
		return b, false, err
	}
	tail := len(b)
	if err := e.enter(p); err != nil { // a tail may hold a tail, as an element an element
		return b, false, err
	}
	if b, err = e.anyTo(b, p, l.Tail); err != nil {
		return b, false, err
	}
	e.leave()
	return b, isList(b[tail:]), nil
}

// sequence is what a []any is written as.
type sequence uint8

const (
	asList sequence = iota
	asTuple
	asOpen  // a list whose tail is to follow
	asPiece // elements of a list alone
)

// tooLong is the error of a []any that the format has no head for.
func (as sequence) tooLong(err error) error {
	typ := [...]reflect.Type{asList: typeOf[[]any](), asTuple: typeOf[Tuple](), asOpen: typeOf[ImproperList]()}[as]
	return &MarshalError{Reason: ReasonEncode, Type: typ, Err: err}
}

// elementsTo appends a list or tuple.
func (e *writing) elementsTo(b []byte, p *plan, s []any, as sequence) (_ []byte, err error) {
	start, n := len(b), len(s)
	if as == asTuple {
		b, err = AppendTupleHeader(b, n)
	} else if as != asPiece {
		b, err = AppendListHeader(b, n)
	}
	if err != nil {
		return b, as.tooLong(err)
	}
	if err := e.enter(p); err != nil {
		return b, err
	}
	if len(s) > pieceFirst && as != asPiece {
		if b, err = e.piecesTo(b, p, s, start); err != nil {
			return b, err
		}
		s = nil
	}
	for _, x := range s {
		if cap(b)-len(b) < roomMin {
			b = e.roomier(b)
		}
		switch x := x.(type) { // of these there are long lists, or deep ones
		case int64:
			b = AppendInt(b, x)
			continue
		case float64:
			if finite(x) {
				b = appendNewFloat(b, x)
				continue
			}
		case []any:
			if b, err = e.elementsTo(b, p, x, asList); err != nil {
				return b, err
			}
			continue
		}
		if b, err = e.anyTo(b, p, x); err != nil {
			return b, err
		}
	}
	e.leave()
	if as == asList {
		b = endList(b, start, n)
	}
	return b, nil
}

// pieceFirst is of how many elements the first piece of a long list is.
const pieceFirst = 64

// piecesTo appends the elements of a long list in pieces, each as long as all before
// it, and makes room for what is to come. start is where the list begins.
func (e *writing) piecesTo(b []byte, p *plan, s []any, start int) (_ []byte, err error) {
	e.leave() // each piece enters again
	for at, to := 0, pieceFirst; at < len(s); at, to = to, 2*to {
		piece := s[at:min(to, len(s))]
		if _, ok := piece[0].(Atom); ok {
			var n int
			b, n = e.namesTo(b, piece)
			piece = piece[n:]
		}
		if b, err = e.elementsTo(b, p, piece, asPiece); err != nil {
			return b, err
		}
		if to < len(s) {
			b = e.ahead(b, start, to, len(s))
		}
	}
	return b, e.enter(p)
}

// namesTo appends the atoms that s begins with, and says how many. It stops at one that
// cannot be written too.
func (e *writing) namesTo(b []byte, s []any) (_ []byte, n int) {
	for i, x := range s {
		name, ok := x.(Atom)
		if !ok {
			return b, i
		}
		if cap(b)-len(b) < roomMin {
			b = e.roomier(b)
		}
		if b, ok = e.nameTo(b, string(name)); !ok {
			return b, i
		}
	}
	return b, len(s)
}

// textPair is a key of text and its value. A stack of them holds those of the maps
// that are open.
type textPair struct {
	key   string
	value any
}

// keyset are the keys of a map in order. Maps inside a list or a map often have the
// keys of one that came before; theirs are then looked up in that order, which
// takes less time than to walk them and to sort. Of each size and depth the last two
// are remembered.
type keyset struct {
	size  int // keys of the last map that came
	keys  []string
	atoms bool // the keys were written as atoms, not as text
}

const (
	keysets    = 16 // a power of two
	keysetMost = 64 // at most
)

// twoSets are the last two keysets, the last one first.
type twoSets [2]keyset

// turn puts the other one first, and reports whether it has keys. Where there was none
// yet the first is free.
func (s *twoSets) turn() bool {
	if s[0].size == 0 {
		return false
	}
	s[0], s[1] = s[1], s[0]
	return len(s[0].keys) > 0
}

// mapTo appends a map, its keys as atoms or as binaries, in order.
func mapTo[K string | Atom](e *writing, b []byte, p *plan, m map[K]any) ([]byte, error) {
	if err := e.enter(p); err != nil {
		return b, err
	}
	b, err := AppendMapHeader(b, len(m))
	if err != nil {
		return b, err
	}
	switch n := len(m); {
	case n <= sortFew:
		b, err = fewTo(e, b, p, m)
	case n < sortMany || n > textsKeep:
		b, err = pairsTo(e, b, p, m)
	default:
		var ok bool
		if b, ok = flatTo(e, b, p, m); !ok {
			b, err = pairsTo(e, b, p, m)
		}
	}
	if err != nil {
		return b, err
	}
	e.leave()
	return b, nil
}

// fewTo appends the pairs of a small map, which it puts in order on Go's own stack.
func fewTo[K string | Atom](e *writing, b []byte, p *plan, m map[K]any) (_ []byte, err error) {
	var room [sortFew]textPair
	pairs, known, atoms := room[:0], true, ofAtoms(m)
	set := e.setOf(len(m))
	if s := &e.keysets[set]; !fewOf(&s[0], &room, m, atoms) {
		e.learned |= 1 << set
		if known = s.turn() && fewOf(&s[0], &room, m, atoms); !known {
			for k, v := range m {
				j := len(pairs)
				for pairs = pairs[:j+1]; j > 0 && string(k) < pairs[j-1].key; j-- {
					pairs[j] = pairs[j-1]
				}
				pairs[j] = textPair{string(k), v}
			}
			s[0].learn(pairs, atoms)
		}
	}
	pairs = room[:len(m)]
	for i := range pairs {
		if b, err = e.pairTo(b, p, &pairs[i], known, atoms); err != nil {
			return b, err
		}
	}
	return b, nil
}

// fewOf fills in the pairs of m, if its keys are those of the set.
func fewOf[K string | Atom](s *keyset, pairs *[sortFew]textPair, m map[K]any, atoms bool) bool {
	if len(s.keys) == 0 || len(s.keys) != len(m) || s.atoms != atoms {
		return false
	}
	for i, k := range s.keys[:min(len(s.keys), len(pairs))] {
		v, ok := m[K(k)]
		if !ok {
			return false
		}
		pairs[i] = textPair{k, v}
	}
	return true
}

// setOf is the place of the keysets of maps of so many keys.
func (e *writing) setOf(keys int) uint { return uint(keys*5+e.depth) % keysets }

// pairsTo appends the pairs of a map, which it puts in order on the stack of texts.
func pairsTo[K string | Atom](e *writing, b []byte, p *plan, m map[K]any) (_ []byte, err error) {
	base := len(e.texts)
	known, atoms := true, ofAtoms(m) // known: the keys have been written before
	set := e.setOf(len(m))
	if s := &e.keysets[set]; !ofKeyset(e, &s[0], m) {
		e.learned |= 1 << set
		if known = s.turn() && ofKeyset(e, &s[0], m); !known {
			e.texts = slices.Grow(e.texts, len(m))
			for k, v := range m {
				e.texts = append(e.texts, textPair{string(k), v})
			}
			sortTexts(e, e.texts[base:])
			s[0].learn(e.texts[base:], atoms)
		}
	}
	pairs := e.texts[base:]
	for i := range pairs {
		if b, err = e.pairTo(b, p, &pairs[i], known, atoms); err != nil {
			return b, err
		}
	}
	// They hold values of the caller: not those in pairs, if a map inside this one had
	// the stack grow, but those that came along.
	clear(e.texts[base:])
	e.texts = e.texts[:base]
	return b, nil
}

// pairTo appends a key and its value.
func (e *writing) pairTo(b []byte, p *plan, pair *textPair, known, atoms bool) ([]byte, error) {
	if cap(b)-len(b) < roomMin {
		b = e.roomier(b)
	}
	ok := true
	switch {
	case !atoms:
		b, ok = textTo(b, pair.key)
	case known && len(pair.key) > shortMost:
		b = appendAtomUTF8(b, pair.key)
	default:
		b, ok = e.nameTo(b, pair.key)
	}
	switch {
	case ok:
		return e.anyTo(b, p, pair.value)
	case atoms:
		return e.other(b, p, Atom(pair.key))
	}
	return e.other(b, p, pair.key)
}

// ofAtoms reports whether the keys of a map are atoms.
func ofAtoms[K string | Atom](m map[K]any) bool {
	_, atoms := any(m).(map[Atom]any)
	return atoms
}

// ofKeyset puts the pairs of m on the stack, if its keys are those of the set.
func ofKeyset[K string | Atom](e *writing, s *keyset, m map[K]any) bool {
	if len(s.keys) == 0 || len(s.keys) != len(m) || s.atoms != ofAtoms(m) {
		return false
	}
	base := len(e.texts)
	for _, k := range s.keys {
		v, ok := m[K(k)]
		if !ok {
			clear(e.texts[base:])
			e.texts = e.texts[:base]
			return false
		}
		e.texts = append(e.texts, textPair{k, v})
	}
	return true
}

// learn takes the keys of a map, if the one before it was of the same size.
func (s *keyset) learn(pairs []textPair, atoms bool) {
	n := len(pairs)
	if n == s.size && n <= keysetMost {
		s.atoms = atoms
		s.keys = s.keys[:0]
		for i := range pairs {
			s.keys = append(s.keys, pairs[i].key)
		}
	}
	s.size = n
}

// forget lets go of what belongs to the caller.
func (s *keyset) forget() {
	clear(s.keys[:cap(s.keys)]) // and what was there before it learned fewer
	s.keys = s.keys[:0]
	s.size = 0
}

// sortFew is up to how many pairs are sorted by insertion, sortMany from how many
// on by their bytes.
const (
	sortFew  = 8
	sortMany = 128
)
