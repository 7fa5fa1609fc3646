package beam

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// TestMeasuredCases asks about the whole corpus again, in an order of its own and
// with payloads among it that kill the VM: company must not change a verdict.
func TestMeasuredCases(t *testing.T) {
	long(t)
	t.Parallel()
	o := Require(t, quick(Options{}))
	if release, _, _ := strings.Cut(o.Info().OTP, "."); release != "25" {
		t.Skipf("skipped: the corpus was measured on the BEAM of OTP 25, this is %s", o.Info().OTP)
	}
	all := corpus.Cases()
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var cases []Case
	var rows []int // of a case; -1 for a trap
	for i, c := range all {
		if i%1500 == 700 {
			cases, rows = append(cases, Case{Payload: []byte("halt"), Want: trap | Words}), append(rows, -1)
		}
		cases, rows = append(cases, Case{Payload: c.Data(), Want: Words | Safe | Canon}), append(rows, i)
	}
	for i, v := range judgeAll(t, o, cases) {
		if rows[i] >= 0 {
			checkMeasured(t, &all[rows[i]], v)
		} else if v.Plain != Died {
			t.Errorf("a trap: %+v", v)
		}
	}
	if s := o.Stats(); s.Culprits != uint64(len(cases)-len(all)) || s.Culprits < 3 || s.Unexplained != 0 {
		t.Errorf("%d traps: %+v", len(cases)-len(all), s)
	}
	t.Logf("%d cases, %+v", len(all), o.Stats())
}

// checkMeasured holds a verdict against what the manifest says of OTP 25.
func checkMeasured(t *testing.T, c *corpus.Case, v Verdict) {
	t.Helper()
	truth := c.Truth["25"]
	outcomes := map[string]Outcome{corpus.Accept: Accepted, corpus.Reject: Rejected}
	if v.Plain != outcomes[truth.Verdict] || truth.Safe != "" && v.Safe != outcomes[truth.Safe] || v.Death != Alive || v.Late {
		t.Errorf("%s: plain %v, [safe] %v, %v; want %s, %s (%s)", c.ID, v.Plain, v.Safe, v.Death, truth.Verdict, truth.Safe, v.Why)
	}
	if truth.Verdict != corpus.Accept || v.Plain != Accepted {
		return
	}
	if v.Used != truth.Used {
		t.Errorf("%s: used %d, want %d", c.ID, v.Used, truth.Used)
	}
	if truth.HeapWords != nil && v.Words != *truth.HeapWords {
		t.Errorf("%s: %d words, want %d", c.ID, v.Words, *truth.HeapWords)
	}
	if truth.Canonical != "" && hex.EncodeToString(v.Canon) != truth.Canonical {
		t.Errorf("%s: canon %x, want %s", c.ID, v.Canon, truth.Canonical)
	}
	if sum := sha256.Sum256(v.Canon); truth.CanonicalSHA256 != "" && hex.EncodeToString(sum[:]) != truth.CanonicalSHA256 {
		t.Errorf("%s: canon of %d bytes with SHA-256 %x, want %s", c.ID, len(v.Canon), sum, truth.CanonicalSHA256)
	}
}
