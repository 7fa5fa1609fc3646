package beam

import "sync"

// window is how many frames may be on their way: one that is judged, one that
// waits in the VM, one in the pipe. The VM is then never idle.
const window = 3

// work is what a VM is asked to do: judge cases into out, in frames.
type work struct {
	cases   []Case
	out     []Verdict
	spans   []span
	careful bool // have the VM walk its heap before each reply
}

// run has the VM judge w, frame by frame. It returns how many frames were
// answered: all of them, or those before the VM died (e says of what) or was
// worn out (e is the zero end). An error means that the two sides
// misunderstand each other, not that the VM died.
func (v *vm) run(p *program, w work) (done int, e end, err error) {
	f := v.feed(w)
	defer f.stop()
	timer := v.deadline(p.timeout)
	defer timer.Stop()
	for s := range f.sent {
		b, err := v.receive()
		if err != nil {
			v.kill(nil)
			return done, v.epitaph(), nil
		}
		timer.Reset(p.timeout)
		atoms, exports, err := parseReply(b, w.cases[s.from:s.to], w.out[s.from:s.to])
		if err != nil {
			v.kill(nil)
			return done, end{}, err
		}
		v.served += s.to - s.from
		v.worn.Store(p.worn(v, atoms, exports))
		done++
	}
	return done, end{}, nil
}

// feeder writes frames from a goroutine of its own, so that the VM has the
// next one when it has answered the last.
type feeder struct {
	sent chan span // frames that are written or about to be, in order
	quit chan struct{}
	wg   sync.WaitGroup
}

func (v *vm) feed(w work) *feeder {
	f := &feeder{sent: make(chan span, window-1), quit: make(chan struct{})}
	f.wg.Go(func() {
		defer close(f.sent)
		var buf []byte
		for i, s := range w.spans {
			if i > 0 && v.worn.Load() {
				return
			}
			buf = appendRequest(buf[:0], w.cases[s.from:s.to], w.careful)
			select {
			case f.sent <- s:
			case <-f.quit:
				return
			}
			if _, err := v.to.Write(buf); err != nil {
				return // the reader sees the end of the VM
			}
		}
	})
	return f
}

// stop ends the feeder. If the VM lives it has nothing left to write; if it is
// dead, writing fails.
func (f *feeder) stop() {
	close(f.quit)
	f.wg.Wait()
}
