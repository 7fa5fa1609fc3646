package targets

import (
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// deniedStructs are structs that the generator makes, in its atoms and its maps.
var deniedStructs = []string{"Elixir.Range", "Elixir.Stream"}

// structRule holds a mode with a rule on structs against what package naive makes of
// the bytes. The grammar looks closer only where __struct__ may stand; here every map
// is walked.
type structRule struct {
	Receiver
	*Drivers
}

func newStructRule(tb testing.TB) *structRule {
	r := Receiver{Release: 25, Node: "nonode@nohost"}
	c := r.Config()
	c.Policy.Structs.Deny = deniedStructs
	return &structRule{r, NewDrivers(compile(tb, c))}
}

// both reports whether the term has a struct that is denied.
func (s *structRule) both(b []byte, seed uint64) (bool, *Disagreement) {
	out, dis := s.Check(b, seed)
	if dis != nil {
		return false, dis
	}
	refused := out.Err != nil && out.Err.Code == etf.CodeRejectedStruct
	res, refusal := decodeNaive(b, s.Options())
	switch {
	case refusal != nil && refusal.Class == naive.Guard:
	case refusal != nil && out.Err == nil, refusal == nil && refused != hasDenied(res.Term), refusal == nil && !refused && out.Err != nil:
		return refused, disagree("struct", "%v; %v", out.Err, refusal)
	}
	return refused, nil
}

func hasDenied(t *naive.Term) bool {
	return slices.ContainsFunc(deniedStructs, func(name string) bool { return holdsStruct(t, name) })
}

// structs are terms around one that is denied, and in other encodings; in the last its
// name is no name of a struct.
var structs = []string{
	"\x83t\x00\x00\x00\x01w\x0a__struct__w\x0cElixir.Range",
	"\x83t\x00\x00\x00\x02a\x01jd\x00\x0a__struct__v\x00\x0cElixir.Range",
	"\x83t\x00\x00\x00\x02w\x0a__struct__l\x00\x00\x00\x00w\x0dElixir.Streama\x01j",
	"\x83t\x00\x00\x00\x02h\x01t\x00\x00\x00\x01w\x0a__struct__w\x0cElixir.Rangejjj",
	"\x83t\x00\x00\x00\x02w\x0a__struct__h\x01w\x0cElixir.Rangeja\x01",
}

// TestStructRule: a rule on structs refuses what has one that is denied, wherever it
// stands and however it is encoded, and nothing else.
func TestStructRule(t *testing.T) {
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	n := fromEnv(t, "BEAMGATE_N", 6_000)
	s, mix, found := newStructRule(t), NewMix(0), uint64(0)
	for i := range n {
		b := mix.Payload(seed+2, i)
		has, dis := s.both(b, seed*13+i)
		if dis != nil {
			t.Errorf("payload %d: %v\n%x", i, dis, b)
		}
		if has {
			found++
		}
	}
	if t.Logf("%d of %d payloads have one", found, n); found < n/200 {
		t.Error("too few of them")
	}
}

// FuzzStructs is TestStructRule for an engine.
func FuzzStructs(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), uint8(i))
		f.Add(b, uint8(asTape), uint8(i))
	}
	for _, b := range structs {
		f.Add([]byte(b), uint8(asIs), uint8(1))
		f.Add([]byte(b), uint8(asMutant), uint8(2))
	}
	s := newStructRule(f)
	f.Fuzz(func(t *testing.T, data []byte, way, seed uint8) {
		b := payloadOf(data, way)
		if _, dis := s.both(b, uint64(len(b))+uint64(seed)); dis != nil {
			t.Fatalf("%v\n%x", dis, b)
		}
	})
}
