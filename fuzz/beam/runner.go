package beam

// runner keeps a VM at work: it starts it, replaces it when it is worn out,
// and when a payload ends it finds out which one. It is not safe for
// concurrent use.
type runner struct {
	p     *program
	vm    *vm // nil if there is none
	stats Stats
}

// ready makes sure that there is a VM that lives and is not worn out.
func (r *runner) ready() error {
	if r.vm != nil && r.vm.alive() && !r.vm.worn.Load() {
		return nil
	}
	if r.vm != nil {
		if r.vm.worn.Load() {
			r.stats.Recycled++
		}
		r.close()
	}
	v, err := launch(r.p)
	if err != nil {
		return err
	}
	r.vm = v
	r.stats.Started++
	return nil
}

func (r *runner) close() {
	if r.vm != nil {
		r.vm.kill(nil)
		r.vm = nil
	}
}

// judge fills out with the verdicts on cases. Frames that are answered are
// settled; the first frame without an answer is the one that ended the VM, and
// its payloads are asked about one by one. That takes one restart for a
// culprit, and one more to be sure of it, where bisecting takes a restart for
// every other halving.
//
// A VM that dies takes the answers with it that it has not sent yet: then there is
// nothing wrong with that frame, and the culprit is in one that was sent along with it.
func (r *runner) judge(cases []Case, out []Verdict) error {
	spans := cut(cases)
	open := 0 // frames that may yet have the culprit that a death is owed to
	defer func() {
		if open > 0 {
			r.stats.Unexplained++
		}
	}()
	for len(spans) > 0 {
		if err := r.ready(); err != nil {
			return err
		}
		done, e, err := r.vm.run(r.p, work{cases, out, spans, false})
		if err != nil {
			return err
		}
		spans = spans[done:]
		if open > 0 && open <= done {
			r.stats.Unexplained++
		}
		open = max(open-done, 0)
		if e.death == Alive || len(spans) == 0 {
			continue
		}
		r.stats.Deaths++
		found, err := r.isolate(cases[spans[0].from:spans[0].to], out[spans[0].from:spans[0].to])
		switch {
		case err != nil:
			return err
		case found:
			open = 0
		default:
			if open > 0 { // of another death
				r.stats.Unexplained++
			}
			open = window
		}
		spans = spans[1:]
	}
	return nil
}

// isolate judges the payloads of a frame that ended a VM one at a time, each
// in a process of its own whose heap is walked before the next gets its turn. It
// reports whether one of them is a culprit.
func (r *runner) isolate(cases []Case, out []Verdict) (found bool, err error) {
	culprits := r.stats.Culprits
	for i := range cases {
		if err := r.settle(cases[i], &out[i]); err != nil {
			return false, err
		}
	}
	return r.stats.Culprits > culprits, nil
}

// settle gives the verdict on one case, which may end VMs.
func (r *runner) settle(c Case, v *Verdict) error {
	e, first, err := r.alone(c, v)
	if err != nil || e.death == Alive {
		return err
	}
	if first && c.Want&derived == 0 {
		r.culprit(v, Verdict{Plain: Died}, e)
		return nil
	}
	return r.confirm(c, e, v)
}

// confirm is for a case that ended a VM with e. Perhaps an earlier payload was
// to blame, perhaps what was derived from the term: the case is put to a VM
// that has seen no other, first with nothing derived and then in full.
func (r *runner) confirm(c Case, e end, v *Verdict) error {
	bare := c
	bare.Want &^= derived
	died, _, err := r.alone(bare, v)
	if err != nil {
		return err
	}
	if died.death != Alive {
		r.culprit(v, Verdict{Plain: Died}, died)
		return nil
	}
	if decoded := *v; c.Want != bare.Want {
		if died, _, err = r.alone(c, v); err != nil {
			return err
		}
		if died.death != Alive {
			decoded.Late = true
			r.culprit(v, decoded, died)
			return nil
		}
	}
	v.Suspect, v.Why = true, e.why
	return nil
}

// culprit writes the verdict on a case that ended a VM alone.
func (r *runner) culprit(v *Verdict, as Verdict, e end) {
	*v = as
	v.Death, v.Why = e.death, e.why
	r.stats.Culprits++
}

// alone has the VM judge a single case. It says how the VM ended, if it did,
// and whether the case was the first of its life.
func (r *runner) alone(c Case, v *Verdict) (e end, first bool, err error) {
	if err := r.ready(); err != nil {
		return end{}, false, err
	}
	first = r.vm.served == 0
	var out [1]Verdict
	_, e, err = r.vm.run(r.p, work{[]Case{c}, out[:], []span{{0, 1}}, true})
	*v = out[0]
	if e.death != Alive {
		r.stats.Deaths++
	}
	return e, first, err
}
