package etf_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/gen"
)

// encode writes a term with the methods of an Encoder.
func encode(e *etf.Encoder, t etf.Term) error {
	switch t.Kind() {
	case etf.KindInteger:
		if v, ok := t.Int(); ok {
			return e.Int(v)
		}
		return e.Big(t.Big())
	case etf.KindFloat:
		f, _ := t.Float()
		return e.Float(f)
	case etf.KindAtom:
		name, _ := t.Atom()
		return e.Atom(name)
	case etf.KindNil:
		return e.Nil()
	case etf.KindBinary:
		b, _ := t.Bytes()
		return e.Binary(b)
	case etf.KindBitstring:
		b, _ := t.Bytes()
		return e.Bits(b, t.Bits())
	case etf.KindTuple:
		return encodeAll(e, t, e.BeginTuple(t.Len()))
	case etf.KindList:
		if t.IsProper() {
			return encodeAll(e, t, e.BeginList(t.Len()))
		}
		return encodeAll(e, t, e.BeginImproperList(t.Len()))
	case etf.KindMap:
		return encodeAll(e, t, e.BeginMap(t.Len()))
	}
	return e.Term(t)
}

func encodeAll(e *etf.Encoder, t etf.Term, err error) error {
	for k, v := range t.Pairs() {
		err = errors.Join(err, encode(e, k), encode(e, v))
	}
	for v := range t.Elements() {
		err = errors.Join(err, encode(e, v))
	}
	if !t.IsProper() && t.Kind() == etf.KindList {
		tail, _ := t.Tail()
		err = errors.Join(err, encode(e, tail))
	}
	return errors.Join(err, e.End())
}

