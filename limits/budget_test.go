package limits

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// mustReserve reserves names that have to be new, and returns them.
func mustReserve(t *testing.T, b Budget, names ...string) []string {
	t.Helper()
	for _, s := range names {
		if held, err := b.Reserve([]byte(s)); !held || err != nil {
			t.Fatalf("Reserve(%q) = %v, %v; want held", s, held, err)
		}
	}
	return names
}

// mustSpend reserves and commits names that have to be new.
func mustSpend(t *testing.T, b Budget, names ...string) {
	t.Helper()
	if err := b.Commit(mustReserve(t, b, names...)); err != nil {
		t.Fatalf("Commit(%q): %v", names, err)
	}
}

// mustKnow asserts that names pass without being held.
func mustKnow(t *testing.T, b Budget, names ...string) {
	t.Helper()
	for _, s := range names {
		if held, err := b.Reserve([]byte(s)); held || err != nil {
			t.Fatalf("Reserve(%q) = %v, %v; want known", s, held, err)
		}
	}
}

func wantCounts(t *testing.T, b *AtomBudget, committed, reserved, remaining int64) {
	t.Helper()
	if c, r, m := b.Committed(), b.Reserved(), b.Remaining(); c != committed || r != reserved || m != remaining {
		t.Fatalf("committed, reserved, remaining = %d, %d, %d; want %d, %d, %d", c, r, m, committed, reserved, remaining)
	}
}

func wantLimit(t *testing.T, err error, want Error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || *e != want {
		t.Fatalf("error is %v; want %v", err, &want)
	}
}

func TestAtomBudgetCounts(t *testing.T) {
	b := NewAtomBudget(3)
	b.SetLabel("phoenix@host")
	if b.Label() != "phoenix@host" || b.Max() != 3 {
		t.Fatalf("label %q, max %d", b.Label(), b.Max())
	}
	mustReserve(t, b, "a", "b")
	wantCounts(t, b, 0, 2, 1)
	b.Release([]string{"a"})
	wantCounts(t, b, 0, 1, 2)
	if err := b.Commit([]string{"b"}); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, b, 1, 0, 2)
	mustKnow(t, b, "b")
	mustSpend(t, b, "", "\xff\r\n")
	wantCounts(t, b, 3, 0, 0)
	held, err := b.Reserve([]byte("late"))
	if held {
		t.Fatal("held beyond max")
	}
	wantLimit(t, err, Error{Name: "AtomBudget(phoenix@host)", Max: 3, Got: 4})
	if got, want := slices.Collect(b.Names()), []string{"", "b", "\xff\r\n"}; !slices.Equal(got, want) {
		t.Fatalf("names %q, want %q", got, want)
	}
	for range b.Names() {
		break // an early end of the loop must not panic
	}
	if s := b.Stats(); s.Refused != 1 || s.Locked != nil {
		t.Fatalf("stats %+v", s)
	}
}

func TestAtomBudgetAllowsNothing(t *testing.T) {
	var zero AtomBudget
	for name, b := range map[string]*AtomBudget{
		"0": NewAtomBudget(0), "None": NewAtomBudget(None), "least": NewAtomBudget(math.MinInt64), "zero value": &zero,
	} {
		held, err := b.Reserve([]byte("a"))
		if held || b.Max() != 0 || b.Remaining() != 0 {
			t.Errorf("%s: held %v, max %d, remaining %d", name, held, b.Max(), b.Remaining())
		}
		wantLimit(t, err, Error{Name: "AtomBudget", Max: 0, Got: 1})
		if b.Preload(slices.Values([]string{"a"})) != 1 {
			t.Errorf("%s: a preloaded name costs nothing, also here", name)
		}
		mustKnow(t, b, "a")
	}
}

