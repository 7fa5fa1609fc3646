package metrics

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"golang.org/x/time/rate"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/limits"
)

// Log writes JSON. Of refusals it writes so many a second, and then how many it
// left out.
type Log struct {
	Logger *slog.Logger

	client  string
	key     [32]byte // of hashes, new with each start
	limit   *rate.Limiter
	omitted atomic.Int64

	strangers *rate.Limiter // lines of others, and how many of them were left out
	strange   atomic.Int64
}

// NewLog returns a log to w.
func NewLog(w io.Writer, c config.Log) *Log {
	var level slog.Level
	level.UnmarshalText([]byte(c.Level)) // one of four, as was checked
	l := &Log{
		Logger: slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})),
		client: c.Client, limit: rate.NewLimiter(rate.Limit(c.PerSec), int(c.PerSec)),
		strangers: rate.NewLimiter(1, 1),
	}
	rand.Read(l.key[:])
	return l
}

// Global takes what libraries write with package log, until end is called. net/http writes
// there what a node has sent unasked. Here it is a line without any of that, at most one a
// second, with how many it stands for.
func (l *Log) Global() (end func()) {
	before := log.Writer()
	log.SetOutput(global{l})
	return func() { log.SetOutput(before) }
}

type global struct{ l *Log }

// Write implements io.Writer.
func (g global) Write(p []byte) (int, error) {
	g.l.strange.Add(1)
	if g.l.strangers.Allow() {
		g.l.Logger.Warn("library", "event", "a library has something to say of a connection: what, is left out", "times", g.l.strange.Swap(0))
	}
	return len(p), nil
}

// refusal writes one refusal, never with what the client has sent.
func (l *Log) refusal(v *door.Verdict) {
	if !l.limit.Allow() {
		l.omitted.Add(1)
		return
	}
	attrs := []any{
		"listener", v.Listener, "direction", v.Direction.String(), "mode", v.Mode.String(),
		"rule", v.Refusal.Rule.String(), "code", v.Refusal.Code, "client", l.Client(v.Client), "bytes", v.Bytes,
	}
	if e, ok := v.Refusal.Where(); ok {
		attrs = append(attrs, "offset", e.Offset, "path", e.Path.String())
	}
	if name := limitName(v.Refusal); name != "" {
		attrs = append(attrs, "limit", name)
	}
	if why := reason(v.Refusal); why != "" {
		attrs = append(attrs, "reason", why)
	}
	if v.Refusal.Rule == door.Down {
		attrs = append(attrs, "upstream", v.Upstream)
		if v.Refusal.Code == "unreachable" && v.Refusal.Err != nil { // of a dial: nothing of the client is in it
			attrs = append(attrs, "err", strings.ReplaceAll(cause(v.Refusal.Err).Error(), "\n", ": "))
		}
	}
	if n := l.omitted.Swap(0); n > 0 {
		attrs = append(attrs, "omitted", n)
	}
	said := "refused"
	if v.Mode == door.Shadow {
		said = "would be refused by this rule: shadow"
	}
	l.Logger.Warn(said, attrs...)
}

// cause is an error without the URL that it was about, for that is what a client wrote.
func cause(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// reason tells, of a new name that did not pass, whether a ledger is spent or lets none
// pass at all. Other bounds have names.
func reason(r *door.Refusal) string {
	var spent *limits.Error
	switch {
	case errors.Is(r, limits.ErrBudgetLocked):
		return "locked"
	case errors.Is(r, ledger.ErrWaiting):
		return "waiting for the node's report"
	case r.Rule == door.Atoms && errors.As(r, &spent) && strings.HasPrefix(spent.Name, "AtomBudget"):
		return "spent"
	}
	return ""
}

// Client is how a client stands in the log. A name that was proven by a
// certificate is hashed, too, unless addresses are written in full.
func (l *Log) Client(c door.Client) string {
	if l.client == "ip" {
		if c.Identity != "" {
			return c.Identity
		}
		return c.Addr.String()
	}
	if l.client == "net" && c.Identity == "" {
		bits := 24
		if c.Addr.Is6() {
			bits = 48
		}
		p, err := c.Addr.Prefix(bits)
		if err != nil {
			p = netip.Prefix{}
		}
		return p.String()
	}
	mac := hmac.New(sha256.New, l.key[:])
	io.WriteString(mac, c.Key())
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
