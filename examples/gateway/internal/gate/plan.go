package gate

import (
	"crypto/tls"
	"fmt"
	"net"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/frames"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// plan is a configuration on its way into force. Whatever can fail happens in
// prepare, which changes nothing that is in use.
type plan struct {
	g *Gate
	c *config.File

	ledgers   map[string]*ledger.Ledger
	upstreams map[string]*upstream.Upstream
	listeners []planned
	reporters *reporters
	commits   []func()
	undos     []func()
}

type planned struct {
	l     *listener
	fresh bool
	door  *door.Door
	proto listen.Protocol
	tls   *tls.Config
	c     config.Listener
}

func (p *plan) undo() {
	for i := len(p.undos) - 1; i >= 0; i-- {
		p.undos[i]()
	}
}

func (p *plan) prepare() error {
	for _, step := range []func() error{p.planLedgers, p.planUpstreams, p.planListeners, p.planReports} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) planLedgers() error {
	p.ledgers = map[string]*ledger.Ledger{}
	for _, c := range p.c.Ledgers {
		l := p.g.ledgers[c.Name]
		if l == nil {
			l = p.g.kept(c.Name, c.File)
		}
		if l == nil {
			var err error
			if l, err = ledger.Open(c, p.g.Metrics.Alarm); err != nil {
				return err
			}
			p.undos = append(p.undos, func() { l.Close() })
		} else if l.File() != c.File {
			return fmt.Errorf("ledger %s: its file cannot change while the gateway runs: restart it", c.Name)
		} else {
			commit, err := l.Prepare(c)
			if err != nil {
				return err
			}
			p.commits = append(p.commits, commit)
		}
		p.ledgers[c.Name] = l
	}
	return nil
}

func (p *plan) planUpstreams() error {
	g := p.g // what stays is not to hold on to the plan, and to all that was in it
	p.upstreams = map[string]*upstream.Upstream{}
	for _, c := range p.c.Upstreams {
		u := p.g.upstreams[c.Name]
		if u == nil {
			var err error
			u, err = upstream.New(c, p.ledgers[c.Ledger], func(state string) { g.Metrics.Breaker(c.Name, state) })
			if err != nil {
				return err
			}
			p.commits = append(p.commits, func() { g.forget[u] = u.Ledger.OnReset(u.CloseStale) })
		} else if u.Ledger != p.ledgers[c.Ledger] {
			return fmt.Errorf("upstream %s: its ledger cannot change while the gateway runs: restart it", c.Name)
		} else {
			commit, err := u.Prepare(c)
			if err != nil {
				return err
			}
			p.commits = append(p.commits, commit)
		}
		p.upstreams[c.Name] = u
	}
	return nil
}

func (p *plan) planListeners() error {
	for _, c := range p.c.Listeners {
		if err := p.planListener(c); err != nil {
			return fmt.Errorf("listener %s: %w", c.Name, err)
		}
	}
	return nil
}

func (p *plan) planListener(c config.Listener) error {
	next := planned{c: c, l: p.g.at(c)}
	if next.l == nil {
		socket, err := listen.Open(p.g.ctx, c, &p.g.open, p.g.Log)
		if err != nil {
			return err
		}
		next.fresh = true
		next.l = &listener{
			Listener: socket, address: c.Listen,
			clients: limit.NewClients(rates(c.Limits, p.c.Upstream(c.Upstream)), p.c.Global.MaxClients, c.Limits.MaxConnections),
			worker:  frames.NewWorker(shadowRoom),
		}
		p.undos = append(p.undos, func() { next.l.Drain(); next.l.end() })
	}
	u := p.upstreams[c.Upstream]
	var err error
	if next.door, err = p.g.door(c, u, p.c.Upstream(c.Upstream).Classes, door.Shared{Clients: next.l.clients, Back: p.ledgers[c.Answers.Ledger]}); err != nil {
		return err
	}
	if next.proto, err = protocol(c, next.door, next.l.worker); err != nil {
		return err
	}
	if c.TLS != nil {
		log := p.g.Log
		next.tls, err = listen.TLS(*c.TLS, protocols(c), func(err error) {
			log.Error("tls", "listener", c.Name, "err", err)
		})
	}
	p.listeners = append(p.listeners, next)
	return err
}

// at is the listener that a configuration goes on with: of its name, if the
// address is the same, or else of its address, if the name has changed.
func (g *Gate) at(c config.Listener) *listener {
	if l := g.listeners[c.Name]; l != nil && l.address == c.Listen {
		return l
	}
	_, port, _ := net.SplitHostPort(c.Listen)
	for _, l := range g.listeners {
		if l.address == c.Listen && port != "0" {
			return l
		}
	}
	return nil
}

// protocols are what TLS offers.
func protocols(c config.Listener) []string {
	switch c.Protocol {
	case config.ProtocolHTTP, config.ProtocolCheck:
		return []string{"h2", "http/1.1"}
	case config.ProtocolForward: // CONNECT is spoken in HTTP/1.1
		return []string{"http/1.1"}
	}
	return nil
}

// shadowRoom is how many messages of a listener in shadow mode wait to be
// checked.
const shadowRoom = 64

func rates(d config.Door, u *config.Upstream) limit.Rates {
	share := upstream.RoomsOf(*u).Share()
	return limit.Rates{
		Connections: d.PerClient, InFlight: d.InFlight, Messages: d.Messages, Burst: d.Burst,
		Bytes: int64(d.Bytes), ByteBurst: int64(d.BytesBurst),
		Holding: share.Holding, Receiving: share.Receiving, Giving: share.Giving,
	}
}

// commit puts the plan in force. Nothing in it fails.
func (p *plan) commit() {
	g := p.g
	g.open.Max.Store(p.c.Global.MaxConnections)
	g.held.Resize(int64(p.c.Global.MaxBytes))
	for _, f := range p.commits {
		f()
	}
	for name, l := range p.ledgers {
		if remedy, why := l.Locked(); why != nil && g.ledgers[name] == nil {
			g.Log.Warn("ledger", "ledger", name, "event", "no new name passes", "why", why.Error(), "until", remedy)
		}
	}
	for _, l := range p.ledgers {
		delete(g.removed, l)
	}
	ledgers, upstreams, gone := g.ledgers, g.upstreams, g.listeners
	g.ledgers, g.upstreams = p.ledgers, p.upstreams
	g.listeners = map[string]*listener{}
	for _, next := range p.listeners {
		for name, l := range gone {
			if l == next.l {
				delete(gone, name)
			}
		}
		g.listeners[next.c.Name] = next.l
		next.l.clients.Resize(rates(next.c.Limits, p.c.Upstream(next.c.Upstream)), p.c.Global.MaxClients, next.c.Limits.MaxConnections)
		next.l.Use(next.door, next.proto, next.tls)
		if next.fresh {
			next.l.Start(g.ctx)
		}
	}
	for _, l := range gone {
		g.leave(l)
	}
	wait := p.c.Global.Drain.Duration
	for name, l := range ledgers {
		if g.ledgers[name] == nil {
			g.remove(l, wait)
		}
	}
	for name, u := range upstreams {
		if g.upstreams[name] == nil {
			g.behind(wait, func() {
				g.forget[u]()
				delete(g.forget, u)
			})
		}
	}
	p.commitReports()
}
