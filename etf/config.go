package etf

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// Config says what a decoder accepts. It is compiled once into a [Mode]; its
// zero value is [Default].
type Config struct {
	// Limits are the caps. A zero field has the value of limits.Default.
	Limits limits.Limits

	// Policy says which kinds of terms are wanted.
	Policy Policy

	// Atoms says which atoms are wanted. The zero value wants all, within the
	// limits.
	Atoms Atoms

	// Release is the OTP release that the terms are meant for, 25 to 28, or 0
	// for any: then only what all of them take for the same term is accepted,
	// and its cost is the dearest. 25 was measured, the others follow OTP's
	// documentation and sources.
	Release int

	// Node is the node that will decode the terms, if it is known: pids, ports
	// and references of its own have narrower ranges and other costs. Without
	// it every id has to fit these ranges.
	Node Node

	// Unmarshal says how terms become Go values. It changes no verdict.
	Unmarshal UnmarshalOptions
}

// Node names the receiving node.
type Node struct {
	// Name is the full name, as in "web@10.0.0.1". Empty means unknown.
	Name string
	// Creation tells incarnations of a node apart; it is 0 on a node that is
	// not distributed.
	Creation uint32
}

// Features are kinds of terms and encodings that a Policy decides on by name.
type Features uint32

// The features. The first five carry code, authority or identity into a node;
// every mode refuses them unless its Policy allows them.
const (
	Funs          = Features(wire.Fun)          // NEW_FUN_EXT: a closure
	Exports       = Features(wire.Export)       // EXPORT_EXT: fun M:F/A
	Pids          = Features(wire.Pid)          // also forged ones of the receiving node
	Ports         = Features(wire.Port)         // sockets, files and drivers of a node
	References    = Features(wire.Reference)    // among them handles of ETS tables and NIF resources
	Compressed    = Features(wire.Compressed)   // a zlib stream instead of a term
	TextFloats    = Features(wire.TextFloat)    // FLOAT_EXT, as minor_version 0 sends
	Latin1Atoms   = Features(wire.Latin1Atom)   // ATOM_EXT and SMALL_ATOM_EXT, as OTP ≤ 25 sends
	Bitstrings    = Features(wire.Bitstring)    // BIT_BINARY_EXT
	ImproperLists = Features(wire.ImproperList) // whose tail is no list
	EmptyAtoms    = Features(wire.EmptyAtom)    // ''
	Floats        = Features(wire.Float)        // in either encoding
	Maps          = Features(wire.Map)          // structs too

	// Identities are what no mode accepts unless it is allowed.
	Identities = Funs | Exports | Pids | Ports | References
)

var featureNames = [...]struct {
	is   Features
	name string
}{
	{Funs, "Funs"}, {Exports, "Exports"}, {Pids, "Pids"}, {Ports, "Ports"}, {References, "References"},
	{Compressed, "Compressed"}, {TextFloats, "TextFloats"}, {Latin1Atoms, "Latin1Atoms"},
	{Bitstrings, "Bitstrings"}, {ImproperLists, "ImproperLists"}, {EmptyAtoms, "EmptyAtoms"},
	{Floats, "Floats"}, {Maps, "Maps"},
}

