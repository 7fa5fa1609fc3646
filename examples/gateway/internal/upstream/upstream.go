// Package upstream holds what the gateway knows of the nodes behind it: where
// they are, how many messages they may have under way, whether they are up, and
// what they last said of themselves.
package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
)

// Upstream is a node, or a pool of nodes behind one address. It outlives changes
// of the configuration.
type Upstream struct {
	Name      string
	Ledger    *ledger.Ledger
	Breaker   *Breaker
	Slots     *limit.Slots
	Bytes     *limit.Bytes // of messages that are here
	Receiving *limit.Bytes // of large messages on their way
	Giving    *limit.Bytes // of answers that clients have not taken yet
	Suspects  *limit.Suspects

	now      atomic.Pointer[settings]
	pressure atomic.Int64 // percent of the places that the node's reports leave

	mu    sync.Mutex
	conns map[*Conn]struct{}
}

// settings are what a reload replaces.
type settings struct {
	config config.Upstream
	tls    *tls.Config
}

// New returns an upstream. changed hears of its breaker.
func New(c config.Upstream, l *ledger.Ledger, changed func(state string)) (*Upstream, error) {
	u := &Upstream{Name: c.Name, Ledger: l, conns: map[*Conn]struct{}{}}
	u.pressure.Store(100)
	u.Breaker = NewBreaker(breakerRules(c.Breaker), changed)
	u.Slots = limit.NewSlots(c.MaxInFlight, reserved(c), c.MaxWaiting, u.capacity)
	u.Bytes, u.Receiving, u.Giving = limit.NewBytes(1), limit.NewBytes(1), limit.NewBytes(1)
	u.Suspects = limit.NewSuspects(suspectRules(c.Poison))
	commit, err := u.Prepare(c)
	if err != nil {
		return nil, err
	}
	commit()
	return u, nil
}

// Rooms are the parts of max_bytes_in_flight: for messages that are here, for those on
// their way, and for answers.
type Rooms struct{ Holding, Receiving, Giving int64 }

// RoomsOf are the rooms of an upstream.
func RoomsOf(c config.Upstream) Rooms {
	n := int64(c.MaxBytes)
	return Rooms{n / 2, n / 4, n / 4}
}

// Share is what one client may have of each.
func (r Rooms) Share() Rooms { return Rooms{r.Holding / 4, r.Receiving / 4, r.Giving / 4} }

// Prepare makes ready to change the limits and the address, which commit then
// does. Connections and messages under way stay.
func (u *Upstream) Prepare(c config.Upstream) (commit func(), err error) {
	t, err := clientTLS(c)
	if err != nil {
		return nil, fmt.Errorf("upstream %s: %w", c.Name, err)
	}
	return func() {
		u.now.Store(&settings{config: c, tls: t})
		u.Slots.Resize(c.MaxInFlight, reserved(c), c.MaxWaiting)
		rooms := RoomsOf(c)
		u.Bytes.Resize(rooms.Holding)
		u.Receiving.Resize(rooms.Receiving)
		u.Giving.Resize(rooms.Giving)
		u.Suspects.Resize(suspectRules(c.Poison))
		u.Breaker.Reload(breakerRules(c.Breaker))
	}, nil
}

func reserved(c config.Upstream) []int64 {
	var r []int64
	for _, class := range c.Classes {
		r = append(r, class.Reserved)
	}
	return r
}

func breakerRules(b config.Breaker) BreakerRules {
	return BreakerRules{
		Failures: uint32(b.Failures), Base: b.Base.Duration, Max: b.Max.Duration,
		Probes: uint32(b.Probes), SlowStart: b.SlowStart.Duration, Least: b.MinCapacity,
	}
}

func suspectRules(p config.Poison) limit.SuspectRules {
	return limit.SuspectRules{Crashes: p.Crashes, Window: p.Window.Duration, Refuse: p.Refuse.Duration, Keep: p.Keep}
}

// Config returns the configuration in force.
func (u *Upstream) Config() config.Upstream { return u.now.Load().config }

// AnswerTimeout is how long the node may take for an answer.
func (u *Upstream) AnswerTimeout() time.Duration { return u.now.Load().config.Answer.Duration }

// capacity is the percentage of the places that may be used.
func (u *Upstream) capacity() int64 { return min(u.Breaker.Capacity(), u.pressure.Load()) }

// Conn is a connection to the node.
type Conn struct {
	net.Conn
	up    *Upstream
	epoch int64
}

// Dial connects. The connection belongs to the incarnation of the node that the
// ledger knows of: when another is reported, it is closed.
func (u *Upstream) Dial(ctx context.Context) (*Conn, error) {
	s := u.now.Load()
	return u.dial(ctx, s, target{address: s.config.Address, tls: s.tls})
}

// target is what to connect to.
type target struct {
	address string
	tls     *tls.Config // nil: none
	control control
}

