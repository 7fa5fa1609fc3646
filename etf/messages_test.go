package etf_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// TestMisfitTexts: a misfit tells what would have fitted, and nothing that the
// sender wrote.
func TestMisfitTexts(t *testing.T) {
	type user struct {
		_  struct{} `etf:",struct=Elixir.User"`
		ID int
	}
	type row struct {
		_    struct{} `etf:",record=row"`
		A, B int
	}
	type tagged struct {
		S string `etf:"s,atom"`
	}
	m := func(key string, v []byte) []byte { return mapOf(atom(key), v) }
	for name, tc := range map[string]struct {
		in   []byte
		v    any
		want string
	}{
		"nothing":           {small(1), nil, "etf: target: nil: pass a pointer, as &v"},
		"nil pointer":       {small(1), (*int)(nil), "etf: target: a nil pointer of Go type *int: pass a pointer, as &v"},
		"no pointer":        {small(1), 1, "etf: target: Go type int is no pointer: pass a pointer, as &v"},
		"map":               {small(1), map[string]int{}, "etf: target: Go type map[string]int is no pointer: pass a pointer, as &v"},
		"an empty list":     {null, new(string), "etf: kind: empty list for Go type string: the tag option charlist, text or iodata takes lists"},
		"another module":    {m("__struct__", atom("Elixir.Secret")), &user{}, "etf: struct_module: map for Go type etf_test.user: wants module Elixir.User"},
		"no module":         {mapOf(), &user{}, "etf: struct_module: map for Go type etf_test.user: wants module Elixir.User"},
		"module of a date":  {mapOf(), &etf.Date{}, "etf: struct_module: map for Go type etf.Date: wants module Elixir.Date"},
		"no exception":      {mapOf(), &etf.Exception{}, "etf: struct_module: map for Go type etf.Exception: wants an exception"},
		"record":            {tuple(atom("secret"), small(1), small(2)), &row{}, "etf: record_tag: tuple for Go type etf_test.row: wants tag row"},
		"length of record":  {tuple(atom("row"), small(1)), &row{}, "etf: length: tuple for Go type etf_test.row: wants 3, has 2"},
		"length of array":   {list(small(1), small(2)), &[3]int{}, "etf: length: list for Go type [3]int: wants 3, has 2"},
		"length of bytes":   {bin("ab"), &[3]byte{}, "etf: length: binary for Go type [3]uint8: wants 3, has 2"},
		"atom":              {atom("secret"), new(string), "etf: kind: atom for Go type string: the tag option atom or text takes atoms"},
		"nil for text":      {atom("nil"), new(string), "etf: kind: atom for Go type string: the tag option nilzero takes nil, and atom or text any atom"},
		"atom for bytes":    {atom("secret"), &[]byte{}, "etf: kind: atom for Go type []uint8: the tag option atom or text takes atoms"},
		"list for text":     {str("secret"), new(string), "etf: kind: list for Go type string: the tag option charlist, text or iodata takes lists"},
		"nil for a number":  {atom("undefined"), new(int), "etf: kind: atom for Go type int: a pointer, or the tag option nilzero, takes nil"},
		"nil for a struct":  {atom("nil"), &user{}, "etf: kind: atom for Go type etf_test.user: a pointer, or the tag option nilzero, takes nil"},
		"atom for a number": {atom("secret"), new(int), "etf: kind: atom for Go type int"},
		"option is there":   {m("s", bin("secret")), &tagged{}, "etf: kind: binary for Go type string, field tagged.S, in value[0]"},
		"result":            {tuple(atom("secret"), small(1)), &etf.Result[int, int]{}, "etf: record_tag: tuple for Go type etf.Result[int,int]: wants ok or error"},
	} {
		if err := etf.Unmarshal(ext(tc.in), tc.v); err == nil || err.Error() != tc.want {
			t.Errorf("%s:\n%v\n%s", name, err, tc.want)
		}
	}
	_, err := etf.Marshal(etf.Atom(strings.Repeat("x", 256)))
	if want := "etf: cannot marshal: encode: Go type etf.Atom: atom_too_long, an atom has more than 255 characters"; err == nil || err.Error() != want {
		t.Errorf("%v\n%s", err, want)
	}
}

