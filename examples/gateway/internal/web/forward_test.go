package web_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
)

// site is a server with a certificate, and a CA for it and for the gateway.
type site struct {
	ca   *CA
	addr string // localhost:port
	got  chan string
}

func newSite(t *testing.T, answer http.HandlerFunc) *site {
	t.Helper()
	s := &site{ca: NewCA(t), got: make(chan string, 100)}
	cert, key := s.ca.Files("localhost")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.got <- r.Method + " " + r.Host + r.URL.RequestURI()
		answer(w, r)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	s.addr = "localhost:" + port
	return s
}

// forwardConf is a forward proxy that leads to hosts.
func forwardConf(ca, caKey, roots, hosts, private, more string) string {
	return fmt.Sprintf(`version: 1
ledgers:
  - {name: web}
  - {name: builders, max_new: 3, names: [ok]}
upstreams:
  - {name: internet, ledger: web, tls: {ca: %s}, breaker: {failures: 1000}}
listeners:
  - name: door
    listen: 127.0.0.1:0
    protocol: forward
    upstream: internet
    profile: hex
    answers: {ledger: builders}
    to:
      hosts: [%s]
      private: [%s]
      ca: {cert: %s, key: %s}
    %s
`, roots, hosts, private, ca, caKey, Indent(more, 4))
}

// through is a client behind the gateway. It trusts the CA.
func through(t *testing.T, g *Gate, ca *CA, h2 bool) *http.Client {
	c := ca.Client("")
	c.ServerName = ""
	tr := &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: g.Addr("door")}), TLSClientConfig: c,
		ForceAttemptHTTP2: h2, DisableCompression: true,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// TestForward: answers of a listed host are checked, which is where an attack on a
// client comes from.
func TestForward(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.hex+erlang")
		b, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/export":
			b = []byte(export)
		case "/names":
			b = []byte(atoms(int(r.ContentLength), 2))
		case "/text":
			w.Header().Set("Content-Type", "text/plain")
			b = []byte("hello")
		case "/good":
			b = []byte(list)
		}
		w.Write(b)
	})
	signer := NewCA(t)
	g := Start(t, forwardConf(signer.Path(), signer.KeyPath(), s.ca.Path(), "https://"+s.addr, "127.0.0.0/8, '::1/128'", ""))
	for _, h2 := range []bool{false, true} {
		c := through(t, g, signer, h2)
		ask := func(path, body string) answer {
			r, _ := http.NewRequest("POST", "https://"+s.addr+path, strings.NewReader(body))
			return send(t, c, r)
		}
		if a := ask("/good", ""); a.status != 200 || a.body != list {
			t.Errorf("%+v", a)
		}
		if a := ask("/text", ""); a.body != "hello" {
			t.Errorf("%+v", a)
		}
		ask("/export", "").want(t, 502, "rejected_export")
		ask("/", export).want(t, 422, "rejected_export")
		if !h2 {
			ask("/names", "").want(t, 200, "")
			ask("/names", "aaaaa").want(t, 502, "limit_atom_budget") // the third and fourth
		}
	}
	if n := g.Ledger("builders").Stats().Committed; n != 2 {
		t.Errorf("%d names of builders are spent, not 2", n)
	}
	if got := <-s.got; got != "POST "+s.addr+"/good" {
		t.Errorf("the site got %s", got)
	}
}

// TestForwardRefuses: there is no way to anywhere else.
func TestForwardRefuses(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	plain := newOrigin(t, nil)
	signer := NewCA(t)
	_, port, _ := net.SplitHostPort(s.addr)
	hosts := fmt.Sprintf("https://%s, http://%s", s.addr, plain.addr())
	g := Start(t, forwardConf(signer.Path(), signer.KeyPath(), s.ca.Path(), hosts, "127.0.0.0/8, '::1/128'", ""))
	first := func(text string) string {
		c := g.Dial("door")
		defer c.Close()
		io.WriteString(c, text)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Error(err)
		}
		return line
	}
	for text, want := range map[string]string{
		"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n\r\n":                      "403",
		"CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\nHost: x\r\n\r\n":                                         "403",
		"CONNECT localhost HTTP/1.1\r\nHost: localhost\r\n\r\n":                                              "403",
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n":                                                          "421",
		"GET http://elsewhere.example/ HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n":                          "403",
		"GET https://" + s.addr + "/ HTTP/1.1\r\nHost: x\r\n\r\n":                                            "421",
		"POST http://" + plain.addr() + "/x HTTP/1.1\r\nHost: elsewhere\r\nContent-Length: 9\r\n\r\n" + good: "200",
	} {
		if got := first(text); !strings.HasPrefix(got, "HTTP/1.1 "+want) {
			t.Errorf("%.60q: %q, want %s", text, got, want)
		}
	}
	if n, _, r := plain.last(); n != 1 || r.Host != plain.addr() || r.Header.Get("X-Forwarded-For") != "" {
		t.Errorf("%d requests, the last %+v", n, r)
	}

	// Within a CONNECT, no other host is meant.
	c := through(t, g, signer, false)
	r, _ := http.NewRequest("GET", "https://"+s.addr, nil)
	r.Host = "elsewhere.example"
	send(t, c, r).want(t, 421, "target")
	c.Transport.(*http.Transport).TLSClientConfig.ServerName = "elsewhere.example"
	c.Transport.(*http.Transport).CloseIdleConnections()
	if resp, err := c.Get("https://" + s.addr); err == nil {
		resp.Body.Close()
		t.Error("a handshake for another host")
	}

	// A certificate that leads nowhere, and an address of the own network.
	for roots, private := range map[string]string{signer.Path(): "127.0.0.0/8, '::1/128'", s.ca.Path(): "10.0.0.0/8"} {
		g = Start(t, forwardConf(signer.Path(), signer.KeyPath(), roots, "https://"+s.addr, private, ""))
		r, _ := http.NewRequest("GET", "https://"+s.addr, nil)
		send(t, through(t, g, signer, false), r).want(t, 502, "unreachable")
	}
	if n := len(s.got); n != 0 {
		t.Errorf("the site got %d requests", n)
	}
}

