package targets

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	fuzz "github.com/google/gofuzz"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/limits"
)

// FuzzUnmarshal: any term into any Go type gives a value or an error of its kind,
// and what was refused leaves the value alone. A value that came of a term goes
// back into a term and comes again.
func FuzzUnmarshal(f *testing.F) {
	for i, b := range seeds() {
		f.Add(b, uint8(asIs), []byte{byte(i), byte(i / 7), byte(i / 3), 5, 4, 3, 2, 1})
		f.Add(b, uint8(asTape), []byte{7, byte(15 + i%3)})
	}
	m, loose := compile(f, etf.Config{Limits: limits.Strict(), Policy: etf.Policy{Allow: etf.Identities}}), compile(f, etf.OTP())
	f.Fuzz(func(t *testing.T, data []byte, way uint8, shape []byte) {
		b := payloadOf(data, way)
		typ := (&typesOf{shape}).typ(3)
		to := reflect.New(typ)
		err := m.Unmarshal(b, to.Interface())
		var misfit *etf.UnmarshalError
		if errors.As(err, &misfit) && (misfit.Reason == etf.ReasonTag || misfit.Reason == etf.ReasonTarget) {
			return // the type is at fault, not the term
		}
		if refused := m.Validate(b); refused != nil {
			if err == nil || err.Error() != refused.Error() || !to.Elem().IsZero() {
				t.Fatalf("%v, Validate says %v, the value is %v", err, refused, to.Elem())
			}
			return
		}
		if err != nil && (misfit == nil || misfit.Reason == "") {
			t.Fatalf("%T: %v", err, err)
		}
		equalTerms(t, m, b, to, err)
		if err == nil {
			comesBack(t, loose, to)
		}
	})
}

// equalTerms: the canonical form of a term gives the same value as the term, or both give
// none; which of several faults is told goes by the order of pairs. What a value may take
// goes by the bytes received.
func equalTerms(t *testing.T, m *etf.Mode, b []byte, v reflect.Value, err error) {
	t.Helper()
	form, refused := m.Canonicalize(nil, b)
	if refused != nil || m.Validate(form) != nil {
		return // it is longer than m takes
	}
	again := reflect.New(v.Type().Elem())
	err2 := m.Unmarshal(form, again.Interface())
	if err != nil || err2 != nil {
		if (err == nil || err2 == nil) && !outOfMemory(err) && !outOfMemory(err2) {
			t.Fatalf("%v: %v, of the canonical form %v\n%x\n%x", v.Type().Elem(), err, err2, b, form)
		}
		return
	}
	one, err := etf.Marshal(v.Interface())
	two, err2 := etf.Marshal(again.Interface())
	if (err == nil) != (err2 == nil) || !bytes.Equal(one, two) {
		t.Fatalf("%v: %v and %v\n%x %v\n%x %v", v.Type().Elem(), v.Elem(), again.Elem(), one, err, two, err2)
	}
}

func outOfMemory(err error) bool {
	var e *etf.UnmarshalError
	return errors.As(err, &e) && e.Reason == etf.ReasonMemory
}

// comesBack: Marshal's form of a value is the canonical one, and is read into the
// same value again by a Mode that takes all that Marshal writes.
func comesBack(t *testing.T, loose *etf.Mode, v reflect.Value) {
	t.Helper()
	b, err := etf.Marshal(v.Interface())
	if err != nil {
		var unfit *etf.MarshalError
		if !errors.As(err, &unfit) {
			t.Fatalf("%T: %v", err, err)
		}
		return
	}
	term, err := loose.Decode(b)
	if err != nil {
		t.Fatalf("%v: of %v\n%x", err, v.Elem(), b)
	}
	if form, err := term.AppendETF(nil); err != nil || !bytes.Equal(form, b) {
		t.Fatalf("%x is no canonical form: %x %v", b, form, err)
	}
	again := reflect.New(v.Type().Elem())
	if err := loose.Unmarshal(b, again.Interface()); err != nil {
		if oneWay(v.Type().Elem()) {
			return
		}
		if errors.Is(err, errNoLetter) && bytes.Contains(b, []byte("Elixir.Decimal")) {
			return // as a number a Letter has no leading zero
		}
		t.Fatalf("%v: %v\n%x", v.Elem(), err, b)
	}
	form, err := etf.Marshal(again.Interface())
	var unfit *etf.MarshalError
	switch {
	case err == nil && (bytes.Equal(form, b) || oneWay(v.Type().Elem())):
	case errors.As(err, &unfit) && unfit.Reason == etf.ReasonCollision && oneWay(v.Type().Elem()):
		// Hooks have read one value for several: keys with pointers still differ in Go.
	default:
		t.Fatalf("%v becomes %x and then %x %v", v.Elem(), b, form, err)
	}
}

