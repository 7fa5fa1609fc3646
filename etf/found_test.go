package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// These were found by people who attacked the decoder. What each pins is said by
// its name and comment; the first of them are about answers that depended on how
// the input was cut.

// waysIn are the sources of a Decoder.
func waysIn(m *etf.Mode, b []byte) map[string]*etf.Decoder {
	return map[string]*etf.Decoder{
		"slice":    m.NewDecoderBytes(b),
		"reader":   m.NewDecoder(bytes.NewReader(b)),
		"one byte": m.NewDecoder(iotest.OneByteReader(bytes.NewReader(b))),
		"late EOF": m.NewDecoder(iotest.DataErrReader(bytes.NewReader(b))),
	}
}

// TestPayloadPassedOver: a payload that was passed over is an error to ask for,
// from each source, and never another value.
func TestPayloadPassedOver(t *testing.T) {
	m := compile(t, etf.Default())
	for name, term := range map[string][]byte{
		"big": largeBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "binary": bin("aa"), "bits": bits(3, 1, 2),
	} {
		for how, pass := range map[string]func(d *etf.Decoder){
			"end":   func(d *etf.Decoder) { d.AtTermEnd() },
			"peek":  func(d *etf.Decoder) { d.PeekKind() },
			"write": func(d *etf.Decoder) { d.WritePayload(io.Discard) },
		} {
			for source, d := range waysIn(m, cat(ext(term), ext(bin("bb")))) {
				if _, err := d.ReadToken(); err != nil {
					t.Fatal(err)
				}
				pass(d)
				b, err := d.Bytes()
				if b != nil || err == nil || errors.As(err, new(*etf.Error)) {
					t.Errorf("%s, %s, %s: Bytes %q, %v", name, how, source, b, err)
				}
				if v, err := d.Big(); name == "big" && (v != nil || err == nil) {
					t.Errorf("%s, %s, %s: Big %v, %v", name, how, source, v, err)
				}
				if n, err := d.WritePayload(io.Discard); name != "big" && (n != 0 || err == nil) {
					t.Errorf("%s, %s, %s: WritePayload %d, %v", name, how, source, n, err)
				}
				if raw, err := d.ReadValue(); err != nil || !bytes.Equal(raw, bin("bb")) {
					t.Errorf("%s, %s, %s: then %q, %v", name, how, source, raw, err)
				}
			}
		}
	}
}

// TestWritePayloadOfOthers writes what Bytes returns, from each source.
func TestWritePayloadOfOthers(t *testing.T) {
	m := compile(t, etf.Default())
	for want, term := range map[string][]byte{
		"\x01\x02\x03\x04\x05\x06\x07\x08\x09": largeBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0), "name": atom("name"), "caf\u00e9": latin1("caf\u00e9"), "": small(1),
	} {
		for source, d := range waysIn(m, cat(ext(tuple(term, small(7))), ext(null))) {
			var out bytes.Buffer
			d.ReadToken()
			d.ReadToken()
			if n, err := d.WritePayload(&out); n != int64(len(want)) || err != nil || out.String() != want {
				t.Errorf("%q, %s: %d, %q, %v", term, source, n, &out, err)
			}
			if tok, err := d.ReadToken(); tok.Kind != etf.KindInteger || err != nil || !d.AtTermEnd() {
				t.Errorf("%q, %s: then %v, %v", term, source, tok, err)
			}
		}
	}
}

// deafWriter takes some bytes of what it gets, and then fails, or says nothing.
type deafWriter struct {
	takes int
	err   error
}

func (w *deafWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.takes)
	if w.takes -= n; n < len(b) {
		return n, w.err
	}
	return n, nil
}

