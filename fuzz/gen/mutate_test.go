package gen_test

import (
	"bytes"
	"testing"

	fuzz "github.com/google/gofuzz"

	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// TestMutate: mutants differ, are bounded, are sometimes still terms, and leave
// what they were made of alone.
func TestMutate(t *testing.T) {
	const n = 4_000
	g := gen.New(gen.Options{Compressed: 0.1})
	same, accepted := 0, 0
	for i := range uint64(n) {
		g.Seed(seed, i)
		p, donor := g.Payload(), g.Payload()
		before := bytes.Clone(p)
		m := g.Mutate(p, donor)
		if !bytes.Equal(p, before) {
			t.Fatalf("payload %d was changed in place", i)
		}
		if bytes.Equal(m, p) {
			same++
		}
		if _, err := naive.Decode(m, naive.OTP25); err == nil {
			accepted++
		}
	}
	if same > n/8 || accepted < n/8 || accepted > n/2 {
		t.Errorf("of %d mutants %d are no other, %d are accepted", n, same, accepted)
	}
	g.Seed(seed, 1)
	for _, p := range [][]byte{nil, {131}, {131, 106}, {0}, {131, 80, 0, 0, 0, 0}} {
		for range 200 {
			g.Mutate(p, nil)
		}
	}
}

// TestZlibBits: among mutants of compressed terms are such whose stream differs
// although its checksum is right.
func TestZlibBits(t *testing.T) {
	g := gen.New(gen.Options{Compressed: 1})
	whole := 0
	for i := range uint64(1000) {
		g.Seed(seed, i)
		p := g.Payload()
		m := g.Mutate(p, nil)
		if inside := g.Unsqueeze(m); inside != nil && !bytes.Equal(inside, g.Unsqueeze(p)) {
			whole++
		}
	}
	if whole < 100 {
		t.Errorf("%d of 1000", whole)
	}
}

func TestCorruptions(t *testing.T) {
	p := []byte{131, 97, 1}
	var all [][]byte
	for m := range gen.Corruptions(p) {
		all = append(all, m)
	}
	if len(all) != 30 || len(all[0]) != 0 || !bytes.Equal(all[9], []byte{124, 97, 1}) || !bytes.Equal(all[29], []byte{131, 97, 254}) {
		t.Errorf("%d: %x", len(all), all)
	}
	for range gen.Corruptions(p) {
		break
	}
}

func TestScan(t *testing.T) {
	for _, c := range []struct {
		in    string
		spans int
		ok    bool
	}{
		{"", 0, false},
		{"\x82\x6a", 0, false},
		{"\x83\x6a", 1, true},
		{"\x83\x68\x02\x6a\x61\x01", 3, true},
		{"\x83\x68\x02\x6a\x61", 3, false},
		{"\x83\x6c\x00\x00\x00\x01\x6a\x6b\x00\x02ab", 3, true},
		{"\x83\x74\x00\x00\x00\x01\x6a\x6a", 3, true},
		{"\x83\x71\x77\x01a\x77\x01b\x61\x01", 4, true},
		{"\x83\x5a\x00\x01\x77\x01a\x00\x00\x00\x01\x00\x00\x00\x01", 2, true},
		{"\x83\x5a\x00\x02\x77\x01a\x00\x00\x00\x01\x00\x00\x00\x01", 2, false},
		{"\x83\x6d\xff\xff\xff\xff", 1, false},
		{"\x83\x01", 1, false},
	} {
		spans, ok := gen.Scan([]byte(c.in), nil)
		if len(spans) != c.spans || ok != c.ok {
			t.Errorf("%x: %+v %v", c.in, spans, ok)
		}
	}
}

// TestGofuzz: the custom functions, alone and as fields.
func TestGofuzz(t *testing.T) {
	var in struct {
		Payload gen.Payload
		Valid   gen.Valid
		Twins   gen.Twins
		Chunks  gen.Chunks
		Count   uint8
	}
	data := make([]byte, 4096)
	for i := range 300 {
		for j := range data {
			data[j] = byte(i*j + j>>3)
		}
		fuzz.NewFromGoFuzz(data).NilChance(0).Funcs(gen.Funcs(gen.Options{Faults: 0.5})...).Fuzz(&in)
		if len(in.Payload) == 0 && i == 0 {
			t.Error("no payload")
		}
		for _, o := range receivers {
			if _, err := naive.Decode(in.Valid, o); err != nil {
				t.Errorf("%d: %v: %x", i, err, in.Valid)
			}
			if _, err := naive.Decode(in.Twins.B, o); err != nil {
				t.Errorf("%d: twin: %v: %x", i, err, in.Twins.B)
			}
		}
		if len(in.Chunks) == 0 || in.Chunks[0] == 0 {
			t.Errorf("chunks %v", in.Chunks)
		}
	}
	fuzz.NewWithSeed(1).Funcs(gen.Funcs(gen.Options{})...).Fuzz(&in)
}

func BenchmarkPayload(b *testing.B) {
	g := gen.New(gen.Options{Faults: 0.4, Compressed: 0.03})
	i, n := uint64(0), 0
	for b.Loop() {
		g.Seed(seed, i)
		n += len(g.Payload())
		i++
	}
	b.ReportMetric(float64(n)/float64(i), "B/payload")
}

// TestShrinks: what shrinks makes ends, since each step is shorter or simpler,
// and gets a term out of all that is around it.
func TestShrinks(t *testing.T) {
	g := gen.New(gen.Options{Compressed: 1})
	g.Seed(seed, 5)
	in := append([]byte{131, 104, 3}, g.Term(300)...)
	in = append(in, 116, 0, 0, 0, 2, 106, 97, 42, 97, 7, 108, 0, 0, 0, 1, 119, 2, 'h', 'i', 106)
	in = g.Squeeze(append(in, g.Term(200)...))
	has := func(b []byte) bool {
		res, err := naive.Decode(b, naive.OTP25)
		return err == nil && bytes.Contains(res.Term.Canon(), []byte{119, 2, 'h', 'i'})
	}
	if !has(in) {
		t.Fatal("no start")
	}
	steps := 0
	for shorter := true; shorter; steps++ {
		shorter = false
		for b := range gen.Shrinks(in) {
			if has(b) {
				in, shorter = b, true
				break
			}
		}
	}
	if !bytes.Equal(in, []byte{131, 119, 2, 'h', 'i'}) || steps > 100 {
		t.Errorf("%d steps to %x", steps, in)
	}
}
