package ledger

import (
	"errors"
	"time"

	"github.com/beamgate/beamgate/limits"
)

// View is the ledger as one connection of one client draws on it: a limits.Budget
// for one message at a time.
type View struct {
	l      *Ledger
	client string
	shadow func(error) // not nil: refusals are told and not meant
	held   int64       // by the message at hand
}

// View returns a view for the client with this key. With shadow, what would be
// refused is only told to it.
func (l *Ledger) View(client string, shadow func(error)) *View {
	return &View{l: l, client: client, shadow: shadow}
}

// Begin begins a message: what the one before brought no longer counts against
// it. A nil View does nothing.
func (v *View) Begin() {
	if v != nil {
		v.held = 0
	}
}

// Reserve implements limits.Budget.
func (v *View) Reserve(name []byte) (bool, error) {
	held, err := v.l.budget.Reserve(name)
	if !held && err == nil { // it is known, as nearly all are
		v.l.passed(name)
		return false, nil
	}
	held, err = v.admit(name, held, err)
	if err != nil && v.shadow != nil {
		v.shadow(err)
		return false, nil
	}
	return held, err
}

// admit decides on a name of which the budget says that it is new, or that it may not be.
func (v *View) admit(name []byte, held bool, err error) (bool, error) {
	if errors.Is(err, limits.ErrBudgetLocked) && v.l.again() {
		held, err = v.l.budget.Reserve(name)
	}
	if err != nil {
		return false, err
	}
	if !held {
		v.l.passed(name)
		return false, nil
	}
	if err := v.l.charge(v, name); err != nil {
		v.l.budget.Release([]string{string(name)})
		return false, err
	}
	v.held++
	return true, nil
}

// patience is how long a file that could not be written is left alone.
const patience = time.Second

// again tries the file of a locked budget again, from time to time, and reports
// whether it did: a disk that was full may have room.
func (l *Ledger) again() bool {
	now, last := time.Now().UnixNano(), l.looked.Load()
	if now-last < int64(patience) || !l.looked.CompareAndSwap(last, now) {
		return false
	}
	l.mend()
	return true
}

// passed notes a name that goes to a node which may be a new one.
func (l *Ledger) passed(name []byte) {
	if l.unsure.Load() {
		l.carries(name)
	}
}

func (l *Ledger) carries(name []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.carry[string(name)] {
		l.carry[string(name)] = true
	}
}

// charge asks whether the message and the client may bring one more name.
func (l *Ledger) charge(v *View, name []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	spent := l.clients[v.client]
	switch {
	case l.waiting:
		return ErrWaiting
	case !l.admits(name):
		return &limits.Error{Name: "only", Got: 1}
	case v.held >= l.config.PerMessage:
		return &limits.Error{Name: "per_message", Max: l.config.PerMessage, Got: v.held + 1}
	case spent >= l.config.PerClient:
		return &limits.Error{Name: "per_client", Max: l.config.PerClient, Got: spent + 1}
	}
	l.clients[v.client] = spent + 1
	return nil
}

// admits reports whether a name may be new at all.
func (l *Ledger) admits(name []byte) bool {
	for _, re := range l.only {
		if re.Match(name) {
			return true
		}
	}
	return len(l.only) == 0
}

// Commit implements limits.Budget.
func (v *View) Commit(names []string) error {
	if err := v.l.budget.Commit(names); err != nil {
		return err
	}
	for _, name := range names { // spent for a life that may be over
		v.l.passed([]byte(name))
	}
	if len(names) > 0 {
		v.l.spoken()
	}
	return nil
}

// Release implements limits.Budget.
func (v *View) Release(names []string) {
	v.l.budget.Release(names)
	if len(names) == 0 {
		return
	}
	v.l.mu.Lock()
	defer v.l.mu.Unlock()
	if left := v.l.clients[v.client] - int64(len(names)); left > 0 {
		v.l.clients[v.client] = left
	} else {
		delete(v.l.clients, v.client)
	}
	v.held = max(0, v.held-int64(len(names)))
}

// Unbounded is a limits.Budget that admits every name and counts none, for
// listeners whose rule about atoms is off.
type Unbounded struct{}

// Reserve implements limits.Budget.
func (Unbounded) Reserve([]byte) (bool, error) { return false, nil }

// Commit implements limits.Budget.
func (Unbounded) Commit([]string) error { return nil }

// Release implements limits.Budget.
func (Unbounded) Release([]string) {}
