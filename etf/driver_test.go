package etf_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
)

// A driver is one way to read a term, a source one way to hand over its bytes.
// All of them have to come to the same end.

// source makes a reader of some bytes; the source without one hands over the
// slice itself.
type source struct {
	name   string
	reader func(b []byte) io.Reader
}

var sources = []source{
	{"slice", nil},
	{"reader", func(b []byte) io.Reader { return bytes.NewReader(b) }},
	{"one byte", func(b []byte) io.Reader { return iotest.OneByteReader(bytes.NewReader(b)) }},
	{"data with EOF", func(b []byte) io.Reader { return iotest.DataErrReader(bytes.NewReader(b)) }},
	{"chunks", func(b []byte) io.Reader { return newChunks(b, 7) }},
	{"small chunks", func(b []byte) io.Reader { return newChunks(b, 3) }},
}

// chunks reads pieces of random length, now and then of none.
type chunks struct {
	b   []byte
	max int
	rng *rand.Rand
}

func newChunks(b []byte, most int) *chunks {
	return &chunks{b, most, rand.New(rand.NewPCG(uint64(len(b)), uint64(most)))}
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.b[:min(c.rng.IntN(c.max+1), len(c.b))])
	c.b = c.b[n:]
	return n, nil
}

// driver reads what is in a slice, from a reader, or from a Decoder of either.
// product is what came out of it, for drivers of the same family to compare.
type driver struct {
	name    string
	family  string // "tokens", "terms" or neither
	whole   bool   // the input has to end with the term
	holds   bool   // needs MaxBuffered when it reads from a reader
	slice   func(m *etf.Mode, b []byte) (product string, err error)
	stream  func(m *etf.Mode, r io.Reader) (product string, err error)
	decoder func(d *etf.Decoder) (product string, err error)
}

var drivers = []driver{
	{name: "Validate", whole: true, slice: func(m *etf.Mode, b []byte) (string, error) { return "", m.Validate(b) }},
	{name: "ValidatePrefix", slice: func(m *etf.Mode, b []byte) (string, error) {
		_, err := m.ValidatePrefix(b)
		return "", err
	}},
	{name: "ValidateReader", whole: true, stream: func(m *etf.Mode, r io.Reader) (string, error) {
		_, err := m.ValidateReader(r)
		return "", err
	}},
	{name: "Measure", whole: true, slice: func(m *etf.Mode, b []byte) (string, error) {
		_, err := m.Measure(b)
		return "", err
	}},
	{name: "MeasureReader", whole: true, stream: func(m *etf.Mode, r io.Reader) (string, error) {
		_, err := m.MeasureReader(r)
		return "", err
	}},
	{name: "Decode", family: "terms", whole: true, slice: func(m *etf.Mode, b []byte) (string, error) {
		t, err := m.Decode(b)
		return t.String(), err
	}},
	{name: "ReadToken", family: "tokens", decoder: readTokens},
	{name: "Tokens", family: "tokens", decoder: iterateTokens},
	{name: "PeekKind", family: "tokens", holds: true, decoder: peekTokens},
	{name: "WritePayload", family: "tokens", decoder: writePayloads},
	{name: "Bytes", family: "tokens", holds: true, decoder: takePayloads},
	{name: "SkipValue", decoder: func(d *etf.Decoder) (string, error) { return "", untilEOF(d.SkipValue) }},
	{name: "SkipValue of children", decoder: skipChildren},
	{name: "ReadValue", holds: true, decoder: func(d *etf.Decoder) (string, error) {
		return "", untilEOF(func() error { _, err := d.ReadValue(); return err })
	}},
	{name: "ReadTerm", family: "terms", holds: true, decoder: readTerms},
	{name: "Terms", family: "terms", holds: true, decoder: iterateTerms},
	{name: "mixed 1", holds: true, decoder: mixed(1)},
	{name: "mixed 2", holds: true, decoder: mixed(2)},
	{name: "mixed 3", holds: true, decoder: mixed(3)},
}

// spendsNothing tells drivers that look at no budget.
func (d driver) spendsNothing() bool { return d.name == "Measure" || d.name == "MeasureReader" }

