package etf_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// unmarshalled is one term for one Go type: the value that it becomes, or the
// reason why it becomes none.
type unmarshalled struct {
	name string
	term []byte // without the version byte
	into any    // a pointer to a zero value
	want any    // what it points to, or an etf.Reason
}

func checkUnmarshal(t *testing.T, cases []unmarshalled) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			into := reflect.New(reflect.TypeOf(c.into).Elem())
			into.Elem().Set(reflect.ValueOf(c.into).Elem())
			err := etf.Unmarshal(ext(c.term), into.Interface())
			if reason, bad := c.want.(etf.Reason); bad {
				var e *etf.UnmarshalError
				if !errors.As(err, &e) || e.Reason != reason || !errors.Is(err, etf.ErrUnmarshal) {
					t.Fatalf("%v, want %s", err, reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := into.Elem().Interface(); !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%#v, want %#v", got, c.want)
			}
		})
	}
}

func bigOf(s string) *big.Int {
	v, _ := new(big.Int).SetString(s, 10)
	return v
}

func TestUnmarshalNumbers(t *testing.T) {
	p63 := smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0x80)
	max64 := smallBig(false, 255, 255, 255, 255, 255, 255, 255, 255)
	p64 := smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1)
	min63 := smallBig(true, 0, 0, 0, 0, 0, 0, 0, 0x80)
	checkUnmarshal(t, []unmarshalled{
		{"int8", int32x(-128), new(int8), int8(-128)},
		{"int8 above", small(128), new(int8), etf.ReasonOverflow},
		{"int16", int32x(32767), new(int16), int16(32767)},
		{"int16 below", int32x(-32769), new(int16), etf.ReasonOverflow},
		{"int32", int32x(-5), new(int32), int32(-5)},
		{"int32 above", smallBig(false, 0, 0, 0, 0x80), new(int32), etf.ReasonOverflow},
		{"int64", min63, new(int64), int64(math.MinInt64)},
		{"int64 above", p63, new(int64), etf.ReasonOverflow},
		{"int padded", largeBig(false, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0), new(int), 7},
		{"uint8", small(255), new(uint8), uint8(255)},
		{"uint8 above", int32x(256), new(uint8), etf.ReasonOverflow},
		{"uint16 negative", int32x(-1), new(uint16), etf.ReasonOverflow},
		{"uint32", smallBig(false, 255, 255, 255, 255), new(uint32), uint32(math.MaxUint32)},
		{"uint64", max64, new(uint64), uint64(math.MaxUint64)},
		{"uint64 above", p64, new(uint64), etf.ReasonOverflow},
		{"uint64 negative", min63, new(uint64), etf.ReasonOverflow},
		{"big small", small(3), new(big.Int), *big.NewInt(3)},
		{"big", p64, new(*big.Int), bigOf("18446744073709551616")},
		{"big of a float", float(1), new(*big.Int), etf.ReasonKind},
		{"int of a float", float(1), new(int), etf.ReasonKind},
		{"int of an atom", atom("x"), new(int), etf.ReasonKind},
		{"float64", float(1.5), new(float64), 1.5},
		{"float32", float(1.5), new(float32), float32(1.5)},
		{"float32 above", float(1e300), new(float32), etf.ReasonOverflow},
		{"float of an integer", small(3), new(float64), 3.0},
		{"float of 2^53+1", smallBig(false, 1, 0, 0, 0, 0, 0, 0x20), new(float64), etf.ReasonInexact},
		{"float of 2^63-1", smallBig(false, 255, 255, 255, 255, 255, 255, 255, 127), new(float64), etf.ReasonInexact},
		{"float of 2^64", p64, new(float64), float64(1 << 64)},
		{"float32 of 2^24+1", int32x(1<<24 + 1), new(float32), etf.ReasonInexact},
		{"float of a huge integer", largeBig(false, append(make([]byte, 200), 1)...), new(float64), etf.ReasonInexact},
		{"bool", atom("true"), new(bool), true},
		{"bool false", atom("false"), new(bool), false},
		{"bool of another atom", atom("yes"), new(bool), etf.ReasonKind},
		{"bool of a binary", bin("true"), new(bool), etf.ReasonKind},
	})
}

