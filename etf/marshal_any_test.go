package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// backInOrder checks that Marshal writes a value in OTP's order of keys, which is
// that of Canonicalize, and that it comes back.
func backInOrder(t *testing.T, name string, v any) []byte {
	t.Helper()
	b, err := etf.Marshal(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if want := canonForm(t, b); !bytes.Equal(b, want) {
		t.Errorf("%s: the keys are not in order", name)
	}
	back := reflect.New(reflect.TypeOf(v))
	if err := compile(t, etf.OTP()).Unmarshal(b, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), v) {
		t.Errorf("%s: it does not come back: %v", name, err)
	}
	return b
}

// TestMarshalManyKeys: maps of all sizes at which keys are sorted otherwise, with
// keys that have much in common, that end early, and that differ late, with values
// that hold others and without.
func TestMarshalManyKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 11, 12, 13, 31, 32, 33, 64, 127, 128, 129, 300, 5000, 1<<14 + 1} {
		for name, key := range map[string]func() string{
			"numbers":  func() string { return fmt.Sprint(r.IntN(1 << 20)) },
			"prefix":   func() string { return fmt.Sprintf("key_%07d", r.IntN(1<<20)) },
			"late":     func() string { return "same" + strings.Repeat("x", 9) + fmt.Sprint(r.IntN(1<<16)) },
			"zeros":    func() string { return strings.Repeat("\x00", r.IntN(12)) + fmt.Sprint(r.IntN(1<<10)) },
			"unicode":  func() string { return text(r) },
			"anything": func() string { return text(r) + fmt.Sprint(r.IntN(999)) + text(r) },
		} {
			m, atoms, lists := map[string]any{}, map[etf.Atom]any{}, map[string]any{}
			for range n {
				k := key()
				m[k], atoms[etf.Atom(k)], lists[k] = int64(len(m)), int64(len(m)), int64(len(m))
				if len(m)%5 == 4 {
					lists[k] = etf.Tuple{int64(len(m))}
				}
			}
			backInOrder(t, fmt.Sprintf("%s, %d with tuples", name, n), lists)
			backInOrder(t, fmt.Sprintf("%s, %d", name, n), m)
			backInOrder(t, fmt.Sprintf("%s, %d atoms", name, n), atoms)
		}
	}
}

// TestMarshalLongAmongMany: a long key, a long value and one that is no term among many
// small ones.
func TestMarshalLongAmongMany(t *testing.T) {
	for _, n := range []int{1 << 12, 1<<12 + 1, 1 << 17} {
		long := strings.Repeat("x", n)
		keys, values := map[string]any{long: int64(1)}, map[string]any{"long": long, "key 7": nil}
		for i := range 300 {
			keys[fmt.Sprint("key ", i)], values[fmt.Sprint("key ", i)] = int64(i), true
		}
		backInOrder(t, fmt.Sprintf("a key of %d", n), keys)
		backInOrder(t, fmt.Sprintf("a value of %d", n), values)
		for name, bad := range map[string]any{"text": "\xff" + long, "a float": math.Inf(1), "an atom": etf.Atom(long)} {
			values["bad"] = bad
			var e *etf.MarshalError
			if b, err := etf.Marshal(values); !errors.As(err, &e) {
				t.Errorf("%s among many: %d bytes, %v", name, len(b), err)
			}
		}
		delete(values, "bad")
		backInOrder(t, "after errors", values)
	}
}

// TestMarshalSameKeys: maps with the keys of one that came before, and maps of
// the same size with others, one after the other and inside each other.
func TestMarshalSameKeys(t *testing.T) {
	row := func(keys string, inner any) map[string]any {
		m := map[string]any{}
		for i, k := range strings.Fields(keys) {
			m[k] = int64(i)
		}
		for k := range m {
			m[k] = inner
			break
		}
		return m
	}
	r := rand.New(rand.NewPCG(3, 4))
	var all []any
	for range 200 {
		var inner any = "leaf"
		for range r.IntN(4) {
			inner = row([]string{"c b a", "a b c", "a b d", "x y z", "a", "", "a b c d"}[r.IntN(7)], inner)
		}
		all = append(all, inner)
	}
	want := append([]any(nil), all...)
	b := backInOrder(t, "rows", all)
	if !reflect.DeepEqual(all, want) {
		t.Error("Marshal has changed what it wrote")
	}
	for range 20 { // nothing of one call shows in the next
		if again, err := etf.Marshal(all); err != nil || !bytes.Equal(again, b) {
			t.Fatal("not the same bytes", err)
		}
		etf.Marshal([]any{row("a b c", nil), row("a b c", math.NaN()), 1})
	}
}

