package door

import (
	"context"
	"errors"
	"math"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// frameLimits are the longest terms of {packet,1|2|4}.
var frameLimits = map[int]int64{1: math.MaxUint8, 2: math.MaxUint16, 4: math.MaxInt32 - 4}

// Request checks a message toward the node and takes a place for it. scratch is
// memory that may be used for what is sent. With a Ticket the message may go on,
// and one of the Ticket's methods has to be called in the end.
func (p *Pass) Request(ctx context.Context, msg, scratch []byte) (*Ticket, *Refusal) {
	if msg == nil {
		msg = []byte{} // an empty message is one that holds no term, not one without a body
	}
	return p.Ask(ctx, Asked{Body: msg}, scratch)
}

// Asked is a message that holds one term, or several, or none, as requests of
// HTTP do.
type Asked struct {
	ID     string  // what else makes two messages the same, besides Body
	Tokens []Token // terms that go on as they came, within something else
	Body   []byte  // the term that goes on; nil: none
	AsIs   bool    // Body is not rewritten, whatever the listener says
}

// Token is a term that the extractor with this number has found.
type Token struct {
	Extract int
	Bytes   []byte
}

// Ask is Request for messages of HTTP.
func (p *Pass) Ask(ctx context.Context, a Asked, scratch []byte) (*Ticket, *Refusal) {
	t := &Ticket{Bytes: a.Body}
	if r := p.begin(ctx, t, int64(len(a.Body))); r != nil {
		return nil, r
	}
	start := clock.Now()
	if r := p.check(t, a, scratch); r != nil {
		t.Cancel()
		return nil, r
	}
	t.At = clock.Now()
	took, words := t.At-start, int64(0)
	if a.Body != nil {
		words = p.words(a.Body)
	}
	p.Door().counters[ToNode].Count(int64(len(a.Body)), words, took)
	return t, nil
}

// measured is how many messages go between two whose cost to the node is measured,
// which takes as long as checking them.
const measured = 64

// words measures one message in so many.
func (p *Pass) words(msg []byte) int64 {
	if p.messages.Add(1)%measured != 1 {
		return 0
	}
	stats, err := p.now.Load().to.Mode().Measure(msg)
	if err != nil {
		return 0
	}
	return stats.HeapCost
}

// begin takes the place for a message of n bytes, if the rules that demand one are enforced.
func (p *Pass) begin(ctx context.Context, t *Ticket, n int64) *Refusal {
	r := p.now.Load()
	d, u := r.door, r.door.Upstream
	if d.Modes[Breaker] == Shadow && u.Breaker.State() != "closed" {
		p.refused(Shadow, refuse(Breaker, "open", nil), 0)
	}
	if d.Modes[InFlight] == Shadow && !u.Slots.Fits(r.class) {
		p.refused(Shadow, refuse(InFlight, "full", nil), 0)
	}
	need := upstream.Need{Breaker: d.Modes[Breaker] == Enforce, Slot: d.Modes[InFlight] == Enforce, Share: p.client.Places()}
	if retry, err := u.Begin(ctx, &t.exchange, r.class, need); err != nil {
		return p.begun(err, retry, n)
	}
	return nil
}

// check is what the message itself decides. The epoch does not change meanwhile.
func (p *Pass) check(t *Ticket, a Asked, scratch []byte) *Refusal {
	ledger := p.Door().Upstream.Ledger
	t.Epoch = ledger.Enter()
	defer ledger.Leave()
	now := p.now.Load()
	now.view.Begin()
	for _, token := range a.Tokens {
		if r := p.token(now.tokens[token.Extract], token.Bytes); r != nil {
			return r
		}
	}
	if a.Body != nil {
		if r := p.accept(t, a, scratch); r != nil {
			return r
		}
	}
	return p.suspect(t, a.ID)
}

// token asks the guard of an extractor.
func (p *Pass) token(g *safe.Guard, b []byte) *Refusal {
	if p.Door().Modes[Term] == Off {
		return p.names(b)
	}
	if err := g.Check(b); err != nil {
		r := termRefusal(err)
		if refusal := p.judge(ToNode, r, int64(len(b))); refusal != nil || r.Rule == Atoms {
			return refusal
		}
		return p.names(b)
	}
	return nil
}

// names is the rule about atoms for a term that goes on although the rule about terms has
// refused it, or was not asked: the guard has spent nothing then. The names are those that
// a node finds, which takes all that OTP does and does not look behind the term. What OTP
// refuses may have taught it the names before the fault, and they cannot be counted.
func (p *Pass) names(b []byte) *Refusal {
	mode := p.Door().Modes[Atoms]
	if mode == Off {
		return nil
	}
	now := p.now.Load()
	now.fresh.any = false
	d := now.loose.NewDecoderBytes(b)
	defer d.Close()
	err := d.SkipValue()
	if err == nil {
		return nil
	}
	r := termRefusal(err)
	if r.Rule != Atoms && (mode == Shadow || !now.fresh.any) {
		return nil // what it is was noted by the rule about terms, if that is on
	}
	r.Rule = Atoms
	return p.judge(ToNode, r, int64(len(b)))
}

// fresh is a budget that knows whether a name was new.
type fresh struct {
	limits.Budget
	any bool
}

// Reserve implements limits.Budget.
func (f *fresh) Reserve(name []byte) (held bool, err error) {
	held, err = f.Budget.Reserve(name)
	f.any = f.any || held || err != nil
	return held, err
}

// accept asks the guard, and settles what goes on: the term in canonical bytes, if
// the listener says so, or what came. Nothing is rewritten that was not accepted
// in earnest.
func (p *Pass) accept(t *Ticket, a Asked, scratch []byte) *Refusal {
	d, to, msg := p.Door(), p.now.Load().to, a.Body
	var err error
	canonical := d.Config.Forward == config.ForwardCanonical && d.Modes[Term] == Enforce && !a.AsIs
	switch {
	case d.Modes[Term] == Off:
		return p.names(msg)
	case canonical:
		if r := p.outgrows(msg, scratch); r != nil {
			t.Bytes = msg
			return p.judge(ToNode, r, int64(len(msg)))
		}
		t.Bytes, err = to.Mode().Canonicalize(scratch[:0], msg)
	default:
		err = to.Check(msg)
	}
	if err != nil {
		t.Bytes = msg // if the rule is not in earnest
		r := termRefusal(err)
		if refusal := p.judge(ToNode, r, int64(len(msg))); refusal != nil || r.Rule == Atoms {
			return refusal
		}
		return p.names(msg)
	}
	return nil
}

// outgrows refuses a message whose canonical bytes are too many, although what came was
// not: a compressed term, or one in a shorter form. It is asked first, so that nothing is
// spent on names of a message that does not go on; and only where it may be, since what is
// not compressed does not grow to three times its bytes, as etf.Mode.Canonicalize says.
func (p *Pass) outgrows(msg, scratch []byte) *Refusal {
	d := p.Door()
	if !d.inflates && p.outgrown(3*int64(len(msg))) == nil {
		return nil
	}
	b, err := d.to.Mode().Canonicalize(scratch[:0], msg)
	if err != nil {
		return nil // the guard says what is wrong, and whose rule it is
	}
	return p.outgrown(int64(len(b)))
}

// outgrown refuses so many canonical bytes: by the cap on bytes, and by the frame where
// there are frames.
func (p *Pass) outgrown(n int64) *Refusal {
	if d := p.Door(); n > d.maxBytes {
		return d.long(Term, d.to, n)
	}
	if most := frameLimits[p.packet]; p.packet > 0 && n > most {
		return refuse(FrameSize, "frame_size", &limits.Error{Name: "packet", Max: most, Got: n})
	}
	return nil
}

// long is the refusal of a message that is longer than the caps of g allow, by the lower
// one of the two that bound it.
func (d *Door) long(rule Rule, g *safe.Guard, n int64) *Refusal {
	l := g.Mode().Config().Limits
	if l.MaxBuffered < l.MaxBytes {
		return refuse(rule, string(etf.CodeLimitBuffered), &limits.Error{Name: "MaxBuffered", Max: l.MaxBuffered, Got: n})
	}
	return refuse(rule, string(etf.CodeLimitBytes), &limits.Error{Name: "MaxBytes", Max: l.MaxBytes, Got: n})
}

// termRefusal is the refusal of a term by the guard: for its atoms, or for itself.
func termRefusal(err error) *Refusal {
	r := refuse(Term, code(err), err)
	if r.Code == string(etf.CodeLimitAtomBudget) || r.Code == string(etf.CodeLimitNewAtoms) {
		r.Rule = Atoms
	}
	return r
}

// suspect refuses a message that was under way at crashes.
func (p *Pass) suspect(t *Ticket, id string) *Refusal {
	if p.Door().Modes[Poison] == Off {
		return nil
	}
	t.hash = hash(id, t.Bytes)
	if left := t.exchange.Upstream().Suspects.Refused(t.hash); left > 0 {
		return p.judge(ToNode, &Refusal{Rule: Poison, Code: "poison", Retry: left}, int64(len(t.Bytes)))
	}
	return nil
}

var errNoNode = errors.New("the node could not be reached")

// Unreachable is the refusal of messages for which no connection could be made.
func (p *Pass) Unreachable(err error) *Refusal {
	return p.Denied(Down, "unreachable", errors.Join(errNoNode, err))
}
