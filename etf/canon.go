package etf

import (
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// NOTE: Canonicalize is two passes of the one machine over the bytes: Validate,
// and one that copies what is canonical already, in as large pieces as it comes,
// and has the rest written by the functions below. Trees of Terms are not made:
// they would cost many times the input for terms of few bytes.
//
// The pairs of a map are put in order where they stand when the map is complete
// (canon_map.go), by comparing canonical bytes (canon_key.go). A byte would then
// move once for each map around it, so moves are paid for from a budget in
// proportion to the input. Where that is used up, maps are put off: how far their
// pieces have to move is written down, 8 bytes for each, up to an eighth of the
// input; then all that was put off is moved at once, each byte once. This happens
// at most some 40 times, since so many bytes of input stand for pieces.
//
// So all that is held beside the output is, of each byte of the longer of input
// and output:
//
//	1           a copy of what is moved
//	1/3 … 2/3   the places of open lists and keys
//	4/5 at most the places of the keys of the map at hand, to be sorted; with
//	            so many keys, there are few other places
//	1/8         how far pieces have to move
//
// What that cannot do is left to a Term, which can: keys whose maps stand too deep
// in one another, or have such large values that comparing them took too long, and
// terms of 1 GiB.

// Canonicalize checks src as [Mode.Validate] does and appends the same term in
// the bytes that OTP 25 writes for it with
// term_to_binary(T, [deterministic, {minor_version, 2}]), not compressed. What
// comes out is canonical itself, and to a BEAM the same term as src. With an
// error, an [*Error], dst is returned as it was, and nothing of src is in it or
// behind it; without one, what stands in its memory behind the result is not kept.
//
// What comes out is less than three times as long as src, or as what a compressed src
// inflates to. References of the node in [Config] get the three words that this node
// writes; all others keep those they have. Where OTP has no order of keys, for funs whose
// numbers are 2³¹ or more apart, the order is that of [CompareKeys].
//
// Time grows as n log n with the bytes of src, or of what a compressed src
// inflates to. Memory, beside that of the output and what Validate takes, is at
// most twice the longer of the two, and next to none if the pairs of all maps come
// in order. What src inflates to is held as well. There is one exception: keys
// that hold maps, which have to be compared and stand hundreds of levels deep in
// one another, or have values of most of the term among many small keys, cost a
// [Term], which is up to 64 times src.
func (m *Mode) Canonicalize(dst, src []byte) ([]byte, error) {
	s := m.get()
	defer m.put(s)
	s.in.ResetSlice(m.c.prog, s.names.hook(), src)
	s.in.KeepInflated()
	if err := s.validate(int64(len(src))); err != nil {
		return dst, err
	}
	body, start := s.in.Body()
	if len(body)-start <= wire.RecodeMax {
		if out, ok := m.recode(s, dst, body[start:]); ok {
			return out, nil
		}
		s.in.BuildSlice(m.c.prog, body[start:]) // which Build wants read
		s.in.Run(-1)
		body, start = body[start:], 0
	}
	w := termWriter{b: AppendVersion(dst), own: m.c.config.Node}
	if err := w.write(s.build(body, start)); err != nil {
		return dst, err
	}
	return w.b, nil
}

// recode writes the accepted term in body, if that can be done without a Term.
func (m *Mode) recode(s *session, dst, body []byte) ([]byte, bool) {
	c := &s.canon
	c.begin(m.c.config.Node, len(body))
	out := dst
	if cap(dst)-len(dst) <= len(body) {
		out = append(make([]byte, 0, len(dst)+1+len(body)+canonSlack), dst...)
	}
	out, ok := s.in.Recode(m.c.prog, body, AppendVersion(out), c)
	if !ok {
		return dst, false
	}
	if len(c.late) > 0 {
		c.settle(out[len(dst)+1:])
	}
	return out, true
}

const (
	canonSlack = 16 // bytes that an output may be longer without being moved

	// What may be done for each byte in the mean.
	moveFactor   = 2   // moves, before they are put off
	settleFactor = 256 // moves of what was put off, because keys have to be compared
	skipFactor   = 32  // bytes of values stepped over to compare maps in keys

	lateFactor = 64 // bytes of the term for each shift that there may be
	lateLeast  = 4 << 10
)

// canonicalizer is the wire.Recoder of one term. It is part of a session.
type canonicalizer struct {
	own      Node
	size     int // of the term
	budget   int // bytes that may still be moved
	settling int // bytes that may still be moved to compare keys

	tmp    []byte
	perm   []uint32 // the order of the map at hand
	order  keyOrder
	shapes [shapes]shape

	late []shift // of maps that are put off, in the order of their ends
	most int     // how many there may be
}

// begin forgets the term before, and what it needed beyond a bound.
func (c *canonicalizer) begin(own Node, size int) {
	const keep = 4 << 10
	c.own, c.size = own, size
	c.budget, c.settling, c.most = moveFactor*size, settleFactor*size, max(lateLeast, size/lateFactor)
	c.order.skip, c.order.stuck, c.order.signs = skipFactor*size, false, true
	c.tmp, c.perm, c.late = keepShort(c.tmp, 16*keep), keepShort(c.perm, keep), keepShort(c.late, keep)
	for i := range c.shapes {
		c.shapes[i].n = 0
	}
}

func keepShort[T any](s []T, keep int) []T {
	if cap(s) > keep {
		return nil
	}
	return s[:0]
}

// Scalar appends the token at hand.
func (c *canonicalizer) Scalar(dst []byte, in *wire.Input) []byte {
	tok := in.Token()
	switch Kind(tok.Kind) {
	case KindInteger:
		if tok.Flags&wire.FlagBig == 0 {
			return AppendInt(dst, int64(tok.Num))
		}
		digits := wire.StripZeros(in.TokenBytes())
		return append(appendBigHead(dst, len(digits), tok.Flags&wire.FlagNeg != 0), digits...)
	case KindFloat:
		return must(AppendFloat(dst, math.Float64frombits(tok.Num)))
	case KindAtom:
		return appendAtomUTF8(dst, in.AtomName())
	case KindNil:
		return AppendNil(dst)
	case KindBinary:
		return must(AppendBinary(dst, in.TokenBytes()))
	case KindBitstring:
		b := in.TokenBytes()
		return must(AppendBits(dst, b, 8*len(b)-8+int(tok.Bits)))
	case KindTuple:
		return must(AppendTupleHeader(dst, 0))
	case KindFun:
		f := newFun(in.Fun())
		start := len(dst)
		dst = must(MinorVersion2.funHead(dst, &f, int(tok.Num)))
		must(dst, closeFun(dst, start))
		return dst
	case KindExport:
		f := in.Fun()
		return must(AppendExport(dst, Export{string(f.Module), string(f.Function), int(f.Arity)}))
	}
	return c.id(dst, Kind(tok.Kind), in.TokenBytes())
}

func (c *canonicalizer) id(dst []byte, k Kind, enc []byte) []byte {
	id := wire.ReadID(enc)
	switch k {
	case KindPid:
		return must(AppendPid(dst, Pid{id.Node, uint32(id.Number), uint32(id.Serial), id.Creation}))
	case KindPort:
		return must(AppendPort(dst, Port{id.Node, id.Number, id.Creation}))
	}
	return must(AppendReference(dst, reference(id, c.own)))
}

// must is for what comes from an accepted term, which has an encoding.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
