package gen

import fuzz "github.com/google/gofuzz"

// Types that gofuzz fills with the functions of [Funcs], alone or as fields of a
// test's own struct.
type (
	// Payload is a term with its version byte, perhaps with a fault.
	Payload []byte
	// Valid is a payload that every release and receiver accepts, unless it
	// is too large for it.
	Valid []byte
	// Twins are two encodings of one value.
	Twins struct{ A, B []byte }
	// Chunks are sizes of reads, at least one, none negative.
	Chunks []int
)

// Funcs are custom functions for gofuzz. Within a native fuzz target its
// NewFromGoFuzz makes the engine's bytes the source of all choices:
//
//	f.Fuzz(func(t *testing.T, data []byte) {
//		var in struct {
//			Payload gen.Payload
//			Chunks  gen.Chunks
//		}
//		fuzz.NewFromGoFuzz(data).Funcs(gen.Funcs(gen.Options{})...).Fuzz(&in)
//		…
//	})
//
// gofuzz makes eight bytes of data out of each number it draws, and goes on at
// random where they end; [Gen.Feed] uses each byte once and stops there. So the
// latter suits an engine that looks for paths, gofuzz a test that needs many
// things of many types.
func Funcs(o Options) []any {
	g := New(o)
	valid := New(Options{Size: o.Size, Weights: o.Weights})
	return []any{
		func(p *Payload, c fuzz.Continue) {
			g.feed(c)
			*p = g.Payload()
		},
		func(v *Valid, c fuzz.Continue) {
			valid.feed(c)
			*v = valid.plainPayload()
		},
		func(t *Twins, c fuzz.Continue) {
			valid.feed(c)
			t.A = valid.plainPayload()
			t.B, _ = valid.Recode(t.A, true)
		},
		func(n *Chunks, c fuzz.Continue) {
			*n = make(Chunks, 1+c.Intn(8))
			for i := range *n {
				(*n)[i] = c.Intn(1 << c.Intn(12))
			}
			(*n)[0]++ // or nothing would ever be read
		},
	}
}

func (g *Gen) plainPayload() []byte { return append([]byte{131}, g.Term(g.size())...) }
