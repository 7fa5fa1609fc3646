package build

import (
	"strings"

	"github.com/beamgate/beamgate/fuzz/legit"
)

// producers are the names for people of the producers of package legit.
var producers = map[string]string{
	"erlang":    "Erlang/",
	"elixir":    "Elixir ",
	"erlpack":   "erlpack ",
	"erlang_js": "erlang_js ",
}

// loaded are payloads with an atom that a VM knows only if it has loaded some
// module, so that its verdict under [safe] says nothing.
var loaded = map[string]bool{"ex_ast_error": true}

// legitSpecs are the payloads of real producers.
func legitSpecs() (specs []*Spec) {
	for _, p := range legit.All() {
		s := &Spec{ID: "legit-" + strings.ToLower(p.ID), Rule: p.How, Provenance: "fuzz/legit: " + p.ID, Legit: &p, NoSafe: loaded[p.ID]}
		if p.Profile != "data" {
			s.Policies = []string{p.Profile}
		}
		specs = append(specs, s)
	}
	return specs
}
