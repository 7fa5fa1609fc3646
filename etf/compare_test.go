package etf_test

import (
	"math"
	"math/big"
	"slices"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/gen"
)

// ascending are terms in Erlang's order, none == the next.
func ascending(t testing.TB) [][]byte {
	t.Helper()
	var all [][]byte
	add := func(b ...[]byte) { all = append(all, b...) }
	integer := func(v *big.Int) []byte { return appendedBy(t, with1(etf.AppendBig, v)) }
	neg := func(v *big.Int) []byte { return integer(new(big.Int).Neg(v)) }
	add(neg(pow2(20_000, 0)), float(-math.MaxFloat64), neg(pow2(1023, 0)), neg(pow2(64, 1)), neg(pow2(64, 0)), neg(pow2(63, 1)), neg(pow2(63, 0)), neg(pow2(53, 1)), float(-1<<53), int32x(-2), float(-1.5), int32x(-1), float(-0.5), float(-5e-324))
	add(small(0), float(5e-324), float(0.5), small(1), float(1.0000000000000002), float(math.Nextafter(2, 0)), small(2), float(1<<53-1), integer(pow2(53, 0)), integer(pow2(53, 1)), float(1<<53+2))
	add(integer(pow2(63, -1)), float(1<<63), integer(pow2(63, 1)), integer(pow2(64, -1)), integer(pow2(64, 0)), integer(pow2(64, 1)), float(math.Nextafter(1<<64, 1e300)), float(1e300), float(math.MaxFloat64), integer(pow2(1024, 0)), integer(pow2(20_000, 0)))
	add(atom(""), atom("A"), atom("a"), atom("aa"), atom("b"), atom("é"), atom("日"))
	add(newerRef(atom("a@b"), 1, 9, 9, 1), newerRef(atom("a@b"), 1, 1, 1, 2), newerRef(atom("a@b"), 2, 1), newerRef(atom("b@b"), 1, 1))
	add(fun(), fun(small(1)), closure{index: 1}.encode(), closure{module: atom("n")}.encode())
	add(export(atom("a"), atom("f"), small(1)), export(atom("a"), atom("f"), small(2)), export(atom("a"), atom("g"), small(1)), export(atom("b"), atom("f"), small(1)))
	add(newPort(atom("a@b"), 1, 1), newPort(atom("a@b"), 2, 1), newPort(atom("a@b"), 1, 2), v4Port(atom("b@b"), 0, 1))
	add(newPid(atom("b@b"), 1, 1, 1), newPid(atom("a@b"), 2, 1, 1), newPid(atom("a@b"), 1, 2, 1), newPid(atom("a@b"), 1, 2, 2))
	add(tuple(), tuple(small(9)), tuple(atom("z")), tuple(small(1), small(2)), tuple(float(1.5), small(0)), tuple(null, null, null))
	add(maps(0), mapOf(small(1), small(2)), mapOf(small(1), small(3)), mapOf(small(2), null), mapOf(float(1), null), mapOf(atom("a"), null),
		mapOf(small(1), small(9), small(2), small(1)), mapOf(small(1), small(9), small(2), small(2)), mapOf(small(1), null, small(2), null), mapOf(small(1), small(1), small(3), small(1)))
	add(null, list(int32x(-1)), str("a"), str("ab"), list(small(97), int32x(300)), pieces(small(1), small(98)), pieces(atom("z"), small(98)), str("b"), list(null), list(str("a")), list(bin("")))
	add(bin(""), bits(1, 0), bin("\x00"), bin("a"), bits(4, 'a', 0x60), bin("aa"), bin("ab"), bits(3, 0xe0), bin("\xff"))
	return all
}

// TestCompare holds each of a list in order against each.
func TestCompare(t *testing.T) {
	var terms []etf.Term
	for _, b := range ascending(t) {
		terms = append(terms, decode(t, b))
	}
	for i, a := range terms {
		if etf.Compare(etf.Term{}, a) >= 0 || etf.Compare(a, etf.Term{}) <= 0 {
			t.Errorf("%v and nothing", a)
		}
		for j, b := range terms {
			want := min(max(i-j, -1), 1)
			if got := etf.Compare(a, b); got != want || etf.Equal(a, b) != (i == j) || etf.Equivalent(a, b) != (i == j) {
				t.Errorf("%v and %v: %d %v %v, want %d", a, b, got, etf.Equal(a, b), etf.Equivalent(a, b), want)
			}
		}
	}
	// What is ==, and what of it is =:=.
	for _, tc := range []struct {
		a, b  []byte
		equal bool
		keys  int
	}{
		{small(1), float(1), false, -1}, {float(1<<60 + 512), smallBig(false, 0, 2, 0, 0, 0, 0, 0, 0x10), false, 1}, {float(0), float(math.Copysign(0, -1)), true, 0}, {small(0), float(math.Copysign(0, -1)), false, -1},
		{list(small(1), tuple(float(2))), pieces(list(tuple(small(2))), float(1)), false, -1}, {mapOf(atom("a"), small(1)), mapOf(latin1("a"), float(1)), false, -1}, {fun(small(1)), fun(float(1)), false, -1},
		{smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1), float(1 << 64), false, -1}, {smallBig(true, 0, 0, 0, 0, 0, 0, 0, 0, 1), float(-(1 << 64)), false, -1},
		{newerRef(self, 1, 1, 0), newerRef(self, 1, 1), true, 0}, {closure{uniq: 1, arity: 2, oldIndex: small(9)}.encode(), closure{}.encode(), true, 0},
		{mapOf(small(1), null, small(2), null), mapOf(small(2), null, small(1), null), true, 0},
		{etf.RawTerm(str("ab")), list(small(97), small(98)), true, 0},
	} {
		a, b := decode(t, tc.a), decode(t, tc.b)
		if etf.Compare(a, b) != 0 || !etf.Equivalent(b, a) || etf.Equal(a, b) != tc.equal || etf.CompareKeys(a, b) != tc.keys || etf.CompareKeys(b, a) != -tc.keys {
			t.Errorf("%v and %v: %d %v %d", a, b, etf.Compare(a, b), etf.Equal(a, b), etf.CompareKeys(a, b))
		}
	}
	if a, b := decode(t, mapOf(small(1), null)), decode(t, mapOf(float(1), null)); etf.Equivalent(a, b) {
		t.Error("keys of maps are compared exactly")
	}
	if a, b := decode(t, closure{index: 1 << 31}.encode()), decode(t, closure{index: 1}.encode()); etf.Compare(a, b) != 1 || etf.CompareKeys(a, b) != -1 {
		t.Error("numbers of funs", etf.Compare(a, b), etf.CompareKeys(a, b))
	}
}

