package etf_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

type person struct {
	Name  string `etf:"name"`
	Age   int    `etf:"age,omitempty"`
	Email *string
}

type pointTuple struct {
	_ struct{} `etf:",tuple"`
	X int
	Y int
}

type userRecord struct {
	_    struct{} `etf:",record=user"`
	ID   int
	Name string
}

type userStruct struct {
	_    struct{} `etf:",struct=Elixir.User"`
	ID   int      `etf:"id"`
	Name string   `etf:"name,required"`
}

type strictPair struct {
	_ struct{} `etf:",strict"`
	A int      `etf:"a"`
}

type binaryKeys struct {
	_ struct{} `etf:",key=binary"`
	A int      `etf:"a"`
}

type charKeys struct {
	_ struct{} `etf:",key=charlist"`
	A int      `etf:"é"`
}

type base struct {
	ID   int
	Kind string
}

// Extra is exported, so that a nil pointer to it can be set when embedded.
type Extra struct {
	Note string
	ID   int
}

type embedding struct {
	base
	*Extra
	Kind int
	Sub  base `etf:"sub"`
}

func TestUnmarshalStructs(t *testing.T) {
	name, age := atom("name"), atom("age")
	checkUnmarshal(t, []unmarshalled{
		{"atoms", mapOf(name, bin("A"), age, small(3)), new(person), person{Name: "A", Age: 3}},
		{"binaries", mapOf(bin("name"), bin("A"), bin("age"), small(3)), new(person), person{Name: "A", Age: 3}},
		{"charlists", mapOf(str("name"), bin("A"), list(int32x('a'), small('g'), small('e')), small(3)), new(person), person{Name: "A", Age: 3}},
		{"snake case", mapOf(atom("email"), bin("x")), new(person), person{Email: new("x")}},
		{"atom and binary", mapOf(name, bin("A"), bin("name"), bin("A")), new(person), etf.ReasonDuplicate},
		{"atom and charlist", mapOf(name, bin("A"), str("name"), bin("A")), new(person), etf.ReasonDuplicate},
		{"unknown", mapOf(name, bin("A"), atom("x"), small(1), null, small(1), tuple(), small(2), small(3), small(4)), new(person), person{Name: "A"}},
		{"keyword", list(tuple(name, bin("A")), tuple(age, small(3))), new(person), person{Name: "A", Age: 3}},
		{"empty keyword", null, new(person), person{}},
		{"keyword twice", list(tuple(age, small(3)), tuple(age, small(3))), new(person), etf.ReasonDuplicate},
		{"keyword by two keys", list(tuple(age, small(3)), tuple(bin("age"), small(3))), new(person), etf.ReasonDuplicate},
		{"list of others", list(small(1)), new(person), etf.ReasonKind},
		{"list of triples", list(tuple(age, small(3), small(3))), new(person), etf.ReasonKind},
		{"improper keyword", pieces(small(1), tuple(age, small(3))), new(person), etf.ReasonImproper},
		{"a property alone", list(atom("on")), new(struct{ On bool }), struct{ On bool }{true}},
		{"a property alone of another type", list(age), new(person), etf.ReasonKind},
		{"a tuple", tuple(bin("A"), small(3), atom("nil")), new(person), etf.ReasonKind},
		{"a scalar", small(1), new(person), etf.ReasonKind},
		{"tuple", tuple(small(1), small(2)), new(pointTuple), pointTuple{X: 1, Y: 2}},
		{"tuple short", tuple(small(1)), new(pointTuple), etf.ReasonLength},
		{"tuple long", tuple(small(1), small(1), small(1)), new(pointTuple), etf.ReasonLength},
		{"tuple of a map", mapOf(), new(pointTuple), etf.ReasonKind},
		{"record", tuple(atom("user"), small(1), bin("A")), new(userRecord), userRecord{ID: 1, Name: "A"}},
		{"record of another", tuple(atom("admin"), small(1), bin("A")), new(userRecord), etf.ReasonRecord},
		{"record with a binary", tuple(bin("user"), small(1), bin("A")), new(userRecord), etf.ReasonRecord},
		{"record empty", tuple(), new(userRecord), etf.ReasonRecord},
		{"record short", tuple(atom("user"), small(1)), new(userRecord), etf.ReasonLength},
		{"struct", mapOf(atom("id"), small(1), atom("__struct__"), atom("Elixir.User"), name, bin("A")), new(userStruct), userStruct{ID: 1, Name: "A"}},
		{"struct of another", mapOf(atom("__struct__"), atom("Elixir.Admin"), name, bin("A")), new(userStruct), etf.ReasonStruct},
		{"struct without", mapOf(name, bin("A")), new(userStruct), etf.ReasonStruct},
		{"struct by a binary", mapOf(bin("__struct__"), atom("Elixir.User"), name, bin("A")), new(userStruct), etf.ReasonStruct},
		{"struct of a list", null, new(userStruct), etf.ReasonKind},
		{"required", mapOf(atom("__struct__"), atom("Elixir.User")), new(userStruct), etf.ReasonMissing},
		{"strict", mapOf(atom("a"), small(1), atom("__struct__"), atom("x"), atom("__meta__"), null), new(strictPair), strictPair{A: 1}},
		{"strict unknown", mapOf(atom("a"), small(1), atom("b"), small(1)), new(strictPair), etf.ReasonUnknown},
		{"strict unknown property", list(atom("b")), new(strictPair), etf.ReasonUnknown},
		{"binary keys", mapOf(bin("a"), small(1), atom("a"), small(2)), new(binaryKeys), binaryKeys{A: 1}},
		{"charlist keys", mapOf(str("\xe9"), small(1), atom("é"), small(2)), new(charKeys), charKeys{A: 1}},
		{"embedded", mapOf(atom("id"), small(7), atom("kind"), small(2), atom("note"), bin("n"), atom("sub"), mapOf(atom("kind"), bin("k"))), new(embedding),
			embedding{}},
	}[:35])
	var e embedding
	term := ext(mapOf(atom("kind"), small(2), atom("note"), bin("n"), atom("sub"), mapOf(atom("kind"), bin("k"))))
	if err := etf.Unmarshal(term, &e); err == nil || !strings.Contains(err.Error(), "same key") {
		t.Errorf("two embedded structs with one key: %v", err)
	}
}

