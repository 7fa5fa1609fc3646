package etf

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrFrameSize is what errors.Is finds where a term cannot be framed: it has no
// bytes, or more than the length in front of it can say. For {packet,4} that is
// 2³¹−5, the most that a BEAM takes.
var ErrFrameSize = errors.New("etf: term does not fit a frame")

// frameMax is the longest term for each width.
var frameMax = [...]int64{1: math.MaxUint8, 2: math.MaxUint16, 4: math.MaxInt32 - 4}

// AppendFrame appends term to dst as one frame of {packet,1}, {packet,2} or
// {packet,4}: its length in width bytes, then its bytes, which are not looked
// at. With an error, [ErrFrameSize] or a wrong width, dst is returned as it was.
func AppendFrame(dst, term []byte, width int) ([]byte, error) {
	if err := checkFrame(int64(len(term)), width); err != nil {
		return dst, err
	}
	for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(len(term)>>shift))
	}
	return append(dst, term...), nil
}

func checkFrame(n int64, width int) error {
	if err := checkWidth(width); err != nil {
		return err
	}
	if n == 0 || n > frameMax[width] {
		return fmt.Errorf("%w of {packet,%d}: %d bytes, 1 to %d do", ErrFrameSize, width, n, frameMax[width])
	}
	return nil
}

// FrameWriter writes frames for the other end of a [FrameReader], an Erlang
// port or a socket with the option {packet,N}.
//
// It is for one goroutine, and buffers nothing between calls.
type FrameWriter struct {
	w     io.Writer
	width int
	buf   []byte
	err   error
}

// NewFrameWriter returns a FrameWriter to w with lengths of width bytes: 1, 2 or
// 4. Other widths are the only error.
func NewFrameWriter(w io.Writer, width int) (*FrameWriter, error) {
	if err := checkWidth(width); err != nil {
		return nil, err
	}
	return &FrameWriter{w: w, width: width}, nil
}

// WriteFrame writes term as one frame with one call of Write: one system call,
// and one packet where it fits. The term is copied for that, and not looked at;
// it may be changed afterwards.
//
// With [ErrFrameSize] nothing was written and the writer may be used on. An
// error of the underlying writer may have left a part of a frame behind, so
// every later call returns it too.
func (f *FrameWriter) WriteFrame(term []byte) error {
	if f.err != nil {
		return f.err
	}
	if cap(f.buf) > frameKeep && len(term) < cap(f.buf)/4 {
		f.buf = nil
	}
	b, err := AppendFrame(f.buf[:0], term, f.width)
	if err != nil {
		return err
	}
	f.buf = b
	n, err := f.w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	f.err = err
	return err
}
