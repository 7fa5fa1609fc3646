package web

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"sync"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// copies are what has passed in shadow mode: the beginning of the request and of
// the answer, a byte longer than a term may be.
type copies struct {
	request, answer clipped
	resp            *http.Response // without its body
	again           bool           // the request as well
}

// drop gives back the room of both.
func (c *copies) drop() {
	c.request.drop()
	c.answer.drop()
}

// clipped keeps the beginning of what is written to it, until it is taken: a node may
// answer before it has read a request, which is then still being sent. It keeps nothing if
// there is no room, since what it is a copy of does not wait.
type clipped struct {
	most int64
	pass *door.Pass // whose room it takes

	mu    sync.Mutex
	b     []byte
	held  []door.Held
	taken bool
	short bool // there was no room
}

// Write never fails.
func (c *clipped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(c.most+1-int64(len(c.b)), int64(len(p)))
	if n <= 0 || c.taken {
		return len(p), nil
	}
	if c.grow(int64(len(c.b)) + n) {
		c.b = append(c.b, p[:n]...)
	} else {
		c.short = true
		c.release()
	}
	return len(p), nil
}

// atOnce is a context that waits for nothing.
var atOnce = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// grow makes n bytes fit, if there is room for them now.
func (c *clipped) grow(n int64) bool {
	have := int64(cap(c.b))
	if n <= have {
		return true
	}
	for _, more := range []int64{min(max(n, 2*have, free), c.most+1), n} {
		if more > free {
			held, err := c.pass.Hold(atOnce, more-have)
			if err != nil {
				continue
			}
			c.held = append(c.held, held)
		}
		c.b = append(make([]byte, 0, more), c.b...)
		return true
	}
	return false
}

// take returns what was kept so far, and ends the keeping. It reports false if there was
// no room for it.
func (c *clipped) take() ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = true
	return c.b, !c.short
}

// drop ends the keeping, and gives the room back.
func (c *clipped) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
}

func (c *clipped) release() {
	c.taken, c.b = true, nil
	for i := range c.held {
		c.held[i].Release()
	}
	c.held = nil
}

// passive passes everything on as it comes, and judges copies afterwards, if there
// is somebody free to do so.
func (x *exchange) passive() {
	x.copies = &copies{again: true}
	x.copies.request.most, x.copies.request.pass = x.pass.Door().MaxBytes(door.ToNode), x.pass
	original := x.r.Clone(context.WithoutCancel(x.r.Context()))
	if x.r.ContentLength != 0 {
		x.r.Body = both{io.TeeReader(x.r.Body, &x.copies.request), x.r.Body}
	}
	x.ticket, x.epoch = new(door.Ticket), x.pass.Epoch() // which takes no place, and tells nobody
	x.forward()
	x.later(original)
}

// copyAnswer keeps the beginning of an answer.
func (x *exchange) copyAnswer(resp *http.Response) {
	if x.copies == nil {
		x.copies = &copies{}
	}
	x.copies.answer.most, x.copies.answer.pass = x.pass.Door().MaxBytes(door.ToClient), x.pass
	kept := *resp
	kept.Header = resp.Header.Clone()
	x.copies.resp = &kept
	resp.Body = both{io.TeeReader(resp.Body, &x.copies.answer), resp.Body}
}

// later judges copies beside what goes on.
func (x *exchange) later(original *http.Request) {
	select {
	case x.web.judges <- struct{}{}:
	default:
		x.pass.Skipped()
		return
	}
	pass, refusal := x.handler.pass.Fork(x.pass.Client)
	if refusal != nil {
		<-x.web.judges
		return
	}
	rules, ok := pass.Door().Protocol.(*Rules)
	if !ok {
		pass.Close()
		<-x.web.judges
		return
	}
	copies := x.copies
	x.copies = nil // which end would drop
	x.live.Add(1)
	go func() {
		defer func() { copies.drop(); <-x.web.judges; pass.Close(); x.live.Done() }()
		j := &exchange{handler: x.handler, web: rules, pass: pass, r: original, copies: copies}
		if copies.again {
			j.judgeRequest()
		}
		j.judgeAnswer()
		j.free()
	}()
}

func (x *exchange) judgeRequest() {
	b, ok := x.copies.request.take()
	if !ok {
		x.pass.Skipped()
		return
	}
	x.r.Body, x.r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	if len(b) == 0 {
		x.r.Body = http.NoBody
	}
	if r := x.ask(); r == nil {
		x.ticket.Cancel()
	}
}

func (x *exchange) judgeAnswer() {
	resp := x.copies.resp
	if resp == nil || x.web.unchecked[mediaType(resp.Header)] {
		return
	}
	b, ok := x.copies.answer.take()
	if !ok {
		x.pass.Skipped()
		return
	}
	s := &source{ReadCloser: io.NopCloser(bytes.NewReader(b)), x: x, paid: math.MaxInt64, held: true}
	resp.Body, resp.ContentLength = s, int64(len(b))
	if err := x.pass.Door().Shape(door.ToClient).CheckResponse(resp); err != nil {
		x.pass.Judge(door.ToClient, bad(door.ToClient, err), int64(len(b)))
	} else if s.shut {
		term, _ := io.ReadAll(resp.Body) // of what is in memory
		x.pass.Answer(term)
	}
}
