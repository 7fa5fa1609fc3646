package web_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/examples/gateway/internal/web"
)

// TestCheck: other proxies ask, and get a verdict.
func TestCheck(t *testing.T) {
	const text = `version: 1
ledgers:
  - {name: web, names: [ok], max_new: 2}
upstreams:
  - {name: node, ledger: web}
listeners:
  - {name: door, listen: '127.0.0.1:0', protocol: check, upstream: node, detail: DETAIL}
`
	for detail, want := range map[string]map[string]web.Verdict{
		"full": {
			good:        {Verdict: "pass", Term: true, Bytes: int64(len(good))},
			"{}":        {Verdict: "pass"},
			"":          {Verdict: "pass"},
			export:      {Verdict: "refuse", Rule: "term", Code: "rejected_export"},
			atoms(0, 3): {Verdict: "refuse", Term: true, Rule: "atoms", Code: "limit_atom_budget", Path: "[2]", Limit: "AtomBudget", Bytes: int64(len(atoms(0, 3)))},
		},
		"code": {export: {Verdict: "refuse", Rule: "term", Code: "rejected_export"}},
		"none": {export: {Verdict: "refuse"}},
	} {
		g := Start(t, strings.ReplaceAll(text, "DETAIL", detail))
		for body, want := range want {
			a := do(t, g, "POST", "/v1/check", body)
			var got web.Verdict
			if err := json.Unmarshal([]byte(a.body), &got); err != nil {
				t.Fatal(err, a.body)
			}
			if (got.Offset != nil) != (detail == "full" && want.Verdict == "refuse") {
				t.Errorf("%s: %s", detail, a.body)
			}
			if got.Offset = nil; want.Path == "" {
				got.Path = ""
			}
			if want.Limit != "" && got.Limit != "" {
				got.Limit = want.Limit
			}
			if got != want && !(want.Path != "" && got.Path != "") || (a.status == 200) != (want.Verdict == "pass") {
				t.Errorf("%s: %d %s, want %+v", detail, a.status, a.body, want)
			}
		}
		do(t, g, "GET", "/v1/check", "").want(t, 405, map[string]string{"full": "method", "code": "method"}[detail])
		do(t, g, "POST", "/other", good).want(t, 404, map[string]string{"full": "path", "code": "path"}[detail])
	}
	g := Start(t, strings.ReplaceAll(text, "DETAIL", "code"))
	do(t, g, "POST", "/v1/check", atoms(0, 2)).want(t, 200, "")
	if a := do(t, g, "POST", "/v1/check", atoms(2, 1)); a.status != 422 { // it counts
		t.Errorf("%d", a.status)
	}
}

// TestShadow: everything passes as it came, and every rule that would fire is
// counted.
func TestShadow(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "max_new: 1", "", "mode: shadow\n"+tokens))
	large := string(term.Message(term.Bin(strings.Repeat("x", 2<<20))))
	for _, body := range []string{list, export, atoms(0, 2), large, good + "x", "text"} {
		a := do(t, g, "POST", "/", body, "Content-Type", etf, "X-Token", "no token", "Cookie", "_app_key="+signed(export))
		if a.status != 200 || a.body != body {
			t.Errorf("%.20q came back as %d %.20q", body, a.status, a.body)
		}
		if _, got, _ := o.last(); got != body {
			t.Errorf("the node got %.20q for %.20q", got, body)
		}
	}
	do(t, g, "POST", "/", gzipped(good), "Content-Encoding", "gzip").want(t, 200, "")
	Eventually(t, "everything is counted", func() bool {
		return g.Count("mode=shadow", "rule=term", "direction=to_node", "code=rejected_export") >= 2 && g.Count("mode=shadow", "rule=atoms") >= 1 &&
			g.Count("mode=shadow", "code=limit_bytes") >= 2 && g.Count("mode=shadow", "code=trailing") >= 2 && g.Count("mode=shadow", "code=version") >= 2 &&
			g.Count("mode=shadow", "rule=verb", "code=token_form") >= 6 && g.Count("mode=shadow", "rule=verb", "code=content_encoding") == 1 &&
			g.Count("mode=shadow", "rule=answer", "code=rejected_export") == 1
	})

	// One rule in shadow beside others in earnest.
	g = Start(t, conf(o.addr(), "", "", "rules: {term: shadow, answer: shadow, verb: shadow}"))
	for _, body := range []string{list, export, "text"} {
		if a := do(t, g, "POST", "/", body, "Content-Type", etf); a.status != 200 || a.body != body {
			t.Errorf("%.20q came back as %d %.20q", body, a.status, a.body)
		}
	}
	if n := g.Count("mode=shadow", "rule=term"); n != 2 {
		t.Errorf("%v counted", n)
	}
}

