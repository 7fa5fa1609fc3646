package gen_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/naive"
)

const seed = 20

// receivers are who valid terms are for.
// taker is the node that generated terms are for, of a release that takes all of
// them: OTP 25 has keys that it does not survive.
var taker = naive.Options{Release: 26, NodeName: "nonode@nohost", HasNode: true}

var receivers = []naive.Options{
	naive.OTP25, {Release: 26, NodeName: "app@10.0.0.1", NodeCreation: 7, HasNode: true}, {Release: 27}, {Release: 28}, {},
}

// tagsOfTerms are all tags that a term from outside may have.
var tagsOfTerms = []byte{70, 77, 88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
	112, 113, 114, 115, 116, 118, 119, 120}

// TestValid: without faults every payload is a term for OTP 25, all tags occur,
// and sizes have the mean that was asked for.
func TestValid(t *testing.T) {
	const n = 2000
	g := gen.New(gen.Options{Compressed: 0.05})
	hits := map[byte]int{}
	bytes, squeezed := 0, 0
	var spans []gen.Span
	for i := range uint64(n) {
		g.Seed(seed, i)
		p := g.Payload()
		bytes += len(p)
		res, err := naive.Decode(p, taker)
		if err != nil || res.Used != len(p) {
			t.Fatalf("payload %d: %v: %x", i, err, p)
		}
		if inside := g.Unsqueeze(p); inside != nil {
			squeezed++
			p = inside
		}
		ok := false
		if spans, ok = gen.Scan(p, spans); !ok || spans[0].End != len(p) {
			t.Fatalf("payload %d is not whole to Scan: %x", i, p)
		}
		for _, s := range spans {
			hits[s.Tag]++
		}
	}
	for _, tag := range tagsOfTerms {
		if hits[tag] < n/100 {
			t.Errorf("tag %d: %d times in %d payloads", tag, hits[tag], n)
		}
	}
	if mean := bytes / n; mean < 180 || mean > 500 {
		t.Errorf("mean size %d", mean)
	}
	if squeezed < n/40 || squeezed > n/10 {
		t.Errorf("%d of %d compressed", squeezed, n)
	}
}

// TestTerm: what Term makes, every release and receiver takes, for the same.
func TestTerm(t *testing.T) {
	g := gen.New(gen.Options{})
	for i := range uint64(1500) {
		g.Seed(seed, i)
		p := append([]byte{131}, g.Term(200)...)
		var first *naive.Result
		for _, o := range receivers {
			res, err := naive.Decode(p, o)
			if err != nil {
				t.Fatalf("term %d, %+v: %v: %x", i, o, err, p)
			}
			if first == nil {
				first = res
			}
			if !bytes.Equal(res.Term.Canon(), first.Term.Canon()) && !hasOwn(res) && !hasOwn(first) {
				t.Fatalf("term %d, %+v: other term: %x", i, o, p)
			}
		}
	}
}

// hasOwn: a reference of the receiving node gets three words.
func hasOwn(r *naive.Result) bool { return bytes.Contains(r.Term.Canon(), []byte("@")) }

// TestRecode: other bytes, same value, same figures.
func TestRecode(t *testing.T) {
	g := gen.New(gen.Options{})
	other := 0
	for i := range uint64(1500) {
		g.Seed(seed, i)
		p := g.Payload()
		q, ok := g.Recode(p, i%2 == 0)
		if !ok {
			t.Fatalf("payload %d: not whole: %x", i, p)
		}
		if !bytes.Equal(p, q) {
			other++
		}
		a, _ := naive.Decode(p, taker)
		b, err := naive.Decode(q, taker)
		if err != nil {
			t.Fatalf("payload %d: %v:\n%x\n%x", i, err, p, q)
		}
		if !naive.Same(a.Term, b.Term) {
			t.Fatalf("payload %d: another value:\n%x\n%x", i, p, q)
		}
		if a.Terms != b.Terms || a.Depth != b.Depth || a.Atoms != b.Atoms || a.DistinctAtoms != b.DistinctAtoms ||
			a.FlatWords != b.FlatWords || a.OffHeap != b.OffHeap {
			t.Fatalf("payload %d: other figures:\n%x\n%x", i, p, q)
		}
	}
	if other < 1100 {
		t.Errorf("%d of 1500 in other bytes", other)
	}
	if _, ok := g.Recode([]byte{131, 104, 2, 106}, true); ok {
		t.Error("a term cut short is whole")
	}
}

// TestFaults: about as many payloads are refused as were asked for, for reasons
// of every kind.
func TestFaults(t *testing.T) {
	const n = 12_000
	g := gen.New(gen.Options{Faults: 0.5, Natural: 0.1, Compressed: 0.05})
	refused := 0
	reasons := map[string]int{}
	for i := range uint64(n) {
		g.Seed(seed, i)
		_, err := naive.Decode(g.Payload(), naive.OTP25)
		var e *naive.Error
		if errors.As(err, &e) {
			refused++
			reasons[e.Reason]++
		}
	}
	if refused < n*3/10 || refused > n*6/10 {
		t.Errorf("%d of %d refused", refused, n)
	}
	for _, r := range []string{
		naive.ReasonAtomIndex, naive.ReasonRefNoWords, naive.ReasonFloatComma, naive.ReasonFloatNoNUL,
		naive.ReasonIndirectInt, naive.ReasonCreator, naive.ReasonArity, naive.ReasonTuple, naive.ReasonInflatedRest,
		naive.ReasonLocalExt, naive.ReasonRecordExt, naive.ReasonRefKey,
		"cut", "duplicate map key", "text float", "float that is not finite", "no version byte 131",
		"atom that is no UTF-8 or has more than 255 characters", "creation 4", "id that this node does not have",
		"bignum inside a fun", "negative arity", "reference of 6 words", "256 free variables",
		"first reference word of more than 18 bits", "tag 106 where an atom must stand", "tag 131", "tag 80",
		"compressed: checksum", "compressed: not the declared size", "compressed: preset dictionary",
		"compressed: header check", "compressed: checksum cut",
	} {
		if reasons[r] == 0 {
			t.Errorf("never refused for: %s", r)
		}
	}
	t.Logf("%d refused, %d reasons: %v", refused, len(reasons), reasons)
}

// TestSeed: a payload is made again by its seed and number.
func TestSeed(t *testing.T) {
	o := gen.Options{Faults: 0.5, Compressed: 0.1}
	g, h := gen.New(o), gen.New(o)
	for i := range uint64(500) {
		g.Seed(seed, i)
		a := g.Payload()
		h.Seed(seed, i)
		if !bytes.Equal(a, h.Payload()) {
			t.Fatalf("payload %d differs", i)
		}
		h.Seed(seed+1, i)
		h.Payload()
	}
}

// TestFeed: any tape makes a payload, and one of zeros the simplest.
func TestFeed(t *testing.T) {
	g := gen.New(gen.Options{})
	for _, tape := range [][]byte{nil, make([]byte, 1000)} {
		g.Feed(tape)
		if p := g.Payload(); len(p) > 20 {
			t.Errorf("%d zeros make %x", len(tape), p)
		}
	}
	for i := range 300 {
		tape := bytes.Repeat([]byte{255, byte(i), 0x80}, i)
		g.Feed(tape)
		if p := g.Payload(); len(p) > 1<<16 {
			t.Errorf("%d bytes make %d", len(tape), len(p))
		}
	}
}
