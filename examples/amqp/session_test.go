package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// fake is a link to no broker. It confirms what it is told to, and writes down
// what happens in which order.
type fake struct {
	deliveries chan amqp.Delivery
	returned   chan amqp.Return
	publish    func(n int, l letter) (confirm, error)

	mu     sync.Mutex
	events []string
	sent   []letter
	closed bool
	err    error
}

func newFake(bodies ...[]byte) *fake {
	f := &fake{deliveries: make(chan amqp.Delivery, len(bodies)), returned: make(chan amqp.Return, 100)}
	f.publish = func(int, letter) (confirm, error) { return told{ok: true}, nil }
	for i, b := range bodies {
		f.deliveries <- amqp.Delivery{Acknowledger: f, DeliveryTag: uint64(i + 1), Body: b}
	}
	return f
}

func (f *fake) note(event string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, event)
}

func (f *fake) count(event string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		if e == event {
			n++
		}
	}
	return n
}

func (f *fake) Consume() (<-chan amqp.Delivery, error) { return f.deliveries, nil }
func (f *fake) Returned() <-chan amqp.Return           { return f.returned }

func (f *fake) Publish(l letter) (confirm, error) {
	f.note("publish")
	f.mu.Lock()
	f.sent = append(f.sent, l)
	n := len(f.sent)
	f.mu.Unlock()
	return f.publish(n, l)
}

func (f *fake) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *fake) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.deliveries)
	}
}

// Ack implements amqp.Acknowledger.
func (f *fake) Ack(uint64, bool) error        { f.note("ack"); return nil }
func (f *fake) Nack(uint64, bool, bool) error { f.note("nack"); return nil }
func (f *fake) Reject(uint64, bool) error     { f.note("reject"); return nil }
func (f *fake) lose(err error)                { f.mu.Lock(); f.err = err; f.mu.Unlock(); f.Close() }
func (f *fake) order() []string               { f.mu.Lock(); defer f.mu.Unlock(); return slices.Clone(f.events) }
func (f *fake) letters() []letter             { f.mu.Lock(); defer f.mu.Unlock(); return slices.Clone(f.sent) }
func (f *fake) until(what string, n int) func() bool {
	return func() bool { return f.count(what) >= n }
}

// told is a confirm that has come.
type told struct{ ok bool }

func (c told) WaitContext(context.Context) (bool, error) { return c.ok, nil }

// later is one that comes when it is told to, or never.
type later chan bool

