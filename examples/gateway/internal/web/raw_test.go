package web_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// raw sends bytes to the gateway, and returns all that comes back until it closes
// the connection.
func raw(t *testing.T, g *Gate, text string) string {
	t.Helper()
	c := g.Dial("door")
	io.WriteString(c, text)
	b, _ := io.ReadAll(c)
	return string(b)
}

// TestSmuggling: what could be read in two ways gets nowhere, and neither does
// what is behind it.
func TestSmuggling(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	const behind = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, text := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 41\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + behind,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 36\r\n\r\n" + behind,
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + behind,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Type: application/bert\r\nContent-Length: 2\r\n\r\n{}" + behind,
		"POST / HTTP/1.1\r\nHost: x\r\nX: y\n\nContent-Length: 5\r\n\r\nhello" + behind,
		"GET / HTTP/2.0\r\nHost: x\r\n\r\n" + behind,
	} {
		got := raw(t, g, text)
		if !strings.HasPrefix(got, "HTTP/1.1 4") && !strings.HasPrefix(got, "HTTP/1.1 5") || strings.Count(got, "HTTP/1.1") != 1 {
			t.Errorf("%q: answered %q", text, got)
		}
		if !isProblem(got, 400, "framing") {
			t.Errorf("%q: no problem+json: %q", text, got)
		}
	}
	if n, _, _ := o.last(); n != 0 {
		t.Errorf("the node got %d requests", n)
	}
	if n := g.Count("rule=verb", "code=framing"); n != 6 {
		t.Errorf("%v counted", n)
	}
	// A good request in front of a bad one is answered.
	got := raw(t, g, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 200") || !strings.Contains(got, "HTTP/1.1 400") {
		t.Errorf("%q", got)
	}
}

// isProblem reports whether the last answer of a connection is problem+json, whole
// and with the end of the connection.
func isProblem(text string, status int, code string) bool {
	at := strings.LastIndex(text, "HTTP/1.1 ")
	if at < 0 {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text[at:])), nil)
	if err != nil || resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" || !resp.Close {
		return false
	}
	var p struct {
		Status int
		Code   string
	}
	body, err := io.ReadAll(resp.Body)
	return err == nil && json.Unmarshal(body, &p) == nil && p.Status == status && p.Code == code
}

// TestRefusalArrives: a client that is refused while it sends gets the whole answer,
// and then the end, not a reset that may take the answer with it.
func TestRefusalArrives(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	for name, c := range map[string]struct{ head, status string }{
		"too large, closing": {"Host: x\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n", "413"},
		"too large":          {"Host: x\r\nContent-Length: 8000000\r\n\r\n", "413"},
		"framing":            {"Host: x\r\nContent-Length: 8000000\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
	} {
		conn := g.Dial("door")
		io.WriteString(conn, "POST / HTTP/1.1\r\nContent-Type: "+etf+"\r\n"+c.head)
		conn.Write(append([]byte{131, 109}, make([]byte, 300_000)...))
		b, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 "+c.status) || !strings.HasSuffix(strings.TrimSpace(string(b)), "}") {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// TestMalformed: what net/http itself refuses is answered and counted as any other
// refusal.
func TestMalformed(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	const first = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
	n := 0.0
	for _, text := range []string{
		"GET / HTTP/1.1\r\n\r\n",                         // no host
		"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",            // none that could be one
		"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",           // no URL
		"GET / HTTP/1.1\r\nHost: x\r\nX: a\x01b\r\n\r\n", // no text
	} {
		for _, before := range []string{"", first} {
			got := raw(t, g, before+text)
			if n++; !isProblem(got, 400, "malformed") || strings.Contains(got, "text/plain; charset=utf-8\r\nConnection: close") {
				t.Errorf("%q behind %q: %q", text, before, got)
			}
			if before != "" && !strings.HasPrefix(got, "HTTP/1.1 200") {
				t.Errorf("%q: the request before it: %q", text, got)
			}
		}
	}
	if got := g.Count("rule=verb", "code=malformed"); got != n {
		t.Errorf("%v counted, not %v", got, n)
	}
	g = Start(t, conf(o.addr(), "", "", "detail: none"))
	if got := raw(t, g, "GET / HTTP/1.1\r\n\r\n"); !isProblem(got, 400, "") {
		t.Errorf("detail: none: %q", got)
	}
}

// TestSlowHeader: a client whose header does not come in time is told so, wherever in
// it that is; one that has begun nothing is not.
func TestSlowHeader(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", "limits: {header_timeout: 100ms, idle_timeout: 100ms}"))
	const first = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
	n := 0.0
	for _, text := range []string{"G", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x"} {
		for _, before := range []string{"", first} {
			got := raw(t, g, before+text)
			if n++; strings.Count(got, "HTTP/1.1") != 1+len(before)/len(first) || !isProblem(got[strings.LastIndex(got, "HTTP/1.1"):], 408, "header") {
				t.Errorf("%q behind %q: %q", text, before, got)
			}
		}
	}
	if got := raw(t, g, first); strings.Count(got, "HTTP/1.1") != 1 || !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("nothing behind a request: %q", got)
	}
	if got := g.Count("rule=deadline", "code=header"); got != n {
		t.Errorf("%v counted, not %v", got, n)
	}
}

// TestDeafClient: a client that asks and never reads is not waited for, though its
// answers have no bodies.
func TestDeafClient(t *testing.T) {
	pad := strings.Repeat("x", 16<<10)
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Pad", pad)
		w.WriteHeader(204)
	})
	g := Start(t, conf(o.addr(), "", "", "limits: {write_timeout: 300ms, messages_per_second: 1000000, messages_burst: 1000000}"))
	c := g.Dial("door")
	go func() {
		for {
			if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return
			}
		}
	}()
	Eventually(t, "it is served", func() bool { return g.Sum("beamgate_connections") == 1 })
	Eventually(t, "it is given up", func() bool { return g.Sum("beamgate_connections") == 0 })
}

