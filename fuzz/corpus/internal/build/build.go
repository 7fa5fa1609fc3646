// Package build makes the corpus: it writes the cases by rule, judges them by the
// policies of this library and by a BEAM, and writes the manifest.
//
//	shape.go                terms and pieces of terms, as bytes
//	spec.go                 what an author says of a case
//	legit.go and others     the cases, a file for each kind
//	found.tsv               cases that were found by fuzzing
//	probes.tsv              cases by which the rules were found
//	rule.go                 what provenance says of the rules
//	policy.go               configurations, and what they make of a case
//	truth.go                what the BEAM makes of it
//	value.go                terms as tagged JSON
//	notes.go                what flags mean
//	build.go manifest.go    all of it together
//
// The command fuzz/corpus/generate and the tests share it.
package build

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

// Build is a corpus in the making.
type Build struct {
	entries  []*entry
	policies map[string]policy
}

// entry is one case in the making.
type entry struct {
	spec *Spec
	data []byte
	docs map[string]corpus.Truth // what is documented
	c    corpus.Case
}

// New judges all cases by the policies. What a BEAM says is still missing. more are
// findings to add.
func New(more ...Finding) (*Build, error) {
	specs, err := Specs(more...)
	if err != nil {
		return nil, err
	}
	b := &Build{policies: policies()}
	m, err := newMeter()
	if err != nil {
		return nil, err
	}
	for _, s := range specs {
		e, err := b.entry(s, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.ID, err)
		}
		b.entries = append(b.entries, e)
	}
	return b, nil
}

func (b *Build) entry(s *Spec, m *meter) (*entry, error) {
	data, err := s.payload()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	e := &entry{spec: s, data: data, c: corpus.Case{
		ID: s.ID, Recipe: s.Recipe, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:]),
		Rule: s.Rule, Provenance: s.Provenance, Flags: s.Flags,
		Policy: map[string]corpus.Policy{},
	}}
	switch {
	case s.Legit != nil:
		e.c.Source, e.c.File = corpus.FromLegit, corpus.LegitPath+s.Legit.File
	case s.Recipe == nil:
		e.c.File = "vectors/" + s.ID + ".etf"
	}
	for _, name := range append([]string{"safe", "otp"}, s.Policies...) {
		p, ok := b.policies[name]
		if !ok {
			return nil, fmt.Errorf("no policy %q", name)
		}
		if e.c.Policy[name], err = p.verdict(s, data); err != nil {
			return nil, fmt.Errorf("policy %s: %w", name, err)
		}
	}
	e.c.Cost, e.c.Features = m.cost(data), m.features(data)
	if e.docs, err = m.documented(data); err != nil {
		return nil, err
	}
	e.c.Truth = maps.Clone(e.docs)
	return e, nil
}

// meter works out what a term costs and needs.
type meter struct {
	otp      *etf.Mode
	without  map[etf.Features]*etf.Mode
	releases []*etf.Mode // in the order of newer
}

func newMeter() (*meter, error) {
	m := &meter{without: map[etf.Features]*etf.Mode{}}
	var err error
	if m.otp, err = etf.OTP().Compile(); err != nil {
		return nil, err
	}
	for _, release := range newer {
		c := etf.OTP()
		c.Release = release
		mode, err := c.Compile()
		if err != nil {
			return nil, err
		}
		m.releases = append(m.releases, mode)
	}
	return m, nil
}

// cost is nil for what etf.OTP refuses.
func (m *meter) cost(b []byte) *corpus.Cost {
	used, err := m.otp.ValidatePrefix(b)
	if err != nil {
		return nil
	}
	s, err := m.otp.Measure(b[:used])
	if err != nil {
		return nil
	}
	return &corpus.Cost{
		Depth: s.Depth, Terms: s.Terms, Atoms: s.Atoms, DistinctAtoms: s.DistinctAtoms,
		Inflated: s.Inflated, HeapWords: s.HeapWords, OffHeap: s.OffHeap, Exact: s.HeapExact,
	}
}

