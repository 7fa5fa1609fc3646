package etf_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// outline is what a term looks like token by token.
type outline struct {
	tok     etf.Token
	payload string
	depth   int    // behind the token
	end     int    // index of the token behind all that belongs to this one
	printed string // the value that starts here
}

// outlineOf reads b, some terms in a row, from a slice.
func outlineOf(t *testing.T, m *etf.Mode, b []byte) (all []outline) {
	t.Helper()
	d := m.NewDecoderBytes(b)
	for {
		tok, err := d.ReadToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p, _ := d.Bytes()
		all = append(all, outline{tok: tok, payload: string(p), depth: d.Depth(), end: len(all) + 1})
	}
	for i := range all {
		o := &all[i]
		if k := o.tok.Kind; o.tok.Len() > 0 && (k == etf.KindTuple || k == etf.KindMap || k == etf.KindList || k == etf.KindFun) {
			for o.end = i + 1; all[o.end-1].depth >= o.depth; o.end++ {
			}
		}
		if testing.Short() && i > 50 {
			continue
		}
		d.ResetBytes(b)
		for range i {
			d.ReadToken()
		}
		v, err := d.ReadTerm()
		if err != nil {
			t.Fatal(i, err)
		}
		o.printed = v.String()
	}
	return all
}

// TestMixedReading reads terms by all methods in random order: each takes just
// what it should, from every source.
func TestMixedReading(t *testing.T) {
	t.Parallel()
	m := compile(t, config())
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	for seed := range uint64(rounds) {
		g := newGrower(seed)
		var b []byte
		for range 1 + g.IntN(3) {
			one, _ := g.term(1 + g.IntN(4)).encode(g.Rand)
			switch g.IntN(6) {
			case 0:
				one = squeeze(one[1:])
			case 1: // its end is cut by that of a reader's first buffer
				one = ext(tuple(bin(strings.Repeat("x", 4_000+g.IntN(100))), one[1:], bits(1, make([]byte, 30)...)))
			}
			b = append(b, one...)
		}
		all := outlineOf(t, m, b)
		for _, s := range sources {
			d := m.NewDecoderBytes(b)
			if s.reader != nil {
				d.Reset(s.reader(b))
			}
			if err := readMixed(d, all, g.Rand); err != nil {
				t.Fatalf("seed %d over %s: %v\n%x", seed, s.name, err, b)
			}
		}
	}
}

func readMixed(d *etf.Decoder, all []outline, rng *rand.Rand) error {
	for i := 0; i < len(all); {
		o, op := all[i], rng.IntN(9)
		want := i + 1
		switch op {
		case 0, 1:
			if err := d.SkipValue(); err != nil {
				return fmt.Errorf("token %d: SkipValue: %v", i, err)
			}
			want = o.end
		case 2:
			v, err := d.ReadTerm()
			if err != nil || o.printed != "" && v.String() != o.printed {
				return fmt.Errorf("token %d: ReadTerm: %v %v, want %s", i, v, err, o.printed)
			}
			want = o.end
		case 3:
			if _, err := d.ReadValue(); err != nil {
				return fmt.Errorf("token %d: ReadValue: %v", i, err)
			}
			want = o.end
		case 4:
			if d.PeekKind() != o.tok.Kind || d.PeekTail() != o.tok.Tail {
				return fmt.Errorf("token %d: peeked at %v, want %v", i, d.PeekKind(), o.tok.Kind)
			}
			continue
		default:
			tok, err := d.ReadToken()
			if err != nil || tok.Kind != o.tok.Kind || tok.Tail != o.tok.Tail || tok.Bits != o.tok.Bits || tok.Len() != o.tok.Len() {
				return fmt.Errorf("token %d: %+v %v, want %+v", i, tok, err, o.tok)
			}
			if op >= 7 {
				if err := takePayload(d, o, op == 7); err != nil {
					return fmt.Errorf("token %d: %v", i, err)
				}
			}
		}
		i = want
		if i > 0 && d.Depth() != all[i-1].depth {
			return fmt.Errorf("behind token %d, by %d: depth %d, want %d", i-1, op, d.Depth(), all[i-1].depth)
		}
		if d.AtTermEnd() != (all[i-1].depth == 0) {
			return fmt.Errorf("behind token %d, by %d: AtTermEnd is %v", i-1, op, d.AtTermEnd())
		}
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return fmt.Errorf("at the end: %v", err)
	}
	return nil
}

// takePayload compares the payload of the last token, by Bytes or WritePayload.
func takePayload(d *etf.Decoder, o outline, byBytes bool) error {
	var got []byte
	if isBinary := o.tok.Kind == etf.KindBinary || o.tok.Kind == etf.KindBitstring; byBytes || !isBinary {
		b, err := d.Bytes()
		if err != nil {
			return err
		}
		got = b
	} else {
		var out bytes.Buffer
		if _, err := d.WritePayload(&out); err != nil {
			return err
		}
		got = out.Bytes()
	}
	if string(got) != o.payload {
		return fmt.Errorf("payload %.40x, want %.40x", got, o.payload)
	}
	return nil
}
