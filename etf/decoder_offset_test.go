package etf_test

import (
	"bytes"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
)

// TestTokenOffset: of two terms in a stream, from a slice and byte by byte.
func TestTokenOffset(t *testing.T) {
	term := []byte{131, 104, 3, 97, 7, 108, 0, 0, 0, 2, 109, 0, 0, 0, 1, 'x', 119, 2, 'o', 'k', 106, 107, 0, 2, 1, 2}
	want := []int64{1, 3, 5, 10, 16, 20, 21} // and those of the elements, within the STRING_EXT
	mode, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	stream := bytes.Repeat(term, 2)
	d := mode.NewDecoder(iotest.OneByteReader(bytes.NewReader(stream)))
	defer d.Close()
	for n := range 2 {
		start := int64(n * len(term))
		for i := 0; i == 0 || !d.AtTermEnd(); i++ {
			if _, err := d.ReadToken(); err != nil {
				t.Fatal(err)
			}
			off := d.TokenOffset() - start
			if i < len(want) && off != want[i] || off > int64(len(term)) || i >= len(want) && off < want[len(want)-1] {
				t.Errorf("term %d, token %d: at %d", n, i, off)
			}
		}
	}
}

// TestInputOffsetBehindPeek: a token that was peeked at is not read, wherever it is from,
// even if it is all of the term.
func TestInputOffsetBehindPeek(t *testing.T) {
	m := compile(t, etf.OTP())
	for _, term := range [][]byte{small(7), bin("payload"), atom("a"), tuple(), str("ab"), float(1)} {
		in := append(ext(small(1)), ext(term)...)
		for name, d := range map[string]*etf.Decoder{
			"slice": m.NewDecoderBytes(in), "reader": m.NewDecoder(bytes.NewReader(in)), "bytes": m.NewDecoder(iotest.OneByteReader(bytes.NewReader(in))),
		} {
			if err := d.SkipValue(); err != nil || d.InputOffset() != 3 {
				t.Fatal(name, err, d.InputOffset())
			}
			if d.PeekKind(); d.InputOffset() != 3 {
				t.Errorf("%s, %x: at %d behind a peek", name, term, d.InputOffset())
			}
			if err := d.SkipValue(); err != nil || !d.AtTermEnd() || d.InputOffset() != int64(len(in)) {
				t.Errorf("%s, %x: at %d behind all, %v", name, term, d.InputOffset(), err)
			}
			d.Close()
		}
	}
}
