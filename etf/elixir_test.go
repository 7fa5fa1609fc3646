package etf_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/legit"
	"github.com/beamgate/beamgate/limits"
)

// elixir runs a script and returns its lines. Where there is no Elixir the test
// is skipped, but fails where CI=true.
func elixir(t *testing.T, script string) []string {
	t.Helper()
	if _, err := exec.LookPath("elixir"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs elixir, and CI must have it")
		}
		t.Skip("skipped, for it needs elixir in PATH")
	}
	file := filepath.Join(t.TempDir(), "script.exs")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("elixir", file)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	return strings.Fields(string(out))
}

// decimalStub stands for the package Decimal, whose struct is all that matters.
const decimalStub = `
defmodule Decimal do
  defstruct sign: 1, coef: 0, exp: 0
end
`

// elixirValues are Elixir expressions and the Go values that they become.
var elixirValues = []struct {
	expr string
	want any
}{
	{`~U[2024-02-29 23:59:59.123456Z]`, etf.DateTime{Time: time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC), Zone: "Etc/UTC", Precision: 6}},
	{`~U[2024-02-29 23:59:59Z]`, etf.DateTime{Time: time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC), Zone: "Etc/UTC"}},
	{`%DateTime{calendar: Calendar.ISO, year: 2024, month: 7, day: 1, hour: 12, minute: 34, second: 56, microsecond: {789000, 3}, std_offset: 3600, utc_offset: 3600, time_zone: "Europe/Paris", zone_abbr: "CEST"}`,
		etf.DateTime{Time: time.Date(2024, 7, 1, 12, 34, 56, 789000000, time.FixedZone("CEST", 7200)), Zone: "Europe/Paris", StdOffset: 3600, Precision: 3}},
	{`%{~U[0000-01-01 00:00:00Z] | year: -9999}`, etf.DateTime{Time: time.Date(-9999, 1, 1, 0, 0, 0, 0, time.UTC), Zone: "Etc/UTC"}},
	{`~N[2024-01-01 00:00:00.5]`, etf.NaiveDateTime{Time: time.Date(2024, 1, 1, 0, 0, 0, 500000000, time.UTC), Precision: 1}},
	{`~D[2000-02-29]`, etf.Date{Year: 2000, Month: 2, Day: 29}},
	{`~D[-0001-12-31]`, etf.Date{Year: -1, Month: 12, Day: 31}},
	{`~T[23:59:59.000001]`, etf.TimeOfDay{Hour: 23, Minute: 59, Second: 59, Microsecond: 1, Precision: 6}},
	{`struct(Decimal, coef: 12345, exp: -2)`, etf.Decimal{Coef: big.NewInt(12345), Exp: -2}},
	{`struct(Decimal, sign: -1, coef: 100000000000000000000, exp: 5)`, etf.Decimal{Negative: true, Coef: bigOf("100000000000000000000"), Exp: 5}},
	{`struct(Decimal, coef: :NaN)`, etf.Decimal{Special: etf.NotANumber}},
	{`struct(Decimal, sign: -1, coef: :inf)`, etf.Decimal{Negative: true, Special: etf.Infinite}},
	{`MapSet.new([3, 1, 2])`, etf.MapSet[int]{1, 2, 3}},
	{`MapSet.new(["b", "a"])`, etf.MapSet[string]{"a", "b"}},
	{`MapSet.new(1..100)`, etf.MapSet[int](upTo(100))},
	{`MapSet.new([])`, etf.MapSet[string]{}},
	{`1..10`, etf.Range{First: 1, Last: 10, Step: 1}},
	{`10..-5//-3`, etf.Range{First: 10, Last: -5, Step: -3}},
	{`URI.parse("https://u@h:81/p?q#f")`, etf.URI{Scheme: new("https"), Userinfo: new("u"), Host: new("h"), Port: new(uint16(81)), Path: new("/p"), Query: new("q"), Fragment: new("f"), Authority: new("u@h:81")}},
	{`URI.parse("")`, etf.URI{}},
	{`Version.parse!("1.2.3-rc.1+b")`, etf.Version{Major: 1, Minor: 2, Patch: 3, Pre: []any{"rc", int64(1)}, Build: new("b")}},
	{`%ArgumentError{message: "no"}`, etf.Exception{Module: "Elixir.ArgumentError", Fields: map[etf.Atom]etf.Term{"message": termOf("no")}}},
	{`%KeyError{key: :a, term: %{b: 1}}`, etf.Exception{Module: "Elixir.KeyError", Fields: map[etf.Atom]etf.Term{
		"key": termOf(etf.Atom("a")), "term": termOf(map[etf.Atom]int{"b": 1}), "message": termOf(nil)}}},
	{`{:ok, 1}`, etf.Result[int, any]{OK: true, Value: 1}},
	{`{:error, "no"}`, etf.Result[int, string]{Reason: "no"}},
	{`:error`, etf.Result[int, string]{Bare: true}},
	{`{:ok, {:error, :a}}`, etf.Result[etf.Result[int, etf.Atom], any]{OK: true, Value: etf.Result[int, etf.Atom]{Reason: "a"}}},
}

func upTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i + 1
	}
	return s
}

func termOf(v any) etf.Term {
	t, err := etf.TermOf(v)
	if err != nil {
		panic(err)
	}
	return t
}

// sameValue is reflect.DeepEqual that knows of instants and terms.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case etf.DateTime:
		b := b.(etf.DateTime)
		an, ao := a.Time.Zone()
		bn, bo := b.Time.Zone()
		return a.Time.Equal(b.Time) && an == bn && ao == bo && a.Zone == b.Zone && a.StdOffset == b.StdOffset && a.Precision == b.Precision
	case etf.Exception:
		b := b.(etf.Exception)
		if a.Module != b.Module || len(a.Fields) != len(b.Fields) {
			return false
		}
		for k := range a.Fields {
			if !etf.Equal(a.Fields[k], b.Fields[k]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

// TestElixir: what Elixir writes becomes the Go value, what Marshal makes of that
// is === to what Elixir wrote.
func TestElixir(t *testing.T) {
	var script strings.Builder
	script.WriteString(decimalStub)
	for _, v := range elixirValues {
		fmt.Fprintf(&script, "IO.puts(Base.encode16(:erlang.term_to_binary(%s)))\n", v.expr)
	}
	lines := elixir(t, script.String())
	if len(lines) != len(elixirValues) {
		t.Fatalf("%d lines for %d values", len(lines), len(elixirValues))
	}
	script.Reset()
	script.WriteString(decimalStub)
	for i, v := range elixirValues {
		b, err := hex.DecodeString(lines[i])
		if err != nil {
			t.Fatal(err)
		}
		to := reflect.New(reflect.TypeOf(v.want))
		if err := etf.Unmarshal(b, to.Interface()); err != nil {
			t.Errorf("%s: %v", v.expr, err)
			continue
		}
		got := to.Elem().Interface()
		if !sameValue(got, v.want) {
			t.Errorf("%s: %+v, want %+v", v.expr, got, v.want)
		}
		if b, err = etf.Marshal(got); err != nil {
			t.Errorf("%s: %v", v.expr, err)
		}
		fmt.Fprintf(&script, "IO.puts(:erlang.binary_to_term(Base.decode16!(\"%X\")) === %s)\n", b, v.expr)
	}
	for i, line := range elixir(t, script.String()) {
		if line != "true" {
			t.Errorf("%s: what was marshalled is another term", elixirValues[i].expr)
		}
	}
}

// TestElixirUnderstands: Elixir's own functions take what Marshal writes.
func TestElixirUnderstands(t *testing.T) {
	day := time.Date(2024, 2, 29, 12, 30, 5, 123456789, time.FixedZone("", -(3*3600+1800)))
	paris := time.Date(2024, 7, 1, 12, 0, 0, 0, time.FixedZone("Europe/Paris", 7200))
	type naive struct {
		T time.Time `etf:"t,naive"`
	}
	cases := []struct {
		v    any
		expr string // of the variable x
		want string
	}{
		{day, `DateTime.to_iso8601(x)`, "2024-02-29T12:30:05.123456-03:30"},
		{paris, `DateTime.to_iso8601(x)<>x.time_zone`, "2024-07-01T12:00:00.000000+02:00Europe/Paris"},
		{day.UTC(), `to_string(DateTime.diff(x,~U[2024-02-29T16:00:05Z]))<>x.time_zone`, "0Etc/UTC"},
		{day.In(time.Local), `x.time_zone`, "Etc/UTC"},
		{naive{day}, `NaiveDateTime.to_iso8601(x.t)`, "2024-02-29T16:00:05.123456"},
		{etf.Date{Year: 2024, Month: 2, Day: 29}, `to_string(Date.day_of_week(x))`, "4"},
		{etf.TimeOfDay{Hour: 1, Precision: 2}, `Time.to_iso8601(x)`, "01:00:00.00"},
		{etf.Range{First: 1, Last: 5, Step: 2}, `Enum.join(x,",")`, "1,3,5"},
		{etf.MapSet[any]{"a", int64(1), etf.Atom("b")}, `to_string(MapSet.equal?(x,MapSet.new([1,:b,"a"])))`, "true"},
		{etf.URI{Scheme: new("http"), Host: new("h")}, `URI.to_string(x)`, "http://h"},
		{etf.Version{Major: 1, Pre: []any{"rc", int64(2)}}, `to_string(x)`, "1.0.0-rc.2"},
		{etf.Exception{Module: "Elixir.ArgumentError", Fields: map[etf.Atom]etf.Term{"message": termOf("no")}}, `Exception.message(x)`, "no"},
	}
	var script strings.Builder
	for _, c := range cases {
		b, err := etf.Marshal(c.v)
		if err != nil {
			t.Fatalf("%v: %v", c.v, err)
		}
		fmt.Fprintf(&script, "x = :erlang.binary_to_term(Base.decode16!(\"%X\"))\nIO.puts(%s)\n", b, c.expr)
	}
	for i, line := range elixir(t, script.String()) {
		if line != cases[i].want {
			t.Errorf("%v: %s is %s, want %s", cases[i].v, cases[i].expr, line, cases[i].want)
		}
	}
}

// TestZones: Marshal writes no zone that Unmarshal would not read.
func TestZones(t *testing.T) {
	in := func(name string, offset int) time.Time {
		return time.Date(2024, 7, 1, 12, 0, 0, 0, time.FixedZone(name, offset))
	}
	long := strings.Repeat("x", 256)
	for _, v := range []any{
		in("\xff", 60), in(long, 60), in("x", 86_401), in("x", -86_401), etf.DateTime{Time: in("\xff", 60), Zone: "x"},
		etf.DateTime{Time: in("x", 60), Zone: "\xff"}, etf.DateTime{Time: in("x", 60), Zone: long},
		etf.DateTime{Time: in("x", 3600), Zone: "x", StdOffset: -86_400}, etf.DateTime{Time: in("x", 0), Zone: "x", StdOffset: 86_401},
		etf.DateTime{Time: in("x", 2*86_400), Zone: "x", StdOffset: 86_400}, etf.DateTime{Time: in("x", -86_401), Zone: "x", StdOffset: -1},
	} {
		b, err := etf.Marshal(v)
		if e, ok := err.(*etf.MarshalError); !ok || e.Reason != etf.ReasonRange {
			t.Errorf("%v: %x, %v", v, b, err)
		}
	}
	parsed, err := time.Parse(time.RFC3339, "2024-07-01T12:00:00+02:00") // in a zone without a name
	if err != nil {
		t.Fatal(err)
	}
	var paris etf.DateTime
	b, err := etf.Marshal(etf.DateTime{Time: parsed, Zone: "Europe/Paris"})
	if err != nil {
		t.Fatal(err)
	}
	if err := etf.Unmarshal(b, &paris); err != nil || !paris.Time.Equal(parsed) || paris.Zone != "Europe/Paris" {
		t.Errorf("a time that was parsed: %v, %v", paris, err)
	}
	for _, v := range []time.Time{in("é", 86_400), in(long[1:], -86_400), parsed} {
		b, err := etf.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var got time.Time
		if err := etf.Unmarshal(b, &got); err != nil || !got.Equal(v) {
			t.Errorf("%v: %v, %v", v, got, err)
		}
	}
}

// payload returns a term that a real producer wrote.
func payload(t *testing.T, id string) []byte {
	t.Helper()
	for _, p := range legit.All() {
		if p.ID == id {
			return p.Data()
		}
	}
	t.Fatalf("there is no payload %s", id)
	return nil
}

// TestElixirPayloads: the same for what was collected from real programs.
func TestElixirPayloads(t *testing.T) {
	for id, v := range map[string]any{
		"ex_datetime_fixed": new(etf.DateTime), "ex_datetime_half_hour": new(etf.DateTime), "ex_datetime_negative": new(etf.DateTime),
		"ex_datetime_paris_summer": new(etf.DateTime), "ex_datetime_paris_winter": new(etf.DateTime),
		"ex_datetime_usec": new(etf.DateTime), "ex_datetime_utc": new(etf.DateTime),
		"ex_naive": new(etf.NaiveDateTime), "ex_naive_usec": new(etf.NaiveDateTime), "ex_date": new(etf.Date), "ex_dates_1": nil,
		"ex_time": new(etf.TimeOfDay), "ex_time_usec": new(etf.TimeOfDay), "ex_decimal": new(etf.Decimal), "ex_decimal_nan": new([]etf.Decimal),
		"ex_decimal_neg": new(etf.Decimal), "ex_uri": new(etf.URI), "ex_uri_relative": new(etf.URI), "ex_version": new(etf.Version), "ex_version_plain": new(etf.Version),
		"ex_range": new(etf.Range), "ex_range_down": new(etf.Range), "ex_range_step": new(etf.Range), "ex_mapset_mixed": new(etf.MapSet[etf.Term]),
		"ex_exception_key": new(etf.Exception), "ex_exception_function_clause": new(etf.Exception), "ex_exception_postgrex": new(etf.Exception),
		"ex_ok_tuple": new(etf.Result[etf.Term, any]), "ex_error_tuple": new(etf.Result[any, etf.Term]),
	} {
		if v == nil {
			continue
		}
		b := payload(t, id)
		if err := etf.Unmarshal(b, v); err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		got, err := etf.Marshal(v)
		if err != nil || !bytes.Equal(got, canonForm(t, b)) {
			t.Errorf("%s: %x %v, want %x", id, got, err, canonForm(t, b))
		}
	}
	var old etf.Range
	if err := etf.Unmarshal(payload(t, "ex_range_old"), &old); err != nil || old != (etf.Range{First: 1, Last: 10, Step: 1}) {
		t.Errorf("%+v %v", old, err)
	}
}

// TestEcto: rows with their bookkeeping, and associations that are not loaded.
func TestEcto(t *testing.T) {
	type post struct {
		ID     int      `etf:"id"`
		Author *ectoRow `etf:"author"`
	}
	type user struct {
		_          struct{}  `etf:",struct=Elixir.MyApp.User"`
		ID         int       `etf:"id"`
		Name       string    `etf:"name"`
		Balance    string    `etf:"balance,decimal"`
		InsertedAt time.Time `etf:"inserted_at,naive"`
		Posts      []post    `etf:"posts,required"`
	}
	var u user
	if err := etf.Unmarshal(payload(t, "ex_ecto_user_posts"), &u); err != nil {
		t.Fatal(err)
	}
	if u.ID != 1 || u.Name != "Zoë 1" || u.Balance != "12.99" || len(u.Posts) == 0 || u.InsertedAt.Minute() != 1 {
		t.Errorf("%+v", u)
	}
	notLoaded := mapOf(atom("__cardinality__"), atom("one"), atom("__field__"), atom("author"), atom("__owner__"), atom("x"),
		atom("__struct__"), atom("Elixir.Ecto.Association.NotLoaded"))
	row := mapOf(atom("__meta__"), mapOf(), atom("__struct__"), atom("x"), atom("id"), small(1), atom("author"), notLoaded)
	type strict struct {
		_      struct{} `etf:",strict"`
		ID     int      `etf:"id"`
		Author *ectoRow `etf:"author"`
	}
	checkUnmarshal(t, []unmarshalled{
		{"not loaded", row, new(post), post{ID: 1}},
		{"not loaded leaves what is there", row, &post{Author: &ectoRow{7}}, post{ID: 1, Author: &ectoRow{7}}},
		{"strict", row, new(strict), strict{ID: 1}},
		{"loaded", mapOf(atom("author"), mapOf(atom("id"), small(2))), new(post), post{Author: &ectoRow{2}}},
	})
}

type ectoRow struct{ ID int }

// TestElixirRefuses: each part that is not what it should be.
func TestElixirRefuses(t *testing.T) {
	iso, isoAtom := atom("calendar"), atom("Elixir.Calendar.ISO")
	// with replaces pairs of a struct, or leaves them out where the value is nil.
	with := func(base []byte, key string, v []byte) []byte {
		var pairs [][]byte
		for k, old := range decodePairs(t, base) {
			switch {
			case k == key && v == nil:
			case k == key:
				pairs = append(pairs, atom(k), v)
			default:
				pairs = append(pairs, atom(k), old)
			}
		}
		return mapOf(pairs...)
	}
	date := mapOf(atom("__struct__"), atom("Elixir.Date"), iso, isoAtom, atom("year"), int32x(2023), atom("month"), small(2), atom("day"), small(28))
	dateTime := payload(t, "ex_datetime_usec")[1:]
	clock := payload(t, "ex_time_usec")[1:]
	dec := payload(t, "ex_decimal")[1:]
	rang := payload(t, "ex_range")[1:]
	set := payload(t, "ex_mapset_mixed")[1:]
	type naive struct {
		T time.Time `etf:"t,naive"`
	}
	checkUnmarshal(t, []unmarshalled{
		{"no map", small(1), new(etf.Date), etf.ReasonKind},
		{"another struct", date, new(etf.TimeOfDay), etf.ReasonStruct},
		{"another calendar", with(date, "calendar", atom("Elixir.Other")), new(etf.Date), etf.ReasonStruct},
		{"no calendar", with(date, "calendar", nil), new(etf.Date), etf.ReasonMissing},
		{"29 February", with(date, "day", small(29)), new(etf.Date), etf.ReasonRange},
		{"day 0", with(date, "day", small(0)), new(etf.Date), etf.ReasonRange},
		{"month 13", with(date, "month", small(13)), new(etf.Date), etf.ReasonRange},
		{"year 10000", with(date, "year", int32x(10000)), new(etf.Date), etf.ReasonRange},
		{"year beyond int64", with(date, "year", smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new(etf.Date), etf.ReasonRange},
		{"year as text", with(date, "year", bin("2024")), new(etf.Date), etf.ReasonKind},
		{"no year", with(date, "year", nil), new(etf.Date), etf.ReasonMissing},
		{"hour 24", with(clock, "hour", small(24)), new(etf.TimeOfDay), etf.ReasonRange},
		{"second 60", with(clock, "second", small(60)), new(etf.TimeOfDay), etf.ReasonRange},
		{"microsecond 10^6", with(clock, "microsecond", tuple(int32x(1_000_000), small(6))), new(etf.TimeOfDay), etf.ReasonRange},
		{"precision 7", with(clock, "microsecond", tuple(small(0), small(7))), new(etf.TimeOfDay), etf.ReasonRange},
		{"microsecond alone", with(clock, "microsecond", small(1)), new(etf.TimeOfDay), etf.ReasonKind},
		{"no microsecond", with(clock, "microsecond", nil), new(etf.TimeOfDay), etf.ReasonMissing},
		{"offset of a week", with(dateTime, "utc_offset", int32x(7*86400)), new(etf.DateTime), etf.ReasonRange},
		{"daylight of a week", with(dateTime, "std_offset", int32x(-7*86400)), new(time.Time), etf.ReasonRange},
		{"offsets of two days together", with(with(dateTime, "utc_offset", int32x(86400)), "std_offset", int32x(86400)), new(time.Time), etf.ReasonRange},
		{"offsets of less together", with(with(dateTime, "utc_offset", int32x(-86400)), "std_offset", int32x(-1)), new(etf.DateTime), etf.ReasonRange},
		{"zone without a name", with(dateTime, "time_zone", bin("")), new(etf.DateTime), etf.ReasonRange},
		{"zone without a short name", with(dateTime, "zone_abbr", bin("")), new(time.Time), etf.ReasonRange},
		{"zone as an atom", with(dateTime, "time_zone", atom("x")), new(etf.DateTime), etf.ReasonKind},
		{"zone that is no text", with(dateTime, "time_zone", bin("\xff")), new(etf.DateTime), etf.ReasonRange},
		{"zone that is long", with(dateTime, "zone_abbr", bin(strings.Repeat("x", 256))), new(etf.DateTime), etf.ReasonRange},
		{"DateTime as naive", mapOf(atom("t"), dateTime), new(naive), etf.ReasonStruct},
		{"exponent", with(dec, "exp", int32x(etf.DecimalExpMax+1)), new(etf.Decimal), etf.ReasonRange},
		{"exponent of a million", with(dec, "exp", int32x(-1_000_000)), new(etf.Decimal), etf.ReasonRange},
		{"sign 0", with(dec, "sign", small(0)), new(etf.Decimal), etf.ReasonRange},
		{"negative coefficient", with(dec, "coef", int32x(-1)), new(etf.Decimal), etf.ReasonRange},
		{"huge coefficient", with(dec, "coef", largeBig(false, append(make([]byte, 2000), 1)...)), new(etf.Decimal), etf.ReasonRange},
		{"coefficient as text", with(dec, "coef", bin("1")), new(etf.Decimal), etf.ReasonKind},
		{"no coefficient", with(dec, "coef", nil), new(etf.Decimal), etf.ReasonMissing},
		{"step 0", with(rang, "step", small(0)), new(etf.Range), etf.ReasonRange},
		{"no last", with(rang, "last", nil), new(etf.Range), etf.ReasonMissing},
		{"last beyond int64", with(rang, "last", smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new(etf.Range), etf.ReasonRange},
		{"set of a list", with(set, "map", null), new(etf.MapSet[any]), etf.ReasonKind},
		{"set of another type", set, new(etf.MapSet[bool]), etf.ReasonKind},
		{"no set", mapOf(), new(etf.MapSet[int]), etf.ReasonStruct},
		{"set of numbers that are one", with(set, "map", mapOf(small(1), null, small(2), null, float(1), null)), new(etf.MapSet[float64]), etf.ReasonCollision},
		{"set of texts that are one", tuple(with(set, "map", mapOf(atom("a"), null, bin("a"), null))), new(struct {
			_   struct{}           `etf:",tuple"`
			Set etf.MapSet[string] `etf:",text"`
		}), etf.ReasonCollision},
		{"set of structs that are one", with(set, "map", mapOf(mapOf(atom("a"), small(1), atom("b"), small(1)), null, mapOf(atom("a"), small(1), atom("b"), small(2)), null)), new(etf.MapSet[struct{ A int }]), etf.ReasonCollision},
		{"set of structs that hold lists", with(set, "map", mapOf(mapOf(atom("a"), list(bin("x"))), null, mapOf(atom("a"), list(bin("y"))), null)), new(etf.MapSet[struct{ A any }]), etf.MapSet[struct{ A any }]{{[]any{"x"}}, {[]any{"y"}}}},
		{"set of flags", with(set, "map", mapOf(atom("true"), null, atom("false"), null)), new(etf.MapSet[bool]), etf.MapSet[bool]{false, true}},
		{"set of anys", with(set, "map", mapOf(small(1), null, atom("a"), null, bin("a"), null, null, null)), new(etf.MapSet[any]), etf.MapSet[any]{int64(1), etf.Atom("a"), []any{}, "a"}},
		{"set nil", atom("nil"), new(etf.MapSet[int]), etf.MapSet[int](nil)},
		{"exception of a list", null, new(etf.Exception), etf.ReasonKind},
		{"exception without a mark", date, new(etf.Exception), etf.ReasonStruct},
		{"exception without a module", mapOf(atom("__exception__"), atom("true")), new(etf.Exception), etf.ReasonStruct},
		{"result of a triple", tuple(atom("ok"), small(1), small(2)), new(etf.Result[int, int]), etf.ReasonKind},
		{"result of another", tuple(atom("maybe"), small(1)), new(etf.Result[int, int]), etf.ReasonRecord},
		{"result of another type", tuple(atom("ok"), bin("x")), new(etf.Result[int, int]), etf.ReasonKind},
		{"port of a URI", with(payload(t, "ex_uri")[1:], "port", int32x(70000)), new(etf.URI), etf.ReasonOverflow},
	})
}

// decodePairs yields the pairs of a map with atom keys and raw values.
func decodePairs(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	var m map[string]etf.RawTerm
	if err := etf.Unmarshal(ext(b), &m); err != nil {
		t.Fatal(err)
	}
	pairs := map[string][]byte{}
	for k, v := range m {
		pairs[k] = v
	}
	return pairs
}

func TestTimeTags(t *testing.T) {
	type times struct {
		Naive  time.Time `etf:"naive,naive,omitempty"`
		Erlang time.Time `etf:"erlang,erlang,omitempty"`
		Unix   time.Time `etf:"unix,unix,omitempty"`
		Milli  time.Time `etf:"milli,unixmilli,omitempty"`
		Micro  time.Time `etf:"micro,unixmicro,omitempty"`
		Nano   time.Time `etf:"nano,unixnano,omitempty"`
	}
	at := time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	v := times{at, at, at, at.Add(5 * time.Millisecond), at.Add(5 * time.Microsecond), at.Add(5)}
	b, err := etf.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back times
	if err := etf.Unmarshal(b, &back); err != nil || back != v {
		t.Errorf("%v, want %v: %v", back, v, err)
	}
	one := func(key string, v []byte) []byte { return mapOf(atom(key), v) }
	huge := smallBig(false, 255, 255, 255, 255, 255, 255, 255, 127)
	ymd, hms := tuple(int32x(2023), small(2), small(28)), tuple(small(0), small(0), small(0))
	checkUnmarshal(t, []unmarshalled{
		{"unix of text", one("unix", bin("1")), new(times), etf.ReasonKind},
		{"unix beyond", one("unix", huge), new(times), etf.ReasonRange},
		{"milli beyond", one("milli", huge), new(times), etf.ReasonRange},
		{"micro beyond", one("micro", huge), new(times), etf.ReasonRange},
		{"nano beyond", one("nano", smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new(times), etf.ReasonRange},
		{"erlang", one("erlang", tuple(ymd, hms)), new(times), times{Erlang: time.Date(2023, 2, 28, 0, 0, 0, 0, time.UTC)}},
		{"erlang of a list", one("erlang", null), new(times), etf.ReasonKind},
		{"erlang of three", one("erlang", tuple(ymd, hms, hms)), new(times), etf.ReasonLength},
		{"erlang of a date", one("erlang", tuple(ymd, small(1))), new(times), etf.ReasonKind},
		{"erlang of text", one("erlang", tuple(ymd, tuple(bin("x"), small(0), small(0)))), new(times), etf.ReasonRange},
		{"erlang 29 February", one("erlang", tuple(tuple(int32x(2023), small(2), small(29)), hms)), new(times), etf.ReasonRange},
		{"erlang 24:00", one("erlang", tuple(ymd, tuple(small(24), small(0), small(0)))), new(times), etf.ReasonRange},
	})
	late := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, v := range map[string]any{
		"DateTime": late, "naive": times{Naive: late}, "erlang": times{Erlang: late}, "before Christ": times{Erlang: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
		"nano": times{Nano: late}, "Date": etf.Date{Year: 2023, Month: 2, Day: 29}, "TimeOfDay": etf.TimeOfDay{Hour: 24},
		"precision": etf.DateTime{Time: at, Precision: 7}, "zone": etf.DateTime{Time: at, Zone: strings.Repeat("x", 256)},
		"NaiveDateTime": etf.NaiveDateTime{Time: at, Precision: -1}, "Range": etf.Range{}, "Decimal": etf.Decimal{Exp: etf.DecimalExpMax + 1},
		"negative": etf.Decimal{Coef: big.NewInt(-1)}, "special": etf.Decimal{Special: 9},
	} {
		var e *etf.MarshalError
		if _, err := etf.Marshal(v); !errors.As(err, &e) || e.Reason != etf.ReasonRange {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCountsOfSeconds: Marshal writes those of the years that Unmarshal reads, and no
// others.
func TestCountsOfSeconds(t *testing.T) {
	type counts struct {
		S time.Time `etf:"s,unix"`
		M time.Time `etf:"m,unixmilli"`
		U time.Time `etf:"u,unixmicro"`
	}
	first, last := time.Date(-9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, at := range []time.Time{first, last, {}, time.Unix(0, 0).UTC()} {
		var got counts
		b, err := etf.Marshal(counts{at, at, at})
		if err == nil {
			err = etf.Unmarshal(b, &got)
		}
		if err != nil || !got.S.Equal(at) || !got.M.Equal(at) || !got.U.Equal(at) {
			t.Errorf("%v: %+v, %v", at, got, err)
		}
	}
	for _, at := range []time.Time{first.Add(-time.Nanosecond), last.Add(time.Second)} {
		for i := range 3 {
			v := []*counts{{S: at}, {M: at}, {U: at}}[i]
			_, err := etf.Marshal(v)
			if e, ok := err.(*etf.MarshalError); !ok || e.Reason != etf.ReasonRange {
				t.Errorf("%v: %v", at, err)
			}
		}
		for _, unit := range []int64{1, 1000, 1_000_000} {
			n := at.Unix() * unit
			var got counts
			key := map[int64]string{1: "s", 1000: "m", 1_000_000: "u"}[unit]
			b, err := etf.Marshal(map[etf.Atom]int64{etf.Atom(key): n})
			if err != nil {
				t.Fatal(err)
			}
			if err = etf.Unmarshal(b, &got); err == nil {
				t.Errorf("%s of %d: %v", key, n, got)
			}
		}
	}
}

// TestDecimalCoefficients: 1,024 bytes are the most, for all that reads or writes one.
func TestDecimalCoefficients(t *testing.T) {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 8*1024), big.NewInt(1))
	more := new(big.Int).Add(most, big.NewInt(1))
	b, err := etf.Marshal(etf.Decimal{Coef: most})
	var got etf.Decimal
	if err == nil {
		err = etf.Unmarshal(b, &got)
	}
	if err != nil || got.Coef.Cmp(most) != 0 {
		t.Errorf("the most: %v", err)
	}
	if d, err := etf.ParseDecimal(most.String()); err != nil || d.Coef.Cmp(most) != 0 {
		t.Errorf("the most, as text: %v", err)
	}
	if _, err = etf.Marshal(etf.Decimal{Coef: more}); err == nil {
		t.Error("one more was written")
	}
	if _, err = etf.ParseDecimal(more.String()); err == nil {
		t.Error("one more was read from text")
	}
	term := mapOf(atom("__struct__"), atom("Elixir.Decimal"), atom("coef"), must[[]byte](t)(etf.AppendBig(nil, more)), atom("exp"), small(0), atom("sign"), small(1))
	if err = etf.Unmarshal(ext(term), &got); err == nil {
		t.Error("one more was read")
	}
}

func TestDecimalText(t *testing.T) {
	for text, want := range map[string]etf.Decimal{
		"0":         {Coef: big.NewInt(0)},
		"-1.50":     {Negative: true, Coef: big.NewInt(150), Exp: -2},
		"0.001":     {Coef: big.NewInt(1), Exp: -3},
		"1.23E+5":   {Coef: big.NewInt(123), Exp: 3},
		"1E+3":      {Coef: big.NewInt(1), Exp: 3},
		"1E-7":      {Coef: big.NewInt(1), Exp: -7},
		"0.000001":  {Coef: big.NewInt(1), Exp: -6},
		"1.2E-8":    {Coef: big.NewInt(12), Exp: -9},
		"NaN":       {Special: etf.NotANumber},
		"-Infinity": {Negative: true, Special: etf.Infinite},
	} {
		if got := want.String(); got != text {
			t.Errorf("%+v prints %s, want %s", want, got, text)
		}
		got, err := etf.ParseDecimal(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", text, got, err)
		}
	}
	if got := (etf.Decimal{Exp: 2}).String(); got != "0E+2" {
		t.Error(got)
	}
	for _, bad := range []string{"", "-", ".", "1.2.3", "1e", "1e+", "0x1", "1_0", "١", "1e99999", "1E-20000", strings.Repeat("1", 5000), " 1", "--1", "1E+16384", "1E-16384", "1.5E-16383", "12E-9223372036854775808", "1.2E-9223372036854775808"} {
		if d, err := etf.ParseDecimal(bad); err == nil {
			t.Errorf("%.10q: %v", bad, d)
		}
	}
	for _, d := range []etf.Decimal{{Coef: big.NewInt(12345), Exp: etf.DecimalExpMax}, {Coef: big.NewInt(12345), Exp: -etf.DecimalExpMax}} {
		if got, err := etf.ParseDecimal(d.String()); err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("%s: %+v %v", d, got, err)
		}
	}
	if d, err := etf.ParseDecimal("+.5"); err != nil || d.String() != "0.5" {
		t.Errorf("%v %v", d, err)
	}
	x := etf.Exception{Module: "Elixir.A", Fields: map[etf.Atom]etf.Term{"message": termOf([]byte{255})}}
	if got := x.Error(); got != "A" {
		t.Error(got)
	}
	x.Fields["message"] = termOf("no")
	if got := x.Error(); got != "A: no" {
		t.Error(got)
	}
	if v, ok := (etf.Result[int, int]{OK: true, Value: 3}).Get(); v != 3 || !ok {
		t.Error(v, ok)
	}
	if d := (etf.Date{Year: 2024, Month: 5, Day: 6}).Time(); d.YearDay() != 127 {
		t.Error(d)
	}
}

// TestMapSetMemory: what finds elements of a set that are one in Go is charged before it is
// made.
func TestMapSetMemory(t *testing.T) {
	c := etf.Config{Limits: limits.Unlimited()}
	c.Unmarshal.MaxGrowth = 1
	m := compile(t, c)
	const n = 100_000
	var elems, pairs []byte
	for i := range n {
		elems = append(elems, float(float64(i)+0.5)...)
		pairs = append(append(pairs, float(float64(i)+0.5)...), null...)
	}
	var list []float64
	if err := m.Unmarshal(ext(head(n), elems, null), &list); err != nil || len(list) != n {
		t.Errorf("a list: %v", err)
	}
	set := mapOf(atom("__struct__"), atom("Elixir.MapSet"), atom("map"), cat(maps(n), pairs), atom("version"), small(2))
	var e *etf.UnmarshalError
	if err := m.Unmarshal(ext(set), new(etf.MapSet[float64])); !errors.As(err, &e) || e.Reason != etf.ReasonMemory {
		t.Errorf("a set: %v", err)
	}
	if err := etf.Unmarshal(ext(set), new(etf.MapSet[float64])); err != nil {
		t.Error(err)
	}
}
