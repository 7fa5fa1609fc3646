package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/limits"
)

var (
	lastMu sync.Mutex
	last   = map[string]*Ledger{} // by file
)

// open opens a ledger. One that has the file already is as after SIGKILL: its lock is
// gone, and nothing else of it was closed.
func open(t *testing.T, c config.Ledger) *Ledger {
	t.Helper()
	if c.File != "" {
		lastMu.Lock()
		defer lastMu.Unlock()
		if l := last[c.File]; l != nil {
			l.lock.Close()
		}
	}
	if c.Name == "" {
		c.Name = "web"
	}
	if c.TablePercent == 0 {
		c.TablePercent = 80
	}
	for _, p := range []*int64{&c.PerClient, &c.PerMessage} {
		if *p == 0 {
			*p = 1000
		}
	}
	l, err := Open(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	last[c.File] = l
	return l
}

// TestOneGateway: who opens a ledger that another one has gets an error, and the other
// one goes on.
func TestOneGateway(t *testing.T) {
	c := config.Ledger{Name: "web", Max: 3, File: filepath.Join(t.TempDir(), "web.atoms")}
	l := open(t, c)
	if _, err := Open(c, nil); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("opened twice: %v", err)
	}
	if err := bring(l, "a", "n1"); err != nil || l.Stats().Locked != nil {
		t.Errorf("the first one: %v, %v", err, l.Stats().Locked)
	}
	l.Close()
	if again, err := Open(c, nil); err != nil || again.Stats().Committed != 1 {
		t.Errorf("closed, and opened again: %v", err)
	} else {
		again.Close()
	}
}

// TestOlderReport: what a node said before it was started anew, and is heard after that,
// begins no life and frees no name.
func TestOlderReport(t *testing.T) {
	l := open(t, config.Ledger{Max: 3, Nodes: []string{webNode}})
	for _, creation := range []int64{1, 2} {
		if _, err := l.Report(report(creation)); err != nil {
			t.Fatal(err)
		}
	}
	if err := bring(l, "a", "n1", "n2"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if began, err := l.Report(report(1)); began || !errors.Is(err, errOlder) {
			t.Errorf("the older life: %t, %v", began, err)
		}
		if began, err := l.Report(report(2)); began || err != nil {
			t.Errorf("the later life: %t, %v", began, err)
		}
	}
	if s := l.Stats(); s.Committed != 2 {
		t.Errorf("%d names are spent, want 2", s.Committed)
	}
	if began, err := l.Report(report(3)); !began || err != nil {
		t.Errorf("a new life: %t, %v", began, err)
	}
}

// bring passes a message with these names, and returns the error of the first
// that is refused.
func bring(l *Ledger, client string, names ...string) error {
	v := l.View(client, nil)
	v.Begin()
	d := limits.NewDraw(v)
	for _, n := range names {
		if err := d.Reserve([]byte(n)); err != nil {
			return err
		}
	}
	return d.Commit()
}

func names(from, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("n%d", from+i))
	}
	return list
}

func refusedBy(t *testing.T, err error, name string) {
	t.Helper()
	var e *limits.Error
	if !errors.As(err, &e) || !strings.Contains(e.Name, name) {
		t.Errorf("%v, want a refusal by %s", err, name)
	}
}

func TestShares(t *testing.T) {
	l := open(t, config.Ledger{Max: 10, PerClient: 4, PerMessage: 3, Names: []string{"ok"}})
	if err := bring(l, "a", "ok", "n1", "n2", "n3"); err != nil {
		t.Fatal(err)
	}
	refusedBy(t, bring(l, "a", "n4", "n5"), "per_client")
	refusedBy(t, bring(l, "b", "n4", "n5", "n6", "n7"), "per_message")
	if err := bring(l, "a", "n4"); err != nil { // what was refused is not charged
		t.Error(err)
	}
	if err := bring(l, "b", "n1", "n2", "n3", "n4", "n5"); err != nil { // others have paid
		t.Error(err)
	}
	if s := l.Stats(); s.Committed != 5 || s.Clients != 2 {
		t.Errorf("%+v", s)
	}
	for i, c := range []string{"c", "d"} {
		if err := bring(l, c, names(20+3*i, 3)...); err != nil && i == 0 {
			t.Error(err)
		}
	}
	refusedBy(t, bring(l, "e", "x1", "x2", "x3"), "AtomBudget(web)")
	if err := bring(l, "e", "n1", "n20", "ok"); err != nil {
		t.Errorf("known names have to pass: %v", err)
	}
}

