package door

import (
	"github.com/beamgate/beamgate/safe"
)

// Fork lets one of several requests in that share a connection. Its client may be
// another one, if a proxy stands in front; then it counts as a connection of that
// client as long as it lasts. Close ends it. What answers may cost in all is
// shared.
func (p *Pass) Fork(who Client) (*Pass, *Refusal) {
	p.Refresh()
	f := &Pass{Client: who, client: p.client, lent: true, latest: p.latest, messages: p.messages}
	if who.Key() != p.Client.Key() {
		client, err := p.Door().clients.Connect(who.Key())
		if err != nil {
			return nil, p.Door().crowded(who, err)
		}
		f.client, f.lent = client, false
	}
	f.use(p.Door(), p.now.Load())
	return f, nil
}

// Shape is the guard for bodies of HTTP in one direction. It reads them and knows
// all rules but those about names, and so spends none: what it has accepted is
// still to be given to Ask or Answer.
func (d *Door) Shape(way Direction) *safe.Guard {
	if way == ToClient {
		return d.answers
	}
	return d.to
}

// ShapeToken is Shape for a term that an extractor has found. It refuses early what
// Ask would refuse, before anything is spent.
func (p *Pass) ShapeToken(t Token) *Refusal {
	if p.Door().Modes[Term] != Enforce {
		return nil
	}
	if err := p.now.Load().door.tokens[t.Extract].Check(t.Bytes); err != nil {
		return p.judge(ToNode, termRefusal(err), int64(len(t.Bytes)))
	}
	return nil
}

// Judge tells of a refusal that a protocol has found, and returns it if it is
// meant.
func (p *Pass) Judge(way Direction, r *Refusal, n int64) *Refusal { return p.judge(way, r, n) }

// Bad is the refusal of what a guard has refused.
func Bad(way Direction, err error) *Refusal {
	r := termRefusal(err)
	if way == ToClient {
		r.Rule = Answer
	}
	return r
}

// Epoch is the life of the node at present, for messages without terms.
func (p *Pass) Epoch() int64 { return p.Door().Upstream.Ledger.Epoch() }
