package limit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Bytes bounds the bytes of messages that are held. Whoever wants more than are
// free waits in line and reads nothing meanwhile: the sender is slowed down by
// its own socket, and no queue grows.
//
// Two of these are asked four times for each message, by all connections, and mostly
// nobody waits: then what is held changes in one step and without the lock.
type Bytes struct {
	max  atomic.Int64
	used atomic.Int64 // twice the bytes held, and lined if anybody is in line

	mu   sync.Mutex // guards what follows, and lined
	line []*claim
}

// lined is set under the lock, and as long as it is, only who has the lock takes
// bytes: nobody overtakes the line. Who gives bytes back sees it in the same step,
// and then looks after the line.
const lined = 1

type claim struct {
	n     int64
	ready chan struct{}
}

// NewBytes returns a bound of max bytes.
func NewBytes(max int64) *Bytes {
	b := &Bytes{}
	b.max.Store(max)
	return b
}

// Resize changes the bound. What is held stays held.
func (b *Bytes) Resize(max int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max.Store(max)
	b.grant()
}

// Acquire waits until n bytes are free, and takes them. A message larger than the
// bound gets through alone. The error is that of ctx; else the caller gives the
// same n to Release.
func (b *Bytes) Acquire(ctx context.Context, n int64) error {
	if b.take(n, 0) {
		return nil
	}
	c := &claim{n: n, ready: make(chan struct{})}
	b.mu.Lock()
	b.line = append(b.line, c)
	b.used.Or(lined)
	b.grant() // of what came back before it was in line, nobody has told it
	granted := len(b.line) == 0
	b.mu.Unlock()
	if granted {
		return nil
	}
	waiting(ctx)
	select {
	case <-c.ready:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.line {
		if other == c {
			b.line = append(b.line[:i], b.line[i+1:]...)
			b.grant() // the next in line may be smaller
			return ctx.Err()
		}
	}
	return nil // granted in the meantime
}

// AcquireIn is Acquire for at most so long, after which the error is ErrShare.
func (b *Bytes) AcquireIn(ctx context.Context, n int64, wait time.Duration) error {
	if b.take(n, 0) {
		return nil
	}
	in, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err := b.Acquire(in, n)
	if err != nil && ctx.Err() == nil {
		return ErrShare
	}
	return err
}

// take takes n bytes if they are free, and as long as lined is what flag says.
func (b *Bytes) take(n, flag int64) bool {
	for {
		was := b.used.Load()
		if was&lined != flag || was>>1 != 0 && n > b.max.Load()-was>>1 {
			return false
		}
		if b.used.CompareAndSwap(was, was+2*n) {
			return true
		}
	}
}

// Release gives n bytes back.
func (b *Bytes) Release(n int64) {
	if b.used.Add(-2*n)&lined == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grant()
}

// Used returns the bytes held, and the claims in line.
func (b *Bytes) Used() (used, waiting int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used.Load() >> 1, int64(len(b.line))
}

// grant gives those in line what is free, in their order. Caller holds mu.
func (b *Bytes) grant() {
	for len(b.line) > 0 && b.take(b.line[0].n, lined) {
		close(b.line[0].ready)
		b.line = b.line[1:]
	}
	if len(b.line) == 0 {
		b.used.And(^lined)
	}
}
