package naive

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// beamCase is one line of the file that BEAMGATE_CASES names: an input and
// what OTP 25.2.3 made of it.
type beamCase struct {
	ID, Hex, Note string
	OTP25         string // accept, reject or crash
	Used          *int
	FlatWords     *int64 `json:"flat_words"`
	FlatNondet    bool   `json:"flat_nondet"`
	Canon         string
}

func loadCases(t *testing.T) []beamCase {
	path := os.Getenv("BEAMGATE_CASES")
	if path == "" {
		t.Skip("BEAMGATE_CASES is unset: it must name the JSON lines file with the BEAM's verdicts (otp25.jsonl)")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []beamCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c beamCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("no cases in %s", path)
	}
	return cases
}

// closedList is every reason for which this decoder may refuse, for release
// 25, what that release accepts.
var closedList = []string{
	ReasonAtomIndex, ReasonRefNoWords, ReasonFloatComma, ReasonFloatNoNUL,
	ReasonIndirectInt, ReasonCreator, ReasonArity, ReasonTuple,
	ReasonInflatedRest, ReasonLocalExt, ReasonRecordExt, ReasonRefKey, ReasonRefLong,
}

// TestCases holds this decoder against the BEAM's own verdicts: it accepts
// nothing the BEAM refuses; it refuses what the BEAM accepts for a reason on
// the closed list only; consumed length, heap words and re-encoding agree.
func TestCases(t *testing.T) {
	agree, bounds := 0, 0
	var withoutCanon []string
	closed := map[string][]string{}
	for _, c := range loadCases(t) {
		in, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(c.ID, err)
		}
		res, err := Decode(in, OTP25)

		if err != nil {
			var e *Error
			switch {
			case !errors.As(err, &e):
				t.Errorf("%s: untyped error %v", c.ID, err)
			case c.OTP25 != "accept":
				agree++
			case e.Class != Closed || !slices.Contains(closedList, e.Reason):
				t.Errorf("%s (%s): the BEAM accepts it, refused: %v", c.ID, c.Note, err)
			default:
				closed[e.Reason] = append(closed[e.Reason], c.ID)
			}
			continue
		}
		if c.OTP25 != "accept" {
			t.Errorf("%s (%s): FALSE ACCEPT, the BEAM says %s", c.ID, c.Note, c.OTP25)
			continue
		}

		agree++
		if res.Used != *c.Used {
			t.Errorf("%s: used %d, BEAM %d", c.ID, res.Used, *c.Used)
		}
		if c.Canon == "" { // not recorded where it is very long
			withoutCanon = append(withoutCanon, c.ID)
		} else if got := hex.EncodeToString(res.Term.Canon()); got != c.Canon {
			t.Errorf("%s: canon %.200s, BEAM %.200s", c.ID, got, c.Canon)
		}
		switch {
		case c.FlatNondet:
		case res.Exact && res.FlatWords != *c.FlatWords:
			t.Errorf("%s (%s): flat %d, BEAM %d", c.ID, c.Note, res.FlatWords, *c.FlatWords)
		case !res.Exact && res.FlatWords < *c.FlatWords:
			t.Errorf("%s (%s): bound %d below BEAM's %d", c.ID, c.Note, res.FlatWords, *c.FlatWords)
		case !res.Exact:
			bounds++
		}
		if res.CostWords < res.FlatWords {
			t.Errorf("%s: cost %d below flat %d", c.ID, res.CostWords, res.FlatWords)
		}
	}
	for reason, ids := range closed {
		t.Logf("closed list, %s: %s", reason, strings.Join(ids, " "))
	}
	t.Logf("%d cases agree; heap words bounded, not exact: %d; no canon recorded: %v", agree, bounds, withoutCanon)
}

// TestCasesCanonIsFixpoint: what OTP 25 writes decodes to the same term with
// the same figures, under every release that takes it.
func TestCasesCanonIsFixpoint(t *testing.T) {
	for _, c := range loadCases(t) {
		in, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(c.ID, err)
		}
		for _, release := range []int{0, 25, 26, 27, 28} {
			o := OTP25
			o.Release = release
			a, err := Decode(in, o)
			if err != nil {
				continue
			}
			canon := a.Term.Canon()
			b, err := Decode(canon, o)
			if err != nil {
				t.Errorf("%s release %d: canon refused: %v", c.ID, release, err)
				continue
			}
			if b.Used != len(canon) || !Same(a.Term, b.Term) || Compare(a.Term, b.Term) != 0 {
				t.Errorf("%s release %d: canon is another term", c.ID, release)
			}
			if !slices.Equal(canon, b.Term.Canon()) {
				t.Errorf("%s release %d: canon of canon differs", c.ID, release)
			}
			if a.Depth != b.Depth || a.Terms != b.Terms || a.Atoms != b.Atoms ||
				a.DistinctAtoms != b.DistinctAtoms || a.FlatWords != b.FlatWords ||
				a.Exact != b.Exact || a.OffHeap != b.OffHeap {
				t.Errorf("%s release %d: figures of canon differ: %+v, %+v", c.ID, release, a, b)
			}
		}
	}
}
