package etf

import (
	"errors"
	"regexp"

	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// atomRules are Config.Atoms, compiled.
type atomRules struct {
	known    *AtomSet
	patterns []*regexp.Regexp
	closed   bool // names outside the two are new
	unset    bool // MaxNewAtoms was not given
	maxNew   int64
}

func newAtomRules(c Config) atomRules {
	r := atomRules{
		known:  c.Atoms.Known,
		closed: c.Atoms.Known != nil || len(c.Atoms.Patterns) > 0,
		unset:  c.Limits.MaxNewAtoms == 0,
		maxNew: max(c.Limits.MaxNewAtoms, 0),
	}
	for _, p := range c.Atoms.Patterns {
		// A pattern has to match whole names. The longest of the leftmost
		// matches is the whole name if any match is.
		longest := *p
		longest.Longest()
		r.patterns = append(r.patterns, &longest)
	}
	return r
}

// session is what one decoding needs beyond the Mode. It is pooled; what it
// keeps of one use is bounded in package wire.
type session struct {
	c     *compiled
	in    wire.Input
	names names
	canon canonicalizer

	filling *filling // made when it is first needed
	plan    *plan    // of the type that was filled last
}

// names applies atom rules and budgets to the names of one term. It is zero for
// a mode that has neither.
type names struct {
	mode  *Mode
	draw  *limits.Draw // &own, or nil without budgets, and for Measure
	fresh int64        // new names of this term
	err   error        // of a budget that is no *limits.Error
	own   limits.Draw
}

// get returns a session for the mode.
func (m *Mode) get() *session {
	s := m.c.pool.Get().(*session)
	s.names.begin(m)
	return s
}

// measuring returns a session with the same verdicts, but for what budgets have
// left: they are not asked.
func (m *Mode) measuring() *session {
	s := m.c.pool.Get().(*session)
	if s.names.clear(); m.c.atoms.closed {
		s.names.mode = m
	}
	return s
}

func (m *Mode) put(s *session) {
	if s.names.mode != nil {
		s.names.clear()
	}
	s.in.Release()
	m.c.pool.Put(s)
}

func (n *names) begin(m *Mode) {
	if m.c.atoms.closed || len(m.budgets) > 0 {
		n.start(m)
	}
}

// start is what begin has to do if somebody wants to know about names.
func (n *names) start(m *Mode) {
	n.clear()
	if m.c.atoms.closed || len(m.budgets) > 0 {
		n.mode = m
	}
	if len(m.budgets) > 0 {
		n.own.Reset(m.budgets...)
		n.draw = &n.own
	}
}

// clear gives back what is reserved, and lets go of mode and budgets.
func (n *names) clear() {
	if n.draw != nil {
		n.draw.Reset()
	}
	n.mode, n.draw, n.fresh, n.err = nil, nil, 0, nil
}

// hook returns what the grammar asks about names: nil if nobody wants to know.
func (n *names) hook() wire.Names {
	if n.mode == nil {
		return nil
	}
	return n
}

// FirstSight decides on a name that the term holds for the first time.
func (n *names) FirstSight(name []byte) (wire.Code, limits.Error) {
	r := &n.mode.c.atoms
	if r.known.Has(name) {
		return wire.OK, limits.Error{}
	}
	if r.closed && !r.matches(name) {
		n.fresh++
		maxNew := r.maxNew
		if r.unset && len(n.mode.budgets) > 0 { // which decide, if only in name
			maxNew = limits.NoLimit
		}
		if n.fresh > maxNew {
			return wire.LimitNewAtoms, limits.Error{Name: "MaxNewAtoms", Max: maxNew, Got: n.fresh}
		}
	}
	if n.draw != nil {
		if err := n.draw.Reserve(name); err != nil {
			return wire.LimitAtomBudget, n.budgetError(err)
		}
	}
	return wire.OK, limits.Error{}
}

func (r *atomRules) matches(name []byte) bool {
	for _, p := range r.patterns {
		if at := p.FindIndex(name); at != nil && at[0] == 0 && at[1] == len(name) {
			return true
		}
	}
	return false
}

func (n *names) budgetError(err error) limits.Error {
	var limit *limits.Error
	if errors.As(err, &limit) {
		return *limit
	}
	n.err = err
	return limits.Error{} // no number is to blame
}

// Commit spends what is reserved. If a budget fails, nothing may be forwarded:
// the names of the others go back.
func (n *names) Commit() (wire.Code, limits.Error) {
	if n.draw != nil {
		if err := n.draw.Commit(); err != nil {
			return wire.LimitAtomBudget, n.budgetError(err)
		}
	}
	return wire.OK, limits.Error{}
}

// Restart gives back what the term at hand has reserved.
func (n *names) Restart() {
	n.release()
	n.fresh = 0
}

func (n *names) release() {
	if n.draw != nil {
		n.draw.Rollback()
	}
}

// error makes the Error of the failed session.
func (s *session) error() error {
	e := newError(&s.in)
	if e.Err == nil {
		e.Err = s.names.err
	}
	return e
}
