package etf

import (
	"io"

	"github.com/beamgate/beamgate/internal/wire"
)

// Validate reports whether b is exactly one term that the mode accepts, with
// every rule, cap and budget applied. It allocates nothing for terms that are
// accepted, beyond the copies of names that a budget has to keep.
//
// The error is an *[Error].
func (m *Mode) Validate(b []byte) error {
	s := m.get()
	s.in.ResetSlice(m.c.prog, s.names.hook(), b)
	err := s.validate(int64(len(b)))
	m.put(s) // no defer, which small terms would notice
	return err
}

// ValidatePrefix is Validate for a term that may be followed by anything, and
// returns its length: for a compressed term up to the end of the zlib stream,
// as the option used of binary_to_term/2 counts.
func (m *Mode) ValidatePrefix(b []byte) (n int, err error) {
	s := m.get()
	defer m.put(s)
	s.in.ResetSlice(m.c.prog, s.names.hook(), b)
	if s.in.Run(-1) == wire.EvFail || !s.in.Commit() {
		return 0, s.error()
	}
	return int(s.in.Used()), nil
}

// ValidateReader is Validate for all that r has: one term and then io.EOF. It
// returns the length of the term. What it holds in memory is a small window, the
// nesting of the term and its map keys, under limits.MaxKeyState.
func (m *Mode) ValidateReader(r io.Reader) (n int64, err error) {
	s := m.get()
	defer m.put(s)
	s.in.ResetReader(m.c.prog, s.names.hook(), r)
	if s.in.Run(-1) == wire.EvFail {
		return 0, s.error()
	}
	end, err := s.in.AtEnd()
	switch {
	case err != nil:
		s.in.Refuse(wire.ReadError, s.in.Used())
		e := newError(&s.in)
		e.Err = err
		return 0, e
	case !end:
		s.in.Refuse(wire.Trailing, s.in.Used())
	}
	if !end || !s.in.Commit() {
		return 0, s.error()
	}
	return s.in.Used(), nil
}

// validate reads one term that has to be size bytes long.
func (s *session) validate(size int64) error {
	if s.in.Run(-1) == wire.EvFail {
		return s.error()
	}
	if s.in.Used() != size {
		s.in.Refuse(wire.Trailing, s.in.Used())
		return s.error()
	}
	if !s.in.Commit() {
		return s.error()
	}
	return nil
}

// Stats are what a term is made of, and what it would cost a BEAM node.
type Stats struct {
	Bytes         int64 // on the wire, version byte included
	Terms         int64 // as limits.MaxTerms counts
	Depth         int64 // as limits.MaxDepth counts
	Atoms         int64 // positions that hold an atom
	DistinctAtoms int64
	Inflated      int64 // bytes that a compressed term became; 0 if it was not
	// HeapWords is erts_debug:flat_size/1 of the term, in words of 8 bytes: exact
	// if HeapExact, else a bound that keys not chosen to collide never exceed,
	// or the dearest of several releases. Two things the bytes do not tell: ids count
	// as those of another node where Config.Node does not say which one receives them,
	// and a reference of its own takes a word more as long as it is a process alias.
	HeapWords int64
	// OffHeap is the bytes of binaries of more than 64 bytes, which live
	// outside the heap.
	OffHeap   int64
	HeapExact bool
	// HeapCost is what limits.MaxHeapWords is compared with.
	HeapCost int64
}

// Measure is Validate with the counts of an accepted term. It asks no budget and
// spends none: a name that only a budget would refuse passes.
func (m *Mode) Measure(b []byte) (Stats, error) {
	s := m.measuring()
	defer m.put(s)
	s.in.ResetSlice(m.c.prog, s.names.hook(), b)
	if err := s.validate(int64(len(b))); err != nil {
		return Stats{}, err
	}
	return newStats(s.in.Stats()), nil
}

func newStats(s wire.Stats) Stats {
	return Stats{
		Bytes: s.Bytes, Terms: s.Terms, Depth: s.Depth, Atoms: s.Atoms,
		DistinctAtoms: s.DistinctAtoms, Inflated: s.Inflated, HeapWords: s.HeapWords,
		OffHeap: s.OffHeap, HeapExact: s.HeapExact, HeapCost: s.HeapCost,
	}
}
