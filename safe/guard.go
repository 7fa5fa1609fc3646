package safe

import (
	"errors"
	"fmt"
	"io"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// Forward says what a [Guard] lets through to a BEAM node. Whatever is left out
// is refused, or has the value of limits.Strict.
type Forward struct {
	// Atoms are the names that the node has: a set of known names, patterns, or
	// both. Without Budgets the set is closed: any other name is refused.
	//
	// Patterns that admit more than [MaxPatternNames] names, or any number of
	// them, make no closed set: they need a budget beside them.
	Atoms etf.Atoms

	// Budgets take the new names of all terms together: those that Atoms.Known
	// does not hold. Put one that is kept in a file first. A *limits.AtomBudget
	// of limits.NoLimit bounds nothing and is refused.
	Budgets []limits.Budget

	// Profile is what the traffic is made of, as from etf.Elixir or etf.Cache.
	// Its zero value is etf.Strict, and each of its zero limits the one of
	// limits.Strict, not that of limits.Default. No limit may be NoLimit, but
	// for MaxStreamBytes. Where MaxInflated is None, which is Strict's value,
	// compressed terms are refused.
	Profile etf.Config

	// Allow names the kinds of identities that are wanted: ids, funs and exports
	// carry authority or code into the node. A Profile that allows one that is
	// not repeated here is an error. Ids, and funs since they hold one, need
	// Profile.Policy.Nodes too: the nodes they may come from.
	Allow etf.Features

	// Structs lifts the denial of structs by name, as in "Elixir.Range". Denied
	// are those that run when they are touched, or never end: the ones that
	// etf.Elixir denies. A Profile that lists a struct among its allowed ones
	// has lifted the denial as well. What Profile denies of its own stays denied.
	Structs []string

	// Tighten lowers caps of Profile; it never raises one.
	Tighten limits.Limits

	// Release and Node are those of the receiving node, if known; see
	// etf.Config. They may stand here or in Profile.
	Release int
	Node    etf.Node

	// HTTP is for bodies of HTTP messages.
	HTTP HTTP
}

// Guard decides what may go on to a BEAM node. It never changes and serves any
// number of goroutines at once. It is made by [NewGuard]: of the zero value every
// method panics.
type Guard struct {
	mode *etf.Mode
	caps limits.Limits // of mode, all filled in
	http httpRules
}

// NewGuard checks f as a whole and makes a Guard of it. The error names what is wrong
// with f, of each of its parts the first fault. Later changes of slices in f do not reach the Guard.
func NewGuard(f Forward) (*Guard, error) {
	c, err := f.config()
	rules, bad := f.HTTP.compile(c.Limits)
	if err := errors.Join(err, bad); err != nil {
		return nil, fmt.Errorf("%w: %w", errForward, err)
	}
	m, err := c.Compile()
	if err != nil {
		return nil, err
	}
	return &Guard{mode: m.WithBudgets(f.Budgets...), caps: m.Config().Limits, http: rules}, nil
}

// Mode returns the Mode that the Guard checks with, budgets included. A Decoder
// made from it must not be used to forward a term before its end, unless
// etf.Decoder.Commit was called first.
func (g *Guard) Mode() *etf.Mode { return g.mode }

// WithBudgets returns a Guard that draws on these budgets too, behind those of g:
// one for a client, a connection, a message. It can only refuse more than g, and
// costs two small objects to make, of more than two budgets three. A nil budget is one that is locked.
func (g *Guard) WithBudgets(budgets ...limits.Budget) *Guard {
	with := *g
	with.mode = g.mode.WithBudgets(budgets...)
	return &with
}

// Check reports whether b is exactly one term that may be forwarded. When it
// returns nil, the new names in b have been spent; a term that is refused spends
// nothing. Forward these bytes and no others.
//
// The error is an *etf.Error.
func (g *Guard) Check(b []byte) error { return g.mode.Validate(b) }

// CheckReader is [Guard.Check] for all that r has, one term and then io.EOF, and
// returns the length of the term. Names are reserved while r is read, so a slow
// sender holds places of the budgets meanwhile: where the sender sets the pace,
// read the bytes first and call Check.
func (g *Guard) CheckReader(r io.Reader) (n int64, err error) { return g.mode.ValidateReader(r) }

// NewFrameReader returns a reader of the frames in r, as an Erlang port or a
// gen_tcp socket with {packet,N} sends them, with lengths of width bytes: 1, 2 or
// 4. A frame that it returns may be forwarded; its names have been spent. Names
// are drawn when a frame has arrived whole, so a slow sender holds none.
func (g *Guard) NewFrameReader(r io.Reader, width int) (*etf.FrameReader, error) {
	return g.mode.NewFrameReader(r, width)
}
