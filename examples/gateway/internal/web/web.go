// Package web serves HTTP/1.1 and h2: as a reverse proxy in front of a node, as a
// forward proxy in front of clients that are nodes, and as an oracle for other
// proxies. What a request and an answer carry takes the way of package door, as
// everything else does; package safe knows which bodies are terms.
//
//	client ─► framing ─► net/http ─► read body, tokens ─► Ask ─► node
//	client ◄──────────── write ◄─── read answer, Answer ◄─────── node
package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/framing"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/token"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// Web is the protocol of listeners; their rules are in door.Door.Protocol.
type Web struct{}

// Rules are the rules of a listener.
type Rules struct {
	c         config.Listener
	extract   []*token.Rule
	unchecked map[string]bool
	signed    []string
	again     map[string]bool
	trusted   []netip.Prefix
	node      *nodes            // reverse proxy
	hosts     map[string]*nodes // forward proxy, by origin
	mint      *mint             // makes certificates; nil: there is no https
	judges    chan struct{}     // places of requests that are judged after they have passed
}

// judging is how many requests are judged at once that have passed already.
const judging = 64

// New makes the rules of a listener in front of u.
func New(c config.Listener, u *upstream.Upstream) (*Rules, error) {
	w := &Rules{
		c: c, unchecked: map[string]bool{}, again: map[string]bool{}, judges: make(chan struct{}, judging),
		signed: append([]string{"Digest", "Content-Digest", "Repr-Digest", "Content-MD5", "Signature", "Signature-Input"}, c.HTTP.Signed...),
	}
	for _, e := range c.HTTP.Extract {
		r, err := token.Compile(e)
		if err != nil {
			return nil, err
		}
		w.extract = append(w.extract, r)
	}
	for _, text := range c.HTTP.Unchecked {
		kind, _, err := mime.ParseMediaType(text)
		if err != nil {
			return nil, fmt.Errorf("http.unchecked: %q is no media type", text)
		}
		w.unchecked[kind] = true
	}
	for _, m := range c.HTTP.Idempotent {
		w.again[m] = true
	}
	var err error
	if w.trusted, err = prefixes(c.HTTP.Client.From); err != nil {
		return nil, err
	}
	if c.Protocol == config.ProtocolForward {
		return w, w.forwards(u)
	}
	w.node = w.nodesOf(u, u.Dial)
	return w, nil
}

func (w *Rules) nodesOf(u *upstream.Upstream, dial func(context.Context) (*upstream.Conn, error)) *nodes {
	return &nodes{dial: dial, most: int(w.c.HTTP.Header), timeout: u.AnswerTimeout()}
}

func prefixes(list []string) (out []netip.Prefix, err error) {
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// place is where the requests of a connection go if they do not say so: to the
// host of a CONNECT.
type place struct {
	origin string // https://host:port; empty: none
}

// Serve implements listen.Protocol.
func (Web) Serve(ctx context.Context, drain <-chan struct{}, conn net.Conn, pass *door.Pass) {
	serve(ctx, drain, conn, pass, place{})
}

// serve serves one connection, in a server of its own: its clients, its deadlines
// and its end are its own.
func serve(ctx context.Context, drain <-chan struct{}, conn net.Conn, pass *door.Pass, at place) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limits := pass.Door().Config.Limits
	under := conn
	t, secure := conn.(*tls.Conn)
	most := int(pass.Door().Config.HTTP.Header)
	h := &handler{pass: pass, at: at, drain: drain, secure: secure || at.origin != ""}
	if !secure || t.ConnectionState().NegotiatedProtocol != "h2" {
		var ambiguous *door.Refusal
		h.conn = framing.New(conn, most, func() { ambiguous = pass.Denied(door.Verb, "framing", framing.ErrAmbiguous) })
		h.conn.Refuse = func(status int) []byte { return unread(pass, ambiguous, status) }
		h.conn.Patience = func() time.Duration { return pass.Door().Config.Limits.Write.Duration }
		conn = h.conn
	}
	state := &states{ended: make(chan struct{})}
	server := &http.Server{
		Handler: h, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: limits.Header.Duration, IdleTimeout: limits.Idle.Duration,
		MaxHeaderBytes: most, ErrorLog: log.New(io.Discard, "", 0),
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: int(limits.Pipeline), WriteByteTimeout: limits.Write.Duration},
		ConnState: state.changed,
	}
	stop := context.AfterFunc(ctx, func() { listen.Reset(under) })
	defer stop()
	l := &single{conn: conn, closed: make(chan struct{})}
	go func() {
		server.Serve(l)
		l.taken.Do(func() { state.changed(conn, http.StateClosed) }) // it has ended before it began
	}()
	select {
	case <-state.ended:
	case <-drain:
		if state.unused() {
			conn.Close()
		}
		go server.Shutdown(ctx)
		<-state.ended
	}
	server.Close() // its listener, too
	h.live.Wait()
	conn.Close()
}

