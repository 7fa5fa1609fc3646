package targets

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// seeds are payloads for engines to start from: generated and real ones.
func seeds() (all [][]byte) {
	g := gen.New(gen.Options{Size: 100, Faults: 0.4, Compressed: 0.1})
	for i := range uint64(60) {
		g.Seed(defaultSeed, i)
		all = append(all, g.Payload())
	}
	for i, p := range legit.All() {
		if p.Bytes < 200 && i%8 == 0 {
			all = append(all, p.Data())
		}
	}
	return all
}

// FuzzAgree: all drivers and package naive, for any receiver.
func FuzzAgree(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), uint8(i))
		f.Add(b, uint8(asTape), uint8(i))
		f.Add(b, uint8(asMutant), uint8(i))
	}
	all := agreements(f)
	f.Fuzz(func(t *testing.T, data []byte, way, receiver uint8) {
		b := payloadOf(data, way)
		a := all[int(receiver)%len(all)]
		if _, dis := a.both(b, uint64(len(b))+uint64(receiver)); dis != nil {
			t.Fatalf("%v: %v\n%x", a.Receiver, dis, b)
		}
	})
}

var errBroken = errors.New("the reader is broken")

// FuzzChunking: however the input is cut, tokens and errors are the same; where
// the reader breaks the error says so, unless the input was refused before.
func FuzzChunking(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), []byte{1, 0, 2, byte(i)}, uint16(len(b)/2))
	}
	m := compile(f, etf.OTP())
	f.Fuzz(func(t *testing.T, data []byte, way uint8, cuts []byte, breaks uint16) {
		b := payloadOf(data, way)
		var cut []int
		for _, c := range cuts {
			cut = append(cut, int(c))
		}
		var whole, pieces Tokens
		whole.read(m.NewDecoder(NewChunks(b, nil, true)), inOne, 0)
		pieces.read(m.NewDecoder(NewChunks(b, append(cut, 1), len(cuts)%2 == 0)), written, 0)
		dis := sameTokens("chunks", &whole, &pieces)
		if dis == nil && !(errors.Is(whole.Err, io.EOF) && errors.Is(pieces.Err, io.EOF)) {
			dis = sameError("chunks", whole.Err, pieces.Err)
		}
		if dis == nil && len(whole.List) != len(pieces.List) {
			dis = disagree("chunks tokens", "%d and %d", len(whole.List), len(pieces.List))
		}
		if dis != nil {
			t.Fatalf("cut %v: %v\n%x", cut, dis, b)
		}
		at := min(int(breaks), len(b))
		broken := io.MultiReader(NewChunks(b[:at], cut, true), &failing{})
		err := m.NewDecoder(broken).SkipValue()
		if dis := brokenError(whole.Err, err); dis != nil {
			t.Fatalf("broken at %d: %v\n%x", at, dis, b)
		}
	})
}

// failing is a reader that fails.
type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errBroken }

// brokenError: err came from a reader that broke, whole from one that did not.
func brokenError(whole, err error) *Disagreement {
	var e *etf.Error
	if errors.As(err, &e) && e.Code == etf.CodeRead {
		if !errors.Is(err, errBroken) || errors.Is(err, etf.ErrMalformed) || errors.Is(err, etf.ErrTruncated) {
			return disagree("broken", "%v hides its cause", err)
		}
		return nil
	}
	return sameError("broken", whole, err)
}

// FuzzInterleave: tokens, skipped, raw and decoded values in any order are parts
// of the same term.
func FuzzInterleave(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), []byte{byte(i), 1, 2, 3, 4, 5, 6, 7}[:7+i%2], uint8(i))
	}
	for i, b := range structs {
		f.Add([]byte(b), uint8(asIs), []byte{byte(i), 3, 1}, uint8(i))
	}
	modes := []*etf.Mode{compile(f, etf.OTP()), newStructRule(f).mode}
	f.Fuzz(func(t *testing.T, data []byte, way uint8, moves []byte, cut uint8) {
		b := payloadOf(data, way)
		w := newWalk(modes[len(moves)%2], b, moves, cut)
		if dis := w.run(); dis != nil {
			t.Fatalf("%v\nmoves %q\n%x", dis, w.log, b)
		}
	})
}

// FuzzFrames: frames of terms, good and bad, one after the other.
func FuzzFrames(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), []byte{3, byte(i)}, uint8(i))
	}
	m := compile(f, etf.Default())
	f.Fuzz(func(t *testing.T, data []byte, way uint8, cuts []byte, width uint8) {
		b := payloadOf(data, way)
		w := []int{1, 2, 4}[width%3]
		terms := split(b, cuts, 1<<(8*min(w, 3))-1)
		var stream []byte
		for _, term := range terms {
			var head [4]byte
			be := uint32(len(term))
			head = [4]byte{byte(be >> 24), byte(be >> 16), byte(be >> 8), byte(be)}
			stream = append(append(stream, head[4-w:]...), term...)
		}
		if dis := frames(m, stream, terms, w, cuts); dis != nil {
			t.Fatalf("width %d: %v\n%x", w, dis, stream)
		}
	})
}

// split makes some terms of one payload: itself, and pieces of it.
func split(b, cuts []byte, most int) [][]byte {
	terms := [][]byte{b}
	for _, c := range cuts[:min(len(cuts), 4)] {
		terms = append(terms, b[:len(b)*int(c)/256], []byte{131, 97, c})
	}
	for i, t := range terms {
		terms[i] = t[:min(len(t), most)]
	}
	return terms
}

// frames reads a stream of frames and holds each against its term.
func frames(m *etf.Mode, stream []byte, terms [][]byte, width int, cuts []byte) *Disagreement {
	var sizes []int
	for _, c := range cuts {
		sizes = append(sizes, int(c)%16)
	}
	r, err := m.NewFrameReader(NewChunks(stream, append(sizes, 1), len(cuts)%2 == 0), width)
	if err != nil {
		return disagree("frames", "%v", err)
	}
	for i, term := range terms {
		var got []byte
		var tree etf.Term
		if i%2 == 0 {
			got, err = r.ReadFrame()
		} else {
			tree, err = r.ReadTerm()
		}
		want := m.Validate(term)
		if e := (*etf.Error)(nil); errors.As(want, &e) && !e.Inflated {
			e.Offset += r.TermOffset()
		}
		if dis := sameError("frame", want, err); dis != nil {
			return dis
		}
		if err != nil {
			if !r.Resume() {
				return disagree("frame resume", "not after %v", err)
			}
			continue
		}
		if i%2 == 0 && !bytes.Equal(got, term) {
			return disagree("frame bytes", "%x, %x", term, got)
		}
		if i%2 == 1 {
			same, _ := m.Decode(term)
			if dis := sameTerm("frame term", same, tree); dis != nil {
				return dis
			}
		}
	}
	if _, err := r.ReadFrame(); err != io.EOF {
		return disagree("frame end", "%v", err)
	}
	return nil
}
