package wire

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/limits"
)

// program has no caps to speak of, and refuses nothing by policy.
func program(release int) *Program {
	l := limits.Unlimited()
	l.MaxInflated = 1 << 20
	return Compile(Options{Limits: l, Release: release})
}

// verdict reads one term, version byte included, from a slice or, with chunks, from
// a reader of single bytes.
func verdict(p *Program, b []byte, chunks bool) (*Input, Code) {
	in := &Input{}
	if chunks {
		in.ResetReader(p, nil, iotest.OneByteReader(bytes.NewReader(b)))
	} else {
		in.ResetSlice(p, nil, b)
	}
	if in.Run(-1) == EvFail {
		f, _ := in.Failure()
		return in, f.Code
	}
	return in, OK
}

// TestFloatGrammar: what OTP takes, less what depends on bytes outside the field.
func TestFloatGrammar(t *testing.T) {
	for text, want := range map[string]any{
		"1.5\x00":                               1.5,
		"+1.5\x00":                              1.5,
		"-1.5e3\x00":                            -1500.0,
		"1.50000000000000000000e+00\x00":        1.5,
		"0.0\x00":                               0.0,
		"-0.0\x00":                              math.Copysign(0, -1),
		"0001.5E-0001\x00":                      0.15,
		"4.9e-324\x00":                          5e-324,
		"1.0e-400\x00":                          0.0, // underflow is no error
		"1.7976931348623157e308\x00":            math.MaxFloat64,
		"1.7976931348623159e308\x00":            FloatNotFinite,
		"1.0e999999999999999999999999999":       FloatUnterminated,
		"1.0e99999999999999999999999999\x00":    FloatNotFinite,
		"1.5\x00rubbish behind the NUL, ok\xff": 1.5,
		"1,5\x00":                               FloatComma,
		"1,x\x00":                               FloatSyntax,
		"":                                      FloatUnterminated,
		"\x00":                                  FloatSyntax,
		"1\x00":                                 FloatSyntax,
		"1.\x00":                                FloatSyntax,
		".5\x00":                                FloatSyntax,
		"1.5e\x00":                              FloatSyntax,
		"1.5e+\x00":                             FloatSyntax,
		"1.5e1.\x00":                            FloatSyntax,
		"1.5 \x00":                              FloatSyntax,
		" 1.5\x00":                              FloatSyntax,
		"--1.5\x00":                             FloatSyntax,
		"0x1.8p1\x00":                           FloatSyntax,
		"1_0.5\x00":                             FloatSyntax,
		"nan\x00":                               FloatSyntax,
		"inf\x00":                               FloatSyntax,
		"1.5f\x00":                              FloatSyntax,
	} {
		f, code := parseFloat([]byte(text))
		switch want := want.(type) {
		case Code:
			if code != want {
				t.Errorf("%q: %v, %d, want code %d", text, f, code, want)
			}
		case float64:
			if code != OK || math.Float64bits(f) != math.Float64bits(want) {
				t.Errorf("%q: %v, %d, want %v", text, f, code, want)
			}
		}
	}
}

