package targets

import (
	fuzz "github.com/google/gofuzz"

	"github.com/beamgate/beamgate/fuzz/gen"
)

// Engine checks the inputs of a fuzzing engine that knows nothing but bytes. It
// is for one goroutine.
type Engine struct{ all []agreement }

// NewEngine returns an Engine with all receivers.
func NewEngine() (*Engine, error) {
	e := &Engine{}
	for _, r := range Receivers() {
		m, err := r.Config().Compile()
		if err != nil {
			return nil, err
		}
		e.all = append(e.all, agreement{r, NewDrivers(m)})
	}
	return e, nil
}

// Try reads data: how the payload is made, who it is for, and the rest. Data is
// not kept.
func (e *Engine) Try(data []byte) *Disagreement {
	if len(data) < 2 {
		return nil
	}
	b := payloadOf(data[2:], data[0])
	a := &e.all[int(data[1])%len(e.all)]
	_, dis := a.both(b, uint64(len(b))+uint64(data[1]))
	if dis != nil {
		dis.Detail = a.String() + ": " + dis.Detail
	}
	return dis
}

// both holds all drivers against each other and against package naive.
func (a *agreement) both(b []byte, seed uint64) (Outcome, *Disagreement) {
	out, dis := a.Check(b, seed)
	if dis == nil {
		dis = Naive(b, &out, a.Options())
	}
	return out, dis
}

// maxInput bounds what a target looks at: more bytes are no other paths.
const maxInput = 1 << 16

// Ways to make a payload of an engine's bytes.
const (
	asIs     = iota // the bytes are the payload
	asTape          // they are the choices of the generator
	asGoFuzz        // the same by way of gofuzz
	asMutant        // the end are choices of the mutator, the rest is the payload
	ways
)

// payloadOf makes a payload.
func payloadOf(data []byte, way uint8) []byte {
	data = data[:min(len(data), maxInput)]
	o := gen.Options{Faults: 0.3, Natural: 0.1, Compressed: 0.05}
	g := gen.New(o)
	switch way % ways {
	case asTape:
		g.Feed(data)
		return g.Payload()
	case asGoFuzz:
		var p gen.Payload
		fuzz.NewFromGoFuzz(data).Funcs(gen.Funcs(o)...).Fuzz(&p)
		return p
	case asMutant:
		cut := max(len(data)-32, 0)
		g.Feed(data[cut:])
		return g.Mutate(data[:cut], nil)
	}
	return data
}
