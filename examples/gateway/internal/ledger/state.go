package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// state is what is kept beside the file of the budget: for which incarnation the
// file counts, and what was granted to it. It is written before the budget is
// reset, with the number that the budget will have then; so whoever is stopped
// in between finishes the reset at the next start.
type state struct {
	Nodes   map[string]Incarnation `json:"nodes"`
	Granted int64                  `json:"granted"`
	Resets  int64                  `json:"resets"`
	// Carrying tells that names which passed already were about to be written to
	// the new file. Whoever is stopped then has lost them.
	Carrying bool `json:"carrying,omitempty"`
}

// Incarnation is one life of a node.
type Incarnation struct {
	Creation int64 `json:"creation"`
	Started  int64 `json:"started"` // milliseconds since 1970
}

func statePath(file string) string { return file + config.LedgerState }

// load reads the state, and reports whether there was one.
func (s *state) load(file string) (bool, error) {
	data, err := os.ReadFile(statePath(file))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return true, fmt.Errorf("%s: %w", statePath(file), err)
	}
	return true, nil
}

// save replaces the file, durably. Without a file it does nothing.
func (s *state) save(file string) error {
	if file == "" {
		return nil
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := statePath(file)
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (s *state) with(nodes map[string]Incarnation) state {
	next := *s
	next.Nodes = maps.Clone(nodes)
	return next
}
