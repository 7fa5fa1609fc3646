package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// sum reads a list of integers from tokens.
type sum struct {
	total int64
	short bool // stop before the end
	keep  *etf.Decoder
}

func (s *sum) UnmarshalETFFrom(d *etf.Decoder) error {
	s.keep = d
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	if v, ok := tok.Int(); ok {
		s.total = v
		return nil
	}
	for !s.short {
		tok, err := d.ReadToken()
		if err != nil {
			return err
		}
		if tok.Tail {
			return nil
		}
		v, _ := tok.Int()
		s.total += v
	}
	return nil
}

// encoded keeps the encoding that it is given.
type encoded struct{ b []byte }

func (e *encoded) UnmarshalETF(b []byte) error {
	e.b = bytes.Clone(b)
	return nil
}

func (e encoded) MarshalETF() ([]byte, error) { return e.b, nil }

// pair reads itself by way of another type.
type pair struct{ a, b int }

func (p *pair) UnmarshalETFFrom(d *etf.Decoder) error {
	var s []int
	if err := d.Decode(&s); err != nil {
		return err
	}
	if len(s) != 2 {
		return errors.New("secret: no pair")
	}
	p.a, p.b = s[0], s[1]
	return nil
}

func TestUnmarshalerFrom(t *testing.T) {
	for name, term := range map[string][]byte{
		"string": str("\x01\x02"), "list": list(small(1), small(2)), "element": small(3),
	} {
		var s sum
		if err := etf.Unmarshal(ext(term), &s); err != nil || s.total != 3 {
			t.Errorf("%s: %d %v", name, s.total, err)
		}
		if _, err := s.keep.ReadToken(); err == nil {
			t.Errorf("%s: a Decoder that was kept still reads", name)
		}
	}
	var all []sum
	if err := etf.Unmarshal(ext(str("\x01\x02")), &all); err != nil || len(all) != 2 || all[0].total != 1 || all[1].total != 2 {
		t.Errorf("%v %v", all, err)
	}
	var m map[string]pair
	if err := etf.Unmarshal(ext(mapOf(bin("x"), str("\x01\x02"), bin("y"), list(int32x(300), small(1)))), &m); err != nil || m["y"].a != 300 {
		t.Errorf("%v %v", m, err)
	}
	err := etf.Unmarshal(ext(list(str("\x01"), null)), &[]pair{})
	var e *etf.UnmarshalError
	if !errors.As(err, &e) || e.Reason != etf.ReasonHook || strings.Contains(err.Error(), "secret") || e.Path.String() != "list[0]" {
		t.Error(err)
	}
	err = etf.Unmarshal(ext(list(list(atom("a"), small(1)))), &[]pair{})
	var inner *etf.UnmarshalError
	if !errors.As(err, &e) || !errors.As(e.Err, &inner) || !strings.Contains(err.Error(), "list[0]: kind: atom") {
		t.Error(err)
	}
}

