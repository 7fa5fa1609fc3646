package etf_test

import (
	"math"
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// capCase is a term that needs exactly so much of one cap, and of no other cap
// more than NoLimit.
type capCase struct {
	name string
	need int64
	in   []byte // with its version byte
	conf func(c *etf.Config)

	// plain marks terms that are not tried once more in compressed form.
	plain bool
	// only restricts the drivers and sources that the cap applies to.
	only func(d driver, s source) bool
	// budget is made anew for each use of the mode.
	budget func() limits.Budget
	// past is how far below need the cap first refuses; 1 if not set.
	past int64
	// got is what the error says was needed, if that is not need, or anyGot.
	got int64
}

const anyGot = -1

// config is a Config without caps and without refusals, for release 25.
func config() etf.Config {
	c := etf.OTP()
	c.Limits.MaxInflated = math.MaxUint32
	return c
}

// TestLimitMatrix reads a term for each cap and each kind of term that uses it,
// by every driver from every source: exactly at the cap it passes, one below
// its need it is refused by that cap and by the same error everywhere.
func TestLimitMatrix(t *testing.T) {
	t.Parallel()
	table := capCases()
	for i, name := range limits.Names() {
		cases := table[name]
		if len(cases) == 0 {
			t.Errorf("no case for limits.Limits.%s", name)
		}
		code := etf.Codes()[slices.Index(etf.Codes(), etf.CodeLimitBytes)+i] // in the order of the fields
		for _, c := range cases {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				c.check(t, name, code)
				if !c.plain {
					inside := c
					inside.in = squeeze(c.in[1:])
					if inside.only == nil {
						inside.only = mostWays
					}
					inside.check(t, name, code)
				}
			})
		}
	}
	for name := range table {
		if !slices.Contains(limits.Names(), name) {
			t.Errorf("cases for %s, which is no field of limits.Limits", name)
		}
	}
}

// mode compiles the case with this value of its cap.
func (c capCase) mode(t *testing.T, name string, value int64) func() *etf.Mode {
	conf := config()
	if c.conf != nil {
		c.conf(&conf)
	}
	if value == 0 {
		value = limits.None
	}
	if !conf.Limits.Set(name, value) {
		t.Fatalf("no field %s", name)
	}
	m := compile(t, conf)
	return func() *etf.Mode {
		if c.budget != nil {
			return m.WithBudgets(c.budget())
		}
		return m
	}
}

func (c capCase) check(t *testing.T, name string, code etf.Code) {
	t.Helper()
	if testing.Short() && c.only == nil {
		c.only = mostWays
	}
	past := max(c.past, 1)
	if err := agree(t, c.mode(t, name, c.need), c.in, c.only); err != nil {
		t.Errorf("with %s %d: %v", name, c.need, err)
	}
	err := agree(t, c.mode(t, name, c.need-past), c.in, c.only)
	if err == nil {
		t.Errorf("accepted with %s %d", name, c.need-past)
		return
	}
	got := c.need
	switch {
	case c.got == anyGot && err.Limit != nil && err.Limit.Got > err.Limit.Max:
		got = err.Limit.Got
	case c.got > 0:
		got = c.got
	}
	want := limits.Error{Name: name, Max: max(c.need-past, 0), Got: got}
	if err.Code != code || err.Limit == nil || *err.Limit != want {
		t.Errorf("with %s %d: %s %+v, want %s %+v", name, c.need-past, err.Code, err.Limit, code, want)
	}
}

// TestLimitZeroIsThePreset compiles Configs of one field and finds the rest as
// in limits.Default.
func TestLimitZeroIsThePreset(t *testing.T) {
	for _, name := range limits.Names() {
		var c etf.Config
		c.Limits.Set(name, 7)
		got := compile(t, c).Config().Limits
		want := limits.Default()
		want.Set(name, 7)
		if got != want {
			t.Errorf("%s alone: %+v", name, got)
		}
	}
}

