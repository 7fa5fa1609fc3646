package build

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// parseValue reads tagged JSON back into a payload, as a consumer would that has
// nothing but the documentation. Where several encodings are possible it takes one.
func parseValue(raw []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	term, err := encodeValue(v)
	return ext(term), err
}

func encodeValue(v any) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return atom(strconv.FormatBool(v)), nil
	case json.Number:
		return encodeInt(v.String())
	case string:
		return bin(v), nil
	case []any:
		return encodeList(v, null)
	case map[string]any:
		return encodeTagged(v)
	}
	return nil, fmt.Errorf("a value of type %T", v)
}

func encodeInt(text string) ([]byte, error) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, fmt.Errorf("integer %q", text)
	}
	sign := 0
	if n.Sign() < 0 {
		sign = 1
	}
	return largeBig(sign, magnitude(n, 0)...), nil
}

func encodeAll(vs []any) (b []byte, err error) {
	for _, v := range vs {
		term, err := encodeValue(v)
		if err != nil {
			return nil, err
		}
		b = append(b, term...)
	}
	return b, nil
}

func encodeList(vs []any, tail []byte) ([]byte, error) {
	elems, err := encodeAll(vs)
	return tag(108, u32(len(vs)), elems, tail), err
}

var errTag = errors.New("no such tag")

func encodeTagged(v map[string]any) ([]byte, error) {
	switch {
	case v["list"] != nil:
		tail, err := encodeValue(v["tail"])
		if err != nil {
			return nil, err
		}
		return encodeList(v["list"].([]any), tail)
	case v["bits"] != nil:
		data, err := base64.StdEncoding.DecodeString(v["bits"].(string))
		size := number(v["size"])
		return bits((size+7)%8+1, data...), err
	case len(v) != 1:
		return nil, fmt.Errorf("%v: %w", v, errTag)
	}
	for name, content := range v {
		if fields, ok := content.(map[string]any); ok {
			return encodeID(name, fields)
		}
		return encodeSimple(name, content)
	}
	return nil, errTag
}

func encodeSimple(name string, content any) ([]byte, error) {
	switch name {
	case "int":
		return encodeInt(content.(string))
	case "float":
		f, err := strconv.ParseFloat(content.(string), 64)
		return float(f), err
	case "atom":
		return longAtom(content.(string)), nil
	case "binary":
		data, err := base64.StdEncoding.DecodeString(content.(string))
		return bin(string(data)), err
	case "tuple":
		elems, err := encodeAll(content.([]any))
		return tag(105, u32(len(content.([]any))), elems), err
	case "map":
		var flat []any
		for _, pair := range content.([]any) {
			flat = append(flat, pair.([]any)...)
		}
		kv, err := encodeAll(flat)
		return tag(116, u32(len(flat)/2), kv), err
	}
	return nil, fmt.Errorf("%s: %w", name, errTag)
}

func number(v any) int {
	n, err := strconv.Atoi(v.(json.Number).String())
	if err != nil {
		panic(err)
	}
	return n
}

func encodeID(name string, f map[string]any) ([]byte, error) {
	text := func(key string) []byte { return longAtom(f[key].(string)) }
	switch name {
	case "pid":
		return pid(text("node"), number(f["id"]), number(f["serial"]), number(f["creation"])), nil
	case "port":
		term, err := encodeValue(f["id"])
		if err != nil {
			return nil, err
		}
		digits := append(slices.Clone(term[6:]), make([]byte, 8)...)[:8] // of a LARGE_BIG_EXT
		slices.Reverse(digits)
		return tag(120, text("node"), digits, u32(number(f["creation"]))), nil
	case "reference":
		var ws []int
		for _, w := range f["ids"].([]any) {
			ws = append(ws, number(w))
		}
		return ref(text("node"), number(f["creation"]), ws...), nil
	case "export":
		return export(text("module"), text("function"), small(number(f["arity"]))), nil
	case "fun":
		return encodeFun(f)
	}
	return nil, fmt.Errorf("%s: %w", name, errTag)
}

