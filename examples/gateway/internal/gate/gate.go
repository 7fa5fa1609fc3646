// Package gate puts the parts of the gateway together as a configuration says, and
// again when it changes: sockets, connections, ledgers and whatever else counts
// stay, rules are replaced. A configuration that cannot be put in force as a whole
// changes nothing.
package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/frames"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// Gate is a gateway.
type Gate struct {
	Log     *slog.Logger
	Metrics *metrics.Metrics

	open listen.Count
	held *limit.Bytes

	mu        sync.Mutex
	ctx       context.Context // of connections
	kill      context.CancelFunc
	config    *config.File
	ledgers   map[string]*ledger.Ledger
	upstreams map[string]*upstream.Upstream
	listeners map[string]*listener
	reporters *reporters
	draining  bool

	// What a reload has removed, and connections that were there may still need.
	leaving map[*listener]bool
	removed map[*ledger.Ledger]*int       // each time another one
	forget  map[*upstream.Upstream]func() // of all upstreams: ends that a ledger tells them
}

// listener is a listener and what it keeps over reloads.
type listener struct {
	*listen.Listener
	address string
	clients *limit.Clients
	worker  *frames.Worker
}

// end waits until all connections have ended, and ends what is there for them.
func (l *listener) end() {
	l.Wait()
	l.worker.Close()
}

// New returns a gateway without anything. Close ends it.
func New(log *slog.Logger, m *metrics.Metrics) *Gate {
	g := &Gate{
		Log: log, Metrics: m, held: limit.NewBytes(1),
		ledgers: map[string]*ledger.Ledger{}, upstreams: map[string]*upstream.Upstream{}, listeners: map[string]*listener{},
		leaving: map[*listener]bool{}, removed: map[*ledger.Ledger]*int{}, forget: map[*upstream.Upstream]func(){},
	}
	g.ctx, g.kill = context.WithCancel(context.Background())
	g.watch()
	return g
}

// Apply puts a configuration in force. On error everything is as before.
func (g *Gate) Apply(c *config.File) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return errors.New("gate: shutting down")
	}
	p := &plan{g: g, c: c}
	err := p.prepare()
	if err != nil {
		p.undo()
	} else {
		p.commit()
		g.config = c
	}
	g.Metrics.Reload(err)
	return err
}

// Addr is where a listener listens, for tests that let the system choose.
func (g *Gate) Addr(name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.listeners[name]; l != nil {
		return l.Addr().String()
	}
	return ""
}

// Ledger returns a ledger by name, or nil.
func (g *Gate) Ledger(name string) *ledger.Ledger {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ledgers[name]
}

// Ledgers returns the names of all ledgers: none before the first Apply, when operators
// are served already.
func (g *Gate) Ledgers() (names []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.config == nil {
		return nil
	}
	for _, l := range g.config.Ledgers {
		names = append(names, l.Name)
	}
	return names
}

// Ready reports why the gateway should get no traffic now, or nil.
func (g *Gate) Ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return errors.New("shutting down")
	case g.config == nil:
		return errors.New("no configuration is in force")
	}
	for name, u := range g.upstreams {
		if s := u.Breaker.State(); s != "closed" {
			return fmt.Errorf("upstream %s: breaker %s", name, s)
		}
	}
	for name, l := range g.ledgers {
		if s := l.Stats(); s.Locked != nil {
			return fmt.Errorf("ledger %s: %w", name, s.Locked)
		}
	}
	return nil
}

// Close drains: nothing new is accepted, what is under way is finished, for as
// long as the configuration says. Then everything ends.
func (g *Gate) Close() {
	g.mu.Lock()
	g.draining = true
	all := slices.Collect(maps.Keys(g.leaving))
	for _, l := range g.listeners {
		l.Drain()
		all = append(all, l)
	}
	wait := time.Duration(0)
	if g.config != nil {
		wait = g.config.Global.Drain.Duration
	}
	reporters := g.reporters
	g.mu.Unlock()

	timer := time.AfterFunc(wait, g.kill)
	for _, l := range all {
		l.end()
	}
	timer.Stop()
	g.kill()
	if reporters != nil {
		reporters.close()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.ledgers {
		l.Close()
	}
	for l := range g.removed {
		l.Close()
	}
	clear(g.removed)
}

// leave drains a listener that is not in the configuration any more. Caller holds mu.
func (g *Gate) leave(l *listener) {
	l.Drain()
	g.leaving[l] = true
	go func() {
		l.end()
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.leaving, l)
	}()
}

// behind calls f, which then holds mu, when the connections of all listeners that are
// leaving now have ended; and not before wait, for those of other listeners that have a
// message under way by the rules before. Caller holds mu.
func (g *Gate) behind(wait time.Duration, f func()) {
	before := slices.Collect(maps.Keys(g.leaving))
	timer := time.NewTimer(wait)
	go func() {
		defer timer.Stop()
		for _, l := range before {
			l.end()
		}
		select {
		case <-timer.C:
		case <-g.ctx.Done():
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		f()
	}()
}

// remove closes a ledger that is not in the configuration any more, behind those who
// need it, unless a reload takes it back before. Caller holds mu.
func (g *Gate) remove(l *ledger.Ledger, wait time.Duration) {
	mark := new(int)
	g.removed[l] = mark
	g.behind(wait, func() {
		if g.removed[l] == mark {
			delete(g.removed, l)
			l.Close()
		}
	})
}

// kept is a ledger that was removed and is still open, or nil.
func (g *Gate) kept(name, file string) *ledger.Ledger {
	for l := range g.removed {
		if l.Name == name && l.File() == file {
			return l
		}
	}
	return nil
}

// door makes the door of a listener.
func (g *Gate) door(c config.Listener, u *upstream.Upstream, classes []config.Class, s door.Shared) (*door.Door, error) {
	s.Held, s.Events = g.held, g.Metrics
	return door.New(c, u, classes, s)
}
