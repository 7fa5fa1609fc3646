package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// each calls f with a Decoder of b for every source.
func each(t *testing.T, m *etf.Mode, b []byte, f func(t *testing.T, d *etf.Decoder)) {
	t.Helper()
	for _, s := range sources {
		t.Run(s.name, func(t *testing.T) {
			if s.reader == nil {
				f(t, m.NewDecoderBytes(b))
			} else {
				f(t, m.NewDecoder(s.reader(b)))
			}
		})
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestTermsInARow reads terms behind each other by every method, and asks where
// they start.
func TestTermsInARow(t *testing.T) {
	terms := [][]byte{ext(small(1)), squeeze(list(small(1), bin("abc"))), ext(bin("some bytes")), ext(null), ext(tuple(bin("last"))), ext(mapOf(atom("a"), str("xy")))}
	starts := []int64{0}
	for _, b := range terms {
		starts = append(starts, starts[len(starts)-1]+int64(len(b)))
	}
	all := cat(terms...)
	m := compile(t, config())
	each(t, m, all, func(t *testing.T, d *etf.Decoder) {
		for i := range terms {
			if at := d.InputOffset(); at != starts[i] {
				t.Errorf("term %d starts at %d, want %d", i, at, starts[i])
			}
			if d.AtTermEnd() != (i > 0) || d.Depth() != 0 {
				t.Errorf("before term %d: AtTermEnd %v, Depth %d", i, d.AtTermEnd(), d.Depth())
			}
			var err error
			switch i % 3 {
			case 0:
				err = d.SkipValue()
			case 1:
				_, err = d.ReadTerm()
			default:
				_, err = d.ReadValue()
			}
			if err != nil {
				t.Fatal(i, err)
			}
		}
		if _, err := d.ReadToken(); err != io.EOF {
			t.Error(err)
		}
		if at := d.InputOffset(); at != int64(len(all)) {
			t.Error(at)
		}
		if k := d.PeekKind(); k != etf.KindInvalid {
			t.Error(k)
		}
		if _, err := d.ReadTerm(); err != io.EOF {
			t.Error(err)
		}
	})
	each(t, m, cat(all, ext(raw(0))), func(t *testing.T, d *etf.Decoder) {
		err := untilEOF(d.SkipValue)
		if e := err.(*etf.Error); e.Code != etf.CodeUnknownTag || e.Offset != int64(len(all)+1) {
			t.Error(err)
		}
	})
}

// TestTermEndIsSeen reads tokens and stops where AtTermEnd tells, as one who
// reads several messages of a stream does. A payload at the end of a term must
// not hide the end, whatever of it has arrived.
func TestTermEndIsSeen(t *testing.T) {
	m := compile(t, config())
	for name, term := range map[string][]byte{
		"binary": bin("abcdef"), "in a tuple": tuple(small(1), bin("abcdef")), "in a map": mapOf(null, tuple(bin("abcdef"))),
		"bitstring": tuple(bits(3, 1, 2, 3)), "integer": tuple(smallBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9)), "tail": pieces(bin("abcdef"), small(1)),
	} {
		t.Run(name, func(t *testing.T) {
			each(t, m, cat(ext(term), ext(atom("next"))), func(t *testing.T, d *etf.Decoder) {
				for range 10 {
					tok := must[etf.Token](t)(d.ReadToken())
					if tok.Kind == etf.KindAtom {
						t.Fatal("read on into the next term")
					}
					if d.AtTermEnd() {
						break
					}
				}
				if tok := must[etf.Token](t)(d.ReadToken()); tok.Kind != etf.KindAtom {
					t.Error(tok)
				}
			})
			each(t, m, cat(ext(term), ext(atom("next"))), func(t *testing.T, d *etf.Decoder) {
				for tok, err := range d.Tokens() {
					if err != nil || tok.Kind == etf.KindAtom {
						t.Fatalf("Tokens of the first term reach %v %v", tok, err)
					}
				}
			})
		})
	}
}

// TestDepthDoesNotDependOnArrival compares Depth behind each token.
func TestDepthDoesNotDependOnArrival(t *testing.T) {
	m := compile(t, config())
	b := ext(list(tuple(bin("abc")), mapOf(bits(1, 1), list(smallBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9))), pieces(largeBig(false, 1), tuple(int32x(1), bin("")))))
	depths := func(d *etf.Decoder) (all []int) {
		for {
			if _, err := d.ReadToken(); err != nil {
				return all
			}
			all = append(all, d.Depth())
		}
	}
	want := fmt.Sprint(depths(m.NewDecoderBytes(b)))
	each(t, m, b, func(t *testing.T, d *etf.Decoder) {
		if got := fmt.Sprint(depths(d)); got != want {
			t.Errorf("%s, of a slice %s", got, want)
		}
	})
}

