package etf

import (
	"math"
	"math/big"
	"math/bits"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
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
		if p.opts.text.isBinary() && utf8.ValidString(x) && int64(len(x)) <= math.MaxUint32 {
			return appendText(b, x), nil
		}
	case Atom:
		if e.mayName(string(x)) {
			return appendAtomUTF8(b, string(x)), nil
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
		e.b = b
		err := encodeNilAtom(e, p.opts)
		return e.b, err
	case []byte:
		if p.opts.text.isBinary() && int64(len(x)) <= math.MaxUint32 {
			return appendText(b, x), nil
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

// mayName is checkAtom without the reason. Names beyond ASCII are checked once, as
// long as no other takes their place.
func (e *writing) mayName(name string) bool {
	n := len(name)
	if n <= atomChars && isASCII(name) {
		return true
	}
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
	case Bitstring:
		made, err = AppendBits(b, x.Bytes, x.Bits)
	case Pid:
		made, err = AppendPid(b, x)
	case Reference:
		made, err = AppendReference(b, x)
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
	asOpen // a list whose tail is to follow
)

// tooLong is the error of a []any that the format has no head for.
func (as sequence) tooLong(err error) error {
	typ := [...]reflect.Type{asList: typeOf[[]any](), asTuple: typeOf[Tuple](), asOpen: typeOf[ImproperList]()}[as]
	return &MarshalError{Reason: ReasonEncode, Type: typ, Err: err}
}

// elementsTo appends a list or tuple.
func (e *writing) elementsTo(b []byte, p *plan, s []any, as sequence) (_ []byte, err error) {
	start := len(b)
	if as == asTuple {
		b, err = AppendTupleHeader(b, len(s))
	} else {
		b, err = AppendListHeader(b, len(s))
	}
	if err != nil {
		return b, as.tooLong(err)
	}
	if err := e.enter(p); err != nil {
		return b, err
	}
	for _, x := range s {
		if cap(b)-len(b) < roomMin {
			b = e.roomier(b)
		}
		switch x := x.(type) { // of numbers there are long lists
		case int64:
			b = AppendInt(b, x)
			continue
		case float64:
			if finite(x) {
				b = appendNewFloat(b, x)
				continue
			}
		}
		if b, err = e.anyTo(b, p, x); err != nil {
			return b, err
		}
	}
	e.leave()
	if as == asList {
		b = endList(b, start, len(s))
	}
	return b, nil
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

// mapTo appends a map, its keys as atoms or as binaries, in order.
func mapTo[K string | Atom](e *writing, b []byte, p *plan, m map[K]any) ([]byte, error) {
	if err := e.enter(p); err != nil {
		return b, err
	}
	b, err := AppendMapHeader(b, len(m))
	if err != nil {
		return b, err
	}
	base := len(e.texts)
	known := true // the keys have been written before
	set := uint(len(m)*5+e.depth) % keysets
	if s := &e.keysets[set]; !ofKeyset(e, &s[0], m) {
		e.learned |= 1 << set
		s[0], s[1] = s[1], s[0]
		if known = ofKeyset(e, &s[0], m); !known {
			e.texts = slices.Grow(e.texts, len(m))
			for k, v := range m {
				e.texts = append(e.texts, textPair{string(k), v})
			}
			sortTexts(e, e.texts[base:])
			s[0].learn(e.texts[base:], ofAtoms(m))
		}
	}
	pairs := e.texts[base:]
	atoms := ofAtoms(m)
	for i := range pairs {
		if cap(b)-len(b) < roomMin {
			b = e.roomier(b)
		}
		k := pairs[i].key
		switch {
		case atoms && (known || e.mayName(k)):
			b = appendAtomUTF8(b, k)
		case !atoms && (known || utf8.ValidString(k) && int64(len(k)) <= math.MaxUint32):
			b = appendText(b, k)
		default:
			return e.other(b, p, K(k))
		}
		if b, err = e.anyTo(b, p, pairs[i].value); err != nil {
			return b, err
		}
	}
	e.leave()
	// They hold values of the caller: not those in pairs, if a map inside this one had
	// the stack grow, but those that came along.
	clear(e.texts[base:])
	e.texts = e.texts[:base]
	return b, nil
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
	sortFew  = 12
	sortMany = 128
)

// sortTexts sorts pairs by their keys.
func sortTexts(e *writing, s []textPair) {
	if len(s) <= sortFew {
		for i := 1; i < len(s); i++ {
			x := s[i]
			j := i
			for ; j > 0 && x.key < s[j-1].key; j-- {
				s[j] = s[j-1]
			}
			s[j] = x
		}
		return
	}
	if len(s) < sortMany {
		slices.SortFunc(s, func(a, b textPair) int { return strings.Compare(a.key, b.key) })
		return
	}
	e.sorter.sort(s)
}

// textSorter sorts many pairs by the eight bytes of their keys behind what all have
// in common, and by whole keys only where those are the same.
type textSorter struct {
	a, b []textMark
}

// textMark stands for one pair while it is sorted.
type textMark struct {
	bytes uint64
	i     int
}

func (t *textSorter) sort(s []textPair) {
	n := len(s)
	common := len(s[0].key)
	for i := range s {
		common = commonText(s[0].key[:common], s[i].key)
	}
	t.a, t.b = slices.Grow(t.a[:0], n)[:n], slices.Grow(t.b[:0], n)[:n]
	differ := uint64(0)
	for i := range s {
		t.a[i] = textMark{firstBytes(s[i].key[common:]), i}
		differ |= t.a[i].bytes ^ t.a[0].bytes
	}
	for shift := bits.TrailingZeros64(differ) &^ 7; shift < 64; shift += 8 {
		if differ>>shift&0xff != 0 {
			t.pass(shift)
		}
	}
	t.arrange(s)
	for from := 0; from < n; {
		to := from + 1
		for to < n && t.a[to].bytes == t.a[from].bytes {
			to++
		}
		if to > from+1 {
			slices.SortFunc(s[from:to], func(a, b textPair) int { return strings.Compare(a.key, b.key) })
		}
		from = to
	}
	if n > textsKeep {
		*t = textSorter{}
	}
}

// arrange puts the pairs in the order of their marks, cycle by cycle.
func (t *textSorter) arrange(s []textPair) {
	for i := range t.a {
		first, to := s[i], i
		for t.a[to].i >= 0 {
			from := t.a[to].i
			t.a[to].i = -1
			if from == i {
				s[to] = first
				break
			}
			s[to] = s[from]
			to = from
		}
	}
}

// pass sorts by one byte and keeps the order of marks that have the same.
func (t *textSorter) pass(shift int) {
	var at [256]int
	for i := range t.a {
		at[byte(t.a[i].bytes>>shift)]++
	}
	sum := 0
	for i, n := range at {
		at[i] = sum
		sum += n
	}
	for _, m := range t.a {
		k := byte(m.bytes >> shift)
		t.b[at[k]] = m
		at[k]++
	}
	t.a, t.b = t.b, t.a
}

// commonText is how many bytes two texts begin with alike.
func commonText(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// firstBytes are the first eight bytes of a text, which compare as the text does
// as far as they go.
func firstBytes(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return be.Uint64(b[:])
}
