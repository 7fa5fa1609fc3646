package beam

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// fullReply is a reply to one accepted case that asked for everything.
func fullReply() (cases []Case, reply []byte) {
	b := binary.BigEndian.AppendUint32(nil, 9000) // atoms
	b = binary.BigEndian.AppendUint32(b, 3000)    // exports
	b = binary.BigEndian.AppendUint32(append(b, 1), 5)
	b = binary.BigEndian.AppendUint64(b, 2)
	b = append(binary.BigEndian.AppendUint32(b, 2), "ca"...)
	b = binary.BigEndian.AppendUint32(b, noBytes)
	b = append(b, 0x80|2)
	return []Case{{Want: Words | Canon | Print | Compare}}, b
}

func TestParseReply(t *testing.T) {
	cases, b := fullReply()
	var out [1]Verdict
	atoms, exports, err := parseReply(b, cases, out[:])
	if err != nil || atoms != 9000 || exports != 3000 {
		t.Fatal(atoms, exports, err)
	}
	v := out[0]
	if v.Plain != Accepted || v.Used != 5 || v.Words != 2 || string(v.Canon) != "ca" || v.Print != "" {
		t.Errorf("%+v", v)
	}
	if v.Other != Accepted || v.Same || v.Order != 1 {
		t.Errorf("%+v", v)
	}
}

// TestParseReplyDamaged: a reply that does not fit the request is an error, at
// whatever byte, and never a panic.
func TestParseReplyDamaged(t *testing.T) {
	cases, b := fullReply()
	for n := range b {
		if _, _, err := parseReply(b[:n], cases, make([]Verdict, 1)); !errors.Is(err, errReply) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, _, err := parseReply(append(b, 0), cases, make([]Verdict, 1)); !errors.Is(err, errReply) {
		t.Errorf("one byte more: %v", err)
	}
}

func TestCut(t *testing.T) {
	cases := make([]Case, 3*frameCases/2)
	cases[7].Payload = make([]byte, frameBytes)
	cases[8].Other = make([]byte, 2*frameBytes)
	at := 0
	for _, s := range cut(cases) {
		if s.from != at || s.to <= s.from || s.to-s.from > frameCases {
			t.Fatalf("%+v after %d", s, at)
		}
		at = s.to
	}
	if at != len(cases) {
		t.Errorf("%d of %d cases are in frames", at, len(cases))
	}
	if got := cut(cases); len(got) != 5 || got[1] != (span{7, 8}) || got[2] != (span{8, 9}) {
		t.Errorf("%v", got)
	}
}

func TestParseInfo(t *testing.T) {
	good := "25.2.3\n13.1.5\nnonode@nohost\n4294967295\n8\n8628"
	info, err := parseInfo(good)
	if want := (Info{"25.2.3", "13.1.5", "nonode@nohost", 1<<32 - 1, 8, 8628}); err != nil || info != want {
		t.Errorf("%+v, %v", info, err)
	}
	for _, bad := range []string{"", good + "\n", strings.Replace(good, "4294967295", "-1", 1), good[:len(good)-4]} {
		if _, err := parseInfo(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestNames(t *testing.T) {
	got := []string{Unasked.String(), Rejected.String(), Accepted.String(), Died.String(), Outcome(9).String(),
		Alive.String(), Crashed.String(), Hung.String(), TooBig.String(), Death(9).String()}
	want := "unasked rejected accepted died 9? alive crashed hung too big 9?"
	if strings.Join(got, " ") != want {
		t.Errorf("%q", got)
	}
}

func TestTail(t *testing.T) {
	var tl tail
	if tl.quoted() != "" {
		t.Errorf("%q", tl.quoted())
	}
	for range 3 * tailBytes {
		tl.Write([]byte("ab"))
	}
	tl.Write([]byte(" end\n"))
	if s := tl.String(); len(s) > tailBytes || !strings.HasSuffix(s, "abab end") {
		t.Errorf("%d bytes, %q", len(s), s[len(s)-8:])
	}
}
