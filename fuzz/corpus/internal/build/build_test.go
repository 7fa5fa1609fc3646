package build

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// dir is the folder of package corpus.
var dir = filepath.Join("..", "..")

func committed(t *testing.T) corpus.Manifest {
	t.Helper()
	m, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// made is the corpus as the sources say, with no truth but what is documented.
var made = sync.OnceValues(func() (*Build, error) { return New() })

// again returns it with every truth dropped that was not worked out here.
func again(t *testing.T) *Build {
	t.Helper()
	b, err := made()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range b.entries {
		e.c.Truth = maps.Clone(e.docs)
	}
	return b
}

func manifest(t *testing.T, b *Build) corpus.Manifest {
	t.Helper()
	m, err := b.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same reports where two manifests differ.
func same(t *testing.T, got, want corpus.Manifest) {
	t.Helper()
	if len(got.Cases) != len(want.Cases) {
		t.Errorf("%d cases, want %d", len(got.Cases), len(want.Cases))
	}
	before := map[string]corpus.Case{}
	for _, c := range want.Cases {
		before[c.ID] = c
	}
	n := 0
	for _, c := range got.Cases {
		a, b := marshal(c), marshal(before[c.ID])
		if !bytes.Equal(a, b) {
			if n++; n < 10 {
				t.Errorf("%s:\n %.1500s\nwant\n %.1500s", c.ID, a, b)
			}
		}
	}
	if n > 0 {
		t.Errorf("%d cases differ: go run ./fuzz/corpus/generate", n)
	}
}

// TestCommitted: manifest and vectors are what the sources make, with the truth
// that is recorded. It needs no BEAM.
func TestCommitted(t *testing.T) {
	want := committed(t)
	b := again(t)
	b.Carry(want)
	got := manifest(t, b)
	same(t, got, want)
	raw, err := Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil || !bytes.Equal(raw, file) {
		t.Errorf("manifest.json is not what generate writes (%v)", err)
	}
	for name, data := range b.Vectors() {
		file, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(data, file) {
			t.Errorf("%s is not what generate writes (%v)", name, err)
		}
	}
}

// TestMeasured: the BEAM still says what is recorded of its release.
func TestMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("asks a BEAM about every case")
	}
	oracle := beam.Require(t, beam.Options{})
	b := again(t)
	if err := b.Measure(oracle); err != nil {
		t.Fatal(err)
	}
	want := committed(t)
	if version := oracle.Info().OTP; version != want.Cases[0].Truth["25"].OTP {
		t.Logf("OTP %s is here: what is recorded is of another one", version)
		return
	}
	b.Carry(want)
	same(t, manifest(t, b), want)
}

// TestMeasureProgram: measure.erl, which knows nothing of this library, comes to
// the same.
func TestMeasureProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("asks a BEAM about every case")
	}
	oracle := beam.Require(t, beam.Options{})
	version := oracle.Info().OTP
	oracle.Close()
	raw := runMeasure(t)
	b := again(t)
	if err := b.Merge(raw); err != nil {
		t.Fatal(err)
	}
	want := committed(t)
	if version != want.Cases[0].Truth["25"].OTP {
		t.Logf("OTP %s is here: what is recorded is of another one", version)
		return
	}
	if n := bytes.Count(raw, []byte("\n")); n != len(want.Cases)+1 {
		t.Errorf("%d lines for %d cases", n, len(want.Cases))
	}
	if bytes.Contains(raw, []byte("\t-\n")) { // without crypto there are no digests
		t.Log("OTP is here without crypto")
		return
	}
	b.Carry(want)
	same(t, manifest(t, b), want)
}

