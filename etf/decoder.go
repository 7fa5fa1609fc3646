package etf

import (
	"errors"
	"io"
	"iter"
	"math/big"
	"slices"

	"github.com/beamgate/beamgate/internal/wire"
)

// Decoder reads terms from a stream or a slice, token by token or value by
// value. It holds little more than a small window of the input: a binary of any
// size can pass through [Decoder.WritePayload].
//
// Terms may follow each other. Caps count for each term anew, but for
// limits.MaxStreamBytes. What a Decoder hands out before the end of a term may
// still turn out to belong to a term that is refused: only [Decoder.ReadTerm]
// and the end of a term tell that all of it was good.
//
// After an error every method returns that error. A Decoder is for one
// goroutine.
type Decoder struct {
	m     *Mode
	s     session
	err   error
	slice bool

	begun  bool // inside a term, or behind a complete one
	peeked bool
	open   bool // the token's payload is still in the source
	gone   bool // it was written, or passed over
	tok    Token
	pinned bool

	outer *filling // the term that this one is a part of, for hooks
}

// NewDecoder returns a Decoder of the terms in r. It may read more of r than it
// hands out.
func (m *Mode) NewDecoder(r io.Reader) *Decoder {
	d := &Decoder{m: m}
	d.Reset(r)
	return d
}

// NewDecoderBytes returns a Decoder of the terms in b, which must not change
// meanwhile.
func (m *Mode) NewDecoderBytes(b []byte) *Decoder {
	d := &Decoder{m: m}
	d.ResetBytes(b)
	return d
}

// Reset drops what the Decoder was doing, releases what it had reserved of
// budgets, and starts on r. Buffers are kept.
func (d *Decoder) Reset(r io.Reader) {
	d.reset()
	d.s.in.ResetReader(d.m.c.prog, d.s.names.hook(), r)
}

// ResetBytes is Reset for a slice.
func (d *Decoder) ResetBytes(b []byte) {
	d.reset()
	d.slice = true
	d.s.in.ResetSlice(d.m.c.prog, d.s.names.hook(), b)
}

func (d *Decoder) reset() {
	d.s.names.release()
	d.s.c = d.m.c
	d.s.names.begin(d.m)
	d.err, d.slice, d.begun, d.peeked, d.open, d.gone, d.pinned = nil, false, false, false, false, false, false
	d.tok = Token{}
}

var errClosed = errors.New("etf: Decoder is closed")

// Close releases what an unfinished term has reserved of budgets. The reader is
// not closed. The Decoder can only be Reset afterwards.
func (d *Decoder) Close() error {
	d.s.names.release()
	if d.err == nil {
		d.err = errClosed
	}
	return nil
}

// Commit spends the names that the term at hand has reserved of budgets so far,
// for good. Whoever forwards a term before its end commits what it forwards
// first.
func (d *Decoder) Commit() error {
	if d.err == nil && !d.s.in.Commit() {
		return d.fail()
	}
	return d.err
}

// fail keeps the error of the input.
func (d *Decoder) fail() error {
	d.err = d.s.error()
	d.s.names.release()
	return d.err
}

// Depth returns the number of containers open behind the last token: 0 where a
// top-level term has ended or not begun.
func (d *Decoder) Depth() int {
	if !d.begun || d.s.in.Done() {
		return 0
	}
	return d.s.in.Depth()
}

// AtTermEnd reports whether a top-level term was read to its end, all of it
// accepted, and the next token would begin another. Of a term that ends in a
// payload nobody has read it reads over that payload to find out: read it before.
func (d *Decoder) AtTermEnd() bool {
	if d.open && !d.peeked && d.err == nil && d.s.in.IsLast() {
		d.finishValue()
	}
	if !d.begun || d.err != nil || d.peeked || !d.s.in.Done() {
		return false
	}
	d.gone = true // of a slice it is still there, but answers are not to depend on that
	return true
}

// InputOffset returns where the term at hand starts in the stream, or the next
// one after a complete term. Directly behind the token of a payload that ends a term it
// may be either, as the payload was there already or not: call [Decoder.AtTermEnd] before.
// A token that was peeked at is still to be read.
func (d *Decoder) InputOffset() int64 {
	off := d.s.in.TermOffset()
	if d.begun && !d.peeked && d.s.in.Done() {
		off += d.s.in.Used()
	}
	return off
}

