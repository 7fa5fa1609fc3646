package corpus

import (
	"bytes"
	"compress/zlib"
	"io"
	"testing"
)

func inflate(t *testing.T, stream []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r) // checks the checksum
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAppendZlib: the streams defined here are zlib's, for runs of every length
// around those where the codes change.
func TestAppendZlib(t *testing.T) {
	var all []byte
	for n := range 600 {
		data := append(bytes.Repeat([]byte{byte(n)}, n), 'x', byte(n*7))
		if got := inflate(t, AppendZlib(nil, data)); !bytes.Equal(got, data) {
			t.Fatalf("a run of %d: %d bytes came back", n, len(got))
		}
		all = append(all, data...)
	}
	stream := AppendZlib([]byte("front"), all)
	if got := inflate(t, stream[5:]); !bytes.Equal(got, all) || string(stream[:5]) != "front" {
		t.Error("all runs at once")
	}
	if got := inflate(t, AppendZlib(nil, nil)); len(got) != 0 {
		t.Errorf("nothing became %x", got)
	}
	zeros := AppendZlib(nil, make([]byte, 1<<20))
	if ratio := 1 << 20 / len(zeros); ratio < 150 {
		t.Errorf("a run shrinks by %d only", ratio)
	}
}

func TestExpand(t *testing.T) {
	size := int64(7)
	for _, c := range []struct {
		name string
		part Part
		want string
	}{
		{"hex", Part{Hex: "83616a"}, "\x83aj"},
		{"repeat", Part{Repeat: &Repeat{"6a61", 3}}, "jajaja"},
		{"nest", Part{Nest: &Nest{"6801", 2, "6a", "61"}}, "h\x01h\x01jaa"},
		{"digits", Part{Count: &Count{Before: "77", Times: 11, Digits: 2}}, "w00w01w02w03w04w05w06w07w08w09w10"},
		{"bytes", Part{Count: &Count{Before: "62", Times: 2, Bytes: 4, After: "6a"}}, "b\x00\x00\x00\x00jb\x00\x00\x00\x01j"},
		{"zlib", Part{Zlib: &Zlib{Of: []Part{{Hex: "6a"}}}}, "\x00\x00\x00\x01" + string(AppendZlib(nil, []byte("j")))},
		{"lying zlib", Part{Zlib: &Zlib{Of: []Part{{Hex: "6a"}}, Size: &size}}, "\x00\x00\x00\x07" + string(AppendZlib(nil, []byte("j")))},
	} {
		r := Recipe{Parts: []Part{c.part, {Hex: "21"}}}
		got, err := r.Expand()
		if err != nil || string(got) != c.want+"!" {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want+"!")
		}
	}
	for _, bad := range []Part{
		{Hex: "8"}, {Repeat: &Repeat{"6a", -1}}, {Nest: &Nest{"6a", 1, "zz", ""}}, {Count: &Count{Times: 1}},
		{Count: &Count{Before: "x", Times: 1, Bytes: 1}}, {Count: &Count{Times: 1, Bytes: 9}},
		{Count: &Count{Times: 1, Bytes: 1, After: "x"}}, {Zlib: &Zlib{Of: []Part{{Hex: "x"}}}},
	} {
		if b, err := (&Recipe{Parts: []Part{bad}}).Expand(); err == nil {
			t.Errorf("%+v: no error, %x", bad, b)
		}
	}
}
