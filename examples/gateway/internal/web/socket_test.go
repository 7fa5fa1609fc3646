package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// chat is a server of WebSocket. It echoes what it gets, but for messages that say
// what to send or how to end.
type chat struct {
	mu     sync.Mutex
	got    []string
	header http.Header
	closed websocket.StatusCode
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/no" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c.mu.Lock()
	c.header = r.Header
	c.mu.Unlock()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{"bert"}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(-1)
	for {
		kind, b, err := conn.Read(r.Context())
		c.mu.Lock()
		if err != nil {
			c.closed = websocket.CloseStatus(err)
			c.mu.Unlock()
			return
		}
		c.got = append(c.got, string(b))
		c.mu.Unlock()
		switch string(b) {
		case say("export"):
			b = []byte(export)
		case say("large"):
			b = term.Message(term.Bin(strings.Repeat("x", 1<<20)))
		case say("bye"):
			conn.Close(4002, "bye")
			return
		case say("nothing"): // as a browser says it
			conn.Close(websocket.StatusNoStatusRcvd, "")
			return
		}
		conn.Write(r.Context(), kind, b)
	}
}

func (c *chat) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.got...)
}

func say(what string) string { return string(term.Message(term.Bin(what))) }

// open opens a WebSocket through the gateway.
func open(t *testing.T, g *Gate, path string, header ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	c, resp, err := websocket.Dial(ctx, "ws://"+g.Addr("door")+path, &websocket.DialOptions{
		HTTPHeader: h, Subprotocols: []string{"json", "bert"}, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err == nil {
		c.SetReadLimit(-1)
		t.Cleanup(func() { c.CloseNow() })
	}
	return c, resp, err
}

// talk sends a message and returns the answer, or the code that ends it.
func talk(t *testing.T, c *websocket.Conn, kind websocket.MessageType, msg string) (string, websocket.StatusCode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c.Write(ctx, kind, []byte(msg))
	_, b, err := c.Read(ctx)
	return string(b), websocket.CloseStatus(err)
}

func TestWebSocket(t *testing.T) {
	node := &chat{}
	o := newOrigin(t, node.ServeHTTP)
	g := Start(t, conf(o.addr(), "max_new: 2", "", "http: {only_etf: true, websocket: {allow: true}}"))
	begin := func() *websocket.Conn {
		c, resp, err := open(t, g, "/ws?x=1", "Cookie", "a=b", "Origin", "https://elsewhere")
		if err != nil {
			t.Fatal(err)
		}
		if c.Subprotocol() != "bert" || resp.Header.Get("Sec-Websocket-Extensions") != "" {
			t.Errorf("%v", resp.Header)
		}
		return c
	}
	const bin, text = websocket.MessageBinary, websocket.MessageText
	c := begin()
	node.mu.Lock()
	if h := node.header; h.Get("Cookie") != "a=b" || h.Get("Origin") != "https://elsewhere" || h.Get("X-Forwarded-For") != "127.0.0.1" || h.Get("Sec-Websocket-Extensions") != "" {
		t.Errorf("%v", h)
	}
	node.mu.Unlock()
	for sent, want := range map[string]string{good: good, list: canonical, atoms(0, 2): atoms(0, 2)} {
		if got, code := talk(t, c, bin, sent); got != want {
			t.Errorf("%q came back as %q, %v", sent, got, code)
		}
	}
	w, err := c.Writer(t.Context(), bin) // in fragments
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{good[:2], "", good[2:]} {
		w.Write([]byte(part))
	}
	w.Close()
	if _, b, err := c.Read(t.Context()); string(b) != good {
		t.Errorf("fragments came back as %q, %v", b, err)
	}
	before := len(node.seen())
	for name, x := range map[string]struct {
		kind websocket.MessageType
		msg  string
		code websocket.StatusCode
	}{
		"export":    {bin, export, 1008},
		"names":     {bin, atoms(2, 1), 1008},
		"no term":   {bin, "{}", 1008},
		"nothing":   {bin, "", 1008},
		"text":      {text, "{}", 1003},
		"too large": {bin, string(term.Message(term.Bin(strings.Repeat("x", 1<<20)))), 1009},
	} {
		if got, code := talk(t, begin(), x.kind, x.msg); code != x.code {
			t.Errorf("%s: %q, %v", name, got, code)
		}
	}
	if n := len(node.seen()); n != before {
		t.Errorf("the node got %d messages that were refused", n-before)
	}
	for what, want := range map[string]websocket.StatusCode{"export": 1011, "large": 1009, "bye": 4002, "nothing": websocket.StatusNoStatusRcvd} {
		if got, code := talk(t, begin(), bin, say(what)); code != want {
			t.Errorf("the node says %s: %.20q, %v", what, got, code)
		}
	}
	if _, resp, err := open(t, g, "/no"); err == nil || resp.StatusCode != 403 {
		t.Errorf("%v", resp)
	}
	for _, code := range []websocket.StatusCode{websocket.StatusNoStatusRcvd, 4003} {
		c := begin()
		if got, _ := talk(t, c, bin, good); got != good {
			t.Fatal(got)
		}
		c.Close(code, "")
		Eventually(t, "the node hears of the end", func() bool {
			node.mu.Lock()
			defer node.mu.Unlock()
			return node.closed == code
		})
	}
	if n := g.Count("code=lost"); n != 0 {
		t.Errorf("%v ends in order are faults", n)
	}
}

// TestWebSocketHandshake: what is no handshake never gets to the node, and its connection
// stays one of HTTP, where nothing is read in two ways.
func TestWebSocketHandshake(t *testing.T) {
	o := newOrigin(t, (&chat{}).ServeHTTP)
	g := Start(t, conf(o.addr(), "", "", "http: {websocket: {allow: true}}"))
	const (
		key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
		bad = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 41\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	)
	for name, header := range map[string]string{
		"no key":        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
		"two keys":      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + key + key,
		"a short key":   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n",
		"no version":    "Connection: Upgrade\r\n" + key,
		"other version": "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n" + key,
		"no upgrade":    "Connection: keep-alive\r\nSec-WebSocket-Version: 13\r\n" + key,
		"a body":        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nContent-Length: 1\r\n" + key,
	} {
		before := g.Count("code=framing")
		head, body := "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"+header+"\r\n", ""
		if name == "a body" {
			body = "x"
		}
		got := raw(t, g, head+body+bad)
		if !strings.HasPrefix(got, "HTTP/1.1 400") || !strings.Contains(got, `"code":"websocket"`) || !isProblem(got, 400, "framing") || strings.Count(got, "HTTP/1.1 ") != 2 {
			t.Errorf("%s: %q", name, got)
		}
		if n := g.Count("code=framing") - before; n != 1 {
			t.Errorf("%s: %v counted as framing", name, n)
		}
	}
	if n, _, r := o.last(); n != 0 {
		t.Errorf("the node got %d requests, the last %s", n, r.RequestURI)
	}
}

// TestWebSocketIntroduces: a node hears who the client of a WebSocket is, as of any request
// and from nobody but the gateway; a host of a forward proxy does not.
func TestWebSocketIntroduces(t *testing.T) {
	node := &chat{}
	o := newOrigin(t, node.ServeHTTP)
	signer := NewCA(t)
	reverse := Start(t, conf(o.addr(), "", "", "http: {websocket: {allow: true}}"))
	forward := Start(t, forwardConf(signer.Path(), signer.KeyPath(), signer.Path(), "http://"+o.addr(), "127.0.0.0/8", "http: {websocket: {allow: true}}"))
	for g, want := range map[*Gate][3]string{reverse: {"127.0.0.1", o.addr(), "http"}, forward: {}} {
		c := g.Dial("door")
		io.WriteString(c, "GET http://"+o.addr()+"/ HTTP/1.1\r\nHost: "+o.addr()+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nProxy-Connection: keep-alive\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"+
			"Forwarded: for=lie\r\nX-Forwarded-For: lie\r\nX-Forwarded-Host: lie\r\nX-Forwarded-Proto: lie\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != 101 {
			t.Fatal(resp, err)
		}
		node.mu.Lock()
		h := node.header
		node.mu.Unlock()
		if got := [3]string{h.Get("X-Forwarded-For"), h.Get("X-Forwarded-Host"), h.Get("X-Forwarded-Proto")}; got != want || h["Forwarded"] != nil || h["Proxy-Connection"] != nil {
			t.Errorf("%v, want %q", h, want)
		}
	}
}

// TestWebSocketUnreachable: the log tells why, and not what was asked for.
func TestWebSocketUnreachable(t *testing.T) {
	g := Start(t, conf(Free(t), "", "", "http: {websocket: {allow: true}}"))
	if _, resp, err := open(t, g, "/ws?token=secret"); err == nil || resp == nil || resp.StatusCode != 502 {
		t.Fatalf("%v, %v", resp, err)
	}
	if log := g.Log(); strings.Contains(log, "secret") || !strings.Contains(log, `"err":"the node could not be reached: dial tcp `) {
		t.Error(log)
	}
}

// TestWebSocketText: other messages pass if they may.
func TestWebSocketText(t *testing.T) {
	node := &chat{}
	o := newOrigin(t, node.ServeHTTP)
	g := Start(t, conf(o.addr(), "", "", "http: {websocket: {allow: true, text: pass, binary: any}}"))
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, msg := range []string{"hello", `{"a":1}`, ""} {
		for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
			if got, code := talk(t, c, kind, msg); got != msg || code != -1 {
				t.Errorf("%q came back as %q, %v", msg, got, code)
			}
		}
	}
	if got, code := talk(t, c, websocket.MessageBinary, export); code != 1008 {
		t.Errorf("%q, %v", got, code)
	}
	c, _, err = open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	if got, code := talk(t, c, websocket.MessageText, "\x83a\x01"); code != 1003 {
		t.Errorf("a term as text: %q, %v", got, code)
	}
}

// TestWebSocketPoison: a message that is no term is a suspect by its bytes, and so none of
// the others is.
func TestWebSocketPoison(t *testing.T) {
	node := &chat{}
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/crash" {
			node.ServeHTTP(w, r)
			return
		}
		if c, err := websocket.Accept(w, r, nil); err == nil {
			time.Sleep(100 * time.Millisecond) // until messages wait for it
			c.CloseNow()
		}
	})
	g := Start(t, conf(o.addr(), "", "poison: {crashes: 1}",
		"limits: {bytes_per_second: 1GiB, bytes_burst: 1GiB}\nhttp: {websocket: {allow: true, text: pass, binary: any}}"))
	bad := strings.Repeat("x", 500_000)
	Eventually(t, "there is a suspect", func() bool {
		c, _, err := open(t, g, "/crash")
		if err != nil {
			t.Fatal(err)
		}
		c.CloseRead(t.Context())
		for c.Write(t.Context(), websocket.MessageText, []byte(bad)) == nil {
		}
		c.CloseNow()
		return g.Sum("beamgate_suspects") == 1
	})
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	for kind, msg := range map[websocket.MessageType]string{websocket.MessageText: "another", websocket.MessageBinary: "one more"} {
		if got, code := talk(t, c, kind, msg); got != msg {
			t.Errorf("%s: %q, %v", msg, got, code)
		}
	}
	if got, code := talk(t, c, websocket.MessageText, bad); code != websocket.StatusPolicyViolation {
		t.Errorf("%.20q, %v", got, code)
	}
}

