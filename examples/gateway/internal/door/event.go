package door

import (
	"net/netip"
	"time"
)

// Client is who sends.
type Client struct {
	Addr     netip.Addr // of the PROXY header, if there is one
	Identity string     // of the client certificate: its first URI, DNS name or common name
}

// Key is what limits of one client go by: the identity if it was proven, else the
// address, of which an IPv6 client owns a whole /64.
func (c Client) Key() string {
	if c.Identity != "" {
		return "id:" + c.Identity
	}
	if a := c.Addr.Unmap(); a.Is6() {
		p, err := a.WithZone("").Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return c.Addr.Unmap().String()
}

// Verdict is one decision, for metrics and logs. It is the hearer's only as long as
// the call takes: another may be written over it.
type Verdict struct {
	Listener  string
	Upstream  string
	Direction Direction
	Client    Client
	Mode      Mode     // of the rule that fired
	Refusal   *Refusal // nil: it passed
	Bytes     int64
	Words     int64         // what it costs the node; 0 if it was not measured
	Took      time.Duration // of the checks
}

// Events hears of everything. Its methods are called by many goroutines and must
// not block.
type Events interface {
	Verdict(v *Verdict)
	// Skipped counts messages in shadow mode that were not checked, since
	// checking them would have delayed others.
	Skipped(listener string)
}

// NoEvents hears nothing.
type NoEvents struct{}

// Verdict does nothing.
func (NoEvents) Verdict(*Verdict) {}

// Skipped does nothing.
func (NoEvents) Skipped(string) {}