// TestPlainAnswer: an answer of the node that looks like a refusal of net/http goes
// on as it is, even before another request.
func TestPlainAnswer(t *testing.T) {
	const text = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(400)
		io.WriteString(w, strings.Repeat(text, 1000))
	})
	g := Start(t, conf(o.addr(), "", "", ""))
	got := raw(t, g, strings.Repeat("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", 3)+"GET / HTTP/1.1\r\n\r\n")
	r := bufio.NewReader(strings.NewReader(got))
	for range 3 {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != strings.Repeat(text, 1000) || err != nil {
			t.Errorf("a body of %d bytes came, %v", len(b), err)
		}
	}
	if rest, _ := io.ReadAll(r); !isProblem(string(rest), 400, "malformed") {
		t.Errorf("%q", rest)
	}
}

// TestAmbiguousAnswer: an answer that could be read in two ways does not go on.
func TestAmbiguousAnswer(t *testing.T) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Type: application/bert\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 101 Switching Protocols\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
		"hello\r\n\r\n",
	} {
		addr := server(t, func(c net.Conn, _ int) { io.WriteString(c, text) })
		g := Start(t, conf(addr, "", "breaker: {failures: 100}", ""))
		do(t, g, "GET", "/", "").want(t, 502, "bad_answer")
	}
}

