package frames

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// stream serves a protocol in which either side sends when it likes. A message is
// under way until the node's socket has taken it.
func (s *session) stream() {
	defer s.finish()
	up := s.openStream()
	if up == nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.pushes(up)
	}()
	wait := arrive // after a refusal: for the answers to what was sent before
	if s.messages(up) {
		wait = s.pass.Door().Upstream.AnswerTimeout() // the client has said all; the node may go on
	}
	half(up.Conn.Conn)
	select {
	case <-ended:
	case <-time.After(wait):
	}
	up.Close()
	<-ended
}

// openStream connects before the first message, for the node may speak first.
func (s *session) openStream() *link {
	var x upstream.Exchange
	_, err := s.pass.Door().Upstream.Begin(s.ctx, &x, 0, upstream.Need{Breaker: s.pass.Door().Modes[door.Breaker] == door.Enforce})
	if err != nil {
		s.pass.Denied(door.Breaker, "open", err)
		s.refused.Store(true)
		return nil
	}
	up, _, err := s.connect(clock.Now())
	x.End(err)
	if err != nil {
		s.pass.Unreachable(err)
		s.refused.Store(true)
		return nil
	}
	return up
}

// messages passes messages to the node. It reports whether the client ended in
// order.
func (s *session) messages(up *link) bool {
	ended := false
	for s.ctx.Err() == nil {
		n, err := s.next()
		if ended = err == io.EOF || err == errDrained; ended {
			break
		}
		if err == nil {
			err = s.message(up, n)
		}
		if err != nil {
			break
		}
	}
	if s.flush(clock.Now()) != nil || !ended {
		s.refused.Store(true)
		return false
	}
	return true
}

// message passes a message of n bytes to the node. After an error the connection ends.
func (s *session) message(up *link, n int64) error {
	err := s.refresh()
	switch {
	case err != nil:
		return err
	case !s.cuts(n):
		err = s.pipe(n)
	case s.flush(clock.Now()) == nil:
		err = s.cut(up, n)
	}
	if err == nil {
		err = s.flushed
	}
	if err == nil && !s.in.complete() {
		err = s.flush(clock.Now())
	}
	return err
}

// pipe passes on one message. After an error the connection ends.
func (s *session) pipe(n int64) error {
	m, err := s.read(n)
	defer m.held.Release()
	switch {
	case err != nil:
		return err
	case m.refusal != nil && !m.fatal && s.pass.Door().Config.Refused == "skip":
		return nil
	case m.refusal != nil:
		return m.refusal
	}
	return s.send(m, true, m.ticket.At)
}

// pushes passes on what the node sends, until it ends.
func (s *session) pushes(up *link) {
	for {
		err := up.in.wait()
		s.heard.Store(true)
		if err != nil {
			if err != io.EOF && !timeout(err) {
				s.refused.Store(true)
			}
			break
		}
		up.SetReadDeadline(time.Now().Add(s.pass.Door().Upstream.AnswerTimeout()))
		b, held, now, r, err := s.fetch(up)
		if err != nil {
			if errors.As(err, &errClient{}) {
				s.broken(err)
			}
			s.deliver(clock.Now())
			s.refused.Store(true)
			break
		}
		up.SetReadDeadline(time.Time{})
		if r == nil {
			err = s.reply(b, up.in.complete(), now)
		} else {
			err = s.deliver(clock.Now())
		}
		held.Release()
		if err != nil { // nor does the node take what it is sent, while nobody reads what it says
			s.broken(errClient{err})
		}
		if r != nil && s.pass.Door().Config.Refused != "skip" || err != nil {
			s.refused.Store(true)
			break
		}
		s.heard.Store(false)
	}
	s.stopReading() // the node is gone
}

// half tells the node that no more comes.
func half(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	}
}
