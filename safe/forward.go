package safe

// NOTE. From a Forward to the Config of its Guard. Whatever was not said is
// closed, and each way in which a Config of package etf may be open has its
// check here:
//
//	atoms       no set and no budget; countless patterns without a budget
//	new atoms   an allowance for each term, without a budget over all terms
//	limits      a cap at NoLimit; a zero field, which is Default's in etf
//	identities  allowed by a profile, but not by who builds the guard
//	ids         of any node at all
//	structs     of the kind that etf.Elixir denies
//	zlib        compressed terms without a bound for what they become

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

var errForward = errors.New("safe: invalid Forward")

// config resolves f, but for HTTP, or says what is wrong with it.
func (f Forward) config() (etf.Config, error) {
	c := f.Profile
	err := errors.Join(
		f.receiver(&c),
		f.limits(&c),
		f.atoms(&c),
		f.identities(&c),
	)
	f.structs(&c)
	return c, err
}

// receiver settles the node and its release.
func (f Forward) receiver(c *etf.Config) error {
	if f.Release != 0 {
		if c.Release != 0 && c.Release != f.Release {
			return fmt.Errorf("the release is %d, but %d in Profile", f.Release, c.Release)
		}
		c.Release = f.Release
	}
	if f.Node != (etf.Node{}) {
		if c.Node != (etf.Node{}) && c.Node != f.Node {
			return errors.New("the nodes of Node and of Profile differ")
		}
		c.Node = f.Node
	}
	return nil
}

// atoms makes sure that something bounds the names of all terms together.
func (f Forward) atoms(c *etf.Config) error {
	if f.Atoms.Known != nil || len(f.Atoms.Patterns) > 0 {
		if c.Atoms.Known != nil || len(c.Atoms.Patterns) > 0 {
			return errors.New("both Atoms and Profile.Atoms are set")
		}
		c.Atoms = f.Atoms
	}
	for i, b := range f.Budgets {
		own, ok := b.(*limits.AtomBudget)
		switch {
		case b == nil || ok && own == nil:
			return fmt.Errorf("nil in Budgets[%d]", i)
		case ok && own.Max() >= boundless:
			return fmt.Errorf("no bound in Budgets[%d]: it allows %d names", i, own.Max())
		}
	}
	if len(f.Budgets) > 0 {
		return nil
	}
	if c.Atoms.Known == nil && len(c.Atoms.Patterns) == 0 {
		return errors.New("no atom set and no budget: terms could fill the atom table of the node")
	}
	if countNames(c.Atoms.Patterns) > MaxPatternNames {
		return fmt.Errorf("Atoms.Patterns admit more than %d names: set Budgets too", MaxPatternNames)
	}
	if c.Limits.MaxNewAtoms > 0 {
		return errors.New("Profile.Limits.MaxNewAtoms admits new names with every term: set Budgets too")
	}
	return nil
}

// limits fills in the caps, lowers them and refuses open ones.
func (f Forward) limits(c *etf.Config) error {
	if c.Limits.MaxNewAtoms == 0 && len(f.Budgets) == 0 {
		// Unset it would be raised by Tighten, and by a budget attached later.
		c.Limits.MaxNewAtoms = limits.None
	}
	c.Limits = c.Limits.Or(limits.Strict()).Tighten(f.Tighten)
	if err := c.Limits.Validate(); err != nil {
		return err
	}
	var open []string
	for _, name := range limits.Names() {
		v, _ := c.Limits.Get(name)
		if v >= boundless && name != "MaxStreamBytes" && name != "MaxNewAtoms" {
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("Profile.Limits leave %s without a cap: set them, or Tighten", strings.Join(open, ", "))
	}
	if c.Limits.MaxInflated == limits.None {
		c.Policy.Refuse |= etf.Compressed
	}
	return nil
}

// boundless is where a cap is none: no machine has so much of anything.
const boundless = 1 << 48

// identities makes sure that each kind is allowed by name, and ids by node.
func (f Forward) identities(c *etf.Config) error {
	if extra := f.Allow &^ etf.Identities; extra != 0 {
		return fmt.Errorf("features in Allow that are not of etf.Identities: %s", extra)
	}
	if unnamed := c.Policy.Allow & etf.Identities &^ f.Allow; unnamed != 0 {
		return fmt.Errorf("the profile allows %s: name them in Allow too, if they are wanted", unnamed)
	}
	c.Policy.Allow |= f.Allow
	if c.Policy.Allow&^etf.Exports != 0 && c.Policy.Nodes == nil {
		return errors.New("ids are allowed of any node: list the nodes in Profile.Policy.Nodes")
	}
	return nil
}

// structs denies what runs when it is touched.
func (f Forward) structs(c *etf.Config) {
	rule := &c.Policy.Structs
	rule.Deny = slices.Clone(rule.Deny)
	for _, name := range etf.Elixir().Policy.Structs.Deny {
		if !slices.Contains(f.Structs, name) && !slices.Contains(rule.Allow, name) && !slices.Contains(rule.Deny, name) {
			rule.Deny = append(rule.Deny, name)
		}
	}
}
