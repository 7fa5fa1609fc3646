package limits

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestFieldsAreTheStruct holds the one list of the caps against the type: a new
// field has to be in it, in its place, and be an int64.
func TestFieldsAreTheStruct(t *testing.T) {
	var l Limits
	typ := reflect.TypeFor[Limits]()
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		names = append(names, f.Name)
		if f.Type.Kind() != reflect.Int64 || !strings.HasPrefix(f.Name, "Max") {
			t.Errorf("field %s %v", f.Name, f.Type)
		}
		if !l.Set(f.Name, int64(i)+1) {
			t.Errorf("Set does not know %s", f.Name)
		}
		if v := reflect.ValueOf(l).Field(i).Int(); v != int64(i)+1 {
			t.Errorf("Set of %s changed another field", f.Name)
		}
		if v, ok := l.Get(f.Name); v != int64(i)+1 || !ok {
			t.Errorf("Get of %s is %d, %v", f.Name, v, ok)
		}
	}
	if !slices.Equal(Names(), names) {
		t.Errorf("Names are %v, fields %v", Names(), names)
	}
}

func TestGetAndSetOfUnknownNames(t *testing.T) {
	l := Strict()
	for _, name := range []string{"", "maxBytes", "MaxNothing", "MaxBytes "} {
		if _, ok := l.Get(name); ok {
			t.Errorf("Get knows %q", name)
		}
		if l.Set(name, 1) || l != Strict() {
			t.Errorf("Set knows %q", name)
		}
	}
}

// TestPresets: every cap is on in both, Strict is nowhere looser, and only the
// caps that say so are unset or without limit.
func TestPresets(t *testing.T) {
	strict, normal := Strict(), Default()
	if strict.Validate() != nil || normal.Validate() != nil || strict.MaxInflated != None {
		t.Error("a preset is not valid")
	}
	for _, name := range Names() {
		s, _ := strict.Get(name)
		d, _ := normal.Get(name)
		if s > d {
			t.Errorf("%s: Strict %d, Default %d", name, s, d)
		}
		if unset := name == "MaxNewAtoms"; unset != (s == 0) || unset != (d == 0) {
			t.Errorf("%s: Strict %d, Default %d", name, s, d)
		}
		if free := name == "MaxStreamBytes"; free != (s == NoLimit) || free != (d == NoLimit) {
			t.Errorf("%s: Strict %d, Default %d", name, s, d)
		}
	}
	if strict != strict.Tighten(normal) || strict != normal.Tighten(strict) {
		t.Error("Strict is not Default tightened")
	}
	// The values of the issue.
	want := Limits{
		MaxBytes: 1 << 20, MaxDepth: 128, MaxTerms: 256 << 10, MaxArity: 128 << 10, MaxBlob: 1 << 20, MaxBigBytes: 1 << 10, MaxAtomChars: 255,
		MaxAtoms: 256 << 10, MaxDistinctAtoms: 16 << 10, MaxInflated: None, MaxRatio: 100, MaxBuffered: 1 << 20,
		MaxStreamBytes: NoLimit, MaxKeyState: 4 << 20, MaxHeapWords: 4 << 20,
	}
	if strict != want {
		t.Errorf("%+v", strict)
	}
	want = Limits{
		MaxBytes: 64 << 20, MaxDepth: 1024, MaxTerms: 16 << 20, MaxArity: 4 << 20, MaxBlob: 64 << 20, MaxBigBytes: 64 << 10, MaxAtomChars: 255,
		MaxAtoms: 16 << 20, MaxDistinctAtoms: 256 << 10, MaxInflated: 64 << 20, MaxRatio: 100, MaxBuffered: 16 << 20,
		MaxStreamBytes: NoLimit, MaxKeyState: 64 << 20, MaxHeapWords: 256 << 20,
	}
	if normal != want {
		t.Errorf("%+v", normal)
	}
	for _, name := range Names() {
		if v, _ := Unlimited().Get(name); v != NoLimit {
			t.Errorf("Unlimited %s is %d", name, v)
		}
	}
	if NoLimit != math.MaxInt64 || None != -1 {
		t.Error("the ends moved")
	}
}

// TestOrAndTighten go through every field with each kind of value on both sides.
func TestOrAndTighten(t *testing.T) {
	for _, tc := range []struct{ l, with, or, tight int64 }{
		{0, 0, 0, 0},
		{0, 7, 7, 7},
		{7, 0, 7, 7},
		{7, 9, 7, 7},
		{9, 7, 9, 7},
		{8, 7, 8, 7},
		{7, 7, 7, 7},
		{7, None, 7, None},
		{None, 7, None, None},
		{0, None, None, None},
		{NoLimit, 7, NoLimit, 7},
		{7, NoLimit, 7, 7},
		{NoLimit, None, NoLimit, None},
		{NoLimit, 0, NoLimit, NoLimit},
	} {
		for _, name := range Names() {
			l, with := Strict(), Strict()
			l.Set(name, tc.l)
			with.Set(name, tc.with)
			before, beforeWith := l, with
			wantOr, wantTight := Strict(), Strict()
			wantOr.Set(name, tc.or)
			wantTight.Set(name, tc.tight)
			if got := l.Or(with); got != wantOr {
				t.Errorf("%s: %d.Or(%d) is %+v", name, tc.l, tc.with, got)
			}
			if got := l.Tighten(with); got != wantTight {
				t.Errorf("%s: %d.Tighten(%d) is %+v", name, tc.l, tc.with, got)
			}
			if l != before || with != beforeWith {
				t.Errorf("%s: an operand changed", name)
			}
		}
	}
}

// TestValidate refuses what is negative and not None, by name.
func TestValidate(t *testing.T) {
	for _, name := range Names() {
		for _, v := range []int64{0, None, 1, NoLimit} {
			l := Default()
			l.Set(name, v)
			if err := l.Validate(); err != nil {
				t.Errorf("%s of %d: %v", name, v, err)
			}
		}
		for _, v := range []int64{-2, math.MinInt64} {
			l := Default()
			l.Set(name, v)
			if err := l.Validate(); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s of %d: %v", name, v, err)
			}
		}
	}
	if err := (Limits{}).Validate(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
}