// TestWebSocketOrderly: a node that closes in order while a client still writes has not
// crashed, whether it reads what comes until then or not. Nor has one whose answer was
// refused, and which ends the connection because it is told to.
func TestWebSocketOrderly(t *testing.T) {
	for _, does := range []string{"reads", "closes", "is refused", "is idle"} {
		reads, told := does == "reads", make(chan bool)
		o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			under := &hijacked{ResponseWriter: w}
			c, err := websocket.Accept(under, r, nil)
			if err != nil {
				return
			}
			if reads {
				c.Read(r.Context())
				c.Close(4000, "bye")
				return
			}
			time.Sleep(100 * time.Millisecond) // until messages wait for it
			switch does {
			case "closes":
				io.WriteString(under.conn, "\x88\x02\x0f\xa0")
			case "is refused":
				c.Write(r.Context(), websocket.MessageBinary, []byte(export))
				<-told
			case "is idle":
				<-told
			}
			under.conn.Close()
		})
		g := Start(t, conf(o.addr(), "", "poison: {crashes: 1}",
			"limits: {idle_timeout: 300ms, messages_per_second: 1000000, messages_burst: 1000000, bytes_per_second: 1GiB, bytes_burst: 1GiB}\nhttp: {websocket: {allow: true, text: pass}}"))
		c, _, err := open(t, g, "/")
		if err != nil {
			t.Fatal(err)
		}
		msg := "x"
		if !reads {
			msg = strings.Repeat("x", 500_000)
			c.CloseRead(t.Context())
		}
		for range 1000 {
			if c.Write(t.Context(), websocket.MessageText, []byte(msg)) != nil {
				break
			}
		}
		switch does {
		case "is refused":
			Eventually(t, "the answer is refused", func() bool { return g.Count("code=rejected_export") == 1 })
		case "is idle":
			Eventually(t, "nothing has moved", func() bool { return g.Count("code=idle") == 1 })
		}
		close(told)
		c.CloseNow()
		Eventually(t, "it has ended", func() bool { return g.Sum("beamgate_connections") == 0 })
		if n := g.Sum("beamgate_suspects"); n != 0 {
			t.Errorf("it %s: %v suspects", does, n)
		}
	}
}

