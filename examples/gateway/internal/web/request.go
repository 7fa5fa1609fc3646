package web

import (
	"bytes"
	"errors"
	"io"
	"math"
	"mime"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/token"
	"github.com/beamgate/beamgate/safe"
)

const (
	free  = door.Brief // so much of a body is read before room is asked for
	small = 64 << 10   // a body of known length that is read before a place is taken
)

// source is a body that is read.
type source struct {
	io.ReadCloser
	x    *exchange
	most int64
	n    int64
	paid int64 // so many bytes are, as far as rates go
	held bool  // or there is nothing to hold
	way  door.Direction
	left func() // the body has arrived; nil: it has no room for being on its way
	give door.Held
	keep bool
	kept []byte
	shut bool
	over bool // Close closes
}

// room takes room for a body of which there is more than a beginning. One that comes from
// a client has that of its client for as long as it is on its way, since nobody knows how
// much of it will come, and how fast; and so has an answer, until the client has taken it.
func (s *source) room() error {
	ctx, pass := s.x.r.Context(), s.x.pass
	if s.held = true; s.way == door.ToNode {
		left, err := pass.Receive(ctx, s.most)
		if err != nil {
			return err
		}
		s.left = sync.OnceFunc(left)
		s.x.release = append(s.x.release, s.left)
		return nil
	}
	held, err := pass.Give(ctx, s.most)
	if s.give = held; err == nil {
		s.x.release = append(s.x.release, s.give.Release)
	}
	return err
}

// here takes room for what has come of a body, and gives back that for being on its way.
func (s *source) here() error {
	if s.left == nil {
		return nil
	}
	defer s.left()
	held, err := s.x.pass.Hold(s.x.r.Context(), max(s.n, int64(len(s.x.asked.Body)))) // which may be inflated
	if err == nil {
		s.x.release = append(s.x.release, held.Release)
	}
	return err
}

// Read implements io.Reader. Beyond a beginning, a body that is kept in memory
// needs room there, and nothing more is read before. Bytes that nobody has paid for, since
// the length was not known or is more than a burst, are paid for as they come.
func (s *source) Read(p []byte) (int, error) {
	if !s.held && s.n >= free {
		if err := s.room(); err != nil {
			return 0, err
		}
	}
	if !s.held {
		p = p[:min(int64(len(p)), free-s.n)]
	}
	n, err := s.ReadCloser.Read(p)
	s.n += int64(n)
	if more := s.n - s.paid; more > 0 {
		noted, r := s.x.pass.PaceMore(s.x.r.Context(), more)
		if r != nil {
			err = r
			s.x.cut.CompareAndSwap(nil, &err)
			return 0, err
		}
		if s.paid = s.n; noted {
			s.paid = math.MaxInt64
		}
	}
	if s.keep {
		s.kept = append(s.kept, p[:n]...)
	}
	return n, err
}

// Close notes that the body was read to its end. Whoever has made it closes it.
func (s *source) Close() error {
	s.shut = true
	if s.over {
		return s.ReadCloser.Close()
	}
	return nil
}

// body reads the body as far as its rules demand, and takes room for what was read.
func (x *exchange) body() *door.Refusal {
	s := &source{ReadCloser: x.r.Body, x: x, most: x.pass.Door().MaxBytes(door.ToNode), held: x.copies != nil}
	if r := x.read(s); r != nil {
		return r
	}
	if err := s.here(); err != nil {
		return door.Canceled(err)
	}
	return nil
}

// read reads a term whole, what tokens are looked for in whole, and a small body whole so
// that a slow client holds no place.
func (x *exchange) read(s *source) *door.Refusal {
	d, most := x.pass.Door(), s.most
	if n := x.r.ContentLength; n > 0 {
		s.most, s.paid = min(n, most), min(n, int64(d.Config.Limits.BytesBurst))
	}
	if x.whole = x.r.Body == nil || x.r.Body == http.NoBody; !x.whole {
		x.r.Body = s
	}
	x.asked.AsIs = x.signed() || d.Modes[door.Term] != door.Enforce
	s.keep = x.asked.AsIs || d.Modes[door.Verb] != door.Enforce
	kind := mediaType(x.r.Header)
	if !x.web.unchecked[kind] || len(x.r.Header["Content-Type"]) > 1 {
		if r := x.shape(s); r != nil || x.asked.Body != nil {
			return r
		}
	}
	return x.rest(s, kind, most)
}

// shape asks the guard for bodies.
func (x *exchange) shape(s *source) *door.Refusal {
	checked := *x.r
	if len(x.web.unchecked) > 0 { // what the answer is decides
		checked.Header = checked.Header.Clone()
		checked.Header.Del("Range")
	}
	if x.socket { // which was allowed
		checked.Header = checked.Header.Clone()
		checked.Header.Del("Upgrade")
	}
	err := x.pass.Door().Shape(door.ToNode).CheckRequest(&checked)
	defer func() { s.keep, s.kept = false, nil }()
	switch {
	case err != nil:
		if r := x.unread(err); r != nil {
			return r
		}
		x.r.Body = both{io.MultiReader(bytes.NewReader(s.kept), s), s}
		if x.pass.Door().Modes[door.Term] == door.Enforce {
			return x.bare(s)
		}
	case !s.shut: // no term
		x.noTerm(&checked)
	default:
		if r := x.aTerm(&checked, s); r != nil {
			return r
		}
		if !x.asked.AsIs {
			x.bytes, x.r.Header, x.r.Trailer = x.asked.Body, checked.Header, nil
		}
	}
	return nil
}

