package etf_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// counted fails unless a budget has spent and holds so much.
func counted(t *testing.T, what string, b *limits.AtomBudget, committed, reserved int64) {
	t.Helper()
	if b.Committed() != committed || b.Reserved() != reserved {
		t.Errorf("%s: committed %d, reserved %d, want %d and %d", what, b.Committed(), b.Reserved(), committed, reserved)
	}
}

// TestBudgetsOfModes spends the new names of accepted terms, and nothing else.
func TestBudgetsOfModes(t *testing.T) {
	c := config()
	c.Atoms.Known, _ = etf.NewAtomSet("known")
	m := compile(t, c)
	good := ext(list(atom("a"), latin1("a"), atom("known"), newPid(atom("b"), 1, 1, 1)))
	for _, d := range drivers {
		for _, s := range sources {
			for name, in := range map[string][]byte{"good": good, "bad": good[:len(good)-1], "unknown": ext(list(atom("a"), atom("b"), unknown)), "debt": ext(list(atom("a"), atom("b"), large(1<<20)))} {
				one, two := limits.NewAtomBudget(2), limits.NewAtomBudget(9)
				_, err, ok := d.run(m.WithBudgets(one).WithBudgets(two), s, in)
				if !ok {
					continue
				}
				what := fmt.Sprint(d.name, " over ", s.name, " of ", name)
				want := int64(0)
				if name == "good" && !d.spendsNothing() {
					want = 2
				}
				if (err == nil) != (name == "good") {
					t.Errorf("%s: %v", what, err)
				}
				counted(t, what, one, want, 0)
				counted(t, what, two, want, 0)
				full := limits.NewAtomBudget(1)
				_, err, _ = d.run(m.WithBudgets(two, full), s, in)
				if name == "good" && !d.spendsNothing() && !errors.Is(err, etf.ErrLimit) {
					t.Errorf("%s with a full budget: %v", what, err)
				}
				counted(t, what, full, 0, 0)
			}
		}
	}
}

// TestBudgetsOfDecoders reserve while a term is read, and commit at its end or
// when asked to.
func TestBudgetsOfDecoders(t *testing.T) {
	m := compile(t, config())
	b := limits.NewAtomBudget(9)
	stream := cat(ext(tuple(atom("a"), atom("b"))), ext(tuple(atom("b"), atom("c"), unknown)))
	d := m.WithBudgets(b).NewDecoderBytes(stream)
	read := func(n int) {
		for range n {
			must[etf.Token](t)(d.ReadToken())
		}
	}
	read(2)
	counted(t, "inside", b, 0, 1)
	read(1)
	counted(t, "at the end", b, 2, 0)
	read(3)
	counted(t, "in the second", b, 2, 1)
	if _, err := d.ReadToken(); err == nil {
		t.Error("accepted")
	}
	counted(t, "refused", b, 2, 0)

	d.ResetBytes(ext(tuple(atom("d"), atom("e"))))
	read(2)
	counted(t, "again", b, 2, 1)
	if err := d.Commit(); err != nil {
		t.Error(err)
	}
	counted(t, "committed early", b, 3, 0)
	d.ResetBytes(ext(tuple(atom("f"), null)))
	read(2)
	d.ResetBytes(ext(tuple(atom("g"), null)))
	counted(t, "reset", b, 3, 0)
	read(2)
	counted(t, "once more", b, 3, 1)
	d.Close()
	counted(t, "closed", b, 3, 0)
	if err := d.Commit(); err == nil {
		t.Error("a closed Decoder commits")
	}
}

// fakeBudget lets everything through until it fails.
type fakeBudget struct {
	reserve, commit error
	held            []string
}

func (b *fakeBudget) Reserve(name []byte) (bool, error) {
	if b.reserve == nil {
		b.held = append(b.held, string(name))
	}
	return b.reserve == nil, b.reserve
}

func (b *fakeBudget) Commit(names []string) error { return b.commit }

func (b *fakeBudget) Release(names []string) {
	b.held = slices.DeleteFunc(b.held, func(n string) bool { return slices.Contains(names, n) })
}

// TestFailingBudgets hands on the error of a budget and releases what the
// others hold.
func TestFailingBudgets(t *testing.T) {
	m := compile(t, config())
	boom := errors.New("boom")
	in := ext(tuple(atom("a"), atom("b"), bin("a payload")))
	for what, b := range map[string]*fakeBudget{"reserve": {reserve: boom}, "commit": {commit: boom}} {
		for _, d := range drivers {
			for _, s := range sources {
				other := limits.NewAtomBudget(9)
				_, err, ok := d.run(m.WithBudgets(b, other), s, in)
				if !ok || d.spendsNothing() {
					continue
				}
				var e *etf.Error
				if !errors.As(err, &e) || e.Code != etf.CodeLimitAtomBudget || !errors.Is(err, boom) || e.Limit != nil {
					t.Errorf("%s by %s over %s: %v", what, d.name, s.name, err)
				}
				counted(t, what+" by "+d.name, other, 0, 0)
				if len(b.held) > 0 {
					t.Errorf("%s by %s over %s: still holds %q", what, d.name, s.name, b.held)
				}
			}
		}
	}
}