// TestMarshalKeysOfTwoKinds: what is fine as text may be no atom.
func TestMarshalKeysOfTwoKinds(t *testing.T) {
	long := strings.Repeat("x", 256)
	texts, atoms := map[string]any{long: 1}, map[etf.Atom]any{etf.Atom(long): 1}
	if b, err := etf.Marshal([]any{texts, texts, texts, texts, atoms}); err == nil {
		t.Errorf("an atom of 256 characters is written: %x", b[len(b)-20:])
	}
}

// TestMarshalAnyErrors: an error names the type at fault, however deep it is and
// whichever way it was written.
func TestMarshalAnyErrors(t *testing.T) {
	loop := []any{nil}
	loop[0] = loop
	ring := map[string]any{}
	ring["x"] = ring
	var none *big.Int
	for name, c := range map[string]struct {
		v      any
		reason etf.Reason
		typ    any
	}{
		"text":      {[]any{"\xff"}, etf.ReasonUTF8, ""},
		"key":       {map[string]any{"\xff": 1}, etf.ReasonUTF8, ""},
		"atom":      {etf.Tuple{etf.Atom("\xff")}, etf.ReasonEncode, etf.Atom("")},
		"atom key":  {map[etf.Atom]any{etf.Atom(strings.Repeat("x", 256)): 1}, etf.ReasonEncode, etf.Atom("")},
		"NaN":       {map[string]any{"a": math.NaN()}, etf.ReasonEncode, 0.0},
		"infinity":  {float32(math.Inf(1)), etf.ReasonEncode, float32(0)},
		"bitstring": {etf.Bitstring{Bits: 3}, etf.ReasonEncode, etf.Bitstring{}},
		"term":      {[]any{etf.Term{}}, etf.ReasonEncode, etf.Term{}},
		"channel":   {[]any{make(chan int)}, etf.ReasonType, make(chan int)},
		"list loop": {loop, etf.ReasonCycle, nil},
		"map loop":  {ring, etf.ReasonCycle, nil},
	} {
		for range 2 {
			var e *etf.MarshalError
			_, err := etf.Marshal(c.v)
			if !errors.As(err, &e) || e.Reason != c.reason || c.typ != nil && e.Type != reflect.TypeOf(c.typ) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if b, err := etf.Marshal([]any{none}); err != nil || !bytes.Equal(b, ext(list(atom("nil")))) {
		t.Errorf("a nil *big.Int: %x %v", b, err)
	}
}

// TestMarshalDeep: whatever a Go value is nested by counts, so that none takes the
// stack that Go ends the program at.
func TestMarshalDeep(t *testing.T) {
	for name, around := range map[string]func(any) any{
		"lists":           func(x any) any { return []any{x} },
		"tuples":          func(x any) any { return etf.Tuple{x} },
		"maps":            func(x any) any { return map[string]any{"k": x} },
		"maps of atoms":   func(x any) any { return map[etf.Atom]any{"k": x} },
		"maps of any":     func(x any) any { return map[any]any{1: x} },
		"keys":            func(x any) any { return map[any]any{&x: 1} },
		"values of pairs": func(x any) any { return etf.Pairs{{1, x}} },
		"keys of pairs":   func(x any) any { return etf.Pairs{{x, 1}} },
		"pointers":        func(x any) any { return &x },
		"structs":         func(x any) any { return struct{ X any }{x} },
		"arrays":          func(x any) any { return [1]any{x} },
		"tails":           func(x any) any { return etf.ImproperList{Elements: []any{1}, Tail: x} },
		"elements":        func(x any) any { return etf.ImproperList{Elements: []any{x}, Tail: 1} },
		"pointed tails":   func(x any) any { return []etf.ImproperList{{Elements: []any{1}, Tail: x}}[:1:1] },
		"sets":            func(x any) any { return etf.MapSet[any]{x} },
		"results":         func(x any) any { return etf.Result[any, any]{OK: true, Value: x} },
		"reasons":         func(x any) any { return etf.Result[any, any]{Reason: x} },
		"property lists": func(x any) any {
			return struct {
				X map[string]any `etf:",proplist"`
			}{map[string]any{"x": x}}
		},
	} {
		x := any(etf.Atom("x"))
		for range 20_000 {
			x = around(x)
		}
		var bad *etf.MarshalError
		if _, err := etf.Marshal(x); !errors.As(err, &bad) || bad.Reason != etf.ReasonCycle {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := etf.TermOf(x); !errors.As(err, &bad) || bad.Reason != etf.ReasonCycle {
			t.Errorf("%s, as a Term: %v", name, err)
		}
	}
}

// TestMarshalAnyKeeps: writing what Unmarshal makes of terms allocates nothing
// once the buffers have grown.
func TestMarshalAnyKeeps(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := compile(t, etf.OTP())
	for name, term := range payloads() {
		if name == "bigs" || name == "funs" || name == "large map" || name == "container keys" || name == "long keys" || name == "long payload" || name == "improper" {
			continue // types that are written by way of others
		}
		var v any
		if err := m.Unmarshal(ext(term), &v); err != nil {
			t.Fatal(err)
		}
		var b []byte
		write := func() (err error) { b, err = etf.AppendMarshal(b[:0], v); return err }
		if err := write(); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { write() }); n > 0 {
			t.Errorf("%s: AppendMarshal: %v allocations", name, n)
		}
		if n := testing.AllocsPerRun(20, func() { etf.Marshal(v) }); n > 1 {
			t.Errorf("%s: Marshal: %v allocations", name, n)
		}
	}
}

// TestAtomKeys: with the option nothing is lost on the way through an any.
func TestAtomKeys(t *testing.T) {
	c := etf.OTP()
	c.Unmarshal.AtomKeys = true
	m, plain := compile(t, c), compile(t, etf.OTP())
	for name, s := range map[string]struct {
		term       []byte
		want, less any
	}{
		"atoms":    {mapOf(atom("a"), mapOf(atom("b"), null)), map[etf.Atom]any{"a": map[etf.Atom]any{"b": []any{}}}, map[string]any{"a": map[string]any{"b": []any{}}}},
		"binaries": {mapOf(bin("a"), null), map[string]any{"a": []any{}}, map[string]any{"a": []any{}}},
		"both":     {mapOf(atom("a"), small(1), bin("b"), small(2)), etf.Pairs{{Key: etf.Atom("a"), Value: int64(1)}, {Key: "b", Value: int64(2)}}, map[string]any{"a": int64(1), "b": int64(2)}},
		"none":     {mapOf(), map[string]any{}, map[string]any{}},
	} {
		var got, less any
		if err := errors.Join(m.Unmarshal(ext(s.term), &got), plain.Unmarshal(ext(s.term), &less)); err != nil {
			t.Fatal(name, err)
		}
		if !reflect.DeepEqual(got, s.want) || !reflect.DeepEqual(less, s.less) {
			t.Errorf("%s: %#v, and without the option %#v", name, got, less)
		}
		if b, err := etf.Marshal(got); err != nil || !bytes.Equal(b, ext(s.term)) {
			t.Errorf("%s: written as %x %v", name, b, err)
		}
	}
}

// TestMarshalCommonSlices: slices that are written without reflection have the
// bytes and the errors of those that are not.
func TestMarshalCommonSlices(t *testing.T) {
	type (
		number int64
		float  float64
		name   string
	)
	for what, c := range map[string]struct{ common, other any }{
		"integers":    {&[]int{1, -1, 256, math.MaxInt64}, []number{1, -1, 256, math.MaxInt64}},
		"bytes":       {&[]int64{1, 2, 255}, []number{1, 2, 255}},
		"none":        {&[]int64{}, []number{}},
		"floats":      {&[]float64{1, -0.5}, []float{1, -0.5}},
		"infinite":    {&[]float64{1, math.Inf(1)}, []float{1, float(math.Inf(1))}},
		"texts":       {&[]string{"a", "größe", ""}, []name{"a", "größe", ""}},
		"wrong texts": {&[]string{"a", "\xff"}, []name{"a", "\xff"}},
		"atoms": {&struct {
			F []string `etf:"f,atom"`
		}{[]string{"a"}}, &struct {
			F []name `etf:"f,atom"`
		}{[]name{"a"}}},
		"tuples": {&struct {
			F []int `etf:"f,tuple"`
		}{[]int{1, 2}}, &struct {
			F []number `etf:"f,tuple"`
		}{[]number{1, 2}}},
	} {
		a, err := etf.Marshal(c.common)
		b, want := etf.Marshal(c.other)
		var e, w *etf.MarshalError
		if !bytes.Equal(a, b) || errors.As(err, &e) != errors.As(want, &w) || e != nil && e.Reason != w.Reason {
			t.Errorf("%s: %x %v and %x %v", what, a, err, b, want)
		}
	}
}

// TestMarshalNames: names that were checked before, of the same length or in the same
// place of a table, are those of AppendAtom, and a bad one is found among them.
func TestMarshalNames(t *testing.T) {
	var list []any
	var want []byte
	for i := range 3000 {
		name := []string{"größe_%d", "%dσ", "é%d", "plain_%d"}[i%4]
		a := etf.Atom(fmt.Sprintf(name, i%700))
		list = append(list, a)
		var err error
		if want, err = etf.AppendAtom(want, string(a)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := etf.Marshal(etf.Tuple(list))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(got, want) || len(got) != len(want)+6 {
		t.Errorf("%d names are other bytes than AppendAtom's", len(list))
	}
	for _, bad := range []string{"gr\xf6\xdfe_1", strings.Repeat("σ", 256), "a" + strings.Repeat("b", 255)} {
		for _, at := range []int{0, 5, 2000} {
			list[at] = etf.Atom(bad)
			if _, err := etf.Marshal(list); !errors.Is(err, etf.ErrEncode) {
				t.Errorf("%q at %d: %v", bad, at, err)
			}
			list[at] = etf.Atom("é1")
		}
	}
}

// TestMarshalLarge: results beyond what buffers keep are the caller's own, as small
// ones are, and so is the slice that AppendMarshal was given.
func TestMarshalLarge(t *testing.T) {
	large := make([]any, 300_000)
	for i := range large {
		large[i] = i * 1000
	}
	rows := make([]struct{ A, B int }, 100_000)
	for _, v := range []any{large, rows, map[string]any{"rows": large}, []any{large, strings.Repeat("x", 3<<20)}} {
		first, err := etf.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		kept := bytes.Clone(first)
		appended, err := etf.AppendMarshal(make([]byte, 3, 100), v)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			again, err := etf.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, kept) {
				t.Fatalf("%T: Marshal differs from Marshal", v)
			}
			clear(again[:cap(again)])
			if _, err := etf.Marshal("small"); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(first, kept) || !bytes.Equal(appended[3:], kept) {
			t.Errorf("%T: a later Marshal has written into a result", v)
		}
		if waste := cap(first) - len(first); waste > cap(first)/3 {
			t.Errorf("%T: %d bytes of %d are not used", v, waste, cap(first))
		}
	}
	dst := make([]byte, 0, 200)
	short, err := etf.AppendMarshal(dst, etf.Tuple{1, "some text that is not very long"})
	if err != nil {
		t.Fatal(err)
	}
	kept := bytes.Clone(short)
	if _, err := etf.AppendMarshal(short, large); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := etf.Marshal(etf.Tuple{2, large}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(short, kept) {
		t.Error("the slice of AppendMarshal was written to later")
	}
}

// TestMarshalImproper: an improper list in an any is the bytes of one by itself, and
// what is wrong with it is said in the same words.
func TestMarshalImproper(t *testing.T) {
	for _, l := range []etf.ImproperList{
		{Elements: []any{etf.Atom("alias")}, Tail: etf.Reference{Node: "n@h", Words: []uint32{1, 2, 3}}},
		{Elements: []any{1, 2}, Tail: 3},
		{Elements: []any{1}, Tail: etf.ImproperList{Elements: []any{2}, Tail: 3}},
		{Elements: []any{1}, Tail: []any{}},
		{Tail: 1}, {Elements: []any{make(chan int)}}, {Elements: []any{1}, Tail: make(chan int)},
	} {
		alone, aloneErr := etf.Marshal(&l)
		inside, insideErr := etf.Marshal(etf.Tuple{l})
		if aloneErr != nil || insideErr != nil {
			var a, i *etf.MarshalError
			if !errors.As(aloneErr, &a) || !errors.As(insideErr, &i) || a.Reason != i.Reason || a.Type != i.Type {
				t.Errorf("%v: %v, inside %v", l, aloneErr, insideErr)
			}
			continue
		}
		if !bytes.Equal(alone[1:], inside[3:]) {
			t.Errorf("%v: %x, inside %x", l, alone, inside)
		}
	}
}

// TestMarshalNameOfOneByte: a name of one byte that is no UTF-8 is refused, also when
// names beyond ASCII are remembered.
func TestMarshalNameOfOneByte(t *testing.T) {
	var names []any
	for i := range 100 {
		names = append(names, etf.Atom(fmt.Sprint("ä", i)))
	}
	if b, err := etf.Marshal(names); err != nil || !bytes.Equal(b, canonForm(t, b)) {
		t.Fatalf("%x: %v", b, err)
	}
	for _, bad := range []etf.Atom{"\xff", "\xc3", "ä\xff", "a\xc3"} {
		for _, v := range []any{append(names[:len(names):len(names)], bad), append(names[:20:20], map[etf.Atom]any{bad: 1})} {
			var e *etf.MarshalError
			if b, err := etf.Marshal(v); !errors.As(err, &e) || e.Reason != etf.ReasonEncode {
				t.Errorf("%q: %x, %v", bad, b, err)
			}
		}
	}
}
