package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/corpus/internal/build"
)

// folder is a copy of what the command changes.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"manifest.json", build.FoundFile} {
		raw, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "vectors"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vectors", "stale.etf"), []byte{131}, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write makes a file and returns its name.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestForms: whatever fuzzing leaves behind becomes the same line in the file of
// findings; what is of no known form is refused.
func TestForms(t *testing.T) {
	const want = "r\t83680261016102"
	for _, c := range []struct {
		name, text, want string
		raw              bool
	}{
		{"FuzzAgree/00", "go test fuzz v1\n[]byte(\"\\x83h\\x02a\\x01a\\x02\")\nbyte('\\x00')\nbyte('\\x07')\n", want + "\n", false},
		{"overaccept-0123456789ab.txt", "83680261016102\noveraccept: the BEAM refuses\netf.OTP: used 7\n", want + "\t" + byDifferential + "\n", false},
		{"crasher", "\x83\x68\x02\x61\x01\x61\x02", want + "\t" + byHand + "\n", false},
		{"FuzzAgree/01", "go test fuzz v1\n[]byte(\"\\x83a\\x01\")\n", "", false},
		{"note.txt", "the decoder hangs\n", "", false},
		{"empty.txt", "", "", false},
		{"crasher", "8361", "", false},
		{"crasher", "", "", false},
		{"crasher", "8361", "r\t38333631\t" + byHand + "\n", true},
		{"FuzzAgree/02", "go test fuzz v1", "r\t676f20746573742066757a7a207631\t" + byHand + "\n", true},
	} {
		found, err := options{add: write(t, c.name, c.text), rule: "r", raw: c.raw}.finding(corpus.Manifest{})
		if (err != nil) != (c.want == "") || err == nil && (len(found) != 1 || found[0].Line() != c.want) {
			t.Errorf("%s %q: %q, %v", c.name, c.text, found, err)
		}
	}
}

// TestProvenance: what the command says goes before what the file tells.
func TestProvenance(t *testing.T) {
	found, err := options{add: write(t, "crasher", "\x83j"), rule: "r", provenance: "sent by a friend"}.finding(corpus.Manifest{})
	if err != nil || len(found) != 1 || found[0].Line() != "r\t836a\tsent by a friend\n" {
		t.Errorf("%q, %v", found, err)
	}
}

// TestTaken: a rule that names a case of other bytes is refused before anything is
// measured, and so is one that no line can hold.
func TestTaken(t *testing.T) {
	old := corpus.Manifest{Cases: []corpus.Case{{ID: "found-the-rule"}}}
	for rule, want := range map[string]string{"The rule!": "choose another -rule", "a\tb": "without tabs", "…": "no letter or digit"} {
		found, err := options{add: write(t, "crasher", "\x83j"), rule: rule}.finding(old)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", rule, found, err)
		}
	}
}

// TestAdd: one command makes a finding a case, in all three places.
func TestAdd(t *testing.T) {
	if testing.Short() {
		t.Skip("asks a BEAM about every case")
	}
	oracle := beam.Require(t, beam.Options{})
	oracle.Close()
	dir := folder(t)
	payload := []byte("\x83\x68\x02\x6a\x77\x0bnew_finding")
	file := write(t, "FuzzBEAM/0123456789abcdef", "go test fuzz v1\n[]byte(\"\\x83h\\x02jw\\vnew_finding\")\nbyte('\\x00')\n")
	o := options{dir: dir, add: file, rule: "a tuple that a test adds", provenance: "a test"}
	summary, err := run(o)
	if err != nil || !strings.Contains(summary, "class hostile") {
		t.Fatalf("%s, %v", summary, err)
	}
	for _, want := range []string{
		"new: found-a-tuple-that-a-test-adds, class valid, provenance \"a test\"\ncommit:\n", filepath.Join(dir, "manifest.json"),
		filepath.Join(dir, "vectors", "found-a-tuple-that-a-test-adds.etf"), filepath.Join(dir, filepath.FromSlash(build.FoundFile)),
	} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %q in\n%s", want, summary)
		}
	}
	m, err := build.Read(dir)
	if err != nil || len(m.Cases) != len(corpus.Cases())+1 {
		t.Fatalf("%d cases, %v", len(m.Cases), err)
	}
	vector, err := os.ReadFile(filepath.Join(dir, "vectors", "found-a-tuple-that-a-test-adds.etf"))
	if err != nil || !bytes.Equal(vector, payload) {
		t.Errorf("%x, %v", vector, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "vectors", "stale.etf")); !os.IsNotExist(err) {
		t.Errorf("a stale vector stays: %v", err)
	}
	found, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(build.FoundFile)))
	if err != nil || !bytes.HasSuffix(found, []byte(build.Finding{Rule: o.rule, Payload: payload, Provenance: "a test"}.Line())) {
		t.Errorf("not in the file of findings: %v", err)
	}
	o.add = write(t, "overaccept-0123456789ab.txt", hex.EncodeToString(payload)+"\noveraccept: x\n")
	if _, err := run(o); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("added twice: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	dir := folder(t)
	for name, o := range map[string]options{
		"no folder": {dir: t.TempDir()}, "a rule alone": {dir: dir, rule: "x"}, "no rule": {dir: dir, add: "x"}, "a provenance alone": {dir: dir, provenance: "x"},
		"no such payload": {dir: dir, add: filepath.Join(dir, "nothing"), rule: "x"}, "nothing to merge": {dir: dir, merge: filepath.Join(dir, "nothing")},
	} {
		if summary, err := run(o); err == nil {
			t.Errorf("%s: %s", name, summary)
		}
	}
}