func TestUnmarshalText(t *testing.T) {
	type tagged struct {
		Plain   string    `etf:"plain"`
		Atom    string    `etf:"atom,atom"`
		Chars   string    `etf:"chars,charlist"`
		Any     string    `etf:"any,text"`
		IO      string    `etf:"io,iodata"`
		Bytes   []byte    `etf:"bytes"`
		List    []byte    `etf:"list,charlist"`
		IOBytes []byte    `etf:"iob,iodata"`
		UUID    [4]byte   `etf:"uuid"`
		Roles   []string  `etf:"roles,atom"`
		Kind    etf.Atom  `etf:"kind"`
		Maybe   *etf.Atom `etf:"maybe"`
	}
	one := func(key string, v []byte) []byte { return mapOf(atom(key), v) }
	euro := pieces(null, int32x(0x20ac))
	checkUnmarshal(t, []unmarshalled{
		{"plain", one("plain", bin("é")), new(tagged), tagged{Plain: "é"}},
		{"plain broken", one("plain", bin("\xff")), new(tagged), etf.ReasonUTF8},
		{"plain atom", one("plain", atom("a")), new(tagged), etf.ReasonKind},
		{"plain list", one("plain", str("a")), new(tagged), etf.ReasonKind},
		{"atom", one("atom", atom("a")), new(tagged), tagged{Atom: "a"}},
		{"atom binary", one("atom", bin("a")), new(tagged), etf.ReasonKind},
		{"chars string", one("chars", str("h\xe9")), new(tagged), tagged{Chars: "hé"}},
		{"chars list", one("chars", euro), new(tagged), tagged{Chars: "€"}},
		{"chars empty", one("chars", null), new(tagged), tagged{}},
		{"chars surrogate", one("chars", pieces(null, int32x(0xd800))), new(tagged), etf.ReasonUTF8},
		{"chars beyond", one("chars", pieces(null, int32x(0x110000))), new(tagged), etf.ReasonUTF8},
		{"chars improper", one("chars", pieces(small(1), small(97))), new(tagged), etf.ReasonImproper},
		{"chars of others", one("chars", pieces(null, atom("a"))), new(tagged), etf.ReasonKind},
		{"any atom", one("any", atom("a")), new(tagged), tagged{Any: "a"}},
		{"any binary", one("any", bin("a")), new(tagged), tagged{Any: "a"}},
		{"any chars", one("any", str("a")), new(tagged), tagged{Any: "a"}},
		{"iodata", one("io", pieces(bin("d"), bin("a"), str("bc"), null, pieces(null, small('x')))), new(tagged), tagged{IO: "abcxd"}},
		{"iodata broken", one("io", pieces(null, small(255))), new(tagged), etf.ReasonUTF8},
		{"iodata atom", one("io", pieces(null, atom("a"))), new(tagged), etf.ReasonKind},
		{"iodata byte as tail", one("io", pieces(small(1), bin("a"))), new(tagged), etf.ReasonKind},
		{"bytes", one("bytes", bin("\xff\x00")), new(tagged), tagged{Bytes: []byte{255, 0}}},
		{"bytes empty", one("bytes", bin("")), new(tagged), tagged{Bytes: []byte{}}},
		{"bytes nil", one("bytes", atom("nil")), new(tagged), tagged{}},
		{"bytes of a list", one("bytes", str("ab")), new(tagged), etf.ReasonKind},
		{"byte list", one("list", str("\xff")), new(tagged), tagged{List: []byte{255}}},
		{"byte list above", one("list", pieces(null, int32x(256))), new(tagged), etf.ReasonOverflow},
		{"iodata bytes", one("iob", pieces(null, str("\xff"), bin("\xfe"))), new(tagged), tagged{IOBytes: []byte{255, 254}}},
		{"byte array", one("uuid", bin("abcd")), new(tagged), tagged{UUID: [4]byte{'a', 'b', 'c', 'd'}}},
		{"byte array short", one("uuid", bin("abc")), new(tagged), etf.ReasonLength},
		{"roles", one("roles", pieces(null, atom("a"), atom("b"))), new(tagged), tagged{Roles: []string{"a", "b"}}},
		{"roles of binaries", one("roles", pieces(null, bin("a"))), new(tagged), etf.ReasonKind},
		{"Atom", one("kind", atom("nil")), new(tagged), tagged{Kind: "nil"}},
		{"pointer to Atom", one("maybe", atom("undefined")), new(tagged), tagged{}},
	})
}

