package build

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// Summary counts the cases of a manifest by class, for people.
func Summary(m corpus.Manifest) string {
	count := map[string]int{}
	for _, c := range m.Cases {
		count["class "+string(c.Class)]++
		if c.Source == corpus.FromLegit {
			count["by real producers"]++
		}
		if c.Recipe != nil {
			count["recipes"]++
		}
		for release, t := range c.Truth {
			count[t.How+" "+release]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d cases\n", len(m.Cases))
	for _, name := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintf(&b, "%6d %s\n", count[name], name)
	}
	return b.String()
}