// TestBehindAnAnswer: what a node sends behind the end of an answer is no answer to another
// request, whoever makes that. It costs the connection, and nobody else anything.
func TestBehindAnAnswer(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\npoison"
	long := strings.Repeat("x", 20_000)
	serve := func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			io.Copy(io.Discard, req.Body)
			const head = "Content-Type: text/plain\r\n"
			body := req.URL.Path
			text := ""
			switch kind := req.Header.Get("X-Kind"); kind {
			case "long":
				body += long
				fallthrough
			case "known", "apart", "clean":
				text = fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
				if kind == "clean" {
					io.WriteString(c, text)
					continue
				}
				if kind == "apart" {
					io.WriteString(c, text)
					text = ""
				}
			case "head":
				text = "HTTP/1.1 200 OK\r\n" + head + "Content-Length: 5\r\n\r\n"
			case "none":
				text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
			case "chunked":
				text = fmt.Sprintf("HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX-T: 1\r\n\r\n", head, len(body), body)
			}
			io.WriteString(c, text+poison)
		}
	}
	ca := NewCA(t)
	pair, err := tls.LoadX509KeyPair(ca.Files("localhost"))
	if err != nil {
		t.Fatal(err)
	}
	plain := Listen(t)
	secure := tls.NewListener(Listen(t), &tls.Config{Certificates: []tls.Certificate{pair}, DynamicRecordSizingDisabled: true})
	for name, l := range map[string]net.Listener{"plain": plain, "TLS": secure} {
		var conns, open atomic.Int64
		Serve(t, l, func(c net.Conn) {
			conns.Add(1)
			open.Add(1)
			serve(c)
			open.Add(-1)
		})
		upstream := "breaker: {failures: 100000}\nmax_in_flight: 100"
		if name == "TLS" {
			upstream += fmt.Sprintf("\ntls: {ca: %s, server_name: localhost}", ca.Path())
		}
		g := Start(t, conf(l.Addr().String(), "", upstream, "limits: {messages_per_second: 1000000, messages_burst: 1000000}"))
		ask := func(kind string, n int) {
			method, path, want := "GET", fmt.Sprintf("/%s/%d", kind, n), ""
			status := 200
			switch kind {
			case "head":
				method = "HEAD"
			case "none":
				status = 204
			case "long":
				want = path + long
			default:
				want = path
			}
			if a := do(t, g, method, path, "", "X-Kind", kind); a.status != status || a.body != want {
				t.Errorf("%s: %s got %d %.60q", name, path, a.status, a.body)
			}
		}
		// One behind the other, what was sent apart is there before the next request.
		for n, kind := range []string{"known", "apart", "long", "head", "none", "chunked", "known"} {
			ask(kind, n)
			if kind == "apart" {
				Eventually(t, "the connection ends", func() bool { return open.Load() == 0 })
			}
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for n := range 40 {
					ask([]string{"known", "long", "head", "none", "chunked", "clean"}[(i+n)%6], 1000*i+n)
				}
			})
		}
		all.Wait()
		before := conns.Load()
		ask("clean", 1)
		for n := range 20 {
			ask("clean", n)
		}
		if n := conns.Load() - before; n > 10 {
			t.Errorf("%s: 21 requests on %d new connections", name, n)
		}
	}
}

