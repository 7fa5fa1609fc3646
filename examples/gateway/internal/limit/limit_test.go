package limit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestSlotsReserveForHigherClasses(t *testing.T) {
	s := NewSlots(4, []int64{1, 1, 0}, 0, nil)
	ctx := t.Context()
	take := func(class int, want error) {
		t.Helper()
		if err := s.Acquire(ctx, class, 0); err != want {
			t.Fatalf("class %d: %v, want %v", class, err, want)
		}
	}
	take(2, nil)
	take(2, nil)
	take(2, ErrFull) // 2 places are kept for 0 and 1
	take(1, nil)
	take(1, ErrFull)
	take(0, nil)
	take(0, ErrFull)
	s.Release(2)
	take(2, nil) // 0 and 1 use what is theirs
}

func TestSlotsServeTheHighestClassFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(1, []int64{0, 0, 0}, 2, nil)
		if err := s.Acquire(t.Context(), 0, 0); err != nil {
			t.Fatal(err)
		}
		type end struct {
			class int
			err   error
		}
		ends := make(chan end, 3)
		wait := func(class int) {
			go func() { ends <- end{class, s.Acquire(t.Context(), class, time.Minute)} }()
			synctest.Wait()
		}
		wait(2)
		wait(1)
		wait(0) // the queue is full: 2 has to leave
		if e := <-ends; e.class != 2 || e.err != ErrShed {
			t.Errorf("first %+v", e)
		}
		if err := s.Acquire(t.Context(), 2, time.Minute); err != ErrFull {
			t.Errorf("the lowest of a full queue: %v", err)
		}
		s.Release(0)
		if e := <-ends; e.class != 0 || e.err != nil {
			t.Errorf("second %+v", e)
		}
		s.Release(0)
		if e := <-ends; e.class != 1 || e.err != nil {
			t.Errorf("third %+v", e)
		}
	})
}

func TestSlotsWaitOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(1, nil, 5, nil)
		s.Acquire(t.Context(), 0, 0)
		if err := s.Acquire(t.Context(), 0, time.Second); err != ErrTooLong {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := s.Acquire(ctx, 0, time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		s.Release(0)
		if used, _, waiting := s.Used(); used != 0 || waiting != 0 {
			t.Error(used, waiting)
		}
	})
}

func TestSlotsShrink(t *testing.T) {
	percent := int64(100)
	s := NewSlots(10, []int64{5, 0}, 0, func() int64 { return percent })
	percent = 20 // 2 places, of which 1 is reserved
	if err := s.Acquire(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Acquire(t.Context(), 1, 0); err != ErrFull {
		t.Error(err)
	}
	if err := s.Acquire(t.Context(), 0, 0); err != nil {
		t.Error(err)
	}
	percent = 0
	s.Release(0)
	s.Release(1)
	if err := s.Acquire(t.Context(), 1, 0); err != nil {
		t.Errorf("one place is always left: %v", err)
	}
}

// TestSlotsNeverExceed: many goroutines, and the sum stays within.
func TestSlotsNeverExceed(t *testing.T) {
	s := NewSlots(7, []int64{2, 0}, 100, nil)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			for range 200 {
				if s.Acquire(t.Context(), i%2, time.Second) == nil {
					if used, max, _ := s.Used(); used > max {
						t.Errorf("%d of %d", used, max)
					}
					s.Release(i % 2)
				}
			}
		})
	}
	wg.Wait()
	if used, _, waiting := s.Used(); used != 0 || waiting != 0 {
		t.Error(used, waiting)
	}
}

func TestBytesAreBackpressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBytes(100)
		b.Acquire(t.Context(), 80)
		order := make(chan int64, 2)
		for _, n := range []int64{50, 10} {
			go func() {
				b.Acquire(t.Context(), n)
				order <- n
			}()
			synctest.Wait()
		}
		if len(order) != 0 {
			t.Fatal("10 bytes overtook 50 that wait")
		}
		b.Release(80)
		if a, c := <-order, <-order; a+c != 60 {
			t.Error(a, c)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Acquire(ctx, 50); err == nil {
			t.Error("110 of 100 bytes")
		}
		b.Release(60)
		if err := b.Acquire(t.Context(), 1000); err != nil {
			t.Error(err)
		}
		b.Release(1000)
		if used, waiting := b.Used(); used != 0 || waiting != 0 {
			t.Error(used, waiting)
		}
	})
}

