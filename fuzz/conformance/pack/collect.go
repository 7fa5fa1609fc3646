package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// entry is one file of the tarball.
type entry struct {
	name string // below the top folder, with slashes
	data []byte
	exec bool
}

// files are those that are taken as they are: where they stand in the checkout,
// and in the tarball.
var files = []struct {
	from, to string
	exec     bool
}{
	{"LICENSE", "LICENSE", false},
	{"fuzz/conformance/pack/README.txt", "README.txt", false},
	{"fuzz/conformance/python/conformance.py", "conformance.py", true},
	{"fuzz/conformance/python/sample_decoder.py", "sample_decoder.py", true},
	{"fuzz/corpus/LICENSE", "corpus/LICENSE", false},
	{"fuzz/corpus/manifest.json", "corpus/manifest.json", false},
	{"fuzz/corpus/manifest.schema.json", "corpus/manifest.schema.json", false},
	{"fuzz/legit/payloads/README.md", "legit/payloads/README.md", false},
}

// collect gathers all entries, sorted by name. The manifest goes in unchanged,
// so its files stand as it says, seen from its folder.
func collect(root string) ([]entry, error) {
	var all []entry
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.from)))
		if err != nil {
			return nil, err
		}
		if f.to == "corpus/manifest.json" {
			if err := current(data); err != nil {
				return nil, err
			}
		}
		all = append(all, entry{f.to, data, f.exec})
	}
	for _, c := range corpus.Cases() {
		if c.Recipe != nil {
			continue // expanded by who needs it
		}
		name := path.Join("corpus", c.File)
		if !strings.HasPrefix(name, "corpus/vectors/") && !strings.HasPrefix(name, "legit/payloads/") {
			return nil, fmt.Errorf("%s: %s is not where vectors are", c.ID, c.File)
		}
		all = append(all, entry{name, c.Data(), false})
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(all, func(a, b entry) bool { // cases may share a file
		return a.name == b.name && bytes.Equal(a.data, b.data)
	}), nil
}

// current makes sure that the manifest in the checkout is the one that this
// program was built with.
func current(manifest []byte) error {
	var m corpus.Manifest
	if err := json.Unmarshal(manifest, &m); err != nil {
		return err
	}
	same := slices.EqualFunc(m.Cases, corpus.Cases(), func(a, b corpus.Case) bool { return a.ID == b.ID && a.SHA256 == b.SHA256 })
	if m.Version != corpus.Version || !same {
		return fmt.Errorf("the manifest is not the one of this program, which knows version %s", corpus.Version)
	}
	return nil
}
