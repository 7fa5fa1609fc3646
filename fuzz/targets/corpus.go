package targets

import (
	"sync"

	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// Mix makes the payloads of a campaign: terms, terms with faults, mutants of
// both and of real ones. Payload i of a seed is always the same.
type Mix struct {
	good, bad *gen.Gen
	real      [][]byte
}

const realBytes = 3000 // larger real payloads are left to other tests

// real are legitimate payloads of moderate size.
var real = sync.OnceValue(func() (all [][]byte) {
	for _, p := range legit.All() {
		if p.Bytes <= realBytes {
			all = append(all, p.Data())
		}
	}
	return all
})

// NewMix returns a Mix of payloads of size bytes in the mean; 0 is some 300.
func NewMix(size int) *Mix {
	if size == 0 {
		size = 340
	}
	return &Mix{
		good: gen.New(gen.Options{Size: size, Compressed: 0.03}),
		bad:  gen.New(gen.Options{Size: size, Compressed: 0.03, Faults: 0.6, Natural: 0.05}),
		real: real(),
	}
}

// Payload makes payload i of the seed.
func (m *Mix) Payload(seed, i uint64) []byte {
	g := m.bad
	g.Seed(seed, i)
	switch i % 8 {
	case 0, 1:
		m.good.Seed(seed, i)
		return m.good.Payload()
	case 2, 3, 4:
		return g.Payload()
	case 5, 6:
		m.good.Seed(seed, i)
		return g.Mutate(m.good.Payload(), m.pick(i+1))
	}
	return g.Mutate(m.pick(i), m.pick(i*7+3))
}

func (m *Mix) pick(i uint64) []byte {
	return m.real[i*0x9e3779b97f4a7c15>>20%uint64(len(m.real))]
}
