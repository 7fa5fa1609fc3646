package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// origin is a server that only pretends to be a node.
type origin struct {
	*httptest.Server
	mu   sync.Mutex
	got  []string // bodies
	reqs []*http.Request
}

// newOrigin starts a server that echoes bodies, unless answer has something else.
func newOrigin(t *testing.T, answer http.HandlerFunc) *origin {
	t.Helper()
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		o.got = append(o.got, string(b))
		o.reqs = append(o.reqs, r)
		o.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.Write(b)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) addr() string { return strings.TrimPrefix(o.URL, "http://") }

// last returns the last request, and how many there were.
func (o *origin) last() (n int, body string, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n = len(o.got); n == 0 {
		return 0, "", nil
	}
	return n, o.got[n-1], o.reqs[n-1]
}

// conf is a configuration of one listener in front of addr.
func conf(addr, ledger, upstream, listener string) string {
	return fmt.Sprintf(`version: 1
global: {drain: 5s}
ledgers:
  - name: web
    names: [ok, error, a, b, row]
    %s
upstreams:
  - name: node
    address: %s
    ledger: web
    %s
listeners:
  - name: door
    listen: 127.0.0.1:0
    protocol: http
    upstream: node
    %s
`, Indent(ledger, 4), addr, Indent(upstream, 4), Indent(listener, 4))
}

var (
	good   = string(term.Message(term.Tuple(term.Atom("ok"), term.Int(1))))
	export = string(term.Message(append(term.T{113}, append(append(term.Atom("ok"), term.Atom("ok")...), term.Int(0)...)...)))
	// list is [1,2] as no node would write it, and canonical what one would.
	list      = string([]byte{131, 108, 0, 0, 0, 2, 98, 0, 0, 0, 1, 97, 2, 106})
	canonical = string([]byte{131, 107, 0, 2, 1, 2})
)

func atoms(from, n int) string {
	var list []term.T
	for i := range n {
		list = append(list, term.Atom(fmt.Sprintf("new_%d", from+i)))
	}
	return string(term.Message(term.List(list...)))
}

type answer struct {
	status int
	body   string
	header http.Header
	code   string // of a problem
}

var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       20 * time.Second,
}

// do sends a request; names and values of its header follow the body.
func do(t *testing.T, g *Gate, method, path, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+g.Addr("door")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return send(t, client, r)
}

func send(t *testing.T, c *http.Client, r *http.Request) (a answer) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a = answer{status: resp.StatusCode, body: string(b), header: resp.Header}
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/problem") {
		var p struct{ Code string }
		if err := json.Unmarshal(b, &p); err != nil && len(b) > 0 {
			t.Errorf("a problem that is no JSON: %q", b)
		}
		a.code = p.Code
	}
	return a
}

func (a answer) want(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status || a.code != code {
		t.Errorf("%d %s (%q), want %d %s", a.status, a.code, a.body, status, code)
	}
}

const etf = "application/x-erlang-binary"

// TestReverse: what is good passes, and what is not never gets to the node.
func TestReverse(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "max_new: 3", "", ""))
	for name, c := range map[string]struct {
		body, kind string
		status     int
		code       string
		got        string
	}{
		"term":            {good, etf, 200, "", good},
		"canonical":       {list, etf, 200, "", canonical},
		"lies about type": {list, "text/plain", 200, "", canonical},
		"JSON":            {`{"a":1}`, "application/json", 200, "", `{"a":1}`},
		"no body":         {"", "", 200, "", ""},
		"large text":      {strings.Repeat("text ", 1<<19), "text/plain", 200, "", strings.Repeat("text ", 1<<19)},
		"export":          {export, etf, 422, "rejected_export", ""},
		"hidden export":   {export, "image/png", 422, "rejected_export", ""},
		"behind the term": {good + "x", etf, 422, "trailing", ""},
		"no term":         {"{}", etf, 422, "version", ""},
		"empty term":      {"", etf, 422, "truncated", ""},
		"too large":       {string(term.Message(term.Bin(strings.Repeat("x", 1<<20)))), etf, 413, "limit_bytes", ""},
		"many names":      {atoms(0, 4), etf, 422, "limit_atom_budget", ""},
		"multipart":       {"--x--", "multipart/form-data; boundary=x", 415, "multipart", ""},
		"gRPC":            {"\x00", "application/grpc+erlpack", 415, "grpc", ""},
		"broken type":     {"x", "text/plain; charset", 400, "content_type", ""},
	} {
		before, _, _ := o.last()
		var header []string
		if c.kind != "" {
			header = []string{"Content-Type", c.kind}
		}
		a := do(t, g, "POST", "/p?q=1", c.body, header...)
		a.want(t, c.status, c.code)
		n, got, r := o.last()
		if (n == before+1) != (c.status == 200) || c.status == 200 && (got != c.got || r.URL.RequestURI() != "/p?q=1") {
			t.Errorf("%s: the node got %.40q (%d requests)", name, got, n-before)
		}
	}
	if s := g.Ledger("web").Stats(); s.Committed != 0 || s.Reserved != 0 {
		t.Errorf("refused requests have spent names: %+v", s)
	}
	do(t, g, "POST", "/", atoms(0, 3), "Content-Type", etf).want(t, 200, "")
	do(t, g, "POST", "/", atoms(3, 1), "Content-Type", etf).want(t, 422, "limit_atom_budget")
	do(t, g, "POST", "/", atoms(0, 3), "Content-Type", etf).want(t, 200, "")
	if g.Count("rule=term", "code=rejected_export") != 2 || g.Count("rule=verb", "code=multipart") != 1 || g.Count("rule=atoms") != 2 {
		t.Error("verdicts are not counted as they should")
	}
}

