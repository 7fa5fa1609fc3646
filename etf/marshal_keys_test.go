package etf_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
)

type keyOfMap struct{ P *valueOfMap }

type valueOfMap struct{ M map[keyOfMap]int }

// TestMarshalKeysOnce: a key is written once, however deep it stands in other keys,
// and pairs in order are not moved. Else these take minutes and more.
func TestMarshalKeysOnce(t *testing.T) {
	const levels = 2000
	began := time.Now()
	var deep any = make([]any, 100_000)
	for range levels {
		deep = etf.Pairs{{1, 1}, {deep, 1}}
	}
	b, err := etf.Marshal(deep)
	if err != nil || !bytes.Equal(b, canonForm(t, b)) {
		t.Errorf("keys of pairs: %d bytes, %v", len(b), err)
	}
	v := valueOfMap{}
	for range levels {
		below := v
		v = valueOfMap{map[keyOfMap]int{{nil}: 1, {&below}: 2}}
	}
	if b, err = etf.Marshal(v); err != nil || !bytes.Equal(b, canonForm(t, b)) {
		t.Errorf("keys of maps: %d bytes, %v", len(b), err)
	}
	var set any = "x"
	for range levels {
		set = etf.MapSet[any]{1, set}
	}
	if b, err = etf.Marshal(set); err != nil || !bytes.Equal(b, canonForm(t, b)) {
		t.Errorf("sets of sets: %d bytes, %v", len(b), err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestMarshalKeysByTerms: keys that bytes do not tell the order of in good time: maps
// deep in one another, and a large value among many small ones.
func TestMarshalKeysByTerms(t *testing.T) {
	deep := func(end int) (x any) {
		x = end
		for range 1500 {
			x = etf.Pairs{{1, x}, {2, 2}}
		}
		return x
	}
	wide := etf.Pairs{}
	for i := range 3000 {
		wide = append(wide, etf.Pair{Key: etf.Pairs{{1, "small"}, {2, (i * 7) % 3000}}, Value: i})
	}
	wide[17].Key = etf.Pairs{{1, make([]any, 1<<16)}, {2, 17}}
	for name, v := range map[string]etf.Pairs{"deep": {{deep(2), "b"}, {deep(1), "a"}}, "wide": wide} {
		if b, err := etf.Marshal(v); err != nil || !bytes.Equal(b, canonForm(t, b)) {
			t.Errorf("%s: not in order: %v", name, err)
		}
	}
	var bad *etf.MarshalError
	if _, err := etf.Marshal(etf.Pairs{{deep(1), 1}, {deep(1), 2}}); !errors.As(err, &bad) || bad.Reason != etf.ReasonCollision {
		t.Errorf("deep keys that are one: %v", err)
	}
}

// TestMarshalKeysInOrder: keys of all kinds come out in OTP's order, in whichever they
// stand, with their own values.
func TestMarshalKeysInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var draw func(depth int) any
	draw = func(depth int) any {
		n := r.IntN(9)
		if depth == 0 {
			n = r.IntN(5)
		}
		switch n {
		case 0:
			return r.Int64N(600) - 300
		case 1:
			return float64(r.IntN(4)) / 2
		case 2:
			return etf.Atom([]string{"a", "b", "ab", ""}[r.IntN(4)])
		case 3:
			return []string{"a", "b", "ab", ""}[r.IntN(4)]
		case 4:
			return r.IntN(2) == 0
		case 5:
			return etf.Tuple{draw(depth - 1), draw(depth - 1)}
		case 6:
			return []any{draw(depth - 1), r.IntN(3)}
		case 7:
			return etf.ImproperList{Elements: []any{draw(depth - 1)}, Tail: etf.Tuple{draw(depth - 1)}}
		}
		var p etf.Pairs
		for i := range r.IntN(4) {
			p = append(p, etf.Pair{Key: etf.Tuple{draw(depth - 1), i}, Value: draw(depth - 1)})
		}
		return p
	}
	for range 3000 {
		var p etf.Pairs
		var set etf.MapSet[any]
		goMap := map[[2]any]any{}
		for i := range r.IntN(20) {
			k := draw(3)
			p = append(p, etf.Pair{Key: etf.Tuple{k, i}, Value: draw(2)})
			if r.IntN(2) == 0 {
				p[i].Key = []any{i, k}
			}
			set = append(set, p[i].Key)
			goMap[[2]any{i, draw(0)}] = p[i].Value
		}
		flat := etf.Pairs{{r.IntN(9) - 5, draw(2)}, {"x", draw(2)}, {nil, draw(2)}, {etf.Atom("x"), draw(2)}, {1.5, draw(2)}}
		r.Shuffle(len(flat), func(i, j int) { flat[i], flat[j] = flat[j], flat[i] })
		shuffled := append(etf.Pairs{}, p...)
		r.Shuffle(len(p), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		for _, v := range []any{p, set, goMap, flat, []any{p, goMap, etf.Pairs{{p, flat}, {set, goMap}}}} {
			b, err := etf.Marshal(v)
			if err != nil || !bytes.Equal(b, canonForm(t, b)) {
				t.Fatalf("%#v: %x %v", v, b, err)
			}
		}
		want, _ := etf.Marshal(p)
		if got, err := etf.Marshal(shuffled); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%#v: %x, %x in another order: %v", p, want, got, err)
		}
		for _, pair := range p {
			k, _ := etf.TermOf(pair.Key)
			value, _ := etf.TermOf(pair.Value)
			whole, _ := etf.TermOf(p)
			found := false
			for x, y := range whole.Pairs() {
				found = found || etf.Equal(x, k) && etf.Equal(y, value)
			}
			if !found {
				t.Fatalf("%#v: %v => %v is not there", p, k, value)
			}
		}
	}
}