// TestLimitNone compiles each cap with None, which allows nothing of it.
func TestLimitNone(t *testing.T) {
	inputs := map[string][]byte{
		"MaxBytes":         ext(null),
		"MaxDepth":         ext(list(small(1))),
		"MaxTerms":         ext(list(small(1))),
		"MaxArity":         ext(tuple(small(1))),
		"MaxBlob":          ext(bin("x")),
		"MaxBigBytes":      ext(smallBig(false, 1)),
		"MaxAtomChars":     ext(atom("x")),
		"MaxAtoms":         ext(atom("x")),
		"MaxDistinctAtoms": ext(atom("x")),
		"MaxNewAtoms":      ext(atom("x")),
		"MaxInflated":      squeeze(null),
		"MaxRatio":         squeeze(null),
		"MaxStreamBytes":   ext(null),
		"MaxKeyState":      ext(atom("x")),
		"MaxHeapWords":     ext(float(1)),
	}
	for _, name := range limits.Names() {
		in, ok := inputs[name]
		if !ok && name != "MaxBuffered" {
			t.Errorf("no input for %s", name)
		}
		c := config()
		c.Atoms.Known, _ = etf.NewAtomSet()
		c.Limits.MaxNewAtoms = limits.NoLimit
		c.Limits.Set(name, limits.None)
		err := agree(t, with(compile(t, c)), in, func(d driver, s source) bool { return ok })
		if ok && (err == nil || err.Limit == nil || err.Limit.Name != name || err.Limit.Max != 0) {
			t.Errorf("%s None: %v", name, err)
		}
	}
	// The first term is no child of any: its place is told all the same.
	c := config()
	c.Limits.MaxTerms = limits.None
	m := with(compile(t, c))
	if err := agree(t, m, ext(null), nil); err == nil || err.Code != etf.CodeLimitTerms || err.Offset != 1 || err.Inflated {
		t.Errorf("MaxTerms None: %v", err)
	}
	if err := agree(t, m, squeeze(null), nil); err == nil || err.Code != etf.CodeLimitTerms || err.Offset != 0 || !err.Inflated {
		t.Errorf("MaxTerms None, compressed: %v", err)
	}
}

// TestStreamBytes reads several terms in a row: the cap is on all of them.
func TestStreamBytes(t *testing.T) {
	term := ext(list(small(1), bin("some bytes"), atom("x")))
	many := times(5, term)
	size := int64(len(term))
	isDecoder := func(d driver, _ source) bool { return d.decoder != nil }
	for _, tc := range []struct {
		max int64
		at  int64 // of the error; -1 if there is none
	}{
		{5 * size, -1}, {5*size - 1, 5*size - 1}, {4*size + 1, 4*size + 1}, {4 * size, 4 * size}, {3*size + 7, 3 * size},
	} {
		for _, each := range []int64{limits.NoLimit, size} { // one term at its own cap
			c := config()
			c.Limits.MaxStreamBytes, c.Limits.MaxBytes = tc.max, each
			err := agree(t, with(compile(t, c)), many, isDecoder)
			switch {
			case tc.at < 0 && err != nil:
				t.Errorf("MaxStreamBytes %d: %v", tc.max, err)
			case tc.at >= 0 && (err == nil || err.Code != etf.CodeLimitStreamBytes || err.Limit.Max != tc.max):
				t.Errorf("MaxStreamBytes %d: %v", tc.max, err)
			case tc.at >= 0 && err.Limit.Got <= tc.max:
				t.Errorf("MaxStreamBytes %d: got only %d", tc.max, err.Limit.Got)
			}
		}
	}
}

// TestCapsStartAnew reads terms in a row that each are at a cap: all caps but
// MaxStreamBytes count for each term anew.
func TestCapsStartAnew(t *testing.T) {
	for name, cases := range capCases() {
		if name == "MaxStreamBytes" {
			continue
		}
		c := cases[0]
		t.Run(name, func(t *testing.T) {
			in := times(3, c.in)
			only := func(d driver, s source) bool {
				return d.decoder != nil && (c.only == nil || c.only(d, s))
			}
			if err := agree(t, c.mode(t, name, c.need), in, only); err != nil {
				t.Error(err)
			}
			err := agree(t, c.mode(t, name, c.need), cat(in, []byte{0}), only)
			if err == nil || err.Code != etf.CodeVersion || err.Offset != int64(len(in)) {
				t.Errorf("behind three terms of %d bytes: %v", len(c.in), err)
			}
		})
	}
}
