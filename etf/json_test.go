package etf_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/limits"
)

// TestJSON is the mapping, line by line.
func TestJSON(t *testing.T) {
	m := compile(t, etf.OTP())
	for want, term := range map[string][]byte{
		"0": small(0), "-1": int32x(-1), "9007199254740991": smallBig(false, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f), `{"int":"9007199254740992"}`: smallBig(false, 0, 0, 0, 0, 0, 0, 0x20), `{"int":"-18446744073709551616"}`: smallBig(true, 0, 0, 0, 0, 0, 0, 0, 0, 1),
		`{"float":"1.0"}`: float(1), `{"float":"-0.0"}`: textFloat("-0.0"), `{"float":"1.0e22"}`: float(1e22),
		"true": atom("true"), "false": latin1("false"), `{"atom":"nil"}`: atom("nil"), `{"atom":""}`: atom(""), `{"atom":"é\"\\\n\u0001"}`: atom("é\"\\\n\x01"),
		`""`: bin(""), `"é\t\r"`: bin("é\t\r"), `{"binary":"/w=="}`: bin("\xff"), `{"bits":"oA==","size":3}`: bits(3, 0xbf), "[]": null,
		"[1,2]": str("\x01\x02"), "[1,[300]]": list(small(1), list(int32x(300))), `{"list":[1],"tail":2}`: pieces(small(2), small(1)), `{"list":[1],"tail":{"tuple":[]}}`: pieces(tuple(), small(1)),
		`{"tuple":[]}`: tuple(), `{"tuple":[1,[]]}`: largeTuple(small(1), null),
		`{"map":[]}`: maps(0), `{"map":[[1,2]]}`: mapOf(small(1), small(2)), `{"map":[[1,{"map":[["a",2]]}],[{"float":"1.0"},3],["b",4]]}`: mapOf(bin("b"), small(4), float(1), small(3), small(1), mapOf(bin("a"), small(2))),
		`{"pid":{"node":"n@h","id":1,"serial":2,"creation":3}}`: oldPid(self, 1, 2, 3), `{"port":{"node":"n@h","id":1099511627776,"creation":3}}`: v4Port(self, 1<<40, 3), `{"reference":{"node":"n@h","creation":3,"ids":[1,0]}}`: newRef(self, 3, 1, 0),
		`{"export":{"module":"m","function":"f","arity":2}}`: export(latin1("m"), atom("f"), small(2)),
		`{"fun":{"module":"m","arity":2,"uniq":"00000000000000000000000000000003","index":4,"old_index":-5,"old_uniq":6,"creator":{"pid":{"node":"n@h","id":1,"serial":0,"creation":0}},"free":[8,[]]}}`: closure{arity: 2, uniq: 3, index: 4, oldIndex: int32x(-5), oldUni: small(6), env: [][]byte{small(8), null}}.encode(),
		`{"fun":{"module":"m","arity":0,"uniq":"00000000000000000000000000000000","index":0,"old_index":1,"old_uniq":2,"creator":{"pid":{"node":"n@h","id":1,"serial":0,"creation":0}},"free":[]}}`:      fun(),
	} {
		v := decode(t, term)
		got, err := etf.AppendJSON([]byte("x"), v)
		if err != nil || string(got) != "x"+want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
		for _, text := range []string{want, spaced(want)} {
			back, err := m.FromJSON([]byte(text))
			if err != nil || !etf.Equal(back, v) || back.String() != v.String() {
				t.Errorf("%s came back as %v, %v", text, back, err)
			}
		}
	}
	if _, err := etf.AppendJSON(nil, etf.Term{}); !errors.Is(err, etf.ErrEncode) {
		t.Error(err)
	}
}