// server accepts connections, reads a request from each, and lets answer do the
// rest. Requests are numbered from 1.
func server(t *testing.T, answer func(c net.Conn, n int)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err == nil {
					io.Copy(io.Discard, r.Body)
					answer(c, n)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestPoison: a request that was under way at two crashes is refused, whatever its
// encoding, and others are not. It is not sent again.
func TestPoison(t *testing.T) {
	seen := make(chan int, 100)
	addr := server(t, func(c net.Conn, n int) {
		seen <- n
		c.(*net.TCPConn).SetLinger(0)
	})
	g := Start(t, conf(addr, "", "breaker: {failures: 100}", ""))
	do(t, g, "POST", "/x", list).want(t, 502, "lost")
	do(t, g, "POST", "/x", canonical).want(t, 502, "lost")
	a := do(t, g, "POST", "/x", list)
	a.want(t, 422, "poison")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	do(t, g, "POST", "/y", list).want(t, 502, "lost")
	do(t, g, "GET", "/x", "").want(t, 502, "lost")
	if len(seen) != 4 {
		t.Errorf("the node got %d requests, not 4", len(seen))
	}
	// What is no term, and what else a request brings, makes it another one, too.
	g = Start(t, conf(addr, "", "breaker: {failures: 100}", "http: {extract: [{in: header, name: X-Token}]}"))
	const json = "application/json"
	a64, b64 := base64.StdEncoding.EncodeToString([]byte(list)), base64.StdEncoding.EncodeToString([]byte(good))
	for range 2 {
		do(t, g, "POST", "/json", `{"a":1}`, "Content-Type", json).want(t, 502, "lost")
		do(t, g, "GET", "/token", "", "X-Token", a64).want(t, 502, "lost")
	}
	do(t, g, "POST", "/json", `{"a":1}`, "Content-Type", json).want(t, 422, "poison")
	do(t, g, "GET", "/token", "", "X-Token", a64).want(t, 422, "poison")
	do(t, g, "POST", "/json", `{"a":2}`, "Content-Type", json).want(t, 502, "lost")
	do(t, g, "GET", "/token", "", "X-Token", b64).want(t, 502, "lost")
	// One that is not read before it goes on is not known by its body, and not refused.
	for range 3 {
		do(t, g, "POST", "/large", strings.Repeat("text ", 1<<14), "Content-Type", "text/plain").want(t, 502, "lost")
	}
}

// TestKeptConnections: a node that closes a connection between two requests may do so while
// the second is on its way, which is then no suspect. One that was answered in part is, and
// one that the node took its time for, or behind which it is gone.
func TestKeptConnections(t *testing.T) {
	t.Parallel()
	for does, suspects := range map[string]float64{"closes": 0, "begins": 1, "thinks": 1, "goes": 1} {
		l := Listen(t)
		Serve(t, l, func(c net.Conn) {
			r := bufio.NewReader(c)
			for n := 1; ; n++ {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				if n == 1 {
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					continue
				}
				switch does {
				case "begins":
					io.WriteString(c, "HTTP/1.1 200 ")
				case "thinks":
					time.Sleep(1500 * time.Millisecond)
				case "goes":
					l.Close()
				}
				return
			}
		})
		g := Start(t, conf(l.Addr().String(), "", "poison: {crashes: 1}", ""))
		do(t, g, "GET", "/", "").want(t, 200, "")
		do(t, g, "GET", "/", "").want(t, 502, "lost")
		if n := g.Sum("beamgate_suspects"); n != suspects {
			t.Errorf("it %s: %v suspects, not %v", does, n, suspects)
		}
		if does == "closes" {
			do(t, g, "GET", "/", "").want(t, 200, "")
		}
	}
}

// TestOneCrash: requests that were lost together make nobody a suspect.
func TestOneCrash(t *testing.T) {
	const together = 5
	arrived, crash := make(chan bool, together), make(chan bool)
	addr := server(t, func(c net.Conn, n int) {
		if n > together {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			return
		}
		arrived <- true
		<-crash
		c.(*net.TCPConn).SetLinger(0)
	})
	g := Start(t, conf(addr, "", "breaker: {failures: 100}", ""))
	ended := make(chan bool)
	for range together {
		go func() {
			do(t, g, "GET", "/x", "").want(t, 502, "lost")
			ended <- true
		}()
	}
	for range together {
		<-arrived
	}
	close(crash)
	for range together {
		<-ended
	}
	do(t, g, "GET", "/x", "").want(t, 200, "")
}

// TestIdempotent: what a rule names is sent again, once.
func TestIdempotent(t *testing.T) {
	addr := server(t, func(c net.Conn, n int) {
		if n%2 == 1 {
			c.(*net.TCPConn).SetLinger(0)
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	g := Start(t, conf(addr, "", "breaker: {failures: 100}", "http: {idempotent: [GET]}"))
	do(t, g, "GET", "/", "").want(t, 200, "")
	do(t, g, "POST", "/", good, "Idempotency-Key", "1").want(t, 502, "lost")
}

// TestHeld: a node that has closed a connection meanwhile costs nobody a request.
func TestHeld(t *testing.T) {
	addr := server(t, func(c net.Conn, n int) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") })
	g := Start(t, conf(addr, "", "", ""))
	for i := range 20 {
		do(t, g, "POST", fmt.Sprint("/", i), good).want(t, 200, "")
		time.Sleep(5 * time.Millisecond) // the close is on its way
	}
}

// TestNodeDown: refused while it is down, and then left alone.
func TestNodeDown(t *testing.T) {
	o := newOrigin(t, nil)
	addr := o.addr()
	o.Close()
	g := Start(t, conf(addr, "", "breaker: {failures: 3, backoff: 1h, max_backoff: 1h}", ""))
	for range 3 {
		do(t, g, "GET", "/", "").want(t, 502, "unreachable")
	}
	a := do(t, g, "GET", "/", "")
	a.want(t, 503, "open")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// TestTrace: what has no body gets none on its way.
func TestTrace(t *testing.T) {
	o := newOrigin(t, nil)
	for _, mode := range []string{"enforce", "shadow"} {
		g := Start(t, conf(o.addr(), "", "", "mode: "+mode))
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"} {
			do(t, g, method, "/", "").want(t, 200, "")
			if _, _, r := o.last(); r.Method != method || r.TransferEncoding != nil || r.ContentLength != 0 {
				t.Errorf("%s, %s: the node got %+v", mode, method, r)
			}
		}
	}
}

// TestCutAnswer: an answer that ends early is no whole one to the client.
func TestCutAnswer(t *testing.T) {
	var head string
	addr := server(t, func(c net.Conn, _ int) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"+head+"\r\n"+good)
	})
	g := Start(t, conf(addr, "", "breaker: {failures: 100}\npoison: {crashes: 100}", ""))
	do(t, g, "GET", "/", "").want(t, 502, "lost") // a term is read before anything goes on
	head = "Content-Type: text/plain\r\n\r\n"
	resp, err := client.Get("http://" + g.Addr("door"))
	if err != nil {
		return // that is clear, too
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("%q came as a whole answer", b)
	}
}

// TestSlowNode: a node that does not answer is not waited for.
func TestSlowNode(t *testing.T) {
	stop := make(chan bool)
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Type", etf)
			w.(http.Flusher).Flush()
			io.WriteString(w, good[:3])
			w.(http.Flusher).Flush()
		}
		<-stop
	})
	defer close(stop)
	g := Start(t, conf(o.addr(), "", "answer_timeout: 100ms", ""))
	do(t, g, "GET", "/", "").want(t, 504, "answer_timeout")
	do(t, g, "GET", "/half", "").want(t, 504, "answer_timeout")
}

// TestDeafNode: a node that does not take a request is not waited for either, however long
// the request is, and it has failed.
func TestDeafNode(t *testing.T) {
	t.Parallel()
	l, stop := Listen(t), make(chan bool)
	Serve(t, l, func(net.Conn) { <-stop })
	defer close(stop)
	for _, mode := range []string{"enforce", "shadow"} {
		g := Start(t, conf(l.Addr().String(), "", "answer_timeout: 300ms\nbreaker: {failures: 1, backoff: 1h, max_backoff: 1h}",
			"mode: "+mode+"\nlimits: {frame_timeout: 1h, total_timeout: 2h, bytes_per_second: 1GiB, bytes_burst: 1GiB}"))
		do(t, g, "POST", "/", strings.Repeat("text ", 10<<20), "Content-Type", "text/plain").want(t, 504, "answer_timeout")
		Eventually(t, "its place is free", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 0 })
		if mode == "enforce" {
			do(t, g, "GET", "/", "").want(t, 503, "open")
		}
	}
}

// TestLeaves: a client that goes away while its answer is still read whole is nothing that
// counts against the node.
func TestLeaves(t *testing.T) {
	stop, half := make(chan bool), make(chan bool)
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Type", etf)
			io.WriteString(w, good[:3])
			w.(http.Flusher).Flush()
			close(half)
			<-stop
		}
	})
	defer close(stop)
	g := Start(t, conf(o.addr(), "", "breaker: {failures: 1, backoff: 1h, max_backoff: 1h}", ""))
	c := g.Dial("door")
	io.WriteString(c, "GET /half HTTP/1.1\r\nHost: x\r\n\r\n")
	<-half
	time.Sleep(50 * time.Millisecond) // until the gateway has it, too
	c.Close()
	Eventually(t, "it is over", func() bool { return g.Sum("beamgate_in_flight", "what=used") == 0 })
	do(t, g, "GET", "/", "").want(t, 200, "")
	if n := g.Count("rule=upstream"); n != 0 {
		t.Errorf("%v refusals: %s", n, g.Log())
	}
}

