package frames

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// stale is how long ago the node has to have been heard for it to be asked whether
// it is still there.
const stale = 3 * time.Millisecond

// link is a connection to the node. The goroutine that reads messages makes it and
// writes to it, the one that passes answers on reads from it.
type link struct {
	*upstream.Conn
	in     *splitter
	sendBy timed
	over   atomic.Bool // it has ended, or sent what nobody had asked for

	mu       sync.Mutex // guards the deadline of reading, and what follows
	waiting  bool       // what comes is waited for, and entries are not taken
	called   bool       // the wait is over, for there is something else to do
	answerBy timed
}

// connect makes the connection to the node, if there is none, or only one that
// the node has closed while nothing was under way. It returns a reading of the clock,
// which is now if that took no time.
func (s *session) connect(now time.Duration) (*link, time.Duration, error) {
	up := s.link.Load()
	if up != nil {
		under := s.due.Load() > 0 || len(s.out) > 0
		switch {
		case up.Fresh() && up.Upstream() == s.pass.Door().Upstream && (under || !up.over.Load() && (s.quiet(now) < stale || up.Idle())):
			return up, now, nil
		case under:
			return nil, now, errOtherLife
		}
		up.Close()
	}
	conn, err := s.pass.Door().Upstream.Dial(s.ctx)
	if err != nil {
		return nil, now, err
	}
	up = &link{Conn: conn, in: newSplitter(conn.Conn, s.in.width)}
	s.link.Store(up)
	context.AfterFunc(s.ctx, func() { conn.Close() })
	return up, clock.Now(), nil
}

// errOtherLife says that the node was started again since the message was checked,
// or that a reload has put another one in its place.
var errOtherLife = errors.New("frames: the node is another one")

// send gathers a message for the node. It goes with those that are here already, or
// as soon as anybody would wait. With last, sending it is all there is to do, and
// its ticket ends with it.
func (s *session) send(m message, last bool, now time.Duration) (err error) {
	t := m.ticket
	err = errOtherLife
	if fits := t.Fits(s.link.Load().Conn); fits && m.long > 0 {
		if err = s.flush(now); err == nil {
			err = s.through(m.long)
		}
		if err == nil && last {
			t.Done()
			return nil
		}
	} else if fits {
		s.out, err = appendFrame(s.out, t.Bytes, s.in.width)
	}
	switch {
	case err != nil && last:
		t.Cancel()
	case err == nil && last:
		s.unsent = append(s.unsent, t)
	}
	if err == nil && (len(s.out) >= keep || !s.in.complete()) {
		err = s.flush(now)
	}
	return err
}

// through passes a message of n bytes on as it comes. What fails toward the client is no
// fault of the node, whose time for the answer begins with the last part.
func (s *session) through(n int64) error {
	up := s.link.Load()
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], uint64(n))
	err := s.relay(up, head[8-s.in.width:])
	for n > 0 && err == nil {
		var part []byte
		if part, err = s.in.part(n); err != nil {
			return errClient{s.late(err)}
		}
		if err = s.relay(up, part); err == nil {
			n -= int64(len(part))
			_, err = s.in.r.Discard(len(part))
		}
	}
	return err
}

// relay sends a part of a message.
func (s *session) relay(up *link, b []byte) error {
	wait := s.pass.Door().Upstream.AnswerTimeout()
	if s.paired() {
		up.mu.Lock()
		if !up.called {
			up.answerIn(wait, clock.Now())
		}
		up.mu.Unlock()
	}
	up.sendBy = timed{}
	up.SetWriteDeadline(time.Now().Add(wait))
	_, err := up.Write(b)
	s.flushed = s.broken(err)
	return s.flushed
}

// appendFrame is etf.AppendFrame, and lets an empty frame be one: where the rule about
// terms is not in earnest, it has to pass.
func appendFrame(dst, msg []byte, width int) ([]byte, error) {
	if len(msg) == 0 {
		return append(dst, make([]byte, width)...), nil
	}
	return etf.AppendFrame(dst, msg, width)
}

// flush sends what was gathered. Behind a write that has failed nothing is sent: it would
// be taken for the rest of the frame that was cut.
func (s *session) flush(now time.Duration) error {
	if len(s.out) == 0 {
		return s.flushed
	}
	if s.flushed == nil {
		up := s.link.Load()
		if at, ok := up.sendBy.due(s.pass.Door().Upstream.AnswerTimeout(), now); ok {
			up.SetWriteDeadline(at)
		}
		_, err := up.Write(s.out)
		s.flushed = s.broken(err)
	}
	if s.out = s.out[:0]; cap(s.out) > 2*keep {
		s.out = nil
	}
	var lost loss
	for _, t := range s.unsent {
		if s.flushed != nil {
			s.settle(&lost, t, *s.cause.Load())
		} else {
			t.Done()
		}
	}
	s.unsent = s.unsent[:0]
	return s.flushed
}

// reply gathers a message for the client. With more, another one is here already
// and the two go together.
func (s *session) reply(b []byte, more bool, now time.Duration) (err error) {
	if s.back, err = appendFrame(s.back, b, s.in.width); err != nil {
		return err
	}
	if more && len(s.back) < keep {
		return nil
	}
	return s.deliver(now)
}

// deliver sends the client what was gathered. Whoever is not going to call reply has to:
// what has passed is not to wait, or to be lost, for what is behind it.
func (s *session) deliver(now time.Duration) error {
	if len(s.back) == 0 {
		return s.ungiven
	}
	if s.ungiven == nil {
		_, s.ungiven = s.give(s.back, now)
	}
	if s.back = s.back[:0]; cap(s.back) > 2*keep {
		s.back = nil
	}
	return s.ungiven
}

// give writes to the client, which has its time to take it.
func (s *session) give(b []byte, now time.Duration) (int, error) {
	if at, ok := s.replyBy.due(s.pass.Door().Config.Limits.Write.Duration, now); ok {
		s.conn.SetWriteDeadline(at)
	}
	n, err := s.conn.Write(b)
	if timeout(err) && s.ctx.Err() == nil {
		s.pass.Denied(door.Deadline, "write", nil)
	}
	s.active.Store(int64(clock.Now()))
	return n, err
}

// finish closes both ends: in order, or so that the client sees an error.
func (s *session) finish() {
	if up := s.link.Load(); up != nil {
		up.Close()
	}
	if !s.refused.Load() {
		s.conn.Close()
		return
	}
	// A reset overtakes answers on their way, and a client that reads slowly may still
	// have some to come.
	listen.Sent(s.conn, s.pass.Door().Config.Limits.Write.Duration, s.ctx.Done())
	listen.Reset(s.conn)
}

// arrive is given to the node's answers to what was sent before a refused message.
const arrive = 100 * time.Millisecond
