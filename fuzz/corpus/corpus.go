// Package corpus holds payloads in the Erlang external term format with what a
// decoder should make of each: what the BEAM does, what a gate in front of one
// should do, and what the term costs. It serves tests of any decoder:
//
//	for _, c := range corpus.Cases() {
//		if err := decode(c.Data()); (err == nil) != c.Accepted("25") {
//			t.Errorf("%s (%s): %v", c.ID, c.Rule, err)
//		}
//	}
//
// The decode is one that takes a term with bytes behind it, as binary_to_term does:
// [Case.Accepted] speaks of that. A decoder that refuses these skips cases with the
// flag "trailing"; one that lacks a kind of terms, those with its name in
// [Case.Features].
//
// # Truth and policy
//
// The two are told apart. [Case.Truth] is what binary_to_term/1 of an OTP
// release does: measured where that release ran, documented where only its
// documents and sources are known. [Case.Policy] is what configurations of this
// library do. A BEAM accepts much that a gate must not let through; these are
// the cases of class [Hostile].
//
// # Files
//
// manifest.json holds the cases, manifest.schema.json describes it, vectors holds
// their bytes. Payloads of real producers are those of package legit, referred
// to and not copied. Large payloads are recipes: see [Recipe].
//
//	go run ./fuzz/corpus/generate   # writes manifest.json and vectors anew
//
// The program measure.erl measures what another OTP makes of the cases, without
// Go; generate -merge takes in what it wrote.
//
// Manifest and vectors are dedicated to the public domain (CC0-1.0, see LICENSE
// in this folder); payloads of package legit carry their own notice.
package corpus

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/beamgate/beamgate/fuzz/legit"
)

// Version is the version of the corpus, which has its own: the major number
// changes with the layout of the manifest, the minor one with new cases, the
// patch level with corrected ones.
const Version = "1.0.0"

// License is the licence of manifest and vectors, as an SPDX expression.
const License = "CC0-1.0"

//go:embed manifest.json vectors
var files embed.FS

// Cases returns all cases, sorted by ID. The slice is the caller's own; what its
// elements point to is shared and must not be changed.
func Cases() []Case { return slices.Clone(embedded().Cases) }

// Find returns the case with this ID.
func Find(id string) (Case, bool) {
	all := embedded().Cases
	i, ok := slices.BinarySearchFunc(all, id, func(c Case, id string) int { return strings.Compare(c.ID, id) })
	if !ok {
		return Case{}, false
	}
	return all[i], true
}

// Load returns the whole manifest. What it points to is shared and must not be
// changed.
func Load() Manifest {
	m := embedded()
	m.Cases = slices.Clone(m.Cases)
	return m
}

var embedded = sync.OnceValue(func() Manifest {
	raw, err := files.ReadFile("manifest.json")
	if err == nil {
		var m Manifest
		if err = json.Unmarshal(raw, &m); err == nil {
			return m
		}
	}
	// The file is compiled in, and a test reads it.
	panic("corpus: manifest.json: " + err.Error())
})

var payloads = sync.OnceValue(func() map[string]legit.Payload {
	byFile := map[string]legit.Payload{}
	for _, p := range legit.All() {
		byFile[LegitPath+p.File] = p
	}
	return byFile
})

// LegitPath leads from this folder to that of package legit, as in Case.File.
const LegitPath = "../legit/"

// Data returns the bytes of the case, a recipe expanded. They are the caller's
// own. The largest case takes some megabytes.
func (c Case) Data() []byte {
	var data []byte
	var err error
	switch {
	case c.Recipe != nil:
		data, err = c.Recipe.Expand()
	case c.Source == FromLegit:
		p, ok := payloads()[c.File]
		if !ok {
			panic("corpus: " + c.ID + ": package legit has no " + c.File)
		}
		return p.Data()
	default:
		data, err = files.ReadFile(c.File)
	}
	if err != nil {
		// Files and recipes are compiled in, and a test expands every one.
		panic("corpus: " + c.ID + ": " + err.Error())
	}
	return data
}

// Accepted reports whether the OTP release, as in "25", accepts the case. Where
// nothing is recorded of a release, the next lower one speaks for it; flag
// newer-tag marks cases of which that says nothing.
func (c Case) Accepted(release string) bool {
	best := ""
	for r := range c.Truth {
		if r <= release && r > best { // two digits each
			best = r
		}
	}
	return c.Truth[best].Verdict == Accept
}