// TestAtomText: the UTF-8 of names, as strict as the BEAM: shortest form, no
// surrogates, nothing above 16#10FFFF; and characters are counted, not bytes.
func TestAtomText(t *testing.T) {
	p := program(0)
	for name, want := range map[string]Code{
		"":                            OK,
		"a":                           OK,
		"\x00":                        OK,
		"\x7f":                        OK,
		"\u0080":                      OK,
		"\u07ff\u0800\ud7ff\ue000":    OK,
		"\ufffe\uffff\ufdd0":          OK, // no characters, but encodable
		"\U00010000\U0010ffff":        OK,
		"\x80":                        AtomUTF8,
		"\xc0\x80":                    AtomUTF8, // NUL in two bytes
		"\xc1\xbf":                    AtomUTF8,
		"\xe0\x9f\xbf":                AtomUTF8,
		"\xf0\x8f\xbf\xbf":            AtomUTF8,
		"\xed\xa0\x80":                AtomUTF8, // a surrogate
		"\xed\xbf\xbf":                AtomUTF8,
		"\xf4\x90\x80\x80":            AtomUTF8,
		"\xf8\x88\x80\x80\x80":        AtomUTF8,
		"\xff":                        AtomUTF8,
		"abc\xc3":                     AtomUTF8, // cut by the name's end
		"sixteen bytes..\xc3":         AtomUTF8,
		strings.Repeat("x", 255):      OK,
		strings.Repeat("x", 256):      AtomTooLong,
		strings.Repeat("é", 255):      OK,
		strings.Repeat("é", 256):      AtomTooLong,
		strings.Repeat("𝄞", 255):      OK,
		strings.Repeat("𝄞", 256):      AtomTooLong,
		strings.Repeat("x", 63) + "é": OK,
	} {
		term := append([]byte{Version, TagAtomUTF8}, binary.BigEndian.AppendUint16(nil, uint16(len(name)))...)
		encodings := [][]byte{append(term, name...)}
		if len(name) < 256 {
			encodings = append(encodings, append([]byte{Version, TagSmallAtomUTF8, byte(len(name))}, name...))
		}
		for _, b := range encodings {
			for _, chunks := range []bool{false, true} {
				if _, code := verdict(p, b, chunks); code != want {
					t.Errorf("%q in %d bytes, chunks %v: code %d, want %d", name, len(b), chunks, code, want)
				}
			}
			in := &Input{}
			in.ResetSlice(p, nil, b)
			if token := in.Next() == EvToken; token != (want == OK) || token && string(in.AtomName()) != name {
				t.Errorf("%q in %d bytes: token %v, %q", name, len(b), token, in.AtomName())
			}
		}
	}
}

// TestShortNames: a name of 1 to 16 bytes is its own entry, so two names must never
// share one, and the loads of scan and of shortName must agree.
func TestShortNames(t *testing.T) {
	seen := map[entry]string{}
	for _, pattern := range []string{"abcdefghijklmnop", "aaaaaaaaaaaaaaaa", strings.Repeat("\x00", 16), strings.Repeat("\x7f", 16)} {
		for n := 1; n <= 16; n++ {
			name := pattern[:n]
			lo, hi := shortName([]byte(name))
			behind := append([]byte(name), bytes.Repeat([]byte{0x5a}, margin)...)
			if mask := &shortMasks[n]; le64(behind, 0)&mask.lo != lo || le64(behind, 8)&mask.hi != hi {
				t.Errorf("%q: two readings of one name", name)
			}
			if (lo|hi)&highBits != 0 {
				t.Errorf("%q: high bits are not free for the length", name)
			}
			e := entry{lo, hi | shortMasks[n].mark}
			if old, ok := seen[e]; ok && old != name {
				t.Errorf("%q and %q are one entry", old, name)
			}
			if e.a&longMark != 0 {
				t.Errorf("%q looks long", name)
			}
			seen[e] = name
		}
	}
}

// TestAtomTable counts distinct atoms through growth, both encodings of a name, and
// the end of the counter by which the table is emptied.
func TestAtomTable(t *testing.T) {
	p := program(0)
	const distinct = 3000
	term := []byte{Version, TagList}
	term = binary.BigEndian.AppendUint32(term, 3*distinct)
	for range 2 {
		for i := range distinct {
			name := fmt.Sprint("n", i) // a third of them long, a third not ASCII
			switch i % 3 {
			case 1:
				name += strings.Repeat("x", 20)
			case 2:
				name += "é"
			}
			term = append(append(term, TagSmallAtomUTF8, byte(len(name))), name...)
		}
	}
	for i := range distinct { // once more in Latin-1
		name := fmt.Sprint("n", i)
		switch i % 3 {
		case 1:
			name += strings.Repeat("x", 20)
		case 2:
			name += "\xe9"
		}
		term = append(append(term, TagSmallAtom, byte(len(name))), name...)
	}
	term = append(term, TagNil)
	for _, chunks := range []bool{false, true} {
		in, code := verdict(p, term, chunks)
		if code != OK || in.m.seen.n != distinct || in.m.atoms != 3*distinct {
			t.Errorf("chunks %v: code %d, %d distinct of %d, want %d of %d", chunks, code, in.m.seen.n, in.m.atoms, distinct, 3*distinct)
		}
		ids := map[uint32]bool{}
		for _, s := range in.m.seen.tab {
			if s.gen == in.m.seen.gen {
				ids[s.id] = true
			}
		}
		if len(ids) != distinct {
			t.Errorf("chunks %v: %d numbers for %d atoms", chunks, len(ids), distinct)
		}
	}

	in := &Input{}
	one := []byte{Version, TagSmallAtomUTF8, 1, 'a'}
	in.ResetSlice(p, nil, one)
	in.m.seen.gen = math.MaxUint32 // the next reset begins again at 1
	for i := range in.m.seen.first {
		in.m.seen.first[i] = atomSlot{entry{'a', shortMasks[1].mark}, 1, 7}
	}
	in.ResetSlice(p, nil, one)
	if in.Run(-1) != EvDone || in.m.seen.gen != 1 || in.m.seen.n != 1 {
		t.Errorf("after the last generation: generation %d, %d distinct", in.m.seen.gen, in.m.seen.n)
	}
}

