package limits

// NOTE. An atom is for ever in a BEAM node, so a name is paid for once and in
// two steps, for a name may be seen in a term that is refused later:
//
//	            Reserve               Commit
//	(unknown) ──────────► reserved ──────────► committed (for ever)
//	                         │ Release
//	            given back ◄─┘
//
// A reservation is counted by references, so a name in two open terms takes one
// place. The invariant, under one lock: a place is only taken while
// committed + reserved < max. A commit that could not be recorded leaves its
// names "doubtful": never passed, never given back, until Reset or a new open.

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
)

// budgetNameBytes is the longest name a BEAM can hold: 255 characters of 4 bytes.
const budgetNameBytes = 255 * 4

var (
	// ErrBudgetLocked is what errors.Is finds in the refusal of a budget that
	// can no longer prove what was spent: its file is lost, damaged, full or
	// taken over, or it is closed. Committed names still pass.
	ErrBudgetLocked = errors.New("limits: atom budget is locked")

	// ErrNotReserved reports a Commit of a name that is not reserved: it was
	// never, it was released, or Reset came between. Nothing was committed and
	// the term must not be forwarded.
	ErrNotReserved = errors.New("limits: commit of an atom name that is not reserved (any more): do not forward the term")
)

// Budget is what a decoder draws the names of new atoms from. Each call decides
// locally: an implementation that leases its places from elsewhere does so
// beside these calls, never within Reserve. Methods are safe for concurrent use.
//
// Whoever forwards bytes of a term before its end commits the names in them
// first; a committed name is never refunded.
type Budget interface {
	// Reserve holds a place for name, the UTF-8 bytes of one atom (Latin-1
	// atoms are converted first, or they count twice). name is borrowed for the
	// call. held reports that the caller must hand this name to Commit or
	// Release exactly once; without held and error the name is known already
	// and there is nothing to do. A refusal is a *Error or matches
	// ErrBudgetLocked, and takes no place.
	Reserve(name []byte) (held bool, err error)

	// Commit spends the held names of one term, all at once; when it returns
	// nil they are as durable as the budget makes them. After an error nothing
	// of the term may be forwarded, and the caller must Release the names.
	// The slice is borrowed; the strings may be kept.
	Commit(names []string) error

	// Release gives held names back. Names that are not held are ignored.
	Release(names []string)
}

// AtomBudget is the allowance of new names for one incarnation of one node: it
// counts in atoms, over the life of the node and not of a connection. In memory
// ([NewAtomBudget]) it must live as long as the node; in a file
// ([CreateAtomBudget], [OpenAtomBudget]) it outlives the gateway.
//
// Memory is bounded by Max names of at most 1,020 bytes, besides what was preloaded
// or read from a file. As a Budget, a nil *AtomBudget is locked; the zero value
// allows nothing. It must not be copied after first use.
type AtomBudget struct {
	io  sync.Mutex // one journal operation at a time; taken before mu, never under it
	log *journal   // set once; its inside is guarded by io. nil: in memory only

	known knownNames // guarded by mu where it changes

	mu      sync.RWMutex // guards what follows
	held    map[string]*hold
	next    *group // commits waiting for the next write of the journal
	lock    *lockedError
	closed  bool
	label   string
	max     int64
	spent   int64 // names in known that are paid for; the others were preloaded
	refused int64
	resets  int64
}

// hold is one place taken by a name that is not committed.
type hold struct {
	name     string // the budget's own copy
	refs     int    // terms that must still commit or release it
	queued   int    // commits under way: the place must not be given back
	doubtful bool   // a failed write may have recorded it
}

// NewAtomBudget returns a budget in memory that allows max names. 0 allows
// nothing; a negative value, [None] among them, is taken as 0.
func NewAtomBudget(max int64) *AtomBudget {
	b := &AtomBudget{}
	b.SetMax(max)
	return b
}

