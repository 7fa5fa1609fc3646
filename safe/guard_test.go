package safe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

func TestGuardChecks(t *testing.T) {
	g := mustGuard(t, Forward{
		Atoms: atoms(t, "ok", "a@b", "evil@b", "os", "cmd"), Profile: etf.GenCall("a@b"),
		Allow: etf.Pids | etf.Ports | etf.References,
	})
	for body, want := range map[string]etf.Code{
		term(atom("ok")):                     "",
		term(pid("a@b")):                     "",
		term(pid("evil@b")):                  etf.CodeRejectedNode,
		term(export("os", "cmd")):            etf.CodeRejectedExport,
		term(compressed("a\x01")):            etf.CodeRejectedCompressed,
		term(atom("new")):                    etf.CodeLimitNewAtoms,
		term(atom("ok")) + term(atom("ok")):  etf.CodeTrailing,
		term(strings.Repeat("h\x01", 1<<16)): etf.CodeLimitDepth,
		"":                                   etf.CodeTruncated,
	} {
		if err := g.Check([]byte(body)); codeOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("Check %.20q: %v, want %q", body, err, want)
		}
		n, err := g.CheckReader(oneByte{strings.NewReader(body)})
		if codeOf(err) != want || err == nil && n != int64(len(body)) {
			t.Errorf("CheckReader %.20q: %d, %v, want %q", body, n, err, want)
		}
	}
}

func TestGuardTakesNamedExport(t *testing.T) {
	g := mustGuard(t, Forward{Atoms: atoms(t, "os", "cmd"), Allow: etf.Exports})
	if err := g.Check([]byte(term(export("os", "cmd")))); err != nil {
		t.Error(err)
	}
}

func TestGuardTakesBoundedCompression(t *testing.T) {
	g := mustGuard(t, Forward{Atoms: atoms(t), Profile: etf.Cache()})
	if err := g.Check([]byte(term(compressed(blob("hello"))))); err != nil {
		t.Error(err)
	}
	// A profile that says nothing of MaxInflated does not get Default's.
	g = mustGuard(t, Forward{Atoms: atoms(t), Profile: etf.Config{}})
	if err := g.Check([]byte(term(compressed(blob("hello"))))); codeOf(err) != etf.CodeRejectedCompressed {
		t.Error(err)
	}
}

// TestBudgetIsSpentOnce: a name costs one place, and none if its term is refused.
func TestBudgetIsSpentOnce(t *testing.T) {
	budget := limits.NewAtomBudget(2)
	g := mustGuard(t, Forward{Atoms: atoms(t, "ok"), Budgets: []limits.Budget{budget}})

	for _, body := range []string{
		term(tuple(atom("a"), export("os", "cmd"))),
		term(tuple(atom("a"), atom("b"))) + "x",
		term(tuple(atom("a"), atom("b"), "a")),
		term(list(atom("a"), atom("b"), atom("c"))),
	} {
		if err := g.Check([]byte(body)); err == nil {
			t.Errorf("%q was accepted", body)
		}
		unspent(t, budget)
	}
	for range 3 {
		if err := g.Check([]byte(term(list(atom("a"), atom("ok"), atom("a"))))); err != nil {
			t.Fatal(err)
		}
	}
	if n := budget.Committed(); n != 1 {
		t.Errorf("%d names committed, want 1", n)
	}
}

func TestWithBudgets(t *testing.T) {
	node, client := limits.NewAtomBudget(10), limits.NewAtomBudget(1)
	g := mustGuard(t, Forward{Budgets: []limits.Budget{node}})
	of := g.WithBudgets(client)

	if err := of.Check([]byte(term(atom("a")))); err != nil {
		t.Fatal(err)
	}
	if err := of.Check([]byte(term(atom("b")))); codeOf(err) != etf.CodeLimitAtomBudget {
		t.Errorf("%v, want the client's budget", err)
	}
	if node.Committed() != 1 || node.Reserved() != 0 {
		t.Errorf("the node's budget: %+v", node.Stats())
	}
	if err := g.Check([]byte(term(atom("b")))); err != nil {
		t.Errorf("g itself changed: %v", err)
	}
}

