package etf

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"testing"
)

type roomLeaf struct{ N int }

// RoomPart is exported, so that it can be embedded by a pointer.
type RoomPart struct{ In *roomLeaf }

// roomy has something of everything that is allocated.
type roomy struct {
	*RoomPart
	Any     any
	Text    string
	Chars   string `etf:",charlist"`
	Latin   []byte `etf:",charlist"`
	IO      string `etf:",iodata"`
	Atom    []byte `etf:",atom"`
	Bytes   []byte
	Big     *big.Int
	Ints    []int
	Strings []string
	Map     map[string]int
	Props   map[string]int `etf:",proplist"`
	Tuple   Tuple
	Pairs   Pairs
	Improp  ImproperList
	Set     MapSet[string]
	Dec     Decimal
	DecText string `etf:",decimal"`
	Raw     RawTerm
	Res     Result[string, string]
	Named   map[string]any
	Path    byText
}

// byText is a hook that takes text.
type byText struct{ s string }

func (b *byText) UnmarshalText(t []byte) error {
	b.s = string(t)
	return nil
}

func (b byText) MarshalText() ([]byte, error) { return []byte(b.s), nil }

func fullRoom() roomy {
	large := new(big.Int).Lsh(big.NewInt(1), 200)
	return roomy{
		RoomPart: &RoomPart{&roomLeaf{5}},
		Any: []any{1.5, large, "text", []byte{255}, Atom("a"), Tuple{1}, map[string]any{"k": 1}, Pairs{{1, 2}, {"x", nil}},
			ImproperList{[]any{1}, Tuple{2}}, Bitstring{[]byte{0x80}, 1}},
		Text: "text", Chars: "h€", Latin: []byte{1}, IO: "io", Atom: []byte("at"), Bytes: []byte{1}, Big: large, Ints: []int{1, 500},
		Strings: []string{"abc"}, Map: map[string]int{"a": 1}, Props: map[string]int{"a": 1}, Tuple: Tuple{"x"}, Pairs: Pairs{{1, 2}},
		Improp: ImproperList{[]any{"x"}, "y"}, Set: MapSet[string]{"abc"}, Dec: Decimal{Coef: large}, DecText: "1.5", Raw: RawTerm{'j'},
		Res: Result[string, string]{OK: true, Value: "v"}, Named: map[string]any{"x": []any{"y"}}, Path: byText{"p"},
	}
}

// TestRoom gives a value less and less memory: that ends in an error that says
// so, with a type and a path, or the value is whole.
func TestRoom(t *testing.T) {
	v := fullRoom()
	b, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.c.plans.of(reflect.TypeFor[roomy](), options{})
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for room := int64(0); ; room++ {
		var got roomy
		s := m.get()
		s.in.BuildSlice(m.c.prog, b[1:])
		s.in.Run(-1)
		err := s.into(b[1:], 0, p, reflect.ValueOf(&got).Elem(), room)
		m.put(s)
		if err == nil {
			if again, err := Marshal(got); err != nil || string(again) != string(b) {
				t.Errorf("with %d bytes: %v, %v", room, got, err)
			}
			break
		}
		var e *UnmarshalError
		if !errors.As(err, &e) || e.Reason != ReasonMemory || e.Type == nil || e.Kind == KindInvalid {
			t.Fatalf("with %d bytes: %v", room, err)
		}
		failed++
		if room > 1<<20 {
			t.Fatal("no room is enough")
		}
	}
	if failed < 1000 {
		t.Errorf("only %d bytes", failed)
	}
}

// TestNestingRoom: the same for depth, at every container.
func TestNestingRoom(t *testing.T) {
	b, err := Marshal(fullRoom())
	if err != nil {
		t.Fatal(err)
	}
	m, _ := Default().Compile()
	p, err := m.c.plans.of(reflect.TypeFor[roomy](), options{})
	if err != nil {
		t.Fatal(err)
	}
	for start := maxNesting - 5; start <= maxNesting; start++ {
		s := m.get()
		s.in.BuildSlice(m.c.prog, b[1:])
		s.in.Run(-1)
		s.filling = &filling{c: m.c}
		err := s.intoAt(b[1:], 0, p, reflect.ValueOf(new(roomy)).Elem(), math.MaxInt64, start)
		var e *UnmarshalError
		if start > maxNesting-3 && (!errors.As(err, &e) || e.Reason != ReasonDepth || e.Type == nil) {
			t.Errorf("from depth %d: %v", start, err)
		}
	}
}

// TestMarshalNestingRoom: a writing that is deep already refuses each container.
func TestMarshalNestingRoom(t *testing.T) {
	v := reflect.ValueOf(fullRoom())
	for i := range v.NumField() {
		for depth := maxNesting - 3; depth <= maxNesting; depth++ {
			e := &writing{plans: &defaultMode().c.plans, depth: depth}
			err := e.value(v.Field(i).Interface())
			var bad *MarshalError
			if err != nil && (!errors.As(err, &bad) || bad.Reason != ReasonCycle) {
				t.Errorf("%s: %v", v.Type().Field(i).Name, err)
			}
		}
	}
}

// TestConstantModes compiles what panics otherwise.
func TestConstantModes(t *testing.T) {
	for _, c := range []Config{Default(), OTP()} {
		if _, err := c.Compile(); err != nil {
			t.Error(err)
		}
	}
	if defaultMode() == ownMode() {
		t.Error("one Mode for both")
	}
}
