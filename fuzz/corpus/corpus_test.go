package corpus_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/limits"
)

const (
	minCases     = 1500 // written here, real producers not counted
	minProducers = 300
	maxVector    = 8 << 10 // what is larger is a recipe
	maxManifest  = 6 << 20
)

// Example holds a decoder against what OTP 25 does.
func Example() {
	decoder, err := etf.OTP().Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range corpus.Cases() {
		_, err := decoder.ValidatePrefix(c.Data())
		if accepted := err == nil; accepted && !c.Accepted("25") {
			fmt.Println("accepts what OTP refuses:", c.ID)
		}
	}
	// Output:
}

func TestCases(t *testing.T) {
	all := corpus.Cases()
	count := map[string]int{}
	sums := map[string]string{}
	id := regexp.MustCompile(`^[a-z0-9_-]+$`)
	for i, c := range all {
		if !id.MatchString(c.ID) || i > 0 && c.ID <= all[i-1].ID {
			t.Errorf("%s: no ID, or out of order", c.ID)
		}
		data := c.Data()
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != c.SHA256 || int64(len(data)) != c.Bytes {
			t.Errorf("%s: %d bytes, %x", c.ID, len(data), sum)
		}
		if c.Source == corpus.FromLegit {
			count["legit"]++
			if c.Class != corpus.Valid || c.Producer == "" {
				t.Errorf("%s: class %s, producer %q", c.ID, c.Class, c.Producer)
			}
			continue
		}
		count["own"]++
		if other := sums[c.SHA256]; other != "" {
			t.Errorf("%s: the same bytes as %s", c.ID, other)
		}
		sums[c.SHA256] = c.ID
		if c.Recipe == nil && (c.Bytes > maxVector || c.File != "vectors/"+c.ID+".etf") {
			t.Errorf("%s: %d bytes in %s", c.ID, c.Bytes, c.File)
		}
	}
	if count["own"] < minCases || count["legit"] < minProducers {
		t.Errorf("%v", count)
	}
	t.Logf("%v", count)
	if found, ok := corpus.Find("integer-integer_ext-256"); !ok || found.ID != "integer-integer_ext-256" {
		t.Errorf("Find: %v", found.ID)
	}
	if _, ok := corpus.Find("integer-"); ok {
		t.Error("Find: a case that is not there")
	}
}

// TestNoBombs: neither the manifest nor a vector is large, and nothing else lies
// between them.
func TestNoBombs(t *testing.T) {
	info, err := os.Stat("manifest.json")
	if err != nil || info.Size() > maxManifest {
		t.Errorf("manifest.json: %d bytes, %v", info.Size(), err)
	}
	want := map[string]bool{"README.md": true}
	for _, c := range corpus.Cases() {
		if c.Source == "" && c.Recipe == nil {
			want[strings.TrimPrefix(c.File, "vectors/")] = true
		}
	}
	entries, err := os.ReadDir("vectors")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("vectors/%s is in no case", e.Name())
		}
		delete(want, e.Name())
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", slices.Collect(maps.Keys(want)))
	}
}

// TestClasses: a class is what truth and policy say, and nothing else.
func TestClasses(t *testing.T) {
	for _, c := range corpus.Cases() {
		truth, safe, otp := c.Truth["25"], c.Policy["safe"], c.Policy["otp"]
		accepted := truth.Verdict == corpus.Accept
		differs := slices.Contains(c.Flags, "newer-tag")
		for _, other := range c.Truth {
			differs = differs || other.Verdict != truth.Verdict
		}
		ok := true
		switch c.Class {
		case corpus.Valid:
			ok = accepted && (safe.Verdict == corpus.Accept || c.Source == corpus.FromLegit)
		case corpus.Malformed:
			ok = !accepted && safe.Verdict == corpus.Refuse && otp.Verdict == corpus.Refuse
		case corpus.Hostile:
			ok = accepted && safe.Verdict == corpus.Refuse
		case corpus.Release:
			ok = differs && safe.Verdict == corpus.Refuse
		default:
			ok = false
		}
		if !ok || differs != (c.Class == corpus.Release) {
			t.Errorf("%s: class %s, truth %s, safe %s, otp %s", c.ID, c.Class, truth.Verdict, safe.Verdict, otp.Verdict)
		}
		if (c.Class == corpus.Valid) != (c.Producer != "") {
			t.Errorf("%s: class %s, producer %q", c.ID, c.Class, c.Producer)
		}
		if safe.Verdict == corpus.Accept && !accepted {
			t.Errorf("%s: safe accepts what OTP 25 refuses", c.ID)
		}
		if otp.Verdict == corpus.Accept && (!accepted || c.Cost == nil || truth.Used == 0) {
			t.Errorf("%s: otp accepts; truth %+v", c.ID, truth)
		}
		if truth.How != corpus.Measured || truth.OTP == "" {
			t.Errorf("%s: OTP 25 %s, %q", c.ID, truth.How, truth.OTP)
		}
	}
}

// TestRealProducers: what real programs send is accepted by the policy meant for
// it.
func TestRealProducers(t *testing.T) {
	for _, c := range corpus.Cases() {
		if c.Source != corpus.FromLegit || c.Policy["safe"].Verdict == corpus.Accept {
			continue
		}
		ok := false
		for name, p := range c.Policy {
			ok = ok || name != "otp" && p.Verdict == corpus.Accept
		}
		if !ok {
			t.Errorf("%s: no policy takes it: %+v", c.ID, c.Policy)
		}
	}
}

