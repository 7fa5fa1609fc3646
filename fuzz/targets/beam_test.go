package targets

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

// TestBEAM: a live BEAM agrees with etf.OTP, etf.Strict and package naive.
func TestBEAM(t *testing.T) {
	o := beam.Require(t, beam.Options{})
	n := uint64(20_000)
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		n = 300_000
	}
	n = fromEnv(t, "BEAMGATE_BEAM_N", n)
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	c := Campaign{
		Source: func() Source {
			mix := NewMix(0)
			return func(i uint64) []byte { return mix.Payload(seed, i) }
		},
		To: n, Workers: 2, Batch: 2000, Drivers: 16, Canon: 8,
	}
	counts, err := c.Run(t.Context(), o, func(_ *Counts, found []Finding) bool {
		for _, f := range found {
			t.Errorf("payload %d: %v\n%x", f.Index, f.Found, f.Payload)
		}
		return !t.Failed()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d\n%v", seed, counts)
	if n < 20_000 { // too few to hit every tag
		return
	}
	if err := counts.Fair(); err != nil && !t.Failed() {
		t.Error(err)
	}
}

// TestFair: each thing asked of a mix is missed by itself.
func TestFair(t *testing.T) {
	fair := func() *Counts {
		n := &Counts{Payloads: 1000, Accepted: 500, Bytes: 200_000}
		for _, tag := range []byte(tagsOfFormat) {
			n.Tags[tag] = 1
		}
		return n
	}
	for name, c := range map[string]struct {
		change func(*Counts)
		fair   bool
	}{
		"all well":      {func(*Counts) {}, true},
		"least":         {func(n *Counts) { n.Accepted = 300 }, true},
		"most":          {func(n *Counts) { n.Accepted = 700 }, true},
		"a tag missing": {func(n *Counts) { n.Tags['F'] = 0 }, false},
		"too few":       {func(n *Counts) { n.Accepted = 299 }, false},
		"too many":      {func(n *Counts) { n.Accepted = 701 }, false},
		"too small":     {func(n *Counts) { n.Bytes-- }, false},
	} {
		n := fair()
		if c.change(n); (n.Fair() == nil) != c.fair {
			t.Errorf("%s: %v", name, n.Fair())
		}
	}
	if n := fair(); len(n.Missing()) != 0 || len((&Counts{}).Missing()) != len(tagsOfFormat) {
		t.Errorf("missing %d", n.Missing())
	}
}

// TestCases: what the manifest of the corpus says of OTP 25, with no VM.
func TestCases(t *testing.T) {
	j, err := NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	n, closed := uint64(0), map[string]int{}
	for _, c := range corpus.Cases() {
		if c.Bytes > 128<<10 || c.Cost != nil && (c.Cost.Terms > 128<<10 || c.Cost.Inflated > 128<<10) {
			continue // some forty, which take ten times as long as all others
		}
		q := j.Prepare(n, c.Data())
		if q.Found != nil {
			t.Errorf("%s (%s): %v", c.ID, c.Rule, q.Found)
		}
		truth := c.Truth["25"]
		if dis := j.Compare(&q, recorded(t, &truth, &q)); dis != nil {
			t.Errorf("%s (%s): %v", c.ID, c.Rule, dis)
		}
		if truth.Verdict == corpus.Accept && !q.Accepted() && q.refusal != nil {
			closed[q.refusal.Reason]++
		}
		n++
	}
	t.Logf("%d cases; accepted by the BEAM alone: %v", n, closed)
	if n < 4000 {
		t.Errorf("%d cases", n)
	}
}

// recorded makes a verdict of what the manifest has. Where it has only the digest
// of the canonical bytes, those of package naive stand for them if they have it.
func recorded(t *testing.T, truth *corpus.Truth, q *Question) *beam.Verdict {
	t.Helper()
	v := &beam.Verdict{Plain: beam.Rejected}
	if truth.Verdict != corpus.Accept {
		return v
	}
	v.Plain, v.Used, v.Words = beam.Accepted, truth.Used, q.stats.HeapWords
	if truth.HeapWords != nil {
		v.Words = *truth.HeapWords
	}
	var err error
	if v.Canon, err = hex.DecodeString(truth.Canonical); err != nil {
		t.Fatal(err)
	}
	if truth.CanonicalSHA256 != "" && q.naive != nil {
		canon := q.naive.Term.Canon()
		if sum := sha256.Sum256(canon); hex.EncodeToString(sum[:]) == truth.CanonicalSHA256 {
			v.Canon = canon
		}
	}
	q.canon = truth.Canonical != "" || truth.CanonicalSHA256 != ""
	return v
}

// TestMissingTags: the report says none where no tag is missing.
func TestMissingTags(t *testing.T) {
	n := &Counts{}
	for _, tag := range []byte(tagsOfFormat) {
		n.Tags[tag] = 1
	}
	if text := n.String(); !strings.HasSuffix(text, "\ntags never hit: none\n") {
		t.Error(text)
	}
	n.Tags['F'] = 0
	if text := n.String(); !strings.HasSuffix(text, "\ntags never hit: 70\n") {
		t.Error(text)
	}
}
