package beam

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// recorder notes how a helper ends a test, in place of ending one.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// requires runs Require as a test would.
func requires(o Options) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		Require(r, o)
	}()
	<-done
	return r
}

func TestRequireWithoutErlang(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Start(Options{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Start: %v", err)
	}
	t.Setenv("CI", "")
	if r := requires(Options{}); !strings.Contains(r.skipped, "BEAM") || r.failed != "" {
		t.Errorf("outside CI: %+v", r)
	}
	t.Setenv("CI", "true")
	if r := requires(Options{}); r.skipped != "" || !strings.Contains(r.failed, "erl") {
		t.Errorf("in CI: %+v", r)
	}
}

// TestRequireBroken: an Erlang that does not work is a failure everywhere.
func TestRequireBroken(t *testing.T) {
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		for _, o := range []Options{{Erl: "true", Erlc: "false"}, {Erl: "false", Erlc: "true"}, {Erl: "/nowhere/erl", Erlc: "true"}} {
			if r := requires(o); r.skipped != "" || r.failed == "" {
				t.Errorf("CI=%q, %+v: %+v", ci, o, r)
			}
		}
	}
}
