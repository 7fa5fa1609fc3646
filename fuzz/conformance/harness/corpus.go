package harness

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// FromCorpus returns the cases of the corpus with one reference: "otp25" and
// its like is what binary_to_term/1 of that OTP release does, if the corpus has
// anything of it; any other is the name of a policy, as "safe" or "otp". Cases of
// which the reference says nothing have no Want.
func FromCorpus(against string) ([]Case, error) {
	m := corpus.Load()
	want := func(c *corpus.Case) *Want { return policyWant(c, against) }
	releases := releases(m.Cases)
	if slices.Contains(releases, against) {
		release := strings.TrimPrefix(against, "otp")
		want = func(c *corpus.Case) *Want { return truthWant(c, release) }
	} else if _, ok := m.Policies[against]; !ok {
		names := slices.Sorted(maps.Keys(m.Policies))
		return nil, fmt.Errorf("reference %s: want %s, or a policy: %s", against, strings.Join(releases, ", "), strings.Join(names, ", "))
	}
	cases := make([]Case, len(m.Cases))
	for i := range m.Cases {
		c := &m.Cases[i]
		cases[i] = Case{
			ID: c.ID, Class: string(c.Class), Features: c.Features, Flags: c.Flags, Rule: c.Rule,
			Data: c.Data, Want: want(c),
		}
	}
	return cases, nil
}

// releases are those of which something is recorded, as references.
func releases(cases []corpus.Case) []string {
	names := map[string]bool{}
	for i := range cases {
		for release := range cases[i].Truth {
			names["otp"+release] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// truth is what is recorded of a release, or else of the next lower one that
// something is recorded of.
func truth(c *corpus.Case, release string) (t corpus.Truth, ok bool) {
	best := ""
	for r := range c.Truth {
		if r <= release && r > best { // two digits each
			best = r
		}
	}
	t, ok = c.Truth[best]
	return t, ok
}

func truthWant(c *corpus.Case, release string) *Want {
	t, ok := truth(c, release)
	if !ok {
		return nil
	}
	w := &Want{Used: Untold}
	if t.Verdict == corpus.Accept {
		w.term(t)
	}
	return w
}

// policyWant has the verdict of a policy, and of what it accepts the term as the
// release that was measured takes it.
func policyWant(c *corpus.Case, name string) *Want {
	p, ok := c.Policy[name]
	if !ok {
		return nil
	}
	w := &Want{Used: Untold}
	if p.Verdict != corpus.Accept {
		return w
	}
	w.Accept = true
	if t, ok := truth(c, "25"); ok && t.Verdict == corpus.Accept {
		w.term(t)
	}
	return w
}

// term takes over all that is known of the term.
func (w *Want) term(t corpus.Truth) {
	w.Accept, w.Used, w.CanonicalSum, w.Value = true, t.Used, t.CanonicalSHA256, t.Value
	if b, err := hex.DecodeString(t.Canonical); err == nil && len(b) > 0 {
		w.Canonical = b
	}
}