// TestLeavesTheQueue: a client that goes away while it waits, for a place or because of its
// rate, was not refused.
func TestLeavesTheQueue(t *testing.T) {
	stop := make(chan bool)
	o := newOrigin(t, func(http.ResponseWriter, *http.Request) { <-stop })
	defer close(stop)
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	g := Start(t, conf(o.addr(), "", "max_in_flight: 1\nmax_wait: 1h", ""))
	first, second := g.Dial("door"), g.Dial("door")
	io.WriteString(first, request)
	Eventually(t, "the place is taken", func() bool { n, _, _ := o.last(); return n == 1 })
	io.WriteString(second, request)
	Eventually(t, "somebody waits", func() bool { return g.Sum("beamgate_in_flight", "what=waiting") == 1 })
	second.Close()
	Eventually(t, "it is over", func() bool { return g.Sum("beamgate_connections") == 1 })

	paced := Start(t, conf(o.addr(), "", "", "limits: {messages_per_second: 1, messages_burst: 1, max_pause: 1h}"))
	var all []*Client // of whom each waits for a second longer
	for range 10 {
		c := paced.Dial("door")
		io.WriteString(c, request)
		all = append(all, c)
	}
	Eventually(t, "the first is there", func() bool { n, _, _ := o.last(); return n > 1 })
	time.Sleep(50 * time.Millisecond) // until the others wait
	for _, c := range all {
		c.Close()
	}
	Eventually(t, "it is over, too", func() bool { return paced.Sum("beamgate_connections") == 0 })
	if n := g.Count("rule=in_flight") + paced.Count("rule=rate"); n != 0 {
		t.Errorf("%v refusals: %s%s", n, g.Log(), paced.Log())
	}
}

