package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/safe"
)

// statuses are those of refusals that are not about a body.
var statuses = map[door.Rule]int{
	door.Connections: http.StatusTooManyRequests,
	door.Deadline:    http.StatusRequestTimeout,
	door.Rate:        http.StatusTooManyRequests,
	door.FrameSize:   http.StatusRequestEntityTooLarge,
	door.Verb:        http.StatusBadRequest,
	door.Breaker:     http.StatusServiceUnavailable,
	door.InFlight:    http.StatusServiceUnavailable,
	door.Poison:      http.StatusUnprocessableEntity,
	door.Term:        http.StatusUnprocessableEntity,
	door.Atoms:       http.StatusUnprocessableEntity,
	door.Answer:      http.StatusBadGateway,
	door.Down:        http.StatusBadGateway,
}

// codes are refusals whose status is not that of their rule.
var codes = map[string]int{
	"answer_timeout": http.StatusGatewayTimeout,
	"other_life":     http.StatusServiceUnavailable,
	"upgrade":        http.StatusNotImplemented,
	"host":           http.StatusForbidden,
	"target":         http.StatusMisdirectedRequest,
	"method":         http.StatusMethodNotAllowed,
	"path":           http.StatusNotFound,
	"websocket":      http.StatusBadRequest,
	"token_size":     http.StatusRequestEntityTooLarge,
	"token_form":     http.StatusUnprocessableEntity,
}

// status is how a refusal is answered.
func status(r *door.Refusal) int {
	if s, ok := codes[r.Code]; ok {
		return s
	}
	var e *safe.HTTPError
	if errors.As(r.Err, &e) && r.Rule != door.Deadline {
		return e.Status
	}
	if r.Rule == door.Term && (r.Code == string(etf.CodeLimitBytes) || r.Code == string(etf.CodeLimitBuffered)) {
		return http.StatusRequestEntityTooLarge // as package safe has it
	}
	return statuses[r.Rule]
}

// problem answers a request that was refused with application/problem+json.
func problem(w http.ResponseWriter, r *http.Request, p *door.Pass, why *door.Refusal) {
	if why.Retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64(math.Ceil(why.Retry.Seconds())), 10))
	}
	e := &safe.HTTPError{Status: status(why), Code: etf.Code(why.Code), Err: why.Err}
	if p.Door().Config.Detail != "none" {
		p.Door().Shape(door.ToNode).ServeError(w, r, e)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(e.Status)
	json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(e.Status), "status": e.Status})
}

// bad is the refusal of what the guard for bodies has refused.
func bad(way door.Direction, err error) *door.Refusal {
	r := door.Bad(way, err)
	var e *safe.HTTPError
	if !errors.As(err, &e) {
		return r
	}
	r.Code = string(e.Code)
	if way == door.ToNode && slices.Contains(safe.HTTPCodes(), e.Code) {
		r.Rule = door.Verb
	}
	return r
}

// unread is the whole answer to a request that net/http cannot read, that can be
// read in two ways, or whose header came too slowly.
func unread(p *door.Pass, why *door.Refusal, status int) []byte {
	switch {
	case why != nil:
	case status == http.StatusRequestTimeout:
		why = p.Denied(door.Deadline, "header", nil)
	default:
		why = p.Denied(door.Verb, "malformed", &safe.HTTPError{Status: status, Code: "malformed"})
	}
	w := &answered{header: http.Header{}}
	problem(w, &http.Request{Header: http.Header{}}, p, why)
	w.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	var b bytes.Buffer
	(&http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Close: true,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}).Write(&b)
	return b.Bytes()
}

// answered keeps an answer.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *answered) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *answered) WriteHeader(status int) { w.status = status }

// Write implements http.ResponseWriter.
func (w *answered) Write(b []byte) (int, error) { return w.body.Write(b) }
