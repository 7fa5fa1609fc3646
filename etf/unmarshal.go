package etf

import (
	"iter"
	"reflect"
	"sync"

	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// NOTE: how terms become Go values.
//
//	unmarshal.go          entry points, the decoding at hand, memory
//	unmarshal_error.go    UnmarshalError, and how its path comes together
//	unmarshal_scalar.go   numbers, atoms, text
//	unmarshal_list.go     slices, arrays, maps, pointers
//	unmarshal_struct.go   structs from maps, lists of pairs and tuples
//	unmarshal_any.go      the interface any
//	unmarshal_hook.go     types that read terms themselves
//	unmarshal_straight.go plain types, without a tree
//	plan.go, tag.go       what a Go type and its tags ask for, found out once a type
//
// A term passes three times. First it is validated, with every rule, cap and
// budget, so that nothing is ever filled from a term that is refused. Then the
// same machine makes the compact tree of [Mode.Decode] from it, in blocks that
// are used again, with counts that the first pass has proved. Last the tree is
// walked along the Go type. With a tree, lengths are known before anything is
// allocated, a map can be asked for __struct__ before it is read, and no list
// differs by how it travelled. That took less time than reading tokens one by
// one.
//
// Where the Go type is plain the second pass is left out: what a BEAM usually writes
// for such a type is read straight from the bytes, and only if the term turns out to
// be another the tree is made after all.

// UnmarshalOptions say how terms become Go values.
type UnmarshalOptions struct {
	// RefuseUnknown makes map keys without a struct field an error. Else they
	// are ignored. __struct__, __meta__ and __exception__ are always known.
	RefuseUnknown bool

	// AtomKeys keeps the atoms among the keys of maps in an any: a map whose keys
	// are all atoms becomes a map[Atom]any, one that has others too becomes Pairs.
	// Else both are a map[string]any, which Marshal writes with binaries as keys.
	AtomKeys bool

	// MaxGrowth is how many bytes of Go memory each byte of a term, as received
	// or inflated, may become, beyond the first MiB; 0 means 64. It stops
	// terms that are small until they meet a large Go type: in a []T each
	// element takes one byte on the wire or more, and the size of T in memory.
	// No term takes more than 48 in an any. limits.NoLimit lifts it.
	// What a hook allocates is not counted.
	MaxGrowth int64
}

const (
	growthDefault = 64
	growthFree    = 1 << 20

	// maxNesting is how deep a Go value may be nested, whatever limits.MaxDepth
	// is: Go walks it by recursion. A Term has no such bound.
	maxNesting = 10_000
)

// defaultMode is the Mode of the functions without one.
var defaultMode = sync.OnceValue(func() *Mode {
	m, err := Default().Compile()
	if err != nil { // a constant configuration: a test compiles it
		panic(err)
	}
	return m
})

// Unmarshal is [Mode.Unmarshal] of the Mode that [Default] compiles to.
func Unmarshal(b []byte, v any) error { return defaultMode().Unmarshal(b, v) }

// Unmarshal stores the one term in b in the value that v points to. The term is
// checked first, as [Mode.Validate] does, and what v points to is not touched
// unless it is accepted; the error is then an *[Error]. After an
// *[UnmarshalError], where the term does not fit the Go type, it may be filled in
// part.
//
// VALUES.md beside this package has the table of which term fills which Go type,
// and of the field tags. In short: integers, floats, booleans, binaries, lists and
// maps fill the Go types that one expects, if nothing is lost; text comes from
// binaries that are UTF-8, and by tag from atoms and lists of characters; structs
// take maps and lists of pairs by key, and by tag tuples and records by position.
// Pointers that are not nil are followed; slices and maps are made anew; struct
// fields without a key stay as they are.
//
// Nothing of the value aliases b. It takes at most 48 bytes for each byte of b, as
// inflated, in an any, and otherwise at most what [UnmarshalOptions] allow. What is
// needed on the way, and used again for the next term, is 16 bytes for each term
// in b. Hooks that call [Decoder.Decode] inside each other hold that once for each
// of them, and it counts as what the value takes while they do. A hook that calls
// Unmarshal begins anew.
func (m *Mode) Unmarshal(b []byte, v any) error {
	s := m.get()
	defer m.put(s)
	to, p, err := s.target(v)
	if err != nil {
		return err
	}
	s.in.ResetSlice(m.c.prog, s.names.hook(), b)
	s.in.KeepInflated()
	if err := s.validate(int64(len(b))); err != nil {
		return err
	}
	body, start := s.in.Body()
	return s.into(body, start, p, to, m.c.config.Unmarshal.room(len(body)))
}

// Decode stores the next value in the value that v points to, as [Mode.Unmarshal]
// does; its raw bytes are bounded as those of [Decoder.ReadValue]. At the end of
// the input the error is io.EOF. After an *[UnmarshalError] the Decoder stands
// behind the value and can go on.
//
// A value inside a term is filled before the rest of the term is read, which may
// still be refused.
func (d *Decoder) Decode(v any) error {
	to, p, err := d.m.target(v)
	if err != nil {
		return err
	}
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	return d.fill(raw, p, to)
}

// Elements reads the list that comes next, an element at a time, into the value that v
// points to, which is zero before each: no more of a list has to be held than that.
//
//	for i, err := range d.Elements(&row) {
//
// It yields the number of each element, and the error of [Decoder.Decode] for it, whose
// path begins at the list. After an *[UnmarshalError] of an element the loop may go on; all
// other errors end it. So does one for what is no list, io.EOF if nothing comes, and one
// for a list with an improper tail, with as many as there were elements: the Decoder then
// stands in front of what it will not take. If the loop is left early it stands behind the
// element at hand.
//
// Elements are filled before the rest of the list is read, which may still be refused.
func (d *Decoder) Elements(v any) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		to, p, err := d.m.target(v)
		if err != nil {
			yield(0, err)
			return
		}
		kind := d.PeekKind()
		if kind != KindInvalid && kind != KindList && kind != KindNil {
			yield(0, &UnmarshalError{Reason: ReasonKind, Kind: kind, Type: reflect.SliceOf(p.typ)})
			return
		}
		if _, err := d.ReadToken(); err != nil {
			yield(0, err)
			return
		}
		n := 0
		for ; kind == KindList && !d.PeekTail(); n++ {
			to.SetZero()
			err := d.Decode(v)
			e, goesOn := err.(*UnmarshalError)
			if goesOn {
				e.Path = e.Path.under(Step{StepList, int64(n)})
			}
			if !yield(n, err) || err != nil && !goesOn {
				return
			}
		}
		if kind == KindNil {
			return
		}
		if tail := d.PeekKind(); tail != KindNil && tail != KindInvalid {
			yield(n, &UnmarshalError{Reason: ReasonImproper, Kind: tail, Type: reflect.SliceOf(p.typ)})
			return
		}
		if _, err := d.ReadToken(); err != nil {
			yield(n, err)
		}
	}
}

