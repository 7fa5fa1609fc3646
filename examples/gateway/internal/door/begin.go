package door

import (
	"errors"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// begun is the refusal of a message that got no place.
func begun(err error, retry time.Duration) *Refusal {
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
	return r
}
