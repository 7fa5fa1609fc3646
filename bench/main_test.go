package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/bench/internal/hostile"
	"github.com/beamgate/beamgate/bench/internal/report"
)

func TestMain(m *testing.M) {
	hostile.Child()
	os.Exit(m.Run())
}

// TestRun runs a little of everything and looks for it in the report.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	if _, err := exec.LookPath("erlc"); err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatal("CI must have erlc")
		}
		t.Skip("the payloads are written by Erlang")
	}
	dir := t.TempDir()
	args := []string{"-quick", "-only", "payloads,streams", "-payloads", "[ao]_*", "-columns", "validate,decode,yardstick,beam_decode", "-out", dir}
	if err := run(args); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Targets", "| a_rpc |", "| o_frames |", "BEAM binary_to_term", "## Long streams", "## Goroutines on one Mode", "| Go | go1."} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
		t.Error("the report has numbers that are none")
	}
	for _, picture := range []string{"validate.svg", "decode.svg"} {
		if _, err := os.Stat(filepath.Join(dir, report.PictureDir, picture)); err != nil {
			t.Error(err)
		}
	}
}

// TestParse refuses what it does not know.
func TestParse(t *testing.T) {
	for _, bad := range [][]string{{"-only", "payloads,other"}, {"-payloads", "[a_*"}, {"-columns", "validate,[b"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	o, err := parse([]string{"-quick"})
	if err != nil || len(o.parts) != len(parts) || o.plan.size != "quick" {
		t.Errorf("%+v, %v", o, err)
	}
}

// TestFolder: less than everything does not replace the record, unless it is told to.
func TestFolder(t *testing.T) {
	source := filepath.Join("checkout", "bench")
	scratch := filepath.Join("checkout", ".out", "bench")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, source},
		{[]string{"-quick"}, scratch},
		{[]string{"-only", "payloads"}, scratch},
		{[]string{"-payloads", "a_*"}, scratch},
		{[]string{"-columns", "validate"}, scratch},
		{[]string{"-quick", "-out", "."}, "."},
		{[]string{"-out", "x"}, "x"},
	} {
		o, err := parse(c.args)
		if err != nil || o.folder(source) != c.want {
			t.Errorf("%v: %s, want %s; %v", c.args, o.folder(source), c.want, err)
		}
	}
	if err := exec.Command("git", "check-ignore", "-q", filepath.Join("..", ".out", "bench", "RESULTS.md")).Run(); err != nil {
		if _, missing := exec.LookPath("git"); missing == nil && exec.Command("git", "rev-parse").Run() == nil {
			t.Errorf("the folder for less is not ignored: %v", err)
		}
	}
}

// TestIntoReadme: the summary stands where the one before stood, and nothing else changes.
func TestIntoReadme(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte("before\n"+summaryBegin+"old\n"+summaryEnd+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := intoReadme(path, "new\n"); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "before\n"+summaryBegin+"new\n"+summaryEnd+"after\n" {
			t.Fatalf("%q, %v", b, err)
		}
	}
	if err := os.WriteFile(path, []byte("no place\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if intoReadme(path, "new\n") == nil || intoReadme(path+"x", "new\n") == nil {
		t.Error("it is put nowhere, without an error")
	}
	if readme, err := os.ReadFile("../README.md"); err != nil || strings.Count(string(readme), summaryBegin) != 1 || strings.Count(string(readme), summaryEnd) != 1 {
		t.Errorf("README.md has no place for it, %v", err)
	}
}