// fill stores an accepted term without its version byte.
//
// In a hook it shares what the term around it may take and how deep that may go.
// What the way through the part holds beside the value is charged until it has
// ended, since hooks that call each other hold it all at once.
func (d *Decoder) fill(raw []byte, p *plan, to reflect.Value) error {
	s := d.m.c.session()
	defer d.m.c.release(s)
	s.in.BuildSlice(d.m.c.prog, raw)
	s.in.Run(-1)
	if d.outer == nil {
		return s.into(raw, 0, p, to, d.m.c.config.Unmarshal.room(len(raw)))
	}
	held := int64(len(raw)) + (nodeSize+startSize)*int64(s.in.TreeSize())
	if err := d.outer.charge(held); err != nil {
		return finish(err)
	}
	err := s.intoAt(raw, 0, p, to, d.outer.room, d.outer.depth+d.Depth())
	d.outer.room = s.filling.room + held
	return err
}

// session returns a session for terms that have been accepted before.
func (c *compiled) session() *session {
	return c.pool.Get().(*session)
}

// release gives a session back that has asked nobody about names.
func (c *compiled) release(s *session) {
	s.in.Release()
	c.pool.Put(s)
}

// target returns what v points to and the plan of its type.
func (m *Mode) target(v any) (reflect.Value, *plan, error) {
	to, err := pointed(v)
	if err != nil {
		return to, nil, err
	}
	p, err := m.c.plans.of(to.Type(), options{})
	return to, p, err
}

// target is that of the Mode. It asks for the plan of the type that came last
// only once.
func (s *session) target(v any) (reflect.Value, *plan, error) {
	to, err := pointed(v)
	if err != nil {
		return to, nil, err
	}
	if typ := to.Type(); s.plan == nil || s.plan.typ != typ {
		if s.plan, err = s.c.plans.of(typ, options{}); err != nil {
			return to, nil, err
		}
	}
	return to, s.plan, nil
}