// TestShadowRoom: copies take no more room than there is, and wait for none: what there is
// none for passes unjudged, and is counted.
func TestShadowRoom(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			(&chat{}).ServeHTTP(w, r)
		}
	})
	g := Start(t, conf(o.addr(), "", "max_bytes_in_flight: 64KiB", "mode: shadow\nhttp: {websocket: {allow: true}}"))
	long := string(term.Message(append(term.T{113}, append(append(term.Atom("ok"), term.Atom("ok")...), term.Bin(strings.Repeat("x", 200_000))...)...)))
	for range 3 {
		do(t, g, "POST", "/", long).want(t, 200, "")
	}
	Eventually(t, "what was too long is skipped", func() bool { return g.Sum("beamgate_shadow_skipped_total") == 3 })
	c, _, err := open(t, g, "/")
	if err != nil {
		t.Fatal(err)
	}
	if got, code := talk(t, c, websocket.MessageBinary, long); got != long {
		t.Errorf("%d bytes came back, %v", len(got), code)
	}
	Eventually(t, "and of a WebSocket, in both directions", func() bool { return g.Sum("beamgate_shadow_skipped_total") == 5 })
	if n := g.Count("mode=shadow", "rule=term"); n != 0 {
		t.Errorf("%v verdicts: %s", n, g.Log())
	}
	do(t, g, "POST", "/", export).want(t, 200, "")
	if got, code := talk(t, c, websocket.MessageBinary, export); got != export {
		t.Errorf("%q, %v", got, code)
	}
	Eventually(t, "what fits is judged", func() bool {
		return g.Count("mode=shadow", "rule=term") == 2 && g.Count("mode=shadow", "rule=answer") == 1
	})
	half := g.Dial("door") // some of which comes, and no more
	io.WriteString(half, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n"+strings.Repeat("x", 20_000))
	Eventually(t, "there is a copy", func() bool { return g.Sum("beamgate_held_bytes") >= 10_000 })
	half.Close()
	Eventually(t, "all room is given back", func() bool { return g.Sum("beamgate_held_bytes") == 0 })
}

// TestShadowNodeDown: that a node cannot be reached, does not answer, or ends its connection
// has no mode: it is told of, and answered, as anywhere else.
func TestShadowNodeDown(t *testing.T) {
	stop := make(chan bool)
	silent := newOrigin(t, func(http.ResponseWriter, *http.Request) { <-stop })
	defer close(stop)
	gone := server(t, func(net.Conn, int) {})
	for _, c := range []struct {
		addr, code string
		status     int
	}{{Free(t), "unreachable", 502}, {silent.addr(), "answer_timeout", 504}, {gone, "lost", 502}} {
		g := Start(t, conf(c.addr, "", "answer_timeout: 300ms", "mode: shadow"))
		for _, method := range []string{"GET", "POST"} {
			do(t, g, method, "/", "").want(t, c.status, c.code)
		}
		if n := g.Count("rule=upstream", "code="+c.code); n != 2 {
			t.Errorf("%s: %v counted", c.code, n)
		}
	}
}

// TestShadowUpgrade: what asks to leave HTTP, as clients do that would like h2, is answered
// within HTTP where the rule is not in earnest.
func TestShadowUpgrade(t *testing.T) {
	o := newOrigin(t, nil)
	for listener, noted := range map[string]float64{"mode: shadow": 1, "rules: {verb: shadow}": 1, "mode: off": 0, "rules: {verb: off}": 0} {
		g := Start(t, conf(o.addr(), "", "", listener))
		got := raw(t, g, "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 4\r\n\r\ntext")
		if !strings.HasPrefix(got, "HTTP/1.1 200") || !strings.HasSuffix(got, "text") {
			t.Errorf("%s: %q", listener, got)
		}
		if _, _, r := o.last(); r == nil || r.Header["Upgrade"] != nil || r.Header["Http2-Settings"] != nil {
			t.Errorf("%s: the node got %+v", listener, r)
		}
		if n := g.Count("mode=shadow", "code=upgrade"); n != noted {
			t.Errorf("%s: %v noted", listener, n)
		}
		do(t, g, "GET", "/", "", "Connection", "Upgrade", "Upgrade", "websocket").want(t, 501, "upgrade")
	}
}

