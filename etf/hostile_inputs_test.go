package etf_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"math"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// attack is a hostile input of about n bytes. want is what Default says of it;
// "" is accepted.
type attack struct {
	name string
	make func(n int) []byte
	want etf.Code
	full int // its size in the child process, 1 MiB else
}

const mebi = 1 << 20

// attacks are the rows of peers.md that take decoders down, and some more.
func attacks() []attack {
	all := []attack{
		{"nested lists", func(n int) []byte { return ext(times(n/5, head(1)), null, times(n/5, null)) }, etf.CodeLimitDepth, 4 * mebi},
		{"nested tuples", func(n int) []byte { return ext(times(n/2, raw(wire.TagSmallTuple, []byte{1})), null) }, etf.CodeLimitDepth, 4 * mebi},
		{"nested maps", func(n int) []byte { return ext(times(n/6, cat(maps(1), null)), null) }, etf.CodeLimitDepth, 4 * mebi},
		{"nested map keys", func(n int) []byte { return ext(times(n/6, maps(1)), null, times(n/6, null)) }, etf.CodeLimitDepth, 4 * mebi},
		{"nested improper lists", func(n int) []byte { return ext(times(n/6, head(1)), null, times(n/6, null)) }, etf.CodeLimitDepth, 4 * mebi},
		{"chain of tails", func(n int) []byte { return ext(times(n/7, cat(head(1), small(1))), small(2)) }, "", 3 * mebi},
		{"chain of tuples in tails", func(n int) []byte { return ext(times(n/11, cat(head(1), null, large(1))), null) }, etf.CodeLimitDepth, mebi},
		{"thin lists", func(n int) []byte { return ext(times(n/5, head(0)), null) }, "", 3 * mebi},
		{"lying list heads", func(n int) []byte { return lying(n, wire.TagList) }, etf.CodeLimitTerms, mebi},
		{"lying tuple heads", func(n int) []byte { return lying(n, wire.TagLargeTuple) }, etf.CodeLimitTerms, mebi},
		{"lying list heads side by side", func(n int) []byte { return ext(head(int64(n/6)), times(n/12, head(int64(n/12)))) }, etf.CodeLimitTerms, mebi},
		{"fun heads", func(n int) []byte { return ext(times(n/60, closure{free: 255}.encode())) }, etf.CodeRejectedFun, mebi},
		{"many nils", func(n int) []byte { return ext(head(int64(n)), times(n, null), null) }, "", 3 * mebi},
		{"many empty maps", func(n int) []byte { return ext(head(int64(n/5)), times(n/5, maps(0)), null) }, "", 3 * mebi},
		{"many empty tuples", func(n int) []byte { return ext(large(int64(n/2)), times(n/2, tuple())) }, "", 2 * mebi},
		{"many one-element lists", func(n int) []byte { return ext(head(int64(n/8)), times(n/8, list(small(1))), null) }, "", 3 * mebi},
		{"many small binaries", func(n int) []byte { return ext(head(int64(n/6)), times(n/6, bin("x")), null) }, "", 3 * mebi},
		{"strings", func(n int) []byte {
			return ext(head(int64(n/65_538)), times(n/65_538, str(string(make([]byte, 65_535)))), null)
		}, etf.CodeLimitTerms, 17 * mebi},
		{"one-byte strings", func(n int) []byte { return ext(head(int64(n/4)), times(n/4, str("x")), null) }, "", 3 * mebi},
		{"new atoms", func(n int) []byte { return ext(head(int64(n/9)), numbered(n/9, "a%06x", atom), null) }, etf.CodeLimitDistinctAtoms, 6 * mebi},
		{"atom keys", func(n int) []byte { return ext(maps(int64(n/10)), numbered(n/10, "a%06x", withNull(atom))) }, etf.CodeLimitDistinctAtoms, 6 * mebi},
		{"integer keys", func(n int) []byte { return ext(maps(int64(n/6)), keys(n/6)) }, "", 3 * mebi},
		{"falling integer keys", func(n int) []byte { return ext(maps(int64(n/6)), falling(n/6)) }, "", 3 * mebi},
		{"binary keys", func(n int) []byte { return ext(maps(int64(n/13)), numbered(n/13, "%07x", withNull(bin))) }, "", 3 * mebi},
		{"tuple keys", func(n int) []byte {
			return ext(maps(int64(n/15)), numbered(n/15, "%07x", func(s string) []byte { return cat(tuple(bin(s)), null) }))
		}, "", 3 * mebi},
		{"maps of two", func(n int) []byte {
			return ext(head(int64(n/11)), times(n/11, mapOf(small(1), null, small(2), null)), null)
		}, "", 3 * mebi},
		{"duplicate key at the end", func(n int) []byte { return ext(maps(int64(n/6)+1), keys(n/6), cat(small(0), null)) }, etf.CodeDuplicateKey, 3 * mebi},
		{"equal long keys", func(n int) []byte { return ext(maps(2), times(2, cat(bin(string(make([]byte, n/2))), null))) }, etf.CodeDuplicateKey, 3 * mebi},
		{"NaN at the end", func(n int) []byte { return ext(head(int64(n+1)), times(n, null), float(math.NaN()), null) }, etf.CodeFloatNotFinite, 3 * mebi},
		{"integers", func(n int) []byte {
			return ext(head(int64(n/6_006)), times(n/6_006, largeBig(false, make([]byte, 6_000)...)), null)
		}, "", 3 * mebi},
		{"wide atoms", func(n int) []byte {
			return ext(head(int64(n/1023)), times(n/1023, longAtom(string(bytes.Repeat([]byte("\xf0\x9f\x98\x80"), 255)))), null)
		}, "", 3 * mebi},
		{"Latin-1 atoms", func(n int) []byte {
			return ext(head(int64(n/257)), times(n/257, raw(wire.TagSmallAtom, []byte{255}, bytes.Repeat([]byte{0xff}, 255))), null)
		}, "", 3 * mebi},
		{"bits in keys", func(n int) []byte {
			return ext(maps(2), bits(3, make([]byte, n/2)...), null, bits(4, make([]byte, n/2)...), null)
		}, "", 3 * mebi},
		{"bomb of zeros", func(n int) []byte { return bomb(binLen(int64(n)*60), 0, n*60, nil) }, etf.CodeLimitRatio, mebi},
		{"bomb of nils", func(n int) []byte { return bomb(head(int64(n)*4), wire.TagNil, n*4, null) }, etf.CodeLimitRatio, mebi},
		{"bomb of 1 GiB", func(n int) []byte { return bomb(binLen(int64(n)*1024), 0, n*1024, nil) }, etf.CodeLimitInflated, mebi},
		{"bomb of 64 Mi nils", func(n int) []byte { return bomb(head(int64(n)*64), wire.TagNil, n*64, null) }, etf.CodeLimitInflated, mebi},
		{"bomb under the ratio", func(n int) []byte { return squeeze(pattern(n * 6)) }, "", mebi},
		{"nested compressed", func(n int) []byte { return squeeze(squeeze(bin(string(make([]byte, n))))[1:]) }, etf.CodeNestedCompressed, mebi},
		{"compressed, lying size", func(n int) []byte { return packed(60*mebi, deflate(bin("x"))) }, etf.CodeInflatedSize, mebi},
		{"compressed, too large", func(n int) []byte { return packed(math.MaxUint32, deflate(bin("x"))) }, etf.CodeLimitInflated, mebi},
		{"compressed, empty blocks", func(n int) []byte { return packed(1, cat([]byte{0x78, 0x9c}, times(n/5, []byte{0, 0, 0, 0xff, 0xff}))) }, etf.CodeTruncated, mebi},
	}
	for _, count := range []int64{1 << 27, 1 << 30, 1<<31 - 1, 1 << 31, math.MaxUint32} {
		for name, h := range map[string][]byte{
			"list": head(count), "tuple": large(count), "map": maps(count), "binary": binLen(count), "bits": raw(wire.TagBitBinary, u32(count), []byte{8}), "integer": raw(wire.TagLargeBig, u32(count), []byte{0}),
		} {
			all = append(all, attack{fmt.Sprintf("%s that claims %d", name, count), func(n int) []byte { return ext(h) }, etf.CodeLimitBytes, mebi})
		}
	}
	return all
}

