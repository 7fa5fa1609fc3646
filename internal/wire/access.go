package wire

import (
	"sync"

	"github.com/beamgate/beamgate/limits"
)

// Token returns the token that Next stopped at.
func (in *Input) Token() Token { return in.m.tok }

// Head is Token where it stands, to be read before the next one.
func (in *Input) Head() *Token { return &in.m.tok }

// TokenOffset is where that token's head starts: in the term, or in its inflated
// data.
func (in *Input) TokenOffset() int64 { return in.m.tokOff }

// TokenBytes is the payload of the token, as far as it is in the window. It is
// valid until the next call that moves the Input.
func (in *Input) TokenBytes() []byte { return in.m.buf[in.m.tok.Start:in.m.tok.End] }

// AtomName is the name, in UTF-8, of the atom that Next stopped at.
func (in *Input) AtomName() []byte { return in.m.atomName() }

// Fun describes the fun or export that Next stopped at.
func (in *Input) Fun() *FunInfo { return &in.m.part.fun }

// Depth is the number of containers that are open behind the token: those that
// an open payload will complete do not count, as if it were there already.
func (in *Input) Depth() int {
	m := &in.m
	n := len(m.stack)
	if !m.pay.active {
		return n
	}
	for f := m.top; n > 0 && f.left == 1 && f.cls.base() != clsList; n-- {
		f = m.stack[n-1]
	}
	return n
}

// Done reports whether the top-level term is complete.
func (in *Input) Done() bool { return in.m.done && !in.failed }

// Used is the length of the complete term on the wire.
func (in *Input) Used() int64 { return in.used }

// TermOffset is where the term at hand starts in the stream.
func (in *Input) TermOffset() int64 { return in.term }

// Failure returns the failure and the reader's error behind a ReadError.
func (in *Input) Failure() (Failure, error) { return in.failure, in.cause }

// Path calls yield for each step to the term at hand.
func (in *Input) Path(yield func(Step) bool) { in.m.Path(yield) }

// Position is the machine's place in its window.
func (in *Input) Position() int { return in.m.pos }

// TokenPosition is the place in the window of the token's head.
func (in *Input) TokenPosition() int { return int(in.m.tokOff - in.m.base) }

// Window returns bytes of the window.
func (in *Input) Window(from, to int) []byte { return in.m.buf[from:to:to] }

// Pinned returns the window place from which bytes are kept.
func (in *Input) Pinned() int { return in.pin }

// Stats are what a term is made of, so far.
type Stats struct {
	Bytes, Terms, Depth, Atoms, DistinctAtoms, Inflated int64
	HeapWords, HeapCost, OffHeap                        int64
	HeapExact                                           bool
	PayloadBytes, Packed                                int64
}

// Stats returns the counts of the term at hand.
func (in *Input) Stats() Stats {
	m := &in.m
	s := Stats{
		Bytes: in.used, Terms: m.terms, Depth: int64(m.deepest), Atoms: m.atoms,
		DistinctAtoms: int64(m.seen.n), HeapWords: m.words - m.over, HeapCost: m.words,
		OffHeap: m.offHeap, HeapExact: !m.inexact, PayloadBytes: m.payBytes, Packed: m.packed,
	}
	if m.inflated {
		s.Inflated = m.base + int64(m.pos)
	}
	return s
}

// Refuse fails the input for a reason found by its driver, at an offset of the
// term as it stands on the wire.
func (in *Input) Refuse(c Code, off int64) Event {
	return in.fail(Failure{Code: c, Offset: off})
}

// Commit takes the names of a complete term, or of the part read so far, for
// good.
func (in *Input) Commit() bool {
	if in.names == nil || in.failed {
		return !in.failed
	}
	return in.commit()
}

func (in *Input) commit() bool {
	code, lim := in.names.Commit()
	if code == OK {
		return true
	}
	f := Failure{Code: code, Offset: in.used, Limit: lim}
	if !in.finished {
		f.Offset, f.Inflated = in.m.base+int64(in.m.pos), in.m.inflated
	}
	in.fail(f)
	return false
}

// Settle takes the rest of an open payload.
func (in *Input) Settle() bool {
	if !in.m.pay.active {
		return true
	}
	in.m.settle = true
	ev := in.Next()
	in.m.settle = false
	return ev != EvFail
}

// IsLast reports whether the top-level term ends with the open payload.
func (in *Input) IsLast() bool { return in.m.pay.active && in.m.owed() == 1 }

