package safe

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

func response(status int, header http.Header, body io.Reader) *http.Response {
	r := &http.Response{StatusCode: status, Header: header, ContentLength: -1, Request: &http.Request{Method: "GET"}}
	if body != nil {
		r.Body = io.NopCloser(body)
	}
	return r
}

func TestCheckResponse(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	ok := term(atom("ok"))
	hex := "application/vnd.hex+erlang"
	for name, c := range map[string]struct {
		status int
		header http.Header
		body   string
		code   etf.Code
	}{
		"term":              {200, declared(hex), ok, ""},
		"lying type":        {200, declared("text/html"), ok, ""},
		"text":              {200, declared("text/html"), "<p>", ""},
		"no content":        {204, declared(hex), "", ""},
		"not modified":      {304, declared(hex), "", ""},
		"error of terms":    {404, declared(hex), ok, ""},
		"atoms":             {200, declared(hex), term(list(atom("x"), atom("y"))), etf.CodeLimitNewAtoms},
		"atoms in an error": {500, declared("text/html"), term(list(atom("x"), atom("y"))), etf.CodeLimitNewAtoms},
		"export":            {200, declared(hex), term(export("ok", "ok")), etf.CodeRejectedExport},
		"nothing":           {200, declared(hex), "", etf.CodeTruncated},
		"part":              {206, declared("text/html"), "x", CodeRange},
		"marked part":       {200, fields("Content-Range", "bytes 0-4/9"), ok, CodeRange},
		"parts":             {200, declared("multipart/byteranges; boundary=x"), "--x", CodeMultipart},
		"coding":            {200, fields("Content-Encoding", "br"), "x", CodeContentEncoding},
		"two types":         {200, fields("Content-Type", hex, "Content-Type", "text/html"), ok, CodeContentType},
	} {
		t.Run(name, func(t *testing.T) {
			r := response(c.status, c.header, strings.NewReader(c.body))
			err := g.CheckResponse(r)
			if codeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Fatalf("%v, want %q", err, c.code)
			}
			if e, ok := err.(*HTTPError); ok && (e.Status != 502 || e.unread) {
				t.Errorf("answered with %d", e.Status)
			}
			if err != nil {
				return
			}
			if b, err := io.ReadAll(r.Body); string(b) != c.body || err != nil {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
}

func TestCheckResponseDecodes(t *testing.T) {
	h := fields("Content-Encoding", "gzip", "Etag", `"abc"`, "Repr-Digest", "sha-256=:x:", "Trailer", "X-A")
	r := response(200, h, strings.NewReader(gzipped(term(atom("ok")))))
	r.TransferEncoding, r.Trailer = []string{"chunked"}, http.Header{"X-A": nil}
	if err := decodingGuard(t, HTTP{}).CheckResponse(r); err != nil {
		t.Fatal(err)
	}
	want := fields("Content-Length", "5", "Etag", `W/"abc"`)
	if len(r.Header) != len(want) || r.Header.Get("Etag") != `W/"abc"` || r.Header.Get("Content-Length") != "5" {
		t.Errorf("header is %v, want %v", r.Header, want)
	}
	if r.ContentLength != 5 || r.TransferEncoding != nil || r.Trailer != nil {
		t.Errorf("%+v", r)
	}
	if h.Get("Content-Encoding") != "gzip" {
		t.Error("the header was changed in place")
	}
}

func TestCheckResponseWithoutHeader(t *testing.T) {
	r := response(200, nil, strings.NewReader(term(atom("ok"))))
	if err := okGuard(t, HTTP{}).CheckResponse(r); err != nil || r.Header.Get("Content-Length") != "5" {
		t.Errorf("%v, %v", r.Header, err)
	}
}

// TestCheckResponseWithoutBody: what has no body by its status is left without
// one, whatever came as a body.
func TestCheckResponseWithoutBody(t *testing.T) {
	g := okGuard(t, HTTP{})
	head := response(200, declared("application/etf"), strings.NewReader("never read"))
	head.Request.Method = "HEAD"
	bodiless := response(200, declared("application/etf"), nil)
	code := strings.NewReader(term(export("erlang", "halt")))
	for _, r := range []*http.Response{head, bodiless, response(204, fields(), code), response(304, fields(), code)} {
		if err := g.CheckResponse(r); err != nil {
			t.Errorf("%d: %v", r.StatusCode, err)
		}
		if r.Body == nil {
			continue
		}
		if b, err := io.ReadAll(r.Body); len(b) > 0 || err != nil {
			t.Errorf("%d: a body of %d bytes, %v", r.StatusCode, len(b), err)
		}
	}
	switched := response(101, fields(), failing{errBroken})
	if err := okGuard(t, HTTP{Upgrade: true}).CheckResponse(switched); err != nil || switched.Body == http.NoBody {
		t.Errorf("101 where it is wanted: %v", err)
	}
	if err := g.CheckResponse(response(101, fields(), nil)); codeOf(err) != CodeUpgrade {
		t.Errorf("101: %v", err)
	}
}

// proxy is a reverse proxy that checks both directions.
func proxy(t *testing.T, g *Guard, upstream http.Handler) *httptest.Server {
	t.Helper()
	up := httptest.NewServer(upstream)
	t.Cleanup(up.Close)
	target, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      &http.Transport{DisableCompression: true},
		ModifyResponse: g.CheckResponse,
		ErrorHandler:   g.ServeError,
	}
	s := httptest.NewServer(g.Handler(p))
	t.Cleanup(s.Close)
	return s
}

func TestProxyBothWays(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	upstream := &echo{}
	reply := term(atom("ok"))
	s := proxy(t, g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upstream.ServeHTTP(w, r)
		w.Header().Set("Content-Type", "application/vnd.hex+erlang")
		w.(http.Flusher).Flush() // chunked
		io.WriteString(w, reply)
	}))

	a := send(t, s, "POST", oneByte{strings.NewReader(gzipped(reply))}, "Content-Encoding", "gzip")
	a.want(t, 200, "")
	if upstream.Body != reply || upstream.Length != 5 || upstream.Chunked || upstream.Header.Get("Content-Encoding") != "" {
		t.Errorf("upstream got %+v", upstream)
	}
	if got := a.header.Get("Content-Length"); got != "5" {
		t.Errorf("the answer has Content-Length %q", got)
	}

	reply = term(list(atom("x"), atom("y")))
	a = send(t, s, "GET", nil, "X-Request-Id", "r-1")
	a.want(t, 502, etf.CodeLimitNewAtoms)
	if a.problem["request_id"] != "r-1" {
		t.Errorf("%v", a.problem)
	}
	send(t, s, "POST", strings.NewReader(reply)).want(t, 422, etf.CodeLimitNewAtoms)
	if upstream.Calls != 2 {
		t.Errorf("%d calls of the upstream, want 2", upstream.Calls)
	}
}