// TestWithBudgetsNeverLoosens: a closed set stays closed.
func TestWithBudgetsNeverLoosens(t *testing.T) {
	g := okGuard(t, HTTP{}).WithBudgets(limits.NewAtomBudget(100))
	if err := g.Check([]byte(term(atom("new")))); codeOf(err) != etf.CodeLimitNewAtoms {
		t.Errorf("%v, want a closed set", err)
	}
}

func TestWithNilBudgetIsLocked(t *testing.T) {
	g := mustGuard(t, Forward{Budgets: []limits.Budget{limits.NewAtomBudget(9)}})
	for _, with := range []*Guard{g.WithBudgets(nil), g.WithBudgets((*limits.AtomBudget)(nil))} {
		if err := with.Check([]byte(term(atom("new")))); !errors.Is(err, limits.ErrBudgetLocked) {
			t.Errorf("%v, want ErrBudgetLocked", err)
		}
	}
	mine := []limits.Budget{nil}
	g.WithBudgets(mine...)
	if mine[0] != nil {
		t.Error("the caller's slice was changed")
	}
}

// TestSharedBudgetHolds: whatever the order, no more names pass than there are
// places.
func TestSharedBudgetHolds(t *testing.T) {
	const places, workers = 20, 8
	budget := limits.NewAtomBudget(places)
	g := mustGuard(t, Forward{Budgets: []limits.Budget{budget}})
	var mu sync.Mutex
	passed := map[string]bool{}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range 40 {
				name := fmt.Sprintf("n%d", (i*7+w)%60)
				if g.WithBudgets(limits.NewAtomBudget(1)).Check([]byte(term(tuple(atom(name), "a\x01")))) == nil {
					mu.Lock()
					passed[name] = true
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if s := budget.Stats(); int(s.Committed) != len(passed) || s.Committed > places || s.Reserved != 0 {
		t.Errorf("%d names passed, %d committed of %d, %d reserved", len(passed), s.Committed, places, s.Reserved)
	}
}

func TestGuardFrames(t *testing.T) {
	budget := limits.NewAtomBudget(1)
	g := mustGuard(t, Forward{Budgets: []limits.Budget{budget}})
	var stream []byte
	for _, body := range []string{term(atom("a")), term(tuple(atom("b"), atom("c"))), term(atom("a"))} {
		var err error
		if stream, err = etf.AppendFrame(stream, []byte(body), 4); err != nil {
			t.Fatal(err)
		}
	}
	frames, err := g.NewFrameReader(oneByte{bytes.NewReader(stream)}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []etf.Code{"", etf.CodeLimitAtomBudget, ""} {
		if _, err := frames.ReadFrame(); codeOf(err) != want {
			t.Errorf("%v, want %q", err, want)
		}
		frames.Resume()
	}
	if _, err := frames.ReadFrame(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if _, err := g.NewFrameReader(nil, 3); err == nil {
		t.Error("frames of {packet,3}")
	}
}

// TestLockedBudget: a budget that cannot prove what was spent admits nothing new,
// and says that it is not the sender's fault.
func TestLockedBudget(t *testing.T) {
	budget, err := limits.CreateAtomBudget(filepath.Join(t.TempDir(), "atoms"), 10)
	if err != nil {
		t.Fatal(err)
	}
	g := mustGuard(t, Forward{Budgets: []limits.Budget{budget}})
	if err := g.Check([]byte(term(atom("before")))); err != nil {
		t.Fatal(err)
	}
	budget.Close()
	if err := g.Check([]byte(term(atom("before")))); err != nil {
		t.Errorf("a committed name: %v", err)
	}
	err = g.Check([]byte(term(atom("after"))))
	if !errors.Is(err, limits.ErrBudgetLocked) || !errors.Is(err, etf.ErrLimit) {
		t.Errorf("a new name: %v", err)
	}
	if e := refuseTerm(err); e.Status != 503 || e.Code != etf.CodeLimitAtomBudget {
		t.Errorf("over HTTP: %v", e)
	}
}
