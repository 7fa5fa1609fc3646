package naive

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
)

// judge is the Erlang side of TestLiveBEAM: a line of hex in, a verdict out.
// For a pair it also says how the two compare, both ways.
const judge = `
Hex = fun(B) -> string:lowercase(binary_to_list(binary:encode_hex(B))) end,
Cmp = fun({A, B}) when A < B -> "<"; ({A, B}) when A > B -> ">";
         ({A, B}) when A =:= B -> "="; ({_, _}) -> "~"; (_) -> "-" end,
Swap = fun({A, B}) -> {B, A}; (_) -> no end,
Judge = fun(B) ->
	try binary_to_term(B, [used]) of
		{T, U} -> io:format("accept ~p ~p ~s ~s ~s~n", [U, erts_debug:flat_size(T),
			Hex(term_to_binary(T, [deterministic, {minor_version, 2}])), Cmp(T), Cmp(Swap(T))])
	catch error:badarg -> io:format("reject~n") end end,
Loop = fun F() -> case io:get_line("") of
	eof -> halt(0);
	L -> Judge(binary:decode_hex(list_to_binary(string:trim(L)))), F() end end,
Loop().`

type live struct {
	in  io.Writer
	out *bufio.Reader
}

func startBEAM(t *testing.T) *live {
	erl := os.Getenv("BEAMGATE_ERL")
	if erl == "" {
		t.Skip("BEAMGATE_ERL is unset: it must name an erl of OTP 25 to hold random terms against")
	}
	in, out := beam.Pipe(t, erl, "-noshell", "-eval", judge)
	return &live{in, bufio.NewReaderSize(out, 1<<20)}
}

func (b *live) ask(input []byte) ([]string, error) {
	if _, err := fmt.Fprintf(b.in, "%x\n", input); err != nil {
		return nil, err
	}
	line, err := b.out.ReadString('\n')
	return strings.Fields(line), err
}

