package naive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// closedList is every reason for which this decoder may refuse, for release
// 25, what that release accepts.
var closedList = []string{
	ReasonAtomIndex, ReasonRefNoWords, ReasonFloatComma, ReasonFloatNoNUL,
	ReasonIndirectInt, ReasonCreator, ReasonArity, ReasonTuple,
	ReasonInflatedRest, ReasonLocalExt, ReasonRecordExt, ReasonRefKey, ReasonRefLong,
}

// TestCases holds this decoder against what OTP 25 made of the corpus: it accepts
// nothing the BEAM refuses; it refuses what the BEAM accepts for a reason on the
// closed list only; consumed length, heap words and re-encoding agree.
func TestCases(t *testing.T) {
	agree, bounds, canons := 0, 0, 0
	closed := map[string][]string{}
	for _, c := range corpus.Cases() {
		truth := c.Truth["25"]
		accepted := truth.Verdict == corpus.Accept
		res, err := Decode(c.Data(), OTP25)

		if err != nil {
			var e *Error
			switch {
			case !errors.As(err, &e):
				t.Errorf("%s: untyped error %v", c.ID, err)
			case !accepted:
				agree++
			case e.Class != Closed || !slices.Contains(closedList, e.Reason):
				t.Errorf("%s (%s): the BEAM accepts it, refused: %v", c.ID, c.Rule, err)
			default:
				closed[e.Reason] = append(closed[e.Reason], c.ID)
			}
			continue
		}
		if !accepted {
			t.Errorf("%s (%s): FALSE ACCEPT, the BEAM says %s", c.ID, c.Rule, truth.Verdict)
			continue
		}

		agree++
		if int64(res.Used) != truth.Used {
			t.Errorf("%s: used %d, BEAM %d", c.ID, res.Used, truth.Used)
		}
		canon := res.Term.Canon()
		sum := sha256.Sum256(canon)
		switch {
		case truth.Canonical != "" && hex.EncodeToString(canon) != truth.Canonical:
			t.Errorf("%s: canon %.200x, BEAM %.200s", c.ID, canon, truth.Canonical)
		case truth.CanonicalSHA256 != "" && hex.EncodeToString(sum[:]) != truth.CanonicalSHA256:
			t.Errorf("%s: canon of %d bytes, SHA-256 %x, BEAM %s", c.ID, len(canon), sum, truth.CanonicalSHA256)
		case truth.Canonical != "" || truth.CanonicalSHA256 != "":
			canons++
		}
		switch {
		case truth.HeapWords == nil: // it depends on the VM
		case res.Exact && res.FlatWords != *truth.HeapWords:
			t.Errorf("%s (%s): flat %d, BEAM %d", c.ID, c.Rule, res.FlatWords, *truth.HeapWords)
		case !res.Exact && res.FlatWords < *truth.HeapWords:
			t.Errorf("%s (%s): bound %d below BEAM's %d", c.ID, c.Rule, res.FlatWords, *truth.HeapWords)
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
	if agree < 4000 || canons < 2000 {
		t.Errorf("%d cases agree, %d in what they are written as", agree, canons)
	}
	t.Logf("%d cases agree; heap words bounded, not exact: %d; canonical bytes: %d", agree, bounds, canons)
}

// TestCasesCanonIsFixpoint: what OTP 25 writes decodes to the same term with
// the same figures, under every release that takes it.
func TestCasesCanonIsFixpoint(t *testing.T) {
	for _, c := range corpus.Cases() {
		if c.Bytes > 128<<10 || c.Cost != nil && (c.Cost.Terms > 128<<10 || c.Cost.Inflated > 128<<10) {
			continue // ten decodings of each, for nothing that smaller ones have not
		}
		in := c.Data()
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
