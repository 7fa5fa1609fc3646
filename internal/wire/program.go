package wire

import (
	"hash/maphash"
	"math"

	"github.com/beamgate/beamgate/limits"
)

// Options is what a Program is compiled from. Limits must be resolved: no field
// zero (other than MaxNewAtoms), None allowed.
type Options struct {
	Limits limits.Limits
	Reject Set
	// Release is 0 for the intersection of the supported releases, else 25…28.
	Release int
	// HasNode tells that Node and Creation are the receiving node's.
	HasNode  bool
	Node     string
	Creation uint32
	// NodeAllowed, if set, decides on the nodes of ids.
	NodeAllowed func(node []byte) bool
	// StructAllowed, if set, decides on the modules of structs.
	StructAllowed func(module []byte) bool
	// NewHook, if set, makes the other rules on values of one term.
	NewHook func() Hook
}

// never in Program.need marks a tag that is unknown or refused: with it one
// load and one compare cover truncated, unknown and rejected. No window is as
// long as never.
const never = math.MaxInt

// Program is a grammar compiled with a policy and limits. It is immutable and
// shared by any number of Machines.
type Program struct {
	need [256]int  // bytes of the fixed part of a head, or never
	ops  [256]op   // what scan does with a tag
	code [256]Code // why a never tag is refused

	maxBytes, maxDepth, maxTerms, maxArity, maxBlob, maxBig int64
	maxAtomChars, maxAtoms, maxDistinct                     int64
	maxInflated, maxRatio, maxBuffered, maxStream           int64
	maxKeys, maxWords                                       int64
	fastArity                                               int64 // of containers that need no closer look
	firstRoom                                               int   // of atoms in the smallest table

	caps []limits.Error // by code less LimitBytes: name and value, as errors tell them

	reject      Set
	release     int
	hasNode     bool
	node        string
	creation    uint32
	nodeAllowed func([]byte) bool
	newHook     func() Hook
	ruled       bool // there are rules on values

	structAllowed func([]byte) bool

	// Facts of the release, spelled out once.
	maxBigDigits  int64 // LARGE_BIG_EXT digit bytes
	pidNumberMax  uint32
	pidSerialMax  uint32
	zeroesDiffer  bool // 0.0 and -0.0 are different keys
	funByArity    bool // fun identity holds arity and uniq …
	funByOldUniq  bool // … or the old uniq
	strictFunInts bool // fields of funs and exports in their one natural encoding
	strictRefKeys bool // references with one word cannot be (in) keys
	shortRefHash  bool // references of more than three words cannot be in keys of large maps
	cost          costModel

	// Seeds of the keyed hashes. They never leave the process, so nobody can
	// choose keys or atoms that collide.
	seedA, seedB maphash.Seed
	secret       [4]uint64
}

// Compile builds the tables. It cannot fail: Options are checked in package etf.
func Compile(o Options) *Program {
	p := &Program{
		reject: o.Reject, release: o.Release,
		hasNode: o.HasNode, node: o.Node, creation: o.Creation,
		nodeAllowed: o.NodeAllowed, newHook: o.NewHook, structAllowed: o.StructAllowed,
		ruled: o.NewHook != nil || o.StructAllowed != nil,
		seedA: maphash.MakeSeed(), seedB: maphash.MakeSeed(),
	}
	p.setLimits(o.Limits)
	for _, name := range limits.Names() {
		most, _ := o.Limits.Get(name)
		p.caps = append(p.caps, limits.Error{Name: name, Max: max(most, 0)})
	}
	p.setRelease(o.Release)
	for tag := range p.need {
		p.need[tag] = int(fixed[tag])
		if fixed[tag] == 0 {
			p.need[tag], p.code[tag] = never, refusal(byte(tag))
		}
	}
	for _, f := range featureTags {
		if o.Reject&f.set == 0 {
			continue
		}
		for _, tag := range f.tags {
			if p.need[tag] != never {
				p.need[tag], p.code[tag] = never, f.code
			}
		}
	}
	for tag, need := range p.need {
		switch {
		case need == never:
			p.ops[tag] = opHead
		case ops[tag] != opHead:
			p.ops[tag] = ops[tag]
		default:
			p.ops[tag] = opRare
		}
	}
	var b [8]byte
	for i := range p.secret {
		b[0] = byte(i)
		p.secret[i] = maphash.Bytes(p.seedA, b[:]) ^ maphash.Bytes(p.seedB, b[:])<<1 | 1
	}
	return p
}

func (p *Program) setLimits(l limits.Limits) {
	v := func(n int64) int64 { return max(n, 0) } // None allows 0
	p.maxBytes, p.maxDepth, p.maxTerms = v(l.MaxBytes), v(l.MaxDepth), v(l.MaxTerms)
	p.maxArity, p.maxBlob, p.maxBig = v(l.MaxArity), v(l.MaxBlob), v(l.MaxBigBytes)
	p.maxAtomChars, p.maxAtoms, p.maxDistinct = min(v(l.MaxAtomChars), maxAtomChars), v(l.MaxAtoms), v(l.MaxDistinctAtoms)
	p.maxInflated, p.maxRatio = v(l.MaxInflated), v(l.MaxRatio)
	p.maxBuffered, p.maxStream = v(l.MaxBuffered), v(l.MaxStreamBytes)
	p.maxKeys = v(l.MaxKeyState) / keyBytes
	p.maxWords = v(l.MaxHeapWords)
	p.fastArity = min(p.maxArity, tupleMax-1)
	p.firstRoom = int(min(atomTabMin/3*2, p.maxDistinct))
}

// setRelease spells out what differs between releases of OTP; 0, any release,
// takes the stricter side of each and the dearer cost.
func (p *Program) setRelease(r int) {
	isAny := r == 0
	p.maxBigDigits = 524_280 // 2^16-1 words from OTP 27 on
	if r == 25 || r == 26 {
		p.maxBigDigits = 4_194_296
	}
	// An id of the own node is an immediate or an index: 25 allows 15 and 13
	// bits, later releases 28 and 32.
	p.pidNumberMax, p.pidSerialMax = 1<<28-1, math.MaxUint32
	if isAny || r == 25 {
		p.pidNumberMax, p.pidSerialMax = 1<<15-1, 1<<13-1
	}
	p.zeroesDiffer = r >= 27
	p.funByArity = r >= 26
	p.funByOldUniq = r == 25
	p.strictFunInts = isAny
	p.strictRefKeys = isAny
	p.shortRefHash = isAny || r == 25
	p.cost = costModel{old: isAny || r <= 26, new: isAny || r >= 27}
}

// limit returns the error value of a cap.
func (p *Program) limit(c Code, got int64) limits.Error {
	e := p.caps[c-LimitBytes]
	e.Got = got
	return e
}
