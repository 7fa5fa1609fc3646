package upstream

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
)

var rules = BreakerRules{Failures: 3, Base: time.Second, Max: 10 * time.Second, Probes: 1, SlowStart: 10 * time.Second, Least: 10}

var errDown = errors.New("down")

// fail lets n messages fail, as far as the breaker lets them through.
func fail(t *testing.T, b *Breaker, n int) {
	t.Helper()
	for range n {
		permit, _, err := b.Allow()
		if err != nil {
			t.Fatal(err)
		}
		permit.End(errDown)
	}
}

func TestBreakerOpensAndProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []string
		b := NewBreaker(rules, func(s string) { states = append(states, s) })
		fail(t, b, 2)
		if permit, _, err := b.Allow(); err != nil {
			t.Fatal(err)
		} else {
			permit.End(nil) // a success in between
		}
		fail(t, b, 3)
		_, retry, err := b.Allow()
		if err != ErrOpen || retry < 500*time.Millisecond || retry > time.Second || b.State() != "open" {
			t.Fatal(retry, err, b.State())
		}
		time.Sleep(retry)
		probe, _, err := b.Allow()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Allow(); err != ErrOpen {
			t.Error("two probes at once")
		}
		probe.End(errDown)
		_, retry, err = b.Allow()
		if err != ErrOpen || retry < time.Second || retry > 2*time.Second {
			t.Errorf("the second pause is %v (%v)", retry, err)
		}
		time.Sleep(retry)
		probe, _, _ = b.Allow()
		probe.End(nil)
		if b.State() != "closed" || b.Capacity() != 10 {
			t.Error(b.State(), b.Capacity())
		}
		time.Sleep(5 * time.Second)
		if c := b.Capacity(); c != 55 {
			t.Error(c)
		}
		time.Sleep(5 * time.Second)
		if c := b.Capacity(); c != 100 {
			t.Error(c)
		}
		if got := fmt.Sprint(states); got != "[open half-open open half-open closed]" {
			t.Error(got)
		}
	})
}

// begin lets n messages begin.
func begin(t *testing.T, b *Breaker, n int) (all []Permit) {
	t.Helper()
	for range n {
		permit, _, err := b.Allow()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, permit)
	}
	return all
}

// TestBreakerCountsWhatBeganInCalm: gobreaker is not asked about messages while all is
// well, and yet counts them as if it had been.
func TestBreakerCountsWhatBeganInCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(rules, nil)
		all := begin(t, b, 10)
		for i, err := range []error{errDown, errDown, nil, errDown, errNeither, errDown} {
			all[i].End(err)
			if b.State() != "closed" {
				t.Fatal("opened at end", i)
			}
			if calm := b.calm.Load() != 0; calm != (err == nil) {
				t.Errorf("end %d: calm is %v", i, calm)
			}
		}
		for _, permit := range all[6:] { // the first opens it, the others belong to a life that is over
			permit.End(errDown)
			time.Sleep(time.Microsecond) // the pause of gobreaker itself is over
		}
		_, retry, err := b.Allow()
		if err != ErrOpen || retry > rules.Base {
			t.Fatalf("%v, for %v: messages of one crash made the pause longer", err, retry)
		}
		time.Sleep(retry)
		probe := begin(t, b, 1)[0]
		Permit{b: b, life: 1}.End(errDown)
		Permit{b: b, life: 1}.End(nil)
		if b.State() != "half-open" {
			t.Error("a message of a former life was taken for the probe:", b.State())
		}
		probe.End(nil)
		if b.State() != "closed" || b.calm.Load() == 0 {
			t.Error(b.State(), b.calm.Load())
		}
		fail(t, b, 2)
		Permit{b: b, life: 1}.End(nil) // resets nothing
		fail(t, b, 1)
		if b.State() != "open" {
			t.Error(b.State())
		}
	})
}

// TestBreakerForcedInCalm: what the node says of itself is heard at once, and what was
// under way does not undo it.
func TestBreakerForcedInCalm(t *testing.T) {
	b := NewBreaker(rules, nil)
	all := begin(t, b, 3)
	b.Force(true)
	for _, err := range []error{nil, errDown, nil} {
		all[0].End(err)
		all = all[1:]
		if _, _, err := b.Allow(); err != ErrOpen {
			t.Error(err)
		}
	}
	b.Force(false)
	begin(t, b, 1)[0].End(nil)
	if b.calm.Load() == 0 {
		t.Error("not calm after a success")
	}
}

// TestBreakerOfMany: whatever they meet, it is calm only while it is closed and nothing
// has failed since a success.
func TestBreakerOfMany(t *testing.T) {
	r := rules
	r.Base, r.Max = 1, 1
	b := NewBreaker(r, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20_000 {
				permit, _, err := b.Allow()
				if err != nil {
					continue
				}
				switch {
				case (n+i)%7 == 0:
					permit.End(errNeither)
				case n/50%3 == 0 && n%2 == 0:
					permit.End(errDown)
				default:
					permit.End(nil)
				}
			}
		})
	}
	for range 1000 {
		b.telling.Lock()
		calm, failed, state := b.calm.Load() != 0, b.cb.Counts().ConsecutiveFailures, b.State()
		b.telling.Unlock()
		if calm && (failed > 0 || state != "closed") {
			t.Errorf("calm after %d failures, %s", failed, state)
		}
	}
	wg.Wait()
	for began := time.Now(); b.State() != "closed" || b.calm.Load() == 0; {
		if time.Since(began) > 30*time.Second {
			t.Fatal("it does not calm down: ", b.State())
		}
		if permit, _, err := b.Allow(); err == nil {
			permit.End(nil)
		}
	}
}

