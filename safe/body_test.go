package safe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// fields makes a header of names and values in turn.
func fields(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func declared(kind string) http.Header { return fields("Content-Type", kind) }

// bodyCase is a message, and what becomes of it: a term, a stream or a refusal.
type bodyCase struct {
	name   string
	header http.Header
	body   string
	code   etf.Code
	status int
	etf    bool
}

func (c bodyCase) check(t *testing.T, g *Guard) {
	t.Helper()
	for how, r := range map[string]io.Reader{
		"whole": strings.NewReader(c.body), "by bytes": oneByte{strings.NewReader(c.body)},
	} {
		b, err := g.Body(c.header, r)
		if c.code != "" {
			e, ok := errors.AsType[*HTTPError](err)
			if !ok || e.Code != c.code || e.Status != c.status {
				t.Errorf("%s: %v, want %d %s", how, err, c.status, c.code)
			}
			if b.ETF || b.Bytes != nil || b.Stream != nil {
				t.Errorf("%s: a refusal with a body: %+v", how, b)
			}
			continue
		}
		if err != nil || b.ETF != c.etf {
			t.Errorf("%s: %+v, %v", how, b, err)
			continue
		}
		got := b.Bytes
		if !b.ETF {
			if got, err = io.ReadAll(b.Stream); err != nil {
				t.Errorf("%s: %v", how, err)
			}
		}
		if want := c.body; string(got) != want && !b.Decoded {
			t.Errorf("%s: %q, want %q", how, got, want)
		}
	}
}

func TestBody(t *testing.T) {
	g := okGuard(t, HTTP{})
	ok := term(atom("ok"))
	for _, c := range []bodyCase{
		{"declared", declared("application/bert"), ok, "", 0, true},
		{"not declared", fields(), ok, "", 0, true},
		{"lying type", declared("text/plain"), ok, "", 0, true},
		{"empty type", declared(""), ok, "", 0, true},
		{"lying type of a bad term", declared("text/plain"), term(atom("new")), etf.CodeLimitNewAtoms, 422, false},
		{"lying type, no term at all", declared("text/plain"), "\x83 is f with a hook", etf.CodeUnknownTag, 422, false},
		{"text", declared("text/plain"), "hello", "", 0, false},
		{"nothing", fields(), "", "", 0, false},
		{"nothing, as text", declared("text/plain"), "", "", 0, false},
		{"declared, but text", declared("application/bert"), "hello", etf.CodeVersion, 422, false},
		{"declared, but empty", declared("application/bert"), "", etf.CodeTruncated, 422, false},
		{"version alone", fields(), "\x83", etf.CodeTruncated, 422, false},
		{"trailing", declared("application/bert"), ok + "\n", etf.CodeTrailing, 422, false},
		{"two terms", declared("application/bert"), ok + ok, etf.CodeTrailing, 422, false},
		{"export", declared("application/bert"), term(export("ok", "ok")), etf.CodeRejectedExport, 422, false},
		{"claims 4 GiB", declared("application/bert"), term(binary32("m", 1<<32-1)), etf.CodeLimitBytes, 413, false},

		{"two types", fields("Content-Type", "application/bert", "Content-Type", "text/plain"), ok, CodeContentType, 400, false},
		{"the same twice", fields("Content-Type", "text/plain", "Content-Type", "text/plain"), "x", CodeContentType, 400, false},
		{"two in one line", declared("text/plain, application/bert"), "x", CodeContentType, 400, false},
		{"behind a parameter", declared("text/plain; a, application/bert"), "x", CodeContentType, 400, false},
		{"no type", declared("; charset=utf-8"), "x", CodeContentType, 400, false},
		{"multipart", declared("Multipart/Form-Data; boundary=x"), "--x--", CodeMultipart, 415, false},
		{"gRPC", declared("application/grpc+erlpack"), "\x00\x00\x00\x00\x02" + ok, CodeGRPC, 415, false},
		{"gRPC web", declared("Application/gRPC-Web+Erlpack; v=1"), "\x00", CodeGRPC, 415, false},
		{"other gRPC", declared("application/grpc"), "\x00\x00\x00\x00\x00", "", 0, false},

		{"identity", fields("Content-Encoding", " Identity "), ok, "", 0, true},
		{"no coding", fields("Content-Encoding", ""), ok, "", 0, true},
		{"gzip", fields("Content-Encoding", "gzip"), gzipped(ok), CodeContentEncoding, 415, false},
		{"gzip of text", fields("Content-Encoding", "gzip", "Content-Type", "text/plain"), gzipped("x"), CodeContentEncoding, 415, false},
		{"no gzip", fields("Content-Encoding", "gzip"), ok, CodeContentEncoding, 415, false},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, g) })
	}
}

