package legit_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/fuzz/legit"
	"github.com/beamgate/beamgate/fuzz/legit/internal/produce"
)

// need skips a test whose tool is missing, but not in CI, where a skipped
// test would look like a passed one.
func need(t *testing.T, problem string) {
	t.Helper()
	if problem == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(problem)
	}
	t.Skip(problem)
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestRerun runs the producers again and compares byte by byte, but for the
// two differences that produce.Same allows: the files in the repository are
// what the scripts in the repository make. The JavaScript
// producers need a package registry and are compared by
// `go run ./fuzz/legit/collect -check` instead.
func TestRerun(t *testing.T) {
	for _, name := range []string{"erlang", "elixir"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, ok := produce.Find(name)
			if !ok {
				t.Fatal("no such producer")
			}
			if tool := p.Missing(); tool != "" {
				need(t, tool+" is not installed")
			}
			fresh, err := p.Run(limited(t), ".")
			if err != nil {
				t.Fatal(err)
			}
			old := map[string]produce.Payload{}
			for _, row := range legit.All() {
				if row.Producer == name {
					old[row.ID] = produce.Payload{Payload: row, Data: row.Data()}
				}
			}
			for _, f := range fresh {
				was, ok := old[f.ID]
				if ok && was.Version != f.Version {
					// Another release encodes some terms in another way. That
					// is no fault of the files.
					need(t, "this is "+f.Version+", the files are of "+was.Version)
				}
				switch {
				case !ok:
					t.Errorf("%s: not in the index; run collect", f.ID)
				case !produce.Same(was, f):
					t.Errorf("%s: other bytes than in the repository", f.ID)
				case was.How != f.How || was.Profile != f.Profile || was.Unordered != f.Unordered || !slices.Equal(was.Nodes, f.Nodes):
					t.Errorf("%s: other description than in the index", f.ID)
				}
				delete(old, f.ID)
			}
			for id := range old {
				t.Errorf("%s: the script no longer makes it", id)
			}
		})
	}
}

// TestBEAM has a BEAM decode every payload of every producer, and compares
// what is inside with what the index says.
func TestBEAM(t *testing.T) {
	t.Parallel()
	erlang, _ := produce.Find("erlang")
	if tool := erlang.Missing(); tool != "" {
		need(t, tool+" is not installed")
	}
	judged, err := produce.Judge(limited(t), ".")
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string][]string{}
	for _, f := range judged {
		answers[f[0]] = f
	}
	for _, p := range legit.All() {
		f := answers[p.ID+".etf"]
		if len(f) != 8 {
			t.Errorf("%s: not judged", p.ID)
			continue
		}
		if f[1] != "ok" || f[2] != strconv.Itoa(p.Bytes) {
			t.Errorf("%s: the BEAM says %s and reads %s of %d bytes", p.ID, f[1], f[2], p.Bytes)
			continue
		}
		has := func(what string) bool { return slices.Contains(strings.Split(f[3], ","), what) }
		if has("fun") {
			t.Errorf("%s: holds a fun", p.ID)
		}
		if has("id") != (p.Profile == "gencall") || f[4] != strings.Join(slices.Sorted(slices.Values(p.Nodes)), ",") {
			t.Errorf("%s: profile %s of nodes %q, but there are ids of %q", p.ID, p.Profile, p.Nodes, f[4])
		}
		// Only these two profiles say anything about structs.
		if p.Profile == "data" && has("struct") || p.Profile == "elixir" && !has("struct") {
			t.Errorf("%s: profile %s, structs: %v", p.ID, p.Profile, has("struct"))
		}
		for i, limit := range []int{maxAtoms, maxDepth, maxTerms} {
			if n, err := strconv.Atoi(f[5+i]); err != nil || n > limit {
				t.Errorf("%s: %s %s, want at most %d", p.ID, f[5+i], []string{"distinct atoms", "levels", "terms"}[i], limit)
			}
		}
	}
}
