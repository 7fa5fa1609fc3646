// Package harness feeds a decoder, whatever language it is written in, with
// cases and compares what it answers with what is expected. The command in
// fuzz/conformance is made of it, and so is the table of adapters.
//
// # One process per case
//
// The payload is the whole standard input. Exit status 0 accepts it, 1 refuses
// it, and anything else, a signal included, is a crash. (Beware of languages in
// which an exception that nobody catches ends in status 1.) What the program
// prints may be empty. Otherwise its first line is the number of bytes that the
// term took, in decimal, or "-", and all that follows the line feed is the
// value. The empty list is given to the program before all cases here, too: one
// that fails without having read it has no result.
//
// # One process for all cases
//
// Requests and replies are frames of {packet,4}: a length of 4 bytes, big
// endian, and that many bytes. A request is a payload. A reply is
//
//	verdict  1 byte   0 refuses, 1 accepts. Behind a refusal there may be a
//	                  text that says why; it is shown, and not judged.
//	                  2 says that the program is at fault and not the decoder
//	                  in it, as where that returns what no frame can hold; a
//	                  text follows, and the run ends without a result
//	used     4 bytes  big endian: the bytes that the term took;
//	                  2^32-1 if the program cannot tell
//	value    the rest
//
// and may end after the verdict or after used. There is one request at a time.
// The first one to a new process is the empty list, 131 106, and no case: the
// time that a start takes is no payload's.
// The program ends when its standard input does. What it prints on standard
// error is shown when it dies. One that ends in failure before it was asked
// anything, or without having read a byte, has no result.
//
// # Values
//
// A value is empty (the program cannot tell), or the term as
// term_to_binary(Term, [deterministic, {minor_version, 2}]) writes it, which
// starts with byte 131, or the tagged JSON of package corpus. In JSON a few
// liberties are taken, all of which [SameValue] describes. null is no term, and
// a wrong value wherever it stands: what is not told is left out.
//
// # Levels
//
// A program that only tells verdicts agrees if its verdicts do. How often it
// did not tell more is counted, so that silence cannot pass for being right.
package harness
