package gate_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// secure connects with TLS.
func secure(t *testing.T, g *Gate, c *tls.Config) (*Client, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", g.Addr("door"), c)
	if err != nil {
		return nil, err
	}
	return NewClient(t, conn), nil
}

// TestMutualTLS: who a client is decides what it may call; without a certificate
// nobody comes in.
func TestMutualTLS(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	node := NewNode(t, calc)
	g := Start(t, conf(node, "", "", fmt.Sprintf(`protocol: bert
tls: {cert: %s, key: %s, client_ca: %s}
bert: {allow: [{clients: [billing], functions: ['calc:add/2']}]}`, cert, key, ca.Path())))
	add := call("call", "calc", "add", term.Int(1), term.Int(7))
	c, err := secure(t, g, ca.Client("billing"))
	if err != nil {
		t.Fatal(err)
	}
	c.Send(add)
	c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(7))))
	if c, err = secure(t, g, ca.Client("shop")); err != nil {
		t.Fatal(err)
	}
	c.Send(add)
	if kind, code, _ := refusal(t, c); kind != "server" || code != 2 {
		t.Error(kind, code)
	}
	for name, config := range map[string]*tls.Config{"none": ca.Client(""), "of another CA": stranger(t, ca)} {
		if c, err := secure(t, g, config); err == nil {
			if _, err = c.Receive(); err == nil {
				t.Errorf("certificate %s: came in", name)
			}
		}
	}
}

func stranger(t *testing.T, ca *CA) *tls.Config {
	c := ca.Client("")
	c.Certificates = NewCA(t).Client("billing").Certificates
	return c
}

// TestCertificateIsReadAgain: a new certificate is used without a reload.
func TestCertificateIsReadAgain(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	g := Start(t, conf(NewNode(t, nil), "", "", fmt.Sprintf("tls: {cert: %s, key: %s}", cert, key)))
	serial := func() string {
		conn, err := tls.Dial("tcp", g.Addr("door"), ca.Client(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	before := serial()
	ca.Files("localhost")
	later := time.Now().Add(time.Minute)
	os.Chtimes(cert, later, later)
	Eventually(t, "the new certificate is used", func() bool { return serial() != before })
	now := serial()
	WriteFile(t, cert, "no certificate")
	later = later.Add(time.Minute)
	os.Chtimes(cert, later, later)
	Eventually(t, "the failure is logged", func() bool { serial(); return strings.Contains(g.Log(), `"msg":"tls"`) })
	if serial() != now {
		t.Error("a broken file has replaced a good one")
	}
}

// TestUpstreamTLS: toward the node, whose certificate is checked.
func TestUpstreamTLS(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("node.internal")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	Serve(t, l, echo)
	node := &Node{Addr: l.Addr().String()}
	for name, ok := range map[string]bool{"node.internal": true, "other.internal": false} {
		g := Start(t, conf(node, "", fmt.Sprintf("tls: {ca: %s, server_name: %s}", ca.Path(), name), "answers: {expect: one}"))
		c := g.Dial("door")
		c.Send(good)
		if ok {
			c.Want(good)
		} else {
			c.Reset()
		}
	}
}

// TestPROXY: the header of a trusted source is required and believed, that of
// anybody else is a broken frame.
func TestPROXY(t *testing.T) {
	node := NewNode(t, calc)
	add := call("call", "calc", "add", term.Int(1), term.Int(7))
	allow := "protocol: bert\nbert: {allow: [{clients: [10.1.0.0/16], functions: ['calc:add/2']}]}\nlimits: {header_timeout: 100ms}\n"
	g := Start(t, conf(node, "", "", allow+"proxy_protocol: [127.0.0.0/8]"))
	header := func(from string) string { return "PROXY TCP4 " + from + " 127.0.0.1 5000 4000\r\n" }
	c := g.Dial("door")
	fmt.Fprint(c, header("10.1.2.3"))
	c.Send(add)
	c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(7))))
	c = g.Dial("door")
	fmt.Fprint(c, header("10.9.2.3"))
	c.Send(add)
	if kind, _, _ := refusal(t, c); kind != "server" {
		t.Error(kind)
	}
	c = g.Dial("door")
	c.Send(add) // without a header
	c.Reset()
	g.Dial("door").Reset() // and none in time
	if log := g.Log(); strings.Count(log, `"level":"WARN","msg":"connection","listener":"door","from":"127.0.0.1","err":"listen: no PROXY header`) != 1 {
		t.Errorf("the log does not tell, once: %s", log)
	}

	g = Start(t, conf(node, "", "", allow+"proxy_protocol: [10.0.0.0/8]"))
	c = g.Dial("door")
	fmt.Fprint(c, header("10.1.2.3"))
	if b, err := c.Receive(); err == nil && strings.Contains(string(b), "reply") {
		t.Error("a header of anybody is believed")
	}
}

// TestHandshakeIsLimited: connections that never shake hands are counted and end, those
// behind a proxy too.
func TestHandshakeIsLimited(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	for header, proxy := range map[string]string{"": "", "PROXY TCP4 10.1.2.3 127.0.0.1 5000 4000\r\n": "proxy_protocol: [127.0.0.0/8]"} {
		g := Start(t, conf(NewNode(t, nil), "", "", fmt.Sprintf("tls: {cert: %s, key: %s}\nlimits: {header_timeout: 500ms, max_connections_per_client: 3}\n%s", cert, key, proxy)))
		var open []*Client
		for range 3 {
			c := g.Dial("door")
			fmt.Fprint(c, header)
			open = append(open, c)
		}
		for _, c := range open {
			if _, err := c.Receive(); err == nil || err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%q: %v instead of a reset", header, err)
			}
		}
		conn, err := net.Dial("tcp", g.Addr("door"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, header)
		c := NewClient(t, tls.Client(conn, ca.Client("")))
		c.Send(good)
		c.Want(good)
	}
}

// TestHandshakesBehindAProxy: they are counted by the client that the header names, and
// leave room for others.
func TestHandshakesBehindAProxy(t *testing.T) {
	ca := NewCA(t)
	cert, key := ca.Files("localhost")
	g := Start(t, conf(NewNode(t, nil), "", "", fmt.Sprintf(`tls: {cert: %s, key: %s}
proxy_protocol: [127.0.0.0/8]
limits: {header_timeout: 1h, idle_timeout: 1h, total_timeout: 1h, max_connections: 3, max_connections_per_client: 2}`, cert, key)))
	from := func(addr string) net.Conn {
		conn, err := net.Dial("tcp", g.Addr("door"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "PROXY TCP4 %s 127.0.0.1 5000 4000\r\n", addr)
		return conn
	}
	for range 3 { // none of them ever shakes hands
		from("10.1.2.3")
	}
	Eventually(t, "one of three is too many", func() bool { return g.Count("rule=connections") == 1 })
	if log := g.Log(); !strings.Contains(log, `"client":"10.1.2.3"`) {
		t.Errorf("the log does not tell of whom: %s", log)
	}
	c := NewClient(t, tls.Client(from("10.9.9.9"), ca.Client("")))
	c.Send(good)
	c.Want(good)
}