// TestHookConsumes: a hook has to read one term, all of it and no more.
func TestHookConsumes(t *testing.T) {
	var e *etf.UnmarshalError
	s := sum{short: true}
	if err := etf.Unmarshal(ext(str("\x01\x02")), &s); !errors.As(err, &e) || e.Reason != etf.ReasonConsumed {
		t.Error(err)
	}
	if err := etf.Unmarshal(ext(list(small(1))), &lazy{}); !errors.As(err, &e) || e.Reason != etf.ReasonConsumed {
		t.Error(err)
	}
	if err := etf.Unmarshal(ext(tuple(small(1), small(2))), &[2]greedy{}); !errors.As(err, &e) || e.Reason != etf.ReasonHook || !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// lazy reads nothing.
type lazy struct{}

func (*lazy) UnmarshalETFFrom(*etf.Decoder) error { return nil }

// greedy reads two terms.
type greedy struct{}

func (*greedy) UnmarshalETFFrom(d *etf.Decoder) error {
	if err := d.SkipValue(); err != nil {
		return err
	}
	return d.SkipValue()
}

// TestRaw: the encoding of a part is the one that was sent, wherever it stands.
func TestRaw(t *testing.T) {
	for name, term := range map[string][]byte{
		"integer": int32x(1), "padded": largeBig(false, 7, 0, 0), "nil": null, "empty string": str(""), "string": str("ab"),
		"list": list(small(1), atom("x")), "pieces": pieces(str("x"), small(1)), "improper": pieces(small(2), small(1)),
		"tuple": tuple(small(1), list(small(2))), "large tuple": largeTuple(small(1)), "map": mapOf(atom("a"), null), "atom": latin1("a"),
		"binary": bin("x"), "bits": bits(3, 0xff), "float": float(1), "text float": textFloat("1.0"), "deep": tuple(tuple(mapOf(null, tuple()))),
	} {
		want := etf.RawTerm(term)
		var top etf.RawTerm
		if err := etf.Unmarshal(ext(term), &top); err != nil || !bytes.Equal(top, want) {
			t.Errorf("%s: %x %v", name, top, err)
		}
		type holder struct {
			R etf.RawTerm            `etf:"r"`
			M map[string]etf.RawTerm `etf:"m"`
			L []etf.RawTerm          `etf:"l"`
			E encoded                `etf:"e"`
			T etf.Term               `etf:"t"`
		}
		var h holder
		b := ext(mapOf(atom("x"), term, atom("r"), thin(3, term), atom("m"), mapOf(bin("k"), term), atom("l"), pieces(list(term), term, small(9)), atom("e"), term, atom("t"), term))
		if err := etf.Unmarshal(b, &h); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(h.R, want) || !bytes.Equal(h.M["k"], want) || len(h.L) != 3 || !bytes.Equal(h.L[0], want) || !bytes.Equal(h.L[2], want) || !bytes.Equal(h.E.b, ext(term)) {
			t.Errorf("%s: %x", name, h)
		}
		whole, err := compile(t, etf.Default()).Decode(ext(term))
		if err != nil || !etf.Equal(whole, h.T) {
			t.Errorf("%s: %v, want %v (%v)", name, h.T, whole, err)
		}
		clear(b)
		if !etf.Equal(whole, h.T) || !bytes.Equal(h.L[0], want) {
			t.Errorf("%s: the value shares memory with the input", name)
		}
	}
	var l []etf.RawTerm
	if err := etf.Unmarshal(ext(str("ab")), &l); err != nil || len(l) != 2 || !bytes.Equal(l[1], small('b')) {
		t.Errorf("%x %v", l, err)
	}
	var on struct{ On encoded }
	if err := etf.Unmarshal(ext(list(atom("on"))), &on); err != nil || !bytes.Equal(on.On.b, ext(raw(119, []byte("\x04true")))) {
		t.Errorf("%x %v", on.On.b, err)
	}
	if err := etf.Unmarshal(squeeze(tuple(str("abc"), small(1))), &[2]etf.RawTerm{}); err != nil {
		t.Error(err)
	}
}

func TestMarshalHookIsChecked(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "no version": small(1), "broken": ext(raw(0)), "two": ext(small(1), small(2)), "cut": ext(tuple(small(1)))[:3],
	} {
		var e *etf.MarshalError
		if _, err := etf.Marshal([]encoded{{b}}); !errors.As(err, &e) || e.Reason != etf.ReasonConsumed {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := etf.Marshal([]any{encoded{ext(largeBig(false, 7, 0))}, &encoded{squeeze(bin("x"))}})
	if want := ext(list(small(7), bin("x"))); err != nil || !bytes.Equal(b, want) {
		t.Errorf("%x %v, want %x", b, err, want)
	}
}

// TestDecoderDecode: terms one behind the other, and parts of a term.
func TestDecoderDecode(t *testing.T) {
	b := cat(ext(small(1)), ext(bin("x")), squeeze(list(small(2))), ext(str("ab")))
	m := compile(t, etf.Default())
	for name, d := range map[string]*etf.Decoder{
		"slice": m.NewDecoderBytes(b), "reader": m.NewDecoder(bytes.NewReader(b)), "bytes": m.NewDecoder(oneByte{bytes.NewReader(b)}),
	} {
		var n int
		var s string
		var l, k []int
		for _, v := range []any{&n, &s, &l} {
			if err := d.Decode(v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if _, err := d.ReadToken(); err != nil { // the head of the last list
			t.Fatal(err)
		}
		for d.PeekKind() == etf.KindInteger {
			if err := d.Decode(&n); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			k = append(k, n)
		}
		if err := d.Decode(new(any)); err != nil { // its tail
			t.Fatal(err)
		}
		if err := d.Decode(&n); err != io.EOF {
			t.Errorf("%s: %v at the end", name, err)
		}
		if s != "x" || !reflect.DeepEqual(l, []int{2}) || !reflect.DeepEqual(k, []int{'a', 'b'}) {
			t.Errorf("%s: %q %v %v", name, s, l, k)
		}
	}
	d := m.NewDecoderBytes(cat(ext(atom("a")), ext(small(1))))
	var n int
	var e *etf.UnmarshalError
	if err := d.Decode(&n); !errors.As(err, &e) {
		t.Error(err)
	}
	if err := d.Decode(n); !errors.As(err, &e) || e.Reason != etf.ReasonTarget {
		t.Error(err)
	}
	if err := d.Decode(&n); err != nil || n != 1 {
		t.Errorf("behind a misfit: %d %v", n, err)
	}
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.r.Read(b[:min(len(b), 1)]) }

// counter writes the numbers up to its value as a list.
type counter int

func (c counter) MarshalETFTo(e *etf.Encoder) error {
	if c < 0 {
		return errors.New("secret")
	}
	if err := e.BeginList(int(c)); err != nil {
		return err
	}
	for i := range int(c) {
		if err := e.Int(int64(i)); err != nil {
			return err
		}
	}
	if c == 3 { // three is never enough
		return nil
	}
	if err := e.End(); err != nil || c != 4 {
		return err
	}
	return e.Nil() // and four one too many
}

func TestMarshalerTo(t *testing.T) {
	b, err := etf.Marshal(map[string]counter{"b": 2, "a": 1})
	if want := ext(mapOf(bin("a"), str("\x00"), bin("b"), str("\x00\x01"))); err != nil || !bytes.Equal(b, want) {
		t.Errorf("%x %v, want %x", b, err, want)
	}
	for c, want := range map[counter]etf.Reason{-1: etf.ReasonHook, 3: etf.ReasonConsumed, 4: etf.ReasonConsumed} {
		var e *etf.MarshalError
		if _, err := etf.Marshal(struct{ C counter }{c}); !errors.As(err, &e) || e.Reason != want || e.Field != "C" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", c, err)
		}
	}
}

func TestEncoderEncode(t *testing.T) {
	var buf bytes.Buffer
	e := etf.NewEncoder(&buf)
	v := person{Name: "A"}
	if err := errors.Join(e.Encode(v), e.BeginTuple(2), e.Encode([]int{1, 2}), e.Encode(nil), e.End(), e.Close()); err != nil {
		t.Fatal(err)
	}
	want := cat(ext(mapOf(atom("email"), atom("nil"), atom("name"), bin("A"))), ext(tuple(str("\x01\x02"), atom("nil"))))
	if !bytes.Equal(buf.Bytes(), canonicalAll(t, want)) {
		t.Errorf("%x, want %x", buf.Bytes(), want)
	}
	bert, err := etf.EncodeOptions{Dialect: etf.BERT1}.Marshal(pointTuple{X: 1, Y: 2})
	if err != nil || !bytes.Equal(bert, ext(tuple(small(1), small(2)))) {
		t.Errorf("%x %v", bert, err)
	}
	if _, err := (etf.EncodeOptions{Dialect: etf.BERT1}).Marshal(v); !errors.Is(err, etf.ErrEncode) {
		t.Errorf("a map in BERT: %v", err)
	}
	o := etf.EncodeOptions{Dialect: etf.BERT1}
	old, err := o.NewEncoder(&buf)
	if err != nil || !errors.Is(old.Encode(v), etf.ErrEncode) || old.Encode(pointTuple{}) != nil {
		t.Error(err)
	}
	if err := e.Encode(1); err == nil {
		t.Error("a closed Encoder encodes")
	}
	e.Reset(&buf)
	if err := e.Encode(make(chan int)); !errors.Is(err, etf.ErrMarshal) {
		t.Error(err)
	}
	if _, err := o.Marshal(make(chan int)); !errors.Is(err, etf.ErrMarshal) {
		t.Error(err)
	}
}

// canonicalAll is canonForm of terms one behind the other.
func canonicalAll(t *testing.T, b []byte) (out []byte) {
	t.Helper()
	for term, err := range compile(t, etf.OTP()).NewDecoderBytes(b).Terms() {
		if err == nil {
			out, err = term.AppendETF(out)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestElements reads lists element by element, from every source.
func TestElements(t *testing.T) {
	m := compile(t, etf.Default())
	type row struct{ N, M int }
	cell := func(n byte) []byte { return mapOf(atom("n"), small(n)) }
	for name, tc := range map[string]struct {
		term []byte
		want string // what the loop says
		then string // what is read behind it
	}{
		"list":            {list(cell(1), mapOf(atom("m"), small(7)), cell(3)), "0 {1 0} 1 {0 7} 2 {3 0} ", "binary"},
		"empty":           {null, "", "binary"},
		"in pieces":       {pieces(list(cell(2)), cell(1)), "0 {1 0} 1 {2 0} ", "binary"},
		"elements amiss":  {list(cell(1), bin("x"), mapOf(atom("n"), bin("x")), cell(4)), "0 {1 0} 1 etf: kind: binary for Go type etf_test.row, in list[1] 2 etf: kind: binary for Go type int, field row.N, in list[2]/value[0] 3 {4 0} ", "binary"},
		"improper":        {pieces(atom("x"), cell(1)), "0 {1 0} 1 etf: improper_list: atom for Go type []etf_test.row ", "atom"},
		"tuple":           {tuple(cell(1)), "0 etf: kind: tuple for Go type []etf_test.row ", "tuple"},
		"integer":         {small(5), "0 etf: kind: integer for Go type []etf_test.row ", "integer"},
		"refused element": {list(cell(1), mapOf(small(1), null, small(1), null)), "0 {1 0} 1 etf: duplicate_key at offset 24, in list[1]/key[1] ", ""},
		"refused":         {[]byte{99, 0}, "0 etf: ", ""},
	} {
		for source, d := range waysIn(m, cat(ext(tc.term), ext(bin("behind")))) {
			said := ""
			var v row
			for i, err := range d.Elements(&v) {
				if said += fmt.Sprint(i, " "); err != nil {
					said += err.Error() + " "
					continue
				}
				said += fmt.Sprint(v, " ")
			}
			if name == "refused" {
				said = said[:min(len(said), len(tc.want))]
			}
			if said != tc.want {
				t.Errorf("%s, %s: %q, want %q", name, source, said, tc.want)
			}
			if tok, err := d.ReadToken(); (err != nil) != (tc.then == "") || err == nil && tok.Kind.String() != tc.then {
				t.Errorf("%s, %s: then %v, %v", name, source, tok.Kind, err)
			}
		}
	}
	d := m.NewDecoderBytes(ext(str("\x05\x06\x07")))
	var n, sum int
	for i, err := range d.Elements(&n) {
		if sum += n; err != nil || i == 1 {
			break
		}
	}
	if tok, err := d.ReadToken(); sum != 11 || err != nil || d.Depth() != 1 {
		t.Errorf("left early: %d, then %v, %v", sum, tok, err)
	}
	for _, err := range m.NewDecoderBytes(nil).Elements(&n) {
		if err != io.EOF {
			t.Errorf("nothing: %v", err)
		}
	}
	for _, err := range d.Elements(n) {
		if !errors.Is(err, etf.ErrUnmarshal) {
			t.Errorf("no pointer: %v", err)
		}
	}
	left := false
	for i, err := range m.NewDecoderBytes(ext(list(small(1), small(2)))[:6+2]).Elements(&n) {
		var cut *etf.Error
		if err != nil && (!errors.As(err, &cut) || cut.Code != etf.CodeTruncated) || i > 1 {
			t.Errorf("cut, %d: %v", i, err)
		}
		left = left || err != nil
	}
	if !left {
		t.Error("a list that is cut was read")
	}
	deep := small(1)
	for range 40 {
		deep = list(deep)
	}
	var any40 [][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][]string
	for _, err := range m.NewDecoderBytes(ext(list(deep))).Elements(&any40) {
		var misfit *etf.UnmarshalError
		if !errors.As(err, &misfit) || len(misfit.Path.Steps) != 2*etf.PathKeep || misfit.Path.Omitted == 0 {
			t.Errorf("deep: %v", err)
		}
	}
}
