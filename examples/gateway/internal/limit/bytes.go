package limit

import (
	"context"
	"sync"
)

// Bytes bounds the bytes of messages that are held. Whoever wants more than are
// free waits in line and reads nothing meanwhile: the sender is slowed down by
// its own socket, and no queue grows.
type Bytes struct {
	mu   sync.Mutex
	max  int64
	used int64
	line []*claim
}

type claim struct {
	n     int64
	ready chan struct{}
}

// NewBytes returns a bound of max bytes.
func NewBytes(max int64) *Bytes { return &Bytes{max: max} }

// Resize changes the bound. What is held stays held.
func (b *Bytes) Resize(max int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max = max
	b.grant()
}

// Acquire waits until n bytes are free, and takes them. A message larger than the
// bound gets through alone. The error is that of ctx; else the caller gives the
// same n to Release.
func (b *Bytes) Acquire(ctx context.Context, n int64) error {
	b.mu.Lock()
	if len(b.line) == 0 && b.fits(n) {
		b.used += n
		b.mu.Unlock()
		return nil
	}
	c := &claim{n: n, ready: make(chan struct{})}
	b.line = append(b.line, c)
	b.mu.Unlock()
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

// Release gives n bytes back.
func (b *Bytes) Release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	b.grant()
}

// Used returns the bytes held, and the claims in line.
func (b *Bytes) Used() (used, waiting int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used, int64(len(b.line))
}

func (b *Bytes) fits(n int64) bool { return b.used == 0 || n <= b.max-b.used }

func (b *Bytes) grant() {
	for len(b.line) > 0 && b.fits(b.line[0].n) {
		b.used += b.line[0].n
		close(b.line[0].ready)
		b.line = b.line[1:]
	}
}
