// Package listen accepts connections, finds out who is at the other end, and
// hands those that may come in to a protocol.
package listen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// Protocol speaks with the clients of one listener.
type Protocol interface {
	// Serve serves one connection until it ends. It closes conn, and leaves pass
	// to the caller. When ctx is done it has to return at once; when the channel
	// is closed, as soon as the messages under way are answered.
	Serve(ctx context.Context, drain <-chan struct{}, conn net.Conn, pass *door.Pass)
}

// Reset closes a connection so that the other end sees an error and no orderly
// end, which might be taken for the end of a message.
func Reset(c net.Conn) {
	if t := tcp(c); t != nil {
		t.SetLinger(0)
		t.Close()
	}
	if _, ok := c.(*tls.Conn); !ok { // closing it would send an orderly end
		c.Close()
	}
}

func tcp(c net.Conn) *net.TCPConn {
	for {
		switch v := c.(type) {
		case *net.TCPConn:
			return v
		case *tls.Conn:
			c = v.NetConn()
		case proxied:
			c = v.Raw()
		default:
			return nil
		}
	}
}

// proxied is a connection behind a PROXY header.
type proxied struct{ *proxyproto.Conn }

// CloseWrite ends this side, as that of the connection below.
func (c proxied) CloseWrite() error {
	if c, ok := c.Raw().(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// address is the client's, of the PROXY header if there is one. It has no zone, for no
// network has one, and one that has is in none.
func address(c net.Conn) (netip.Addr, error) {
	a, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, errors.New("listen: the client has no IP address")
	}
	return a.AddrPort().Addr().Unmap().WithZone(""), nil
}

// identity is the name in a client certificate that was verified.
func identity(chains [][]*x509.Certificate) string {
	if len(chains) == 0 || len(chains[0]) == 0 {
		return ""
	}
	leaf := chains[0][0]
	switch {
	case len(leaf.URIs) > 0:
		return leaf.URIs[0].String()
	case len(leaf.DNSNames) > 0:
		return leaf.DNSNames[0]
	}
	return leaf.Subject.CommonName
}
