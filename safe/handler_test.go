package safe

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// echo tells what the next handler got.
type echo struct {
	Calls   int
	Body    string
	Length  int64
	Chunked bool
	Header  http.Header
	Trailer http.Header
	Err     string
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	e.Calls++
	e.Body, e.Length, e.Chunked = string(b), r.ContentLength, len(r.TransferEncoding) > 0
	e.Header, e.Trailer = r.Header, r.Trailer
	if err != nil {
		e.Err = err.Error()
	}
}

func serve(t *testing.T, g *Guard) (*httptest.Server, *echo) {
	t.Helper()
	next := &echo{}
	s := httptest.NewServer(g.Handler(next))
	t.Cleanup(s.Close)
	return s, next
}

type answer struct {
	status  int
	header  http.Header
	problem map[string]any
}

// send sends a request; names and values follow the body.
func send(t *testing.T, s *httptest.Server, method string, body io.Reader, pairs ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = fields(pairs...)
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if resp.StatusCode >= 400 && method != http.MethodHead {
		if err := json.NewDecoder(resp.Body).Decode(&a.problem); err != nil {
			t.Fatalf("the refusal is no JSON: %v", err)
		}
	}
	return a
}

func (a answer) want(t *testing.T, status int, code etf.Code) {
	t.Helper()
	if a.status != status || code != "" && a.problem["code"] != string(code) {
		t.Errorf("%d %v, want %d %s", a.status, a.problem, status, code)
	}
}

func TestHandlerForwardsWhatWasChecked(t *testing.T) {
	s, next := serve(t, decodingGuard(t, HTTP{}))
	ok := term(atom("ok"))
	for name, c := range map[string]struct {
		body   io.Reader
		header []string
	}{
		"sized":   {strings.NewReader(ok), []string{"Content-Type", "application/bert"}},
		"chunked": {oneByte{strings.NewReader(ok)}, nil},
		"lying":   {strings.NewReader(ok), []string{"Content-Type", "text/plain"}},
		"gzip": {strings.NewReader(gzipped(ok)),
			[]string{"Content-Encoding", "gzip", "Content-Digest", "sha-256=:x:", "Content-MD5", "x", "X-Own", "kept"}},
		"gzip, chunked": {oneByte{strings.NewReader(gzipped(ok))}, []string{"Content-Encoding", "gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			*next = echo{}
			send(t, s, "POST", c.body, c.header...).want(t, 200, "")
			if next.Calls != 1 || next.Body != ok || next.Length != int64(len(ok)) || next.Chunked || next.Err != "" {
				t.Errorf("next got %+v", next)
			}
			for _, gone := range []string{"Content-Encoding", "Content-Digest", "Content-Md5", "Transfer-Encoding", "Trailer"} {
				if v := next.Header.Get(gone); v != "" {
					t.Errorf("%s is still %q", gone, v)
				}
			}
			if name == "gzip" && next.Header.Get("X-Own") != "kept" {
				t.Error("X-Own is lost")
			}
			if v := next.Header.Get("Content-Length"); v != "5" {
				t.Errorf("Content-Length is %q", v)
			}
		})
	}
}

func TestHandlerStreamsTheRest(t *testing.T) {
	s, next := serve(t, okGuard(t, HTTP{}))
	text := strings.Repeat("hello ", 1<<18) // more than MaxBytes
	for name, body := range map[string]io.Reader{
		"sized": strings.NewReader(text), "chunked": io.MultiReader(strings.NewReader(text)),
	} {
		*next = echo{}
		send(t, s, "PUT", body, "Content-Type", "text/plain", "X-Own", "kept").want(t, 200, "")
		if next.Body != text || next.Chunked != (name == "chunked") || next.Header.Get("X-Own") != "kept" {
			t.Errorf("%s: next got %d bytes, chunked %v", name, len(next.Body), next.Chunked)
		}
	}
}

// TestHandlerKeepsTrailers of what passes, and drops those of terms.
func TestHandlerKeepsTrailers(t *testing.T) {
	s, next := serve(t, okGuard(t, HTTP{}))
	for body, want := range map[string]string{"text": "done", term(atom("ok")): ""} {
		r, _ := http.NewRequest("POST", s.URL, io.MultiReader(strings.NewReader(body)))
		r.Trailer = http.Header{"X-State": {"done"}}
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := next.Trailer.Get("X-State"); got != want || next.Body != body {
			t.Errorf("%q: trailer %q, want %q", next.Body, got, want)
		}
	}
}

func TestHandlerPassesWithoutBody(t *testing.T) {
	s, next := serve(t, okGuard(t, HTTP{OnlyETF: true}))
	n := 0
	for _, method := range []string{"GET", "HEAD", "DELETE", "OPTIONS"} {
		for _, header := range [][]string{
			nil, {"Content-Type", "application/bert"}, {"Accept", "application/bert"}, {"Content-Type", "multipart/mixed; boundary=x"},
		} {
			send(t, s, method, nil, header...).want(t, 200, "")
			n++
		}
		send(t, s, method, oneByte{strings.NewReader("")}, "Content-Type", "application/bert").want(t, 200, "")
		n++
	}
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		send(t, s, method, nil).want(t, 200, "")
		send(t, s, method, nil, "Content-Type", "application/bert").want(t, 422, etf.CodeTruncated)
		send(t, s, method, oneByte{strings.NewReader("")}, "Content-Type", "application/bert").want(t, 422, etf.CodeTruncated)
		n++
	}
	send(t, s, "GET", strings.NewReader(term(atom("new")))).want(t, 422, etf.CodeLimitNewAtoms)
	if next.Calls != n {
		t.Errorf("%d calls of next, want %d", next.Calls, n)
	}
}

