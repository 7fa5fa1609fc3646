package etf

// NOTE. A frame of {packet,N} is a length of N bytes, big-endian, and the term.
// What may go wrong depends on where:
//
//	├ length ┼ 131, … as many bytes ┼ length ┼ …
//	↑        ↑                      ↑
//	start    term                   start of the next frame
//
//	at start      io.EOF, no error
//	in a length   truncated, limit_stream_bytes, read            final
//	at term       limit_bytes, limit_buffered, limit_stream_…    final
//	in a term     truncated, read                                final
//	a whole term  whatever Mode.Validate says                    Resume
//
// After the last kind the place of the next frame is known, so that a server can
// refuse one message and answer the next; after the others it is not.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

const (
	frameChunk = 4 << 10  // a buffer starts with so much, whatever a frame claims
	frameKeep  = 64 << 10 // a larger buffer is dropped for frames below a quarter of it
)

var (
	errFrameWidth = errors.New("etf: the length of a frame has 1, 2 or 4 bytes")
	errFrameRead  = errors.New("reader returned an invalid count")
)

func checkWidth(width int) error {
	if width != 1 && width != 2 && width != 4 {
		return fmt.Errorf("%w, not %d", errFrameWidth, width)
	}
	return nil
}

// FrameReader reads the messages of an Erlang port or of a gen_tcp socket with
// the option {packet,1}, {packet,2} or {packet,4}: each one term with its length
// in front of it.
//
// The length is checked against the caps before anything is kept for it, and
// the buffer then grows with what arrives, never with what is claimed: it has at
// most twice the bytes received of a frame, and 4 KiB at least.
//
// A FrameReader takes from its reader the bytes of the frames it returns and no
// more, so that another may go on with the reader behind a frame. Where frames
// are small, put a bufio.Reader in between.
//
// After an error every method returns that error; see [FrameReader.Resume] for
// the one way on. A FrameReader is for one goroutine.
type FrameReader struct {
	m     *Mode
	r     io.Reader
	width int
	caps  limits.Limits

	head  [4]byte // here, since an array on the stack would escape through r
	buf   []byte
	start int64 // offset in the stream of the next frame
	term  int64 // offset in the stream of the term at hand
	err   error
	whole bool // err is about a term whose frame was read to its end
}

// NewFrameReader returns a FrameReader of the frames in r, whose lengths have
// width bytes: 1, 2 or 4. Other widths are the only error.
//
// Frames are bounded by limits.MaxBytes and, since they are held whole, by
// limits.MaxBuffered; all together, with their lengths, by
// limits.MaxStreamBytes. Every term is checked as by [Mode.Validate], and draws
// on the budgets of the Mode.
func (m *Mode) NewFrameReader(r io.Reader, width int) (*FrameReader, error) {
	if err := checkWidth(width); err != nil {
		return nil, err
	}
	f := &FrameReader{m: m, width: width, caps: m.c.config.Limits}
	f.Reset(r)
	return f, nil
}

// Reset drops the error and starts on r with offset 0. The buffer is kept.
func (f *FrameReader) Reset(r io.Reader) {
	f.r, f.start, f.term, f.err, f.whole = r, 0, 0, nil, false
}

// ReadFrame returns the next term as it was sent, after all of it was checked.
// The bytes are valid until the next call of any method, and may be changed.
//
// Between frames the error is io.EOF at the end of the input. Every other is an
// *[Error] whose Offset counts from the start of the stream, lengths included. A
// frame of no bytes holds no term: it is refused as truncated.
func (f *FrameReader) ReadFrame() ([]byte, error) {
	b, err := f.next()
	if err != nil {
		return nil, err
	}
	if err := f.m.Validate(b); err != nil {
		return nil, f.refuse(err)
	}
	return b, nil
}

// ReadTerm is ReadFrame for the decoded term, which aliases nothing.
func (f *FrameReader) ReadTerm() (Term, error) {
	b, err := f.next()
	if err != nil {
		return Term{}, err
	}
	t, err := f.m.Decode(b)
	if err != nil {
		return Term{}, f.refuse(err)
	}
	return t, nil
}

// Frames returns what ReadFrame does up to the end of the input. An error comes
// with nil, and ends it unless the loop calls [FrameReader.Resume].
func (f *FrameReader) Frames() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			b, err := f.ReadFrame()
			if err == io.EOF || !yield(b, err) || f.err != nil {
				return
			}
		}
	}
}

