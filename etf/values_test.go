package etf_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// TestPayloadsAsValues: every term of a real producer becomes an any and a Term,
// and goes back.
func TestPayloadsAsValues(t *testing.T) {
	m := compile(t, etf.OTP())
	for _, p := range legit.All() {
		b := p.Data()
		var x any
		var term etf.Term
		var raw etf.RawTerm
		if err := errors.Join(m.Unmarshal(b, &x), m.Unmarshal(b, &term), m.Unmarshal(b, &raw)); err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		want := canonForm(t, b)
		for name, v := range map[string]any{"Term": term, "RawTerm": raw} {
			if got, err := etf.Marshal(v); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %s: %v", p.ID, name, err)
			}
		}
		first, err := etf.Marshal(x)
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		var again any
		if err := m.Unmarshal(first, &again); err != nil {
			t.Errorf("%s: %v", p.ID, err)
		} else if second, err := etf.Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
}

func TestUnmarshalIdentities(t *testing.T) {
	m := compile(t, etf.OTP())
	node := atom("a@b")
	for name, c := range map[string]struct {
		term []byte
		want any
	}{
		"pid":       {newPid(node, 1, 2, 3), etf.Pid{Node: "a@b", ID: 1, Serial: 2, Creation: 3}},
		"port":      {newPort(node, 1, 3), etf.Port{Node: "a@b", ID: 1, Creation: 3}},
		"reference": {newerRef(node, 3, 1, 2), etf.Reference{Node: "a@b", Words: []uint32{1, 2}, Creation: 3}},
		"export":    {export(atom("m"), atom("f"), small(1)), etf.Export{Module: "m", Function: "f", Arity: 1}},
	} {
		to := reflect.New(reflect.TypeOf(c.want))
		var x any
		if err := errors.Join(m.Unmarshal(ext(c.term), to.Interface()), m.Unmarshal(ext(c.term), &x)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(to.Elem().Interface(), c.want) || !reflect.DeepEqual(x, c.want) {
			t.Errorf("%s: %v and %v", name, to.Elem(), x)
		}
		if b, err := etf.Marshal([]any{x}); err != nil || !bytes.Equal(b, ext(list(c.term))) {
			t.Errorf("%s: %x %v", name, b, err)
		}
		var e *etf.UnmarshalError
		if err := m.Unmarshal(ext(small(1)), to.Interface()); !errors.As(err, &e) || e.Reason != etf.ReasonKind {
			t.Errorf("%s: %v", name, err)
		}
	}
	var f etf.Fun
	var x any
	b := ext(fun(small(1)))
	if err := errors.Join(m.Unmarshal(b, &f), m.Unmarshal(b, &x)); err != nil {
		t.Fatal(err)
	}
	if term, ok := x.(etf.Term); !ok || term.Kind() != etf.KindFun || term.Len() != 1 || f.Arity == 0 && f.Module == "" {
		t.Errorf("%v %+v", x, f)
	}
	if _, err := etf.Marshal(f); err != nil {
		t.Error(err)
	}
	if v := new(etf.Bitstring); m.Unmarshal(ext(bin("x")), v) != nil || v.Bits != 8 {
		t.Errorf("%v", v)
	}
}

// randomValue makes a Go value whose term is not known beforehand.
func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(14); {
	case depth == 0 || n < 4:
		return []any{int64(r.Uint64()), int(r.IntN(300)), r.NormFloat64(), etf.Atom(text(r)), text(r), []byte(text(r)), nil, true, uint64(math.MaxUint64), bigOf("-123456789012345678901234567890")}[r.IntN(10)]
	case n < 6:
		s := make([]any, r.IntN(5))
		for i := range s {
			s[i] = randomValue(r, depth-1)
		}
		return s
	case n < 7:
		s := make([]int, r.IntN(5))
		for i := range s {
			s[i] = r.IntN(300)
		}
		return s
	case n < 9:
		m := map[string]any{}
		for range r.IntN(40) {
			m[text(r)] = randomValue(r, depth-1)
		}
		return m
	case n < 10:
		m := map[any]int{}
		for range r.IntN(40) {
			m[[]any{int64(r.IntN(100)), float64(r.IntN(9)), etf.Atom(text(r)), text(r), r.IntN(2) == 0}[r.IntN(5)]]++
		}
		return m
	case n < 11:
		var p etf.Pairs
		for i := range r.IntN(36) {
			p = append(p, etf.Pair{Key: []any{i, randomValue(r, depth-1)}, Value: i})
		}
		return p
	case n < 12:
		return etf.ImproperList{Elements: []any{randomValue(r, depth-1)}, Tail: etf.Atom("t")}
	case n < 13:
		return etf.Tuple{randomValue(r, depth-1), pointTuple{X: r.IntN(9)}, person{Name: text(r)}}
	}
	return etf.MapSet[any]{int64(1), "x", []any{randomValue(r, depth-1)}}
}

func text(r *rand.Rand) string {
	b := make([]rune, r.IntN(6))
	for i := range b {
		b[i] = []rune("abcé€😀Z_ ")[r.IntN(9)]
	}
	return string(b)
}

// TestMarshalAsOTP: a BEAM writes what it reads of Marshal with the same bytes,
// keys in the same order.
func TestMarshalAsOTP(t *testing.T) {
	o := beam.Require(t, beam.Options{})
	var cases []beam.Case
	add := func(v any) {
		b, err := etf.Marshal(v)
		if err != nil {
			var e *etf.MarshalError
			if !errors.As(err, &e) || e.Reason != etf.ReasonCollision {
				t.Errorf("%v: %v", v, err)
			}
			return
		}
		cases = append(cases, beam.Case{Payload: b, Want: beam.Canon})
	}
	for _, c := range roundTrips {
		add(c.v)
	}
	for _, c := range elixirValues {
		add(c.want)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		add(randomValue(r, 4))
	}
	verdicts, err := o.Judge(cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if !bytes.Equal(v.Canon, cases[i].Payload) {
			t.Errorf("%x, OTP writes\n%x", cases[i].Payload, v.Canon)
		}
	}
}