func TestAtomBudgetNil(t *testing.T) {
	var b *AtomBudget
	if held, err := b.Reserve([]byte("a")); held || !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("Reserve = %v, %v", held, err)
	}
	if err := b.Commit([]string{"a"}); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("Commit = %v", err)
	}
	if err := b.Commit(nil); err != nil {
		t.Errorf("Commit of nothing = %v", err)
	}
	b.Release([]string{"a"}) // must not panic
}

func TestAtomBudgetLongNames(t *testing.T) {
	b := NewAtomBudget(10)
	longest := strings.Repeat("\U0001f600", 255)
	mustSpend(t, b, longest)
	_, err := b.Reserve([]byte(longest + "x"))
	wantLimit(t, err, Error{Name: "AtomBudget bytes of one name", Max: 1020, Got: 1021})
	if n := b.Preload(slices.Values([]string{longest + "x", longest, "ok"})); n != 1 {
		t.Errorf("preloaded %d names, want 1", n)
	}
	wantCounts(t, b, 1, 0, 9)
}

// A name in two open terms takes one place, whichever way they end.
func TestAtomBudgetSharedName(t *testing.T) {
	a := []string{"a"}
	for _, tc := range []struct {
		name           string
		first, second  func(*AtomBudget) error
		committed, now int64
	}{
		{"commit, release", commitA, releaseA, 1, 1},
		{"release, commit", releaseA, commitA, 0, 1},
		{"commit, commit", commitA, commitA, 1, 1},
		{"release, release", releaseA, releaseA, 0, 0},
	} {
		b := NewAtomBudget(2)
		mustReserve(t, b, "a", "a")
		wantCounts(t, b, 0, 1, 1)
		if err := tc.first(b); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		wantCounts(t, b, tc.committed, 1-tc.committed, 1)
		if err := tc.second(b); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		wantCounts(t, b, tc.now, 0, 2-tc.now)
		b.Release(a) // once too often
		wantCounts(t, b, tc.now, 0, 2-tc.now)
	}
}

func commitA(b *AtomBudget) error { return b.Commit([]string{"a"}) }

func releaseA(b *AtomBudget) error { b.Release([]string{"a"}); return nil }

