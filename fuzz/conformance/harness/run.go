package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

func isBroken(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) }

// Options say how to run.
type Options struct {
	// Level is how much of an answer is compared.
	Level Level
	// Skip picks cases that are counted and not run.
	Skip Filter
	// Only, if it is not empty, picks the cases that are looked at at all.
	Only Filter
	// Workers is how many programs run at a time; 0 is 1.
	Workers int
	// Progress, if not nil, hears how many cases are done, by one goroutine at
	// a time.
	Progress func(done, of int)
}

// Run gives all cases to the program. An error means that there are no results, as
// when the program does not start or says that it is at fault, a pattern picks
// nothing, no case is left, or ctx ended; what the program does to itself when it
// is asked is a result.
func Run(ctx context.Context, p Program, cases []Case, o Options) (*Report, error) {
	if err := p.Lookup(); err != nil {
		return nil, err
	}
	if err := errors.Join(o.Skip.Known(cases), o.Only.Known(cases)); err != nil {
		return nil, err
	}
	p = p.withDefaults()
	r := newReport(p, o)
	var waiting []*Case
	for i := range cases {
		c := &cases[i]
		switch {
		case len(o.Only) > 0 && !o.Only.Match(c):
		case o.Skip.Match(c):
			r.class(c.Class).Skipped++
		case c.Want == nil:
			r.class(c.Class).NoReference++
		default:
			waiting = append(waiting, c)
		}
	}
	if len(waiting) == 0 {
		return nil, errNoCase
	}
	if err := r.runAll(ctx, p, waiting, o); err != nil {
		return nil, err
	}
	r.finish()
	return r, nil
}

var errNoCase = errors.New("there is no case to run")

// runAll deals the cases to workers; results come in any order.
func (r *Report) runAll(ctx context.Context, p Program, waiting []*Case, o Options) error {
	first, err := r.begin(p) // of the first worker
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *Case)
	var mu sync.Mutex
	var wg sync.WaitGroup
	done := 0
	for i := range max(1, o.Workers) {
		w := worker{program: p}
		if i == 0 {
			w.server = first
		}
		wg.Go(func() {
			defer w.close()
			for c := range queue {
				a, err := w.answer(c.Data())
				if err != nil {
					cancel(fmt.Errorf("at %s: %w", c.ID, err))
					return
				}
				mu.Lock()
				r.add(c, a)
				done++
				if o.Progress != nil {
					o.Progress(done, len(waiting))
				}
				mu.Unlock()
			}
		})
	}
deal:
	for _, c := range waiting {
		select {
		case queue <- c:
		case <-ctx.Done():
			break deal
		}
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx)
}

// begin makes sure that the program starts, and notes what it makes of the empty
// list. The server is nil if each case has a process, or if it does not live.
func (r *Report) begin(p Program) (s *server, err error) {
	if !p.Packet {
		r.EmptyListRefused, err = p.refusesEmpty()
		return nil, err
	}
	s, err = p.begin()
	switch {
	case s == nil:
	case err != nil:
		s.close()
		s = nil
	case !s.first.Accept:
		r.EmptyListRefused = cmp.Or(s.first.Why, unsaid)
	}
	return s, err
}

// emptyList is what a program is given before all cases.
var emptyList = []byte{version, 106}

// unsaid stands for the reason of a refusal that came with none.
const unsaid = "it does not say why"

// answer is what came of one payload: a reply or a death.
type answer struct {
	reply Reply
	death *death
	// alone says that the program died of the payload, or hung, and answered
	// when it was asked again in a new life.
	alone bool
}

// worker has at most one program running.
type worker struct {
	program Program
	server  *server
}

func (w *worker) answer(payload []byte) (answer, error) {
	a, served, err := w.try(payload)
	if err != nil || a.death == nil || served == 0 && a.death.outcome != Hang {
		return a, err
	}
	// What came before may be to blame, as for a leak, or a busy machine. The
	// payload is judged by what it does alone.
	a, _, err = w.try(payload)
	a.alone = a.death == nil
	return a, err
}

// try gives the payload to the program, in the way that it is run. served is how
// many cases that process had answered before.
func (w *worker) try(payload []byte) (a answer, served int, err error) {
	if w.program.Packet {
		served, err = w.ask(payload, &a)
		return a, served, err
	}
	a.reply, a.death, err = w.program.once(payload)
	return a, 0, err
}

// ask returns how many cases the program had answered before this one.
func (w *worker) ask(payload []byte, a *answer) (served int, err error) {
	if w.server == nil {
		if err = w.start(); err != nil {
			return 0, err
		}
	}
	served = w.server.served
	a.reply, a.death, err = w.server.ask(payload, w.program.Timeout)
	if a.death != nil {
		w.server = nil
	}
	return served, err
}

// start runs the program until it is warm. One that dies of that is run again,
// cold: the cases will show why.
func (w *worker) start() (err error) {
	if w.server, err = w.program.serve(); err != nil {
		return err
	}
	if alive, err := w.server.warm(); alive || err != nil {
		return err
	}
	w.server, err = w.program.serve()
	return err
}

func (w *worker) close() {
	if w.server != nil {
		w.server.close()
	}
}