// TokenOffset returns where in the stream the last token starts: every byte in
// front of it was accepted, and may go on after a [Decoder.Commit]. In a compressed
// term, whose bytes are accepted as a whole, it says nothing.
func (d *Decoder) TokenOffset() int64 { return d.s.in.TermOffset() + d.s.in.TokenOffset() }

// ReadToken returns the next token. Between terms the error is io.EOF at the end
// of the input.
func (d *Decoder) ReadToken() (t Token, err error) {
	if d.err != nil {
		return t, d.err
	}
	if d.peeked {
		d.unpin()
		if err := d.consume(); err != nil {
			return t, err
		}
	} else if err := d.advance(false); err != nil {
		return t, err
	}
	// Field by field: in one piece the CPU would wait for the pieces that were
	// just written.
	t.Kind, t.Tail, t.Bits, t.flags, t.num = d.tok.Kind, d.tok.Tail, d.tok.Bits, d.tok.flags, d.tok.num
	return t, nil
}

// PeekKind returns the kind of the next token without reading it, and
// KindInvalid where ReadToken would return an error.
func (d *Decoder) PeekKind() Kind {
	if !d.peek() {
		return KindInvalid
	}
	return d.tok.Kind
}

// PeekTail reports whether the next token is the tail of a list.
func (d *Decoder) PeekTail() bool { return d.peek() && d.tok.Tail }

func (d *Decoder) peek() bool {
	if d.err != nil {
		return false
	}
	if d.peeked {
		return true
	}
	if d.open && d.finishValue() != nil { // nobody has read the payload
		return false
	}
	if d.start() != nil {
		return false
	}
	if !d.s.in.Start() {
		d.fail()
		return false
	}
	d.s.in.PinToken()
	d.pinned = true
	if d.advance(true) != nil {
		d.pinned = false
		return false
	}
	d.peeked = true
	return true
}

// consume takes the token that was peeked at. A term that ends with it is accepted now.
func (d *Decoder) consume() error {
	d.peeked = false
	if !d.s.in.Done() {
		return nil
	}
	return d.endTerm()
}

func (d *Decoder) unpin() {
	if d.pinned {
		d.s.in.Unpin()
		d.pinned = false
	}
}

// start makes sure that a term is at hand, or returns io.EOF.
func (d *Decoder) start() error {
	if d.err != nil {
		return d.err
	}
	if d.begun && !d.s.in.Done() {
		return nil
	}
	end, err := d.s.in.AtEnd()
	switch {
	case err != nil:
		d.s.in.Refuse(wire.ReadError, d.s.in.Used())
		e := newError(&d.s.in)
		e.Err, d.err = err, e
		return e
	case end:
		d.gone = true // with the last token, whatever the source
		return io.EOF
	}
	if d.begun {
		d.s.names.begin(d.m)
		d.s.in.NextTerm()
	}
	d.begun = true
	return nil
}

// advance reads the next token into d.tok. For a peek its bytes are kept, since ReadValue
// may follow: of a head, which has bounds of its own, or of an integer, and nothing of
// what stands in front of it. A term that ends there is not accepted yet: what ReadValue
// would have to hold may be too much.
func (d *Decoder) advance(peek bool) error {
	if !d.begun || d.s.in.Done() {
		if err := d.start(); err != nil {
			return err
		}
	}
	if d.s.in.Next() != wire.EvToken {
		if d.s.in.Done() { // the payload of the last token was still to be taken
			d.open, d.gone = false, true
			if err := d.endTerm(); err != nil {
				return err
			}
			return d.advance(peek)
		}
		return d.fail()
	}
	t := d.s.in.Head()
	d.tok.Kind, d.tok.Tail, d.tok.Bits, d.tok.flags, d.tok.num = Kind(t.Kind), t.Flags&wire.FlagTail != 0, t.Bits, t.Flags, t.Num
	d.open, d.gone = t.Flags&wire.FlagOpen != 0, false
	if peek {
		d.s.in.PinnedToken()
	}
	if d.open && d.tok.Kind == KindInteger && !d.holdInteger() {
		return d.fail()
	}
	if d.s.in.Done() && !peek {
		return d.endTerm()
	}
	return nil
}

