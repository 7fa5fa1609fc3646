package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
)

// TestRefusalDoesNotDependOnWhatFollows puts every tag that a mode never takes
// in front of few and of many bytes: a refusal is about the tag, not about how
// much of the input is in the window.
func TestRefusalDoesNotDependOnWhatFollows(t *testing.T) {
	for name, c := range map[string]etf.Config{"Strict": etf.Strict(), "Default": etf.Default(), "OTP": etf.OTP()} {
		m, err := c.Compile()
		if err != nil {
			t.Fatal(err)
		}
		for tag := range 256 {
			head := []byte{131, 104, 2, byte(tag)}
			near := refusalOf(t, m, append(head, make([]byte, 40)...))
			if near == nil || near.Offset != 3 || near.Limit != nil {
				continue // the tag is known, or what follows is at fault
			}
			for _, n := range []int{251, 252, 300, 5000, 70000} {
				far := refusalOf(t, m, append(head, make([]byte, n)...))
				if far == nil || far.Code != near.Code || far.Offset != 3 {
					t.Errorf("%s: tag %d is %s with 40 bytes behind it, with %d: %v", name, tag, near.Code, n, far)
					break
				}
			}
		}
	}
}

// refusalOf returns the error of a slice, nil if it is accepted. A reader of single
// bytes has to say the same.
func refusalOf(t *testing.T, m *etf.Mode, b []byte) (e *etf.Error) {
	t.Helper()
	err := m.Validate(b)
	_, err1 := m.ValidateReader(iotest.OneByteReader(bytes.NewReader(b)))
	if fmt.Sprint(err) != fmt.Sprint(err1) {
		t.Errorf("%v; a reader of single bytes: %v\n%x", err, err1, b)
	}
	if !errors.As(err, &e) {
		return nil
	}
	return e
}

// TestRefusedExportInFront is the shortest harmful form: a term that Strict must
// refuse, in front of a binary.
func TestRefusedExportInFront(t *testing.T) {
	m, err := etf.Strict().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 200, 300, 1000} {
		b := append([]byte{131, 104, 2, 113, 119, 1, 'm', 119, 1, 'f', 97, 1, 109, 0, 0, byte(n >> 8), byte(n)}, make([]byte, n)...)
		var e *etf.Error
		if err := m.Validate(b); !errors.As(err, &e) || e.Code != etf.CodeRejectedExport || e.Offset != 3 {
			t.Errorf("{fun m:f/1, <<%d bytes>>}: %v", n, err)
		}
	}
}

// TestRefusedAtTheHead: what the head of a fun or an export tells is enough to
// refuse it, although nothing of it follows.
func TestRefusedAtTheHead(t *testing.T) {
	conf := etf.OTP()
	conf.Limits.MaxHeapWords = 4
	if e := refusalOf(t, compile(t, conf), ext(raw(113))); e == nil || e.Code != etf.CodeLimitHeapWords || e.Offset != 1 {
		t.Errorf("an export of more words than are left: %v", e)
	}
	long := ext(raw(112, make([]byte, 25), u32(256)))
	if e := refusalOf(t, compile(t, etf.OTP()), long); len(long) != 31 || e == nil || e.Code != etf.CodeFunFree || e.Offset != 1 {
		t.Errorf("a fun with too many free variables: %v", e)
	}
	if e := refusalOf(t, compile(t, etf.OTP()), ext(raw(118, u16(1021)))); e == nil || e.Code != etf.CodeAtomTooLong || e.Offset != 1 {
		t.Errorf("an atom of more bytes than 255 characters have: %v", e)
	}
	// An empty body is refused for that, whatever stands for it.
	if e := refusalOf(t, compile(t, etf.OTP()), packed(0, []byte{0x78, 0x9c, 0xff})); e == nil || e.Code != etf.CodeInflatedSize || e.Offset != 0 || !e.Inflated {
		t.Errorf("an empty body: %v", e)
	}
	// An offset of the inflated data is none of the tag COMPRESSED.
	if e := refusalOf(t, compile(t, etf.OTP()), packed(2, deflate(cat(null, null)))); e == nil || e.Code != etf.CodeInflatedTrailing || e.Offset != 1 || e.Tag != 0 {
		t.Errorf("trailing: %v", e)
	}
}