// TestDeclaringTypes: what declares ETF makes of a body without a term a refusal.
func TestDeclaringTypes(t *testing.T) {
	g := okGuard(t, HTTP{})
	declares := slices.DeleteFunc(ContentTypes(), func(s string) bool { return s[0] == '+' })
	declares = append(declares,
		"APPLICATION/X-Erlang-BINARY", " application/bert ", "application/bert;v=1", "application/bert ; V=\"a,b\"",
		"application/vnd.hex+erlang; charset=utf-8", "application/anything+etf", "x/y+z+ERLANG",
	)
	for _, kind := range declares {
		if _, err := g.Body(declared(kind), strings.NewReader("text")); codeOf(err) != etf.CodeVersion {
			t.Errorf("%q does not declare ETF: %v", kind, err)
		}
	}
	for _, kind := range []string{
		"application/json", "application/erlang", "application/bert+json", "application/x-bert", "erlang", "text/etf",
		"application/octet-stream", "application/vnd.hex+json", "application/vnd.hex+elixir",
	} {
		if _, err := g.Body(declared(kind), strings.NewReader("text")); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

func TestOwnTypes(t *testing.T) {
	for _, c := range []struct {
		types []string
		kind  string
		want  etf.Code
	}{
		{[]string{"Application/Own", "+own"}, "application/own", etf.CodeVersion},
		{[]string{"Application/Own", "+own"}, "a/b+OWN", etf.CodeVersion},
		{[]string{"Application/Own", "+own"}, "application/bert", ""},
		{[]string{}, "application/bert", ""},
	} {
		g := okGuard(t, HTTP{Types: c.types})
		if _, err := g.Body(declared(c.kind), strings.NewReader("text")); codeOf(err) != c.want {
			t.Errorf("%q of %q: %v, want %q", c.kind, c.types, err, c.want)
		}
		if _, err := g.Body(declared(c.kind), strings.NewReader(term(atom("new")))); codeOf(err) != etf.CodeLimitNewAtoms {
			t.Errorf("%q of %q: a term was not looked at: %v", c.kind, c.types, err)
		}
	}
}

func TestContentTypesIsACopy(t *testing.T) {
	ContentTypes()[0] = "x"
	if ContentTypes()[0] == "x" {
		t.Error("the list can be changed")
	}
}

func TestOnlyETF(t *testing.T) {
	g := okGuard(t, HTTP{OnlyETF: true})
	for _, c := range []bodyCase{
		{"text", declared("text/plain"), "hello", CodeNotETF, 415, false},
		{"untyped", fields(), "hello", CodeNotETF, 415, false},
		{"nothing", fields(), "", "", 0, false},
		{"term", declared("application/bert"), term(atom("ok")), "", 0, true},
		{"untyped term", fields(), term(atom("ok")), "", 0, true},
		{"declared text", declared("application/bert"), "hello", etf.CodeVersion, 422, false},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, g) })
	}
}

