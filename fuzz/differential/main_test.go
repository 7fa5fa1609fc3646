package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/targets"
)

func flags(t *testing.T, args ...string) options {
	t.Helper()
	o, err := parse(append(args, "-dir", filepath.Join(t.TempDir(), "findings")))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestRun: a short campaign and a short sweep, from somewhere in the middle.
func TestRun(t *testing.T) {
	beam.Require(t, beam.Options{})
	for _, args := range [][]string{
		{"-n", "3_000", "-seed", "3", "-from", "1000"},
		{"-sweep", "40", "-drivers", "4"},
	} {
		o := flags(t, args...)
		counts, err := run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if counts.Found != 0 || counts.Payloads < 1000 || counts.Asked < counts.Payloads*9/10 || counts.Next == 0 {
			t.Errorf("%v: %v", args, counts)
		}
		if _, err := os.Stat(o.dir); err == nil {
			t.Errorf("%v: a directory without findings", args)
		}
	}
}

// TestRequireMix: too few payloads to have every tag among them are no mix.
func TestRequireMix(t *testing.T) {
	beam.Require(t, beam.Options{})
	for _, args := range [][]string{{"-n", "20"}, {"-n", "20", "-require-mix"}} {
		counts, err := run(t.Context(), flags(t, append(args, "-seed", "3")...))
		if counts == nil || counts.Payloads != 20 || (err != nil) != (len(args) == 3) {
			t.Errorf("%v: %v, %v", args, counts, err)
		}
	}
}

// TestReport: what is found is saved, with all verdicts and the way to make it.
func TestReport(t *testing.T) {
	r := reporter{options: flags(t, "-seed", "9", "-shrink", "0")}
	f := targets.Finding{Index: 7, Payload: []byte{131, 97}, Found: &targets.Disagreement{Kind: "a/b c", Detail: "d"}}
	if !r.take([]targets.Finding{f}) {
		t.Fatal(r.err)
	}
	files, _ := filepath.Glob(filepath.Join(r.dir, "a-b-c-*.txt"))
	if len(files) != 1 {
		t.Fatalf("files %q", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "8361\n") { // which corpus/generate -add reads
		t.Errorf("the payload is not in the first line:\n%s", text)
	}
	for _, want := range []string{"8361\n", "a/b c: d", "etf.OTP: used 0, etf: truncated", "etf.Strict:", "naive:", "BEAM: unasked", "-from 7", "-seed 9"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestParse(t *testing.T) {
	if o := flags(t, "-n", "10_000_000"); o.n != 10_000_000 || o.seed == 0 {
		t.Errorf("%+v", o)
	}
	if _, err := parse([]string{"-nonsense"}); err == nil {
		t.Error("no error")
	}
}
