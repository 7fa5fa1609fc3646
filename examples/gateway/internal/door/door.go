package door

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// Door is one listener's rules. It never changes: a reload makes another one,
// which shares with it what counts.
type Door struct {
	Config   config.Listener
	Modes    Modes
	Upstream *upstream.Upstream
	Protocol any // rules of the listener's protocol, which knows their type

	clients  *limit.Clients
	held     *limit.Bytes // of the process
	events   Events
	profile  safe.Forward
	answers  safe.Forward
	classes  []class
	maxBytes int64 // of a message
	maxBack  int64 // of an answer
}

// Shared is what the doors of one listener share over reloads.
type Shared struct {
	Clients *limit.Clients
	Held    *limit.Bytes
	Events  Events
}

// New makes a door toward u, with the priority classes given, or says what of its configuration package safe does not
// accept.
func New(c config.Listener, u *upstream.Upstream, classes []config.Class, s Shared) (*Door, error) {
	d := &Door{
		Config: c, Modes: ParseModes(c.Mode, c.Rules), Upstream: u,
		clients: s.Clients, held: s.Held, events: s.Events, classes: parseClasses(classes),
	}
	if d.events == nil {
		d.events = NoEvents{}
	}
	var err error
	if d.profile, err = forward(c, c.Profile, c.Caps); err != nil {
		return nil, fmt.Errorf("listener %s: %w", c.Name, err)
	}
	back := c.Answers.Profile
	if back == "" {
		back = c.Profile
	}
	if d.answers, err = forward(c, back, c.Answers.Caps); err != nil {
		return nil, fmt.Errorf("listener %s: answers: %w", c.Name, err)
	}
	// The guards of connections differ in their budgets alone. These two prove
	// that they can be made, and know the caps.
	to, err := d.guard(d.profile, limits.NewAtomBudget(0))
	if err != nil {
		return nil, fmt.Errorf("listener %s: %w", c.Name, err)
	}
	back2, err := d.guard(d.answers, limits.NewAtomBudget(0))
	if err != nil {
		return nil, fmt.Errorf("listener %s: answers: %w", c.Name, err)
	}
	d.maxBytes, d.maxBack = frameCap(to), frameCap(back2)
	return d, nil
}

func (d *Door) guard(f safe.Forward, b limits.Budget) (*safe.Guard, error) {
	f.Budgets = []limits.Budget{b}
	return safe.NewGuard(f)
}

// frameCap is the longest frame that may pass: it is held whole.
func frameCap(g *safe.Guard) int64 {
	l := g.Mode().Config().Limits
	return min(l.MaxBytes, l.MaxBuffered)
}

// forward translates the configuration for package safe.
func forward(c config.Listener, profile string, caps config.Caps) (safe.Forward, error) {
	f := safe.Forward{Release: c.Release, Structs: c.Structs}
	switch profile {
	case "elixir":
		f.Profile = etf.Elixir(c.Structs...)
	case "bert":
		f.Profile = etf.BERT()
	case "hex":
		f.Profile = etf.Hex()
	case "gen_call":
		f.Profile = etf.GenCall(c.Nodes...)
		f.Allow = etf.Pids | etf.Ports | etf.References
	case "cache":
		f.Profile = etf.Cache()
	default:
		f.Profile = etf.Data()
	}
	for name, v := range caps {
		if !f.Tighten.Set(name, v) {
			return f, fmt.Errorf("there is no cap %s", name)
		}
	}
	for _, name := range c.Allow {
		feature, ok := identities[name]
		if !ok {
			return f, fmt.Errorf("allow: there is no %q", name)
		}
		f.Allow |= feature
	}
	if len(c.Nodes) > 0 {
		f.Profile.Policy.Nodes = slices.Clone(c.Nodes)
	}
	return f, nil
}

var identities = map[string]etf.Features{
	"funs": etf.Funs, "exports": etf.Exports, "pids": etf.Pids, "ports": etf.Ports, "references": etf.References,
}

// MaxBytes is the longest message that may pass, for protocols that know the
// length before the message.
func (d *Door) MaxBytes(way Direction) int64 {
	if way == ToClient {
		return d.maxBack
	}
	return d.maxBytes
}

// Passive reports that no rule about messages is enforced: what comes has to be
// passed on as it is, and not be delayed.
func (d *Door) Passive() bool {
	for r := Rate; r < Down; r++ {
		if d.Modes[r] == Enforce {
			return false
		}
	}
	return true
}

// class is a priority class, compiled.
type class struct {
	names    []string
	prefixes []netip.Prefix
}

func parseClasses(list []config.Class) []class {
	var out []class
	for _, c := range list {
		out = append(out, parseClients(c.Clients))
	}
	return out
}

func parseClients(list []string) (c class) {
	for _, text := range list {
		if p, err := netip.ParsePrefix(text); err == nil {
			c.prefixes = append(c.prefixes, p)
		} else {
			c.names = append(c.names, text)
		}
	}
	return c
}

// has reports whether a client is in the list.
func (c class) has(who Client) bool {
	if who.Identity != "" && slices.Contains(c.names, who.Identity) {
		return true
	}
	for _, p := range c.prefixes {
		if p.Contains(who.Addr.Unmap()) {
			return true
		}
	}
	return false
}

// classOf is the first class that names the client, or else the last.
func (d *Door) classOf(who Client) int {
	for i, c := range d.classes {
		if c.has(who) {
			return i
		}
	}
	return max(0, len(d.classes)-1)
}

// Clients returns a test of whether a client is named in list, or list is empty.
func Clients(list []string) func(Client) bool {
	c := parseClients(list)
	return func(who Client) bool { return len(list) == 0 || c.has(who) }
}

// view is the ledger as one connection draws on it, in the mode of its rule; the
// View is nil where nothing is counted.
func (d *Door) view(who Client, told func(error)) (*ledger.View, limits.Budget) {
	if d.Modes[Atoms] == Off {
		return nil, ledger.Unbounded{}
	}
	if d.Modes[Atoms] == Enforce {
		told = nil
	}
	v := d.Upstream.Ledger.View(who.Key(), told)
	return v, v
}

func hash(b []byte) limit.Hash { return sha256.Sum256(b) }
