package hostile

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/etf"
)

// Refusal is what it costs to refuse a case in this process.
type Refusal struct {
	Case  string
	Size  int
	Ways  []Cost // in the order of Ways
	Read  int64  // bytes of it that were read up to the error
	Code  string // of the error; empty if it is accepted
	Terms int64  // of an accepted one
}

// Cost is time and memory of one way to read.
type Cost struct{ Ns, Spread, Bytes float64 }

// Ways are how a case is read.
var Ways = []string{"Validate", "ValidateReader", "Decode"}

// Refuse measures one case under the given mode.
func Refuse(m *etf.Mode, c Case, n int, plan measure.Plan) (Refusal, error) {
	in := c.Make(n)
	r := Refusal{Case: c.Name, Size: len(in), Read: int64(len(in))}
	want := m.Validate(in)
	if e := (*etf.Error)(nil); errors.As(want, &e) {
		r.Code, r.Read = string(e.Code), min(e.Offset, r.Read)
	}
	src := bytes.NewReader(in)
	works := []measure.Work{
		measure.InGo(Ways[0], same(want, func() error { return m.Validate(in) })),
		measure.InGo(Ways[1], same(want, func() error { src.Reset(in); _, err := m.ValidateReader(src); return err })),
		measure.InGo(Ways[2], same(want, func() error { _, err := m.Decode(in); return err })),
	}
	for _, res := range measure.Run(plan, works) {
		if res.Err != nil {
			return r, fmt.Errorf("%s, %s: %w", c.Name, res.Key, res.Err)
		}
		r.Ways = append(r.Ways, Cost{res.Median(), res.Spread(), res.Bytes})
	}
	return r, nil
}

// same turns the error that is wanted into none, and any other into one.
func same(want error, read func() error) func() error {
	return func() error {
		got := read()
		if (got == nil) != (want == nil) {
			return fmt.Errorf("got %v, want %v", got, want)
		}
		var g, w *etf.Error
		if errors.As(got, &g) && errors.As(want, &w) && g.Code != w.Code {
			return fmt.Errorf("got %s, want %s", g.Code, w.Code)
		}
		return nil
	}
}
