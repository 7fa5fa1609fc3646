package wire

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestPlain holds what is read plainly against the Machine's tokens, for each of
// these terms, and holds them to be read so or not.
func TestPlain(t *testing.T) {
	for _, tt := range []struct {
		term  string
		plain bool
	}{
		{"a\xff", true}, {"b\xff\xff\xff\xfe", true}, {"b\x7f\xff\xff\xff", true}, {"n\x00\x00", true}, {"n\x00\x01", true},
		{"n\x08\x00\xff\xff\xff\xff\xff\xff\xff\x7f", true}, {"n\x08\x01\x00\x00\x00\x00\x00\x00\x00\x80", true},
		{"n\x08\x00\x00\x00\x00\x00\x00\x00\x00\x80", false}, {"n\x08\x01\x01\x00\x00\x00\x00\x00\x00\x80", false},
		{"n\x09\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", false}, {"o\x00\x00\x00\x01\x00\x07", false},
		{"F\x3f\xf8\x00\x00\x00\x00\x00\x00", true}, {"w\x00", true}, {"w\x03\xe2\x82\xac", true}, {"v\x00\x02ab", true},
		{"s\x02ab", true}, {"s\x01\xe9", false}, {"d\x00\x02ab", true}, {"d\x00\x01\xe9", false}, {"m\x00\x00\x00\x02ab", true},
		{"j", true}, {"l\x00\x00\x00\x01jj", true}, {"k\x00\x01a", false}, {"t\x00\x00\x00\x00", true}, {"t\x00\x00\x00\x01jj", true},
		{"h\x00", true}, {"h\x01j", true}, {"i\x00\x00\x00\x01j", true}, {"M\x00\x00\x00\x01\x01\x80", false},
	} {
		b := []byte(tt.term)
		var in Input
		in.BuildSlice(anyProgram(), b)
		in.Next() // of a term that is one token it says that all is done
		tok := in.Token()
		plain := true
		switch k := tok.Kind; k {
		case KindInteger:
			n, end := PlainInt(b, 0)
			if plain = end > 0; plain && (n != int64(tok.Num) || tok.Flags&FlagBig != 0) {
				t.Errorf("%q is read as %d, want %d", b, n, tok.Num)
			}
		case KindFloat:
			if f, _ := PlainFloat(b, 0); math.Float64bits(f) != tok.Num {
				t.Errorf("%q is read as %v", b, f)
			}
		case KindAtom:
			name, end := PlainAtom(b, 0)
			if plain = end > 0; plain && !bytes.Equal(name, in.AtomName()) {
				t.Errorf("%q is read as %q, want %q", b, name, in.AtomName())
			}
		case KindBinary:
			if got, _ := PlainBinary(b, 0); !bytes.Equal(got, in.TokenBytes()) {
				t.Errorf("%q is read as %q", b, got)
			}
		case KindNil, KindList, KindTuple, KindMap:
			kind, n, from := PlainOpen(b, 0)
			if plain = from >= 0; !plain {
				break
			}
			if kind != k && k != KindNil || uint64(n) != tok.Num || n > 0 && from != tok.Start {
				t.Errorf("%q is read as kind %d of %d at %d, want %d of %d at %d", b, kind, n, from, k, tok.Num, tok.Start)
			}
		default:
			plain = false
		}
		if plain != tt.plain {
			t.Errorf("%q: read plainly %v, want %v", b, plain, tt.plain)
		}
		// What is behind a term is another one.
		end := PlainSkip(append(b, 0xff), 0)
		if tag := b[0]; end != len(b) && (end != Astray || tag != TagLargeBig && tag != TagBitBinary) {
			t.Errorf("%q: skipped to %d of %d", b, end, len(b))
		}
	}
}

// TestReadFun: funs and exports in whatever form their parts are, as the Machine reads
// them.
func TestReadFun(t *testing.T) {
	pid, newPid := "gw\x03a@b\x00\x00\x00\x07\x00\x00\x00\x01\x03", "Xv\x00\x03a@b\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x09"
	head := "p\x00\x00\x00\x00\x02" + "0123456789abcdef" + "\x00\x00\x01\x02" + "\x00\x00\x00\x00"
	for _, s := range []string{
		"qw\x01mw\x01fa\xff", "qd\x00\x01ms\x02ffa\x00", "qw\x00w\x00b\x00\x00\x00\x07", "qw\x01mw\x01fn\x01\x00\x09",
		"qs\x01\xe9w\x01fa\x01", "qv\x00\x02\xc3\xa9d\x00\x02f\xfcn\x03\x00\x09\x00\x00", "qw\x01mw\x01fo\x00\x00\x00\x09\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00", "qw\x01mw\x01fn\x00\x00", "qw\x01mw\x01fn\x01\x01\x00",
		head + "w\x01ma\x05a\x06" + pid, head + "d\x00\x03m\xe9nb\xff\xff\xff\xfbn\x04\x01\x01\x02\x03\x04" + newPid,
		head + "s\x01mn\x07\x01\xff\xff\xff\xff\xff\xff\x01o\x00\x00\x00\x04\x00\xff\xff\xff\xff" + newPid,
	} {
		b := []byte(s)
		var in Input
		in.BuildSlice(anyProgram(), b)
		if ev := in.Next(); ev != EvToken {
			t.Fatalf("%q: %v", s, ev)
		}
		got, want := ReadFun(b), in.m.part.fun
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%q: %+v, want %+v", s, got, want)
		}
		least := 0.0
		if strings.IndexByte(s, 0xe9) >= 0 || strings.IndexByte(s, 0xfc) >= 0 {
			least = 1
		}
		if n := testing.AllocsPerRun(10, func() { ReadFun(b) }); n > least {
			t.Errorf("%q takes %v allocations", s, n)
		}
	}
}
