package build

import (
	"fmt"
	"hash/adler32"
	"math"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// squeezed is COMPRESSED around what follows its size.
func squeezed(inside []byte) []byte { return packed(len(inside), stream(inside)) }

// packed is COMPRESSED with the size and the stream given.
func packed(size int, stream []byte) []byte { return cat(u8(131), u8(80), u32(size), stream) }

// stream is a zlib stream in the corpus's own encoding, which no release of a
// compressor changes.
func stream(data []byte) []byte { return corpus.AppendZlib(nil, data) }

// stored is a deflate stream of stored blocks, one for each piece.
func stored(pieces ...string) (b []byte) {
	for i, p := range pieces {
		final := 0
		if i == len(pieces)-1 {
			final = 1
		}
		n := len(p)
		b = append(b, byte(final), byte(n), byte(n>>8), byte(^n), byte(^n>>8))
		b = append(b, p...)
	}
	return b
}

// framed puts header and checksum around a deflate stream of data.
func framed(cmf, level int, deflated []byte, data string) []byte {
	flg := level << 6
	flg += (31 - (cmf<<8|flg)%31) % 31
	return cat(u8(cmf), u8(flg), deflated, be.AppendUint32(nil, adler32.Checksum([]byte(data))))
}

// zlibSpecs are about COMPRESSED.
func zlibSpecs() []*Spec {
	g := &group{prefix: "compressed", provenance: ruleOf("compressed terms"), flags: []string{"compressed"}, policies: []string{"default", "cache"}}
	insideStreams(g)
	goodStreams(g)
	badStreams(g)
	wrongSizes(g)
	bombs(g)
	return g.specs
}

const sentence = "\x6b\x00\x2cthe same text, the same text, the same text." // a STRING_EXT

func goodStreams(g *group) {
	for _, s := range samples() {
		g.add("around "+s.name, squeezed(s.term))
	}
	z := func(rule string, cmf, level int, deflated []byte) {
		g.add(rule, packed(len(sentence), framed(cmf, level, deflated, sentence)))
	}
	z("one stored block", 0x78, 0, stored(sentence))
	z("two stored blocks", 0x78, 0, stored(sentence[:9], sentence[9:]))
	z("an empty stored block in front", 0x78, 0, stored("", sentence))
	z("an empty stored block behind", 0x78, 0, stored(sentence, ""))
	z("a flush point between blocks", 0x78, 0, stored(sentence[:9], "", "", sentence[9:]))
	z("a stored block for each byte", 0x78, 0, stored(strings.Split(sentence, "")...))
	for w := range 8 {
		z(fmt.Sprintf("a window of %d bytes", 256<<w), w<<4|8, 0, stored(sentence))
	}
	for level := range 4 {
		z(fmt.Sprintf("compression level %d in the header", level), 0x78, level, stored(sentence))
	}
	g.add("bytes behind the stream", cat(squeezed(null), []byte("behind"))).flag("trailing")
	g.add("a second stream behind the stream", cat(squeezed(null), stream(null))).flag("trailing")
	g.add("a payload behind the stream", cat(squeezed(null), ext(small(1)))).flag("trailing")
}

func badStreams(g *group) {
	whole := framed(0x78, 2, stored(sentence), sentence)
	bad := func(rule string, stream []byte) { g.add(rule, packed(len(sentence), stream)) }
	bad("raw deflate", stored(sentence))
	bad("gzip", cat([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, stored(sentence)))
	bad("check bits of the header", cat(u8(0x78), u8(0x9d), whole[2:]))
	bad("method 7", framed(0x77, 2, stored(sentence), sentence))
	bad("method 0", framed(0x70, 2, stored(sentence), sentence))
	bad("a window of 65536 bytes", framed(0x88, 2, stored(sentence), sentence))
	bad("a preset dictionary", cat(u8(0x78), u8(0xbb), be.AppendUint32(nil, adler32.Checksum([]byte("dict"))), stored(sentence), whole[len(whole)-4:]))
	bad("a preset dictionary that is not there", cat(u8(0x78), u8(0xbb), stored(sentence), whole[len(whole)-4:]))
	bad("a block of type 3", framed(0x78, 2, u8(7), ""))
	bad("a stored length that is not confirmed", framed(0x78, 2, cat([]byte{1, 4, 0, 0, 0}, []byte(sentence)), sentence))
	bad("a stored block longer than the stream", framed(0x78, 2, cat([]byte{1, 0xff, 0xff, 0, 0}, []byte(sentence)), sentence))
	bad("a match in front of the data", framed(0x78, 2, []byte{3, 2, 0}, sentence))
	bad("no final block", framed(0x78, 2, stored(sentence, "")[:len(stored(sentence))-0], sentence))
	bad("no stream", nil)
	for _, n := range []int{1, 2, 3, 7, 20} {
		bad(fmt.Sprintf("a stream of %d bytes", n), whole[:n])
	}
	for n := 1; n <= 4; n++ {
		bad(fmt.Sprintf("a checksum with %d bytes missing", n), whole[:len(whole)-n])
	}
	for i := 1; i <= 4; i++ {
		wrong := append([]byte(nil), whole...)
		wrong[len(wrong)-i] ^= 1
		bad(fmt.Sprintf("a checksum with a wrong bit in byte %d from behind", i), wrong)
	}
	bad("a checksum of zeros", cat(whole[:len(whole)-4], u32(0)))
	bad("a checksum in the other order", cat(whole[:len(whole)-4], []byte{whole[len(whole)-1], whole[len(whole)-2], whole[len(whole)-3], whole[len(whole)-4]}))
	for n := 2; n < 6; n++ {
		g.add(fmt.Sprintf("only %d bytes in all", n), packed(1, nil)[:n])
	}
}

func wrongSizes(g *group) {
	n := len(sentence)
	for _, size := range []int{0, 1, n - 1, n + 1, 2 * n, 1 << 20, 1<<25 + 1, 1<<31 - 1, 1 << 31, math.MaxUint32} {
		g.add(fmt.Sprintf("a size of %d for %d bytes", size, n), packed(size, stream([]byte(sentence)))).flag("claim")
	}
	g.add("a size of 0 for no bytes", packed(0, stream(nil)))
	g.add("a size of 1 for no bytes", packed(1, stream(nil)))
	g.add("a binary whose last byte is not inflated", packed(12, stream(bin("12345678")))).flag("claim")
}

func insideStreams(g *group) {
	in := func(rule string, inside []byte) *Spec { return g.add(rule, squeezed(inside)) }
	in("a compressed term inside", squeezed(null)[1:])
	in("a version byte inside", ext(null))
	in("a byte behind the term inside", cat(null, u8(0))).flag("trailing")
	in("a term behind the term inside", cat(str("abc"), str("def"))).flag("trailing")
	in("a term cut inside", tuple(small(1), small(2))[:5])
	in("an unknown tag inside", tuple(small(1), u8(255)))
	in("a NaN inside", tuple(small(1), floatBits(0x7ff8<<48))).flag("not-finite")
	in("a duplicate key inside", pairs(atom("a"), null, latin1("a"), null)).flag("duplicate-key")
	in("a claim inside", tag(108, u32(1<<24), null)).flag("claim")
	in("a fun inside", fun{}.bytes()).flag("code")
	in("a pid inside", pid(foreign, 1, 2, 3)).flag("identity")
	for _, p := range places() {
		g.add("as "+p.name, ext(p.in(squeezed(null)[1:])))
		g.add("inside, as "+p.name, squeezed(p.in(squeezed(null)[1:])))
	}
}

// bombs are large when inflated, as recipes.
func bombs(g *group) {
	nils := func(n int) []corpus.Part { return []corpus.Part{hexed(tag(108, u32(n))), repeat("6a", n+1)} }
	bomb := func(rule string, parts ...corpus.Part) *Spec {
		return g.recipe(rule, hexed([]byte{131, 80}), zlibbed(parts...)).flag("bomb")
	}
	bomb("a list of 100000 nil", nils(100_000)...)
	bomb("a list of 1000000 nil", nils(1_000_000)...)
	bomb("a binary of 1 MiB of zeros", hexed(tag(109, u32(1<<20))), repeat("00", 1<<20))
	bomb("a binary of 34 MB of zeros", hexed(tag(109, u32(34_000_000))), repeat("00", 34_000_000))
	g.recipe("a size of 1 GiB for 1 MiB", hexed([]byte{131, 80}), lying(1<<30, hexed(tag(109, u32(1<<20))), repeat("00", 1<<20))).flag("bomb", "claim")
}
