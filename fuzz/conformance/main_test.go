package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/conformance/harness"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

// TestMain is a decoder too, for the tests: etf.OTP, a process for each case.
func TestMain(m *testing.M) {
	if os.Getenv("CONFORMANCE_DECODER") != "" {
		os.Exit(decode())
	}
	os.Exit(m.Run())
}

func decode() int {
	mode, err := etf.OTP().Compile()
	if err != nil {
		return 2
	}
	var payload bytes.Buffer
	if _, err := payload.ReadFrom(os.Stdin); err != nil {
		return 2
	}
	n, err := mode.ValidatePrefix(payload.Bytes())
	if err != nil {
		return 1
	}
	fmt.Println(n)
	return 0
}

// conformance runs the command on that decoder.
func conformance(t *testing.T, flags ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Setenv("CONFORMANCE_DECODER", "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, diag bytes.Buffer
	status = run(t.Context(), append(flags, self), &out, &diag)
	return status, out.String(), diag.String()
}

// TestCommand: from the corpus to the table.
func TestCommand(t *testing.T) {
	status, out, diag := conformance(t, "-only", "class:release", "-against", "otp")
	if status != 0 || diag != "" || !strings.HasPrefix(out, "corpus "+corpus.Version+" against otp, level value: ") {
		t.Errorf("status %d: %s%s", status, out, diag)
	}
	for _, want := range []string{"false refuse", "  release  ", "    total  ", "not told: the value"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestJSON: a report for programs, and the exit status of a disagreement. The
// policy safe takes nothing that is hostile; etf.OTP takes most of it.
func TestJSON(t *testing.T) {
	status, out, _ := conformance(t, "-json", "-quiet", "-only", "flag:trailing", "-skip", "class:valid,class:malformed", "-against", "safe", "-level", "used")
	var r harness.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if status != 1 || r.OK() || r.Total.Outcomes[harness.FalseAccept] != len(r.Disagreements) || r.Against != "safe" || r.Level != harness.LevelUsed {
		t.Errorf("status %d: %+v %+v", status, r, r.Total)
	}
	status, out, _ = conformance(t, "-list", "-only", "id:"+r.Disagreements[0].ID, "-against", "safe")
	if status != 1 || !strings.HasPrefix(out, "false_accept  "+r.Disagreements[0].ID+": ") {
		t.Errorf("status %d: %s", status, out)
	}
}

// TestNoResult: what is no result has a status of its own.
func TestNoResult(t *testing.T) {
	for _, args := range [][]string{
		{}, {"-nonsense", "x"}, {"-against", "nobody", "x"}, {"-level", "x", "x"}, {"-skip", "x", "x"}, {"-memory", "0", "x"},
		{"-memory", "1TiB", "x"}, {"-memory", "100", "x"}, {"-against", "otp99", "x"}, {"-against", "otp24", "x"}, {"no-such-decoder-here"},
	} {
		var out, diag bytes.Buffer
		if status := run(t.Context(), args, &out, &diag); status != 2 || out.Len() > 0 || diag.Len() == 0 {
			t.Errorf("%q: status %d: %s", args, status, out.String())
		}
	}
	var out, diag bytes.Buffer
	if status := run(t.Context(), []string{"-help"}, &out, &diag); status != 0 || !strings.Contains(diag.String(), "-timeout") {
		t.Errorf("status %d: %s", status, diag.String())
	}
}

// TestMistyped: a pattern that picks nothing is told, with those that would.
func TestMistyped(t *testing.T) {
	for pattern, want := range map[string]string{
		"feature:compresed": "bitstring, compressed, empty-atom", "class:*": "no case to run", "id:nobody": "id:nobody picks no case", "flag:bom": "bit-count, bomb, claim",
	} {
		status, out, diag := conformance(t, "-skip", pattern)
		if status != 2 || out != "" || !strings.Contains(diag, want) {
			t.Errorf("%s: status %d: %s%s", pattern, status, out, diag)
		}
	}
}

// TestLateFlags: flags behind the program's name go to the program, and that is
// said.
func TestLateFlags(t *testing.T) {
	t.Setenv("CONFORMANCE_DECODER", "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, diag bytes.Buffer
	status := run(t.Context(), []string{"-only", "id:integer-integer_ext-256", self, "-nothing-of-ours", "--skip=x", "-list", "only"}, &out, &diag)
	if said := diag.String(); status != 0 || strings.Count(said, "behind the program's name") != 2 || !strings.Contains(said, "--skip=x") || !strings.Contains(said, "-list") {
		t.Errorf("status %d: %s", status, said)
	}
	if !strings.Contains(out.String(), self+" -nothing-of-ours --skip=x -list only\n") {
		t.Errorf("%s", out.String())
	}
}

// TestTimeout: a time without a unit is a mistake that tells how one is written.
func TestTimeout(t *testing.T) {
	if status, _, diag := conformance(t, "-timeout", "10"); status != 2 || !strings.Contains(diag, `invalid value "10" for flag -timeout: want a time with its unit, as in 10s`) {
		t.Errorf("status %d: %s", status, diag)
	}
	for want, args := range map[time.Duration][]string{harness.DefaultTimeout: {"p"}, 90 * time.Second: {"-timeout", "1m30s", "p"}} {
		if o, err := parse(args, io.Discard); err != nil || o.program.Timeout != want {
			t.Errorf("%q: %+v, %v", args, o, err)
		}
	}
}

// TestSize reads and writes amounts of memory.
func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"1MiB": 1 << 20, "512MiB": 512 << 20, "2GiB": 2 << 30, "1000MiB": 1000 << 20} {
		var s size
		if err := s.Set(text); err != nil || int64(s) != want || s.String() != text {
			t.Errorf("%s: %d, %v, %s", text, s, err, s.String())
		}
	}
	for _, bad := range []string{"100", "100MB", "MiB", "-1MiB", "1.5GiB", ""} {
		var s size
		if err := s.Set(bad); err == nil || !strings.Contains(err.Error(), "MiB or GiB") {
			t.Errorf("%q: %d, %v", bad, s, err)
		}
	}
}

// TestReferences: every release and policy of the corpus can be chosen, and the
// reference of a case is what the corpus says of it.
func TestReferences(t *testing.T) {
	names := []string{"otp25", "otp26", "otp27", "otp28"}
	for name := range corpus.Load().Policies {
		names = append(names, name)
	}
	for _, name := range names {
		cases, err := harness.FromCorpus(name)
		if err != nil || len(cases) != len(corpus.Cases()) {
			t.Fatalf("%s: %d cases, %v", name, len(cases), err)
		}
		for i, c := range corpus.Cases() {
			if c.ID != cases[i].ID || name == "otp26" && cases[i].Want.Accept != c.Accepted("26") {
				t.Errorf("%s: %s: %+v", name, c.ID, cases[i].Want)
			}
			p, told := c.Policy[name]
			switch {
			case strings.HasPrefix(name, "otp2"):
			case told != (cases[i].Want != nil), told && cases[i].Want.Accept != (p.Verdict == corpus.Accept):
				t.Errorf("%s: %s: %+v", name, c.ID, cases[i].Want)
			}
		}
	}
}
