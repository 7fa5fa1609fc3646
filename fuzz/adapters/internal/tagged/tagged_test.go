package tagged

import (
	"math"
	"math/big"
	"testing"

	"github.com/beamgate/beamgate/fuzz/conformance/harness"
)

// TestEncode: what is written is what the harness reads.
func TestEncode(t *testing.T) {
	huge, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	for _, tc := range []struct {
		value any
		want  string
	}{
		{Int64(5), `5`}, {Int64(math.MinInt64), `{"int":"-9223372036854775808"}`}, {Int(huge), `{"int":"-123456789012345678901234567890"}`},
		{Int(big.NewInt(7)), `7`}, {Float(1), `{"float":"1.0"}`}, {Float(math.Copysign(0, -1)), `{"float":"-0.0"}`}, {Float(1e22), `{"float":"1.0e22"}`},
		{Atom("true"), `true`}, {Atom("false"), `false`}, {Atom("<a>"), `{"atom":"<a>"}`},
		{Binary([]byte("é")), `"é"`}, {Binary([]byte{255}), `{"binary":"/w=="}`}, {Bits([]byte{128}, 1), `{"bits":"gA==","size":1}`}, {Bits([]byte("a"), 8), `"a"`},
		{Bytes("a\xff"), `[97,255]`}, {[]any{}, `[]`}, {Improper([]any{1}, 2), `{"list":[1],"tail":2}`}, {Tuple([]any{}), `{"tuple":[]}`},
		{Map(nil), `{"map":[]}`}, {Map([][2]any{{1, 2}}), `{"map":[[1,2]]}`},
		{Pid("a@b", 1, 2, 3), `{"pid":{"node":"a@b","id":1,"serial":2,"creation":3}}`},
		{Port("a@b", 1, 3), `{"port":{"node":"a@b","id":1,"creation":3}}`},
		{Reference("a@b", 3, []uint32{1, 2}), `{"reference":{"node":"a@b","creation":3,"ids":[1,2]}}`},
		{Export("m", "f", 2), `{"export":{"module":"m","function":"f","arity":2}}`},
	} {
		got := Encode(tc.value)
		if same, err := harness.SameValue([]byte(tc.want), got); !same || err != nil {
			t.Errorf("%s, want %s: %v", got, tc.want, err)
		}
	}
}
