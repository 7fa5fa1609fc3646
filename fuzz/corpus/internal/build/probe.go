package build

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

//go:embed probes.tsv
var probesText string

// probeSpecs are the payloads by which the rules were found. They stand beside
// those that follow a rule, since a rule that was misread makes cases that are
// wrong in the same way.
func probeSpecs() []*Spec {
	g := &group{prefix: "probe", provenance: "probes: put before OTP 25.2.3 one at a time, before the rules were written"}
	all, err := probes(probesText)
	if err != nil {
		panic(err) // the file is compiled in
	}
	for _, s := range all {
		g.probe(s)
	}
	g.probe(&Spec{ID: "list-004", Rule: "STRING 65535", Recipe: &corpus.Recipe{Parts: []corpus.Part{hexed(ext(tag(107, u16(65535)))), repeat("7a", 65535)}}})
	g.probe(&Spec{ID: "list-032", Rule: "5000 nested LIST 0 tails", Flags: []string{"thin"}, Recipe: &corpus.Recipe{Parts: []corpus.Part{hexed([]byte{131}), repeat("6c00000000", 5000), hexed(small(3))}}})
	return g.specs
}

// probe adds a case that has a name of its own instead of one made of its rule.
func (g *group) probe(s *Spec) {
	name, flags := s.ID, s.Flags
	g.put(s).flag(flags...)
	s.ID = g.prefix + "-" + name
}

// probes reads the text of the file.
func probes(text string) (all []*Spec, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.Split(line, "\t")
		if len(part) != 4 || part[0] == "" || part[1] == "" || part[2] == "" {
			return nil, fmt.Errorf("probes.tsv: %.60q: want a name, flags, what it is, and hexadecimal digits", line)
		}
		s := &Spec{ID: part[0], Rule: part[2]}
		if s.Data, err = hex.DecodeString(part[3]); err != nil {
			return nil, fmt.Errorf("probes.tsv: %s: %w", part[0], err)
		}
		for _, f := range strings.Split(part[1], ",") {
			switch f {
			case "-":
			case "wavers":
				s.wavers()
			case "cut":
				s.cut()
			default:
				s.flag(f)
			}
		}
		all = append(all, s)
	}
	return all, nil
}