// TestZlibHeader tries all headers there are. Package zlib has the same rules, but
// for what it does with a dictionary when it has one.
func TestZlibHeader(t *testing.T) {
	p := program(0)
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte{TagNil})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	head := []byte{Version, TagCompressed, 0, 0, 0, 1}
	accepted := 0
	in := &Input{}
	for h := range 1 << 16 {
		stream := binary.BigEndian.AppendUint16(nil, uint16(h))
		stream = append(stream, z.Bytes()[2:]...)
		_, err := zlib.NewReader(bytes.NewReader(stream))
		want := OK
		switch {
		case errors.Is(err, zlib.ErrDictionary):
			want = ZlibDictionary
		case errors.Is(err, zlib.ErrHeader):
			want = ZlibHeader
		case err != nil:
			t.Fatal(err)
		default:
			accepted++
		}
		in.ResetSlice(p, nil, append(head[:len(head):len(head)], stream...))
		in.Run(-1)
		if f, _ := in.Failure(); f.Code != want {
			t.Errorf("header %04x: code %d, want %d", h, f.Code, want)
		}
	}
	if accepted != 32 { // 8 windows, 4 levels
		t.Errorf("%d headers are accepted", accepted)
	}
}

// TestReadID: the encodings of one id are one id.
func TestReadID(t *testing.T) {
	long := "\x76\x00\x03n@h" // ATOM_UTF8_EXT
	for want, encodings := range map[string][]string{
		"n@h 3 1 2 []": {
			"gw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x02\x03", "Xw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03",
			"X" + long + "\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03", "gs\x03n@h\x00\x00\x00\x01\x00\x00\x00\x02\x03"},
		"n@h 3 1 0 []": {
			"fw\x03n@h\x00\x00\x00\x01\x03", "Yw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x03",
			"xw\x03n@h\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x03"},
		"n@h 3 0 0 [5]": {
			"ew\x03n@h\x00\x00\x00\x05\x03", "r\x00\x01w\x03n@h\x03\x00\x00\x00\x05",
			"r\x00\x03w\x03n@h\x03\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00",
			"Z\x00\x02" + long + "\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00\x00"},
		"n@h 3 0 0 [0]":   {"Z\x00\x02w\x03n@h\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00"},
		"n@h 3 0 0 [0 7]": {"Z\x00\x02w\x03n@h\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x07"},
		"é 3 1 2 []":      {"gs\x01\xe9\x00\x00\x00\x01\x00\x00\x00\x02\x03", "gw\x02é\x00\x00\x00\x01\x00\x00\x00\x02\x03"},
	} {
		for _, enc := range encodings {
			id := ReadID([]byte(enc))
			if got := fmt.Sprint(id.Node, " ", id.Creation, " ", id.Number, " ", id.Serial, " ", id.Words); got != want {
				t.Errorf("%q: %s, want %s", enc, got, want)
			}
			if sent := len(id.Words) > 0; sent != (id.Sent > 0) || id.Sent < len(id.Words) {
				t.Errorf("%q: %d words of %d sent", enc, len(id.Words), id.Sent)
			}
		}
	}
}