// TestEncoder: random terms through the methods of an Encoder are the same
// terms, one after the other, in whatever way they were flushed.
func TestEncoder(t *testing.T) {
	t.Parallel()
	m := compile(t, etf.OTP())
	for _, o := range []etf.EncodeOptions{{}, {Dialect: etf.MinorVersion0}, {Dialect: etf.MinorVersion1, Compressed: 6}} {
		var out bytes.Buffer
		e, err := o.NewEncoder(&out)
		if err != nil {
			t.Fatal(err)
		}
		g := gen.New(gen.Options{})
		var want []etf.Term
		for i := range 400 {
			g.Seed(1, uint64(i))
			term := decode(t, g.Term(i*2))
			want = append(want, term)
			if err := encode(e, term); err != nil {
				t.Fatalf("%v: %v", term, err)
			}
			if i%7 == 0 {
				if err := e.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		i := 0
		for got, err := range m.NewDecoder(&out).Terms() {
			if err != nil || !etf.Equal(got, want[i]) {
				t.Fatalf("%+v, term %d: %v, %v, want %v", o, i, got, err, want[i])
			}
			i++
		}
		if i != len(want) {
			t.Errorf("%d terms came out of %d", i, len(want))
		}
	}
}

// TestEncoderScalars writes one of each kind, and compares with the functions.
func TestEncoderScalars(t *testing.T) {
	var out bytes.Buffer
	e := etf.NewEncoder(&out)
	pid := etf.Pid{Node: "a@b", ID: 1, Serial: 2, Creation: 3}
	e.BeginTuple(16)
	e.Int(-5)
	e.Uint(math.MaxUint64)
	e.Big(pow2(64, 0))
	e.Float(1.5)
	e.Atom("é")
	e.Bool(true)
	e.Bool(false)
	e.Nil()
	e.String("s")
	e.BinaryFrom(strings.NewReader("streamed, and more"), 8)
	e.ByteList([]byte{1})
	e.Charlist("日")
	e.Pid(pid)
	e.Port(etf.Port{Node: "a@b", ID: 1})
	e.Reference(etf.Reference{Node: "a@b", Words: []uint32{1}})
	e.Raw(etf.RawTerm(list(small(1))))
	if e.Depth() != 1 {
		t.Error(e.Depth())
	}
	e.End()
	e.Export(etf.Export{Module: "m", Function: "f", Arity: 1})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	want := `{-5,18446744073709551615,18446744073709551616,1.5,é,true,false,[],<<"s">>,<<"streamed">>,[1],[26085],` +
		`#Pid<a@b.1.2.3>,#Port<a@b.1.0>,#Ref<a@b.0.1>,[1]} fun m:f/1`
	var got []string
	for term, err := range compile(t, etf.OTP()).NewDecoder(&out).Terms() {
		got = append(got, fmt.Sprint(term))
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestEncoderRefuses: what does not fit leaves the Encoder as it was.
func TestEncoderRefuses(t *testing.T) {
	var out bytes.Buffer
	e := etf.NewEncoder(&out)
	refused := func(err error, code etf.Code) {
		t.Helper()
		var enc *etf.EncodeError
		if !errors.As(err, &enc) || enc.Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	refused(e.End(), etf.CodeWrongClose)
	refused(e.BeginTuple(-1), etf.CodeTooLong)
	refused(e.BeginList(-1), etf.CodeTooLong)
	refused(e.BeginMap(-1), etf.CodeTooLong)
	refused(e.BeginImproperList(0), etf.CodeTooLong)
	e.BeginTuple(2)
	refused(e.End(), etf.CodeUnfinished)
	refused(e.Close(), etf.CodeUnfinished)
	refused(e.Float(math.NaN()), etf.CodeFloatNotFinite)
	refused(e.Atom("\xff"), etf.CodeAtomUTF8)
	refused(e.Big(nil), etf.CodeNoTerm)
	refused(e.Raw(nil), etf.CodeNoTerm)
	refused(e.Raw(etf.RawTerm(cat(null, null))), etf.CodeNoTerm)
	refused(e.Raw(etf.RawTerm(mapOf(small(1), null, small(1), null))), etf.CodeNoTerm)
	refused(e.Raw(etf.RawTerm(ext(null))), etf.CodeNoTerm)
	refused(e.Term(etf.Term{}), etf.CodeNoTerm)
	refused(e.BinaryFrom(nil, -1), etf.CodeTooLong)
	e.BeginMap(0)
	refused(e.Int(1), etf.CodeOverfull)
	e.End()
	e.BeginImproperList(1)
	e.Int(1)
	refused(e.End(), etf.CodeUnfinished)
	e.Int(2)
	refused(e.BeginList(1), etf.CodeOverfull)
	e.End()
	refused(e.Int(3), etf.CodeOverfull)
	if err := errors.Join(e.End(), e.Close()); err != nil {
		t.Fatal(err)
	}
	if want := ext(tuple(maps(0), pieces(small(2), small(1)))); !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%x, want %x", out.Bytes(), want)
	}
	if e.Int(1) == nil || e.Flush() == nil || e.End() == nil || e.Close() == nil {
		t.Error("a closed Encoder goes on")
	}
	e.Reset(&out)
	if err := errors.Join(e.Int(1), e.Close()); err != nil {
		t.Error(err)
	}
}

// failing is a writer that takes so many bytes.
type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	if f.left -= n; n < len(b) {
		return n, io.ErrClosedPipe
	}
	return n, nil
}

// TestEncoderWriter: errors of the writer stay, and so do those of the reader of
// a binary, since there is no term any more.
func TestEncoderWriter(t *testing.T) {
	e := etf.NewEncoder(&failing{10_000})
	var err error
	for range 100 {
		err = e.Binary(make([]byte, 1000))
	}
	if err != io.ErrClosedPipe || e.BeginList(1) != err || e.End() != err || e.Flush() != err || e.Close() != err {
		t.Error(err)
	}
	var out bytes.Buffer
	e.Reset(&out)
	if err := e.BinaryFrom(strings.NewReader("short"), 6); err != io.ErrUnexpectedEOF || e.Int(1) != err || e.Close() != err {
		t.Error(err)
	}
	if _, err := (etf.EncodeOptions{Compressed: 10}).NewEncoder(&out); err == nil {
		t.Error("level 10")
	}
	if _, err := (etf.EncodeOptions{Dialect: 77}).AppendETF(nil, etf.Term{}); err == nil {
		t.Error("dialect 77")
	}
	if b, err := etf.Dialect(77).AppendTerm([]byte("x"), termOf(1)); err == nil || string(b) != "x" {
		t.Errorf("dialect 77: %q", b)
	}
	packed, _ := etf.EncodeOptions{Compressed: 9}.NewEncoder(&out)
	packed.BeginList(1)
	out.Reset()
	if packed.Flush(); out.Len() > 0 {
		t.Error("a compressed term was flushed before its end")
	}
	packed.BinaryFrom(bytes.NewReader(make([]byte, 100_000)), 100_000)
	if err := errors.Join(packed.End(), packed.Close()); err != nil || out.Len() > 1000 {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
	if _, err := compile(t, etf.OTP()).Decode(out.Bytes()); err != nil {
		t.Error(err)
	}
}

// TestCompressedSizes: a term is compressed if that is smaller, from the first size on
// where it may be, and costs no new writer each time.
func TestCompressedSizes(t *testing.T) {
	for n := range 30 {
		for _, level := range []int{1, 9} {
			b, err := etf.EncodeOptions{Compressed: level}.AppendETF(nil, termOf(make([]byte, n)))
			if err != nil {
				t.Fatal(err)
			}
			var z bytes.Buffer
			w, _ := zlib.NewWriterLevel(&z, level)
			w.Write(bin(string(make([]byte, n))))
			w.Close()
			if small := z.Len()+5 < n+5; small != (b[1] == 80) {
				t.Errorf("%d bytes at level %d: %x", n, level, b)
			}
			if got, err := compile(t, etf.OTP()).Decode(b); err != nil || !etf.Equal(got, termOf(make([]byte, n))) {
				t.Errorf("%d bytes at level %d: %v, %v", n, level, got, err)
			}
		}
	}
	e, _ := etf.EncodeOptions{Compressed: 6}.NewEncoder(io.Discard)
	if n := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			e.Binary(make([]byte, 100))
		}
	}).AllocedBytesPerOp(); n > 10_000 {
		t.Errorf("%d bytes for a small term", n)
	}
}

// TestDialects: bytes that OTP 25 writes with older minor versions, and what
// BERT has no form for.
func TestDialects(t *testing.T) {
	text := func(s string) []byte { return textFloat(s) }
	m := compile(t, etf.OTP())
	for _, tc := range []struct {
		term []byte
		want [4][]byte // by dialect; nil: no form
	}{
		{atom("a"), [4][]byte{atom("a"), longLatin1("a"), longLatin1("a"), longLatin1("a")}},
		{atom("é"), [4][]byte{atom("é"), longLatin1("é"), longLatin1("é"), longLatin1("é")}},
		{atom("Δ"), [4][]byte{atom("Δ"), atom("Δ"), atom("Δ"), nil}},
		{longAtom(strings.Repeat("é", 255)), [4][]byte{longAtom(strings.Repeat("é", 255)), longLatin1(strings.Repeat("é", 255)), longLatin1(strings.Repeat("é", 255)), longLatin1(strings.Repeat("é", 255))}},
		{float(1.5), [4][]byte{float(1.5), float(1.5), text("1.50000000000000000000e+00"), text("1.50000000000000000000e+00")}},
		{float(0.1), [4][]byte{float(0.1), float(0.1), text("1.00000000000000005551e-01"), text("1.00000000000000005551e-01")}},
		{float(-1e300), [4][]byte{float(-1e300), float(-1e300), text("-1.00000000000000005250e+300"), text("-1.00000000000000005250e+300")}},
		{float(5e-324), [4][]byte{float(5e-324), float(5e-324), text("4.94065645841246544177e-324"), text("4.94065645841246544177e-324")}},
		{bits(3, 0x20), [4][]byte{bits(3, 0x20), bits(3, 0x20), bits(3, 0x20), nil}},
		{newPid(atom("a@b"), 1, 2, 3), [4][]byte{newPid(atom("a@b"), 1, 2, 3), newPid(longLatin1("a@b"), 1, 2, 3), newPid(longLatin1("a@b"), 1, 2, 3), oldPid(longLatin1("a@b"), 1, 2, 3)}},
		{newPid(atom("a@b"), 1, 2, 4), [4][]byte{newPid(atom("a@b"), 1, 2, 4), newPid(longLatin1("a@b"), 1, 2, 4), newPid(longLatin1("a@b"), 1, 2, 4), nil}},
		{oldRef(atom("a@b"), 1, 3), [4][]byte{newerRef(atom("a@b"), 3, 1), newerRef(longLatin1("a@b"), 3, 1), newerRef(longLatin1("a@b"), 3, 1), oldRef(longLatin1("a@b"), 1, 3)}},
		{newRef(atom("a@b"), 3, 1, 0), [4][]byte{newerRef(atom("a@b"), 3, 1, 0), newerRef(longLatin1("a@b"), 3, 1, 0), newerRef(longLatin1("a@b"), 3, 1, 0), nil}},
		{newPort(atom("a@b"), 1, 3), [4][]byte{newPort(atom("a@b"), 1, 3), newPort(longLatin1("a@b"), 1, 3), newPort(longLatin1("a@b"), 1, 3), oldPort(longLatin1("a@b"), 1, 3)}},
		{v4Port(atom("a@b"), 1<<40, 3), [4][]byte{v4Port(atom("a@b"), 1<<40, 3), v4Port(longLatin1("a@b"), 1<<40, 3), v4Port(longLatin1("a@b"), 1<<40, 3), nil}},
		{export(atom("m"), atom("f"), small(1)), [4][]byte{export(atom("m"), atom("f"), small(1)), export(longLatin1("m"), longLatin1("f"), small(1)), export(longLatin1("m"), longLatin1("f"), small(1)), nil}},
		{mapOf(small(1), null), [4][]byte{mapOf(small(1), null), mapOf(small(1), null), mapOf(small(1), null), nil}},
		{tuple(int32x(-1), smallBig(false, 0, 0, 0, 0, 1), str("ab"), list(int32x(300)), bin("x")), [4][]byte{
			tuple(int32x(-1), smallBig(false, 0, 0, 0, 0, 1), str("ab"), list(int32x(300)), bin("x")), nil, nil, tuple(int32x(-1), smallBig(false, 0, 0, 0, 0, 1), str("ab"), list(int32x(300)), bin("x"))}},
	} {
		term := decode(t, tc.term)
		for d, want := range tc.want {
			dialect := etf.Dialect(d)
			got, err := dialect.AppendTerm(nil, term)
			if want == nil && dialect == etf.BERT1 {
				if err == nil {
					t.Errorf("%v: %v has no form, and got %x", dialect, term, got)
				}
				continue
			}
			if err != nil || want != nil && !bytes.Equal(got, want) {
				t.Errorf("%v: %v is %x, %v, want %x", dialect, term, got, err, want)
				continue
			}
			if again, err := m.Decode(ext(got)); err != nil || !etf.Equal(again, term) {
				t.Errorf("%v: %v came back as %v, %v", dialect, term, again, err)
			}
		}
	}
	if s := fmt.Sprint(etf.BERT1, etf.Dialect(9)); s != "BERT 1 unknown dialect" {
		t.Error(s)
	}
	if _, err := etf.BERT1.AppendTerm(nil, decode(t, fun())); err == nil {
		t.Error("a fun in BERT")
	}
	if e, _ := (etf.EncodeOptions{Dialect: etf.BERT1}).NewEncoder(io.Discard); e.Raw(etf.RawTerm(null)) == nil || e.BeginMap(1) == nil || e.Big(big.NewInt(1)) != nil {
		t.Error("BERT")
	}
}

// TestDialectsInBEAM: whatever the dialect, a BEAM reads the same term.
func TestDialectsInBEAM(t *testing.T) {
	o := beam.Require(t, beam.Options{Node: "nobody@nowhere", Creation: 99})
	g := gen.New(gen.Options{})
	var cases []beam.Case
	for i := range uint64(1500) {
		g.Seed(2, i)
		term := decode(t, g.Term(int(i%500)))
		plain, err := term.AppendETF(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, opts := range []etf.EncodeOptions{{Dialect: etf.MinorVersion1}, {Dialect: etf.MinorVersion0, Compressed: 1}, {Dialect: etf.BERT1}, {Compressed: 9}} {
			b, err := opts.AppendETF(nil, term)
			if err != nil && opts.Dialect != etf.BERT1 {
				t.Fatal(err)
			} else if err == nil {
				cases = append(cases, beam.Case{Payload: b, Other: plain, Want: beam.Compare | beam.Canon})
			}
		}
	}
	verdicts, err := o.Judge(cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if !v.Same || !bytes.Equal(v.Canon, cases[i].Other) {
			t.Fatalf("%x\n%x: %+v", cases[i].Payload, cases[i].Other, v)
		}
	}
	t.Logf("%d terms in a dialect", len(cases))
}
