package limit

import (
	"container/list"
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
)

// Why a client may not go on.
var (
	ErrConnections = errors.New("limit: too many connections")
	ErrRate        = errors.New("limit: over the rate")
)

// Rates are what one client may send.
type Rates struct {
	Connections      int64
	InFlight         int64 // messages under way
	Messages, Burst  int64 // a second, and at once
	Bytes, ByteBurst int64
	Holding          int64 // bytes of messages that are here
	Receiving        int64 // bytes of large messages on their way at once
	Giving           int64 // bytes of answers that it has not taken yet
}

// Clients are the clients of one listener. It remembers a bounded number; those
// beyond share one set of buckets, so inventing clients gains nothing.
type Clients struct {
	mu       sync.Mutex
	rates    Rates
	most     int
	total    int64 // connections
	maxTotal int64
	byKey    map[string]*Client
	old      *list.List // of *Client, those without a connection, least recently used first
	others   *Client
}

// Client is one of them.
type Client struct {
	all      *Clients
	key      string
	conns    int64
	messages *rate.Limiter
	bytes    *rate.Limiter
	coming   *Bytes
	holding  *Bytes
	going    *Bytes
	places   *Bytes        // of one each
	at       *list.Element // in old; nil while it has connections
}

// NewClients returns a table of at most most clients with these rates, and of at
// most conns connections of all together.
func NewClients(rates Rates, most, conns int64) *Clients {
	c := &Clients{byKey: map[string]*Client{}, old: list.New()}
	c.others = &Client{all: c}
	c.Resize(rates, most, conns)
	return c
}

// Resize changes the rates of all clients, those that are there included.
func (c *Clients) Resize(rates Rates, most, conns int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rates, c.most, c.maxTotal = rates, int(most), conns
	c.others.set(rates)
	for _, client := range c.byKey {
		client.set(rates)
	}
}

func (c *Client) set(r Rates) {
	if c.messages == nil {
		c.messages = rate.NewLimiter(rate.Limit(r.Messages), int(r.Burst))
		c.bytes = rate.NewLimiter(rate.Limit(r.Bytes), int(r.ByteBurst))
		c.holding, c.coming, c.going = NewBytes(r.Holding), NewBytes(r.Receiving), NewBytes(r.Giving)
		c.places = NewBytes(r.InFlight)
		return
	}
	c.holding.Resize(r.Holding)
	c.coming.Resize(r.Receiving)
	c.going.Resize(r.Giving)
	c.places.Resize(r.InFlight)
	c.messages.SetLimit(rate.Limit(r.Messages))
	c.messages.SetBurst(int(r.Burst))
	c.bytes.SetLimit(rate.Limit(r.Bytes))
	c.bytes.SetBurst(int(r.ByteBurst))
}

// Connect counts a connection of the client named key. The error is
// ErrConnections; else Close follows.
func (c *Clients) Connect(key string) (*Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= c.maxTotal {
		return nil, ErrConnections
	}
	client := c.find(key)
	if client.conns >= c.rates.Connections {
		return nil, ErrConnections
	}
	client.conns++
	c.total++
	if client.at != nil {
		c.old.Remove(client.at)
		client.at = nil
	}
	return client, nil
}

// Connections returns how many there are.
func (c *Clients) Connections() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

func (c *Clients) find(key string) *Client {
	if client := c.byKey[key]; client != nil {
		return client
	}
	if len(c.byKey) >= c.most && !c.forget() {
		return c.others
	}
	client := &Client{all: c, key: key}
	client.set(c.rates)
	client.at = c.old.PushBack(client)
	c.byKey[key] = client
	return client
}

// forget drops a client that has no connection and whose buckets are full, so
// that it loses nothing and gains nothing. It looks at a few, since a long search
// would be a cost on the sender's word; those that stay go to the back, so that the
// next search is not for the same ones.
func (c *Clients) forget() bool {
	for range min(8, c.old.Len()) {
		e := c.old.Front()
		client := e.Value.(*Client)
		if client.full() {
			c.old.Remove(e)
			delete(c.byKey, client.key)
			return true
		}
		c.old.MoveToBack(e)
	}
	return false
}

func (c *Client) full() bool {
	return c.messages.Tokens() >= float64(c.messages.Burst()) && c.bytes.Tokens() >= float64(c.bytes.Burst())
}

// Close ends a connection.
func (c *Client) Close() {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.conns--
	c.all.total--
	if c.conns == 0 && c != c.all.others {
		c.at = c.all.old.PushBack(c)
	}
}

// Wait pays for a message of n bytes, and waits as long as the rate demands but no
// longer than most. Otherwise the error is ErrRate, with how long it would have
// taken, and nothing was paid; or that of ctx.
func (c *Client) Wait(ctx context.Context, n int64, most time.Duration) (time.Duration, error) {
	now := clock.Time(clock.Now())
	m, b := c.messages.ReserveN(now, 1), c.reserve(now, n)
	delay := max(m.DelayFrom(now), b.DelayFrom(now))
	if delay == 0 { // mostly
		return 0, nil
	}
	return pay(ctx, now, delay, most, m, &b)
}

// More is Wait for n bytes more of a message that was paid for.
func (c *Client) More(ctx context.Context, n int64, most time.Duration) (time.Duration, error) {
	now := clock.Time(clock.Now())
	b := c.reserve(now, n)
	return pay(ctx, now, b.DelayFrom(now), most, &b)
}

// reserve takes n bytes from their bucket. More than a burst is a burst: a bucket that
// never holds so much has reserved nothing.
func (c *Client) reserve(now time.Time, n int64) rate.Reservation {
	r := *c.bytes.ReserveN(now, int(min(n, math.MaxInt)))
	if !r.OK() {
		r = *c.bytes.ReserveN(now, c.bytes.Burst())
	}
	return r
}

// pay waits until what was reserved is there, or gives it back.
func pay(ctx context.Context, now time.Time, delay, most time.Duration, reserved ...*rate.Reservation) (time.Duration, error) {
	if delay == 0 {
		return 0, nil
	}
	if delay > most {
		for _, r := range reserved {
			r.CancelAt(now)
		}
		return delay, ErrRate
	}
	waiting(ctx)
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
		return 0, nil
	case <-ctx.Done():
		for _, r := range reserved {
			r.Cancel()
		}
		return delay, ctx.Err()
	}
}

// Receive takes room for n bytes of a large message that is on its way, of this
// client's share. The error is that of ctx.
func (c *Client) Receive(ctx context.Context, n int64) (release func(), err error) {
	if err := c.coming.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { c.coming.Release(n) }, nil
}

// Places bounds the messages of the client that are under way, each of which takes one.
func (c *Client) Places() *Bytes { return c.places }

// Holding bounds the messages of the client that are here.
func (c *Client) Holding() *Bytes { return c.holding }

// Going bounds the answers that the client has not taken yet.
func (c *Client) Going() *Bytes { return c.going }
