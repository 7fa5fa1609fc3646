// Package regress has no code. Its benchmarks are what `make bench-diff` compares
// between two revisions of the library: the inputs and the benchmarks of this
// checkout, with the library of one and of the other.
package regress
