package main

import (
	"errors"
	"math"
	"math/big"
	"net/netip"
	"time"

	ergo "github.com/ergo-services/ergo/etf"
	okeuday "github.com/okeuday/erlang_go/v2/erlang"

	b "github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/etf"
)

// A row is one line of the table: cases that a library passes or not.
type row struct {
	shape string
	beam  bool // there is nothing like it in other formats
	cases []tried
}

// tried is one case. What it asks for depends on which fields are set.
type tried struct {
	term []byte         // the term; another format has what its library writes for value
	v    any            // the Go value that is read from the term and written as it
	own  map[string]any // the value in a library's own types, for those that have some
	read bool           // only reading is asked for

	through bool // read into an any and written again, it is the same term

	refused    bool   // reading into the type of v must fail
	json, cbor string // what other formats are to refuse; "" if there is nothing like it
}

// both is a value that is read from a term and written as one.
func both(v any, pieces ...[]byte) tried { return tried{term: b.Term(pieces...), v: v} }

func reads(v any, pieces ...[]byte) tried { return tried{term: b.Term(pieces...), v: v, read: true} }

func through(pieces ...[]byte) tried { return tried{term: b.Term(pieces...), through: true} }

func refused(into any, json, cbor string, pieces ...[]byte) tried {
	return tried{term: b.Term(pieces...), v: into, refused: true, json: json, cbor: cbor}
}

// as adds the value in a peer's own types.
func (t tried) as(key string, v any) tried {
	own := map[string]any{key: v}
	for k, v := range t.own {
		own[k] = v
	}
	t.own = own
	return t
}

func atom(name string) []byte { return b.Atom(name) }

type personOf[S ~string] struct {
	Name S   `etf:"name" json:"name"`
	Age  int `etf:"age" json:"age"`
}

type (
	person     = personOf[string]
	ergoPerson = personOf[ergo.String]
)

type personTextOf[S ~string] struct {
	_    struct{} `etf:",key=binary"`
	Name S        `etf:"name" json:"name"`
	Age  int      `etf:"age" json:"age"`
}

type (
	personText     = personTextOf[string]
	ergoPersonText = personTextOf[ergo.String]
)

type personCharsOf[S ~string] struct {
	_    struct{} `etf:",key=charlist"`
	Name S        `etf:"name" json:"name"`
	Age  int      `etf:"age" json:"age"`
}

type (
	personChars     = personCharsOf[string]
	ergoPersonChars = personCharsOf[ergo.String]
)

type personPairsOf[S ~string] struct {
	_    struct{} `etf:",proplist"`
	Name S        `etf:"name"`
	Age  int      `etf:"age"`
}

type (
	personPairs     = personPairsOf[string]
	ergoPersonPairs = personPairsOf[ergo.String]
)

type personTupleOf[S ~string] struct {
	_    struct{} `etf:",tuple" cbor:",toarray"`
	Name S
	Age  int
}

type (
	personTuple     = personTupleOf[string]
	ergoPersonTuple = personTupleOf[ergo.String]
)

type personRecordOf[S ~string] struct {
	_    struct{} `etf:",record=person"`
	Name S
	Age  int
}

type (
	personRecord     = personRecordOf[string]
	ergoPersonRecord = personRecordOf[ergo.String]
)

type personStructOf[S ~string] struct {
	_    struct{} `etf:",struct=Elixir.Person"`
	Name S        `etf:"name"`
	Age  int      `etf:"age"`
}

type (
	personStruct     = personStructOf[string]
	ergoPersonStruct = personStructOf[ergo.String]
)

type teamOf[S ~string] struct {
	Lead *personOf[S]      `etf:"lead" json:"lead"`
	All  []personOf[S]     `etf:"all" json:"all"`
	By   map[S]personOf[S] `etf:"by" json:"by"`
}

type (
	team     = teamOf[string]
	ergoTeam = teamOf[ergo.String]
)

type Base struct {
	ID int `etf:"id" json:"id"`
}