func TestOnly(t *testing.T) {
	l := open(t, config.Ledger{Max: 10, Only: []string{"user_[0-9]+", "a|b"}})
	for _, name := range []string{"user_7", "a", "b"} {
		if err := bring(l, "a", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"user_", "xuser_7", "ab", "user_7x", "user_7\n"} {
		refusedBy(t, bring(l, "a", name), "only")
	}
	if s := l.Stats(); s.Committed != 3 || s.Reserved != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAlarms(t *testing.T) {
	var got []int64
	c := config.Ledger{Name: "web", Max: 100, PerClient: 1000, PerMessage: 1000, TablePercent: 80}
	l, err := Open(c, func(_ string, p int64) { got = append(got, p) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		bring(l, "a", names(i, 1)...)
	}
	if fmt.Sprint(got) != "[50 80 95]" {
		t.Error(got)
	}
}

const webNode = "web@host"

func report(creation int64, names ...string) Report {
	return Report{Node: webNode, Incarnation: Incarnation{Creation: creation, Started: 1000 + creation}, AtomCount: 100, AtomLimit: 1000, Names: names}
}

// TestLives: another creation frees the names, a lost connection does not.
func TestLives(t *testing.T) {
	l := open(t, config.Ledger{Max: 3, Nodes: []string{webNode}, Names: []string{"ok"}})
	epochs := 0
	l.OnReset(func() { epochs++ })
	l.OnReset(func() { epochs += 10 })() // forgotten at once
	if err := bring(l, "a", "n1"); !errors.Is(err, ErrWaiting) {
		t.Errorf("before the report: %v", err)
	}
	if err := bring(l, "a", "ok"); err != nil {
		t.Errorf("before the report: %v", err)
	}
	if began, err := l.Report(report(1, "told")); began || err != nil {
		t.Error(began, err)
	}
	if err := bring(l, "a", "n1", "n2", "n3", "told"); err != nil {
		t.Error(err)
	}
	for range 5 {
		l.Dialled()
		refusedBy(t, bring(l, "a", "n4"), "AtomBudget")
	}
	if began, _ := l.Report(report(1)); began {
		t.Error("the same life begins again")
	}
	if began, err := l.Report(Report{Node: "other@host", AtomLimit: 1}); began || err != nil {
		t.Error("a node that nobody named counts")
	}
	began, err := l.Report(report(2))
	if !began || err != nil || epochs != 1 || l.Epoch() != 1 {
		t.Error(began, err, epochs)
	}
	if err := bring(l, "a", "n4", "n5", "n6"); err != nil {
		t.Error(err)
	}
	refusedBy(t, bring(l, "a", "told"), "AtomBudget")
	// A reset by hand does not forget what this life of the node has told.
	l.Report(report(2, "told_later"))
	if err := l.Reset("by hand"); err != nil {
		t.Fatal(err)
	}
	if s := l.Stats(); s.Preloaded != int64(len(everywhere))+1 || s.Atoms != 100 || s.Table != 1000 {
		t.Errorf("%+v", s)
	}
}

// TestWhatPassedMeanwhileIsCharged: names that were known and went to a node which
// had been started again and had not reported are names of its new life.
func TestWhatPassedMeanwhileIsCharged(t *testing.T) {
	l := open(t, config.Ledger{Max: 3, Nodes: []string{webNode}})
	l.Report(report(1))
	if err := bring(l, "a", "n1", "n2", "n3"); err != nil {
		t.Fatal(err)
	}
	if err := l.Grant(1); err != nil {
		t.Fatal(err)
	}
	l.Dialled() // to the node's new life, as it turns out
	bring(l, "a", "n1", "m1")
	if began, err := l.Report(report(2)); !began || err != nil {
		t.Fatal(began, err)
	}
	if s := l.Stats(); s.Committed != 2 {
		t.Errorf("%d names are charged, not 2", s.Committed)
	}
	if err := bring(l, "a", "n4"); err != nil {
		t.Error(err)
	}
	refusedBy(t, bring(l, "a", "n5"), "AtomBudget")
}

// TestTable: the node's own table bounds the allowance.
func TestTable(t *testing.T) {
	l := open(t, config.Ledger{Max: 1000, Nodes: []string{webNode}, TablePercent: 80})
	r := report(1)
	r.AtomCount = 795 // of 1000
	l.Report(r)
	if s := l.Stats(); s.Max != 5 {
		t.Errorf("max is %d", s.Max)
	}
	bring(l, "a", names(0, 5)...)
	r.AtomCount = 800
	l.Report(r)
	refusedBy(t, bring(l, "a", "x"), "AtomBudget")
	r.AtomCount = 790
	l.Report(r)
	if s := l.Stats(); s.Max != 15 {
		t.Errorf("max is %d", s.Max)
	}
}

// TestPool: a life begins when every node has begun one, a name is known when all
// have it, and the fullest table counts.
func TestPool(t *testing.T) {
	other := "web2@host"
	l := open(t, config.Ledger{Max: 10, Nodes: []string{webNode, other}})
	at := func(name string, creation, atoms int64, names ...string) bool {
		r := report(creation, names...)
		r.Node, r.AtomCount = name, atoms
		began, err := l.Report(r)
		if err != nil {
			t.Fatal(err)
		}
		return began
	}
	at(webNode, 1, 100, "both", "one")
	if err := bring(l, "a", "x"); !errors.Is(err, ErrWaiting) {
		t.Errorf("one of two has reported: %v", err)
	}
	at(other, 1, 797, "both", "two")
	if s := l.Stats(); s.Max != 3 || s.Preloaded != int64(len(everywhere))+1 {
		t.Errorf("%+v", s)
	}
	if err := bring(l, "a", "one", "two", "both", "n1"); err != nil {
		t.Error(err)
	}
	refusedBy(t, bring(l, "a", "n2"), "AtomBudget")
	if at(webNode, 2, 100) {
		t.Error("one of two nodes is a new one, and the other forgets")
	}
	refusedBy(t, bring(l, "a", "n2"), "AtomBudget")
	if !at(other, 2, 100) {
		t.Error("both are new")
	}
	if s := l.Stats(); s.Committed != 0 || s.Max != 10 {
		t.Errorf("%+v", s)
	}
}

// TestFile: what was spent is spent after a crash, grants are kept, and the same
// life goes on.
func TestFile(t *testing.T) {
	c := config.Ledger{Max: 3, Nodes: []string{webNode}, File: filepath.Join(t.TempDir(), "web.atoms")}
	l := open(t, c)
	l.Report(report(1))
	if err := bring(l, "a", "n1", "n2", "n3"); err != nil {
		t.Fatal(err)
	}
	if err := l.Grant(1); err != nil {
		t.Fatal(err)
	}
	// Nothing is closed: as after SIGKILL.
	l = open(t, c)
	if s := l.Stats(); s.Committed != 3 || s.Max != 4 || s.Waiting {
		t.Errorf("%+v", s)
	}
	if began, err := l.Report(report(1)); began || err != nil {
		t.Error(began, err)
	}
	if err := bring(l, "a", "n1", "n4"); err != nil {
		t.Error(err)
	}
	refusedBy(t, bring(l, "a", "n5"), "AtomBudget")
	l = open(t, c)
	if began, err := l.Report(report(2)); !began || err != nil {
		t.Error(began, err)
	}
	// It is not known what passed to the new life before the gateway's end.
	if s := l.Stats(); s.Committed != 4 || s.Max != 3 { // the grant was to the life before
		t.Errorf("%+v", s)
	}
	if err := l.Reset("by hand"); err != nil {
		t.Fatal(err)
	}
	if s := l.Stats(); s.Committed != 0 || s.Max != 3 {
		t.Errorf("%+v", s)
	}
}

func TestLostFile(t *testing.T) {
	c := config.Ledger{Max: 3, Nodes: []string{webNode}, File: filepath.Join(t.TempDir(), "web.atoms"), Names: []string{"ok"}}
	l := open(t, c)
	l.Report(report(1))
	bring(l, "a", "n1", "n2")
	l.Close()
	if err := os.Remove(c.File); err != nil {
		t.Fatal(err)
	}
	l = open(t, c)
	if err := bring(l, "a", "n1"); !errors.Is(err, limits.ErrBudgetLocked) {
		t.Errorf("a lost file: %v", err)
	}
	if err := bring(l, "a", "ok"); err != nil {
		t.Errorf("known names: %v", err)
	}
	if _, err := l.Report(report(1, "n1", "n2")); err != nil {
		t.Fatal(err)
	}
	if err := bring(l, "a", "n1", "n2", "n3"); err != nil {
		t.Errorf("after the report: %v", err)
	}
	if s := l.Stats(); s.Committed != 1 {
		t.Errorf("%+v", s)
	}
}

// TestLostWhileRunning: a file that is lost while the gateway runs is written again
// when the node reports, with what the gateway remembers of this life.
func TestLostWhileRunning(t *testing.T) {
	c := config.Ledger{Max: 4, Nodes: []string{webNode}, File: filepath.Join(t.TempDir(), "web.atoms")}
	l := open(t, c)
	l.Report(report(1))
	if err := bring(l, "a", "n1", "n2", "n3"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.File); err != nil {
		t.Fatal(err)
	}
	if err := bring(l, "a", "n4"); !errors.Is(err, limits.ErrBudgetLocked) {
		t.Errorf("a lost file: %v", err)
	}
	if began, err := l.Report(report(1)); began || err != nil {
		t.Fatal(began, err)
	}
	if s := l.Stats(); s.Locked != nil || s.Committed != 3 {
		t.Errorf("%+v", s)
	}
	if err := bring(l, "a", "n1", "n4"); err != nil {
		t.Error(err)
	}
	refusedBy(t, bring(l, "a", "n5"), "AtomBudget")
	l = open(t, c) // as after SIGKILL
	if s := l.Stats(); s.Locked != nil || s.Waiting || s.Committed != 4 {
		t.Errorf("%+v", s)
	}
}

// TestCarryCutShort: the gateway was killed when the new file was there, and the
// names that had passed to the new life were not in it yet.
func TestCarryCutShort(t *testing.T) {
	c := config.Ledger{Max: 3, Nodes: []string{webNode}, File: filepath.Join(t.TempDir(), "web.atoms")}
	l := open(t, c)
	l.Report(report(1))
	l.Close()
	next := l.state.with(l.state.Nodes)
	next.Carrying = true
	if err := next.save(c.File); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it does not forget that before the report
		l = open(t, c)
		if err := bring(l, "a", "n1"); !errors.Is(err, ErrWaiting) {
			t.Errorf("before the report: %v", err)
		}
	}
	if _, err := l.Report(report(1, "told")); err != nil {
		t.Fatal(err)
	}
	if err := bring(l, "a", "told", "n1"); err != nil {
		t.Error(err)
	}
	if l = open(t, c); l.Stats().Waiting {
		t.Error("it waits again")
	}
}

// TestResetCutShort: the gateway was killed between the two files.
func TestResetCutShort(t *testing.T) {
	c := config.Ledger{Max: 3, Nodes: []string{webNode}, File: filepath.Join(t.TempDir(), "web.atoms")}
	l := open(t, c)
	l.Report(report(1))
	bring(l, "a", "n1", "n2")
	next := state{Nodes: map[string]Incarnation{webNode: {2, 1002}}, Resets: 1}
	if err := next.save(c.File); err != nil {
		t.Fatal(err)
	}
	l = open(t, c)
	if s := l.Stats(); s.Committed != 0 || s.Resets != 1 {
		t.Errorf("%+v", s)
	}
	if began, err := l.Report(report(2)); began || err != nil {
		t.Error(began, err)
	}
}

// TestResetFailsClosed: a reset by hand that fails does not end the wait for a report.
func TestResetFailsClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l := open(t, config.Ledger{Max: 3, Nodes: []string{webNode}, File: filepath.Join(dir, "web.atoms")})
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reset("by hand"); err == nil || !l.Stats().Waiting {
		t.Errorf("%v, %+v", err, l.Stats())
	}
	if err := bring(l, "a", "n1"); !errors.Is(err, ErrWaiting) {
		t.Errorf("a new name: %v", err)
	}
}

// TestResetFails: while the state cannot be written, the ledger stays what it was,
// and the next report tries again.
func TestResetFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l := open(t, config.Ledger{Max: 3, Nodes: []string{webNode}, File: filepath.Join(dir, "web.atoms")})
	l.Report(report(1))
	l.Dialled() // from here on names may reach another life
	if err := bring(l, "a", "n1", "n2"); err != nil {
		t.Fatal(err)
	}
	moved := dir + ".moved"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	if began, err := l.Report(report(2)); began || err == nil {
		t.Error(began, err)
	}
	before := l.Stats()
	if err := l.Reset("by hand"); err == nil {
		t.Error("reset without a file")
	}
	if s := l.Stats(); s.Waiting != before.Waiting || s.Committed != before.Committed {
		t.Errorf("after a reset that failed: %+v, before %+v", s, before)
	}
	if err := bring(l, "a", "n1"); err != nil || l.Stats().Committed != 2 {
		t.Error(err, l.Stats())
	}
	if err := os.Rename(moved, dir); err != nil {
		t.Fatal(err)
	}
	if began, err := l.Report(report(2)); !began || err != nil || l.Stats().Committed != 2 {
		t.Error(began, err, l.Stats()) // what was sent before may have reached the new life
	}
	if err := bring(l, "a", "n3"); err != nil {
		t.Error(err)
	}
}

