package safe

import (
	"io"
	"sync"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// strict is compiled when it is first asked for.
var strict = sync.OnceValue(func() *etf.Mode {
	m, err := etf.Strict().Compile()
	if err != nil { // a constant configuration: a test compiles it
		panic(err)
	}
	return m
})

// Mode returns the Mode behind the functions of this package: etf.Strict, for any
// supported release of OTP. It does not bound the atoms of several terms
// together, so it is for terms that end in this program; to forward them see
// [NewGuard].
//
// All callers share it. It cannot be changed.
func Mode() *etf.Mode { return strict() }

// Validate reports whether b is exactly one term that is safe to decode in this
// program. It does not bound atoms across terms: what a BEAM node will decode has
// to pass a [Guard] instead.
//
// The error is an *etf.Error.
func Validate(b []byte) error { return strict().Validate(b) }

// ValidateReader is [Validate] for all that r has, one term and then io.EOF, and
// returns the length of the term, 0 with an error. It holds a small window of r at a time. Like
// Validate it does not bound atoms across terms.
func ValidateReader(r io.Reader) (n int64, err error) { return strict().ValidateReader(r) }

// Decode returns the one term in b, checked as by [Validate]. The Term shares no
// memory with b. Like Validate it does not bound atoms across terms.
func Decode(b []byte) (etf.Term, error) { return strict().Decode(b) }

// Unmarshal stores the one term in b, checked as by [Validate], in the value that
// v points to; see etf.Unmarshal for which Go type takes which term. The value
// shares no memory with b, is not touched by a term that is refused, and costs no
// more memory than a fixed multiple of b: an *etf.UnmarshalError tells of that, and
// of a term that does not fit, which may have filled the value in part. Like
// Validate it does not bound atoms across terms.
func Unmarshal(b []byte, v any) error { return strict().Unmarshal(b, v) }

// NewReader returns a Decoder of the terms in r, one behind the other, each
// checked as by [Validate]. It does not bound atoms across terms, nor how many
// terms come.
func NewReader(r io.Reader) *etf.Decoder { return strict().NewDecoder(r) }

// Tighten returns a [Mode] with some caps lowered. A field of with that is zero,
// or above the cap of limits.Strict, changes nothing: no cap is ever raised. A
// negative value other than limits.None is the only error.
func Tighten(with limits.Limits) (*etf.Mode, error) {
	c := etf.Strict()
	c.Limits = c.Limits.Tighten(with)
	return c.Compile()
}
