package targets

import (
	"bytes"
	"iter"
	"os"
	"strconv"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/gen"
)

// termPairs makes cases of two terms each, of which the second one is often the
// same in other encodings, or nearly so.
type termPairs struct {
	g, small, mutant *gen.Gen
	seed             uint64
	judge            *Judge
}

func newTermPairs(tb testing.TB, seed uint64) *termPairs {
	j, err := NewJudge()
	if err != nil {
		tb.Fatal(err)
	}
	return &termPairs{gen.New(gen.Options{Natural: 0.1, Compressed: 0.02}), gen.New(gen.Options{Size: 8}), gen.New(gen.Options{}), seed, j}
}

func (p *termPairs) pair(i uint64) (a, b []byte) {
	p.g.Seed(p.seed, i)
	p.small.Seed(p.seed, i)
	p.mutant.Seed(p.seed, i)
	switch i % 4 {
	case 0:
		a = p.g.Payload()
		p.g.Seed(p.seed, i+1)
		return a, p.g.Payload()
	case 1:
		a = p.small.Payload()
		p.small.Seed(p.seed+1, i)
		return a, p.small.Payload()
	case 2:
		a = p.g.Payload()
		if b, ok := p.mutant.Recode(a, true); ok {
			return a, b
		}
		return a, a
	}
	a = p.g.Payload()
	return a, p.mutant.Mutate(a, nil)
}

// safe returns the term in b if the BEAM may be asked: whatever is on the closed
// list, or not accepted here, is left out.
func (p *termPairs) safe(b []byte) []byte {
	q := p.judge.Prepare(0, b)
	if q.Silent != "" || !q.Accepted() {
		return nil
	}
	return b[:q.used]
}

func (p *termPairs) batches(n uint64) iter.Seq[[]beam.Case] {
	return func(yield func([]beam.Case) bool) {
		var batch []beam.Case
		for i := range n {
			a, b := p.pair(i)
			if a = p.safe(a); a == nil {
				continue
			}
			c := beam.Case{Payload: a, Want: beam.Canon | beam.Print}
			if b = p.safe(b); b != nil {
				c.Other, c.Want = b, c.Want|beam.Compare
			}
			if batch = append(batch, c); len(batch) == 1000 {
				if !yield(batch) {
					return
				}
				batch = nil
			}
		}
		yield(batch)
	}
}

// TestTermsAsBEAM holds what is made of a decoded term against a live BEAM: its
// deterministic bytes, its printed form, how it compares.
func TestTermsAsBEAM(t *testing.T) {
	o := beam.Require(t, beam.Options{})
	n := uint64(20_000)
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		n = 140_000 // of which more than 100,000 are accepted
	}
	n = fromEnv(t, "BEAMGATE_BEAM_N", n)
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	m := compile(t, etf.OTP())
	p := newTermPairs(t, seed)
	p.judge.Drivers, p.judge.Canon = 0, 0
	var counts struct{ terms, printed, pairs, same, equal, died int }
	for judged, err := range o.Stream(p.batches(n)) {
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range judged.Cases {
			v := &judged.Verdicts[i]
			a, err := m.Decode(c.Payload)
			if err != nil || v.Plain != beam.Accepted {
				t.Fatalf("%v, the BEAM %v: %x", err, v.Plain, c.Payload)
			}
			if v.Late { // the VM did not live to answer, which is not ours to explain
				counts.died++
				continue
			}
			counts.terms++
			if got, err := a.AppendETF(nil); err != nil || !bytes.Equal(got, v.Canon) && !depends(a) {
				t.Errorf("%x: encoded\n%x, %v; the BEAM writes\n%x", c.Payload, got, err, v.Canon)
			}
			if got, err := m.Canonicalize(nil, c.Payload); err != nil || !bytes.Equal(got, v.Canon) && !wrapping(a) {
				t.Errorf("%x: canonical\n%x, %v; the BEAM writes\n%x", c.Payload, got, err, v.Canon)
			}
			if printable(a) {
				counts.printed++
				if got := string(a.Append(nil, 1<<24)); got != v.Print {
					t.Errorf("%x: prints\n%s\nin the BEAM\n%s", c.Payload, got, v.Print)
				}
			}
			if v.Other != beam.Accepted || hashedReferences(a) {
				continue
			}
			b, err := m.Decode(c.Other)
			if err != nil {
				t.Fatal(err)
			}
			counts.pairs++
			if v.Order == 0 {
				counts.equal++
			}
			if v.Same {
				counts.same++
			}
			order := etf.Compare(a, b)
			if order != v.Order || -etf.Compare(b, a) != v.Order && !wrapping(a) || etf.Equivalent(a, b) != (v.Order == 0) || etf.Equal(a, b) != v.Same {
				t.Errorf("%x\n%x: %d %d %v; in the BEAM %d %v", c.Payload, c.Other, order, -etf.Compare(b, a), etf.Equal(a, b), v.Order, v.Same)
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("seed %d: %+v", seed, counts)
	if counts.died > 3 {
		t.Errorf("%d terms ended the VM", counts.died)
	}
	if uint64(counts.terms)*10 < n*7 || counts.pairs == 0 || counts.printed == 0 {
		t.Errorf("of %d pairs: %+v: too few to say anything", n, counts)
	}
}

// eachTerm calls f for the term and all in it.
func eachTerm(t etf.Term, f func(etf.Term)) {
	f(t)
	for k, v := range t.Pairs() {
		eachTerm(k, f)
		eachTerm(v, f)
	}
	if t.Kind() == etf.KindMap {
		return
	}
	for i := range t.Len() {
		if e := t.Index(i); e.Kind() != etf.KindInvalid {
			eachTerm(e, f)
		}
	}
	if tail, ok := t.Tail(); ok && tail.Kind() != etf.KindNil {
		eachTerm(tail, f)
	}
}

// printable reports whether the term prints as in the BEAM: there are no ids and
// no funs in it, and no map of more than 32 keys.
func printable(t etf.Term) bool {
	ok := true
	eachTerm(t, func(t etf.Term) {
		switch t.Kind() {
		case etf.KindPid, etf.KindPort, etf.KindReference, etf.KindFun:
			ok = false
		case etf.KindMap:
			ok = ok && t.Len() <= 32
		}
	})
	return ok
}

// depends reports whether the bytes of a term depend on who writes them: there
// are references in it that the BEAM takes for its own, or wrapping funs.
func depends(t etf.Term) bool {
	found := wrapping(t)
	eachTerm(t, func(t etf.Term) {
		r, ok := t.Reference()
		found = found || ok && r.Node == "nonode@nohost" && r.Creation == 0
	})
	return found
}

// wrapping reports whether there are funs in the term whose numbers OTP 25 has
// no order of.
func wrapping(t etf.Term) bool {
	found := false
	eachTerm(t, func(t etf.Term) {
		f, ok := t.Fun()
		found = found || ok && (uint32(f.OldUniq) > 1<<30 || f.Index > 1<<30)
	})
	return found
}

// hashedReferences reports whether the term holds a reference and a map of more
// than 32 keys: there OTP tells references apart that are =:=, if one has more
// zero words than the other.
func hashedReferences(t etf.Term) bool {
	large, ref := false, false
	eachTerm(t, func(t etf.Term) {
		large = large || t.Kind() == etf.KindMap && t.Len() > 32
		ref = ref || t.Kind() == etf.KindReference
	})
	return large && ref
}
