package outside

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// require skips a test without a program, but not where CI has to have it.
func require(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatalf("CI must have %s", program)
		}
		t.Skipf("%s is not here", program)
	}
}

// TestBEAM times, refuses, dies and comes back.
func TestBEAM(t *testing.T) {
	require(t, "erlc")
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	w := Workshop{Source: source, Dir: t.TempDir()}
	for name, b := range map[string][]byte{
		"good.etf": {131, 97, 1},
		"bad.etf":  {131, 200},
		"two.bin":  {0, 0, 0, 3, 131, 97, 1, 0, 0, 0, 2, 131, 106},
	} {
		if err := os.WriteFile(filepath.Join(w.Dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.BEAM(w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Version == "" {
		t.Error("no version")
	}
	for _, file := range []string{"good.etf", "two.bin"} {
		for op := BeamDecode; op <= BeamReencode; op++ {
			if d, err := p.Time(op, 1000, file); err != nil || d <= 0 {
				t.Errorf("%s, operation %d: %v, %v", file, op, d, err)
			}
		}
	}
	var refused *Refused
	if _, err := p.Time(BeamDecode, 1, "bad.etf"); !errors.As(err, &refused) {
		t.Errorf("bad.etf: %v", err)
	}
	if _, err := p.Time(BeamDecode, 1, "missing.etf"); err == nil || errors.As(err, &refused) {
		t.Errorf("missing.etf, which it dies of: %v", err)
	}
	if _, err := p.Time(BeamDecode, 1, "good.etf"); err != nil {
		t.Errorf("after it died: %v", err)
	}
}

// TestHello: a program that is none is an error at once.
func TestHello(t *testing.T) {
	if _, err := start(func() *exec.Cmd { return exec.Command("echo", "hello") }, false); err == nil {
		t.Error("echo is taken for a program")
	}
}
