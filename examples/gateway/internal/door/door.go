package door

import (
	"cmp"
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
	back     *ledger.Ledger
	events   Events
	counters [2]Counter  // by direction
	to       *safe.Guard // these three draw on no budget yet
	answers  *safe.Guard
	tokens   []*safe.Guard // by extractor
	loose    *etf.Mode     // takes what OTP takes, within bounds
	classes  []class
	maxBytes int64 // of a message
	maxBack  int64 // of an answer
	inflates bool  // messages may be compressed
}

// Shared is what the doors of one listener share over reloads.
type Shared struct {
	Clients *limit.Clients
	Held    *limit.Bytes
	Events  Events
	Back    *ledger.Ledger // that answers draw on, too; nil: none
}

// New makes a door toward u, with the priority classes given, or says what of its
// configuration package safe does not accept.
func New(c config.Listener, u *upstream.Upstream, classes []config.Class, s Shared) (*Door, error) {
	d := &Door{
		Config: c, Modes: ParseModes(c.Mode, c.Rules), Upstream: u,
		clients: s.Clients, held: s.Held, events: s.Events, classes: parseClasses(classes),
	}
	if d.back = s.Back; d.events == nil {
		d.events = NoEvents{}
	}
	d.counters = [...]Counter{
		ToNode:   d.events.Counter(c.Name, ToNode, d.Modes[Term]),
		ToClient: d.events.Counter(c.Name, ToClient, d.Modes[Answer]),
	}
	var err error
	if d.to, err = guard(c, c.Profile, c.Caps); err != nil {
		return nil, err
	}
	if d.answers, err = guard(c, cmp.Or(c.Answers.Profile, c.Profile), c.Answers.Caps); err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	for _, e := range c.HTTP.Extract {
		g, err := guard(c, cmp.Or(e.Profile, c.Profile), c.Caps)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", e.In, e.Name, err)
		}
		d.tokens = append(d.tokens, g)
	}
	loose := etf.OTP()
	loose.Release, loose.Node, loose.Limits = c.Release, etf.Node{}, limits.Default()
	if d.loose, err = loose.Compile(); err != nil {
		return nil, err
	}
	d.maxBytes, d.maxBack = frameCap(d.to), frameCap(d.answers)
	d.inflates = d.to.Mode().Config().Limits.MaxInflated > 0
	return d, nil
}

// guard makes a guard of everything but budgets: connections add their own.
func guard(c config.Listener, profile string, caps config.Caps) (*safe.Guard, error) {
	f, err := forward(c, profile, caps)
	if err != nil {
		return nil, err
	}
	f.Budgets = []limits.Budget{ledger.Unbounded{}}
	return safe.NewGuard(f)
}

// frameCap is the longest frame that may pass: it is held whole.
func frameCap(g *safe.Guard) int64 {
	l := g.Mode().Config().Limits
	return min(l.MaxBytes, l.MaxBuffered)
}

// forward translates the configuration for package safe.
func forward(c config.Listener, profile string, caps config.Caps) (safe.Forward, error) {
	f := safe.Forward{Profile: c.Base(profile), Release: c.Release, Structs: c.Structs}
	if profile == "gen_call" {
		f.Allow = etf.Pids | etf.Ports | etf.References
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
	f.HTTP = safe.HTTP{Types: c.HTTP.Types, OnlyETF: c.HTTP.OnlyETF, Decode: c.HTTP.Decode, Details: c.Detail == "full"}
	if c.HTTP.Decode && f.Profile.Limits.MaxInflated <= 0 { // of bodies: terms that are compressed stay refused
		f.Profile.Limits.MaxInflated = int64(c.HTTP.Inflated)
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

// packet is how many bytes the lengths of frames have, where there are frames.
func (d *Door) packet() int {
	if d.Config.SpeaksHTTP() {
		return 0
	}
	return d.Config.Packet
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
	addr := who.Addr.Unmap().WithZone("") // a header of a proxy may have one
	for _, p := range c.prefixes {
		if p.Contains(addr) {
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

// hash stands for a message. An id ends with a zero byte, which no term begins
// with.
func hash(id string, b []byte) (h limit.Hash) {
	if id == "" {
		return sha256.Sum256(b)
	}
	s := sha256.New()
	s.Write(append([]byte(id), 0))
	s.Write(b)
	s.Sum(h[:0])
	return h
}
