package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
)

// appended is what one of the Append functions makes behind other bytes.
type appended struct {
	name string
	b    []byte
	want string // as the term prints
}

// appendedBy returns what f appends to something that has to stay.
func appendedBy(t testing.TB, f func(dst []byte) ([]byte, error)) []byte {
	t.Helper()
	const before = "before"
	b, err := f([]byte(before))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, []byte(before)) {
		t.Fatalf("%x: what stood before is gone", b)
	}
	return b[len(before):]
}

// plain wraps a function that cannot fail.
func plain[T any](f func([]byte, T) []byte, v T) func([]byte) ([]byte, error) {
	return func(dst []byte) ([]byte, error) { return f(dst, v), nil }
}

func with1[T any](f func([]byte, T) ([]byte, error), v T) func([]byte) ([]byte, error) {
	return func(dst []byte) ([]byte, error) { return f(dst, v) }
}

func pow2(n uint, plus int64) *big.Int {
	return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(plus))
}

func appendedTerms(t testing.TB) (all []appended) {
	t.Helper()
	add := func(name, want string, f func([]byte) ([]byte, error)) {
		t.Helper()
		all = append(all, appended{name, appendedBy(t, f), want})
	}
	for _, v := range []int64{0, 1, 255, 256, -1, math.MaxInt32, math.MaxInt32 + 1, math.MinInt32, math.MinInt32 - 1,
		1<<59 - 1, 1 << 59, -1 << 59, -1<<59 - 1, math.MaxInt64, math.MinInt64, 1 << 32, 1 << 40, -1 << 40} {
		add("AppendInt", fmt.Sprint(v), plain(etf.AppendInt, v))
		add("AppendBig", fmt.Sprint(v), with1(etf.AppendBig, big.NewInt(v)))
	}
	for _, v := range []uint64{0, 255, 1 << 31, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		add("AppendUint", fmt.Sprint(v), plain(etf.AppendUint, v))
		add("AppendBig", fmt.Sprint(v), with1(etf.AppendBig, new(big.Int).SetUint64(v)))
	}
	for _, v := range []*big.Int{pow2(64, 0), pow2(2040, -1), pow2(2040, 0), pow2(4096, 3)} {
		add("AppendBig", v.String(), with1(etf.AppendBig, v))
		neg := new(big.Int).Neg(v)
		add("AppendBig", neg.String(), with1(etf.AppendBig, neg))
	}
	for f, want := range map[float64]string{0: "0.0", math.Copysign(0, -1): "-0.0", 1.5: "1.5", math.MaxFloat64: "1.7976931348623157e308", 5e-324: "5.0e-324"} {
		add("AppendFloat", want, with1(etf.AppendFloat, f))
	}
	for name, want := range map[string]string{
		"ok": "ok", "": "''", "é": "é", "日本": "'日本'", "a b": "'a b'",
		strings.Repeat("é", 127): strings.Repeat("é", 127),
		strings.Repeat("é", 128): strings.Repeat("é", 128),
		strings.Repeat("日", 255): "'" + strings.Repeat("日", 255) + "'",
	} {
		add("AppendAtom", want, with1(etf.AppendAtom, name))
	}
	add("AppendBool", "true", plain(etf.AppendBool, true))
	add("AppendBool", "false", plain(etf.AppendBool, false))
	add("AppendBinary", "<<>>", with1(etf.AppendBinary, []byte(nil)))
	add("AppendBinary", "<<128>>", with1(etf.AppendBinary, []byte{128}))
	add("AppendString", `<<"é"/utf8>>`, with1(etf.AppendString, "é"))
	for bits, want := range map[int]string{0: "<<>>", 3: "<<7:3>>", 8: `<<"ÿ">>`, 9: "<<255,1:1>>", 16: `<<"ÿÿ">>`} {
		add("AppendBits", want, func(dst []byte) ([]byte, error) {
			return etf.AppendBits(dst, bytes.Repeat([]byte{255}, (bits+7)/8), bits)
		})
	}
	add("AppendNil", "[]", func(dst []byte) ([]byte, error) { return etf.AppendNil(dst), nil })
	add("AppendByteList", "[]", with1(etf.AppendByteList, []byte{}))
	add("AppendByteList", "[0,1,255]", with1(etf.AppendByteList, []byte{0, 1, 255}))
	add("AppendByteList", "", with1(etf.AppendByteList, make([]byte, 65_535)))
	add("AppendByteList", "", with1(etf.AppendByteList, make([]byte, 65_536)))
	add("AppendCharlist", "[]", with1(etf.AppendCharlist, ""))
	add("AppendCharlist", `"aé"`, with1(etf.AppendCharlist, "aé"))
	add("AppendCharlist", "[26085,97]", with1(etf.AppendCharlist, "日a"))
	add("AppendCharlist", "", with1(etf.AppendCharlist, strings.Repeat("é", 65_535)))
	add("AppendCharlist", "", with1(etf.AppendCharlist, strings.Repeat("é", 65_536)))
	add("AppendListHeader", "[1|2]", func(dst []byte) ([]byte, error) {
		dst, err := etf.AppendListHeader(dst, 1)
		return etf.AppendInt(etf.AppendInt(dst, 1), 2), err
	})
	for _, n := range []int{0, 1, 255, 256} {
		add("AppendTupleHeader", "", func(dst []byte) ([]byte, error) {
			dst, err := etf.AppendTupleHeader(dst, n)
			return append(dst, bytes.Repeat(null, n)...), err
		})
	}
	add("AppendMapHeader", "#{1 => 2}", func(dst []byte) ([]byte, error) {
		dst, err := etf.AppendMapHeader(dst, 1)
		return etf.AppendInt(etf.AppendInt(dst, 1), 2), err
	})
	add("AppendPid", "#Pid<a@b.1.2.3>", with1(etf.AppendPid, etf.Pid{Node: "a@b", ID: 1, Serial: 2, Creation: 3}))
	add("AppendPort", "#Port<é@b.1.3>", with1(etf.AppendPort, etf.Port{Node: "é@b", ID: 1, Creation: 3}))
	add("AppendPort", "#Port<a@b.268435455.0>", with1(etf.AppendPort, etf.Port{Node: "a@b", ID: 1<<28 - 1}))
	add("AppendPort", "#Port<a@b.268435456.0>", with1(etf.AppendPort, etf.Port{Node: "a@b", ID: 1 << 28}))
	for _, words := range [][]uint32{{1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4, 5}} {
		add("AppendReference", "", with1(etf.AppendReference, etf.Reference{Node: "a@b", Words: words, Creation: 7}))
	}
	add("AppendExport", "fun a:b/255", with1(etf.AppendExport, etf.Export{Module: "a", Function: "b", Arity: 255}))
	for _, free := range [][]etf.RawTerm{nil, {etf.RawTerm(small(1)), etf.RawTerm(bin("x"))}} {
		add("AppendFun", "#Fun<m.7.4294967295>", func(dst []byte) ([]byte, error) {
			return etf.AppendFun(dst, etf.Fun{
				Module: "m", Arity: 2, Uniq: [16]byte{1, 2}, Index: 7, OldIndex: -1, OldUniq: 1<<32 - 1, Creator: etf.Pid{Node: "a@b"},
			}, free...)
		})
	}
	return all
}

