package etf

import (
	"bytes"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"
)

type straightInner struct {
	Struct string   `etf:"__struct__,atom"`
	City   string   `etf:"city"`
	Zip    uint16   `etf:"zip"`
	Tags   []string `etf:"tags"`
}

// straightAll has every kind that is read straight.
type straightAll struct {
	B     bool             `etf:"b"`
	I     int              `etf:"i,required"`
	I8    int8             `etf:"i8"`
	I64   int64            `etf:"i64"`
	U     uint             `etf:"u"`
	U8    uint8            `etf:"u8"`
	F     float64          `etf:"f"`
	F32   float32          `etf:"f32"`
	S     string           `etf:"s"`
	A     Atom             `etf:"a"`
	SA    string           `etf:"sa,atom"`
	Any   string           `etf:"any,text"`
	Raw   []byte           `etf:"raw"`
	Four  [4]byte          `etf:"four"`
	P     *int             `etf:"p"`
	PP    **straightInner  `etf:"pp"`
	Z     int              `etf:"z,nilzero"`
	Is    []int            `etf:"is"`
	I32s  []int32          `etf:"i32s"`
	U16s  []uint16         `etf:"u16s"`
	Fs    []float64        `etf:"fs"`
	Ss    []string         `etf:"ss"`
	As    []string         `etf:"as,atom"`
	T     [2]int           `etf:"t,tuple"`
	Ts    []string         `etf:"ts,tuple"`
	Inner straightInner    `etf:"inner"`
	List  []straightInner  `etf:"list"`
	M     map[string]int   `etf:"m"`
	MI    map[int64]string `etf:"mi"`
	MA    map[Atom]float64 `etf:"ma"`
	Kids  []straightAll    `etf:"kids,omitempty"`
}

type straightTuple struct {
	_ struct{} `etf:",tuple"`
	A int
	B string
	C *straightRecord
}

type straightRecord struct {
	_    struct{} `etf:",record=rec"`
	ID   int64
	Name string
}

type straightModule struct {
	_    struct{} `etf:",struct=Elixir.User,strict"`
	ID   int      `etf:"id,required"`
	Name string   `etf:"name"`
	At   float64  `etf:"at"`
}

type straightBinary struct {
	_ struct{} `etf:",key=binary"`
	A int      `etf:"a"`
	B []int    `etf:"b"`
}

type straightChars struct {
	_ struct{} `etf:",key=charlist"`
	A int      `etf:"a"`
}

// Embedded is exported, so that a nil pointer to it can be set.
type Embedded struct{ Note, More string }

type straightEmbeds struct {
	*Embedded
	ID int
}

var straightTypes = []reflect.Type{
	typeOf[straightAll](), typeOf[straightInner](), typeOf[straightTuple](), typeOf[straightModule](), typeOf[straightBinary](),
	typeOf[straightChars](), typeOf[straightEmbeds](), typeOf[[]straightRecord](), typeOf[map[string]straightInner](),
	typeOf[[]float64](), typeOf[[]int](), typeOf[[2][]string](), typeOf[map[[2]int8]bool](),
}

// straightAgree fills a Go type from a term, straight and from its tree, and fails
// if the two differ in anything. It reports whether the term was read straight.
func straightAgree(t *testing.T, m *Mode, b []byte, typ reflect.Type, room int64) (straight bool) {
	t.Helper()
	p, err := m.c.plans.of(typ, options{})
	if err != nil || !p.plain {
		t.Fatalf("%s is not read straight: %v", typ, err)
	}
	byTree := *p
	byTree.plain = false
	fill := func(p *plan) (v reflect.Value, left string) {
		s := m.get()
		defer m.put(s)
		s.in.ResetSlice(m.c.prog, s.names.hook(), b)
		s.in.KeepInflated()
		if err := s.validate(int64(len(b))); err != nil {
			return v, "refused"
		}
		body, start := s.in.Body()
		v = reflect.New(typ).Elem()
		if p.plain {
			d := &filling{c: m.c, room: room}
			if straight = d.straightInto(body, start, p, reflect.New(typ).Elem()); !straight && (d.room != room || d.depth != 0) {
				t.Errorf("%x into %s: charged for nothing", b, typ)
			}
		}
		err := s.into(body, start, p, v, room)
		if err == nil {
			left = fmt.Sprint(s.filling.room, s.filling.depth)
		} else {
			left = fmt.Sprintf("%v %+v", err, err.(*UnmarshalError).Path)
		}
		return v, left
	}
	want, wantLeft := fill(&byTree)
	got, gotLeft := fill(p)
	if gotLeft != wantLeft {
		t.Errorf("%x into %s: straight %s, from the tree %s", b, typ, gotLeft, wantLeft)
	}
	if fill := wantLeft[0]; fill < '0' || fill > '9' {
		return false // what an error leaves is filled in part
	}
	// NaN is not in any term, so that equal values are equal.
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%x into %s: straight %+v, from the tree %+v", b, typ, got, want)
	}
	return straight
}