// lying nests heads that each claim as many elements as there are bytes left.
func lying(n int, tag byte) []byte {
	b := []byte{wire.Version}
	for len(b)+5 <= n {
		b = append(b, tag)
		b = binary.BigEndian.AppendUint32(b, uint32(n-len(b)-4))
	}
	return append(b, make([]byte, n-len(b))...)
}

func numbered(n int, format string, encode func(string) []byte) (b []byte) {
	for i := range n {
		b = append(b, encode(fmt.Sprintf(format, i))...)
	}
	return b
}

func withNull(encode func(string) []byte) func(string) []byte {
	return func(s string) []byte { return cat(encode(s), null) }
}

func falling(n int) []byte {
	b := make([]byte, 0, 6*n)
	for i := range n {
		b = binary.BigEndian.AppendUint32(append(b, wire.TagInteger), uint32(n-i))
		b = append(b, wire.TagNil)
	}
	return b
}

// pattern is a binary that deflate shrinks by less than 100.
func pattern(n int) []byte {
	b := binLen(int64(n))
	for i := 0; len(b) < n+5; i++ {
		b = fmt.Appendf(b, "%x %[1]o, ", i*i)
	}
	return b[:n+5]
}

// bomb is a compressed term of front, n times the byte fill, and back. It is put
// together of copies of one deflated piece.
func bomb(front []byte, fill byte, n int, back []byte) []byte {
	const piece = mebi
	block := func(b []byte) []byte {
		var out bytes.Buffer
		w, _ := flate.NewWriter(&out, flate.BestCompression)
		w.Write(b)
		w.Flush() // ends on a byte, and refers to nothing before it
		return out.Bytes()
	}
	one := bytes.Repeat([]byte{fill}, piece)
	repeated := block(one)
	stream := cat([]byte{0x78, 0x9c}, block(front))
	sum := adler32.New()
	sum.Write(front)
	for range n / piece {
		stream = append(stream, repeated...)
		sum.Write(one)
	}
	stream = cat(stream, block(cat(one[:n%piece], back)), []byte{3, 0})
	sum.Write(one[:n%piece])
	sum.Write(back)
	return packed(int64(len(front)+n+len(back)), sum.Sum(stream))
}
