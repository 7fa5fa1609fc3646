package targets

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"testing"

	fuzz "github.com/google/gofuzz"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/limits"
)

// pair is a random Config and one that is looser in every respect.
type pair struct {
	tight, loose etf.Config
}

// features are all that a Policy decides on by name.
const features = etf.Identities | etf.Compressed | etf.TextFloats | etf.Latin1Atoms | etf.Bitstrings |
	etf.ImproperLists | etf.EmptyAtoms | etf.Floats | etf.Maps

// fill makes the pair: the loose one first, and then the other out of it.
func (p *pair) fill(c fuzz.Continue) {
	p.loose = etf.Config{Limits: limits.Default(), Release: []int{0, 25, 26, 27, 28}[c.Intn(5)]}
	for _, name := range limits.Names() {
		p.loose.Limits.Set(name, anyLimit(c, limits.NoLimit))
	}
	if c.RandBool() {
		p.loose.Node = etf.Node{Name: "nonode@nohost"}
	}
	p.loose.Policy.Allow = etf.Features(c.Uint32()) & etf.Identities
	p.loose.Policy.Refuse = etf.Features(c.Uint32()) & features &^ etf.Identities
	if c.Intn(4) != 0 { // most terms hold something of all this
		p.loose.Policy.Allow, p.loose.Policy.Refuse = etf.Identities, 0
	}
	p.tight = p.loose
	p.tight.Policy.Allow &^= some(c, 2)
	p.tight.Policy.Refuse |= some(c, 3) &^ etf.Identities
	if c.RandBool() {
		p.tight.Policy.Nodes = []string{"app@10.0.0.1", "b@c"}
		if c.RandBool() {
			p.loose.Policy.Nodes = []string{"b@c", "nonode@nohost", "app@10.0.0.1"}
		}
	}
	if c.RandBool() {
		p.tight.Policy.Structs.Deny = []string{"Elixir.Range", "Elixir.Date"}
	}
	p.tight.Policy.RefuseQuoted = c.Intn(4) == 0
	if c.RandBool() { // what any release and any receiver takes, each does
		p.tight.Release = 0
	}
	if c.RandBool() {
		p.tight.Node = etf.Node{}
	}
	for _, name := range limits.Names() {
		if most, _ := p.loose.Limits.Get(name); c.RandBool() {
			p.tight.Limits.Set(name, anyLimit(c, most))
		}
	}
}

// some draws features, each once in 2^k times.
func some(c fuzz.Continue, k int) etf.Features {
	f := features
	for range k {
		f &= etf.Features(c.Uint32())
	}
	return f
}

// anyLimit draws a cap of at most so much, near where it matters.
func anyLimit(c fuzz.Continue, most int64) int64 {
	n := limits.NoLimit
	switch c.Intn(16) {
	case 0:
		n = 1 + int64(c.Intn(16))
	case 1:
		n = 1 + int64(c.Intn(1<<10))
	case 2:
		if n = int64(c.Intn(8)); n == 0 {
			n = limits.None
		}
	}
	return min(n, most)
}