// TestPayloads reads what each kind of token carries.
func TestPayloads(t *testing.T) {
	m := compile(t, config())
	long := strings.Repeat("0123456789", 1_000)
	huge := append(make([]byte, 5_000), 1)
	b := ext(tuple(atom("caf\u00e9"), latin1("caf\u00e9"), bin(long), bin(""), bits(3, 1, 0xff), small(7), largeBig(true, huge...), smallBig(false, 1, 0, 0),
		smallBig(true, 0, 0, 0, 0, 0, 0, 0, 0x80), smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0x80), float(1.5), newPid(self, 1, 1, 1), null, mapOf(bin(long), null, bits(1, []byte(long)...), bin("end"))))
	want := []string{"", "caf\u00e9", "caf\u00e9", long, "", "\x01\xff", "", string(huge), "", "", "\x00\x00\x00\x00\x00\x00\x00\x80", "", "", "", "", long, "", long, "end"}
	each(t, m, b, func(t *testing.T, d *etf.Decoder) {
		for i, w := range want {
			tok := must[etf.Token](t)(d.ReadToken())
			for range 2 {
				if got := must[[]byte](t)(d.Bytes()); string(got) != w {
					t.Errorf("token %d, %v: %.20q of %d, want %.20q of %d", i, tok.Kind, got, len(got), w, len(w))
				}
			}
		}
	})
	each(t, m, b, func(t *testing.T, d *etf.Decoder) {
		for i, w := range want {
			tok := must[etf.Token](t)(d.ReadToken())
			if tok.Kind == etf.KindBinary || tok.Kind == etf.KindBitstring {
				var out bytes.Buffer
				n := must[int64](t)(d.WritePayload(&out))
				if out.String() != w || n != int64(len(w)) || tok.Len() != len(w) {
					t.Errorf("token %d, %v: wrote %d, want %d", i, tok.Kind, n, len(w))
				}
			}
		}
		if _, err := d.ReadToken(); err != io.EOF {
			t.Error(err)
		}
	})
}

// TestIntegers reads integers around the edges of int64.
func TestIntegers(t *testing.T) {
	m := compile(t, config())
	for _, s := range []string{"0", "1", "-1", "255", "256", "2147483648", "-2147483649", "576460752303423487", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "18446744073709551615", "340282366920938463463374607431768211456"} {
		n, _ := new(big.Int).SetString(s, 10)
		for _, pad := range []int{0, 1, 9} {
			w := writer{}
			digits := n.Bytes()
			for i := range len(digits) / 2 {
				digits[i], digits[len(digits)-1-i] = digits[len(digits)-1-i], digits[i]
			}
			w.add(list(smallBig(n.Sign() < 0, append(digits, make([]byte, pad)...)...)))
			each(t, m, ext(w.b), func(t *testing.T, d *etf.Decoder) {
				must[etf.Token](t)(d.ReadToken())
				tok := must[etf.Token](t)(d.ReadToken())
				got := must[*big.Int](t)(d.Big())
				v, ok := tok.Int()
				if got.Cmp(n) != 0 || ok != n.IsInt64() || ok && v != n.Int64() {
					t.Errorf("%s with %d zeros: %v, %d %v", s, pad, got, v, ok)
				}
				if ok && tok.Len() != 0 || !ok && tok.Len() != len(n.Bytes()) {
					t.Errorf("%s has a length of %d", s, tok.Len())
				}
			})
		}
	}
	d := m.NewDecoderBytes(ext(null))
	must[etf.Token](t)(d.ReadToken())
	if n, err := d.Big(); n != nil || err != nil {
		t.Error(n, err)
	}
}

