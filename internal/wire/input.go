package wire

import (
	"io"

	"github.com/beamgate/beamgate/limits"
)

// Input feeds a Machine with the bytes of a slice or a reader, and with the
// inflated bytes of a compressed term. It is the driver under all drivers.
//
// The bytes of a reader pass through one buffer:
//
//	       pin              m.pos               end
//	        ↓                 ↓                  ↓
//	raw: [  kept for a caller | not yet looked at | room ]
//
// Room is made by moving what is kept to the front, and only when there is none,
// so that a reader of single bytes costs no more than another. While inflated
// data are read, the machine's window is a second buffer, in which more is kept:
//
//	           inflate.Window bytes at most, while there is no pin
//	        ╭──────────────────────────────────────────────────────╮
//	out: [  |    pin              m.pos             not looked at   | room ]
//
// The data may repeat any of them. So pin and m.pos may be anywhere in front of the
// room, and move with what is kept.
type Input struct {
	m     Machine
	p     *Program
	names Names

	r     io.Reader // nil for a slice
	raw   []byte    // the slice, or the filled part of the buffer
	rpos  int       // of the next term, or of the compressed bytes
	first int64     // offset in the stream of raw[0]
	err   error     // of the reader, once raw is used up

	term int64 // offset in the stream of the term at hand
	used int64 // its length, once it is complete

	pin     int   // window position from which bytes are kept, or -1
	pinTo   int64 // how many may be kept
	seeking bool  // the pin goes on to the token that Next stops at

	z *inflater // while inflated data are read
	// spare keeps an inflater for the next compressed term.
	spare *inflater

	failure Failure
	failed  bool
	cause   error // of ReadError

	finished bool // the end of the term was checked
}

const (
	bufMin  = 4 << 10
	bufMax  = 64 << 10 // beyond it a buffer grows only for a caller
	minRoom = 2 << 10  // more than any head that must be in one window
)

// ResetSlice starts on the first term of b.
func (in *Input) ResetSlice(p *Program, names Names, b []byte) {
	in.reset(p, names)
	m := &in.m
	m.reset(p, names)
	most := min(p.maxBytes, p.maxStream)
	n := min(int64(len(b)), most)
	in.r, in.raw, in.finished = nil, b, false
	m.before, m.maxAbs, m.debtAbs = 0, most, n
	m.buf, m.eof = b[:n], n == int64(len(b))
}

// ResetReader starts on the first term of r. Buffers of an earlier use are kept.
func (in *Input) ResetReader(p *Program, names Names, r io.Reader) {
	buf := in.raw[:0]
	if in.r == nil || cap(buf) > bufMax {
		buf = nil
	}
	in.reset(p, names)
	in.r, in.raw = r, buf
	in.begin()
}

// Release lets go of the source, for pooling.
func (in *Input) Release() {
	in.raw, in.m.buf = nil, nil
	if in.z != nil || in.spare != nil {
		in.endInflater()
	}
	if in.r != nil || in.names != nil || in.err != nil || in.cause != nil {
		in.r, in.names, in.m.names, in.err, in.cause = nil, nil, nil, nil, nil
	}
}

// endInflater keeps the inflater of a term that is over, or given up, for the next one.
func (in *Input) endInflater() {
	if in.z != nil {
		in.spare, in.z = in.z, nil
	}
	keep := inflatedMax
	if in.r == nil {
		keep = inflatedKeep
	}
	in.spare.release(keep)
}

func (in *Input) reset(p *Program, names Names) {
	if in.z != nil || in.spare != nil {
		in.endInflater()
	}
	if in.err != nil {
		in.err = nil
	}
	in.p, in.names = p, names
	in.rpos, in.first, in.term, in.used = 0, 0, 0, 0
	in.seeking = false
	if in.pin = -1; in.failed {
		in.failed, in.cause, in.failure = false, nil, Failure{}
	}
}

// begin makes the machine ready for the term at rpos. Offsets of the machine
// count from there.
func (in *Input) begin() {
	m := &in.m
	m.reset(in.p, in.names)
	in.term, in.finished = in.first+int64(in.rpos), false
	m.before = in.term
	m.maxAbs = min(in.p.maxBytes, max(in.p.maxStream-in.term, 0))
	m.pos, m.base = in.rpos, -int64(in.rpos)
	in.show()
	m.debtAbs = m.maxAbs
	if in.r == nil {
		m.debtAbs = min(int64(len(in.raw)-in.rpos), m.maxAbs)
	} else {
		m.widen()
	}
}

