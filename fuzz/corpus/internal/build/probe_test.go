package build

import (
	"slices"
	"strings"
	"testing"
)

// TestProbes: every line of the file is a case under its own name, and what is no
// such line is refused.
func TestProbes(t *testing.T) {
	all, err := probes(probesText)
	if err != nil || len(all) < 600 {
		t.Fatalf("%d, %v", len(all), err)
	}
	specs, err := Specs()
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*Spec{}
	for _, s := range specs {
		byID[s.ID] = s
	}
	for _, p := range all {
		s := byID["probe-"+p.ID]
		if s == nil {
			t.Errorf("%s is no case: something else makes its bytes now, so its line can go", p.ID)
			continue
		}
		if s.Rule != p.Rule || string(s.Data) != string(p.Data) || s.Wavers != p.Wavers || s.Cut != p.Cut || !strings.HasPrefix(s.Provenance, "probes: ") {
			t.Errorf("%+v is made of %+v", s, p)
		}
	}
	one, err := probes("# comment\n\nname\ttrailing,cut,wavers\ta rule\t836a\nother\t-\ta rule\t\n")
	if err != nil || len(one) != 2 || !one[0].Cut || !one[0].Wavers || !slices.Equal(one[0].Flags, []string{"trailing"}) ||
		string(one[0].Data) != "\x83\x6a" || one[1].Cut || one[1].Wavers || one[1].Flags != nil || len(one[1].Data) != 0 {
		t.Errorf("%+v, %v", one, err)
	}
	for _, bad := range []string{"name\t-\trule", "\t-\trule\t83", "name\t\trule\t83", "name\t-\t\t83", "name\t-\trule\t8", "name\t-\trule\t83\t"} {
		if all, err := probes(bad); err == nil {
			t.Errorf("%q: %v", bad, all)
		}
	}
}

// TestRules: each kind of rule is told in words, and none that no case has.
func TestRules(t *testing.T) {
	specs, err := Specs()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, s := range specs {
		used[s.Provenance] = true
	}
	for kind, text := range rules {
		if !used["rules: "+kind+" ("+text+")"] {
			t.Errorf("no case of %s", kind)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a kind without a rule")
		}
	}()
	ruleOf("nothing")
}
