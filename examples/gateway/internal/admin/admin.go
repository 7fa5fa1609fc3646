// Package admin is the listener for operators, on the loopback:
//
//	GET  /ping            200 while the process lives
//	GET  /ready           200 while traffic is welcome, else 503 and why
//	GET  /metrics         for Prometheus
//	GET  /v1/budgets      the ledgers, as JSON
//	POST /v1/budgets/NAME/grant   n, reason     with the bearer token
//	POST /v1/budgets/NAME/reset   reason        with the bearer token
//
// Grants and resets are written to the audit file before they are done.
package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
)

// Admin serves operators.
type Admin struct {
	Gate  *gate.Gate
	Token string    // empty: nothing can be changed
	Audit io.Writer // nil: only the log
	Log   *slog.Logger

	mu sync.Mutex // of Audit
}

// Budget is a ledger as operators see it.
type Budget struct {
	Name      string `json:"name"`
	Max       int64  `json:"max"`
	Spent     int64  `json:"spent"`
	Reserved  int64  `json:"reserved"`
	Remaining int64  `json:"remaining"`
	Known     int64  `json:"known"`
	Refused   int64  `json:"refused"`
	Lives     int64  `json:"lives"`            // incarnations before this one
	Locked    string `json:"locked,omitempty"` // why no new name passes
	Until     string `json:"until,omitempty"`  // what changes that
}

// Handler is the whole listener.
func (a *Admin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "pong\n") })
	mux.HandleFunc("GET /ready", a.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Gate.Metrics.Registry(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /v1/budgets", a.list)
	mux.HandleFunc("POST /v1/budgets/{name}/grant", a.grant)
	mux.HandleFunc("POST /v1/budgets/{name}/reset", a.reset)
	return http.MaxBytesHandler(local(mux), 64<<10)
}

// local refuses what a browser was lured into sending: a name that leads to the
// loopback, or a page of another origin.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host = host[:i]
		}
		if host != "127.0.0.1" && host != "localhost" && host != "[::1]" || r.Header.Get("Origin") != "" {
			http.Error(w, "for the loopback only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *Admin) ready(w http.ResponseWriter, _ *http.Request) {
	if err := a.Gate.Ready(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ready\n")
}

func (a *Admin) list(w http.ResponseWriter, _ *http.Request) {
	list := []Budget{}
	for _, name := range a.Gate.Ledgers() {
		if l := a.Gate.Ledger(name); l != nil {
			list = append(list, budget(l))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(list)
}

func budget(l *ledger.Ledger) Budget {
	s := l.Stats()
	b := Budget{
		Name: l.Name, Max: s.Max, Spent: s.Committed, Reserved: s.Reserved, Remaining: s.Remaining,
		Known: s.Preloaded, Refused: s.Refused, Lives: s.Resets,
	}
	if remedy, why := l.Locked(); why != nil {
		b.Locked, b.Until = why.Error(), remedy
	}
	return b
}

func (a *Admin) grant(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.FormValue("n"), 10, 64)
	if err != nil || n <= 0 {
		http.Error(w, "n has to be a number above 0", http.StatusBadRequest)
		return
	}
	a.change(w, r, "grant", n, func(l *ledger.Ledger) error { return l.Grant(n) })
}

func (a *Admin) reset(w http.ResponseWriter, r *http.Request) {
	a.change(w, r, "reset", 0, func(l *ledger.Ledger) error {
		if lives := l.Reported(); len(lives) > 0 && r.FormValue("force") != "true" {
			return fmt.Errorf("%w: %s. Started anew it says so, and the ledger starts over by itself. If it cannot say so: budget -force reset", errLives, strings.Join(lives, ", "))
		}
		return l.Reset(r.FormValue("reason"))
	})
}

// errLives refuses a reset that would free names which a node still has.
var errLives = errors.New("a reset is for a node that was started anew, and the last report was of the life that is counted")

// change does something to a ledger, if the caller may, and says so beforehand.
func (a *Admin) change(w http.ResponseWriter, r *http.Request, what string, n int64, do func(*ledger.Ledger) error) {
	l := a.Gate.Ledger(r.PathValue("name"))
	reason := r.FormValue("reason")
	switch {
	case a.Token == "":
		http.Error(w, "grants and resets are refused: admin.token_file is not configured", http.StatusForbidden)
	case r.Header.Get("Authorization") == "":
		http.Error(w, "needs the token of admin.token_file: give -token-file FILE", http.StatusForbidden)
	case !a.authorised(r):
		http.Error(w, "needs the token of admin.token_file", http.StatusForbidden)
	case l == nil:
		http.Error(w, "there is no such ledger", http.StatusNotFound)
	case reason == "":
		http.Error(w, "a reason is needed, for the audit", http.StatusBadRequest)
	default:
		err := a.audit(map[string]any{"what": what, "ledger": l.Name, "n": n, "reason": reason, "before": budget(l)})
		if err == nil {
			err = do(l)
		}
		if err != nil {
			status := http.StatusInternalServerError
			if errors.Is(err, errLives) {
				status = http.StatusConflict
			}
			http.Error(w, err.Error(), status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(budget(l))
	}
}

func (a *Admin) authorised(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(a.Token))
	return ok && a.Token != "" && subtle.ConstantTimeCompare(g[:], want[:]) == 1
}

// audit writes what is about to be done. If it cannot, it must not be done.
func (a *Admin) audit(what map[string]any) error {
	what["time"] = time.Now().UTC().Format(time.RFC3339Nano)
	line, err := json.Marshal(what)
	if err != nil {
		return err
	}
	a.Log.Warn("audit", "entry", json.RawMessage(line))
	if a.Audit == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.Audit.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if f, ok := a.Audit.(*os.File); ok {
		return f.Sync()
	}
	return nil
}

// Reloaded writes a reload to the audit.
func (a *Admin) Reloaded(path string, err error) {
	entry := map[string]any{"what": "reload", "file": path, "result": "in force"}
	if err != nil {
		entry["result"] = err.Error()
	}
	if err := a.audit(entry); err != nil {
		a.Log.Error("audit", "err", err)
	}
}
