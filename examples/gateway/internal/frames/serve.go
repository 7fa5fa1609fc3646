package frames

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/limit"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
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
	s := &session{ctx: ctx, end: cancel, drain: drain, conn: conn, pass: pass, dialect: f.Dialect}
	s.patient = limit.WithWaiting(ctx, func() { s.flushed = s.flush() })
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

// session is one connection.
type session struct {
	ctx     context.Context
	patient context.Context // of what may make messages wait
	flushed error           // of what was sent when something had to wait
	end     context.CancelFunc
	drain   <-chan struct{}
	conn    net.Conn
	pass    *door.Pass
	dialect Dialect
	in      *splitter
	scratch []byte
	out     []byte         // frames that go to the node together
	unsent  []*door.Ticket // those of them that end when they are sent
	back    []byte         // frames that go to the client together
	replyBy timed

	link    atomic.Pointer[link]
	refused atomic.Bool  // the connection is to be reset
	due     atomic.Int64 // answers that the node owes
	active  atomic.Int64 // when something last came from the node, or went to the client
	cause   atomic.Pointer[error]

	mu       sync.Mutex // guards deadlines of reading, and what follows
	waiting  bool       // for the first byte of a message
	draining bool
	stopped  bool
	timed    timed // of the client's messages
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
	s.draining = true
	if s.waiting {
		s.conn.SetReadDeadline(past)
	}
}

// deadline sets the time for what is read next. It reports false when nothing is
// to be read any more. What is here already needs no time; and a time that was set
// a moment ago is not set again, which costs up to an eighth of it.
func (s *session) deadline(d time.Duration, waiting bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = waiting
	if s.stopped || waiting && s.draining {
		return false
	}
	if s.in.complete() {
		return true
	}
	if at, ok := s.timed.due(d); ok {
		s.conn.SetReadDeadline(at)
	}
	return true
}

// timed is a deadline that was set.
type timed struct {
	at time.Time
	d  time.Duration
}

// due reports whether a deadline has to be set anew.
func (t *timed) due(d time.Duration) (time.Time, bool) {
	now := time.Now()
	if t.d == d && now.Sub(t.at) <= d/8 {
		return now, false
	}
	*t = timed{now, d}
	return now.Add(d), true
}

// stopReading ends the reading of messages from another goroutine.
func (s *session) stopReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.conn.SetReadDeadline(past)
}

// next waits for a message and reads its length.
func (s *session) next() (int64, error) {
	l := s.pass.Door().Config.Limits
	for {
		if !s.deadline(l.Idle.Duration, true) {
			return 0, errDrained
		}
		err := s.in.wait()
		if err == nil {
			break
		}
		quiet := time.Since(time.UnixMilli(s.active.Load()))
		if !timeout(err) || s.ctx.Err() != nil {
			return 0, err
		}
		if s.over() {
			return 0, errDrained
		}
		if quiet >= l.Idle.Duration {
			s.pass.Denied(door.Deadline, "idle", nil)
			return 0, err
		}
	}
	if !s.deadline(l.Frame.Duration, false) {
		return 0, errDrained
	}
	n, err := s.in.length()
	return n, s.late(err)
}

func (s *session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped || s.draining
}

func timeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// message is one that was read whole, or refused.
type message struct {
	bytes    []byte
	ticket   *door.Ticket
	answered bool
	refusal  *door.Refusal
	fatal    bool // the place of the next frame is lost
	release  func()
}

