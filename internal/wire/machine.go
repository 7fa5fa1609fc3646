package wire

import "github.com/beamgate/beamgate/limits"

// Event says why a Machine stopped.
type Event uint8

// The events of a Machine.
const (
	EvToken      Event = iota + 1 // m.tok holds the next term's head
	EvMore                        // the window is used up: m.need bytes from its position on are wanted
	EvDone                        // the top-level term is complete
	EvSkipped                     // run came back to its floor
	EvCompressed                  // COMPRESSED right after the version byte: m.tok.Num is the declared size
	EvFail                        // Failure tells why; it stays so

	// Answers of the functions that run calls, never of run itself.
	evScalar // m.cur is a complete scalar
	evAgain  // go on at the next head
)

// Flags of a Token.
const (
	FlagTail    uint8 = 1 << iota // the term stands in the tail of a list
	FlagBig                       // the integer does not fit int64: the payload has its digits
	FlagNeg                       // the big integer is negative
	FlagLatin1                    // the atom's name is in Latin-1
	FlagOpen                      // the payload has not arrived yet (readers only)
	FlagBytes                     // a STRING_EXT delivered whole: the payload are the elements
	FlagElement                   // the integer is a byte of a STRING_EXT
)

// Token is the head of a term. Start and End delimit its payload in the window:
// the name of an atom, the bytes of a binary, the digits of a big integer, the
// whole encoding of an id.
type Token struct {
	Kind       Kind
	Flags      uint8
	Bits       uint8  // used bits of the last byte of a bitstring: 1…7
	Num        uint64 // integer, bits of a float, arity, length of a payload
	Start, End int
}

// class is what an open container is. The order matters to scan: below clsMap a
// term is only counted, in clsMap every other one is a key, and above it terms
// need a closer look.
type class uint16

const (
	clsRoot class = iota
	clsTuple
	clsList
	clsFun
	clsMap1 // a map of one pair has no duplicate keys
	clsMap
	clsImproper // the tail of a list that is no list

	// Positions in a list where no ordinary head stands.
	clsTail   // its tail
	clsString // the elements of a STRING_EXT, one by one
	clsStrEnd // where these end and a LIST_EXT would have its NIL

	built   class = 0x10  // only inside scan: each term gets a node
	looked  class = 0x20  // only inside scan: somebody looks at each term
	pending class = 0x40  // the version byte, a payload or a part comes next
	hashed  class = 0x80  // the container is (in) a key
	recoded class = 0x100 // only inside scan: what is not canonical is written anew
	watched class = 0x200 // of a map: the term at hand may be __struct__, or is its value

	scanMarks = built | looked | recoded
)

// base is the class without its marks.
func (c class) base() class { return c &^ (pending | hashed | watched) }

// frame is an open container; total-left is the index of the child at hand.
type frame struct {
	left   uint32
	cls    class
	tailed bool // it stands in the tail of a list, whose frame it replaced
	total  int64
}

// Hook sees the head of each term, for rules on values, but not the parts of funs and
// exports. Whether it is shown the elements of a STRING_EXT depends on the driver, so it
// must not. depth counts the containers around the term; tail tells that it stands in the
// tail of a list; num is Token.Num.
type Hook interface {
	Head(k Kind, tail bool, depth int, num uint64) Code
}

// modes are what a Machine is told, and where it stands. They are together, and
// so are counts, because a term begins by clearing them: a few wide stores do it.
type modes struct {
	eof           bool // the input ends with the window
	wide          bool // windows pass: keys and atoms are identified by two hashes
	inflated      bool // the window holds inflated data, up to maxAbs exactly
	started, done bool
	whole         bool // deliver a STRING_EXT as one token
	trusted       bool // the bytes have passed before: no look at keys
	settle        bool // stop once the open payload is taken
	building      bool // nodes are made, see planter
	recoding      bool // the term is written anew, see recoder
	inexact       bool // the cost is a bound
	ruled         bool // there are rules on values
	unordered     bool // a map of two or more pairs has other keys than binaries that ascend
	errTag        byte
	errCode       Code
}

// counts are what the caps bound and Measure reports.
type counts struct {
	terms, words, over, offHeap, atoms int64
	payBytes                           int64 // of binaries, packed strings, big digits and ids
	packed                             int64 // elements of strings that can be delivered whole
	deepest                            int
}

