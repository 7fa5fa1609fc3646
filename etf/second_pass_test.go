package etf_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// A slice that owes more terms than it has bytes is read a second time, to find
// the error that a reader would meet. The tests here are about what the first
// pass must not leave behind.

// strictLedger is a budget that hands out each name once until it is given back.
type strictLedger struct {
	held   []string
	faults []string
}

func (l *strictLedger) Reserve(name []byte) (bool, error) {
	if slices.Contains(l.held, string(name)) {
		l.faults = append(l.faults, "reserved twice: "+string(name))
	}
	l.held = append(l.held, string(name))
	return true, nil
}

func (l *strictLedger) Commit(names []string) error {
	l.Release(names)
	return nil
}

func (l *strictLedger) Release(names []string) {
	for _, n := range names {
		i := slices.Index(l.held, n)
		if i < 0 {
			l.faults = append(l.faults, "given back, but not held: "+n)
			continue
		}
		l.held = slices.Delete(l.held, i, i+1)
	}
}

// TestSecondPassStartsAnew: names count once, and are reserved once at a time.
func TestSecondPassStartsAnew(t *testing.T) {
	in := ext(list(atom("a"), atom("b"), large(1<<20)))
	c := config()
	c.Atoms.Known, _ = etf.NewAtomSet("known")
	c.Limits.MaxNewAtoms = 2
	if err := agree(t, with(compile(t, c)), in, nil); err == nil || err.Code != etf.CodeTruncated {
		t.Errorf("with MaxNewAtoms at what the term has: %v", err)
	}
	m := compile(t, config())
	for _, s := range []string{"truncated", "unknown"} {
		b := in
		if s == "unknown" {
			b = ext(list(atom("a"), atom("b"), large(1<<20), unknown))
		}
		l := &strictLedger{}
		err := m.WithBudgets(l).Validate(b)
		var e *etf.Error
		if !errors.As(err, &e) || errors.Is(err, etf.ErrLimit) {
			t.Errorf("%s: %v", s, err)
		}
		if len(l.faults) > 0 || len(l.held) > 0 {
			t.Errorf("%s: %q, still held %q", s, l.faults, l.held)
		}
	}
}

// TestNoTokenOnTheSendersWord: over a slice a head is no token unless there is a
// byte for each term that it claims, and is one as soon as there is.
func TestNoTokenOnTheSendersWord(t *testing.T) {
	m := compile(t, config())
	for name, tc := range map[string]struct {
		head   []byte
		before int // tokens in front of the claim
		claims int // bytes at least
	}{
		"list":            {head(5), 0, 6},
		"tuple":           {raw(wire.TagSmallTuple, []byte{5}), 0, 5},
		"large tuple":     {large(5), 0, 5},
		"map":             {maps(5), 0, 10},
		"map of one":      {maps(1), 0, 2},
		"fourth in a row": {cat(raw(wire.TagSmallTuple, []byte{4}), tuple(null), tuple(null), tuple(null), large(5)), 7, 5},
		"inside":          {cat(raw(wire.TagSmallTuple, []byte{2}), large(5)), 1, 6},
		"list goes on":    {cat(head(1), null, head(5)), 2, 6},
		"thin goes on":    {cat(head(1), null, thin(3, head(5))), 2, 6},
		"string goes on":  {cat(head(1), null, raw(wire.TagString, []byte{0, 5})), 2, 5},
	} {
		for _, missing := range []int{0, 1, 2} {
			if missing > tc.claims-1 {
				continue
			}
			d := m.NewDecoderBytes(ext(cat(tc.head, bytes.Repeat(null, tc.claims-missing))))
			for range tc.before {
				must[etf.Token](t)(d.ReadToken())
			}
			_, err := d.ReadToken()
			if (err != nil) != (missing > 0) {
				t.Errorf("%s, %d bytes missing: %v", name, missing, err)
			}
		}
	}
}

var _ limits.Budget = (*strictLedger)(nil)
