package main

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// compressed packs a term without its version byte.
func compressed(body []byte) string {
	var b bytes.Buffer
	n := len(body)
	b.Write([]byte{131, 80, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	z := zlib.NewWriter(&b)
	z.Write(body)
	z.Close()
	return b.String()
}

// TestShowsNoLargeTrees keeps a small input from becoming a large tree of text.
func TestShowsNoLargeTrees(t *testing.T) {
	const n = showTerms
	body := append([]byte{108, byte(n >> 24), byte(n >> 16 & 0xff), byte(n >> 8 & 0xff), byte(n & 0xff)}, bytes.Repeat([]byte{106}, n+1)...)
	r := inspect(t, compressed(body), "-otp")
	r.want(t, exitOK, "inflated\n", "")
	r.want(t, exitOK, "term    not shown, for its tree is large\n", "")
	inspect(t, compressed(body)).want(t, exitRefused, "limit_ratio", "")
}

func TestRefusedInside(t *testing.T) {
	inspect(t, compressed([]byte{104, 1, 255})).want(t, exitRefused, "offset  2 of the inflated data, tag 255\n", "")
	inspect(t, compressed([]byte{104, 1, 255}), "-json").want(t, exitRefused, `"inflated":true`, "")
}

// TestBoundOnly says which heap words are a bound.
func TestBoundOnly(t *testing.T) {
	b := []byte{131, 116, 0, 0, 0, 40}
	for i := range byte(40) {
		b = append(b, 97, i, 106)
	}
	inspect(t, string(b), "-otp").want(t, exitOK, "BEAM    at most ", "")
}

func TestParseCap(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1_000": 1000, "4Ki": 4096, "64Mi": 64 << 20, "3Gi": 3 << 30, "2Ti": 2 << 40,
		"none": limits.None, "NOLIMIT": limits.NoLimit, "9223372036854775807": limits.NoLimit,
	} {
		if got, err := parseCap(text); got != want || err != nil {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "0", "1.5", "Ki", "1k", "9223372036854775808", "9007199254740992Ki"} {
		if got, err := parseCap(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// TestEveryCapBySwitch sets each cap by its name to nothing, and the cap named by
// the error is that one.
func TestEveryCapBySwitch(t *testing.T) {
	for _, field := range limits.Names() {
		o, code := parse([]string{"-limit", strings.ToLower(field) + "=7"}, os.Stderr)
		if o == nil {
			t.Fatalf("%s: exit code %d", field, code)
		}
		if v, _ := o.config.Limits.Get(field); v != 7 {
			t.Errorf("%s is %d", field, v)
		}
	}
}

// TestLargeCut has a large file grow shorter before it is read.
func TestLargeCut(t *testing.T) {
	name := sparse(t, 1<<20)
	o, _ := parse([]string{"-stream", "1Ki"}, os.Stderr)
	mode, err := o.config.Compile()
	if err != nil {
		t.Fatal(err)
	}
	j := &job{options: o, mode: mode, progress: newProgress(os.Stderr, "off")}
	s, err := j.open(input{name: name, path: name})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := os.Truncate(name, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := j.measure(mode, s, name); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("%v", err)
	}
}

// TestSafeIsStrict keeps -safe and package safe the same.
func TestSafeIsStrict(t *testing.T) {
	o, _ := parse([]string{"-safe"}, os.Stderr)
	if got, want := fmt.Sprint(o.config), fmt.Sprint(etf.Strict()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestRaiseHint follows the hint of a refusal until the term is accepted.
func TestRaiseHint(t *testing.T) {
	name := filepath.Join("testdata", "in", "deep.etf")
	args := []string{"-safe"}
	for range 500 {
		r := inspect(t, "", append(args, name)...)
		if r.code == exitOK {
			return
		}
		_, hint, _ := strings.Cut(r.stdout, "raise   here with ")
		flag, value, ok := strings.Cut(strings.SplitN(hint, ",", 2)[0], " ")
		if !ok || flag != "-limit" {
			t.Fatal(r.stdout)
		}
		args = append(args, flag, value)
	}
	t.Error("the hints lead nowhere")
}

// TestEarlyEnd stops the walk where nobody looks any more.
func TestEarlyEnd(t *testing.T) {
	for _, o := range []*options{
		{literals: []string{"836a", "836a"}},
		{paths: []string{"-", "-"}},
		{paths: []string{"testdata/in", "-"}, match: "*"},
	} {
		n := 0
		for range (&job{options: o}).inputs() {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%d inputs", n)
		}
	}
}

// TestNothingToInspect: a pattern that takes no file, or a folder without any, is not that
// nothing was refused.
func TestNothingToInspect(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.etf"), []byte{131, 106}, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-match", "*.eft", dir}, {t.TempDir()}, {"-summary", "-match", "*.eft", dir}, {"-json", t.TempDir()}} {
		var out, errs bytes.Buffer
		if code := run(args, nil, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "no file there matches") {
			t.Errorf("%q: %d, %s", args, code, errs.String())
		}
	}
	var out, errs bytes.Buffer
	if code := run([]string{"-match", "*.etf", dir}, nil, &out, &errs); code != exitOK {
		t.Error(code, errs.String())
	}
}
