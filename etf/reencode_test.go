package etf_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
)

// likeness is what the definitions say of a term, whatever its encoding.
type likeness struct {
	terms, depth, atoms, distinct, words, offHeap int64
	printed, tokens                               string
}

func alike(t *testing.T, m *etf.Mode, b []byte) likeness {
	t.Helper()
	s, err := m.Measure(b)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	term, err := m.Decode(b)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	tokens := values(t, m.NewDecoderBytes(b))
	if again := values(t, m.NewDecoder(iotest.OneByteReader(bytes.NewReader(b)))); again != tokens {
		t.Fatalf("%x: tokens of a slice\n%s\nof a reader\n%s", b, tokens, again)
	}
	return likeness{s.Terms, s.Depth, s.Atoms, s.DistinctAtoms, s.HeapWords, s.OffHeap, term.String(), tokens}
}

// values lists the tokens with the values they stand for. The length of a list
// is left out, since it is that of its first piece.
func values(t *testing.T, d *etf.Decoder) string {
	t.Helper()
	var out strings.Builder
	for {
		tok, err := d.ReadToken()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%v tail %v", tok.Kind, tok.Tail)
		switch tok.Kind {
		case etf.KindInteger:
			n, err := d.Big()
			fmt.Fprint(&out, " ", n, err)
		case etf.KindFloat:
			f, _ := tok.Float()
			fmt.Fprint(&out, " ", f)
		case etf.KindAtom, etf.KindBinary, etf.KindBitstring:
			b, err := d.Bytes()
			if b = bytes.Clone(b); tok.Bits > 0 {
				b[len(b)-1] &= 0xff << (8 - tok.Bits)
			}
			fmt.Fprintf(&out, " %x %d %v", b, tok.Bits, err)
		case etf.KindTuple, etf.KindMap, etf.KindFun:
			fmt.Fprint(&out, " ", tok.Len())
		}
		out.WriteByte('\n')
	}
}

// TestEncodingsAreAlike holds random terms against random other encodings of
// them: terms, depth, atoms, heap words, tokens, the printed term and the path
// to a fault do not depend on the encoding.
func TestEncodingsAreAlike(t *testing.T) {
	t.Parallel()
	m := compile(t, config())
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	for seed := range uint64(rounds) {
		g := newGrower(seed)
		term := g.term(1 + g.IntN(5))
		plain, _ := term.encode(nil)
		want := alike(t, m, plain)
		for i := range uint64(4) {
			other, _ := term.encode(rand.New(rand.NewPCG(seed, i)))
			if got := alike(t, m, other); got != want {
				t.Fatalf("seed %d:\n%x\n%+v\n%x\n%+v", seed, plain, want, other, got)
			}
		}
		g.plant(term)
		bad, at := term.encode(nil)
		whole, cut := m.Validate(bad), m.Validate(bad[:at])
		for i := range uint64(4) {
			other, otherAt := term.encode(rand.New(rand.NewPCG(seed, i)))
			sameFault(t, m, other, otherAt, whole)
			sameFault(t, m, other[:otherAt], otherAt, cut)
		}
	}
}

// sameFault expects the code and path of want at another offset.
func sameFault(t *testing.T, m *etf.Mode, b []byte, at int, want error) {
	t.Helper()
	if len(b) == 0 {
		return
	}
	w := want.(*etf.Error)
	_, fromReader := m.ValidateReader(bytes.NewReader(b))
	for _, err := range []error{m.Validate(b), fromReader} {
		e, ok := err.(*etf.Error)
		if !ok || e.Code != w.Code || e.Path.String() != w.Path.String() || e.Offset != int64(at) {
			t.Fatalf("%x: %v, want %s in %q at %d", b, err, w.Code, w.Path, at)
		}
	}
}

// TestThinLists nests lists of no elements: they are what stands behind them.
func TestThinLists(t *testing.T) {
	m := compile(t, etf.Strict())
	for _, tc := range []struct {
		term []byte
		want string
	}{
		{small(7), "7"}, {atom("a"), "a"}, {null, "[]"}, {str("ab"), `"ab"`}, {tuple(small(1)), "{1}"}, {list(small(1)), "[1]"},
	} {
		b := ext(thin(5_000, tc.term))
		if err := agree(t, with(m), b, nil); err != nil {
			t.Fatal(err)
		}
		term, err := m.Decode(b)
		if err != nil || term.String() != tc.want {
			t.Errorf("%v %v, want %s", term, err, tc.want)
		}
		got, _ := m.Measure(b)
		want, _ := m.Measure(ext(tc.term))
		got.Bytes = want.Bytes
		if got != want {
			t.Errorf("%s: %+v behind thin lists, %+v without", tc.want, got, want)
		}
		if _, err := m.ValidateReader(bytes.NewReader(b[:20_000])); err.(*etf.Error).Path.String() != "" {
			t.Errorf("path %v", err)
		}
	}
}

