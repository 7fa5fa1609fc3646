package targets

import (
	"bytes"
	"fmt"
	"io"

	"github.com/beamgate/beamgate/etf"
)

// walk reads a term with all methods of a Decoder in any order, and holds what
// it gets against the plain tokens.
type walk struct {
	m     *etf.Mode
	d     *etf.Decoder
	ref   Tokens
	moves []byte
	at    int    // the token to come
	log   []byte // moves made
}

func newWalk(m *etf.Mode, b, moves []byte, cut uint8) *walk {
	w := &walk{m: m, moves: moves}
	if cut == 0 {
		w.ref.read(m.NewDecoderBytes(b), inOne, 0)
		w.d = m.NewDecoderBytes(b)
		return w
	}
	w.ref.read(m.NewDecoder(NewChunks(b, []int{1}, true)), inOne, 0)
	w.d = m.NewDecoder(NewChunks(b, []int{int(cut), 1, int(cut) / 2}, cut&1 == 0))
	return w
}

// run makes moves until the term ends or an error is met, which has to be the
// one of the plain tokens.
func (w *walk) run() *Disagreement {
	for n := 0; !w.d.AtTermEnd(); n++ {
		move := byte('t')
		if len(w.moves) > 0 && n%8 < 7 { // peeking alone leads nowhere
			move = "tpsvrtpb"[w.moves[n%len(w.moves)]%8]
		}
		w.log = append(w.log, move)
		if n > 16*len(w.ref.List)+1000 {
			return disagree("walk", "no end")
		}
		dis, err := w.move(move)
		if dis != nil {
			return dis
		}
		if err == nil {
			continue
		}
		if w.ref.Err == nil {
			return disagree("walk error", "%v at token %d of %d", err, w.at, len(w.ref.List))
		}
		if err == io.EOF && w.ref.Err == io.EOF {
			return nil
		}
		return sameError("walk", w.ref.Err, err)
	}
	if w.ref.Err != nil || w.at != len(w.ref.List) {
		return disagree("walk end", "at token %d of %d, %v", w.at, len(w.ref.List), w.ref.Err)
	}
	return nil
}

func (w *walk) move(move byte) (*Disagreement, error) {
	switch move {
	case 'p':
		return w.peek(), nil
	case 's':
		return w.value(func() ([]byte, error) { return nil, w.d.SkipValue() })
	case 'v':
		return w.value(func() ([]byte, error) { return w.d.ReadValue() })
	case 'r':
		return w.term()
	case 'b':
		return w.token(true)
	}
	return w.token(false)
}

// known is the token to come; not all are known of a term that is refused.
func (w *walk) known() bool { return w.at < len(w.ref.List) }

func (w *walk) peek() *Disagreement {
	k, tail := w.d.PeekKind(), w.d.PeekTail()
	if w.known() && (k != w.ref.List[w.at].Kind || tail != w.ref.List[w.at].Tail) {
		return disagree("walk peek", "token %d: %v, tail %v; %+v", w.at, k, tail, w.ref.List[w.at])
	}
	return nil
}

// token reads a token, and its payload if asked to or if it may be the last.
func (w *walk) token(payload bool) (*Disagreement, error) {
	t, err := w.d.ReadToken()
	if err != nil {
		return nil, err
	}
	last := w.at >= len(w.ref.List)-1
	if w.known() {
		r := w.ref.List[w.at]
		v, small := t.Int()
		if t.Kind != r.Kind || t.Tail != r.Tail || t.Bits != r.Bits || t.Len() != r.Len || v != r.Int || small != r.Small {
			return disagree("walk token", "token %d: %+v; %+v", w.at, t, r), nil
		}
	}
	if payload && hasPayload(t) {
		b, err := w.d.Bytes()
		if err != nil {
			return nil, err
		}
		if w.known() && !bytes.Equal(b, w.ref.Payload(w.at)) {
			return disagree("walk bytes", "token %d: %x; %x", w.at, b, w.ref.Payload(w.at)), nil
		}
	}
	w.at++
	if last && !w.d.AtTermEnd() {
		_, err = w.d.WritePayload(io.Discard)
	}
	return nil, err
}

// value reads a value as bytes, if it does, and holds their tokens against those
// of the whole.
func (w *walk) value(read func() ([]byte, error)) (*Disagreement, error) {
	raw, err := read()
	if err != nil {
		return nil, err
	}
	end, whole := w.ref.end(w.at)
	if raw != nil {
		var ts Tokens
		ts.read(w.m.NewDecoderBytes(append([]byte{131}, raw...)), inOne, 0)
		if ts.Err != nil {
			return disagree("walk value", "token %d: %x: %v", w.at, raw, ts.Err), nil
		}
		if whole {
			if dis := w.sameRun(&ts, end); dis != nil {
				dis.Detail += fmt.Sprintf(" (%x)", raw)
				return dis, nil
			}
		}
	}
	if !whole && w.ref.Err == nil {
		return disagree("walk value", "token %d is no value", w.at), nil
	}
	w.at = end
	return nil, nil
}

// sameRun compares the tokens of a value with those from w.at to end.
func (w *walk) sameRun(ts *Tokens, end int) *Disagreement {
	if len(ts.List) != end-w.at {
		return disagree("walk value", "tokens %d to %d are %d in the value", w.at, end, len(ts.List))
	}
	for i, t := range ts.List {
		r := w.ref.List[w.at+i]
		same := bytes.Equal(ts.Payload(i), w.ref.Payload(w.at+i))
		if i == 0 {
			t.Tail = r.Tail
		}
		t.from, t.to, t.Taken, r.from, r.to, r.Taken = 0, 0, false, 0, 0, false
		if t != r || !same {
			return disagree("walk value", "token %d: %+v; %+v", w.at+i, r, t)
		}
	}
	return nil
}

// term reads a value as a tree, which prints as its bytes would.
func (w *walk) term() (*Disagreement, error) {
	t, err := w.d.ReadTerm()
	if err != nil {
		return nil, err
	}
	end, whole := w.ref.end(w.at)
	switch {
	case !whole && w.ref.Err == nil:
		return disagree("walk term", "token %d is no value", w.at), nil
	case whole && t.Kind() != w.ref.List[w.at].Kind:
		return disagree("walk term", "token %d: %v; %+v", w.at, t.Kind(), w.ref.List[w.at]), nil
	}
	w.at = end
	return nil, nil
}
