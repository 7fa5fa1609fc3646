package web

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

var silent = log.New(io.Discard, "", 0)

// buffers are those through which answers go. ReverseProxy would make one for each
// answer, larger than all else that an exchange needs.
type buffers struct{}

var pool = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// Get implements httputil.BufferPool.
func (buffers) Get() []byte { return pool.Get().(*[32 << 10]byte)[:] }

// Put implements httputil.BufferPool.
func (buffers) Put(b []byte) { pool.Put((*[32 << 10]byte)(b)) }

// forward sends the request on and its answer back.
func (x *exchange) forward() {
	proxy := &httputil.ReverseProxy{
		Rewrite: x.rewrite, Transport: x, ModifyResponse: x.answer,
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { x.refuse(x.failed(err)) },
		ErrorLog:     silent,
		BufferPool:   buffers{},
	}
	x.settle(x.r)
	proxy.ServeHTTP(x.w, x.r)
	if x.refused == nil && x.ticket != nil {
		x.ticket.Done()
	}
	if x.copies != nil && !x.copies.again {
		x.later(x.r)
	}
}

// rewrite makes the request to the node. What it says of the client is what the
// gateway knows.
func (x *exchange) rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host = "http", x.to.Host
	p.Out.URL.RawQuery = p.In.URL.RawQuery // as it came, and was looked at
	p.Out.Host = p.In.Host
	p.Out.Header.Del("Expect") // the body is here
	p.Out.Trailer = nil        // they come behind all that was judged, and do not go on
	if x.pass.Door().Modes[door.Answer] == door.Enforce {
		p.Out.Header.Set("Accept-Encoding", "identity")
		if x.web.c.HTTP.Decode {
			p.Out.Header.Set("Accept-Encoding", "gzip")
		}
	}
	x.introduce(p.Out.Header)
}

// introduce tells the node of the client. A host of a forward proxy, which may be anybody,
// hears nothing of it.
func (x *exchange) introduce(h http.Header) {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		h.Del(name)
	}
	if x.web.c.Protocol == config.ProtocolForward {
		return
	}
	h.Set("X-Forwarded-For", x.pass.Client.Addr.String())
	h.Set("X-Forwarded-Host", x.r.Host)
	h.Set("X-Forwarded-Proto", "http")
	if x.secure {
		h.Set("X-Forwarded-Proto", "https")
	}
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	answer := x.pass.Door().Upstream.AnswerTimeout()
	timer := time.AfterFunc(answer, cancel)
	if !x.whole { // it is read while it is sent, under the deadline of requests, and written under that of a wire
		timer.Stop()
	}
	resp, sent, err := x.nodes.send(r.WithContext(ctx), x.epoch, x.anew(), x.again())
	x.sent = sent
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body.Close()
		err = errSwitch
	}
	if err != nil {
		cancel()
		timer.Stop()
		return nil, err
	}
	timer.Stop()
	resp.Body = &watched{ReadCloser: resp.Body, x: x, timer: timer, wait: answer, cancel: cancel}
	return resp, nil
}

// watched is the body of an answer, of which something has to come from time to time
// while it is read: what a client takes to take it is none of the node's time.
type watched struct {
	io.ReadCloser
	x      *exchange
	timer  *time.Timer // runs during a Read, or while all of it is read
	wait   time.Duration
	all    bool
	cancel context.CancelFunc
}

// begin says that all that is read until end has to come in the time of one part.
func (w *watched) begin() {
	w.all = true
	w.timer.Reset(w.wait)
}

func (w *watched) end() {
	w.all = false
	w.timer.Stop()
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	if !w.all {
		w.timer.Reset(w.wait)
		defer w.timer.Stop()
	}
	n, err := w.ReadCloser.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, http.ErrBodyReadAfterClose) {
		w.x.broken.Store(true)
	}
	return n, err
}

// Close implements io.Closer.
func (w *watched) Close() error {
	w.timer.Stop()
	err := w.ReadCloser.Close()
	w.cancel()
	return err
}
