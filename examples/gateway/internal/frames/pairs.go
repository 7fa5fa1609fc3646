package frames

import (
	"errors"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// entry is a message whose answer is due, in the order of the messages.
type entry struct {
	local  []byte       // the answer, if it is ours
	ticket *door.Ticket // else the message that the node answers
	last   bool         // the connection ends behind it
}

// pairs serves a protocol of one answer for each message, in order. Messages are
// read and sent here, and answers passed on by another goroutine.
//
//	client ─► read ─► Request ─► node
//	            │ entry            │
//	            ▼                  ▼
//	client ◄─ answers, one for each entry
//
// That goroutine waits for the node and not for entries: when an answer is there, so
// is its entry, and it is woken once for each.
func (s *session) pairs() {
	due := make(chan entry, s.pass.Door().Config.Limits.Pipeline)
	s.taken = make(chan struct{}, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.answers(due)
	}()
	s.requests(due)
	close(due)
	s.said.Store(true)
	s.link.Load().call()
	<-ended
	s.finish()
}

// requests reads messages until the client ends, or something is refused for
// which the connection has to end.
func (s *session) requests(due chan<- entry) {
	for s.room(due) {
		n, err := s.next()
		if err != nil {
			break
		}
		if s.refresh() != nil {
			s.refused.Store(true) // what is under way is still answered
			break
		}
		m, err := s.read(n)
		if err == nil && m.refusal == nil {
			err = s.forward(m, due)
		} else if err == nil && !s.refuse(m.refusal, m.fatal, due) {
			err = errDrained
		}
		if err == nil {
			err = s.flushed
		}
		m.held.Release()
		if err != nil || !s.in.complete() && s.flush(clock.Now()) != nil {
			break
		}
	}
	s.flush(clock.Now()) // entries for it are due
}

// room waits until there is a place in line for one more entry, and reports whether there
// is. This is done before the message is read: who has room for a message, of what all
// have together, must not wait for answers, which need some of it.
func (s *session) room(due chan<- entry) bool {
	for len(due) == cap(due) && s.ctx.Err() == nil {
		s.flush(clock.Now()) // its answers make room
		select {
		case <-s.taken:
		case <-s.ctx.Done():
		}
	}
	return s.ctx.Err() == nil
}

// broken closes a connection to the node that cannot be written to: no answer will
// come, and who writes to it again has to see that.
func (s *session) broken(err error) error {
	if err != nil {
		cause := err // it escapes, err does not
		s.cause.CompareAndSwap(nil, &cause)
		s.link.Load().Close()
	}
	return err
}

// forward sends a message to the node, after its entry: the answer may be there
// at once.
func (s *session) forward(m message, due chan<- entry) error {
	_, now, err := s.connect(m.ticket.At)
	if err != nil {
		if errors.Is(err, errOtherLife) { // no fault of the node
			m.ticket.Cancel()
		} else {
			m.ticket.Failed(err)
		}
		if !s.refuse(s.pass.Unreachable(err), false, due) {
			return err
		}
		return nil
	}
	if m.answered {
		s.due.Add(1)
		s.owe(due, entry{ticket: m.ticket}, now)
	}
	return s.broken(s.send(m, !m.answered, now))
}

// owe puts an entry in line, where there is room for one. Where the node is waited for,
// its time begins with the first message that it is to answer; and the wait ends for an
// answer of ours before which there is none of the node's.
func (s *session) owe(due chan<- entry, e entry, now time.Duration) {
	if up := s.link.Load(); up != nil {
		up.mu.Lock()
		defer up.mu.Unlock()
		switch {
		case !up.waiting || up.called || len(due) > 0:
		case e.local != nil:
			up.end()
		default:
			up.answerIn(s.pass.Door().Upstream.AnswerTimeout(), now)
		}
	}
	due <- e
}

// call ends the wait for the node, if there is one. A nil link does nothing.
func (l *link) call() {
	if l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.end()
	}
}

// end is call. Caller holds mu.
func (l *link) end() {
	if l.waiting && !l.called {
		l.called = true
		l.SetReadDeadline(past)
	}
}

// answerIn gives the node so long for its next answer. Caller holds mu.
func (l *link) answerIn(d, now time.Duration) {
	if at, ok := l.answerBy.due(d, now); ok {
		l.SetReadDeadline(at)
	}
}

// await returns when an entry is to be taken. Where none is in line, it waits for the
// node, and reports that an answer has begun to come, whose time runs since its message
// was put in line. The error is the end of that wait.
func (s *session) await(due <-chan entry) (begun bool, err error) {
	for {
		up := s.link.Load()
		if up == nil || !s.begin(up, due) {
			return false, nil
		}
		err := up.in.wait()
		if begun, err := s.waited(up, due, err); begun || err != nil {
			return begun, err
		}
	}
}

// begin begins a wait for the node, unless there is something to do before that, or
// nothing to wait for.
func (s *session) begin(up *link, due <-chan entry) bool {
	up.mu.Lock()
	defer up.mu.Unlock()
	up.waiting = len(due) == 0 && !s.said.Load() && !up.over.Load()
	return up.waiting
}

