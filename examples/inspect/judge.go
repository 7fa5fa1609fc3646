package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/beamgate/beamgate/etf"
)

// result is what there is to say of an input.
type result struct {
	name  string
	err   *etf.Error // nil if it was accepted
	stats etf.Stats  // of an accepted one
	term  string     // empty if it is not shown
	why   string     // why it is not shown
	value []byte     // the term in lossless JSON, if that is asked for and short enough
}

// A term is decoded for printing if its tree fits some 100 MiB: under -otp a
// small input may become gigabytes.
const (
	showBytes = 16 << 20
	showTerms = 4 << 20
)

// judge inspects one input. An error is one of reading it.
func (j *job) judge(in input) (*result, error) {
	s, err := j.open(in)
	if err != nil {
		return nil, err
	}
	defer s.close()
	r := &result{name: in.name}
	r.stats, err = j.measure(j.mode, s, in.name)
	if !errors.As(err, &r.err) {
		j.addTerm(r, s)
		return r, nil
	}
	if r.err.Code == etf.CodeRead {
		return nil, r.err.Err
	}
	return r, nil
}

// measure counts what s is made of, under any mode.
func (j *job) measure(m *etf.Mode, s *source, name string) (etf.Stats, error) {
	if s.large == nil {
		return m.Measure(s.data)
	}
	stats, err := m.MeasureReader(j.progress.reader(s.large(), name, s.size))
	if e, ok := errors.AsType[*etf.Error](err); ok && e.Err != nil { // of a file of the user's own
		err = fmt.Errorf("%w: %w", err, e.Err)
	}
	return stats, err
}

// addTerm prints an accepted term in Erlang syntax.
func (j *job) addTerm(r *result, s *source) {
	switch {
	case j.term == 0:
	case s.large != nil:
		r.why = "not shown, for the input is streamed"
	case r.stats.Bytes+r.stats.Inflated > showBytes || r.stats.Terms > showTerms:
		r.why = "not shown, for its tree is large"
	default:
		// What was measured is decoded: no error.
		t, _ := j.mode.Decode(s.data)
		r.term = string(t.Append(nil, j.term))
		j.addValue(r, t)
	}
}

// addValue keeps the term in JSON. That cannot be cut, so of a term that takes
// more than its printed form may there is none.
func (j *job) addValue(r *result, t etf.Term) {
	if !j.json || r.stats.Bytes+r.stats.Inflated > int64(j.term) {
		return
	}
	if v, err := etf.AppendJSON(nil, t); err == nil && len(v) <= j.term {
		r.value = v
	}
}

// progressReader counts what passes.
type progressReader struct {
	r    io.Reader
	p    *progress
	name string
	done int64
	size int64
}

func (r *progressReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.done += int64(n)
	r.p.bytes(r.name, r.done, r.size, err == io.EOF)
	return n, err
}