// TestTagTexts: what is wrong with a tag, and what to write instead.
func TestTagTexts(t *testing.T) {
	for want, v := range map[string]any{
		`option "unixmili" is not known: did you mean unixmilli?`: &struct {
			A time.Time `etf:"a,unixmili"`
		}{},
		`option " omitempty" is not known: did you mean omitempty?`: &struct {
			A int `etf:"a, omitempty"`
		}{},
		`option "Required" is not known: did you mean required?`: &struct {
			A int `etf:"a,Required"`
		}{},
		`option "zq" is not known: there are atom, binary, bytes, charlist, decimal, erlang, iodata, key, keyword, map, naive, nilzero, omitempty, proplist, record, required, strict, struct, text, tuple, undefined, unix, unixmicro, unixmilli, unixnano`: &struct {
			A int `etf:"a,zq"`
		}{},
		`option "record" lacks a name, as in record=user`: &struct {
			A int `etf:"a,record"`
		}{},
		`option "struct=" lacks a name, as in struct=Elixir.User`: &struct {
			A int `etf:"a,struct="`
		}{},
		`option "key=text" is none of key=atom, key=binary and key=charlist`: &struct {
			A int `etf:"a,key=text"`
		}{},
		`option "atom" takes no value`: &struct {
			A string `etf:"a,atom=1"`
		}{},
		`option "text" does not go with one before it`: &struct {
			A string `etf:"a,atom,text"`
		}{},
		`option "record=r" does not go with one before it`: &struct {
			A point `etf:"a,tuple,record=r"`
		}{},
		`"record=t" stands where the key does: begin the tag with a comma`: &struct {
			A point `etf:"record=t"`
		}{},
		`"key=atom" stands where the key does: begin the tag with a comma`: &struct {
			A map[string]int `etf:"key=atom,omitempty"`
		}{},
		`the blank field has no key: begin the tag with a comma`: &struct {
			_ struct{} `etf:"strict"`
		}{},
		`"struct=Elixir.A" stands where the key does: begin the tag with a comma`: &struct {
			_ struct{} `etf:"struct=Elixir.A"`
		}{},
	} {
		err := etf.Unmarshal(ext(mapOf()), v)
		var e *etf.UnmarshalError
		if !errors.As(err, &e) || e.Reason != etf.ReasonTag || !strings.HasPrefix(err.Error(), "etf: go_tag: Go type struct {") || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%v\n%s", err, want)
		}
	}
	// What only looks like an option is a key: these words are common names.
	var ok struct {
		A int `etf:"text"`
		B int `etf:"a=b"`
	}
	if err := etf.Unmarshal(ext(mapOf(atom("text"), small(1), atom("a=b"), small(2))), &ok); err != nil || ok.A != 1 || ok.B != 2 {
		t.Errorf("%+v, %v", ok, err)
	}
}

