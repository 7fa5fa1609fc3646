package gen

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// Recode returns the same value in other encodings: integers in other tags and
// with other padding, floats as text, names in Latin-1, lists cut elsewhere and
// under lists of no elements, unused bits, older ids, pairs in another order if
// shuffle is set. ok is false if the payload is no whole term.
//
// What differs between releases of OTP it leaves alone.
func (g *Gen) Recode(payload []byte, shuffle bool) (b []byte, ok bool) {
	if len(payload) == 0 || payload[0] != 131 {
		return nil, false
	}
	return g.recoded([]byte{131}, payload[1:], shuffle)
}

// recoded appends the term that src is.
func (g *Gen) recoded(dst, src []byte, shuffle bool) (b []byte, ok bool) {
	plain := g.plain
	g.plain = true
	r := recoder{g: g, src: src, shuffle: shuffle}
	b = r.term(dst)
	g.plain = plain
	return b, !r.failed && len(r.src) == 0
}

type recoder struct {
	g       *Gen
	src     []byte
	nest    int
	shuffle bool
	failed  bool
}

func (r *recoder) take(n int) []byte {
	if r.failed || n < 0 || n > len(r.src) {
		r.failed = true
		return make([]byte, min(max(n, 0), 64))
	}
	b := r.src[:n]
	r.src = r.src[n:]
	return b
}