// TestUnmarshalEqualTerms: how a list travels makes no difference.
func TestUnmarshalEqualTerms(t *testing.T) {
	for name, term := range map[string][]byte{
		"string":   str("\x01\x02\x03"),
		"list":     pieces(null, small(1), small(2), small(3)),
		"integers": pieces(null, int32x(1), smallBig(false, 2), largeBig(false, 3, 0)),
		"pieces":   pieces(pieces(str("\x03"), small(2)), small(1)),
		"behind":   pieces(thin(1, pieces(str("\x02\x03"), small(1)))),
	} {
		checkUnmarshal(t, []unmarshalled{
			{name + " any", term, new(any), []any{int64(1), int64(2), int64(3)}},
			{name + " ints", term, new([]int), []int{1, 2, 3}},
			{name + " int32s", term, new([]int32), []int32{1, 2, 3}},
			{name + " int8s", term, new([]int8), []int8{1, 2, 3}},
			{name + " array", term, new([3]uint16), [3]uint16{1, 2, 3}},
			{name + " pointers", term, new([]*int), []*int{new(1), new(2), new(3)}},
			{name + " strings", term, new([]string), etf.ReasonKind},
			{name + " no strings", null, new([]string), []string{}},
			{name + " overflow", pieces(null, int32x(1<<20)), new([]int16), etf.ReasonOverflow},
			{name + " shorter array", term, new([2]int), etf.ReasonLength},
		})
	}
	checkUnmarshal(t, []unmarshalled{
		{"fast path that fails", pieces(null, smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0x80)), new([]int), etf.ReasonOverflow},
		{"fast path of another kind", pieces(null, atom("a")), new([]int32), etf.ReasonKind},
	})
}

