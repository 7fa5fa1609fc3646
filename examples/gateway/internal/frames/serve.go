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
	end     context.CancelFunc
	drain   <-chan struct{}
	conn    net.Conn
	pass    *door.Pass
	dialect Dialect
	in      *splitter
	scratch []byte
	out     []byte // the frame that is written to the node
	back    []byte // the frame that is written to the client

	up      *upstream.Conn
	upIn    *splitter
	refused atomic.Bool  // the connection is to be reset
	due     atomic.Int64 // answers that the node owes
	active  atomic.Int64 // when something last came from the node, or went to the client
	cause   atomic.Pointer[error]

	mu       sync.Mutex // guards deadlines of reading, and what follows
	waiting  bool       // for the first byte of a message
	draining bool
	stopped  bool
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
// to be read any more.
func (s *session) deadline(d time.Duration, waiting bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = waiting
	if s.stopped || waiting && s.draining {
		return false
	}
	s.conn.SetReadDeadline(time.Now().Add(d))
	return true
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
	release, err := s.pass.Hold(s.ctx, n)
	if err != nil {
		return m, err
	}
	m.release = release
	if m.refusal = s.pass.Pace(s.ctx, n); m.refusal != nil {
		s.deadline(frame, false)
		return m, s.late(s.in.skip(n))
	}
	if !s.deadline(frame, false) {
		return m, errDrained
	}
	if m.bytes, err = s.in.body(n); err != nil {
		return m, s.late(err)
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
	m.ticket, m.refusal = s.pass.Request(s.ctx, m.bytes, s.scratch)
	if m.ticket != nil && &m.ticket.Bytes[0] != &m.bytes[0] {
		s.scratch = m.ticket.Bytes // it has grown, perhaps
	}
	return m, nil
}

// late tells of a message that did not come in time.
func (s *session) late(err error) error {
	if timeout(err) && s.ctx.Err() == nil {
		s.pass.Denied(door.Deadline, "frame", nil)
	}
	return err
}

// connect makes the connection to the node, if there is none, or only one that
// the node has closed while nothing was under way.
func (s *session) connect() error {
	if s.up != nil && (s.due.Load() > 0 || s.up.Idle()) {
		return nil
	}
	if s.up != nil {
		s.up.Close()
	}
	up, err := s.pass.Door().Upstream.Dial(s.ctx)
	if err != nil {
		return err
	}
	s.up, s.upIn = up, newSplitter(up, s.pass.Door().Config.Packet)
	context.AfterFunc(s.ctx, func() { up.Close() })
	return nil
}

// errOtherLife says that the node was started again since the message was
// checked.
var errOtherLife = errors.New("frames: the node is another one since the message was checked")

// send writes a message to the node.
func (s *session) send(t *door.Ticket) (err error) {
	if s.up.Epoch() != t.Epoch {
		return errOtherLife
	}
	width := s.pass.Door().Config.Packet
	if s.out, err = etf.AppendFrame(s.out[:0], t.Bytes, width); err != nil {
		return err
	}
	s.up.SetWriteDeadline(time.Now().Add(s.pass.Door().Upstream.Config().Answer.Duration))
	_, err = s.up.Write(s.out)
	if cap(s.out) > keep {
		s.out = nil
	}
	return err
}

// reply writes a message to the client.
func (s *session) reply(b []byte) error {
	frame, err := etf.AppendFrame(s.back[:0], b, s.pass.Door().Config.Packet)
	if err != nil {
		return err
	}
	if s.back = frame; cap(frame) > keep {
		s.back = nil
	}
	s.conn.SetWriteDeadline(time.Now().Add(s.pass.Door().Config.Limits.Write.Duration))
	_, err = s.conn.Write(frame)
	if timeout(err) && s.ctx.Err() == nil {
		s.pass.Denied(door.Deadline, "write", nil)
	}
	s.active.Store(time.Now().UnixMilli())
	return err
}

// finish closes both ends: in order, or so that the client sees an error.
func (s *session) finish() {
	if s.up != nil {
		s.up.Close()
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
