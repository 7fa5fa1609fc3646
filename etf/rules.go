package etf

import (
	"slices"

	"github.com/beamgate/beamgate/internal/wire"
)

// nodeRule returns the rule on the nodes of ids, nil if all are wanted.
func (p Policy) nodeRule() func([]byte) bool {
	if p.Nodes == nil {
		return nil
	}
	nodes := make(map[string]bool, len(p.Nodes))
	for _, n := range p.Nodes {
		nodes[n] = true
	}
	return func(node []byte) bool { return nodes[string(node)] }
}

// structRule returns the rule on the modules of structs, nil if all are wanted.
func (p Policy) structRule() func([]byte) bool {
	if p.Structs.Allow == nil && len(p.Structs.Deny) == 0 {
		return nil
	}
	open, allow, deny := p.Structs.Allow == nil, nameSet(p.Structs.Allow), nameSet(p.Structs.Deny)
	return func(module []byte) bool {
		return !deny[string(module)] && (open || allow[string(module)])
	}
}

func nameSet(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// quotedRule returns the maker of the rule on quoted expressions, nil if there is none.
func (p Policy) quotedRule() func() wire.Hook {
	if !p.RefuseQuoted {
		return nil
	}
	return func() wire.Hook { return new(quoted) }
}

// quoted sees the heads of one term and keeps for each depth what the rule needs to
// know of the children there.
type quoted struct{ levels []level }

// levelsKeep is how many levels are kept from term to term.
const levelsKeep = 4 << 10

type level struct {
	triple bool // the children are those of a 3-tuple …
	seen   int  // … of which so many came
	shape  bool // … and look like a quoted expression so far
}

// Head looks at a term that has depth containers around it.
func (q *quoted) Head(k wire.Kind, tail bool, depth int, num uint64) wire.Code {
	if depth == 0 && !tail && len(q.levels) > levelsKeep { // a new term
		q.levels = nil
	}
	q.levels = slices.Grow(q.levels, max(depth+2-len(q.levels), 0))[:max(len(q.levels), depth+2)]
	if here := &q.levels[depth]; here.triple {
		here.shape = here.shape && quotedPart(here.seen, k)
		if here.seen++; here.seen == 3 && here.shape {
			return wire.RejectedQuoted
		}
	}
	child := depth + 1
	if tail { // it takes the place of the list
		child = depth
	}
	q.levels[child] = level{triple: k == wire.KindTuple && num == 3, shape: true}
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