func untilEOF(step func() error) error {
	for {
		if err := step(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readTokens(d *etf.Decoder) (string, error) {
	var out dump
	err := untilEOF(func() error {
		tok, err := d.ReadToken()
		out.token(tok, err)
		return err
	})
	return string(out.b), err
}

func iterateTokens(d *etf.Decoder) (string, error) {
	var out dump
	for {
		for tok, err := range d.Tokens() {
			out.token(tok, err)
			if err == io.EOF {
				return string(out.b), nil
			}
			if err != nil {
				return string(out.b), err
			}
		}
	}
}

func peekTokens(d *etf.Decoder) (string, error) {
	var out dump
	err := untilEOF(func() error {
		kind, tail := d.PeekKind(), d.PeekTail()
		tok, err := d.ReadToken()
		if err == nil && (kind != tok.Kind || tail != tok.Tail) {
			return fmt.Errorf("peeked at %v %v, read %v %v", kind, tail, tok.Kind, tok.Tail)
		}
		out.token(tok, err)
		return err
	})
	return string(out.b), err
}

func writePayloads(d *etf.Decoder) (string, error) {
	var out dump
	err := untilEOF(func() error {
		tok, err := d.ReadToken()
		out.token(tok, err)
		if err != nil || tok.Kind != etf.KindBinary && tok.Kind != etf.KindBitstring {
			return err
		}
		n, err := d.WritePayload(io.Discard)
		if err == nil && n != int64(tok.Len()) {
			return fmt.Errorf("wrote %d bytes of %d", n, tok.Len())
		}
		return err
	})
	return string(out.b), err
}

func takePayloads(d *etf.Decoder) (string, error) {
	var out dump
	err := untilEOF(func() error {
		tok, err := d.ReadToken()
		out.token(tok, err)
		if err == nil {
			_, err = d.Bytes()
		}
		return err
	})
	return string(out.b), err
}

func skipChildren(d *etf.Decoder) (string, error) {
	return "", untilEOF(func() error {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.Depth() > 0 {
			if err := d.SkipValue(); err != nil {
				return err
			}
		}
		return nil
	})
}

func readTerms(d *etf.Decoder) (string, error) {
	var out strings.Builder
	err := untilEOF(func() error {
		term, err := d.ReadTerm()
		if err == nil {
			out.WriteString(term.String())
		}
		return err
	})
	return out.String(), err
}

func iterateTerms(d *etf.Decoder) (string, error) {
	var out strings.Builder
	for term, err := range d.Terms() {
		if err != nil {
			return "", err
		}
		out.WriteString(term.String())
	}
	return out.String(), nil
}

// mixed reads with whatever comes next in a random order.
func mixed(seed uint64) func(d *etf.Decoder) (string, error) {
	return func(d *etf.Decoder) (string, error) {
		rng := rand.New(rand.NewPCG(seed, 1))
		return "", untilEOF(func() (err error) {
			switch rng.IntN(12) {
			case 0:
				err = d.SkipValue()
			case 1:
				_, err = d.ReadValue()
			case 2:
				_, err = d.ReadTerm()
			case 3:
				d.PeekKind()
			case 4, 5:
				if _, err = d.ReadToken(); err == nil {
					_, err = d.WritePayload(io.Discard)
				}
			case 6:
				if _, err = d.ReadToken(); err == nil {
					_, err = d.Bytes()
				}
			default:
				_, err = d.ReadToken()
			}
			return err
		})
	}
}

// dump is what a stream of tokens looked like.
type dump struct{ b []byte }

func (out *dump) token(tok etf.Token, err error) {
	if err != nil {
		return
	}
	v, _ := tok.Int()
	f, _ := tok.Float()
	out.b = append(out.b, tok.Kind.String()...)
	for _, n := range []int64{int64(tok.Len()), v, int64(math.Float64bits(f)), int64(tok.Bits)} {
		out.b = strconv.AppendInt(append(out.b, ' '), n, 10)
	}
	out.b = append(strconv.AppendBool(append(out.b, ' '), tok.Tail), '\n')
}

// run reads b from a source. ok is false where the two do not go together.
func (d driver) run(m *etf.Mode, s source, b []byte) (product string, err error, ok bool) {
	switch {
	case d.decoder != nil:
		dec := m.NewDecoderBytes(b)
		if s.reader != nil {
			dec = m.NewDecoder(s.reader(b))
		}
		product, err = d.decoder(dec)
		if stay := staysFailed(dec, err); stay != nil {
			err = stay
		}
		return product, err, true
	case s.reader == nil && d.slice != nil:
		product, err = d.slice(m, b)
		return product, err, true
	case s.reader != nil && d.stream != nil:
		product, err = d.stream(m, s.reader(b))
		return product, err, true
	}
	return "", nil, false
}

// staysFailed asks every method of a failed Decoder for its error once more.
func staysFailed(d *etf.Decoder, err error) error {
	if err == nil {
		return nil
	}
	_, tokenErr := d.ReadToken()
	_, valueErr := d.ReadValue()
	_, termErr := d.ReadTerm()
	_, bytesErr := d.Bytes()
	_, writeErr := d.WritePayload(io.Discard)
	_, bigErr := d.Big()
	errs := []error{tokenErr, valueErr, termErr, bytesErr, writeErr, bigErr, d.SkipValue(), d.Commit()}
	for _, err := range d.Tokens() {
		errs = append(errs, err)
	}
	for _, err := range d.Terms() {
		errs = append(errs, err)
	}
	for i, e := range errs {
		if e != err && !(i == 5 && e == nil) { // Big has none for other kinds
			return fmt.Errorf("after %v method %d returned %v", err, i, e)
		}
	}
	if k := d.PeekKind(); k != etf.KindInvalid || d.PeekTail() || d.AtTermEnd() {
		return fmt.Errorf("after %v PeekKind is %v, AtTermEnd %v", err, k, d.AtTermEnd())
	}
	return nil
}
