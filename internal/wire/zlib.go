package wire

import (
	"errors"
	"io"

	"github.com/beamgate/beamgate/internal/inflate"
)

var errBadRead = errors.New("reader returned an invalid count")

// inflater reads the zlib stream (RFC 1950) of a COMPRESSED. What is around the data is
// read here, and what is in them by package inflate.
type inflater struct {
	in    *Input
	data  inflate.Decoder
	sum   inflate.Adler
	out   []byte // the machine's window, and before it what the data may repeat
	size  int64  // declared
	made  int64  // inflated so far
	begin int64  // offset in the term of the stream
	eof   bool
	cut   bool    // the data end inside the term
	fail  Failure // why there are no compressed bytes
}

// release lets go of the source, and of a buffer larger than keep.
func (z *inflater) release(keep int) {
	if z.in = nil; cap(z.out) > keep {
		z.out = nil
	}
}

// inflatedKeep is the size up to which an Input of slices keeps the buffer in which
// KeepInflated gathers a compressed term: whoever wants the next one need not make it
// by doubling again. Inputs of slices wait in pools, which the collector empties; one
// of a reader may belong to a connection, and keeps inflatedMax.
const inflatedKeep = 512 << 10

// compressedAt is the offset of the tag COMPRESSED, which follows the version.
const compressedAt = 1

// RatioGrace is what may be inflated before the ratio counts on the way, in bytes. See
// limits.Limits.MaxRatio.
const RatioGrace = 64 << 10

const (
	// inflateStep is how much is inflated at once. Each driver takes all of it, so that
	// what was inflated when a failure is met does not depend on the driver or its
	// buffers.
	inflateStep = 32 << 10
	// inflatedMax has room for what the data may repeat, for a step, and for as much
	// that is not looked at yet. Beyond it a buffer grows only for a caller.
	inflatedMax = inflate.Window + 2*inflateStep
)

// inflate starts on the zlib stream at the machine's position and gives the
// machine a window of inflated bytes.
func (in *Input) inflate() bool {
	m := &in.m
	z := in.spare
	if z == nil {
		z = new(inflater)
	}
	in.z, in.spare = z, nil
	z.in, z.size, z.made, z.eof, z.cut, z.fail = in, int64(m.tok.Num), 0, false, false, Failure{}
	z.sum = 1
	z.begin = m.base + int64(m.pos)
	in.rpos = m.pos
	if !z.header() {
		return false
	}
	m.buf, m.pos, m.base, m.padEnd = nil, 0, 0, -1
	m.maxAbs, m.debtAbs = z.size, z.size
	m.eof, m.inflated = false, true
	m.widen()
	if m.owed() > m.debtAbs {
		m.refuse(InflatedSize)
		in.fail(m.Failure())
		return false
	}
	z.data.Reset()
	if in.pin >= 0 {
		in.pin = 0
	}
	z.out = z.out[:0]
	m.buf = z.out
	return true
}

// header checks the two bytes in front of the deflate stream.
func (z *inflater) header() bool {
	b, ok := z.take(2)
	switch {
	case !ok:
		return z.stop()
	case b>>8&0x0f != 8 || b>>12 > 7 || b%31 != 0:
		return z.refuseAt(ZlibHeader, z.begin)
	case b&0x20 != 0:
		return z.refuseAt(ZlibDictionary, z.begin)
	}
	return true
}

// take reads n bytes, the first one highest.
func (z *inflater) take(n int) (v uint32, ok bool) {
	for range n {
		b := z.hand()
		if len(b) == 0 {
			return 0, false
		}
		v = v<<8 | uint32(b[0])
		z.in.rpos++
	}
	return v, true
}

// hand returns the compressed bytes at hand, one at least; or none, and z.fail tells why.
func (z *inflater) hand() []byte {
	in := z.in
	for {
		b := in.raw[in.rpos:min(int64(len(in.raw)), int64(in.rpos)+max(in.termMax()-z.at(), 0))]
		if len(b) > 0 || !z.more() {
			return b
		}
	}
}

// at is the offset in the term of the next compressed byte.
func (z *inflater) at() int64 { return z.in.first + int64(z.in.rpos) - z.in.term }

// termMax is how long the term may be on the wire.
func (in *Input) termMax() int64 {
	return min(in.p.maxBytes, max(in.p.maxStream-in.term, 0))
}

// more gets compressed bytes; with false z.fail tells why there are none.
func (z *inflater) more() bool {
	in := z.in
	if z.at() >= in.termMax() {
		code := LimitBytes
		if z.at() < in.p.maxBytes {
			code = LimitStreamBytes
		}
		z.fail = Failure{Code: code, Offset: z.at(), Limit: in.p.limit(code, z.at()+1)}
		return false
	}
	if in.r != nil && in.err == nil {
		in.fillRaw(in.rpos, 1, in.rpos)
	}
	switch {
	case in.rpos < len(in.raw):
		return true
	case in.err != nil && in.err != io.EOF:
		z.fail = Failure{Code: ReadError, Offset: z.at()}
	default:
		z.fail = Failure{Code: Truncated, Offset: z.at()}
	}
	return false
}

func (z *inflater) refuse(c Code) bool { return z.refuseAt(c, z.at()) }

func (z *inflater) refuseAt(c Code, off int64) bool {
	z.fail = Failure{Code: c, Offset: off}
	return z.stop()
}

// stop fails for the reason in z.fail. There is no path to it, since it is about
// what surrounds the term, unless the term itself wants more than there is.
func (z *inflater) stop() bool {
	z.fail.NoPath = !z.cut
	if !z.fail.Inflated && z.fail.Offset == compressedAt {
		z.fail.Tag = TagCompressed
	}
	if z.fail.Code == ReadError {
		z.in.cause = z.in.err
	}
	z.in.m.errCode = z.fail.Code
	z.in.fail(z.fail)
	return false
}

