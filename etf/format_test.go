package etf_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/beamgate/beamgate/etf"
)

// TestErlangSyntax prints terms as io_lib:format("~tp") of OTP 25 does, but for
// ids and funs, for which Erlang has no syntax.
func TestErlangSyntax(t *testing.T) {
	for want, term := range map[string][]byte{
		"1": small(1), "-1": int32x(-1), "1.5": float(1.5), "1.0": float(1), "0.0": float(0), "-0.0": float(math.Copysign(0, -1)),
		"1.0e-5": float(1e-5), "0.0001": float(1e-4), "1.0e100": float(1e100), "1.2345e-7": float(1.2345e-7), "9007199254740991.0": float(1<<53 - 1), "9.007199254740992e15": float(1 << 53),
		"[]": null, "{}": tuple(), "#{}": maps(0), "<<>>": bin(""), "''": atom(""), "ok": atom("ok"), "a@B_9": atom("a@B_9"), "'Ok'": atom("Ok"), "'a b'": atom("a b"), "'end'": atom("end"), "caf\u00e9": atom("caf\u00e9"),
		"'\\'\\\\'": atom("'\\"), "'\\n'": latin1("\n"), "'\\d'": atom("\x7f"), "'\\200'": latin1("\u0080"), "'\\000'": atom("\x00"), "'\u4e2d'": atom("\u4e2d"), "'9a'": atom("9a"), "\u00df": latin1("\u00df"), "'\u00c0'": atom("\u00c0"), "a\u00c0": atom("a\u00c0"), "'a\u00d7'": atom("a\u00d7"),
		`"abc"`: str("abc"), `"\n\r\t\v\b\f\e\"\\"`: str("\n\r\t\v\b\f\x1b\"\\"), "[0,1]": str("\x00\x01"), "[1|2]": pieces(small(2), small(1)), "[97,98|c]": pieces(atom("c"), small(97), small(98)), "[97,20013]": list(small(97), int32x(0x4e2d)), "\"a\u00e9\"": str("a\xe9"), "[127]": list(small(127)), "[97,-1]": list(small(97), int32x(-1)), "[55296]": list(int32x(0xd800)), "[1114112]": list(int32x(0x110000)),
		`<<"abc">>`: bin("abc"), "<<\"\u00e9\"/utf8>>": bin("\u00e9"), "<<0,255>>": bin("\x00\xff"), "<<1:3>>": bits(3, 0x20), "<<97,3:2>>": bits(2, 97, 0xff), "<<127>>": bin("\x7f"), "<<\"\u00e9\">>": bin("\xe9"), "<<212,161>>": bin("\u0521"), "<<\"\u00d4\u00a1\u00ff\">>": bin("\u0521\xff"),
		"{a,[b],#{2 => [],c => 1}}": tuple(atom("a"), list(atom("b")), mapOf(atom("c"), small(1), small(2), null)), "#{#{} => {}}": mapOf(maps(0), tuple()),
		"#Pid<n@h.1.2.3>": newPid(self, 1, 2, 3), "#Port<'A'.7.1>": newPort(atom("A"), 7, 1), "#Ref<n@h.9.1.2>": newerRef(self, 9, 1, 2), "fun m:'F'/2": export(atom("m"), atom("F"), small(2)), "fun end:'a@'/0": export(atom("end"), atom("a@"), small(0)), "fun '':'\\000\\033\\n\\d\\''/0": export(atom(""), atom("\x00\x1b\n\x7f'"), small(0)), "fun \u00c3\u00a9:'a\\200'/0": export(atom("\u00e9"), latin1("a\u0080"), small(0)), "#Fun<m.0.2>": fun(null),
		"18446744073709551616": smallBig(false, 0, 0, 0, 0, 0, 0, 0, 0, 1), "-18446744073709551616": smallBig(true, 0, 0, 0, 0, 0, 0, 0, 0, 1),
	} {
		v := decode(t, term)
		if v.String() != want || fmt.Sprintf("%v|%s", v, v) != want+"|"+want {
			t.Errorf("%s, want %s", v, want)
		}
	}
	if got := fmt.Sprintf("%d", decode(t, small(1))); got != "%!d(etf.Term)" {
		t.Error(got)
	}
	turned := decode(t, atom("a\u202e\u4e2d"))
	if got := fmt.Sprintf("%s %q %+q", turned, turned, turned); got != "'a\u202e\u4e2d' \"'a\\u202e\u4e2d'\" \"'a\\u202e\\u4e2d'\"" {
		t.Error(got)
	}
	if got := (etf.Term{}).String(); got != "#Invalid" {
		t.Error(got)
	}
}

