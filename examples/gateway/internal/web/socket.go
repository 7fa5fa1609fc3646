package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// roundTrip makes an http.RoundTripper of a function.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// stays reports whether a request goes on as one of HTTP although it asks to leave that: a
// server may take no notice, and where the rule is not in earnest, the node gets what it
// would answer so. A WebSocket is all that its request is about, and is none otherwise.
func (x *exchange) stays() bool {
	if lists(x.r.Header["Upgrade"], "websocket") || x.pass.Door().Modes[door.Verb] == door.Enforce {
		return false
	}
	x.verb("upgrade")
	delete(x.r.Header, "Upgrade")
	return true
}

// upgrade serves WebSocket, and refuses whatever else leaves HTTP. Extensions are
// not negotiated, so messages are not compressed.
func (x *exchange) upgrade() {
	if !x.web.c.HTTP.Socket.Allow || x.handler.conn == nil || !strings.EqualFold(strings.Join(x.r.Header["Upgrade"], ","), "websocket") {
		x.refuse(x.must("upgrade"))
		return
	}
	if !x.handshake() {
		x.w.Header().Set("Sec-Websocket-Version", "13")
		x.refuse(x.must("websocket"))
		return
	}
	x.socket = true
	if r := x.ask(); r != nil {
		x.refuse(r)
		return
	}
	node, resp, err := x.dialSocket()
	if err != nil {
		x.refuseSocket(resp, err)
		return
	}
	x.ticket.Done()
	defer node.CloseNow()
	client, err := websocket.Accept(x.w, x.r, &websocket.AcceptOptions{
		Subprotocols: []string{node.Subprotocol()}, InsecureSkipVerify: true, // the node was asked about the origin
	})
	if err != nil { // and the connection is still one of HTTP
		return
	}
	x.handler.conn.Raw() // before anything more is read
	defer client.CloseNow()
	s := &socket{x: x, client: client, node: node}
	s.run()
}

// handshake reports whether this is one of WebSocket. The node is not to hear of what
// websocket.Accept would refuse in the end.
func (x *exchange) handshake() bool {
	h := x.r.Header
	keys := h["Sec-Websocket-Key"]
	if x.r.Method != http.MethodGet || !x.r.ProtoAtLeast(1, 1) || !lists(h["Connection"], "upgrade") || h.Get("Sec-Websocket-Version") != "13" || len(keys) != 1 {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(keys[0])
	return err == nil && len(key) == 16 && (x.r.Body == nil || x.r.Body == http.NoBody)
}

// lists reports whether a field names a token.
func lists(lines []string, token string) bool {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(textproto.TrimString(name), token) {
				return true
			}
		}
	}
	return false
}

// dialSocket opens the WebSocket to the node, with the header of the client.
func (x *exchange) dialSocket() (*websocket.Conn, *http.Response, error) {
	header := x.r.Header.Clone()
	for _, name := range []string{
		"Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol",
		"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Content-Length", "Keep-Alive",
	} {
		header.Del(name)
	}
	x.introduce(header)
	var protocols []string
	for _, v := range x.r.Header.Values("Sec-Websocket-Protocol") {
		for p := range strings.SplitSeq(v, ",") {
			protocols = append(protocols, strings.TrimSpace(p))
		}
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), x.pass.Door().Upstream.AnswerTimeout())
	defer cancel()
	node, resp, err := websocket.Dial(ctx, "ws://"+x.to.Host+x.r.URL.RequestURI(), &websocket.DialOptions{
		Host: x.r.Host, HTTPHeader: header, Subprotocols: protocols,
		HTTPClient: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: roundTrip(func(r *http.Request) (resp *http.Response, err error) {
				// The connection outlives the handshake.
				r = r.WithContext(x.r.Context())
				resp, x.sent, err = x.nodes.send(r, x.epoch, x.anew(), false)
				return resp, err
			}),
		},
	})
	var about *url.Error
	if errors.As(err, &about) { // the URL is what the client wrote, and in no log
		err = about.Err
	}
	return node, resp, err
}

// refuseSocket tells a client that there is no WebSocket: with the status of the
// node, if it has answered.
func (x *exchange) refuseSocket(resp *http.Response, err error) {
	if resp == nil || resp.StatusCode < 300 {
		x.refuse(x.failed(err))
		return
	}
	x.ticket.Done()
	x.refused = &door.Refusal{Rule: door.Down, Code: "handshake"}
	x.w.WriteHeader(resp.StatusCode)
}

// socket is a WebSocket from a client to the node.
type socket struct {
	x            *exchange
	client, node *websocket.Conn
	cancel       context.CancelFunc
	quiet        *time.Timer
	once         sync.Once
	done         chan struct{} // closed when both ends are told
	ending       atomic.Bool   // both ends are being told
	over         chan struct{} // closed when nothing more comes from the node
	crash        bool          // since it has ended the connection, and not in order; set before

	writing atomic.Pointer[context.Context] // of the last message to the node
}

