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

	mu      sync.Mutex
	opened  int       // times in a row without closing
	until   time.Time // no message before
	slow    time.Time // slow start began; zero: none
	forced  bool
	changed func(state string)
}

// NewBreaker returns a closed breaker. changed, if not nil, hears of each state.
func NewBreaker(rules BreakerRules, changed func(state string)) *Breaker {
	b := &Breaker{changed: changed}
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
	switch to {
	case gobreaker.StateOpen:
		b.until = time.Now().Add(pause(*b.now.Load(), b.opened))
		b.opened++
		b.slow = time.Time{}
	case gobreaker.StateClosed:
		b.opened, b.slow = 0, time.Now()
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

// Allow admits one message. done says what became of it: nil, a failure of the
// node, or errNeither. After an error the message has to be refused, and retry is
// when to try again.
func (b *Breaker) Allow() (done func(error), retry time.Duration, err error) {
	b.mu.Lock()
	wait, forced := time.Duration(0), b.forced
	if b.opened > 0 {
		wait = time.Until(b.until)
	}
	b.mu.Unlock()
	if forced {
		return nil, b.now.Load().Base, ErrOpen
	}
	if wait > 0 && b.cb.State() != gobreaker.StateClosed {
		return nil, wait, ErrOpen
	}
	done, err = b.cb.Allow()
	if err != nil {
		return nil, b.now.Load().Base, ErrOpen
	}
	return done, 0, nil
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
	if !open {
		b.slow = time.Now()
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
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.slow.IsZero() {
		return 100
	}
	past := time.Since(b.slow)
	if past >= b.now.Load().SlowStart {
		b.slow = time.Time{}
		return 100
	}
	return b.now.Load().Least + (100-b.now.Load().Least)*int64(past)/int64(b.now.Load().SlowStart)
}
