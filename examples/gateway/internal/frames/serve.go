package frames

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
)

// Dialect is what a protocol knows of the messages in its frames.
type Dialect interface {
	// Before judges a message before anything is spent on it. answered tells
	// whether the node will answer it.
	Before(p *door.Pass, msg []byte) (answered bool, r *door.Refusal)
	// Refusal is the message that tells a client of a refusal; nil if there is
	// none, and the connection is reset.
	Refusal(p *door.Pass, r *door.Refusal) []byte
}

// Frames is the protocol of a listener. Its zero value takes frames for what they
// are.
type Frames struct {
	Dialect Dialect // nil: none
	Shadow  *Worker // checks what passes listeners that refuse nothing
}

// Serve implements listen.Protocol.
func (f Frames) Serve(ctx context.Context, drain <-chan struct{}, conn net.Conn, pass *door.Pass) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{ctx: ctx, end: cancel, drain: drain, conn: conn, pass: pass, dialect: f.Dialect, protocol: pass.Door().Config.Protocol}
	s.waits()
	s.in = newSplitter(conn, pass.Door().Config.Packet)
	stop := context.AfterFunc(ctx, func() { listen.Reset(conn) })
	defer stop()
	go s.watch()
	switch {
	case pass.Door().Passive():
		s.tap(f.Shadow)
	case s.paired():
		s.pairs()
	default:
		s.stream()
	}
}

// waits makes the contexts of what may have to wait: what was gathered goes first.
func (s *session) waits() {
	s.patient = limit.WithWaiting(s.ctx, func() { s.flush(clock.Now()) })
	s.giving = limit.WithWaiting(s.ctx, func() { s.deliver(clock.Now()) })
}

// session is one connection.
type session struct {
	ctx      context.Context
	patient  context.Context // of what may make messages wait
	end      context.CancelFunc
	drain    <-chan struct{}
	conn     net.Conn
	pass     *door.Pass
	dialect  Dialect
	protocol string // of the listener when the connection was made
	in       *splitter
	scratch  []byte
	out      []byte          // frames that go to the node together
	unsent   []*door.Ticket  // those of them that end when they are sent
	flushed  error           // why nothing more goes to the node, which has a part of a frame, perhaps
	back     []byte          // frames that go to the client together
	giving   context.Context // of what may make answers wait
	ungiven  error           // why nothing more goes to the client
	replyBy  timed
	taken    chan struct{} // of pairs: an entry was, out of the line

	link    atomic.Pointer[link]
	refused atomic.Bool  // the connection is to be reset
	said    atomic.Bool  // no more messages come; what is under way is still answered
	due     atomic.Int64 // answers that the node owes
	heard   atomic.Bool  // of a stream: what the node has sent is on its way to the client
	active  atomic.Int64 // of clock, when something last came from the node, or went to the client
	cause   atomic.Pointer[error]

	draining atomic.Bool
	stopped  atomic.Bool // nothing is read any more

	mu      sync.Mutex // guards deadlines of reading, changes of the two, and what follows
	waiting bool       // for the first byte of a message that is not here, or before what is here was
	timed   timed      // of the client's messages
}

func (s *session) paired() bool {
	return s.dialect != nil || s.pass.Door().Config.Answers.Expect == "one"
}

// errDrained ends a connection that has nothing under way.
var errDrained = errors.New("frames: draining")

var past = time.Unix(1, 0)

