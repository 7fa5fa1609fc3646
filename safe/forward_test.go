package safe

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// TestNewGuardRefuses lists what leaves a door open, and what the error says.
func TestNewGuardRefuses(t *testing.T) {
	budget := []limits.Budget{limits.NewAtomBudget(10)}
	ok := atoms(t, "ok")
	for name, c := range map[string]struct {
		f    Forward
		want string
	}{
		"nothing":       {Forward{}, "no atom set and no budget"},
		"profile alone": {Forward{Profile: etf.Elixir()}, "no atom set and no budget"},
		"nil budget":    {Forward{Budgets: []limits.Budget{nil}}, "nil in Budgets[0]"},
		"typed nil budget": {
			Forward{Atoms: ok, Budgets: []limits.Budget{budget[0], (*limits.AtomBudget)(nil)}}, "nil in Budgets[1]"},
		"endless budget": {Forward{Budgets: []limits.Budget{limits.NewAtomBudget(limits.NoLimit)}}, "no bound in Budgets[0]"},
		"any name":       {Forward{Atoms: patterns(`.*`)}, "set Budgets too"},
		"any long name":  {Forward{Atoms: patterns(`ok|[a-z_]{1,20}`)}, "set Budgets too"},
		"new names per term": {
			Forward{Atoms: ok, Profile: etf.Config{Limits: limits.Limits{MaxNewAtoms: 5}}}, "MaxNewAtoms admits"},
		"two sets":   {Forward{Atoms: ok, Profile: etf.Config{Atoms: ok}}, "both Atoms and"},
		"nil in set": {Forward{Atoms: etf.Atoms{Patterns: []*regexp.Regexp{nil}}}, "Patterns holds nil"},

		"two releases": {Forward{Atoms: ok, Release: 26, Profile: etf.Config{Release: 25}}, "the release is 26, but 25"},
		"no release":   {Forward{Atoms: ok, Release: 24}, "release is 24"},
		"two nodes": {
			Forward{Atoms: ok, Node: etf.Node{Name: "a@b"}, Profile: etf.Config{Node: etf.Node{Name: "c@d"}}}, "the nodes of Node and of Profile differ"},

		"one cap open": {
			Forward{Atoms: ok, Profile: etf.Config{Limits: limits.Limits{MaxDepth: limits.NoLimit}}}, "leave MaxDepth without a cap"},
		"no such cap":     {Forward{Atoms: ok, Tighten: limits.Limits{MaxTerms: -2}}, "MaxTerms is -2"},
		"no such cap too": {Forward{Atoms: ok, Profile: etf.Config{Limits: limits.Limits{MaxTerms: -2}}}, "MaxTerms is -2"},

		"pids of a profile": {
			Forward{Atoms: ok, Profile: etf.GenCall("a@b")}, "the profile allows Pids, Ports, References: name them"},
		"one of them": {
			Forward{Atoms: ok, Profile: etf.GenCall("a@b"), Allow: etf.Pids}, "the profile allows Ports, References: name them"},
		"ids of any node":  {Forward{Atoms: ok, Allow: etf.Pids}, "list the nodes"},
		"funs of any node": {Forward{Atoms: ok, Allow: etf.Funs}, "list the nodes"},
		"not an identity":  {Forward{Atoms: ok, Allow: etf.Maps}, "not of etf.Identities"},
		"allowed and refused": {
			Forward{Atoms: ok, Allow: etf.Exports, Profile: etf.Config{Policy: etf.Policy{Refuse: etf.Exports}}}, "allows and refuses"},

		"no type":           {Forward{Atoms: ok, HTTP: HTTP{Types: []string{"bert"}}}, "HTTP.Types"},
		"type with more":    {Forward{Atoms: ok, HTTP: HTTP{Types: []string{"a/b; c=d"}}}, "HTTP.Types"},
		"bare suffix":       {Forward{Atoms: ok, HTTP: HTTP{Types: []string{"+"}}}, "HTTP.Types"},
		"decode to nowhere": {Forward{Atoms: ok, HTTP: HTTP{Decode: true}}, "HTTP.Decode inflates"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := NewGuard(c.f)
			if err == nil || g != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v, want %q", g, err, c.want)
			}
		})
	}
}