// endTerm runs where a top-level term is complete and accepted.
func (d *Decoder) endTerm() error {
	if !d.s.in.Commit() {
		return d.fail()
	}
	return nil
}

// holdInteger gets all digits of an integer, which shows whether it is big.
func (d *Decoder) holdInteger() bool {
	digits, ok := d.s.in.Hold()
	if !ok {
		return false
	}
	v, small := smallInt(digits, d.tok.flags&wire.FlagNeg != 0)
	if small {
		d.tok.flags &^= wire.FlagBig
		d.tok.num = uint64(v)
	} else {
		d.tok.num = uint64(len(wire.StripZeros(digits)))
	}
	return true
}

// smallInt returns the integer of a little-endian magnitude if it fits int64.
func smallInt(digits []byte, neg bool) (int64, bool) {
	digits = wire.StripZeros(digits)
	if len(digits) > 8 {
		return 0, false
	}
	var u uint64
	for _, b := range slices.Backward(digits) {
		u = u<<8 | uint64(b)
	}
	if neg && u <= 1<<63 {
		return -int64(u), true
	}
	return int64(u), u < 1<<63
}

// SkipValue reads over the next value: a token and all that belongs to it. It
// applies every rule and cap to it, and holds none of it.
func (d *Decoder) SkipValue() error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	return d.finishValue()
}

// finishValue reads over the rest of the value whose token was read.
func (d *Decoder) finishValue() error {
	d.gone = true
	if d.tok.opens() {
		if d.s.in.Run(d.s.in.Depth()-1) == wire.EvFail {
			return d.fail()
		}
	} else if !d.s.in.Settle() {
		return d.fail()
	} else if !d.open {
		return nil
	}
	d.open = false
	if d.s.in.Done() {
		return d.endTerm()
	}
	return nil
}

// RawTerm is one encoded term without the version byte.
type RawTerm []byte

// ReadValue returns the bytes of the next value, checked as all else; of a
// compressed term its inflated bytes. From a reader at most limits.MaxBuffered
// bytes. They are valid until the next call and must not be changed.
func (d *Decoder) ReadValue() (RawTerm, error) {
	if d.err != nil {
		return nil, d.err
	}
	if !d.peek() {
		return nil, d.peekError()
	}
	if !d.s.in.Repin() {
		return nil, d.fail()
	}
	if err := d.consume(); err != nil {
		return nil, err
	}
	from := d.s.in.TokenPosition()
	pinnedAt := d.s.in.Pinned()
	element := d.isElement()
	if err := d.finishValue(); err != nil {
		return nil, err
	}
	from += d.s.in.Pinned() - pinnedAt // the window may have moved
	to := d.s.in.Position()
	d.unpin()
	raw := d.s.in.Window(from, to)
	switch {
	case element: // the byte of a STRING_EXT is no term
		return RawTerm{wire.TagSmallInteger, raw[0]}, nil
	case len(raw) == 0: // nor is its end
		return RawTerm{wire.TagNil}, nil
	}
	return RawTerm(raw), nil
}

// isElement reports whether the token at hand is an element of a STRING_EXT.
func (d *Decoder) isElement() bool {
	return d.tok.flags&wire.FlagElement != 0
}

// peekError returns why there is nothing to peek at.
func (d *Decoder) peekError() error {
	if d.err != nil {
		return d.err
	}
	return d.start() // io.EOF
}

// ReadTerm reads the next value whole into a [Term] that aliases nothing.
func (d *Decoder) ReadTerm() (Term, error) {
	raw, err := d.ReadValue()
	if err != nil {
		return Term{}, err
	}
	return d.m.build(raw), nil
}

var errGone = errors.New("etf: the payload of the last token was written, or passed over")

// Bytes returns the payload of the last token in one piece: the name of an atom
// in UTF-8, the bytes of a binary or bitstring, the magnitude of a big integer,
// lowest byte first. From a reader at most limits.MaxBuffered bytes of a binary or
// bitstring; the others have caps of their own. They are valid until the next call and
// must not be changed.
//
// It is an error, after which the Decoder goes on, to ask for a payload that was
// written, in whole or in part, or that a peek or AtTermEnd has passed over.
func (d *Decoder) Bytes() ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	if d.tok.isSmall() {
		return nil, nil
	}
	if d.gone || d.peeked {
		return nil, errGone
	}
	if k := d.tok.Kind; (k == KindBinary || k == KindBitstring) && !d.s.in.MayHold(int64(d.tok.num)) {
		return nil, d.fail()
	}
	if d.open {
		b, ok := d.s.in.Hold()
		if !ok {
			return nil, d.fail()
		}
		if d.tok.Kind == KindInteger {
			b = wire.StripZeros(b)
		}
		return b, nil
	}
	return d.payload(), nil
}