// hijacked knows the connection that a WebSocket is on.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (c net.Conn, rw *bufio.ReadWriter, err error) {
	c, rw, err = h.ResponseWriter.(http.Hijacker).Hijack()
	h.conn = c
	return c, rw, err
}

// TestWebSocketDeafNode: what serves one WebSocket of the node and takes no more messages
// makes no suspects, and does not come between the node and others.
func TestWebSocketDeafNode(t *testing.T) {
	t.Parallel()
	stop := make(chan bool)
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/deaf" {
			if c, err := websocket.Accept(w, r, nil); err == nil {
				defer c.CloseNow()
			}
			<-stop
		}
	})
	defer close(stop)
	for _, mode := range []string{"enforce", "shadow"} {
		g := Start(t, conf(o.addr(), "", "answer_timeout: 500ms\nbreaker: {failures: 1, backoff: 1h, max_backoff: 1h}\npoison: {crashes: 1}",
			"mode: "+mode+"\nlimits: {bytes_per_second: 1GiB, bytes_burst: 1GiB}\nhttp: {websocket: {allow: true, text: pass}}"))
		c, _, err := open(t, g, "/deaf")
		if err != nil {
			t.Fatal(err)
		}
		msg := []byte(strings.Repeat("x", 500_000))
		go func() {
			for c.Write(t.Context(), websocket.MessageText, msg) == nil {
			}
		}()
		if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInternalError || !strings.Contains(err.Error(), "answer_timeout") {
			t.Errorf("%s: %v", mode, err)
		}
		if n := g.Sum("beamgate_suspects"); n != 0 || g.Count("code=answer_timeout") != 1 {
			t.Errorf("%s: %v suspects, %s", mode, n, g.Log())
		}
		do(t, g, "GET", "/", "").want(t, 200, "")
	}
}

