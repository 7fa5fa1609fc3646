// Package wire is the one grammar of the External Term Format in this module: no
// other package knows what a tag means.
//
// # The map
//
//	              bytes: a slice, a reader, a zlib stream
//	                               │
//	input.go    Input     windows over them; drives the Machine; Next, Run
//	zlib.go               the envelope of COMPRESSED, sizes and ratio; what is in it
//	                      is read by package inflate
//	                               │ window buf[pos:]
//	machine.go  Machine   the state: frames, counts, flags of who looks on
//	scan.go     run       the loop around scan and what scan leaves to others
//	            scan      the step loop: reads, checks and charges nearly every head
//	head.go               heads that scan hands back: atoms, keys, containers, tokens
//	step.go               places where no ordinary head stands: the version byte,
//	                      tails of lists, elements of a STRING_EXT; rare tags
//	part.go, id.go,       the parts of funs and exports, ids, text floats, payloads
//	float.go, payload.go  that reach beyond the window
//	                               │ what every head is asked
//	atom.go               which atom it is: the term's table of distinct names
//	key.go, same.go       whether it is a key twice: hashes, and comparison on a hit
//	cost.go               what it costs a BEAM node
//	fail.go               the one failure, its offset and its path
//	                               │ what comes out, beside verdict and counts
//	tree.go               nodes of a tree, planted while scan runs
//	recode.go             the canonical bytes of an accepted term
//	plain.go              the frequent heads of an accepted term, without a Machine
//	access.go             tokens, payloads, counts, parts of ids and funs
//
// Beside these, tag.go, kind.go and code.go hold the names, and program.go turns a
// configuration (limits, policy, release of OTP) into tables: a [Program] is
// immutable and shared, a [Machine] reads one term at a time.
//
// # The way of a head
//
// A Machine is a pushdown automaton over a window of bytes. The top frame says in
// what kind of container the next term stands (class) and how many are left; the
// stack holds those around it. scan takes a head by Program.ops[tag], an op, which
// is opHead for every tag that is unknown or refused by the policy, so that a
// switch over ops is the grammar and the policy at once. Whatever it cannot decide
// by itself in a few instructions it leaves where it stands: it returns an exit, run
// calls the function for it (shortAtom, open, rare, step, …), and scan goes on
// behind. Behind exitScalar a head has been checked and charged by scan; behind every
// other exit the function decides from the beginning and does not rely on what scan has
// looked at, so that a fast path can be removed and no verdict changes.
//
// run comes back with an Event when a token is wanted and there (EvToken), the window
// is used up (EvMore), the term is complete (EvDone), a container has ended that the
// caller waits for (EvSkipped), or the term is refused (EvFail, for good).
// Validators, token readers, tree builders and measurers are short loops around it
// which know no tag, no limit and no policy.
//
// # Caps
//
// Each cap is checked where what it counts is counted, and a container pays for all
// its children when its head is read: terms, heap words and, below, debt. Where one
// comparison answers several questions, it only says that something is wrong; one
// function (afford) then asks one by one, in the order that limits.Limits tells, so that the
// error is the first in that order.
//
// # Debt
//
// Each term still needed to finish the top-level term takes at least one byte. The
// machine counts them (owed) and stops at the head that claims more than can still
// come: what is left of a slice, or what MaxBytes leaves of a reader. So no count is
// believed further than the bytes that back it. Over a slice this stop comes earlier
// than a reader could know; Input then runs a second, cold pass without the slice's
// debt to find the error a reader would report.
//
// # Windows
//
// A window is what is in memory of the input: all of a slice, or a part of a reader
// or of inflated data that moves on. In a window that passes (Machine.wide), nothing
// can be looked at again: atoms and keys are then known by two keyed hashes, and no
// longer by where they stand.
package wire
