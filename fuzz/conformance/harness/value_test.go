package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// TestSameValue: what is one term is one value, however it is spelled.
func TestSameValue(t *testing.T) {
	same := [][2]string{
		{`1`, ` 1 `}, {`1`, `{"int":"1"}`}, {`{"int":"9007199254740993"}`, `9007199254740993`},
		{`{"float":"1.0"}`, `{"float":"1"}`}, {`{"float":"1.0e22"}`, `{"float":"1e22"}`},
		{`true`, `{"atom":"true"}`}, {`{"atom":"\u00e9"}`, `{"atom":"é"}`},
		{`"a"`, `{"binary":"YQ=="}`}, {`"a"`, `{"bits":"YQ==","size":8}`},
		{`[1]`, `{"list":[1],"tail":[]}`}, {`[1,2]`, `{"list":[1],"tail":[2]}`},
		{`{"list":[1,2],"tail":3}`, `{"list":[1],"tail":{"list":[2],"tail":3}}`}, {`{"list":[],"tail":"a"}`, `"a"`},
		{`{"map":[[1,2],["a",[]]]}`, `{"map":[["a",[]],[1,2]]}`},
		{`{"pid":{"node":"a@b","id":1,"serial":0,"creation":3}}`, `{"pid":{"creation":3,"id":1,"node":"a@b","serial":0}}`},
		{`{"reference":{"node":"a","creation":1,"ids":[1,0,0]}}`, `{"reference":{"node":"a","creation":1,"ids":[1]}}`},
		{`{"reference":{"node":"a","creation":1,"ids":[0,0]}}`, `{"reference":{"node":"a","creation":1,"ids":[0]}}`},
		{`{"port":{"node":"a","id":{"int":"9007199254740993"},"creation":1}}`, `{"port":{"node":"a","id":9007199254740993,"creation":1}}`},
		{`{"fun":{"module":"m","arity":1,"uniq":"00","index":0,"old_index":0,"old_uniq":0,"creator":{"pid":{"node":"a","id":1,"serial":0,"creation":3}},"free":[1]}}`,
			`{"fun":{"module":"m","arity":1,"uniq":"00","index":0,"old_index":0,"old_uniq":0,"creator":{"pid":{"node":"a","id":1,"serial":0,"creation":3}},"free":[{"int":"1"}]}}`},
	}
	for _, p := range same {
		if ok, err := SameValue([]byte(p[0]), []byte(p[1])); !ok || err != nil {
			t.Errorf("%s and %s: %t, %v", p[0], p[1], ok, err)
		}
	}
	other := [][2]string{
		{`1`, `2`}, {`1`, `{"float":"1.0"}`}, {`{"float":"0.0"}`, `{"float":"-0.0"}`}, {`"true"`, `true`}, {`"a"`, `{"atom":"a"}`},
		{`[1]`, `{"tuple":[1]}`}, {`[]`, `""`}, {`[]`, `{"map":[]}`}, {`{"list":[1],"tail":2}`, `[1,2]`}, {`[[1]]`, `[1]`},
		{`["a,b"]`, `["a","b"]`}, {`{"map":[[1,2]]}`, `{"map":[[2,1]]}`}, {`{"map":[[1,2],[1,2]]}`, `{"map":[[1,2]]}`},
		{`{"bits":"gA==","size":1}`, `{"bits":"gA==","size":2}`},
		{`{"reference":{"node":"a","creation":1,"ids":[0,1]}}`, `{"reference":{"node":"a","creation":1,"ids":[1]}}`},
		{`{"reference":{"node":"a","creation":1,"ids":[1,2]}}`, `{"reference":{"node":"a","creation":1,"ids":[1]}}`},
		{`{"export":{"module":"a","function":"b","arity":1}}`, `{"export":{"module":"a","function":"b","arity":2}}`},
		{`{"port":{"node":"a","id":1,"creation":1}}`, `{"port":{"node":"b","id":1,"creation":1}}`},
	}
	for _, p := range other {
		if ok, err := SameValue([]byte(p[0]), []byte(p[1])); ok || err != nil {
			t.Errorf("%s and %s: %t, %v", p[0], p[1], ok, err)
		}
	}
}

