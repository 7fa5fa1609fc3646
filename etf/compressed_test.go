package etf_test

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"hash/adler32"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// streams are zlib streams of b as different senders write them.
func streams(b []byte) map[string][]byte {
	all := map[string][]byte{}
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		var out bytes.Buffer
		z, _ := zlib.NewWriterLevel(&out, level)
		z.Write(b)
		z.Close()
		all["level "+string(rune('a'+level-flate.HuffmanOnly))] = out.Bytes()
	}
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	for i := range b {
		z.Write(b[i : i+1])
		if i%100 == 0 {
			z.Flush() // an empty stored block
		}
	}
	z.Close()
	all["flushed"] = out.Bytes()
	stored := []byte{0x78, 0x01}
	for i := range b {
		stored = append(stored, 0, 1, 0, 0xfe, 0xff, b[i])
	}
	stored = append(stored, 1, 0, 0, 0xff, 0xff)
	sum := adler32.New()
	sum.Write(b)
	all["stored bytes"] = sum.Sum(stored)
	for window := range byte(8) { // 256 bytes to 32 KiB; the first block is stored
		s := bytes.Clone(all["stored bytes"])
		s[0], s[1] = window<<4|8, 0
		s[1] = 31 - byte((uint(s[0])<<8)%31)
		all["window "+string(rune('a'+window))] = s
	}
	return all
}

