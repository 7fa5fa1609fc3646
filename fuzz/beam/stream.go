package beam

import (
	"iter"
	"sync"
)

// Judged is a batch with its verdicts, which are in the order of the cases.
type Judged struct {
	Cases    []Case
	Verdicts []Verdict
}

// streamDepth is how many batches may wait on either side of the judge.
const streamDepth = 2

// Stream judges batches while the caller prepares the next and looks at the
// last: batches runs in one goroutine, the judge in another, and the loop over
// the result in the caller's. What comes out is in the order of what went in.
// After an error, which comes with an empty Judged, the stream ends.
//
// A batch belongs to the stream until it comes out again. Leaving the loop
// early ends the stream; batches is then not asked for more, though it may
// have been asked for a few that nobody sees.
func (o *Oracle) Stream(batches iter.Seq[[]Case]) iter.Seq2[Judged, error] {
	return func(yield func(Judged, error) bool) {
		s := &stream{
			in:   make(chan []Case, streamDepth),
			out:  make(chan result, streamDepth),
			quit: make(chan struct{}),
		}
		var wg sync.WaitGroup
		defer wg.Wait()
		defer close(s.quit)
		wg.Go(func() { s.fill(batches) })
		wg.Go(func() { s.judge(o) })
		for r := range s.out {
			if !yield(r.judged, r.err) || r.err != nil {
				return
			}
		}
	}
}

type result struct {
	judged Judged
	err    error
}

type stream struct {
	in   chan []Case
	out  chan result
	quit chan struct{}
}

func (s *stream) fill(batches iter.Seq[[]Case]) {
	defer close(s.in)
	for cases := range batches {
		select {
		case s.in <- cases:
		case <-s.quit:
			return
		}
	}
}

func (s *stream) judge(o *Oracle) {
	defer close(s.out)
	for cases := range s.in {
		if s.left() {
			return
		}
		verdicts, err := o.Judge(cases)
		r := result{Judged{cases, verdicts}, err}
		if err != nil {
			r.judged = Judged{}
		}
		select {
		case s.out <- r:
		case <-s.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// left says that nobody looks at the verdicts any more.
func (s *stream) left() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}
