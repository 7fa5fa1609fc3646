package etf

import (
	"slices"

	"github.com/beamgate/beamgate/internal/wire"
)

// inOrder returns the tree with the pairs of all its maps in the order of
// CompareKeys. Children are found by their places, and the pairs of a map
// stand together, so what it takes is a copy of the nodes with pairs exchanged;
// the rest is shared. It is made once for a tree, by whoever needs it first, and
// a tree whose maps are in order already is its own.
func (t *tree) inOrder() *tree {
	if t == nil {
		return nil
	}
	if s := t.sorted.Load(); s != nil {
		return s
	}
	s := sortMaps(t)
	s.sorted.Store(s)
	t.sorted.CompareAndSwap(nil, s)
	return t.sorted.Load()
}

// ordered returns the term as a part of a tree in order.
func (t Term) ordered() Term { return Term{t.t.inOrder(), t.node} }

// sortMaps sorts inner maps before the maps around them, so that no pair is
// compared with one whose own maps are not in order: nodes stand behind the
// node of their container. A list that grew was moved behind them, but what it
// left at its old place still leads to them.
func sortMaps(t *tree) *tree {
	out := &tree{nodes: t.nodes, data: t.data, names: t.names}
	out.sorted.Store(out)
	s := mapSorter{o: ordering{signs: true}, out: out}
	for i := len(t.nodes) - 1; i >= 0; i-- {
		if n := node(t.nodes[i]); n.kind() == KindMap && n.length() > 1 {
			s.sort(int(n.Num), n.length())
		}
	}
	if !s.changed {
		out.sorted.Store(nil) // not to be a second tree without need
		return t
	}
	return out
}

type mapSorter struct {
	o       ordering
	out     *tree
	changed bool // nodes are a copy
	pairs   [][2]wire.Node
}

func (s *mapSorter) sort(first, n int) {
	nodes := s.out.nodes[first : first+2*n]
	inOrder := true
	for i := 2; i < len(nodes) && inOrder; i += 2 {
		inOrder = s.compare(nodes[i-2], nodes[i]) < 0
	}
	if inOrder {
		return
	}
	if !s.changed {
		s.changed, s.out.nodes = true, slices.Clone(s.out.nodes)
		nodes = s.out.nodes[first : first+2*n]
	}
	s.pairs = s.pairs[:0]
	for i := 0; i < len(nodes); i += 2 {
		s.pairs = append(s.pairs, [2]wire.Node{nodes[i], nodes[i+1]})
	}
	slices.SortFunc(s.pairs, func(a, b [2]wire.Node) int { return s.compare(a[0], b[0]) })
	for i, p := range s.pairs {
		nodes[2*i], nodes[2*i+1] = p[0], p[1]
	}
}

func (s *mapSorter) compare(a, b wire.Node) int {
	return s.o.compare(Term{s.out, node(a)}, Term{s.out, node(b)}, true)
}
