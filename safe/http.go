package safe

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// HTTP says how a [Guard] treats the bodies of HTTP messages. Its zero value
// checks what is declared as ETF and what starts like it, and lets other bodies
// pass.
type HTTP struct {
	// Types are the content types that declare ETF: "application/bert", or with
	// "+etf" all that end so. Nil means [ContentTypes]. A body whose first byte
	// is that of a term is checked whatever its type.
	Types []string

	// OnlyETF refuses bodies that are neither declared as ETF nor start like it.
	OnlyETF bool

	// Upgrade lets connections leave HTTP (CONNECT, Upgrade, the status 101).
	// What then goes through them is seen by nobody; without it they are refused.
	Upgrade bool

	// Decode accepts bodies in the coding gzip, under the caps MaxInflated and
	// MaxRatio of the Guard, of which the first must then be set: it is None in
	// limits.Strict. A checked body goes on decoded. Any other coding is answered
	// with 415, and gzip too without Decode. So is "deflate", which receivers read
	// in two ways.
	Decode bool

	// Details adds to refusals where in the body they happened and which limit
	// was hit. It tells names of limits and of budgets, never content.
	Details bool

	// OnRefuse, if set, is called for each refusal that is written, for metrics
	// and logs, with the id that the answer carries.
	OnRefuse func(r *http.Request, id string, err *HTTPError)
}

// ContentTypes lists the content types that declare ETF by default.
func ContentTypes() []string {
	return []string{
		"application/bert",
		"application/erlang-binary",
		"application/etf",
		"application/vnd.erlang-term-format",
		"application/vnd.erlang.term",
		"application/vnd.hex+erlang",
		"application/x-erlang",
		"application/x-erlang-binary",
		"application/x-erlang-term",
		"+erlang",
		"+etf",
	}
}

// httpRules are an HTTP, checked.
type httpRules struct {
	HTTP
	types map[string]bool
}

func (h HTTP) compile(caps limits.Limits) (httpRules, error) {
	names := h.Types
	if names == nil {
		names = ContentTypes()
	}
	h.Types = nil
	rules := httpRules{h, make(map[string]bool, len(names))}
	for _, name := range names {
		if kind, ok := plainType(name); !ok {
			return rules, fmt.Errorf("HTTP.Types: %q is neither type/subtype nor +suffix", name)
		} else {
			rules.types[kind] = true
		}
	}
	if h.Decode && caps.MaxInflated <= 0 {
		return rules, errors.New("HTTP.Decode inflates bodies, but MaxInflated is None: set it in Profile.Limits")
	}
	return rules, nil
}

func plainType(name string) (string, bool) {
	kind, params, err := mime.ParseMediaType(name)
	major, minor, slash := strings.Cut(kind, "/")
	ok := slash && major != "" && minor != "" || !slash && len(kind) > 1 && kind[0] == '+'
	return kind, ok && err == nil && len(params) == 0
}

// declares reports whether a media type is one of ETF.
func (h *httpRules) declares(kind string) bool {
	if h.types[kind] {
		return true
	}
	plus := strings.LastIndexByte(kind, '+')
	return plus >= 0 && h.types[kind[plus:]]
}

// The codes of refusals that are about HTTP, beside those of package etf. A body
// over a cap has limit_bytes, limit_buffered, limit_inflated or limit_ratio; one
// that could not be received has read.
const (
	CodeContentType     etf.Code = "content_type"     // 400: more than one Content-Type, or none that can be read
	CodeContentEncoding etf.Code = "content_encoding" // 415: a coding that is not decoded here, or several
	CodeEncodedData     etf.Code = "encoded_data"     // 422: no gzip stream, or something behind it
	CodeMultipart       etf.Code = "multipart"        // 415: parts may be anything
	CodeRange           etf.Code = "range"            // 416 and 400: a part of a term cannot be judged
	CodeGRPC            etf.Code = "grpc"             // 415: gRPC frames of terms are not read here
	CodeNotETF          etf.Code = "not_etf"          // 415: HTTP.OnlyETF
	CodeUpgrade         etf.Code = "upgrade"          // 501: leaves HTTP, without HTTP.Upgrade
	CodeUpstream        etf.Code = "upstream"         // 502: no refusal: the answer of an upstream did not come
)

// HTTPCodes lists the codes of this package, in the order of their declaration.
func HTTPCodes() []etf.Code {
	return []etf.Code{
		CodeContentType, CodeContentEncoding, CodeEncodedData, CodeMultipart,
		CodeRange, CodeGRPC, CodeNotETF, CodeUpgrade, CodeUpstream,
	}
}

// HTTPError is why an HTTP message was refused.
type HTTPError struct {
	// Status is what to answer. [Guard.ServeError] takes what is no status of an
	// answer, as 0, for 502.
	Status int
	// Code is the stable name of the reason: one of package etf, or of
	// [HTTPCodes].
	Code etf.Code
	// Err is the *etf.Error of the body, the *limits.Error of a body over a cap,
	// or the error of its reader. It may be nil.
	Err error

	unread bool // some of the body was left
}

// Error describes the refusal in one line, with Status and Code as they are. It
// holds nothing that the sender wrote, unless the reader of the body put it into
// its error.
func (e *HTTPError) Error() string {
	text := fmt.Sprintf("safe: HTTP %d, %s", e.Status, e.Code)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *HTTPError) Unwrap() error { return e.Err }

// Is reports whether target is etf.ErrLimit and e about a cap. The other
// sentinels of package etf are found through Err.
func (e *HTTPError) Is(target error) bool {
	return target == etf.ErrLimit && strings.HasPrefix(string(e.Code), "limit_")
}

// LogValue groups the fields for slog.
func (e *HTTPError) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("status", e.Status), slog.String("code", string(e.Code))}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("cause", e.Err))
	}
	return slog.GroupValue(attrs...)
}

// refuse is a refusal before the body was read to its end.
func refuse(status int, code etf.Code) *HTTPError {
	return &HTTPError{Status: status, Code: code, unread: true}
}

// tooLarge is a body over a cap.
func tooLarge(code etf.Code, name string, limit, got int64) *HTTPError {
	e := refuse(http.StatusRequestEntityTooLarge, code)
	e.Err = &limits.Error{Name: name, Max: max(limit, 0), Got: got}
	return e
}

// refuseTerm is a body that was checked, and is no term to forward.
func refuseTerm(err error) *HTTPError {
	e := &HTTPError{Status: http.StatusUnprocessableEntity, Err: err}
	if cause, ok := errors.AsType[*etf.Error](err); ok {
		e.Code = cause.Code
	}
	switch {
	case errors.Is(err, limits.ErrBudgetLocked): // ours, not the sender's
		e.Status = http.StatusServiceUnavailable
	case e.Code == etf.CodeLimitBytes, e.Code == etf.CodeLimitInflated:
		e.Status = http.StatusRequestEntityTooLarge
	}
	return e
}
