package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/adler32"
	"strconv"
	"strings"
)

// Recipe describes a payload that would be too large for a file: the bytes of its
// parts, one behind the other.
type Recipe struct {
	Parts []Part `json:"parts"`
}

// Part is one piece of a recipe; exactly one of its fields is set.
type Part struct {
	// Hex stands for its bytes.
	Hex    string  `json:"hex,omitempty"`
	Repeat *Repeat `json:"repeat,omitempty"`
	Nest   *Nest   `json:"nest,omitempty"`
	Count  *Count  `json:"count,omitempty"`
	Zlib   *Zlib   `json:"zlib,omitempty"`
}

// Repeat stands for Hex, Times over.
type Repeat struct {
	Hex   string `json:"hex"`
	Times int    `json:"times"`
}

// Nest stands for Open, Times over, then Inner, then Close, Times over.
type Nest struct {
	Open  string `json:"open"`
	Times int    `json:"times"`
	Inner string `json:"inner"`
	Close string `json:"close"`
}

// Count stands for the numbers from 0 to Times-1, each between Before and After:
// as Digits decimal digits (ASCII, zeros in front), or as Bytes bytes, the highest
// first.
type Count struct {
	Before string `json:"before"`
	Times  int    `json:"times"`
	Digits int    `json:"digits,omitempty"`
	Bytes  int    `json:"bytes,omitempty"`
	After  string `json:"after"`
}

// Zlib stands for what follows tag 80: the size of what Of stands for in 4 bytes,
// or Size if that is given, and a zlib stream of it. Compressors differ, so the
// stream is defined here, to the bit: the header 0x78 0x9c; one final block of
// fixed Huffman codes, that holds each run of equal bytes as a literal, then, while
// 3 or more bytes of the run are left, a match of distance 1 for as many of them as
// a match can take (258), then literals; then the Adler-32 checksum.
type Zlib struct {
	Of   []Part `json:"of"`
	Size *int64 `json:"size,omitempty"`
}

// Expand returns the bytes of the recipe.
func (r *Recipe) Expand() ([]byte, error) { return expand(nil, r.Parts) }

func expand(b []byte, parts []Part) ([]byte, error) {
	for _, p := range parts {
		var err error
		if b, err = p.append(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (p Part) append(b []byte) ([]byte, error) {
	switch {
	case p.Repeat != nil:
		return appendTimes(b, p.Repeat.Hex, p.Repeat.Times)
	case p.Nest != nil:
		b, err := appendTimes(b, p.Nest.Open, p.Nest.Times)
		if err == nil {
			b, err = appendTimes(b, p.Nest.Inner, 1)
		}
		if err == nil {
			b, err = appendTimes(b, p.Nest.Close, p.Nest.Times)
		}
		return b, err
	case p.Count != nil:
		return p.Count.append(b)
	case p.Zlib != nil:
		return p.Zlib.append(b)
	}
	return appendTimes(b, p.Hex, 1)
}

func appendTimes(b []byte, digits string, times int) ([]byte, error) {
	unit, err := hex.DecodeString(digits)
	if err != nil || times < 0 {
		return nil, fmt.Errorf("recipe: %d times %.20q: %v", times, digits, err)
	}
	return append(b, bytes.Repeat(unit, times)...), nil
}

func (c *Count) append(b []byte) ([]byte, error) {
	before, err := hex.DecodeString(c.Before)
	if err != nil {
		return nil, fmt.Errorf("recipe: count: %w", err)
	}
	after, err := hex.DecodeString(c.After)
	if err != nil {
		return nil, fmt.Errorf("recipe: count: %w", err)
	}
	if (c.Digits > 0) == (c.Bytes > 0) || c.Bytes > 8 {
		return nil, fmt.Errorf("recipe: count: %d digits and %d bytes", c.Digits, c.Bytes)
	}
	for i := range c.Times {
		b = append(b, before...)
		if text := strconv.Itoa(i); c.Digits > 0 {
			b = append(b, strings.Repeat("0", max(c.Digits-len(text), 0))+text...)
		} else {
			b = append(b, binary.BigEndian.AppendUint64(nil, uint64(i))[8-c.Bytes:]...)
		}
		b = append(b, after...)
	}
	return b, nil
}

func (z *Zlib) append(b []byte) ([]byte, error) {
	data, err := expand(nil, z.Of)
	if err != nil {
		return nil, err
	}
	size := int64(len(data))
	if z.Size != nil {
		size = *z.Size
	}
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	return AppendZlib(b, data), nil
}

// AppendZlib appends the zlib stream of data as [Zlib] defines it.
func AppendZlib(b, data []byte) []byte {
	sum := adler32.Checksum(data)
	w := bitWriter{b: append(b, 0x78, 0x9c)}
	w.bits(1, 1) // the final block
	w.bits(2, 1) // of fixed codes
	for len(data) > 0 {
		w.literal(data[0])
		run := 1
		for run < len(data) && data[run] == data[0] {
			run++
		}
		behind := run - 1
		for behind >= 3 {
			n := min(behind, 258)
			w.match(n)
			behind -= n
		}
		for range behind {
			w.literal(data[0])
		}
		data = data[run:]
	}
	w.code(0, 7) // end of block
	w.flush()
	return binary.BigEndian.AppendUint32(w.b, sum)
}
