package safe

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/beamgate/beamgate/etf"
)

// Handler returns middleware that lets a request through to next if its body is a
// term that may be forwarded, or none of the Guard's business; see [HTTP]. Next
// gets exactly the bytes that were checked, after their names were spent. Other
// requests are answered as by [Guard.ServeError] and never reach next.
//
// A body is looked at before next is called: a client that waits for an answer
// before it sends the first byte waits for ever. How slowly a body may come is up
// to http.Server.ReadTimeout.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		checked := *r // r is the server's
		if err := g.CheckRequest(&checked); err != nil {
			g.ServeError(w, r, err)
			return
		}
		next.ServeHTTP(w, &checked)
	})
}

// CheckRequest checks a request that is to be forwarded, and changes it so that it
// carries what was checked: Body, ContentLength, GetBody and, in a copy of the
// header, Content-Length; transfer codings, trailers and a decoded
// Content-Encoding are gone. A request whose body is not ETF has only the first
// bytes of it read, and is otherwise as it was. Of a request that a server got give
// a copy: net/http looks at its own once more to see what is left of the body.
//
// Refused besides bodies: multipart types, ranges, and without HTTP.Upgrade what
// leaves HTTP. The error is an *[HTTPError], after which the request must not be
// forwarded, and its body not be read.
func (g *Guard) CheckRequest(r *http.Request) error {
	if err := g.requestHead(r); err != nil {
		return err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.Body == http.NoBody && lacksBody(r.Method) {
		return nil
	}
	b, refused := g.read(message{header: r.Header, body: r.Body, size: r.ContentLength, mayLack: lacksBody(r.Method)})
	switch {
	case refused != nil:
		return refused
	case b.Stream == http.NoBody:
		r.Body, r.ContentLength, r.TransferEncoding = http.NoBody, 0, nil
		return nil
	case !b.ETF:
		r.Body = stream{b.Stream, r.Body}
		return nil
	}
	r.Body.Close()
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes)), nil }
	r.Body = io.NopCloser(bytes.NewReader(b.Bytes))
	r.ContentLength, r.TransferEncoding, r.Trailer = int64(len(b.Bytes)), nil, nil
	r.Header = b.header(r.Header)
	return nil
}

// requestHead refuses what cannot be judged by a body.
func (g *Guard) requestHead(r *http.Request) error {
	switch {
	case values(r.Header, "Content-Range") != nil:
		return refuse(http.StatusBadRequest, CodeRange)
	case values(r.Header, "Range") != nil:
		return refuse(http.StatusRequestedRangeNotSatisfiable, CodeRange)
	case !g.http.Upgrade && (r.Method == http.MethodConnect || values(r.Header, "Upgrade") != nil):
		return refuse(http.StatusNotImplemented, CodeUpgrade)
	}
	return nil
}

// lacksBody reports whether a body of such requests means nothing.
func lacksBody(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return true
	}
	return false
}

// CheckResponse checks a response that is to be passed on to a BEAM, whose client
// would decode it, and changes it as [Guard.CheckRequest] does a request: it fits
// httputil.ReverseProxy.ModifyResponse. The error is an *[HTTPError] with the
// status 502; the caller closes the body.
//
// The transport must not decode on its own (http.Transport.DisableCompression),
// or its decoding is bounded by no ratio.
func (g *Guard) CheckResponse(resp *http.Response) error {
	b, refused := g.readResponse(resp)
	if refused != nil {
		refused.Status, refused.unread = http.StatusBadGateway, false
		return refused
	}
	switch {
	case b.Stream != nil:
		resp.Body = stream{b.Stream, resp.Body}
	case b.ETF:
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(b.Bytes))
		resp.ContentLength, resp.TransferEncoding, resp.Trailer = int64(len(b.Bytes)), nil, nil
		resp.Header = b.header(resp.Header)
	}
	return nil
}

func (g *Guard) readResponse(resp *http.Response) (Body, *HTTPError) {
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		if !g.http.Upgrade {
			return Body{}, refuse(0, CodeUpgrade)
		}
		return Body{}, nil
	case resp.StatusCode == http.StatusPartialContent, values(resp.Header, "Content-Range") != nil:
		return Body{}, refuse(0, CodeRange)
	case resp.Body == nil:
		return Body{}, nil
	case resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusNotModified,
		resp.Request != nil && resp.Request.Method == http.MethodHead:
		// These have no body. What came as one is for nobody.
		resp.Body = stream{http.NoBody, resp.Body}
		return Body{}, nil
	}
	return g.read(message{header: resp.Header, body: resp.Body, size: resp.ContentLength})
}

// stream is a body that was looked at.
type stream struct {
	io.Reader
	io.Closer
}

// header returns a copy of h that fits the checked bytes.
func (b Body) header(h http.Header) http.Header {
	h = h.Clone()
	if h == nil {
		h = make(http.Header)
	}
	drop(h, "Content-Length", "Trailer", "Transfer-Encoding")
	h.Set("Content-Length", strconv.Itoa(len(b.Bytes)))
	if !b.Decoded {
		return h
	}
	// What speaks of the bytes in their coding is wrong now.
	drop(h, "Content-Encoding", "Content-Digest", "Repr-Digest", "Digest", "Content-Md5")
	if tags := values(h, "Etag"); len(tags) > 0 && strings.HasPrefix(tags[0], `"`) {
		drop(h, "Etag")
		h.Set("Etag", "W/"+tags[0])
	}
	return h
}

// drop removes fields, however their names are spelled, as [values] finds them.
func drop(h http.Header, names ...string) {
	for key := range h {
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(key, name) }) {
			delete(h, key)
		}
	}
}

// asHTTPError makes an answer of any error.
func asHTTPError(err error) *HTTPError {
	if e, ok := errors.AsType[*HTTPError](err); ok && e != nil {
		return e
	} else if ok { // a nil one, which tells nothing
		return refuse(http.StatusBadGateway, CodeUpstream)
	}
	if _, ok := errors.AsType[*etf.Error](err); ok {
		return refuseTerm(err)
	}
	return &HTTPError{Status: http.StatusBadGateway, Code: CodeUpstream, Err: err}
}
