// Package targets holds the drivers of package etf against each other, against
// fuzz/naive and against a real BEAM.
//
//	payload ──┬─ Drivers.Check ── every way to read it: one verdict, one tree
//	          ├─ Naive ────────── a decoder that shares nothing: the same verdict,
//	          │                   length, figures and tree, for any release and node
//	          └─ Judge ────────── a live VM: the same again for OTP 25, and nothing
//	                              accepted that it refuses
//
// What they find is a [*Disagreement], whose Kind is stable, so that a payload
// can be made small while it still shows the same. The tests of this package,
// its native fuzz targets and the command fuzz/differential are loops around
// these three.
//
// The tests are seeded and short. These variables make them longer:
//
//	BEAMGATE_SEED   seed of generated payloads
//	BEAMGATE_N      payloads for each test of agreement
//	BEAMGATE_BEAM_N payloads for the BEAM; 300,000 if CI=true
package targets

import "fmt"

// Disagreement is where two readers of one payload differ.
type Disagreement struct {
	// Kind says which two, and over what.
	Kind string
	// Detail is for people.
	Detail string
}

func (d *Disagreement) Error() string { return d.Kind + ": " + d.Detail }

func disagree(kind, format string, a ...any) *Disagreement {
	return &Disagreement{kind, fmt.Sprintf(format, a...)}
}
