package door

import "github.com/beamgate/beamgate/safe"

// rewriter returns what makes the canonical bytes of a term that the guard
// accepted, or nil while package etf has no such thing.
func rewriter(*safe.Guard) func(dst, src []byte) ([]byte, error) { return nil }
