// Package doortest makes doors for the tests of protocols that look into their own packages,
// which gatetest cannot serve: it needs all protocols.
package doortest

import (
	"net/netip"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// Upstream is the first upstream of a configuration, with its first ledger. The listener
// is its first one.
func Upstream(t testing.TB, text string) (*upstream.Upstream, config.Listener) {
	t.Helper()
	c, err := config.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	book, err := ledger.Open(c.Ledgers[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	up, err := upstream.New(c.Upstreams[0], book, nil)
	if err != nil {
		t.Fatal(err)
	}
	return up, c.Listeners[0]
}

// Accept is a client of ::1 at the door of a listener, the only one it has room for.
func Accept(t testing.TB, l config.Listener, up *upstream.Upstream, protocol any, rates limit.Rates, held *limit.Bytes) *door.Pass {
	t.Helper()
	d, err := door.New(l, up, nil, door.Shared{Clients: limit.NewClients(rates, 1, 1), Held: held})
	if err != nil {
		t.Fatal(err)
	}
	d.Protocol = protocol
	pass, refusal := d.Accept(door.Client{Addr: netip.IPv6Loopback()}, nil)
	if refusal != nil {
		t.Fatal(refusal)
	}
	return pass
}