// Machine reads one top-level term out of windows of bytes; Input feeds it.
type Machine struct {
	p     *Program
	names Names
	hook  Hook

	modes
	counts

	// The window: buf[pos:] is unread, buf[0] has the offset base. A term must
	// not reach beyond maxAbs; terms must not be owed beyond debtAbs.
	buf             []byte
	pos             int
	base            int64
	debtAbs, maxAbs int64
	before          int64  // bytes of the stream in front of the term
	lastKey         uint64 // mapState.last of a new map: sorted keys need a slice
	stop            bool   // run is to stop after the term at hand
	fast            bool   // nobody looks at the terms
	grown           bool   // something may have become large, see trim
	floor           int
	arg             args
	need            int

	top      frame
	stack    []frame
	depthCap int   // how many fit without growing the stack or exceeding MaxDepth
	below    int64 // terms still needed behind the top frame's, and by the tails of all open lists

	seen atomTable
	atom atom // the one read last

	keyRoom int64 // keys and distinct atoms that MaxKeyState still allows
	maps    []mapState
	ents    []entry
	sorted  []int // where sorted keys stand; all of it is in use up to nsorted
	nsorted int
	sums    []sum
	undo    []stamp // numbers of maps that inner maps have overwritten
	serial  uint32  // of the latest map
	spare   []entry // for growing a table

	pay  payload
	part part
	cur  scalar

	tree planter
	code recoder

	scratch []byte
	end     int   // of the view that scan reads, see view
	padEnd  int64 // where the bytes in pad end, see tailView
	padded  int   // how many there are
	pad     [tailMax + margin]byte

	tok    Token
	tokOff int64

	errOff int64
	lim    limits.Error
}

// reset prepares for a new top-level term. The tables are emptied; what they
// occupy is kept, up to a bound.
func (m *Machine) reset(p *Program, names Names) {
	m.seen.reset(p)
	if !m.done { // else all containers are closed
		m.abandon()
	}
	m.names = names
	m.pos, m.base, m.need, m.below = 0, 0, 0, 0
	m.tokOff = 0
	m.modes = modes{}
	m.counts = counts{} // by itself, or it is made elsewhere and copied
	m.top.left, m.top.cls, m.top.tailed, m.top.total = 1, clsRoot|pending, false, 1
	m.terms, m.lastKey, m.keyRoom, m.padEnd = 1, 0, p.maxKeys, -1
	m.ruled = p.ruled
	if p != m.p || m.grown || p.newHook != nil || m.serial > 1<<31 {
		m.rearrange(p)
	}
}

// abandon drops what an unfinished term has left.
func (m *Machine) abandon() {
	m.stack, m.maps, m.sums, m.ents, m.undo = m.stack[:0], m.maps[:0], m.sums[:0], m.ents[:0], m.undo[:0]
	m.nsorted, m.pay.active, m.part.stage = 0, false, partNone
}

// rearrange is what few resets need.
func (m *Machine) rearrange(p *Program) {
	if p != m.p {
		m.hook = nil
		m.p = p
	}
	if p.newHook != nil && m.hook == nil {
		m.hook = p.newHook() // it holds no state from term to term
	}
	if m.serial > 1<<31 { // so that no term runs out of them
		m.serial = 0
		clear(m.seen.stamps)
	}
	if m.grown {
		m.trim()
	}
	m.depthCap = int(min(int64(cap(m.stack)), p.maxDepth))
}

// trim lets go of what was grown beyond what a reused Machine may keep.
func (m *Machine) trim() {
	const keep = 1024
	m.grown = false
	m.stack, m.maps, m.sums, m.undo = reuse(m.stack, keep), reuse(m.maps, keep), reuse(m.sums, keep), reuse(m.undo, keep)
	m.ents, m.spare = reuse(m.ents, entriesKeep), reuse(m.spare, entriesKeep)
	m.scratch = reuse(m.scratch, scratchKeep)
	if len(m.sorted) > entriesKeep {
		m.sorted = nil
	}
}

// scratchKeep is how many bytes of scratch a reused Machine may keep.
const scratchKeep = 64 << 10

func reuse[T any](s []T, keep int) []T {
	if cap(s) > keep {
		return nil
	}
	return s[:0]
}

// owed is how many terms are still needed to complete the top-level term, the
// one at hand included.
func (m *Machine) owed() int64 { return m.below + int64(m.top.left) }
