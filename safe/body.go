package safe

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
)

// Body is the body of an HTTP message, as [Guard.Body] found it.
type Body struct {
	// ETF tells that the body is a term: it was checked, and is all in Bytes.
	ETF bool
	// Bytes are the bytes that were checked, to be forwarded as they are. They
	// belong to the caller.
	Bytes []byte
	// Decoded tells that a Content-Encoding was removed from Bytes.
	Decoded bool
	// Stream is any other body, whole and as it came, still to be read from the
	// reader given to Body. It is http.NoBody if there was not one byte.
	Stream io.Reader
}

// Body reads the one body of an HTTP message with these header fields, and checks
// it if it is ETF: if its content type says so, or its first byte. Only then is
// it read to its end; it is held in memory under the caps MaxBytes and
// MaxBuffered, as it arrives and whatever Content-Length says. Names are drawn
// from budgets when all of it is there, so a slow sender holds none.
//
// It is the common ground of [Guard.CheckRequest] and [Guard.CheckResponse], for
// programs that speak HTTP without package net/http. A nil body is one without a
// byte. The error is an *[HTTPError]; then nothing may be forwarded and no budget
// was spent.
func (g *Guard) Body(header http.Header, body io.Reader) (Body, error) {
	if len(values(header, "Content-Range")) > 0 {
		return Body{}, refuse(http.StatusBadRequest, CodeRange)
	}
	if body == nil {
		body = http.NoBody
	}
	b, err := g.read(message{header: header, body: body, size: contentLength(header)})
	if err != nil {
		return Body{}, err
	}
	return b, nil
}

func contentLength(h http.Header) int64 {
	all := values(h, "Content-Length")
	if len(all) == 0 {
		return -1
	}
	if n, err := strconv.ParseInt(all[0], 10, 64); err == nil && n >= 0 {
		return n
	}
	return -1
}

// message is what read looks at.
type message struct {
	header  http.Header
	body    io.Reader
	size    int64 // as claimed, or -1
	mayLack bool  // no body is fine, whatever is declared
}

// read decides what a body is, and checks it if it is ETF.
func (g *Guard) read(m message) (Body, *HTTPError) {
	declared, gzipped, err := g.http.classify(m.header)
	if err != nil {
		return Body{}, err
	}
	if err := inRoom(&g.caps, m.size); declared && err != nil {
		return Body{}, received(err)
	}
	in := newInput(m.body, gzipped, &g.caps)
	first, readErr := in.first()
	isTerm := readErr == nil && first == wire.Version
	switch {
	case readErr == io.EOF && declared && !m.mayLack:
		return Body{}, refuseTerm(g.Check(nil))
	case readErr != nil && readErr != io.EOF:
		return Body{}, received(readErr)
	case !isTerm && !declared && readErr == nil && g.http.OnlyETF:
		return Body{}, refuse(http.StatusUnsupportedMediaType, CodeNotETF)
	case !isTerm && (!declared || readErr == io.EOF):
		return Body{Stream: in.again()}, nil
	case !isTerm:
		e := refuseTerm(g.Check([]byte{first}))
		e.unread = true
		return Body{}, e
	}
	in.settle()
	return g.term(in, first, m.size)
}

// term reads and checks a body that starts like a term.
func (g *Guard) term(in *input, first byte, size int64) (Body, *HTTPError) {
	if in.coded {
		size = -1 // says nothing about the term
	}
	if err := inRoom(&g.caps, size); err != nil {
		return Body{}, received(err)
	}
	all, err := in.gather(first, size)
	if err != nil {
		return Body{}, received(err)
	}
	if err := g.Check(all); err != nil {
		return Body{}, refuseTerm(err)
	}
	return Body{ETF: true, Bytes: all, Decoded: in.coded}, nil
}

// classify judges a message by its header: whether it declares ETF, and whether
// it is gzipped.
func (h *httpRules) classify(header http.Header) (declared, gzipped bool, err *HTTPError) {
	if declared, err = h.contentType(values(header, "Content-Type")); err == nil {
		gzipped, err = h.contentEncoding(values(header, "Content-Encoding"))
	}
	return declared, gzipped, err
}

// values are those of a field, however its name is spelled: not every program
// that has a http.Header lets package net/http fill it.
func values(header http.Header, name string) []string {
	found := header[name]
	for key, more := range header {
		if key != name && strings.EqualFold(key, name) {
			found = append(found[:len(found):len(found)], more...)
		}
	}
	return found
}

// contentType reads the content type. One that cannot be read is refused, since
// the receiver may read it its own way.
func (h *httpRules) contentType(values []string) (declared bool, err *HTTPError) {
	if len(values) > 1 {
		return false, refuse(http.StatusBadRequest, CodeContentType)
	}
	if len(values) == 0 || strings.TrimSpace(values[0]) == "" {
		return false, nil
	}
	kind, _, parseErr := mime.ParseMediaType(values[0])
	switch {
	case parseErr != nil:
		return false, refuse(http.StatusBadRequest, CodeContentType)
	case strings.HasPrefix(kind, "multipart/"):
		return false, refuse(http.StatusUnsupportedMediaType, CodeMultipart)
	case strings.HasPrefix(kind, "application/grpc") && strings.HasSuffix(kind, "+erlpack"):
		return false, refuse(http.StatusUnsupportedMediaType, CodeGRPC)
	}
	return h.declares(kind), nil
}

// contentEncoding reads the coding of a body. It has to be known for bodies of
// every type, or the first byte could not be seen. What "deflate" means two
// receivers disagree on: a zlib stream (RFC 9110) or a bare one, and a body can be
// both with another first byte in each. So it is refused.
func (h *httpRules) contentEncoding(values []string) (gzipped bool, err *HTTPError) {
	if len(values) == 0 {
		return false, nil
	}
	coding := strings.ToLower(strings.Trim(values[0], " \t"))
	switch {
	case len(values) > 1:
	case coding == "" || coding == "identity":
		return false, nil
	case h.Decode && (coding == "gzip" || coding == "x-gzip"):
		return true, nil
	}
	return false, refuse(http.StatusUnsupportedMediaType, CodeContentEncoding)
}
