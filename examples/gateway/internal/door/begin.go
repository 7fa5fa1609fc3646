package door

import (
	"context"
	"errors"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// Canceled is what becomes of a message whose sender has gone while it waited. It is no
// refusal of any rule, and nobody is told of it.
func Canceled(err error) *Refusal { return refuse(Down, "canceled", err) }

// gone reports whether what ended a wait is that nobody waits any more.
func gone(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// begun is the refusal of a message that got no place.
func (p *Pass) begun(err error, retry time.Duration, n int64) *Refusal {
	if gone(err) {
		return Canceled(err)
	}
	r := &Refusal{Rule: InFlight, Code: "full", Retry: retry, Err: err}
	switch {
	case errors.Is(err, upstream.ErrOpen):
		r.Rule, r.Code = Breaker, "open"
	case errors.Is(err, limit.ErrShed):
		r.Code = "shed"
	case errors.Is(err, limit.ErrTooLong):
		r.Code = "timeout"
	case errors.Is(err, limit.ErrShare):
		r.Code = "per_client"
	}
	p.refused(Enforce, r, n)
	return r
}