func TestHandlerRefuses(t *testing.T) {
	ok := term(atom("ok"))
	for name, c := range map[string]struct {
		http   HTTP
		body   string
		header []string
		status int
		code   etf.Code
	}{
		"malformed":         {HTTP{}, "\x83\xff", nil, 422, etf.CodeUnknownTag},
		"smuggled trailer":  {HTTP{}, ok + "GET / HTTP/1.1\r\n\r\n", nil, 422, etf.CodeTrailing},
		"rejected":          {HTTP{}, term(export("ok", "ok")), nil, 422, etf.CodeRejectedExport},
		"limit":             {HTTP{}, term(strings.Repeat("h\x01", 500) + "j"), nil, 422, etf.CodeLimitDepth},
		"too large":         {HTTP{}, term(blob(strings.Repeat("x", 1<<20))), nil, 413, etf.CodeLimitBytes},
		"not a term":        {HTTP{}, "{}", []string{"Content-Type", "application/bert"}, 422, etf.CodeVersion},
		"two content types": {HTTP{}, "{}", []string{"Content-Type", "text/plain", "Content-Type", "application/bert"}, 400, CodeContentType},
		"multipart":         {HTTP{}, "--x--", []string{"Content-Type", "multipart/mixed; boundary=x"}, 415, CodeMultipart},
		"coding":            {HTTP{}, gzipped(ok), []string{"Content-Encoding", "gzip"}, 415, CodeContentEncoding},
		"range":             {HTTP{}, "", []string{"Range", "bytes=0-1"}, 416, CodeRange},
		"empty range":       {HTTP{}, ok, []string{"Range", ""}, 416, CodeRange},
		"content range":     {HTTP{}, ok, []string{"Content-Range", "bytes 0-4/10"}, 400, CodeRange},
		"both ranges":       {HTTP{}, ok, []string{"Range", "bytes=0-1", "Content-Range", "bytes 0-4/10"}, 400, CodeRange},
		"grpc":              {HTTP{}, "\x00\x00\x00\x00\x00", []string{"Content-Type", "application/grpc+erlpack"}, 415, CodeGRPC},
		"only ETF":          {HTTP{OnlyETF: true}, "{}", nil, 415, CodeNotETF},
		"upgrade":           {HTTP{}, ok, []string{"Connection", "Upgrade", "Upgrade", "websocket"}, 501, CodeUpgrade},
		"h2c":               {HTTP{}, ok, []string{"Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", ""}, 501, CodeUpgrade},
	} {
		t.Run(name, func(t *testing.T) {
			budget := limits.NewAtomBudget(10)
			s, next := serve(t, mustGuard(t, Forward{Budgets: []limits.Budget{budget}, HTTP: c.http}))
			a := send(t, s, "POST", strings.NewReader(c.body), c.header...)
			a.want(t, c.status, c.code)
			if got := a.header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("answered with %s", got)
			}
			if next.Calls != 0 {
				t.Error("next was called")
			}
			unspent(t, budget)
		})
	}
}

// TestHTTP2: the middleware sees the same there, and a refusal leaves the
// connection to other requests.
func TestHTTP2(t *testing.T) {
	next := &echo{}
	s := httptest.NewUnstartedServer(okGuard(t, HTTP{}).Handler(next))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	ok := term(atom("ok"))
	send(t, s, "POST", oneByte{strings.NewReader(ok)}).want(t, 200, "")
	if next.Body != ok || next.Length != 5 {
		t.Errorf("next got %+v", next)
	}
	a := send(t, s, "POST", strings.NewReader(term(blob(strings.Repeat("x", 1<<20)))))
	a.want(t, 413, etf.CodeLimitBytes)
	if a.header.Get("Connection") != "" {
		t.Error("the connection was given up")
	}
	send(t, s, "POST", strings.NewReader("text"), "Content-Type", "text/plain").want(t, 200, "")
}

// TestBudgetIsSpentBeforeNext, and not when next is done.
func TestBudgetIsSpentBeforeNext(t *testing.T) {
	budget := limits.NewAtomBudget(5)
	g := mustGuard(t, Forward{Budgets: []limits.Budget{budget}})
	var committed int64
	h := g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { committed = budget.Committed() }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(term(tuple(atom("a"), atom("b"))))))
	if committed != 2 {
		t.Errorf("%d names committed when next ran, want 2", committed)
	}
}

// TestHandlerLeavesTheRequest: the server's request is not changed.
func TestHandlerLeavesTheRequest(t *testing.T) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(gzipped(term(atom("ok")))))
	r.Header.Set("Content-Encoding", "gzip")
	body, header := r.Body, r.Header.Clone()
	h := decodingGuard(t, HTTP{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, got *http.Request) {
		if got == r || got.Context() != r.Context() {
			t.Error("next got another request than a copy")
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), r)
	if r.Body != body || len(r.Header) != len(header) || r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the request was changed: %v", r.Header)
	}
}
