package wire

import (
	"compress/flate"
	"errors"
	stdhash "hash"
	"hash/adler32"
	"io"
)

var (
	errBadRead = errors.New("reader returned an invalid count")
	errStopped = errors.New("stopped") // by inflater.ReadByte, which has the reason
)

// inflater reads the zlib stream (RFC 1950) of a COMPRESSED. The envelope is read
// here: compress/zlib accepts a preset dictionary, which the BEAM refuses.
type inflater struct {
	in    *Input
	fl    io.ReadCloser
	sum   stdhash.Hash32
	out   []byte // the machine's window
	size  int64  // declared
	made  int64  // inflated so far
	begin int64  // offset in the term of the stream
	eof   bool
	cut   bool    // the data end inside the term
	fail  Failure // why ReadByte stopped
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
// of a reader may belong to a connection, and keeps bufMax.
const inflatedKeep = 512 << 10

// compressedAt is the offset of the tag COMPRESSED, which follows the version.
const compressedAt = 1

// RatioGrace is what may be inflated before the ratio counts on the way, in bytes. See
// limits.Limits.MaxRatio.
const RatioGrace = 64 << 10

// inflateStep is how much package flate hands out at once: the size of its
// window. Each driver takes all of it, so that what was inflated when a failure
// is met does not depend on the driver or its buffers.
const inflateStep = 32 << 10

// inflate starts on the zlib stream at the machine's position and gives the
// machine a window of inflated bytes.
func (in *Input) inflate() bool {
	m := &in.m
	z := in.spare
	if z == nil {
		z = &inflater{sum: adler32.New()}
	}
	in.z, in.spare = z, nil
	z.in, z.size, z.made, z.eof, z.cut, z.fail = in, int64(m.tok.Num), 0, false, false, Failure{}
	z.sum.Reset()
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
	if z.fl == nil {
		z.fl = flate.NewReader(z)
	} else if err := z.fl.(flate.Resetter).Reset(z, nil); err != nil {
		return z.refuse(ZlibData)
	}
	if in.pin >= 0 {
		in.pin = 0
	}
	z.out = z.out[:0]
	m.buf = z.out
	return true
}

// header checks the two bytes in front of the deflate stream.
func (z *inflater) header() bool {
	var b [2]byte
	for i := range b {
		var err error
		if b[i], err = z.ReadByte(); err != nil {
			return z.stop()
		}
	}
	switch {
	case b[0]&0x0f != 8 || b[0]>>4 > 7 || (uint(b[0])<<8|uint(b[1]))%31 != 0:
		return z.refuseAt(ZlibHeader, z.begin)
	case b[1]&0x20 != 0:
		return z.refuseAt(ZlibDictionary, z.begin)
	}
	return true
}

// at is the offset in the term of the next compressed byte.
func (z *inflater) at() int64 { return z.in.first + int64(z.in.rpos) - z.in.term }

// ReadByte hands flate one compressed byte, so that not one too many is taken.
func (z *inflater) ReadByte() (byte, error) {
	in := z.in
	if in.rpos == len(in.raw) || z.at() >= in.termMax() {
		if !z.more() {
			return 0, errStopped
		}
	}
	b := in.raw[in.rpos]
	in.rpos++
	return b, nil
}

// Read serves flate's stored blocks.
func (z *inflater) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := z.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	n := copy(p[1:], z.in.raw[z.in.rpos:min(int64(len(z.in.raw)), int64(z.in.rpos)+max(z.in.termMax()-z.at(), 0))])
	z.in.rpos += n
	return n + 1, nil
}

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
		in.cause = in.err
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
	z.in.m.errCode = z.fail.Code
	z.in.fail(z.fail)
	return false
}

// pull inflates some bytes into p.
func (z *inflater) pull(p []byte) (int, bool) {
	n, err := z.fl.Read(p)
	z.made += int64(n)
	z.sum.Write(p[:n])
	switch {
	case z.made > z.size:
		return 0, z.refuseInflated(InflatedSize, z.size)
	case err == io.EOF:
		z.eof = true
	case err != nil && z.fail.Code != OK:
		return 0, z.stop()
	case err != nil:
		return 0, z.refuse(ZlibData)
	}
	if used := z.at() - z.begin; z.made-RatioGrace > mulCap(used, z.in.p.maxRatio) {
		return 0, z.overRatio()
	}
	return n, true
}

// overRatio does not tell the ratio: how much was inflated so far depends on the
// size of the window.
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
	step := int(min(inflateStep, z.size-z.made+1))
	if len(z.out)+step > cap(z.out) || m.pos+m.need > cap(z.out) {
		in.makeInflatedRoom(step)
	}
	n, ok := z.pull(z.out[len(z.out) : len(z.out)+step])
	if !ok {
		return false
	}
	z.out = z.out[:len(z.out)+n]
	in.show()
	return true
}

// makeInflatedRoom is makeRoom for inflated data: room for a step of them.
func (in *Input) makeInflatedRoom(step int) {
	m, z := &in.m, in.z
	keep := m.pos
	if in.pin >= 0 {
		keep = in.pin
	}
	kept := len(z.out) - keep
	size := max(roomFor(kept, cap(z.out)), bufMin)
	for size < kept+step {
		size *= 2
	}
	if all := int64(kept) + z.size - z.made + 1; all <= int64(size)+int64(size)/4 {
		size = int(all) // as much as all of it takes, where that is less or hardly more
	}
	buf := z.out[:cap(z.out)]
	if size > cap(z.out) {
		buf = make([]byte, size)
	}
	copy(buf, z.out[keep:])
	z.out = buf[:kept]
	m.base += int64(keep)
	m.pos -= keep
	if in.pin >= 0 {
		in.pin = 0
	}
}

// endInflate checks what must follow a complete term: the end of the data
// exactly there, the end of the stream, its checksum.
func (in *Input) endInflate() bool {
	z := in.z
	var rest [512]byte
	for !z.eof {
		if _, ok := z.pull(rest[:min(int64(len(rest)), z.size-z.made+1)]); !ok {
			return false
		}
	}
	if z.made != z.size {
		return z.refuseInflated(InflatedSize, z.made)
	}
	if at := in.m.base + int64(in.m.pos); at != z.size {
		return z.refuseInflated(InflatedTrailing, at)
	}
	sum := uint32(0)
	off := z.at()
	for range 4 {
		b, err := z.ReadByte()
		if err != nil {
			return z.stop()
		}
		sum = sum<<8 | uint32(b)
	}
	if sum != z.sum.Sum32() {
		return z.refuseAt(ZlibChecksum, off)
	}
	if used := z.at() - z.begin; z.made > mulCap(used, in.p.maxRatio) {
		return z.overRatio()
	}
	in.used = z.at()
	in.spare, in.z = z, nil
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
