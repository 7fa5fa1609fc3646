package gate

import (
	"fmt"
	"net/netip"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// Alone lets one peer through the door of one listener, without any sockets: the
// rules of a pipe.
func Alone(c *config.File, name string, m *metrics.Metrics) (p *door.Pass, done func(), err error) {
	for _, l := range c.Listeners {
		if l.Name == name {
			return alone(c, l, m)
		}
	}
	return nil, nil, fmt.Errorf("there is no listener %q", name)
}

func alone(c *config.File, l config.Listener, m *metrics.Metrics) (*door.Pass, func(), error) {
	if l.Protocol != config.ProtocolFrames { // the rules of others would not be asked
		return nil, nil, fmt.Errorf("listener %s is of protocol %s, and a pipe is one of frames", l.Name, l.Protocol)
	}
	to := c.Upstream(l.Upstream)
	book, err := ledger.Open(*c.Ledger(to.Ledger), m.Alarm)
	if err != nil {
		return nil, nil, err
	}
	u, err := upstream.New(*to, book, nil)
	if err == nil {
		var d *door.Door
		d, err = door.New(l, u, to.Classes, door.Shared{
			Clients: limit.NewClients(rates(l.Limits, to), 1, 1), Held: limit.NewBytes(int64(c.Global.MaxBytes)), Events: m,
		})
		if err == nil {
			if p, r := d.Accept(door.Client{Addr: netip.IPv6Loopback(), Identity: "port"}, nil); r == nil {
				return p, func() { p.Close(); book.Close() }, nil
			} else {
				err = r
			}
		}
	}
	book.Close()
	return nil, nil, err
}
