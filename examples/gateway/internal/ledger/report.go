package ledger

import (
	"errors"
	"iter"
	"maps"
	"slices"
)

// Report is what a node says of its atoms. Whoever calls Ledger.Report has made
// sure that it comes from the node.
type Report struct {
	Node string
	Incarnation
	AtomCount, AtomLimit int64
	Names                []string // that the node has, if it told them; they add up
}

// node is what is known of one node of the pool.
type node struct {
	last    Report
	spent   int64 // names spent when it reported
	names   map[string]bool
	changed bool // another incarnation than the one the file counts for
}

var (
	// errReport is for reports that cannot be meant.
	errReport = errors.New("ledger: a report without node or with impossible numbers")
	// errOlder is for what comes late, or of another node with that name. Were it
	// believed, the next report of the later life would begin that anew.
	errOlder = errors.New("ledger: a report of a life that began before the one that is counted")
)

// Report takes in what a node says. If all nodes of the pool are other ones than
// those the ledger counts for, a new life begins: everything is forgotten but
// what was passed to the new ones already. It reports whether that happened.
func (l *Ledger) Report(r Report) (began bool, err error) {
	if r.Node == "" || r.AtomCount < 0 || r.AtomLimit <= 0 {
		return false, errReport
	}
	l.gate.Lock()
	defer l.gate.Unlock()
	l.mu.Lock()
	if !slices.Contains(l.config.Nodes, r.Node) {
		l.mu.Unlock()
		return false, nil
	}
	if l.older(r) {
		l.mu.Unlock()
		return false, errOlder
	}
	began, err = l.take(r)
	after := slices.Clone(l.onReset)
	l.mu.Unlock()
	if began {
		for _, f := range after {
			(*f)()
		}
	}
	return began, err
}

// older reports whether a later life of the node is known. Caller holds mu.
func (l *Ledger) older(r Report) bool {
	counted := l.state.Nodes[r.Node].Started
	if n := l.nodes[r.Node]; n != nil {
		counted = max(counted, n.last.Started)
	}
	return r.Started < counted
}

// take is Report under the locks.
func (l *Ledger) take(r Report) (bool, error) {
	n := l.nodes[r.Node]
	if n == nil || n.last.Incarnation != r.Incarnation {
		n = &node{names: map[string]bool{}}
		l.nodes[r.Node] = n
	}
	n.last = r
	counted, ok := l.state.Nodes[r.Node]
	n.changed = ok && counted != r.Incarnation
	began, err := l.decide(r, ok)
	if err != nil {
		return began, err
	}
	l.learn(n, r.Names)
	n.last.Names = nil
	n.spent = l.budget.Stats().Committed
	l.limit()
	return began, nil
}

// decide begins a new life, or notes a node that was not known.
func (l *Ledger) decide(r Report, known bool) (bool, error) {
	all := true
	next := maps.Clone(l.state.Nodes)
	if next == nil {
		next = map[string]Incarnation{}
	}
	for _, name := range l.config.Nodes {
		n := l.nodes[name]
		all = all && n != nil && n.changed
		if n != nil {
			next[name] = n.last.Incarnation
		}
	}
	switch {
	case all:
		if err := l.reset("a new incarnation", next); err != nil {
			return false, err
		}
		l.begun()
		return true, nil
	case !known:
		return l.meet(r)
	}
	// The same life: what passed is counted; but not where a reset is still to be finished.
	if len(l.config.Nodes) == 1 && l.budget.Stats().Resets >= l.state.Resets {
		l.all = false
		l.unsure.Store(false)
		clear(l.carry)
	}
	return l.answered()
}

// begun notes that the file counts for the lives that the nodes have reported.
func (l *Ledger) begun() {
	for _, n := range l.nodes {
		n.changed, n.spent = false, 0
	}
}

// mend goes on with the file of a locked budget, if that can be written again and
// nothing is missing in it.
func (l *Ledger) mend() {
	if l.budget.Locked() != nil {
		_ = l.budget.Reopen() // why not is what Locked says
	}
}

