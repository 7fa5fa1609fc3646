package beam

import (
	"os"
	"strconv"
	"testing"
)

// Need finds erl and erlc for a test. Where they are missing the test is skipped and
// says so; but if the environment has CI=true the test fails, so that a broken CI
// image cannot pass for a judge that agrees.
func Need(tb testing.TB) (erl, erlc string) {
	tb.Helper()
	erl, erlc, err := Lookup()
	if err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			tb.Fatalf("this test needs erl and erlc, and CI must have them: %v", err)
		}
		tb.Skipf("skipped, for it needs the BEAM (erl and erlc in PATH): %v", err)
	}
	return erl, erlc
}

// Require starts an Oracle for a test and closes it when the test ends. Without
// Erlang it does as Need does.
func Require(tb testing.TB, o Options) *Oracle {
	tb.Helper()
	if o.Erl == "" || o.Erlc == "" {
		Need(tb)
	}
	oracle, err := Start(o)
	if err != nil {
		tb.Fatalf("starting the BEAM: %v", err)
	}
	tb.Cleanup(func() { oracle.Close() })
	return oracle
}
