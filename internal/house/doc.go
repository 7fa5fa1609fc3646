// Package house has no code. Its tests keep the rules that the compiler does
// not: which room imports which, where tag bytes may be named, that the library
// holds no state of its own, that the changelog can be read by a program and that
// the documents claim nothing that is not there: their Go code is compiled and run,
// their commands are looked up or run, their tables are held against the code.
package house