// TestBytesNobodyIsForgotten: what comes back between the look at what is free and the
// place in line is not waited for.
// TestShare: who waits too long for a share leaves its line, and takes nothing.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBytes(2)
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			if err := b.AcquireIn(ctx, 1, 0); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if err := b.AcquireIn(ctx, 1, time.Minute); err != ErrShare || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		time.AfterFunc(time.Second, func() { b.Release(1) })
		if err := b.AcquireIn(ctx, 1, time.Minute); err != nil {
			t.Error(err)
		}
		time.AfterFunc(time.Second, cancel)
		if err := b.AcquireIn(ctx, 1, time.Minute); err != context.Canceled {
			t.Error(err)
		}
		if used, waiting := b.Used(); used != 2 || waiting != 0 {
			t.Errorf("%d are taken, %d wait", used, waiting)
		}
	})
}

func TestBytesNobodyIsForgotten(t *testing.T) {
	b := NewBytes(10)
	if err := b.Acquire(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock() // so that the claim is on its way into the line
	got := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		got <- b.Acquire(ctx, 1)
	}()
	time.Sleep(50 * time.Millisecond)
	b.Release(10) // nobody is in line that it would have to look after
	b.mu.Unlock()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// TestBytesNeverExceed: many take and give back without the lock, some wait in line or
// leave it, and the sum stays within; in the end nobody is left behind.
func TestBytesNeverExceed(t *testing.T) {
	const most = 1000
	b := NewBytes(most)
	var sum, done atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range 3000 {
				n, ctx, cancel := 1+r.Int64N(300), t.Context(), func() {}
				if r.IntN(20) == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(50))*time.Microsecond)
				}
				err := b.Acquire(ctx, n)
				if cancel(); err != nil {
					continue
				}
				if held := sum.Add(n); held > most {
					t.Errorf("%d bytes of %d", held, most)
				}
				if r.IntN(4) == 0 {
					runtime.Gosched()
				}
				sum.Add(-n)
				b.Release(n)
			}
			done.Add(1)
		})
	}
	wg.Go(func() {
		for done.Load() < 16 {
			b.Resize(most / 2)
			runtime.Gosched()
			b.Resize(most)
		}
	})
	wg.Wait()
	if used, waiting := b.Used(); used != 0 || waiting != 0 || b.used.Load() != 0 {
		t.Error(used, waiting, b.used.Load())
	}
}

func TestClientRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewClients(Rates{Connections: 2, Messages: 10, Burst: 2, Bytes: 1000, ByteBurst: 1000}, 10, 3)
		c, err := all.Connect("a")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if beyond := over(c, 1); beyond != (i == 2) {
				t.Errorf("message %d of a burst of 2: over the rate is %v", i, beyond)
			}
		}
		before := time.Now()
		if _, err := c.Wait(t.Context(), 1, time.Second); err != nil || time.Since(before) != 100*time.Millisecond {
			t.Error(err, time.Since(before))
		}
		time.Sleep(time.Hour)
		if over(c, 1000) {
			t.Error("1000 bytes at once are allowed")
		}
		if wait, err := c.Wait(t.Context(), 500, 100*time.Millisecond); err != ErrRate || wait != 500*time.Millisecond {
			t.Error(wait, err)
		}
		if _, err := c.Wait(t.Context(), 500, time.Second); err != nil {
			t.Errorf("the refused message was paid: %v", err)
		}
	})
}

func TestClientConnections(t *testing.T) {
	all := NewClients(Rates{Connections: 2, Messages: 1, Burst: 1, Bytes: 1, ByteBurst: 1}, 10, 3)
	connect := func(key string, ok bool) *Client {
		t.Helper()
		c, err := all.Connect(key)
		if (err == nil) != ok {
			t.Fatalf("%s: %v", key, err)
		}
		return c
	}
	a := connect("a", true)
	connect("a", true)
	connect("a", false)
	connect("b", true)
	connect("c", false) // 3 in all
	a.Close()
	connect("c", true)
	if n := all.Connections(); n != 3 {
		t.Error(n)
	}
}

// TestClientsAreBounded: invented clients share one bucket, and a client that is
// over its rate is not forgotten.
func TestClientsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewClients(Rates{Connections: 100, Messages: 1, Burst: 1, Bytes: 1e6, ByteBurst: 1e6}, 4, 1000)
		for i := range 4 {
			c, _ := all.Connect(fmt.Sprint(i))
			over(c, 1)
			c.Close()
		}
		x, _ := all.Connect("x")
		y, _ := all.Connect("y")
		if over(x, 1) || !over(y, 1) {
			t.Error("clients beyond the table have to share a bucket")
		}
		time.Sleep(time.Minute)
		z, _ := all.Connect("z")
		if over(z, 1) || len(all.byKey) > 4 || z == all.others {
			t.Error("a client that lost nothing was not replaced")
		}
	})
}

