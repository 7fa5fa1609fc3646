package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/conformance/harness"
)

// modules are adapters that do something wrong, or that tell the runner something
// by what they do.
var modules = map[string]string{
	"broken":   "import nothing_of_this_name\n",
	"leaves":   "import sys\nsys.exit(0)\n",
	"data":     "decode = 5\n",
	"chatty":   "import os\nprint('hello')\nos.write(1, b'hello')\n\ndef decode(payload):\n    print('hello')\n    return None, None\n",
	"typo":     "def decode(payload):\n    return len(payload), payload.decod()\n",
	"keys":     "def decode(payload):\n    return {98: (6, 256)}[payload[1]]\n",
	"early":    "def decode(payload):\n    return None\n",
	"bare":     "def decode(payload):\n    return 5\n",
	"huge":     "def decode(payload):\n    return 2**32 + 5, None\n",
	"unknown":  "def decode(payload):\n    return 2**32 - 1, None\n",
	"swapped":  "def decode(payload):\n    return 'ok', 6\n",
	"negative": "def decode(payload):\n    return -1, None\n",
	"truth":    "def decode(payload):\n    return True, None\n",
	"strange":  "def decode(payload):\n    return None, {1, 2}\n",
	"inner":    "def decode(payload):\n    return None, [None]\n",
	"buffers":  "def decode(payload):\n    return len(payload), bytearray(payload)\n",
	"deep":     "import sys\nassert sys.getrecursionlimit() == 1000\n\ndef nest(n):\n    return [nest(n - 1)] if n else []\n\ndef decode(payload):\n    assert sys.getrecursionlimit() == 1000\n    v = []\n    for _ in range(2000):\n        v = [v]\n    return 6, 256 if payload[1] == 98 else v\n",
	"deeper":   "import sys\nsys.setrecursionlimit(5000)\n\ndef nest(n):\n    return 1 + nest(n - 1) if n else 0\n\ndef decode(payload):\n    nest(4000)\n    return 6, 256\n",
	"deepest":  "def nest(n):\n    return 1 + nest(n - 1) if n else 0\n\ndef decode(payload):\n    nest(4000)\n    return 6, 256\n",
}

// one is a case that every OTP accepts: 256, in 6 bytes.
const one = "id:integer-integer_ext-256"

