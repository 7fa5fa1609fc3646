package safe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// problemOf is the answer to an error.
func problemOf(t *testing.T, h HTTP, err error, request http.Header) (map[string]any, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	w.Header().Set("Etag", `"of the answer that was not given"`)
	r := httptest.NewRequest("POST", "/", nil)
	r.Header = request
	okGuard(t, h).ServeError(w, r, err)
	var p map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if int(p["status"].(float64)) != w.Code {
		t.Errorf("status %v in the body, %d above it", p["status"], w.Code)
	}
	return p, w.Header()
}

func checkOf(t *testing.T, body string) error {
	t.Helper()
	_, err := okGuard(t, HTTP{}).Body(declared("application/etf"), strings.NewReader(body))
	if err == nil {
		t.Fatalf("%q was accepted", body)
	}
	return err
}

func TestProblem(t *testing.T) {
	err := checkOf(t, term(tuple("a\x01", list("a\x01", atom("SECRET")))))
	p, h := problemOf(t, HTTP{}, err, fields("X-Request-Id", "r-1"))
	want := map[string]any{
		"type": "about:blank", "title": "Unprocessable Entity", "status": 422.0, "code": "limit_new_atoms", "request_id": "r-1",
	}
	if fmt.Sprint(p) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", p, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"X-Request-Id": "r-1", "Etag": "",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestProblemDetails(t *testing.T) {
	for body, want := range map[string]string{
		term(tuple("a\x01", list("a\x01", atom("SECRET")))): `map[limit:map[got:1 max:0 name:MaxNewAtoms] offset:12 path:tuple[1]/list[1]]`,
		"\x82SECRET": `map[offset:0]`,
		term(blob(strings.Repeat("SECRET", 200_000))): `map[limit:map[got:1.048577e+06 max:1.048576e+06 name:MaxBytes]]`,
		term(atom("ok")) + "SECRET":                   `map[offset:5]`,
	} {
		p, _ := problemOf(t, HTTP{Details: true}, checkOf(t, body), nil)
		for _, name := range []string{"type", "title", "status", "code", "request_id"} {
			if p[name] == nil {
				t.Errorf("no %s in %v", name, p)
			}
			delete(p, name)
		}
		if got := fmt.Sprint(p); got != want {
			t.Errorf("%.20q: %s, want %s", body, got, want)
		}
	}
}

// TestProblemOfAnyError: whatever is given, something fit is answered.
func TestProblemOfAnyError(t *testing.T) {
	g := okGuard(t, HTTP{})
	var none *HTTPError
	for want, errs := range map[string][]error{
		"422 rejected_fun": {g.Check([]byte("\x83p")), fmt.Errorf("mine: %w", g.Check([]byte("\x83p")))},
		"502 upstream":     {io.ErrUnexpectedEOF, nil, none, fmt.Errorf("mine: %w", none)},
		"502 mine":         {&HTTPError{Code: "mine"}, &HTTPError{Status: 100, Code: "mine"}, &HTTPError{Status: 1000, Code: "mine"}, &HTTPError{Status: -1, Code: "mine"}},
		"999 mine":         {&HTTPError{Status: 999, Code: "mine"}},
	} {
		for _, err := range errs {
			if p, _ := problemOf(t, HTTP{Details: true}, err, nil); fmt.Sprint(p["status"], " ", p["code"]) != want {
				t.Errorf("%T: %v, want %s", err, p, want)
			}
		}
	}
}

func TestProblemOfInflatedData(t *testing.T) {
	g := mustGuard(t, Forward{Atoms: atoms(t), Profile: etf.Cache()})
	_, err := g.Body(fields(), strings.NewReader(term(compressed(tuple("a\x01", atom("new"))))))
	p, _ := problemOf(t, HTTP{Details: true}, err, nil)
	if p["inflated"] != true || p["offset"] != 4.0 || p["path"] != "tuple[1]" {
		t.Errorf("%v", p)
	}
}

