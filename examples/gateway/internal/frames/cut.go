package frames

import (
	"io"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// cutFrom is the size from which a frame is worth sending before it is here.
const cutFrom = 128 << 10

// cuts reports whether a message of n bytes goes on piece by piece.
func (s *session) cuts(n int64) bool { return s.pass.Door().Config.Cut && n >= cutFrom }

// cut passes a message on while it is read. Before any bytes go on, the names in
// them are spent for good; when a later part is refused, the connection to the
// node ends in the middle of the frame, which the node has to throw away.
func (s *session) cut(up *link, n int64) error {
	if up.Upstream() != s.pass.Door().Upstream {
		return errOtherLife
	}
	if r := s.pass.Oversize(door.ToNode, n); r != nil {
		return r
	}
	held, err := s.pass.Hold(s.ctx, n)
	if err != nil {
		return err
	}
	defer held.Release()
	if r := s.pass.Pace(s.ctx, n); r != nil {
		return r
	}
	if !s.deadline(s.pass.Door().Config.Limits.Frame.Duration, false, false) {
		return errDrained
	}
	timeout := s.pass.Door().Upstream.AnswerTimeout()
	to := writer(func(b []byte) (int, error) {
		up.SetWriteDeadline(time.Now().Add(timeout))
		return up.Write(b)
	})
	if r := s.pass.Cut(s.ctx, io.LimitReader(s.in.r, n), n, up.Epoch(), to); r != nil {
		up.Close()
		return s.late(r)
	}
	return nil
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