// Reserve implements [Budget]. It does not allocate for a known name.
func (b *AtomBudget) Reserve(name []byte) (held bool, err error) {
	if b == nil {
		return false, ErrBudgetLocked
	}
	if b.known.has(name) {
		return false, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	held, err = b.place(name)
	if err != nil {
		b.refused++
	}
	return held, err
}

func (b *AtomBudget) place(name []byte) (held bool, err error) {
	if b.known.has(name) { // since somebody had the lock
		return false, nil
	}
	if b.lock != nil {
		return false, b.lock
	}
	if h := b.held[string(name)]; h != nil {
		h.refs++
		return true, nil
	}
	if len(name) > budgetNameBytes {
		return false, &Error{Name: b.title() + " bytes of one name", Max: budgetNameBytes, Got: int64(len(name))}
	}
	if used := b.used(); used >= b.max {
		return false, &Error{Name: b.title(), Max: b.max, Got: used + 1}
	}
	h := &hold{name: string(name), refs: 1}
	if b.held == nil {
		b.held = make(map[string]*hold)
	}
	b.held[h.name] = h
	return true, nil
}

// Commit implements [Budget]. With a file it returns after the names reached
// the disk; concurrent commits share one fsync. When that fails, or the file
// has another owner by now, the budget locks.
func (b *AtomBudget) Commit(names []string) error {
	if len(names) == 0 {
		return nil
	}
	if b == nil {
		return ErrBudgetLocked
	}
	b.mu.Lock()
	g, err := b.enlist(names)
	b.mu.Unlock()
	if g == nil {
		return err
	}
	return b.flush(g)
}

// enlist commits names at once where there is no file, and otherwise queues
// them for the next write, whose group it returns.
func (b *AtomBudget) enlist(names []string) (*group, error) {
	fresh := false
	for _, s := range names {
		if b.known.has([]byte(s)) {
			continue
		}
		if b.held[s] == nil {
			return nil, ErrNotReserved
		}
		fresh = true
	}
	switch {
	case !fresh:
		return nil, nil
	case b.lock != nil:
		return nil, b.lock
	case b.log == nil:
		b.settle(names)
		return nil, nil
	}
	return b.queue(names), nil
}

// settle makes held names committed. Places move from reserved to committed
// one by one under the lock, so their sum does not change.
func (b *AtomBudget) settle(names []string) {
	for _, s := range names {
		h := b.held[s]
		if h == nil {
			continue // twice in names
		}
		delete(b.held, s)
		b.known.add(h.name, true)
		b.spent++
	}
}

// Release implements [Budget]. A name that another term committed meanwhile
// stays committed.
func (b *AtomBudget) Release(names []string) {
	if b == nil || len(names) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range names {
		if h := b.held[s]; h != nil && h.refs > 0 {
			h.refs--
			b.drop(h)
		}
	}
}

// drop gives the place of h back when nothing needs it any more.
func (b *AtomBudget) drop(h *hold) {
	if h.refs == 0 && h.queued == 0 && !h.doubtful {
		delete(b.held, h.name)
	}
}

// Preload makes names known that the node has already: they pass, cost nothing,
// and are neither kept in the file nor listed by Names, so load them again
// after each open and each [AtomBudget.Reset]. Names that are known or reserved
// are left as they are, and those no node can hold are skipped. It returns how
// many were added.
func (b *AtomBudget) Preload(names iter.Seq[string]) (added int) {
	for s := range names {
		if len(s) <= budgetNameBytes && b.preload(s) {
			added++
		}
	}
	return added
}

func (b *AtomBudget) preload(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known.has([]byte(name)) || b.held[name] != nil {
		return false
	}
	b.known.add(strings.Clone(name), false)
	return true
}

// Reset starts over for a new incarnation of the node: no name is known,
// preloaded ones included, the whole allowance is back and a lock is lifted. A
// file is replaced, and reason (kept up to 256 bytes) stands in its first line.
//
// Call it while no term is being decoded for this node: end the decoders of the
// old incarnation first. What they reserved is void, and fails to commit unless
// somebody has reserved the same name since, which then pays for it; a name that
// they found known cannot be called back. On error nothing is forgotten,
// and the budget is locked if its file may have been touched. A closed budget
// stays closed.
func (b *AtomBudget) Reset(reason string) error {
	b.io.Lock()
	defer b.io.Unlock()
	b.mu.RLock()
	closed, lock, resets := b.closed, b.lock, b.resets+1
	b.mu.RUnlock()
	if closed {
		return lock
	}
	if err := b.restart(resets, reason); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil { // commits that wait for io, which we hold
		b.next.done, b.next.err = true, ErrNotReserved
	}
	b.known.become(nil)
	b.held, b.next, b.lock = nil, nil, nil
	b.spent, b.resets = 0, resets
	return nil
}

// SetMax changes the allowance; negative is taken as 0. Lowering takes nothing
// back: below what is in use no name is admitted until Reset or releases made
// room. The value is not kept in the file. Audit is up to the caller.
func (b *AtomBudget) SetMax(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max = max(n, 0)
}

// Grant raises the allowance by n names, at most to [NoLimit], and returns the new one.
// Nothing happens for n <= 0.
func (b *AtomBudget) Grant(n int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max += min(max(n, 0), math.MaxInt64-b.max)
	return b.max
}

// used is what counts against max. Caller holds mu.
func (b *AtomBudget) used() int64 { return b.spent + int64(len(b.held)) }

// title is the Name of errors. Caller holds mu.
func (b *AtomBudget) title() string {
	if b.label == "" {
		return "AtomBudget"
	}
	return "AtomBudget(" + b.label + ")"
}

// SetLabel names the node or client this budget is for, in errors and Stats.
func (b *AtomBudget) SetLabel(label string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.label = label
	if b.lock != nil { // its error is out already, and must not change
		lock := *b.lock
		lock.title = b.title()
		b.lock = &lock
	}
}

// Label returns what SetLabel set; empty by default.
func (b *AtomBudget) Label() string { return b.Stats().Label }

// Max returns the allowance in names.
func (b *AtomBudget) Max() int64 { return b.Stats().Max }

// Committed returns how many names were spent; they never come back.
func (b *AtomBudget) Committed() int64 { return b.Stats().Committed }

// Reserved returns how many places are held by terms under way, or by names
// whose commit failed.
func (b *AtomBudget) Reserved() int64 { return b.Stats().Reserved }

// Remaining returns how many new names could be reserved now if the budget is
// not locked; never negative.
func (b *AtomBudget) Remaining() int64 { return b.Stats().Remaining }

// Locked returns nil, or the error, matching ErrBudgetLocked and the cause,
// with which new names are refused.
func (b *AtomBudget) Locked() error { return b.Stats().Locked }

// BudgetStats is a consistent snapshot of an [AtomBudget]. All numbers count
// names, but for Refused and Resets.
type BudgetStats struct {
	Label     string
	Max       int64 // the allowance
	Committed int64 // spent
	Reserved  int64 // held by terms under way or, when locked, in doubt
	Remaining int64 // Max - Committed - Reserved, at least 0
	Preloaded int64 // known without having been paid for
	Refused   int64 // calls of Reserve that failed, since this value was made
	Resets    int64 // incarnations of the node before this one
	Locked    error // why new names are refused at large, or nil
}

// Stats returns a snapshot.
func (b *AtomBudget) Stats() BudgetStats {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := BudgetStats{
		Label: b.label, Max: b.max, Committed: b.spent, Reserved: int64(len(b.held)),
		Remaining: max(0, b.max-b.used()), Preloaded: int64(b.known.n) - b.spent,
		Refused: b.refused, Resets: b.resets,
	}
	if b.lock != nil {
		s.Locked = b.lock
	}
	return s
}

// Names yields the committed names in byte order, as they were when the loop
// began.
func (b *AtomBudget) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, s := range b.paid() {
			if !yield(s) {
				return
			}
		}
	}
}

