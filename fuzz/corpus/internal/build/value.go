package build

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beamgate/beamgate/fuzz/naive"
)

// value writes a term as tagged JSON, which says of each term all that the format
// does, whatever the encoding it came in:
//
//	integer      a number up to 2^53-1 either way, else {"int":"decimal"}
//	float        {"float":"1.0"}, as Erlang prints it
//	atom         true, false, else {"atom":"name"}
//	binary       a string if it is UTF-8, else {"binary":"base64"}
//	bitstring    {"bits":"base64","size":bits}
//	list         an array; improper {"list":[…],"tail":…}
//	tuple        {"tuple":[…]}
//	map          {"map":[[key,value],…]}, keys in Erlang's order
//	pid          {"pid":{"node":…,"id":…,"serial":…,"creation":…}}
//	port         {"port":{"node":…,"id":…,"creation":…}}, id as an integer
//	reference    {"reference":{"node":…,"creation":…,"ids":[…]}}
//	export       {"export":{"module":…,"function":…,"arity":…}}
//	fun          {"fun":{"module":…,"arity":…,"uniq":"hex","index":…,"old_index":…,
//	             "old_uniq":…,"creator":{"pid":…},"free":[…]}}
func value(t *naive.Term) json.RawMessage { return appendValue(nil, t) }

func appendValue(b []byte, t *naive.Term) []byte {
	switch t.Kind {
	case naive.Int:
		return appendInt(b, t.Int)
	case naive.Float:
		return tagged(b, "float", quote(nil, formatFloat(t.Float)))
	case naive.Atom:
		if t.Atom == "true" || t.Atom == "false" {
			return append(b, t.Atom...)
		}
		return tagged(b, "atom", quote(nil, t.Atom))
	case naive.Bits:
		return appendBits(b, t)
	case naive.Nil:
		return append(b, "[]"...)
	case naive.List:
		if t.Tail == nil {
			return appendArray(b, t.Elems)
		}
		b = appendArray(append(b, `{"list":`...), t.Elems)
		return append(appendValue(append(b, `,"tail":`...), t.Tail), '}')
	case naive.Tuple:
		return append(appendArray(append(b, `{"tuple":`...), t.Elems), '}')
	case naive.Map:
		return appendMap(b, t)
	case naive.Fun:
		return appendFun(b, t)
	}
	return appendName(b, t)
}

func tagged(b []byte, name string, content []byte) []byte {
	b = append(append(append(b, `{"`...), name...), `":`...)
	return append(append(b, content...), '}')
}

// quote writes a JSON string, with nothing escaped that need not be.
func quote(b []byte, s string) []byte {
	var w strings.Builder
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string
	}
	return append(b, strings.TrimSuffix(w.String(), "\n")...)
}

var maxNumber = big.NewInt(1<<53 - 1)

func appendInt(b []byte, v *big.Int) []byte {
	if v.CmpAbs(maxNumber) <= 0 {
		return v.Append(b, 10)
	}
	return tagged(b, "int", quote(nil, v.String()))
}

func appendBits(b []byte, t *naive.Term) []byte {
	data := base64.StdEncoding.EncodeToString(t.Bytes)
	switch {
	case t.BitSize%8 != 0:
		b = append(append(b, `{"bits":"`...), data...)
		return append(strconv.AppendInt(append(b, `","size":`...), int64(t.BitSize), 10), '}')
	case utf8.Valid(t.Bytes):
		return quote(b, string(t.Bytes))
	}
	return tagged(b, "binary", quote(nil, data))
}

func appendArray(b []byte, elems []*naive.Term) []byte {
	b = append(b, '[')
	for i, e := range elems {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, e)
	}
	return append(b, ']')
}

func appendMap(b []byte, t *naive.Term) []byte {
	b = append(b, `{"map":[`...)
	for i, pair := range t.Pairs() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendArray(b, pair[:])
	}
	return append(b, "]}"...)
}

// appendName writes what is known by a name: ids and exports.
func appendName(b []byte, t *naive.Term) []byte {
	var content any
	switch t.Kind {
	case naive.Pid:
		content = struct {
			Node     string `json:"node"`
			ID       uint64 `json:"id"`
			Serial   uint32 `json:"serial"`
			Creation uint32 `json:"creation"`
		}{t.ID.Node, t.ID.Num, t.ID.Serial, t.ID.Creation}
	case naive.Port:
		content = struct {
			Node     string          `json:"node"`
			ID       json.RawMessage `json:"id"`
			Creation uint32          `json:"creation"`
		}{t.ID.Node, appendInt(nil, new(big.Int).SetUint64(t.ID.Num)), t.ID.Creation}
	case naive.Ref:
		content = struct {
			Node     string   `json:"node"`
			Creation uint32   `json:"creation"`
			IDs      []uint32 `json:"ids"`
		}{t.ID.Node, t.ID.Creation, t.ID.Words}
	case naive.Export:
		content = struct {
			Module   string `json:"module"`
			Function string `json:"function"`
			Arity    int    `json:"arity"`
		}{t.Fun.Module, t.Fun.Function, t.Fun.Arity}
	}
	return tagged(b, nameOf(t.Kind), marshal(content))
}

func nameOf(k naive.Kind) string {
	if k == naive.Ref {
		return "reference"
	}
	return k.String()
}

func marshal(v any) []byte {
	var w strings.Builder
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // structs of strings and numbers
	}
	return []byte(strings.TrimSuffix(w.String(), "\n"))
}

func appendFun(b []byte, t *naive.Term) []byte {
	f := t.Fun
	return tagged(b, "fun", marshal(struct {
		Module   string          `json:"module"`
		Arity    int             `json:"arity"`
		Uniq     string          `json:"uniq"`
		Index    uint32          `json:"index"`
		OldIndex int32           `json:"old_index"`
		OldUniq  int32           `json:"old_uniq"`
		Creator  json.RawMessage `json:"creator"`
		Free     json.RawMessage `json:"free"`
	}{f.Module, f.Arity, hex.EncodeToString(f.Uniq[:]), f.Index, f.OldIndex, f.OldUniq, value(f.Creator), appendArray(nil, t.Elems)}))
}

// formatFloat writes a float as Erlang does: the shortest digits that read back
// as the same number, with an exponent where that is shorter or the number no
// longer tells all integers apart.
func formatFloat(f float64) string {
	digits := strconv.FormatFloat(f, 'e', -1, 64)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	mantissa, exponent, _ := strings.Cut(digits, "e")
	exp, err := strconv.Atoi(exponent)
	if err != nil {
		panic(err) // a finite float
	}
	plain := strconv.FormatFloat(f, 'f', -1, 64)
	plain = strings.TrimPrefix(plain, "-")
	if !strings.Contains(plain, ".") {
		plain += ".0"
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	scientific := mantissa + "e" + strconv.Itoa(exp)
	if f >= 1<<53 || f <= -1<<53 || len(plain) > len(scientific) {
		return sign + scientific
	}
	return sign + plain
}