func TestUnmarshalAny(t *testing.T) {
	collide := mapOf(bin("a"), small(1), atom("a"), small(2))
	checkUnmarshal(t, []unmarshalled{
		{"nil", atom("nil"), new(any), nil},
		{"undefined", atom("undefined"), new(any), etf.Atom("undefined")},
		{"empty list", null, new(any), []any{}},
		{"empty string", bin(""), new(any), ""},
		{"true", atom("true"), new(any), true},
		{"float", float(2), new(any), 2.0},
		{"big", smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1), new(any), bigOf("18446744073709551616")},
		{"bytes", bin("\xff"), new(any), []byte{255}},
		{"bits", bits(3, 0xff), new(any), etf.Bitstring{Bytes: []byte{0xe0}, Bits: 3}},
		{"tuple", tuple(small(1), null), new(any), etf.Tuple{int64(1), []any{}}},
		{"empty tuple", tuple(), new(any), etf.Tuple{}},
		{"improper", pieces(small(2), small(1)), new(any), etf.ImproperList{Elements: []any{int64(1)}, Tail: int64(2)}},
		{"map", mapOf(atom("a"), small(1), bin("b"), null), new(any), map[string]any{"a": int64(1), "b": []any{}}},
		{"empty map", mapOf(), new(any), map[string]any{}},
		{"collision", collide, new(any), etf.Pairs{{etf.Atom("a"), int64(2)}, {"a", int64(1)}}},
		{"odd keys", mapOf(null, small(1), tuple(), small(2), mapOf(), small(3), bin("\xff"), small(4)), new(any),
			etf.Pairs{{etf.Tuple{}, int64(2)}, {map[string]any{}, int64(3)}, {[]any{}, int64(1)}, {[]byte{255}, int64(4)}}},
		{"Tuple", tuple(small(1)), new(etf.Tuple), etf.Tuple{int64(1)}},
		{"Tuple of a list", null, new(etf.Tuple), etf.ReasonKind},
		{"Pairs", mapOf(atom("a"), small(1)), new(etf.Pairs), etf.Pairs{{etf.Atom("a"), int64(1)}}},
		{"Pairs of a list", null, new(etf.Pairs), etf.ReasonKind},
		{"ImproperList", pieces(small(2), small(1)), new(etf.ImproperList), etf.ImproperList{Elements: []any{int64(1)}, Tail: int64(2)}},
		{"ImproperList of a proper one", pieces(null, small(1)), new(etf.ImproperList), etf.ReasonKind},
		{"other interface", small(1), new(error), etf.ReasonType},
		{"channel", small(1), new(chan int), etf.ReasonType},
		{"complex", small(1), new(complex64), etf.ReasonType},
		{"func", small(1), new(func()), etf.ReasonType},
		{"pointer to itself", small(1), new(toItself), etf.ReasonType},
		{"pointers to themselves in a list", list(small(1)), new([]*toItself), etf.ReasonType},
	})
	if v, ok := (etf.Pairs{{etf.Tuple{}, 1}, {"a", 2}}).Get("a"); v != 2 || !ok {
		t.Errorf("Get: %v, %t", v, ok)
	}
	if v, ok := (etf.Pairs{{[]int{1}, 1}, {nil, 2}}).Get(nil); v != 2 || !ok {
		t.Errorf("Get(nil): %v, %t", v, ok)
	}
	if _, ok := (etf.Pairs{{[]int{1}, 1}}).Get([]int{1}); ok {
		t.Error("Get compares slices")
	}
	if _, ok := (etf.Pairs{{"a", 2}}).Get("b"); ok {
		t.Error("Get finds what is not there")
	}
}