// TestWritePayloadInPart: a payload that a writer has not taken whole is an error,
// also if the writer does not say so, and what is left of it is nothing to ask for.
// The Decoder goes on behind it.
func TestWritePayloadInPart(t *testing.T) {
	m := compile(t, etf.Default())
	for _, said := range []error{io.ErrClosedPipe, nil} {
		want := said
		if want == nil {
			want = io.ErrShortWrite
		}
		for name, term := range map[string][]byte{
			"binary": bin(strings.Repeat("a", 100_000)), "bits": bits(3, 1, 2, 3, 4), "big": largeBig(false, bytes.Repeat([]byte{3}, 20)...),
		} {
			for source, d := range waysIn(m, cat(ext(term), ext(null))) {
				d.ReadToken()
				if n, err := d.WritePayload(&deafWriter{3, said}); n != 3 || err != want {
					t.Errorf("%s, %s: %d, %v, want %v", name, source, n, err, want)
				}
				if b, err := d.Bytes(); err == nil || errors.As(err, new(*etf.Error)) {
					t.Errorf("%s, %s: then %d bytes, %v", name, source, len(b), err)
				}
				if !d.AtTermEnd() {
					t.Errorf("%s, %s: the term has not ended", name, source)
				}
				if raw, err := d.ReadValue(); err != nil || !bytes.Equal(raw, null) {
					t.Errorf("%s, %s: then %q, %v", name, source, raw, err)
				}
			}
		}
	}
}

// TestPeekNeedsNoBuffer: a peek refuses nothing that reading would take, and what
// is too large to be handed out says so at its head, and nothing of its content.
func TestPeekNeedsNoBuffer(t *testing.T) {
	c := etf.Default()
	c.Limits.MaxBuffered = 8
	m := compile(t, c)
	for name, term := range map[string][]byte{
		"integer": largeBig(false, bytes.Repeat([]byte{0xdb}, 40_000)...), "atom": atom(strings.Repeat("a", 200)),
		"binary": bin(strings.Repeat("\xdb", 40_000)), "pid of a list": list(atom(strings.Repeat("b", 100))),
	} {
		for source, d := range waysIn(m, ext(term)) {
			if d.PeekKind() == etf.KindInvalid {
				_, err := d.ReadToken()
				t.Errorf("%s, %s: nothing to peek at: %v", name, source, err)
			}
			if err := d.SkipValue(); err != nil {
				t.Errorf("%s, %s: %v", name, source, err)
			}
		}
		for _, peek := range []bool{false, true} {
			for source, d := range waysIn(m, cat(ext(null), ext(term))) {
				d.SkipValue()
				if peek {
					d.PeekKind()
				}
				_, err := d.ReadValue()
				if source == "slice" {
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					continue
				}
				e, ok := errors.AsType[*etf.Error](err)
				if !ok || e.Code != etf.CodeLimitBuffered || e.Offset != 3 || e.Tag != 0 || len(e.Path.Steps) > 0 ||
					*e.Limit != (limits.Error{Name: "MaxBuffered", Max: 8, Got: 9}) {
					t.Errorf("%s, %s, peeked %v: %v", name, source, peek, err)
				}
			}
		}
	}
}

// TestMeasureUnderBudgets: it judges as Validate does, and spends nothing.
func TestMeasureUnderBudgets(t *testing.T) {
	known, err := etf.NewAtomSet("ok")
	if err != nil {
		t.Fatal(err)
	}
	c := etf.Default()
	c.Atoms.Known = known
	closed, in := compile(t, c), ext(atom("new"))
	budget := limits.NewAtomBudget(1)
	m := closed.WithBudgets(budget)
	if _, err := m.Measure(in); err != nil || budget.Committed()+budget.Reserved() != 0 {
		t.Errorf("%v, %+v", err, budget.Stats())
	}
	if _, err := m.MeasureReader(bytes.NewReader(in)); err != nil || budget.Committed() != 0 {
		t.Errorf("%v, %+v", err, budget.Stats())
	}
	if err := m.Validate(in); err != nil || budget.Committed() != 1 {
		t.Errorf("%v, %+v", err, budget.Stats())
	}
	if _, err := closed.Measure(in); err == nil {
		t.Error("a closed set was open to Measure")
	}
}