func (r *recoder) uint(n int) (v uint64) {
	for _, c := range r.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

func (r *recoder) peek() byte {
	if len(r.src) == 0 {
		return 0
	}
	return r.src[0]
}

const recodeNesting = 3000

func (r *recoder) term(dst []byte) []byte {
	if r.nest++; r.nest > recodeNesting {
		r.failed = true
	}
	defer func() { r.nest-- }()
	if r.failed {
		return dst
	}
	if r.g.t.chance(10) {
		dst = append(dst, 108, 0, 0, 0, 0)
	}
	switch tag := r.peek(); tag {
	case 107, 108, 106:
		return r.list(dst)
	case 100, 115, 118, 119:
		return r.g.appendAtom(dst, r.name())
	case 97, 98, 110, 111:
		digits, neg := r.digits()
		return r.integer(dst, digits, neg)
	default:
		r.take(1)
		return r.other(dst, tag)
	}
}

func (r *recoder) other(dst []byte, tag byte) []byte {
	g := r.g
	switch tag {
	case 70:
		return r.float(dst, r.uint(8))
	case 99:
		text, _, nul := strings.Cut(string(r.take(31)), "\x00")
		v, err := strconv.ParseFloat(text, 64)
		r.failed = r.failed || !nul || err != nil && math.IsInf(v, 0)
		return r.float(dst, math.Float64bits(v))
	case 104:
		return r.tuple(dst, r.uint(1))
	case 105:
		return r.tuple(dst, r.uint(4))
	case 116:
		return r.pairs(dst, r.uint(4))
	case 109, 77:
		return r.bits(dst, tag)
	case 103, 88:
		id := identity{node: r.name(), num: r.uint(4), serial: uint32(r.uint(4))}
		id.creation = r.creation(tag == 103)
		return g.appendPid(dst, id)
	case 102, 89, 120:
		id := identity{node: r.name()}
		width := 4
		if tag == 120 {
			width = 8
		}
		id.num = r.uint(width)
		id.creation = r.creation(tag == 102)
		return g.appendPort(dst, id)
	case 101, 114, 90:
		return r.reference(dst, tag)
	case 112:
		return r.fun(dst)
	case 113:
		dst = g.appendAtom(append(dst, 113), r.name())
		dst = g.appendAtom(dst, r.name())
		return r.field(dst, 97)
	}
	r.failed = true
	return dst
}

// digits reads an integer as its magnitude, lowest byte first and no zeros above.
func (r *recoder) digits() (d []byte, neg bool) {
	switch tag := r.uint(1); tag {
	case 97:
		d = []byte{byte(r.uint(1))}
	case 98:
		v := int64(int32(r.uint(4)))
		neg = v < 0
		d = binary.LittleEndian.AppendUint64(nil, uint64(max(v, -v)))
	default:
		n := r.uint(map[uint64]int{110: 1, 111: 4}[tag])
		neg = r.uint(1) != 0
		d = r.take(int(n))
	}
	for len(d) > 0 && d[len(d)-1] == 0 {
		d = d[:len(d)-1]
	}
	return d, neg
}

func (r *recoder) integer(dst, digits []byte, neg bool) []byte {
	if len(digits) > 8 {
		return r.g.appendDigits(dst, digits, neg)
	}
	var b [8]byte
	copy(b[:], digits)
	return r.g.appendInteger(dst, binary.LittleEndian.Uint64(b[:]), neg && len(digits) > 0)
}

// field reads an integer of a fun or export.
func (r *recoder) field(dst []byte, plain byte) []byte {
	switch r.peek() {
	case 97, 98, 110, 111:
	default:
		r.failed = true
		return dst
	}
	digits, neg := r.digits()
	if len(digits) > 8 {
		r.failed = true
		return dst
	}
	var b [8]byte
	copy(b[:], digits)
	return r.g.appendField(dst, binary.LittleEndian.Uint64(b[:]), neg && len(digits) > 0, plain)
}

func (r *recoder) float(dst []byte, u uint64) []byte {
	if u&exponent == exponent {
		r.failed = true
		return dst
	}
	if r.g.t.chance(64) {
		return r.g.appendTextFloat(dst, u)
	}
	return be.AppendUint64(append(dst, 70), u)
}

func (r *recoder) name() string {
	switch tag := r.uint(1); tag {
	case 100:
		return utf8Of(r.take(int(r.uint(2))))
	case 115:
		return utf8Of(r.take(int(r.uint(1))))
	case 118:
		return string(r.take(int(r.uint(2))))
	case 119:
		return string(r.take(int(r.uint(1))))
	}
	r.failed = true
	return ""
}

func (r *recoder) bits(dst []byte, tag byte) []byte {
	n, used := r.uint(4), byte(8)
	if tag == 77 {
		used = byte(r.uint(1))
	}
	data := r.take(int(n))
	switch {
	case n == 0:
		used = 0
		fallthrough
	case used == 8:
		if !r.g.t.chance(64) {
			return append(be.AppendUint32(append(dst, 109), uint32(n)), data...)
		}
	}
	dst = append(be.AppendUint32(append(dst, 77), uint32(n)), used)
	dst = append(dst, data...)
	if n > 0 && used < 8 {
		unused := byte(0xff) >> used
		dst[len(dst)-1] = dst[len(dst)-1]&^unused | r.g.t.byte()&unused
	}
	return dst
}

func (r *recoder) creation(old bool) uint32 {
	if old {
		return uint32(r.uint(1))
	}
	return uint32(r.uint(4))
}

func (r *recoder) reference(dst []byte, tag byte) []byte {
	words := uint64(1)
	if tag != 101 {
		words = r.uint(2)
	}
	if words == 0 || words > 5 {
		r.failed = true
		return dst
	}
	id := identity{node: r.name()}
	if tag != 101 {
		id.creation = r.creation(tag == 114)
	}
	for range words {
		id.words = append(id.words, uint32(r.uint(4)))
	}
	if tag == 101 {
		id.creation = r.creation(true)
	}
	return r.g.appendReference(dst, id)
}

func (r *recoder) fun(dst []byte) []byte {
	head := r.take(29)
	h := funHead{arity: head[4], index: be.Uint32(head[21:]), free: be.Uint32(head[25:])}
	copy(h.uniq[:], head[5:21])
	if h.free > 255 {
		r.failed = true
		return dst
	}
	dst = r.g.appendAtom(r.g.appendFunHead(dst, h), r.name())
	dst = r.field(r.field(dst, 98), 98)
	creator := r.peek()
	if creator != 103 && creator != 88 {
		r.failed = true
		return dst
	}
	r.take(1)
	return r.terms(r.other(dst, creator), uint64(h.free))
}