func TestUnmarshalMaps(t *testing.T) {
	type point struct {
		_ struct{} `etf:",tuple"`
		X int
		Y int
	}
	checkUnmarshal(t, []unmarshalled{
		{"strings", mapOf(atom("a"), small(1), bin("b"), small(2)), new(map[string]int), map[string]int{"a": 1, "b": 2}},
		{"collision", mapOf(atom("a"), small(1), bin("a"), small(2)), new(map[string]int), etf.ReasonCollision},
		{"broken text", mapOf(bin("\xff"), small(1)), new(map[string]int), etf.ReasonUTF8},
		{"atoms", mapOf(atom("a"), small(1)), new(map[etf.Atom]int), map[etf.Atom]int{"a": 1}},
		{"atoms of binaries", mapOf(bin("a"), small(1)), new(map[etf.Atom]int), etf.ReasonKind},
		{"ints", mapOf(small(1), null), new(map[int][]int), map[int][]int{1: {}}},
		{"int overflow", mapOf(int32x(300), null), new(map[uint8]any), etf.ReasonOverflow},
		{"bools", mapOf(atom("true"), small(1)), new(map[bool]int), map[bool]int{true: 1}},
		{"structs", mapOf(tuple(small(1), small(2)), small(3)), new(map[point]int), map[point]int{{X: 1, Y: 2}: 3}},
		{"arrays", mapOf(pieces(null, small(1), int32x(500)), small(3)), new(map[[2]int]int), map[[2]int]int{{1, 500}: 3}},
		{"any keys", mapOf(small(1), small(2), bin("a"), small(3)), new(map[any]int), map[any]int{int64(1): 2, "a": 3}},
		{"list as key", mapOf(pieces(null, int32x(300)), small(2)), new(map[any]int), etf.ReasonKey},
		{"map as key", mapOf(mapOf(), small(2)), new(map[any]int), etf.ReasonKey},
		{"bytes as key", mapOf(bin("\xff"), small(2)), new(map[any]int), etf.ReasonKey},
		{"big as key", mapOf(smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1), small(2)), new(map[any]int), etf.ReasonKey},
		{"any in an array as key", mapOf(pieces(null, null), small(2)), new(map[[1]any]int), etf.ReasonKey},
		{"pointer keys", mapOf(small(1), small(1)), new(map[*int]int), etf.ReasonType},
		{"nil", atom("nil"), new(map[string]int), map[string]int(nil)},
		{"list", null, new(map[string]int), etf.ReasonKind},
		{"floats that collide", mapOf(float(1), small(1), small(1), small(2)), new(map[float64]int), etf.ReasonCollision},
		{"values anew", mapOf(small(1), str("a"), small(2), pieces(null, int32x(400))), new(map[int][]*int), map[int][]*int{1: {new(97)}, 2: {new(400)}}},
	})
	type listed struct {
		M map[string]int `etf:"m,proplist"`
		K map[string]int `etf:"k,key=binary"`
		C map[string]int `etf:"c,key=charlist"`
	}
	one := func(key string, v []byte) []byte { return mapOf(atom(key), v) }
	checkUnmarshal(t, []unmarshalled{
		{"proplist", one("m", pieces(null, tuple(atom("a"), small(1)))), new(listed), listed{M: map[string]int{"a": 1}}},
		{"proplist as map", one("m", mapOf(atom("a"), small(1))), new(listed), listed{M: map[string]int{"a": 1}}},
		{"proplist twice", one("m", pieces(null, tuple(atom("a"), small(1)), tuple(atom("a"), small(1)))), new(listed), etf.ReasonCollision},
		{"proplist of triples", one("m", pieces(null, tuple(atom("a"), small(1), small(1)))), new(listed), etf.ReasonKind},
		{"proplist improper", one("m", pieces(small(1), tuple(atom("a"), small(1)))), new(listed), etf.ReasonImproper},
		{"binary keys", one("k", mapOf(bin("a"), small(1))), new(listed), listed{K: map[string]int{"a": 1}}},
		{"binary keys only", one("k", mapOf(atom("a"), small(1))), new(listed), etf.ReasonKind},
		{"charlist keys", one("c", mapOf(str("a"), small(1))), new(listed), listed{C: map[string]int{"a": 1}}},
	})
}