// oneWay reports whether a type holds values that Unmarshal does not make: a Hook
// and a WriteLetter write something else than they read, and a pointer to nil
// becomes nil.
func oneWay(typ reflect.Type) bool { return holds(typ, map[reflect.Type]bool{}) }

func holds(typ reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[typ] {
		return false
	}
	seen[typ] = true
	if typ == reflect.TypeFor[Hook]() || typ == reflect.TypeFor[WriteLetter]() || typ.Kind() == reflect.Interface && typ.NumMethod() > 0 {
		return true
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return typ.Elem().Kind() == reflect.Pointer || holds(typ.Elem(), seen)
	case reflect.Slice, reflect.Array:
		return holds(typ.Elem(), seen)
	case reflect.Map:
		return holds(typ.Key(), seen) || holds(typ.Elem(), seen)
	case reflect.Struct:
		for i := range typ.NumField() {
			if holds(typ.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

// TestHookedBytes: bytes with hooks are lists of what the hooks say.
func TestHookedBytes(t *testing.T) {
	loose := compile(t, etf.OTP())
	for _, c := range []struct {
		v    any // a pointer
		term string
	}{
		{&[]Octet{1, 255}, "\x83k\x00\x02\xfe\x00"}, {&[4]Octet{0, 1, 2, 3}, "\x83k\x00\x04\xff\xfe\xfd\xfc"},
		{&[]Letter{'J'}, "\x83l\x00\x00\x00\x01m\x00\x00\x00\x024aj"}, {&[2]Letter{10, 11}, "\x83l\x00\x00\x00\x02m\x00\x00\x00\x020am\x00\x00\x00\x020bj"},
		{&[]ReadOctet{7}, "\x83k\x00\x01\x07"}, {&[3]ReadOctet{7, 8, 9}, "\x83k\x00\x03\x07\x08\x09"},
		{&[]WriteLetter{7}, "\x83l\x00\x00\x00\x01m\x00\x00\x00\x0207j"}, {&[1]WriteLetter{255}, "\x83l\x00\x00\x00\x01m\x00\x00\x00\x02ffj"},
		{&map[Letter][]Octet{1: {2}}, "\x83t\x00\x00\x00\x01m\x00\x00\x00\x0201k\x00\x01\xfd"},
	} {
		b, err := etf.Marshal(c.v)
		if err != nil || string(b) != c.term {
			t.Errorf("%T: %q, %v", c.v, b, err)
		}
		again := reflect.New(reflect.TypeOf(c.v).Elem())
		if err := loose.Unmarshal([]byte(c.term), again.Interface()); oneWay(again.Type()) {
			if err == nil {
				t.Errorf("%T reads what it writes", c.v)
			}
		} else if err != nil || !reflect.DeepEqual(again.Interface(), c.v) {
			t.Errorf("%T: %v, %v", c.v, again.Elem(), err)
		}
	}
}

// FuzzMarshal: random values of random Go types.
func FuzzMarshal(f *testing.F) {
	g := gen.New(gen.Options{Size: 100})
	for i := range uint64(50) {
		g.Seed(defaultSeed, i)
		f.Add(g.Payload(), []byte{byte(i), byte(i / 5), 5, byte(i / 2), 4, 3})
	}
	f.Add([]byte("0"), []byte("$%8.7."))     // a map whose keys hold hooks and pointers
	f.Add([]byte("9"), []byte("1%100%1001")) // structs of nothing but fields that are left out
	loose := compile(f, etf.OTP())
	f.Fuzz(func(t *testing.T, data, shape []byte) {
		typ := (&typesOf{shape}).typ(3)
		v := reflect.New(typ)
		if !fillable(typ) {
			return
		}
		fuzz.NewFromGoFuzz(data[:min(len(data), maxInput)]).MaxDepth(6).NumElements(0, 5).NilChance(0.2).Funcs(readReference).Fuzz(v.Interface())
		comesBack(t, loose, v)
	})
}

// readReference makes a Reference as they are read: without zero words at the end,
// which Marshal writes where they are given.
func readReference(r *etf.Reference, c fuzz.Continue) {
	c.FuzzNoCustom(r)
	for n := len(r.Words); n > 1 && r.Words[n-1] == 0; n-- {
		r.Words = r.Words[:n-1]
	}
}

// fillable reports whether gofuzz knows how to fill a type.
func fillable(typ reflect.Type) bool { return !closed(typ, map[reflect.Type]bool{}) }

func closed(typ reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[typ] {
		return false
	}
	seen[typ] = true
	switch typ.Kind() {
	case reflect.Interface, reflect.Chan, reflect.Complex128, reflect.Func:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return closed(typ.Elem(), seen)
	case reflect.Map:
		return closed(typ.Key(), seen) || closed(typ.Elem(), seen)
	case reflect.Struct:
		for i := range typ.NumField() {
			if f := typ.Field(i); closed(f.Type, seen) {
				return true
			}
		}
	}
	return false
}