// control judges the address that a name has led to, before it is connected to.
type control = func(network, address string, c syscall.RawConn) error

// DialTo connects to a server that a client has chosen. With secure, its
// certificate has to be for that host, and lead to the roots of the upstream. judge,
// if not nil, may refuse the address of the host.
func (u *Upstream) DialTo(ctx context.Context, host, port string, secure bool, judge control) (*Conn, error) {
	s := u.now.Load()
	t := target{address: net.JoinHostPort(host, port), control: judge}
	if secure {
		t.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		if s.tls != nil {
			t.tls = s.tls.Clone()
		}
		t.tls.ServerName = host
	}
	return u.dial(ctx, s, t)
}

func (u *Upstream) dial(ctx context.Context, s *settings, to target) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.DialTimeout.Duration)
	defer cancel()
	epoch := u.Ledger.Dialled()
	d := net.Dialer{Control: to.control}
	raw, err := d.DialContext(ctx, "tcp", to.address)
	if err != nil {
		return nil, err
	}
	if to.tls != nil {
		t := tls.Client(raw, to.tls)
		if err := t.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		raw = t
	}
	c := &Conn{Conn: raw, up: u, epoch: epoch}
	u.mu.Lock()
	u.conns[c] = struct{}{}
	u.mu.Unlock()
	if !c.Fresh() { // reported while we dialled
		c.Close()
		return nil, fmt.Errorf("upstream %s: the node changed", u.Name)
	}
	return c, nil
}

// Upstream is what the connection leads to.
func (c *Conn) Upstream() *Upstream { return c.up }

// Epoch is the life of the node that the connection belongs to.
func (c *Conn) Epoch() int64 { return c.epoch }

// Fresh reports whether the node at the other end is still the one whose names the
// ledger counts.
func (c *Conn) Fresh() bool { return c.epoch == c.up.Ledger.Epoch() }

// Idle reports whether the connection is still of use for a message. It is asked
// when nothing is under way on it: a node may close a connection that it has no use
// for, and a message should not be what finds out.
func (c *Conn) Idle() bool { return c.Fresh() && !ended(c.Conn) }

// Close closes the connection.
func (c *Conn) Close() error {
	c.up.mu.Lock()
	delete(c.up.conns, c)
	c.up.mu.Unlock()
	return c.Conn.Close()
}

// CloseStale closes the connections to former incarnations.
func (u *Upstream) CloseStale() {
	u.mu.Lock()
	var stale []*Conn
	for c := range u.conns {
		if !c.Fresh() {
			stale = append(stale, c)
		}
	}
	u.mu.Unlock()
	for _, c := range stale {
		c.Close()
	}
}

// Exchange is one message under way, once Begin has begun it.
type Exchange struct {
	up     *Upstream
	class  int
	slot   bool
	share  *limit.Bytes // of which it has taken one
	permit Permit       // none: the breaker was not asked
	ended  atomic.Bool
}

// Upstream is the one that the message goes to.
func (x *Exchange) Upstream() *Upstream { return x.up }

// Need says what a message has to have before it may go to the node. Share is that of its
// client: with Slot, one of it is taken, too.
type Need struct {
	Breaker, Slot bool
	Share         *limit.Bytes
}

// Begin asks the breaker and takes a place, as far as they are needed. The error
// is ErrOpen, with the time to come back, or one of package limit. After nil, x, which
// was zero, has to be ended.
func (u *Upstream) Begin(ctx context.Context, x *Exchange, class int, need Need) (retry time.Duration, err error) {
	x.up, x.class = u, class
	wait := u.now.Load().config.MaxWait.Duration
	if need.Slot && need.Share != nil { // first: who waits for his own keeps nobody else waiting
		if err := need.Share.AcquireIn(ctx, 1, wait); err != nil {
			return wait, err
		}
		x.share = need.Share
	}
	if need.Breaker {
		if x.permit, retry, err = u.Breaker.Allow(); err != nil {
			x.unshare()
			return retry, err
		}
	}
	if x.slot = need.Slot; x.slot {
		if err := u.Slots.Acquire(ctx, class, wait); err != nil {
			x.slot = false
			x.Cancel()
			return wait, err
		}
	}
	return 0, nil
}

// End gives the place back. err is a failure of the node, or nil. Further calls do
// nothing.
func (x *Exchange) End(err error) {
	if !x.ended.CompareAndSwap(false, true) {
		return
	}
	if x.slot {
		x.up.Slots.Release(x.class)
	}
	x.unshare()
	x.permit.End(err)
}

func (x *Exchange) unshare() {
	if x.share != nil {
		x.share.Release(1)
		x.share = nil
	}
}

// Cancel gives the place back, and tells nothing about the node.
func (x *Exchange) Cancel() { x.End(errNeither) }
