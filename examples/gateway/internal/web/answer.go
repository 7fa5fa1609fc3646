package web

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"net/http"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/safe"
)

// refusedAnswer is an answer that does not go on.
type refusedAnswer struct{ why *door.Refusal }

// Error implements error.
func (r *refusedAnswer) Error() string { return r.why.Error() }

// answer judges what the node has answered. A term is read whole before anything
// of the answer goes on.
func (x *exchange) answer(resp *http.Response) error {
	x.free() // the request is on its way, and has its answer
	switch x.pass.Door().Modes[door.Answer] {
	case door.Off:
		return nil
	case door.Shadow:
		x.copyAnswer(resp)
		return nil
	}
	if x.web.unchecked[mediaType(resp.Header)] && len(resp.Header["Content-Type"]) == 1 {
		return nil
	}
	body, _ := resp.Body.(*watched)
	most := x.pass.Door().MaxBytes(door.ToClient)
	s := &source{ReadCloser: resp.Body, x: x, most: most, way: door.ToClient, paid: math.MaxInt64}
	if n := resp.ContentLength; n > 0 {
		s.most = min(n, most)
	}
	if resp.Body != nil && resp.Body != http.NoBody {
		resp.Body = s
	}
	if body != nil {
		body.begin()
	}
	err := x.pass.Door().Shape(door.ToClient).CheckResponse(resp)
	if body != nil {
		body.end()
	}
	if err == nil && s.shut {
		b, _ := io.ReadAll(resp.Body) // of what is in memory
		s.give.Keep(max(s.n, int64(len(b))))
		resp.Body = both{bytes.NewReader(b), s.ReadCloser}
		if r := x.pass.Answer(b); r != nil {
			return &refusedAnswer{r}
		}
		return nil
	}
	s.held, s.over = true, true
	if err == nil {
		return nil
	}
	var e *safe.HTTPError
	if errors.As(err, &e) && e.Code == "read" { // it did not come: that is no verdict
		return x.incomplete(e)
	}
	if r := x.pass.Judge(door.ToClient, bad(door.ToClient, err), max(resp.ContentLength, 0)); r != nil {
		x.broken.Store(false) // it was there, and is not wanted
		return &refusedAnswer{r}
	}
	return nil
}

// incomplete is an answer that did not come whole.
func (x *exchange) incomplete(err error) error {
	var t net.Error
	if x.r.Context().Err() != nil || x.cut.Load() != nil { // of the request
		return err
	}
	if errors.As(err, &t) && t.Timeout() || !x.sent.lost() {
		x.failure(err)
		return &refusedAnswer{x.pass.Denied(door.Down, "answer_timeout", err)}
	}
	x.lost()
	return &refusedAnswer{x.pass.Denied(door.Down, "lost", err)}
}