// TestReadValueAnywhere reads each child of containers as a value of its own.
func TestReadValueAnywhere(t *testing.T) {
	m := compile(t, config())
	// More than what is kept of inflated data for them to repeat: what is read moves, and
	// not only to the front.
	many, texts := [][]byte{}, []string{}
	for i := range 300 {
		text := strings.Repeat(fmt.Sprint(i, "."), 1+i*37%300)
		many, texts = append(many, bin(text)), append(texts, fmt.Sprintf("<<%q>>", text))
	}
	for name, tc := range map[string]struct {
		term []byte
		want []string
	}{
		"tuple":        {tuple(small(1), list(atom("a")), bin("b")), []string{"1", "[a]", "<<\"b\">>"}},
		"string":       {str("\x01\x02"), []string{"1", "2", "[]"}},
		"list":         {list(thin(2, small(1)), thin(1, tuple())), []string{"1", "{}", "[]"}},
		"pieces":       {pieces(thin(1, pieces(str("\x03"), small(2))), small(1)), []string{"1", "2", "3", "[]"}},
		"improper":     {pieces(thin(1, tuple(small(2))), small(1)), []string{"1", "{2}"}},
		"map":          {mapOf(str("\x01"), fun(small(1)), small(2), float(1.5)), []string{"[1]", "#Fun<m.0.2>", "2", "1.5"}},
		"fun":          {fun(small(1), export(atom("m"), atom("f"), small(1))), []string{"1", "fun m:f/1"}},
		"string value": {tuple(str("\x01\x02"), str("")), []string{"[1,2]", "[]"}},
		"many":         {list(many...), append(texts, "[]")},
		"large":        {tuple(bin(strings.Repeat("x", 9_000)), small(1)), []string{"<<\"" + strings.Repeat("x", 9_000) + "\">>", "1"}},
	} {
		for _, b := range [][]byte{ext(tc.term), squeeze(tc.term)} {
			t.Run(name, func(t *testing.T) {
				each(t, m, b, func(t *testing.T, d *etf.Decoder) {
					must[etf.Token](t)(d.ReadToken())
					for i, want := range tc.want {
						if got := must[etf.Term](t)(d.ReadTerm()).String(); got != want {
							t.Errorf("child %d: %.50s, want %.50s", i, got, want)
						}
					}
					if !d.AtTermEnd() {
						t.Error("not at the end")
					}
				})
				each(t, m, b, func(t *testing.T, d *etf.Decoder) {
					must[etf.Token](t)(d.ReadToken())
					for i, want := range tc.want {
						v := must[etf.RawTerm](t)(d.ReadValue())
						if got, err := m.Decode(ext(v)); err != nil || got.String() != want {
							t.Errorf("child %d: %v %v, want %.50s", i, got, err, want)
						}
					}
				})
			})
		}
	}
}

