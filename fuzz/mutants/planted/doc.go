// Planted puts known bugs into the decoder, one at a time, and demands that the
// ordinary tests find each of them.
//
//	go run ./fuzz/mutants/planted
//
// They are the classes of bugs that decoders of this format have had: duplicate
// keys let through, a cap that one driver forgets, overlong UTF-8, an inflater
// that is off by one, a wrong rule for -0.0, miscounted words of hash maps, a
// budget that is not given back, a look ahead that is taken for a read. Each is a
// piece of the source, the text that stands there instead, and the tests that have
// to fail. A piece that is not in the source exactly once is an error: the bug has
// to be planted anew.
//
// Nothing in the tree is changed: one build with an overlay holds all bugs, and
// an environment variable chooses. The exit status is 1 if one goes unnoticed.
package main
