package upstream

import (
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// Load is what a node says of itself, in the units of config.Pressure.
type Load struct {
	ProcessPercent, RunQueue, MemoryMiB, QueueLen, Restarts int64
}

// Report lets a node's load drive the limits: the worst of its values decides.
// The last one stands until Silence.
func (u *Upstream) Report(l Load) {
	p := u.Config().Pressure
	worst := int64(100)
	for _, v := range []struct {
		got int64
		r   config.Range
	}{
		{l.ProcessPercent, p.ProcessPercent}, {l.RunQueue, p.RunQueue}, {l.MemoryMiB, p.Memory},
		{l.QueueLen, p.QueueLen}, {l.Restarts, p.Restarts},
	} {
		worst = min(worst, left(v.got, v.r, p.Floor))
	}
	u.pressure.Store(max(worst, p.Floor))
	u.Breaker.Force(worst == 0)
}

// left is the percentage of the places that a value leaves: 100 up to the first
// number of the range, 0 from the second on, and not below floor in between.
func left(got int64, r config.Range, floor int64) int64 {
	switch {
	case got <= r.From:
		return 100
	case got >= r.To:
		return 0
	}
	return max(floor, 100*(r.To-got)/(r.To-r.From))
}

// Silence falls back to the static limits: nothing is known of the node.
func (u *Upstream) Silence() {
	u.pressure.Store(100)
	u.Breaker.Force(false)
}

// Pressure is the percentage of the places that the reports leave.
func (u *Upstream) Pressure() int64 { return u.pressure.Load() }

// Max is the worse of two loads in each of its values.
func (l Load) Max(o Load) Load {
	return Load{
		max(l.ProcessPercent, o.ProcessPercent), max(l.RunQueue, o.RunQueue), max(l.MemoryMiB, o.MemoryMiB),
		max(l.QueueLen, o.QueueLen), max(l.Restarts, o.Restarts),
	}
}
