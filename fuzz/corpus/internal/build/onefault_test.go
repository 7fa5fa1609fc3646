package build

import (
	"errors"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// TestOneFault: a case that is refused has one fault. Whoever puts something
// harmless in place of the term at fault gets a payload that is accepted to its
// end, so nothing else is wrong with it. Cuts and zlib streams have no term at
// fault, and what is cut for the sake of VMs has two by design.
func TestOneFault(t *testing.T) {
	b := again(t)
	m, err := etf.OTP().Compile()
	if err != nil {
		t.Fatal(err)
	}
	repaired, left := 0, 0
	for _, e := range b.entries {
		_, err := m.ValidatePrefix(e.data)
		var refusal *etf.Error
		if !errors.As(err, &refusal) || e.spec.Cut || e.spec.Recipe != nil {
			continue
		}
		if at, ok := faultyTerm(refusal); ok && !claims(e.spec) {
			if !repair(m, e.data, at) {
				t.Errorf("%s: %v, and more than that: %x", e.spec.ID, err, e.data)
			}
			repaired++
		} else {
			left++
		}
	}
	if repaired < 500 {
		t.Errorf("%d cases repaired, %d not looked at", repaired, left)
	}
	t.Logf("%d cases repaired, %d not looked at", repaired, left)
}

// faultyTerm is where a term stands that is at fault.
func faultyTerm(e *etf.Error) (at int, ok bool) {
	code := string(e.Code)
	switch {
	case e.Inflated, e.Code == etf.CodeTruncated, e.Code == etf.CodeVersion, e.Code == etf.CodeInflatedSize, strings.HasPrefix(code, "zlib_"):
		return 0, false
	}
	return int(e.Offset), true
}

// claims reports a case whose fault is a count that nothing backs.
func claims(s *Spec) bool {
	for _, f := range s.Flags {
		if f == "claim" || f == "distribution" || f == "newer-tag" {
			return true
		}
	}
	return false
}

// repair tries what is harmless in place of 1, 2, … bytes at the fault.
func repair(m *etf.Mode, b []byte, at int) bool {
	for _, good := range [][]byte{null, atom("repaired"), small(77), pid(atom("r@r"), 1, 1, 1)} {
		for n := 1; at+n <= len(b); n++ {
			fixed := cat(b[:at], good, b[at+n:])
			if used, err := m.ValidatePrefix(fixed); err == nil && used == len(fixed) {
				return true
			}
		}
	}
	return false
}
