package etf_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// model is a term without an encoding.
type model struct {
	kind  etf.Kind
	num   *big.Int
	float float64
	text  string // of an atom, binary or bitstring
	bits  byte   // used in the last byte of a bitstring
	ids   [3]uint32
	kids  []*model // elements, keys and values in turn, free variables
	tail  *model   // of an improper list
	fault bool     // an unknown tag stands here instead
}

// grower makes random models.
type grower struct {
	*rand.Rand
	keys int // so that no two keys are equal
}

func newGrower(seed uint64) *grower { return &grower{Rand: rand.New(rand.NewPCG(seed, 2))} }

func (g *grower) term(depth int) *model {
	if depth == 0 || g.IntN(3) == 0 {
		return g.scalar()
	}
	m := &model{}
	n := g.IntN(5)
	switch g.IntN(10) {
	case 0, 1, 2:
		m.kind = etf.KindList
		n++
		if g.IntN(3) == 0 { // bytes, which may travel as a string
			for range n + g.IntN(9) {
				m.kids = append(m.kids, integer(int64(g.IntN(256))))
			}
			n = 0
		}
		if g.IntN(4) == 0 {
			m.tail = g.term(depth - 1)
			for m.tail.kind == etf.KindNil || m.tail.kind == etf.KindList { // that would be no tail
				m.tail = g.scalar()
			}
		}
	case 3, 4, 5:
		m.kind = etf.KindTuple
	case 6, 7, 8:
		m.kind = etf.KindMap
		for range n {
			m.kids = append(m.kids, g.key(depth-1), g.term(depth-1))
		}
		return m
	default:
		m.kind = etf.KindFun
		m.ids[0] = g.Uint32N(100)
	}
	for range n {
		m.kids = append(m.kids, g.term(depth-1))
	}
	return m
}

func integer(n int64) *model { return &model{kind: etf.KindInteger, num: big.NewInt(n)} }

// key holds a number that no other key has.
func (g *grower) key(depth int) *model {
	g.keys++
	n := integer(int64(1000 * g.keys))
	switch g.IntN(5) {
	case 0:
		return &model{kind: etf.KindAtom, text: fmt.Sprint("\u00ff", g.keys)}
	case 1:
		return &model{kind: etf.KindTuple, kids: []*model{n, g.term(max(depth-1, 0))}}
	case 2:
		return &model{kind: etf.KindList, kids: []*model{g.term(max(depth-1, 0)), n}, tail: integer(1)}
	case 3:
		return &model{kind: etf.KindMap, kids: []*model{n, g.term(max(depth-1, 0))}}
	}
	return n
}

var someAtoms = []string{"", "a", "ok", "error", "nil", "caf\u00e9", "\u00ff\u00fe", "\u4e2d\u6587", "Elixir.Foo", strings.Repeat("\u00e9", 130), "n@h"}

func (g *grower) scalar() *model {
	switch g.IntN(12) {
	case 0:
		return integer(int64(g.IntN(256)))
	case 1:
		return integer(int64(int32(g.Uint32())))
	case 2:
		n := new(big.Int).SetUint64(g.Uint64())
		n.Lsh(n, uint(g.IntN(200)))
		if g.IntN(2) == 0 {
			n.Neg(n)
		}
		return &model{kind: etf.KindInteger, num: n}
	case 3:
		f := math.Float64frombits(g.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			f = 0.1
		}
		return &model{kind: etf.KindFloat, float: f}
	case 4:
		return &model{kind: etf.KindNil}
	case 5:
		return &model{kind: etf.KindBinary, text: g.payload(g.IntN(80))}
	case 6:
		return &model{kind: etf.KindBitstring, text: g.payload(1 + g.IntN(80)), bits: byte(1 + g.IntN(7))}
	case 7:
		return g.id([]etf.Kind{etf.KindPid, etf.KindPort, etf.KindReference}[g.IntN(3)])
	case 8:
		return &model{kind: etf.KindExport, ids: [3]uint32{g.Uint32N(256)}}
	case 9:
		return &model{kind: []etf.Kind{etf.KindTuple, etf.KindMap}[g.IntN(2)]}
	}
	return &model{kind: etf.KindAtom, text: someAtoms[g.IntN(len(someAtoms))]}
}

func (g *grower) payload(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return string(b)
}

func (g *grower) id(k etf.Kind) *model {
	return &model{kind: k, text: someAtoms[g.IntN(len(someAtoms))], ids: [3]uint32{g.Uint32N(1 << 18), g.Uint32(), g.Uint32N(4)}}
}

// writer encodes models. With a random source it picks one of the encodings of
// each term, else always the same.
type writer struct {
	b       []byte
	rng     *rand.Rand
	faultAt int // where the fault was written
}

func (w *writer) pick(n int) int {
	if w.rng == nil {
		return 0
	}
	return w.rng.IntN(n)
}

func (w *writer) add(parts ...[]byte) { w.b = append(w.b, cat(parts...)...) }

// encode returns the whole external term.
func (m *model) encode(rng *rand.Rand) (b []byte, faultAt int) {
	w := &writer{b: []byte{wire.Version}, rng: rng}
	w.term(m)
	return w.b, w.faultAt
}