// TestH2: the same over TLS, where many requests share a connection.
func TestH2(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "max_new: 50\nper_message: 1", "", fmt.Sprintf("tls: {cert: %s, key: %s}", cert, key)))
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.Client(""), ForceAttemptHTTP2: true}}
	defer c.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			body, want := atoms(i, 1), 200
			if i%4 == 0 {
				body, want = export, 422
			}
			r, _ := http.NewRequest("POST", "https://"+g.Addr("door"), strings.NewReader(body))
			resp, err := c.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.ProtoMajor != 2 || resp.StatusCode != want || want == 200 && string(b) != body {
				t.Errorf("%s %d %q", resp.Proto, resp.StatusCode, b)
			}
		})
	}
	all.Wait()
	if n := g.Ledger("web").Stats().Committed; n != 30 {
		t.Errorf("%d names, want 30", n)
	}
	if _, _, r := o.last(); r.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("%v", r.Header)
	}
}

// TestDeafStream: a client of h2 that leaves no room for answers is not waited for,
// whoever answers.
func TestDeafStream(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	text := conf(o.addr(), "", "", fmt.Sprintf("tls: {cert: %s, key: %s}\nlimits: {write_timeout: 300ms}", cert, key))
	g := Start(t, text)
	config := ca.Client("")
	config.NextProtos = []string{"h2"}
	c, err := tls.Dial("tcp", g.Addr("door"), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	// SETTINGS with INITIAL_WINDOW_SIZE 0.
	io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00")
	// reset waits for RST_STREAM, after a request that ends the stream.
	reset := func(stream byte) {
		t.Helper()
		io.WriteString(c, "\x00\x00\x06\x01\x05\x00\x00\x00"+string(stream)+"\x82\x84\x87\x41\x01x") // GET / of https, :authority x
		for {
			var head [9]byte
			if _, err := io.ReadFull(c, head[:]); err != nil {
				t.Fatalf("stream %d: %v", stream, err)
			}
			io.CopyN(io.Discard, c, int64(head[1])<<8|int64(head[2]))
			if head[3] == 3 && head[8] == stream {
				return
			}
		}
	}
	reset(1) // the node answers
	if err := g.Load(strings.Replace(text, "protocol: http", "protocol: frames", 1)); err != nil {
		t.Fatal(err)
	}
	reset(3) // the gateway does: there is no HTTP here any more
}

// TestLongAnswers: frame_timeout is for what a client sends. An answer may come later, or
// take longer, whether the request has a body or not.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/part" {
			io.WriteString(w, "begun ")
			w.(http.Flusher).Flush()
		}
		time.Sleep(1500 * time.Millisecond)
		io.WriteString(w, "done")
	})
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	var all sync.WaitGroup
	ask := func(c *http.Client, url, want string) {
		for method, body := range map[string]io.Reader{"GET": nil, "POST": strings.NewReader("text"), "PUT": io.NopCloser(strings.NewReader("text"))} {
			r, err := http.NewRequest(method, url, body)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				resp, err := c.Do(r)
				if err != nil {
					t.Errorf("%s %s: %v", method, url, err)
					return
				}
				defer resp.Body.Close()
				if b, err := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(b) != want || err != nil {
					t.Errorf("%s %s: %d %q, %v", method, url, resp.StatusCode, b, err)
				}
			})
		}
	}
	for _, mode := range []string{"enforce", "shadow"} {
		plain := Start(t, conf(o.addr(), "", "", "mode: "+mode+"\nlimits: {frame_timeout: 1s}"))
		secure := Start(t, conf(o.addr(), "", "", fmt.Sprintf("tls: {cert: %s, key: %s}\nmode: %s\nlimits: {frame_timeout: 1s}", cert, key, mode)))
		h2 := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.Client(""), ForceAttemptHTTP2: true}}
		defer h2.CloseIdleConnections()
		for path, want := range map[string]string{"/": "done", "/part": "begun done"} {
			ask(client, "http://"+plain.Addr("door")+path, want)
			ask(h2, "https://"+secure.Addr("door")+path, want)
		}
	}
	all.Wait()
}

// TestEvents: write_timeout is for what is being written. What the node says after a longer
// pause still comes.
func TestEvents(t *testing.T) {
	t.Parallel()
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			if i > 0 {
				time.Sleep(1500 * time.Millisecond)
			}
			io.WriteString(w, "data: x\n\n")
			w.(http.Flusher).Flush()
		}
	})
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	const limits = "limits: {write_timeout: 1s}"
	plain := Start(t, conf(o.addr(), "", "", limits))
	secure := Start(t, conf(o.addr(), "", "", fmt.Sprintf("tls: {cert: %s, key: %s}\n", cert, key)+limits))
	h2 := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.Client(""), ForceAttemptHTTP2: true}}
	defer h2.CloseIdleConnections()
	var all sync.WaitGroup
	for url, c := range map[string]*http.Client{"http://" + plain.Addr("door"): client, "https://" + secure.Addr("door"): h2} {
		all.Go(func() {
			resp, err := c.Get(url)
			if err != nil {
				t.Errorf("%s: %v", url, err)
				return
			}
			defer resp.Body.Close()
			if b, err := io.ReadAll(resp.Body); string(b) != strings.Repeat("data: x\n\n", 3) || err != nil {
				t.Errorf("%s: %q, %v", resp.Proto, b, err)
			}
		})
	}
	all.Wait()
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}
