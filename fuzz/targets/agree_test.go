package targets

import (
	"os"
	"strconv"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// fromEnv reads a number from the environment.
func fromEnv(tb testing.TB, name string, otherwise uint64) uint64 {
	tb.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return n
}

const defaultSeed = 1

func agreements(tb testing.TB) []agreement {
	tb.Helper()
	e, err := NewEngine()
	if err != nil {
		tb.Fatal(err)
	}
	return e.all
}

// minimal makes b small while it shows the same kind of disagreement.
func (a *agreement) minimal(b []byte, seed uint64, kind string) []byte {
	return Minimise(b, 50_000, OneByOne(func(c []byte) bool {
		_, dis := a.both(c, seed)
		return dis != nil && dis.Kind == kind
	}))
}

// TestAgree: all drivers and package naive come to the same, for every receiver.
// With -short the first payload that shows otherwise ends it.
func TestAgree(t *testing.T) {
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	n := fromEnv(t, "BEAMGATE_N", 8_000)
	all := agreements(t)
	mix := NewMix(0)
	accepted, size, found := 0, 0, map[string]int{}
	for i := range n {
		b := mix.Payload(seed, i)
		size += len(b)
		// Half of them for the first receiver, the node that OTP() is about.
		a := all[0]
		if i&1 == 1 {
			a = all[i/2%uint64(len(all))]
		}
		out, dis := a.both(b, seed*31+i)
		if out.Err == nil {
			accepted++
		}
		if dis != nil {
			if testing.Short() {
				t.Fatalf("payload %d, %v: %v\n%x", i, a.Receiver, dis, b)
			}
			if found[dis.Kind]++; found[dis.Kind] <= 2 {
				small := a.minimal(b, seed*31+i, dis.Kind)
				if _, still := a.both(small, seed*31+i); still != nil { // it may not come every time
					b, dis = small, still
				}
				t.Errorf("payload %d, %v: %v\n%x", i, a.Receiver, dis, b)
			}
		}
	}
	t.Logf("seed %d: %d payloads, %d%% accepted, mean size %d; %v", seed, n, 100*uint64(accepted)/n, uint64(size)/n, found)
}

// TestAgreeProfiles: all drivers agree under the profiles too, whose policies
// and caps refuse much; and what etf.Strict accepts etf.Default accepts.
func TestAgreeProfiles(t *testing.T) {
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	n := fromEnv(t, "BEAMGATE_N", 6_000)
	small := etf.Cache()
	small.Limits.MaxInflated, small.Limits.MaxRatio, small.Limits.MaxTerms, small.Limits.MaxHeapWords = 600, 4, 60, 300
	strict, standard := NewDrivers(compile(t, etf.Strict())), compile(t, etf.Default())
	all := []*Drivers{
		strict, NewDrivers(standard), NewDrivers(compile(t, etf.Cache())), NewDrivers(compile(t, small)),
		NewDrivers(compile(t, etf.GenCall("app@10.0.0.1", "b@c"))), NewDrivers(compile(t, etf.Elixir("Elixir.Date"))),
	}
	mix := NewMix(0)
	for i := range n {
		b := mix.Payload(seed+1, i)
		d := all[i%uint64(len(all))]
		out, dis := d.Check(b, seed*17+i)
		if dis != nil && testing.Short() {
			t.Fatalf("payload %d, profile %d: %v\n%x", i, i%uint64(len(all)), dis, b)
		} else if dis != nil {
			t.Errorf("payload %d, profile %d: %v\n%x", i, i%uint64(len(all)), dis, b)
		}
		if d == strict && out.Whole == nil && standard.Validate(b) != nil {
			t.Errorf("payload %d: accepted by Strict, by Default: %v\n%x", i, standard.Validate(b), b)
		}
	}
}

// TestEngine: what engines of other kinds get is what FuzzAgree does.
func TestEngine(t *testing.T) {
	e, err := NewEngine()
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range seeds() {
		for way := range byte(ways) {
			if dis := e.Try(append([]byte{way, byte(i)}, b...)); dis != nil {
				t.Errorf("seed %d, way %d: %v", i, way, dis)
			}
		}
	}
	for n := range 3 {
		if dis := e.Try(make([]byte, n)); dis != nil {
			t.Error(dis)
		}
	}
	// A mode that knows another node is no longer what naive is asked about.
	e.all[0].Receiver = Receiver{Release: 25, Node: "other@host", Creation: 9}
	own := []byte{0, 0, 131, 88, 119, 13}
	own = append(append(own, "nonode@nohost"...), 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0)
	if dis := e.Try(own); dis == nil {
		t.Error("a differing verdict was not seen")
	}
}
