package etf_test

import (
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// everywhere puts a term in each kind of place.
func everywhere(term []byte) map[string][]byte {
	return map[string][]byte{
		"alone": term, "thin": thin(3, term), "in a list": list(small(1), term), "in a tuple": tuple(null, term, null),
		"in a large tuple": largeTuple(term, null), "in a list piece": pieces(pieces(null, term), small(1)), "in a thin piece": pieces(thin(2, list(thin(1, term))), small(1)),
		"in a tail": pieces(term, small(1)), "in a thin tail": pieces(thin(4, term), small(1)), "in a deep tail": tuple(list(pieces(pieces(term, null), str("ab")))),
		"as a value": mapOf(null, term), "as a second value": mapOf(null, null, small(1), thin(1, term)), "as a key": mapOf(term, null), "as a second key": mapOf(small(1), null, thin(1, term), null),
		"in a key": mapOf(tuple(small(1), list(term)), null, null, null), "in the tail of a key": mapOf(pieces(term, small(1)), null, null, null),
		"in a fun": fun(null, term), "behind a string": tuple(str("abc"), term), "behind empty ones": list(tuple(), maps(0), str(""), null, term),
		"behind scalars": tuple(atom("a"), bin("b"), float(1), term),
	}
}

// policy is config with a policy on values.
func policy(f func(p *etf.Policy)) etf.Config {
	c := config()
	f(&c.Policy)
	return c
}

// TestRulesAreApart: one rule on values does not switch on the other.
func TestRulesAreApart(t *testing.T) {
	quoted := ext(tuple(atom("f"), null, list(small(1))))
	aStruct := ext(mapOf(atom("__struct__"), atom("Elixir.Bad")))
	structs := compile(t, policy(func(p *etf.Policy) { p.Structs.Deny = []string{"Elixir.Bad"} }))
	shapes := compile(t, policy(func(p *etf.Policy) { p.RefuseQuoted = true }))
	if err := structs.Validate(quoted); err != nil {
		t.Errorf("a quoted shape, where structs are denied: %v", err)
	}
	if err := shapes.Validate(aStruct); err != nil {
		t.Errorf("a struct, where quoted shapes are refused: %v", err)
	}
	if structs.Validate(aStruct) == nil || shapes.Validate(quoted) == nil {
		t.Error("a rule has no effect")
	}
}

// TestStructs denies and allows structs in every place and encoding.
func TestStructs(t *testing.T) {
	t.Parallel()
	key := atom("__struct__")
	bad, good := atom("Elixir.Bad"), atom("Elixir.Good")
	deny := compile(t, policy(func(p *etf.Policy) { p.Structs.Deny = []string{"Elixir.Bad", "caf\u00e9"} }))
	allow := compile(t, policy(func(p *etf.Policy) { p.Structs.Allow = []string{"Elixir.Good"} }))
	both := compile(t, policy(func(p *etf.Policy) {
		p.Structs.Allow, p.Structs.Deny = []string{"Elixir.Good", "Elixir.Bad"}, []string{"Elixir.Bad"}
	}))
	none := compile(t, policy(func(p *etf.Policy) { p.Structs.Allow = []string{} }))
	modes := []*etf.Mode{deny, allow, both, none}
	for _, row := range []struct {
		name string
		term []byte
		ok   string // by modes
	}{
		{"bad", mapOf(key, bad), "nnnn"},
		{"good", mapOf(key, good), "yyyn"},
		{"unknown", mapOf(key, atom("Elixir.Other")), "ynnn"},
		{"other encodings", mapOf(longLatin1("__struct__"), latin1("Elixir.Bad")), "nnnn"},
		{"long encodings", mapOf(longAtom("__struct__"), longAtom("Elixir.Bad")), "nnnn"},
		{"latin-1 letters", mapOf(latin1("__struct__"), latin1("caf\u00e9")), "nnnn"},
		{"thin key and value", mapOf(thin(2, key), thin(3, bad)), "nnnn"},
		{"last of many", mapOf(atom("a"), null, small(1), null, key, bad), "nnnn"},
		{"first of many", mapOf(key, bad, atom("a"), tuple(null)), "nnnn"},
		{"behind containers", mapOf(list(tuple(null)), mapOf(null, mapOf(null, null)), key, bad), "nnnn"},
		{"in a struct", mapOf(key, good, atom("field"), mapOf(key, bad)), "nnnn"},
		{"a large map", cat(maps(41), keys(40), key, bad), "nnnn"},
		{"binary key", mapOf(bin("__struct__"), bad), "yyyy"},
		{"key in a tuple", mapOf(tuple(key), bad), "yyyy"},
		{"value in a list", mapOf(key, list(bad)), "yyyy"},
		{"value in a tuple", mapOf(key, tuple(bad)), "yyyy"},
		{"value is no atom", mapOf(key, bin("Elixir.Bad")), "yyyy"},
		{"value is a map", mapOf(key, mapOf(atom("a"), bad)), "yyyy"},
		{"next value", mapOf(key, small(1), atom("a"), bad), "yyyy"},
		{"two structs", list(mapOf(key, small(1)), mapOf(atom("a"), bad)), "yyyy"},
		{"no map", tuple(key, bad), "yyyy"},
		{"only the name", list(bad, key), "yyyy"},
		{"other case", mapOf(atom("__Struct__"), bad), "yyyy"},
	} {
		for place, term := range everywhere(row.term) {
			for i, m := range modes {
				err := agree(t, with(m), ext(term), mostWays)
				if row.ok[i] == 'y' && err != nil || row.ok[i] == 'n' && (err == nil || err.Code != etf.CodeRejectedStruct) {
					t.Errorf("%s %s, mode %d: %v", row.name, place, i, err)
				}
			}
		}
	}
	term := mapOf(key, bad)
	in := ext(list(pieces(term, small(1))))
	if err := agree(t, with(deny), in, nil); err.Path.String() != "list[0]/tail/value[0]" || err.Offset != int64(len(in)-len(bad)-1) {
		t.Error(err)
	}
	if err := agree(t, with(deny), squeeze(tuple(term)), nil); err == nil || !err.Inflated {
		t.Error(err)
	}
}

// TestRefuseQuoted refuses triples of the shape of a quoted expression.
func TestRefuseQuoted(t *testing.T) {
	t.Parallel()
	m := compile(t, policy(func(p *etf.Policy) { p.RefuseQuoted = true }))
	a := atom("a")
	for _, row := range []struct {
		name string
		term []byte
		bad  bool
	}{
		{"call", tuple(a, null, null), true},
		{"call of one argument", tuple(a, list(tuple(a, small(1))), list(small(1))), true},
		{"variable", tuple(a, null, atom("Elixir")), true},
		{"no context", tuple(a, null, atom("nil")), true},
		{"remote call", tuple(tuple(atom("."), null, list(a, a)), null, null), true},
		{"any first tuple", tuple(tuple(), null, null), true},
		{"large tuple", largeTuple(a, null, list(small(1))), true},
		{"thin parts", tuple(thin(2, a), thin(2, null), thin(3, list(small(1)))), true},
		{"strings", tuple(a, str(""), str("abc")), true},
		{"list in pieces", tuple(a, pieces(pieces(null, small(1)), small(1)), null), true},
		{"improper lists", tuple(a, pieces(small(1), small(1)), pieces(tuple(), small(1))), true},
		{"Latin-1", tuple(latin1("a"), null, longLatin1("b")), true},
		{"deep parts", tuple(a, list(tuple(tuple(), list(null))), a), true},

		{"number first", tuple(small(1), null, null), false},
		{"binary first", tuple(bin("a"), null, null), false},
		{"list first", tuple(null, null, null), false},
		{"map first", tuple(maps(0), null, null), false},
		{"atom second", tuple(a, a, null), false},
		{"tuple second", tuple(a, tuple(), null), false},
		{"number last", tuple(a, null, small(1)), false},
		{"tuple last", tuple(a, null, tuple()), false},
		{"binary last", tuple(a, null, bin("")), false},
		{"two", tuple(a, null), false},
		{"four", tuple(a, null, null, null), false},
		{"list of three", list(a, null, null), false},
		{"map", mapOf(a, null, null, null), false},
		{"fun", fun(a, null, null), false},
		{"over two tuples", tuple(tuple(a, null), null), false},
		{"over a list", list(tuple(a, null), null, null), false},
		{"empty", tuple(), false},
	} {
		for place, term := range everywhere(row.term) {
			if place == "in a tuple" && !row.bad {
				term = tuple(small(1), row.term, small(2))
			}
			err := agree(t, with(m), ext(term), mostWays)
			if row.bad != (err != nil) || row.bad && err.Code != etf.CodeRejectedQuoted {
				t.Errorf("%s %s: %v", row.name, place, err)
			}
		}
	}
}

// TestRulesStartAnew reads refused and accepted terms in turn with one Mode and
// one Decoder: nothing of a term counts for the next.
func TestRulesStartAnew(t *testing.T) {
	m := compile(t, policy(func(p *etf.Policy) {
		p.RefuseQuoted, p.Structs.Deny = true, []string{"x"}
	}))
	good := []byte(nil)
	d := m.NewDecoder(nil)
	for _, parts := range [][2][]byte{
		{tuple(atom("a"), null), tuple(small(1), null, null)},
		{mapOf(atom("__struct__"), null), mapOf(atom("a"), atom("x"))},
		{tuple(atom("a"), null, tuple()), list(atom("x"), null, null)},
	} {
		for _, p := range parts {
			good = append(good, ext(p)...)
			if err := m.Validate(ext(p)); err != nil {
				t.Error(err)
			}
		}
		cut := ext(large(3), atom("a"), null)
		if err := m.Validate(cut); err == nil {
			t.Error("accepted a cut term")
		}
		d.ResetBytes(cut)
		if err := d.SkipValue(); err == nil {
			t.Error("accepted a cut term")
		}
	}
	d.ResetBytes(good)
	if err := untilEOF(d.SkipValue); err != nil {
		t.Error(err)
	}
}

// TestElixirProfile denies structs that do something.
func TestElixirProfile(t *testing.T) {
	strct := func(name string) []byte { return ext(mapOf(atom("__struct__"), atom(name))) }
	plain, ranges := compile(t, etf.Elixir()), compile(t, etf.Elixir("Elixir.Range", "Elixir.Date"))
	for name, want := range map[string][2]bool{
		"Elixir.Date": {true, true}, "Elixir.Date.Range": {false, false}, "Elixir.Regex": {false, false}, "Elixir.MapSet": {true, true}, "Elixir.Range": {false, true}, "Elixir.Stream": {false, false},
		"Elixir.File.Stream": {false, false}, "Elixir.Function": {false, false}, "Elixir.IO.Stream": {false, false}, "Elixir.GenEvent.Stream": {false, false},
	} {
		if got := [2]bool{plain.Validate(strct(name)) == nil, ranges.Validate(strct(name)) == nil}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestRulesBesideDeepTerms: what is known of a term is not forgotten while one of
// its children is read, however deep that is.
func TestRulesBesideDeepTerms(t *testing.T) {
	c := policy(func(p *etf.Policy) { p.RefuseQuoted = true })
	c.Limits.MaxDepth = 20_000
	m := compile(t, c)
	deep := cat(times(10_000, tuple(null)[:2]), null)
	if err := agree(t, with(m), ext(tuple(atom("a"), list(deep), null)), nil); err == nil || err.Code != etf.CodeRejectedQuoted {
		t.Error(err)
	}
	if err := m.Validate(ext(tuple(atom("a"), deep, null))); err != nil {
		t.Error(err)
	}
}

// TestStructKeyIsForgotten: behind the key __struct__ and its value comes another
// key, of whatever kind, whose value is no name of a struct.
func TestStructKeyIsForgotten(t *testing.T) {
	c := etf.OTP()
	c.Policy.Structs.Allow = []string{"Elixir.Date"}
	m := compile(t, c)
	for name, key := range everyTerm() {
		in := ext(mapOf(atom("__struct__"), atom("Elixir.Date"), key, atom("Elixir.Other")))
		if err := agree(t, with(m), in, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := agree(t, with(m), ext(mapOf(key, atom("Elixir.Other"), atom("__struct__"), atom("Elixir.Other"))), nil); err == nil || err.Code != etf.CodeRejectedStruct {
			t.Errorf("%s in front: %v", name, err)
		}
	}
}