// TestNoControls: what is printed moves no cursor, whatever the term names.
func TestNoControls(t *testing.T) {
	var every []byte
	for r := range rune(0x400) {
		every = utf8.AppendRune(every, r)
	}
	for at := 0; at < len(every); at += 100 {
		text := string(every[at:min(at+100, len(every))])
		if text = strings.ToValidUTF8(text, ""); len([]rune(text)) > 255 {
			t.Fatal("too long for an atom")
		}
		name := atom(text)
		for _, term := range [][]byte{name, export(name, name, small(1)), newPid(name, 1, 2, 3), newPort(name, 7, 1), newerRef(name, 9, 1, 2), bin(text), str(text)} {
			for _, r := range decode(t, term).String() {
				if unicode.IsControl(r) {
					t.Errorf("%q of %q", r, text)
				}
			}
		}
	}
}

// TestAppendIsBounded cuts long terms at every length, and never in a letter.
func TestAppendIsBounded(t *testing.T) {
	for _, term := range [][]byte{
		tuple(atom("caf\u00e9"), str("a string"), bin("\u00e9\u4e2d\u00e9"), bin("\x00\x01\xff"), largeBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), mapOf(newPid(self, 1, 2, 3), float(0.1))),
		list(copies(30, bits(3, 1, 2))...), list(int32x(0x4e2d), int32x(0x4e2d)),
	} {
		v := decode(t, term)
		whole := v.String()
		if got := string(v.Append([]byte("front "), math.MaxInt)); got != "front "+whole {
			t.Errorf("without a limit: %q", got)
		}
		for n := -1; n <= len(whole)+1; n++ {
			got := string(v.Append([]byte("front "), n))
			if !strings.HasPrefix(got, "front ") || !utf8.ValidString(got) || len(got) > len("front \u2026")+max(n, 0) {
				t.Errorf("limit %d: %q", n, got)
			}
			if full := got == "front "+whole; full != (n >= len(whole)) {
				t.Errorf("limit %d of %d: %q", n, len(whole), got)
			}
		}
	}
	for name, term := range map[string][]byte{
		"binary": bin(strings.Repeat("x", 200_000)), "bytes": bin(strings.Repeat("\xff", 200_000)), "integer": largeBig(false, []byte(strings.Repeat("x", 60_000))...),
		"string": str(strings.Repeat("x", 65_000) + ""), "list": list(copies(100_000, small(1))...), "deep": cat(times(100_000, head(1)), small(1), times(100_000, null)),
	} {
		if n := len(decode(t, term).String()); n > etf.FormatMax+3 || n < 20 {
			t.Errorf("%s prints %d bytes", name, n)
		}
	}
}

// TestFloatsAsTheShellPrintsThem: with an exponent where that is shorter, as
// float_to_list(F, [short]) decides.
func TestFloatsAsTheShellPrintsThem(t *testing.T) {
	for want, f := range map[string]float64{
		"10.0": 10, "100.0": 100, "1.0e3": 1e3, "1.0e5": 1e5, "123456.0": 123456, "1.2e5": 12e4, "1.23e7": 123e5, "12345678901234.0": 12345678901234, "1.2345e10": 12345e6,
		"9.0e15": 9e15, "4503599627370496.0": 1 << 52, "0.1": 0.1, "0.001": 1e-3, "0.00123": 123e-5, "0.0001": 1e-4, "1.2e-4": 12e-5, "1.23456e-4": 123456e-9, "3.0e-5": 3e-5, "1.0e21": 1e21, "-1.0e3": -1e3,
	} {
		if v := decode(t, float(f)); v.String() != want {
			t.Errorf("%v, want %s", v, want)
		}
	}
}
