// Mutants tests the tests: it changes the library's checks one at a time and
// runs the tests against each change.
//
//	go run ./fuzz/mutants                          # all: hours of processor time
//	go run ./fuzz/mutants -only wire/zlib,limits/  # some files
//	go run ./fuzz/mutants -shard 2/8 -state s.jsonl
//	go run ./fuzz/mutants -sample 100 -constants=false
//
// # What is changed
//
// The syntax tree of internal/wire, limits and the deciding files of etf gives
// every comparison with its neighbours (< as <=, as >= and with the bound moved
// to the other side; == as !=), every operand of && and || alone, conditions
// negated, checks left out, rows of tables dropped and changed, refusals dropped
// and given another code, results turned around, sums without their +1, counters
// that do not count, calls left out, constants one off. With -wide other numbers,
// sums and assignments are changed too; no reason is asked of what survives then.
//
// # How
//
// Nothing in the tree is touched. The go command gets the changed source with
// -overlay, some hundred mutants in a build: a function is there once for each
// of its mutants, and an environment variable chooses, see schema.go. So a
// mutant costs a run of the tests and no build. Constants cannot be chosen when
// a program runs: each of them takes a build.
//
// The suite in suite.go runs in stages, the cheap and deadly ones first, and
// stops at the first failure. A process that takes several times the processor
// time or memory of a run without a mutant is ended, and its mutant counts as
// killed. Mutants that the type checker refuses are counted apart.
//
// # What is asked
//
// A mutant that survives shows a missing test, or it changes nothing that counts
// (only speed, say). In the second case survivors.txt says why, under a key
// without a line number. The exit status is 1 if a survivor has no reason there,
// or if a reason has no survivor: the mutant is gone or was killed.
//
// With -state outcomes are kept, a line each, as they come. A later run goes on
// from there and repeats only what belongs to declarations that have changed,
// and with -again only what survived.
package main