// read reads the message of n bytes and asks every rule.
func (s *session) read(n int64) (m message, err error) {
	m.release = func() {}
	frame := s.pass.Door().Config.Limits.Frame.Duration
	if m.refusal = s.pass.Oversize(door.ToNode, n); m.refusal != nil {
		m.fatal = true
		return m, nil
	}
	if m.refusal = s.pass.Pace(s.patient, n); m.refusal != nil {
		s.deadline(frame, false)
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
	if m.ticket != nil && &m.ticket.Bytes[0] != &m.bytes[0] {
		s.scratch = m.ticket.Bytes // it has grown, perhaps
	}
	return m, nil
}

// receive reads the bytes of a message, and finds room for them.
func (s *session) receive(m *message, n int64, frame time.Duration) error {
	arrived, err := s.pass.Receive(s.patient, n)
	if err != nil {
		return err
	}
	defer arrived()
	if !s.deadline(frame, false) {
		return errDrained
	}
	if m.bytes, err = s.in.body(n); err != nil {
		return s.late(err)
	}
	release, err := s.pass.Hold(s.patient, n)
	if err == nil {
		m.release = release
	}
	return err
}

// late tells of a message that did not come in time.
func (s *session) late(err error) error {
	if timeout(err) && s.ctx.Err() == nil {
		s.pass.Denied(door.Deadline, "frame", nil)
	}
	return err
}

// stale is how long ago the node has to have been heard for it to be asked whether
// it is still there.
const stale = 3 * time.Millisecond

// link is a connection to the node. The goroutine that reads messages makes it and
// writes to it, the one that passes answers on reads from it.
type link struct {
	*upstream.Conn
	in       *splitter
	sendBy   timed
	answerBy timed
}

// connect makes the connection to the node, if there is none, or only one that
// the node has closed while nothing was under way.
func (s *session) connect() (*link, error) {
	up := s.link.Load()
	if up != nil {
		under := s.due.Load() > 0 || len(s.out) > 0
		heard := time.Since(time.UnixMilli(s.active.Load())) < stale
		switch {
		case up.Fresh() && (under || heard || up.Idle()):
			return up, nil
		case under:
			return nil, errOtherLife
		}
		up.Close()
	}
	conn, err := s.pass.Door().Upstream.Dial(s.ctx)
	if err != nil {
		return nil, err
	}
	up = &link{Conn: conn, in: newSplitter(conn, s.pass.Door().Config.Packet)}
	s.link.Store(up)
	context.AfterFunc(s.ctx, func() { conn.Close() })
	return up, nil
}

// errOtherLife says that the node was started again since the message was
// checked.
var errOtherLife = errors.New("frames: the node is another one since the message was checked")

// send gathers a message for the node. It goes with those that are here already, or
// as soon as anybody would wait. With last, sending it is all there is to do, and
// its ticket ends with it.
func (s *session) send(t *door.Ticket, last bool) (err error) {
	err = errOtherLife
	if s.link.Load().Epoch() == t.Epoch {
		s.out, err = etf.AppendFrame(s.out, t.Bytes, s.pass.Door().Config.Packet)
	}
	switch {
	case err != nil && last:
		t.Cancel()
	case err == nil && last:
		s.unsent = append(s.unsent, t)
	}
	if err == nil && (len(s.out) >= keep || !s.in.complete()) {
		err = s.flush()
	}
	return err
}

// flush sends what was gathered.
func (s *session) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	up := s.link.Load()
	if at, ok := up.sendBy.due(s.pass.Door().Upstream.Config().Answer.Duration); ok {
		up.SetWriteDeadline(at)
	}
	_, err := up.Write(s.out)
	if s.out = s.out[:0]; cap(s.out) > 2*keep {
		s.out = nil
	}
	for _, t := range s.unsent {
		if err != nil {
			new(door.Crash).Lost(t, err)
		} else {
			t.Done()
		}
	}
	s.unsent = s.unsent[:0]
	return err
}

// reply gathers a message for the client. With more, another one is here already
// and the two go together.
func (s *session) reply(b []byte, more bool) (err error) {
	if s.back, err = etf.AppendFrame(s.back, b, s.pass.Door().Config.Packet); err != nil {
		return err
	}
	if more && len(s.back) < keep {
		return nil
	}
	if at, ok := s.replyBy.due(s.pass.Door().Config.Limits.Write.Duration); ok {
		s.conn.SetWriteDeadline(at)
	}
	_, err = s.conn.Write(s.back)
	if s.back = s.back[:0]; cap(s.back) > 2*keep {
		s.back = nil
	}
	if timeout(err) && s.ctx.Err() == nil {
		s.pass.Denied(door.Deadline, "write", nil)
	}
	s.active.Store(time.Now().UnixMilli())
	return err
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
	if time.Since(time.UnixMilli(s.active.Load())) < time.Second {
		time.Sleep(arrive)
	}
	listen.Reset(s.conn)
}

// arrive is given to answers on their way: a reset overtakes them.
const arrive = 100 * time.Millisecond