// spaced puts spaces around everything but strings.
func spaced(s string) string {
	var b strings.Builder
	quoted := false
	for i, r := range s {
		if r == '"' && (i == 0 || s[i-1] != '\\') {
			quoted = !quoted
		}
		if !quoted && strings.ContainsRune(`[]{},:`, r) {
			b.WriteString(" " + string(r) + "\n\t\r")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestJSONIsLossless: random terms come back in the same bytes, from JSON that
// others can read, and that is no longer than it is said to be.
func TestJSONIsLossless(t *testing.T) {
	t.Parallel()
	m := compile(t, etf.OTP())
	g := gen.New(gen.Options{})
	rounds := 4000
	if testing.Short() {
		rounds = 400
	}
	for i := range uint64(rounds) {
		g.Seed(3, i)
		term := decode(t, g.Term(int(i%700)))
		want, err := term.AppendETF(nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := etf.AppendJSON(nil, term)
		if err != nil || !json.Valid(text) {
			t.Fatalf("%v: %s: %v", term, text, err)
		}
		s, _ := m.Measure(want)
		if most := 8*len(want) + 12*int(s.Terms); len(text) > most {
			t.Errorf("%v: %d bytes of JSON for %d", term, len(text), len(want))
		}
		back, err := m.FromJSON(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, err := back.AppendETF(nil); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v\n%s\n%x, %v, want\n%x", term, text, got, err, want)
		}
	}
}

// TestJSONRefuses: what is no JSON, or none of the mapping, with its place.
func TestJSONRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "json_syntax 0", " ": "json_syntax 1", "1 2": "json_syntax 2", "[1,]": "json_syntax 3", "[,1]": "json_syntax 1", "[1": "json_syntax 2", "{": "json_syntax 1",
		"tru": "json_syntax 0", "01": "json_syntax 1", "-": "json_syntax 1", "+1": "json_syntax 0", "1.": "json_syntax 2", "1e": "json_syntax 2", "\x00": "json_syntax 0", "NaN": "json_syntax 0",
		"\"a": "json_syntax 2", "\"\n\"": "json_syntax 1", "\"\xff\"": "json_syntax 1", `"\ud800"`: "json_syntax 1", `"\udc00\ud800"`: "json_syntax 1", `"\ud800a"`: "json_syntax 1", `"\u12"`: "json_syntax 1", `"\x"`: "json_syntax 1", `"\u00g0"`: "json_syntax 1", `"\`: "json_syntax 1",
		"null": "json_shape 0", "1.5": "json_shape 0", "{}": "json_shape 0", `{"x":1}`: "json_shape 0", `{"atom":1}`: "json_shape 8", `{"atom":"a","b":1}`: "json_syntax 11", `{"int":"1.0"}`: "json_shape 0", `{"int":"1 "}`: "json_shape 0", `{"int":""}`: "json_shape 0", `{"float":"1"}`: "json_shape 0", `{"float":"1.0e999"}`: "json_range 0", `{"float":"inf"}`: "json_shape 0",
		`{"binary":"x"}`: "json_shape 10", `{"binary":1}`: "json_shape 10", `{"bits":"oA==","size":4}`: "ok", `{"size":3,"bits":"oA=="}`: "ok", `{"bits":"/w==","size":3}`: "json_shape 8", `{"bits":"oA==","size":9}`: "json_shape 8", `{"bits":"oA==","size":-1}`: "json_range 22", `{"bits":"oA==","bits":"oA=="}`: "json_shape 8",
		`{"list":[1]}`: "json_syntax 11", `{"list":[],"tail":1}`: "json_shape 10", `{"list":[1],"tali":1}`: "json_shape 19", `{"list":1}`: "json_shape 8", `{"list":[1],"tail":[]}`: "ok", `{"list":[1],"tail":1,"x":1}`: "json_syntax 20",
		`{"tuple":[1],"x":1}`: "json_syntax 12", `{"map":[1]}`: "json_syntax 8", `{"map":[[1]]}`: "json_shape 11", `{"map":[[1,2,3]]}`: "json_shape 13", `{"map":[[1,2],[1,2]]}`: "duplicate_key",
		`{"pid":{"node":"a","id":1,"serial":2}}`: "json_syntax 36", `{"pid":{"node":"a","id":1,"id":2,"creation":3}}`: "json_shape 31", `{"pid":{"serial":2,"creation":3,"id":4294967295,"node":"a"}}`: "ok", `{"pid":{"node":"a","id":4294967296,"serial":2,"creation":0}}`: "json_range 24", `{"pid":1}`: "json_shape 7", `{"pid":{"note":"a"}}`: "json_shape 15",
		`{"port":{"node":"a","id":-1,"creation":0}}`: "json_range 25", `{"reference":{"node":"a","creation":0,"ids":[]}}`: "json_range 47", `{"reference":{"node":"a","creation":0,"ids":[1,2,3,4,5,6]}}`: "json_range 55", `{"reference":{"node":"a","creation":0,"ids":1}}`: "json_shape 44",
		`{"export":{"module":"a","function":"b","arity":256}}`: "json_range 47", `{"export":{"module":"a","function":"b","airty":2}}`: "json_shape 47",
		`{"atom":"` + strings.Repeat("a", 256) + `"}`: "json_range 266",
		`{"fun":1}`: "json_shape 7", strings.Repeat("[", 3000): "json_depth 2051",
		`{"fun":{"module":"m","arity":0,"uniq":"00","index":0,"old_index":1,"old_uniq":2,"creator":{"pid":{"node":"n@h","id":1,"serial":0,"creation":0}},"free":[]}}`: "json_shape 42",
		strings.Repeat("9", 200_000): "json_range 0",
	} {
		_, err := etf.FromJSON([]byte(text))
		got := "ok"
		var bad *etf.JSONError
		var refused *etf.Error
		switch {
		case errors.As(err, &bad):
			got = string(bad.Code) + " " + itoa(bad.Offset)
			if !strings.HasPrefix(bad.Error(), "etf: "+string(bad.Code)+" at offset "+itoa(bad.Offset)+": ") || strings.HasSuffix(bad.Error(), ": ") || !errors.Is(err, etf.ErrJSON) || errors.Is(err, etf.ErrEncode) {
				t.Error(bad)
			}
		case errors.As(err, &refused):
			got = string(refused.Code)
		case err != nil:
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.60s: %s, want %s", text, got, want)
		}
	}
}

func itoa(n int64) string { b, _ := json.Marshal(n); return string(b) }

// TestJSONCaps: the caps and rules of the Mode hold for JSON too.
func TestJSONCaps(t *testing.T) {
	m := compile(t, etf.Config{Limits: limits.Limits{MaxDepth: 3, MaxTerms: 10, MaxBigBytes: 16}})
	for text, code := range map[string]etf.Code{
		`[[[[]]]]`: "", `[[[[1]]]]`: etf.CodeLimitDepth, `{"tuple":[{"tuple":[{"tuple":[{"tuple":[1]}]}]}]}`: etf.CodeLimitDepth,
		"[" + strings.Repeat("1,", 10) + "1]": etf.CodeLimitTerms, `{"pid":{"node":"a","id":1,"serial":0,"creation":0}}`: etf.CodeRejectedPid,
		`{"int":"` + strings.Repeat("9", 38) + `"}`: "", `{"int":"` + strings.Repeat("9", 40) + `"}`: etf.CodeLimitBigBytes,
	} {
		_, err := m.FromJSON([]byte(text))
		var e *etf.Error
		if errors.As(err, &e); err == nil && code != "" || err != nil && (e == nil || e.Code != code) {
			t.Errorf("%s: %v, want %s", text, err, code)
		}
	}
}

// TestLongNumbers reads integers of as many digits as there are ways to halve them.
func TestLongNumbers(t *testing.T) {
	m := compile(t, etf.OTP())
	r := rand.New(rand.NewPCG(1, 2))
	digits := make([]byte, 40_000)
	for i := range digits {
		digits[i] = '0' + byte(r.IntN(10))
	}
	for _, n := range []int{1, 19, 20, 2047, 2048, 2049, 4095, 4096, 4097, 6144, 6145, 8192, 8193, 10_000, 16_384, 16_385, 40_000} {
		for _, first := range []string{"1", "9", "-1", "-9"} {
			for _, rest := range [][]byte{digits[1:n], bytes.Repeat([]byte("0"), n-1)} {
				text := first + string(rest)
				want, _ := new(big.Int).SetString(text, 10)
				for _, read := range []func([]byte) (etf.Term, error){m.FromPlainJSON, func(b []byte) (etf.Term, error) {
					return m.FromJSON(fmt.Appendf(nil, `{"int":"%s"}`, b))
				}} {
					if got, err := read([]byte(text)); err != nil || got.Big().Cmp(want) != 0 {
						t.Fatalf("%d digits of %.10s: %v", n, text, err)
					}
				}
			}
		}
	}
}

// TestPlainJSON is the other mapping, both ways.
func TestPlainJSON(t *testing.T) {
	for want, term := range map[string][]byte{
		"18446744073709551616": smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1), "1.5": float(1.5), "1.0": float(1), "true": atom("true"), "null": atom("undefined"), `"ok"`: atom("ok"), `"é"`: bin("é"),
		"[]": null, "[97]": str("a"), `["ok",1]`: tuple(atom("ok"), small(1)), `{}`: maps(0), `{"1":[],"a":{"b":null},"c":2}`: mapOf(bin("c"), small(2), atom("a"), mapOf(atom("b"), atom("nil")), small(1), null),
	} {
		got, err := etf.AppendPlainJSON([]byte("x"), decode(t, term))
		if err != nil || string(got) != "x"+want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	for code, terms := range map[etf.Code][][]byte{
		etf.CodeNoForm:       {pieces(small(1), small(2)), bits(3, 1), newPid(self, 1, 0, 0), export(atom("a"), atom("b"), small(1)), fun(), mapOf(float(1), null), mapOf(tuple(), null), list(maps(0), bits(1, 0))},
		etf.CodeTextUTF8:     {bin("\xff"), mapOf(bin("\xff"), null)},
		etf.CodeDuplicateKey: {mapOf(atom("a"), null, bin("a"), null), mapOf(small(1), null, bin("1"), null)},
	} {
		for _, term := range terms {
			got, err := etf.AppendPlainJSON([]byte("x"), decode(t, term))
			var e *etf.EncodeError
			if !errors.As(err, &e) || e.Code != code || string(got) != "x" {
				t.Errorf("%v: %s, %v, want %s", decode(t, term), got, err, code)
			}
		}
	}
	if _, err := etf.AppendPlainJSON(nil, etf.Term{}); err == nil {
		t.Error("no term")
	}
	m := compile(t, etf.Strict())
	for text, want := range map[string]string{
		`{"a":[1,-2.5,1e3,true,null],"é":{}}`: `#{<<"a">> => [1,-2.5,1.0e3,true,nil],<<"é"/utf8>> => #{}}`, "[]": "[]", `""`: "<<>>", "123456789012345678901": "123456789012345678901",
		`{"a":1,"a":2}`: "duplicate_key", "1e999": "json_range", `{"a"}`: "json_syntax", `{"a":1,}`: "json_syntax", `{1:2}`: "json_syntax", strings.Repeat("[", 300): "json_depth",
	} {
		term, err := m.FromPlainJSON([]byte(text))
		got := term.String()
		var bad *etf.JSONError
		var refused *etf.Error
		if errors.As(err, &bad) {
			got = string(bad.Code)
		} else if errors.As(err, &refused) {
			got = string(refused.Code)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestTermInJSON: a Term inside of other values goes through package json and back.
func TestTermInJSON(t *testing.T) {
	type logged struct {
		What string
		Term etf.Term
	}
	v := logged{"x", decode(t, mapOf(atom("a"), list(small(1), bin("<&>")), small(2), newPid(self, 1, 2, 3)))}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back logged
	if err := json.Unmarshal(b, &back); err != nil || back.What != "x" || !etf.Equal(back.Term, v.Term) {
		t.Errorf("%s: %v, %v", b, back, err)
	}
	if b, err := json.Marshal(logged{}); err == nil {
		t.Errorf("the zero Term: %s", b)
	}
	kept := back.Term
	if err := json.Unmarshal([]byte(`{"Term":{"tuple":1}}`), &back); err == nil || !etf.Equal(back.Term, kept) {
		t.Errorf("no term: %v, %v", back, err)
	}
}