// TestForwardBreaker: a host that is down, or does not answer, does not come between
// clients and the other hosts. Where it is the only one it is left alone.
func TestForwardBreaker(t *testing.T) {
	stop := make(chan bool)
	o := newOrigin(t, nil)
	deaf := newOrigin(t, func(http.ResponseWriter, *http.Request) { <-stop })
	defer close(stop)
	dead := Free(t)
	text := fmt.Sprintf(`version: 1
ledgers: [{name: web}]
upstreams: [{name: internet, ledger: web, answer_timeout: 200ms, breaker: {failures: 1, backoff: 1h, max_backoff: 1h}}]
listeners:
  - name: door
    listen: 127.0.0.1:0
    protocol: forward
    upstream: internet
    profile: hex
    to: {hosts: ['http://%s', 'http://%s', 'http://%s'], private: [127.0.0.0/8]}
`, dead, deaf.addr(), o.addr())
	ask := func(g *Gate, addr, want string) {
		t.Helper()
		if got := raw(t, g, "GET http://"+addr+"/ HTTP/1.1\r\nHost: "+addr+"\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 "+want) {
			t.Errorf("%s: %q, want %s", addr, got, want)
		}
	}
	g := Start(t, text)
	for range 2 {
		ask(g, dead, "502")
		ask(g, deaf.addr(), "504")
		ask(g, o.addr(), "200")
	}
	g = Start(t, strings.ReplaceAll(text, fmt.Sprintf(", 'http://%s', 'http://%s'", deaf.addr(), o.addr()), ""))
	ask(g, dead, "502")
	ask(g, dead, "503")
}

// TestOneCertificate: there is one certificate for a host, however clients spell it, or
// they could have as many made and kept as there are spellings.
func TestOneCertificate(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {})
	signer := NewCA(t)
	g := Start(t, forwardConf(signer.Path(), signer.KeyPath(), s.ca.Path(), "https://"+s.addr, "127.0.0.0/8, '::1/128'", ""))
	serials := map[string]bool{}
	for _, host := range []string{"localhost", "LOCALHOST", "lOcAlHoSt"} {
		c := g.Dial("door")
		io.WriteString(c, "CONNECT "+strings.Replace(s.addr, "localhost", host, 1)+" HTTP/1.1\r\nHost: x\r\n\r\n")
		head := make([]byte, len("HTTP/1.1 200 Connection established\r\n\r\n"))
		if _, err := io.ReadFull(c, head); err != nil || !strings.HasPrefix(string(head), "HTTP/1.1 200") {
			t.Fatalf("%s: %q, %v", host, head, err)
		}
		config := signer.Client("")
		config.ServerName = host
		inner := tls.Client(c, config)
		if err := inner.Handshake(); err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		serials[inner.ConnectionState().PeerCertificates[0].SerialNumber.String()] = true
		inner.Close()
	}
	if len(serials) != 1 {
		t.Errorf("%d certificates", len(serials))
	}
}

// TestReverseHasNoForward: a reverse proxy leads to its node, whatever is asked.
func TestReverseHasNoForward(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	if got := raw(t, g, "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 405") {
		t.Errorf("%q", got)
	}
	if got := raw(t, g, "GET http://elsewhere.example/a HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("%q", got)
	}
	if n, _, r := o.last(); n != 1 || r.URL.RequestURI() != "/a" || r.Host != "elsewhere.example" {
		t.Errorf("%d, %+v", n, r)
	}
}
