package build

import "github.com/beamgate/beamgate/fuzz/corpus"

// notes explain the flags.
func notes() map[string]corpus.Note {
	return map[string]corpus.Note{
		"trailing": {Effect: "Bytes behind the term are ignored by the BEAM. Whoever frames messages otherwise sees a second one there."},
	}
}
