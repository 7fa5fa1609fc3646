package ledger

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/fuzz/beam"
)

// TestEverywhere: what every node has is never charged, in no life of the node.
func TestEverywhere(t *testing.T) {
	l := open(t, config.Ledger{Max: 2})
	for range 2 {
		if err := bring(l, "a", append([]string{"n1", "n2"}, everywhere...)...); err != nil {
			t.Fatal(err)
		}
		refusedBy(t, bring(l, "a", "True"), "AtomBudget")
		if s := l.Stats(); s.Committed != 2 {
			t.Errorf("%+v", s)
		}
		if err := l.Reset("by hand"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNodeHasThem asks a real node that has just started. The module holds no names but
// its own, and the node reads ours as text.
func TestNodeHasThem(t *testing.T) {
	erl, erlc := beam.Need(t)
	dir := t.TempDir()
	source := filepath.Join(dir, "has.erl")
	text := `-module(has).
-export([main/0]).
main() ->
    each(string:tokens(os:getenv("NAMES"), " ")),
    erlang:halt(0).
each([]) -> [];
each([H | T]) ->
    try list_to_existing_atom(H) catch _:_ -> io:put_chars([H, "\n"]) end,
    each(T).
`
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(erlc, "-o", dir, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, boot := range []string{"start_clean", "start_sasl"} {
		c := exec.Command(erl, "-noinput", "-boot", boot, "-pa", dir, "-s", "has", "main")
		c.Env = append(os.Environ(), "ERL_CRASH_DUMP=/dev/null", "NAMES="+strings.Join(slices.Concat(everywhere, []string{"no_node_has_this_one"}), " "))
		out, err := c.CombinedOutput()
		if err != nil || string(out) != "no_node_has_this_one\n" {
			t.Errorf("%s: missing %q %v", boot, out, err)
		}
	}
}

// TestLockedSaysUntilWhen: why no new name passes, and what changes that.
func TestLockedSaysUntilWhen(t *testing.T) {
	for _, nodes := range [][]string{nil, {webNode}} {
		c := config.Ledger{Max: 3, Nodes: nodes, File: filepath.Join(t.TempDir(), "web.atoms")}
		l := open(t, c)
		until, why := l.Locked()
		if nodes == nil && why != nil || nodes != nil && (why != ErrWaiting || until != "a report of "+webNode) {
			t.Errorf("%v %q", why, until)
		}
		l.Report(report(1))
		if until, why = l.Locked(); why != nil || until != "" {
			t.Errorf("%v %q", why, until)
		}
		l.Close()
		if err := os.Remove(c.File); err != nil {
			t.Fatal(err)
		}
		want := "gateway budget reset web REASON"
		if nodes != nil {
			want = "a report of " + webNode
		}
		if until, why = open(t, c).Locked(); why == nil || !strings.Contains(why.Error(), "lost") || !strings.HasSuffix(until, want) || strings.Contains(until, "disk") {
			t.Errorf("%v %q", why, until)
		}
		if err := os.WriteFile(c.File, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		if until, why = open(t, c).Locked(); why == nil || !strings.HasSuffix(until, want) || !strings.Contains(until, "disk") {
			t.Errorf("%v %q", why, until)
		}
	}
}