// pointed returns what v points to.
func pointed(v any) (reflect.Value, error) {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return to, &UnmarshalError{Reason: ReasonTarget, Type: reflect.TypeOf(v)}
	}
	return to.Elem(), nil
}

// into walks the accepted term that starts at start in raw and that the session
// has just read. The value may take room bytes.
func (s *session) into(raw []byte, start int, p *plan, to reflect.Value, room int64) error {
	return s.intoAt(raw, start, p, to, room, 0)
}

// intoAt is into for a term that has depth containers around it.
func (s *session) intoAt(raw []byte, start int, p *plan, to reflect.Value, room int64, depth int) error {
	if s.filling == nil {
		s.filling = &filling{c: s.c, truth: tree{names: "true"}}
	}
	d := s.filling
	d.room, d.depth = room, depth
	if p.plain && d.straightInto(raw, start, p, to) {
		return nil
	}
	s.in.Borrow(s.c.prog, raw, start, &d.wire, p.raw)
	if d.names != d.wire.Names { // atoms go by where their names stand
		d.names = d.wire.Names
		clear(d.fields[:])
	}
	d.tree.nodes, d.tree.data, d.tree.names = d.wire.Nodes, raw, d.names
	defer d.release() // also if a hook panics: the next term must not find anything of this one
	return finish(p.decode(d, p, Term{&d.tree, node(d.tree.nodes[0])}, 0, to))
}

// room is how many bytes of Go values a term may become.
func (o UnmarshalOptions) room(size int) int64 {
	switch o.MaxGrowth {
	case limits.NoLimit:
		return limits.NoLimit
	case 0:
		return growthFree + growthDefault*int64(size)
	}
	if o.MaxGrowth > limits.NoLimit/int64(size+1)-growthFree {
		return limits.NoLimit
	}
	return growthFree + o.MaxGrowth*int64(size)
}

// filling is one term on its way into a Go value.
type filling struct {
	c       *compiled
	wire    wire.Tree
	tree    tree
	room    int64 // bytes that may still be allocated
	depth   int   // containers around the term at hand
	truth   tree  // of the atom true
	scratch []byte
	sub     *Decoder // for hooks, made when the first is met
	names   string   // the names that fields go by
	fields  [fieldCacheSize]fieldHit

	raw     []byte            // the term, while it is read straight
	held    []reflect.Value   // places that got memory, but for …
	anew    int               // … those inside so many slices and maps, which are made anew
	ahead   int               // bytes that were passed over by moduleAt
	kept    [namesKept]string // names of atoms that were read straight
	guesses [followers]uint8  // see findAt
}

const nodesKeep = 64 << 10 // nodes that a pooled filling may keep: 1 MiB

// release lets go of the term, for pooling.
func (d *filling) release() {
	d.tree.nodes, d.tree.data, d.tree.names, d.wire.Data = nil, nil, "", nil
	if d.tree.sorted.Load() != nil { // storing takes longer
		d.tree.sorted.Store(nil)
	}
	if cap(d.wire.Nodes) > nodesKeep {
		d.wire.Nodes = nil
	}
	if cap(d.wire.Starts) > nodesKeep {
		d.wire.Starts = nil
	}
	if len(d.wire.Names) > nodesKeep {
		d.wire.Names, d.names = "", ""
		clear(d.fields[:])
	}
	if cap(d.scratch) > nodesKeep {
		d.scratch = nil
	}
}

// charge counts memory before it is allocated.
func (d *filling) charge(n int64) error {
	if n > d.room {
		return &UnmarshalError{Reason: ReasonMemory}
	}
	d.room -= n
	return nil
}

// chargeN is charge for n pieces of a size.
func (d *filling) chargeN(n int, size int64) error {
	if size > 0 && int64(n) > d.room/size {
		return &UnmarshalError{Reason: ReasonMemory}
	}
	d.room -= int64(n) * size
	return nil
}

// enter is called in front of the children of a container, leave behind them.
func (d *filling) enter() error {
	if d.depth++; d.depth > maxNesting {
		return &UnmarshalError{Reason: ReasonDepth}
	}
	return nil
}

func (d *filling) leave() { d.depth-- }

// at returns child i of a container and its place among the nodes, which is -1
// for an element that has none.
func (t Term) at(i int) (Term, int) {
	if t.kind() == KindList && t.flags()&nodePacked != 0 {
		return Term{node: newNode(KindInteger, 0, 0, uint64(t.t.data[t.node.Num+uint64(i)]))}, -1
	}
	place := int(t.node.Num) + i
	return Term{t.t, node(t.t.nodes[place])}, place
}