func TestUnmarshalEmbedded(t *testing.T) {
	type outer struct {
		base
		*Extra `etf:""`
		ID     int `etf:"id"`
		Kind   int
		Sub    base `etf:"sub"`
		Named  base
	}
	var v outer
	term := ext(mapOf(atom("id"), small(7), atom("kind"), small(2), atom("note"), bin("n"),
		atom("sub"), mapOf(atom("kind"), bin("k")), atom("named"), mapOf(atom("id"), small(9))))
	if err := etf.Unmarshal(term, &v); err != nil {
		t.Fatal(err)
	}
	if v.ID != 7 || v.Kind != 2 || v.Extra == nil || v.Note != "n" || v.Sub.Kind != "k" || v.Named.ID != 9 || v.base != (base{}) {
		t.Errorf("%+v", v)
	}
	v = outer{}
	if err := etf.Unmarshal(ext(mapOf(atom("id"), small(7))), &v); err != nil || v.Extra != nil {
		t.Errorf("%+v %v", v, err)
	}
}

// wide has more fields than fit one word of taken.
type wide struct {
	F00, F01, F02, F03, F04, F05, F06, F07, F08, F09, F10, F11, F12, F13, F14, F15, F16, F17, F18, F19 int
	F20, F21, F22, F23, F24, F25, F26, F27, F28, F29, F30, F31, F32, F33, F34, F35, F36, F37, F38, F39 int
	F40, F41, F42, F43, F44, F45, F46, F47, F48, F49, F50, F51, F52, F53, F54, F55, F56, F57, F58, F59 int
	F60, F61, F62, F63, F64, F65, F66, F67, F68, F69                                                   int
	Last                                                                                               int `etf:"last,required"`
}

func TestUnmarshalWide(t *testing.T) {
	checkUnmarshal(t, []unmarshalled{
		{"wide", mapOf(atom("f00"), small(1), atom("f69"), small(2), atom("last"), small(3)), new(wide), wide{F00: 1, F69: 2, Last: 3}},
		{"twice", mapOf(atom("f69"), small(1), bin("f69"), small(2)), new(wide), etf.ReasonDuplicate},
		{"missing", mapOf(atom("f69"), small(1)), new(wide), etf.ReasonMissing},
		{"missing of none", mapOf(), new(wide), etf.ReasonMissing},
	})
}

func TestUnmarshalShapesOfFields(t *testing.T) {
	type plain struct{ X, Y int }
	type outer struct {
		P plain          `etf:"p,tuple"`
		R *plain         `etf:"r,record=point"`
		S plain          `etf:"s,struct=Elixir.P"`
		K plain          `etf:"k,keyword"`
		M plain          `etf:"m,map"`
		T []int          `etf:"t,tuple"`
		A [2]int         `etf:"a"`
		O map[string]int `etf:"o,proplist"`
	}
	one := func(key string, v []byte) []byte { return mapOf(atom(key), v) }
	x, y := tuple(atom("x"), small(1)), tuple(atom("y"), small(2))
	want := plain{1, 2}
	checkUnmarshal(t, []unmarshalled{
		{"tuple", one("p", tuple(small(1), small(2))), new(outer), outer{P: want}},
		{"record", one("r", tuple(atom("point"), small(1), small(2))), new(outer), outer{R: &want}},
		{"struct", one("s", mapOf(atom("__struct__"), atom("Elixir.P"), atom("x"), small(1), atom("y"), small(2))), new(outer), outer{S: want}},
		{"keyword", one("k", list(x, y)), new(outer), outer{K: want}},
		{"keyword of a map", one("k", mapOf()), new(outer), etf.ReasonKind},
		{"map of a keyword", one("m", list(x, y)), new(outer), etf.ReasonKind},
		{"slice of a tuple", one("t", tuple(small(1), small(2))), new(outer), outer{T: []int{1, 2}}},
		{"slice of a list", one("t", list(small(1))), new(outer), etf.ReasonKind},
		{"array of a tuple", one("a", tuple(small(1), small(2))), new(outer), outer{A: [2]int{1, 2}}},
		{"array of a list", one("a", str("\x01\x02")), new(outer), outer{A: [2]int{1, 2}}},
	})
}