// TestBreakerAtACrash: messages that fail all at once open it once.
func TestBreakerAtACrash(t *testing.T) {
	for range 5000 {
		b := NewBreaker(rules, nil)
		var wg sync.WaitGroup
		for _, permit := range begin(t, b, 16) {
			wg.Go(func() { permit.End(errDown) })
		}
		wg.Wait()
		if b.opened != 1 {
			t.Fatal("opened", b.opened, "times")
		}
	}
}

// TestPauses grow, have jitter, and stay within their bound.
func TestPauses(t *testing.T) {
	seen := map[time.Duration]bool{}
	for opened := range 100 {
		most := rules.Max
		if opened < 4 {
			most = min(most, rules.Base<<opened)
		}
		d := pause(rules, opened)
		if d < most/2 || d > most {
			t.Errorf("pause %d is %v", opened, d)
		}
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Error("no jitter")
	}
}

func TestNeitherDoesNotCount(t *testing.T) {
	b := NewBreaker(rules, nil)
	for range 10 {
		permit, _, err := b.Allow()
		if err != nil {
			t.Fatal(err)
		}
		permit.End(errNeither)
	}
}

func TestForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(rules, nil)
		b.Force(true)
		if _, _, err := b.Allow(); err != ErrOpen || b.State() != "forced" {
			t.Error(err, b.State())
		}
		b.Force(false)
		if _, _, err := b.Allow(); err != nil || b.Capacity() != 10 {
			t.Errorf("%v, capacity %d: a slow start is due", err, b.Capacity())
		}
	})
}

func test(t *testing.T, pressure config.Pressure) *Upstream {
	t.Helper()
	u, err := New(config.Upstream{
		Name: "node", Address: "127.0.0.1:1", MaxInFlight: 10, MaxBytes: 100,
		Breaker:  config.Breaker{Failures: 3, Probes: 1, Base: config.Duration{Duration: 1}, Max: config.Duration{Duration: 1}},
		Pressure: pressure,
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestPressure: the node's state shrinks what may be under way, and at worst
// opens the breaker; silence brings the static limits back.
func TestPressure(t *testing.T) {
	wide := config.Range{From: 1 << 40, To: 1 << 41}
	u := test(t, config.Pressure{ProcessPercent: config.Range{From: 60, To: 90}, QueueLen: config.Range{From: 100, To: 200}, RunQueue: wide, Memory: wide, Restarts: config.Range{From: 3, To: 10}, Floor: 10})
	open := func() int64 { _, open, _ := u.Slots.Used(); return open }
	for _, c := range []struct {
		load   Load
		places int64
		state  string
	}{
		{Load{ProcessPercent: 60, QueueLen: 100}, 10, "closed"},
		{Load{ProcessPercent: 75}, 5, "closed"},
		{Load{ProcessPercent: 75, QueueLen: 180}, 2, "closed"},
		{Load{QueueLen: 199}, 1, "closed"},
		{Load{Restarts: 10}, 1, "forced"},
		{Load{}, 10, "closed"},
	} {
		u.Report(c.load)
		u.Breaker.slow = time.Time{}
		if open() != c.places || u.Breaker.State() != c.state {
			t.Errorf("%+v: %d places, %s", c.load, open(), u.Breaker.State())
		}
	}
	u.Report(Load{QueueLen: 1000})
	u.Silence()
	u.Breaker.slow = time.Time{}
	if open() != 10 || u.Breaker.State() != "closed" {
		t.Errorf("after silence: %d places, %s", open(), u.Breaker.State())
	}
	if m := (Load{1, 9, 1, 9, 1}).Max(Load{5, 5, 5, 5, 5}); m != (Load{5, 9, 5, 9, 5}) {
		t.Error(m)
	}
}

// TestBegin: what has no place tells the breaker nothing, and ends once.
func TestBegin(t *testing.T) {
	u := test(t, config.Pressure{})
	var all []*Exchange
	for range 10 {
		x := new(Exchange)
		if _, err := u.Begin(t.Context(), x, 0, Need{Breaker: true, Slot: true}); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	for range 10 {
		if _, err := u.Begin(t.Context(), new(Exchange), 0, Need{Breaker: true, Slot: true}); !errors.Is(err, limit.ErrFull) {
			t.Fatal(err)
		}
	}
	if u.Breaker.State() != "closed" {
		t.Error("the door's own limits opened the breaker")
	}
	for _, x := range all {
		x.End(nil)
		x.End(errDown)
		x.Cancel()
	}
	if used, _, _ := u.Slots.Used(); used != 0 {
		t.Error(used)
	}
	for range 3 {
		x := new(Exchange)
		if _, err := u.Begin(t.Context(), x, 0, Need{Breaker: true}); err != nil {
			t.Fatal(err)
		}
		x.End(errDown)
	}
	x := new(Exchange)
	if _, err := u.Begin(t.Context(), x, 0, Need{Slot: true}); err != nil {
		t.Error("the breaker was not asked, and yet refuses")
	} else {
		x.End(nil)
	}
}
