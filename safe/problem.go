package safe

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// problem is a refusal as application/problem+json (RFC 9457). Whatever was sent
// is not in it, but for a request id of harmless characters.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      etf.Code       `json:"code"`
	RequestID string         `json:"request_id"`
	Offset    *int64         `json:"offset,omitempty"`
	Inflated  bool           `json:"inflated,omitempty"`
	Path      string         `json:"path,omitempty"`
	Limit     *exceededLimit `json:"limit,omitempty"`
}

type exceededLimit struct {
	Name string `json:"name"`
	Max  int64  `json:"max"`
	Got  int64  `json:"got"`
}

// ServeError answers a request whose message was refused with
// application/problem+json: the code, and the request id, which is the client's
// X-Request-Id if that is one line of harmless characters and else a random one.
// [HTTP].Details adds where the refusal happened. The error of [Guard.Check] is
// answered as that of a request; an error other than these and an *[HTTPError] is
// answered as a 502, so it fits httputil.ReverseProxy.ErrorHandler.
func (g *Guard) ServeError(w http.ResponseWriter, r *http.Request, err error) {
	e := asHTTPError(err)
	status := e.Status
	if status < 200 || status > 999 { // net/http takes no other for an answer
		status = http.StatusBadGateway
	}
	p := problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: e.Code, RequestID: requestID(r.Header),
	}
	if g.http.Details {
		p.details(e.Err)
	}
	if g.http.OnRefuse != nil {
		g.http.OnRefuse(r, p.RequestID, e)
	}
	h := w.Header()
	for _, name := range [...]string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Request-Id", p.RequestID)
	if e.unread && r.ProtoMajor == 1 {
		h.Set("Connection", "close") // the server need not read the rest
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(p)
}

// details adds what is known of the place, and no text of an error: those of
// readers and budgets may name files and addresses.
func (p *problem) details(err error) {
	if e, ok := errors.AsType[*etf.Error](err); ok {
		p.Offset, p.Inflated, p.Path = &e.Offset, e.Inflated, e.Path.String()
	}
	if e, ok := errors.AsType[*limits.Error](err); ok {
		p.Limit = &exceededLimit{e.Name, e.Max, e.Got}
	}
}

// requestID takes the client's id if it is fit for logs and headers.
func requestID(h http.Header) string {
	ids := h.Values("X-Request-Id")
	if len(ids) != 1 || len(ids[0]) == 0 || len(ids[0]) > 128 {
		return rand.Text()
	}
	for _, c := range []byte(ids[0]) {
		if !harmless(c) {
			return rand.Text()
		}
	}
	return ids[0]
}

func harmless(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '-', '_', '.', ':', '/', '+', '=', '@', '~':
		return true
	}
	return false
}