// TestZlibStreams accepts each of them as the term it holds, and none of them
// cut or changed.
func TestZlibStreams(t *testing.T) {
	m := compile(t, config())
	term := list(bin(strings.Repeat("some text ", 12)), atom("a"), str("abc"), small(1))
	want := decode(t, term).String()
	for name, stream := range streams(term) {
		in := packed(int64(len(term)), stream)
		if err := agree(t, with(m), in, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if v, err := m.Decode(in); err != nil || v.String() != want {
			t.Errorf("%s: %v %v", name, v, err)
		}
		for n := 2; n < len(in); n += 1 + len(in)/150 {
			want := m.Validate(in[:n])
			if e, ok := want.(*etf.Error); !ok || e.Code != etf.CodeTruncated || e.Offset != int64(n) {
				t.Errorf("%s, %d of %d bytes: %v", name, n, len(in), want)
			}
			for _, s := range sources[1:] {
				if _, err := m.ValidateReader(s.reader(in[:n])); describe(err) != describe(want) {
					t.Errorf("%s over %s, %d of %d bytes: %v, of a slice %v", name, s.name, n, len(in), err, want)
				}
			}
			if _, err := m.Decode(in[:n]); describe(err) != describe(want) {
				t.Errorf("%s, %d of %d bytes: Decode says %v, Validate %v", name, n, len(in), err, want)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// TestDamagedStreams changes bytes of long streams: what was inflated before the
// damage is looked at by every driver, or by none.
func TestDamagedStreams(t *testing.T) {
	m := compile(t, config())
	rng := rand.New(rand.NewPCG(1, 2))
	var elems [][]byte
	for i := range 4_000 {
		elems = append(elems, bin(strings.Repeat("x", rng.IntN(30))), int32x(i))
	}
	for name, term := range map[string][]byte{
		"good": list(elems...), "bad at the end": pieces(unknown, elems...), "bad in the middle": list(append(append(elems[:3_000:3_000], unknown), elems[3_000:]...)...),
		"too long": cat(list(elems...), []byte("behind")), "cut": cat(head(9_000), list(elems...)[5:]),
		"binary": bin(strings.Repeat("some text ", 5_000)), "binary that claims more": cat(binLen(90_000), make([]byte, 70_000)), "string in a tuple": tuple(str(strings.Repeat("x", 60_000)), unknown),
	} {
		stream := deflate(term)
		size := int64(len(term))
		for _, declared := range []int64{size, size - 1, size + 1, size - 6, size / 2, size + 100_000} {
			for _, cut := range []int{len(stream), len(stream) - 1, len(stream) - 4, len(stream) - 5, len(stream) / 2, 3 * len(stream) / 4} {
				agree(t, with(m), packed(declared, stream[:cut]), func(d driver, s source) bool {
					return s.name != "small chunks" && s.name != "one byte" && d.family != "tokens"
				})
				if t.Failed() {
					t.Fatalf("%s: declared %d of %d, %d bytes of %d", name, declared, size, cut, len(stream))
				}
			}
			damaged := bytes.Clone(stream)
			damaged[len(damaged)-20-rng.IntN(len(damaged)/2)] ^= 0xff
			agree(t, with(m), packed(declared, damaged), func(d driver, s source) bool { return s.reader == nil || s.name == "chunks" })
			if t.Failed() {
				t.Fatalf("%s: declared %d of %d, damaged", name, declared, size)
			}
		}
	}
}

// TestInflateWithoutCap decodes compressed terms under NoLimit, whose number
// must not overflow where one is added.
func TestInflateWithoutCap(t *testing.T) {
	m := compile(t, etf.Config{Limits: limits.Unlimited()})
	in := squeeze(bin(strings.Repeat("some text ", 50_000)))
	if err := agree(t, with(m), in, func(d driver, s source) bool { return s.name != "small chunks" && s.name != "one byte" }); err != nil {
		t.Error(err)
	}
	if err := m.Validate(packed(math.MaxUint32, deflate(null))); err == nil {
		t.Error("accepted a lying size")
	}
}

// TestResetInsideCompressed starts anew while a stream is being inflated.
func TestResetInsideCompressed(t *testing.T) {
	m := compile(t, config())
	in := squeeze(list(copies(50_000, small(1))...))
	d := m.NewDecoderBytes(in)
	for range 3 {
		for range 10 {
			must[etf.Token](t)(d.ReadToken())
		}
		d.ResetBytes(in)
	}
	d.Reset(bytes.NewReader(cat(in, ext(atom("a")), in)))
	if err := untilEOF(d.SkipValue); err != nil {
		t.Error(err)
	}
}

// TestInflatedTreesAreTheirOwn: the buffer of a compressed term is used again or given
// to its tree, by size; a tree is the same whatever is decoded afterwards.
func TestInflatedTreesAreTheirOwn(t *testing.T) {
	m := compile(t, config())
	var got, want []etf.Term
	for _, n := range []int{10, 60_000, 500_000, 600_000, 3 << 20} {
		for _, c := range "ab" {
			text := strings.Repeat(string(c), n)
			got = append(got, must[etf.Term](t)(m.Decode(squeeze(bin(text)))))
			want = append(want, must[etf.Term](t)(m.Decode(ext(bin(text)))))
		}
	}
	for i := range want {
		if !etf.Equal(got[i], want[i]) {
			t.Errorf("term %d has changed", i)
		}
	}
}

// TestInflatedAllocations: once a mode has read terms of a size, the next one is
// allocated for as if it were not compressed; of very large ones the buffer doubles
// until it is their size, and is theirs.
func TestInflatedAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := compile(t, config())
	for _, tc := range []struct{ size, most int }{{10_000, 12 << 10}, {400_000, 416 << 10}, {4 << 20, 9 << 20}} {
		noise := make([]byte, tc.size)
		rand.NewChaCha8([32]byte{}).Read(noise)
		in := squeeze(bin(string(noise)))
		if got := int(allocated(func() { m.Decode(in) })); got > tc.most || got < tc.size {
			t.Errorf("%d bytes inflated: %d allocated", tc.size, got)
		}
	}
}

// TestIdleDecoderIsSmall: what a Decoder needed for large terms is not kept for
// good.
func TestIdleDecoderIsSmall(t *testing.T) {
	m := compile(t, config())
	before := heapInUse()
	d := m.NewDecoder(nil)
	for name, build := range map[string]func() []byte{
		"compressed": func() []byte { return squeeze(bin(strings.Repeat("x", 10<<20))) },
		"bits in a key": func() []byte {
			return ext(mapOf(bits(3, make([]byte, 10<<20)...), null, bits(4, make([]byte, 10<<20)...), null))
		},
		"keys":  func() []byte { return ext(maps(300_000), keys(300_000)) },
		"atoms": func() []byte { return ext(head(200_000), numbered(200_000, "a%06x", atom), null) },
		"depth": func() []byte { return ext(times(100_000, raw(104, []byte{1})), null) },
	} {
		for _, reset := range []func(b []byte){d.ResetBytes, func(b []byte) { d.Reset(bytes.NewReader(b)) }} {
			reset(build())
			if err := d.SkipValue(); err != nil {
				t.Fatal(err)
			}
			reset(build())
			if _, err := d.ReadValue(); err != nil {
				t.Fatal(err)
			}
			reset(ext(null))
			if err := d.SkipValue(); err != nil {
				t.Fatal(err)
			}
			if kept := heapInUse() - before; kept > 1<<20 {
				t.Errorf("%s: an idle Decoder keeps %d KiB", name, kept>>10)
			}
		}
	}
	runtime.KeepAlive(d)
}

// stored is a zlib stream that compresses nothing, of blocks of 64 KiB.
func stored(b []byte) []byte {
	var out bytes.Buffer
	w, _ := zlib.NewWriterLevel(&out, zlib.NoCompression)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// TestStoredBlocksCutShort: where a stream ends early it is truncated there, inside
// the term's data as behind them.
func TestStoredBlocksCutShort(t *testing.T) {
	m := with(compile(t, config()))
	short := stored(bin(strings.Repeat("x", 90)))
	elements, more := stored(list(copies(45, small(1))...)), stored(list(copies(30_000, small(1))...))
	behind := stored(cat(small(1), bytes.Repeat([]byte{0x6a, 0}, 60<<10)))
	for what, tc := range map[string]struct {
		stream []byte
		size   int
		cuts   []int
	}{
		"inside":        {short, 95, []int{0, 1, 2, 3, 6, 7, 8, 50, 101, 102, 103, 104, 105}},
		"elements":      {elements, 96, []int{8, 20, 60, 101, 102, 105}},
		"more elements": {more, 60_006, []int{10_000, 50_000}},
		"behind":        {behind, 2 + 120<<10, []int{40 << 10, 66 << 10, 100 << 10, len(behind) - 5, len(behind) - 4, len(behind) - 1}},
	} {
		if what != "behind" {
			if err := agree(t, m, packed(int64(tc.size), tc.stream), nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range tc.cuts {
			in := packed(int64(tc.size), tc.stream[:n])
			want := etf.CodeTruncated
			if what == "behind" && n >= len(behind)-4 { // all data are there, and too many
				want = etf.CodeInflatedTrailing
			}
			if err := agree(t, m, in, mostWays); err == nil || err.Code != want || want == etf.CodeTruncated && err.Offset != int64(len(in)) {
				t.Errorf("%s, %d bytes: %v", what, n, err)
			}
		}
	}
	damaged := bytes.Clone(behind)
	damaged[2+5+65535+1] ^= 1 // the length of the second block
	if err := agree(t, m, packed(2+120<<10, damaged), mostWays); err == nil || err.Code != etf.CodeZlibData {
		t.Errorf("damaged behind the term: %v", err)
	}
}

// TestDataBeforeDamage: what was inflated before a stream is damaged, or cut short, is
// judged first.
func TestDataBeforeDamage(t *testing.T) {
	m := with(compile(t, config()))
	refused := cat(head(2), raw(wire.TagNewPid, []byte("a name and more of a pid")))
	stream := stored(refused)
	stream = stream[:len(stream)-5-4] // the last block is empty, and the checksum is behind it
	for what, tail := range map[string][]byte{"cut": nil, "a block of no kind": {7}, "no size": {1, 0, 0, 0, 0}} {
		in := packed(1000, cat(stream, tail))
		if err := agree(t, m, in, mostWays); err == nil || err.Code != etf.CodeNodeNotAtom || err.Offset != int64(len(head(2))) {
			t.Errorf("%s: %v", what, err)
		}
	}
	broken := errors.New("broken")
	_, err := m().ValidateReader(io.MultiReader(bytes.NewReader(packed(1000, stream)), iotest.ErrReader(broken)))
	var e *etf.Error
	if !errors.As(err, &e) || e.Code != etf.CodeRead || !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// TestFarBack: data that repeat what was a whole window before.
func TestFarBack(t *testing.T) {
	noise := make([]byte, 32<<10)
	rand.NewChaCha8([32]byte{}).Read(noise)
	text := string(bytes.Repeat(noise, 20))
	m := compile(t, config())
	term := tuple(bin(text), small(1))
	in := squeeze(term)
	if len(in) > 2*len(noise) {
		t.Fatalf("%d bytes: nothing is repeated", len(in))
	}
	if err := agree(t, with(m), in, nil); err != nil {
		t.Error(err)
	}
	if got, err := m.Decode(in); err != nil || !etf.Equal(got, must[etf.Term](t)(m.Decode(ext(term)))) {
		t.Errorf("other bytes: %v", err)
	}
}

// TestRatioExactly: the ratio is what may be reached, to the byte.
func TestRatioExactly(t *testing.T) {
	found := 0
	for n := 200; n < 3000 && found < 5; n++ {
		term := bin(strings.Repeat("x", n))
		stream := deflate(term)
		ratio := len(term) / len(stream)
		if len(term)%len(stream) != 0 {
			continue
		}
		found++
		c := config()
		for most, ok := range map[int]bool{ratio: true, ratio - 1: false} {
			c.Limits.MaxRatio = int64(most)
			if err := agree(t, with(compile(t, c)), packed(int64(len(term)), stream), mostWays); (err == nil) != ok {
				t.Errorf("%d of %d bytes, at most %d: %v", len(term), len(stream), most, err)
			}
		}
	}
	if found == 0 {
		t.Error("no stream of a whole ratio")
	}
}

// TestCompressedStreamBytes: which of two caps a compressed term runs into is the
// lower one, however near the other is.
func TestCompressedStreamBytes(t *testing.T) {
	in := squeeze(bin(strings.Repeat("some text", 20)))
	for lower, code := range map[string]etf.Code{"MaxStreamBytes": etf.CodeLimitStreamBytes, "MaxBytes": etf.CodeLimitBytes} {
		for _, apart := range []int64{1, 2, 10} {
			c := config()
			c.Limits.MaxBytes, c.Limits.MaxStreamBytes = int64(len(in))-3, int64(len(in))-3
			c.Limits.Set(lower, int64(len(in))-3-apart)
			if err := agree(t, with(compile(t, c)), in, mostWays); err == nil || err.Code != code {
				t.Errorf("%s lower by %d: %v", lower, apart, err)
			}
		}
	}
}
