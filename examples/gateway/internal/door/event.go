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

// Verdict is one refusal, or what would be one, for metrics and logs. It is the hearer's
// only as long as the call takes.
type Verdict struct {
	Listener  string
	Upstream  string
	Direction Direction
	Client    Client
	Mode      Mode // of the rule that fired
	Refusal   *Refusal
	Bytes     int64
}

// Events hears of everything. Its methods are called by many goroutines and must
// not block.
type Events interface {
	Verdict(v *Verdict)
	// Counter returns what counts the messages that pass a listener. It is asked for once
	// for each set of rules: messages that pass are many, and of each only numbers are
	// told. The mode is that of the rule about terms.
	Counter(listener string, way Direction, mode Mode) Counter
	// Skipped counts messages in shadow mode that were not checked, since
	// checking them would have delayed others.
	Skipped(listener string)
}

// Counter counts messages that passed, for many goroutines.
type Counter interface {
	// Count counts a message of n bytes. words is what it costs the node, or 0 if
	// that was not measured, and took the time of the checks.
	Count(n, words int64, took time.Duration)
}

// NoEvents hears nothing.
type NoEvents struct{}

// Verdict does nothing.
func (NoEvents) Verdict(*Verdict) {}

// Counter returns what counts nothing.
func (NoEvents) Counter(string, Direction, Mode) Counter { return nobody{} }

// Skipped does nothing.
func (NoEvents) Skipped(string) {}

type nobody struct{}

// Count does nothing.
func (nobody) Count(int64, int64, time.Duration) {}
