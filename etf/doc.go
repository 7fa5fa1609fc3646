// Package etf reads the Erlang External Term Format, the bytes 131, … of
// term_to_binary, from senders that are not trusted.
//
// Most programs want package safe, which has no options. This package is what it
// is made of: a [Config] says which terms are wanted and what they may cost, and
// compiles to a [Mode], whose methods validate, measure and decode slices and
// readers.
//
//	mode, err := etf.Config{
//		Limits: limits.Limits{MaxDepth: 64},        // the rest as in limits.Default
//		Policy: etf.Policy{Refuse: etf.Compressed}, // identities are refused anyway
//	}.Compile()
//	if err != nil {
//		return err
//	}
//	err = mode.Validate(frame)
//
// # One grammar
//
// Every method passes the bytes through one step function, so that no two of them
// can differ in what they accept. A slice and a reader, in whatever chunks, give
// the same [Error]. Lengths that the sender claims are believed no further than
// the bytes that back them; in all this there is no recursion, no allocation and no loop
// sized by them.
//
// # What a term is
//
// Encodings that a BEAM decodes to the same term are the same term here:
//
//   - A list is one kind, whether it came as STRING_EXT, as LIST_EXT or in pieces,
//     each the tail of the one before. A LIST_EXT of no elements is its tail.
//   - Atoms are the same in Latin-1 and UTF-8, integers in any of four encodings
//     with any padding, tuples in both, and a BIT_BINARY_EXT of whole bytes is a
//     binary.
//   - Depth: 0 for a scalar, for [], {} and #{}; one more than the deepest child for
//     other containers. The tail of a list adds nothing to it.
//   - Terms: 1 for a scalar and for each container, and its children. The end of a
//     proper list is none; a list in the tail of another is part of it.
//   - Path: indices of a list run on through its tails; an improper tail is a step
//     "tail"; keys and values go by the ordinal of their pair on the wire.
//
// # Go values
//
// [Unmarshal] fills structs, slices, maps and interfaces, [Marshal] writes them.
// VALUES.md in the folder of this package has the table of what becomes what and
// of the field tags, ERLANG.md and ELIXIR.md are guides. [Term] holds any term
// without a Go type, and a [Decoder] hands out tokens.
//
// # Writing
//
// Terms are written by functions for each kind ([AppendAtom] and its family), whole
// ([AppendTerm]), or into a stream by an [Encoder]. What they choose between
// encodings is what OTP 25 chooses for term_to_binary(T, [deterministic,
// {minor_version, 2}]), so equal terms have equal bytes; [EncodeOptions] knows
// older dialects. What is no term is an [EncodeError]. [Mode.Canonicalize] brings
// what somebody else has written into these bytes.
//
// [Format] prints a Term, [Compare] orders two of them, and [AppendJSON] and
// [AppendPlainJSON] make JSON of it.
//
// # Agreement with OTP
//
// The Config [OTP] accepts what erlang:binary_to_term/1 of OTP 25 accepts, as the
// same term of the same length, but for a closed list, refused in every mode since
// the term is not a function of its bytes there, or releases differ:
//
//   - tags 73 and 75 (atoms by their index in one VM), 121 (LOCAL_EXT) and 67
//     (records of OTP 29);
//   - references of no words;
//   - FLOAT_EXT with a comma, or without a NUL in its 31 bytes;
//   - the arity of an export, the old index and old uniq of a fun in anything but an
//     integer tag; an arity above 255; the creator of a fun in anything but a pid tag;
//   - tuples of 2²⁴ elements or more;
//   - bytes behind the term inside compressed data;
//   - references as keys of one map that differ only in zero words at their end;
//   - references of more than three words, zeros at the end apart, in keys of maps of
//     more than 32: that release hashes three words, and may end itself over the rest.
//
// Other modes refuse more, each by its own [Code]. Config.Release 0, which package
// safe uses, accepts what all supported releases take for the same term.
package etf
