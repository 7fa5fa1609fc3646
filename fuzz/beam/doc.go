// Package beam asks the Erlang VM what it makes of payloads: it is the judge
// of every differential test in this repository.
//
// [Start] compiles the judge (oracle.erl) and runs it; [Oracle.Judge] answers
// batches of payloads with the verdict of binary_to_term/2, `used`, and, as
// asked for with [Want], the verdict under [safe], flat words, canonical bytes,
// the printed term and the comparison with another term.
//
//	go test process                         erl (plain)       erl (safe)
//	  Judge ── split ─┬─ runner ─ vm ═══════ frames ══▶ judge
//	                  └─ runner ─ vm ══════════════════ frames ══▶ judge
//
// Layers, bottom up: frame.go is the protocol, vm.go one life of a VM with its
// process, deadline and memory watcher, run.go the pipelined exchange of
// frames, runner.go a VM that is replaced when it dies or wears out and the
// search for the payload that killed it, split.go the division of labour
// between the two VMs.
//
// Why two VMs: one plain decode makes its atoms known for ever, and every
// later verdict under [safe] on those atoms changes. The second VM never
// decodes without [safe], so its verdicts can be repeated.
//
// Not everything that the BEAM does can be repeated. A payload that makes it
// read behind its input (a text float that fills its field, a reference without
// words) is judged by what happens to be there, which differs from one call to
// the next and between the two VMs. Flat words, and with them the order of keys
// in canonical bytes, differ from one VM to the next for some large maps.
package beam
