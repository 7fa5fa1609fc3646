// Package limit holds what bounds traffic at the door besides terms: connections,
// messages under way, bytes held, rates, and messages that bring nodes down. None
// of it knows what a message is.
//
// Everything here has a bound of its own: no queue, table or map grows with what
// clients send.
package limit

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Why a message gets no place.
var (
	ErrFull    = errors.New("limit: no place, and none to wait at")
	ErrShed    = errors.New("limit: a message of a higher class took the place in the queue")
	ErrTooLong = errors.New("limit: no place became free in time")
	ErrShare   = errors.New("limit: none of the places of one client became free in time")
)

// Slots are the places of messages under way to one upstream. Classes are
// numbered from 0, the highest. The places reserved for a class are open to it
// and to higher ones, so the lowest runs out first; and when the queue is full,
// the lowest leaves it first.
type Slots struct {
	mu       sync.Mutex
	max      int64
	reserved []int64
	used     []int64 // by class
	total    int64
	queue    [][]*waiter // by class, first come first served
	waiting  int64
	most     int64        // waiters
	capacity func() int64 // percent of max that may be used now
}

type waiter struct {
	got chan error // buffered; nil error: the place is taken already
}

// NewSlots returns max places. reserved is by class, and decides how many classes
// there are; most is the length of the queue. capacity, if not nil, is asked for
// the percentage of places that may be used now; at least one always may.
func NewSlots(max int64, reserved []int64, most int64, capacity func() int64) *Slots {
	s := &Slots{capacity: capacity}
	s.Resize(max, reserved, most)
	return s
}

// Resize changes the numbers. Messages under way stay, as do classes that had
// them.
func (s *Slots) Resize(max int64, reserved []int64, most int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.max, s.most = max, most
	s.reserved = append([]int64{}, reserved...)
	if len(s.reserved) == 0 {
		s.reserved = []int64{0}
	}
	for len(s.used) < len(s.reserved) {
		s.used = append(s.used, 0)
		s.queue = append(s.queue, nil)
	}
	for len(s.reserved) < len(s.used) {
		s.reserved = append(s.reserved, 0)
	}
	s.grant()
}

// Acquire takes a place for a message of class, and waits up to maxWait for one.
// The error is one of those above, or of ctx. Each nil is followed by a Release.
func (s *Slots) Acquire(ctx context.Context, class int, maxWait time.Duration) error {
	s.mu.Lock()
	class = min(max(class, 0), len(s.used)-1)
	if len(s.queue[class]) == 0 && s.fits(class) {
		s.take(class)
		s.mu.Unlock()
		return nil
	}
	if maxWait <= 0 || !s.room(class) {
		s.mu.Unlock()
		return ErrFull
	}
	w := &waiter{got: make(chan error, 1)}
	s.queue[class] = append(s.queue[class], w)
	s.waiting++
	s.grant() // capacity may have grown since anybody asked
	s.mu.Unlock()
	waiting(ctx)
	return s.wait(ctx, w, class, maxWait)
}

// look is how often whoever waits looks whether capacity has grown, as it does while a
// node starts slowly, or when it reports that it is better.
const look = 100 * time.Millisecond

func (s *Slots) wait(ctx context.Context, w *waiter, class int, maxWait time.Duration) error {
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	why := error(nil)
	for why == nil {
		select {
		case err := <-w.got:
			return err
		case <-ctx.Done():
			why = ctx.Err()
		case <-timer.C:
			why = ErrTooLong
		case <-tick.C:
			s.mu.Lock()
			s.grant()
			s.mu.Unlock()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grant()
	if !s.leave(w, class) { // decided in the meantime
		return <-w.got
	}
	return why
}

// Release gives a place of class back.
func (s *Slots) Release(class int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	class = min(max(class, 0), len(s.used)-1)
	s.used[class]--
	s.total--
	s.grant()
}

// Fits reports whether a message of class would get a place at once. It takes
// none.
func (s *Slots) Fits(class int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fits(min(max(class, 0), len(s.used)-1))
}

// Used returns the places taken, and how many may be now.
func (s *Slots) Used() (used, max, waiting int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total, s.open(), s.waiting
}

// open is how many places may be used now.
func (s *Slots) open() int64 {
	if s.capacity == nil {
		return s.max
	}
	return max(1, s.max*min(s.capacity(), 100)/100)
}

// fits reports whether class may take a place: what is reserved for higher
// classes, and not used by them, stays free. Where capacity shrinks, so does
// what is reserved.
func (s *Slots) fits(class int) bool {
	open := s.open()
	kept := int64(0)
	for c := range class {
		kept += max(0, s.reserved[c]*open/max(s.max, 1)-s.used[c])
	}
	return s.total+kept < open
}

func (s *Slots) take(class int) {
	s.used[class]++
	s.total++
}

// room makes a place in the queue for class, if need be at the expense of the
// last waiter of the lowest class.
func (s *Slots) room(class int) bool {
	if s.waiting < s.most {
		return true
	}
	for c := len(s.queue) - 1; c > class; c-- {
		if n := len(s.queue[c]); n > 0 {
			w := s.queue[c][n-1]
			s.queue[c] = s.queue[c][:n-1]
			s.waiting--
			w.got <- ErrShed
			return true
		}
	}
	return false
}

func (s *Slots) leave(w *waiter, class int) bool {
	for i, other := range s.queue[class] {
		if other == w {
			s.queue[class] = append(s.queue[class][:i], s.queue[class][i+1:]...)
			s.waiting--
			return true
		}
	}
	return false
}

// grant hands free places to those who wait, highest class first.
func (s *Slots) grant() {
	for class := range s.queue {
		for len(s.queue[class]) > 0 && s.fits(class) {
			w := s.queue[class][0]
			s.queue[class] = s.queue[class][1:]
			s.waiting--
			s.take(class)
			w.got <- nil
		}
	}
}