// TestProblemTellsNoErrorText: readers and budgets put names of files and hosts
// into theirs.
func TestProblemTellsNoErrorText(t *testing.T) {
	for _, err := range []error{
		received(errors.New("read tcp 10.0.0.7:4369: SECRET")),
		errors.New("dial tcp 10.0.0.7: SECRET"),
		refuseTerm(&etf.Error{Code: etf.CodeLimitAtomBudget, Err: errors.New("SECRET")}),
	} {
		p, _ := problemOf(t, HTTP{Details: true}, err, nil)
		if strings.Contains(fmt.Sprint(p), "SECRET") || strings.Contains(fmt.Sprint(p), "10.0") {
			t.Errorf("%v", p)
		}
	}
}

func TestRequestID(t *testing.T) {
	long := strings.Repeat("x", 128)
	for _, id := range []string{"1", "a-b_c.d:e/f+g=h@i~j", long, "0AZaz9"} {
		if got := requestID(fields("X-Request-Id", id)); got != id {
			t.Errorf("%q became %q", id, got)
		}
	}
	seen := map[string]bool{}
	for _, h := range []http.Header{
		nil, fields(), fields("X-Request-Id", ""), fields("X-Request-Id", long+"x"), fields("X-Request-Id", "a b"),
		fields("X-Request-Id", "a\r\nb"), fields("X-Request-Id", "<script>"), fields("X-Request-Id", "ä"), fields("X-Request-Id", "a\x00"),
		fields("X-Request-Id", "a", "X-Request-Id", "b"), fields("X-Request-Id", `"`), fields("X-Request-Id", "{}"),
	} {
		id := requestID(h)
		if len(id) < 20 || seen[id] || requestID(fields("X-Request-Id", id)) != id {
			t.Errorf("%v: id %q", h, id)
		}
		seen[id] = true
	}
}

func TestOnRefuse(t *testing.T) {
	var id string
	var seen *HTTPError
	h := HTTP{OnRefuse: func(r *http.Request, i string, e *HTTPError) { id, seen = i, e }}
	err := checkOf(t, "\x83")
	p, _ := problemOf(t, h, err, nil)
	if id != p["request_id"] || error(seen) != err {
		t.Errorf("%q, %v, want %v, %v", id, seen, p["request_id"], err)
	}
}

func TestHTTPError(t *testing.T) {
	cause := checkOf(t, term(export("ok", "ok")))
	if !errors.Is(cause, etf.ErrRejected) || errors.Is(cause, etf.ErrLimit) {
		t.Errorf("%v does not show its cause", cause)
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{cause, "safe: HTTP 422, rejected_export: etf: rejected_export at offset 1, EXPORT_EXT: not in etf.Config.Policy.Allow: etf.Exports"},
		{refuse(415, CodeMultipart), "safe: HTTP 415, multipart"},
		{tooLarge(etf.CodeLimitBytes, "MaxBytes", limits.None, 7),
			"safe: HTTP 413, limit_bytes: limit MaxBytes is 0, needed at least 7 (etf.Config.Limits.MaxBytes raises it)"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	log.Info("refused", "err", cause)
	log.Info("refused", "err", refuse(415, CodeMultipart))
	for _, want := range []string{
		"err.status=422 err.code=rejected_export err.cause.code=rejected_export err.cause.offset=1", "err.status=415 err.code=multipart\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s, want %s", b.String(), want)
		}
	}
}

// TestCodes: they are stable, their own, and none of them is one of package etf.
func TestCodes(t *testing.T) {
	want := []etf.Code{
		"content_type", "content_encoding", "encoded_data", "multipart", "range", "grpc", "not_etf", "upgrade", "upstream",
	}
	if got := HTTPCodes(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range want {
		if slices.Contains(etf.Codes(), c) {
			t.Errorf("%s is a code of package etf too", c)
		}
	}
}