// runMeasure compiles and runs measure.erl as its comment says.
func runMeasure(t *testing.T) []byte {
	t.Helper()
	tmp := t.TempDir()
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(tmp, "measured.tsv")
	for _, args := range [][]string{
		{"erlc", "-W", "-o", tmp, filepath.Join(abs, "measure.erl")},
		{"erl", "-noinput", "-pa", tmp, "-run", "measure", "main", filepath.Join(abs, "manifest.json"), out},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = tmp
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tmp, "LC_ALL=C.UTF-8"}
		if text, err := cmd.CombinedOutput(); err != nil || len(text) > 0 {
			t.Fatalf("%s: %v: %s", args[0], err, text)
		}
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestMerge: what was measured on another release is taken in and stays, and lines
// of other bytes, or broken ones, are not.
func TestMerge(t *testing.T) {
	b := again(t)
	c := b.entries[0].c
	old := committed(t)
	byID := map[string]corpus.Case{}
	for _, e := range old.Cases {
		byID[e.ID] = e
	}
	line := func(fields ...string) string { return strings.Join(fields, "\t") + "\n" }
	head := line("#measured", "27", "27.1")
	good, ok := byID["integer-integer_ext-256"]
	if !ok {
		t.Fatal("no such case")
	}
	text := head + line(good.ID, good.SHA256, "accept", "accept", "6", "0", "836200000100") +
		line(c.ID, strings.Repeat("0", 64), "accept", "accept", "6", "0", "836200000100") + line("nobody", "", "reject", "reject")
	if err := b.Merge([]byte(text)); err != nil {
		t.Fatal(err)
	}
	zero := int64(0)
	want := corpus.Truth{Verdict: "accept", Safe: "accept", Used: 6, HeapWords: &zero, Canonical: "836200000100", Value: json.RawMessage("256"), How: corpus.Measured, OTP: "27.1"}
	for _, e := range b.entries {
		truth, ok := e.c.Truth["27"]
		if ok := ok && truth.How == corpus.Measured; ok != (e.spec.ID == good.ID) {
			t.Errorf("%s: measured on 27: %v", e.spec.ID, ok)
		}
		if e.spec.ID == good.ID && !reflect.DeepEqual(truth, want) {
			t.Errorf("%+v, want %+v", truth, want)
		}
	}
	b.Carry(old)
	newer := manifest(t, b)
	b = again(t)
	b.Carry(newer)
	same(t, manifest(t, b), newer)

	for _, bad := range []string{
		"", line("#measured", "27"), head + line(good.ID, good.SHA256), head + line(good.ID, good.SHA256, "maybe", "accept"), head + line(good.ID, good.SHA256, "accept", "accept"),
		head + line(good.ID, good.SHA256, "accept", "accept", "x", "0", "8361"), head + line(good.ID, good.SHA256, "accept", "accept", "6", "x", "8361"),
		head + line(good.ID, good.SHA256, "accept", "accept", "6", "0", "8"), head + line(good.ID, good.SHA256, "accept", "accept", "6", "0", "836101"),
	} {
		if err := again(t).Merge([]byte(bad)); err == nil {
			t.Errorf("merged: %q", bad)
		}
	}
}

// TestHarmless: what may harm a VM is not shown to one.
func TestHarmless(t *testing.T) {
	owner := fun{owner: small(1)}.bytes()
	for name, term := range map[string][]byte{
		"no words": ref(foreign, 1), "no words in front of a fault": tuple(newRef(foreign, 1), u8(255)), "a creator": owner, "open text": tag(99, []byte(strings.Repeat("1", 31))),
		"no words behind a fault": tuple(pairs(small(1), null, small(1), null), ref(foreign, 1)),
	} {
		if err := harmless(&Spec{ID: name, Data: ext(term)}, ext(term)); err == nil {
			t.Errorf("%s: shown", name)
		}
	}
	b := again(t)
	cut := 0
	for _, e := range b.entries {
		if err := harmless(e.spec, e.data); err != nil {
			t.Error(err)
		}
		if e.spec.Cut {
			cut++
		}
	}
	want := committed(t)
	b.Carry(want)
	for i, c := range manifest(t, b).Cases {
		if b.entries[i].spec.Cut && c.Class != corpus.Malformed {
			t.Errorf("%s: begins like one that harms and is %s", c.ID, c.Class)
		}
	}
	if cut == 0 {
		t.Error("none is cut")
	}
}

// TestValues: the tagged JSON of a case says what its canonical bytes say.
func TestValues(t *testing.T) {
	n := 0
	for _, c := range committed(t).Cases {
		truth := c.Truth["25"]
		if truth.Canonical == "" || truth.Value == nil {
			continue
		}
		term, err := parseValue(truth.Value)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		got, err := naive.Decode(term, naive.OTP25)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		canon := unhex(t, truth.Canonical)
		want, err := naive.Decode(canon, naive.OTP25)
		if err != nil || !naive.Same(got.Term, want.Term) || !bytes.Equal(got.Term.Canon(), want.Term.Canon()) {
			t.Errorf("%s: %s is not %x (%v)", c.ID, truth.Value, canon, err)
		}
		n++
	}
	if n < 1000 {
		t.Errorf("%d values only", n)
	}
}

func TestFindings(t *testing.T) {
	all, err := findings(foundText)
	if err != nil || len(all) < 11 {
		t.Fatalf("%d, %v", len(all), err)
	}
	other := Finding{"another", ext(null), "sent by a friend"}
	two, err := findings("# comment\n\n" + all[0].Line() + other.Line())
	if err != nil || len(two) != 2 || !reflect.DeepEqual(two[0], all[0]) || !reflect.DeepEqual(two[1], other) {
		t.Errorf("%v, %v", two, err)
	}
	for _, bad := range []string{"no tab", "\t83", "rule\t8", "rule\tzz\n", "rule\t83\t\n", "rule\t83\ta\tb\n"} {
		if all, err := findings(bad); err == nil {
			t.Errorf("%q: %v", bad, all)
		}
	}
	more := []Finding{
		{"a new one", ext(tuple(null, atom("new_finding"))), ""},
		{"a new one of another kind", ext(tuple(null, atom("newer_finding"))), "sent by a friend"},
	}
	specs, err := Specs(more...)
	if err != nil {
		t.Fatal(err)
	}
	for i, provenance := range []string{"found by fuzz/targets", "sent by a friend"} {
		at := slices.IndexFunc(specs, func(s *Spec) bool { return s.ID == more[i].ID() })
		if at < 0 || specs[at].Provenance != provenance || specs[at].Rule != more[i].Rule {
			t.Errorf("%+v is no case", more[i])
		}
	}
	if id := more[0].ID(); id != "found-a-new-one" {
		t.Error(id)
	}
	if _, err := Specs(Finding{Rule: all[0].Rule, Payload: ext(u8(1))}); err == nil {
		t.Error("two cases of one name")
	}
	for _, bad := range []Finding{{Rule: "a\tb"}, {Rule: "a\nb"}, {Rule: "# a"}, {Rule: "…"}, {Rule: "a", Provenance: "b\n"}} {
		if bad.Check() == nil {
			t.Errorf("%q passes", bad.Line())
		}
	}
	if err := other.Check(); err != nil {
		t.Error(err)
	}
}
