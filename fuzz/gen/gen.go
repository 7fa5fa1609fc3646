package gen

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

var be = binary.BigEndian

// Shape is what a generated term looks like; [Options.Weights] says how often.
type Shape uint8

// The shapes, leaves first.
const (
	SmallInteger Shape = iota // 0 to 255
	Integer                   // any that fits 64 bits
	Big                       // larger ones
	Float
	TextFloat // FLOAT_EXT
	Atom
	Nil
	String // STRING_EXT
	Binary
	Bits // BIT_BINARY_EXT
	Pid
	Port
	Reference
	Export
	Tuple // from here on with other terms inside
	List
	Improper // a list with a tail that is no list
	Cut      // a list that travels in pieces
	Map
	LargeMap // of more than 32 keys
	Rows     // a list of maps with the same keys, as databases answer
	Chain    // terms nested one in the other
	Fun

	NumShapes = iota
	leaves    = int(Tuple)
)

// Weights say how often a shape is chosen, each out of their sum. The sum of
// the leaves must not be zero.
type Weights [NumShapes]uint8

// DefaultWeights is a mix in which every shape occurs, and common ones often.
func DefaultWeights() Weights {
	return Weights{
		SmallInteger: 8, Integer: 10, Big: 5, Float: 7, TextFloat: 3, Atom: 14, Nil: 4,
		String: 6, Binary: 12, Bits: 5, Pid: 4, Port: 4, Reference: 6, Export: 3,
		Tuple: 26, List: 20, Improper: 5, Cut: 6, Map: 26, LargeMap: 3, Rows: 3, Chain: 4, Fun: 5,
	}
}

// Options says what to generate. The zero value is a good start.
type Options struct {
	// Size is the mean size of payloads in bytes; 256 if 0. They are spread
	// from a few bytes to many times that.
	Size int
	// Faults is the share of payloads, 0 to 1, that get a fault.
	Faults float64
	// Compressed is the share of payloads, 0 to 1, that are compressed.
	Compressed float64
	// Weights are DefaultWeights if they are all zero.
	Weights Weights
	// Natural is the share of maps, 0 to 1, whose keys are left to chance, so
	// that equal ones meet. Otherwise the keys of a map differ by construction.
	Natural float64
}

const (
	defaultSize = 256
	maxNesting  = 48 // of the generator; a Chain goes deeper
	maxFactor   = 24 // payloads are at most that many times the mean
)

// Gen generates payloads. It is for one goroutine. What it returns is new
// memory each time.
type Gen struct {
	t      tape
	pcg    rand.PCG
	o      Options
	any    [256]Shape // shape by byte of the tape
	leaf   [256]Shape
	faulty int // Options in 256ths
	packed int
	loose  int

	b     []byte
	nest  int
	due   bool // a fault is still to be made
	plain bool // nothing that differs between releases or receivers

	z     squeezer
	spans []Span
}

// New returns a Gen that makes the simplest payload until it is given a tape by
// [Gen.Seed] or [Gen.Feed].
func New(o Options) *Gen {
	if o.Size == 0 {
		o.Size = defaultSize
	}
	if o.Weights == (Weights{}) {
		o.Weights = DefaultWeights()
	}
	g := &Gen{o: o}
	g.any = table(o.Weights[:])
	g.leaf = table(o.Weights[:leaves])
	g.faulty, g.packed, g.loose = in256(o.Faults), in256(o.Compressed), in256(o.Natural)
	return g
}

func in256(share float64) int { return int(min(max(share, 0), 1)*256 + 0.5) }

// table spreads shapes over the values of a byte by weight.
func table(weights []uint8) (t [256]Shape) {
	sum := 0
	for _, w := range weights {
		sum += int(w)
	}
	shape, upTo := 0, int(weights[0])
	for i := range t {
		for shape < len(weights)-1 && i*sum >= upTo*256 {
			shape++
			upTo += int(weights[shape])
		}
		t[i] = Shape(shape)
	}
	return t
}

