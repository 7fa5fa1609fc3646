package etf_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
)

// FuzzFrameReader holds the reader, however its input comes in pieces, against
// a split of the whole stream.
func FuzzFrameReader(f *testing.F) {
	f.Add([]byte{2, 131, 106, 3, 131, 97, 1}, uint8(0))
	f.Add([]byte{0, 0, 0, 2, 131, 106, 0, 0, 0, 0}, uint8(2))
	m := frameMode(f, map[string]int64{"MaxBytes": 300})
	f.Fuzz(func(t *testing.T, stream []byte, w uint8) {
		width := []int{1, 2, 4}[w%3]
		r := frameReader(t, m, iotest.OneByteReader(bytes.NewReader(stream)), width)
		for rest := stream; ; {
			got, err := r.ReadFrame()
			if len(rest) == 0 {
				if err != io.EOF {
					t.Fatal(err)
				}
				return
			}
			want, left, wantErr := splitFrame(m, rest, width)
			if frameCode(err) != frameCode(wantErr) || err == nil && !bytes.Equal(got, want) {
				t.Fatalf("%x: %v, want %v", rest, err, wantErr)
			}
			if err != nil && r.Resume() != (left != nil) {
				t.Fatalf("%x: Resume after %v", rest, err)
			}
			if rest = left; rest == nil {
				return
			}
		}
	})
}

// splitFrame is the naive reader: left is nil if there is no way on.
func splitFrame(m *etf.Mode, b []byte, width int) (term, left []byte, err error) {
	if len(b) < width {
		return nil, nil, &etf.Error{Code: etf.CodeTruncated}
	}
	n := 0
	for _, c := range b[:width] {
		n = n<<8 | int(c)
	}
	switch b = b[width:]; {
	case n > 300:
		return nil, nil, &etf.Error{Code: etf.CodeLimitBytes}
	case n > len(b):
		return nil, nil, &etf.Error{Code: etf.CodeTruncated}
	}
	return b[:n], b[n:], m.Validate(b[:n])
}

func frameCode(err error) etf.Code {
	var e *etf.Error
	errors.As(err, &e)
	if e == nil {
		return ""
	}
	return e.Code
}