// run passes messages on until one end closes, or something is refused.
func (s *socket) run() {
	ctx, cancel := context.WithCancel(s.x.r.Context())
	defer cancel()
	s.cancel, s.done, s.over = cancel, make(chan struct{}), make(chan struct{})
	idle := s.x.pass.Door().Config.Limits.Idle.Duration
	s.quiet = time.AfterFunc(idle, func() {
		s.x.pass.Denied(door.Deadline, "idle", nil)
		s.close(websocket.StatusGoingAway, "idle")
	})
	defer s.quiet.Stop()
	s.client.SetReadLimit(-1)
	s.node.SetReadLimit(-1)
	var both sync.WaitGroup
	both.Go(func() { s.pump(ctx, door.ToClient) })
	both.Go(func() {
		select {
		case <-s.x.drain:
			s.close(websocket.StatusGoingAway, "drain")
		case <-ctx.Done():
		}
	})
	s.pump(ctx, door.ToNode)
	cancel()
	both.Wait()
}

// close tells both ends that it is over.
func (s *socket) close(code websocket.StatusCode, reason string) {
	s.end(func() {
		var both sync.WaitGroup
		both.Go(func() { s.client.Close(code, reason) })
		both.Go(func() { s.node.Close(websocket.StatusGoingAway, "") })
		both.Wait()
	})
}

// end ends both connections, the first time, in one way. Who comes later waits: the node's
// answer to its end is not to overtake what the client is told.
func (s *socket) end(how func()) {
	s.once.Do(func() {
		s.ending.Store(true)
		how()
		s.cancel()
		close(s.done)
	})
	<-s.done
}

// ends are where messages of one direction come from and go to.
func (s *socket) ends(way door.Direction) (from, to *websocket.Conn) {
	if way == door.ToClient {
		return s.node, s.client
	}
	return s.client, s.node
}

// pump passes on the messages of one direction.
func (s *socket) pump(ctx context.Context, way door.Direction) {
	from, to := s.ends(way)
	pass := s.x.pass
	for {
		err := s.message(ctx, way, from, to)
		if err == nil {
			continue
		}
		var r *door.Refusal
		var closed websocket.CloseError
		if way == door.ToClient {
			s.crash = s.x.sent.lost() && !s.ending.Load() && !errors.As(err, &closed)
			close(s.over)
		}
		switch {
		case errors.As(err, &r):
			s.close(closeCode(r), reason(r, pass))
		case errors.As(err, &closed) && closed.Code == websocket.StatusNoStatusRcvd: // as a browser does
			s.end(func() { to.Close(closed.Code, "") })
		case errors.As(err, &closed) && validCode(closed.Code):
			s.end(func() { to.Close(closed.Code, closed.Reason) })
		case way == door.ToClient && (s.ending.Load() || s.late()): // and who ends it tells of it
		case ctx.Err() == nil && way == door.ToClient:
			pass.Denied(door.Down, "lost", err)
			s.close(websocket.StatusInternalError, "lost")
		default:
			s.cancel()
		}
		return
	}
}

// message passes on one message. The error is a *door.Refusal, or the end.
func (s *socket) message(ctx context.Context, way door.Direction, from, to *websocket.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kind, r, err := from.Reader(ctx)
	if err != nil {
		return err
	}
	p := s.x.pass
	if way == door.ToNode {
		p.Refresh() // now that it has begun: it may have been waited for since long
		if c := p.Door().Config; c.Protocol != s.x.web.c.Protocol || !c.HTTP.Socket.Allow {
			return p.Denied(door.Verb, "upgrade", nil)
		}
	}
	l := p.Door().Config.Limits
	s.quiet.Reset(l.Idle.Duration)
	late := time.AfterFunc(l.Frame.Duration, func() {
		p.Denied(door.Deadline, "frame", nil)
		cancel()
	})
	defer late.Stop()
	if p.Door().Passive() {
		return s.deaf(way, s.tap(ctx, way, kind, r, to))
	}
	b, long, release, err := s.read(ctx, way, r)
	defer release()
	if err != nil {
		return err
	}
	if !long {
		late.Stop()
	}
	b, ticket, err := s.judge(ctx, way, kind, b, long)
	if err != nil {
		return err
	}
	slow := false // to take it
	if long {
		err = s.deaf(way, pass(ctx, io.MultiReader(bytes.NewReader(b), r), kind, to))
	} else {
		wait := l.Write.Duration
		if way == door.ToNode {
			wait = p.Door().Upstream.AnswerTimeout()
		}
		out, stop := context.WithTimeout(ctx, wait)
		defer stop()
		if way == door.ToNode {
			s.writing.Store(&out)
		}
		err = to.Write(out, kind, b)
		slow = err != nil && errors.Is(out.Err(), context.DeadlineExceeded)
	}
	switch {
	case ticket == nil && slow:
		return p.Denied(door.Deadline, "write", err)
	case ticket == nil:
	case err == nil:
		ticket.Done()
	case slow: // what serves this WebSocket, which is no news of the node
		ticket.Cancel()
		return p.Denied(door.Down, "answer_timeout", err)
	case !long && s.crashed(ctx):
		s.x.nodes.lost(ticket, s.x.sent.wire)
	default:
		ticket.Cancel()
	}
	return err
}