// NextTerm starts on the term behind a complete one.
func (in *Input) NextTerm() {
	if in.m.done && !in.failed {
		in.shrink()
		if in.spare != nil {
			in.endInflater()
		}
		in.begin()
	}
}

// shrink lets go of a buffer that a caller has made large, once little is in it.
func (in *Input) shrink() {
	rest := in.raw[in.rpos:]
	if in.r == nil || cap(in.raw) <= bufMax || len(rest) > bufMax/2 {
		return
	}
	in.first += int64(in.rpos)
	in.rpos = 0
	in.raw = append(make([]byte, 0, bufMax), rest...)
}

// AtEnd reports whether nothing follows the position of the next term. For a
// reader that means to ask it.
func (in *Input) AtEnd() (bool, error) {
	for in.rpos == len(in.raw) {
		if in.r == nil {
			return true, nil
		}
		if in.err == io.EOF {
			return true, nil
		}
		if in.err != nil {
			return false, in.err
		}
		in.fillRaw(in.rpos, 1, 0)
	}
	return false, nil
}

// Start reads what stands in front of the term: the version byte, and of a
// compressed term the head and the zlib header.
func (in *Input) Start() bool {
	for !in.m.started && !in.failed {
		switch in.m.start() {
		case EvMore:
			in.fill()
		case EvCompressed:
			in.inflate()
		case EvFail:
			in.fail(in.m.Failure())
		}
	}
	return !in.failed
}

// Next goes on to the next token, to the end of the term or to a failure.
func (in *Input) Next() Event { return in.drive(true, -1) }

// Run goes on without tokens until no more than floor containers are open after
// one was closed, or with -1 until the term is complete.
func (in *Input) Run(floor int) Event { return in.drive(false, floor) }

func (in *Input) drive(one bool, floor int) Event {
	if in.failed {
		return EvFail
	}
	for {
		ev := in.m.run(one, floor)
		if ev == EvToken && !in.m.done {
			return EvToken
		}
		switch ev {
		case EvMore:
			if !in.fill() {
				return EvFail
			}
		case EvCompressed:
			if !in.inflate() {
				return EvFail
			}
		case EvFail:
			return in.fail(in.m.Failure())
		default:
			if in.m.done && !in.finish() {
				return EvFail
			}
			return ev
		}
	}
}

// finish completes the term: what surrounds inflated data is checked.
func (in *Input) finish() bool {
	if in.finished {
		return true
	}
	in.finished = true
	if in.m.terms > in.p.maxTerms { // None: containers charge their elements, nothing charges the first term
		in.m.lim = in.p.limit(LimitTerms, in.m.terms)
		in.m.refuseTag(LimitTerms, in.m.firstHead(), 0)
		in.fail(in.m.Failure())
		return false
	}
	if in.z != nil {
		return in.endInflate()
	}
	in.rpos = in.m.pos
	in.used = in.m.base + int64(in.m.pos)
	return true
}

// fail keeps the failure. Where only the debt of a slice was exceeded, a second
// pass without it finds what a reader would have met.
func (in *Input) fail(f Failure) Event {
	if f.Code == debt {
		in.cold()
		f = in.m.Failure()
	}
	in.failure, in.failed = f, true
	return EvFail
}

func (in *Input) cold() {
	if in.names != nil {
		in.names.Restart()
	}
	m := &in.m
	at := in.rpos
	m.reset(in.p, in.names)
	m.pos, m.base = at, -int64(at)
	m.maxAbs = min(in.p.maxBytes, max(in.p.maxStream-in.term, 0))
	in.pin = -1
	in.show()
	m.debtAbs = m.maxAbs
	m.run(false, -1)
}

// fill gets more bytes into the window; false is a failure.
func (in *Input) fill() bool {
	m := &in.m
	if in.seeking && m.part.stage == partNone { // else the token has begun
		in.pin = m.pos
	}
	if in.z != nil {
		return in.fillInflated()
	}
	// Bytes that came before the machine was ready, or together with an error,
	// count first.
	end := m.base + int64(len(m.buf))
	if m.base+int64(len(in.raw)) <= end && in.err == nil && in.r != nil {
		keep := m.pos
		if in.pin >= 0 {
			keep = in.pin
		}
		in.fillRaw(keep, m.need, m.pos)
	}
	in.show()
	switch {
	case m.base+int64(len(m.buf)) > end || m.eof:
		return true
	case in.err != nil && in.err != io.EOF:
		m.refuseAt(ReadError, end)
		in.cause = in.err
	case m.base+int64(len(in.raw)) > end: // there are more, but they must not be kept
		in.overPin()
		return false
	default:
		return true
	}
	in.fail(m.Failure())
	return false
}