// states follows a connection.
type states struct {
	mu    sync.Mutex
	begun bool // something has come
	over  bool
	ended chan struct{} // closed when the server has done with it
}

func (s *states) changed(_ net.Conn, to http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = s.begun || to != http.StateNew
	if !s.over && (to == http.StateClosed || to == http.StateHijacked) {
		s.over = true
		close(s.ended)
	}
}

func (s *states) unused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.begun
}

// single is a listener of one connection.
type single struct {
	conn   net.Conn
	taken  sync.Once
	close  sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (l *single) Accept() (c net.Conn, err error) {
	l.taken.Do(func() { c = l.conn })
	if c != nil {
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (l *single) Close() error {
	l.close.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }

// handler serves the requests of one connection.
type handler struct {
	pass   *door.Pass
	at     place
	conn   *framing.Conn // nil: h2
	drain  <-chan struct{}
	secure bool
	live   sync.WaitGroup
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	h.live.Add(1)
	defer h.live.Done()
	if h.conn != nil {
		h.conn.Begun()
	}
	h.pass.Refresh()
	who := h.pass.Client
	if rules, ok := h.pass.Door().Protocol.(*Rules); ok {
		who = rules.client(who, r)
	}
	ownHop(r.Header)
	control := http.NewResponseController(rw)
	if h.conn == nil {
		p := &patient{ResponseWriter: rw, control: control, write: h.pass.Door().Config.Limits.Write.Duration}
		defer p.begin() // what is left in the buffer goes when the handler has ended
		rw = p
	}
	pass, refusal := h.pass.Fork(who)
	if refusal != nil {
		problem(rw, r, h.pass, refusal)
		return
	}
	defer pass.Close()
	rules, ok := pass.Door().Protocol.(*Rules)
	if !ok { // a reload has given the listener another protocol
		problem(rw, r, pass, pass.Denied(door.Down, "reload", nil))
		return
	}
	if r.Body != nil && r.Body != http.NoBody {
		// Of HTTP/1.1 only while there is more to come: behind the end of a request the
		// server reads on, to see whether the client goes, and takes a deadline for that.
		// Where that end is behind a body, it clears the deadline itself.
		control.SetReadDeadline(time.Now().Add(pass.Door().Config.Limits.Frame.Duration))
	}
	// r is the server's, which asks it in the end how much of its body was left: then
	// it waits with the end of the connection, or the client would lose the answer.
	own := *r
	x := &exchange{handler: h, web: rules, pass: pass, w: rw, r: &own, control: control}
	if own.Body != nil && own.Body != http.NoBody {
		x.upload = &upload{ReadCloser: own.Body, x: x}
		own.Body = x.upload
	}
	defer x.end()
	x.serve()
}

// client is who a request is from: the header of a proxy tells, if it is one that
// is believed.
func (w *Rules) client(peer door.Client, r *http.Request) door.Client {
	name := w.c.HTTP.Client.Name
	if name == "" {
		return peer
	}
	values := r.Header.Values(name)
	for _, p := range w.trusted {
		if !p.Contains(peer.Addr.Unmap()) || len(values) != 1 {
			continue
		}
		list := strings.Split(values[0], ",")
		if a, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
			return door.Client{Addr: a.Unmap()}
		}
	}
	r.Header.Del(name)
	return peer
}

// patient gives a client of h2 some time for each part of an answer, and none for what
// comes between two. One of HTTP/1.1 has it from the connection.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	write   time.Duration
}

// begin sets the deadline, which is a timer that ends the stream whether anything is being
// written or not.
func (p *patient) begin() { p.control.SetWriteDeadline(time.Now().Add(p.write)) }

func (p *patient) end() { p.control.SetWriteDeadline(time.Time{}) }

// Write implements http.ResponseWriter.
func (p *patient) Write(b []byte) (int, error) {
	p.begin()
	defer p.end()
	return p.ResponseWriter.Write(b)
}

// FlushError is for http.ResponseController.
func (p *patient) FlushError() error {
	p.begin()
	defer p.end()
	return p.control.Flush()
}

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