// deaf is the refusal of a message that was sent on as it came, if the node has not taken
// a part of it in time.
func (s *socket) deaf(way door.Direction, err error) error {
	if err != nil && way == door.ToNode && s.x.sent.deaf() {
		return s.x.pass.Denied(door.Down, "answer_timeout", err)
	}
	return err
}

// late reports whether the node has not taken a message in time, which ends the connection.
func (s *socket) late() bool {
	out := s.writing.Load()
	return out != nil && errors.Is((*out).Err(), context.DeadlineExceeded)
}

// crashed reports whether a message could not be written since the node has ended the
// connection, and not in order: what it said before is still to be read, by the other
// direction.
func (s *socket) crashed(ctx context.Context) bool {
	if !s.x.sent.lost() {
		return false
	}
	select {
	case <-s.over:
		return s.crash && ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// pass writes a message as it comes.
func pass(ctx context.Context, r io.Reader, kind websocket.MessageType, to *websocket.Conn) error {
	w, err := to.Writer(ctx, kind)
	if err != nil {
		return err
	}
	if _, err = io.Copy(w, r); err != nil {
		return err
	}
	return w.Close()
}

// read reads a message whole, its fragments joined, under the cap. One that is long is
// over the cap and may pass all the same, where that is only noted: b is its beginning.
func (s *socket) read(ctx context.Context, way door.Direction, r io.Reader) (b []byte, long bool, release func(), err error) {
	p := s.x.pass
	most := p.Door().MaxBytes(way)
	release = func() {}
	var given door.Held
	if b, err = io.ReadAll(io.LimitReader(r, free)); err != nil {
		return b, false, release, err
	}
	if len(b) == free {
		// A client has its own room for what it sends as long as that is on its way, and
		// for what it is sent until it has taken it.
		if way == door.ToNode {
			release, err = p.Receive(ctx, most)
		} else if given, err = p.Give(ctx, most); err == nil {
			release = given.Release
		}
		if err != nil {
			return nil, false, func() {}, err
		}
		rest, err := io.ReadAll(io.LimitReader(r, most+1-free))
		if b = append(b, rest...); err != nil {
			return b, false, release, err
		}
	}
	if long = int64(len(b)) > most; long {
		if refusal := p.Oversize(way, int64(len(b))); refusal != nil {
			return nil, true, release, refusal
		}
	}
	if way == door.ToNode && len(b) > free { // it is here, and is no longer on its way
		defer release()
		held, err := p.Hold(ctx, int64(len(b)))
		return b, long, held.Release, err
	}
	given.Keep(int64(len(b)))
	return b, long, release, nil
}

// judge asks the rules about a message, and returns what goes on. Of a long one there
// is the beginning, and its term has been judged: it is too long.
func (s *socket) judge(ctx context.Context, way door.Direction, kind websocket.MessageType, b []byte, long bool) ([]byte, *door.Ticket, error) {
	p := s.x.pass
	rules := p.Door().Config.HTTP.Socket
	// A text that begins as a term does is none, but somebody may take it for one.
	term := !long && (kind == websocket.MessageBinary && rules.Binary == "term" || len(b) > 0 && b[0] == version)
	text := kind == websocket.MessageText
	if text && (rules.Text == "refuse" || !validText(b, long)) {
		if r := p.Judge(way, &door.Refusal{Rule: door.Verb, Code: "text"}, int64(len(b))); r != nil {
			return nil, nil, r
		}
	}
	if way == door.ToClient {
		if term {
			if r := p.Answer(b); r != nil {
				return nil, nil, r
			}
		}
		return b, nil, nil
	}
	if r := p.Pace(ctx, int64(len(b))); r != nil {
		return nil, nil, r
	}
	var asked door.Asked
	switch {
	case term:
		asked.Body, asked.AsIs = b, text
		if b == nil {
			asked.Body = []byte{}
		}
	case p.Door().Modes[door.Poison] != door.Off:
		asked.ID = kind.String() + sum(b)
	}
	t, r := p.Ask(ctx, asked, nil)
	if r != nil {
		return nil, nil, r
	}
	if !t.SameNode(s.x.ticket) {
		t.Cancel()
		return nil, nil, &door.Refusal{Rule: door.Down, Code: "other_life"}
	}
	if term {
		b = t.Bytes
	}
	return b, t, nil
}

// validText reports whether b is UTF-8. Where there is more of it, its last character may
// be cut.
func validText(b []byte, more bool) bool {
	for cut := 1; more && cut < utf8.UTFMax && cut <= len(b); cut++ {
		if end := b[len(b)-cut:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRune(end) {
				b = b[:len(b)-cut]
			}
			break
		}
	}
	return utf8.Valid(b)
}

// version is the first byte of a term.
const version = 131
