package safe_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// {ok,[1,2]} and fun os:cmd/1.
const (
	good = "\x83h\x02w\x02okk\x00\x02\x01\x02"
	evil = "\x83qw\x02osw\x03cmda\x01"
)

func ExampleValidate() {
	fmt.Println(safe.Validate([]byte(good)))

	err := safe.Validate([]byte(evil))
	if e, ok := errors.AsType[*etf.Error](err); ok {
		fmt.Println(e.Code, "at", e.Offset, errors.Is(err, etf.ErrRejected))
	}
	// Output:
	// <nil>
	// rejected_export at 1 true
}

func ExampleDecode() {
	t, err := safe.Decode([]byte(good))
	fmt.Println(t, err)
	// Output: {ok,[1,2]} <nil>
}

func ExampleNewReader() {
	for t, err := range safe.NewReader(strings.NewReader(good + good + evil)).Terms() {
		fmt.Println(t, err)
	}
	// Output:
	// {ok,[1,2]} <nil>
	// {ok,[1,2]} <nil>
	// #Invalid etf: rejected_export at offset 25, EXPORT_EXT: not in etf.Config.Policy.Allow: etf.Exports
}

func ExampleValidateReader() {
	n, err := safe.ValidateReader(strings.NewReader(good))
	fmt.Println(n, err)
	// Output: 12 <nil>
}

// Caps can be lowered; asking for more than package safe allows changes nothing.
func ExampleTighten() {
	m, err := safe.Tighten(limits.Limits{MaxDepth: 1, MaxBytes: 1 << 40})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Config().Limits.MaxBytes)
	fmt.Println(m.Validate([]byte(good)))
	// Output:
	// 1048576
	// etf: limit_depth at offset 7, STRING_EXT, in tuple[1]: limit MaxDepth is 1, needed at least 2 (etf.Config.Limits.MaxDepth raises it)
}

// Bytes for a node: it has some atoms, and may learn a few more.
func ExampleNewGuard() {
	if _, err := safe.NewGuard(safe.Forward{}); err != nil {
		fmt.Println(err)
	}

	known, err := etf.NewAtomSet("ok", "error")
	if err != nil {
		log.Fatal(err)
	}
	budget := limits.NewAtomBudget(2) // one in a file outlives this program
	g, err := safe.NewGuard(safe.Forward{
		Atoms:   etf.Atoms{Known: known},
		Budgets: []limits.Budget{budget},
		Profile: etf.Elixir(),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"ok", "one", "two", "one", "six"} {
		fmt.Println(name, g.Check([]byte("\x83w"+string(rune(len(name)))+name)) == nil)
	}
	// Output:
	// safe: invalid Forward: no atom set and no budget: terms could fill the atom table of the node
	// ok true
	// one true
	// two true
	// one true
	// six false
}

// Patterns alone do where the names that they admit can be counted.
func ExampleNewGuard_patterns() {
	for _, expr := range []string{`worker_[0-9]{1,3}`, `worker_[0-9]+`} {
		_, err := safe.NewGuard(safe.Forward{Atoms: etf.Atoms{Patterns: []*regexp.Regexp{regexp.MustCompile(expr)}}})
		fmt.Println(expr, err)
	}
	// Output:
	// worker_[0-9]{1,3} <nil>
	// worker_[0-9]+ safe: invalid Forward: Atoms.Patterns admit more than 50000 names: set Budgets too
}

// Pids are let through if the profile, the guard and the list of nodes agree.
func ExampleForward() {
	f := safe.Forward{
		Budgets: []limits.Budget{limits.NewAtomBudget(10_000)},
		Profile: etf.GenCall("web@10.0.0.1"),
	}
	_, err := safe.NewGuard(f)
	fmt.Println(err)

	f.Allow = etf.Pids | etf.Ports | etf.References
	_, err = safe.NewGuard(f)
	fmt.Println(err)
	// Output:
	// safe: invalid Forward: the profile allows Pids, Ports, References: name them in Allow too, if they are wanted
	// <nil>
}

func newGuard() *safe.Guard {
	known, err := etf.NewAtomSet("ok", "error")
	if err != nil {
		log.Fatal(err)
	}
	g, err := safe.NewGuard(safe.Forward{
		Atoms: etf.Atoms{Known: known},
		HTTP:  safe.HTTP{Details: true},
	})
	if err != nil {
		log.Fatal(err)
	}
	return g
}

// The handler in front of what talks to the node. Its server has timeouts: a
// Guard does not bound how slowly a body comes.
func ExampleGuard_Handler() {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("next got", r.ContentLength, "bytes")
	})
	server := &http.Server{
		Handler:           newGuard().Handler(next),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
	}

	for _, body := range []string{good, evil} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "text/plain") // says the client
		r.Header.Set("X-Request-Id", "r-17")
		w := httptest.NewRecorder()
		server.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			fmt.Print(w.Body)
		}
	}
	// Output:
	// next got 12 bytes
	// {"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"rejected_export","request_id":"r-17","offset":1}
}

