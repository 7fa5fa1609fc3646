package gate

import "github.com/beamgate/beamgate/examples/gateway/internal/metrics"

// watch registers the numbers that are asked for at each scrape.
func (g *Gate) watch() {
	type set = func(float64, ...string)
	each := func(f func(set set)) func(set) {
		return func(s set) {
			g.mu.Lock()
			defer g.mu.Unlock()
			f(s)
		}
	}
	g.Metrics.Watch(
		metrics.Gauge{Name: "connections", Help: "Connections.", Labels: []string{"listener"}, Values: each(func(set set) {
			for name, l := range g.listeners {
				set(float64(l.clients.Connections()), name)
			}
		})},
		metrics.Gauge{Name: "held_bytes", Help: "Bytes of messages that are held.", Values: each(func(set set) {
			used, _ := g.held.Used()
			set(float64(used))
		})},
		metrics.Gauge{Name: "in_flight", Help: "Messages under way, places open to them, and messages that wait.", Labels: []string{"upstream", "what"}, Values: each(func(set set) {
			for name, u := range g.upstreams {
				used, most, waiting := u.Slots.Used()
				set(float64(used), name, "used")
				set(float64(most), name, "open")
				set(float64(waiting), name, "waiting")
			}
		})},
		metrics.Gauge{Name: "upstream_state", Help: "State of the circuit breaker: 1 for the state in force.", Labels: []string{"upstream", "state"}, Values: each(func(set set) {
			for name, u := range g.upstreams {
				now := u.Breaker.State()
				for _, state := range []string{"closed", "half-open", "open", "forced"} {
					v := 0.0
					if state == now {
						v = 1
					}
					set(v, name, state)
				}
			}
		})},
		metrics.Gauge{Name: "pressure_percent", Help: "Share of the places that the node's reports leave.", Labels: []string{"upstream"}, Values: each(func(set set) {
			for name, u := range g.upstreams {
				set(float64(u.Pressure()), name)
			}
		})},
		metrics.Gauge{Name: "suspects", Help: "Messages that were under way when the node went down.", Labels: []string{"upstream"}, Values: each(func(set set) {
			for name, u := range g.upstreams {
				set(float64(u.Suspects.Len()), name)
			}
		})},
		metrics.Gauge{Name: "ledger_names", Help: "Names of a ledger.", Labels: []string{"ledger", "what"}, Values: each(func(set set) {
			for name, l := range g.ledgers {
				s := l.Stats()
				set(float64(s.Max), name, "max")
				set(float64(s.Committed), name, "spent")
				set(float64(s.Reserved), name, "reserved")
				set(float64(s.Preloaded), name, "known")
			}
		})},
		metrics.Gauge{Name: "node_atoms", Help: "Atoms of the node with the fullest table, as it reports.", Labels: []string{"ledger", "what"}, Values: each(func(set set) {
			for name, l := range g.ledgers {
				if s := l.Stats(); s.Table > 0 {
					set(float64(s.Atoms), name, "count")
					set(float64(s.Table), name, "limit")
				}
			}
		})},
		metrics.Gauge{Name: "ledger_locked", Help: "1 if no new name can pass: the file is lost or damaged, or the node has not reported.", Labels: []string{"ledger"}, Values: each(func(set set) {
			for name, l := range g.ledgers {
				v := 0.0
				if s := l.Stats(); s.Locked != nil || s.Waiting {
					v = 1
				}
				set(v, name)
			}
		})},
	)
}
