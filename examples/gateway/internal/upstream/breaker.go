package upstream

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ErrOpen says that the node is left alone for now.
var ErrOpen = errors.New("upstream: left alone while it recovers")

// BreakerRules say when a node is left alone, and for how long.
type BreakerRules struct {
	Failures  uint32
	Base, Max time.Duration
	Probes    uint32
	SlowStart time.Duration
	Least     int64 // percent of the places when slow start begins
}

// Breaker is a circuit breaker whose pauses grow, with jitter, as long as probes
// fail, and after which the node's capacity comes back slowly.
//
// gobreaker decides when to open and close. Its pause is as good as nothing, since
// it cannot grow: the pause is kept here, in front of it.
type Breaker struct {
	now atomic.Pointer[BreakerRules]
	cb  *gobreaker.TwoStepCircuitBreaker[struct{}]

	// calm is the life in which there is nothing to count: the breaker is closed, not
	// forced, and nothing has failed since something succeeded. One more success would
	// change nothing then, so that gobreaker, its lock and its clock are left alone for
	// messages that begin and end in it. 0: it is asked.
	calm    atomic.Int64
	telling sync.Mutex  // held by who tells gobreaker what became of a message; taken before mu
	slowing atomic.Bool // there may be a slow start

	mu      sync.Mutex
	life    int64     // changes of state, and one
	opened  int       // times in a row without closing
	until   time.Time // no message before
	slow    time.Time // slow start began; zero: none
	forced  bool
	changed func(state string)
}

// NewBreaker returns a closed breaker. changed, if not nil, hears of each state.
func NewBreaker(rules BreakerRules, changed func(state string)) *Breaker {
	b := &Breaker{changed: changed, life: 1}
	b.calm.Store(b.life)
	b.now.Store(&rules)
	b.cb = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: rules.Probes,
		Timeout:     time.Nanosecond,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= b.now.Load().Failures },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			b.moved(to)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNeither) },
	})
	return b
}

// Reload changes the rules, but for the number of probes, which stays.
func (b *Breaker) Reload(rules BreakerRules) { b.now.Store(&rules) }

// errNeither ends a message that tells nothing about the node's health.
var errNeither = errors.New("upstream: neither success nor failure")

func (b *Breaker) moved(to gobreaker.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.life++
	switch to {
	case gobreaker.StateOpen:
		b.until = time.Now().Add(pause(*b.now.Load(), b.opened))
		b.opened++
		b.slow = time.Time{}
	case gobreaker.StateClosed:
		b.opened = 0
		b.slowly()
	}
	if b.changed != nil {
		b.changed(to.String())
	}
}

// pause doubles, and is spread over half of itself so that gateways in front of
// one node do not come back together.
func pause(r BreakerRules, opened int) time.Duration {
	d := r.Max
	if opened < 30 {
		d = min(r.Max, r.Base<<opened)
	}
	if d <= 0 {
		d = r.Max
	}
	return d/2 + rand.N(d/2+1)
}

// slowly begins a slow start. Caller holds mu.
func (b *Breaker) slowly() {
	b.slow = time.Now()
	b.slowing.Store(true)
}

// Permit is that of one message. The zero value is none, whose End does nothing.
type Permit struct {
	b    *Breaker
	life int64       // the calm one in which it was given; 0: none
	done func(error) // of gobreaker, if it was not calm
}

// Allow admits one message, whose Permit has to be ended. After an error the message
// has to be refused, and retry is when to try again.
func (b *Breaker) Allow() (permit Permit, retry time.Duration, err error) {
	if life := b.calm.Load(); life != 0 {
		return Permit{b: b, life: life}, 0, nil
	}
	b.mu.Lock()
	wait, forced := time.Duration(0), b.forced
	if b.opened > 0 {
		wait = time.Until(b.until)
	}
	b.mu.Unlock()
	if forced {
		return Permit{}, b.now.Load().Base, ErrOpen
	}
	if wait > 0 && b.cb.State() != gobreaker.StateClosed {
		return Permit{}, wait, ErrOpen
	}
	done, err := b.cb.Allow()
	if err != nil {
		return Permit{}, b.now.Load().Base, ErrOpen
	}
	return Permit{b: b, done: done}, 0, nil
}

// End says what became of the message: nil, a failure of the node, or errNeither.
func (p Permit) End(err error) {
	switch {
	case p.b == nil:
	case p.life != 0 && err == nil && p.b.calm.Load() == p.life:
	case p.life != 0 && err != nil && errors.Is(err, errNeither):
	default:
		p.b.tell(p, err)
	}
}

// tell tells gobreaker what became of a message. It opens and closes only here, so that
// under the lock it cannot do so between two steps. A message that it was not asked
// about is one of those that it would have let through, unless its life is over: of
// those of a former one it hears nothing either.
func (b *Breaker) tell(p Permit, err error) {
	b.telling.Lock()
	defer b.telling.Unlock()
	if p.done == nil && p.life != b.lives() {
		return
	}
	if err != nil {
		b.calm.Store(0) // what begins from now on is counted
	}
	if p.done == nil {
		var refused error
		if p.done, refused = b.cb.Allow(); refused != nil {
			return
		}
	}
	p.done(err)
	if b.cb.Counts().ConsecutiveFailures > 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == 0 && !b.forced {
		b.calm.Store(b.life)
	}
}

func (b *Breaker) lives() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.life
}

// Force opens the breaker on what the node says of itself, or ends that, which
// begins a slow start.
func (b *Breaker) Force(open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forced == open {
		return
	}
	b.forced = open
	if b.calm.Store(0); !open {
		b.slowly()
	}
	if b.changed != nil {
		b.changed(b.state())
	}
}

// State is closed, half-open, open, or forced.
func (b *Breaker) State() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state()
}

func (b *Breaker) state() string {
	switch {
	case b.forced:
		return "forced"
	case time.Now().Before(b.until) && b.opened > 0:
		return gobreaker.StateOpen.String()
	case b.opened > 0:
		return gobreaker.StateHalfOpen.String()
	}
	return gobreaker.StateClosed.String()
}

// Capacity is the percentage of places that slow start leaves.
func (b *Breaker) Capacity() int64 {
	if !b.slowing.Load() { // mostly
		return 100
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	past := time.Since(b.slow)
	if b.slow.IsZero() || past >= b.now.Load().SlowStart {
		b.slow = time.Time{}
		b.slowing.Store(false)
		return 100
	}
	return b.now.Load().Least + (100-b.now.Load().Least)*int64(past)/int64(b.now.Load().SlowStart)
}
