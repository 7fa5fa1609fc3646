// Package door is the way that every message takes, whatever protocol brought it:
//
//	connection ─► Accept ─► message ─► Hold ─► Request ─────────────────► Ticket
//	              limits               bytes   rate, verb (of the protocol),
//	                                           breaker, place, term and atoms
//	                                           (safe.Guard), frame size, poison
//	answer     ─► Answer ─► client
//	              term
//
// There is no rule about terms here. Whether a term may pass is what a safe.Guard
// says, what is sent on is what package etf wrote, and what a ledger allows is a
// budget of the Guard.
//
// A protocol calls these steps in this order, writes Ticket.Bytes, and ends the
// Ticket with what became of it. It turns a Refusal into what its clients
// understand.
package door

import (
	"errors"
	"fmt"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// Rule is one of the reasons to refuse something.
type Rule uint8

// The rules. In which order they are asked, the package documentation tells.
const (
	Connections Rule = iota // too many; always enforced
	Deadline                // too slow; always enforced
	Rate
	FrameSize // also: what is forwarded does not fit a frame any more
	Verb      // a rule of the protocol: not to be called by this client
	Breaker
	InFlight
	Poison
	Term
	Atoms
	Answer
	Down  // no connection to the node; no rule, but a refusal
	rules // how many there are
)

var ruleNames = [rules]string{
	Connections: "connections", Deadline: "deadline", Rate: "rate", FrameSize: "frame_size", Verb: "verb",
	Breaker: "breaker", InFlight: "in_flight", Poison: "poison", Term: "term", Atoms: "atoms", Answer: "answer",
	Down: "upstream",
}

// String is the rule's name in the configuration, logs and metrics.
func (r Rule) String() string { return ruleNames[r] }

// Mode is what happens when a rule fires.
type Mode uint8

// The modes.
const (
	Enforce Mode = iota // refuse
	Shadow              // only say so
	Off                 // do not look
)

var modeNames = [...]string{Enforce: "enforce", Shadow: "shadow", Off: "off"}

// String is the mode's name.
func (m Mode) String() string { return modeNames[m] }

// Modes are the modes of all rules.
type Modes [rules]Mode

// ParseModes resolves the mode of a listener and those of its rules. Names were
// checked when the file was read.
func ParseModes(all string, by map[string]string) Modes {
	var m Modes
	for r := range rules {
		name := all
		if own, ok := by[r.String()]; ok {
			name = own
		}
		for mode, text := range modeNames {
			if text == name {
				m[r] = Mode(mode)
			}
		}
	}
	m[Connections], m[Deadline], m[Down] = Enforce, Enforce, Enforce
	return m
}

// Direction is which way a message goes.
type Direction uint8

// The directions.
const (
	ToNode Direction = iota
	ToClient
)

// String is the name in metrics.
func (d Direction) String() string {
	if d == ToClient {
		return "to_client"
	}
	return "to_node"
}

// Refusal is why a message or a connection goes no further. It holds nothing that
// the sender wrote.
type Refusal struct {
	Rule  Rule
	Code  string        // of package etf, or of the rule
	Retry time.Duration // when it may be tried again; 0: not as it is
	Err   error         // an *etf.Error, or what else is the cause; may be nil
}

// Error describes the refusal.
func (r *Refusal) Error() string {
	if r.Err != nil {
		return fmt.Sprintf("refused by %s (%s): %v", r.Rule, r.Code, r.Err)
	}
	return fmt.Sprintf("refused by %s (%s)", r.Rule, r.Code)
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// Where returns the place in the term, if the refusal is about one.
func (r *Refusal) Where() (*etf.Error, bool) {
	var e *etf.Error
	ok := errors.As(r.Err, &e)
	return e, ok
}

func refuse(rule Rule, code string, err error) *Refusal {
	return &Refusal{Rule: rule, Code: code, Err: err}
}