// pull inflates to the end of buf, or of the stream. buf is z.out with room behind it.
func (z *inflater) pull(buf []byte) bool {
	at := len(z.out)
	var s inflate.Status
	for s = inflate.Short; s == inflate.Short; {
		b := z.hand()
		if len(b) == 0 {
			break
		}
		made, used, status := z.data.Inflate(buf, len(z.out), b)
		s = status
		z.in.rpos += used
		z.made += int64(made)
		z.out = buf[:len(z.out)+made]
	}
	z.sum.Add(z.out[at:])
	// What came before a failure is looked at first, but not before that of a reader: it has
	// broken the step off, and what the rest of it would have told is not known.
	none := len(z.out) == at || z.fail.Code == ReadError
	switch {
	case z.made > z.size:
		return z.refuseInflated(InflatedSize, z.size)
	case s == inflate.End:
		z.eof = true
	case s == inflate.Short && none:
		return z.stop()
	case s == inflate.Corrupt && none:
		return z.refuse(ZlibData)
	}
	if used := z.at() - z.begin; z.made-RatioGrace > mulCap(used, z.in.p.maxRatio) {
		return z.overRatio()
	}
	return true
}

// overRatio does not tell the ratio: how much was inflated so far is a matter of
// inflateStep.
func (z *inflater) overRatio() bool {
	z.fail = Failure{
		Code: LimitRatio, Offset: compressedAt,
		Limit: z.in.p.limit(LimitRatio, z.in.p.maxRatio+1),
	}
	return z.stop()
}

// refuseInflated fails at an offset of the inflated data.
func (z *inflater) refuseInflated(c Code, off int64) bool {
	z.fail = Failure{Code: c, Offset: off, Inflated: true}
	return z.stop()
}

// fillInflated is fill for inflated data.
func (in *Input) fillInflated() bool {
	m, z := &in.m, in.z
	if len(m.buf) < len(z.out) { // there are more, but they must not be kept
		in.overPin()
		return false
	}
	if z.eof {
		z.cut = true
		return z.refuseInflated(InflatedSize, z.made)
	}
	if !z.pull(in.makeInflatedRoom()) {
		return false
	}
	in.show()
	return true
}

// makeInflatedRoom is makeRoom for inflated data. It returns z.out with room for a step
// of them, or for what is left and one byte more, behind it.
func (in *Input) makeInflatedRoom() []byte {
	m, z := &in.m, in.z
	step := int(min(inflateStep, z.size-z.made+1))
	if all := len(z.out) + step; all <= cap(z.out) {
		return z.out[:all]
	}
	keep := m.pos
	if in.pin >= 0 {
		keep = in.pin
	}
	keep = min(keep, max(len(z.out)-inflate.Window, 0)) // the data may repeat it
	kept := len(z.out) - keep
	buf := z.out[:cap(z.out)]
	if kept+step > len(buf) {
		size := bufMin
		for size < kept+step {
			size *= 2
		}
		if kept+step <= inflatedMax {
			size = min(size, inflatedMax)
		}
		if all := int64(kept) + z.size - z.made + 1; all <= int64(size)+int64(size)/4 {
			size = int(all) // as much as all of it takes, where that is less or hardly more
		}
		buf = make([]byte, size)
	}
	copy(buf, z.out[keep:])
	z.out = buf[:kept]
	m.base += int64(keep)
	m.pos -= keep
	if in.pin >= 0 {
		in.pin -= keep
	}
	return buf[:kept+step]
}

// endInflate checks what must follow a complete term: the end of the data
// exactly there, the end of the stream, its checksum.
func (in *Input) endInflate() bool {
	z := in.z
	if !z.eof && !z.drain() {
		return false
	}
	if z.made != z.size {
		return z.refuseInflated(InflatedSize, z.made)
	}
	if at := in.m.base + int64(in.m.pos); at != z.size {
		return z.refuseInflated(InflatedTrailing, at)
	}
	off := z.at()
	sum, ok := z.take(4)
	if !ok {
		return z.stop()
	}
	if sum != uint32(z.sum) {
		return z.refuseAt(ZlibChecksum, off)
	}
	if used := z.at() - z.begin; z.made > mulCap(used, in.p.maxRatio) {
		return z.overRatio()
	}
	in.used = z.at()
	in.spare, in.z = z, nil
	return true
}

// drain inflates what is left behind a complete term, which should be nothing. The bytes
// of the term stay where they are.
func (z *inflater) drain() bool {
	out := z.out
	defer func() { z.out = out }()
	var buf []byte
	for !z.eof {
		step := int(min(inflateStep, z.size-z.made+1))
		if cap(z.out)-len(z.out) < step {
			if buf == nil {
				buf = make([]byte, inflate.Window+step)
			}
			n := copy(buf, z.out[max(len(z.out)-inflate.Window, 0):])
			z.out = buf[:n]
		}
		if !z.pull(z.out[:len(z.out)+step]) {
			return false
		}
	}
	return true
}

// takeInflated gives the buffer with the n inflated bytes of a complete term away, if
// it would not be kept and there is little room in it that the bytes do not need.
func (in *Input) takeInflated(n int) bool {
	z := in.spare
	if !in.m.inflated || z == nil || cap(z.out) <= inflatedKeep || cap(z.out) > n+n/8 {
		return false
	}
	z.out = nil
	return true
}

// mulCap is a*b without overflow, for non-negative factors.
func mulCap(a, b int64) int64 {
	if a != 0 && b > (1<<63-1)/a {
		return 1<<63 - 1
	}
	return a * b
}