// TestNoValue: what is not tagged JSON is an error, not another term.
func TestNoValue(t *testing.T) {
	for _, bad := range []string{
		``, `null`, `1.5`, `1e3`, `[null]`, `1 2`, `{}`, `{"a":1,"b":2}`, `{"int":1}`, `{"int":"x"}`, `{"float":"inf"}`, `{"float":"nan"}`,
		`{"float":1.5}`, `{"binary":"%"}`, `{"bits":"gA==","size":9}`, `{"bits":"gA==","size":"1"}`, `{"list":1,"tail":2}`,
		`{"tuple":1}`, `{"tuple":{}}`, `{"map":[[1]]}`, `{"map":{}}`, `{"pid":{}}`, `{"pid":{"node":1,"id":1,"serial":0,"creation":3}}`,
		`{"pid":{"node":"a","id":"1","serial":0,"creation":3}}`, `{"pid":{"node":"a","id":true,"serial":0,"creation":3}}`, `{"reference":{"node":"a","creation":1,"ids":["1"]}}`,
		`{"fun":{"module":"m","arity":1,"uniq":"00","index":0,"old_index":0,"old_uniq":0,"creator":null,"free":[]}}`, `{"what":"a"}`,
	} {
		if ok, err := SameValue([]byte(`1`), []byte(bad)); ok || !errors.Is(err, errValue) {
			t.Errorf("%s: %t, %v", bad, ok, err)
		}
	}
}

// TestSameTerm: which of the forms a program may choose can be compared with
// which of what is known.
func TestSameTerm(t *testing.T) {
	canonical := []byte{131, 97, 5}
	sum := sha256.Sum256(canonical)
	full := &Want{Canonical: canonical, Value: []byte(`5`)}
	long := &Want{CanonicalSum: hex.EncodeToString(sum[:])}
	for _, tc := range []struct {
		want       *Want
		value      string
		same, told bool
	}{
		{full, "", false, false}, {full, string(canonical), true, true}, {full, "\x83a\x06", false, true}, {full, "5", true, true}, {full, "6", false, true},
		{long, string(canonical), true, true}, {long, "\x83a\x06", false, true}, {long, "5", false, false},
		{&Want{}, string(canonical), false, false}, {&Want{}, "5", false, false},
	} {
		same, told, err := sameTerm(tc.want, []byte(tc.value))
		if same != tc.same || told != tc.told || err != nil {
			t.Errorf("%q against %+v: %t, %t, %v", tc.value, tc.want, same, told, err)
		}
	}
}

// TestParseReply goes through the forms of a frame.
func TestParseReply(t *testing.T) {
	for in, want := range map[string]Reply{
		"\x00":                   {Used: Untold},
		"\x00\n a\tb \x01\xff\n": {Used: Untold, Why: "a b ?\ufffd"},
		"\x01":                   {Accept: true, Used: Untold},
		"\x01\x00\x00\x01\x02":   {Accept: true, Used: 258},
		"\x01\xff\xff\xff\xff":   {Accept: true, Used: Untold},
		"\x01\x00\x00\x00\x03[]": {Accept: true, Used: 3, Value: []byte("[]")},
	} {
		if got, err := ParseReply([]byte(in)); err != nil || got.Accept != want.Accept || got.Used != want.Used || string(got.Value) != string(want.Value) || got.Why != want.Why {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	if r, err := ParseReply([]byte("\x00" + strings.Repeat("é", 3000))); err != nil || r.Why != strings.Repeat("é", maxLine)+"..." {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{"", "\x02", "\x01\x00", "\x01\x00\x00\x00", "\x02\x00\x00\x00\x00"} {
		if r, err := ParseReply([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, r)
		}
	}
	_, err := ParseReply([]byte("\x02" + strings.Repeat("x", 3000) + "\xff"))
	var fault *Fault
	if !errors.As(err, &fault) || fault.Why != strings.Repeat("x", maxWhy) {
		t.Errorf("%v", err)
	}
}

// TestParseOutput goes through the forms of what is printed.
func TestParseOutput(t *testing.T) {
	for in, want := range map[string]Reply{
		"": {Used: Untold}, "-": {Used: Untold}, "\n": {Used: Untold}, "12": {Used: 12}, "12\r\n[]\r\n": {Used: 12, Value: []byte("[]")},
		"-\n5\n": {Used: Untold, Value: []byte("5")}, "3\n\x83a\n": {Used: 3, Value: []byte("\x83a\n")},
	} {
		if got, err := parseOutput([]byte(in)); err != nil || !got.Accept || got.Used != want.Used || string(got.Value) != string(want.Value) {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	if got, err := parseOutput([]byte("999999999999999999")); err != nil || got.Used != 999999999999999999 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"accepted", "-3", "[]", "1000000000000000000"} {
		if r, err := parseOutput([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, r)
		}
	}
}
