package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// Encode writes a manifest, one case on a line, for diffs that people can read.
func Encode(m corpus.Manifest) ([]byte, error) {
	cases := m.Cases
	m.Cases = []corpus.Case{}
	head, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	const open, end = "\"cases\": [", "]\n}"
	if !bytes.HasSuffix(head, []byte(open+end)) {
		return nil, fmt.Errorf("the manifest does not end with its cases: %q", head)
	}
	b := bytes.NewBuffer(bytes.TrimSuffix(head, []byte(end)))
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for i, c := range cases {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		if err := enc.Encode(c); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteString("\n" + end + "\n")
	return b.Bytes(), nil
}

// Read reads the manifest in dir, the folder of package corpus.
func Read(dir string) (m corpus.Manifest, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	return m, err
}

// Vectors returns the files of the corpus, by their names in its folder.
func (b *Build) Vectors() map[string][]byte {
	files := map[string][]byte{}
	for _, e := range b.entries {
		if e.c.Source == "" && e.c.File != "" {
			files[e.c.File] = e.data
		}
	}
	return files
}

// Write writes manifest and vectors into dir, and removes vectors that are none
// any more.
func (b *Build) Write(dir string) error {
	m, err := b.Manifest()
	if err != nil {
		return err
	}
	raw, err := Encode(m)
	if err != nil {
		return err
	}
	files := b.Vectors()
	stale, err := filepath.Glob(filepath.Join(dir, "vectors", "*.etf"))
	if err != nil {
		return err
	}
	for _, name := range stale {
		if _, ok := files["vectors/"+filepath.Base(name)]; !ok {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), raw, 0o644)
}