// TestResetFailsHalfWay: the state was written and the file was not. What passed meanwhile
// is charged to the new life all the same, which begins with the report that finishes it.
func TestResetFailsHalfWay(t *testing.T) {
	other := "web2@host"
	for _, nodes := range [][]string{{webNode}, {webNode, other}} {
		one, two, dir := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "state")
		point := func(to string) {
			os.Remove(dir)
			if err := os.Symlink(to, dir); err != nil {
				t.Fatal(err)
			}
		}
		point(one)
		l := open(t, config.Ledger{Max: 3, Nodes: nodes, File: filepath.Join(dir, "web.atoms")})
		began := 0
		l.OnReset(func() { began++ })
		say := func(creation int64) (begins int, err error) {
			for _, name := range nodes {
				r := report(creation)
				r.Node = name
				b, e := l.Report(r)
				if err = errors.Join(err, e); b {
					begins++
				}
			}
			return begins, err
		}
		if _, err := say(1); err != nil {
			t.Fatal(err)
		}
		l.Dialled() // from here on names may reach another life
		if err := bring(l, "a", "n1", "n2"); err != nil {
			t.Fatal(err)
		}
		// The file stays where it was when it was opened, and the state does not.
		point(two)
		if err := os.Rename(one, one+".moved"); err != nil {
			t.Fatal(err)
		}
		for range 3 - len(nodes) { // a pool is left in the middle of its reports
			if n, err := say(2); n != 0 || err == nil || began != 0 {
				t.Fatalf("%d nodes, half way: %d lives began, %d told, %v", len(nodes), n, began, err)
			}
		}
		if err := os.Rename(one+".moved", one); err != nil {
			t.Fatal(err)
		}
		point(one)
		if b, err := l.Report(report(2)); !b || err != nil || began != 1 || l.Epoch() != 1 || l.Stats().Committed != 2 {
			t.Errorf("%d nodes: a life began is %t, %d told, %v, %d names are spent, want 2", len(nodes), b, began, err, l.Stats().Committed)
		}
		next := int64(2)
		if len(nodes) == 2 {
			next = 3 // one of two alone begins no life
		}
		if b, err := l.Report(report(next)); b || err != nil || l.Stats().Committed != 2 {
			t.Errorf("%d nodes, again: a life began is %t, %v, %+v", len(nodes), b, err, l.Stats())
		}
	}
}

// TestConcurrent: many clients, never more names than allowed, each charged once.
func TestConcurrent(t *testing.T) {
	l := open(t, config.Ledger{Max: 100, PerClient: 30})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 100 {
				bring(l, fmt.Sprint(i), names(j*2, 2)...)
			}
		})
	}
	wg.Wait()
	s := l.Stats()
	if s.Committed > 100 || s.Reserved != 0 {
		t.Errorf("%+v", s)
	}
	sum := int64(0)
	for client, n := range l.clients {
		if n > 30 {
			t.Errorf("client %s has %d names", client, n)
		}
		sum += n
	}
	if sum < s.Committed {
		t.Errorf("%d names, but clients paid for %d", s.Committed, sum)
	}
}
