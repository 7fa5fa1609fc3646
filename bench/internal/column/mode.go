package column

import (
	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

var mode = compile()

// Mode is the mode of all columns: all checks on, identities allowed, for a
// bench of refusals would say little, and caps that the largest payload fits
// under.
func Mode() *etf.Mode { return mode }

func compile() *etf.Mode {
	const most = 4 << 30
	c := etf.Default()
	c.Policy.Allow = etf.Pids | etf.Ports | etf.References
	l := &c.Limits
	l.MaxBytes, l.MaxStreamBytes, l.MaxBlob = limits.NoLimit, limits.NoLimit, most
	l.MaxTerms, l.MaxAtoms, l.MaxDistinctAtoms, l.MaxArity = most, most, most, most
	l.MaxDepth, l.MaxKeyState, l.MaxHeapWords = 1<<22, most, 8*most
	m, err := c.Compile()
	if err != nil {
		panic(err) // a mistake in the lines above
	}
	return m
}