// TestDecoderShrinks: a large value is not paid for until the connection ends.
func TestDecoderShrinks(t *testing.T) {
	m := compile(t, etf.Default())
	d := m.NewDecoder(io.MultiReader(bytes.NewReader(ext(bin(string(make([]byte, 12<<20))))), bytes.NewReader(bytes.Repeat(ext(small(1)), 300))))
	before := heapInUse()
	for range 301 {
		if _, err := d.ReadTerm(); err != nil {
			t.Fatal(err)
		}
	}
	if kept := heapInUse() - before; kept > 1<<20 {
		t.Errorf("%d KiB are kept", kept>>10)
	}
	if _, err := d.ReadTerm(); err != io.EOF {
		t.Error(err)
	}
}

// failingBudget refuses with an error that names a file.
type failingBudget struct{ limits.Budget }

func (failingBudget) Reserve([]byte) (bool, error) {
	return false, fmt.Errorf("/var/lib/secret: %w", limits.ErrBudgetLocked)
}
func (failingBudget) Release([]string) {}

// TestBudgetErrorsTellNoFile: an error may be sent back, so the text of a budget's
// own error is not in it; the error is.
func TestBudgetErrorsTellNoFile(t *testing.T) {
	err := compile(t, etf.Default()).WithBudgets(failingBudget{}).Validate(ext(atom("new")))
	if !errors.Is(err, limits.ErrBudgetLocked) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// TestPayloadAfterTheEnd: behind the last term its payload is gone, whether it had
// arrived in one piece or not.
func TestPayloadAfterTheEnd(t *testing.T) {
	m := compile(t, etf.Strict())
	for _, b := range [][]byte{
		ext([]byte{110, 20, 0}, bytes.Repeat([]byte{7}, 20)),
		ext([]byte{109, 0, 0, 0, 100}, bytes.Repeat([]byte{7}, 100)),
	} {
		for _, ends := range []func(d *etf.Decoder) error{
			func(d *etf.Decoder) error { _, err := d.ReadToken(); return err },
			func(d *etf.Decoder) error { d.PeekKind(); return io.EOF },
		} {
			for way, d := range waysIn(m, b) {
				if _, err := d.ReadToken(); err != nil {
					t.Fatal(err)
				}
				if err := ends(d); err != io.EOF {
					t.Fatalf("%s: %v behind the term", way, err)
				}
				payload, err := d.Bytes()
				n, errWrite := d.WritePayload(io.Discard)
				if err == nil || errWrite == nil {
					t.Errorf("%s: tag %d: %d bytes, %v; %d written, %v", way, b[1], len(payload), err, n, errWrite)
				}
				if b[1] == 110 {
					if z, err := d.Big(); err == nil {
						t.Errorf("%s: Big gives %v", way, z)
					}
				}
			}
		}
	}
}

// TestTokenOffsetStartsAnew with each source and each term: what is in front of it
// was accepted.
func TestTokenOffsetStartsAnew(t *testing.T) {
	m := compile(t, etf.Strict())
	first := ext([]byte{104, 200}, bytes.Repeat([]byte{97, 1}, 200))
	for way, d := range waysIn(m, append(bytes.Clone(first), 130, 1, 2)) {
		for range 201 {
			if _, err := d.ReadToken(); err != nil {
				t.Fatalf("%s: %v", way, err)
			}
		}
		if _, err := d.ReadToken(); !errors.Is(err, etf.ErrMalformed) {
			t.Fatalf("%s: %v for another version", way, err)
		}
		if at := d.TokenOffset(); at > int64(len(first)) {
			t.Errorf("%s: offset %d, and the %d bytes of the first term were accepted", way, at, len(first))
		}
		d.Reset(bytes.NewReader(ext(null)))
		if at := d.TokenOffset(); at != 0 {
			t.Errorf("%s: offset %d after Reset", way, at)
		}
	}
}

// hookLink is a hook that decodes itself again, as deep as the term goes.
type hookLink struct{ next *hookLink }

func (l *hookLink) UnmarshalETFFrom(d *etf.Decoder) error {
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	if t.Kind != etf.KindTuple {
		for d.Depth() > 0 {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
		}
		return nil
	}
	l.next = new(hookLink)
	return d.Decode(l.next)
}

// hookRows is a hook whose rows take much more than they have on the wire.
type hookRows struct{ rows []hookRow }

type hookRow struct {
	A [500]int64 `etf:"a"`
}

func (w *hookRows) UnmarshalETFFrom(d *etf.Decoder) error { return d.Decode(&w.rows) }

// TestHooksShareWhatATermMayTake: hooks that decode again have together what the
// term at the top may take, of memory and of depth.
func TestHooksShareWhatATermMayTake(t *testing.T) {
	m := compile(t, etf.Strict())
	chain := func(depth, n int) []byte {
		return ext(times(depth, []byte{104, 1}), head(int64(n)), times(n, null), null)
	}
	var l hookLink
	if err := m.Unmarshal(chain(20, 1000), &l); err != nil {
		t.Errorf("20 hooks in each other: %v", err)
	}
	var e *etf.UnmarshalError
	if err := m.Unmarshal(chain(120, 130_000), &l); !errors.As(err, &e) {
		t.Errorf("120 hooks that hold 130,000 terms each: %v", err)
	}
	emptyRow := []byte{116, 0, 0, 0, 0}
	rows := ext(head(80), times(80, cat(head(255), times(255, emptyRow), null)), null)
	var ws []hookRows
	if err := m.Unmarshal(rows, &ws); !errors.As(err, &e) {
		t.Errorf("hooks with rows of 4,000 bytes each for 5: %v", err)
	}
	if err := m.Unmarshal(ext(head(3), times(3, cat(head(2), times(2, emptyRow), null)), null), &ws); err != nil || len(ws) != 3 {
		t.Errorf("a few rows: %v", err)
	}
}

// tokenTerm reads itself as a Term, by way of the Decoder.
type tokenTerm struct{ t etf.Term }

func (v *tokenTerm) UnmarshalETFFrom(d *etf.Decoder) (err error) {
	v.t, err = d.ReadTerm()
	return err
}

// TestHooksOfListElements: an element of a list is given to hooks, and kept raw, as the
// integer that it is, however the list came: the bytes of a STRING_EXT are no terms, and
// behind a LIST_EXT they were read as such, past every rule.
func TestHooksOfListElements(t *testing.T) {
	guarded := etf.Default()
	guarded.Atoms.Patterns = []*regexp.Regexp{regexp.MustCompile("ok|error")}
	m := compile(t, guarded)
	for _, elems := range []string{"\x00\x09", "\x00\x61\x05", "\x00\x77\x04evil", "\x00\x74\x00\x00\x00\x02\x61\x01\x61\x01\x61\x01\x61\x01", "\x6a\x6b\x6c\x6d\x6e", "abc"} {
		var want []etf.RawTerm
		var each [][]byte
		for _, c := range []byte(elems) {
			want = append(want, small(c))
			each = append(each, small(c))
		}
		for name, term := range map[string][]byte{
			"string": str(elems), "list": list(each...),
			"string behind": pieces(str(elems[1:]), each[0]),
			"in between":    pieces(pieces(str(elems[2:]), each[1]), each[0]),
			"list behind":   pieces(list(each[1:]...), each[0]),
			"thin":          pieces(thin(2, str(elems[1:])), each[0]),
		} {
			for where, holder := range map[string][]byte{"alone": term, "in a tuple": tuple(bin("x"), term)} {
				var raw []etf.RawTerm
				var hooks []encoded
				var tokens []tokenTerm
				var err error
				if where == "alone" {
					err = errors.Join(m.Unmarshal(ext(holder), &raw), m.Unmarshal(ext(holder), &hooks), m.Unmarshal(ext(holder), &tokens))
				} else {
					var v struct {
						_    struct{} `etf:",tuple"`
						Text string
						Raw  []etf.RawTerm
					}
					var w struct {
						_     struct{} `etf:",tuple"`
						Text  string
						Hooks []encoded
					}
					var x struct {
						_      struct{} `etf:",tuple"`
						Text   string
						Tokens []tokenTerm
					}
					err = errors.Join(m.Unmarshal(ext(holder), &v), m.Unmarshal(ext(holder), &w), m.Unmarshal(ext(holder), &x))
					raw, hooks, tokens = v.Raw, w.Hooks, x.Tokens
				}
				if err != nil || len(raw) != len(want) || len(hooks) != len(want) || len(tokens) != len(want) {
					t.Fatalf("%q, %s, %s: %d, %d, %d elements, %v", elems, name, where, len(raw), len(hooks), len(tokens), err)
				}
				for i := range want {
					if n, ok := tokens[i].t.Int(); !bytes.Equal(raw[i], want[i]) || !bytes.Equal(hooks[i].b, ext(want[i])) || !ok || n != int64(elems[i]) {
						t.Errorf("%q, %s, %s: element %d is %x, %x, %v", elems, name, where, i, raw[i], hooks[i].b, tokens[i].t)
					}
				}
			}
		}
	}
}

// fussy does not like some text.
type fussy struct{ s string }

func (f *fussy) UnmarshalText(b []byte) error {
	if string(b) == "boom" {
		panic("fussy")
	}
	f.s = string(b)
	return nil
}

// TestPanicInHook: a hook that panics takes with it what it was about. The term that comes
// next finds nothing of the one before.
func TestPanicInHook(t *testing.T) {
	type shaped struct {
		_ struct{} `etf:",tuple"`
		A any
		B fussy
	}
	// Lists around a map whose keys are maps, out of order, and a text.
	build := func(n int, x, y byte, text string) []byte {
		key := func(x, y byte) []byte { return mapOf(small(2), small(y), small(1), small(x)) }
		b := mapOf(key(y, x), small(2), key(x, y), small(1))
		for range n {
			b = list(b)
		}
		return ext(tuple(b, bin(text)))
	}
	for n := range 4 {
		for _, swap := range []bool{false, true} {
			m := compile(t, etf.Default())
			read := func(b []byte) (v shaped, err error) { return v, m.Unmarshal(b, &v) }
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the hook did not panic")
					}
				}()
				read(build(0, 1, 2, "boom"))
			}()
			x, y := byte(1), byte(2)
			if swap {
				x, y = y, x
			}
			got, err := read(build(n, x, y, "ok"))
			fresh := compile(t, etf.Default())
			var want shaped
			if err2 := fresh.Unmarshal(build(n, x, y, "ok"), &want); err != nil || err2 != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%d lists: %v, %v, want %v, %v", n, got, err, want, err2)
			}
		}
	}
}

// TestMarshalPairsDeep: a large value is not moved by each of the maps around it, in
// whatever order their pairs come: that took a hundred times as long.
func TestMarshalPairsDeep(t *testing.T) {
	if raceEnabled {
		t.Skip("times mean little under the race detector")
	}
	build := func(levels, leaf int) any {
		var v any = make([]byte, leaf)
		for range levels {
			v = etf.Pairs{{map[string]any{"b": 0}, v}, {map[string]any{"a": 0}, nil}}
		}
		return v
	}
	best := func(v any) time.Duration {
		least := time.Duration(1 << 62)
		for range 5 {
			began := time.Now()
			if _, err := etf.Marshal(v); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	few, small, many := best(build(10, 4<<20)), best(build(1000, 1)), best(build(1000, 4<<20))
	if many > 4*small+40*few {
		t.Errorf("4 MiB take %v with 10 maps around, and %v with 1000, which take %v alone", few, many, small)
	}
	b, err := etf.Marshal(build(50, 1000))
	if err != nil || !bytes.Equal(b, canonForm(t, b)) {
		t.Errorf("not in order: %v", err)
	}
}
