package gate_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/safe"
)

const secret = "a secret of some length"

// TestRealNode: the node reports, its atom table grows by what the ledger allows
// and no more, and another life of it begins with another report.
func TestRealNode(t *testing.T) {
	t.Parallel()
	modules := beamnode.Require(t)
	dir := t.TempDir()
	text := func(addr string) string {
		return fmt.Sprintf(`version: 1
report: {listen: '127.0.0.1:0', secret_file: %s}
ledgers:
  - {name: web, file: %s, max_new: 20, per_message: 5, nodes: [%s]}
upstreams:
  - {name: node, address: '%s', ledger: web, breaker: {failures: 1000, slow_start: 1ms}}
listeners:
  - {name: door, listen: '127.0.0.1:0', upstream: node, answers: {expect: one}}
`, WriteFile(t, filepath.Join(dir, "secret"), secret), filepath.Join(dir, "web.atoms"), beamnode.Name, addr)
	}
	g := Start(t, text("127.0.0.1:1"))
	_, port, _ := strings.Cut(g.ReportAddr(), ":")
	start := func() *beamnode.Node {
		n, err := modules.Start(port, secret)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Kill(); n.Wait() })
		if err := g.Load(text(n.Addr)); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ask := func() (seen beamnode.Seen) {
		c := g.Dial("door")
		defer c.Close()
		c.Send(term.Message(term.Int(1)))
		b, err := c.Receive()
		if err == nil {
			seen, err = beamnode.ParseSeen(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	bring := func(from, n int) bool {
		c := g.Dial("door")
		defer c.Close()
		c.Send(atoms(from, n))
		_, err := c.Receive()
		return err == nil
	}

	n := start()
	Eventually(t, "the node has reported", func() bool { s := g.Ledger("web").Stats(); return !s.Waiting && s.Preloaded > 1000 })
	before := ask()
	for i := range 40 {
		if ok := bring(i, 1); ok != (i < 20) {
			t.Fatalf("name %d: passed is %v", i, ok)
		}
	}
	if bring(100, 6) {
		t.Error("six new names in a message of at most five")
	}
	after := ask()
	if after.Atoms-before.Atoms != 20 {
		t.Errorf("the node learned %d atoms, not 20", after.Atoms-before.Atoms)
	}
	Eventually(t, "the node has reported them", func() bool { return g.Ledger("web").Stats().Atoms >= after.Atoms })
	if lives := g.Ledger("web").Stats().Resets; lives != 0 {
		t.Errorf("%d lives have passed", lives)
	}

	n.Kill()
	n.Wait()
	start()
	Eventually(t, "the new life has been reported", func() bool { return g.Ledger("web").Stats().Resets == 1 })
	if !bring(500, 1) {
		t.Error("the new life may learn nothing")
	}
	if s := g.Ledger("web").Stats(); s.Committed > 2 {
		t.Errorf("%+v", s)
	}
}

// TestForgedReport: without the secret nothing changes.
func TestForgedReport(t *testing.T) {
	t.Parallel()
	modules := beamnode.Require(t)
	node := NewNode(t, nil)
	dir := t.TempDir()
	g := Start(t, fmt.Sprintf(`version: 1
report: {listen: '127.0.0.1:0', secret_file: %s}
ledgers:
  - {name: web, nodes: [%s]}
upstreams:
  - {name: node, address: '%s', ledger: web}
listeners:
  - {name: door, listen: '127.0.0.1:0', upstream: node}
`, WriteFile(t, filepath.Join(dir, "secret"), secret), beamnode.Name, node.Addr))
	untold := g.Ledger("web").Stats().Preloaded // what every node has
	_, port, _ := strings.Cut(g.ReportAddr(), ":")
	n, err := modules.Start(port, "another secret of that length")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { n.Kill(); n.Wait() }()
	Eventually(t, "the report was refused", func() bool { return strings.Contains(g.Log(), "not authenticated") })
	if s := g.Ledger("web").Stats(); !s.Waiting || s.Preloaded != untold {
		t.Errorf("%+v", s)
	}
}

// TestRealBERT: calls of a real node, and what it never sees.
func TestRealBERT(t *testing.T) {
	t.Parallel()
	modules := beamnode.Require(t)
	n, err := modules.Start("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Kill(); n.Wait() })
	g := Start(t, conf(&Node{Addr: n.Addr}, "", "breaker: {failures: 100}\npoison: {crashes: 1}", rules))
	c := g.Dial("door")
	c.Send(call("call", "calc", "add", term.Int(40), term.Int(2)))
	c.Send(call("call", "os", "cmd", term.Bin("id")))
	c.Send(call("cast", "calc", "add", term.Int(1), term.Int(2)))
	want := func(text string) {
		b, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := safe.Decode(b); err != nil || got.String() != text {
			t.Errorf("%v, %v instead of %s", got, err, text)
		}
	}
	want("{reply,42}")
	if kind, _, _ := refusal(t, c); kind != "server" {
		t.Error(kind)
	}
	want("{noreply}")
}
