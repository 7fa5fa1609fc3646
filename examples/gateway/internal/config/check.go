package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// check looks for what the types do not say.
func (c *File) check(r *report) {
	if c.Version != Version {
		r.add("$.version", "has to be %d", Version)
	}
	numbers(r, "$", reflect.ValueOf(c).Elem())
	c.checkAdmin(r)
	c.checkLedgers(r)
	c.checkUpstreams(r)
	if len(c.Listeners) == 0 {
		r.add("$.listeners", "there is no listener")
	}
	seen, taken := map[string]bool{}, map[string]bool{c.Admin.Listen: true, c.Report.Listen: true}
	for i := range c.Listeners {
		at := fmt.Sprintf("$.listeners[%d]", i)
		if listen := c.Listeners[i].Listen; listen != "" && taken[listen] && !strings.HasSuffix(listen, ":0") {
			r.add(at+".listen", "is the address of another listener, or of admin or report")
		}
		taken[c.Listeners[i].Listen] = true
		unique(r, at, c.Listeners[i].Name, seen)
		c.checkListener(r, at, &c.Listeners[i])
	}
}

// numbers refuses what is below the least value, which is 1 for whatever has a
// default, and 0 else.
func numbers(r *report, at string, s reflect.Value) {
	for i := range s.NumField() {
		f, field := s.Field(i), s.Type().Field(i)
		key := at + "." + field.Tag.Get("yaml")
		switch {
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			for j := range f.Len() {
				numbers(r, fmt.Sprintf("%s[%d]", key, j), f.Index(j))
			}
		case f.Type() == reflect.TypeFor[Duration]():
			if f.Field(0).Int() <= 0 {
				r.add(key, "has to be above 0")
			}
		case f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[Range]():
			numbers(r, key, f)
		case f.CanInt():
			least := int64(0)
			if _, ok := field.Tag.Lookup("default"); ok && field.Tag.Get("least") != "0" {
				least = 1
			}
			if f.Int() < least {
				r.add(key, "has to be at least %d; to switch a rule off, give it a mode", least)
			}
		case f.Kind() == reflect.String:
			oneOf(r, key, f.String(), field.Tag.Get("unit"))
		}
	}
}

// oneOf checks a value whose unit lists what it may be, as in a|b|c.
func oneOf(r *report, key, value, unit string) {
	if !strings.Contains(unit, "|") || value == "" {
		return
	}
	if !slices.Contains(strings.Split(unit, "|"), value) {
		r.add(key, "has to be one of %s", strings.ReplaceAll(unit, "|", ", "))
	}
}

func unique(r *report, at, name string, seen map[string]bool) {
	switch {
	case !nameRE.MatchString(name):
		r.add(at+".name", "has to be of letters, digits, - and _")
	case seen[name]:
		r.add(at+".name", "is taken already")
	}
	seen[name] = true
}

var nameRE = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)

func (c *File) checkAdmin(r *report) {
	host, _, err := net.SplitHostPort(c.Admin.Listen)
	ip, ipErr := netip.ParseAddr(host)
	if err != nil || host != "localhost" && (ipErr != nil || !ip.IsLoopback()) {
		r.add("$.admin.listen", "has to be an address of the loopback, with a port")
	}
	if c.Report.Listen != "" && c.Report.SecretFile == "" {
		r.add("$.report.secret_file", "is missing: reports have to be authenticated")
	}
}

func (c *File) checkLedgers(r *report) {
	seen, files := map[string]bool{}, map[string]bool{}
	for i, l := range c.Ledgers {
		at := fmt.Sprintf("$.ledgers[%d]", i)
		unique(r, at, l.Name, seen)
		if l.File != "" && files[l.File] {
			r.add(at+".file", "is the file of another ledger")
		}
		files[l.File] = true
		if l.TablePercent > 95 {
			r.add(at+".table_percent", "is above 95: the rest is what the node's own code needs")
		}
		shares(r, at, l)
		for j, p := range l.Only {
			if _, err := regexp.Compile(p); err != nil {
				r.add(fmt.Sprintf("%s.only[%d]", at, j), "is no regular expression: %v", err)
			}
		}
	}
}