// TestClientsAreForgotten: however many clients stay, and where some are over their rate,
// those that have gone make room for others.
func TestClientsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewClients(Rates{Connections: 1, Messages: 1, Burst: 1, Bytes: 1e6, ByteBurst: 1e6}, 100, 1000)
		come := func(key string) *Client {
			t.Helper()
			c, err := all.Connect(key)
			if err != nil {
				t.Fatal(key, err)
			}
			return c
		}
		for i := range 40 {
			come(fmt.Sprint("stays ", i))
		}
		for i := range 5 { // their buckets are full in 1,000 seconds
			c := come(fmt.Sprint("spends ", i))
			for range 1000 {
				c.messages.Reserve()
			}
			c.Close()
		}
		for i := range 1000 {
			come(fmt.Sprint("passes by ", i)).Close()
		}
		for i := range 55 {
			if c := come(fmt.Sprint("new ", i)); c == all.others {
				t.Fatalf("new client %d shares a bucket, and those that have gone are remembered", i)
			}
		}
		if c := come("one too many"); c != all.others || len(all.byKey) != 100 || all.old.Len() != 5 {
			t.Errorf("%d clients, %d of them without a connection", len(all.byKey), all.old.Len())
		}
		for i := range 5 {
			if c := come(fmt.Sprint("spends ", i)); !over(c, 1) {
				t.Error("a client that is over its rate was forgotten")
			}
		}
	})
}

func TestSuspects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSuspects(SuspectRules{Crashes: 2, Window: time.Minute, Refuse: time.Hour, Keep: 3})
		bad := Hash{1}
		s.Crashed([]Hash{bad, bad, {2}})
		if s.Refused(bad) != 0 {
			t.Error("refused after one crash")
		}
		time.Sleep(2 * time.Minute)
		s.Crashed([]Hash{bad})
		if s.Refused(bad) != 0 {
			t.Error("the first crash is too old to count")
		}
		s.Crashed([]Hash{bad})
		if s.Refused(bad) != time.Hour || s.Refused(Hash{2}) != 0 {
			t.Error(s.Refused(bad))
		}
		time.Sleep(time.Hour)
		if s.Refused(bad) != 0 {
			t.Error("refused for ever")
		}
		for i := range 10 {
			s.Crashed([]Hash{{9, byte(i)}})
		}
		if s.Len() != 3 {
			t.Error(s.Len())
		}
	})
}

// over pays for a message of n bytes, if it need not wait for that.
func over(c *Client, n int64) bool {
	_, err := c.Wait(context.Background(), n, 0)
	return err != nil
}

// TestSlotsGrow: whoever waits gets a place when capacity has grown: at once if another one
// asks, else soon.
func TestSlotsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var capacity atomic.Int64
		capacity.Store(10)
		s := NewSlots(10, nil, 10, capacity.Load)
		if err := s.Acquire(t.Context(), 0, 0); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 2)
		wait := func() {
			go func() { got <- s.Acquire(t.Context(), 0, time.Minute) }()
			synctest.Wait()
		}
		wait()
		capacity.Store(20)
		before := time.Now()
		if err := <-got; err != nil || time.Since(before) > look {
			t.Errorf("nobody else asks: %v after %v", err, time.Since(before))
		}
		wait()
		capacity.Store(100)
		before = time.Now()
		if err := s.Acquire(t.Context(), 0, time.Minute); err != nil || time.Since(before) != 0 {
			t.Errorf("another one asks: %v after %v", err, time.Since(before))
		}
		if err := <-got; err != nil || time.Since(before) != 0 {
			t.Errorf("who was here before: %v after %v", err, time.Since(before))
		}
	})
}

// TestClientGivesBack: who gives up while it waits has paid nothing.
func TestClientGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClients(Rates{Connections: 2, Messages: 10, Burst: 1, Bytes: 1e6, ByteBurst: 1e6}, 10, 3).Connect("a")
		if err != nil {
			t.Fatal(err)
		}
		if over(c, 1) {
			t.Fatal("the first message is over the rate")
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 50 {
			if _, err := c.Wait(gone, 1, time.Hour); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		before := time.Now()
		if _, err := c.Wait(t.Context(), 1, time.Hour); err != nil || time.Since(before) != 100*time.Millisecond {
			t.Error(err, time.Since(before))
		}
	})
}
