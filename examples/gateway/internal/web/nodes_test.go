package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/beamgate/beamgate/examples/gateway/internal/door/doortest"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// unaware is a connection whose end is not told to who reads it.
type unaware struct {
	net.Conn
	ended  chan<- bool
	closed chan struct{}
	once   sync.Once
}

// Read implements net.Conn.
func (c *unaware) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == io.EOF {
		c.ended <- true
		<-c.closed
	}
	return n, err
}

// Close implements net.Conn.
func (c *unaware) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// NetConn is for those who look at the connection itself.
func (c *unaware) NetConn() net.Conn { return c.Conn }

// TestSocketHeld: a connection that the node has closed behind a handshake of WebSocket that
// it refused costs nobody the next one, though nobody has noticed before that is to be sent.
func TestSocketHeld(t *testing.T) {
	answered := make(chan bool)
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/no" {
			if c, err := websocket.Accept(w, r, nil); err == nil {
				c.Read(r.Context())
				c.CloseNow()
			}
			return
		}
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
			<-answered
			c.Close()
		}
	}))
	defer node.Close()
	up, listener := doortest.Upstream(t, `version: 1
ledgers: [{name: web}]
upstreams: [{name: node, address: '`+strings.TrimPrefix(node.URL, "http://")+`', ledger: web, poison: {crashes: 1}}]
listeners: [{name: door, protocol: http, listen: '127.0.0.1:0', upstream: node, http: {websocket: {allow: true}}}]
`)
	rules, err := New(listener, up)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool, 10)
	rules.node.dial = func(ctx context.Context) (*upstream.Conn, error) {
		conn, err := up.Dial(ctx)
		if err == nil {
			conn.Conn = &unaware{Conn: conn.Conn, ended: ended, closed: make(chan struct{})}
		}
		return conn, err
	}
	pass := doortest.Accept(t, listener, up, rules,
		limit.Rates{Connections: 1, Messages: 100, Burst: 100, Bytes: 1 << 20, ByteBurst: 1 << 20}, limit.NewBytes(1<<20))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan bool)
	go func() {
		defer close(served)
		if conn, err := l.Accept(); err == nil {
			Web{}.Serve(t.Context(), nil, conn, pass)
		}
	}()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client.SetDeadline(time.Now().Add(30 * time.Second))
	r := bufio.NewReader(client)
	for _, path := range []string{"/no", "/"} {
		status := map[string]int{"/no": 403, "/": 101}[path]
		io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status {
			t.Errorf("%s: %d, not %d", path, resp.StatusCode, status)
		}
		if path == "/no" {
			close(answered)
			<-ended
		}
	}
	client.Close()
	<-served
	if n := up.Suspects.Len(); n != 0 {
		t.Errorf("%d suspects", n)
	}
}
