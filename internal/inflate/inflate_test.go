package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"testing"
)

// most is how much the tests inflate of anything.
const most = 4 << 20

type result struct {
	out    []byte
	used   int
	status Status
}

// inflateAll inflates b with so much of input and of room at a time, and keeps no more
// than it has to of what is made.
func inflateAll(d *Decoder, b []byte, in, room func() int) (r result) {
	d.Reset()
	var buf []byte
	end := min(len(b), in())
	for r.status = Full; r.status != End && r.status != Corrupt && len(r.out) < most; {
		if r.status == Short {
			if end == len(b) {
				return r
			}
			end = min(len(b), end+in())
		}
		if n := room(); cap(buf)-len(buf) < n {
			kept := buf[max(0, len(buf)-Window):]
			buf = append(make([]byte, 0, 2*len(kept)+n), kept...)
		}
		at := len(buf)
		made, used, s := d.Inflate(buf[:min(cap(buf), at+room())], at, b[r.used:end])
		buf = buf[:at+made]
		r.out = append(r.out, buf[at:]...)
		r.used, r.status = r.used+used, s
	}
	return r
}

func whole() int { return 64 << 10 }
func one() int   { return 1 }

// reference is what compress/flate makes of b.
func reference(b []byte) (r result) {
	in := bytes.NewReader(b)
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(in), most))
	r = result{out, len(b) - in.Len(), Corrupt}
	switch {
	case err == nil && len(out) == most:
		r.status = Full
	case err == nil:
		r.status = End
	case errors.Is(err, io.ErrUnexpectedEOF):
		r.status = Short
	}
	return r
}

// check compares what becomes of z with what compress/flate makes of it, and that it is
// the same however z comes. It returns the status.
func check(t testing.TB, d *Decoder, z []byte, seed uint64) Status {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	few := func() int { return 1 + r.IntN(1+r.IntN(600)) }
	got, want := inflateAll(d, z, whole, whole), reference(z)
	switch {
	case want.status == Full || got.status == Full:
		return Full // more than enough
	case got.status != want.status && !(got.status == Corrupt && want.status == Short):
		t.Fatalf("status %d, compress/flate %d\n%x", got.status, want.status, z)
	case got.status == End && (got.used != want.used || !bytes.Equal(got.out, want.out)):
		t.Fatalf("%d bytes of %d, compress/flate %d of %d\n%x", len(got.out), got.used, len(want.out), want.used, z)
	case !bytes.HasPrefix(got.out, want.out) && !bytes.HasPrefix(want.out, got.out):
		t.Fatalf("%d bytes made that are not those of compress/flate\n%x", len(got.out), z)
	}
	for _, by := range []struct {
		how      string
		in, room func() int
	}{{"input", few, whole}, {"bytes", one, few}, {"room", whole, few}} {
		if by.how == "bytes" && len(z) > 5000 {
			continue
		}
		other := inflateAll(d, z, by.in, by.room)
		if other.status != got.status || other.used != got.used || !bytes.Equal(other.out, got.out) {
			t.Fatalf("%s: status %d, %d bytes of %d, at once status %d, %d of %d\n%x", by.how,
				other.status, len(other.out), other.used, got.status, len(got.out), got.used, z)
		}
	}
	return got.status
}

// sample is data of several kinds, which deflate finds more or less in.
func sample(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n)
	kind := r.IntN(6)
	for len(b) < n {
		switch kind {
		case 0:
			b = append(b, byte(r.Uint32()))
		case 1:
			b = append(b, byte(r.IntN(4)))
		case 2: // short periods
			p := b[len(b)-min(len(b), 1+r.IntN(9)):]
			b = append(append(b, byte(r.IntN(3))), bytes.Repeat(p, r.IntN(60))...)
		case 3: // far back
			if len(b) > 300 {
				at := r.IntN(len(b) - 260)
				b = append(b, b[at:at+3+r.IntN(256)]...)
			}
			b = append(b, byte(r.Uint32()), byte(r.Uint32()))
		case 4: // skewed, for long codes
			b = append(b, byte(255*r.Float64()*r.Float64()*r.Float64()*r.Float64()))
		default:
			b = append(b, fmt.Sprintf(`{"id":%d,"name":"n%d"},`, len(b), r.IntN(50))...)
		}
	}
	return b[:n]
}

