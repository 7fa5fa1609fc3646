// Package gen makes inputs for fuzzing decoders of the External Term Format:
// payloads that are valid by construction, payloads with a fault at a place
// where it hurts, and mutants of payloads that exist.
//
// Everything is driven by a tape of bytes. A tape that a fuzzing engine hands
// over makes the engine steer the structure: a byte more or less is a term more
// or less, and where the tape ends only the simplest choices are left. A tape
// that a seed unrolls makes millions of payloads that can be made again, each
// by its seed and number.
//
//	g := gen.New(gen.Options{Faults: 0.4})
//	for i := range uint64(1e6) {
//		g.Seed(42, i)
//		judge(g.Payload())
//	}
//
// Layers:
//
//	tape.go                       where choices come from
//	gen.go                        options, budget, dispatch
//	number.go atom.go blob.go     leaves, in every encoding
//	id.go fun.go                  pids, ports, references, funs, exports
//	list.go map.go                containers
//	zlib.go                       COMPRESSED, its header, its stream
//	fault.go                      one fault for each rule of the format
//	scan.go                       where terms start and end in bytes
//	recode.go                     the same value in other clothes
//	mutate.go corrupt.go          mutants; OTP's corrupter
//	gofuzz.go                     all of it as custom functions of gofuzz
//
// The package shares no code with internal/wire or fuzz/naive: a misreading of
// the format there must not be copied here.
package gen
