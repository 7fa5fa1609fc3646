package frames

import (
	"io"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/clock"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// Worker checks messages that have gone on already, for listeners that refuse
// nothing. It has a bounded queue, and what does not fit is counted and not
// checked: shadow mode never makes anybody wait.
type Worker struct {
	jobs chan job
	done sync.WaitGroup
	once sync.Once
}

type job struct {
	s    *session
	way  door.Direction
	n    int64
	body []byte // nil: too long to look at
}

// NewWorker starts a worker with room for so many messages.
func NewWorker(room int) *Worker {
	w := &Worker{jobs: make(chan job, room)}
	w.done.Go(func() {
		for j := range w.jobs {
			j.s.judge(j)
		}
	})
	return w
}

// Close ends it, after what is queued. The connections have to have ended.
func (w *Worker) Close() {
	w.once.Do(func() { close(w.jobs) })
	w.done.Wait()
}

func (w *Worker) offer(j job) {
	if w == nil {
		return
	}
	select {
	case w.jobs <- j:
	default:
		j.s.pass.Skipped()
	}
}

// tap copies both ways as it comes, and keeps copies of messages for the worker. It
// ends, between two messages, when a reload has made a rule one that is enforced.
func (s *session) tap(w *Worker) {
	defer s.finish()
	up, _, err := s.connect(clock.Now())
	if err != nil {
		s.pass.Unreachable(err)
		s.refused.Store(true)
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := io.Copy(activity{s}, io.TeeReader(up, s.collect(w, door.ToClient))); s.ungiven != nil {
			s.broken(errClient{err})
			s.refused.Store(true)
		}
		half(s.conn)
		s.stopReading()
	}()
	seen := s.collect(w, door.ToNode)
	for err == nil && s.ctx.Err() == nil {
		if err = s.begins(); err == nil {
			if err = s.refresh(); err != nil {
				s.refused.Store(true)
			}
			if err != nil || !s.pass.Door().Passive() {
				break
			}
			err = s.late(s.copyFrame(up, seen))
		}
	}
	half(up.Conn.Conn)
	select {
	case <-ended:
	case <-time.After(s.pass.Door().Upstream.AnswerTimeout()):
		s.end()
		<-ended
	}
}

// activity is the client, as one that is not idle while it gets something, and that has
// its time to take it.
type activity struct{ s *session }

// Write implements io.Writer.
func (a activity) Write(b []byte) (n int, err error) {
	now := clock.Now()
	a.s.active.Store(int64(now))
	n, a.s.ungiven = a.s.give(b, now)
	return n, a.s.ungiven
}

// copyFrame sends a frame on, each part of it as soon as it is here.
func (s *session) copyFrame(up *link, seen io.Writer) error {
	n, err := s.in.peek()
	for left := int64(s.in.width) + n; left > 0 && err == nil; {
		var b []byte
		if b, err = s.in.part(left); err != nil {
			break
		}
		if at, ok := up.sendBy.due(s.pass.Door().Upstream.AnswerTimeout(), clock.Now()); ok {
			up.SetWriteDeadline(at)
		}
		if _, err = up.Write(b); err == nil {
			seen.Write(b)
			left -= int64(len(b))
			_, err = s.in.r.Discard(len(b))
		}
	}
	return err
}

// collect returns what finds the messages in a stream.
func (s *session) collect(w *Worker, way door.Direction) io.Writer {
	c := &collector{width: s.in.width, most: s.pass.Door().MaxBytes(way)}
	c.found = func(n int64, body []byte) { w.offer(job{s: s, way: way, n: n, body: body}) }
	return c
}

// judge asks every rule about a message that has gone on.
func (s *session) judge(j job) {
	if j.body == nil {
		s.pass.Oversize(j.way, j.n)
		return
	}
	if j.way == door.ToClient {
		s.pass.Answer(j.body)
		return
	}
	s.pass.Pace(s.ctx, j.n)
	if s.dialect != nil {
		s.dialect.Before(s.pass, j.body)
	}
	if t, _ := s.pass.Request(s.ctx, j.body, nil); t != nil {
		t.Cancel()
	}
}

// collector finds frames in a stream that is written to it. It holds one frame,
// which grows as it comes, and none that is longer than most.
type collector struct {
	width int
	most  int64
	found func(n int64, body []byte)

	head []byte
	left int64 // bytes of the frame at hand still to come
	n    int64
	body []byte
}

// Write never fails.
func (c *collector) Write(b []byte) (int, error) {
	written := len(b)
	for len(b) > 0 || len(c.head) == c.width && c.left == 0 {
		if len(c.head) < c.width {
			k := min(c.width-len(c.head), len(b))
			c.head = append(c.head, b[:k]...)
			b = b[k:]
			if len(c.head) < c.width {
				break
			}
			c.n = 0
			for _, x := range c.head {
				c.n = c.n<<8 | int64(x)
			}
			c.left, c.body = c.n, []byte{}
		}
		k := min(c.left, int64(len(b)))
		if c.n <= c.most {
			c.body = append(c.body, b[:k]...)
		}
		b, c.left = b[k:], c.left-k
		if c.left == 0 {
			c.head = c.head[:0]
			if c.n > c.most {
				c.body = nil
			}
			c.found(c.n, c.body)
		}
	}
	return written, nil
}
