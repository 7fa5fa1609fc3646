package plain

import (
	"reflect"
	"testing"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/etf"
)

func TestValue(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		in   []byte
		want any // nil if there is no equivalent
	}{
		{build.Int(7), int64(7)},
		{build.Float(1.5), 1.5},
		{build.Bin("text"), "text"},
		{build.Bin("\xff"), []byte{0xff}},
		{build.Atom("ok"), "ok"},
		{build.List(build.Int(1), build.Atom("nil"), build.Nil()), []any{int64(1), nil, []any{}}},
		{build.Tuple(build.Atom("true"), build.Atom("false")), []any{true, false}},
		{build.Map(build.Atom("a"), build.Int(1), build.Bin("b"), build.Int(2)), map[string]any{"a": int64(1), "b": int64(2)}},
		{build.Map(build.Int(1), build.Int(1)), nil},
		{build.Cat(build.ListHead(1), build.Int(1), build.Int(2)), nil},
	} {
		term, err := m.Decode(build.Term(test.in))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Value(term)
		if (err == nil) != (test.want != nil) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: %#v, %v; want %#v", term, got, err, test.want)
		}
	}
}