func deflate(r *rand.Rand, data []byte) []byte {
	var z bytes.Buffer
	w, _ := flate.NewWriter(&z, r.IntN(12)-2)
	for len(data) > 0 {
		n := 1 + r.IntN(len(data))
		w.Write(data[:n])
		if data = data[n:]; r.IntN(4) == 0 {
			w.Flush()
		}
	}
	w.Close()
	return z.Bytes()
}

// damage cuts a stream or changes bits, mostly at its beginning, where the codes are.
func damage(r *rand.Rand, z []byte) []byte {
	z = bytes.Clone(z)
	if r.IntN(3) == 0 {
		z = z[:1+r.IntN(len(z))]
	}
	for range r.IntN(3) {
		z[r.IntN(min(len(z), 1+r.IntN(200)))] ^= 1 << r.IntN(8)
	}
	return z
}

// TestLikeFlate: streams of all kinds, whole and damaged, come to what compress/flate
// makes of them, in any pieces.
func TestLikeFlate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var d Decoder
	seen := map[Status]int{}
	for i := range uint64(400) {
		z := deflate(r, sample(r, 1+r.IntN(1<<r.IntN(18))))
		if s := check(t, &d, append(z, 1, 2, 3), i); s != End {
			t.Fatalf("stream %d: status %d", i, s)
		}
		for range 10 {
			seen[check(t, &d, damage(r, z), i)]++
		}
	}
	if len(seen) < 3 || seen[End] < 100 || seen[Short] < 100 || seen[Corrupt] < 100 {
		t.Errorf("damaged streams came to %v", seen)
	}
}

func FuzzLikeFlate(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		f.Add(deflate(r, sample(r, 1+r.IntN(1000))), uint64(1))
	}
	f.Fuzz(func(t *testing.T, z []byte, seed uint64) {
		if len(z) < 64<<10 {
			check(t, new(Decoder), z, seed)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	for kind := range 6 {
		r := rand.New(rand.NewPCG(uint64(kind), 2))
		data := sample(r, 1<<17)
		var zz bytes.Buffer
		w, _ := flate.NewWriter(&zz, 6)
		w.Write(data)
		w.Close()
		z := zz.Bytes()
		b.Run(fmt.Sprintf("ratio=%.1f/own", float64(len(data))/float64(len(z))), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			var d Decoder
			out := make([]byte, len(data)+1)
			for b.Loop() {
				d.Reset()
				if _, _, s := d.Inflate(out, 0, z); s != End {
					b.Fatal(s)
				}
			}
		})
		b.Run(fmt.Sprintf("ratio=%.1f/flate", float64(len(data))/float64(len(z))), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			fr := flate.NewReader(nil)
			out := make([]byte, len(data))
			for b.Loop() {
				fr.(flate.Resetter).Reset(bytes.NewReader(z), nil)
				io.ReadFull(fr, out)
			}
		})
	}
}

func TestAdler(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		b := sample(r, 1+r.IntN(1<<r.IntN(19)))
		if r.IntN(3) == 0 {
			b = bytes.Repeat([]byte{255}, len(b))
		}
		a, want := Adler(1), adler32.New()
		for len(b) > 0 {
			n := 1 + r.IntN(len(b))
			a.Add(b[:n])
			want.Write(b[:n])
			if uint32(a) != want.Sum32() {
				t.Fatalf("%d bytes: %x, %x", n, a, want.Sum32())
			}
			b = b[n:]
		}
	}
}

func BenchmarkAdler(b *testing.B) {
	data := sample(rand.New(rand.NewPCG(3, 4)), 64<<10)
	b.SetBytes(int64(len(data)))
	a := Adler(1)
	for b.Loop() {
		a.Add(data)
	}
}

// TestNoAllocations: a new Decoder, too, has all it needs.
func TestNoAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	streams := [][]byte{deflate(r, sample(r, 100_000)), fixedBlock().code(0x30+'a', 8).code(0, 7).b}
	out := make([]byte, 200_000)
	d := new([20]Decoder)
	i := 0
	if n := testing.AllocsPerRun(len(d)-1, func() {
		for _, z := range streams {
			d[i].Reset()
			d[i].Inflate(out, 0, z)
		}
		i++
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
