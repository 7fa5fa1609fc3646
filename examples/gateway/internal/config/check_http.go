package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

var (
	fieldRE  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	methodRE = regexp.MustCompile(`^[A-Z]+$`)
	formRE   = regexp.MustCompile(`<(etf|any|digits)>`)
)

// checkHTTP looks at what only listeners of HTTP have.
func (c *File) checkHTTP(r *report, at string, l *Listener) {
	u := c.Upstream(l.Upstream)
	switch {
	case u == nil:
	case l.Protocol == ProtocolForward && u.Address != "":
		r.add(at+".upstream", "has an address, but forward.hosts say where to go: leave it out")
	case l.Protocol != ProtocolForward && l.Protocol != ProtocolCheck && u.Address == "":
		r.add(at+".upstream", "has no address")
	}
	if l.Answers.Ledger != "" && c.Ledger(l.Answers.Ledger) == nil {
		r.add(at+".answers.ledger", "no ledger has this name")
	}
	if !l.SpeaksHTTP() && (len(l.HTTP.Extract) > 0 || l.HTTP.Socket.Allow || l.HTTP.Client.Name != "") {
		r.add(at+".http", "is for protocols of HTTP")
	}
	for i, t := range l.HTTP.Types {
		_, err := safe.NewGuard(safe.Forward{Budgets: []limits.Budget{limits.NewAtomBudget(1)}, HTTP: safe.HTTP{Types: []string{t}}})
		if err != nil {
			r.add(fmt.Sprintf("%s.http.types[%d]", at, i), "is no type/subtype, and no +suffix")
		}
	}
	for i, p := range l.HTTP.Client.From {
		if _, err := netip.ParsePrefix(p); err != nil {
			r.add(fmt.Sprintf("%s.http.client.from[%d]", at, i), "is no CIDR, as 10.0.0.0/8")
		}
	}
	if l.HTTP.Client.Name != "" && (len(l.HTTP.Client.From) == 0 || !fieldRE.MatchString(l.HTTP.Client.Name)) {
		r.add(at+".http.client", "needs the name of a header, and from: whom it is believed")
	}
	for i, m := range l.HTTP.Idempotent {
		if !methodRE.MatchString(m) {
			r.add(fmt.Sprintf("%s.http.idempotent[%d]", at, i), "is no method")
		}
	}
	for i := range l.HTTP.Extract {
		checkExtract(r, fmt.Sprintf("%s.http.extract[%d]", at, i), &l.HTTP.Extract[i])
	}
	checkForward(r, at, l)
}

func checkExtract(r *report, at string, e *Extract) {
	if e.Name == "" {
		r.add(at+".name", "is missing")
	}
	if e.In == "header" && !fieldRE.MatchString(e.Name) {
		r.add(at+".name", "is no name of a header")
	}
	if e.Profile == "gen_call" {
		r.add(at+".profile", "gen_call is for messages")
	}
	for i, f := range e.Forms {
		rest := formRE.ReplaceAllString(f, "")
		if strings.Count(f, "<etf>") > 1 || strings.ContainsAny(rest, "<>") {
			r.add(fmt.Sprintf("%s.forms[%d]", at, i), "is text with <etf> at most once, <any> and <digits>")
		}
	}
	for i, p := range e.Paths {
		if !strings.HasPrefix(p, "/") {
			r.add(fmt.Sprintf("%s.paths[%d]", at, i), "has to start with /")
		}
	}
}

func checkForward(r *report, at string, l *Listener) {
	if l.Protocol != ProtocolForward {
		if len(l.To.Hosts) > 0 || l.To.CA != nil {
			r.add(at+".to", "is for protocol: forward")
		}
		return
	}
	if len(l.To.Hosts) == 0 {
		r.add(at+".to.hosts", "is missing: nowhere is where clients may go")
	}
	for i, h := range l.To.Hosts {
		at := fmt.Sprintf("%s.to.hosts[%d]", at, i)
		u, err := url.Parse(h)
		if err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || h != u.Scheme+"://"+u.Host {
			r.add(at, "is no origin, as https://repo.hex.pm")
		} else if u.Scheme == "https" && (l.To.CA == nil || l.To.CA.Cert == "" || l.To.CA.Key == "") {
			r.add(at, "needs to.ca, with cert and key, to read what is sent")
		}
	}
	for i, p := range l.To.Private {
		if _, err := netip.ParsePrefix(p); err != nil {
			r.add(fmt.Sprintf("%s.to.private[%d]", at, i), "is no CIDR, as 10.0.0.0/8")
		}
	}
}
