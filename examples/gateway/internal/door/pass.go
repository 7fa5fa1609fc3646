package door

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// Pass is one connection that was let in. Request and Answer may each be used by
// one goroutine at a time; the rest by any.
type Pass struct {
	Client Client

	client   *limit.Client
	lent     bool // client belongs to another Pass
	latest   func() *Door
	now      atomic.Pointer[rulesOf]
	packet   int // bytes of the lengths of its frames, whatever a reload says; 0: it has none
	messages *atomic.Int64
}

// rulesOf are a Door's rules for one connection.
type rulesOf struct {
	door   *Door
	class  int
	view   *ledger.View // that to draws on; nil: none
	to     *safe.Guard
	tokens []*safe.Guard
	loose  *etf.Mode // draws on the same, by way of fresh, and takes what OTP takes
	fresh  *fresh
	names  limits.Budget // of all answers
	taken  *ledger.View  // that back draws on; nil: none
	back   *safe.Guard
}

// Accept lets a connection in, or says why not. latest, if not nil, tells the
// rules in force for later messages.
func (d *Door) Accept(who Client, latest func() *Door) (*Pass, *Refusal) {
	client, err := d.clients.Connect(who.Key())
	if err != nil {
		return nil, d.crowded(who, err)
	}
	p := &Pass{Client: who, client: client, latest: latest, packet: d.packet(), messages: new(atomic.Int64)}
	p.use(d, nil)
	return p, nil
}

// Crowded tells of a connection that there was no room for before it was known whose
// it is: who is the peer.
func (d *Door) Crowded(who Client) { d.crowded(who, limit.ErrConnections) }

func (d *Door) crowded(who Client, err error) *Refusal {
	r := refuse(Connections, "connections", err)
	d.tell(&Verdict{Client: who, Refusal: r})
	return r
}

// Close ends the connection.
func (p *Pass) Close() {
	if !p.lent {
		p.client.Close()
	}
}

// Door returns the rules in force for the connection.
func (p *Pass) Door() *Door { return p.now.Load().door }

// Refresh takes over the rules of a reload, between two messages, and reports whether
// there are any. What answers have cost so far is kept.
func (p *Pass) Refresh() bool {
	if p.latest == nil {
		return false
	}
	d := p.latest()
	if d == p.Door() {
		return false
	}
	p.use(d, p.now.Load())
	return true
}

// use puts the rules of d in force. What answers have cost under the rules before
// is kept, unless it is bounded otherwise now.
func (p *Pass) use(d *Door, before *rulesOf) {
	next := &rulesOf{door: d, class: d.classOf(p.Client)}
	view, budget := d.view(p.Client, func(err error) {
		d.tell(&Verdict{Client: p.Client, Mode: Shadow, Refusal: refuse(Atoms, string(etf.CodeLimitAtomBudget), err)})
	})
	next.view, next.to = view, d.to.WithBudgets(budget)
	next.fresh = &fresh{Budget: budget}
	next.loose = d.loose.WithBudgets(next.fresh)
	for _, g := range d.tokens {
		next.tokens = append(next.tokens, g.WithBudgets(budget))
	}
	next.names = limits.NewAtomBudget(d.Config.Answers.Atoms)
	if before != nil && reflect.DeepEqual(before.door.Config.Answers, d.Config.Answers) {
		next.names = before.names
	}
	next.back = d.answers.WithBudgets(next.names)
	if d.back != nil {
		next.taken = d.back.View("of "+d.Upstream.Name, nil)
		next.back = next.back.WithBudgets(next.taken)
	}
	p.now.Store(next)
}

// Hold takes room for a message of n bytes that is here, and waits for it: then
// nothing more is read from this client, which has at most a quarter of the room. The
// error is that of ctx.
func (p *Pass) Hold(ctx context.Context, n int64) (Held, error) {
	d := p.Door()
	return hold(ctx, n, p.client.Holding(), d.Upstream.Bytes, d.held)
}

// Brief is the length up to which an answer is passed on without asking for room: so
// much is there for each connection.
const Brief = 4 << 10

