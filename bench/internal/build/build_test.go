package build

import (
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// TestSamplesAreTerms: or their measurements would be of refusals.
func TestSamplesAreTerms(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"rows":        Rows(2500),
		"one row":     Rows(1),
		"no row":      Rows(0),
		"deep":        Deep(900),
		"atoms":       Atoms(3000),
		"binary keys": BinaryKeys(3000),
		"atom keys":   AtomKeys(3000),
		"ints":        Ints(3000),
		"call":        Call(),
		"big":         Term(Big(1, 2, 3, 4, 5, 6, 7, 8, 9)),
	} {
		if err := m.Validate(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := m.Measure(Rows(2500))
	if err != nil || s.Terms < 2500*18 {
		t.Errorf("%d terms, %v", s.Terms, err)
	}
}
