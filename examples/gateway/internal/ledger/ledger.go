// Package ledger counts the atoms that a node learns through the gateway, for the
// life of the node.
//
// The counting is done by a limits.AtomBudget, mostly in a file. What is added
// here is what a budget cannot know:
//
//	whose life    an incarnation begins with an authenticated report that names
//	              another creation or start, never with a lost connection
//	who pays      of the new names of a node, a client and a message get a share
//	how much      no more than what the node reports as free in its atom table
//
// A name is charged once, to whoever brought it first. Known names cost nothing
// and pass even when everything is spent.
package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/limits"
)

// ErrWaiting refuses new names until the node has reported: the gateway does not
// know what the node has learned.
var ErrWaiting = errors.New("ledger: no new names before the node has reported")

// Ledger is the allowance of one node, or of a pool of nodes.
type Ledger struct {
	Name string

	budget *limits.AtomBudget
	file   string   // empty: in memory
	lock   *os.File // that nobody else has it; nil: there is none
	epoch  atomic.Int64
	unsure atomic.Bool  // connections were made since the last report
	looked atomic.Int64 // when a locked file was last tried again

	// gate is held for reading while a term is checked, so that a new
	// incarnation does not begin in the middle of one.
	gate sync.RWMutex

	mu      sync.Mutex // guards what follows; taken after gate
	config  config.Ledger
	known   *etf.AtomSet
	only    []*regexp.Regexp
	state   state
	nodes   map[string]*node
	waiting bool             // for a report
	clients map[string]int64 // names spent and held, by client
	carry   map[string]bool  // names that passed since then
	owed    []string         // names that are on their way to a new file
	all     bool             // what passed is not known: all names count as passed
	half    bool             // a reset was written down, and the file is still that from before
	alarmed int64            // the highest alarm given
	onReset []*func()
	alarm   func(ledger string, percent int64)
}

// alarms are the percentages of the allowance at which the ledger speaks up.
var alarms = [...]int64{50, 80, 95}

// Open opens the ledger, or makes it where there is none yet. A file that was
// there and is lost, or is damaged, is no error: then no new name passes until the
// node reports, or the ledger is reset. A file that another process has open is one.
// alarm, if not nil, hears when a part of the allowance is spent.
func Open(c config.Ledger, alarm func(ledger string, percent int64)) (*Ledger, error) {
	l := &Ledger{Name: c.Name, file: c.File, clients: map[string]int64{}, carry: map[string]bool{}, nodes: map[string]*node{}, alarm: alarm}
	if err := l.open(c); err != nil {
		l.lock.Close()
		return nil, fmt.Errorf("ledger %s: %w", c.Name, err)
	}
	l.budget.SetLabel(c.Name)
	commit, err := l.Prepare(c)
	if err != nil {
		l.Close()
		return nil, err
	}
	commit()
	return l, nil
}

func (l *Ledger) open(c config.Ledger) (err error) {
	l.waiting = len(c.Nodes) > 0
	if l.file == "" {
		l.budget = limits.NewAtomBudget(c.Max)
		return nil
	}
	if l.lock, err = hold(l.file); err != nil {
		return err
	}
	old, err := l.state.load(l.file)
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.file); !old && errors.Is(err, fs.ErrNotExist) {
		l.budget, err = limits.CreateAtomBudget(l.file, c.Max)
		if err != nil {
			return err
		}
		return l.state.save(l.file)
	}
	if l.budget, err = limits.OpenAtomBudget(l.file, c.Max); err != nil {
		return err
	}
	s := l.budget.Stats()
	l.all = true
	if s.Locked == nil && s.Resets < l.state.Resets { // we were stopped between the two
		return l.budget.Reset("finishing a reset that was cut short")
	}
	// With its file and the node's incarnation the ledger is whole. The report
	// may still bring another incarnation.
	l.waiting = l.waiting && (s.Locked != nil || len(l.state.Nodes) == 0 || l.state.Carrying)
	return nil
}

// Prepare reads the lists of c. commit takes over them and the numbers; the file
// stays what it was.
func (l *Ledger) Prepare(c config.Ledger) (commit func(), err error) {
	known, err := known(c)
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", c.Name, err)
	}
	var only []*regexp.Regexp
	for _, p := range c.Only {
		re, err := regexp.Compile(`^(?:` + p + `)$`)
		if err != nil {
			return nil, fmt.Errorf("ledger %s: %w", c.Name, err)
		}
		only = append(only, re)
	}
	return func() { l.reload(c, known, only) }, nil
}

func (l *Ledger) reload(c config.Ledger, known *etf.AtomSet, only []*regexp.Regexp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config, l.known, l.only = c, known, only
	for name := range l.nodes {
		if !slices.Contains(c.Nodes, name) {
			delete(l.nodes, name)
		}
	}
	l.waiting = l.waiting && len(c.Nodes) > 0
	l.budget.Preload(known.All())
	l.limit()
}

// everywhere are names that each node has before it has read anything: nil from the code
// that it starts with, the others from the emulator itself. There are many more; these are
// what messages are full of.
var everywhere = []string{
	"true", "false", "nil", "undefined", "ok", "error", "none",
	"normal", "kill", "killed", "noproc", "exit", "throw", "badarg", "EXIT", "DOWN", "infinity", "timeout",
}