// TestSlowReader: a client that takes its answer more slowly than the node may come with it
// gets all of it, and the node has not failed.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("text ", 4<<20) // more than fits into buffers
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if r.URL.Path == "/long" {
			io.WriteString(w, long)
		}
	})
	var all sync.WaitGroup
	for _, mode := range []string{"enforce", "shadow"} {
		g := Start(t, conf(o.addr(), "", "answer_timeout: 2s\nbreaker: {failures: 1, backoff: 1h, max_backoff: 1h}", "mode: "+mode+"\nlimits: {write_timeout: 1m}"))
		all.Go(func() {
			resp, err := client.Get("http://" + g.Addr("door") + "/long")
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			time.Sleep(4 * time.Second)
			if b, err := io.ReadAll(resp.Body); string(b) != long || err != nil {
				t.Errorf("%s: %d bytes of %d, %v", mode, len(b), len(long), err)
			}
			do(t, g, "GET", "/", "").want(t, 200, "")
		})
	}
	all.Wait()
}

// TestSlowClients: whoever is slow holds no place of the node.
func TestSlowClients(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "max_in_flight: 1\nmax_waiting: 1", "limits: {frame_timeout: 300ms, header_timeout: 300ms, idle_timeout: 300ms}"))
	var slow []*Client
	for _, text := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n" + good[:2],
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: " + etf + "\r\n\r\n1\r\n",
		"GET / HT", "",
	} {
		c := g.Dial("door")
		io.WriteString(c, text)
		slow = append(slow, c)
	}
	do(t, g, "POST", "/", good).want(t, 200, "")
	for i, c := range slow {
		b, _ := io.ReadAll(c) // it ends
		if i < 3 && !strings.HasPrefix(string(b), "HTTP/1.1 408") {
			t.Errorf("%d: %q", i, b)
		}
	}
	if n, _, _ := o.last(); n != 1 {
		t.Errorf("the node got %d requests", n)
	}
}

// TestSlowUploads: a body that stops coming while it is sent on is the fault of its client,
// who is told so, and not of the node, whatever that has answered until then.
func TestSlowUploads(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, nil)
	o.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		switch r.URL.Path {
		case "/term":
			w.Header().Set("Content-Type", etf)
			io.WriteString(w, good[:3])
			http.NewResponseController(w).Flush()
		case "/text":
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "hello")
			http.NewResponseController(w).Flush()
		}
		io.Copy(io.Discard, r.Body)
	})
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	h2 := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.Client(""), ForceAttemptHTTP2: true}, Timeout: client.Timeout}
	defer h2.CloseIdleConnections()
	for _, mode := range []string{"enforce", "shadow"} {
		const breaker = "breaker: {failures: 1, backoff: 1h, max_backoff: 1h}"
		limits := "mode: " + mode + "\nlimits: {frame_timeout: 300ms}"
		plain := Start(t, conf(o.addr(), "", breaker, limits))
		secure := Start(t, conf(o.addr(), "", breaker, fmt.Sprintf("tls: {cert: %s, key: %s}\n", cert, key)+limits))
		for _, over := range []struct {
			g   *Gate
			c   *http.Client
			url string
		}{{plain, client, "http://" + plain.Addr("door")}, {secure, h2, "https://" + secure.Addr("door")}} {
			for _, path := range []string{"/", "/term", "/text"} {
				body, w := io.Pipe()
				go w.Write([]byte(strings.Repeat("text ", 5000)))
				r, err := http.NewRequest("POST", over.url+path, body)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "text/plain")
				before := over.g.Count("rule=deadline", "code=frame")
				resp, err := over.c.Do(r)
				if path == "/" || path == "/term" && mode == "enforce" {
					if err != nil {
						t.Fatalf("%s%s, %s: %v", over.url, path, mode, err)
					}
					if n := over.g.Count("rule=deadline", "code=frame") - before; resp.StatusCode != 408 || n != 1 {
						t.Errorf("%s%s, %s: %d, %v counted", over.url, path, mode, resp.StatusCode, n)
					}
				} else if err == nil { // it has begun, and does not come to an end
					if b, err := io.ReadAll(resp.Body); err == nil {
						t.Errorf("%s%s, %s: %q came as a whole", over.url, path, mode, b)
					}
				}
				if err == nil {
					resp.Body.Close()
				}
				w.Close()
			}
			r, _ := http.NewRequest("GET", over.url, nil)
			send(t, over.c, r).want(t, 200, "")
		}
	}
}

