package beam

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The protocol with oracle.erl, big-endian, in {packet,4} frames.
//
//	hello    0, heap words:64, creation:32, node name       (first frame only)
//	reply    lines of text, see parseInfo
//
//	request  1, careful:8, items
//	item     want:8, len:32, payload [, len:32, other payload]
//	reply    atoms:32, exports:32, results
//	result   0                                                   (refused) or
//	         1, used:32 [, words:64] [, canon] [, print] [, comparison:8]
//	canon    len:32, bytes; len 2^32-1 if there are none. print alike.
const (
	noBytes   = 1<<32 - 1
	itemBytes = 1 + 4 + 4 // of an item, without its payloads
	headBytes = 4
)

// Frames of this size keep the VM busy for some milliseconds: long enough to
// hide the round trip, short enough to lose little when one kills the VM.
const (
	frameCases = 2000
	frameBytes = 1 << 20
)

// maxPayload keeps every length within the 32 bits of a frame's head.
const maxPayload = 1 << 30

// span is a run of cases that share a frame.
type span struct{ from, to int }

// cut divides cases into frames. A case larger than a frame gets its own.
func cut(cases []Case) []span {
	var spans []span
	at, size := 0, 0
	for i := range cases {
		n := len(cases[i].Payload) + len(cases[i].Other) + itemBytes
		if i > at && (i-at == frameCases || size+n > frameBytes) {
			spans = append(spans, span{at, i})
			at, size = i, 0
		}
		size += n
	}
	if at < len(cases) {
		spans = append(spans, span{at, len(cases)})
	}
	return spans
}

// appendRequest appends a whole frame that asks for cases.
func appendRequest(b []byte, cases []Case, careful bool) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, 1, 0)
	if careful {
		b[len(b)-1] = 1
	}
	for i := range cases {
		c := &cases[i]
		b = appendSized(append(b, byte(c.Want)), c.Payload)
		if c.Want&Compare != 0 {
			b = appendSized(b, c.Other)
		}
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-headBytes))
	return b
}

func appendSized(b, payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(payload))), payload...)
}

func appendHello(b []byte, heapWords uint64, node string, creation uint32) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(1+8+4+len(node)))
	b = binary.BigEndian.AppendUint64(append(b, 0), heapWords)
	b = binary.BigEndian.AppendUint32(b, creation)
	return append(b, node...)
}

var errReply = errors.New("reply does not answer the request")

// reply is a cursor over one reply; the first missing byte makes it fail for
// good, so that only the end needs a check.
type reply struct {
	b      []byte
	failed bool
}

func (r *reply) take(n int) []byte {
	if r.failed || n > len(r.b) {
		r.failed = true
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reply) uint(width int) uint64 {
	var v uint64
	for _, c := range r.take(width) {
		v = v<<8 | uint64(c)
	}
	return v
}

// bytes is a view into the reply: a caller who keeps it copies it.
func (r *reply) bytes() []byte {
	n := r.uint(4)
	if n == noBytes {
		return nil
	}
	return r.take(int(n))
}

// parseReply fills out with the answers to cases and returns the VM's counts
// of atoms and exports.
func parseReply(b []byte, cases []Case, out []Verdict) (atoms, exports int, err error) {
	r := &reply{b: b}
	atoms, exports = int(r.uint(4)), int(r.uint(4))
	for i := range cases {
		r.verdict(cases[i].Want, &out[i])
	}
	if r.failed || len(r.b) != 0 {
		return 0, 0, fmt.Errorf("beam: %w: %d cases, %d bytes, %d left", errReply, len(cases), len(b), len(r.b))
	}
	return atoms, exports, nil
}

func (r *reply) verdict(want Want, v *Verdict) {
	if r.uint(1) == 0 {
		v.Plain = Rejected
		return
	}
	v.Plain, v.Used = Accepted, int64(r.uint(4))
	if want&Words != 0 {
		v.Words = int64(r.uint(8))
	}
	if want&Canon != 0 {
		v.Canon = append([]byte(nil), r.bytes()...)
	}
	if want&Print != 0 {
		v.Print = string(r.bytes())
	}
	if want&Compare != 0 {
		v.compared(r.uint(1))
	}
}

func (v *Verdict) compared(code uint64) {
	if code == 0 {
		v.Other = Rejected
		return
	}
	v.Other, v.Same, v.Order = Accepted, code&0x40 != 0, int(code&3)-1
}
