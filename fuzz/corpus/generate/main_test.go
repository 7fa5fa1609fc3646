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
	const want = "r\t83680261016102\n"
	for _, c := range []struct {
		name, text, want string
		raw              bool
	}{
		{"FuzzAgree/00", "go test fuzz v1\n[]byte(\"\\x83h\\x02a\\x01a\\x02\")\nbyte('\\x00')\nbyte('\\x07')\n", want, false},
		{"overaccept-0123456789ab.txt", "83680261016102\noveraccept: the BEAM refuses\netf.OTP: used 7\n", want, false},
		{"crasher", "\x83\x68\x02\x61\x01\x61\x02", want, false},
		{"FuzzAgree/01", "go test fuzz v1\n[]byte(\"\\x83a\\x01\")\n", "", false},
		{"note.txt", "the decoder hangs\n", "", false},
		{"empty.txt", "", "", false},
		{"crasher", "8361", "", false},
		{"crasher", "", "", false},
		{"crasher", "8361", "r\t38333631\n", true},
		{"FuzzAgree/02", "go test fuzz v1", "r\t676f20746573742066757a7a207631\n", true},
	} {
		found, err := options{add: write(t, c.name, c.text), rule: "r", raw: c.raw}.finding(corpus.Manifest{})
		if (err != nil) != (c.want == "") || err == nil && (len(found) != 1 || found[0].Line() != c.want) {
			t.Errorf("%s %q: %q, %v", c.name, c.text, found, err)
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
	o := options{dir: dir, add: file, rule: "a tuple that a test adds"}
	summary, err := run(o)
	if err != nil || !strings.Contains(summary, "class hostile") {
		t.Fatalf("%s, %v", summary, err)
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
	if err != nil || !bytes.HasSuffix(found, []byte(build.Finding{Rule: o.rule, Payload: payload}.Line())) {
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
		"no folder": {dir: t.TempDir()}, "a rule alone": {dir: dir, rule: "x"}, "no rule": {dir: dir, add: "x"},
		"no such payload": {dir: dir, add: filepath.Join(dir, "nothing"), rule: "x"}, "nothing to merge": {dir: dir, merge: filepath.Join(dir, "nothing")},
	} {
		if summary, err := run(o); err == nil {
			t.Errorf("%s: %s", name, summary)
		}
	}
}