// TestNewGuardNamesEachPart: a fault of one part does not hide those of the others.
func TestNewGuardNamesEachPart(t *testing.T) {
	_, err := NewGuard(Forward{
		Release: 26, Profile: etf.Config{Release: 25, Policy: etf.Policy{Allow: etf.Pids}},
		Tighten: limits.Limits{MaxTerms: -2}, HTTP: HTTP{Types: []string{"bert"}},
	})
	if !errors.Is(err, errForward) {
		t.Fatal(err)
	}
	for _, part := range []string{"the release is 26", "MaxTerms is -2", "no atom set", "allows Pids", "HTTP.Types"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v: %q is not in it", err, part)
		}
	}
}

// TestOTPIsNoProfile: each of the doors that etf.OTP leaves open is named, and
// closing all of them is possible.
func TestOTPIsNoProfile(t *testing.T) {
	f := Forward{Profile: etf.OTP()}
	_, err := NewGuard(f)
	for _, want := range []string{"no atom set", "MaxBytes, MaxDepth, MaxTerms", "MaxHeapWords", "Funs, Exports, Pids"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}

	f.Atoms, f.Tighten, f.Allow = atoms(t, "ok"), limits.Strict(), etf.Identities
	f.Tighten.MaxNewAtoms = limits.None
	f.Profile.Policy.Nodes = []string{"a@b"}
	g, err := NewGuard(f)
	if err != nil {
		t.Fatal(err)
	}
	want := limits.Strict()
	want.MaxNewAtoms = limits.None
	if got := g.Mode().Config().Limits; got != want {
		t.Errorf("limits are %+v, want Strict's", got)
	}
}

// TestZeroForwardIsStrict: what a Forward leaves out is what Strict has, and
// never what Default has.
func TestZeroForwardIsStrict(t *testing.T) {
	want := limits.Strict()
	want.MaxNewAtoms = limits.None
	for name, p := range map[string]etf.Config{"zero": {}, "Strict": etf.Strict(), "half": {Limits: limits.Limits{MaxDepth: 128}}} {
		c := mustGuard(t, Forward{Atoms: atoms(t, "ok"), Profile: p}).Mode().Config()
		if c.Limits != want {
			t.Errorf("%s: limits are %+v", name, c.Limits)
		}
		if c.Policy.Refuse != etf.Compressed || c.Policy.Allow != 0 || c.Release != 0 {
			t.Errorf("%s: policy is %+v", name, c.Policy)
		}
	}
}

func TestForwardTightens(t *testing.T) {
	budget := []limits.Budget{limits.NewAtomBudget(10)}
	for name, c := range map[string]struct {
		f    Forward
		cap  string
		want int64
	}{
		"lower":        {Forward{Tighten: limits.Limits{MaxDepth: 7}}, "MaxDepth", 7},
		"higher":       {Forward{Tighten: limits.Limits{MaxDepth: 999}}, "MaxDepth", 128},
		"of a profile": {Forward{Profile: etf.Hex(), Tighten: limits.Limits{MaxBytes: 9 << 20}}, "MaxBytes", 8 << 20},
		"new names":    {Forward{Tighten: limits.Limits{MaxNewAtoms: 5}}, "MaxNewAtoms", limits.None},
		"paid names":   {Forward{Budgets: budget, Tighten: limits.Limits{MaxNewAtoms: 5}}, "MaxNewAtoms", 5},
		"to nothing":   {Forward{Profile: etf.Cache(), Tighten: limits.Limits{MaxInflated: limits.None}}, "MaxInflated", limits.None},
		"stream": {
			Forward{Profile: etf.Config{Limits: limits.Limits{MaxStreamBytes: limits.NoLimit}}}, "MaxStreamBytes", limits.NoLimit},
	} {
		c.f.Atoms = atoms(t, "ok")
		l := mustGuard(t, c.f).Mode().Config().Limits
		if got, _ := l.Get(c.cap); got != c.want {
			t.Errorf("%s: %s is %d, want %d", name, c.cap, got, c.want)
		}
	}
}

