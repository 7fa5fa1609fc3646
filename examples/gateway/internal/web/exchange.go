package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// exchange is one request and its answer.
type exchange struct {
	*handler
	web     *Rules
	pass    *door.Pass // of this request
	w       http.ResponseWriter
	r       *http.Request // as it goes on, as far as it was checked
	control *http.ResponseController

	nodes  *nodes
	to     *url.URL
	asked  door.Asked
	bytes  []byte // the body, if it is all here
	whole  bool   // bytes are the body
	ticket *door.Ticket
	epoch  int64

	release []func() // of room for bytes
	sent    sent
	broken  atomic.Bool           // the answer ended early
	upload  *upload               // nil: it has no body
	cut     atomic.Pointer[error] // why that ended early
	refused *door.Refusal
	copies  *copies // in shadow mode
	socket  bool    // it becomes a WebSocket
}

// end gives back what the exchange has taken.
func (x *exchange) end() {
	switch {
	case x.ticket == nil:
	case x.r.Context().Err() != nil, x.cut.Load() != nil:
		x.ticket.Cancel()
	case x.broken.Load() && x.sent.deaf(): // while it answered: its client may be what stops it
		x.ticket.Cancel()
	case x.broken.Load() && x.sent.lost():
		x.lost()
	case x.broken.Load():
		x.failure(io.ErrUnexpectedEOF)
	default:
		x.ticket.Cancel() // if nothing was said before
	}
	if x.copies != nil { // nobody judges them
		x.copies.drop()
	}
	x.free()
}

func (x *exchange) free() {
	for _, f := range x.release {
		f()
	}
	x.release = nil
}

// upload is the body of a request as it comes from the client. It notes what kept it from
// coming: the sending of a request fails with it, and that is no fault of the node.
type upload struct {
	io.ReadCloser
	x  *exchange
	mu sync.Mutex // held while it is read
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n, err := u.ReadCloser.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, http.ErrBodyReadAfterClose) {
		u.x.cut.CompareAndSwap(nil, &err)
	}
	return n, err
}

// short is the refusal of a request whose body did not come to its end while it was sent
// on: it came too slowly, or faster than it may. nil: the client is gone.
func (x *exchange) short() *door.Refusal {
	if x.upload != nil && x.r.Context().Err() != nil { // which the server ends before it says why
		x.upload.mu.Lock()
		defer x.upload.mu.Unlock()
	}
	err := x.cut.Load()
	if err == nil {
		return nil
	}
	var t net.Error
	var r *door.Refusal
	switch {
	case errors.As(*err, &r):
		return r
	case errors.As(*err, &t) && t.Timeout():
		return x.pass.Denied(door.Deadline, "frame", *err)
	}
	return nil
}

// serve serves the request.
func (x *exchange) serve() {
	d := x.pass.Door()
	switch {
	case x.web.c.Protocol == config.ProtocolCheck:
		x.oracle()
		return
	case x.r.Method == http.MethodConnect:
		x.connect()
		return
	}
	if r := x.direct(); r != nil {
		x.refuse(r)
		return
	}
	if x.r.Header["Upgrade"] != nil && !x.stays() {
		x.upgrade()
		return
	}
	if d.Passive() {
		x.passive()
		return
	}
	if r := x.ask(); r != nil {
		x.refuse(r)
		return
	}
	x.forward()
}

// verb is a refusal by a rule of HTTP, if it is meant.
func (x *exchange) verb(code string) *door.Refusal {
	return x.pass.Judge(door.ToNode, &door.Refusal{Rule: door.Verb, Code: code}, 0)
}

// refuse answers with a refusal.
func (x *exchange) refuse(r *door.Refusal) {
	if x.refused == nil {
		x.refused = r
		problem(x.w, x.r, x.pass, r)
	}
}

// direct settles where the request goes. Of a target like x:http://host/path package
// net/url tells no path, and it would go on without its x: the node would read a URL
// that no rule has seen.
func (x *exchange) direct() *door.Refusal {
	if x.r.URL.Opaque != "" {
		return x.must("target")
	}
	if x.web.c.Protocol == config.ProtocolForward {
		return x.target()
	}
	x.nodes = x.web.node
	x.to = &url.URL{Scheme: "http", Host: x.pass.Door().Upstream.Config().Address}
	return nil
}

// ask reads the request as far as rules need it, and takes a place for it.
func (x *exchange) ask() *door.Refusal {
	ctx := x.r.Context()
	if r := x.pass.Pace(ctx, max(x.r.ContentLength, 0)); r != nil {
		return r
	}
	if r := x.body(); r != nil {
		return r
	}
	if r := x.tokens(); r != nil {
		return r
	}
	x.asked.ID = x.identity()
	ticket, r := x.pass.Ask(ctx, x.asked, nil)
	if r != nil {
		return r
	}
	x.ticket, x.epoch = ticket, ticket.Epoch
	if x.asked.Body != nil && !x.asked.AsIs {
		x.bytes = ticket.Bytes
	}
	return nil
}