func (c later) WaitContext(ctx context.Context) (bool, error) {
	select {
	case ok := <-c:
		return ok, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// started runs a session.
func started(b *bridge, f *fake) (stop func(), ended chan error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	go func() { ended <- b.session(ctx, f) }()
	return cancel, ended
}

// TestAckAfterConfirm: nothing is acknowledged that is not confirmed.
func TestAckAfterConfirm(t *testing.T) {
	good := encode(t, 1)
	f, c := newFake(good, good, good), make(later)
	f.publish = func(int, letter) (confirm, error) { return c, nil }
	b := testBridge(t)
	b.confirmed = func() { f.note("confirmed") }
	stop, ended := started(b, f)
	eventually(t, "all are published", f.until("publish", 3))
	if n := f.count("ack"); n != 0 {
		t.Fatalf("%d acknowledged before the broker has confirmed", n)
	}
	for range 3 {
		c <- true
	}
	eventually(t, "all are acknowledged", f.until("ack", 3))
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	want := []string{"publish", "publish", "publish", "confirmed", "ack", "confirmed", "ack", "confirmed", "ack"}
	if got := f.order(); !slices.Equal(got, want) || b.counts.total() != 3 {
		t.Errorf("%v", got)
	}
}

// TestNotConfirmed: whatever goes wrong, what may be lost is not acknowledged, and
// neither is what came behind it.
func TestNotConfirmed(t *testing.T) {
	lost := errors.New("lost")
	for name, c := range map[string]struct {
		want    string
		acked   int
		publish func(f *fake, n int) (confirm, error)
	}{
		"the broker says no": {"does not take", 1, func(_ *fake, n int) (confirm, error) { return told{n != 2}, nil }},
		"no queue took it": {"no queue takes this", 1, func(f *fake, n int) (confirm, error) {
			if n == 2 {
				c := make(later)
				go func() {
					for f.count("ack") == 0 {
						time.Sleep(time.Millisecond)
					}
					f.returned <- amqp.Return{ReplyText: "NO_ROUTE"} // and then it is confirmed
					c <- true
				}()
				return c, nil
			}
			if n == 3 {
				return make(later), nil
			}
			return told{true}, nil
		}},
		"the connection is lost": {"lost", 1, func(f *fake, n int) (confirm, error) {
			if n == 2 {
				f.lose(lost)
				return told{false}, nil
			}
			return told{true}, nil
		}},
		"it cannot be published": {"lost", 1, func(_ *fake, n int) (confirm, error) {
			if n == 2 {
				return nil, lost
			}
			return told{true}, nil
		}},
		"no confirm comes": {"does not confirm", 1, func(_ *fake, n int) (confirm, error) {
			if n == 2 {
				return make(later), nil
			}
			return told{true}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			good := encode(t, 1)
			f := newFake(good, good, good)
			f.publish = func(n int, _ letter) (confirm, error) { return c.publish(f, n) }
			b := testBridge(t, "-confirm-timeout", "300ms")
			_, ended := started(b, f)
			err := <-ended
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if n := f.count("ack"); n != c.acked || f.count("nack")+f.count("reject") != 0 {
				t.Errorf("%v", f.order())
			}
		})
	}
}

// TestNoVerdict: a message that cannot be judged stays where it is.
func TestNoVerdict(t *testing.T) {
	b := testBridge(t, "-max-new", "10")
	b.judge.budget.Close()
	dir := t.TempDir()
	b = testBridge(t, "-max-new", "10", "-ledger", dir+"/ledger", "-create-ledger")
	b.judge.budget.Close()
	f := newFake([]byte{131, 119, 3, 'n', 'e', 'w'})
	_, ended := started(b, f)
	if err := <-ended; !errors.Is(err, errLedger) || len(f.order()) != 0 {
		t.Errorf("%v, %v", err, f.order())
	}
}

// TestStop: what is under way is settled, what waits is left, and a broker that
// says nothing is not waited for.
func TestStop(t *testing.T) {
	good := encode(t, 1)
	f, c := newFake(good), make(later)
	f.publish = func(int, letter) (confirm, error) { return c, nil }
	stop, ended := started(testBridge(t), f)
	eventually(t, "it is published", f.until("publish", 1))
	stop()
	c <- true
	if err := <-ended; err != nil || f.count("ack") != 1 {
		t.Error(err, f.order())
	}

	f = newFake(good)
	silent := make(later)
	f.publish = func(int, letter) (confirm, error) { return silent, nil }
	stop, ended = started(testBridge(t, "-drain", "50ms", "-confirm-timeout", "500ms"), f)
	eventually(t, "it is published", f.until("publish", 1))
	stop()
	if err := <-ended; err == nil || f.count("ack") != 0 {
		t.Error(err, f.order())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		t.Error("the link was not closed after -drain")
	}
}

// TestComesBack: after each failure a new link, until it is told to stop; pauses
// start again once something was settled.
func TestComesBack(t *testing.T) {
	good, bad := encode(t, 1), []byte{131, 255}
	b := testBridge(t, "-backoff", "1ms", "-max-backoff", "2ms")
	ctx, stop := context.WithCancel(context.Background())
	var mu sync.Mutex
	var links []*fake
	b.dial = func() (link, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(links)%2 == 0 {
			links = append(links, nil)
			return nil, errors.New("nobody there")
		}
		f := newFake(good, bad)
		links = append(links, f)
		if len(links) < 6 {
			f.publish = func(n int, _ letter) (confirm, error) {
				if n == 2 {
					f.lose(errors.New("lost"))
				}
				return told{n == 1}, nil
			}
		}
		return f, nil
	}
	ended := make(chan error)
	go func() { ended <- b.run(ctx) }()
	eventually(t, "all was settled", func() bool { return b.counts.total() == 4 })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(links) != 6 || links[5].letters()[1].exchange != "dead" {
		t.Errorf("%d links", len(links))
	}
	attrs := b.counts.attrs()
	if attrs[1] != int64(3) {
		t.Errorf("%v", attrs)
	}
}

// TestPause: drawn below a bound that doubles and has an end.
func TestPause(t *testing.T) {
	const first, most = 100 * time.Millisecond, 2 * time.Second
	for failures, bound := range map[int]time.Duration{0: first, 1: 2 * first, 3: 8 * first, 5: most, 29: most, 1000: most} {
		var lowest, highest time.Duration = most, 0
		for range 2000 {
			p := pause(failures, first, most)
			lowest, highest = min(lowest, p), max(highest, p)
		}
		if lowest <= 0 || highest > bound || lowest > bound/4 || highest < bound*3/4 {
			t.Errorf("after %d failures: %v to %v, bound %v", failures, lowest, highest, bound)
		}
	}
}
