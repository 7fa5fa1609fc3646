package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pires/go-proxyproto"
	"golang.org/x/time/rate"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
)

// Listener is one listening socket. What it does with connections may change
// while it runs; the socket and the connections stay.
type Listener struct {
	socket net.Listener
	open   *Count // of the process
	log    *slog.Logger
	begun  *limit.Clients // connections whose client is not known yet, by peer
	behind *limit.Clients // those from proxies: one peer is many clients
	now    atomic.Pointer[rules]
	drain  chan struct{}
	stop   sync.Once
	live   sync.WaitGroup

	headless rate.Sometimes // tells of connections without a PROXY header
}

// rules are what a reload replaces.
type rules struct {
	door  *door.Door
	proto Protocol
	tls   *tls.Config
	proxy []netip.Prefix
}

// Count bounds the connections of the whole process.
type Count struct{ Max, now atomic.Int64 }

func (c *Count) take() bool {
	if c.now.Add(1) > c.Max.Load() {
		c.now.Add(-1)
		return false
	}
	return true
}

// Open begins to listen. Nothing is accepted before Start.
func Open(ctx context.Context, c config.Listener, open *Count, log *slog.Logger) (*Listener, error) {
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		socket: socket, open: open, log: log, drain: make(chan struct{}),
		begun: limit.NewClients(limit.Rates{}, 1<<16, 0), behind: limit.NewClients(limit.Rates{}, 1<<16, 0),
		headless: rate.Sometimes{First: 1, Interval: time.Minute},
	}
	l.resize(c.Limits)
	return l, nil
}

// Addr is where it listens.
func (l *Listener) Addr() net.Addr { return l.socket.Addr() }

// Use puts rules in force for what is accepted from now on, and for the next
// messages of protocols that ask Door.
func (l *Listener) Use(d *door.Door, p Protocol, t *tls.Config) error {
	r := &rules{door: d, proto: p, tls: t}
	for _, text := range d.Config.Proxy {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return err
		}
		r.proxy = append(r.proxy, prefix)
	}
	l.resize(d.Config.Limits)
	l.now.Store(r)
	return nil
}

// resize bounds the connections whose client is not known yet.
func (l *Listener) resize(c config.Door) {
	l.begun.Resize(limit.Rates{Connections: c.PerClient}, 1<<16, c.MaxConnections)
	l.behind.Resize(limit.Rates{Connections: c.MaxConnections}, 1<<16, c.MaxConnections)
}

// Door returns the rules in force.
func (l *Listener) Door() *door.Door { return l.now.Load().door }

// Start begins to accept connections, until Drain, or ctx is done. Wait waits for that
// too: a connection that was accepted a moment before is not to begin behind it.
func (l *Listener) Start(ctx context.Context) { l.live.Go(func() { l.accept(ctx) }) }

func (l *Listener) accept(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { l.socket.Close() })
	defer stop()
	for pause := time.Duration(0); ; {
		c, err := l.socket.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptors left, as a rule: others have to end first
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			l.log.Error("accept", "listener", l.Door().Config.Name, "err", err)
			time.Sleep(pause)
			continue
		}
		pause = 0
		if !l.open.take() {
			l.crowded(c)
			continue
		}
		l.live.Go(func() {
			defer l.open.now.Add(-1)
			l.serve(ctx, c)
		})
	}
}

// Drain stops accepting. Connections end when their messages are answered.
func (l *Listener) Drain() {
	l.stop.Do(func() {
		close(l.drain)
		l.socket.Close()
	})
}

// Wait returns when all connections have ended, and none can begin.
func (l *Listener) Wait() { l.live.Wait() }

// serve finds out who the client is, and lets it in.
func (l *Listener) serve(ctx context.Context, c net.Conn) {
	r := l.now.Load()
	limits := r.door.Config.Limits
	ctx, cancel := context.WithTimeout(ctx, limits.Total.Duration)
	defer cancel()
	peer, err := address(c)
	if err != nil {
		Reset(c)
		return
	}
	c, who, err := l.meet(ctx, r, c, peer)
	switch {
	case errors.Is(err, limit.ErrConnections):
		l.crowded(c)
		return
	case err != nil:
		l.log.Debug("connection", "listener", l.Door().Config.Name, "err", err)
		if errors.Is(err, errNoHeader) {
			l.headless.Do(func() { l.log.Warn("connection", "listener", l.Door().Config.Name, "from", peer.String(), "err", err) })
		}
		Reset(c)
		return
	}
	c.SetDeadline(time.Time{})
	pass, refusal := r.door.Accept(who, l.Door)
	if refusal != nil {
		Reset(c)
		return
	}
	defer pass.Close()
	r.proto.Serve(ctx, l.drain, c, pass)
}

// crowded resets a connection that there is no room for.
func (l *Listener) crowded(c net.Conn) {
	peer, _ := address(c)
	l.Door().Crowded(door.Client{Addr: peer})
	Reset(c)
}

// proxied reports whether a peer sends a PROXY header.
func (r *rules) proxied(peer netip.Addr) bool {
	return slices.ContainsFunc(r.proxy, func(p netip.Prefix) bool { return p.Contains(peer) })
}

// errNoHeader is of whoever stands in front and is not set up for what is configured here:
// no connection of its clients gets through.
var errNoHeader = errors.New("listen: no PROXY header from an address of proxy_protocol")

// meet finds out who the client is, in the time for that. Until it is known, who that may
// be is counted: the peer, and behind a proxy the client that the header names, so that
// nobody holds all connections with handshakes that do not end.
func (l *Listener) meet(ctx context.Context, r *rules, c net.Conn, peer netip.Addr) (net.Conn, door.Client, error) {
	who := door.Client{Addr: peer}
	by := time.Now().Add(r.door.Config.Limits.Header.Duration)
	c.SetDeadline(by)
	if r.proxied(peer) {
		begun, err := l.behind.Connect(who.Key())
		if err != nil {
			return c, who, err
		}
		c, who.Addr, err = header(c, peer, by)
		begun.Close()
		if err != nil {
			return c, who, err
		}
	}
	begun, err := l.begun.Connect(who.Key())
	if err != nil {
		return c, who, err
	}
	defer begun.Close()
	if r.tls == nil {
		return c, who, nil
	}
	t := tls.Server(c, r.tls)
	if err := t.HandshakeContext(ctx); err != nil {
		return c, who, err
	}
	who.Identity = identity(t.ConnectionState().VerifiedChains)
	return t, who, nil
}

// header reads the PROXY header. What it wraps c in puts a deadline of its own for that,
// and then only the one back that it was told of itself.
func header(c net.Conn, peer netip.Addr, by time.Time) (net.Conn, netip.Addr, error) {
	p := proxied{proxyproto.NewConn(c, proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.SetReadHeaderTimeout(time.Until(by)))}
	p.SetDeadline(by)
	if p.ProxyHeader() == nil { // it was read here
		return c, peer, errNoHeader
	}
	client, err := address(p)
	if err != nil {
		return c, peer, err
	}
	return p, client, nil
}