// TestWebSocketDeafClient: a client that does not read is not waited for, and that is told
// as its fault.
func TestWebSocketDeafClient(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, (&chat{}).ServeHTTP)
	g := Start(t, conf(o.addr(), "", "", "limits: {write_timeout: 300ms, bytes_per_second: 1GiB, bytes_burst: 1GiB}\nhttp: {websocket: {allow: true}}"))
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	msg := term.Message(term.Bin(strings.Repeat("x", 500_000)))
	for c.Write(t.Context(), websocket.MessageBinary, msg) == nil {
	}
	Eventually(t, "it has ended", func() bool { return g.Sum("beamgate_connections") == 0 })
	if n := g.Count("rule=deadline", "code=write"); n != 1 || g.Count("rule=upstream") != 0 {
		t.Errorf("%v counted: %s", n, g.Log())
	}
}

// TestWebSocketShadow: everything passes, and is counted.
func TestWebSocketShadow(t *testing.T) {
	o := newOrigin(t, (&chat{}).ServeHTTP)
	g := Start(t, conf(o.addr(), "", "", "mode: shadow\nhttp: {websocket: {allow: true}}"))
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, msg := range []string{list, export, say("export"), string(term.Message(term.Bin(strings.Repeat("x", 1<<20))))} {
		want := msg
		if msg == say("export") {
			want = export
		}
		if got, code := talk(t, c, websocket.MessageBinary, msg); got != want {
			t.Errorf("%.20q came back as %.20q, %v", msg, got, code)
		}
	}
	Eventually(t, "they are counted", func() bool {
		return g.Count("mode=shadow", "rule=term") >= 2 && g.Count("mode=shadow", "rule=answer") >= 2
	})
}

// TestWebSocketEnds: when nobody says anything, when the gateway ends, and when
// nobody may.
func TestWebSocketEnds(t *testing.T) {
	o := newOrigin(t, (&chat{}).ServeHTTP)
	g := Start(t, conf(o.addr(), "", "", "limits: {idle_timeout: 150ms}\nhttp: {websocket: {allow: true}}"))
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 1001 {
		t.Errorf("%v", err)
	}
	g = Start(t, conf(o.addr(), "", "", "http: {websocket: {allow: true}}"))
	if c, _, err = open(t, g, "/"); err != nil {
		t.Fatal(err)
	}
	go g.Close()
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 1001 {
		t.Errorf("%v", err)
	}
	g = Start(t, conf(o.addr(), "", "", ""))
	if _, resp, err := open(t, g, "/"); err == nil || resp.StatusCode != 501 {
		t.Errorf("%v", resp)
	}
	do(t, g, "GET", "/", "", "Connection", "Upgrade", "Upgrade", "h2c").want(t, 501, "upgrade")
}

