package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/fuzz/conformance/harness"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

const root = "../../.."

// pack runs the command and returns the name of the file.
func pack(t *testing.T) string {
	t.Helper()
	var said bytes.Buffer
	dir := t.TempDir()
	if err := run([]string{"-root", root, "-o", filepath.Join(dir, "c-VERSION.tar.gz")}, &said); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "c-"+corpus.Version+".tar.gz")
	if !strings.HasSuffix(said.String(), "  "+name+"\n") {
		t.Errorf("it says %q", said.String())
	}
	return name
}

// packed is the tarball, made once for all tests that only look into it.
var packed = sync.OnceValues(func() ([]byte, error) {
	entries, err := collect(root)
	if err != nil {
		return nil, err
	}
	return archive(entries)
})

// unpack returns the top folder of what is in the tarball.
func unpack(t *testing.T) string {
	t.Helper()
	data, err := packed()
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !zip.ModTime.IsZero() || zip.Name != "" {
		t.Errorf("gzip knows a time or a name: %+v", zip.Header)
	}
	dir, last := t.TempDir(), ""
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Uname != "" || h.Name <= last || !filepath.IsLocal(h.Name) {
			t.Fatalf("%+v after %s", h, last)
		}
		last = h.Name
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, os.FileMode(h.Mode)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "beamgate-corpus-"+corpus.Version)
}

// TestDefaultName: without a name the tarball goes where all output goes, which git
// does not look at.
func TestDefaultName(t *testing.T) {
	dir := t.TempDir()
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.from)))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(f.from))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	var said bytes.Buffer
	if err := run(nil, &said); err != nil {
		t.Fatal(err)
	}
	name := ".out/beamgate-corpus-" + corpus.Version + ".tar.gz"
	if info, err := os.Stat(name); err != nil || info.Size() == 0 || !strings.HasSuffix(said.String(), "  "+filepath.FromSlash(name)+"\n") {
		t.Errorf("%v: %s", err, said.String())
	}
}

// TestDeterministic: twice the same bytes.
func TestDeterministic(t *testing.T) {
	var twice [2][]byte
	for i := range twice {
		var err error
		if twice[i], err = os.ReadFile(pack(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(twice[0], twice[1]) {
		t.Error("two runs differ")
	}
	if len(twice[0]) > 16<<20 {
		t.Errorf("%d bytes", len(twice[0]))
	}
}

// TestContents: every file that the manifest names is there, no recipe was
// written out, and the manifest is untouched.
func TestContents(t *testing.T) {
	dir := unpack(t)
	here, err := os.ReadFile(root + "/fuzz/corpus/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	there, err := os.ReadFile(filepath.Join(dir, "corpus", "manifest.json"))
	if err != nil || !bytes.Equal(here, there) {
		t.Errorf("the manifest: %v", err)
	}
	for _, c := range corpus.Cases() {
		if c.Recipe != nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "corpus", filepath.FromSlash(path.Clean(c.File))))
		if err != nil || !bytes.Equal(data, c.Data()) {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "corpus", "manifest.schema.json")); err != nil {
		t.Error(err)
	}
}

// python runs the unpacked consumer and returns what it printed.
func python(t *testing.T, dir string, args ...string) ([]byte, int) {
	t.Helper()
	out, said, status := pythonSays(t, dir, args...)
	if said != "" {
		t.Logf("it says: %s", said)
	}
	return out, status
}

// pythonSays returns what it printed on standard error, too.
func pythonSays(t *testing.T, dir string, args ...string) (out []byte, said string, status int) {
	t.Helper()
	name, err := exec.LookPath("python3")
	if err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatalf("CI must have Python: %v", err)
		}
		t.Skipf("skipped, for it needs Python: %v", err)
	}
	cmd := exec.Command(name, args...)
	var diag strings.Builder
	cmd.Dir, cmd.Stderr = dir, &diag
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err = cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out, diag.String(), cmd.ProcessState.ExitCode()
}

// TestExpand: the consumer in Python expands every recipe, and all else, to the
// bytes of which the manifest has the digest.
func TestExpand(t *testing.T) {
	out, status := python(t, unpack(t), "conformance.py", "--check")
	if want := strconv.Itoa(len(corpus.Cases())) + " payloads"; status != 0 || !strings.HasPrefix(string(out), want) {
		t.Errorf("status %d: %s", status, out)
	}
}

// some are the cases that both consumers are tried on: enough for every column
// that the sample can get into, and over in seconds.
const some = "class:release,flag:duplicate-key,flag:bit-count,id:integer-*,id:float-*,feature:compressed"

// TestConsumer: the consumer and the runner in Go find the same, to the case.
func TestConsumer(t *testing.T) {
	dir := unpack(t)
	out, status := python(t, dir, "conformance.py", "--json", "--only", some, "--call", "sample_decoder:decode")
	var theirs harness.Report
	if err := json.Unmarshal(out, &theirs); err != nil || status != 1 {
		t.Fatalf("status %d, %v: %s", status, err, out)
	}
	cases, err := harness.FromCorpus("otp25")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	o := harness.Options{Workers: 2}
	if err := o.Only.Set(some); err != nil {
		t.Fatal(err)
	}
	ours, err := harness.Run(t.Context(), harness.Program{
		Args: []string{"python3", "conformance.py", "--serve", "sample_decoder:decode"}, Packet: true,
	}, cases, o)
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Corpus != corpus.Version || theirs.Total.Cases != ours.Total.Cases || len(theirs.Disagreements) != len(ours.Disagreements) {
		t.Fatalf("%+v and %+v", theirs.Total, ours.Total)
	}
	for i, d := range ours.Disagreements {
		if them := theirs.Disagreements[i]; d.ID != them.ID || d.Outcome != them.Outcome {
			t.Errorf("%s %s here, %s %s there", d.ID, d.Outcome, them.ID, them.Outcome)
		}
	}
	if a, b := theirs.Total, ours.Total; a.UsedUntold != b.UsedUntold || a.ValueUntold != b.ValueUntold {
		t.Errorf("%+v and %+v", a, b)
	}
	for _, d := range ours.Disagreements {
		if !lacks(t, d) {
			t.Errorf("the sample does not say that it gets this wrong: %+v", d)
		}
	}
	if ours.Total.Outcomes[harness.FalseAccept] == 0 || ours.Total.Outcomes[harness.FalseRefuse] == 0 {
		t.Errorf("%+v", ours.Total)
	}
}

// lacks tells whether a disagreement is what the sample says that it does not do.
func lacks(t *testing.T, d harness.Disagreement) bool {
	t.Helper()
	c, ok := corpus.Find(d.ID)
	if !ok {
		t.Fatalf("no case %s", d.ID)
	}
	any := func(list []string, of ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(of, s) })
	}
	switch d.Outcome {
	case harness.FalseAccept:
		return any(c.Flags, "duplicate-key", "signed-zero")
	case harness.FalseRefuse:
		return any(c.Features, "compressed", "text-float", "pid", "port", "reference", "fun", "export") || c.Cost != nil && c.Cost.Depth > 200
	}
	return false
}
