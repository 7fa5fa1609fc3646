package door

import "github.com/beamgate/beamgate/safe"

// Guard is the guard of one direction, for protocols in which nothing else
// decides. They say Begin before each message, and Told what it said.
func (p *Pass) Guard(way Direction) *safe.Guard {
	if way == ToClient {
		return p.now.Load().back
	}
	return p.now.Load().to
}

// Begin begins a message.
func (p *Pass) Begin(way Direction) {
	if way == ToNode {
		p.now.Load().view.Begin()
	}
}

// Told tells of a verdict of Guard, and returns the refusal if there is one.
func (p *Pass) Told(way Direction, msg []byte, err error) *Refusal {
	if err == nil {
		p.Door().counters[way].Count(int64(len(msg)), 0, 0)
		return nil
	}
	r := termRefusal(err)
	if way == ToClient {
		r.Rule = Answer
	}
	p.Door().tell(&Verdict{Direction: way, Client: p.Client, Refusal: r, Bytes: int64(len(msg))})
	return r
}