// aTerm goes on with a body that is a term, as it came.
func (x *exchange) aTerm(checked *http.Request, s *source) *door.Refusal {
	term, err := io.ReadAll(checked.Body) // of what is in memory
	if err != nil {
		return x.pass.Denied(door.Down, "internal", err)
	}
	x.asked.Body, x.bytes, x.whole = term, s.kept, true
	return nil
}

// noTerm goes on with a body that was looked at.
func (x *exchange) noTerm(checked *http.Request) {
	x.r.Body, x.r.ContentLength, x.r.TransferEncoding = checked.Body, checked.ContentLength, checked.TransferEncoding
	x.whole = checked.Body == http.NoBody
}

// bare looks at a body by its first byte alone: its header was refused, which was only
// noted, but the rule about terms is in earnest. It goes on as it came, and the node may
// make nothing of what the header says.
func (x *exchange) bare(s *source) *door.Refusal {
	checked := *x.r
	checked.Header = checked.Header.Clone()
	for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Range", "Range", "Upgrade"} {
		checked.Header.Del(name)
	}
	err := x.pass.Door().Shape(door.ToNode).CheckRequest(&checked)
	var e *safe.HTTPError
	switch {
	case err != nil:
		x.r.Body = both{io.MultiReader(bytes.NewReader(s.kept), s), s}
		if errors.As(err, &e) && slices.Contains(safe.HTTPCodes(), e.Code) {
			return nil // noted before
		}
		return x.unread(err)
	case !s.shut: // no term
		x.noTerm(&checked)
	default:
		x.asked.AsIs = true
		return x.aTerm(&checked, s)
	}
	return nil
}

type both struct {
	io.Reader
	io.Closer
}

// unread is the refusal of a body by its guard, if it is meant.
func (x *exchange) unread(err error) *door.Refusal {
	var e *safe.HTTPError
	var t net.Error
	var r *door.Refusal
	if errors.As(err, &r) { // of its rate
		return r
	}
	if errors.As(err, &e) && e.Code == "read" {
		if errors.As(err, &t) && t.Timeout() {
			return x.pass.Denied(door.Deadline, "frame", err)
		}
		return x.pass.Denied(door.Deadline, "aborted", err)
	}
	return x.pass.Judge(door.ToNode, bad(door.ToNode, err), max(x.r.ContentLength, 0))
}

// rest reads the rest of a body that is no term, if it has to be read or is small.
func (x *exchange) rest(s *source, kind string, most int64) *door.Refusal {
	needed := false
	for _, rule := range x.web.extract {
		needed = needed || rule.Path(x.r.URL.Path) && rule.NeedsBody(kind)
	}
	if x.whole || !needed && !(x.r.ContentLength > 0 && x.r.ContentLength <= small) {
		s.held = true // it is not kept
		return nil
	}
	if c := x.r.Header.Get("Content-Encoding"); needed && c != "" && c != "identity" {
		if r := x.verb("token_read"); r != nil {
			return r
		}
		s.held = true
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(x.r.Body, max(most, small)+1))
	switch {
	case err != nil:
		return x.unread(&safe.HTTPError{Status: http.StatusBadRequest, Code: "read", Err: err})
	case int64(len(b)) > max(most, small):
		x.r.Body = both{io.MultiReader(bytes.NewReader(b), x.r.Body), x.r.Body}
		return x.verb("token_size")
	}
	x.bytes, x.whole = b, true
	return nil
}

// readable reports whether the body that a rule is about was read.
func (x *exchange) readable(rule *token.Rule) bool {
	return x.whole && len(x.bytes) > 0 && rule.NeedsBody(mediaType(x.r.Header))
}

// signed reports whether a header speaks of the exact bytes of the body. A strong
// ETag does, too.
func (x *exchange) signed() bool {
	for _, name := range x.web.signed {
		if x.r.Header.Get(name) != "" {
			return true
		}
	}
	return x.r.Header.Get("Etag") != "" && x.r.Header.Get("Etag")[0] == '"'
}

// ownHop removes the fields that Connection names: they are for this hop, and
// httputil.ReverseProxy does not send them on. What is judged has to be what the node
// gets, or a type would let a body pass that then comes without it. An answer has lost
// its own before it is judged. What is left here is of HTTP itself, is looked at, and
// does not go on either.
func ownHop(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			switch name = http.CanonicalHeaderKey(textproto.TrimString(name)); name {
			case "Connection", "Upgrade", "Te":
			default:
				delete(h, name)
			}
		}
	}
}

func mediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// settle puts what was read into the request.
func (x *exchange) settle(r *http.Request) {
	if !x.whole {
		return
	}
	r.ContentLength, r.TransferEncoding = int64(len(x.bytes)), nil
	if len(x.bytes) > 0 {
		r.Header.Set("Content-Length", strconv.Itoa(len(x.bytes)))
	}
}