// TestAppend decodes what is appended: one term, and the one that was meant.
func TestAppend(t *testing.T) {
	m := compile(t, etf.OTP())
	for _, tc := range appendedTerms(t) {
		term, err := m.Decode(append(etf.AppendVersion(nil), tc.b...))
		if err != nil {
			t.Errorf("%s: %x: %v", tc.name, tc.b, err)
			continue
		}
		if got := term.String(); tc.want != "" && got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestAppendAsOTP: a BEAM writes what is appended with the same bytes.
func TestAppendAsOTP(t *testing.T) {
	o := beam.Require(t, beam.Options{})
	terms := appendedTerms(t)
	cases := make([]beam.Case, len(terms))
	for i, tc := range terms {
		cases[i] = beam.Case{Payload: ext(tc.b), Want: beam.Canon}
	}
	verdicts, err := o.Judge(cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if !bytes.Equal(v.Canon, cases[i].Payload) {
			t.Errorf("%s (%s):\n%x, OTP writes\n%x", terms[i].name, terms[i].want, cases[i].Payload, v.Canon)
		}
	}
}

// TestAppendRefuses: with an error nothing was appended.
func TestAppendRefuses(t *testing.T) {
	long := strings.Repeat("a", 256)
	ref := func(n int) etf.Reference { return etf.Reference{Node: "a", Words: make([]uint32, n)} }
	header := func(f func([]byte, int) ([]byte, error), n int) func([]byte) ([]byte, error) { return with1(f, n) }
	for name, tc := range map[string]struct {
		f    func([]byte) ([]byte, error)
		code etf.Code
	}{
		"nan":             {with1(etf.AppendFloat, math.NaN()), etf.CodeFloatNotFinite},
		"inf":             {with1(etf.AppendFloat, math.Inf(-1)), etf.CodeFloatNotFinite},
		"no integer":      {with1(etf.AppendBig, (*big.Int)(nil)), etf.CodeNoTerm},
		"integer":         {with1(etf.AppendBig, pow2(8*4_194_296, 0)), etf.CodeBigTooLarge},
		"long atom":       {with1(etf.AppendAtom, long), etf.CodeAtomTooLong},
		"atom":            {with1(etf.AppendAtom, "a\xff"), etf.CodeAtomUTF8},
		"surrogate":       {with1(etf.AppendAtom, "\xed\xa0\x80"), etf.CodeAtomUTF8},
		"charlist":        {with1(etf.AppendCharlist, "a\xff"), etf.CodeTextUTF8},
		"few bits":        {func(b []byte) ([]byte, error) { return etf.AppendBits(b, []byte{1}, 9) }, etf.CodeBits},
		"many bits":       {func(b []byte) ([]byte, error) { return etf.AppendBits(b, []byte{1, 2}, 8) }, etf.CodeBits},
		"negative bits":   {func(b []byte) ([]byte, error) { return etf.AppendBits(b, nil, -1) }, etf.CodeBits},
		"list":            {header(etf.AppendListHeader, -1), etf.CodeTooLong},
		"long list":       {header(etf.AppendListHeader, 1<<32), etf.CodeTooLong},
		"tuple":           {header(etf.AppendTupleHeader, -1), etf.CodeTooLong},
		"long tuple":      {header(etf.AppendTupleHeader, 1<<24), etf.CodeTupleTooLarge},
		"map":             {header(etf.AppendMapHeader, -1), etf.CodeTooLong},
		"large map":       {header(etf.AppendMapHeader, 1<<31), etf.CodeMapTooLarge},
		"binary":          {with1(etf.AppendBinaryHeader, int64(1<<32)), etf.CodeTooLong},
		"negative binary": {with1(etf.AppendBinaryHeader, int64(-1)), etf.CodeTooLong},
		"pid":             {with1(etf.AppendPid, etf.Pid{Node: long}), etf.CodeAtomTooLong},
		"port":            {with1(etf.AppendPort, etf.Port{Node: long}), etf.CodeAtomTooLong},
		"node":            {with1(etf.AppendReference, etf.Reference{Node: long, Words: []uint32{1}}), etf.CodeAtomTooLong},
		"no words":        {with1(etf.AppendReference, ref(0)), etf.CodeReferenceEmpty},
		"words":           {with1(etf.AppendReference, ref(6)), etf.CodeReferenceWords},
		"arity":           {with1(etf.AppendExport, etf.Export{Arity: 256}), etf.CodeExportArity},
		"function":        {with1(etf.AppendExport, etf.Export{Function: "\xff"}), etf.CodeAtomUTF8},
		"fun arity":       {with1(fun0, etf.Fun{Arity: -1}), etf.CodeExportArity},
		"fun module":      {with1(fun0, etf.Fun{Module: long}), etf.CodeAtomTooLong},
		"fun creator":     {with1(fun0, etf.Fun{Creator: etf.Pid{Node: long}}), etf.CodeAtomTooLong},
		"free":            {func(b []byte) ([]byte, error) { return etf.AppendFun(b, etf.Fun{}, make([]etf.RawTerm, 256)...) }, etf.CodeFunFree},
		"no free":         {func(b []byte) ([]byte, error) { return etf.AppendFun(b, etf.Fun{}, nil) }, etf.CodeNoTerm},
	} {
		b, err := tc.f([]byte("dst"))
		var e *etf.EncodeError
		if !errors.As(err, &e) || e.Code != tc.code || !errors.Is(err, etf.ErrEncode) || errors.Is(err, etf.ErrLimit) {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		} else if strings.HasSuffix(e.Error(), ": ") || strings.Contains(e.Error(), string(rune(0xff))) {
			t.Errorf("%s: %q", name, e.Error())
		}
		if string(b) != "dst" {
			t.Errorf("%s: dst is %q now", name, b)
		}
	}
}

func fun0(dst []byte, f etf.Fun) ([]byte, error) { return etf.AppendFun(dst, f) }
