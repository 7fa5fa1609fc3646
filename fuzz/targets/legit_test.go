package targets

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/legit"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// profile is the Config that has to take a payload.
func profile(tb testing.TB, p legit.Payload) etf.Config {
	tb.Helper()
	switch p.Profile {
	case "data":
		return etf.Data()
	case "elixir":
		return etf.Elixir(denied(p)...)
	case "bert":
		return etf.BERT()
	case "hex":
		return etf.Hex()
	case "gencall":
		return etf.GenCall(p.Nodes...)
	case "cache":
		return etf.Cache()
	}
	tb.Fatalf("%s: profile %q", p.ID, p.Profile)
	return etf.Config{}
}

// denied are the structs of a payload that the profile Elixir denies unless they are
// allowed by name.
func denied(p legit.Payload) (names []string) {
	res, err := naive.Decode(p.Data(), naive.Options{})
	if err != nil {
		return nil
	}
	for _, name := range etf.Elixir().Policy.Structs.Deny {
		if holdsStruct(res.Term, name) {
			names = append(names, name)
		}
	}
	return names
}

func holdsStruct(t *naive.Term, name string) bool {
	for i, e := range t.Elems {
		if t.Kind == naive.Map && i%2 == 0 && e.Kind == naive.Atom && e.Atom == "__struct__" {
			if module := t.Elems[i+1]; module.Kind == naive.Atom && module.Atom == name {
				return true
			}
		}
		if holdsStruct(e, name) {
			return true
		}
	}
	return t.Tail != nil && holdsStruct(t.Tail, name)
}

// TestLegitimate: legitimate data is not refused. Each real payload is taken by
// its profile and by the default with ids allowed, and its value survives. What
// etf.Strict, etf.Elixir or etf.Default alone refuse, they refuse for what the
// profile is there for, and for nothing else.
func TestLegitimate(t *testing.T) {
	lenient := etf.Default()
	lenient.Policy.Allow = etf.Identities
	lenient.Limits.MaxRatio = 1032 // caches compress as far as deflate goes
	lenient.Node = etf.Node{Name: "receiver@10.0.0.2", Creation: 1}
	receiver := naive.Options{NodeName: "receiver@10.0.0.2", NodeCreation: 1, HasNode: true}
	open := compile(t, lenient)
	drivers := NewDrivers(open)
	refused := map[string]int{}
	count := map[string]int{}
	for _, p := range legit.All() {
		b := p.Data()
		count[p.Profile]++
		c := profile(t, p)
		err := compile(t, c).Validate(b)
		if err != nil && p.Profile == "gencall" {
			// Not every id of another node could be one of an unknown receiver.
			refused[fmt.Sprintf("gencall without Config.Node: %v", errorCode(err))]++
			c.Node = etf.Node{Name: "receiver@10.0.0.2", Creation: 1}
			err = compile(t, c).Validate(b)
		}
		if err != nil {
			t.Errorf("%s (%s): refused by its profile %s: %v", p.ID, p.How, p.Profile, err)
		}
		out, dis := drivers.Check(b, uint64(len(b)))
		if dis == nil {
			dis = Naive(b, &out, receiver)
		}
		if dis != nil {
			t.Errorf("%s (%s): %v", p.ID, p.How, dis)
		}
		for name, c := range map[string]etf.Config{"Strict": etf.Strict(), "Default": etf.Default(), "Elixir": etf.Elixir()} {
			err := compile(t, c).Validate(b)
			if err == nil {
				continue
			}
			refused[fmt.Sprintf("%s by %s: %s", p.Profile, name, errorCode(err))]++
			if !mayRefuse(p, name, errorCode(err)) {
				t.Errorf("%s (%s): refused by %s: %v", p.ID, p.How, name, err)
			}
		}
	}
	t.Logf("%v", count)
	for _, k := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("%4d %s", refused[k], k)
	}
}

func errorCode(err error) etf.Code {
	var e *etf.Error
	errors.As(err, &e)
	return e.Code
}

// mayRefuse lists what the general configurations are meant to refuse.
func mayRefuse(p legit.Payload, config string, code etf.Code) bool {
	switch p.Profile {
	case "gencall":
		return code == etf.CodeRejectedPid || code == etf.CodeRejectedPort || code == etf.CodeRejectedReference
	case "cache":
		return config != "Default" && code == etf.CodeRejectedCompressed || code == etf.CodeLimitRatio
	case "hex":
		return config != "Default" && code == etf.CodeLimitBytes
	}
	return config == "Elixir" && code == etf.CodeRejectedStruct && len(denied(p)) > 0
}

func compile(tb testing.TB, c etf.Config) *etf.Mode {
	tb.Helper()
	m, err := c.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