type derivedOf[S ~string] struct {
	Base
	Name S `etf:"name" json:"name"`
}

type (
	derived     = derivedOf[string]
	ergoDerived = derivedOf[ergo.String]
)

type optionalOf[S ~string] struct {
	A int `etf:"a,omitempty" json:"a,omitzero"`
	B S   `etf:"b,omitempty" json:"b,omitzero"`
}

type (
	optional     = optionalOf[string]
	ergoOptional = optionalOf[ergo.String]
)

type required struct {
	A int `etf:"a,required" json:"a"`
}

type charlist struct {
	S string `etf:"s,charlist" json:"s"`
}

type ergoCharlist struct {
	S ergo.Charlist `etf:"s"`
}

type pair struct {
	P [2]int `etf:"p,tuple" json:"p"`
}

type decimalText struct {
	D string `etf:"d,decimal" json:"d"`
}

// celsius writes itself, as a tuple or as what the format has.
type celsius struct{ Degrees int64 }

func (c celsius) MarshalETF() ([]byte, error) {
	return etf.Marshal(etf.Tuple{etf.Atom("celsius"), c.Degrees})
}

func (c *celsius) UnmarshalETF(in []byte) error {
	var t struct {
		_ struct{} `etf:",record=celsius"`
		D int64
	}
	err := etf.Unmarshal(in, &t)
	c.Degrees = t.D
	return err
}

func (c celsius) MarshalJSON() ([]byte, error) { return []byte(big.NewInt(c.Degrees).String()), nil }

func (c *celsius) UnmarshalJSON(in []byte) error {
	n, ok := new(big.Int).SetString(string(in), 10)
	if !ok {
		return errors.New("no number")
	}
	c.Degrees = n.Int64()
	return nil
}

func (c celsius) MarshalCBOR() ([]byte, error) { return cborWrite().Marshal(c.Degrees) }

func (c *celsius) UnmarshalCBOR(in []byte) error { return cborStrict().Unmarshal(in, &c.Degrees) }

// lazy reads no more than the head of its term.
type lazy struct{}

func (*lazy) UnmarshalETFFrom(d *etf.Decoder) error {
	_, err := d.ReadToken()
	return err
}

func ptr[T any](v T) *T { return &v }

var (
	joe      = [][]byte{atom("age"), b.Int(42), atom("name"), b.Bin("Joe")}
	joeText  = [][]byte{b.Bin("age"), b.Int(42), b.Bin("name"), b.Bin("Joe")}
	large    = new(big.Int).Lsh(big.NewInt(1), 80)
	largeETF = b.Big(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
	noon     = time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("", 3600))
)

// elixir is the map of an Elixir struct, its pairs in order.
func elixir(module string, pairs ...[]byte) []byte {
	return b.Map(append([][]byte{atom("__struct__"), atom("Elixir." + module)}, pairs...)...)
}

var iso = atom("Elixir.Calendar.ISO")

// encoded is the term of a Go value, without its version byte.
func encoded(v any) []byte { return must(etf.Marshal(v))[1:] }

