package targets

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
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

// recorded is a line of the file of recorded verdicts.
type recorded struct {
	ID, Hex, Note, OTP25, Canon string
	Used                        int64
	FlatWords                   int64 `json:"flat_words"`
	FlatNondet                  bool  `json:"flat_nondet"`
}

// TestCases: verdicts that were recorded once, with no VM.
func TestCases(t *testing.T) {
	file := os.Getenv("BEAMGATE_CASES")
	if file == "" {
		t.Skip("BEAMGATE_CASES names no file")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j, err := NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	n, closed := uint64(0), map[string]int{}
	for ; lines.Scan(); n++ {
		c := recorded{}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		b, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		q := j.Prepare(n, b)
		if q.Found != nil {
			t.Errorf("%s (%s): %v", c.ID, c.Note, q.Found)
		}
		if dis := j.Compare(&q, c.verdict(&q)); dis != nil {
			t.Errorf("%s (%s): %v", c.ID, c.Note, dis)
		}
		if c.OTP25 == "accept" && !q.Accepted() && q.refusal != nil {
			closed[q.refusal.Reason]++
		}
	}
	t.Logf("%d cases; accepted by the BEAM alone: %v", n, closed)
	if n == 0 || lines.Err() != nil {
		t.Errorf("%d cases: %v", n, lines.Err())
	}
}

func (c *recorded) verdict(q *Question) *beam.Verdict {
	v := &beam.Verdict{Plain: beam.Rejected}
	if c.OTP25 != "accept" {
		return v
	}
	v.Plain, v.Used, v.Words = beam.Accepted, c.Used, c.FlatWords
	if c.FlatNondet {
		v.Words = q.stats.HeapWords
	}
	v.Canon, _ = hex.DecodeString(c.Canon)
	q.canon = c.Canon != ""
	return v
}
