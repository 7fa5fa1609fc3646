package build

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
)

//go:embed found.tsv
var foundText string

// FoundFile is the file of findings, seen from the folder of package corpus.
const FoundFile = "internal/build/found.tsv"

// Finding is a payload in which a bug was found, what it is, and where it comes from.
type Finding struct {
	Rule       string
	Payload    []byte
	Provenance string // empty is FoundByTargets
}

// FoundByTargets is the provenance of a finding whose line tells none.
const FoundByTargets = "found by fuzz/targets"

// Line is the finding as it stands in FoundFile.
func (f Finding) Line() string {
	line := f.Rule + "\t" + hex.EncodeToString(f.Payload)
	if f.Provenance != "" && f.Provenance != FoundByTargets {
		line += "\t" + f.Provenance
	}
	return line + "\n"
}

// ID is that of the case that the finding becomes.
func (f Finding) ID() string { return foundSpecs([]Finding{f})[0].ID }

// Check tells what its line could not hold, and whether its rule makes a name.
func (f Finding) Check() error {
	switch {
	case strings.ContainsFunc(f.Rule+f.Provenance, unicode.IsControl), strings.HasPrefix(f.Rule, "#"):
		return fmt.Errorf("%q, %q: a rule and a provenance are text without tabs and line feeds, and a rule begins with no #", f.Rule, f.Provenance)
	case slug(f.Rule) == "":
		return fmt.Errorf("the rule %q has no letter or digit to make a name of", f.Rule)
	}
	return nil
}

// findings reads the text of FoundFile.
func findings(text string) (all []Finding, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rule, rest, ok := strings.Cut(line, "\t")
		digits, provenance, more := strings.Cut(rest, "\t")
		payload, err := hex.DecodeString(digits)
		if !ok || rule == "" || err != nil || more && provenance == "" || strings.Contains(provenance, "\t") {
			return nil, fmt.Errorf("%s: %.60q: want a rule, a tab, hexadecimal digits and perhaps a tab and a provenance", FoundFile, line)
		}
		all = append(all, Finding{rule, payload, provenance})
	}
	return all, nil
}

// foundSpecs are the findings as cases.
func foundSpecs(all []Finding) []*Spec {
	g := &group{prefix: "found", provenance: FoundByTargets}
	for _, f := range all {
		if s := g.add(f.Rule, f.Payload); f.Provenance != "" {
			s.Provenance = f.Provenance
		}
	}
	return g.specs
}