// Give takes room for an answer of n bytes, until the client has taken it. That has a part
// of the room of its own, and each client a quarter of that: who takes no answers is
// mostly in its own way.
func (p *Pass) Give(ctx context.Context, n int64) (Held, error) {
	if n <= Brief {
		return Held{}, nil
	}
	d := p.Door()
	return hold(ctx, n, p.client.Going(), d.Upstream.Giving, d.held)
}

// hold takes n bytes of each.
func hold(ctx context.Context, n int64, of ...*limit.Bytes) (h Held, err error) {
	h.n = n
	for i, b := range of {
		if err := b.Acquire(ctx, n); err != nil {
			h.Release()
			return Held{}, err
		}
		h.of[i] = b
	}
	return h, nil
}

// Held is the room that a message has. The zero value is none.
type Held struct {
	of [3]*limit.Bytes
	n  int64
}

// Keep gives back what is more than n bytes of it.
func (h *Held) Keep(n int64) {
	if n >= h.n {
		return
	}
	for _, b := range h.of {
		if b != nil {
			b.Release(h.n - n)
		}
	}
	h.n = n
}

// Release gives the room back, and may be called more than once.
func (h *Held) Release() {
	h.Keep(0)
	*h = Held{}
}

// Small is the length up to which a message is received without asking for room:
// so much is there for each connection.
const Small = 16 << 10

// Receive takes room for a message of n bytes that is on its way. That has a part of
// the room of its own, and each client a quarter of that: who claims much and sends
// slowly is mostly in its own way.
func (p *Pass) Receive(ctx context.Context, n int64) (release func(), err error) {
	if n <= Small {
		return func() {}, nil
	}
	own, err := p.client.Receive(ctx, n)
	if err != nil {
		return nil, err
	}
	all := p.Door().Upstream.Receiving
	if err := all.Acquire(ctx, n); err != nil {
		own()
		return nil, err
	}
	return func() { all.Release(n); own() }, nil
}

// Pace makes a client that is over its rate wait before its message of n bytes is
// read further, or refuses it.
func (p *Pass) Pace(ctx context.Context, n int64) *Refusal {
	_, r := p.pace(ctx, n, p.client.Wait)
	return r
}

// PaceMore is Pace for n bytes more of a message than Pace was told of. It reports whether
// that was over the rate where this is only noted: then once is enough.
func (p *Pass) PaceMore(ctx context.Context, n int64) (noted bool, r *Refusal) {
	return p.pace(ctx, n, p.client.More)
}

func (p *Pass) pace(ctx context.Context, n int64, pay func(context.Context, int64, time.Duration) (time.Duration, error)) (noted bool, r *Refusal) {
	d := p.Door()
	mode, most := d.Modes[Rate], d.Config.Limits.MaxPause.Duration
	switch mode {
	case Off:
		return false, nil
	case Shadow:
		most = 0
	}
	retry, err := pay(ctx, n, most)
	switch {
	case err == nil:
		return false, nil
	case gone(err):
		return false, Canceled(err)
	}
	r = &Refusal{Rule: Rate, Code: "rate", Retry: retry, Err: err}
	p.refused(mode, r, n)
	if mode == Shadow {
		return true, nil
	}
	return false, r
}

// Oversize judges the length of a message that is not here yet. nil: read on.
func (p *Pass) Oversize(way Direction, n int64) *Refusal {
	d := p.Door()
	if n <= d.MaxBytes(way) {
		return nil
	}
	if way == ToClient {
		return p.judge(way, d.long(Answer, d.answers, n), n)
	}
	return p.judge(way, d.long(Term, d.to, n), n)
}

// Verb applies a rule of the protocol that has fired.
func (p *Pass) Verb(code string, n int64) *Refusal {
	return p.judge(ToNode, refuse(Verb, code, nil), n)
}

// Denied tells of a refusal that no rule here decided: a deadline, a connection
// that failed.
func (p *Pass) Denied(rule Rule, code string, err error) *Refusal {
	r := refuse(rule, code, err)
	p.refused(Enforce, r, 0)
	return r
}