// Seed makes the tape that of payload number i of the seed.
func (g *Gen) Seed(seed, i uint64) {
	g.pcg.Seed(seed, i)
	g.t = tape{src: &g.pcg}
}

// Feed makes data the tape, and nothing follows it.
func (g *Gen) Feed(data []byte) { g.t = tape{bytes: data} }

// feed makes a source the tape.
func (g *Gen) feed(src words) { g.t = tape{src: src} }

// Payload returns a term with its version byte.
func (g *Gen) Payload() []byte {
	g.due = g.t.chance(g.faulty)
	g.begin()
	g.term(g.size())
	b := g.b
	if g.t.chance(g.packed) {
		b = g.Squeeze(b)
		if g.due && g.t.chance(128) {
			g.due = false
			b = g.zlibFault(b)
		}
	}
	if g.due {
		b = g.Mutate(b, nil)
	}
	g.b, g.due = nil, false
	return b
}

// Term returns a valid term without version byte, of some size bytes. Every
// release and receiver takes it for the same.
func (g *Gen) Term(size int) []byte {
	g.due, g.plain = false, true
	g.begin()
	g.term(size)
	b := g.b[1:]
	g.b, g.plain = nil, false
	return b
}

func (g *Gen) begin() {
	g.b, g.nest = append(make([]byte, 0, g.o.Size), 131), 0
}

// size draws the size of a payload: exponentially spread around the mean.
func (g *Gen) size() int {
	if g.t.over() {
		return 0
	}
	u := (float64(g.t.u16()) + 1) / (1<<16 + 1)
	return min(int(-math.Log(u)*float64(g.o.Size)), maxFactor*g.o.Size)
}

// term appends a term of some budget bytes.
func (g *Gen) term(budget int) {
	if g.t.chance(5) && !g.t.over() { // a list of no elements is its tail
		for range 1 + g.t.n(4)*g.t.n(4) {
			g.b = append(g.b, 108, 0, 0, 0, 0)
		}
	}
	if g.due && g.t.chance(24) {
		g.due = false
		g.fault(budget)
		return
	}
	shapes := &g.any
	if budget < 10 || g.nest > maxNesting || g.t.over() {
		shapes = &g.leaf
	}
	g.nest++
	g.shape(shapes[g.t.byte()], budget)
	g.nest--
}

func (g *Gen) shape(s Shape, budget int) {
	switch s {
	case SmallInteger:
		g.integer(uint64(g.t.byte()), false)
	case Integer:
		g.anyInteger()
	case Big:
		g.big()
	case Float:
		g.float()
	case TextFloat:
		g.textFloat()
	case Atom:
		g.atom(g.name())
	case Nil:
		g.nil()
	case String:
		g.string(budget)
	case Binary:
		g.binary(budget)
	case Bits:
		g.bits(budget)
	case Pid:
		g.pid()
	case Port:
		g.port()
	case Reference:
		g.reference()
	case Export:
		g.export()
	case Tuple:
		g.tuple(budget)
	case List:
		g.list(budget, 0)
	case Improper:
		g.list(budget, 1)
	case Cut:
		g.list(budget, 2)
	case Map:
		g.mapOf(budget, 0)
	case LargeMap:
		g.mapOf(budget, 33+g.t.n(12)*g.t.n(12))
	case Rows:
		g.rows(budget)
	case Chain:
		g.chain(budget)
	case Fun:
		g.fun(budget)
	}
}

// elements appends terms up to a size of budget bytes, at most n of them, and
// returns how many.
func (g *Gen) elements(budget, n int) int {
	end := len(g.b) + budget
	for i := range n {
		rest := end - len(g.b)
		if rest <= 0 || g.t.over() {
			return i
		}
		g.term(g.share(rest))
	}
	return n
}

// share is the part of a budget that one child gets.
func (g *Gen) share(budget int) int { return budget * (g.t.n(8) + 1) / 9 }
