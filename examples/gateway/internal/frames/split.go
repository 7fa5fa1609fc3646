// Package frames serves connections that carry frames of {packet,1|2|4}, and is
// the ground for protocols in such frames, as BERT-RPC.
//
// etf.FrameReader reads such frames, too, and checks the term in each as it does.
// It is what to use where nothing else decides, as in examples/port. Here it is
// not: before a message is read whole it has to find room, its sender may be over
// its rate, and its names must not be spent before the protocol has agreed. So
// the length and the bytes are read apart, and safe.Guard.Check has the word on
// the term in between.
package frames

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

const (
	chunk  = 4 << 10    // a buffer starts with so much, whatever a frame claims
	keep   = door.Small // a larger one is dropped
	window = 8 << 10    // what is read at once
)

// splitter reads frames in two steps.
type splitter struct {
	r     *bufio.Reader
	width int
	buf   []byte
}

func newSplitter(r io.Reader, width int) *splitter {
	return &splitter{r: bufio.NewReaderSize(r, window), width: width}
}

// complete reports whether the next frame is here already, all of it.
func (s *splitter) complete() bool {
	n := s.r.Buffered()
	if n < s.width {
		return false
	}
	head, _ := s.r.Peek(s.width) // it is there
	return int64(n) >= int64(s.width)+big(head)
}

// has reports whether the next n bytes are here already.
func (s *splitter) has(n int64) bool { return int64(s.r.Buffered()) >= n }

// wait returns when the first byte of a frame is there; io.EOF is an orderly end.
func (s *splitter) wait() error {
	_, err := s.r.Peek(1)
	return err
}

// peek returns the length of a frame and leaves it where it is.
func (s *splitter) peek() (int64, error) {
	head, err := s.r.Peek(s.width)
	if err != nil {
		return 0, unexpected(err)
	}
	return big(head), nil
}

// part returns what is here of the next most bytes, one at least, and leaves it.
func (s *splitter) part(most int64) ([]byte, error) {
	if _, err := s.r.Peek(1); err != nil {
		return nil, unexpected(err)
	}
	return s.r.Peek(int(min(most, int64(s.r.Buffered()))))
}

func big(head []byte) int64 {
	var wide [4]byte
	copy(wide[4-len(head):], head)
	return int64(binary.BigEndian.Uint32(wide[:]))
}

// length reads the length of a frame. The end of the input is no orderly one any
// more.
func (s *splitter) length() (int64, error) {
	n, err := s.peek()
	if err == nil {
		_, err = s.r.Discard(s.width)
	}
	return n, err
}

// body reads the n bytes of a frame. What is here already stays where it is; else the
// buffer grows with what arrives. What is returned is valid until something is read.
func (s *splitter) body(n int64) ([]byte, error) {
	if cap(s.buf) > keep && n < keep {
		s.buf = nil
	}
	if s.has(n) {
		b, err := s.r.Peek(int(n))
		s.r.Discard(int(n))
		return b[:n:n], err // whoever appends shall not write over what is behind it
	}
	s.buf = s.buf[:0]
	for have := int64(0); have < n; have = int64(len(s.buf)) {
		if len(s.buf) == cap(s.buf) {
			grown := make([]byte, have, max(min(2*have, n), min(n, chunk)))
			copy(grown, s.buf)
			s.buf = grown
		}
		more := s.buf[have:min(int64(cap(s.buf)), n)]
		if _, err := io.ReadFull(s.r, more); err != nil {
			return nil, unexpected(err)
		}
		s.buf = s.buf[:have+int64(len(more))]
	}
	return s.buf, nil
}

// skip drops the n bytes of a frame.
func (s *splitter) skip(n int64) error {
	_, err := io.CopyN(io.Discard, s.r, n)
	return unexpected(err)
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