// TestEveryCode: each reason to refuse a term is reached. A failing reader is no
// term, so CodeRead has no case.
func TestEveryCode(t *testing.T) {
	reached := map[string]string{}
	for _, c := range corpus.Cases() {
		for _, p := range c.Policy {
			if (p.Verdict == corpus.Refuse) != (p.Code != "") {
				t.Errorf("%s: %+v", c.ID, p)
			}
			reached[p.Code] = c.ID
		}
	}
	for _, code := range etf.Codes() {
		if reached[string(code)] == "" && code != etf.CodeRead {
			t.Errorf("no case is refused as %s", code)
		}
		delete(reached, string(code))
	}
	delete(reached, "")
	if len(reached) > 0 {
		t.Errorf("unknown codes: %v", reached)
	}
}

// TestEveryTag: each value of the first tag has a case, and each tag that may
// begin a term one that OTP accepts and, cut short, one that nobody does.
func TestEveryTag(t *testing.T) {
	var cases, good, bad [256]int
	for _, c := range corpus.Cases() {
		b := c.Data()
		if len(b) < 2 || b[0] != 131 {
			continue
		}
		cases[b[1]]++
		if c.Accepted("25") {
			good[b[1]]++
		} else {
			bad[b[1]]++
		}
	}
	decodable := 0
	for i := range 256 {
		if cases[i] == 0 {
			t.Errorf("no case begins with tag %d", i)
		}
		if good[i] > 0 {
			decodable++
		}
		if bad[i] == 0 && i != 106 { // NIL_EXT has nothing to cut
			t.Errorf("no case that begins with tag %d is refused", i)
		}
	}
	if decodable != 31 { // those of OTP 25, its two internal ones and COMPRESSED included
		t.Errorf("%d tags begin a case that OTP 25 accepts", decodable)
	}
}

// TestEveryCap: each cap of Strict has a case at it and one past it, under the
// policy that has this cap alone.
func TestEveryCap(t *testing.T) {
	strict := limits.Strict()
	for _, name := range limits.Names() {
		value, _ := strict.Get(name)
		if value == limits.NoLimit && name != "MaxStreamBytes" || value == 0 {
			continue // no such cap
		}
		policy := "cap" + strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "-$0"))
		accepted, refused := 0, 0
		for _, c := range corpus.Cases() {
			switch p, ok := c.Policy[policy]; {
			case !ok:
			case p.Verdict == corpus.Accept:
				accepted++
			default:
				refused++
				code := "limit_" + strings.ReplaceAll(strings.TrimPrefix(policy, "cap-max-"), "-", "_")
				if p.Code != code && (name != "MaxAtomChars" || p.Code != string(etf.CodeAtomTooLong)) {
					t.Errorf("%s: refused as %s, want %s", c.ID, p.Code, code)
				}
			}
		}
		if refused == 0 || accepted == 0 && value != limits.None {
			t.Errorf("%s: %d at the cap, %d past it", name, accepted, refused)
		}
	}
}

// TestNotes: flags and policies are explained, and nothing is explained that no
// case has.
func TestNotes(t *testing.T) {
	m := corpus.Load()
	if m.Version != corpus.Version || m.License != corpus.License {
		t.Errorf("version %s, licence %s", m.Version, m.License)
	}
	flags, policies := map[string]bool{}, map[string]bool{}
	for _, c := range m.Cases {
		for _, f := range c.Flags {
			flags[f] = true
		}
		for name := range c.Policy {
			policies[name] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(m.Notes)), slices.Sorted(maps.Keys(flags)); !slices.Equal(got, want) {
		t.Errorf("notes %v, flags %v", got, want)
	}
	if got, want := slices.Sorted(maps.Keys(m.Policies)), slices.Sorted(maps.Keys(policies)); !slices.Equal(got, want) {
		t.Errorf("descriptions of %v, policies %v", got, want)
	}
}

// TestProvenance: every kind of rule, every incident and every finding has cases.
func TestProvenance(t *testing.T) {
	count := map[string]int{}
	for _, c := range corpus.Cases() {
		count[c.Provenance]++
	}
	for _, want := range []string{"envelope", "integers", "big integers", "floats", "text floats", "atoms", "tuples", "lists and strings", "binaries", "bitstrings",
		"maps", "equality of keys", "pids", "ports", "references", "local funs", "external funs", "compressed terms", "the option [safe]", "every tag", "tags",
		"internal, private and distribution tags", "every length is checked", "faults are found wherever they stand"} {
		n := 0
		for where, k := range count {
			if where == "rules: "+want || strings.HasPrefix(where, "rules: "+want+" (") {
				n += k
			}
		}
		if n < 10 {
			t.Errorf("rules of %s: %d cases", want, n)
		}
	}
	for _, want := range []string{"CVE-2017-1000053", "CVE-2020-15150", "CVE-2026-21619", "CVE-2026-48853", "CVE-2026-49760", "CVE-2026-23943", "issue 11404", "PR 2382", "EMQX", "CouchDB",
		"Riak", "BERT-RPC", "Arweave", "VerneMQ", "AtomVM issue 256", "AtomVM PR 2305", "Redis", "ejabberd", "Livebook", "Mix loopback", "erl_boot_server", "found by fuzz/targets", "probes: "} {
		n := 0
		for where, k := range count {
			if strings.Contains(where, want) {
				n += k
			}
		}
		if n == 0 {
			t.Errorf("no case of %s", want)
		}
	}
}