// term writes one term, behind lists of no elements now and then.
func (w *writer) term(m *model) {
	for w.pick(6) == 1 {
		w.add(head(0))
	}
	if m.fault {
		w.faultAt = len(w.b)
		w.add(raw(0))
		return
	}
	switch m.kind {
	case etf.KindInteger:
		w.integer(m.num)
	case etf.KindFloat:
		w.float(m.float)
	case etf.KindAtom:
		w.atom(m.text)
	case etf.KindNil:
		w.null()
	case etf.KindBinary:
		used := byte(8)
		if m.text == "" {
			used = 0
		}
		if w.pick(2) == 1 {
			w.add(bits(used, []byte(m.text)...))
		} else {
			w.add(bin(m.text))
		}
	case etf.KindBitstring:
		data := []byte(m.text)
		data[len(data)-1] &= 0xff << (8 - m.bits)
		data[len(data)-1] |= byte(w.pick(1 << (8 - m.bits))) // unused bits count for nothing
		w.add(bits(m.bits, data...))
	case etf.KindTuple:
		if w.pick(2) == 1 {
			w.add(large(int64(len(m.kids))))
		} else {
			w.add(raw(wire.TagSmallTuple, []byte{byte(len(m.kids))}))
		}
		w.all(m.kids)
	case etf.KindMap:
		w.add(maps(int64(len(m.kids) / 2)))
		w.all(m.kids)
	case etf.KindList:
		w.list(m.kids, m.tail)
	default:
		w.identity(m)
	}
}

func (w *writer) all(kids []*model) {
	for _, k := range kids {
		w.term(k)
	}
}

func (w *writer) null() {
	switch w.pick(4) {
	case 1:
		w.add(str(""))
	case 2:
		w.add(head(0))
		w.null()
	default:
		w.add(null)
	}
}

func isByte(m *model) bool {
	return m.kind == etf.KindInteger && !m.fault && m.num.Sign() >= 0 && m.num.BitLen() <= 8
}

// list writes a list in pieces.
func (w *writer) list(kids []*model, tail *model) {
	n := len(kids)
	if n == 0 {
		if tail != nil {
			w.term(tail)
			return
		}
		w.null()
		return
	}
	if w.pick(2) == 1 {
		n = 1 + w.pick(n)
	}
	bytes := 0
	for bytes < n && isByte(kids[bytes]) {
		bytes++
	}
	if tail == nil && bytes == len(kids) && w.pick(2) == 1 { // it ends the list
		text := make([]byte, 0, bytes)
		for _, k := range kids {
			text = append(text, byte(k.num.Int64()))
		}
		w.add(str(string(text)))
		return
	}
	w.add(head(int64(n)))
	w.all(kids[:n])
	for w.pick(5) == 1 {
		w.add(head(0))
	}
	w.list(kids[n:], tail)
}

// integer writes a number with as many zero digits as fits.
func (w *writer) integer(n *big.Int) {
	small := n.IsInt64() && n.Int64() >= 0 && n.Int64() < 256
	fits := n.IsInt64() && int64(int32(n.Int64())) == n.Int64()
	digits := n.Bytes()
	slices.Reverse(digits)
	digits = append(digits, make([]byte, w.pick(20))...)
	switch w.pick(4) {
	case 0, 1:
		if small && w.pick(2) == 0 {
			w.add(raw(wire.TagSmallInteger, []byte{byte(n.Int64())}))
			return
		}
		if fits {
			w.add(int32x(int(n.Int64())))
			return
		}
	case 2:
		w.add(largeBig(n.Sign() < 0, digits...))
		return
	}
	w.add(smallBig(n.Sign() < 0, digits...))
}

func (w *writer) float(f float64) {
	if w.pick(2) == 1 {
		w.add(textFloat(fmt.Sprintf("%.20e", f)))
		return
	}
	w.add(float(f))
}

func (w *writer) atom(s string) {
	narrow := !strings.ContainsFunc(s, func(r rune) bool { return r > 0xff })
	switch c := w.pick(4); {
	case c == 1 && narrow:
		w.add(latin1(s))
	case c == 2 && narrow:
		w.add(longLatin1(s))
	case c == 3:
		w.add(longAtom(s))
	default:
		w.add(atom(s))
	}
}

func (w *writer) identity(m *model) {
	node := &writer{rng: w.rng}
	node.atom(m.text)
	part := func(n uint32) []byte {
		p := &writer{rng: w.rng}
		p.integer(big.NewInt(int64(n)))
		return p.b
	}
	a, b, c := int64(m.ids[0]), int64(m.ids[1]), int64(m.ids[2])
	options := [][]byte{}
	switch m.kind {
	case etf.KindPid:
		options = [][]byte{newPid(node.b, a, b, c), oldPid(node.b, a, b, byte(c))}
	case etf.KindPort:
		options = [][]byte{newPort(node.b, a, c), oldPort(node.b, a, byte(c)), v4Port(node.b, uint64(a), c)}
	case etf.KindReference:
		options = [][]byte{newerRef(node.b, c, a, b), newRef(node.b, byte(c), a, b)}
	case etf.KindExport:
		options = [][]byte{export(cat(node.b), atom("f"), part(m.ids[0]))}
	case etf.KindFun:
		f := closure{index: a, oldIndex: part(1), oldUni: part(m.ids[0]), creator: newPid(node.b, 1, 1, 1), free: int64(len(m.kids))}.encode()
		copy(f[1:5], u32(int64(w.pick(1<<20)))) // the size counts for nothing
		options = [][]byte{f}
	}
	w.add(options[w.pick(len(options))])
	w.all(m.kids)
}

// plant puts a fault in place of a random term of m.
func (g *grower) plant(m *model) {
	for {
		if m.tail != nil && g.IntN(3) == 0 {
			m = m.tail
			continue
		}
		if len(m.kids) == 0 || g.IntN(6) == 0 {
			m.fault = true
			return
		}
		m = m.kids[g.IntN(len(m.kids))]
	}
}
