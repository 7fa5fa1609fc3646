package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// frameMode compiles Strict with some caps set.
func frameMode(t testing.TB, set map[string]int64) *etf.Mode {
	t.Helper()
	c := etf.Strict()
	for name, v := range set {
		if !c.Limits.Set(name, v) {
			t.Fatalf("no cap %s", name)
		}
	}
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func frameReader(t testing.TB, m *etf.Mode, r io.Reader, width int) *etf.FrameReader {
	t.Helper()
	f, err := m.NewFrameReader(r, width)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// framed puts each term into a frame.
func framed(t testing.TB, width int, terms ...[]byte) []byte {
	t.Helper()
	var b []byte
	for _, term := range terms {
		var err error
		if b, err = etf.AppendFrame(b, term, width); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// binaryTerm is a term of n bytes: a binary of zeros.
func binaryTerm(n int) []byte {
	b := make([]byte, n)
	k := n - 6
	copy(b, []byte{131, 109, byte(k >> 24), byte(k >> 16), byte(k >> 8), byte(k)})
	return b
}

// wantFrameError holds an error against what it should say.
func wantFrameError(t *testing.T, err error, code etf.Code, off int64, group error) *etf.Error {
	t.Helper()
	var e *etf.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want an *etf.Error with %s", err, err, code)
	}
	if e.Code != code || e.Offset != off || e.Path.String() != "" || e.Tag != 0 {
		t.Errorf("%s at %d, tag %d, path %q; want %s at %d: %v", e.Code, e.Offset, e.Tag, e.Path, code, off, e)
	}
	if group != nil && !errors.Is(err, group) {
		t.Errorf("%v is not %v", err, group)
	}
	return e
}

var frameChunkings = map[string]func(io.Reader) io.Reader{
	"whole":    func(r io.Reader) io.Reader { return r },
	"one":      iotest.OneByteReader,
	"half":     iotest.HalfReader,
	"data+EOF": iotest.DataErrReader,
}

func TestFrameReaderRoundTrip(t *testing.T) {
	terms := [][]byte{{131, 97, 1}, {131, 106}, binaryTerm(255), {131, 104, 1, 97, 7}}
	for _, width := range []int{1, 2, 4} {
		if width > 1 {
			terms = append(terms, binaryTerm(4096), binaryTerm(4097), binaryTerm(65535), []byte{131, 106})
		}
		stream := framed(t, width, terms...)
		for name, chunk := range frameChunkings {
			f := frameReader(t, frameMode(t, nil), chunk(bytes.NewReader(stream)), width)
			off := int64(0)
			for i, want := range terms {
				got, err := f.ReadFrame()
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("width %d, %s, frame %d: %d bytes, %v", width, name, i, len(got), err)
				}
				if off += int64(width); f.TermOffset() != off {
					t.Errorf("width %d, frame %d: TermOffset %d, want %d", width, i, f.TermOffset(), off)
				}
				off += int64(len(want))
			}
			for range 2 {
				if b, err := f.ReadFrame(); b != nil || err != io.EOF {
					t.Fatalf("width %d, %s: at the end %v, %v", width, name, b, err)
				}
			}
			if f.Resume() {
				t.Error("Resume behind the end of the input")
			}
		}
	}
}

func TestFrameReaderReadTerm(t *testing.T) {
	stream := framed(t, 2, []byte{131, 104, 2, 119, 2, 'o', 'k', 97, 1}, []byte{131, 97}, []byte{131, 107, 0, 2, 'h', 'i'})
	f := frameReader(t, frameMode(t, nil), bytes.NewReader(stream), 2)
	first, err := f.ReadTerm()
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.ReadTerm()
	wantFrameError(t, err, etf.CodeTruncated, 2+9+2+2, etf.ErrTruncated)
	if _, again := f.ReadTerm(); again != err || !f.Resume() {
		t.Errorf("the failed reader answers %v", again)
	}
	last, err := f.ReadTerm()
	if err != nil || first.String() != "{ok,1}" || last.String() != `"hi"` {
		t.Errorf("%v and %v, %v", first, last, err)
	}
	if _, err := f.ReadTerm(); err != io.EOF {
		t.Errorf("at the end %v", err)
	}
}

// TestFrameReaderTruncated cuts a stream of two frames everywhere.
func TestFrameReaderTruncated(t *testing.T) {
	term := binaryTerm(20)
	for _, width := range []int{1, 2, 4} {
		stream := framed(t, width, term, term)
		for n := range len(stream) {
			for name, chunk := range frameChunkings {
				f := frameReader(t, frameMode(t, nil), chunk(bytes.NewReader(stream[:n])), width)
				frames, err := 0, error(nil)
				for err == nil {
					if _, err = f.ReadFrame(); err == nil {
						frames++
					}
				}
				if want := n / (width + 20); frames != want {
					t.Errorf("width %d, %d bytes, %s: %d frames", width, n, name, frames)
				}
				if n%(width+20) == 0 {
					if err != io.EOF {
						t.Errorf("width %d, %d bytes, %s: %v between frames", width, n, name, err)
					}
					continue
				}
				wantFrameError(t, err, etf.CodeTruncated, int64(n), etf.ErrTruncated)
				if _, again := f.ReadFrame(); again != err || f.Resume() {
					t.Errorf("width %d, %d bytes: the failed reader answers %v", width, n, again)
				}
			}
		}
	}
}

func TestFrameReaderLimits(t *testing.T) {
	two := framed(t, 4, binaryTerm(100), binaryTerm(100))
	tests := []struct {
		cap   string
		exact int64
		code  etf.Code
		off   int64 // one below exact
		got   int64
	}{
		{"MaxBytes", 100, etf.CodeLimitBytes, 4, 100},
		{"MaxBuffered", 100, etf.CodeLimitBuffered, 4, 100},
		{"MaxStreamBytes", 208, etf.CodeLimitStreamBytes, 108, 208},
	}
	for _, tt := range tests {
		for name, chunk := range frameChunkings {
			f := frameReader(t, frameMode(t, map[string]int64{tt.cap: tt.exact}), chunk(bytes.NewReader(two)), 4)
			for i := range 2 {
				if _, err := f.ReadFrame(); err != nil {
					t.Errorf("%s exactly, frame %d, %s: %v", tt.cap, i, name, err)
				}
			}
			if _, err := f.ReadFrame(); err != io.EOF {
				t.Errorf("%s exactly, at the end, %s: %v", tt.cap, name, err)
			}
			f = frameReader(t, frameMode(t, map[string]int64{tt.cap: tt.exact - 1}), chunk(bytes.NewReader(two)), 4)
			_, err := f.ReadFrame()
			if tt.cap == "MaxStreamBytes" && err == nil {
				_, err = f.ReadFrame()
			}
			e := wantFrameError(t, err, tt.code, tt.off, etf.ErrLimit)
			if want := (limits.Error{Name: tt.cap, Max: tt.exact - 1, Got: tt.got}); *e.Limit != want {
				t.Errorf("%v, want %v", *e.Limit, want)
			}
			if _, again := f.ReadFrame(); again != err || f.Resume() {
				t.Errorf("%s: the failed reader answers %v", tt.cap, again)
			}
		}
	}
}

// TestFrameReaderLimitOrder breaks several caps with one length.
func TestFrameReaderLimitOrder(t *testing.T) {
	stream := framed(t, 1, binaryTerm(100))
	caps := map[string]int64{"MaxBytes": 50, "MaxBuffered": 50, "MaxStreamBytes": 50}
	for _, want := range []string{"MaxBytes", "MaxBuffered", "MaxStreamBytes"} {
		_, err := frameReader(t, frameMode(t, caps), bytes.NewReader(stream), 1).ReadFrame()
		var limit *limits.Error
		if !errors.As(err, &limit) || limit.Name != want {
			t.Errorf("%v, want %s", err, want)
		}
		caps[want] = limits.NoLimit
	}
}

func TestFrameReaderNoneAllowsNothing(t *testing.T) {
	for _, name := range []string{"MaxBytes", "MaxBuffered", "MaxStreamBytes"} {
		m := frameMode(t, map[string]int64{name: limits.None})
		_, err := frameReader(t, m, bytes.NewReader([]byte{2, 131, 106}), 1).ReadFrame()
		var limit *limits.Error
		if !errors.As(err, &limit) || limit.Name != name || limit.Max != 0 {
			t.Errorf("%s is None: %v", name, err)
		}
		if _, err := frameReader(t, m, strings.NewReader(""), 1).ReadFrame(); err != io.EOF {
			t.Errorf("%s is None, no input: %v", name, err)
		}
	}
}

// TestFrameReaderStreamCapInLength lets the cap end between two frames and
// within the second's length.
func TestFrameReaderStreamCapInLength(t *testing.T) {
	one := framed(t, 4, []byte{131, 106})
	for maxStream := int64(6); maxStream < 10; maxStream++ {
		m := frameMode(t, map[string]int64{"MaxStreamBytes": maxStream})
		r := bytes.NewReader(append(one, one...))
		f := frameReader(t, m, r, 4)
		if _, err := f.ReadFrame(); err != nil {
			t.Fatal(err)
		}
		_, err := f.ReadFrame()
		e := wantFrameError(t, err, etf.CodeLimitStreamBytes, 6, etf.ErrLimit)
		if e.Limit.Got != 10 || r.Len() != 5 {
			t.Errorf("cap %d: got %d, %d bytes left unread", maxStream, e.Limit.Got, r.Len())
		}
		f.Reset(bytes.NewReader(one))
		if _, err := f.ReadFrame(); err != nil {
			t.Error(err)
		}
		if _, err := f.ReadFrame(); err != io.EOF {
			t.Errorf("cap %d: %v at the end of the input", maxStream, err)
		}
		f.Reset(iotest.ErrReader(io.ErrClosedPipe))
		if _, err := f.ReadFrame(); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	}
}

func TestFrameReaderWidth(t *testing.T) {
	m := frameMode(t, nil)
	for _, width := range []int{-1, 0, 3, 5, 8} {
		if f, err := m.NewFrameReader(strings.NewReader(""), width); f != nil || err == nil ||
			!strings.Contains(err.Error(), fmt.Sprint(width)) {
			t.Errorf("width %d: %v, %v", width, f, err)
		}
	}
}