// TestUnmarshalNothing: the five kinds of nothing, for each Go type that tells
// them apart, as the table in the package documentation has them.
func TestUnmarshalNothing(t *testing.T) {
	type fields struct {
		A any            `etf:"a"`
		P *int           `etf:"p"`
		S string         `etf:"s"`
		B []byte         `etf:"b"`
		L []int          `etf:"l"`
		M map[string]int `etf:"m"`
		Z int            `etf:"z,nilzero"`
		T *string        `etf:"t"`
		Q **int          `etf:"q"`
	}
	one := func(key string, v []byte) []byte { return mapOf(atom(key), v) }
	null, nul, undef, empty := null, atom("nil"), atom("undefined"), bin("")
	seven := 7
	full := fields{A: 1, P: &seven, S: "x", B: []byte{1}, L: []int{1}, M: map[string]int{"a": 1}, Z: 5}
	with := func(change func(f *fields)) fields { f := full; change(&f); return f }
	into := func() *fields { f := full; return &f }
	checkUnmarshal(t, []unmarshalled{
		{"missing", mapOf(), into(), full},
		{"any nil", one("a", nul), into(), with(func(f *fields) { f.A = nil })},
		{"any undefined", one("a", undef), into(), with(func(f *fields) { f.A = etf.Atom("undefined") })},
		{"pointer nil", one("p", nul), into(), with(func(f *fields) { f.P = nil })},
		{"pointer undefined", one("p", undef), into(), with(func(f *fields) { f.P = nil })},
		{"pointer []", one("p", null), into(), etf.ReasonKind},
		{"string nil", one("s", nul), into(), etf.ReasonKind},
		{"string undefined", one("s", undef), into(), etf.ReasonKind},
		{"string []", one("s", null), into(), etf.ReasonKind},
		{"string empty", one("s", empty), into(), with(func(f *fields) { f.S = "" })},
		{"bytes nil", one("b", nul), into(), with(func(f *fields) { f.B = nil })},
		{"bytes empty", one("b", empty), into(), with(func(f *fields) { f.B = []byte{} })},
		{"bytes []", one("b", null), into(), etf.ReasonKind},
		{"slice nil", one("l", nul), into(), with(func(f *fields) { f.L = nil })},
		{"slice undefined", one("l", undef), into(), with(func(f *fields) { f.L = nil })},
		{"slice []", one("l", null), into(), with(func(f *fields) { f.L = []int{} })},
		{"slice empty", one("l", empty), into(), etf.ReasonKind},
		{"map undefined", one("m", undef), into(), with(func(f *fields) { f.M = nil })},
		{"map []", one("m", null), into(), etf.ReasonKind},
		{"nilzero nil", one("z", nul), into(), with(func(f *fields) { f.Z = 0 })},
		{"nilzero value", one("z", small(3)), into(), with(func(f *fields) { f.Z = 3 })},
		{"pointer to text", one("t", empty), into(), with(func(f *fields) { f.T = new("") })},
		{"pointer to pointer", one("q", small(1)), into(), with(func(f *fields) { p := new(1); f.Q = &p })},
	})
}

