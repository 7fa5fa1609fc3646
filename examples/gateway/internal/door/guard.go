package door

import "github.com/beamgate/beamgate/safe"

// Guard is the guard of one direction, for what a protocol has to know of its caps.
func (p *Pass) Guard(way Direction) *safe.Guard {
	if way == ToClient {
		return p.now.Load().back
	}
	return p.now.Load().to
}

// Told judges what is wrong with the messages of one direction beside the terms in them:
// where they end, and how many there are.
func (p *Pass) Told(way Direction, err error) *Refusal {
	r := termRefusal(err)
	if way == ToClient {
		r.Rule = Answer
	}
	return p.judge(way, r, 0)
}
