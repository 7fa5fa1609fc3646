package etf

import (
	"io"

	"github.com/beamgate/beamgate/internal/wire"
)

// MeasureReader is [Mode.ValidateReader] with the counts of an accepted term, as
// [Mode.Measure] gives them for a slice: for a dump that should not be held in
// memory. It spends no budget.
func (m *Mode) MeasureReader(r io.Reader) (Stats, error) {
	s := m.measuring()
	defer m.put(s)
	s.in.ResetReader(m.c.prog, s.names.hook(), r)
	if s.in.Run(-1) == wire.EvFail {
		return Stats{}, s.error()
	}
	end, err := s.in.AtEnd()
	switch {
	case err != nil:
		s.in.Refuse(wire.ReadError, s.in.Used())
		e := newError(&s.in)
		e.Err = err
		return Stats{}, e
	case !end:
		s.in.Refuse(wire.Trailing, s.in.Used())
		return Stats{}, s.error()
	}
	return newStats(s.in.Stats()), nil
}