// fillRaw reads once into raw, moving raw[keep:] to the front if there is no
// room for need bytes from pos on. It keeps in.rpos, in.pin and the machine's
// position right.
func (in *Input) fillRaw(keep, need, pos int) {
	if cap(in.raw)-len(in.raw) == 0 || pos+need > cap(in.raw) {
		in.makeRoom(keep)
	}
	for range 100 {
		n, err := in.r.Read(in.raw[len(in.raw):cap(in.raw)])
		if n < 0 || n > cap(in.raw)-len(in.raw) {
			in.err = errBadRead
			return
		}
		in.raw = in.raw[:len(in.raw)+n]
		if err != nil {
			in.err = err
			return
		}
		if n > 0 {
			return
		}
	}
	in.err = io.ErrNoProgress
}

// makeRoom moves raw[keep:] to the front of a buffer with room behind it.
func (in *Input) makeRoom(keep int) {
	kept := len(in.raw) - keep
	buf := in.raw[:cap(in.raw)]
	if size := roomFor(kept, cap(in.raw)); size > cap(in.raw) {
		buf = make([]byte, size)
	}
	copy(buf, in.raw[keep:])
	in.raw = buf[:kept]
	in.first += int64(keep)
	in.rpos -= keep
	if in.z == nil {
		in.m.base += int64(keep)
		in.m.pos -= keep
		if in.pin >= 0 {
			in.pin -= keep
		}
	}
}

// roomFor is the size of a buffer that keeps so many bytes: buffers double
// while they are filled, so what is allocated follows what was received.
func roomFor(kept, size int) int {
	switch {
	case size == 0:
		return bufMin
	case kept > size/2 || size < bufMax && kept+minRoom > size/4:
		return 2 * size
	}
	return size
}

// Pin keeps the bytes of the window from the position at, until Unpin. The
// machine sees no more than limit of them, so that what is kept does not depend
// on how the input comes.
func (in *Input) Pin(at int, limit int64) {
	in.pin, in.pinTo = at, limit
	in.show()
}

// PinToken keeps the bytes of the token that Next stops at, which calls PinnedToken then.
// What stands in front of it is not kept: heads of lists without elements, of which there
// may be any number.
func (in *Input) PinToken() {
	in.Pin(in.m.pos, limits.NoLimit)
	in.seeking = true
}

// PinnedToken ends PinToken: the pin is at the token.
func (in *Input) PinnedToken() { in.pin, in.seeking = in.TokenPosition(), false }

// overPin fails because the bytes from the pin on would be more than may be kept.
// What is said of the failure is where they start: how far they were looked at
// depends on how they came.
func (in *Input) overPin() {
	in.fail(Failure{
		Code: LimitBuffered, Offset: in.m.base + int64(in.pin), Inflated: in.m.inflated, NoPath: true,
		Limit: in.p.limit(LimitBuffered, in.pinTo+1),
	})
}

// Repin lowers the limit of Pin to that of the bytes that a caller gets; false is
// a failure.
func (in *Input) Repin() bool {
	if in.pinTo = in.p.maxBuffered; in.r != nil && int64(in.m.pos-in.pin) > in.pinTo {
		in.overPin()
		return false
	}
	in.show()
	return true
}

// Unpin ends Pin and returns the kept bytes up to the machine's position. They
// are valid until the window moves.
func (in *Input) Unpin() []byte {
	b := in.m.buf[in.pin:in.m.pos]
	in.pin = -1
	in.show()
	return b
}

// show gives the machine the window: what it may see of the bytes at hand.
func (in *Input) show() {
	m := &in.m
	if in.z != nil {
		m.buf = in.clip(in.z.out)
		return
	}
	if m.inflated { // the data are complete, and kept for whoever asked for them
		return
	}
	all := in.raw[:min(int64(len(in.raw)), m.maxAbs-m.base)]
	m.buf = in.clip(all)
	m.eof = (in.r == nil || in.err == io.EOF) && len(m.buf) == len(all)
}

// clip cuts bytes that are kept at pinTo of them. A slice is there anyway, and
// what it inflates to has a cap of its own.
func (in *Input) clip(b []byte) []byte {
	if in.pin >= 0 && in.r != nil && int64(len(b)-in.pin) > in.pinTo {
		return b[:in.pin+int(in.pinTo)]
	}
	return b
}