// known gathers the names that every node has, and those that the configuration tells.
func known(c config.Ledger) (*etf.AtomSet, error) {
	set, err := etf.NewAtomSet(slices.Concat(everywhere, c.Names)...)
	if err != nil {
		return nil, err
	}
	for _, path := range c.Known {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		more, err := etf.ReadAtomSet(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		set = set.Union(more)
	}
	if c.Release != "" {
		if _, err := os.Stat(c.Release); err != nil {
			return nil, err
		}
		more, err := etf.AtomSetFromRelease(os.DirFS(c.Release))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Release, err)
		}
		set = set.Union(more)
	}
	return set, nil
}

// File is where it is kept; empty: in memory.
func (l *Ledger) File() string { return l.file }

// OnReset calls f after each new incarnation, until forget is called.
func (l *Ledger) OnReset(f func()) (forget func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onReset = append(l.onReset, &f)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.onReset = slices.DeleteFunc(l.onReset, func(g *func()) bool { return g == &f })
	}
}

// Epoch counts incarnations since the gateway started.
func (l *Ledger) Epoch() int64 { return l.epoch.Load() }

// Dialled notes that a connection to the node is being made, perhaps to one that
// was started again and has not reported yet. It returns the epoch.
func (l *Ledger) Dialled() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsure.Store(len(l.config.Nodes) > 0)
	return l.Epoch()
}

// Enter begins the check of a term, and Leave ends it. Until then the epoch stays what
// it is.
func (l *Ledger) Enter() (epoch int64) {
	l.gate.RLock()
	return l.Epoch()
}

// Leave ends what Enter began.
func (l *Ledger) Leave() { l.gate.RUnlock() }

// Stats are the numbers of a ledger.
type Stats struct {
	limits.BudgetStats
	Waiting bool `json:"waiting"` // for a report
	Clients int  `json:"clients"` // that spent names

	// Atoms and Table are the atoms of the node with the fullest table, as it
	// reported, and how many it may have; 0 if none has.
	Atoms, Table int64
}

// Stats returns the numbers.
func (l *Ledger) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{BudgetStats: l.budget.Stats(), Waiting: l.waiting, Clients: len(l.clients)}
	for _, n := range l.nodes {
		if s.Table == 0 || n.last.AtomCount*s.Table > s.Atoms*n.last.AtomLimit {
			s.Atoms, s.Table = n.last.AtomCount, n.last.AtomLimit
		}
	}
	return s
}

// Locked says why no new name passes at all, and what changes that. The error is nil if
// new names pass as far as the allowance goes.
func (l *Ledger) Locked() (remedy string, why error) {
	s := l.Stats()
	l.mu.Lock()
	nodes := strings.Join(l.config.Nodes, ", ")
	l.mu.Unlock()
	switch {
	case s.Locked == nil && s.Waiting:
		return "a report of " + nodes, ErrWaiting
	case s.Locked == nil:
		return "", nil
	}
	remedy = "start the node again, and then: gateway budget reset " + l.Name + " REASON"
	if nodes != "" {
		remedy = "a report of " + nodes
	}
	if !errors.Is(s.Locked, fs.ErrNotExist) { // it is there, and may be written again
		remedy = "room on the disk, if that is full; or else: " + remedy
	}
	return remedy, s.Locked
}

// Grant raises the allowance of this incarnation by n names, and keeps that.
func (l *Ledger) Grant(n int64) error {
	if n <= 0 {
		return errors.New("ledger: a grant is of 1 name or more")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.state
	next.Granted += n
	if err := next.save(l.file); err != nil {
		return err
	}
	l.state = next
	l.limit()
	l.alarmed = 0
	return nil
}

// Reported returns the nodes that have said that they still are in the life that is
// counted: to start over would allow them the same names a second time.
func (l *Ledger) Reported() (nodes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, n := range l.nodes {
		if counted, ok := l.state.Nodes[name]; ok && counted == n.last.Incarnation {
			nodes = append(nodes, name)
		}
	}
	slices.Sort(nodes)
	return nodes
}

// Reset starts over: nothing was learned, the whole allowance is back. It is for
// an operator who has started the node anew, where no report can say so.
func (l *Ledger) Reset(reason string) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	l.mu.Lock()
	all, carry, owed := l.all, l.carry, l.owed
	l.all, l.carry, l.owed = false, map[string]bool{}, nil // none of it goes on
	err := l.reset(reason, l.state.Nodes)
	if err != nil {
		l.all, l.carry, l.owed = all, carry, owed
		l.mu.Unlock()
		return err
	}
	l.waiting = false
	after := slices.Clone(l.onReset)
	l.mu.Unlock()
	for _, f := range after {
		(*f)()
	}
	return nil
}

// Close gives the file back. New names are refused from then on.
func (l *Ledger) Close() error {
	err := l.budget.Close()
	l.lock.Close()
	return err
}

// limit sets the allowance: what is configured and granted, but no more than
// the nodes have free. Caller holds mu.
func (l *Ledger) limit() {
	most := l.config.Max + l.state.Granted
	s := l.budget.Stats()
	for _, n := range l.nodes {
		free := n.last.AtomLimit*l.config.TablePercent/100 - n.last.AtomCount
		most = min(most, n.spent+max(0, free))
	}
	if most != s.Max {
		l.budget.SetMax(most)
	}
}

// spoken gives an alarm that is due, once. Caller holds no lock.
func (l *Ledger) spoken() {
	s := l.budget.Stats()
	if s.Max <= 0 || l.alarm == nil {
		return
	}
	l.mu.Lock()
	due := int64(0)
	for _, a := range alarms {
		if s.Committed*100 >= a*s.Max && a > l.alarmed {
			due = a
		}
	}
	l.alarmed = max(l.alarmed, due)
	l.mu.Unlock()
	if due > 0 {
		l.alarm(l.Name, due)
	}
}