// features lists those without which etf.OTP would refuse what it accepts: it
// refuses all of them, then allows the one it stumbled on, until it is through.
func (m *meter) features(b []byte) (names []string) {
	if _, err := m.otp.ValidatePrefix(b); err != nil {
		return nil
	}
	left := everyFeature()
	for {
		_, err := m.refusing(left).ValidatePrefix(b)
		if err == nil {
			break
		}
		left &^= featureOf(err)
	}
	for _, f := range features {
		if left&f.bit == 0 {
			names = append(names, f.name)
		}
	}
	return names
}

func everyFeature() (all etf.Features) {
	for _, f := range features {
		all |= f.bit
	}
	return all
}

// featureOf is the feature that a refusal is about.
func featureOf(err error) etf.Features {
	var e *etf.Error
	if errors.As(err, &e) {
		name, _ := strings.CutPrefix(string(e.Code), "rejected_")
		for _, f := range features {
			if f.name == strings.ReplaceAll(name, "_", "-") {
				return f.bit
			}
		}
	}
	panic(err) // etf.OTP accepts the payload
}

func (m *meter) refusing(f etf.Features) *etf.Mode {
	if m.without[f] == nil {
		mode, err := without(f).Compile()
		if err != nil {
			panic(err) // no combination of features is wrong
		}
		m.without[f] = mode
	}
	return m.without[f]
}

// Carry takes over what an older manifest says of the same bytes: what was
// measured on releases that were not measured now.
func (b *Build) Carry(old corpus.Manifest) {
	before := map[string]corpus.Case{}
	for _, c := range old.Cases {
		before[c.ID] = c
	}
	for _, e := range b.entries {
		was := before[e.spec.ID]
		if was.SHA256 != e.c.SHA256 {
			continue
		}
		for release, t := range was.Truth {
			if t.How == corpus.Measured && e.c.Truth[release].How != corpus.Measured {
				e.c.Truth[release] = t
			}
		}
	}
}

// Manifest returns the corpus. Each case needs the truth of OTP 25 by now.
func (b *Build) Manifest() (corpus.Manifest, error) {
	m := corpus.Manifest{Version: corpus.Version, License: corpus.License, Notes: notes(), Policies: map[string]string{}}
	var errs []error
	for _, e := range b.entries {
		if e.c.Truth["25"].How != corpus.Measured {
			errs = append(errs, fmt.Errorf("%s: OTP 25 was not asked", e.spec.ID))
		}
		e.classify()
		for _, f := range e.c.Flags {
			if _, ok := m.Notes[f]; !ok {
				errs = append(errs, fmt.Errorf("%s: no note on flag %q", e.spec.ID, f))
			}
		}
		for name := range e.c.Policy {
			m.Policies[name] = b.policies[name].text
		}
		m.Cases = append(m.Cases, e.c)
	}
	return m, errors.Join(errs...)
}

// generator is the producer of valid cases that are written here.
const generator = "beamgate fuzz/corpus"

// classify sets the class and the producer.
func (e *entry) classify() {
	accepted := e.c.Truth["25"].Verdict == corpus.Accept
	differs := slices.Contains(e.c.Flags, "newer-tag")
	for _, t := range e.c.Truth {
		differs = differs || (t.Verdict == corpus.Accept) != accepted
	}
	switch {
	case differs:
		e.c.Class = corpus.Release
	case !accepted:
		e.c.Class = corpus.Malformed
	case e.spec.Legit != nil, e.c.Policy["safe"].Verdict == corpus.Accept:
		e.c.Class = corpus.Valid
	default:
		e.c.Class = corpus.Hostile
	}
	switch {
	case e.c.Class != corpus.Valid:
		e.c.Producer = ""
	case e.spec.Legit != nil:
		e.c.Producer = cmp.Or(producers[e.spec.Legit.Producer], e.spec.Legit.Producer+" ") + e.spec.Legit.Version
	default:
		e.c.Producer = generator
	}
}
