package etf

import (
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// EncodeOptions says how external terms are written. The zero value is
// MinorVersion2, not compressed.
type EncodeOptions struct {
	// Dialect is how old the reader is.
	Dialect Dialect
	// Compressed is the level of compression, 1 to 9, as {compressed, Level} of
	// term_to_binary/2 has it; 0 for none. As there, a term that would not get
	// smaller is not compressed. A compressed term is held in memory whole until
	// its end. The bytes are of Go's deflate, not of zlib's.
	Compressed int
}

func (o EncodeOptions) check() error {
	if err := o.Dialect.check(); err != nil {
		return err
	}
	if o.Compressed < 0 || o.Compressed > 9 {
		return fmt.Errorf("etf: compression level %d, want 0 to 9", o.Compressed)
	}
	return nil
}

// Encoder writes external terms to a stream, one after the other, and each in
// pre-order: a container is begun with the number of its elements, gets exactly
// these, and is ended.
//
//	e := etf.NewEncoder(w)
//	e.BeginTuple(2)
//	e.Atom("ok")
//	e.BeginList(1)
//	e.Int(300)
//	e.End()
//	e.End()
//	err := e.Close()
//
// Every method returns an error. An [*EncodeError], for a value that has no
// encoding as well as for an element too many or a container ended too early,
// leaves the Encoder as it was. An error of the writer stays, and Close returns
// it, so that errors of the writer alone may be looked at there. Compression writes
// to memory, and has no error of its own at a level that NewEncoder accepts; if it had
// one, the term would stay in the buffer as it is, complete, and be written so.
//
// What is written stays in a buffer of some kilobytes until that is full, or
// until Flush or Close. The writer is never closed.
//
// An Encoder knows nothing of the terms around the one at hand: that no two keys
// of a map are equal, and that they stand in the order of [CompareKeys] where
// that is wanted, is up to the caller; [AppendTerm] sees to it. It is for one
// goroutine.
type Encoder struct {
	o     EncodeOptions
	w     io.Writer
	buf   []byte
	start int // of the top-level term at hand in buf, while it is to be compressed
	stack []encoding
	err   error
	z     *zlib.Writer // of o.Compressed, from the first term on that has used it
}

// encoding is an open container.
type encoding struct {
	left   int64
	proper bool // a list whose end is a NIL
}

const (
	encodeFull = 4 << 10  // bytes that are written in one piece at least
	encodeKeep = 64 << 10 // bytes of buffer that are kept for the next term
)

// NewEncoder returns an Encoder of the zero [EncodeOptions].
func NewEncoder(w io.Writer) *Encoder { return &Encoder{w: w} }

// NewEncoder returns an Encoder to w. An error means that the options are none.
func (o EncodeOptions) NewEncoder(w io.Writer) (*Encoder, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Encoder{o: o, w: w}, nil
}

// Reset drops what has not been flushed and starts on w.
func (e *Encoder) Reset(w io.Writer) {
	*e = Encoder{o: e.o, w: w, buf: e.buf[:0], stack: e.stack[:0], z: e.z}
}

var errEncoderClosed = errors.New("etf: Encoder is closed")

// Close flushes. A term that is not complete is the error [CodeUnfinished], after
// which the Encoder may still be used; else it can only be Reset afterwards.
func (e *Encoder) Close() error {
	if e.err == nil && len(e.stack) > 0 {
		return cannot(CodeUnfinished)
	}
	err := e.Flush()
	if e.err == nil {
		e.err = errEncoderClosed
	}
	return err
}

// Flush writes what is in the buffer, up to the term or head written last. Of a
// term that is to be compressed nothing is written before its end.
func (e *Encoder) Flush() error {
	if e.err != nil {
		return e.err
	}
	n := len(e.buf)
	if e.o.Compressed > 0 && len(e.stack) > 0 {
		n = e.start
	}
	if n == 0 {
		return nil
	}
	k, err := e.w.Write(e.buf[:n])
	if err == nil && k < n {
		err = io.ErrShortWrite
	}
	e.err = err
	e.buf = append(e.buf[:0], e.buf[n:]...)
	if e.start = 0; cap(e.buf) > encodeKeep && len(e.buf) == 0 {
		e.buf = nil
	}
	return err
}

// Depth returns the number of containers that are open.
func (e *Encoder) Depth() int { return len(e.stack) }

// begin returns the buffer for one more term: the place for it is checked, and a
// top-level term gets its version byte.
func (e *Encoder) begin() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	if len(e.stack) == 0 {
		return AppendVersion(e.buf), nil
	}
	if e.stack[len(e.stack)-1].left == 0 {
		return nil, cannot(CodeOverfull)
	}
	return e.buf, nil
}

