package gate_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/admin"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/report"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// reported is a gate that hears reports, and how many requests it lets through at once.
func reported(t *testing.T, maxAge string) (g *Gate, open func() float64) {
	node := NewNode(t, nil)
	g = Start(t, fmt.Sprintf(`version: 1
report: {listen: '127.0.0.1:0', secret_file: %s, max_age: %s}
ledgers:
  - {name: web, nodes: [web@host]}
upstreams:
  - {name: node, address: '%s', ledger: web, max_in_flight: 100, breaker: {slow_start: 1ms}}
listeners:
  - {name: door, listen: '127.0.0.1:0', upstream: node, answers: {expect: one}}
`, WriteFile(t, filepath.Join(t.TempDir(), "secret"), secret), maxAge, node.Addr))
	return g, func() float64 { return g.Sum("beamgate_in_flight", "what=open") }
}

func dialReports(t *testing.T, g *Gate) net.Conn {
	c, err := net.Dial("tcp", g.ReportAddr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// reporter is a node. What it returns reports a message queue of this length.
func reporter(t *testing.T, g *Gate) (say func(queue int64)) {
	_, say = reporterWith(t, g, secret)
	return say
}

// reporterWith is reporter with a secret, and its connection.
func reporterWith(t *testing.T, g *Gate, secret string) (conn net.Conn, say func(queue int64)) {
	conn = dialReports(t, g)
	challenge, err := ReadFrame(conn)
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	return conn, func(queue int64) {
		payload := term.Message(term.Tuple(term.Atom("report"), term.Bin("web@host"),
			term.Int(1), term.Int(1), term.Int(10000), term.Int(1048576), term.Int(10), term.Int(1000), term.Int(0), term.Int(0), term.Int(queue), term.Int(0)))
		frame, err := etf.AppendFrame(nil, term.Message(term.Tuple(term.Atom("beamgate"), term.Bin(string(report.Sign([]byte(secret), challenge, n, payload))), term.Bin(string(payload)))), 4)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(frame)
		n++
	}
}

// TestResetNeedsForce: while a node reports the life that is counted, a reset by hand would
// allow it the same names twice. The log tells which nodes report.
func TestResetNeedsForce(t *testing.T) {
	t.Parallel()
	g, _ := reported(t, "2s")
	a := &admin.Admin{Gate: g.Gate, Log: slog.New(slog.DiscardHandler), Token: "a token of some length"}
	reset := func(force string) int {
		r := httptest.NewRequest("POST", "/v1/budgets/web/reset?reason=test&force="+force, nil)
		r.Host = "127.0.0.1:9180"
		r.Header.Set("Authorization", "Bearer "+a.Token)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w.Code
	}
	if code := reset("false"); code != http.StatusOK {
		t.Errorf("before any report: %d", code)
	}
	reporter(t, g)(0)
	Eventually(t, "it was heard", func() bool { return len(g.Ledger("web").Reported()) == 1 })
	if code := reset("false"); code != http.StatusConflict {
		t.Errorf("while the node lives on: %d", code)
	}
	if code := reset("true"); code != http.StatusOK {
		t.Errorf("by force: %d", code)
	}
	Eventually(t, "the log says so", func() bool { return strings.Contains(g.Log(), `"node":"web@host","event":"it reports"`) })
}

// TestOperatorsBeforeTheStart: whatever they ask for before a configuration is in force is
// answered.
func TestOperatorsBeforeTheStart(t *testing.T) {
	log := metrics.NewLog(io.Discard, config.Log{PerSec: 1})
	g := gate.New(log.Logger, metrics.New(log))
	defer g.Close()
	a := &admin.Admin{Gate: g, Log: log.Logger, Token: "a token of some length"}
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/ping", 200, "pong"},
		{"GET", "/ready", 503, "no configuration is in force"},
		{"GET", "/metrics", 200, "beamgate_"},
		{"GET", "/v1/budgets", 200, "[]"},
		{"POST", "/v1/budgets/web/grant?n=1&reason=test", 404, ""},
		{"POST", "/v1/budgets/web/reset?reason=test", 404, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = "127.0.0.1:9180"
		r.Header.Set("Authorization", "Bearer "+a.Token)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
}

// TestReportsDriveLimits: a node in trouble gets less, at worst nothing, and one that
// falls silent gets what the configuration says.
func TestReportsDriveLimits(t *testing.T) {
	t.Parallel()
	g, open := reported(t, "2s")
	say := reporter(t, g)
	say(10500) // half way from 1000 to 20000
	Eventually(t, "half of the places are left", func() bool { return open() == 50 })
	say(20000)
	Eventually(t, "the breaker is open", func() bool { return g.Sum("beamgate_upstream_state", "state=forced") == 1 })
	c := g.Dial("door")
	c.Send(good)
	c.Reset()
	if n := g.Count("rule=breaker"); n != 1 {
		t.Errorf("%v", n)
	}
	say(0)
	Eventually(t, "all is well", func() bool { return open() == 100 && g.Sum("beamgate_upstream_state", "state=closed") == 1 })
	c = g.Dial("door")
	c.Send(good)
	c.Want(good)
	say(20000)
	Eventually(t, "the breaker is open", func() bool { return g.Sum("beamgate_upstream_state", "state=forced") == 1 })
	Eventually(t, "after a silence the static limits hold", func() bool { return open() == 100 })
}

// TestReportsAreRemoved: a reload without reports ends what they have driven, and no report
// under way brings it back.
func TestReportsAreRemoved(t *testing.T) {
	t.Parallel()
	node := NewNode(t, nil)
	rest := conf(node, "", "nodes: [web@host]\nbreaker: {slow_start: 1ms}", "answers: {expect: one}")
	g := Start(t, strings.Replace(rest, "ledgers:", fmt.Sprintf("report: {listen: '127.0.0.1:0', secret_file: %s, max_age: 1h}\nledgers:",
		WriteFile(t, filepath.Join(t.TempDir(), "secret"), secret)), 1))
	reporter(t, g)(20000)
	Eventually(t, "the breaker is open", func() bool { return g.Sum("beamgate_upstream_state", "state=forced") == 1 })
	if err := g.Load(rest); err != nil {
		t.Fatal(err)
	}
	if n := g.Sum("beamgate_upstream_state", "state=forced"); n != 0 {
		t.Error("the breaker is still open, and nobody reports")
	}
	if n := g.Sum("beamgate_pressure_percent"); n != 100 {
		t.Errorf("the last report leaves %v percent of the places", n)
	}
	Eventually(t, "a message passes", func() bool { return passes(g, good) })
}

// TestReportsTakeAnotherSecret: a reload with another secret ends the connections that were
// made with the one before, and one with the same secret leaves them alone.
func TestReportsTakeAnotherSecret(t *testing.T) {
	t.Parallel()
	node := NewNode(t, nil)
	file := WriteFile(t, filepath.Join(t.TempDir(), "secret"), secret)
	text := strings.Replace(conf(node, "", "nodes: [web@host]\nbreaker: {slow_start: 1ms}", "answers: {expect: one}"), "ledgers:",
		fmt.Sprintf("report: {listen: '127.0.0.1:0', secret_file: %s, max_age: 1h}\nledgers:", file), 1)
	g := Start(t, text)
	load := func() {
		t.Helper()
		if err := g.Load(text); err != nil {
			t.Fatal(err)
		}
	}
	forced := func(n float64) func() bool {
		return func() bool { return g.Sum("beamgate_upstream_state", "state=forced") == n }
	}
	before, say := reporterWith(t, g, secret)
	silent, _ := reporterWith(t, g, secret)
	say(20000)
	Eventually(t, "it was heard", forced(1))
	load()
	say(0)
	Eventually(t, "it still is after a reload", forced(0))

	const other = "another secret of some length"
	WriteFile(t, file, other+"\n")
	load()
	for _, c := range []net.Conn{before, silent} {
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := ReadFrame(c); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a connection with the secret before goes on: %v", err)
		}
	}
	_, say = reporterWith(t, g, other)
	say(20000)
	Eventually(t, "who has the new secret is heard", forced(1))
	_, say = reporterWith(t, g, secret)
	say(0)
	Eventually(t, "who has the one before is not", func() bool { return strings.Contains(g.Log(), "report: not authenticated") })
	if !forced(1)() {
		t.Error("he was heard")
	}
}

// TestStrangersGiveWay: connections of nobody's hold no place that a node needs, and
// those of nodes are not closed for them.
func TestStrangersGiveWay(t *testing.T) {
	t.Parallel()
	g, open := reported(t, "60s")
	first := reporter(t, g)
	first(10500)
	Eventually(t, "the first node is heard", func() bool { return open() == 50 })
	for range 200 {
		dialReports(t, g)
	}
	second := reporter(t, g)
	second(0)
	Eventually(t, "the second node is heard", func() bool { return open() == 100 })
	first(10500)
	Eventually(t, "the first one still is", func() bool { return open() == 50 })
}