// Chunk returns the next bytes of an open payload that are in the window,
// filling it if there are none; nil at the payload's end and on failure.
func (in *Input) Chunk() ([]byte, bool) {
	m := &in.m
	p := &m.pay
	if !p.active || p.left == 0 {
		return nil, !in.failed
	}
	for m.pos == len(m.buf) {
		if m.eof {
			m.truncated()
			in.fail(m.Failure())
			return nil, false
		}
		if m.need = 1; !in.fill() {
			return nil, false
		}
	}
	n := min(p.left, int64(len(m.buf)-m.pos))
	b := m.buf[m.pos : m.pos+int(n)]
	m.consume(b)
	m.pos += int(n)
	p.left -= n
	return b, true
}

// MayHold reports whether a payload of n bytes may be handed out in one piece,
// and fails if it may not. What is said of the failure is the token's place, not
// how much of the payload has arrived.
func (in *Input) MayHold(n int64) bool {
	if in.r == nil || n <= in.p.maxBuffered {
		return true
	}
	in.fail(Failure{
		Code: LimitBuffered, Offset: in.m.tokOff, Inflated: in.m.inflated, NoPath: true,
		Limit: in.p.limit(LimitBuffered, n),
	})
	return false
}

// Hold gets the rest of an open payload into the window. MayHold has been asked
// before, but for integers: they have a cap of their own, and no value before
// their last byte.
func (in *Input) Hold() ([]byte, bool) {
	m := &in.m
	left := m.pay.left
	for int64(len(m.buf)-m.pos) < left {
		if m.eof {
			m.truncated()
			in.fail(m.Failure())
			return nil, false
		}
		// The window doubles while it fills: not the claimed length is made
		// room for but what has come.
		m.need = min(int(left), len(m.buf)-m.pos+1)
		if !in.fill() {
			return nil, false
		}
	}
	return m.buf[m.pos : m.pos+int(left)], true
}

// MaxInflated is the resolved cap.
func (in *Input) MaxInflated() int64 { return in.p.maxInflated }

// BuildSlice prepares in for reading the tokens of an accepted term without its
// version byte: limits and policy have been applied to it, strings come whole.
func (in *Input) BuildSlice(p *Program, b []byte) { in.again(p, b, 0) }

// again is BuildSlice for a term that starts at start in b.
func (in *Input) again(p *Program, b []byte, start int) {
	in.reset(p, nil)
	in.r, in.raw, in.finished = nil, b, false
	m := &in.m
	m.reset(p, nil)
	m.hook = nil // so that the next reset makes one
	m.ruled = false
	m.trusted, m.whole, m.eof = true, true, true
	m.begun()
	m.buf, m.pos = b, start
	m.maxAbs, m.debtAbs = int64(len(b)), int64(len(b))
}

// TokenSlice is BuildSlice for reading single tokens: strings come element by
// element, as from any other source.
func (in *Input) TokenSlice(p *Program, b []byte) {
	in.BuildSlice(p, b)
	in.m.whole = false
}

// Length returns how long the accepted term is with which b begins.
func (in *Input) Length(p *Program, b []byte) int {
	in.BuildSlice(p, b)
	in.Run(-1)
	return in.m.pos
}

// KeepInflated keeps all bytes of a compressed term as they are inflated, for
// Body. They are bounded by MaxInflated and the ratio.
func (in *Input) KeepInflated() { in.pin, in.pinTo = in.m.pos, limits.NoLimit }

// Body returns the bytes up to the end of a complete term at the beginning of a
// slice, and where it starts behind the version byte; after KeepInflated those of
// a compressed one too, which starts at 0.
func (in *Input) Body() (b []byte, start int) {
	if in.m.inflated {
		return in.m.buf[:in.m.pos:in.m.pos], 0
	}
	return in.m.buf[:in.m.pos:in.m.pos], 1
}

// ID is a pid, port or reference.
type ID struct {
	Node           string
	Creation       uint32
	Number, Serial uint64
	Words          []uint32 // zero words at the end dropped …
	Sent           int      // … of so many on the wire
}

// ReadID parts the whole encoding of an accepted id.
func ReadID(b []byte) ID {
	node, v := splitID(b)
	id := ID{Node: string(atomName(node)), Creation: v.creation, Number: v.a, Serial: v.b}
	if v.n > 0 {
		id.Words = append(id.Words, v.words[:v.n]...)
		if id.Sent = 1; b[0] != TagReference {
			id.Sent = int(b[2])
		}
	}
	return id
}

// anyProgram reads what has been accepted before.
var anyProgram = sync.OnceValue(func() *Program {
	const nobody = "\xff" // no atom: every id is of another node
	return Compile(Options{Limits: limits.Unlimited(), Release: 25, HasNode: true, Node: nobody})
})

// IsTerm reports whether b is one term, without a version byte, and nothing else.
func IsTerm(b []byte) bool {
	var in Input
	in.BuildSlice(anyProgram(), b)
	in.m.trusted = false
	return in.Run(-1) == EvDone && in.m.pos == len(b)
}
