// Package yard holds the yardstick: how fast a validator of ETF can be on this
// machine when everything is fused into one loop by hand. It is no decoder that
// anyone should use. It has no configuration, no errors that say anything, no
// readers, no compressed terms and no funs, and it does not look at keys.
//
// What it does check, as Validate does: lengths, counts against the bytes that
// are left (each list, tuple and map, and all that are open together), caps on
// depth, terms, arity, blobs and big integers, floats that are finite, UTF-8 in
// atoms and their 255 characters, bits of bitstrings, trailing bytes.
//
// What it does not: duplicate keys, distinct atoms, the cost for a BEAM, the
// fields of pids, ports and references.
package yard

import (
	"encoding/binary"
	"unicode/utf8"
)

// Caps of the yardstick, high enough for all payloads.
const (
	maxDepth = 4096
	maxTerms = 1 << 28
	maxArity = 1 << 26
	maxBlob  = 1 << 30
	maxBig   = 1 << 16
)

type frame struct {
	left uint32
	list bool
}

// Yard keeps the stack of the yardstick from use to use.
type Yard struct{ stack []frame }

// Validate reports whether b is one term and nothing behind it.
func (y *Yard) Validate(b []byte) bool {
	ok, stack := validate(b, y.stack)
	y.stack = stack[:0]
	return ok
}

func validate(b []byte, stack []frame) (bool, []frame) {
	if len(b) < 2 || b[0] != 131 {
		return false, stack
	}
	var (
		top   = frame{left: 1}
		owed  = int64(1) // terms needed, over all open containers
		terms = int64(0)
		pos   = 1
	)
	for {
		if top.left == 0 {
			if len(stack) == 0 {
				return pos == len(b), stack
			}
			top = stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			continue
		}
		if owed > int64(len(b)-pos) {
			return false, stack
		}
		top.left--
		owed--
		terms++
		var n int64 // children
		isList := false
		switch b[pos] { // owed was 1 at least, so this byte is there
		case 97: // SMALL_INTEGER_EXT
			pos += 2
		case 98: // INTEGER_EXT
			pos += 5
		case 70: // NEW_FLOAT_EXT
			if len(b)-pos < 9 || binary.BigEndian.Uint64(b[pos+1:])&0x7ff0_0000_0000_0000 == 0x7ff0_0000_0000_0000 {
				return false, stack
			}
			pos += 9
		case 106: // NIL_EXT
			pos++
		case 119, 115: // SMALL_ATOM_UTF8_EXT, SMALL_ATOM_EXT
			if len(b)-pos < 2 {
				return false, stack
			}
			end := pos + 2 + int(b[pos+1])
			if end > len(b) || b[pos] == 119 && !ascii(b[pos+2:end]) && !utf8.Valid(b[pos+2:end]) {
				return false, stack
			}
			pos = end
		case 118, 100: // ATOM_UTF8_EXT, ATOM_EXT
			if len(b)-pos < 3 {
				return false, stack
			}
			size := int(binary.BigEndian.Uint16(b[pos+1:]))
			end := pos + 3 + size
			if end > len(b) || size > 255 && (b[pos] == 100 || utf8.RuneCount(b[pos+3:end]) > 255) || b[pos] == 118 && !utf8.Valid(b[pos+3:end]) {
				return false, stack
			}
			pos = end
		case 109: // BINARY_EXT
			if len(b)-pos < 5 {
				return false, stack
			}
			size := int64(binary.BigEndian.Uint32(b[pos+1:]))
			if size > maxBlob || size > int64(len(b)-pos-5) {
				return false, stack
			}
			pos += 5 + int(size)
		case 104: // SMALL_TUPLE_EXT
			if len(b)-pos < 2 {
				return false, stack
			}
			n = int64(b[pos+1])
			pos += 2
		case 105: // LARGE_TUPLE_EXT
			if len(b)-pos < 5 {
				return false, stack
			}
			n = int64(binary.BigEndian.Uint32(b[pos+1:]))
			pos += 5
		case 108: // LIST_EXT
			if len(b)-pos < 5 {
				return false, stack
			}
			n = int64(binary.BigEndian.Uint32(b[pos+1:])) + 1
			isList = true
			pos += 5
		case 116: // MAP_EXT
			if len(b)-pos < 5 {
				return false, stack
			}
			n = 2 * int64(binary.BigEndian.Uint32(b[pos+1:]))
			pos += 5
		case 107: // STRING_EXT
			if len(b)-pos < 3 {
				return false, stack
			}
			size := int(binary.BigEndian.Uint16(b[pos+1:]))
			terms += int64(size)
			pos += 3 + size
		case 110: // SMALL_BIG_EXT
			if len(b)-pos < 3 {
				return false, stack
			}
			pos += 3 + int(b[pos+1])
		case 111: // LARGE_BIG_EXT
			if len(b)-pos < 6 {
				return false, stack
			}
			size := int64(binary.BigEndian.Uint32(b[pos+1:]))
			if size > maxBig || size > int64(len(b)-pos-6) {
				return false, stack
			}
			pos += 6 + int(size)
		case 77: // BIT_BINARY_EXT
			if len(b)-pos < 6 {
				return false, stack
			}
			size, bits := int64(binary.BigEndian.Uint32(b[pos+1:])), b[pos+5]
			if size > maxBlob || size > int64(len(b)-pos-6) || bits > 8 || (bits == 0) != (size == 0) {
				return false, stack
			}
			pos += 6 + int(size)
		default:
			end := identity(b, pos)
			if end < 0 {
				return false, stack
			}
			pos = end
		}
		if pos > len(b) || terms > maxTerms {
			return false, stack
		}
		if n == 0 {
			continue
		}
		if owed += n; n > maxArity || owed > int64(len(b)-pos) {
			return false, stack
		}
		if top.left > 0 || !top.list { // in the tail of a list the frame is replaced
			if len(stack) >= maxDepth {
				return false, stack
			}
			stack = append(stack, top)
		}
		top = frame{uint32(n), isList}
	}
}

// identity steps over a pid, port or reference; -1 if it is none.
func identity(b []byte, pos int) int {
	rest := b[pos:]
	node, fixed := 1, 0
	switch rest[0] {
	case 103: // PID_EXT
		fixed = 9
	case 88: // NEW_PID_EXT
		fixed = 12
	case 102: // PORT_EXT
		fixed = 5
	case 89: // NEW_PORT_EXT
		fixed = 8
	case 120: // V4_PORT_EXT
		fixed = 12
	case 114, 90: // NEW_REFERENCE_EXT, NEWER_REFERENCE_EXT
		if len(rest) < 3 {
			return -1
		}
		words := int(binary.BigEndian.Uint16(rest[1:]))
		if words == 0 || words > 5 {
			return -1
		}
		node, fixed = 3, 1+4*words
		if rest[0] == 90 {
			fixed = 4 + 4*words
		}
	default:
		return -1
	}
	if len(rest) < node+3 {
		return -1
	}
	var size int
	switch rest[node] {
	case 119, 115:
		size = 2 + int(rest[node+1])
	case 118, 100:
		size = 3 + int(binary.BigEndian.Uint16(rest[node+1:]))
	default:
		return -1
	}
	if len(rest) < node+size+fixed {
		return -1
	}
	return pos + node + size + fixed
}

// ascii looks at eight bytes at a time.
func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