func TestAtomBudgetMisuseIsHarmless(t *testing.T) {
	b := NewAtomBudget(3)
	b.Release([]string{"never", "never"})
	wantCounts(t, b, 0, 0, 3)
	mustReserve(t, b, "a")
	if err := b.Commit([]string{"a", "never"}); !errors.Is(err, ErrNotReserved) {
		t.Fatalf("Commit of a name never reserved = %v", err)
	}
	wantCounts(t, b, 0, 1, 2) // all or none: a is reserved as before
	if err := b.Commit([]string{"a", "a"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Commit([]string{"a"}); err != nil {
		t.Fatalf("Commit of a committed name = %v", err)
	}
	b.Release([]string{"a"})
	wantCounts(t, b, 1, 0, 2)
}

func TestAtomBudgetPreload(t *testing.T) {
	b := NewAtomBudget(2)
	mustReserve(t, b, "held")
	mustSpend(t, b, "paid")
	list := []string{"ok", "error", "ok", "held", "paid"}
	if n := b.Preload(slices.Values(list)); n != 2 {
		t.Fatalf("preloaded %d, want 2", n)
	}
	mustKnow(t, b, "ok", "error")
	wantCounts(t, b, 1, 1, 0)
	if s := b.Stats(); s.Preloaded != 2 {
		t.Errorf("Preloaded = %d, want 2", s.Preloaded)
	}
	if got := slices.Collect(b.Names()); !slices.Equal(got, []string{"paid"}) {
		t.Errorf("Names lists %q, want what was paid for", got)
	}
}

func TestAtomBudgetRaiseAndLower(t *testing.T) {
	b := NewAtomBudget(1)
	mustReserve(t, b, "a")
	if got := b.Grant(2); got != 3 {
		t.Fatalf("Grant(2) = %d, want 3", got)
	}
	if got := b.Grant(-5); got != 3 {
		t.Fatalf("Grant(-5) = %d, want 3", got)
	}
	mustSpend(t, b, "b", "c")
	b.SetMax(1)
	wantCounts(t, b, 2, 1, 0)
	_, err := b.Reserve([]byte("d"))
	wantLimit(t, err, Error{Name: "AtomBudget", Max: 1, Got: 4})
	if err := b.Commit([]string{"a"}); err != nil {
		t.Fatalf("lowering takes a place back: %v", err)
	}
	if got := b.Grant(NoLimit); got != NoLimit {
		t.Fatalf("Grant overflows to %d", got)
	}
	b.SetMax(-1)
	if b.Max() != 0 {
		t.Fatalf("SetMax(-1) leaves %d", b.Max())
	}
}

func TestAtomBudgetReset(t *testing.T) {
	b := NewAtomBudget(2)
	b.Preload(slices.Values([]string{"ok"}))
	mustSpend(t, b, "a")
	mustReserve(t, b, "old")
	if err := b.Reset("node restarted"); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, b, 0, 0, 2)
	if err := b.Commit([]string{"old"}); !errors.Is(err, ErrNotReserved) {
		t.Errorf("a term from before Reset commits: %v", err)
	}
	mustReserve(t, b, "a", "ok") // both unknown to the new node
	if s := b.Stats(); s.Resets != 1 || s.Preloaded != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestAtomBudgetClose(t *testing.T) {
	b := NewAtomBudget(3)
	mustSpend(t, b, "a")
	mustReserve(t, b, "b")
	for range 2 {
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	mustKnow(t, b, "a")
	for what, err := range map[string]error{
		"Reserve": second(b.Reserve([]byte("c"))), "Commit": b.Commit([]string{"b"}), "Reset": b.Reset(""), "Locked": b.Locked(),
	} {
		if !errors.Is(err, ErrBudgetLocked) || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
	if err := b.Commit([]string{"a"}); err != nil {
		t.Errorf("Commit of what is known, after Close: %v", err)
	}
	b.Release([]string{"b"})
	wantCounts(t, b, 1, 0, 2)
}

// TestAtomBudgetHoldsNothingRefused: with an error no place is held.
func TestAtomBudgetHoldsNothingRefused(t *testing.T) {
	full, closed, long := NewAtomBudget(0), NewAtomBudget(9), NewAtomBudget(9)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*AtomBudget{"a": full, "b": closed, strings.Repeat("x", budgetNameBytes+1): long} {
		if held, err := b.Reserve([]byte(name)); held || err == nil || b.Reserved() != 0 {
			t.Errorf("%.1s: held %v, %v", name, held, err)
		}
	}
	longest := strings.Repeat("x", budgetNameBytes)
	if n := long.Preload(slices.Values([]string{longest, longest + "x"})); n != 1 {
		t.Errorf("%d names preloaded", n)
	}
	mustKnow(t, long, longest)
}

func second[T any](_ T, err error) error { return err }

func TestAtomBudgetKnownNamesDoNotAllocate(t *testing.T) {
	b := NewAtomBudget(2)
	mustSpend(t, b, "a name that is longer than what fits on a small stack buffer")
	name := []byte("a name that is longer than what fits on a small stack buffer")
	d := NewDraw(b, b)
	if n := testing.AllocsPerRun(100, func() {
		if held, err := b.Reserve(name); held || err != nil {
			t.Error(held, err)
		}
		if err := d.Reserve(name); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a known name, want 0", n)
	}
	again := mustReserve(t, b, "again")
	if n := testing.AllocsPerRun(100, func() {
		b.Reserve([]byte("again"))
		b.Release(again)
	}); n != 0 {
		t.Errorf("%v allocations for a name that is reserved already, want 0", n)
	}
}

// The budget against a model that is too simple to be wrong.
func TestAtomBudgetModel(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		b, refs, paid := NewAtomBudget(8), map[string]int{}, map[string]bool{}
		for step := range 400 {
			s := fmt.Sprint("n", rng.IntN(14))
			switch rng.IntN(20) {
			default:
				known, room := paid[s], refs[s] > 0 || len(paid)+len(refs) < 8
				held, err := b.Reserve([]byte(s))
				if held != (!known && room) || (err != nil) != (!known && !room) {
					t.Fatalf("seed %d step %d: Reserve(%s) = %v, %v; known %v, room %v", seed, step, s, held, err, known, room)
				}
				if held {
					refs[s]++
				}
			case 0, 1, 2, 3, 4, 5, 6:
				b.Release([]string{s})
				if refs[s]--; refs[s] <= 0 {
					delete(refs, s)
				}
			case 7, 8:
				err := b.Commit([]string{s})
				if ok := paid[s] || refs[s] > 0; (err == nil) != ok {
					t.Fatalf("seed %d step %d: Commit(%s) = %v", seed, step, s, err)
				} else if ok {
					paid[s] = true
					delete(refs, s)
				}
			case 9:
				if rng.IntN(8) == 0 {
					b.Reset("model")
					clear(refs)
					clear(paid)
				}
			}
			wantCounts(t, b, int64(len(paid)), int64(len(refs)), int64(8-len(paid)-len(refs)))
		}
	}
}

// hammer lets many terms run against b at once and returns what was
// acknowledged. Nobody may ever see more than max places in use.
func hammer(t *testing.T, b *AtomBudget, pool int) map[string]bool {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	acked, stop := map[string]bool{}, make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			if s := b.Stats(); s.Committed+s.Reserved > s.Max || s.Committed < 0 || s.Remaining != s.Max-s.Committed-s.Reserved {
				t.Errorf("invariant broken: %+v", s)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	for g := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 2))
			for range 60 {
				term := randomTerm(b, rng, pool)
				if len(term) == 0 {
					continue
				}
				if rng.IntN(2) == 0 {
					b.Release(term)
				} else if err := b.Commit(term); err != nil {
					t.Errorf("Commit: %v", err)
				} else {
					mu.Lock()
					for _, s := range term {
						acked[s] = true
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	<-watched
	return acked
}

// randomTerm reserves a few names; a refused term gives back what it held.
func randomTerm(b *AtomBudget, rng *rand.Rand, pool int) (held []string) {
	for range 1 + rng.IntN(5) {
		s := fmt.Sprint("name", rng.IntN(pool))
		ok, err := b.Reserve([]byte(s))
		if err != nil {
			b.Release(held)
			return nil
		}
		if ok {
			held = append(held, s)
		}
	}
	return held
}

func TestAtomBudgetConcurrent(t *testing.T) {
	for _, pool := range []int{20, 200} {
		b := NewAtomBudget(40)
		acked := hammer(t, b, pool)
		if b.Reserved() != 0 {
			t.Errorf("pool %d: %d places leaked", pool, b.Reserved())
		}
		if got := slices.Collect(b.Names()); len(got) != len(acked) || int64(len(got)) != b.Committed() {
			t.Errorf("pool %d: %d names committed, %d acknowledged", pool, len(got), len(acked))
		}
	}
}

func TestDrawAllOrNone(t *testing.T) {
	node, client := NewAtomBudget(10), NewAtomBudget(2)
	client.SetLabel("client")
	d := NewDraw(node, client)
	for _, s := range []string{"a", "b"} {
		if err := d.Reserve([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	wantLimit(t, d.Reserve([]byte("c")), Error{Name: "AtomBudget(client)", Max: 2, Got: 3})
	wantCounts(t, node, 0, 0, 10)
	wantCounts(t, client, 0, 0, 2)
	d.Rollback() // twice is harmless
	mustSpend(t, node, "known")
	for _, s := range []string{"known", "a"} {
		if err := d.Reserve([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	wantCounts(t, node, 1, 1, 8)
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := len(d.held[0]) + len(d.held[1]); n != 0 {
		t.Errorf("%d names held after Commit", n)
	}
	d.Rollback() // after Commit there is nothing to give back
	wantCounts(t, node, 2, 0, 8)
	wantCounts(t, client, 2, 0, 0)
}

func TestDrawCommitFails(t *testing.T) {
	a, b, c := NewAtomBudget(5), NewAtomBudget(5), NewAtomBudget(5)
	d := NewDraw(a, b, c)
	if err := d.Reserve([]byte("x")); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if err := d.Commit(); !errors.Is(err, ErrBudgetLocked) {
		t.Fatalf("Commit = %v", err)
	}
	wantCounts(t, a, 1, 0, 4) // spent before b failed: never refunded
	wantCounts(t, b, 0, 0, 5)
	wantCounts(t, c, 0, 0, 5)
	if err := d.Commit(); err != nil {
		t.Errorf("Commit of nothing = %v", err)
	}
}

func TestDrawOfNothing(t *testing.T) {
	var zero Draw
	for _, d := range []*Draw{&zero, NewDraw()} {
		if err := errors.Join(d.Reserve([]byte("a")), d.Commit()); err != nil {
			t.Error(err)
		}
	}
	if err := NewDraw(NewAtomBudget(9), nil).Reserve([]byte("a")); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("a nil budget admits: %v", err)
	}
}

func TestDrawKeepsLittle(t *testing.T) {
	b := NewAtomBudget(5000)
	d := NewDraw(b)
	for i := range 5000 {
		if err := d.Reserve(fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	d.Rollback()
	if n := cap(d.held[0]); n > 1024 {
		t.Errorf("room for %d names kept, want at most 1024", n)
	}
	wantCounts(t, b, 0, 0, 5000)
	if err := d.Reserve([]byte("one")); err != nil {
		t.Fatal(err)
	}
	d.Rollback()
	if s := d.held[0][:1][0]; s != "" {
		t.Errorf("%q is kept from collection", s)
	}
}

// A name that became known between the two looks of Reserve takes no place.
func TestAtomBudgetKnownMeanwhile(t *testing.T) {
	b := NewAtomBudget(2)
	mustSpend(t, b, "a")
	b.mu.Lock()
	held, err := b.place([]byte("a"))
	b.mu.Unlock()
	if held || err != nil {
		t.Errorf("place = %v, %v; want known", held, err)
	}
	wantCounts(t, b, 1, 0, 1)
}

func BenchmarkAtomBudgetKnown(b *testing.B) {
	budget := NewAtomBudget(1)
	budget.Preload(slices.Values([]string{"phoenix"}))
	name := []byte("phoenix")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := budget.Reserve(name); err != nil {
				b.Error(err)
			}
		}
	})
}

// TestDrawReset: a Draw that starts over gives back what it holds, works with
// the new budgets alone, and with none admits everything.
func TestDrawReset(t *testing.T) {
	first, second := NewAtomBudget(3), NewAtomBudget(1)
	d := NewDraw(first, second)
	if err := d.Reserve([]byte("a")); err != nil {
		t.Fatal(err)
	}
	d.Reset(second)
	if first.Reserved() != 0 || second.Reserved() != 0 {
		t.Errorf("still reserved: %d and %d", first.Reserved(), second.Reserved())
	}
	if err := errors.Join(d.Reserve([]byte("b")), d.Commit()); err != nil {
		t.Fatal(err)
	}
	if first.Committed() != 0 || second.Committed() != 1 {
		t.Errorf("committed %d and %d", first.Committed(), second.Committed())
	}
	d.Reset(nil, first)
	if err := d.Reserve([]byte("c")); !errors.Is(err, ErrBudgetLocked) || first.Reserved() != 0 {
		t.Errorf("a nil budget: %v, reserved %d", err, first.Reserved())
	}
	d.Reset()
	if err := errors.Join(d.Reserve([]byte("c")), d.Commit()); err != nil {
		t.Error(err)
	}
	budgets := []Budget{first, second}
	if n := testing.AllocsPerRun(20, func() {
		d.Reset(budgets...)
		d.Reset()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