// payload is the payload of the last token, which is all there.
func (d *Decoder) payload() []byte {
	switch d.tok.Kind {
	case KindAtom:
		return d.s.in.AtomName()
	case KindBinary, KindBitstring:
		return d.s.in.TokenBytes()
	case KindInteger:
		if d.tok.flags&wire.FlagBig != 0 {
			return wire.StripZeros(d.s.in.TokenBytes())
		}
	}
	return nil
}

// WritePayload writes what Bytes would return to w, once: of a binary or bitstring
// as it arrives, and without holding it in memory. An error of w is returned, with
// how much w took; the Decoder goes on, but not with the rest of this payload.
func (d *Decoder) WritePayload(w io.Writer) (n int64, err error) {
	if d.err != nil {
		return 0, d.err
	}
	blob := d.tok.Kind == KindBinary || d.tok.Kind == KindBitstring
	if blob && (d.gone || d.peeked) {
		return 0, errGone
	}
	if !blob || !d.open {
		b := d.payload() // of a blob it need not fit MaxBuffered
		if !blob {
			if b, err = d.Bytes(); err != nil {
				return 0, err
			}
		}
		if len(b) > 0 {
			if n, err = d.write(w, b); err != nil {
				return n, err
			}
		}
		return n, d.written()
	}
	for {
		b, ok := d.s.in.Chunk()
		if !ok {
			return n, d.fail()
		}
		if b == nil {
			return n, d.written()
		}
		k, err := d.write(w, b)
		n += k
		if err != nil {
			return n, err
		}
	}
}

// write writes a piece of the payload. One that w does not take whole is gone: from a
// reader its beginning is, and answers are not to depend on the source.
func (d *Decoder) write(w io.Writer, b []byte) (int64, error) {
	k, err := w.Write(b)
	if err == nil && k < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		d.gone = d.gone || d.tok.Kind != KindAtom
	}
	return int64(k), err
}

// written ends a payload that was written.
func (d *Decoder) written() error {
	d.gone = d.gone || d.tok.Kind != KindAtom
	if !d.open {
		return nil
	}
	if !d.s.in.Settle() {
		return d.fail()
	}
	d.open = false
	if d.s.in.Done() {
		return d.endTerm()
	}
	return nil
}

// Big returns the integer of the last token, of any size; nil for other kinds.
func (d *Decoder) Big() (*big.Int, error) {
	if d.err == nil && d.peeked {
		return nil, errGone
	}
	if d.tok.Kind != KindInteger {
		return nil, d.err
	}
	if v, ok := d.tok.Int(); ok {
		return big.NewInt(v), d.err
	}
	b, err := d.Bytes()
	if err != nil {
		return nil, err
	}
	return bigInt(b, d.tok.flags&wire.FlagNeg != 0), nil
}

// bigInt makes an integer of a little-endian magnitude.
func bigInt(digits []byte, neg bool) *big.Int {
	be := slices.Clone(digits)
	slices.Reverse(be)
	v := new(big.Int).SetBytes(be)
	if neg {
		v.Neg(v)
	}
	return v
}

// Tokens returns the tokens of the next top-level term, or what is left of it. It
// ends after the first error, which comes with a zero Token: between terms io.EOF,
// so that a loop over terms knows when to end.
func (d *Decoder) Tokens() iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		for {
			t, err := d.ReadToken()
			if !yield(t, err) || err != nil {
				return
			}
			if d.AtTermEnd() {
				return
			}
			if d.err != nil { // what was left of the payload
				yield(Token{}, d.err)
				return
			}
		}
	}
}

// Terms returns the top-level terms up to the end of the input. It ends after
// the first error, which comes with a zero Term.
func (d *Decoder) Terms() iter.Seq2[Term, error] {
	return func(yield func(Term, error) bool) {
		for {
			t, err := d.ReadTerm()
			if err == io.EOF {
				return
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}