// TestRoomOnItsWay: who sends the beginning of a large message and no more has no room for
// the rest of it but that of the own share.
func TestRoomOnItsWay(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			(&chat{}).ServeHTTP(w, r)
		}
	})
	large, eight := string(term.Message(term.Bin(strings.Repeat("x", 1_000_000)))), string(term.Message(term.Bin(strings.Repeat("x", 8<<10))))
	for _, kind := range []string{"chunked", "known", "socket"} {
		g := Start(t, conf(o.addr(), "", "max_bytes_in_flight: 16MiB", // of which 8 are for what is here
			"limits: {frame_timeout: 1h, bytes_per_second: 1GiB, bytes_burst: 1GiB}\nhttp: {websocket: {allow: true}, client: {name: X-Real-IP, from: [127.0.0.0/8]}}"))
		var slow []io.Closer
		for range 10 {
			switch kind {
			case "chunked":
				c := g.Dial("door")
				slow = append(slow, c)
				fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nX-Real-IP: 10.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1400\r\n%s\r\n", large[:0x1400])
			case "known":
				c := g.Dial("door")
				slow = append(slow, c)
				fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nX-Real-IP: 10.0.0.1\r\nContent-Length: %d\r\n\r\n%s", len(large), large[:0x1400])
			case "socket":
				c, _, err := open(t, g, "/", "X-Real-IP", "10.0.0.1")
				if err != nil {
					t.Fatal(err)
				}
				w, err := c.Writer(t.Context(), websocket.MessageBinary)
				if err != nil {
					t.Fatal(err)
				}
				slow = append(slow, closer{c})
				io.WriteString(w, large[:0x4000]) // some of which stays in a buffer
			}
		}
		time.Sleep(100 * time.Millisecond) // until what was sent is there
		for from, bodies := range map[string][]string{"10.0.0.1": {eight}, "10.0.0.2": {eight, large}} {
			c, _, err := open(t, g, "/", "X-Real-IP", from)
			if err != nil {
				t.Fatal(err)
			}
			for _, body := range bodies {
				do(t, g, "POST", "/", body, "X-Real-IP", from).want(t, 200, "")
				if from == "10.0.0.1" {
					continue // of a WebSocket nobody knows the length
				}
				if got, code := talk(t, c, websocket.MessageBinary, body); got != body {
					t.Errorf("%s, of %d bytes: %.20q, %v", kind, len(body), got, code)
				}
			}
			c.CloseNow()
		}
		Eventually(t, "what is on its way holds no room of what is here", func() bool { return g.Sum("beamgate_held_bytes") == 0 })
		for _, c := range slow {
			c.Close()
		}
	}
}

type closer struct{ *websocket.Conn }

// Close implements io.Closer.
func (c closer) Close() error { return c.CloseNow() }

// TestLimits: a place, a rate.
func TestLimits(t *testing.T) {
	stop := make(chan bool)
	o := newOrigin(t, func(http.ResponseWriter, *http.Request) { <-stop })
	g := Start(t, conf(o.addr(), "max_new: 10", "max_in_flight: 1\nmax_waiting: 1\nmax_wait: 10ms", ""))
	ended := make(chan bool)
	go func() {
		do(t, g, "GET", "/", "").want(t, 200, "")
		close(ended)
	}()
	Eventually(t, "the place is taken", func() bool { n, _, _ := o.last(); return n == 1 })
	a := do(t, g, "POST", "/", atoms(0, 3))
	a.want(t, 503, "timeout")
	if s := g.Ledger("web").Stats(); s.Committed != 0 || a.header.Get("Retry-After") == "" {
		t.Errorf("%+v, %v", s, a.header)
	}
	close(stop)
	<-ended

	g = Start(t, conf(o.addr(), "", "", "limits: {messages_per_second: 1, messages_burst: 2, max_pause: 1ms}"))
	for i := range 3 {
		a = do(t, g, "GET", "/", "")
		if want := []int{200, 200, 429}[i]; a.status != want {
			t.Errorf("%d: %d", i, a.status)
		}
	}
	if a.code != "rate" || a.header.Get("Retry-After") == "" {
		t.Errorf("%+v", a)
	}
}