// meet notes a node that reports for the first time.
func (l *Ledger) meet(r Report) (began bool, err error) {
	s := l.state.with(l.state.Nodes)
	if s.Nodes == nil {
		s.Nodes = map[string]Incarnation{}
	}
	s.Nodes[r.Node] = r.Incarnation
	if err := s.save(l.file); err != nil {
		return false, err
	}
	l.state = s
	return l.answered()
}

// answered ends the wait for reports once every node has reported. A file that
// was lost starts over then, with what the nodes say and what is remembered here;
// and a reset that failed half way is finished, which may be how a life begins.
func (l *Ledger) answered() (began bool, err error) {
	for _, name := range l.config.Nodes {
		if l.nodes[name] == nil {
			return false, nil
		}
	}
	l.mend()
	s := l.budget.Stats()
	if s.Locked != nil || s.Resets < l.state.Resets {
		began = l.half
		reason := "finishing a reset that failed half way"
		if !began {
			reason = "the file was lost, and the node has reported"
			l.all = l.all || s.Locked != nil // it is the same life: what was spent is spent
		}
		if err := l.reset(reason, l.state.Nodes); err != nil {
			return false, err
		}
	}
	if began {
		l.begun()
	}
	if err := l.carryOver(); err != nil {
		return began, err
	}
	l.waiting = false
	return began, nil
}

// carryOver writes the names that are on their way from one file to the next.
func (l *Ledger) carryOver() error {
	if !l.state.Carrying {
		return nil
	}
	l.budget.SetMax(max(l.config.Max, l.budget.Committed()+int64(len(l.owed))))
	err := l.spend(l.owed)
	l.limit()
	if err != nil {
		return err
	}
	l.owed = nil
	next := l.state
	next.Carrying = false
	if err := next.save(l.file); err != nil {
		return err
	}
	l.state = next
	return nil
}

// reset forgets everything but what may have been passed to the new incarnation.
// Caller holds gate and mu.
func (l *Ledger) reset(reason string, nodes map[string]Incarnation) error {
	carry := l.carried()
	s := state{Nodes: nodes, Resets: l.budget.Stats().Resets + 1, Carrying: len(carry) > 0}
	if err := s.save(l.file); err != nil {
		return err
	}
	l.state = s
	err := l.budget.Reset(reason)
	if l.half = err != nil; l.half {
		return err
	}
	l.budget.Preload(l.known.All())
	if len(l.config.Nodes) > 0 && l.nodes[l.config.Nodes[0]] != nil { // what all have, the first has
		l.budget.Preload(l.shared(maps.Keys(l.nodes[l.config.Nodes[0]].names)))
	}
	l.owed = carry
	_ = l.carryOver() // or later: the budget is locked then, and the names are remembered
	clear(l.clients)
	l.carry, l.all, l.waiting, l.alarmed = map[string]bool{}, false, false, 0
	l.unsure.Store(false)
	l.limit()
	l.epoch.Add(1)
	return nil
}

// carried returns the names that were sent since the last report, and so
// perhaps to the new incarnation.
func (l *Ledger) carried() []string {
	if l.all {
		return slices.Concat(slices.Collect(l.budget.Names()), l.owed)
	}
	return slices.Concat(slices.Sorted(maps.Keys(l.carry)), l.owed)
}

// spend charges names that were passed already.
func (l *Ledger) spend(names []string) error {
	var held []string
	for _, name := range names {
		ok, err := l.budget.Reserve([]byte(name))
		if err != nil {
			l.budget.Release(held)
			return err
		}
		if ok {
			held = append(held, name)
		}
	}
	err := l.budget.Commit(held)
	if err != nil {
		l.budget.Release(held)
	}
	return err
}

// learn takes names that a node has. In a pool a name is known when all have it.
func (l *Ledger) learn(n *node, names []string) {
	for _, name := range names {
		n.names[name] = true
	}
	l.budget.Preload(l.shared(slices.Values(names)))
}

// shared yields those names that every node has.
func (l *Ledger) shared(names iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range names {
			all := true
			for _, other := range l.config.Nodes {
				o := l.nodes[other]
				all = all && o != nil && o.names[name]
			}
			if all && !yield(name) {
				return
			}
		}
	}
}
