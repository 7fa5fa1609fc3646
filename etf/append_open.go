package etf

import "github.com/beamgate/beamgate/internal/wire"

// The functions below append heads of containers whose number of children is
// not known yet, for closeCount. What they make is not the canonical form.

func openList(dst []byte) []byte  { return append(dst, wire.TagList, 0, 0, 0, 0) }
func openTuple(dst []byte) []byte { return append(dst, wire.TagLargeTuple, 0, 0, 0, 0) }
func openMap(dst []byte) []byte   { return append(dst, wire.TagMap, 0, 0, 0, 0) }

// closeCount fills in the number of children of the head at start.
func closeCount(b []byte, start, n int) { be.PutUint32(b[start+1:], uint32(n)) }
