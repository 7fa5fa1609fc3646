package build

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
)

//go:embed found.tsv
var foundText string

// FoundFile is the file of findings, seen from the folder of package corpus.
const FoundFile = "internal/build/found.tsv"

// Finding is a payload in which a bug was found, and what it is.
type Finding struct {
	Rule    string
	Payload []byte
}

// Line is the finding as it stands in FoundFile.
func (f Finding) Line() string { return f.Rule + "\t" + hex.EncodeToString(f.Payload) + "\n" }

// findings reads the text of FoundFile.
func findings(text string) (all []Finding, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rule, digits, ok := strings.Cut(line, "\t")
		payload, err := hex.DecodeString(digits)
		if !ok || rule == "" || err != nil {
			return nil, fmt.Errorf("%s: %.60q: want a rule, a tab and hexadecimal digits", FoundFile, line)
		}
		all = append(all, Finding{rule, payload})
	}
	return all, nil
}

// foundSpecs are the findings as cases.
func foundSpecs(all []Finding) []*Spec {
	g := &group{prefix: "found", provenance: "found by fuzz/targets"}
	for _, f := range all {
		g.add(f.Rule, f.Payload)
	}
	return g.specs
}
