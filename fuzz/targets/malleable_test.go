package targets

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/limits"
)

// TestMalleable: a term in other encodings is the same tree, with the same
// figures; and what a policy or a cap refuses in it has the same path.
func TestMalleable(t *testing.T) {
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	n := fromEnv(t, "BEAMGATE_N", 3_000)
	g := gen.New(gen.Options{})
	m := compile(t, etf.OTP())
	refusing := refusals(t)
	for i := range n {
		g.Seed(seed, i)
		p := append([]byte{131}, g.Term(int(i%700))...)
		q, ok := g.Recode(p, false)
		if !ok {
			t.Fatalf("payload %d is not whole: %x", i, p)
		}
		if dis := sameValue(m, p, q); dis != nil {
			t.Errorf("payload %d: %v\n%x\n%x", i, dis, p, q)
		}
		for name, r := range refusing {
			if dis := samePath(r.Validate(p), r.Validate(q)); dis != nil {
				t.Errorf("payload %d, %s: %v\n%x\n%x", i, name, dis, p, q)
			}
		}
	}
}

func sameValue(m *etf.Mode, p, q []byte) *Disagreement {
	x, err := m.Decode(p)
	if err != nil {
		return disagree("recoded", "%v", err)
	}
	y, err := m.Decode(q)
	if err != nil {
		return disagree("recoded", "%v", err)
	}
	a, _ := m.Measure(p)
	b, _ := m.Measure(q)
	a.Bytes, a.HeapCost = b.Bytes, b.HeapCost // what the wire claims
	if a != b {
		return disagree("recoded figures", "%+v; %+v", a, b)
	}
	return sameTerm("recoded", x, y)
}

// refusals are modes that refuse something, wherever it stands and however it is
// encoded.
func refusals(tb testing.TB) map[string]*etf.Mode {
	all := map[string]*etf.Mode{}
	for name, f := range map[string]etf.Features{
		"floats": etf.Floats, "maps": etf.Maps, "improper lists": etf.ImproperLists, "empty atoms": etf.EmptyAtoms,
	} {
		c := etf.OTP()
		c.Policy.Refuse = f
		all[name] = compile(tb, c)
	}
	for name, f := range map[string]etf.Features{
		"pids": etf.Pids, "ports": etf.Ports, "references": etf.References, "funs": etf.Funs, "exports": etf.Exports,
	} {
		c := etf.OTP()
		c.Policy.Allow &^= f
		all[name] = compile(tb, c)
	}
	for name, most := range map[string]int64{"MaxDepth": 2, "MaxAtoms": 5, "MaxDistinctAtoms": 3, "MaxBlob": 20, "MaxAtomChars": 9} {
		c := etf.OTP()
		c.Limits.Set(name, most)
		all[name] = compile(tb, c)
	}
	return all
}

func samePath(a, b error) *Disagreement {
	var x, y *etf.Error
	if errors.As(a, &x) != errors.As(b, &y) {
		return disagree("recoded verdict", "%v; %v", a, b)
	}
	if x != nil && (x.Code != y.Code || x.Path.String() != y.Path.String()) {
		return disagree("recoded path", "%v; %v", a, b)
	}
	return nil
}

// TestAllocation: a tree takes 16 bytes for each term and one for each byte,
// with some room for what is not known in advance; a refused term takes nothing
// that the sender has not paid for.
func TestAllocation(t *testing.T) {
	mix := NewMix(2000)
	c := etf.Default()
	c.Policy.Allow = etf.Identities
	c.Limits.MaxInflated = limits.None
	m := compile(t, c)
	var before, after runtime.MemStats
	for i := range uint64(400) {
		b := mix.Payload(defaultSeed, i)
		m.Decode(b) // fills pools
		var err error
		took, most := uint64(math.MaxUint64), uint64(40*len(b)+64<<10)
		// A goroutine that was moved to another processor finds its pools empty.
		for range 3 {
			runtime.ReadMemStats(&before)
			_, err = m.Decode(b)
			runtime.ReadMemStats(&after)
			took = min(took, after.TotalAlloc-before.TotalAlloc)
		}
		if took > most {
			t.Errorf("payload %d: %d bytes for %d received (%v): %x", i, took, len(b), err, b)
		}
	}
}