// scalar takes the buffer with one more term, or why there is none.
func (e *Encoder) scalar(b []byte, err error) error {
	if err != nil {
		return err
	}
	e.took(b)
	return e.ended()
}

// took counts the head at the end of b.
func (e *Encoder) took(b []byte) {
	if n := len(e.stack); n > 0 {
		e.stack[n-1].left--
	} else {
		e.start = len(e.buf)
	}
	e.buf = b
}

// ended runs behind each complete term.
func (e *Encoder) ended() error {
	if len(e.stack) == 0 && e.o.Compressed > 0 {
		b, err := compress(e.buf, e.start, e.o.Compressed, &e.z)
		if err != nil {
			return err
		}
		e.buf, e.start = b, len(b)
	}
	if len(e.buf) >= encodeFull {
		return e.Flush()
	}
	return nil
}

func (e *Encoder) open(b []byte, err error, n int64, proper bool) error {
	if err != nil {
		return err
	}
	e.took(b)
	e.stack = append(e.stack, encoding{left: n, proper: proper})
	if len(e.buf) >= encodeFull && e.o.Compressed == 0 {
		return e.Flush()
	}
	return nil
}

// BeginTuple begins a tuple of n elements.
func (e *Encoder) BeginTuple(n int) error {
	b, err := e.begin()
	if err == nil {
		b, err = AppendTupleHeader(b, n)
	}
	return e.open(b, err, int64(n), false)
}

// BeginList begins a proper list of n elements. A list of bytes has a shorter
// form, see [Encoder.ByteList].
func (e *Encoder) BeginList(n int) error {
	b, err := e.begin()
	if err == nil {
		b, err = AppendListHeader(b, n)
	}
	return e.open(b, err, int64(n), true)
}

// BeginImproperList begins a list of n elements, 1 or more, that are followed by
// one term more, its tail.
func (e *Encoder) BeginImproperList(n int) error {
	b, err := e.begin()
	if err == nil && n < 1 {
		err = cannot(CodeTooLong)
	}
	if err == nil {
		b, err = AppendListHeader(b, n)
	}
	return e.open(b, err, int64(n)+1, false)
}

// BeginMap begins a map of n pairs: n keys, each before its value.
func (e *Encoder) BeginMap(n int) error {
	b, err := e.begin()
	if err == nil {
		b, err = e.o.Dialect.mapHeader(b, n)
	}
	return e.open(b, err, 2*int64(n), false)
}

// End ends the container begun last, which has to have all its elements: else
// the error is [CodeUnfinished]. Where none is open it is [CodeWrongClose].
func (e *Encoder) End() error {
	switch n := len(e.stack); {
	case e.err != nil:
		return e.err
	case n == 0:
		return cannot(CodeWrongClose)
	case e.stack[n-1].left > 0:
		return cannot(CodeUnfinished)
	case e.stack[n-1].proper:
		e.buf = AppendNil(e.buf)
	}
	e.stack = e.stack[:len(e.stack)-1]
	return e.ended()
}

// Int writes an integer.
func (e *Encoder) Int(v int64) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendInt(b, v), nil)
}

// Uint writes an integer.
func (e *Encoder) Uint(v uint64) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendUint(b, v), nil)
}

// Big writes an integer of any size, as [AppendBig] does.
func (e *Encoder) Big(v *big.Int) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendBig(b, v))
}
