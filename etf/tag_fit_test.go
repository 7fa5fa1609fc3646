package etf_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// TestTagsFit: an option that could do nothing at its field is refused when the
// type is first used, and every option is taken where it does something.
func TestTagsFit(t *testing.T) {
	types := map[string]reflect.Type{
		"string": reflect.TypeFor[string](), "[]byte": reflect.TypeFor[[]byte](), "[3]byte": reflect.TypeFor[[3]byte](),
		"Atom": reflect.TypeFor[etf.Atom](), "int": reflect.TypeFor[int](), "*int": reflect.TypeFor[*int](),
		"any": reflect.TypeFor[any](), "Time": reflect.TypeFor[time.Time](), "Addr": reflect.TypeFor[netip.Addr](),
		"struct": reflect.TypeFor[point](), "*struct": reflect.TypeFor[*point](), "[]int": reflect.TypeFor[[]int](),
		"[2]int": reflect.TypeFor[[2]int](), "[]string": reflect.TypeFor[[]string](), "[][]string": reflect.TypeFor[[][]string](),
		"map[string]int": reflect.TypeFor[map[string]int](), "map[Atom]int": reflect.TypeFor[map[etf.Atom]int](),
		"map[int]string": reflect.TypeFor[map[int]string](), "[]Time": reflect.TypeFor[[]time.Time](),
		"map[string]*int": reflect.TypeFor[map[string]*int](), "MapSet[string]": reflect.TypeFor[etf.MapSet[string]](),
		"Result[string,int]": reflect.TypeFor[etf.Result[string, int]](), "Tuple": reflect.TypeFor[etf.Tuple](),
		"DateTime": reflect.TypeFor[etf.DateTime](), "RawTerm": reflect.TypeFor[etf.RawTerm](), "Term": reflect.TypeFor[etf.Term](),
		"[]recursive": reflect.TypeFor[[]nested](), "endless": reflect.TypeFor[toItself](),
	}
	text := "string []byte [3]byte Addr []string [][]string map[int]string MapSet[string] Result[string,int]"
	times := "Time []Time"
	structs := "struct *struct"
	for option, fit := range map[string]string{
		"atom": text + " Atom", "binary": text, "charlist": text, "text": text, "iodata": text,
		"decimal": "string Addr []string [][]string map[int]string MapSet[string] Result[string,int]",
		"naive":   times, "erlang": times, "unix": times, "unixmilli": times, "unixmicro": times, "unixnano": times,
		"undefined": "*int any *struct map[string]*int endless", "bytes": "Addr",
		"map": structs, "record=r": structs, "struct=Elixir.S": structs,
		"tuple": structs + " []byte [3]byte []int [2]int []string [][]string []Time []recursive", "proplist": structs + " map[string]int map[Atom]int map[int]string map[string]*int",
		"key=atom": structs + " map[string]int map[Atom]int map[string]*int", "key=binary": structs + " map[string]int map[string]*int",
		"key=charlist": structs + " map[string]int map[string]*int",
	} {
		fits := map[string]bool{}
		for _, name := range strings.Fields(fit) {
			fits[name] = true
			if types[name] == nil {
				t.Fatalf("no type %s", name)
			}
		}
		for name, typ := range types {
			v := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "F", Type: typ, Tag: reflect.StructTag(`etf:"f,` + option + `"`)}}))
			err := etf.Unmarshal(ext(mapOf()), v.Interface())
			if fits[name] && err == nil {
				continue
			}
			var e *etf.UnmarshalError
			word, _, _ := strings.Cut(option, "=")
			if fits[name] || !errors.As(err, &e) || e.Reason != etf.ReasonTag || e.Field != "F" || !strings.Contains(err.Error(), word) {
				t.Errorf("%s at %s: %v", option, name, err)
			}
		}
	}
}

type nested []nested

// toItself is a pointer that leads to nothing but itself.
type toItself *toItself

type point struct{ X, Y int }

// TestTagsOfStructs are options that say nothing where the whole struct, or what
// is around it, decides.
func TestTagsOfStructs(t *testing.T) {
	for name, v := range map[string]any{
		"required in a tuple": &struct {
			_ struct{} `etf:",tuple"`
			A int      `etf:",required"`
		}{},
		"keys of a tuple": &struct {
			_ struct{} `etf:",tuple,key=atom"`
		}{},
		"strict record": &struct {
			_ struct{} `etf:",record=r,strict"`
		}{},
		"blank with nilzero": &struct {
			_ struct{} `etf:",nilzero"`
		}{},
		"blank with undefined": &struct {
			_ struct{} `etf:",undefined"`
		}{},
		"form of what is embedded": &struct {
			point `etf:",tuple"`
		}{},
		"keys of a field that is a tuple": &struct {
			A point `etf:",tuple,key=atom"`
		}{},
	} {
		var e *etf.UnmarshalError
		if err := etf.Unmarshal(ext(mapOf()), v); !errors.As(err, &e) || e.Reason != etf.ReasonTag || e.Field == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