// TestShadowHidesNoTerm: where the rule about requests is only noted, a header that it
// would refuse does not hide a term from the rule about terms.
func TestShadowHidesNoTerm(t *testing.T) {
	o := newOrigin(t, func(http.ResponseWriter, *http.Request) {})
	for _, mode := range []string{"shadow", "off"} {
		g := Start(t, conf(o.addr(), "max_new: 0", "", "rules: {verb: "+mode+"}"))
		for _, header := range [][]string{
			{"Content-Type", "multipart/mixed; boundary=x"}, {"Content-Type", "text/plain; charset"}, {"Content-Type", "application/grpc+erlpack"},
			{"Content-Encoding", "br"}, {"Content-Encoding", "deflate", "Content-Type", etf}, {"Content-Range", "bytes 0-8/9"}, {"Range", "bytes=0-8"},
		} {
			do(t, g, "POST", "/", export, header...).want(t, 422, "rejected_export")
			do(t, g, "POST", "/", atoms(0, 1), header...).want(t, 422, "limit_atom_budget")
			long := strings.Repeat("text ", 1<<19)
			for _, body := range []string{list, "--x--", "", long} {
				a := do(t, g, "POST", "/", body, header...)
				if _, got, r := o.last(); a.status != 200 || got != body || r.Header.Get(header[0]) != header[1] {
					t.Errorf("%v: %d, the node got %.20q, %v", header, a.status, got, r.Header)
				}
			}
		}
	}
}

// TestShadowEarlyAnswer: a node that answers before it has read the request is no
// trouble for who judges the copy while the rest is still sent: with -race.
func TestShadowEarlyAnswer(t *testing.T) {
	o := newOrigin(t, nil)
	o.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("Content-Length", "2")
		io.WriteString(w, "ok")
		http.NewResponseController(w).Flush()
		io.Copy(io.Discard, r.Body)
	})
	g := Start(t, conf(o.addr(), "", "", "mode: shadow"))
	for range 10 {
		body, w := io.Pipe()
		go func() {
			for range 1000 { // or until the client gives up
				if _, err := w.Write(make([]byte, 4<<10)); err != nil {
					return
				}
			}
			w.Close()
		}()
		r, err := http.NewRequest("POST", "http://"+g.Addr("door")+"/", body)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := client.Do(r); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
}

// TestClientHeader: who is believed may say who the client is.
func TestClientHeader(t *testing.T) {
	o := newOrigin(t, nil)
	const limits = "limits: {messages_per_second: 1, messages_burst: 1, max_pause: 1ms}\n"
	g := Start(t, conf(o.addr(), "per_client: 1\nmax_new: 10", "", limits+"http: {client: {name: X-Real-IP, from: [127.0.0.0/8]}}"))
	ask := func(from string, body string) answer { return do(t, g, "POST", "/", body, "X-Real-IP", from) }
	ask("10.0.0.1", atoms(0, 1)).want(t, 200, "")
	ask("10.0.0.1", "").want(t, 429, "rate")
	ask("10.0.0.2", atoms(1, 1)).want(t, 200, "")
	if _, _, r := o.last(); r.Header.Get("X-Forwarded-For") != "10.0.0.2" {
		t.Errorf("%v", r.Header)
	}
	g = Start(t, conf(o.addr(), "", "", limits+"http: {client: {name: X-Real-IP, from: [10.0.0.0/8]}}"))
	ask("10.0.0.1", "").want(t, 200, "")
	if _, _, r := o.last(); r.Header.Get("X-Real-Ip") != "" || r.Header.Get("X-Forwarded-For") != "127.0.0.1" {
		t.Errorf("%v", r.Header)
	}
	ask("10.0.0.2", "").want(t, 429, "rate")
}

// TestReloadHTTP: the next request of a connection has the new rules.
func TestReloadHTTP(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	ask := func() answer {
		r, _ := http.NewRequest("POST", "http://"+g.Addr("door"), strings.NewReader(list))
		return send(t, c, r)
	}
	if a := ask(); a.body != canonical {
		t.Errorf("%+v", a)
	}
	addr := g.Addr("door")
	if err := g.Load(conf(o.addr(), "", "", "caps: {MaxBytes: 4}")); err != nil || g.Addr("door") != addr {
		t.Fatal(err)
	}
	ask().want(t, 413, "limit_bytes")
}
