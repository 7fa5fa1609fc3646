package listen

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/framing"
)

// from is a connection of this client.
type from struct {
	net.Conn
	addr net.TCPAddr
}

// RemoteAddr implements net.Conn.
func (f from) RemoteAddr() net.Addr { return &f.addr }

// TestAddressHasNoZone: networks have none, and so would not have the client.
func TestAddressHasNoZone(t *testing.T) {
	r := &rules{proxy: []netip.Prefix{netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("10.0.0.0/8")}}
	for _, c := range []struct {
		ip, zone, want string
		proxied        bool
	}{
		{"fe80::1", "eth0", "fe80::1", true},
		{"fe80::1", "", "fe80::1", true},
		{"fec0::1", "eth0", "fec0::1", false},
		{"::ffff:10.0.0.1", "", "10.0.0.1", true},
		{"10.0.0.1", "", "10.0.0.1", true},
	} {
		a, err := address(from{addr: net.TCPAddr{IP: net.ParseIP(c.ip), Zone: c.zone, Port: 1}})
		if err != nil || a.String() != c.want || r.proxied(a) != c.proxied {
			t.Errorf("%s%%%s: %v, %v, %v", c.ip, c.zone, a, r.proxied(a), err)
		}
	}
}

// TestCloseWriteBehindPROXY: the end of one side is one behind a PROXY header, too, and the
// other side goes on.
func TestCloseWriteBehindPROXY(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"plain": func(c net.Conn) net.Conn { return c },
		"HTTP":  func(c net.Conn) net.Conn { return framing.New(c, 1<<10, nil) },
	} {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		by := time.Now().Add(30 * time.Second)
		client.SetDeadline(by)
		io.WriteString(client, "PROXY TCP4 10.1.2.3 127.0.0.1 5000 4000\r\nGET / HTTP/1.1\r\n")
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		behind, who, err := header(c, netip.MustParseAddr("127.0.0.1"), by)
		if err != nil || who.String() != "10.1.2.3" {
			t.Fatal(who, err)
		}
		server := wrap(behind)
		w, ok := server.(interface{ CloseWrite() error })
		if !ok {
			t.Errorf("%s: one side does not end", name)
			continue
		}
		if err := w.CloseWrite(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		client.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, err := client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%s: the client has not seen the end: %v, late is %v", name, err, errors.Is(err, os.ErrDeadlineExceeded))
		}
		const text = "Host: x\r\n\r\n"
		io.WriteString(client, text)
		got := make([]byte, len("GET / HTTP/1.1\r\n"+text))
		if _, err := io.ReadFull(server, got); err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
