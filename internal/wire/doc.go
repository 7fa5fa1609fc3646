// Package wire is the one grammar of the External Term Format in this module.
//
// # Layers
//
//	tag.go, kind.go, code.go   names: tag bytes, kinds of terms, error codes
//	program.go                 policy and limits compiled into tables, immutable
//	machine.go                 the step loop: every head of every term passes here
//	part.go, id.go, float.go   the rarer heads: funs, exports, ids, text floats
//	atom.go, key.go, same.go   distinct atoms, duplicate keys
//	cost.go                    what a term costs a BEAM node
//	input.go, zlib.go          windows over slices, readers and zlib streams
//
// A Machine is a pushdown automaton over a window of bytes. It stops when it has
// a token (if asked to), when the window is used up, when the term is complete
// or when it has failed, and goes on from there. Validators, token readers, tree
// builders and measurers are short loops around it which know no tag, no limit
// and no policy.
//
// # Debt
//
// Each term still needed to finish the top-level term takes at least one byte.
// The machine counts them (owed) and stops at the head that claims more than can
// still come: what is left of a slice, or what MaxBytes leaves of a reader. So
// no count is believed further than the bytes that back it. Over a slice this
// stop comes earlier than a reader could know; Input then runs a second, cold
// pass without the slice's debt to find the error a reader would report.
package wire