// Resume drops the error if it is about the term of a frame that was read whole,
// so that the next call goes on with the next frame. It reports whether that is
// possible: it is not after the end of the input, in the middle of a frame, or
// when a cap stands before the next bytes.
func (f *FrameReader) Resume() bool {
	if f.whole {
		f.err, f.whole = nil, false
	}
	return f.err == nil
}

// TermOffset returns where in the stream the term of the last frame starts, or
// was to start: the Offset of an [Error] less this counts in the term.
func (f *FrameReader) TermOffset() int64 { return f.term }

// next reads a frame, and says nothing about its term.
func (f *FrameReader) next() ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	n, err := f.length()
	if err == nil {
		err = f.body(n)
	}
	if err != nil {
		f.err = err
		return nil, err
	}
	f.start = f.term + n
	return f.buf, nil
}

// refuse keeps the error of the term at hand.
func (f *FrameReader) refuse(err error) error {
	if e, ok := err.(*Error); ok && !e.Inflated {
		e.Offset += f.term
	}
	f.err, f.whole = err, true
	return err
}

// length reads the length of the next frame and holds it against the caps.
func (f *FrameReader) length() (int64, error) {
	f.term = f.start + int64(f.width)
	head := f.head[:f.width]
	over := f.over(wire.LimitStreamBytes, f.start, f.term)
	if over != nil {
		head = head[:1] // which shows whether the stream ends at the cap
	}
	k, err := f.fill(head)
	switch {
	case k == 0 && err == io.EOF:
		return 0, io.EOF
	case err != nil:
		return 0, f.broken(f.start+int64(k), err)
	case over != nil:
		return 0, over
	}
	var wide [4]byte
	copy(wide[4-f.width:], head)
	n := int64(binary.BigEndian.Uint32(wide[:]))
	return n, f.check(n)
}

// check holds the length of a frame against the caps, in their order.
func (f *FrameReader) check(n int64) error {
	for _, code := range [...]wire.Code{wire.LimitBytes, wire.LimitBuffered} {
		if err := f.over(code, f.term, n); err != nil {
			return err
		}
	}
	return f.over(wire.LimitStreamBytes, f.term, f.term+n)
}

// over returns the error of a cap if got is above it.
func (f *FrameReader) over(code wire.Code, off, got int64) error {
	name, most := "", int64(0)
	switch code {
	case wire.LimitBytes:
		name, most = "MaxBytes", f.caps.MaxBytes
	case wire.LimitBuffered:
		name, most = "MaxBuffered", f.caps.MaxBuffered
	case wire.LimitStreamBytes:
		name, most = "MaxStreamBytes", f.caps.MaxStreamBytes
	}
	if most = max(most, 0); got <= most { // None allows 0
		return nil
	}
	e := frameError(code, off)
	e.Limit = &limits.Error{Name: name, Max: most, Got: got}
	return e
}

// body reads the n bytes of a frame into the buffer.
func (f *FrameReader) body(n int64) error {
	if cap(f.buf) > frameKeep && n < int64(cap(f.buf)/4) {
		f.buf = nil
	}
	f.buf = f.buf[:0]
	for have := int64(0); have < n; have = int64(len(f.buf)) {
		if len(f.buf) == cap(f.buf) {
			size := max(min(2*have, n), frameChunk)
			f.buf = append(make([]byte, 0, size), f.buf...)
		}
		k, err := f.fill(f.buf[have:min(int64(cap(f.buf)), n)])
		f.buf = f.buf[:have+int64(k)]
		if err != nil {
			return f.broken(f.term+have+int64(k), err)
		}
	}
	return nil
}

// fill reads until b is full. Unlike io.ReadFull it leaves the end of the input
// io.EOF, so that a reader's own io.ErrUnexpectedEOF is not taken for it.
func (f *FrameReader) fill(b []byte) (int, error) {
	n := 0
	for idle := 0; n < len(b); {
		k, err := f.r.Read(b[n:])
		if k < 0 || k > len(b)-n {
			return n, errFrameRead
		}
		n += k
		switch {
		case n == len(b): // an error behind the last byte will come again
		case err != nil:
			return n, err
		case k > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				return n, io.ErrNoProgress
			}
		}
	}
	return n, nil
}

// broken is the error of a stream that ends at off, or cannot be read there.
func (f *FrameReader) broken(off int64, err error) error {
	if err == io.EOF {
		return frameError(wire.Truncated, off)
	}
	e := frameError(wire.ReadError, off)
	e.Err = err
	return e
}

// frameError makes an Error that no term is the cause of.
func frameError(code wire.Code, off int64) *Error {
	return &Error{Code: codeTexts[code], Offset: off}
}
