package targets

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/limits"
)

// FuzzMalleable: a term that is accepted stays the same tree, with the same
// figures, in any other encoding of it.
func FuzzMalleable(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), []byte{byte(i), 7, 1, 9})
		f.Add(b, uint8(asTape), []byte{3, byte(i)})
	}
	m := compile(f, etf.OTP())
	g := gen.New(gen.Options{})
	f.Fuzz(func(t *testing.T, data []byte, way uint8, choices []byte) {
		b := payloadOf(data, way)
		n, err := m.ValidatePrefix(b)
		if err != nil || len(b) > 1 && b[1] == 80 { // what is compressed is recoded by the generator
			return
		}
		g.Feed(choices)
		q, ok := g.Recode(b[:n], false)
		if !ok {
			t.Fatalf("accepted, and not whole for the generator: %x", b)
		}
		if dis := sameValue(m, b[:n], q); dis != nil {
			t.Fatalf("%v\n%x\n%x", dis, b, q)
		}
	})
}

// FuzzMeasure: the model of what a term costs is that of package naive, for each
// receiver; and the cap at exactly that cost lets the term pass, one less does
// not.
func FuzzMeasure(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), uint8(i))
		f.Add(b, uint8(asTape), uint8(i))
	}
	all := Receivers()
	f.Fuzz(func(t *testing.T, data []byte, way, receiver uint8) {
		b := payloadOf(data, way)
		r := all[int(receiver)%len(all)]
		m := compile(t, r.Config())
		s, err := m.Measure(b)
		if err != nil {
			return
		}
		if res, refusal := decodeNaive(b, r.Options()); refusal == nil {
			if dis := naiveStats(s, res); dis != nil {
				t.Fatalf("%v: %v\n%x", r, dis, b)
			}
		}
		if s.HeapWords > s.HeapCost || s.HeapWords < 0 || s.OffHeap < 0 {
			t.Fatalf("%v: %+v\n%x", r, s, b)
		}
		c := r.Config()
		for _, limit := range []struct {
			name string
			got  int64
		}{{"MaxHeapWords", s.HeapCost}, {"MaxTerms", s.Terms}, {"MaxDepth", s.Depth}, {"MaxAtoms", s.Atoms}, {"MaxDistinctAtoms", s.DistinctAtoms}, {"MaxBytes", s.Bytes}} {
			for less := range int64(2) {
				if limit.got-less < 0 {
					continue
				}
				c.Limits = etf.OTP().Limits
				c.Limits.Set(limit.name, orNone(limit.got-less))
				err := compile(t, c).Validate(b)
				var e *etf.Error
				if errors.As(err, &e) != (less == 1) || e != nil && (e.Limit == nil || e.Limit.Name != limit.name) {
					t.Fatalf("%v: %s %d less %d: %v\n%x", r, limit.name, limit.got, less, err, b)
				}
			}
		}
	})
}

func orNone(n int64) int64 {
	if n == 0 {
		return limits.None
	}
	return n
}

// FuzzBudgets: many terms at a time draw on two budgets, by every driver. None
// is ever over its maximum; in the end nothing is reserved, the names of the
// accepted terms are spent, and no others.
func FuzzBudgets(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asTape), uint8(i), []byte{byte(i), 2, 4, 1})
		f.Add(b, uint8(asIs), uint8(1+i%7), []byte{0, 1, 2, 3})
	}
	plain := compile(f, etf.OTP())
	f.Fuzz(func(t *testing.T, data []byte, way, most uint8, ways []byte) {
		b := payloadOf(data, way)
		terms := split(b, ways, 1<<16)
		node, client := limits.NewAtomBudget(int64(most)), limits.NewAtomBudget(int64(most)/2+1)
		m := plain.WithBudgets(node, client)
		spent := drawAll(m, terms, ways)
		for name, budget := range map[string]*limits.AtomBudget{"node": node, "client": client} {
			if s := budget.Stats(); s.Reserved != 0 || s.Committed > s.Max || s.Committed != int64(len(spent)) {
				t.Fatalf("%s: %+v, %d names in accepted terms\n%x", name, s, len(spent), terms)
			}
			for n := range budget.Names() {
				if !spent[n] {
					t.Fatalf("%s: a name of no accepted term was spent\n%x", name, terms)
				}
			}
		}
	})
}

// drawAll reads the terms at the same time and returns the names of those that
// were accepted.
func drawAll(m *etf.Mode, terms [][]byte, ways []byte) map[string]bool {
	spent := map[string]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i, term := range terms {
		way := 0
		if i < len(ways) {
			way = int(ways[i])
		}
		all.Go(func() {
			if !draw(m, term, way) {
				return
			}
			names := namesOf(term)
			mu.Lock()
			defer mu.Unlock()
			for _, n := range names {
				spent[n] = true
			}
		})
	}
	all.Wait()
	return spent
}

// draw reads one term to its end by one of the drivers, and reports whether it
// was accepted.
func draw(m *etf.Mode, term []byte, way int) bool {
	switch way % 5 {
	case 0:
		return m.Validate(term) == nil
	case 1:
		_, err := m.ValidateReader(NewChunks(term, []int{3, 1}, true))
		return err == nil
	case 2:
		_, err := m.Decode(term)
		return err == nil
	case 3: // stopped on the way: nothing is spent
		d := m.NewDecoder(NewChunks(term, []int{2}, false))
		for range 3 {
			if _, err := d.ReadToken(); err != nil || d.AtTermEnd() {
				return err == nil
			}
		}
		d.Close()
		return false
	}
	d := m.NewDecoderBytes(term)
	for {
		if _, err := d.ReadToken(); err != nil {
			return false
		}
		if d.AtTermEnd() { // what follows is another term
			return true
		}
	}
}

// namesOf are the names of the atoms in the first term of b, which is accepted.
func namesOf(b []byte) (names []string) {
	seen := recorder{}
	m, err := etf.OTP().Compile()
	if err == nil {
		_, err = m.WithBudgets(&seen).ValidatePrefix(b)
	}
	if err != nil {
		panic(fmt.Sprintf("accepted, and then: %v\n%x", err, b))
	}
	return seen.names
}

// recorder is a budget that allows all names and writes them down.
type recorder struct{ names []string }

func (r *recorder) Reserve(name []byte) (bool, error) {
	r.names = append(r.names, string(name))
	return true, nil
}

func (*recorder) Commit([]string) error { return nil }
func (*recorder) Release([]string)      {}

// FuzzBEAM asks a live BEAM about each payload. It is slow next to the campaigns
// of folder differential, which ask about thousands at once; but here the engine
// steers.
func FuzzBEAM(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b, uint8(asIs))
		f.Add(b, uint8(asMutant))
	}
	oracle := beam.Require(f, beam.Options{})
	judge, err := NewJudge()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, way uint8) {
		b := payloadOf(data, way)
		q := judge.Prepare(0, b)
		if q.Found != nil {
			t.Fatalf("%v\n%x", q.Found, b)
		}
		if q.Silent != "" {
			return
		}
		v, err := oracle.Judge([]beam.Case{q.Case()})
		if err != nil {
			t.Fatal(err)
		}
		if dis := judge.Compare(&q, &v[0]); dis != nil {
			t.Fatalf("%v\n%x", dis, b)
		}
	})
}