// shares warns of a part that is given as more than the whole. Defaults may be: they are
// for the usual whole.
func shares(r *report, at string, l Ledger) {
	if line, _ := r.position(at + ".per_client"); line > 0 && l.PerClient > l.Max {
		r.warn(at+".per_client", "is above max_new, %d: one client can spend all of it", l.Max)
	}
	if line, _ := r.position(at + ".per_message"); line > 0 && l.PerMessage > l.PerClient {
		r.warn(at+".per_message", "is above per_client, %d: one message can spend all of it", l.PerClient)
	}
}

func (c *File) checkUpstreams(r *report) {
	seen := map[string]bool{}
	for i, u := range c.Upstreams {
		at := fmt.Sprintf("$.upstreams[%d]", i)
		unique(r, at, u.Name, seen)
		if u.Address != "" && !isAddress(u.Address) {
			r.add(at+".address", "has to be host:port")
		}
		switch {
		case u.Ledger == "":
			r.add(at+".ledger", "is missing: what bounds the atoms of this node?")
		case c.Ledger(u.Ledger) == nil:
			r.add(at+".ledger", "no ledger has this name: what bounds the atoms of this node?")
		}
		if u.TLS != nil && (u.TLS.Cert == "") != (u.TLS.Key == "") {
			r.add(at+".tls", "cert and key go together")
		}
		checkClasses(r, at, u)
	}
}

func checkClasses(r *report, at string, u Upstream) {
	reserved, seen := int64(0), map[string]bool{}
	for i, class := range u.Classes {
		at := fmt.Sprintf("%s.classes[%d]", at, i)
		unique(r, at, class.Name, seen)
		reserved += class.Reserved
		if i < len(u.Classes)-1 && len(class.Clients) == 0 {
			r.add(at+".clients", "is missing: only the last class takes all others")
		}
	}
	if reserved >= u.MaxInFlight && reserved > 0 {
		r.add(at+".classes", "reserve %d places of %d, which leaves none for the lowest class", reserved, u.MaxInFlight)
	}
}

func (c *File) checkListener(r *report, at string, l *Listener) {
	if !isAddress(l.Listen) {
		r.add(at+".listen", "has to be host:port")
	}
	if u := c.Upstream(l.Upstream); u == nil {
		r.add(at+".upstream", "no upstream has this name")
	} else if u.Address != "" && u.Address == l.Listen {
		r.add(at+".listen", "is the address of its own upstream")
	}
	checkTerms(r, at, l)
	if l.Packet != 1 && l.Packet != 2 && l.Packet != 4 {
		r.add(at+".packet", "has to be 1, 2 or 4")
	} else if l.Packet != 4 && l.SpeaksHTTP() {
		r.add(at+".packet", "is for protocols frames and bert")
	}
	if l.TLS != nil && (l.TLS.Cert == "" || l.TLS.Key == "") {
		r.add(at+".tls", "needs cert and key")
	}
	for i, p := range l.Proxy {
		if _, err := netip.ParsePrefix(p); err != nil {
			r.add(fmt.Sprintf("%s.proxy_protocol[%d]", at, i), "is no CIDR, as 10.0.0.0/8, or 10.0.0.1/32 for one address")
		}
	}
	if l.Cut && (l.Forward != ForwardOriginal || l.Protocol != ProtocolFrames || l.Mode != "enforce" || len(l.Rules) > 0) {
		r.add(at+".cut_through", "wants protocol: frames, forward: original and every rule enforced")
	}
	if l.Cut && l.Profile == "cache" {
		r.add(at+".cut_through", "compressed terms are accepted as a whole or not at all")
	}
	switch {
	case l.Refused == "skip" && l.Protocol != ProtocolFrames:
		r.warn(at+".on_refusal", "is for protocol: frames")
	case l.Refused == "skip" && l.Answers.Expect == "one":
		r.warn(at+".on_refusal", "skip does nothing where each message has an answer")
	}
	if line, _ := r.position(at + ".http"); line > 0 && !l.SpeaksHTTP() {
		r.warn(at+".http", "is for protocols that speak HTTP")
	}
	if line, _ := r.position(at + ".answers.expect"); line > 0 && l.Protocol != ProtocolFrames {
		r.warn(at+".answers.expect", "is for protocol: frames")
	}
	checkCaps(r, at+".caps", l.Caps, l.Base(l.Profile).Limits)
	checkCaps(r, at+".answers.caps", l.Answers.Caps, l.Base(cmp.Or(l.Answers.Profile, l.Profile)).Limits)
	checkModes(r, at+".rules", l.Rules)
	checkCalls(r, at, l)
	c.checkHTTP(r, at, l)
	if max(l.Limits.Frame.Duration, l.Limits.Idle.Duration) > l.Limits.Total.Duration {
		r.add(at+".limits.total_timeout", "is shorter than a frame or a pause may be: %v", l.Limits.Total.Round(time.Second))
	}
}

