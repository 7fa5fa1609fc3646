package packet

import (
	"bytes"
	"io"
	"math"
	"testing"
)

// TestServe goes through every kind of answer.
func TestServe(t *testing.T) {
	answers := map[string]Answer{
		"":    {},
		"a":   {Accept: true, Used: 1, Value: []byte("[]")},
		"bc":  {Accept: true, Used: -1},
		"def": {Accept: false, Used: 3, Value: []byte("x")},
		"g":   {Accept: true, Used: math.MaxInt},
	}
	in := "\x00\x00\x00\x00" + "\x00\x00\x00\x01a" + "\x00\x00\x00\x02bc" + "\x00\x00\x00\x03def" + "\x00\x00\x00\x01g"
	want := "\x00\x00\x00\x01\x00" + "\x00\x00\x00\x07\x01\x00\x00\x00\x01[]" + "\x00\x00\x00\x05\x01\xff\xff\xff\xff" + "\x00\x00\x00\x01\x00"
	if math.MaxInt > math.MaxUint32 {
		want += "\x00\x00\x00\x05\x01\xff\xff\xff\xfe"
	} else {
		want += "\x00\x00\x00\x05\x01\x7f\xff\xff\xff"
	}
	var out bytes.Buffer
	decode := func(b []byte) Answer { return answers[string(b)] }
	if err := Serve(bytes.NewBufferString(in), &out, decode); err != nil || out.String() != want {
		t.Errorf("%q, %v; want %q", out.String(), err, want)
	}
	for _, cut := range []string{"\x00\x00", "\x00\x00\x00\x02a"} {
		if err := Serve(bytes.NewBufferString(cut), io.Discard, decode); err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v", cut, err)
		}
	}
}