// TestCompareAsBEAM has a BEAM sort the same terms.
func TestCompareAsBEAM(t *testing.T) {
	o := beam.Require(t, beam.Options{})
	var cases []beam.Case
	all := ascending(t)
	all = append(all, float(0), float(math.Copysign(0, -1)), float(1), float(1<<62), smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0x40), smallBig(false, 1, 0, 0, 0, 0, 0, 0, 0x40), float(1<<64), tuple(float(9)), list(float(-1)), mapOf(small(1), float(2)), mapOf(float(1), small(2)))
	for _, a := range all {
		for _, b := range all {
			cases = append(cases, beam.Case{Payload: ext(a), Other: ext(b), Want: beam.Compare})
		}
	}
	verdicts, err := o.Judge(cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		a, b := decode(t, cases[i].Payload[1:]), decode(t, cases[i].Other[1:])
		if etf.Compare(a, b) != v.Order || etf.Equal(a, b) != v.Same {
			t.Errorf("%v and %v: %d %v, in the BEAM %d %v", a, b, etf.Compare(a, b), etf.Equal(a, b), v.Order, v.Same)
		}
	}
}

// TestCompareDeep: depth costs no stack, and no more than its bytes.
func TestCompareDeep(t *testing.T) {
	const depth = 300_000
	for _, open := range [][]byte{raw(104, []byte{1}), head(1), cat(maps(1), null), cat(maps(1))} {
		b := cat(times(depth, open), small(1))
		switch open[0] {
		case head(1)[0]:
			b = cat(b, times(depth, null))
		case maps(1)[0]:
			if len(open) == 5 { // maps in keys
				b = cat(b, times(depth, null))
			}
		}
		x, y := decode(t, b), decode(t, b)
		if etf.Compare(x, y) != 0 || !etf.Equal(x, y) {
			t.Errorf("%x…: not equal", open)
		}
		out, err := etf.AppendTerm(nil, x)
		if err != nil || len(out) > len(b) {
			t.Errorf("%x…: %d bytes, %v", open, len(out), err)
		}
		if _, err := etf.AppendJSON(nil, x); err != nil {
			t.Error(err)
		}
	}
	// Maps in keys of maps are put in order once, not for each map around them.
	b := small(1)
	for range 2000 {
		b = mapOf(mapOf(small(3), small(1), small(1), null), null, mapOf(small(2), b, small(1), null), null)
	}
	x, y := decode(t, b), decode(t, b)
	if etf.Compare(x, y) != 0 {
		t.Error("not equal")
	}
}

// TestOrderIsShared: whoever asks first puts the maps of a tree in order; others
// may ask at the same time.
func TestOrderIsShared(t *testing.T) {
	g := gen.New(gen.Options{})
	for i := range uint64(40) {
		g.Seed(11, i)
		a := decode(t, list(g.Term(800), mapOf(small(2), null, small(1), null)))
		b := a.Clone()
		var wg sync.WaitGroup
		for k := range 4 {
			wg.Go(func() {
				a, b := a, b
				if k%2 == 0 {
					a, b = b, a
				}
				if etf.Compare(a, b) != 0 || etf.Format(a) != etf.Format(b) {
					t.Errorf("%v and %v", a, b)
				}
			})
		}
		wg.Wait()
		if key, _ := a.Index(1).Pair(0); !etf.Equal(key, decode(t, small(2))) {
			t.Error("the order of the wire is gone")
		}
	}
}

// TestCompareIsAnOrder: of random terms, however they meet.
func TestCompareIsAnOrder(t *testing.T) {
	t.Parallel()
	g := gen.New(gen.Options{Size: 12})
	var terms []etf.Term
	for i := range uint64(300) {
		g.Seed(12, i)
		terms = append(terms, decode(t, g.Term(int(i%24))))
	}
	slices.SortFunc(terms, etf.CompareKeys)
	for i, a := range terms {
		for j, b := range terms[i:] {
			if etf.CompareKeys(a, b) > 0 || etf.CompareKeys(b, a) < 0 {
				t.Fatalf("%v (%d) and %v (%d)", a, i, b, i+j)
			}
		}
	}
}