// consumer is a folder with what of the tarball these tests need: of the thousands
// of payloads only some.
func consumer(t *testing.T) string {
	t.Helper()
	entries, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, e := range entries {
		name := strings.TrimPrefix(e.name, "corpus/vectors/")
		if name != e.name && !strings.HasPrefix(name, "integer-") || strings.HasPrefix(name, "legit/") {
			continue
		}
		to := filepath.Join(dir, filepath.FromSlash(e.name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, e.data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// adapters is that folder with those modules in it.
func adapters(t *testing.T) string {
	t.Helper()
	dir := consumer(t)
	for name, text := range modules {
		if err := os.WriteFile(filepath.Join(dir, name+".py"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPythonNoResult: what is no answer of a decoder is said once, with no table,
// and is status 2. The runner in Go says the same of the same adapters.
func TestPythonNoResult(t *testing.T) {
	dir := adapters(t)
	for _, tc := range []struct{ call, want string }{
		{"sample_decoder", "want a module and a function, as my_adapter:decode"},
		{"sample_decoder:", "want a module and a function, as my_adapter:decode"},
		{"sample_decodr:decode", "there is no module sample_decodr"},
		{"sample_decoder.inner:decode", "sample_decoder.inner"},
		{"sample_decoder:decod", "the module sample_decoder has no decod; it has: Reader, atom, big, binary, bits, cons, decode,"},
		{"broken:decode", "No module named 'nothing_of_this_name'"},
		{"leaves:decode", "the module leaves cannot be imported"},
		{"data:decode", "decode of the module data is no function"},
		{"bare:decode", "it says of itself: the function returned 5: want None or a pair"},
		{"negative:decode", "it says of itself: the function returned -1 for used"},
		{"truth:decode", "it says of itself: the function returned True for used: want (used, value), in this order"},
		{"swapped:decode", "it says of itself: the function returned 'ok' for used: want (used, value), in this order"},
		{"strange:decode", "it says of itself: the function returned {1, 2} for value"},
	} {
		out, said, status := pythonSays(t, dir, "conformance.py", "--only", one, "--call", tc.call)
		if status != 2 || len(out) > 0 || !strings.Contains(said, tc.want) {
			t.Errorf("--call %s: status %d: %s%s", tc.call, status, out, said)
		}
		if err := runGo(t, dir, tc.call); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("--serve %s: %v", tc.call, err)
		}
	}
	for _, tc := range []struct {
		want string
		args []string
	}{
		{"feature:compresed picks no case; there are: bitstring, compressed,", []string{"--skip", "feature:compresed", "true"}},
		{"flag:bom picks no case; there are: ", []string{"--skip", "class:valid,flag:bom", "true"}},
		{"argument --skip: 'valid': want class:, feature:, flag: or id:", []string{"--skip", "class:hostile, valid", "true"}},
		{"argument --only: '': want class:, feature:, flag: or id:", []string{"--only", "class:hostile,", "true"}},
		{"flag:bom picks no case; there are: ", []string{"--skip", "class:valid , flag:bom", "true"}},
		{"id:nobody picks no case\n", []string{"--only", "id:nobody", "true"}},
		{"there is no case to run", []string{"--skip", "class:*", "true"}},
		{"reference otp99: want otp25, otp26, otp27, otp28, or a policy: any, ", []string{"--against", "otp99", "true"}},
		{"reference otp24: want otp25, ", []string{"--against", "otp24", "true"}},
		{"reference saf: want otp25, otp26, otp27, otp28, or a policy: any, ", []string{"--against", "saf", "true"}},
		{"the program does not start: it ended with status 2: ", []string{"--packet", "python3", "no_such_file.py"}},
		{"the program does not start: it ended with status 2 without reading its input: ", []string{"python3", "no_such_file.py"}},
		{"the program does not start: it ended with status 1 without reading its input: ", []string{"python3", "broken.py"}},
		{"the program does not start: it ended with status 0 without reading or answering\n", []string{"--packet", "python3", "early.py"}},
		{"no-such-program", []string{"--only", one, "no-such-program"}},
		{"no program goes with --call, --serve and --check: true", []string{"--call", "early:decode", "true"}},
		{"no manifest.json in ", []string{"--corpus", "legit", "true"}},
		{"unrecognized arguments: --onl", []string{"--onl", one}},
		{"want seconds", []string{"--timeout", "1h", "true"}},
		{"want a number of MiB", []string{"--memory", "0", "true"}},
	} {
		out, said, status := pythonSays(t, dir, append([]string{"conformance.py"}, tc.args...)...)
		if status != 2 || len(out) > 0 || !strings.Contains(said, tc.want) {
			t.Errorf("%q: status %d: %s%s", tc.args, status, out, said)
		}
	}
}

// runGo gives the case to a function in Python by way of the runner in Go.
func runGo(t *testing.T, dir, call string) error {
	t.Helper()
	cases, err := harness.FromCorpus("otp25")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	_, err = harness.Run(t.Context(), harness.Program{
		Args: []string{"python3", "conformance.py", "--serve", call}, Packet: true,
	}, cases, harness.Options{Only: harness.Filter{one}})
	return err
}

// TestPythonAnswers: what a function may return, and what becomes of it.
func TestPythonAnswers(t *testing.T) {
	dir := adapters(t)
	for _, tc := range []struct {
		call    string
		outcome harness.Outcome
		used    int // not told
		value   int // not told
		detail  string
	}{
		{"chatty", harness.Agree, 1, 1, ""},
		{"early", harness.Agree, 1, 1, ""},
		{"buffers", harness.Agree, 0, 0, ""},
		{"inner", harness.WrongValue, 1, 0, "[null]"},
		{"huge", harness.WrongUsed, 0, 0, "used 4294967294, want 6"},
		{"unknown", harness.WrongUsed, 0, 0, "used 4294967294, want 6"},
		{"deep", harness.Agree, 0, 0, ""},
		{"deeper", harness.Agree, 0, 0, ""},
		{"deepest", harness.FalseRefuse, 0, 0, "RecursionError: maximum recursion depth exceeded"},
		{"typo", harness.FalseRefuse, 0, 0, "AttributeError: 'bytes' object has no attribute 'decod'"},
	} {
		out, said, status := pythonSays(t, dir, "conformance.py", "--json", "--only", one, "--call", tc.call+":decode")
		var r harness.Report
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("%s: status %d, %v: %s%s", tc.call, status, err, out, said)
		}
		if r.Total.Outcomes[tc.outcome] != 1 || r.Total.UsedUntold != tc.used || r.Total.ValueUntold != tc.value || (status == 0) != r.OK() || said != "" {
			t.Errorf("%s: status %d: %+v %+v %s", tc.call, status, r.Total, r.Disagreements, said)
		}
		if tc.detail != "" && !strings.Contains(r.Disagreements[0].Detail, tc.detail) {
			t.Errorf("%s: %+v", tc.call, r.Disagreements)
		}
	}
}

// TestPythonDoubts: what looks as if the decoder was not asked is said below the table,
// as the runner in Go says it.
func TestPythonDoubts(t *testing.T) {
	dir := adapters(t)
	for _, tc := range []struct {
		want string
		args []string
	}{
		{"accepted nothing; the first refusal says: AttributeError: 'bytes' object has no attribute 'decod'\n", []string{"--call", "typo:decode"}},
		{"accepted nothing; it does not say why\n", []string{"sh", "-c", "cat >/dev/null; exit 1"}},
		{"accepted nothing; the first refusal says: boom\n", []string{"sh", "-c", "cat >/dev/null; echo trace >&2; echo boom >&2; exit 1"}},
		{"refused the empty list, 131 106, which it was given first: KeyError: 106\n", []string{"--call", "keys:decode"}},
		{"accepted all 1 cases without output: does it read its input?\n", []string{"true"}},
	} {
		args := append([]string{"conformance.py", "--list", "--only", one}, tc.args...)
		out, said, status := pythonSays(t, dir, args...)
		if status == 2 || said != "" || strings.Count(string(out), tc.want) != 1 {
			t.Errorf("%q: status %d: %s%s", tc.args, status, out, said)
		}
	}
}

// TestPythonPrograms: a program that prints null tells a wrong value, one that
// prints nothing tells none, and a length of more digits than any has is a crash.
func TestPythonPrograms(t *testing.T) {
	dir := consumer(t)
	for script, want := range map[string]harness.Outcome{
		"echo 6; echo null": harness.WrongValue, "echo 6; echo 256": harness.Agree, "echo -; echo": harness.Agree, "": harness.Agree,
		"echo 4294967302": harness.WrongUsed, "echo 999999999999999999": harness.WrongUsed, "echo 1000000000000000000": harness.Crash,
	} {
		out, said, _ := pythonSays(t, dir, "conformance.py", "--json", "--only", one, "--timeout", "20s", "--memory", "1GiB", "sh", "-c", script)
		cases, err := harness.FromCorpus("otp25")
		if err != nil {
			t.Fatal(err)
		}
		here, err := harness.Run(t.Context(), harness.Program{Args: []string{"sh", "-c", script}}, cases, harness.Options{Only: harness.Filter{one}})
		if err != nil {
			t.Fatal(err)
		}
		var there harness.Report
		if err := json.Unmarshal(out, &there); err != nil {
			t.Fatalf("%s: %v: %s%s", script, err, out, said)
		}
		if there.Total.Outcomes[want] != 1 || here.Total.Outcomes[want] != 1 {
			t.Errorf("%s: %+v there, %+v here", script, there.Total, here.Total)
		}
		if want != harness.Agree && strings.Contains(script, "null") && there.Disagreements[0].Detail != here.Disagreements[0].Detail {
			t.Errorf("%q there, %q here", there.Disagreements[0].Detail, here.Disagreements[0].Detail)
		}
	}
}

// TestPythonLateFlags: they go to the program, and that is said.
func TestPythonLateFlags(t *testing.T) {
	out, said, status := pythonSays(t, consumer(t), "conformance.py", "--only", one, "true", "--skip=x", "--list", "--other")
	if status != 0 || !strings.Contains(string(out), "true --skip=x --list --other\n") || !strings.Contains(said, "--skip=x --list: behind the program's name") {
		t.Errorf("status %d: %s%s", status, out, said)
	}
}

// TestPythonBrokenPipe: who reads the list need not read it to its end.
func TestPythonBrokenPipe(t *testing.T) {
	name, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("skipped, for it needs Python: %v", err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from.Close()
	defer to.Close()
	dir := consumer(t)
	for _, flag := range []string{"--list", "--json"} {
		cmd := exec.Command(name, "conformance.py", flag, "--only", one, "sh", "-c", "cat >/dev/null; exit 1")
		var said strings.Builder
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, to, &said
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != 1 || said.String() != "" {
			t.Errorf("%s: status %d: %s", flag, status, said.String())
		}
	}
}

// TestPythonHelp: every flag is in it, and what it says of itself.
func TestPythonHelp(t *testing.T) {
	out, _, status := pythonSays(t, consumer(t), "conformance.py", "--help")
	for _, want := range []string{"--serve MODULE:FUNCTION", "--call MODULE:FUNCTION", "--check", "{packet,4}"} {
		if status != 0 || !strings.Contains(string(out), want) {
			t.Errorf("status %d: no %s in\n%s", status, want, out)
		}
	}
}

// TestPythonProgress: a long run says how far it is, unless it is told not to.
func TestPythonProgress(t *testing.T) {
	t.Parallel()
	dir := consumer(t)
	for _, quiet := range []bool{false, true} {
		t.Run(fmt.Sprintf("quiet=%t", quiet), func(t *testing.T) {
			t.Parallel()
			args := []string{"conformance.py", "--only", one + ",id:integer-integer_ext-25*", "sh", "-c", "sleep 3"}
			if quiet {
				args = append([]string{args[0], "--quiet"}, args[1:]...)
			}
			_, said, status := pythonSays(t, dir, args...)
			if status != 0 || strings.Contains(said, " of 2 cases\n") == quiet {
				t.Errorf("%q: status %d: %q", args, status, said)
			}
		})
	}
}