// TestWhereBudgetsFail: a commit that fails at the end of a term is told with the
// term's length, one in its middle with the place that was read to. Neither makes
// the term count as read.
func TestWhereBudgetsFail(t *testing.T) {
	boom := errors.New("boom")
	m := compile(t, config()).WithBudgets(&fakeBudget{commit: boom})
	plain, packed := ext(tuple(atom("a"), atom("b"))), squeeze(tuple(atom("a"), atom("b")))
	for what, in := range map[string][]byte{"plain": plain, "compressed": packed} {
		all := cat(ext(null), in)
		for way, d := range map[string]*etf.Decoder{"slice": m.NewDecoderBytes(all), "reader": m.NewDecoder(newChunks(all, 3))} {
			var e *etf.Error
			if err := d.SkipValue(); err != nil { // it has no names
				t.Fatalf("%s, %s: %v", what, way, err)
			}
			if err := d.SkipValue(); !errors.As(err, &e) || e.Offset != int64(len(all)) {
				t.Fatalf("%s, %s: %v", what, way, err)
			}
			if off := d.InputOffset(); off != 2 || d.AtTermEnd() || d.Depth() != 0 {
				t.Errorf("%s, %s: at %d, at an end %v", what, way, off, d.AtTermEnd())
			}
		}
	}
	whole := int64(len(packed))
	var e *etf.Error
	if err := m.Validate(packed); !errors.As(err, &e) || e.Offset != whole || e.Inflated {
		t.Errorf("at the end: %v", err)
	}
	for in, inflated := range map[string]bool{string(plain): false, string(packed): true} {
		d := m.NewDecoderBytes([]byte(in))
		for range 2 {
			must[etf.Token](t)(d.ReadToken())
		}
		at := d.TokenOffset() + 3
		if err := d.Commit(); !errors.As(err, &e) || e.Offset != at || e.Inflated != inflated {
			t.Errorf("in the middle: %v, want offset %d", err, at)
		}
	}
}

// TestSpentStaysSpent fails the commit of the second budget. What the first has
// committed stays spent, since another term may have relied on it already: too
// few atoms are left, never too many.
func TestSpentStaysSpent(t *testing.T) {
	m := compile(t, config())
	first, second := limits.NewAtomBudget(9), &fakeBudget{commit: errors.New("boom")}
	if err := m.WithBudgets(first, second).Validate(ext(atom("a"))); err == nil {
		t.Error("accepted")
	}
	counted(t, "first", first, 1, 0)
}

// TestPeekedIsNotRead: what fails behind a peeked token fails its reading too.
func TestPeekedIsNotRead(t *testing.T) {
	b := &fakeBudget{commit: errors.New("boom")}
	d := compile(t, config()).WithBudgets(b).NewDecoderBytes(ext(tuple(atom("a"), small(1), small(2))))
	must[etf.Token](t)(d.ReadToken())
	must[etf.Token](t)(d.ReadToken())
	d.PeekKind()
	err := d.Commit()
	if err == nil {
		t.Fatal("committed")
	}
	if stays := staysFailed(d, err); stays != nil {
		t.Error(stays)
	}
}

// TestWhoDecidesOnNewNames: without MaxNewAtoms a set is closed, and with a
// budget the budget decides.
func TestWhoDecidesOnNewNames(t *testing.T) {
	c := etf.Default()
	c.Atoms.Known, _ = etf.NewAtomSet("known")
	m := compile(t, c)
	in := ext(list(atom("known"), atom("new")))
	if err := agree(t, with(m), in, nil); err == nil || *err.Limit != (limits.Error{Name: "MaxNewAtoms", Max: 0, Got: 1}) {
		t.Error(err)
	}
	b := limits.NewAtomBudget(1)
	if err := m.WithBudgets(b).Validate(in); err != nil {
		t.Error(err)
	}
	counted(t, "open", b, 1, 0)
	if err := m.WithBudgets(b).Validate(ext(atom("more"))); !errors.Is(err, etf.ErrLimit) {
		t.Error(err)
	}
	c.Limits.MaxNewAtoms = limits.None
	if err := compile(t, c).WithBudgets(limits.NewAtomBudget(9)).Validate(in); !errors.Is(err, etf.ErrLimit) {
		t.Error(err)
	}
	counted(t, "in the end", b, 1, 0)

	// Without a set and a pattern no name is new to the mode, only to a budget.
	open := etf.Default()
	open.Limits.MaxNewAtoms = 1
	if err := compile(t, open).WithBudgets(limits.NewAtomBudget(9)).Validate(in); err != nil {
		t.Error(err)
	}
}