func (b *AtomBudget) paid() []string {
	b.mu.RLock()
	names := make([]string, 0, b.spent)
	for s, paid := range b.known.all() {
		if paid {
			names = append(names, s)
		}
	}
	b.mu.RUnlock()
	slices.Sort(names)
	return names
}

// lockedError says why a budget refuses all new names and what helps.
type lockedError struct {
	title, why, until string
	cause             error // may be nil
}

func (e *lockedError) Error() string {
	s := "limits: " + e.title + " is locked: " + e.why
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s + "; names already committed pass, new ones do not until " + e.until
}

func (e *lockedError) Is(target error) bool { return target == ErrBudgetLocked }

func (e *lockedError) Unwrap() error { return e.cause }

// Draw gathers the new names that one term takes from several budgets (of the
// node, of the client, …): all of them hold a name, or the term is refused and
// none does. The zero value and a Draw of no budgets admit everything. It may
// be used for term after term, by one goroutine at a time.
type Draw struct {
	budgets []Budget
	held    [][]string // per budget: to be committed or released
}

// NewDraw returns a Draw from budgets, which are asked and committed in this
// order: put the one with a file first, for what a budget has committed before
// another fails stays spent. A nil Budget refuses every name.
func NewDraw(budgets ...Budget) *Draw {
	d := &Draw{}
	d.Reset(budgets...)
	return d
}

// Reset gives back what the term holds and makes d a Draw from other budgets, as
// by [NewDraw]; from none, d keeps no budget alive. What d had room for it keeps,
// so a Draw that is used again allocates nothing until a name is new.
func (d *Draw) Reset(budgets ...Budget) {
	d.Rollback()
	clear(d.budgets)
	d.budgets = append(d.budgets[:0], budgets...)
	for i, b := range d.budgets {
		if b == nil {
			d.budgets[i] = (*AtomBudget)(nil)
		}
	}
	// Behind the end stand the empty lists of names of an earlier use.
	d.held = slices.Grow(d.held[:0], len(budgets))[:len(budgets)]
}

// Reserve holds name (borrowed) in every budget. Call it once for each distinct
// name of a term: repeats are right but take memory. On error all that the term
// held is given back already.
func (d *Draw) Reserve(name []byte) error {
	var own string
	for i, b := range d.budgets {
		held, err := b.Reserve(name)
		if err != nil {
			d.Rollback()
			return err
		}
		if held {
			if own == "" {
				own = string(name)
			}
			d.held[i] = append(d.held[i], own)
		}
	}
	return nil
}

// Commit spends what the term holds, and leaves the Draw empty. On error the
// term must not be forwarded; what was not spent by then is given back.
func (d *Draw) Commit() error {
	for i, b := range d.budgets {
		if len(d.held[i]) == 0 {
			continue
		}
		if err := b.Commit(d.held[i]); err != nil {
			d.Rollback()
			return err
		}
		d.empty(i)
	}
	return nil
}

// Rollback gives back what the term holds: on error, Reset or Close of the
// decoder. It does nothing after Commit.
func (d *Draw) Rollback() {
	for i, b := range d.budgets {
		if len(d.held[i]) > 0 {
			b.Release(d.held[i])
			d.empty(i)
		}
	}
}

// empty forgets the names held in budget i, and keeps room for 1,024.
func (d *Draw) empty(i int) {
	clear(d.held[i])
	if d.held[i] = d.held[i][:0]; cap(d.held[i]) > 1024 {
		d.held[i] = nil
	}
}