// TestPeekHoldsOnlyTheToken peeks behind payloads that are not taken, with less
// to hold than they have.
func TestPeekHoldsOnlyTheToken(t *testing.T) {
	c := config()
	c.Limits.MaxBuffered = 2_000
	m := compile(t, c)
	blob := bin(strings.Repeat("x", 100_000))
	each(t, m, ext(list(blob, small(1), bits(1, blob...), atom("a"), blob)), func(t *testing.T, d *etf.Decoder) {
		must[etf.Token](t)(d.ReadToken())
		for i, want := range []etf.Kind{etf.KindBinary, etf.KindInteger, etf.KindBitstring, etf.KindAtom, etf.KindBinary, etf.KindNil} {
			if k := d.PeekKind(); k != want {
				_, err := d.ReadToken()
				t.Fatalf("child %d is %v, want %v: %v", i, k, want, err)
			}
			must[etf.Token](t)(d.ReadToken())
		}
	})
	each(t, m, ext(list(blob, small(1), blob, atom("a"))), func(t *testing.T, d *etf.Decoder) {
		must[etf.Token](t)(d.ReadToken())
		for _, want := range []string{"\x61\x01", "\x77\x01a"} {
			must[etf.Token](t)(d.ReadToken()) // of the blob
			if v := must[etf.RawTerm](t)(d.ReadValue()); string(v) != want {
				t.Errorf("%q", v)
			}
		}
	})
}