func encodeFun(f map[string]any) ([]byte, error) {
	uniq, err := hex.DecodeString(f["uniq"].(string))
	if err != nil {
		return nil, err
	}
	owner, err := encodeValue(f["creator"])
	if err != nil {
		return nil, err
	}
	free := f["free"].([]any)
	env, err := encodeAll(free)
	return tag(112, u32(0), u8(number(f["arity"])), uniq, u32(number(f["index"])), u32(len(free)), longAtom(f["module"].(string)),
		long(number(f["old_index"])), long(number(f["old_uniq"])), owner, env), err
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestValue: each form of tagged JSON, written out.
func TestValue(t *testing.T) {
	for _, c := range []struct {
		term []byte
		want string
	}{
		{small(7), `7`}, {smallBig(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f), `-9007199254740991`}, {smallBig(0, 0, 0, 0, 0, 0, 0, 0x20), `{"int":"9007199254740992"}`},
		{float(1), `{"float":"1.0"}`}, {floatBits(1 << 63), `{"float":"-0.0"}`}, {atom("true"), `true`}, {latin1("false"), `false`}, {atom("nil"), `{"atom":"nil"}`}, {latin1("\xe9"), `{"atom":"é"}`},
		{bin("<&>\u2028é"), "\"<&>\\u2028é\""}, {bin("\xff"), `{"binary":"/w=="}`}, {bits(8, 'x'), `"x"`}, {bits(3, 0xff), `{"bits":"4A==","size":3}`},
		{null, `[]`}, {str("ab"), `[97,98]`}, {list(small(1), list()), `[1,[]]`}, {cells(small(2), small(1)), `{"list":[1],"tail":2}`}, {thin(2, small(2)), `2`}, {tuple(), `{"tuple":[]}`}, {large(small(1), null), `{"tuple":[1,[]]}`},
		{pairs(), `{"map":[]}`}, {pairs(atom("b"), small(1), atom("a"), small(2), float(1), null, small(2), null), `{"map":[[2,[]],[{"float":"1.0"},[]],[{"atom":"a"},2],[{"atom":"b"},1]]}`},
		{pid(foreign, 1, 2, 3), `{"pid":{"node":"a@b","id":1,"serial":2,"creation":3}}`}, {port(foreign, 1, 3), `{"port":{"node":"a@b","id":1,"creation":3}}`},
		{v4Port(foreign, math.MaxUint64, 3), `{"port":{"node":"a@b","id":{"int":"18446744073709551615"},"creation":3}}`},
		{ref(foreign, 9, 1, 2, 3), `{"reference":{"node":"a@b","creation":9,"ids":[1,2,3]}}`}, {ref(own, 0, 1), `{"reference":{"node":"nonode@nohost","creation":0,"ids":[1,0,0]}}`},
		{export(atom("lists"), atom("map"), small(2)), `{"export":{"module":"lists","function":"map","arity":2}}`},
		{fun{arity: 1, uniq: 9, index: 7, env: [][]byte{small(1)}}.bytes(), `{"fun":{"module":"lists","arity":1,"uniq":"00000000000000000000000000000009","index":7,"old_index":1,"old_uniq":2,"creator":{"pid":{"node":"a@b","id":1,"serial":2,"creation":3}},"free":[1]}}`},
	} {
		res, err := naive.Decode(ext(c.term), naive.OTP25)
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		if got := string(value(res.Term)); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestFormatFloat: floats are written as Erlang writes them.
func TestFormatFloat(t *testing.T) {
	oracle := beam.Require(t, beam.Options{})
	rng := rand.New(rand.NewPCG(7, 7))
	var values []float64
	for exp := -30; exp < 30; exp++ {
		values = append(values, math.Pow10(exp), 1.5*math.Pow10(exp), -123456789*math.Pow10(exp-8), math.Ldexp(1, 2*exp), math.Ldexp(1, 53)+float64(exp)*2)
	}
	for range 3_000 {
		if f := math.Float64frombits(rng.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			values = append(values, f, float64(rng.IntN(1<<30))/1000)
		}
	}
	var cases []beam.Case
	for _, f := range values {
		cases = append(cases, beam.Case{Payload: ext(float(f)), Want: beam.Print})
	}
	verdicts, err := oracle.Judge(cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if got := formatFloat(values[i]); got != strings.TrimSpace(v.Print) {
			t.Errorf("%s, Erlang %s", got, v.Print)
		}
	}
}