// A reverse proxy that checks both ways.
func ExampleGuard_CheckResponse() {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.hex+erlang")
		io.WriteString(w, evil)
	}))
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		log.Fatal(err)
	}

	g := newGuard()
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      &http.Transport{DisableCompression: true},
		ModifyResponse: g.CheckResponse,
		ErrorHandler:   g.ServeError,
	}
	r := httptest.NewRequest("GET", "/packages", nil)
	r.Header.Set("X-Request-Id", "r-18")
	w := httptest.NewRecorder()
	g.Handler(proxy).ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// {"type":"about:blank","title":"Bad Gateway","status":502,"code":"rejected_export","request_id":"r-18","offset":1}
}

// Each client has an allowance of its own, within the one of the node.
func ExampleGuard_WithBudgets() {
	node := limits.NewAtomBudget(1000)
	g, err := safe.NewGuard(safe.Forward{Budgets: []limits.Budget{node}})
	if err != nil {
		log.Fatal(err)
	}
	alice, bob := g.WithBudgets(limits.NewAtomBudget(1)), g.WithBudgets(limits.NewAtomBudget(1))
	fmt.Println(alice.Check([]byte("\x83w\x01a")) == nil, alice.Check([]byte("\x83w\x01b")) == nil)
	fmt.Println(bob.Check([]byte("\x83w\x01b")) == nil, node.Committed())
	// Output:
	// true false
	// true 2
}

func ExampleGuard_NewFrameReader() {
	frames, err := newGuard().NewFrameReader(strings.NewReader("\x00\x0c"+good+"\x00\x0c"+evil), 2)
	if err != nil {
		log.Fatal(err)
	}
	for frame, err := range frames.Frames() {
		fmt.Println(len(frame), err)
	}
	// Output:
	// 12 <nil>
	// 0 etf: rejected_export at offset 17, EXPORT_EXT: not in etf.Config.Policy.Allow: etf.Exports
}

// A message that did not come through package net/http.
func ExampleGuard_Body() {
	header := http.Header{"Content-Type": {"application/bert"}}
	b, err := newGuard().Body(header, strings.NewReader(good))
	fmt.Println(b.ETF, len(b.Bytes), err)

	_, err = newGuard().Body(header, strings.NewReader(`{"json":true}`))
	if e, ok := errors.AsType[*safe.HTTPError](err); ok {
		fmt.Println(e.Status, e.Code)
	}
	// Output:
	// true 12 <nil>
	// 422 version
}

// Straight into a Go value.
func ExampleUnmarshal() {
	body := []byte("\x83t\x00\x00\x00\x01w\x04userm\x00\x00\x00\x03Joe")
	var v struct {
		User string `etf:"user"`
	}
	err := safe.Unmarshal(body, &v)
	fmt.Println(v.User, err)
	// Output: Joe <nil>
}