// TestHoldNothing needs no MaxBuffered for what is not held.
func TestHoldNothing(t *testing.T) {
	c := config()
	c.Limits.MaxBuffered = limits.None
	m := compile(t, c)
	for name, term := range everyTerm() {
		for _, b := range [][]byte{ext(term), squeeze(term)} {
			err := agree(t, with(m), b, func(d driver, s source) bool { return !d.holds || s.reader == nil })
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestClosed closes a Decoder in several states.
func TestClosed(t *testing.T) {
	m := compile(t, config())
	for name, prepare := range map[string]func(d *etf.Decoder){
		"new": func(*etf.Decoder) {}, "inside": func(d *etf.Decoder) { d.ReadToken() },
		"peeked": func(d *etf.Decoder) { d.PeekKind() }, "peeked inside": func(d *etf.Decoder) { d.ReadToken(); d.PeekTail() },
	} {
		t.Run(name, func(t *testing.T) {
			d := m.NewDecoderBytes(ext(list(small(1), small(2))))
			prepare(d)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			_, err := d.ReadToken()
			if err == nil || errors.As(err, new(*etf.Error)) {
				t.Errorf("ReadToken of a closed Decoder: %v", err)
			}
			if stays := staysFailed(d, err); stays != nil {
				t.Error(stays)
			}
			d.ResetBytes(ext(null))
			if err := d.SkipValue(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBrokenWriter hands back the writer's error and goes on behind it.
func TestBrokenWriter(t *testing.T) {
	m := compile(t, config())
	b := ext(tuple(bin("abcdef"), bin("second"), small(1)))
	each(t, m, b, func(t *testing.T, d *etf.Decoder) {
		boom := errors.New("boom")
		must[etf.Token](t)(d.ReadToken())
		must[etf.Token](t)(d.ReadToken())
		if _, err := d.WritePayload(failingWriter{boom}); err != boom {
			t.Error(err)
		}
		must[etf.Token](t)(d.ReadToken())
		var out bytes.Buffer
		must[int64](t)(d.WritePayload(&out))
		if out.String() != "second" {
			t.Errorf("%q", out.String())
		}
		if err := untilEOF(d.SkipValue); err != nil {
			t.Error(err)
		}
	})
}

type failingWriter struct{ err error }

func (w failingWriter) Write(p []byte) (int, error) { return 0, w.err }

// TestIterationStops leaves Tokens and Terms early and goes on.
func TestIterationStops(t *testing.T) {
	m := compile(t, config())
	d := m.NewDecoder(iotest.HalfReader(bytes.NewReader(cat(ext(tuple(small(1), small(2))), ext(small(3)), ext(small(4))))))
	for range d.Tokens() {
		break
	}
	count := 0
	for _, err := range d.Tokens() {
		count++
		must[bool](t)(true, err)
	}
	if count != 2 {
		t.Errorf("%d tokens behind the first", count)
	}
	for term := range d.Terms() {
		if v, _ := term.Int(); v != 3 {
			t.Error(term)
		}
		break
	}
	for term, err := range d.Terms() {
		if v, _ := term.Int(); v != 4 || err != nil {
			t.Error(term, err)
		}
	}
}

// TestIdentitiesOfTokens: what a token of an id or fun stands for is what the same
// value gives as a Term, from any source, and only while it is the last token.
func TestIdentitiesOfTokens(t *testing.T) {
	c := config()
	c.Policy.Allow = etf.Identities
	m := compile(t, c)
	node := latin1("n@café")
	values := [][]byte{
		newPid(node, 1, 2, 3), oldPid(node, 1, 2, 3), newPort(node, 7, 3), v4Port(node, 7, 3),
		newerRef(node, 3, 1, 2, 0), oldRef(node, 9, 1),
		export(atom("m"), latin1("café"), small(2)),
		fun(small(7), export(atom("other"), atom("f"), small(1))),
		fun(),
		small(1),
	}
	answers := func(d *etf.Decoder) string {
		pid, a := d.Pid()
		port, b := d.Port()
		ref, c := d.Reference()
		exp, e := d.Export()
		f, g := d.Fun()
		return fmt.Sprint(pid, a, port, b, ref, c, exp, e, f, g)
	}
	nothing := answers(m.NewDecoderBytes(nil))
	for i, v := range values {
		in := ext(list(v, null))
		elem := must[etf.Term](t)(m.Decode(in)).Index(0)
		pid, a := elem.Pid()
		port, b := elem.Port()
		ref, c := elem.Reference()
		exp, e := elem.Export()
		f, g := elem.Fun()
		want := fmt.Sprint(pid, a, port, b, ref, c, exp, e, f, g)
		if known := a || b || c || e || g; known == (i == len(values)-1) {
			t.Errorf("value %d: %s", i, want)
		}
		for _, chunk := range []int{0, 1, 3, 64} {
			d := m.NewDecoderBytes(in)
			if chunk > 0 {
				d = m.NewDecoder(newChunks(in, chunk))
			}
			must[etf.Token](t)(d.ReadToken())
			must[etf.Token](t)(d.ReadToken())
			if got := answers(d); got != want {
				t.Errorf("value %d in chunks of %d: %s, want %s", i, chunk, got, want)
			}
			d.PeekKind()
			if got := answers(d); got != nothing {
				t.Errorf("value %d after a peek: %s", i, got)
			}
		}
		d := m.NewDecoderBytes(in)
		must[etf.Token](t)(d.ReadToken())
		if err := d.SkipValue(); err != nil {
			t.Fatal(err)
		}
		if got := answers(d); got != nothing {
			t.Errorf("value %d, skipped: %s", i, got)
		}
	}
	d := m.NewDecoderBytes(ext(values[0]))
	must[etf.Token](t)(d.ReadToken())
	d.Close()
	if got := answers(d); got != nothing {
		t.Errorf("closed: %s", got)
	}
}

// TestRefusedIsNotSpent: a value that must not be held has spent no name, although its
// token was looked at; nor has one that was only looked at.
func TestRefusedIsNotSpent(t *testing.T) {
	in := ext(atom(strings.Repeat("x", 250)))
	calls := map[string]func(d *etf.Decoder) error{
		"ReadValue": func(d *etf.Decoder) error { _, err := d.ReadValue(); return err },
		"ReadTerm":  func(d *etf.Decoder) error { _, err := d.ReadTerm(); return err },
		"Decode":    func(d *etf.Decoder) error { var v any; return d.Decode(&v) },
		"PeekKind":  func(d *etf.Decoder) error { d.PeekKind(); return d.Close() },
		"ReadToken": func(d *etf.Decoder) error { d.PeekKind(); _, err := d.ReadToken(); return err },
		"SkipValue": func(d *etf.Decoder) error { d.PeekKind(); return d.SkipValue() },
	}
	for name, call := range calls {
		for _, most := range []int64{limits.None, 8, 251, 252} {
			c := etf.Strict()
			c.Limits.MaxBuffered = most
			budget := limits.NewAtomBudget(10)
			d := compile(t, c).WithBudgets(budget).NewDecoder(bytes.NewReader(in))
			err, want := call(d), int64(0)
			switch {
			case name == "PeekKind":
			case name == "ReadToken", name == "SkipValue", most == 252:
				want = 1
			case !errors.Is(err, etf.ErrLimit):
				t.Errorf("%s with %d: %v", name, most, err)
			}
			if got := budget.Committed(); got != want {
				t.Errorf("%s with %d: %v, and %d names are spent, not %d", name, most, err, got, want)
			}
		}
	}
}

// TestPeekHoldsNothingBefore: lists without elements in front of a token are no part of
// it, and however many they are, nothing of them is held.
func TestPeekHoldsNothingBefore(t *testing.T) {
	chain := bytes.Repeat(head(0), 1<<20)
	c := etf.Default()
	c.Limits.MaxBuffered, c.Limits.MaxRatio = 1000, limits.NoLimit
	m := compile(t, c)
	for _, in := range [][]byte{ext(chain, small(1)), squeeze(cat(chain, small(1)))} {
		for name, call := range map[string]func(d *etf.Decoder) error{
			"PeekKind": func(d *etf.Decoder) error { d.PeekKind(); _, err := d.ReadToken(); return err },
			"ReadValue": func(d *etf.Decoder) error {
				b, err := d.ReadValue()
				if string(b) != string(small(1)) {
					return fmt.Errorf("%x, %w", b, err)
				}
				return err
			},
			"ReadTerm": func(d *etf.Decoder) error { _, err := d.ReadTerm(); return err },
		} {
			var err error
			if n := allocated(func() { err = call(m.NewDecoder(bytes.NewReader(in))) }); err != nil || n > 512<<10 {
				t.Errorf("%s of %d bytes: %d allocated, %v", name, len(in), n, err)
			}
		}
	}
	each(t, m, ext(tuple(small(1), cat(bytes.Repeat(head(0), 300), small(1)))), func(t *testing.T, d *etf.Decoder) {
		must[etf.Token](t)(d.ReadToken())
		must[etf.Token](t)(d.ReadToken())
		if b := must[etf.RawTerm](t)(d.ReadValue()); string(b) != string(small(1)) {
			t.Errorf("%x", b)
		}
	})
}

// TestPeekKeepsFuns: the bytes of a fun or export are kept from its head on, however they
// come, for it is peeked at when its parts have been read.
func TestPeekKeepsFuns(t *testing.T) {
	c := etf.Default()
	c.Policy.Allow = etf.Identities
	m := compile(t, c)
	export := raw(113, atom("m"), atom(strings.Repeat("f", 200)), small(1))
	const buffer = 4 << 10 // that a reader's input has at first, and is moved to the front of
	for _, value := range [][]byte{fun(null), export} {
		for before := buffer - len(value) - 20; before < buffer; before += 5 {
			each(t, m, ext(tuple(bin(strings.Repeat("x", before)), cat(head(0), value), small(2))), func(t *testing.T, d *etf.Decoder) {
				must[etf.Token](t)(d.ReadToken())
				must[etf.Token](t)(d.ReadToken())
				d.PeekKind()
				if b := must[etf.RawTerm](t)(d.ReadValue()); string(b) != string(value) {
					t.Fatalf("behind %d bytes %x\n%x", before, b, value)
				}
				if b := must[etf.RawTerm](t)(d.ReadValue()); string(b) != string(small(2)) {
					t.Errorf("behind it %x", b)
				}
			})
		}
	}
}
