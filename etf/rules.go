package etf

import (
	"slices"

	"github.com/beamgate/beamgate/internal/wire"
)

// nodeRule returns the rule on the nodes of ids, nil if all are wanted.
func (p Policy) nodeRule() func(wire.Kind, []byte) bool {
	if p.Nodes == nil {
		return nil
	}
	nodes := make(map[string]bool, len(p.Nodes))
	for _, n := range p.Nodes {
		nodes[n] = true
	}
	return func(_ wire.Kind, node []byte) bool { return nodes[string(node)] }
}

// valueRules returns the maker of rules on values, nil if there are none.
func (p Policy) valueRules() func() wire.Hook {
	if p.Structs.Allow == nil && len(p.Structs.Deny) == 0 && !p.RefuseQuoted {
		return nil
	}
	r := &ruleSet{quoted: p.RefuseQuoted, open: p.Structs.Allow == nil}
	r.allow = nameSet(p.Structs.Allow)
	r.deny = nameSet(p.Structs.Deny)
	r.structs = !r.open || len(r.deny) > 0
	return func() wire.Hook { return &visitor{rules: r} }
}

func nameSet(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// ruleSet are the rules on values of a Policy.
type ruleSet struct {
	structs     bool
	open        bool // structs that are not denied are wanted
	allow, deny map[string]bool
	quoted      bool
}

func (r *ruleSet) wanted(module []byte) bool {
	return !r.deny[string(module)] && (r.open || r.allow[string(module)])
}

// visitor sees the heads of one term and keeps for each depth what the rules
// need to know of the children there.
type visitor struct {
	rules  *ruleSet
	levels []level
}

// levelsKeep is how many levels are kept from term to term.
const levelsKeep = 4 << 10

type level struct {
	structKey bool // the key at hand is the atom __struct__
	triple    bool // the children are those of a 3-tuple …
	seen      int  // … of which so many came
	shape     bool // … and look like a quoted expression so far
}

// Head looks at a term that has depth containers around it.
func (v *visitor) Head(k wire.Kind, role wire.Role, depth int, arity uint64, name []byte) wire.Code {
	if depth == 0 && role == wire.RoleElement && len(v.levels) > levelsKeep { // a new term
		v.levels = nil
	}
	v.levels = slices.Grow(v.levels, max(depth+2-len(v.levels), 0))[:max(len(v.levels), depth+2)]
	here := &v.levels[depth]
	if v.rules.structs {
		switch {
		case role == wire.RoleKey:
			here.structKey = k == wire.KindAtom && string(name) == moduleKey
		case role == wire.RoleValue && here.structKey && k == wire.KindAtom && !v.rules.wanted(name):
			return wire.RejectedStruct
		}
	}
	if v.rules.quoted && here.triple {
		here.shape = here.shape && quotedPart(here.seen, k)
		if here.seen++; here.seen == 3 && here.shape {
			return wire.RejectedQuoted
		}
	}
	child := depth + 1
	if role == wire.RoleTail { // it takes the place of the list
		child = depth
	}
	v.levels[child] = level{triple: k == wire.KindTuple && arity == 3, shape: true}
	return wire.OK
}

// quotedPart reports whether a term of kind k may be element i of a quoted
// expression.
func quotedPart(i int, k wire.Kind) bool {
	list := k == wire.KindNil || k == wire.KindList
	switch i {
	case 0:
		return k == wire.KindAtom || k == wire.KindTuple
	case 1:
		return list
	}
	return list || k == wire.KindAtom
}
