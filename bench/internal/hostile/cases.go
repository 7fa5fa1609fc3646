// Package hostile measures what it takes to refuse hostile input, and what
// becomes of others who read the same: each in a process of its own, whose
// resident memory is watched and capped.
package hostile

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"math"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/internal/wire"
)

// A Case is a hostile input of about n bytes, or a short one whatever n is.
type Case struct {
	Name string
	Make func(n int) []byte
}

// Cases are what takes decoders down, or makes them read something else than the
// BEAM does. None is known to harm a BEAM within the memory cap.
func Cases() []Case {
	claim := func(head []byte) func(int) []byte { return func(int) []byte { return build.Term(head) } }
	const most = math.MaxUint32
	return []Case{
		{"list that claims 2³²−1", claim(build.ListHead(most))},
		{"tuple that claims 2³¹−1", claim(build.TupleHead(1<<31 - 1))},
		{"map that claims 2³²−1", claim(build.MapHead(most))},
		{"binary that claims 2³²−1", claim(build.BinHead(most))},
		{"integer that claims 2³²−1", claim(build.BigHead(most))},
		{"nested lists", func(n int) []byte {
			return build.Term(build.Times(n/6, build.ListHead(1)), build.Times(n/6+1, build.Nil()))
		}},
		{"nested tuples", func(n int) []byte { return build.Deep(n / 2) }},
		{"nested maps", func(n int) []byte {
			return build.Term(build.Times(n/7, build.Cat(build.MapHead(1), build.Int(1))), build.Nil())
		}},
		{"nested lists that lie", lying},
		{"lists that lie side by side", func(n int) []byte {
			return build.Term(build.ListHead(n/5), build.Times(n/10, build.ListHead(n/10)))
		}},
		{"strings of 64 KiB", func(n int) []byte {
			one := append([]byte{wire.TagString, 0xff, 0xff}, make([]byte, 0xffff)...)
			return build.Term(build.ListHead(max(1, n/len(one))), build.Times(max(1, n/len(one)), one), build.Nil())
		}},
		{"only new atoms", func(n int) []byte { return build.Atoms(n / 14) }},
		{"duplicate key at the end", func(n int) []byte {
			k := n / 12
			return build.Term(build.MapHead(k+1), build.Each(k, func(i int) []byte { return build.Cat(build.Int(1000+i), build.Nil()) }), build.Int(1000), build.Nil())
		}},
		{"duplicate key in another encoding", func(int) []byte {
			return build.Term(build.Map(build.Int(1), build.Nil(), build.Big(1), build.Nil()))
		}},
		{"NaN at the end", func(n int) []byte {
			return build.Term(build.ListHead(n), build.Times(n-1, build.Nil()), build.Float(math.NaN()), build.Nil())
		}},
		{"broken UTF-8 in an atom", func(int) []byte { return build.Term(build.Atom("\xc0\x80")) }},
		{"bitstring of nine bits in a byte", func(int) []byte {
			return build.Term([]byte{wire.TagBitBinary, 0, 0, 0, 1, 9, 0xff})
		}},
		{"bytes behind the term", func(int) []byte { return append(build.Call(), build.Nil()...) }},
		{"zlib bomb to 1 GiB", func(int) []byte { return bomb(build.BinHead(1<<30), 0, 1<<30, nil) }},
		{"zlib bomb of 64 Mi NILs", func(int) []byte { return bomb(build.ListHead(64<<20), wire.TagNil, 64<<20, build.Nil()) }},
		{"compressed in compressed", func(int) []byte {
			inner := bomb(build.BinHead(1000), 0, 1000, nil)
			return bomb(inner[1:], 0, 0, nil)
		}},
		{"compressed, lying size", func(int) []byte {
			return build.Compressed(60<<20, bomb(build.BinHead(10), 'x', 10, nil)[6:])
		}},
	}
}

// lying nests heads that each claim as many elements as there are bytes left.
func lying(n int) []byte {
	b := build.Term()
	for len(b)+5 <= n {
		b = append(b, build.ListHead(n-len(b)-4)...)
	}
	return b
}

// bomb is a compressed term of front, n times the byte fill, and back. It is put
// together of copies of one deflated piece.
func bomb(front []byte, fill byte, n int, back []byte) []byte {
	const piece = 1 << 20
	one := bytes.Repeat([]byte{fill}, piece)
	repeated := block(one)
	stream := append([]byte{0x78, 0x9c}, block(front)...)
	sum := adler32.New()
	sum.Write(front)
	for range n / piece {
		stream = append(stream, repeated...)
		sum.Write(one)
	}
	stream = build.Cat(stream, block(build.Cat(one[:n%piece], back)), []byte{3, 0})
	sum.Write(one[:n%piece])
	sum.Write(back)
	return build.Compressed(len(front)+n+len(back), binary.BigEndian.AppendUint32(stream, sum.Sum32()))
}

// block is deflated bytes that end on a whole byte and refer to nothing before.
func block(b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err) // the level is right
	}
	w.Write(b)
	w.Flush()
	return out.Bytes()
}

// Size says how large a case is, for tables.
func Size(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
