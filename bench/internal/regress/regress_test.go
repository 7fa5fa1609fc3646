package regress

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// inputs need no BEAM to make them.
func inputs() map[string][]byte {
	return map[string][]byte{
		"call":    build.Call(),
		"rows":    build.Rows(300),
		"ints":    build.Ints(20_000),
		"atoms":   build.Atoms(2_000),
		"bigmap":  build.AtomKeys(5_000),
		"binkeys": build.BinaryKeys(5_000),
		"deep":    build.Deep(500),
		"blob":    build.Term(build.Bin(string(make([]byte, 1<<20)))),
	}
}

var names = []string{"call", "rows", "ints", "atoms", "bigmap", "binkeys", "deep", "blob"}

// each runs one way to read on all inputs.
func each(b *testing.B, prepare func(m *etf.Mode, in []byte) func() error) {
	m, err := etf.Default().Compile()
	if err != nil {
		b.Fatal(err)
	}
	all := inputs()
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			once := prepare(m, all[name])
			if err := once(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				once()
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error { return func() error { return m.Validate(in) } })
}

func BenchmarkValidateReader(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error {
		r := bytes.NewReader(nil)
		return func() error { r.Reset(in); _, err := m.ValidateReader(r); return err }
	})
}

func BenchmarkReadToken(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error {
		d := m.NewDecoder(nil)
		return func() error {
			d.ResetBytes(in)
			for {
				if _, err := d.ReadToken(); err != nil || d.AtTermEnd() {
					return err
				}
			}
		}
	})
}

func BenchmarkSkipValue(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error {
		d := m.NewDecoder(nil)
		return func() error { d.ResetBytes(in); return d.SkipValue() }
	})
}

func BenchmarkDecode(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error {
		return func() error { _, err := m.Decode(in); return err }
	})
}

// What follows is newer than the first revisions that this may be compared with,
// so it is asked for and not called by name: a benchmark that only one of two
// revisions has is left out of the comparison.

func BenchmarkUnmarshalAny(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error {
		u, ok := any(m).(interface{ Unmarshal([]byte, any) error })
		if !ok {
			b.Skip("no Unmarshal yet")
		}
		return func() error { var v any; return u.Unmarshal(in, &v) }
	})
}

func BenchmarkCanonicalize(b *testing.B) {
	each(b, func(m *etf.Mode, in []byte) func() error {
		c, ok := any(m).(interface {
			Canonicalize(dst, src []byte) ([]byte, error)
		})
		if !ok {
			b.Skip("no Canonicalize yet")
		}
		var dst []byte
		return func() (err error) { dst, err = c.Canonicalize(dst[:0], in); return err }
	})
}

// BenchmarkGuardCheck is Validate with the rule on structs, and with the budget of a node
// that has 100,000 other names.
func BenchmarkGuardCheck(b *testing.B) {
	budget := limits.NewAtomBudget(1 << 20)
	budget.Preload(func(yield func(string) bool) {
		for i := 0; i < 100_000 && yield(fmt.Sprint("preloaded_", i)); i++ {
		}
	})
	g, err := safe.NewGuard(safe.Forward{Profile: etf.Default(), Budgets: []limits.Budget{budget}})
	if err != nil {
		b.Fatal(err)
	}
	each(b, func(_ *etf.Mode, in []byte) func() error { return func() error { return g.Check(in) } })
}
