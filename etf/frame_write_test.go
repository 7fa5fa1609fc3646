package etf_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

func TestAppendFrame(t *testing.T) {
	tests := []struct {
		width, n int
		head     string
	}{
		{1, 1, "\x01"}, {1, 255, "\xff"}, {2, 1, "\x00\x01"}, {2, 256, "\x01\x00"}, {2, 65535, "\xff\xff"},
		{4, 1, "\x00\x00\x00\x01"}, {4, 65536, "\x00\x01\x00\x00"}, {4, 0x1020304, "\x01\x02\x03\x04"},
	}
	for _, tt := range tests {
		term := bytes.Repeat([]byte{7}, tt.n)
		b, err := etf.AppendFrame([]byte("before"), term, tt.width)
		if want := "before" + tt.head + string(term); err != nil || string(b) != want {
			t.Errorf("width %d, %d bytes: %d bytes, %v", tt.width, tt.n, len(b), err)
		}
	}
}

func TestAppendFrameRefuses(t *testing.T) {
	for _, tt := range []struct{ width, n int }{{1, 256}, {2, 65536}, {1, 0}, {2, 0}, {4, 0}} {
		b, err := etf.AppendFrame([]byte("dst"), make([]byte, tt.n), tt.width)
		if !errors.Is(err, etf.ErrFrameSize) || string(b) != "dst" {
			t.Errorf("width %d, %d bytes: %q, %v", tt.width, tt.n, b, err)
		}
	}
	for _, width := range []int{-1, 0, 3, 8} {
		b, err := etf.AppendFrame([]byte("dst"), []byte{131, 106}, width)
		if err == nil || errors.Is(err, etf.ErrFrameSize) || string(b) != "dst" {
			t.Errorf("width %d: %q, %v", width, b, err)
		}
		if w, err := etf.NewFrameWriter(io.Discard, width); w != nil || err == nil {
			t.Errorf("width %d: %v, %v", width, w, err)
		}
	}
}

// frameWrites notes the arguments of Write.
type frameWrites struct {
	got   []string
	short int
	err   error
}

func (w *frameWrites) Write(b []byte) (int, error) {
	w.got = append(w.got, string(b))
	return len(b) - w.short, w.err
}

func frameWriter(t *testing.T, w io.Writer, width int) *etf.FrameWriter {
	t.Helper()
	f, err := etf.NewFrameWriter(w, width)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFrameWriterWritesOnce(t *testing.T) {
	var w frameWrites
	f := frameWriter(t, &w, 2)
	big := strings.Repeat("x", 65535)
	for _, term := range []string{"ab", big, "c"} {
		if err := f.WriteFrame([]byte(term)); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.got) != 3 || w.got[0] != "\x00\x02ab" || w.got[1] != "\xff\xff"+big || w.got[2] != "\x00\x01c" {
		t.Errorf("%d writes", len(w.got))
	}
	if err := f.WriteFrame(make([]byte, 65536)); !errors.Is(err, etf.ErrFrameSize) || len(w.got) != 3 {
		t.Errorf("over-long: %v, %d writes", err, len(w.got))
	}
	if err := f.WriteFrame([]byte("d")); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestFrameWriterStaysFailed(t *testing.T) {
	for _, tt := range []struct {
		w    frameWrites
		want error
	}{{frameWrites{err: io.ErrClosedPipe}, io.ErrClosedPipe}, {frameWrites{short: 1}, io.ErrShortWrite}} {
		w := tt.w
		f := frameWriter(t, &w, 4)
		for range 2 {
			if err := f.WriteFrame([]byte("a")); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		}
		if len(w.got) != 1 {
			t.Errorf("%d writes, the second behind a part of a frame", len(w.got))
		}
	}
}

func TestFrameWriterAllocatesNothing(t *testing.T) {
	f := frameWriter(t, io.Discard, 4)
	term := binaryTerm(100 << 10)
	if n := testing.AllocsPerRun(20, func() { f.WriteFrame(term) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
