package targets

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/beamgate/beamgate/etf"
)

// Token is all that a Decoder says of one token.
type Token struct {
	Kind  etf.Kind
	Tail  bool
	Bits  uint8
	Len   int
	Int   int64
	Small bool // Int holds
	Float uint64
	Taken bool // the payload is known
	from  int  // payload, in Tokens.Bytes
	to    int
}

// Tokens are the tokens of one term, with their payloads in one piece.
type Tokens struct {
	List  []Token
	Bytes []byte
	Err   error // that ended them
}

// Payload returns the payload of token i.
func (ts *Tokens) Payload(i int) []byte { return ts.Bytes[ts.List[i].from:ts.List[i].to] }

func (ts *Tokens) reset() { ts.List, ts.Bytes, ts.Err = ts.List[:0], ts.Bytes[:0], nil }

// payloadWay is how payloads are taken.
type payloadWay uint8

const (
	inOne   payloadWay = iota // by Bytes
	written                   // by WritePayload where possible
	left                      // the one way or the other, or not at all
)

// read takes the tokens of the next term from d. last is how many there will be
// if the term is accepted, or 0. A payload that is not taken leaves the term
// without an end if it is the last.
func (ts *Tokens) read(d *etf.Decoder, way payloadWay, last int) {
	ts.reset()
	for ts.one(d, way, len(ts.List)+1 >= last) && !d.AtTermEnd() {
	}
}

// one takes a token; false if there is none.
func (ts *Tokens) one(d *etf.Decoder, way payloadWay, last bool) bool {
	t, err := d.ReadToken()
	if err != nil {
		ts.Err = err
		return false
	}
	tok := Token{Kind: t.Kind, Tail: t.Tail, Bits: t.Bits, Len: t.Len(), from: len(ts.Bytes)}
	tok.Int, tok.Small = t.Int()
	if f, ok := t.Float(); ok {
		tok.Float = floatBits(f)
	}
	if way == left {
		way = payloadWay(len(ts.List) % 3)
	}
	switch {
	case !hasPayload(t):
	case way != left || last:
		err = ts.payload(d, t, way)
		tok.Taken = true
	}
	if err == nil && last && !d.AtTermEnd() && (way == inOne || t.Kind == etf.KindInteger) { // the source has its payload still
		_, err = d.WritePayload(io.Discard)
	}
	if err != nil {
		ts.Err = err
		return false
	}
	tok.to = len(ts.Bytes)
	ts.List = append(ts.List, tok)
	return true
}

func hasPayload(t etf.Token) bool {
	switch t.Kind {
	case etf.KindAtom, etf.KindBinary, etf.KindBitstring:
		return true
	case etf.KindInteger:
		_, small := t.Int()
		return !small
	}
	return false
}

func (ts *Tokens) payload(d *etf.Decoder, t etf.Token, way payloadWay) error {
	if way == inOne || t.Kind == etf.KindInteger {
		b, err := d.Bytes()
		ts.Bytes = append(ts.Bytes, b...)
		return err
	}
	n, err := d.WritePayload((*appender)(ts))
	if err == nil && t.Kind != etf.KindAtom && n != int64(t.Len()) {
		return fmt.Errorf("%w: %d of %d bytes", errShort, n, t.Len())
	}
	return err
}

var errShort = errors.New("WritePayload")

type appender Tokens

func (a *appender) Write(p []byte) (int, error) {
	a.Bytes = append(a.Bytes, p...)
	return len(p), nil
}

// sameTokens compares two runs of tokens of the same payload. That which met an
// error first may be shorter: over a slice an impossible count is known at once.
func sameTokens(kind string, a, b *Tokens) *Disagreement {
	if a.Err == nil && len(a.List) != len(b.List) {
		return disagree(kind+" tokens", "%d and %d tokens", len(a.List), len(b.List))
	}
	for i := range min(len(a.List), len(b.List)) {
		x, y := a.List[i], b.List[i]
		px, py := a.Payload(i), b.Payload(i)
		taken := x.Taken && y.Taken
		x.from, x.to, x.Taken, y.from, y.to, y.Taken = 0, 0, false, 0, 0, false
		if x != y || taken && !bytes.Equal(px, py) {
			return disagree(kind+" tokens", "token %d: %+v %x, %+v %x", i, x, px, y, py)
		}
	}
	return nil
}

// end returns the token behind the value that token i begins, and false if the
// tokens end before.
func (ts *Tokens) end(i int) (int, bool) {
	if i >= len(ts.List) {
		return i, false
	}
	t := ts.List[i]
	n := t.Len
	switch t.Kind {
	case etf.KindTuple, etf.KindFun:
	case etf.KindMap:
		n *= 2
	case etf.KindList:
		return ts.endOfList(i + 1)
	default:
		return i + 1, true
	}
	ok := true
	for i++; n > 0 && ok; n-- {
		i, ok = ts.end(i)
	}
	return i, ok
}

func (ts *Tokens) endOfList(i int) (int, bool) {
	for {
		if i >= len(ts.List) {
			return i, false
		}
		tail := ts.List[i].Tail
		next, ok := ts.end(i)
		if tail || !ok {
			return next, ok
		}
		i = next
	}
}