// TestBodyCaps: exactly at the cap passes, one past it fails and names it,
// whatever Content-Length says.
func TestBodyCaps(t *testing.T) {
	const size = 5000
	of := func(n int) string { return term(blob(strings.Repeat("x", n-6))) }
	for _, c := range []struct {
		cap  string
		code etf.Code
	}{{"MaxBytes", etf.CodeLimitBytes}, {"MaxBuffered", etf.CodeLimitBuffered}} {
		var with limits.Limits
		with.Set(c.cap, size)
		g := mustGuard(t, Forward{Atoms: atoms(t), Tighten: with})
		for _, length := range []string{"", "0", "17", "5000", "x", "-3"} {
			h := declared("application/etf")
			if length != "" {
				h.Set("Content-Length", length)
			}
			name := fmt.Sprintf("%s, Content-Length %q", c.cap, length)
			if b, err := g.Body(h, oneByte{strings.NewReader(of(size))}); err != nil || len(b.Bytes) != size {
				t.Errorf("%s: at the cap: %v", name, err)
			}
			_, err := g.Body(h, strings.NewReader(of(size+1)))
			checkTooLarge(t, name, err, c.code, limits.Error{Name: c.cap, Max: size, Got: size + 1})
		}
		_, err := g.Body(fields("Content-Length", "5001", "Content-Type", "application/etf"), failing{io.ErrNoProgress})
		checkTooLarge(t, c.cap+" claimed", err, c.code, limits.Error{Name: c.cap, Max: size, Got: 5001})
		_, err = g.Body(fields("Content-Length", "99999"), io.MultiReader(strings.NewReader("\x83"), failing{io.ErrNoProgress}))
		checkTooLarge(t, c.cap+" claimed and not declared", err, c.code, limits.Error{Name: c.cap, Max: size, Got: 99999})
		if b, err := g.Body(fields("Content-Length", "99999"), strings.NewReader(strings.Repeat("x", 99999))); err != nil || b.Stream == nil {
			t.Errorf("%s is for terms: %v", c.cap, err)
		}
	}
}

func checkTooLarge(t *testing.T, name string, err error, code etf.Code, want limits.Error) {
	t.Helper()
	e, _ := errors.AsType[*HTTPError](err)
	l, _ := errors.AsType[*limits.Error](err)
	if e == nil || l == nil || e.Status != 413 || e.Code != code || *l != want || !errors.Is(err, etf.ErrLimit) {
		t.Errorf("%s: %v, want 413 %s %+v", name, err, code, want)
	}
}

func TestNoRoomAtAll(t *testing.T) {
	g := mustGuard(t, Forward{Atoms: atoms(t, "ok"), Tighten: limits.Limits{MaxBytes: limits.None}})
	_, err := g.Body(fields(), strings.NewReader(term(atom("ok"))))
	checkTooLarge(t, "None", err, etf.CodeLimitBytes, limits.Error{Name: "MaxBytes", Got: 1})
}

