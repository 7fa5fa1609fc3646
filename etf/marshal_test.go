package etf_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// roundTrips are Go values with the terms that they are.
var roundTrips = []struct {
	name string
	v    any
	term []byte
}{
	{"int", 5, small(5)},
	{"int8", int8(-1), int32x(-1)},
	{"uint64", uint64(math.MaxUint64), smallBig(false, 255, 255, 255, 255, 255, 255, 255, 255)},
	{"big", bigOf("18446744073709551616"), smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1)},
	{"float", 1.5, float(1.5)},
	{"float32", float32(1.5), float(1.5)},
	{"bool", true, atom("true")},
	{"string", "é", bin("é")},
	{"bytes", []byte{255}, bin("\xff")},
	{"byte array", [2]byte{1, 2}, bin("\x01\x02")},
	{"atom", etf.Atom("a b"), atom("a b")},
	{"ints that are bytes", []int{1, 2, 3}, str("\x01\x02\x03")},
	{"ints", []int{1, 300}, list(small(1), int32x(300))},
	{"no ints", []int{}, null},
	{"array", [2]string{"a", "b"}, list(bin("a"), bin("b"))},
	{"map", map[string]int{"b": 1, "a": 2}, mapOf(bin("a"), small(2), bin("b"), small(1))},
	{"map of ints", map[int]string{300: "x", -1: "y", 2: "z"}, mapOf(int32x(-1), bin("y"), small(2), bin("z"), int32x(300), bin("x"))},
	{"map of atoms", map[etf.Atom]bool{"b": true, "a": false}, mapOf(atom("a"), atom("false"), atom("b"), atom("true"))},
	{"map of arrays", map[[1]int]int{{2}: 1, {1}: 2}, mapOf(str("\x01"), small(2), str("\x02"), small(1))},
	{"empty map", map[string]any{}, mapOf()},
	{"tuple", etf.Tuple{int64(1), etf.Atom("x"), nil}, tuple(small(1), atom("x"), atom("nil"))},
	{"pairs", etf.Pairs{{etf.Atom("a"), int64(2)}, {"a", int64(1)}}, mapOf(atom("a"), small(2), bin("a"), small(1))},
	{"improper", etf.ImproperList{Elements: []any{int64(1)}, Tail: int64(2)}, pieces(small(2), small(1))},
	{"bits", etf.Bitstring{Bytes: []byte{0xe0}, Bits: 3}, bits(3, 0xe0)},
	{"any list", []any{int64(1), "a", []any{}}, list(small(1), bin("a"), null)},
	{"any list of bytes", []any{int64(1), int64(2)}, str("\x01\x02")},
	{"person", person{Name: "A", Email: new("x")}, mapOf(atom("email"), bin("x"), atom("name"), bin("A"))},
	{"tuple struct", pointTuple{X: 1, Y: 2}, tuple(small(1), small(2))},
	{"record", userRecord{ID: 1, Name: "A"}, tuple(atom("user"), small(1), bin("A"))},
	{"Elixir struct", userStruct{ID: 1, Name: "A"}, mapOf(atom("__struct__"), atom("Elixir.User"), atom("id"), small(1), atom("name"), bin("A"))},
	{"binary keys", binaryKeys{A: 1}, mapOf(bin("a"), small(1))},
	{"charlist keys", charKeys{A: 1}, mapOf(str("\xe9"), small(1))},
	{"raw", etf.RawTerm(tuple(small(1))), tuple(small(1))},
	{"netip", netip.MustParseAddr("10.0.0.1"), bin("10.0.0.1")},
	{"ok", etf.Result[int, string]{OK: true, Value: 3}, tuple(atom("ok"), small(3))},
	{"error", etf.Result[int, etf.Atom]{Reason: "enoent"}, tuple(atom("error"), atom("enoent"))},
	{"ok alone", etf.Result[int, string]{OK: true, Bare: true}, atom("ok")},
	{"export free", etf.Tuple{map[string]any{"a": int64(1)}}, tuple(mapOf(bin("a"), small(1)))},
}