// TestDriversAgreeOnRandomTerms mutates random terms and reads each with every
// driver from every source.
func TestDriversAgreeOnRandomTerms(t *testing.T) {
	t.Parallel()
	tight := etf.Config{Policy: etf.Policy{Allow: etf.Pids, Refuse: etf.Bitstrings}}
	tight.Limits.MaxDepth, tight.Limits.MaxTerms, tight.Limits.MaxBytes = 4, 40, 300
	tight.Limits.MaxHeapWords, tight.Limits.MaxDistinctAtoms, tight.Limits.MaxArity = 80, 3, 5
	ruled := policy(func(p *etf.Policy) {
		p.RefuseQuoted, p.Structs.Deny, p.Nodes, p.Refuse = true, []string{"ok"}, []string{"n@h", "a", ""}, etf.EmptyAtoms
	})
	ruled.Atoms.Known, _ = etf.NewAtomSet("", "a", "ok", "m", "f", "n@h")
	ruled.Limits.MaxNewAtoms, ruled.Limits.MaxKeyState, ruled.Limits.MaxBlob = 2, 160, 60
	anyRelease := config()
	anyRelease.Release, anyRelease.Node = 0, etf.Node{}
	anyRelease.Limits.MaxBigBytes, anyRelease.Limits.MaxAtomChars = 20, 100
	var modes []*etf.Mode
	for _, c := range []etf.Config{config(), {}, tight, ruled, anyRelease, forRelease(27, "n@h")} {
		modes = append(modes, compile(t, c))
	}
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	for seed := range uint64(rounds) {
		g := newGrower(seed)
		b, _ := g.term(1 + g.IntN(5)).encode(g.Rand)
		if g.IntN(2) == 0 {
			b = mutate(g.Rand, b)
		}
		if g.IntN(10) == 0 {
			b = packed(int64(len(b)-1), deflate(b[1:]))
		}
		mode := seed % uint64(len(modes))
		m := modes[mode]
		if g.IntN(10) == 0 && len(b) > 1 && b[1] != 80 { // cut by the end of a reader's first buffer
			b = ext(raw(104, []byte{2}, bin(strings.Repeat("x", 4_096-8-g.IntN(min(len(b), 4_000))))), b[1:])
		}
		if n, err := m.ValidatePrefix(b); err == nil {
			b = b[:n] // what follows is another term for some drivers
		}
		agree(t, with(m), b, func(d driver, s source) bool { return d.whole || s.name != "small chunks" })
		if t.Failed() {
			t.Fatalf("seed %d mode %d: %x", seed, mode, b)
		}
	}
}

// mutate changes, drops or cuts some bytes.
func mutate(rng *rand.Rand, b []byte) []byte {
	for range 1 + rng.IntN(3) {
		if len(b) < 3 {
			break
		}
		i := 1 + rng.IntN(len(b)-1)
		switch rng.IntN(4) {
		case 0:
			b = b[:i]
		case 1:
			b = append(b[:i:i], b[i+1:]...)
		case 2:
			b = bytes.Clone(b)
			b[i] = byte(97 + rng.IntN(24))
		default:
			b = bytes.Clone(b)
			b[i] = byte(rng.Uint32())
		}
	}
	return b
}

// TestRunsOfIntegers: where integers of five bytes follow each other, whatever
// has as many and stands between them, or behind the last, is read for itself.
func TestRunsOfIntegers(t *testing.T) {
	m := elsewhere(t)
	others := [][]byte{bin(""), maps(0), large(0), head(0), raw(0, u32(7)), small(3), atom("abc"), list(small(1), int32x(1000))}
	around := map[string]func(elems ...[]byte) []byte{
		"tuple": tuple, "list": list, "large tuple": largeTuple, "fun": fun,
		"value":      func(elems ...[]byte) []byte { return mapOf(null, list(elems...), small(1), tuple(elems...)) },
		"large keys": func(elems ...[]byte) []byte { return mapOf(tuple(elems...), null, null, null) },
	}
	for name, open := range around {
		for n := 1; n <= 14; n++ {
			elems := integers(n)
			rest := integers(20)
			if in := ext(tuple(append([][]byte{open(elems...)}, rest...)...)); !sameInMany(t, m, in) {
				t.Errorf("%s of %d integers, and %d behind it", name, n, len(rest))
			}
			for at := range n {
				for _, other := range others {
					elems := integers(n)
					elems[at] = other
					if in := ext(tuple(append([][]byte{open(elems...)}, rest...)...)); !sameInMany(t, m, in) {
						t.Errorf("%s of %d integers with %x at %d", name, n, other, at)
					}
				}
			}
		}
	}
}

// integers makes integers of five bytes, each another.
func integers(n int) (elems [][]byte) {
	for i := range n {
		elems = append(elems, int32x(1000+i))
	}
	return elems
}

// sameInMany reports whether b comes to the same in a slice as one byte at a
// time, as a verdict, as counts and as a Term.
func sameInMany(t *testing.T, m *etf.Mode, b []byte) bool {
	t.Helper()
	err := m.Validate(b)
	if _, got := m.ValidateReader(newChunks(b, 1)); describe(got) != describe(err) {
		t.Errorf("%v, one byte at a time %v", err, got)
		return false
	}
	if err != nil {
		return true
	}
	stats, err := m.Measure(b)
	again, err2 := m.MeasureReader(newChunks(b, 1))
	if err != nil || err2 != nil || stats != again {
		t.Errorf("%+v, %v, one byte at a time %+v, %v", stats, err, again, err2)
		return false
	}
	term, err := m.Decode(b)
	if err != nil {
		t.Error(err)
		return false
	}
	other, err := m.NewDecoder(newChunks(b, 1)).ReadTerm()
	if err != nil || term.String() != other.String() {
		t.Errorf("%s, one byte at a time %s, %v", term, other, err)
		return false
	}
	got, err := term.AppendETF(nil)
	if want, err2 := m.Canonicalize(nil, b); err != nil || err2 != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, canonical %x, %v, %v", got, want, err, err2)
		return false
	}
	return true
}
