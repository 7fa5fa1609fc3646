package build

import "github.com/beamgate/beamgate/fuzz/corpus"

const (
	eef     = "https://erlef.github.io/security-wg/secure_coding_and_deployment_hardening/serialisation"
	extDist = "https://www.erlang.org/doc/apps/erts/erl_ext_dist.html"
)

// notes explain the flags.
func notes() map[string]corpus.Note {
	return map[string]corpus.Note{
		"thin":            {Effect: "A LIST_EXT of no elements is its tail, of whatever type. A decoder that returns an empty list, or drops the tail, reads another term."},
		"bit-count":       {Effect: "No BIT_BINARY_EXT has such a count. A decoder that computes with it shifts too far or reads a byte too many."},
		"duplicate-key":   {Effect: "Two keys of a map are the same term, perhaps in two encodings. The BEAM refuses the payload; a decoder that keeps the first or the last reads what another does not."},
		"signed-zero":     {Effect: "0.0 and -0.0 are the same key up to OTP 26 and two keys from OTP 27 on."},
		"identity":        {Effect: "Pids, ports and references are authority: whoever gets one in from outside sends to a process, or replays a handle, that was never meant for the sender.", Link: eef},
		"own-node":        {Effect: "Named like the node that receives it. Ranges, cost and meaning depend on that node's name and creation."},
		"code":            {Effect: "A fun is code that runs when it is called, and some protocols call what they find in data.", CVE: "CVE-2020-15150", Link: eef},
		"field-type":      {Effect: "A term of the wrong type inside a compound form. Decoders that check the fields of such forms less than other terms take it."},
		"field-range":     {Effect: "A number out of its range inside a compound form."},
		"fun-size":        {Effect: "The size field of a fun is not its size. The BEAM does not look at it; a decoder that skips by it loses its place."},
		"fun-identity":    {Effect: "Which fields make a fun equal to another one differs between releases."},
		"short-reference": {Effect: "References of one word and the same with zero words behind are equal in small maps and not in large ones."},
		"compressed":      {Effect: "A few bytes become many: memory for the size that is claimed, and for what inflates, before anything is known of the term.", CVE: "CVE-2026-21619", Link: eef},
		"bomb":            {Effect: "Inflates to more than 100 times its size, or far more than a gate would read.", CVE: "CVE-2026-23943"},
		"large":           {Effect: "At or past a cap of this library."},
		"deep":            {Effect: "Nested so deep that a decoder, or whoever walks the term later, runs out of stack if it recurses."},
		"truncated":       {Effect: "The input ends inside the term."},
		"atoms":           {Effect: "A node never frees an atom and stops when its table is full. Names that a stranger chooses add up over messages.", CVE: "CVE-2026-48853", Link: eef},
		"lazy":            {Effect: "Data for the decoder, but work without end, or a handle, for whoever enumerates it.", Link: eef},
		"quoted":          {Effect: "Has the shape of a quoted Elixir expression, which macros and Code.eval_quoted run."},
		"empty-bits":      {Effect: "The empty binary in an unusual form. OTP 25 takes it; tests of the newest OTP want it refused."},
		"trailing":        {Effect: "The BEAM ignores bytes behind the term. Whoever splits messages in another way sees a second one there."},
		"claim":           {Effect: "A length that nothing backs. A decoder that allocates for it runs out of memory after a few bytes."},
		"not-finite":      {Effect: "No Erlang float is NaN or infinite. A decoder that lets one through hands on a value that no BEAM would send, and that equals nothing, itself included."},
		"comma":           {Effect: "The BEAM takes a comma for the radix point. Others read a whole number or nothing."},
		"open-text":       {Effect: "The text fills its field without an end. A decoder that reads it as a C string goes on behind the field."},
		"utf8":            {Effect: "Names that are not UTF-8, or in longer forms than needed, pass comparisons of bytes and become other names later."},
		"newer-tag":       {Effect: "A tag that OTP 25 does not know and later releases do: LOCAL_EXT (26), private to one VM and guarded by a 32-bit hash only; RECORD_EXT (29).", Link: extDist},
		"distribution":    {Effect: "A form of Erlang's distribution protocol. It has no place in a message of a stranger.", Link: extDist},
		"atom-index":      {Effect: "The BEAM takes the number for an index into the atom table of that VM, under [safe] too. The same bytes are another atom elsewhere."},
	}
}
