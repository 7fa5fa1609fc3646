package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/framing"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// errOtherLife says that the node was started again since the request was checked.
var errOtherLife = errors.New("web: the node is another one since the request was checked")

// errSwitch says that the node left HTTP without being asked to.
var errSwitch = errors.New("web: an answer that leaves HTTP")

// errClosed says that the node has closed a connection that it had no use for.
var errClosed = errors.New("web: closed by the node before the request")

// nodes are the connections to one origin behind an upstream. For each life of the
// node there are others, so that a request never gets to another life than the one
// it was checked for.
type nodes struct {
	dial    func(ctx context.Context) (*upstream.Conn, error)
	most    int // bytes of a header
	timeout time.Duration

	mu    sync.Mutex
	epoch int64
	now   *http.Transport
	made  int64      // connections so far
	crash door.Crash // the last one
	until int64      // connections made before it
}

// lost ends a request whose connection was lost. When a node goes down, all its
// connections are: that is one crash, however many of them had the same request.
func (n *nodes) lost(t *door.Ticket, w *wire) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w.number > n.until {
		n.crash, n.until = door.Crash{}, n.made
	}
	n.crash.Lost(t)
}

// lives reports whether the node still takes connections, in the same life of it.
func (n *nodes) lives(epoch int64) bool {
	c, err := n.dial(context.Background()) // for no longer than dial_timeout
	if err != nil {
		return false
	}
	defer c.Close()
	return c.Epoch() == epoch
}

// wire is one connection. It knows whether anything was sent, and whether it broke.
type wire struct {
	*framing.Answers
	node   *upstream.Conn
	used   atomic.Bool // before, and nothing was sent since
	wrote  atomic.Int64
	broken atomic.Bool
	deaf   atomic.Bool // the node has not taken in time what was written
	heard  atomic.Bool // something has come since the request
	number int64

	at, wait time.Duration // when the deadline of writing was set, and for how long
}

// Write implements net.Conn.
func (w *wire) Write(b []byte) (int, error) {
	if w.used.CompareAndSwap(true, false) && !w.node.Idle() {
		w.broken.Store(true)
		return 0, errClosed // and not a byte has left
	}
	w.patience()
	n, err := w.Answers.Write(b)
	w.wrote.Add(int64(n))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.deaf.Store(true)
	}
	w.note(err)
	return n, err
}

// patience gives the node its time to take what is written, or a quarter more: writes are
// many, and a deadline is not set anew for each.
func (w *wire) patience() {
	wait, now := w.node.Upstream().AnswerTimeout(), clock.Now()
	if w.wait != wait || now-w.at > wait/4 {
		w.at, w.wait = now, wait
		w.SetWriteDeadline(clock.Time(now).Add(wait).Add(wait / 4))
	}
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Answers.Read(b)
	if n > 0 {
		w.heard.Store(true)
	}
	w.note(err)
	return n, err
}

// note keeps whether the other end has ended the connection.
func (w *wire) note(err error) {
	var t net.Error
	switch {
	case err == nil, errors.Is(err, net.ErrClosed), errors.Is(err, framing.ErrAmbiguous), errors.As(err, &t) && t.Timeout():
	default:
		w.broken.Store(true)
	}
}

const (
	kept = 4 * time.Second // a connection that nothing is under way on: servers keep one for 5 or more
	soon = time.Second     // a node that has closed one meanwhile cannot have told later
)

// at returns the transport for one life of the node.
func (n *nodes) at(epoch int64) *http.Transport {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.now != nil && n.epoch == epoch {
		return n.now
	}
	if n.now != nil {
		n.now.CloseIdleConnections()
	}
	connect := func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := n.dial(ctx)
		if err != nil {
			return nil, err
		}
		if c.Epoch() != epoch {
			c.Close()
			return nil, errOtherLife
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.made++
		return &wire{Answers: framing.NewAnswers(c, n.most), node: c, number: n.made}, nil
	}
	n.epoch = epoch
	n.now = &http.Transport{
		DialContext: connect, DialTLSContext: connect, DisableCompression: true,
		MaxIdleConnsPerHost: 64, IdleConnTimeout: kept,
		ResponseHeaderTimeout: n.timeout, MaxResponseHeaderBytes: int64(n.most),
	}
	return n.now
}

// sent is what became of a request.
type sent struct {
	wire *wire         // nil: there was no connection
	used bool          // which others had used before
	at   time.Duration // when it was sent, of package clock
}

// lost reports whether the node ended the connection on the request.
func (s sent) lost() bool { return s.wire != nil && s.wire.broken.Load() }

// crossed reports whether the loss of the connection looks like that of one that the node
// had no use for, and closed while the request was on its way.
func (s sent) crossed() bool {
	return s.lost() && s.used && !s.wire.heard.Load() && clock.Now()-s.at <= soon
}

// deaf reports whether the node has not taken the request.
func (s sent) deaf() bool { return s.wire != nil && s.wire.deaf.Load() }

// send sends a request once. If not a byte of it has left, since the node had
// closed the connection meanwhile, it is sent on another one; again allows that in
// any case, once. body makes the body anew.
func (n *nodes) send(r *http.Request, epoch int64, body func() io.ReadCloser, again bool) (*http.Response, sent, error) {
	for try := 0; ; try++ {
		var s sent
		var before int64
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
			if s.wire, _ = i.Conn.(*wire); s.wire != nil {
				before = s.wire.wrote.Load()
				s.wire.used.Store(i.Reused)
				s.wire.heard.Store(false)
				s.wire.Expect(r.Method == http.MethodHead)
				s.used, s.at = i.Reused, clock.Now()
			}
		}}
		out := r.Clone(httptrace.WithClientTrace(r.Context(), trace))
		once(out, body)
		resp, err := n.at(epoch).RoundTrip(out)
		if err == nil || s.wire == nil || s.deaf() || r.Context().Err() != nil {
			return resp, s, err
		}
		unsent := s.wire.wrote.Load() == before
		if !(unsent && try < 3) && !(again && s.lost() && try == 0) || body == nil {
			return resp, s, err
		}
	}
}

// nothing is a body that http.Transport does not take for none, and so would not
// send again on its own.
type nothing struct{}

// Read implements io.Reader.
func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (nothing) Close() error { return nil }

// once keeps http.Transport from sending a request twice. Of TRACE, which may have no body,
// it would send that one in chunks: there is none, and it may go again if a connection that
// was used before is lost.
func once(r *http.Request, body func() io.ReadCloser) {
	r.GetBody = nil
	if body != nil {
		r.Body = body()
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := r.Header[name]; ok { // it is what the transport looks for
			delete(r.Header, name)
			r.Header[strings.ToLower(name)] = v
		}
	}
	if r.Body != nil && r.Body != http.NoBody {
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		r.Body, r.ContentLength = nothing{}, 0
	case http.MethodTrace:
		r.Body, r.ContentLength = nil, 0
	}
}