// String names the features, as in "Pids, Ports". Bits that are none stand behind them
// as a number; of no feature it is "none".
func (f Features) String() string {
	var names []string
	for _, n := range featureNames {
		if f&n.is != 0 {
			names, f = append(names, n.name), f&^n.is
		}
	}
	if f != 0 {
		names = append(names, fmt.Sprintf("%#x", uint32(f)))
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Policy says which terms are wanted. The zero value refuses [Identities] and
// nothing else.
type Policy struct {
	// Allow lifts the refusal of some of Identities, which is all that it takes:
	// what a preset refuses besides, as Strict does Compressed, is cleared in Refuse.
	Allow Features
	// Refuse adds refusals. A feature in both is an error of Compile.
	Refuse Features
	// Nodes lists the nodes, by full name as in "web@10.0.0.1", whose pids, ports and references are
	// wanted where these are allowed; the creator of a fun is one of them. nil
	// means any node, an empty list none; "web" alone is no name that a node of a
	// cluster has. A name in the list proves nothing: whoever sends an id writes its
	// node.
	Nodes []string
	// Structs decides on Elixir structs.
	Structs Structs
	// RefuseQuoted refuses 3-tuples with the shape of a quoted Elixir
	// expression, {name or call, metadata list, context or arguments}, which
	// Code.eval_quoted and macros would run. Ordinary 3-tuples of an atom and
	// two lists have it too.
	RefuseQuoted bool
}

// Structs decides on maps with the key __struct__ and an atom as its value.
type Structs struct {
	// Allow, unless nil, lists the only modules wanted, as in "Elixir.Date"; an
	// empty list means none.
	Allow []string
	// Deny lists modules that are not wanted, also of those in Allow.
	Deny []string
}

// Atoms says which atoms are wanted. With a set or patterns, other names are
// new: a term may bring limits.MaxNewAtoms of them.
type Atoms struct {
	// Known are names that the receiving node has; see [ReadAtomSet] and
	// [AtomSetFromRelease]. They cost no budget. nil is no set, and not the empty
	// one, of which all names are new.
	Known *AtomSet
	// Patterns admit names that match one of them whole. A name admitted so
	// is still new to the node, and so charged to budgets.
	Patterns []*regexp.Regexp
}

// Default returns the Config of this package: large terms are accepted,
// identities are not.
func Default() Config { return Config{Limits: limits.Default()} }

// Strict returns the Config of package safe: limits.Strict, and compressed terms
// refused too.
func Strict() Config {
	return Config{Limits: limits.Strict(), Policy: Policy{Refuse: Compressed}}
}

// OTP returns the Config that agrees with erlang:binary_to_term/1 of OTP 25 on a
// node that is not distributed: what it accepts, that node decodes to the same
// term with the same length. What the node accepts and OTP does not is a closed
// list, in the package documentation.
//
// It has no caps but those of the format and is therefore no defence. It serves
// comparisons, tests and trusted data.
func OTP() Config {
	l := limits.Unlimited()
	l.MaxInflated = 1<<32 - 1
	return Config{
		Limits:  l,
		Policy:  Policy{Allow: Identities},
		Release: 25,
		Node:    Node{Name: "nonode@nohost"},
	}
}

// Mode is a compiled Config. It never changes and serves any number of
// goroutines at once; its methods are what decoding starts from. It is made by
// [Config.Compile]: of a nil *Mode and of the zero value every method panics.
type Mode struct {
	c       *compiled
	budgets []limits.Budget
	few     [2]limits.Budget // where budgets are, unless there are more
}

type compiled struct {
	config Config
	prog   *wire.Program
	atoms  atomRules
	pool   sync.Pool // of *session
	plans  planCache

	writings sync.Pool // of *writing
}

var errConfig = errors.New("etf: invalid Config")

// Compile checks the Config as a whole and makes a Mode of it: do it once, it costs
// some microseconds and a few kilobytes. Later changes of slices in the Config do
// not reach the Mode. An error names what is wrong with which field.
func (c Config) Compile() (*Mode, error) {
	c.Limits = c.Limits.Or(limits.Default())
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", errConfig, err)
	}
	c.Policy.Nodes = slices.Clone(c.Policy.Nodes)
	c.Policy.Structs.Allow = slices.Clone(c.Policy.Structs.Allow)
	c.Policy.Structs.Deny = slices.Clone(c.Policy.Structs.Deny)
	c.Atoms.Patterns = slices.Clone(c.Atoms.Patterns)
	m := &compiled{config: c, atoms: newAtomRules(c)}
	m.prog = wire.Compile(wire.Options{
		Limits:        c.Limits,
		Reject:        wire.Set(Identities&^c.Policy.Allow | c.Policy.Refuse),
		Release:       c.Release,
		HasNode:       c.Node.Name != "",
		Node:          c.Node.Name,
		Creation:      c.Node.Creation,
		NodeAllowed:   c.Policy.nodeRule(),
		StructAllowed: c.Policy.structRule(),
		NewHook:       c.Policy.quotedRule(),
	})
	m.pool.New = func() any { return &session{c: m} }
	return &Mode{c: m}, nil
}

func (c Config) check() error {
	if err := c.Limits.Validate(); err != nil {
		return err
	}
	if c.Release != 0 && (c.Release < 25 || c.Release > 28) {
		return fmt.Errorf("the release is %d: use 0 for any, or 25 to 28", c.Release)
	}
	if both := c.Policy.Allow & c.Policy.Refuse; both != 0 {
		return fmt.Errorf("the policy allows and refuses %s: clear them in Policy.Refuse%s", both, only(both))
	}
	if extra := c.Policy.Allow &^ Identities; extra != 0 {
		return fmt.Errorf("field Policy.Allow is for Identities only, the rest is accepted unless refused: clear %s in it", extra)
	}
	if c.Node.Name == "" && c.Node.Creation != 0 {
		return errors.New("the node has a creation but no name")
	}
	if g := c.Unmarshal.MaxGrowth; g < 0 {
		return errors.New("field Unmarshal.MaxGrowth is negative")
	}
	if slices.Contains(c.Atoms.Patterns, nil) {
		return errors.New("field Atoms.Patterns holds nil")
	}
	return nil
}

// only says that clearing alone is enough where Allow may not have a feature.
func only(f Features) string {
	if f&^Identities == 0 {
		return ""
	}
	return " and in Policy.Allow, which is for Identities only"
}

// Config returns what the Mode was compiled from, with all limits filled in. Its
// slices are those of the Mode, and must not be changed.
func (m *Mode) Config() Config { return m.c.config }

// WithBudgets returns a Mode that draws new atom names from these budgets too:
// a name that Config.Atoms does not know is reserved in each of them when it is
// first seen, committed when its term is complete, and released if the term is
// refused. It makes one small object, of more than two budgets two, and may be
// called for each message: whatever is compiled is shared. Checking with budgets
// allocates nothing that checking without them does not, but for each name that is
// reserved. A nil Budget is one that refuses every name.
//
// Budgets are asked and committed in this order. Put one whose commit can fail,
// as that of a file can, in front of the others: what a budget has committed
// before another fails stays spent.
func (m *Mode) WithBudgets(budgets ...limits.Budget) *Mode {
	with := &Mode{c: m.c}
	if with.budgets = with.few[:0]; len(m.budgets)+len(budgets) > len(with.few) {
		with.budgets = make([]limits.Budget, 0, len(m.budgets)+len(budgets))
	}
	with.budgets = append(append(with.budgets, m.budgets...), budgets...)
	return with
}