// watch ends the wait for messages when draining begins.
func (s *session) watch() {
	select {
	case <-s.drain:
	case <-s.ctx.Done():
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining.Store(true)
	if s.waiting {
		s.conn.SetReadDeadline(past)
		s.timed = timed{} // a message that begins to come at this moment has its time
	}
}

// deadline sets the time for what is read next. It reports false when nothing is
// to be read any more. What is here already needs no time, and nothing that the
// connection has to be told: whatever ends the reading meanwhile is seen before
// something is read that is not here. A time that was set a moment ago is not set
// again, which costs up to an eighth of it. Only the goroutine that reads messages
// knows what is here.
func (s *session) deadline(d time.Duration, waiting, here bool) bool {
	if here {
		return s.goesOn(waiting)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = waiting
	if !s.goesOn(waiting) {
		return false
	}
	if at, ok := s.timed.due(d, clock.Now()); ok {
		s.conn.SetReadDeadline(at)
	}
	return true
}

// goesOn reports whether something is still to be read: of the message at hand, or,
// with waiting, another one.
func (s *session) goesOn(waiting bool) bool {
	return !s.stopped.Load() && !(waiting && s.draining.Load())
}

// timed is a deadline that was set.
type timed struct {
	at, d time.Duration
}

// due reports whether a deadline has to be set anew. now is a reading of the clock: what
// was done since it was read takes from the time, and may not be anything that waits.
func (t *timed) due(d, now time.Duration) (time.Time, bool) {
	if t.d == d && now-t.at <= d/8 {
		return time.Time{}, false
	}
	*t = timed{now, d}
	return clock.Time(now).Add(d), true // not of the sum, which a long wait overflows
}

// stopReading ends the reading of messages from another goroutine.
func (s *session) stopReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped.Store(true)
	s.conn.SetReadDeadline(past)
}

// next waits for a message and reads its length.
func (s *session) next() (int64, error) {
	if err := s.begins(); err != nil {
		return 0, err
	}
	n, err := s.in.length()
	return n, s.late(err)
}

// begins waits for the first byte of a message, and gives the rest of it its time.
func (s *session) begins() error {
	l := &s.pass.Door().Config.Limits
	for {
		if !s.deadline(l.Idle.Duration, true, s.in.complete()) {
			return errDrained
		}
		err := s.in.wait()
		if err == nil {
			break
		}
		quiet := s.quiet(clock.Now())
		if !timeout(err) || s.ctx.Err() != nil {
			return err
		}
		if !s.goesOn(true) {
			return errDrained
		}
		if quiet >= l.Idle.Duration {
			s.pass.Denied(door.Deadline, "idle", nil)
			return err
		}
	}
	if !s.deadline(l.Frame.Duration, false, s.in.complete()) {
		return errDrained
	}
	return nil
}

// quiet is how long before now nothing has come from the node, or gone to the client.
func (s *session) quiet(now time.Duration) time.Duration { return now - time.Duration(s.active.Load()) }

func timeout(err error) bool {
	if err == nil { // mostly
		return false
	}
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// refresh takes over the rules of a reload. The error is a refusal: where the listener has
// another protocol now, its rules are about messages that this connection does not have,
// and those of its own are gone.
func (s *session) refresh() error {
	if s.pass.Refresh() && s.pass.Door().Config.Protocol != s.protocol {
		return s.pass.Denied(door.Verb, "protocol", nil)
	}
	return nil
}

// message is one that was read whole, or refused.
type message struct {
	bytes    []byte
	ticket   *door.Ticket
	answered bool
	refusal  *door.Refusal
	fatal    bool  // the place of the next frame is lost
	long     int64 // its length, if it was not read: it is too long, and goes on all the same
	held     door.Held
}

// read reads the message of n bytes and asks every rule.
func (s *session) read(n int64) (m message, err error) {
	frame := s.pass.Door().Config.Limits.Frame.Duration
	if m.refusal = s.pass.Oversize(door.ToNode, n); m.refusal != nil {
		m.fatal = true
		return m, nil
	}
	if n > s.pass.Door().MaxBytes(door.ToNode) {
		return s.noted(n)
	}
	if m.refusal = s.pass.Pace(s.patient, n); m.refusal != nil {
		s.deadline(frame, false, s.in.has(n))
		return m, s.late(s.in.skip(n))
	}
	if err := s.receive(&m, n, frame); err != nil {
		return m, err
	}
	m.answered = true
	if s.dialect != nil {
		if m.answered, m.refusal = s.dialect.Before(s.pass, m.bytes); m.refusal != nil {
			return m, nil
		}
	}
	if cap(s.scratch) > keep {
		s.scratch = nil
	}
	m.ticket, m.refusal = s.pass.Request(s.patient, m.bytes, s.scratch)
	if m.ticket != nil && len(m.ticket.Bytes) > 0 && &m.ticket.Bytes[0] != &m.bytes[0] {
		s.scratch = m.ticket.Bytes // it has grown, perhaps
	}
	return m, nil
}

// noted asks the rules about a message of n bytes that is too long, where that is only
// noted. It is not read, for there is room for no more than a message may have: what
// it holds nobody sees.
func (s *session) noted(n int64) (m message, err error) {
	m.long, m.answered = n, true
	if m.refusal = s.pass.Pace(s.patient, n); m.refusal == nil && s.dialect != nil {
		m.answered, m.refusal = s.dialect.Before(s.pass, nil)
	}
	if m.refusal == nil {
		m.ticket, m.refusal = s.pass.Ask(s.patient, door.Asked{ID: "long " + strconv.FormatInt(n, 10)}, nil)
	}
	if !s.deadline(s.pass.Door().Config.Limits.Frame.Duration, false, s.in.has(n)) {
		err = errDrained
	} else if m.refusal != nil {
		err = s.late(s.in.skip(n))
	}
	if err != nil && m.ticket != nil {
		m.ticket.Cancel()
	}
	return m, err
}

// receive reads the bytes of a message, and finds room for them.
func (s *session) receive(m *message, n int64, frame time.Duration) error {
	arrived, err := s.pass.Receive(s.patient, n)
	if err != nil {
		return err
	}
	defer arrived()
	if !s.deadline(frame, false, s.in.has(n)) {
		return errDrained
	}
	if m.bytes, err = s.in.body(n); err != nil {
		return s.late(err)
	}
	m.held, err = s.pass.Hold(s.patient, n)
	return err
}

// late tells of a message that did not come in time.
func (s *session) late(err error) error {
	if timeout(err) && s.ctx.Err() == nil {
		s.pass.Denied(door.Deadline, "frame", nil)
	}
	return err
}