// waited ends a wait for the node, and reports whether there is an entry for what came
// of it. After neither that nor an error there is something else to do.
func (s *session) waited(up *link, due <-chan entry, err error) (bool, error) {
	up.mu.Lock()
	defer up.mu.Unlock()
	called, under, slow := up.called, len(due) > 0, timeout(err)
	up.waiting, up.called = false, false
	if called || slow && !under {
		up.answerBy = timed{}
		up.SetReadDeadline(time.Time{})
	}
	switch {
	case slow && (called || !under || clock.Now()-up.answerBy.at < up.answerBy.d):
		return false, nil // not the time that an answer has now
	case !under || up != s.link.Load():
		up.over.Store(true)
		return false, nil
	}
	return err == nil && !called, err
}

// refuse answers a message that is not sent on. It reports whether the connection
// goes on.
func (s *session) refuse(r *door.Refusal, fatal bool, due chan<- entry) bool {
	var local []byte
	if s.dialect != nil {
		local = s.dialect.Refusal(s.pass, r)
	}
	if local == nil {
		s.refused.Store(true) // what is under way is still answered
		return false
	}
	s.owe(due, entry{local: local, last: fatal}, clock.Now())
	return !fatal
}

// answers passes on what is due, until there is no more or one end fails. It
// takes every entry: each ticket has to end.
func (s *session) answers(due <-chan entry) {
	var broken error
	var lost loss
	for {
		var begun bool
		var failed error
		if broken == nil {
			begun, failed = s.await(due)
		}
		e, ok := <-due
		if !ok {
			return
		}
		select {
		case s.taken <- struct{}{}:
		default: // who waits for it looks at the line anyway
		}
		switch {
		case e.local != nil && broken == nil:
			broken = s.reply(e.local, s.more(due), clock.Now())
		case e.ticket != nil && broken == nil:
			if broken = failed; broken == nil {
				broken = s.answer(e.ticket, begun, due)
			}
			if broken == nil {
				continue
			}
			if cause := s.cause.Load(); cause != nil {
				broken = *cause
			}
			fallthrough
		case e.ticket != nil:
			s.settle(&lost, e.ticket, broken)
			s.down(broken)
		}
		if broken != nil {
			s.deliver(clock.Now()) // now: the end may have to wait for requests
			s.stopReading()
		}
	}
}

// errClient marks what failed toward the client, for which the node cannot help.
type errClient struct{ error }

// answer passes on the node's answer to one message. Its time begins here, if it has
// not begun.
func (s *session) answer(t *door.Ticket, begun bool, due <-chan entry) error {
	up := s.link.Load()
	if !begun && !up.in.complete() {
		up.mu.Lock()
		up.answerIn(s.pass.Door().Upstream.AnswerTimeout(), clock.Now())
		up.mu.Unlock()
	}
	b, held, now, r, err := s.fetch(up)
	if err != nil {
		return err
	}
	defer held.Release()
	s.due.Add(-1)
	t.Done()
	if r != nil {
		local := []byte(nil)
		if s.dialect != nil {
			local = s.dialect.Refusal(s.pass, r)
		}
		if local == nil {
			s.refused.Store(true)
			return errClient{r}
		}
		b = local
	}
	if err := s.reply(b, s.more(due), now); err != nil {
		return errClient{err}
	}
	return nil
}

// more reports whether the next answer is here already.
func (s *session) more(due <-chan entry) bool {
	up := s.link.Load()
	return len(due) > 0 && up != nil && up.in.complete()
}

// fetch reads a message of the node and judges it, at the time now.
func (s *session) fetch(up *link) (b []byte, held door.Held, now time.Duration, r *door.Refusal, err error) {
	n, err := up.in.length()
	if err != nil {
		return nil, held, 0, nil, err
	}
	if r := s.pass.Oversize(door.ToClient, n); r != nil {
		err := up.in.skip(n)
		return nil, held, clock.Now(), r, err
	}
	if held, err = s.pass.Give(s.giving, n); err == nil && s.ungiven != nil {
		held.Release()
		err = errClient{s.ungiven}
	}
	if err != nil {
		return nil, held, 0, nil, err
	}
	if b, err = up.in.body(n); err != nil {
		held.Release()
		return nil, held, 0, nil, err
	}
	now, r = s.pass.AnswerAt(b)
	s.active.Store(int64(now))
	return b, held, now, r, nil
}

// down tells the client that an answer will not come, as long as it can be told.
func (s *session) down(why error) {
	if errors.As(why, &errClient{}) || s.ctx.Err() != nil {
		return
	}
	code := "lost"
	if timeout(why) {
		code = "answer_timeout"
	}
	r := s.pass.Denied(door.Down, code, why)
	local := []byte(nil)
	if s.dialect != nil {
		local = s.dialect.Refusal(s.pass, r)
	}
	if local == nil || s.reply(local, false, clock.Now()) != nil {
		s.refused.Store(true)
	}
}

// loss is the end of a connection to the node.
type loss struct{ told bool }

// settle ends a message that got no answer. A node that closed the connection on
// it may have crashed on it; one that was slow, or a client that went away, makes
// nobody a suspect. Only the first message is one, or a failure of the node: those behind
// it only had their answers to come later, and whoever sends much at once must not make
// suspects of messages that others send too, nor open the breaker by one that is slow.
func (s *session) settle(l *loss, t *door.Ticket, why error) {
	switch {
	case l.told || errors.As(why, &errClient{}) || errors.Is(why, errOtherLife) || s.ctx.Err() != nil:
		t.Cancel()
		return
	case !timeout(why):
		new(door.Crash).Lost(t)
	case s.heard.Load(): // it waits until the client takes what it has sent
		t.Cancel()
	default:
		t.Failed(why)
	}
	l.told = true
}