func TestForwardSetsReceiver(t *testing.T) {
	node := etf.Node{Name: "a@b", Creation: 3}
	for _, f := range []Forward{
		{Release: 26, Node: node},
		{Profile: etf.Config{Release: 26, Node: node}},
		{Release: 26, Node: node, Profile: etf.Config{Release: 26, Node: node}},
	} {
		f.Atoms = atoms(t, "ok")
		if c := mustGuard(t, f).Mode().Config(); c.Release != 26 || c.Node != node {
			t.Errorf("release %d and node %v", c.Release, c.Node)
		}
	}
}

// TestForwardStructs: the structs that run when they are touched.
func TestForwardStructs(t *testing.T) {
	lazy := []string{"Elixir.Range", "Elixir.Date.Range", "Elixir.Regex", "Elixir.Stream", "Elixir.File.Stream", "Elixir.Function"}
	names := slices.Concat([]string{"__struct__", "Elixir.Date", "Elixir.Own"}, lazy)
	only := func(c etf.Config, names ...string) etf.Config { c.Policy.Structs.Allow = names; return c }
	denying := func(names ...string) etf.Config {
		c := etf.Strict()
		c.Policy.Structs.Deny = names
		return c
	}
	for name, c := range map[string]struct {
		f    Forward
		pass []string
	}{
		"by default":           {Forward{}, []string{"Elixir.Date", "Elixir.Own"}},
		"by name":              {Forward{Structs: []string{"Elixir.Range"}}, []string{"Elixir.Date", "Elixir.Own", "Elixir.Range"}},
		"other name":           {Forward{Structs: []string{"Elixir.range", "Range"}}, []string{"Elixir.Date", "Elixir.Own"}},
		"profile lifts not":    {Forward{Profile: etf.Elixir("Elixir.Range")}, []string{"Elixir.Date", "Elixir.Own"}},
		"profile lists":        {Forward{Profile: only(etf.Strict(), "Elixir.Stream", "Elixir.Own")}, []string{"Elixir.Own", "Elixir.Stream"}},
		"profile denies":       {Forward{Profile: denying("Elixir.Own")}, []string{"Elixir.Date"}},
		"profile denies still": {Forward{Profile: denying("Elixir.Range"), Structs: []string{"Elixir.Range"}}, []string{"Elixir.Date", "Elixir.Own"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.f.Atoms = atoms(t, names...)
			g := mustGuard(t, c.f)
			for _, module := range names[1:] {
				err := g.Check([]byte(term(list(structOf(module)))))
				want := etf.CodeRejectedStruct
				if slices.Contains(c.pass, module) {
					want = ""
				}
				if codeOf(err) != want || (err == nil) != (want == "") {
					t.Errorf("%s: %v, want %q", module, err, want)
				}
			}
		})
	}
}

// TestForwardIsACopy: a guard does not change with the slices it was made from.
func TestForwardIsACopy(t *testing.T) {
	profile := etf.GenCall("a@b")
	deny := append(make([]string, 0, 8), "Elixir.Own")
	profile.Policy.Structs.Deny = deny
	types := []string{"application/own"}
	budgets := []limits.Budget{limits.NewAtomBudget(1)}
	f := Forward{
		Atoms: atoms(t, "ok", "__struct__", "Elixir.Own", "a@b"), Budgets: budgets, Profile: profile,
		Allow: etf.Pids | etf.Ports | etf.References, HTTP: HTTP{Types: types},
	}
	g := mustGuard(t, f)
	deny[0], types[0], profile.Policy.Nodes[0] = "x", "x/y", "c@d"
	budgets[0] = limits.NewAtomBudget(1000)
	if s := deny[:2]; s[1] != "" {
		t.Errorf("NewGuard wrote %q behind the caller's slice", s[1])
	}
	for body, want := range map[string]etf.Code{
		structOf("Elixir.Own"):                      etf.CodeRejectedStruct,
		pid("a@b"):                                  "",
		list(atom("n1"), atom("n2")):                etf.CodeLimitAtomBudget,
		list(structOf("Elixir.Own"), atom("other")): etf.CodeRejectedStruct,
	} {
		if err := g.Check([]byte(term(body))); codeOf(err) != want {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
	if !g.http.declares("application/own") {
		t.Error("the types changed")
	}
}