func TestProxyWithoutUpstream(t *testing.T) {
	s := proxy(t, okGuard(t, HTTP{Details: true}), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	a := send(t, s, "GET", nil)
	a.want(t, 502, CodeUpstream)
	if len(a.problem) != 5 {
		t.Errorf("the text of an error leaked: %v", a.problem)
	}
}

// TestCheckRequestOfAClient is the forward proxy's side: requests that net/http
// will send, and may send twice.
func TestCheckRequestOfAClient(t *testing.T) {
	ok := term(atom("ok"))
	closed := &closing{Reader: strings.NewReader(ok)}
	r := &http.Request{Method: "POST", Body: closed, ContentLength: -1}
	if err := okGuard(t, HTTP{}).CheckRequest(r); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		again, err := r.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(again); string(b) != ok {
			t.Errorf("GetBody gives %q", b)
		}
	}
	if b, _ := io.ReadAll(r.Body); !bytes.Equal(b, []byte(ok)) || r.ContentLength != 5 || closed.n != 1 {
		t.Errorf("%q, length %d, closed %d times", b, r.ContentLength, closed.n)
	}

	closed = &closing{Reader: strings.NewReader("text")}
	r = &http.Request{Method: "POST", Body: closed, ContentLength: 4}
	if err := okGuard(t, HTTP{}).CheckRequest(r); err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(r.Body); string(b) != "text" || closed.n != 0 {
		t.Errorf("%q, closed %d times", b, closed.n)
	}
	if r.Body.Close(); closed.n != 1 {
		t.Error("the body cannot be closed")
	}

	r = &http.Request{}
	if err := okGuard(t, HTTP{}).CheckRequest(r); err != nil || r.Body != http.NoBody {
		t.Errorf("no body: %v, %v", r.Body, err)
	}
}

type closing struct {
	io.Reader
	n int
}

func (c *closing) Close() error { c.n++; return nil }