func TestMarshal(t *testing.T) {
	for _, c := range roundTrips {
		t.Run(c.name, func(t *testing.T) {
			b, err := etf.Marshal(c.v)
			if err != nil {
				t.Fatal(err)
			}
			if want := ext(c.term); !bytes.Equal(b, canonForm(t, want)) {
				t.Fatalf("%x, want %x", b, canonForm(t, want))
			}
			back := reflect.New(reflect.TypeOf(c.v))
			if err := etf.Unmarshal(b, back.Interface()); err != nil {
				t.Fatal(err)
			}
			if got := back.Elem().Interface(); !reflect.DeepEqual(got, c.v) {
				t.Fatalf("%#v, want %#v", got, c.v)
			}
			if again, err := etf.AppendMarshal([]byte("x"), back.Interface()); err != nil || !bytes.Equal(again[1:], b) {
				t.Errorf("through a pointer: %x %v", again, err)
			}
		})
	}
}

// canonForm is the form that OTP gives the term.
func canonForm(t *testing.T, b []byte) []byte {
	t.Helper()
	term, err := compile(t, etf.OTP()).Decode(b)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	b, err = term.AppendETF(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMarshalTags(t *testing.T) {
	type tagged struct {
		Atom    string         `etf:"a,atom,omitempty"`
		Chars   string         `etf:"b,charlist,omitempty"`
		Bytes   []byte         `etf:"c,charlist,omitempty"`
		Text    string         `etf:"d,text,omitempty"`
		Roles   []string       `etf:"e,atom,omitempty"`
		Props   map[string]int `etf:"f,proplist,key=atom,omitempty"`
		Nil     *int           `etf:"g,undefined"`
		Pair    []int          `etf:"h,tuple,omitempty"`
		Key     map[string]int `etf:"i,key=charlist,omitempty"`
		Unix    time.Time      `etf:"j,unix,omitempty"`
		Erlang  time.Time      `etf:"k,erlang,omitempty"`
		Decimal string         `etf:"l,decimal,omitempty"`
		Props2  *person        `etf:"m,keyword,omitempty"`
	}
	one := func(key string, v []byte) []byte { return mapOf(atom(key), v, atom("g"), atom("undefined")) }
	rest := func(key string, v []byte) []byte { return mapOf(atom("g"), atom("undefined"), atom(key), v) }
	day := time.Date(2024, 2, 29, 12, 30, 5, 0, time.UTC)
	for _, c := range []struct {
		v    tagged
		term []byte
	}{
		{tagged{Atom: "x"}, one("a", atom("x"))},
		{tagged{Chars: "hé"}, one("b", str("h\xe9"))},
		{tagged{Bytes: []byte{1}}, one("c", str("\x01"))},
		{tagged{Text: "x"}, one("d", bin("x"))},
		{tagged{Roles: []string{"x", "y"}}, one("e", list(atom("x"), atom("y")))},
		{tagged{Props: map[string]int{"y": 2, "x": 1}}, one("f", list(tuple(atom("x"), small(1)), tuple(atom("y"), small(2))))},
		{tagged{}, mapOf(atom("g"), atom("undefined"))},
		{tagged{Pair: []int{1, 2}}, rest("h", tuple(small(1), small(2)))},
		{tagged{Key: map[string]int{"x": 1}}, rest("i", mapOf(str("x"), small(1)))},
		{tagged{Unix: day}, rest("j", int32x(int(day.Unix())))},
		{tagged{Erlang: day}, rest("k", tuple(tuple(int32x(2024), small(2), small(29)), tuple(small(12), small(30), small(5))))},
		{tagged{Props2: &person{Name: "A"}}, rest("m", list(tuple(atom("name"), bin("A")), tuple(atom("email"), atom("nil"))))},
	} {
		b, err := etf.Marshal(c.v)
		if err != nil || !bytes.Equal(b, canonForm(t, ext(c.term))) {
			t.Errorf("%+v: %x %v, want %x", c.v, b, err, ext(c.term))
		}
		var back tagged
		if err := etf.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, c.v) {
			t.Errorf("%+v, want %+v: %v", back, c.v, err)
		}
	}
}

type cycle struct{ Next *cycle }

func TestMarshalRefuses(t *testing.T) {
	round := &cycle{}
	round.Next = round
	loop := []any{nil}
	loop[0] = loop
	type atoms struct {
		A string `etf:",atom"`
	}
	for name, c := range map[string]struct {
		v    any
		want etf.Reason
	}{
		"NaN":                 {math.NaN(), etf.ReasonEncode},
		"infinity in an any":  {[]any{math.Inf(1)}, etf.ReasonEncode},
		"broken text":         {"\xff", etf.ReasonUTF8},
		"long atom":           {etf.Atom(strings.Repeat("a", 256)), etf.ReasonEncode},
		"long atom by tag":    {atoms{strings.Repeat("a", 256)}, etf.ReasonEncode},
		"broken atom":         {etf.Atom("\xff"), etf.ReasonEncode},
		"channel":             {make(chan int), etf.ReasonType},
		"func in an any":      {[]any{func() {}}, etf.ReasonType},
		"complex":             {1i, etf.ReasonType},
		"pointer to itself":   {toItself(nil), etf.ReasonType},
		"cycle":               {round, etf.ReasonCycle},
		"cycle of slices":     {loop, etf.ReasonCycle},
		"keys that are one":   {map[any]int{int8(1): 1, int64(1): 2}, etf.ReasonCollision},
		"pairs that are one":  {etf.Pairs{{int8(1), 1}, {int64(1), 2}}, etf.ReasonCollision},
		"texts that are one":  {etf.MapSet[string]{"a", "b", "a"}, etf.ReasonCollision},
		"ints that are one":   {etf.MapSet[int]{1, 2, 1}, etf.ReasonCollision},
		"proper improper":     {etf.ImproperList{Elements: []any{1}, Tail: []any{}}, etf.ReasonImproper},
		"empty improper":      {etf.ImproperList{Tail: 1}, etf.ReasonLength},
		"broken raw":          {etf.RawTerm{0}, etf.ReasonConsumed},
		"no raw":              {etf.RawTerm{}, etf.ReasonConsumed},
		"zero Term":           {etf.Term{}, etf.ReasonEncode},
		"bits":                {etf.Bitstring{Bytes: []byte{1}, Bits: 17}, etf.ReasonEncode},
		"nil big in a struct": {struct{ A *big.Int }{}, ""},
	} {
		_, err := etf.Marshal(c.v)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var e *etf.MarshalError
		if !errors.As(err, &e) || e.Reason != c.want || !errors.Is(err, etf.ErrMarshal) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if dst, err := etf.AppendMarshal([]byte("ab"), c.v); string(dst) != "ab" || err == nil {
			t.Errorf("%s: dst is %q, %v", name, dst, err)
		}
	}
}

func TestMarshalErrorField(t *testing.T) {
	type inner struct{ F []float64 }
	type outer struct{ In map[string]inner }
	_, err := etf.Marshal(outer{map[string]inner{"secret": {[]float64{math.NaN()}}}})
	var e *etf.MarshalError
	if !errors.As(err, &e) || e.Field != "outer.In.F" {
		t.Fatalf("%+v", err)
	}
	if text := err.Error(); strings.Contains(text, "secret") || !strings.Contains(text, "outer.In.F") || !errors.Is(err, etf.ErrEncode) {
		t.Error(text)
	}
	if text := e.LogValue().String(); !strings.Contains(text, "outer.In.F") {
		t.Error(text)
	}
}

// TestMarshalErrorOfRaw: the text tells whose fault it is that there is not one term.
func TestMarshalErrorOfRaw(t *testing.T) {
	b, err := etf.Marshal(1)
	if err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]any{"without a version byte": etf.RawTerm(b), "with the version byte": encoded{nil}} {
		if _, err := etf.Marshal(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestMarshalNil: what has no elements is an empty term, what is not there nil.
func TestMarshalNil(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		term []byte
	}{
		"nil":        {nil, atom("nil")},
		"pointer":    {(*int)(nil), atom("nil")},
		"slice":      {[]string(nil), null},
		"bytes":      {[]byte(nil), bin("")},
		"map":        {map[string]int(nil), mapOf()},
		"Tuple":      {etf.Tuple(nil), tuple()},
		"any in any": {[]any{nil}, list(atom("nil"))},
		"error":      {struct{ E error }{}, mapOf(atom("e"), atom("nil"))},
	} {
		if b, err := etf.Marshal(c.v); err != nil || !bytes.Equal(b, ext(c.term)) {
			t.Errorf("%s: %x %v", name, b, err)
		}
	}
}

func TestHooksOfTheStandardLibrary(t *testing.T) {
	type hooks struct {
		Addr netip.Addr            `etf:"addr"`
		Atom netip.Addr            `etf:"atom,atom"`
		Raw  netip.Addr            `etf:"raw,bytes"`
		Path url.URL               `etf:"url"`
		Keys map[netip.Addr]string `etf:"keys"`
	}
	u, _ := url.Parse("http://a/b?c")
	v := hooks{netip.MustParseAddr("::1"), netip.MustParseAddr("1.2.3.4"), netip.MustParseAddr("4.3.2.1"), *u,
		map[netip.Addr]string{netip.MustParseAddr("1.1.1.1"): "x", netip.MustParseAddr("0.0.0.0"): "y"}}
	b, err := etf.Marshal(&v)
	if err != nil {
		t.Fatal(err)
	}
	want := mapOf(atom("addr"), bin("::1"), atom("atom"), atom("1.2.3.4"),
		atom("keys"), mapOf(bin("0.0.0.0"), bin("y"), bin("1.1.1.1"), bin("x")), atom("raw"), bin("\x04\x03\x02\x01"), atom("url"), bin("http://a/b?c"))
	if !bytes.Equal(b, ext(want)) {
		t.Errorf("%q, want %q", b, ext(want))
	}
	var back hooks
	if err := etf.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, v) {
		t.Errorf("%+v: %v", back, err)
	}
	var e *etf.UnmarshalError
	err = etf.Unmarshal(ext(mapOf(atom("addr"), bin("secret"))), &back)
	if !errors.As(err, &e) || e.Reason != etf.ReasonHook || e.Err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	if err := etf.Unmarshal(ext(mapOf(atom("addr"), bin("\xff"))), &back); !errors.As(err, &e) || e.Reason != etf.ReasonUTF8 {
		t.Error(err)
	}
}

// TestOmittedStructs: a struct whose fields are all left out is left out itself, as it
// would be once it was read again.
func TestOmittedStructs(t *testing.T) {
	type inner struct {
		List []int          `etf:"l,omitempty"`
		Map  map[string]int `etf:"m,omitempty"`
		N    int            `etf:"n"`
	}
	type middle struct {
		Inner inner `etf:"i,omitempty"`
	}
	type outer struct {
		Middle middle `etf:"o,omitempty"`
	}
	for i, v := range []outer{{}, {middle{inner{List: []int{}}}}, {middle{inner{Map: map[string]int{}, List: []int{}}}}} {
		if b, err := etf.Marshal(v); err != nil || !bytes.Equal(b, ext(mapOf())) {
			t.Errorf("%d: %x, %v", i, b, err)
		}
	}
	v := outer{middle{inner{List: []int{}, N: 1}}}
	if b, err := etf.Marshal(v); err != nil || !bytes.Equal(b, ext(mapOf(atom("o"), mapOf(atom("i"), mapOf(atom("n"), small(1)))))) {
		t.Errorf("%x, %v", b, err)
	}
}

// TestReferenceWords: zero words at the end are written where they are given, and
// dropped where they are read.
func TestReferenceWords(t *testing.T) {
	ref := etf.Reference{Node: "a@b", Words: []uint32{7, 0, 0}, Creation: 1}
	in := ext(newerRef(atom("a@b"), 1, 7, 0, 0))
	if b, err := etf.Marshal(ref); err != nil || !bytes.Equal(b, in) {
		t.Errorf("%x, %v", b, err)
	}
	var got etf.Reference
	if err := compile(t, etf.OTP()).Unmarshal(in, &got); err != nil || len(got.Words) != 1 || got.Words[0] != 7 {
		t.Error(got, err)
	}
}
