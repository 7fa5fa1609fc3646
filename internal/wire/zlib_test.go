package wire

import (
	"bytes"
	"compress/flate"
	"hash/adler32"
	"math/rand/v2"
	"testing"
)

// deflated is a raw stream of b.
func deflated(t *testing.T, b []byte, level int) []byte {
	t.Helper()
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

// TestNextTermLetsGo: a decoder that lives as long as its connection does not keep what one
// term was inflated into.
func TestNextTermLetsGo(t *testing.T) {
	for _, tc := range []struct{ made, kept int }{{inflatedMax, inflatedMax}, {inflatedMax + 1, 0}} {
		in := &Input{p: program(0), r: bytes.NewReader(nil), spare: &inflater{out: make([]byte, tc.made)}}
		in.m.done = true
		if in.NextTerm(); cap(in.spare.out) != tc.kept {
			t.Errorf("%d of %d bytes kept", cap(in.spare.out), tc.made)
		}
	}
}

// TestDrain: what is behind a complete term is inflated wherever there is room, as far
// back as it may repeat, and the bytes of the term stay where they are.
func TestDrain(t *testing.T) {
	far := make([]byte, 100_000) // of which all is where it was a window before
	rand.NewChaCha8([32]byte{}).Read(far[:32<<10])
	for i := 32 << 10; i < len(far); i++ {
		far[i] = far[i-32<<10]
	}
	for _, tc := range []struct {
		data []byte
		term int
		room []int // behind the bytes of the term
	}{
		{bytes.Repeat([]byte("abc"), 50), 100, []int{0, 1, 49, 50, 51, 52, 100}},
		{far, 40_000, []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 60_000, 60_001, 70_000}},
		{far, 10, []int{0, 1, 40_000, 99_990, 99_991}},
	} {
		for _, level := range []int{flate.NoCompression, flate.BestCompression} {
			for _, room := range tc.room {
				in := &Input{p: program(0), raw: deflated(t, tc.data, level)}
				z := &inflater{in: in, size: int64(len(tc.data)), sum: 1, out: make([]byte, 0, tc.term)}
				in.z = z
				if !z.pull(z.out[:tc.term]) {
					t.Fatalf("%d bytes of the term: %+v", tc.term, in.failure)
				}
				z.out = append(make([]byte, 0, tc.term+room), z.out...)
				out := z.out
				if !z.drain() || !z.eof || z.made != z.size || uint32(z.sum) != adler32.Checksum(tc.data) {
					t.Errorf("%d bytes, room for %d: %d of %d made, %+v", tc.term, room, z.made, z.size, in.failure)
				}
				if len(z.out) != len(out) || &z.out[0] != &out[0] || !bytes.Equal(z.out, tc.data[:tc.term]) {
					t.Errorf("%d bytes, room for %d: the term has moved or changed", tc.term, room)
				}
			}
		}
	}
}