// straightTerms are terms with something that is not read straight, or nearly not.
func straightTerms(t *testing.T) (terms [][]byte) {
	t.Helper()
	whole := func(v any) {
		b, err := Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		terms = append(terms, b)
	}
	missing := map[Atom]any{"__struct__": Atom(notLoadedModule), "__field__": Atom("x"), "__owner__": Atom("y"), "__cardinality__": Atom("one")}
	for _, v := range []any{
		map[Atom]any{"id": 1, "note": "x", "more": missing},
		map[Atom]any{"i": 1, "inner": missing, "pp": missing, "list": []any{missing}},
		map[Atom]any{"i": 1, "inner": map[Atom]any{"a": 1, "b": 2, "c": []any{1, 2}, "__struct__": Atom("M")}},
		map[Atom]any{"i": 1, "inner": map[Atom]any{"a": 1, "b": Pid{Node: "n@h"}, "c": 2, "d": 3}},
		map[Atom]any{"i": 1, "other": Pid{Node: "n@h"}},
		map[Atom]any{"i": 1, "other": []any{1, Tuple{2.5, "x", map[string]any{"k": -1}, int64(1) << 40}}},
		map[string]any{"i": 1, "__meta__": 2, "other": 3},
		map[Atom]any{"i": 1, "__meta__": 2, "__exception__": true, "__struct__": Atom("X")},
		Pairs{{Atom("i"), 1}, {"i", 2}},
		Pairs{{Atom("i"), 1}, {Tuple{1}, 2}, {1.5, 3}, {"é", 4}, {Atom("é"), 5}},
		map[Atom]any{"i": 1, "m": Pairs{{Atom("k"), 1}, {"k", 2}}},
		map[Atom]any{"i": 1, "is": []any{1, 2, 3}, "fs": []any{1, 2}, "as": []any{Atom("x")}, "u": uint64(1) << 63},
		map[Atom]any{"i": 1, "is": Atom("nil"), "p": Atom("undefined"), "raw": nil, "m": nil, "z": nil},
		map[Atom]any{"i": 1, "fs": []any{1 << 24, 1<<24 + 1, int64(1)<<60 + 1}},
		map[Atom]any{"i": 1, "f32": 1e300}, map[Atom]any{"i": 1, "f32": 1<<24 + 1},
		map[Atom]any{"i": 1, "four": "abcd"}, map[Atom]any{"i": 1, "four": "abcde"},
		map[Atom]any{"i": 1, "s": Bitstring{[]byte{128}, 1}}, map[Atom]any{"i": 1, "s": []byte{255}},
		map[Atom]any{"i": 1, "ss": ImproperList{[]any{"x"}, "y"}}, map[Atom]any{"i": 1, "ss": []any{}},
		map[Atom]any{"id": 1, "__struct__": Atom("Elixir.User")}, map[Atom]any{"id": 1, "__struct__": Atom("Elixir.Other")},
		map[Atom]any{"id": 1}, map[Atom]any{"__struct__": Atom("Elixir.User")}, map[Atom]any{"id": 1, "x": 2, "__struct__": Atom("Elixir.User")},
		Tuple{1, "x", Tuple{Atom("rec"), 2, "y"}}, Tuple{1, "x", Tuple{Atom("other"), 2, "y"}}, Tuple{1, "x", nil}, Tuple{}, Tuple{1, "x"},
		[]any{Tuple{Atom("rec"), 2, "y"}, Tuple{}}, Tuple{[]any{"x"}, []any{}},
		Pairs{{[]any{'a'}, 1}}, Pairs{{Tuple{1, 2}, true}, {Tuple{1, 300}, false}},
		[]any{Tuple{Atom("i"), 1}, Atom("b")}, []any{},
	} {
		whole(v)
	}
	// What a BEAM writes otherwise: lists in two parts, of no elements, integers and
	// names in longer forms than they need.
	for _, s := range []string{
		"\x83l\x00\x00\x00\x01a\x01l\x00\x00\x00\x01a\x02j", "\x83l\x00\x00\x00\x00j", "\x83l\x00\x00\x00\x01a\x01k\x00\x02ab", "\x83k\x00\x02ab",
		"\x83t\x00\x00\x00\x01d\x00\x01in\x02\x00\x01\x00", "\x83t\x00\x00\x00\x01s\x01in\x08\x01\x00\x00\x00\x00\x00\x00\x00\x80",
		"\x83t\x00\x00\x00\x01v\x00\x01in\x08\x00\x00\x00\x00\x00\x00\x00\x00\x80", "\x83t\x00\x00\x00\x01w\x01in\x09\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x83t\x00\x00\x00\x02w\x01ia\x01d\x00\x01\xe9a\x02", "\x83t\x00\x00\x00\x02w\x01ia\x01w\x01ad\x00\x01\xe9", "\x83t\x00\x00\x00\x02w\x01ia\x01w\x01io\x00\x00\x00\x01\x00\x01",
	} {
		terms = append(terms, []byte(s))
	}
	return terms
}

