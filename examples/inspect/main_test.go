package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// ran is what a run left behind.
type ran struct {
	code           int
	stdout, stderr string
}

// inspect runs the program in testdata/in.
func inspect(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(args, strings.NewReader(stdin), &out, &errs)
	return ran{code, out.String(), errs.String()}
}

func (r ran) want(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.stdout, stdout) || !strings.Contains(r.stderr, stderr) {
		t.Errorf("exit code %d, want %d with %q and %q\n--- stdout\n%s--- stderr\n%s", r.code, code, stdout, stderr, r.stdout, r.stderr)
	}
}

// TestGolden compares whole outputs; -update writes them anew.
func TestGolden(t *testing.T) {
	golden, err := filepath.Abs("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata/in")
	rpc, err := os.ReadFile("rpc.etf")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, stdin string
		args        []string
	}{
		{"accepted", "", []string{"rpc.etf", "more/users_z.etf"}},
		{"cut", "", []string{"-term", "40", "rpc.etf"}},
		{"noterm", "", []string{"-term", "0", "rpc.etf"}},
		{"refused", "", []string{"closure.etf", "twice.etf", "short.etf", "rpc.etf"}},
		{"safe", "", []string{"-safe", "deep.etf", "more/users_z.etf", "rpc.etf"}},
		{"otp", "", []string{"-otp", "closure.etf", "gen_call.etf"}},
		{"limit", "", []string{"-limit", "depth=500", "-safe", "deep.etf"}},
		{"folder", "", []string{"-match", "*.etf", "more", "twice.etf"}},
		{"json", "", []string{"-json", "rpc.etf", "twice.etf", "more", "gen_call.etf"}},
		{"json_limit", "", []string{"-json", "-safe", "deep.etf"}},
		{"stdin", string(rpc), nil},
		{"literal", "", []string{"-e", "836a", "-e", "g2o=", "-e", "<<131, 106>>", "-e", "g2o", "-e", "8361", "-e", `<<131,107,0,4,"a,b\"">>`}},
		{"flags_behind", "", []string{"rpc.etf", "-safe", "deep.etf", "-json", "-e", "836a"}},
		{"summary", "", []string{"-summary", "."}},
		{"summary_safe", "", []string{"-summary", "-safe", "-match", "*.etf", "."}},
		{"summary_fits", "", []string{"-summary", "-match", "*.etf", "more"}},
		{"summary_none", "", []string{"-summary", "twice.etf"}},
		{"summary_otp", "", []string{"-summary", "-otp", "gen_call.etf", "closure.etf"}},
		{"summary_json", "", []string{"-summary", "-json", "-safe", "."}},
		{"help", "", []string{"-help"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := inspect(t, tt.stdin, tt.args...)
			got := fmt.Sprintf("$ inspect %s\nexit code %d\n--- stdout\n%s--- stderr\n%s", strings.Join(tt.args, " "), r.code, r.stdout, r.stderr)
			file := filepath.Join(golden, tt.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs (go test -update writes it anew):\n%s", file, got)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	t.Chdir("testdata/in")
	const usage, refused = exitUsage, exitRefused
	for _, tt := range []struct {
		code           int
		stdout, stderr string
		args           []string
	}{
		{0, "accepted", "", []string{"rpc.etf"}},
		{refused, "refused", "", []string{"rpc.etf", "twice.etf"}},
		{usage, "rpc.etf: accepted", "nowhere.etf", []string{"nowhere.etf", "twice.etf", "rpc.etf"}},
		{usage, "", "-safe and -otp", []string{"-safe", "-otp", "rpc.etf"}},
		{usage, "", "-hex and -base64", []string{"-hex", "-base64", "rpc.etf"}},
		{usage, "", "-term", []string{"-term", "-1", "rpc.etf"}},
		{usage, "", "-progress", []string{"-progress", "maybe", "rpc.etf"}},
		{usage, "", "syntax error in pattern", []string{"-match", "[", "rpc.etf"}},
		{usage, "", "usage: inspect", []string{"-nothing"}},
		{usage, "", "no such limit; there are MaxBytes, ", []string{"-limit", "MaxFun=1", "rpc.etf"}},
		{usage, "", "positive number", []string{"-limit", "MaxDepth", "rpc.etf"}},
		{usage, "", "positive number", []string{"-limit", "MaxDepth=0", "rpc.etf"}},
		{usage, "", "positive number", []string{"-limit", "MaxDepth=-1", "rpc.etf"}},
		{usage, "", "positive number", []string{"-limit", "MaxDepth=9Ki9", "rpc.etf"}},
		{usage, "", "positive number", []string{"-limit", "MaxDepth=9999999999Gi", "rpc.etf"}},
		{usage, "", "positive number", []string{"-stream", "x", "rpc.etf"}},
		{usage, "", "number of bytes", []string{"-stream", "none", "rpc.etf"}},
		{0, "accepted", "", []string{"-stream", "nolimit", "rpc.etf"}},
		{usage, "", "neither hex nor base64", []string{"-e", "83!"}},
		{usage, "", "neither hex nor base64", []string{"-e", `<<131,107,0,1,"a>>`}},
		{usage, "", "neither hex nor base64", []string{"-e", `<<131,107,0,1,"a"97>>`}},
		{usage, "", "neither hex nor base64", []string{"-e", `<<131,107,0,1,"Ā">>`}},
		{usage, "", "neither hex nor base64", []string{"-e", `<<131,107,0,1,"\q">>`}},
		{usage, "", "neither hex nor base64", []string{"-e", `<<131,106,>>`}},
		{usage, "", "neither hex nor base64", []string{"-e", `<<131,256>>`}},
		{usage, "rpc.etf: accepted", "-safe: ", []string{"rpc.etf", "--", "-safe"}},
		{usage, "", "-safe and -otp", []string{"-safe", "rpc.etf", "-otp"}},
		{0, "accepted", "", []string{"--", "rpc.etf"}},
		{usage, "", "odd length", []string{"-hex", "-e", "836"}},
		{usage, "", "invalid byte", []string{"-hex", "-e", "83xy"}},
		{usage, "", "behind the padding", []string{"-base64", "-e", "g2o=g2o="}},
		{usage, "", "illegal base64", []string{"-base64", "-e", "g2o*"}},
	} {
		r := inspect(t, "", tt.args...)
		r.want(t, tt.code, tt.stdout, tt.stderr)
	}
}

func TestStdin(t *testing.T) {
	for _, tt := range []struct {
		stdin, want string
		args        []string
	}{
		{"\x83j", "[]", nil},
		{"\x83j", "[]", []string{"-"}},
		{" 83\n6a\r\n", "[]", []string{"-hex"}},
		{"g 2\no=\n", "[]", []string{"-base64", "-"}},
		{"g20AAAAC//4", "<<\"ÿþ\">>", []string{"-base64"}},
		{"g20AAAAC__4=", "<<\"ÿþ\">>", []string{"-base64"}},
		{"\x83j", "[]", []string{"-stream", "NoLimit"}},
		{"\x83w\x08a\u202eb\u200b", "'a\\x{202E}b\\x{200B}'", nil},
		{"\x83w\x05\u00e9\u4e2d", "'\u00e9\u4e2d'", nil},
		{"g20AAAAC__4=", "<<\"ÿþ\">>", []string{"-base64", "-stream", "5"}},
	} {
		r := inspect(t, tt.stdin, tt.args...)
		if tt.args != nil && tt.args[len(tt.args)-1] == "5" {
			tt.want = "not shown, for the input is streamed"
		}
		r.want(t, exitOK, "stdin: accepted\n", "")
		r.want(t, exitOK, "  term    "+tt.want+"\n", "")
	}
	inspect(t, "").want(t, exitRefused, "code    truncated\n  offset  0\n", "")
}

// TestStreamAgrees holds what is streamed against what is in memory.
func TestStreamAgrees(t *testing.T) {
	t.Chdir("testdata/in")
	for _, args := range [][]string{{"-json", "."}, {"-summary", "."}, {"-summary", "-json", "-safe", "."}} {
		args = append([]string{"-term", "0"}, args...)
		whole := inspect(t, "", args...)
		streamed := inspect(t, "", append([]string{"-stream", "1"}, args...)...)
		if whole != streamed {
			t.Errorf("%q: %+v\nstreamed %+v", args, whole, streamed)
		}
	}
	text := fmt.Sprintf("%x", "\x83m\x00\x00\x00\x05hello")
	r := inspect(t, text, "-hex", "-stream", "3")
	r.want(t, exitOK, "not shown, for the input is streamed", "")
	inspect(t, text+"0", "-hex", "-stream", "3").want(t, exitUsage, "", "odd length")
	bad := filepath.Join(t.TempDir(), "bad.hex")
	if err := os.WriteFile(bad, []byte(text+"0"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-hex", bad}, {"-hex", "-summary", bad}} {
		inspect(t, "", append(args, "-stream", "3")...).want(t, exitUsage, "", "odd length")
	}
	file := filepath.Join(t.TempDir(), "term.hex")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	inspect(t, "", "-hex", "-stream", "3", file).want(t, exitOK, "bytes   11\n", "")
}

// TestNotTwice cannot fit limits to what is gone when it was read.
func TestNotTwice(t *testing.T) {
	inspect(t, "\x83m\x00\x00\x00\x05hello", "-summary", "-stream", "3").
		want(t, exitUsage, "unreadable  1", "stdin: is more than 3 B and cannot be read twice")
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, ".git"), 0o755),
		os.WriteFile(filepath.Join(dir, ".git", "a.etf"), []byte("\x83j"), 0o644),
		os.WriteFile(filepath.Join(dir, "a\x1b[2J.etf"), []byte("\x83j"), 0o644),
		os.Symlink("/nowhere", filepath.Join(dir, "b.etf")),
		os.Symlink(dir, link),
	); err != nil {
		t.Fatal(err)
	}
	r := inspect(t, "", "-json", link)
	if r.code != exitOK || strings.Count(r.stdout, "\n") != 1 || !json.Valid([]byte(r.stdout)) {
		t.Errorf("%+v", r)
	}
	inspect(t, "", dir).want(t, exitOK, `a\x1b[2J.etf": accepted`, "")
}

// closed fails to write.
type closed struct{ io.Writer }

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestStdoutFails(t *testing.T) {
	for _, args := range [][]string{{}, {"-json"}, {"-summary"}, {"-summary", "-json"}} {
		var errs bytes.Buffer
		code := run(append(args, "testdata/in/rpc.etf"), nil, closed{}, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), "closed pipe") {
			t.Errorf("%q: %d, %s", args, code, &errs)
		}
	}
}

// TestStdinFails tells a broken pipe from a bad term.
func TestStdinFails(t *testing.T) {
	for _, args := range [][]string{{}, {"-stream", "1"}, {"-summary"}} {
		var out, errs bytes.Buffer
		r := io.MultiReader(strings.NewReader("\x83m\x00"), brokenReader{})
		if code := run(args, r, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "broken") {
			t.Errorf("%q: %d, %s", args, code, &errs)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestTermAsPath: who gives a term as the name of a file is told of -e.
func TestTermAsPath(t *testing.T) {
	const advice = "(-e takes a term as text)"
	for _, args := range [][]string{{"-hex", "836a"}, {"836a"}, {"-base64", "g2o="}, {"<<131,106>>"}} {
		inspect(t, "", args...).want(t, exitUsage, "", advice)
	}
	if got := inspect(t, "", "nobody.etf"); got.code != exitUsage || strings.Contains(got.stderr, advice) {
		t.Errorf("%+v", got)
	}
	inspect(t, "", "-e", "836a").want(t, exitOK, "[]", "")
}