func TestUnmarshalTarget(t *testing.T) {
	for name, v := range map[string]any{"nothing": nil, "a value": 1, "a nil pointer": (*int)(nil)} {
		var e *etf.UnmarshalError
		if err := etf.Unmarshal(ext(small(1)), v); !errors.As(err, &e) || e.Reason != etf.ReasonTarget {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnmarshalRefused: a term that is refused fills nothing.
func TestUnmarshalRefused(t *testing.T) {
	v := []int{7}
	err := etf.Unmarshal(ext(pieces(null, small(1), raw(0))), &v)
	var e *etf.Error
	if !errors.As(err, &e) || len(v) != 1 || v[0] != 7 {
		t.Errorf("%v, %v", v, err)
	}
	if err := etf.Unmarshal(append(ext(small(1)), 0), new(int)); !errors.Is(err, etf.ErrTrailing) {
		t.Error(err)
	}
}

// TestUnmarshalDeep: the depth of the sender ends in an error, not in a stack.
func TestUnmarshalDeep(t *testing.T) {
	m := compile(t, etf.Config{Limits: limits.Unlimited(), Policy: etf.Policy{Refuse: etf.Compressed}})
	type node struct{ Next *node }
	const depth = 300_000
	lists := ext(times(depth, head(1)), null, times(depth, null))
	maps := ext(times(depth, cat(maps(1), atom("next"))), atom("nil"))
	tuples := ext(times(depth, raw(104, []byte{1})), null)
	for _, c := range []struct {
		b    []byte
		into any
	}{{lists, new(any)}, {tuples, new(any)}, {maps, new(any)}, {maps, new(node)}, {maps, new(map[string]any)}} {
		var e *etf.UnmarshalError
		if err := m.Unmarshal(c.b, c.into); !errors.As(err, &e) || e.Reason != etf.ReasonDepth || len(e.Path.Steps) != 2*etf.PathKeep {
			t.Errorf("%T: %v", c.into, err)
		}
	}
	type iodata struct {
		B []byte `etf:"b,iodata"`
	}
	if err := m.Unmarshal(ext(mapOf(atom("b"), lists[1:])), new(iodata)); err != nil {
		t.Error(err)
	}
	var whole etf.Term
	if err := m.Unmarshal(lists, &whole); err != nil || whole.Kind() != etf.KindList {
		t.Error(err)
	}
}

// TestUnmarshalMemory: small terms for large Go types.
func TestUnmarshalMemory(t *testing.T) {
	type wide struct{ A [1 << 10]int64 }
	b := ext(pieces(null, copies(1<<16, null)...))
	var e *etf.UnmarshalError
	if err := etf.Unmarshal(b, new([]wide)); !errors.As(err, &e) || e.Reason != etf.ReasonMemory || e.Type != reflect.TypeFor[[]wide]() {
		t.Error(err)
	}
	if err := etf.Unmarshal(b, new([]any)); err != nil {
		t.Error(err)
	}
	m := compile(t, etf.Config{Unmarshal: etf.UnmarshalOptions{MaxGrowth: limits.NoLimit}})
	if err := m.Unmarshal(ext(pieces(null, copies(1<<8, mapOf())...)), new([]wide)); err != nil {
		t.Error(err)
	}
	m = compile(t, etf.Config{Unmarshal: etf.UnmarshalOptions{MaxGrowth: 1}})
	if err := m.Unmarshal(ext(pieces(null, copies(1<<17, mapOf())...)), new(any)); !errors.As(err, &e) || e.Reason != etf.ReasonMemory {
		t.Error(err)
	}
	if _, err := (etf.Config{Unmarshal: etf.UnmarshalOptions{MaxGrowth: -1}}).Compile(); err == nil {
		t.Error("a negative MaxGrowth compiles")
	}
}

func TestUnmarshalErrorPath(t *testing.T) {
	type item struct {
		Price int `etf:"price"`
	}
	type order struct {
		Items map[string][]item `etf:"items"`
	}
	term := pieces(null, mapOf(), mapOf(atom("x"), null, atom("items"), mapOf(bin("secret"), pieces(null, mapOf(atom("price"), small(1)), mapOf(bin("price"), bin("secret"))))))
	err := etf.Unmarshal(ext(term), new([]order))
	var e *etf.UnmarshalError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if got, want := e.Path.String(), "list[1]/value[1]/value[0]/list[1]/value[0]"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	if e.Field != "order.Items.Price" || e.Type != reflect.TypeFor[int]() || e.Kind != etf.KindBinary || e.Reason != etf.ReasonKind {
		t.Errorf("%+v", e)
	}
	if text := err.Error(); strings.Contains(text, "secret") || !strings.Contains(text, "order.Items.Price") {
		t.Error(text)
	}
	if text := e.LogValue().String(); !strings.Contains(text, "order.Items.Price") || !strings.Contains(text, "list[1]") {
		t.Error(text)
	}
}

// TestNilOfOtherInterfaces: Marshal writes a nil interface with methods as nil, and
// Unmarshal takes that, though nothing else.
func TestNilOfOtherInterfaces(t *testing.T) {
	type response struct {
		Err  error
		Name fmt.Stringer `etf:",undefined"`
	}
	b, err := etf.Marshal(response{})
	if err != nil {
		t.Fatal(err)
	}
	v := response{io.EOF, etf.KindAtom}
	if err := etf.Unmarshal(b, &v); err != nil || v.Err != nil || v.Name != nil {
		t.Errorf("%+v, %v", v, err)
	}
	var e *etf.UnmarshalError
	if err := etf.Unmarshal(ext(mapOf(atom("err"), small(1))), &v); !errors.As(err, &e) || e.Reason != etf.ReasonType {
		t.Error(err)
	}
}