// draw sets a value to one drawn from r.
func draw(r *rand.Rand, v reflect.Value, depth int) {
	n := r.Intn(4)
	if depth > 4 {
		n = 0
	}
	bits := r.Uint64() >> r.Intn(64)
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(n > 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(bits) >> (64 - v.Type().Bits()))
		if n > 1 {
			v.SetInt(int64(bits % 100))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(bits)
	case reflect.Float32, reflect.Float64:
		if v.SetFloat(float64(bits)); n > 1 {
			v.SetFloat(r.NormFloat64())
		}
	case reflect.String:
		v.SetString([]string{"", "a", "nil", "true", "Grüße", "σ", "Elixir.User", "a longer text than others"}[r.Intn(8)])
	case reflect.Pointer:
		if n > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			draw(r, v.Elem(), depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			draw(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range n {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			draw(r, key, depth+1)
			draw(r, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && n+i > 0 {
				draw(r, f, depth+1)
			}
		}
	}
}

// TestStraight holds what is read straight against what is filled from trees: the
// same values, the same errors, the same charge.
func TestStraight(t *testing.T) {
	modes := make([]*Mode, 2)
	for i := range modes {
		c := Default()
		c.Unmarshal.RefuseUnknown = i == 1
		m, err := c.Compile()
		if err != nil {
			t.Fatal(err)
		}
		modes[i] = m
	}
	rooms := []int64{0, 40, 100, 300, 1000, 1 << 20}
	for _, b := range straightTerms(t) {
		for _, typ := range straightTypes {
			for _, room := range rooms {
				for _, m := range modes {
					straightAgree(t, m, b, typ, room)
				}
			}
		}
	}
	rounds := 4000
	if testing.Short() {
		rounds = 400
	}
	r := rand.New(rand.NewSource(7))
	straight := map[reflect.Type]int{}
	for i := range rounds {
		typ := straightTypes[r.Intn(len(straightTypes))]
		v := reflect.New(typ).Elem()
		draw(r, v, 0)
		o := EncodeOptions{Dialect: []Dialect{MinorVersion2, MinorVersion2, MinorVersion1, MinorVersion0}[r.Intn(4)]}
		b, err := o.Marshal(v.Interface())
		if err != nil {
			continue // text that is no UTF-8, an atom that is too long, …
		}
		m := modes[r.Intn(2)]
		if straightAgree(t, m, b, typ, rooms[len(rooms)-1]) {
			straight[typ]++
		}
		straightAgree(t, m, b, straightTypes[r.Intn(len(straightTypes))], rooms[r.Intn(len(rooms))])
		for range 4 { // a byte that is another one, where the term is still a term
			at, old := 1+r.Intn(len(b)-1), byte(0)
			old, b[at] = b[at], byte(r.Intn(256))
			straightAgree(t, m, b, typ, rooms[len(rooms)-1-i%2])
			b[at] = old
		}
		if t.Failed() {
			t.Fatalf("round %d", i)
		}
	}
	for _, typ := range straightTypes {
		if straight[typ] == 0 && typ != typeOf[straightChars]() {
			t.Errorf("no value of %s was read straight", typ)
		}
	}
}

type straightChain struct {
	Next *straightChain `etf:"next"`
	N    int            `etf:"n"`
}

// TestStraightLooksAheadInBounds: maps of four pairs inside each other, which may each
// be something that Ecto has not loaded, are not passed over at each level. A few are,
// and then the tree tells.
func TestStraightLooksAheadInBounds(t *testing.T) {
	level := []byte("t\x00\x00\x00\x04w\x01aa\x07w\x01ba\x07w\x01na\x07w\x04next")
	chain := func(levels int) []byte {
		return slices.Concat([]byte{131}, bytes.Repeat(level, levels), []byte("w\x03nil"))
	}
	m, err := Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.c.plans.of(typeOf[straightChain](), options{})
	if err != nil {
		t.Fatal(err)
	}
	for levels, want := range map[int]bool{2: true, 4: true, 50: false, 1000: false} {
		b := chain(levels)
		if straightAgree(t, m, b, typeOf[straightChain](), 1<<20) != want {
			t.Errorf("%d levels: straight is not %v", levels, want)
		}
		d := &filling{c: m.c, room: 1 << 20}
		if d.straightInto(b, 1, p, reflect.New(p.typ).Elem()); d.ahead > 3*len(b) {
			t.Errorf("%d levels: passed over %d bytes, of a term of %d", levels, d.ahead, len(b))
		}
	}
}

// TestStraightLetsGo: when a fill goes astray late, nothing that it was charged for
// stands in the value while the tree is filled from, which is charged anew. Pointers
// that were there before still lead where they led.
func TestStraightLetsGo(t *testing.T) {
	type part struct {
		P  *int             `etf:"p"`
		L  [][]string       `etf:"l"`
		Is []int            `etf:"is"`
		Ss []string         `etf:"ss"`
		M  map[int64][]part `etf:"m"`
		S  string           `etf:"s"`
		B  []byte           `etf:"b"`
		A  [2][]int32       `etf:"a"`
	}
	type whole struct {
		Part *part `etf:"part"`
		Own  *part `etf:"own"`
		Flat part  `etf:"flat"`
		End  bool  `etf:"end"`
	}
	one := 1
	long := string(bytes.Repeat([]byte("x"), heldLeast))
	full := part{&one, [][]string{{"a"}}, []int{1000}, []string{"a"}, map[int64][]part{1: {{S: long}}}, long, []byte(long), [2][]int32{{1000}, {1000}}}
	b := slices.Concat([]byte{131, 't', 0, 0, 0, 4}, straightPair(t, "part", full), straightPair(t, "own", full),
		straightPair(t, "flat", full), straightPair(t, "end", Atom("none")))
	m := defaultMode()
	p, err := m.c.plans.of(typeOf[whole](), options{})
	if err != nil || !p.plain {
		t.Fatal(err)
	}
	own := &part{}
	v := whole{Own: own}
	d := &filling{c: m.c, room: 1 << 20}
	if d.straightInto(b, 1, p, reflect.ValueOf(&v).Elem()) || len(d.held) > 0 || d.room != 1<<20 {
		t.Fatal("it did not go astray, or is no test of what is let go of")
	}
	if v.Own != own || !reflect.DeepEqual(v, whole{Own: &part{}}) {
		t.Errorf("still there: %+v, %+v", v, *own)
	}
	b = append(b[:len(b)-len("w\x04none")], "w\x04true"...)
	if err := Unmarshal(b, &v); err != nil || v.Own != own {
		t.Errorf("another end: %v", err)
	}
	if got, want := straightPair(t, "v", v), straightPair(t, "v", whole{&full, &full, full, true}); !bytes.Equal(got, want) {
		t.Errorf("another end: %q, want %q", got, want)
	}
}

// straightPair is a pair of a map: an atom and a value.
func straightPair(t *testing.T, key Atom, v any) (b []byte) {
	t.Helper()
	for _, x := range []any{key, v} {
		term, err := Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, term[1:]...)
	}
	return b
}
