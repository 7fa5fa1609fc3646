package etf_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// TestBadConfigs are refused as a whole, with a text that names what is wrong.
func TestBadConfigs(t *testing.T) {
	for want, c := range map[string]etf.Config{
		"MaxDepth":        {Limits: limits.Limits{MaxDepth: -2}},
		"MaxHeapWords":    {Limits: limits.Limits{MaxHeapWords: -1 << 62}},
		"release is 24":   {Release: 24},
		"release is 29":   {Release: 29},
		"release is -1":   {Release: -1},
		"refuses Pids":    {Policy: etf.Policy{Allow: etf.Pids, Refuse: etf.Pids | etf.Maps}},
		"Identities":      {Policy: etf.Policy{Allow: etf.Compressed}},
		"creation":        {Node: etf.Node{Creation: 3}},
		"MaxGrowth":       {Unmarshal: etf.UnmarshalOptions{MaxGrowth: -1}},
		"Patterns holds ": {Atoms: etf.Atoms{Patterns: []*regexp.Regexp{nil}}},
	} {
		m, err := c.Compile()
		if err == nil || m != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestConfigIsFilledIn shows what a Mode was compiled from, with the zero fields
// replaced.
func TestConfigIsFilledIn(t *testing.T) {
	c := compile(t, etf.Config{Limits: limits.Limits{MaxDepth: 5}, Release: 27, Node: etf.Node{Name: "a@b", Creation: 3}}).Config()
	want := limits.Default()
	want.MaxDepth = 5
	if c.Limits != want || c.Release != 27 || c.Node.Creation != 3 {
		t.Errorf("%+v", c)
	}
	if c := compile(t, etf.Strict()).Config(); c.Limits != limits.Strict() || c.Policy.Refuse != etf.Compressed || c.Policy.Allow != 0 {
		t.Errorf("%+v", c)
	}
	if c := compile(t, etf.OTP()).Config(); c.Policy.Allow != etf.Identities || c.Policy.Refuse != 0 || c.Limits.MaxInflated != 1<<32-1 || c.Release != 25 {
		t.Errorf("%+v", c)
	}
}

// TestModesAreShared uses one Mode in many goroutines, with budgets and rules.
func TestModesAreShared(t *testing.T) {
	c := policy(func(p *etf.Policy) { p.RefuseQuoted, p.Structs.Deny = true, []string{"x"} })
	m := compile(t, c)
	budget := limits.NewAtomBudget(10)
	in := ext(list(atom("a"), mapOf(atom("b"), bin("x")), tuple(atom("c"), null, null)))
	good := ext(list(atom("a"), mapOf(atom("b"), bin("x"))))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			d := m.NewDecoder(nil)
			for range 200 {
				b, ok := good, true
				if i%2 == 0 {
					b, ok = in, false
				}
				d.Reset(newChunks(b, 9))
				term, err := m.Decode(b)
				if (m.WithBudgets(budget).Validate(b) == nil) != ok || (d.SkipValue() == nil) != ok || (err == nil) != ok || ok && term.Len() != 2 {
					t.Error("another verdict")
				}
			}
		})
	}
	all.Wait()
	if budget.Committed() != 2 || budget.Reserved() != 0 {
		t.Errorf("committed %d, reserved %d", budget.Committed(), budget.Reserved())
	}
}

// TestPatternsMatchWhole names.
func TestPatternsMatchWhole(t *testing.T) {
	c := etf.Default()
	c.Atoms.Patterns = []*regexp.Regexp{regexp.MustCompile("ab+|cd"), regexp.MustCompile("(?m)^x$")}
	m := compile(t, c)
	for name, ok := range map[string]bool{
		"ab": true, "abbb": true, "cd": true, "x": true, "abc": false, "aab": false, "cdcd": false, "": false, "x\ny": false, "y\nx": false, "ab\n": false,
	} {
		if err := m.Validate(ext(atom(name))); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	one := etf.Default()
	one.Atoms.Patterns = []*regexp.Regexp{regexp.MustCompile("a|ab|b?")} // the first that fits is not the longest
	for name, ok := range map[string]bool{"a": true, "ab": true, "b": true, "": true, "abb": false, "zzz": false} {
		if err := compile(t, one).Validate(ext(atom(name))); (err == nil) != ok {
			t.Errorf("%q with one pattern: %v", name, err)
		}
	}
	c.Atoms.Patterns[0] = regexp.MustCompile(".*") // the Mode has a copy
	if m.Validate(ext(atom("zzz"))) == nil {
		t.Error("a pattern changed behind the Mode's back")
	}
}
