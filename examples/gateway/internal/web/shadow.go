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

// clipped keeps the beginning of what is written to it, until it is taken: a node may
// answer before it has read a request, which is then still being sent.
type clipped struct {
	most int64

	mu    sync.Mutex
	b     []byte
	taken bool
}

// Write never fails.
func (c *clipped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.most + 1 - int64(len(c.b)); n > 0 && !c.taken {
		c.b = append(c.b, p[:min(n, int64(len(p)))]...)
	}
	return len(p), nil
}

// take returns what was kept so far, and ends the keeping.
func (c *clipped) take() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = true
	return c.b
}

// passive passes everything on as it comes, and judges copies afterwards, if there
// is somebody free to do so.
func (x *exchange) passive() {
	x.copies = &copies{again: true}
	x.copies.request.most = x.pass.Door().MaxBytes(door.ToNode)
	original := x.r.Clone(context.WithoutCancel(x.r.Context()))
	if x.r.ContentLength != 0 {
		x.r.Body = both{io.TeeReader(x.r.Body, &x.copies.request), x.r.Body}
	}
	x.epoch = x.pass.Epoch()
	x.forward()
	x.later(original)
}

// copyAnswer keeps the beginning of an answer.
func (x *exchange) copyAnswer(resp *http.Response) {
	if x.copies == nil {
		x.copies = &copies{}
	}
	x.copies.answer.most = x.pass.Door().MaxBytes(door.ToClient)
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
	x.live.Add(1)
	go func() {
		defer func() { <-x.web.judges; pass.Close(); x.live.Done() }()
		j := &exchange{handler: x.handler, web: rules, pass: pass, r: original, copies: x.copies}
		if x.copies.again {
			j.judgeRequest()
		}
		j.judgeAnswer()
		j.free()
	}()
}

func (x *exchange) judgeRequest() {
	b := x.copies.request.take()
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
	b := x.copies.answer.take()
	s := &source{ReadCloser: io.NopCloser(bytes.NewReader(b)), x: x, paid: math.MaxInt64, held: true}
	resp.Body, resp.ContentLength = s, int64(len(b))
	if err := x.pass.Door().Shape(door.ToClient).CheckResponse(resp); err != nil {
		x.pass.Judge(door.ToClient, bad(door.ToClient, err), int64(len(b)))
	} else if s.shut {
		term, _ := io.ReadAll(resp.Body) // of what is in memory
		x.pass.Answer(term)
	}
}