// TestByteRate: bytes count whether their number is told before or not, and beyond a
// burst, too.
func TestByteRate(t *testing.T) {
	o := newOrigin(t, nil)
	const limits = "limits: {bytes_per_second: 1000, bytes_burst: 2MiB, max_pause: 1ms}\n"
	text, half := strings.Repeat("text ", 1<<19), strings.Repeat("text ", 1<<18)
	large := string(term.Message(term.Bin(strings.Repeat("x", 1<<19-100)))) // four of them are less than a burst
	for name, c := range map[string]struct {
		more    string
		bodies  []string
		known   bool
		refused int // which of them is
	}{
		"known":            {bodies: []string{half, half}, known: true, refused: 1},
		"known, long":      {bodies: []string{text}, known: true, refused: 0},
		"unknown":          {bodies: []string{half, half}, refused: 1},
		"unknown, long":    {bodies: []string{text}, refused: 0},
		"unknown, of term": {bodies: []string{large, large, large, large, large}, refused: 4},
		"unknown, kept":    {more: "http: {extract: [{in: json, name: a}]}", bodies: []string{`{"b":"` + half[:1<<19] + `"}`, half, half}, refused: 2},
		"only noted":       {more: "rules: {rate: shadow}", bodies: []string{text, text}, refused: -1},
	} {
		g := Start(t, conf(o.addr(), "", "", limits+c.more))
		for i, body := range c.bodies {
			r, _ := http.NewRequest("POST", "http://"+g.Addr("door")+"/", io.NopCloser(strings.NewReader(body)))
			if c.known {
				r.ContentLength = int64(len(body))
			}
			if c.more != "" && body[0] == '{' {
				r.Header.Set("Content-Type", "application/json")
			}
			a := send(t, client, r)
			if c.refused != i {
				a.want(t, 200, "")
			} else if a.want(t, 429, "rate"); a.header.Get("Retry-After") == "" {
				t.Errorf("%s: %v", name, a.header)
			}
		}
		if n := g.Count("mode=shadow", "rule=rate"); c.refused < 0 && n != 2 {
			t.Errorf("%s: counted %v times", name, n)
		}
	}
}

// TestDrain: what is under way is answered, and then the connection ends.
func TestDrain(t *testing.T) {
	began, stop := make(chan bool), make(chan bool)
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-stop
		io.WriteString(w, "done")
	})
	g := Start(t, conf(o.addr(), "", "", ""))
	idle := g.Dial("door")
	time.Sleep(10 * time.Millisecond)
	c := g.Dial("door")
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-began
	ended := make(chan bool)
	go func() { g.Close(); close(ended) }()
	close(stop)
	b, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(b), "HTTP/1.1 200") || !strings.HasSuffix(string(b), "done") {
		t.Errorf("%q", b)
	}
	<-ended
	if _, err := io.ReadAll(idle); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
}

// TestTargets: a target that is neither a path nor a URL with a host goes nowhere.
// Behind its scheme there may be one that the node reads.
func TestTargets(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", tokens))
	since := "?since=1-" + base64.StdEncoding.EncodeToString([]byte(export))
	for _, target := range []string{"x:http://a/db/y", "http:http://a/db/y", "x:y"} {
		got := raw(t, g, "GET "+target+since+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if !isProblem(got, 421, "target") {
			t.Errorf("%s: %q", target, got)
		}
	}
	if n, _, r := o.last(); n != 0 {
		t.Errorf("the node got %s", r.RequestURI)
	}
	got := raw(t, g, "GET http://a/db/y"+since+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if !strings.Contains(got, "rejected_export") {
		t.Errorf("%q", got)
	}
}
