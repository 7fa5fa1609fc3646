package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// Spec is a case as its author wrote it, before anything was measured.
type Spec struct {
	ID         string
	Rule       string
	Provenance string
	Flags      []string
	// Policies are judged beside safe and otp.
	Policies []string
	// Data or Recipe is the payload.
	Data   []byte
	Recipe *corpus.Recipe
	// Legit is set for payloads of package legit.
	Legit *legit.Payload
	// Wavers: the truth is not the same in each run of a VM, so only verdicts
	// are recorded.
	Wavers bool
	// NoSafe: the verdict under [safe] is not recorded.
	NoSafe bool
	// Cut: the payload begins as one that no VM should decode, and ends, or
	// goes on, so that every VM refuses it first.
	Cut bool
}

// payload returns the bytes.
func (s *Spec) payload() ([]byte, error) {
	switch {
	case s.Legit != nil:
		return s.Legit.Data(), nil
	case s.Recipe != nil:
		return s.Recipe.Expand()
	}
	return s.Data, nil
}

// group collects the cases of one kind.
type group struct {
	prefix, provenance string
	flags, policies    []string
	specs              []*Spec
}

// add adds a case; rule says what it is about and gives the ID.
func (g *group) add(rule string, data []byte) *Spec {
	return g.put(&Spec{Rule: rule, Data: data})
}

// recipe adds a case that is no file.
func (g *group) recipe(rule string, parts ...corpus.Part) *Spec {
	return g.put(&Spec{Rule: rule, Recipe: &corpus.Recipe{Parts: parts}})
}

func (g *group) put(s *Spec) *Spec {
	s.ID = g.prefix + "-" + slug(s.Rule)
	s.Provenance = g.provenance
	s.Flags = slices.Clone(g.flags)
	s.Policies = slices.Clone(g.policies)
	g.specs = append(g.specs, s)
	return s
}

// flag adds flags to a case.
func (s *Spec) flag(flags ...string) *Spec {
	s.Flags = append(s.Flags, flags...)
	return s
}

// policy adds policies to a case.
func (s *Spec) policy(names ...string) *Spec {
	s.Policies = append(s.Policies, names...)
	return s
}

// wavers marks a case whose term depends on the VM.
func (s *Spec) wavers() *Spec {
	s.Wavers = true
	return s
}

// cut marks a case that only begins like one that harms, see Spec.Cut.
func (s *Spec) cut() *Spec {
	s.Cut = true
	return s
}

// slug makes part of an ID of a text.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_':
			b.WriteRune(r)
		case r == '-' && strings.HasSuffix(b.String(), "-"), r == '+':
			b.WriteString(map[rune]string{'-': "minus-", '+': "plus-"}[r])
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// groups are all makers of cases but those for real producers and findings. Bytes that several of them make belong to the
// first.
var groups = []func() []*Spec{
	incidentSpecs, sampleSpecs,
	envelopeSpecs, integerSpecs, bigSpecs, floatSpecs, textFloatSpecs, atomSpecs,
	tupleSpecs, listSpecs, binarySpecs, bitSpecs, mapSpecs, keySpecs,
	pidSpecs, portSpecs, refSpecs, funSpecs, exportSpecs, zlibSpecs, bifSafeSpecs,
	limitSpecs, refusedSpecs, nestedSpecs, tagSpecs, cutSpecs, probeSpecs,
}

// Specs returns all cases, sorted by ID. more are findings that FoundFile does not
// hold yet.
func Specs(more ...Finding) ([]*Spec, error) {
	found, err := findings(foundText)
	if err != nil {
		return nil, err
	}
	makers := []func() []*Spec{func() []*Spec { return foundSpecs(append(found, more...)) }}
	all := legitSpecs()
	seen := map[string]bool{}
	for _, g := range append(makers, groups...) {
		for _, s := range g() {
			if s.Recipe == nil {
				if seen[string(s.Data)] {
					continue
				}
				seen[string(s.Data)] = true
			}
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *Spec) int { return strings.Compare(a.ID, b.ID) })
	for i, s := range all {
		if i > 0 && s.ID == all[i-1].ID {
			return nil, fmt.Errorf("two cases with the ID %s", s.ID)
		}
		slices.Sort(s.Flags)
		s.Flags = slices.Compact(s.Flags)
		slices.Sort(s.Policies)
		s.Policies = slices.Compact(s.Policies)
	}
	return all, nil
}
