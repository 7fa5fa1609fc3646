package web_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// What one client must not be able to do to others.

// TestPlacesOfOneClient: bodies that are not held go on as they come and have their places
// as long as they take. A client has so many of these, and waits for more in its own line.
func TestPlacesOfOneClient(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "max_in_flight: 8\nmax_wait: 500ms",
		"limits: {frame_timeout: 1h, max_in_flight_per_client: 3}\nhttp: {client: {name: X-Real-IP, from: [127.0.0.0/8]}}"))
	slow := make([]*Client, 20)
	for i := range slow {
		slow[i] = g.Dial("door")
		fmt.Fprint(slow[i], "POST / HTTP/1.1\r\nHost: x\r\nX-Real-IP: 10.0.0.1\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
	}
	Eventually(t, "those that found no place are refused", func() bool { return g.Count("rule=in_flight", "code=per_client") == 17 })
	if n := g.Sum("beamgate_in_flight", "what=used"); n != 3 {
		t.Errorf("one client has %v places", n)
	}
	do(t, g, "GET", "/", "", "X-Real-IP", "10.0.0.2").want(t, 200, "")
	do(t, g, "GET", "/", "", "X-Real-IP", "10.0.0.1").want(t, 503, "per_client")
	for _, c := range slow {
		c.Close()
	}
	Eventually(t, "all places are given back", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 0 })
	for range 10 {
		do(t, g, "GET", "/", "", "X-Real-IP", "10.0.0.1").want(t, 200, "")
	}
}

// TestDeafClients: of what a client does not take only its own room is used, and no more of
// that than there is to take, whether the node has said how much that would be or not.
func TestDeafClients(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	defer close(stop)
	body := term.Message(term.Bin(strings.Repeat("x", 5000)))
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/stalls":
			w.Header().Set("Content-Type", etf)
			w.Write(body[:4900])
			http.NewResponseController(w).Flush()
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		case "/pushes":
			if c, err := websocket.Accept(w, r, nil); err == nil {
				for c.Write(r.Context(), websocket.MessageBinary, body) == nil {
				}
			}
		default:
			w.Header().Set("Content-Type", etf)
			w.Write(body)
		}
	})
	const share = 2 << 20 // a sixteenth of max_bytes_in_flight
	for _, path := range []string{"/stalls", "/pushes"} {
		g := Start(t, conf(o.addr(), "", "max_bytes_in_flight: 32MiB\nanswer_timeout: 1h",
			"limits: {write_timeout: 1h}\nhttp: {websocket: {allow: true}, client: {name: X-Real-IP, from: [127.0.0.0/8]}}"))
		for range 20 {
			c := g.Dial("door")
			c.Conn.(*net.TCPConn).SetReadBuffer(4096)
			upgrade := ""
			if path == "/pushes" {
				upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
			}
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nX-Real-IP: 10.0.0.1\r\n%s\r\n", path, upgrade)
		}
		held := 0.0
		Eventually(t, "they hold what they may", func() bool {
			was := held
			time.Sleep(200 * time.Millisecond)
			held = g.Sum("beamgate_held_bytes")
			return held > 0 && held == was
		})
		if held > share {
			t.Errorf("%s: one client holds %v bytes", path, held)
		}
		for range 3 {
			do(t, g, "GET", "/", "", "X-Real-IP", "10.0.0.2").want(t, 200, "")
		}
	}
}