// TestRefusalTexts: a refusal by policy names the field that decides, and the code of
// each feature the feature of that name.
func TestRefusalTexts(t *testing.T) {
	pids := etf.Config{Policy: etf.Policy{Allow: etf.Pids, Nodes: []string{"a@b"}}}
	anybody := etf.Config{Policy: etf.Policy{Allow: etf.Identities}}
	const ids = "more than an id of the receiving node has: etf.Config.Node and Release say which that is"
	for want, tc := range map[string]struct {
		c  etf.Config
		in []byte
	}{
		"etf: version at offset 0: the first byte is not 131":                                                    {etf.Default(), []byte("{}")},
		"etf: rejected_pid at offset 1, NEW_PID_EXT: not in etf.Config.Policy.Allow: etf.Pids":                   {etf.Strict(), ext(newPid(atom("a@b"), 1, 1, 1))},
		"etf: rejected_export at offset 1, EXPORT_EXT: not in etf.Config.Policy.Allow: etf.Exports":              {etf.Strict(), ext([]byte{113}, atom("m"), atom("f"), small(1))},
		"etf: rejected_compressed at offset 1, COMPRESSED: in etf.Config.Policy.Refuse: etf.Compressed":          {etf.Strict(), squeeze(null)},
		"etf: rejected_map at offset 1, MAP_EXT: in etf.Config.Policy.Refuse: etf.Maps":                          {etf.Config{Policy: etf.Policy{Refuse: etf.Maps}}, ext(mapOf())},
		"etf: rejected_empty_atom at offset 1, SMALL_ATOM_UTF8_EXT: in etf.Config.Policy.Refuse: etf.EmptyAtoms": {etf.Config{Policy: etf.Policy{Refuse: etf.EmptyAtoms}}, ext(atom(""))},
		"etf: rejected_node at offset 1, NEW_PID_EXT: not in etf.Config.Policy.Nodes":                            {pids, ext(newPid(atom("c@d"), 1, 1, 1))},
		"etf: rejected_struct at offset 18, SMALL_ATOM_UTF8_EXT, in value[0]: etf.Config.Policy.Structs decides": {etf.Elixir(), ext(mapOf(atom("__struct__"), atom("Elixir.Range")))},
		"etf: pid_range at offset 1, NEW_PID_EXT: " + ids:                                                        {anybody, ext(newPid(atom("a@b"), 1<<28, 1, 1))},
		"etf: port_range at offset 1, NEW_PORT_EXT: " + ids:                                                      {anybody, ext(newPort(atom("a@b"), 1<<28, 1))},
		"etf: reference_range at offset 1, NEWER_REFERENCE_EXT: " + ids:                                          {anybody, ext(newerRef(atom("a@b"), 1, 1<<18, 1, 1))},
		"etf: rejected_quoted at offset 7, NIL_EXT, in tuple[2]: etf.Config.Policy.RefuseQuoted is set":          {etf.Config{Policy: etf.Policy{RefuseQuoted: true}}, ext(tuple(atom("f"), null, null))},
	} {
		if err := compile(t, tc.c).Validate(tc.in); err == nil || err.Error() != want {
			t.Errorf("%v\n%s", err, want)
		}
	}
}

// TestConfigTexts: features have names, and what to clear is said.
func TestConfigTexts(t *testing.T) {
	strict := etf.Strict()
	strict.Policy.Allow = etf.Compressed
	for want, c := range map[string]etf.Config{
		"etf: invalid Config: the policy allows and refuses Compressed: clear them in Policy.Refuse and in Policy.Allow, which is for Identities only": strict,
		"etf: invalid Config: the policy allows and refuses Pids, Ports: clear them in Policy.Refuse":                                                  {Policy: etf.Policy{Allow: etf.Identities, Refuse: etf.Pids | etf.Ports}},
		"etf: invalid Config: field Policy.Allow is for Identities only, the rest is accepted unless refused: clear Maps, 0x80000000 in it":            {Policy: etf.Policy{Allow: etf.Maps | 1<<31 | etf.Funs}},
	} {
		if _, err := c.Compile(); err == nil || err.Error() != want {
			t.Errorf("%v\n%s", err, want)
		}
	}
	all := etf.Identities | etf.Compressed | etf.TextFloats | etf.Latin1Atoms | etf.Bitstrings | etf.ImproperLists | etf.EmptyAtoms | etf.Floats | etf.Maps
	if got, want := all.String(), "Funs, Exports, Pids, Ports, References, Compressed, TextFloats, Latin1Atoms, Bitstrings, ImproperLists, EmptyAtoms, Floats, Maps"; got != want {
		t.Error(got)
	}
	if got := etf.Features(0).String(); got != "none" {
		t.Error(got)
	}
}
