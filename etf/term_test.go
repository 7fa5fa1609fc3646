package etf_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

func decode(t *testing.T, term ...[]byte) etf.Term {
	t.Helper()
	v, err := compile(t, config()).Decode(ext(term...))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestAccessors asks terms of each kind for each kind of value: those of
// another kind answer with zero and false.
func TestAccessors(t *testing.T) {
	all := map[etf.Kind]etf.Term{
		etf.KindInvalid: {}, etf.KindInteger: decode(t, int32x(-7)), etf.KindFloat: decode(t, float(1.5)), etf.KindAtom: decode(t, latin1("caf\u00e9")),
		etf.KindReference: decode(t, newerRef(self, 9, 1, 2, 0)), etf.KindFun: decode(t, closure{arity: 2, uniq: 3, index: 4, oldIndex: int32x(-5), oldUni: small(6), env: [][]byte{null, small(8)}}.encode()),
		etf.KindExport: decode(t, export(atom("m"), latin1("f"), small(2))), etf.KindPort: decode(t, v4Port(self, 1<<40, 3)), etf.KindPid: decode(t, oldPid(self, 1, 2, 3)),
		etf.KindTuple: decode(t, tuple(small(1), atom("b"))), etf.KindMap: decode(t, mapOf(atom("a"), small(1), bin("b"), small(2))), etf.KindNil: decode(t, null),
		etf.KindList: decode(t, pieces(small(3), small(1), small(2))), etf.KindBinary: decode(t, bin("some")), etf.KindBitstring: decode(t, bits(3, 1, 0xff)),
	}
	answers := map[etf.Kind]string{
		etf.KindInteger: "Int Big", etf.KindFloat: "Float", etf.KindAtom: "Atom", etf.KindReference: "Reference", etf.KindFun: "Fun Index", etf.KindExport: "Export",
		etf.KindPort: "Port", etf.KindPid: "Pid", etf.KindTuple: "Index Elements", etf.KindMap: "Pair Pairs", etf.KindNil: "Tail IsProper", etf.KindList: "Index Elements Tail",
		etf.KindBinary: "Bytes Bits", etf.KindBitstring: "Bytes Bits", etf.KindInvalid: "",
	}
	for kind, term := range all {
		if term.Kind() != kind {
			t.Errorf("%v is %v", kind, term.Kind())
		}
		var got []string
		note := func(name string, ok bool) {
			if ok {
				got = append(got, name)
			}
		}
		v, ok := term.Int()
		note("Int", ok && v == -7)
		note("Big", term.Big() != nil && term.Big().Int64() == -7)
		f, ok := term.Float()
		note("Float", ok && f == 1.5)
		a, ok := term.Atom()
		note("Atom", ok && a == "caf\u00e9" && term.IsAtom(a))
		ref, ok := term.Reference()
		note("Reference", ok && reflect.DeepEqual(ref, etf.Reference{Node: "n@h", Words: []uint32{1, 2}, Creation: 9}))
		fn, ok := term.Fun()
		note("Fun", ok && fn == etf.Fun{Module: "m", Arity: 2, Uniq: [16]byte{15: 3}, Index: 4, OldIndex: -5, OldUniq: 6, Creator: etf.Pid{Node: "n@h", ID: 1}})
		exp, ok := term.Export()
		note("Export", ok && exp == etf.Export{Module: "m", Function: "f", Arity: 2})
		port, ok := term.Port()
		note("Port", ok && port == etf.Port{Node: "n@h", ID: 1 << 40, Creation: 3})
		pid, ok := term.Pid()
		note("Pid", ok && pid == etf.Pid{Node: "n@h", ID: 1, Serial: 2, Creation: 3})
		note("Index", term.Index(1).Kind() != etf.KindInvalid && term.Index(2).Kind() == etf.KindInvalid && term.Index(-1).Kind() == etf.KindInvalid)
		note("Elements", len(slices.Collect(term.Elements())) == 2)
		key, value := term.Pair(1)
		outside, _ := term.Pair(2)
		note("Pair", key.Kind() == etf.KindBinary && value.Kind() == etf.KindInteger && outside.Kind() == etf.KindInvalid)
		count := 0
		for range term.Pairs() {
			count++
		}
		note("Pairs", count == 2)
		_, ok = term.Tail()
		note("Tail", ok)
		note("IsProper", term.IsProper())
		_, ok = term.Bytes()
		note("Bytes", ok)
		note("Bits", term.Bits() > 0)
		if strings.Join(got, " ") != answers[kind] {
			t.Errorf("%v answers %q, want %q", kind, strings.Join(got, " "), answers[kind])
		}
		if kind.String() == "" || kind != etf.KindInvalid && kind.String() == "invalid" {
			t.Errorf("kind %d is %q", kind, kind)
		}
	}
	if etf.Kind(99).String() != "invalid" {
		t.Error(etf.Kind(99))
	}
	if b, _ := all[etf.KindBitstring].Bytes(); !bytes.Equal(b, []byte{1, 0xe0}) || all[etf.KindBitstring].Bits() != 11 || all[etf.KindBinary].Bits() != 32 {
		t.Errorf("bitstring %x of %d", b, all[etf.KindBitstring].Bits())
	}
}

// TestGet finds values by name: of atoms first, of binaries else.
func TestGet(t *testing.T) {
	m := decode(t, mapOf(bin("a"), small(1), atom("a"), small(2), bin("b"), small(3), str("c"), small(4)))
	for name, want := range map[string]int64{"a": 2, "b": 3, "c": 0, "d": 0} {
		v, ok := m.Get(name)
		if n, _ := v.Int(); n != want || ok != (want > 0) {
			t.Errorf("%s: %v %v", name, v, ok)
		}
	}
	if _, ok := decode(t, list(atom("a"))).Get("a"); ok {
		t.Error("a list has keys")
	}
}

// TestListsOfAnyPieces builds lists of pieces around containers, which moves
// elements that were built already.
func TestListsOfAnyPieces(t *testing.T) {
	for want, term := range map[string][]byte{
		"[{1},{2},{3}]":       pieces(pieces(pieces(null, tuple(small(3))), tuple(small(2))), tuple(small(1))),
		"[[a],[b]|{c}]":       pieces(pieces(tuple(atom("c")), list(atom("b"))), list(atom("a"))),
		"[{1},1,2,3]":         pieces(str("\x01\x02\x03"), tuple(small(1))),
		"[[{1},2],{[3]},{4}]": pieces(pieces(pieces(null, tuple(small(4))), tuple(list(small(3)))), pieces(list(small(2)), tuple(small(1)))),
		"{[1,2|3],[4]}":       tuple(pieces(pieces(small(3), small(2)), small(1)), pieces(str("\x04"), []([]byte){}...)),
		"[a,b,c,d,e,f]":       pieces(pieces(pieces(pieces(pieces(list(atom("f")), atom("e")), atom("d")), atom("c")), atom("b")), atom("a")),
	} {
		v := decode(t, term)
		if v.String() != want || v.Clone().String() != want {
			t.Errorf("%v, clone %v, want %s", v, v.Clone(), want)
		}
	}
}

// TestClone copies parts out of a tree that is then forgotten.
func TestClone(t *testing.T) {
	for name, term := range everyTerm() {
		v := decode(t, tuple(bin("front"), term, atom("back")))
		part, clone := v.Index(1), v.Index(1).Clone()
		if clone.String() != part.String() || clone.Kind() != part.Kind() || clone.Clone().String() != part.String() {
			t.Errorf("%s: %v, clone %v", name, part, clone)
		}
	}
	for seed := range uint64(300) {
		b, _ := newGrower(seed).term(5).encode(nil)
		v := decode(t, b[1:])
		if v.Clone().String() != v.String() {
			t.Fatalf("%x: %v, clone %v", b, v, v.Clone())
		}
	}
	if (etf.Term{}).Clone().Kind() != etf.KindInvalid {
		t.Error("the clone of nothing is something")
	}
}

// TestTermsAliasNothing changes the input behind a Term's back.
func TestTermsAliasNothing(t *testing.T) {
	m := compile(t, config())
	var all [][]byte
	for _, term := range everyTerm() {
		all = append(all, term)
	}
	for _, in := range [][]byte{ext(list(all...)), squeeze(list(all...))} {
		v, err := m.Decode(in)
		if err != nil {
			t.Fatal(err)
		}
		d := m.NewDecoderBytes(in)
		w, err := d.ReadTerm()
		if err != nil {
			t.Fatal(err)
		}
		want := v.String()
		for i := range in {
			in[i] = 0xff
		}
		d.ResetBytes(squeeze(bin(strings.Repeat("y", 10_000))))
		d.SkipValue()
		if v.String() != want || w.String() != want {
			t.Error("a term changed with its input")
		}
	}
}

// TestBigTerms compares integers with math/big.
func TestBigTerms(t *testing.T) {
	n := new(big.Int).Lsh(big.NewInt(-5), 3_000)
	w := writer{}
	w.integer(new(big.Int).Neg(big.NewInt(math.MaxInt64)))
	for _, tc := range []struct {
		term []byte
		want *big.Int
	}{
		{w.b, big.NewInt(-math.MaxInt64)}, {largeBig(true, leDigits(n)...), n}, {smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0x80), new(big.Int).Lsh(big.NewInt(1), 63)},
		{smallBig(true, 0, 0, 0, 0, 0, 0, 0, 0x80), big.NewInt(math.MinInt64)},
	} {
		v := decode(t, tc.term)
		if v.Big().Cmp(tc.want) != 0 || v.String() != tc.want.String() {
			t.Errorf("%v, want %v", v, tc.want)
		}
		if _, ok := v.Int(); ok != tc.want.IsInt64() {
			t.Errorf("%v fits: %v", tc.want, ok)
		}
	}
}

func leDigits(n *big.Int) []byte {
	d := n.Bytes()
	slices.Reverse(d)
	return d
}

// TestIterationOfTermsStops leaves iterators early.
func TestIterationOfTermsStops(t *testing.T) {
	seen := ""
	for e := range decode(t, str("\x01\x02")).Elements() {
		seen += fmt.Sprint(e)
		break
	}
	for k, v := range decode(t, mapOf(small(3), small(4), small(5), small(6))).Pairs() {
		seen += fmt.Sprint(k, v)
		break
	}
	if seen != "13 4" {
		t.Error(seen)
	}
}
