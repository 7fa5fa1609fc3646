package beam

import (
	"io"
	"os"
	"os/exec"
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

// Pipe runs erl for a test, and gives it back its standard input and output. It has to end
// when its input does, as it does when the test ends.
func Pipe(tb testing.TB, erl string, args ...string) (in io.Writer, out io.Reader) {
	tb.Helper()
	cmd := exec.Command(erl, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	return stdin, out
}