// TestWebSocketLong: a message that is longer than it may be passes whole if that is
// only noted, and not cut short.
func TestWebSocketLong(t *testing.T) {
	o := newOrigin(t, (&chat{}).ServeHTTP)
	g := Start(t, conf(o.addr(), "", "", "rules: {term: shadow, answer: shadow}\ncaps: {MaxBytes: 1000}\nhttp: {websocket: {allow: true, text: pass}}"))
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{999, 1000, 2000, 4095, 4096, 5000, 1 << 20} {
		for kind, msg := range map[websocket.MessageType]string{
			websocket.MessageText: "x" + strings.Repeat("é", n/2), websocket.MessageBinary: string(term.Message(term.Bin(strings.Repeat("x", n)))),
		} {
			if got, code := talk(t, c, kind, msg); got != msg {
				t.Fatalf("%d bytes came back as %d, %v", len(msg), len(got), code)
			}
		}
	}
	// In earnest it ends the connection, however little longer it is.
	g = Start(t, conf(o.addr(), "", "", "caps: {MaxBytes: 1000}\nhttp: {websocket: {allow: true, text: pass}}"))
	for _, n := range []int{1001, 4000, 4096, 5000} {
		if c, _, err = open(t, g, "/"); err != nil {
			t.Fatal(err)
		}
		if got, code := talk(t, c, websocket.MessageText, strings.Repeat("x", n)); code != websocket.StatusMessageTooBig {
			t.Errorf("%d bytes: %.20q, %v", n, got, code)
		}
	}
}

// TestWebSocketReload: rules of a reload hold from the next message on, and a WebSocket
// stays with its node, whose ledger counts what it brings.
func TestWebSocketReload(t *testing.T) {
	one, two := &chat{}, &chat{}
	a, b := newOrigin(t, one.ServeHTTP), newOrigin(t, two.ServeHTTP)
	text := func(upstream, listener string) string {
		return fmt.Sprintf(`version: 1
ledgers: [{name: one, names: [ok], max_new: 1}, {name: two, names: [ok], max_new: 100}]
upstreams:
  - {name: one, address: '%s', ledger: one}
  - {name: two, address: '%s', ledger: two}
listeners:
  - name: door
    protocol: http
    listen: '127.0.0.1:0'
    upstream: %s
    http: {websocket: {allow: true}}
    %s
`, a.addr(), b.addr(), upstream, listener)
	}
	g := Start(t, text("one", "allow: [exports]"))
	begin := func() *websocket.Conn {
		c, _, err := open(t, g, "/")
		if err != nil {
			t.Fatal(err)
		}
		if got, code := talk(t, c, websocket.MessageBinary, good); got != good {
			t.Fatalf("%q, %v", got, code)
		}
		return c
	}
	first, moved, left := begin(), begin(), begin()
	if got, _ := talk(t, begin(), websocket.MessageBinary, export); got != export {
		t.Fatal("an export does not pass where it is allowed")
	}
	if err := g.Load(text("one", "")); err != nil {
		t.Fatal(err)
	}
	if got, code := talk(t, first, websocket.MessageBinary, export); code != 1008 {
		t.Errorf("by the rules before: %q, %v", got, code)
	}
	if err := g.Load(text("two", "")); err != nil {
		t.Fatal(err)
	}
	before := len(one.seen())
	if got, code := talk(t, moved, websocket.MessageBinary, atoms(0, 5)); code == -1 {
		t.Errorf("names of another ledger: %q, %v", got, code)
	}
	if n := len(one.seen()) - before; n != 0 || g.Ledger("two").Stats().Committed > 5 {
		t.Errorf("the node got %d messages more", n)
	}
	if err := g.Load(strings.Replace(text("one", ""), "websocket: {allow: true}", "only_etf: false", 1)); err != nil {
		t.Fatal(err)
	}
	if got, code := talk(t, left, websocket.MessageBinary, good); code == -1 {
		t.Errorf("a WebSocket, where none may be: %q, %v", got, code)
	}
}

// TestWebSocketTermAsText: with the rules of the protocol in shadow, a term in a text is
// still a term.
func TestWebSocketTermAsText(t *testing.T) {
	node := &chat{}
	o := newOrigin(t, node.ServeHTTP)
	for _, texts := range []string{"refuse", "pass"} {
		g := Start(t, conf(o.addr(), "", "", "rules: {verb: shadow}\nhttp: {websocket: {allow: true, text: "+texts+"}}"))
		c, _, err := open(t, g, "/")
		if err != nil {
			t.Fatal(err)
		}
		before := len(node.seen())
		if got, code := talk(t, c, websocket.MessageText, export); code != 1008 || len(node.seen()) != before {
			t.Errorf("%s: %q, %v", texts, got, code)
		}
	}
}