func TestUnmarshalRefuseUnknown(t *testing.T) {
	m := compile(t, etf.Config{Unmarshal: etf.UnmarshalOptions{RefuseUnknown: true}})
	for name, term := range map[string][]byte{"map": mapOf(atom("secret"), small(1)), "list": list(tuple(atom("secret"), small(1)))} {
		err := m.Unmarshal(ext(term), new(person))
		var e *etf.UnmarshalError
		if !errors.As(err, &e) || e.Reason != etf.ReasonUnknown || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := m.Unmarshal(ext(mapOf(atom("__struct__"), atom("a"), atom("__exception__"), atom("true"))), new(person)); err != nil {
		t.Error(err)
	}
}

// TestTags: each tag that is wrong is found when the type is first used, and
// says which field it is.
func TestTags(t *testing.T) {
	for name, v := range map[string]any{
		"unknown option": &struct {
			A int `etf:"a,frob"`
		}{},
		"option with value": &struct {
			A int `etf:"a,omitempty=1"`
		}{},
		"two texts": &struct {
			A string `etf:"a,atom,charlist"`
		}{},
		"two forms": &struct {
			A []int `etf:"a,tuple,proplist"`
		}{},
		"two times": &struct {
			A int `etf:"a,unix,naive"`
		}{},
		"record no name": &struct {
			A person `etf:"a,record"`
		}{},
		"record empty name": &struct {
			A person `etf:"a,record="`
		}{},
		"tuple with a name": &struct {
			A person `etf:"a,tuple=x"`
		}{},
		"key unknown": &struct {
			A map[string]int `etf:"a,key=iodata"`
		}{},
		"strict at a field": &struct {
			A int `etf:"a,strict"`
		}{},
		"two keys": &struct {
			A, B int `etf:"a"`
		}{},
		"unexported": &struct {
			a int `etf:"a"`
		}{},
		"blank with a name": &struct {
			_ struct{} `etf:"x,tuple"`
		}{},
		"blank unknown": &struct {
			_ struct{} `etf:",frob"`
		}{},
		"omitted of a tuple": &struct {
			_ struct{} `etf:",tuple"`
			A int      `etf:",omitempty"`
		}{},
		"long key": reflect.New(reflect.StructOf([]reflect.StructField{{
			Name: "A", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`etf:"` + strings.Repeat("b", 256) + `"`),
		}})).Interface(),
		"embedded pointer": &struct{ *base }{},
	} {
		for range 2 { // the second time from the cache
			var e *etf.UnmarshalError
			if err := etf.Unmarshal(ext(mapOf()), v); !errors.As(err, &e) || e.Reason != etf.ReasonTag || e.Err == nil {
				t.Errorf("%s: %v", name, err)
			}
			var me *etf.MarshalError
			if _, err := etf.Marshal(v); !errors.As(err, &me) || me.Reason != etf.ReasonTag {
				t.Errorf("%s: Marshal: %v", name, err)
			}
		}
	}
	checkUnmarshal(t, []unmarshalled{
		{"skipped", mapOf(atom("a"), small(1)), &struct {
			A int `etf:"-"`
		}{}, struct {
			A int `etf:"-"`
		}{}},
		{"unexported without a tag", mapOf(atom("a"), small(1)), &struct{ a int }{}, struct{ a int }{}},
	})
}

func TestSnake(t *testing.T) {
	type names struct {
		ID, UserID, HTTPServer, A1B, Already_Snake, X, É, IDs, UserIDs, PCsAndMacs, URLs2, AsIs, GPUsage int
	}
	term := mapOf(atom("id"), small(1), atom("user_id"), small(2), atom("http_server"), small(3), atom("a1_b"), small(4),
		atom("already_snake"), small(5), atom("x"), small(6), atom("é"), small(7), atom("ids"), small(8), atom("user_ids"), small(9),
		atom("pcs_and_macs"), small(10), atom("urls2"), small(11), atom("as_is"), small(12), atom("gp_usage"), small(13))
	checkUnmarshal(t, []unmarshalled{{"names", term, new(names), names{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}}})
}

// TestUnmarshalRows: the fields of atoms are remembered from row to row, and not
// from term to term where names stand elsewhere.
func TestUnmarshalRows(t *testing.T) {
	for _, keys := range [][2]string{{"name", "age"}, {"age", "name"}, {"none", "age"}, {"name", "age"}} {
		var rows []person
		row := mapOf(atom(keys[0]), atom("nil"), atom(keys[1]), atom("nil"))
		err := etf.Unmarshal(ext(list(copies(3, row)...)), &rows)
		var e *etf.UnmarshalError
		want := "person.Name"
		if keys[0] != "name" {
			want = "person.Age"
		}
		if !errors.As(err, &e) || e.Field != want {
			t.Errorf("%q: %v", keys, err)
		}
	}
}