// FuzzConfig: what a Config accepts a looser one accepts too; the error of a cap
// names the cap that is in the Config; all drivers agree under it.
func FuzzConfig(f *testing.F) {
	for i := range 64 {
		g := gen.New(gen.Options{})
		g.Seed(defaultSeed, uint64(i))
		f.Add(append([]byte{byte(i)}, g.Term(600)...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in struct {
			Pair    pair
			Payload gen.Payload
		}
		funcs := append(gen.Funcs(gen.Options{Size: 120, Faults: 0.1, Compressed: 0.1}), func(p *pair, c fuzz.Continue) { p.fill(c) })
		fuzz.NewFromGoFuzz(data[:min(len(data), maxInput)]).Funcs(funcs...).Fuzz(&in)
		if dis := superset(in.Pair, in.Payload); dis != nil {
			t.Fatalf("%v\ntight %+v\nloose %+v\n%x", dis, in.Pair.tight, in.Pair.loose, in.Payload)
		}
	})
}

func superset(p pair, b []byte) *Disagreement {
	tight, err := p.tight.Compile()
	if err != nil {
		return disagree("config", "%v", err)
	}
	loose, err := p.loose.Compile()
	if err != nil {
		return disagree("config", "%v", err)
	}
	errTight, errLoose := tight.Validate(b), loose.Validate(b)
	if errTight == nil && errLoose != nil {
		return disagree("superset", "the tight Config accepts; the loose one: %v", errLoose)
	}
	for _, m := range []*etf.Mode{tight, loose} {
		if dis := honestLimit(m, b); dis != nil {
			return dis
		}
		if _, dis := NewDrivers(m).Check(b, uint64(len(b))); dis != nil {
			return dis
		}
	}
	return nil
}

// honestLimit: the error of a cap has its name and its value, and what would
// have been needed.
func honestLimit(m *etf.Mode, b []byte) *Disagreement {
	err := m.Validate(b)
	var e *etf.Error
	if err == nil {
		return statsWithin(m, b)
	}
	if !errors.As(err, &e) || errors.Is(err, etf.ErrLimit) != (e.Limit != nil) {
		return disagree("limit", "%v", err)
	}
	if e.Limit == nil {
		return nil
	}
	most, ok := m.Config().Limits.Get(e.Limit.Name)
	if !ok || e.Limit.Max != max(most, 0) || e.Limit.Got <= e.Limit.Max {
		return disagree("limit", "%v: %+v, config %d", err, e.Limit, most)
	}
	return nil
}

// statsWithin: what Measure says of an accepted term is within the caps.
func statsWithin(m *etf.Mode, b []byte) *Disagreement {
	s, err := m.Measure(b)
	if err != nil {
		return disagree("measure", "%v", err)
	}
	l := m.Config().Limits
	for _, c := range []struct {
		name      string
		got, most int64
	}{
		{"bytes", s.Bytes, l.MaxBytes}, {"depth", s.Depth, l.MaxDepth}, {"terms", s.Terms, l.MaxTerms},
		{"atoms", s.Atoms, l.MaxAtoms}, {"distinct atoms", s.DistinctAtoms, l.MaxDistinctAtoms},
		{"inflated", s.Inflated, l.MaxInflated}, {"heap words", s.HeapCost, l.MaxHeapWords},
	} {
		if c.got > max(c.most, 0) {
			return disagree("cap", "%s %d, cap %d", c.name, c.got, c.most)
		}
	}
	if s.HeapWords > s.HeapCost {
		return disagree("cap", "heap words %d, cost %d", s.HeapWords, s.HeapCost)
	}
	return nil
}

// counting counts the reads that are asked for.
type counting struct {
	r     *bytes.Reader
	reads int
}

func (c *counting) Read(p []byte) (int, error) {
	c.reads++
	return c.r.Read(p)
}

// bounded: a decoder does no more under a Config than its caps and the bytes
// that are there allow. Its steps are tokens and reads: a token is begun or ended
// by a byte of the input, or of what it inflates to.
func bounded(c etf.Config, b []byte) *Disagreement {
	m, err := c.Compile()
	if err != nil {
		return disagree("config", "%v", err)
	}
	l := m.Config().Limits
	bytesIn := min(int64(len(b)), max(l.MaxBytes, 0))
	input := bytesIn
	if len(b) > 1 && b[1] == 'P' {
		input += min(max(l.MaxInflated, 0), 2000*bytesIn) // deflate makes no more of a byte
	}
	r := &counting{r: bytes.NewReader(b)}
	d := m.NewDecoder(r)
	tokens := int64(0)
	for {
		if _, err := d.ReadToken(); err != nil || d.AtTermEnd() {
			break
		}
		if tokens++; tokens > 2*input+2 || tokens > 2*min(max(l.MaxTerms, 0), 1<<40)+2 {
			return disagree("steps", "%d tokens of %d bytes, %d terms allowed", tokens, input, l.MaxTerms)
		}
	}
	d.Close()
	if int64(r.reads) > int64(len(b))+2 {
		return disagree("steps", "%d reads for %d bytes", r.reads, len(b))
	}
	var before, after runtime.MemStats
	took, most := uint64(math.MaxUint64), uint64(40*input+64<<10) // as in TestAllocation
	for range 3 {
		runtime.ReadMemStats(&before)
		m.Decode(b)
		runtime.ReadMemStats(&after)
		if took = min(took, after.TotalAlloc-before.TotalAlloc); took <= most {
			return nil
		}
	}
	return disagree("allocation", "%d bytes, bound %d", took, most)
}

// TestConfig is FuzzConfig on seeded pairs, of which some are measured too: what
// is allocated is told by the whole process, and asking stops it.
func TestConfig(t *testing.T) {
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	n := fromEnv(t, "BEAMGATE_N", 2_000)
	var in struct {
		Pair    pair
		Payload gen.Payload
	}
	funcs := append(gen.Funcs(gen.Options{Size: 150, Faults: 0.1, Compressed: 0.1}), func(p *pair, c fuzz.Continue) { p.fill(c) })
	f := fuzz.NewWithSeed(int64(seed)).NilChance(0).Funcs(funcs...)
	codes := map[etf.Code]int{}
	for i := range n {
		f.Fuzz(&in)
		if dis := superset(in.Pair, in.Payload); dis != nil {
			t.Fatalf("%v\ntight %+v\nloose %+v\n%x", dis, in.Pair.tight, in.Pair.loose, in.Payload)
		}
		if i%8 == 0 {
			for _, c := range []etf.Config{in.Pair.tight, in.Pair.loose} {
				if dis := bounded(c, in.Payload); dis != nil {
					t.Fatalf("%v\n%+v\n%x", dis, c, in.Payload)
				}
			}
		}
		codes[verdictCode(in.Pair.tight, in.Payload)]++
	}
	for _, c := range []etf.Code{
		"", etf.CodeLimitBytes, etf.CodeLimitDepth, etf.CodeLimitTerms, etf.CodeLimitArity, etf.CodeLimitBlob, etf.CodeLimitBigBytes,
		etf.CodeLimitAtomChars, etf.CodeLimitAtoms, etf.CodeLimitDistinctAtoms, etf.CodeLimitInflated, etf.CodeLimitStreamBytes,
		etf.CodeLimitKeyState, etf.CodeLimitHeapWords, etf.CodeRejectedPid, etf.CodeRejectedNode, etf.CodeRejectedStruct,
	} {
		if codes[c] == 0 {
			t.Errorf("never %q: %v", c, codes)
		}
	}
}

func verdictCode(c etf.Config, b []byte) etf.Code {
	m, err := c.Compile()
	if err != nil {
		return "config"
	}
	if err := m.Validate(b); err != nil {
		return errorCode(err)
	}
	return ""
}
