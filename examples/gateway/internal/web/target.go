package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// forwards makes ready what a forward proxy needs: the hosts where clients may go.
func (w *Rules) forwards(u *upstream.Upstream) error {
	private, err := prefixes(w.c.To.Private)
	if err != nil {
		return err
	}
	judge := func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil || !public(a.Addr(), private) {
			return errPrivate
		}
		return nil
	}
	w.hosts = map[string]*nodes{}
	for _, h := range w.c.To.Hosts {
		to, err := url.Parse(h)
		if err != nil {
			return err
		}
		host, port := to.Hostname(), portOf(to)
		secure := to.Scheme == "https"
		w.hosts[to.Scheme+"://"+strings.ToLower(net.JoinHostPort(host, port))] = w.nodesOf(u, func(ctx context.Context) (*upstream.Conn, error) {
			return u.DialTo(ctx, host, port, secure, judge)
		})
	}
	if w.c.To.CA != nil {
		w.mint, err = newMint(w.c.To.CA.Cert, w.c.To.CA.Key)
	}
	return err
}

var errPrivate = errors.New("web: an address of a private network")

// special are networks of IANA's registries of special-purpose addresses that are not
// reachable from everywhere, or in which an address stands for another one. Those of IPv6
// that are not here are outside of global.
var special = parsed(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// global has all addresses of IPv6 that are given to hosts of the open network.
var global = netip.MustParsePrefix("2000::/3")

func parsed(all ...string) (list []netip.Prefix) {
	for _, p := range all {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// public reports whether an address is one that a host may have: of the open
// network, or listed.
func public(a netip.Addr, listed []netip.Prefix) bool {
	a = a.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	if slices.ContainsFunc(listed, within) {
		return true
	}
	return (a.Is4() || global.Contains(a)) && !slices.ContainsFunc(special, within)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// target settles where a request of a forward proxy goes: to the host of the
// CONNECT that it came through, or to the one that it names.
func (x *exchange) target() *door.Refusal {
	origin, host := x.at.origin, strings.ToLower(x.r.Host)
	if origin == "" {
		if x.r.URL.Host == "" || x.r.URL.Scheme != "http" {
			return x.must("target")
		}
		origin = "http://" + strings.ToLower(net.JoinHostPort(x.r.URL.Hostname(), portOf(x.r.URL)))
	} else if name, port, _ := net.SplitHostPort(strings.TrimPrefix(origin, "https://")); host != net.JoinHostPort(name, port) && (host != bracket(name) || port != "443") {
		return x.must("target") // what is inside names another host
	}
	if x.nodes = x.web.hosts[origin]; x.nodes == nil {
		return x.must("host")
	}
	x.to = &url.URL{Scheme: "http", Host: strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://")}
	return nil
}

func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// must is a refusal that no mode softens: there is nowhere to go.
func (x *exchange) must(code string) *door.Refusal { return x.pass.Denied(door.Verb, code, nil) }

// connect serves CONNECT: for a listed host, by being that host.
func (x *exchange) connect() {
	host, port, err := net.SplitHostPort(strings.ToLower(x.r.Host)) // there is one certificate for it
	origin := "https://" + net.JoinHostPort(host, port)
	switch {
	case x.web.hosts == nil || x.at.origin != "" || x.handler.conn == nil:
		x.refuse(x.must("method"))
		return
	case err != nil || x.web.hosts[origin] == nil:
		x.refuse(x.must("host"))
		return
	}
	conn, buffered, err := x.control.Hijack()
	if err != nil {
		return
	}
	x.handler.conn.Raw()
	defer conn.Close()
	limits := x.pass.Door().Config.Limits
	conn.SetDeadline(time.Now().Add(limits.Header.Duration))
	fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	inner := tls.Server(&resumed{Conn: conn, r: io.MultiReader(bytes.NewReader(early), conn)}, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != "" && !strings.EqualFold(hello.ServerName, host) {
				return nil, errors.New("web: a handshake for another host")
			}
			return x.web.mint.certificate(host)
		},
	})
	ctx := x.r.Context()
	if err := inner.HandshakeContext(ctx); err != nil {
		x.pass.Denied(door.Verb, "handshake", err)
		return
	}
	inner.SetDeadline(time.Time{})
	serve(ctx, x.drain, inner, x.handler.pass, place{origin: origin})
}

// resumed is a connection of which something was read already.
type resumed struct {
	net.Conn
	r io.Reader
}

// Read implements net.Conn.
func (c *resumed) Read(b []byte) (int, error) { return c.r.Read(b) }