// identity is what makes a request the same as another, besides its term: where it goes,
// and what it brings. If that were left out, who has a request that ends the node would
// have all others to the same place refused.
func (x *exchange) identity() string {
	id := x.r.Method + " " + x.r.Host + x.r.URL.RequestURI()
	if x.asked.Body != nil {
		id = x.r.Method + " " + x.r.Host + x.r.URL.EscapedPath()
	}
	if x.pass.Door().Modes[door.Poison] == door.Off {
		return id
	}
	for _, t := range x.asked.Tokens {
		id += sum(t.Bytes)
	}
	if x.asked.Body == nil && len(x.bytes) > 0 {
		id += sum(x.bytes)
	}
	return id
}

// sum stands for bytes in the identity of a message.
func sum(b []byte) string {
	h := sha256.Sum256(b)
	return " " + string(h[:])
}

// lost ends a request whose connection the node has ended. One that went on as it came is
// no suspect: its body is not known, and another would be refused in its place. Nor is one
// that the end of an idle connection has crossed, if the node is still there.
func (x *exchange) lost() {
	x.ticket.Cancel()
	if x.whole && !(x.sent.crossed() && x.nodes.lives(x.epoch)) {
		x.nodes.lost(x.ticket, x.sent.wire)
	}
}

// failure ends a request that was not answered. Where there are several hosts it is none
// of the breaker, which all of them share: one that is down does not come between clients
// and the others.
func (x *exchange) failure(err error) {
	if len(x.web.hosts) > 1 {
		x.ticket.Cancel()
	} else {
		x.ticket.Failed(err)
	}
}

// tokens finds terms in base64 and looks at them, before a place is taken.
func (x *exchange) tokens() *door.Refusal {
	for i, rule := range x.web.extract {
		if !rule.Path(x.r.URL.Path) || (rule.In == "json" || rule.In == "form") && !x.readable(rule) {
			continue
		}
		values, err := rule.Values(x.r, x.bytes)
		if r := x.unreadable(err); r != nil {
			return r
		}
		for _, v := range values {
			terms, err := rule.Terms(v)
			if r := x.unreadable(err); r != nil {
				return r
			}
			for _, b := range terms {
				t := door.Token{Extract: i, Bytes: b}
				if r := x.pass.ShapeToken(t); r != nil {
					return r
				}
				x.asked.Tokens = append(x.asked.Tokens, t)
			}
		}
	}
	return nil
}

// unreadable is the refusal of a request, or of a value, that cannot be read in one way. If
// it is not meant, the terms that were found are still judged.
func (x *exchange) unreadable(err error) *door.Refusal {
	if err == nil {
		return nil
	}
	return x.verb(err.Error())
}

// failed turns what http.Transport says into a refusal, and ends the ticket.
func (x *exchange) failed(err error) *door.Refusal {
	var t net.Error
	var answer *refusedAnswer
	switch {
	case errors.As(err, &answer):
		x.ticket.Done()
		return answer.why
	case x.r.Context().Err() != nil, x.cut.Load() != nil:
		x.ticket.Cancel()
		if r := x.short(); r != nil {
			return r
		}
		return door.Canceled(err)
	case errors.Is(err, errOtherLife):
		x.ticket.Cancel()
		r := x.pass.Denied(door.Down, "other_life", err)
		r.Retry = time.Second
		return r
	case errors.Is(err, context.Canceled), x.sent.deaf(), errors.As(err, &t) && t.Timeout() && x.sent.wire != nil:
		x.failure(err)
		return x.pass.Denied(door.Down, "answer_timeout", err)
	case x.sent.wire == nil:
		x.failure(err)
		return x.pass.Unreachable(err)
	case x.sent.lost():
		x.lost()
		return x.pass.Denied(door.Down, "lost", err)
	}
	x.ticket.Done() // it has answered, with what is no HTTP
	return x.pass.Denied(door.Answer, "bad_answer", err)
}

// anew returns what makes the body, if it can be had again.
func (x *exchange) anew() func() io.ReadCloser {
	if !x.whole {
		return nil
	}
	if len(x.bytes) == 0 {
		return func() io.ReadCloser { return http.NoBody }
	}
	return func() io.ReadCloser { return io.NopCloser(bytes.NewReader(x.bytes)) }
}

// again reports whether a method is one that is sent again.
func (x *exchange) again() bool { return x.web.again[strings.ToUpper(x.r.Method)] }