// TestLiveBEAM holds random terms, whole and damaged, against a running BEAM.
// Inputs on the closed list are not sent: some of them would kill it.
func TestLiveBEAM(t *testing.T) {
	b := startBEAM(t)
	n := 20_000
	if s := os.Getenv("BEAMGATE_ERL_N"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	seed := rand.Uint64()
	if s := os.Getenv("BEAMGATE_ERL_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("BEAMGATE_ERL_SEED=%d", seed)
	g := &gen{rand.New(rand.NewPCG(seed, 1))}
	stats := map[string]int{}
	for range n {
		in := append([]byte{131}, g.top()...)
		if g.IntN(10) == 0 {
			in = g.compress(in[1:])
		}
		if g.IntN(3) == 0 {
			in = g.damage(in)
		}
		res, err := Decode(in, OTP25)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Class != Malformed {
			stats["not sent: "+refusal.Reason]++
			continue
		}
		got, askErr := b.ask(in)
		if askErr != nil || len(got) == 0 {
			t.Fatalf("the BEAM is gone after %x (%v)", in, err)
		}
		stats[got[0]]++
		if (got[0] == "accept") != (err == nil) {
			t.Errorf("BEAM %.60s, here %v: %x", got, err, in)
			continue
		}
		if err != nil {
			continue
		}
		want := func(what, have, beam string) {
			if have != beam {
				t.Errorf("%s %s, BEAM %s: %x", what, have, beam, in)
			}
		}
		want("used", strconv.Itoa(res.Used), got[1])
		want("canon", hex.EncodeToString(res.Term.Canon()), got[3])
		flat, _ := strconv.ParseInt(got[2], 10, 64)
		if flat > res.FlatWords || res.Exact && flat != res.FlatWords {
			t.Errorf("flat %d exact %v, BEAM %d: %x", res.FlatWords, res.Exact, flat, in)
		}
		if e := res.Term.Elems; res.Term.Kind == Tuple && len(e) == 2 && !res.Term.hashesShortRef(false) {
			want("compare", relation(e[0], e[1]), got[4])
			want("compare back", relation(e[1], e[0]), got[5])
			stats["pair "+got[4]]++
		}
	}
	t.Log(stats)
}

func relation(a, b *Term) string {
	switch c := Compare(a, b); {
	case c < 0:
		return "<"
	case c > 0:
		return ">"
	case Same(a, b):
		return "="
	}
	return "~"
}

func (g *gen) compress(data []byte) []byte {
	var z bytes.Buffer
	w, _ := zlib.NewWriterLevel(&z, g.IntN(12)-2)
	for _, b := range data {
		w.Write([]byte{b})
		if g.IntN(50) == 0 {
			w.Flush()
		}
	}
	w.Close()
	return cat("\x83\x50", be.AppendUint32(nil, uint32(len(data))), z.Bytes())
}

// gen makes random encodings out of small pools, so that equal terms in
// other clothes meet often.
type gen struct{ *rand.Rand }

func pick[T any](g *gen, from ...T) T { return from[g.IntN(len(from))] }

func (g *gen) top() []byte {
	switch g.IntN(4) {
	case 0:
		return g.term(4)
	case 1: // a pair of like things
		f := pick(g, g.number, g.atom, g.id, g.fun, g.bits, g.list, g.mapTerm, g.term)
		return cat("\x68\x02", f(3), f(3))
	case 2:
		return g.mapTerm(3)
	}
	x := g.term(3)
	return cat("\x68\x02", x, g.tweak(x))
}

// tweak changes one byte now and then.
func (g *gen) tweak(b []byte) []byte {
	b = append([]byte{}, b...)
	if g.IntN(2) == 0 {
		b[g.IntN(len(b))] = byte(g.IntN(256))
	}
	return b
}

func (g *gen) damage(b []byte) []byte {
	b = append([]byte{}, b...)
	for range 1 + g.IntN(2) {
		i := g.IntN(len(b))
		switch g.IntN(5) {
		case 0:
			b = b[:i+1]
		case 1:
			b = append(b[:i], b[min(len(b), i+1):]...)
		case 2:
			b = append(b[:i], append([]byte{byte(g.IntN(256))}, b[i:]...)...)
		case 3:
			b[i] = pick[byte](g, 97, 98, 99, 70, 77, 82, 80, 88, 90, 100, 101, 102, 103, 104, 105, 106,
				107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 118, 119, 120, 0, 1, 255)
		default:
			b[i] ^= 1 << g.IntN(8)
		}
		if len(b) == 0 {
			return []byte{131}
		}
	}
	return b
}

// cat joins bytes and strings of bytes.
func cat(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func (g *gen) term(depth int) []byte {
	if depth <= 0 {
		return pick(g, g.number, g.atom, g.bits, g.id)(0)
	}
	return pick(g, g.number, g.number, g.atom, g.bits, g.id, g.fun, g.export,
		g.list, g.list, g.tuple, g.tuple, g.mapTerm)(depth - 1)
}

func (g *gen) number(int) []byte {
	if g.IntN(3) == 0 {
		return cat(pick(g,
			"\x46\x00\x00\x00\x00\x00\x00\x00\x00", "\x46\x80\x00\x00\x00\x00\x00\x00\x00",
			"\x46\x3f\xf0\x00\x00\x00\x00\x00\x00", "\x46\x43\xb0\x00\x00\x00\x00\x00\x00",
			"\x46\x43\x40\x00\x00\x00\x00\x00\x00", "\x46\xc3\x40\x00\x00\x00\x00\x00\x01",
			"\x46\x40\x70\x08\x00\x00\x00\x00\x00", "\x46\x7f\xef\xff\xff\xff\xff\xff\xff",
			text("1.0"), text("-0.0"), text("+256.5e0"), text("9007199254740993.0"), text("1.0E-400")))
	}
	v := pick(g, 0, 1, 2, 255, 256, -1, 1<<31-1, 1<<31, -1<<31, -1<<31-1, 1<<53, 1<<53+1, -1<<53-2,
		1<<59-1, 1<<59, -1<<59, -1<<59-1, 1<<60, int64(g.IntN(300)))
	digits := []byte{}
	for m := uint64(max(v, -v)); m > 0; m >>= 8 {
		digits = append(digits, byte(m))
	}
	if g.IntN(4) == 0 {
		digits = append(digits, make([]byte, g.IntN(10))...)
	}
	if g.IntN(20) == 0 {
		digits = append(digits, byte(g.IntN(2)), 0, 7, byte(g.IntN(2)))
	}
	sign := byte(0)
	if v < 0 {
		sign = byte(1 + g.IntN(255))
	}
	switch k := g.IntN(4); {
	case k == 0 && v >= 0 && v < 256:
		return []byte{97, byte(v)}
	case k <= 1 && v == int64(int32(v)):
		return be.AppendUint32([]byte{98}, uint32(v))
	case k <= 2:
		return append([]byte{110, byte(len(digits)), sign}, digits...)
	}
	return append(append(be.AppendUint32([]byte{111}, uint32(len(digits))), sign), digits...)
}

func text(s string) string { return "\x63" + s + strings.Repeat("\x00", 31-len(s)) }

func (g *gen) atom(int) []byte {
	return cat(pick(g, "\x77\x00", "\x64\x00\x00", "\x77\x01a", "\x73\x01a", "\x64\x00\x01a", "\x76\x00\x01a",
		"\x77\x01b", "\x73\x01\xe9", "\x77\x02\xc3\xa9", "\x77\x03e\xcc\x81", "\x77\x04true", "\x77\x02a\x00",
		"\x76\x01\x90"+strings.Repeat("\xf0\x9f\x98\x80", 100),
		"\x77\x03abc", "\x77\x04abcd", "\x73\x04abce", "\x77\x04\xf0\x9f\x98\x80", "\x77\x02\xc0\x80", "\x77\x03\xed\xa0\x80"))
}

func (g *gen) node() []byte {
	return cat(pick(g, "\x77\x00", "\x77\x01a", "\x73\x01a", "\x77\x0dnonode@nohost", "\x73\x0dnonode@nohost", "\x77\x03z@z"))
}

func (g *gen) id(int) []byte {
	old := []byte{byte(g.IntN(3))}
	creation := be.AppendUint32(nil, pick[uint32](g, 0, 0, 1, 2, 1<<32-1))
	word := func() []byte {
		return be.AppendUint32(nil, pick[uint32](g, 0, 0, 1, 1, 2, 1<<13, 1<<18-1, 1<<28-1, 1<<28))
	}
	words := func(n int) (b []byte) {
		for range n {
			b = append(b, word()...)
		}
		return b
	}
	n := 1 + g.IntN(5)
	num := []byte{0, byte(n)}
	switch g.IntN(8) {
	case 0:
		return cat("\x67", g.node(), word(), word(), old)
	case 1:
		return cat("\x58", g.node(), word(), word(), creation)
	case 2:
		return cat("\x66", g.node(), word(), old)
	case 3:
		return cat("\x59", g.node(), word(), creation)
	case 4:
		return cat("\x78", g.node(), pick(g, "\x00\x00\x00\x00", "\x00\x00\x00\x01"), word(), creation)
	case 5:
		return cat("\x65", g.node(), word(), old)
	case 6:
		return cat("\x72", num, g.node(), old, words(n))
	}
	return cat("\x5a", num, g.node(), creation, words(n))
}

func (g *gen) fun(depth int) []byte {
	uniq := make([]byte, 16)
	uniq[15] = byte(g.IntN(2))
	small := func() string {
		return pick(g, "\x61\x00", "\x61\x01", "\x62\x00\x00\x00\x01", "\x62\xff\xff\xff\xff", "\x6e\x01\x00\x01",
			"\x62\x3f\xff\xff\xff", "\x62\xc0\x00\x00\x00", "\x6e\x05\x00\x01\x00\x00\x00\x01")
	}
	free := g.IntN(3)
	b := cat("\x70\x00\x00\x00\x00", []byte{byte(g.IntN(3))}, uniq, be.AppendUint32(nil, uint32(g.IntN(2))),
		be.AppendUint32(nil, uint32(free)), g.atom(0), small(), small(),
		pick(g, "\x58", "\x58", "\x6c\x00\x00\x00\x00\x58"), g.node(), "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00",
		[]byte{byte(g.IntN(2))})
	for range free {
		b = append(b, g.term(depth)...)
	}
	return b
}

func (g *gen) export(int) []byte {
	return cat("\x71", g.atom(0), g.atom(0), pick(g, "\x61\x01", "\x61\x02", "\x62\x00\x00\x00\x01", "\x6e\x01\x00\x02", "\x61\xff"))
}

func (g *gen) bits(int) []byte {
	n := pick(g, 0, 1, 1, 2, 3, 8, 9, 63, 64, 65, 66, 200)
	data := make([]byte, n)
	if n > 0 {
		data[n-1] = byte(g.IntN(256)) & pick[byte](g, 0xff, 0xf0, 0x80)
		data[0] |= byte(g.IntN(2))
	}
	if g.IntN(2) == 0 {
		return cat("\x6d", be.AppendUint32(nil, uint32(n)), data)
	}
	last := byte(0)
	if n > 0 {
		last = byte(1 + g.IntN(8))
	}
	return cat("\x4d", be.AppendUint32(nil, uint32(n)), []byte{last}, data)
}

func (g *gen) list(depth int) []byte {
	n := g.IntN(4)
	switch g.IntN(4) {
	case 0:
		b := []byte{107, 0, byte(n)}
		for range n {
			b = append(b, byte(g.IntN(3)))
		}
		return b
	case 1:
		n = 0
	}
	b := be.AppendUint32([]byte{108}, uint32(n))
	for range n {
		b = append(b, pick(g, g.number, g.term)(depth)...)
	}
	switch g.IntN(3) {
	case 0:
		return append(b, 106)
	case 1:
		return append(b, g.list(depth-1)...)
	}
	return append(b, g.term(depth)...)
}

func (g *gen) tuple(depth int) []byte {
	n := pick(g, 0, 1, 2, 2, 3, 4)
	b := []byte{104, byte(n)}
	if g.IntN(2) == 0 {
		b = be.AppendUint32([]byte{105}, uint32(n))
	}
	for range n {
		b = append(b, g.term(depth)...)
	}
	return b
}

func (g *gen) mapTerm(depth int) []byte {
	n := pick(g, 0, 1, 2, 2, 3, 4)
	fill := 0 // integer keys that cannot meet the others
	if g.IntN(8) == 0 {
		fill = 29 + g.IntN(20)
	}
	b := be.AppendUint32([]byte{116}, uint32(n+fill))
	for i := range fill {
		b = append(be.AppendUint32(append(b, 98), uint32(100_000+i)), 106)
	}
	for range n {
		b = append(b, g.term(depth)...)
		b = append(b, g.term(depth-1)...)
	}
	return b
}