var rows = []row{
	{shape: "integers of every width, at their limits; overflow is an error", cases: []tried{
		both(int8(math.MinInt8), encoded(math.MinInt8)), both(int16(math.MaxInt16), encoded(math.MaxInt16)),
		both(int32(math.MinInt32), encoded(math.MinInt32)), both(int64(math.MinInt64), encoded(int64(math.MinInt64))), both(int64(math.MaxInt64), encoded(int64(math.MaxInt64))),
		both(uint8(255), b.Int(255)), both(uint16(math.MaxUint16), b.Int(math.MaxUint16)), both(uint32(math.MaxUint32), encoded(uint32(math.MaxUint32))), both(uint64(math.MaxUint64), encoded(uint64(math.MaxUint64))),
		refused(int8(0), "300", "\x19\x01\x2c", b.Int(300)), refused(uint16(0), "-1", "\x20", encoded(-1)),
		refused(int64(0), "9223372036854775808", "\x1b\x80\x00\x00\x00\x00\x00\x00\x00", encoded(uint64(1<<63))),
		refused(uint64(0), "18446744073709551616", "\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00", b.Big(0, 0, 0, 0, 0, 0, 0, 0, 1)),
	}},
	{shape: "`*big.Int`, small and large", cases: []tried{both(large, largeETF), both(new(big.Int).Neg(large), encoded(new(big.Int).Neg(large))), both(big.NewInt(7), b.Int(7))}},
	{shape: "`bool`, `float64`, `float32`, of integers too; overflow is an error", cases: []tried{
		both(true, atom("true")), both(false, atom("false")), both(1.5, b.Float(1.5)), both(float32(0.25), b.Float(0.25)), reads(2.0, b.Int(2)),
		refused(float32(0), "1e300", "\xfb\x7e\x37\xe4\x3c\x88\x00\x75\x9c", b.Float(1e300)),
	}},
	{shape: "atoms as a type of their own, which text does not become", beam: true, cases: []tried{
		both(etf.Atom("ok"), atom("ok")).as("ergo", ergo.Atom("ok")).as("okeuday", okeuday.OtpErlangAtom("ok")),
		both(etf.Atom("größe"), atom("größe")).as("ergo", ergo.Atom("größe")).as("okeuday", okeuday.OtpErlangAtomUTF8("größe")),
		refused(etf.Atom(""), "", "", b.Bin("ok")).as("ergo", ergo.Atom("")),
	}},
	{shape: "`string` from text, never from bytes that are no UTF-8", cases: []tried{
		both("größe", b.Bin("größe")).as("ergo", ergo.String("größe")), both("", b.Bin("")).as("ergo", ergo.String("")),
		refused("", "\"\xff\"", "\x61\xff", b.Bin("\xff")), refused(person{}, "{\"name\":\"\xff\"}", "\xa1\x64name\x61\xff", b.Map(atom("name"), b.Bin("\xff"))),
	}},
	{shape: "`[]byte` and `[3]byte`", cases: []tried{
		both([]byte("\xff\x00a"), b.Bin("\xff\x00a")).as("okeuday", okeuday.OtpErlangBinary{Value: []byte("\xff\x00a"), Bits: 8}),
		both([3]byte{1, 2, 3}, b.Bin("\x01\x02\x03")),
	}},
	{shape: "`string` from a list of characters", beam: true, cases: []tried{
		both(charlist{"abc"}, b.Map(atom("s"), encoded([]int{97, 98, 99}))).as("ergo", ergoCharlist{"abc"}),
		both(charlist{"añ€"}, b.Map(atom("s"), encoded([]int{97, 241, 8364}))).as("ergo", ergoCharlist{"añ€"}),
		refused(charlist{}, "", "", b.Map(atom("s"), encoded([]int{97, 0xD800}))).as("ergo", ergoCharlist{}),
	}},
	{shape: "`[]int`, however the list travels", cases: []tried{
		both([]int{1, 2, 3}, encoded([]int{1, 2, 3})), reads([]int{1, 2, 3}, b.List(b.Int(1), b.Int(2), b.Int(3))), both([]int{1, 300}, b.List(b.Int(1), b.Int(300))), both([]int{}, b.Nil()),
	}},
	{shape: "`[]string`, `[][]float64`, `[]bool`", cases: []tried{
		both([]string{"a", "b"}, b.List(b.Bin("a"), b.Bin("b"))).as("ergo", []ergo.String{"a", "b"}), both([][]float64{{1.5}, {}}, b.List(b.List(b.Float(1.5)), b.Nil())), both([]bool{true}, b.List(atom("true"))), reads([]float64{1.5, 2}, b.List(b.Float(1.5), b.Int(2))),
	}},
	{shape: "arrays, of tuples too; a wrong length is an error", cases: []tried{
		both(pair{[2]int{1, 2}}, b.Map(atom("p"), b.Tuple(b.Int(1), b.Int(2)))), both([2]int{1, 300}, b.List(b.Int(1), b.Int(300))), refused([2]int{}, "[1]", "\x81\x01", b.List(b.Int(1))), refused([1]int{}, "[1,2]", "\x82\x01\x02", b.List(b.Int(1), b.Int(300))),
	}},
	{shape: "`map[string]T`", cases: []tried{both(map[string]int{"a": 1, "b": 2}, b.Map(b.Bin("a"), b.Int(1), b.Bin("b"), b.Int(2))).as("ergo", map[ergo.String]int{"a": 1, "b": 2}), both(map[string][]int{}, b.Map()).as("ergo", map[ergo.String][]int{})}},
	{shape: "maps with other keys: integers, arrays, structs, `bool`", cases: []tried{
		both(map[int]string{1: "a", -7: "b"}, b.Map(b.Int(1), b.Bin("a"), encoded(-7), b.Bin("b"))).as("ergo", map[int]ergo.String{1: "a", -7: "b"}), both(map[[2]int]bool{{1, 300}: true}, b.Map(b.List(b.Int(1), b.Int(300)), atom("true"))),
		both(map[personTuple]int{{Name: "Joe", Age: 1}: 2}, b.Map(b.Tuple(b.Bin("Joe"), b.Int(1)), b.Int(2))).as("ergo", map[ergoPersonTuple]int{{Name: "Joe", Age: 1}: 2}), both(map[bool]int{true: 1}, b.Map(atom("true"), b.Int(1))),
	}},
	{shape: "two keys that become one in Go are an error", beam: true, cases: []tried{reads(map[string]int{"a": 1, "b": 2}, b.Map(atom("a"), b.Int(1), b.Bin("b"), b.Int(2))), refused(map[string]int{}, "", "", b.Map(atom("a"), b.Int(1), b.Bin("a"), b.Int(2)))}},
	{shape: "structs from maps, keys are atoms or binaries (other formats: text)", cases: []tried{
		both(person{"Joe", 42}, b.Map(joe...)).as("ergo", ergoPerson{"Joe", 42}), both([]person{{"Joe", 42}}, b.List(b.Map(joe...))).as("ergo", []ergoPerson{{"Joe", 42}}),
		both(personText{Name: "Joe", Age: 42}, b.Map(joeText...)).as("ergo", ergoPersonText{Name: "Joe", Age: 42}), reads(person{"Joe", 42}, b.Map(joeText...)).as("ergo", ergoPerson{"Joe", 42}),
	}},
	{shape: "structs from maps, keys are lists of characters", beam: true, cases: []tried{
		both(personChars{Name: "Joe", Age: 42}, b.Map(encoded([]int{97, 103, 101}), b.Int(42), encoded([]int{110, 97, 109, 101}), b.Bin("Joe"))).as("ergo", ergoPersonChars{Name: "Joe", Age: 42}),
	}},
	{shape: "structs in structs, slices, maps and behind pointers", cases: []tried{
		both(team{&person{"Joe", 42}, []person{{"Joe", 42}}, map[string]person{"x": {"Joe", 42}}}, b.Map(atom("all"), b.List(b.Map(joe...)), atom("by"), b.Map(b.Bin("x"), b.Map(joe...)), atom("lead"), b.Map(joe...))).as("ergo", ergoTeam{&ergoPerson{"Joe", 42}, []ergoPerson{{"Joe", 42}}, map[ergo.String]ergoPerson{"x": {"Joe", 42}}}),
	}},
	{shape: "embedded structs", cases: []tried{both(derived{Base{7}, "Joe"}, b.Map(atom("id"), b.Int(7), atom("name"), b.Bin("Joe"))).as("ergo", ergoDerived{Base{7}, "Joe"})}},
	{shape: "structs from tuples (CBOR: arrays)", cases: []tried{both(personTuple{Name: "Joe", Age: 42}, b.Tuple(b.Bin("Joe"), b.Int(42))).as("ergo", ergoPersonTuple{Name: "Joe", Age: 42})}},
	{shape: "structs from records, the tag is checked", beam: true, cases: []tried{both(personRecord{Name: "Joe", Age: 42}, b.Tuple(atom("person"), b.Bin("Joe"), b.Int(42))).as("ergo", ergoPersonRecord{Name: "Joe", Age: 42}), refused(personRecord{}, "", "", b.Tuple(atom("dog"), b.Bin("Rex"), b.Int(4)))}},
	{shape: "structs and maps from property lists, lone atoms too", beam: true, cases: []tried{
		both(personPairs{Name: "Joe", Age: 42}, b.List(b.Tuple(atom("name"), b.Bin("Joe")), b.Tuple(atom("age"), b.Int(42)))).as("ergo", ergoPersonPairs{Name: "Joe", Age: 42}),
		reads(struct {
			On bool `etf:"on"`
		}{true}, b.List(atom("on"))),
	}},
	{shape: "Elixir structs, the module is checked", beam: true, cases: []tried{
		both(personStruct{Name: "Joe", Age: 42}, elixir("Person", joe...)).as("ergo", ergoPersonStruct{Name: "Joe", Age: 42}), refused(personStruct{}, "", "", elixir("Dog", joe...)),
	}},
	{shape: "pointers and nil", cases: []tried{both(ptr(5), b.Int(5)), both((*int)(nil), atom("nil")), both(struct {
		P *int `etf:"p" json:"p"`
	}{}, b.Map(atom("p"), atom("nil")))}},
	{shape: "fields left out when empty", cases: []tried{both(optional{}, b.Map()).as("ergo", ergoOptional{}), both(optional{B: "x"}, b.Map(atom("b"), b.Bin("x"))).as("ergo", ergoOptional{B: "x"})}},
	{shape: "a missing field is an error, by tag", cases: []tried{both(required{7}, b.Map(atom("a"), b.Int(7))), refused(required{}, "{}", "\xa0", b.Map())}},
	{shape: "an unknown field is an error, by option", cases: []tried{reads(person{"Joe", 42}, b.Map(joe...)), refused(person{}, `{"name":"Joe","x":1}`, "\xa1\x61x\x01", b.Map(atom("name"), b.Bin("Joe"), atom("x"), b.Int(1)))}},
	{shape: "a field that comes twice is an error, as atom and text too", cases: []tried{reads(personText{Name: "Joe", Age: 42}, b.Map(joeText...)), refused(person{}, `{"age":1,"age":2}`, "\xa2\x63age\x01\x63age\x02", b.Map(atom("age"), b.Int(1), b.Bin("age"), b.Int(2)))}},
	{shape: "`any`: numbers, text, lists, maps come back as they were", cases: []tried{
		{term: b.Term(b.Int(7)), v: int64(7), through: true}, {term: b.Term(largeETF), v: large, through: true}, {term: b.Term(b.Float(2)), v: 2.0, through: true},
		{term: b.Term(b.Bin("größe")), v: "größe", through: true}, {term: b.Term(b.Bin("\xff")), v: []byte("\xff"), through: true},
		{term: b.Term(b.List(b.Int(1), b.Int(300))), v: []any{int64(1), int64(300)}, through: true},
		{term: b.Term(encoded([]int{1, 2, 3})), v: []any{int64(1), int64(2)}, through: true},
		{term: b.Term(b.Map(b.Bin("a"), b.Int(1))), v: map[string]any{"a": int64(1)}, through: true},
	}},
	{shape: "`any`: terms of every other kind come back, as keys too", beam: true, cases: []tried{
		through(atom("ok")), through(atom("undefined")), through(atom("größe")), through(b.Tuple(atom("a"), b.Tuple())), through(encoded(etf.ImproperList{Elements: []any{1}, Tail: 2})),
		through(encoded(etf.Bitstring{Bytes: []byte{0xa0}, Bits: 3})), through(b.Map(joe...)),
		through(b.Map(b.List(b.Int(1)), b.Int(1))), through(b.Map(b.Map(), b.Int(1))), through(b.Map(b.Tuple(b.Int(1)), b.Int(1))),
		through(b.Map(atom("a"), b.Int(1), b.Bin("a"), b.Int(2))), through(b.Map(b.Int(1), atom("a"), b.Float(1), atom("b"))),
		through(encoded(etf.Pid{Node: "a@b", ID: 1, Serial: 2, Creation: 3})), through(encoded(etf.Port{Node: "a@b", ID: 1 << 40, Creation: 3})),
		through(encoded(etf.Reference{Node: "a@b", Words: []uint32{1, 2, 3}, Creation: 4})), through(encoded(etf.Export{Module: "lists", Function: "map", Arity: 2})),
	}},
	{shape: "`time.Time` (ETF: an Elixir DateTime)", cases: []tried{both(noon, encoded(noon)), both(noon.UTC(), encoded(noon.UTC()))}},
	{shape: "Elixir's Date, Time, NaiveDateTime", beam: true, cases: []tried{
		both(etf.Date{Year: 2024, Month: 2, Day: 29}, elixir("Date", atom("calendar"), iso, atom("day"), b.Int(29), atom("month"), b.Int(2), atom("year"), b.Int(2024))),
		both(etf.TimeOfDay{Hour: 12, Precision: 3}, encoded(etf.TimeOfDay{Hour: 12, Precision: 3})), both(etf.NaiveDateTime{Time: noon.UTC(), Precision: 6}, encoded(etf.NaiveDateTime{Time: noon.UTC(), Precision: 6})),
	}},
	{shape: "Elixir's Decimal, as a value and as text", beam: true, cases: []tried{
		both(etf.Decimal{Coef: big.NewInt(15), Exp: -1}, elixir("Decimal", atom("coef"), b.Int(15), atom("exp"), encoded(-1), atom("sign"), b.Int(1))),
		both(decimalText{"1.5"}, b.Map(atom("d"), elixir("Decimal", atom("coef"), b.Int(15), atom("exp"), encoded(-1), atom("sign"), b.Int(1)))),
	}},
	{shape: "Elixir's MapSet, Range, URI, Version, exceptions", beam: true, cases: []tried{
		both(etf.MapSet[string]{"a", "b"}, encoded(etf.MapSet[string]{"a", "b"})),
		both(etf.Range{First: 1, Last: 9, Step: 2}, elixir("Range", atom("first"), b.Int(1), atom("last"), b.Int(9), atom("step"), b.Int(2))),
		both(etf.URI{Host: ptr("x")}, encoded(etf.URI{Host: ptr("x")})), both(etf.Version{Major: 1, Pre: []any{}}, encoded(etf.Version{Major: 1})),
		both(etf.Exception{Module: "Elixir.E", Fields: map[etf.Atom]etf.Term{}}, elixir("E", atom("__exception__"), atom("true"))),
	}},
	{shape: "`{ok, V}` and `{error, R}` as one type", beam: true, cases: []tried{
		both(etf.Result[int, etf.Atom]{OK: true, Value: 300}, b.Tuple(atom("ok"), b.Int(300))), both(etf.Result[int, etf.Atom]{Reason: "enoent"}, b.Tuple(atom("error"), atom("enoent"))),
	}},
	{shape: "types that read and write themselves", cases: []tried{both(celsius{21}, b.Tuple(atom("celsius"), b.Int(21))), both([]celsius{{21}}, b.List(b.Tuple(atom("celsius"), b.Int(21))))}},
	{shape: "types with the methods of package encoding", cases: []tried{both(netip.MustParseAddr("192.0.2.1"), b.Bin("192.0.2.1")), both(map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, b.Map(b.Bin("::1"), b.Int(1)))}},
	{shape: "a method that reads less than its term is an error", beam: true, cases: []tried{both(celsius{21}, b.Tuple(atom("celsius"), b.Int(21))), refused(lazy{}, "", "", b.List(b.Int(1), b.Int(300)))}},
}
