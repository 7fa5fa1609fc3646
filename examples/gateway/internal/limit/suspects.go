package limit

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"
)

// Hash stands for the bytes of a message.
type Hash [32]byte

// Suspects remembers messages that were under way when an upstream went down.
// One that was at several such times is refused for a while: it may be what
// brings the node down, and a restart would only meet it again.
type Suspects struct {
	none atomic.Bool // nothing was noted yet: mostly no node ever goes down

	mu     sync.Mutex // guards what follows
	rules  SuspectRules
	byHash map[Hash]*list.Element
	old    *list.List // of *suspect, the longest not seen first
}

// SuspectRules say when a message is refused.
type SuspectRules struct {
	Crashes int64         // at so many crashes
	Window  time.Duration // within so long
	Refuse  time.Duration // for so long
	Keep    int64         // messages remembered; the longest not seen goes first
}

type suspect struct {
	hash  Hash
	count int64
	first time.Time
	until time.Time
}

// NewSuspects returns an empty memory.
func NewSuspects(rules SuspectRules) *Suspects {
	s := &Suspects{rules: rules, byHash: map[Hash]*list.Element{}, old: list.New()}
	s.none.Store(true)
	return s
}

// Resize changes the rules.
func (s *Suspects) Resize(rules SuspectRules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = rules
}

// Crashed notes messages that were under way at one crash.
func (s *Suspects) Crashed(hashes []Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.none.Store(false)
	now := time.Now()
	seen := make(map[Hash]bool, len(hashes))
	for _, h := range hashes {
		if seen[h] { // twice under way is still one crash
			continue
		}
		seen[h] = true
		s.note(h, now)
	}
}

func (s *Suspects) note(h Hash, now time.Time) {
	e := s.byHash[h]
	if e == nil {
		if int64(s.old.Len()) >= s.rules.Keep {
			front := s.old.Front()
			delete(s.byHash, front.Value.(*suspect).hash)
			s.old.Remove(front)
		}
		e = s.old.PushBack(&suspect{hash: h, first: now})
		s.byHash[h] = e
	}
	s.old.MoveToBack(e)
	x := e.Value.(*suspect)
	if now.Sub(x.first) > s.rules.Window {
		x.count, x.first = 0, now
	}
	if x.count++; x.count >= s.rules.Crashes {
		x.until = now.Add(s.rules.Refuse)
	}
}

// Refused returns how long a message is still refused; 0 if it is not.
func (s *Suspects) Refused(h Hash) time.Duration {
	if s.none.Load() {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byHash[h]
	if e == nil {
		return 0
	}
	return max(0, time.Until(e.Value.(*suspect).until))
}

// Len returns how many are remembered.
func (s *Suspects) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.old.Len()
}
