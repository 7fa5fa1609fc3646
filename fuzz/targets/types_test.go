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
		if err != nil {
			if misfit == nil || misfit.Reason == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		comesBack(t, loose, to)
	})
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
		t.Fatalf("%v: %v\n%x", v.Elem(), err, b)
	}
	if form, err := etf.Marshal(again.Interface()); err != nil || !bytes.Equal(form, b) && !oneWay(v.Type().Elem()) {
		t.Fatalf("%v becomes %x and then %x %v", v.Elem(), b, form, err)
	}
}

// oneWay reports whether a type holds values that Unmarshal does not make: a Hook
// writes something else than it reads, and a pointer to nil becomes nil.
func oneWay(typ reflect.Type) bool { return holds(typ, map[reflect.Type]bool{}) }

func holds(typ reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[typ] {
		return false
	}
	seen[typ] = true
	if typ == reflect.TypeFor[Hook]() || typ.Kind() == reflect.Interface && typ.NumMethod() > 0 {
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

// FuzzMarshal: random values of random Go types.
func FuzzMarshal(f *testing.F) {
	g := gen.New(gen.Options{Size: 100})
	for i := range uint64(50) {
		g.Seed(defaultSeed, i)
		f.Add(g.Payload(), []byte{byte(i), byte(i / 5), 5, byte(i / 2), 4, 3})
	}
	loose := compile(f, etf.OTP())
	f.Fuzz(func(t *testing.T, data, shape []byte) {
		typ := (&typesOf{shape}).typ(3)
		v := reflect.New(typ)
		if !fillable(typ) {
			return
		}
		fuzz.NewFromGoFuzz(data[:min(len(data), maxInput)]).MaxDepth(6).NumElements(0, 5).NilChance(0.2).Fuzz(v.Interface())
		comesBack(t, loose, v)
	})
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
