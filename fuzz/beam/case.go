package beam

import "fmt"

// Want says which answers a [Case] asks for besides the verdict of
// binary_to_term/2 and `used`, which are always given. Each costs time, so a
// campaign asks only for what it compares.
type Want uint8

// The answers that can be asked for.
const (
	// Words asks for erts_debug:flat_size/1 of the term. It differs from run
	// to run for maps of more than 32 keys whose keys are atoms, pids, ports,
	// references or funs.
	Words Want = 1 << iota
	// Safe asks for the verdict under the option [safe]. A VM of its own, in
	// which no payload is ever decoded without [safe], gives it: the atoms and
	// exports it knows are those of a fresh boot, whatever was judged before,
	// so the verdict of a payload is the same alone and in any company.
	Safe
	// Canon asks for term_to_binary(Term, [deterministic, {minor_version, 2}]).
	Canon
	// Print asks for the term as io_lib:format("~0tp") writes it, on one line.
	Print
	// Compare asks how the term stands to the one in Case.Other.
	Compare
	// trap makes the payload a command to the judge (see oracle.erl), which is
	// how tests kill a VM without a payload that does.
	trap Want = 128
)

// derived are the answers worked out from the decoded term.
const derived = Words | Canon | Print | Compare

// Case is one payload to judge, and the question.
type Case struct {
	Payload []byte
	// Other is the second payload of a comparison, used only with Compare.
	Other []byte
	Want  Want
}

// Outcome is what the VM made of a payload.
type Outcome uint8

// The outcomes. The zero value is Unasked, so that a missing answer is never
// taken for a refusal.
const (
	Unasked Outcome = iota
	Rejected
	Accepted
	// Died: decoding the payload, alone in a fresh VM, ended that VM.
	Died
)

// String names the outcome in lower case.
func (o Outcome) String() string {
	return name([]string{"unasked", "rejected", "accepted", "died"}, uint8(o))
}

// Death is how a VM ended.
type Death uint8

// The ways to die.
const (
	Alive Death = iota
	// Crashed: the VM ended itself or was ended by a signal.
	Crashed
	// Hung: no reply within Options.Timeout.
	Hung
	// TooBig: the heap of the judging process, the resident memory of the VM
	// or its reply went over a cap.
	TooBig
)

// String names the way to die in lower case.
func (d Death) String() string {
	return name([]string{"alive", "crashed", "hung", "too big"}, uint8(d))
}

func name(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%d?", i)
}

// Verdict is the answer to one [Case].
type Verdict struct {
	// Plain is the verdict of binary_to_term(Payload, [used]).
	Plain Outcome
	// Safe is the verdict under [safe]; Unasked unless asked for.
	Safe Outcome
	// Death says how the VM ended if this payload ended one, Alive if not.
	Death Death
	// Late: the VM lived through decoding and died of what was then asked for
	// (Words, Canon, Print, Compare). Plain and Used hold; those answers do not.
	Late bool
	// Suspect: the VM died while it judged this payload after others, but
	// judged it properly when it was alone. Some earlier payload of the batch
	// may have damaged the VM; the verdict is the one given alone.
	Suspect bool
	// Why is the exit status, signal or cap behind Death, for people to read.
	Why string

	// What follows holds for accepted payloads, as far as it was asked for.

	// Used counts the bytes that binary_to_term says it used.
	Used int64
	// Words is the flat size of the term in machine words.
	Words int64
	// Canon is nil if it was not asked for or term_to_binary/2 refused.
	Canon []byte
	// Print is the printed term.
	Print string
	// Other, Same and Order answer a comparison. Same is `=:=`; Order is
	// negative, 0 (`==`) or positive as the term stands before, with or after
	// the other one. Same and Order hold only if Other is Accepted.
	Other Outcome
	Same  bool
	Order int
}
