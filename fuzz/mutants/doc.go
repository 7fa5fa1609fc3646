// Mutants tests the tests: it changes the library's checks one at a time and
// runs the tests against each change.
//
//	go run ./fuzz/mutants                          # all: an hour of two processors
//	go run ./fuzz/mutants -only wire/zlib,limits/  # some files
//	go run ./fuzz/mutants -shard 2/8 -state s.jsonl
//	go run ./fuzz/mutants -sample 40 -seed 7
//
// # What is changed
//
// The syntax tree of internal/wire, of limits and of the deciding files of etf
// gives
//
//   - every comparison: < as <=, and with its bound moved to the other side, so
//     that a test has to stand on either side of it; == as !=;
//   - every operand of && and ||, left out;
//   - every check, left out as a whole, where no change of its bound or operands
//     is the harder one to notice; conditions of other statements turned around;
//   - every row of a table, changed or dropped, and every case of a switch;
//   - every return of a verdict, an error or a code, turned around; every refusal,
//     dropped; every code, made another.
//
// What only a nearer neighbour can hide is not made: a test that sees a bound off
// by one sees it gone.
//
// With -wide come other numbers, sums, statements and fields of structs, constants,
// which take a build each, and the files of drivers, frames and text. No reason is
// asked of what survives of these.
//
// # How
//
// Nothing in the tree is touched. The go command gets the changed source with
// -overlay, some hundred mutants in a build: a function is there once for each
// of its mutants, and an environment variable chooses, see schema.go. So a
// mutant costs a run of the tests and no build.
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
// or if a reason has no survivor: the mutant is gone, or, in a run that is no
// sample, was killed.
//
// With -state outcomes are kept, a line each, as they come. A later run goes on
// from there and repeats only what belongs to declarations that have changed,
// and with -again only what survived. Most of the time goes to survivors, on which
// every stage runs; -unexplained leaves out those that have a reason.
package main