// isAddress reports whether text is host:port, with a port that there is.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil
}

// checkTerms looks at what a listener says of terms.
func checkTerms(r *report, at string, l *Listener) {
	if _, err := (etf.Config{Release: l.Release}).Compile(); err != nil {
		r.add(at+".release", "has to be 25 to 28, or 0 for any")
	}
	ids := l.Profile == "gen_call" || slices.ContainsFunc(l.Allow, func(kind string) bool { return kind != "exports" })
	if ids && len(l.Nodes) == 0 {
		r.add(at+".nodes", "is missing: ids of which nodes?")
	}
	if pids := l.Profile == "gen_call" || slices.Contains(l.Allow, "pids"); pids && l.Release == 0 {
		r.warn(at+".release", "is not given: pids that only nodes of OTP 26 and later make are refused, as OTP 25 would, once such a node has started 32,768 processes")
	}
	for i, n := range l.Nodes {
		if name, host, ok := strings.Cut(n, "@"); !ok || name == "" || host == "" {
			r.warn(fmt.Sprintf("%s.nodes[%d]", at, i), "is no whole name of a node, as app@10.0.0.1")
		}
	}
	denied := etf.Elixir().Policy.Structs.Deny
	for i, s := range l.Structs {
		if slices.Contains(denied, s) {
			continue
		}
		like := ""
		if n := nearest("Elixir."+strings.TrimPrefix(s, "Elixir."), denied); n != "" {
			like = ": is it " + n + "?"
		}
		r.add(fmt.Sprintf("%s.structs[%d]", at, i), "is no struct that would be refused%s", like)
	}
}

func checkCaps(r *report, at string, caps Caps, base limits.Limits) {
	for name, v := range caps {
		if !slices.Contains(limits.Names(), name) {
			like := ""
			if n := nearest(name, limits.Names()); n != "" {
				like = ": is it " + n + "?"
			}
			r.add(at+"."+name, "is no cap of package limits%s", like)
		} else if v <= 0 && v != limits.None {
			r.add(at+"."+name, "has to be above 0, or -1 for none")
		} else if most, _ := base.Get(name); most > 0 && v > most { // one that is off may be on for bodies: see http.decode
			r.warn(at+"."+name, "does nothing: the profile has %d, and caps are only ever lowered", most)
		}
	}
}

// Rules are what a mode can be given to.
var rules = []string{"rate", "in_flight", "breaker", "term", "atoms", "frame_size", "poison", "verb", "answer"}

func checkModes(r *report, at string, modes Modes) {
	for name, mode := range modes {
		if !slices.Contains(rules, name) {
			r.add(at+"."+name, "is no rule; there are %s", strings.Join(rules, ", "))
		}
		oneOf(r, at+"."+name, mode, "enforce|shadow|off")
	}
}

func checkCalls(r *report, at string, l *Listener) {
	if l.Protocol != ProtocolBERT && (len(l.BERT.Allow) > 0 || len(l.BERT.Infos) > 0) {
		r.add(at+".bert", "is for protocol: bert")
	}
	for i, calls := range l.BERT.Allow {
		for j, f := range calls.Functions {
			if _, err := ParseFunction(f); err != nil {
				r.add(fmt.Sprintf("%s.bert.allow[%d].functions[%d]", at, i, j), "%v", err)
			}
		}
	}
}

// Knows reports whether the node's reports are for a ledger or an upstream.
func (c *File) Knows(node string) bool {
	return slices.ContainsFunc(c.Ledgers, func(l Ledger) bool { return slices.Contains(l.Nodes, node) }) ||
		slices.ContainsFunc(c.Upstreams, func(u Upstream) bool { return slices.Contains(u.Nodes, node) })
}

// Ledger returns the ledger of this name, or nil.
func (c *File) Ledger(name string) *Ledger {
	for i := range c.Ledgers {
		if c.Ledgers[i].Name == name {
			return &c.Ledgers[i]
		}
	}
	return nil
}

// Upstream returns the upstream of this name, or nil.
func (c *File) Upstream(name string) *Upstream {
	for i := range c.Upstreams {
		if c.Upstreams[i].Name == name {
			return &c.Upstreams[i]
		}
	}
	return nil
}
