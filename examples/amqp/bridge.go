package main

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// bridge moves messages as long as there is a broker, and waits for one else.
type bridge struct {
	s         *settings
	judge     *judge
	log       *slog.Logger
	dial      func() (link, error)
	confirmed func() // called between a confirm and the acknowledgement
	counts    counts
	lines     *rate.Limiter
}

// confirmed, if not nil, is called between each confirm and the acknowledgement.
// Tests end the process there.
var confirmed func()

func newBridge(s *settings, j *judge, log *slog.Logger) *bridge {
	return &bridge{
		s: s, judge: j, log: log, confirmed: func() {},
		lines: rate.NewLimiter(rate.Limit(s.refusalsPerSecond), s.refusalsPerSecond),
	}
}

// run connects, again and again, until ctx is done. The error says that not all
// was settled at the end.
func (b *bridge) run(ctx context.Context) error {
	go b.report(ctx)
	for failures := 0; ; failures++ {
		before := b.counts.total()
		err := b.connect(ctx)
		if ctx.Err() != nil {
			return err
		}
		if b.counts.total() > before {
			failures = 0
		}
		wait := pause(failures, b.s.backoff, b.s.maxBackoff)
		b.log.Error("disconnected", "err", err.Error(), "again_in", wait.Round(time.Millisecond).String())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

func (b *bridge) connect(ctx context.Context) error {
	l, err := b.dial()
	if err != nil {
		if ctx.Err() != nil {
			return nil // there was nothing to settle
		}
		return err
	}
	defer l.Close()
	b.log.Info("connected", "queue", b.s.queue)
	return b.session(ctx, l)
}

// pause is drawn from all up to a bound that doubles with each failure, so that
// many programs do not come back together.
func pause(failures int, first, most time.Duration) time.Duration {
	bound := most
	if failures < 30 {
		bound = min(first<<failures, most)
	}
	return 1 + rand.N(bound)
}

// counts are of messages that were acknowledged.
type counts struct {
	mu      sync.Mutex
	passed  int64
	again   int64 // of all, those that the broker had sent before
	refused map[string]int64
}

func (c *counts) total() (n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.refused {
		n += v
	}
	return n + c.passed
}

func (c *counts) add(code string, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if again {
		c.again++
	}
	if code == "" {
		c.passed++
		return
	}
	if c.refused == nil {
		c.refused = map[string]int64{}
	}
	c.refused[code]++
}

// attrs are for the log.
func (c *counts) attrs() []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	refused := []any{}
	for _, code := range slices.Sorted(maps.Keys(c.refused)) {
		refused = append(refused, slog.Int64(code, c.refused[code]))
	}
	return []any{"passed", c.passed, "redelivered", c.again, slog.Group("refused", refused...)}
}

// settledOne counts a message, and logs a refusal: never what was sent.
func (b *bridge) settledOne(u under) {
	why := u.to.why
	if why == nil {
		b.counts.add("", u.from.Redelivered)
		return
	}
	b.counts.add(string(why.Code), u.from.Redelivered)
	if b.lines.Allow() {
		b.log.Warn("refused", "code", string(why.Code), "offset", why.Offset, "path", why.Path.String(),
			"bytes", len(u.from.Body), "redelivered", u.from.Redelivered)
	}
}

// report logs the counts from time to time.
func (b *bridge) report(ctx context.Context) {
	tick := time.NewTicker(time.Duration(b.s.report) * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.log.Info("counts", b.counts.attrs()...)
		case <-ctx.Done():
			return
		}
	}
}
