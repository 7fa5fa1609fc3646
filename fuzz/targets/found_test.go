package targets

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// found are payloads in which these tests have found a bug once, made small.
var found = []struct{ hex, what string }{
	{"8301" + strings.Repeat("00", 300), "an unknown tag in front of 255 bytes passed as known, and the slice had no reader to ask for more"},
	{"836c" + "000000e5" + "01" + strings.Repeat("6a", 260), "the same inside a list: an error without a code"},
	{"8350000000097801723bfd7aa9ca8dbb772d00010000ffff1bbf059000", "trailing bytes behind a zlib stream were said to be in the inflated data"},
	{"83700000000000000000000000000000000000000000000000000000000000770500000000006200000000610058770d6e6f6e6f6465406e6f686f7374000000000000000000000000",
		"a fun of an own creator, release 27 and later: negative heap words"},
	{"835977000000000000000000", "Len of a port was the length of its encoding"},
	{"8374000000614d000000010100", "a bitstring as key, written as it arrives: index out of range"},
	{"8374000000024d0000000101806a4d0000000101006a", "the same, whole"},
	{"8374000000026c0000000161016a680161026a6a", "a list as key, skipped: its value was skipped too"},
	{"836e010000", "a small integer that arrives in pieces left its term without an end"},
	{"83640100", "an atom that is too long and cut"},
	{"8374000000016573016e00000001006a", "a reference of one word as the only key"},
	{"83500000000178da6a010000ffff006b7070", "more inflated than was declared, where a reader broke in between: an unknown tag"},
}

// TestFound: what was found stays away, whoever the receiver is and however the
// input is cut.
func TestFound(t *testing.T) {
	for _, f := range found {
		b, err := hex.DecodeString(f.hex)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range agreements(t) {
			for seed := range uint64(16) {
				if _, dis := a.both(b, seed*0x9e3779b9); dis != nil {
					t.Errorf("%s, %v: %v\n%s", f.what, a.Receiver, dis, f.hex)
					break
				}
			}
		}
		m := compile(t, etf.OTP())
		whole := m.NewDecoderBytes(b).SkipValue()
		for at := range b {
			err := m.NewDecoder(io.MultiReader(bytes.NewReader(b[:at]), &failing{})).SkipValue()
			if dis := brokenError(whole, err); dis != nil {
				t.Errorf("%s: broken at %d: %v", f.what, at, dis)
			}
		}
		for i := range 64 {
			w := newWalk(compile(t, etf.OTP()), b, []byte{byte(i & 7), byte(i >> 3), byte(i * 5), 7, 6, 3}, byte(i%3))
			if dis := w.run(); dis != nil {
				t.Errorf("%s: %v, moves %q\n%s", f.what, dis, w.log, f.hex)
			}
		}
	}
}

// TestRefusedInFront: what a policy refuses it refuses whatever follows.
func TestRefusedInFront(t *testing.T) {
	strict := compile(t, etf.Strict())
	behind := append([]byte{109, 0, 1, 0, 0}, make([]byte, 1<<16)...)
	for _, head := range []string{
		"5877016100000001000000010000000100", "5977016100000001000000010", "5a0001770161000000010000000100", "7177016177016261020",
	} {
		b, _ := hex.DecodeString(head[:len(head)/2*2])
		if strict.Validate(append(append([]byte{131, 104, 2}, b...), behind...)) == nil {
			t.Errorf("accepted: %s…", head)
		}
	}
}

// squeezed is a list of n tuples, compressed. If bad is one of them, it has an
// unknown tag.
func squeezed(n, bad int) []byte {
	body := binary.BigEndian.AppendUint32([]byte{104, 2, 97, 1, 108}, uint32(n))
	body = append(append(body, bytes.Repeat([]byte{104, 1, 106}, n)...), 106)
	if bad >= 0 {
		body[9+3*bad] = 0
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(body)
	w.Close()
	return append(binary.BigEndian.AppendUint32([]byte{131, 80}, uint32(len(body))), z.Bytes()...)
}

// TestSqueezed: the error in a compressed term is the same however large the
// buffers are which earlier terms have left behind.
func TestSqueezed(t *testing.T) {
	for _, n := range []int{1_000, 70_000} {
		whole := squeezed(n, -1)
		other := bytes.Clone(whole)
		binary.BigEndian.PutUint32(other[2:], uint32(n))
		claims := bytes.Clone(whole)
		binary.BigEndian.PutUint32(claims[2:], 1<<30)
		for _, ratio := range []int64{200, limits.NoLimit} {
			c := etf.Default()
			c.Limits.MaxRatio, c.Limits.MaxInflated = ratio, limits.NoLimit
			d := NewDrivers(compile(t, c))
			for i, b := range [][]byte{whole, other, claims, whole[:len(whole)/2], whole[:len(whole)-2]} {
				for seed := range uint64(4) {
					if _, dis := d.Check(b, seed*77); dis != nil {
						t.Errorf("%d tuples, form %d, ratio %d: %v", n, i, ratio, dis)
						break
					}
				}
			}
		}
	}
}

// TestRatioOrBadTerm: where a stream goes over the ratio near a term that is bad
// by itself, all drivers meet the same one of the two first.
func TestRatioOrBadTerm(t *testing.T) {
	c := etf.Default()
	c.Limits.MaxRatio = 150
	d := NewDrivers(compile(t, c))
	codes := map[etf.Code]int{}
	for bad := 19_000; bad < 70_000; bad += 499 {
		b := squeezed(70_000, bad)
		out, dis := d.Check(b, uint64(bad))
		if dis != nil {
			t.Errorf("bad tuple %d: %v", bad, dis)
		}
		codes[out.Err.Code]++
	}
	if codes[etf.CodeLimitRatio] == 0 || codes[etf.CodeUnknownTag] == 0 || len(codes) != 2 {
		t.Error(codes)
	}
}

// TestTokensOfReader: the iterator ends with the term, although its last payload
// was not taken.
func TestTokensOfReader(t *testing.T) {
	m := compile(t, etf.Default())
	for _, term := range []string{
		"\x6d\x00\x00\x00\x03abc", "\x68\x02\x6a\x6d\x00\x00\x00\x03abc", "\x6e\x01\x00\x07", "\x68\x01\x6e\x01\x00\x07",
		"\x74\x00\x00\x00\x01\x61\x01\x4d\x00\x00\x00\x02\x03ab", "\x6c\x00\x00\x00\x01\x6a\x6e\x02\x00\x07\x07",
	} {
		for _, behind := range []string{"", "\x83\x6a"} {
			r := NewChunks([]byte("\x83"+term+behind), []int{1}, true)
			d := m.NewDecoder(r)
			for tok, err := range d.Tokens() {
				if err != nil {
					t.Errorf("%x, then %x: %v after %v", term, behind, err, tok)
				}
			}
			if !d.AtTermEnd() {
				t.Errorf("%x, then %x: not at the end of the term", term, behind)
			}
			want := error(nil)
			if behind == "" {
				want = io.EOF
			}
			if err := d.SkipValue(); err != want {
				t.Errorf("%x, then %x: %v behind the term", term, behind, err)
			}
		}
	}
}
