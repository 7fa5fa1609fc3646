package etf_test

import (
	"encoding"
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

type (
	byteText   uint8
	byteBinary uint8
	byteETF    uint8
)

func (l byteText) MarshalText() ([]byte, error)      { return []byte{'a' + byte(l)}, nil }
func (l *byteBinary) UnmarshalBinary(b []byte) error { *l = byteBinary(len(b)); return nil }
func (l byteBinary) MarshalBinary() ([]byte, error)  { return make([]byte, l), nil }
func (l byteETF) MarshalETF() ([]byte, error)        { return etf.AppendInt([]byte{131}, int64(l)+1), nil }

var _ encoding.BinaryUnmarshaler = (*byteBinary)(nil)

// TestBytesWithHooks: bytes whose type has a method in either direction are
// written and read one by one.
func TestBytesWithHooks(t *testing.T) {
	m := compile(t, etf.Default())
	for _, c := range []struct {
		v    any
		want []byte
	}{
		{[]byteText{1, 2}, ext(list(bin("b"), bin("c")))},
		{[2]byteText{1, 2}, ext(list(bin("b"), bin("c")))},
		{[]byteETF{1, 2}, ext(list(small(2), small(3)))},
		{[2]byteETF{1, 2}, ext(list(small(2), small(3)))},
		{[]byteBinary{1, 2}, ext(list(bin("\x00"), bin("\x00\x00")))},
	} {
		got, err := etf.Marshal(c.v)
		if a, errA := m.Decode(got); err != nil || errA != nil {
			t.Errorf("%T: %v, %v", c.v, err, errA)
		} else if b, errB := m.Decode(c.want); errB != nil || etf.Compare(a, b) != 0 {
			t.Errorf("%T: %x, want %x", c.v, got, c.want)
		}
	}
	var back []byteBinary
	if err := etf.Unmarshal(ext(list(bin("x"), bin("yy"))), &back); err != nil || !slices.Equal(back, []byteBinary{1, 2}) {
		t.Error(back, err)
	}
}