// judge tells of a refusal and returns it if it is meant.
func (p *Pass) judge(way Direction, r *Refusal, n int64) *Refusal {
	mode := p.Door().Modes[r.Rule]
	if mode == Off {
		return nil
	}
	p.Door().tell(&Verdict{Direction: way, Client: p.Client, Mode: mode, Refusal: r, Bytes: n})
	if mode == Shadow {
		return nil
	}
	return r
}

func (p *Pass) refused(mode Mode, r *Refusal, n int64) {
	p.Door().tell(&Verdict{Client: p.Client, Mode: mode, Refusal: r, Bytes: n})
}

func (d *Door) tell(v *Verdict) {
	v.Listener, v.Upstream = d.Config.Name, d.Upstream.Name
	d.events.Verdict(v)
}

// Answer checks a message from the node. nil: pass it on, byte for byte.
func (p *Pass) Answer(b []byte) *Refusal {
	_, r := p.AnswerAt(b)
	return r
}

// AnswerAt is Answer, and tells when that was, of package clock.
func (p *Pass) AnswerAt(b []byte) (time.Duration, *Refusal) {
	start := clock.Now()
	if p.Door().Modes[Answer] == Off {
		return start, nil
	}
	err := p.now.Load().answer(b)
	now := clock.Now()
	if err != nil {
		if r := p.judge(ToClient, refuse(Answer, code(err), err), int64(len(b))); r != nil {
			return now, r
		}
	}
	p.Door().counters[ToClient].Count(int64(len(b)), 0, now-start)
	return now, nil
}

func (r *rulesOf) answer(b []byte) error {
	if r.door.back != nil {
		r.door.back.Enter()
		defer r.door.back.Leave()
		r.taken.Begin()
	}
	return r.back.Check(b)
}

func code(err error) string {
	var e *etf.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return "internal"
}

// Ticket is a message that may go on.
type Ticket struct {
	// Bytes are what to send. They are valid until the next Request.
	Bytes []byte
	// Epoch is the life of the node that the names were counted for: a
	// connection to another one must not carry the message.
	Epoch int64
	// At is when it was checked, of package clock.
	At time.Duration

	hash     limit.Hash
	exchange upstream.Exchange
}

// Fits reports whether the message may go on this connection: to the node whose
// ledger counted its names, and to that life of it.
func (t *Ticket) Fits(c *upstream.Conn) bool {
	return c.Upstream() == t.exchange.Upstream() && c.Epoch() == t.Epoch
}

// SameNode reports whether two messages are for the same node, in the same life of it.
func (t *Ticket) SameNode(other *Ticket) bool {
	return t.exchange.Upstream() == other.exchange.Upstream() && t.Epoch == other.Epoch
}

// Done ends the message: the node has answered, or the protocol has no answers
// and the message was written.
func (t *Ticket) Done() {
	t.exchange.End(nil)
}

// Cancel ends a message that did not reach the node, for no fault of the node.
func (t *Ticket) Cancel() {
	t.exchange.Cancel()
}

// Failed ends a message that the node did not answer.
func (t *Ticket) Failed(err error) {
	t.exchange.End(err)
}

// Crash is the loss of one connection to a node. The messages that were under way
// on it become suspects, each once. For the breaker it is nothing: on a BEAM a message that
// is not expected ends the process of its connection, and who sends such messages must not
// come between the node and others. A node that is down takes no connections.
type Crash struct{ seen map[limit.Hash]bool }

// Lost ends one of the messages.
func (c *Crash) Lost(t *Ticket) {
	t.Cancel()
	if c.seen[t.hash] {
		return
	}
	if c.seen == nil {
		c.seen = map[limit.Hash]bool{}
	}
	c.seen[t.hash] = true
	t.exchange.Upstream().Suspects.Crashed([]limit.Hash{t.hash})
}

// Skipped notes a message in shadow mode that was not checked.
func (p *Pass) Skipped() { p.Door().events.Skipped(p.Door().Config.Name) }
