package adapters

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/beamgate/beamgate/fuzz/conformance/harness"
)

// ready prepares an adapter, or skips the test where its runtime is missing,
// but not in CI, where a skipped test would look like one that passed.
func ready(t *testing.T, a Adapter) harness.Program {
	t.Helper()
	ci, _ := strconv.ParseBool(os.Getenv("CI"))
	if name := a.Missing(); name != "" {
		if ci {
			t.Fatalf("CI must have %s", name)
		}
		t.Skipf("skipped, for it needs %s", name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p, err := a.Prepare(ctx, t.TempDir())
	if err != nil {
		if a.needs[0] == "node" && !ci { // there may be no registry
			t.Skip(err)
		}
		t.Fatal(err)
	}
	return p
}

// smoke are terms that every decoder here takes, and nonsense that all refuse.
func smoke() []harness.Case {
	accept := func(id, data, value string) harness.Case {
		return harness.Case{ID: id, Class: "valid", Data: func() []byte { return []byte(data) }, Want: &harness.Want{
			Accept: true, Used: int64(len(data)), Value: json.RawMessage(value),
			// Atoms are sent in Latin-1, which all know, and are UTF-8 in canonical bytes.
			Canonical: bytes.ReplaceAll([]byte(data), []byte("s"), []byte("w")),
		}}
	}
	refuse := func(id, data string) harness.Case {
		return harness.Case{ID: id, Class: "malformed", Data: func() []byte { return []byte(data) }, Want: &harness.Want{Used: harness.Untold}}
	}
	return []harness.Case{
		accept("small", "\x83a\x05", `5`),
		accept("negative", "\x83b\xff\xff\xff\xfe", `-2`),
		accept("big", "\x83n\x05\x01\x00\x00\x00\x00\x01", `-4294967296`),
		accept("float", "\x83F\x3f\xf8\x00\x00\x00\x00\x00\x00", `{"float":"1.5"}`),
		accept("atom", "\x83s\x02ok", `{"atom":"ok"}`),
		accept("true", "\x83s\x04true", `true`),
		accept("undefined", "\x83s\x09undefined", `{"atom":"undefined"}`),
		accept("binary", "\x83m\x00\x00\x00\x02hi", `"hi"`),
		accept("bytes", "\x83m\x00\x00\x00\x01\xff", `{"binary":"/w=="}`),
		accept("tuple", "\x83h\x02a\x01j", `{"tuple":[1,[]]}`),
		accept("string", "\x83k\x00\x02\x01\x02", `[1,2]`),
		accept("list", "\x83l\x00\x00\x00\x01s\x01aj", `[{"atom":"a"}]`),
		accept("map", "\x83t\x00\x00\x00\x01s\x01aa\x01", `{"map":[[{"atom":"a"},1]]}`),
		refuse("other version", "\x82a\x05"),
		refuse("cut", "\x83h\x02a\x01"),
		refuse("unknown tag", "\x83\x01"),
	}
}

// TestSmoke: every adapter runs, and gives what its decoder makes of plain
// terms back as it should.
func TestSmoke(t *testing.T) {
	for _, a := range All() {
		t.Run(a.ID, func(t *testing.T) {
			r, err := harness.Run(t.Context(), ready(t, a), smoke(), harness.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range r.Disagreements {
				t.Errorf("%+v", d)
			}
			if told := r.Total.ValueUntold == 0; told == (a.ID == "erlpack") {
				t.Errorf("%d values are not told", r.Total.ValueUntold)
			}
		})
	}
}

// TestLockFile keeps registry addresses out of the checkout: npm writes them
// unless told not to, and they differ from place to place.
func TestLockFile(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("js", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"resolved", "://"} {
		if bytes.Contains(raw, []byte(bad)) {
			t.Errorf("package-lock.json contains %q", bad)
		}
	}
}