// TestBrokenBodies: the reader's error is told apart from bad input.
func TestBrokenBodies(t *testing.T) {
	g := okGuard(t, HTTP{})
	for name, c := range map[string]struct {
		body   io.Reader
		status int
		code   etf.Code
		is     error
	}{
		"at once":       {failing{errBroken}, 400, etf.CodeRead, errBroken},
		"in the term":   {broken("\x83w\x02o"), 400, etf.CodeRead, errBroken},
		"behind it":     {broken(term(atom("ok"))), 400, etf.CodeRead, errBroken},
		"short":         {io.MultiReader(strings.NewReader("\x83w"), failing{io.ErrUnexpectedEOF}), 400, etf.CodeRead, io.ErrUnexpectedEOF},
		"late":          {failing{fmt.Errorf("read: %w", os.ErrDeadlineExceeded)}, 408, etf.CodeRead, os.ErrDeadlineExceeded},
		"given up":      {failing{context.Canceled}, 400, etf.CodeRead, context.Canceled},
		"over an outer": {http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(term(atom("ok")))), 3), 413, etf.CodeLimitBytes, etf.ErrLimit},
		"idle":          {idle{}, 400, etf.CodeRead, io.ErrNoProgress},
		"nonsense":      {nonsense{}, 400, etf.CodeRead, errBadRead},
	} {
		_, err := g.Body(declared("application/etf"), c.body)
		e, _ := errors.AsType[*HTTPError](err)
		if e == nil || e.Status != c.status || e.Code != c.code || !errors.Is(err, c.is) {
			t.Errorf("%s: %v, want %d %s", name, err, c.status, c.code)
		}
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

type nonsense struct{}

func (nonsense) Read(p []byte) (int, error) { return len(p) + 1, nil }

// TestStreamIsWhole: a body that passes is not read ahead, and its error is seen.
func TestStreamIsWhole(t *testing.T) {
	g := okGuard(t, HTTP{})
	r := strings.NewReader("hello")
	b, err := g.Body(fields(), r)
	if err != nil || r.Len() != 4 {
		t.Fatalf("%v, %d bytes left, want 4", err, r.Len())
	}
	if got, err := io.ReadAll(b.Stream); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	b, err = g.Body(fields(), broken("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b.Stream); string(got) != "hello" || err != errBroken {
		t.Errorf("%q, %v", got, err)
	}
	// An end that comes with the bytes comes once.
	b, err = g.Body(fields(), &withEnd{"h"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b.Stream); string(got) != "h" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if b, err := g.Body(fields(), http.NoBody); err != nil || b.Stream != http.NoBody {
		t.Errorf("%v, %v", b.Stream, err)
	}
}

// TestFieldNames: however a field is spelled, it counts; and twice is twice.
func TestFieldNames(t *testing.T) {
	g := okGuard(t, HTTP{})
	for name, c := range map[string]struct {
		header http.Header
		body   string
		code   etf.Code
	}{
		"coding":           {http.Header{"content-encoding": {"gzip"}}, gzipped(term(atom("new"))), CodeContentEncoding},
		"two codings":      {http.Header{"Content-Encoding": {"identity"}, "content-encoding": {"gzip"}}, gzipped("x"), CodeContentEncoding},
		"multipart":        {http.Header{"content-TYPE": {"multipart/mixed; boundary=x"}}, "--x--", CodeMultipart},
		"declared":         {http.Header{"content-type": {"application/etf"}}, "text", etf.CodeVersion},
		"two types":        {http.Header{"content-type": {"text/plain"}, "Content-Type": {"text/plain"}}, "text", CodeContentType},
		"range":            {http.Header{"content-range": {"bytes 0-3/9"}}, "text", CodeRange},
		"length":           {http.Header{"content-length": {"9999999"}, "content-type": {"application/etf"}}, term(atom("ok")), etf.CodeLimitBytes},
		"nothing about it": {http.Header{"x-content-type": {"application/etf"}}, "text", ""},
	} {
		if _, err := g.Body(c.header, strings.NewReader(c.body)); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// TestFieldNamesOfWhatGoesOn: however a field is spelled, it is gone if what it said holds
// no longer. Two lengths would be a smuggled request.
func TestFieldNamesOfWhatGoesOn(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	stale := func() http.Header {
		return http.Header{
			"content-type": {"application/etf"}, "content-encoding": {"gzip"}, "content-length": {"26"}, "CONTENT-LENGTH": {"27"},
			"transfer-encoding": {"chunked"}, "trailer": {"X"}, "digest": {"x"}, "content-md5": {"x"}, "repr-digest": {"x"}, "etag": {`"1"`}, "x-mine": {"1"},
		}
	}
	want := http.Header{"content-type": {"application/etf"}, "Content-Length": {"5"}, "Etag": {`W/"1"`}, "x-mine": {"1"}}
	body := gzipped(term(atom("ok")))
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header = stale()
	if err := g.CheckRequest(r); err != nil || !reflect.DeepEqual(r.Header, want) {
		t.Errorf("request: %v, %v", r.Header, err)
	}
	resp := &http.Response{StatusCode: 200, Header: stale(), Body: io.NopCloser(strings.NewReader(body))}
	if err := g.CheckResponse(resp); err != nil || !reflect.DeepEqual(resp.Header, want) {
		t.Errorf("response: %v, %v", resp.Header, err)
	}
	if b, err := g.Body(nil, nil); err != nil || b.Stream != http.NoBody {
		t.Errorf("no body: %v, %v", b, err)
	}
}
