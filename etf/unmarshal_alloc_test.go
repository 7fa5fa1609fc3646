package etf_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// row is a struct like those that fill databases.
type row struct {
	ID     int64    `etf:"id"`
	Name   string   `etf:"name"`
	Email  string   `etf:"email"`
	Age    uint8    `etf:"age"`
	Score  float64  `etf:"score"`
	Active bool     `etf:"active"`
	Tags   []string `etf:"tags"`
	Addr   struct {
		Street string `etf:"street"`
		Zip    int    `etf:"zip"`
	} `etf:"addr"`
	Boss *int64 `etf:"boss"`
}

func rowsOf(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		r := &rows[i]
		*r = row{ID: int64(i) * 1000, Name: fmt.Sprint("Joe ", i), Email: "joe@example.com", Age: 42, Score: 1.5, Active: true, Tags: []string{"a", "bb", "ccc"}}
		r.Addr.Street, r.Addr.Zip = "Main Street", 12345
	}
	return rows
}

// TestUnmarshalKeeps: once pools are filled, nothing is allocated but what the
// caller keeps: the slice, and of each row three strings, the tags and two of them,
// for Go has all strings of one byte.
func TestUnmarshalKeeps(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	const n = 50
	m := compile(t, etf.Default())
	b, err := etf.Marshal(rowsOf(n))
	if err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(50, func() {
		var rows []row
		if err := m.Unmarshal(b, &rows); err != nil {
			t.Fatal(err)
		}
	})
	if want := 2 + n*6; got > float64(want) { // one more for the variable itself
		t.Errorf("%v allocations, want %d", got, want)
	}
	rows := rowsOf(n)
	got = testing.AllocsPerRun(50, func() {
		if b, err = etf.AppendMarshal(b[:0], rows); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 { // the interface
		t.Errorf("Marshal: %v allocations", got)
	}
}

// TestUnmarshalMultiple holds the memory of values against the multiple of the
// input that is promised. Terms are those that are small for what they become:
// in an any each is accepted under the default MaxGrowth, however many there are.
func TestUnmarshalMultiple(t *testing.T) {
	const many = 1 << 20
	type big struct{ A [32]int64 }
	m := compile(t, etf.Config{Limits: limits.Limits{MaxHeapWords: limits.NoLimit}, Policy: etf.Policy{Allow: etf.Identities}})
	const any48 = 48
	for name, c := range map[string]struct {
		n       int
		elem    []byte
		into    func() any
		most    int64 // bytes a byte
		wantErr bool
	}{
		"small maps":       {many, mapOf(atom(""), null), func() any { return new(any) }, any48, false},
		"small typed maps": {many, mapOf(atom(""), null), func() any { return new([]map[string]any) }, 64, false},
		"odd maps":         {many, mapOf(null, null), func() any { return new(any) }, any48, false},
		"nils":             {many, null, func() any { return new(any) }, any48, false},
		"nested nils":      {many, list(null), func() any { return new(any) }, any48, false},
		"empty tuples":     {many, tuple(), func() any { return new(any) }, any48, false},
		"tuples":           {many, tuple(null), func() any { return new(any) }, any48, false},
		"empty maps":       {many, mapOf(), func() any { return new(any) }, any48, false},
		"empty typed maps": {many, mapOf(), func() any { return new([]map[string]any) }, 64, false},
		"bytes":            {1 << 12, str(string(make([]byte, 256))), func() any { return new(any) }, any48, false},
		"integers":         {many, int32x(1 << 20), func() any { return new(any) }, any48, false},
		"improper":         {many, pieces(null, small(1)), func() any { return new(any) }, any48, false},
		"atoms":            {many, atom(""), func() any { return new(any) }, any48, false},
		"empty binaries":   {many, bin(""), func() any { return new(any) }, any48, false},
		"large structs":    {many, null, func() any { return new([]big) }, 64, true},
		"pointers":         {1 << 17, mapOf(), func() any { return new([]*big) }, 64, false},
		"references":       {1 << 17, newerRef(atom(""), 1, 1), func() any { return new(any) }, any48, false},
		"pids":             {1 << 17, newPid(atom(""), 1, 1, 1), func() any { return new(any) }, any48, false},
		"ports":            {1 << 17, newPort(atom(""), 1, 1), func() any { return new(any) }, any48, false},
		"exports":          {1 << 17, export(atom(""), atom(""), small(0)), func() any { return new(any) }, any48, false},
		"funs":             {1 << 15, fun(), func() any { return new(any) }, any48, false},
		"bitstrings":       {1 << 17, bits(1, 0x80), func() any { return new(any) }, any48, false},
		"big integers":     {1 << 17, smallBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9), func() any { return new(any) }, any48, false},
		"improper lists":   {1 << 17, pieces(small(1), null), func() any { return new(any) }, any48, false},
		"mixed maps":       {1 << 17, mapOf(atom("a"), null, small(1), null), func() any { return new(any) }, any48, false},
		"texts":            {1 << 17, bin("ab"), func() any { return new([]string) }, 64, false},
		"names":            {1 << 17, atom("ab"), func() any { return new([]etf.Atom) }, 64, false},
		"pointers twice":   {1 << 17, small(1), func() any { return new([]**int8) }, 64, false},
		"maps of bytes":    {1 << 17, mapOf(small(1), small(2)), func() any { return new([]map[uint8]uint8) }, 64, false},
	} {
		b := ext(cat(head(int64(c.n)), times(c.n, c.elem), null))
		var before, after runtime.MemStats
		into := c.into()
		m.Unmarshal(b, c.into()) // what is used again for the next term
		runtime.ReadMemStats(&before)
		err := m.Unmarshal(b, into)
		runtime.ReadMemStats(&after)
		var bad *etf.UnmarshalError
		if refused := errors.As(err, &bad) && bad.Reason == etf.ReasonMemory; refused != c.wantErr || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
		got := int64(after.TotalAlloc - before.TotalAlloc)
		// The nodes of a term this large are not kept for the next one.
		nodes, base := int64(16*3), int64(4<<20)
		if max := c.most*int64(len(b)) + nodes*int64(c.n) + base; got > max {
			t.Errorf("%s: %d bytes of %d, want at most %d (%v)", name, got, len(b), max, err)
		}
		t.Logf("%s: %.1f bytes a byte (%v)", name, float64(got)/float64(len(b)), err)
		runtime.KeepAlive(into)
	}
}

// TestUnmarshalGrowth: what is copied out of the tree is charged too. A value is
// refused or takes no more than MaxGrowth allows.
func TestUnmarshalGrowth(t *testing.T) {
	const n = 1 << 16
	words := newerRef(atom(""), 1, 1, 2, 3)
	for _, c := range []struct {
		name string
		elem []byte
		into func() any
		need int64 // a MaxGrowth that is enough
	}{
		{"terms", tuple(), func() any { return new([]etf.Term) }, 64},
		{"terms of atoms", atom("name"), func() any { return new([]etf.Term) }, 64},
		{"bitstrings", bits(1, 0x80), func() any { return new([]etf.Bitstring) }, 16},
		{"bytes", bin("0123456789"), func() any { return new([]etf.Bitstring) }, 16},
		{"references", words, func() any { return new([]etf.Reference) }, 16},
	} {
		b := ext(cat(head(n), times(n, c.elem), null))
		for _, growth := range []int64{1, 2, 3, 8, 13, 16, 32, 64, limits.NoLimit} {
			m := compile(t, etf.Config{Limits: limits.Limits{MaxHeapWords: limits.NoLimit}, Policy: etf.Policy{Allow: etf.Identities},
				Unmarshal: etf.UnmarshalOptions{MaxGrowth: growth}})
			var before, after runtime.MemStats
			into := c.into()
			m.Unmarshal(b, c.into())
			runtime.GC()
			runtime.ReadMemStats(&before)
			err := m.Unmarshal(b, into)
			runtime.GC()
			runtime.ReadMemStats(&after)
			live := int64(after.HeapAlloc) - int64(before.HeapAlloc)
			var bad *etf.UnmarshalError
			if err != nil && (!errors.As(err, &bad) || bad.Reason != etf.ReasonMemory) || err != nil && growth >= c.need {
				t.Errorf("%s, MaxGrowth %d: %v", c.name, growth, err)
			}
			if growth < limits.NoLimit && live > growth*int64(len(b))*5/4+2<<20 {
				t.Errorf("%s, MaxGrowth %d: %d live bytes of %d (%v)", c.name, growth, live, len(b), err)
			}
			if err == nil && growth == 1 {
				t.Errorf("%s: accepted with MaxGrowth 1", c.name)
			}
			runtime.KeepAlive(into)
		}
	}
	var m map[etf.Atom]etf.Term
	b := ext(mapOf(atom("a"), bin(string(make([]byte, 3<<20)))))
	if err := compile(t, etf.Config{Unmarshal: etf.UnmarshalOptions{MaxGrowth: limits.NoLimit}}).Unmarshal(b, &m); err != nil || len(m) != 1 {
		t.Error(err)
	}
}

// TestPlansInParallel: the first use of a type from many goroutines.
func TestPlansInParallel(t *testing.T) {
	type node struct {
		Next  *node
		Other map[string][]node
	}
	m := compile(t, etf.Default())
	done := make(chan error)
	b := ext(mapOf(atom("next"), mapOf(), atom("other"), mapOf(bin("a"), list(mapOf()))))
	for range 8 {
		go func() {
			var n node
			err := m.Unmarshal(b, &n)
			if err == nil && (n.Next == nil || len(n.Other["a"]) != 1) {
				err = fmt.Errorf("%+v", n)
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if reflect.TypeFor[node]().NumField() != 2 {
		t.Error("the type has changed")
	}
}

func BenchmarkUnmarshalRows(b *testing.B) {
	data, err := etf.Marshal(rowsOf(100))
	if err != nil {
		b.Fatal(err)
	}
	for name, into := range map[string]func() any{
		"structs": func() any { return new([]row) }, "any": func() any { return new(any) }, "maps": func() any { return new([]map[string]any) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := etf.Unmarshal(data, into()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMarshalRows(b *testing.B) {
	rows := rowsOf(100)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = etf.AppendMarshal(buf[:0], rows); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

// TestFunsAsKeys: to put keys in order, funs and exports are parted for each comparison.
// That costs no more than their bytes do.
func TestFunsAsKeys(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	const n = 3000
	m := compile(t, etf.OTP())
	for name, key := range map[string]func(i int) []byte{
		"exports":            func(i int) []byte { return export(atom(fmt.Sprint("m", i)), atom("f"), small(1)) },
		"exports in Latin-1": func(i int) []byte { return export(latin1(fmt.Sprint("\u00e9", i)), atom("f"), small(1)) },
		"funs":               func(i int) []byte { return closure{module: atom(fmt.Sprint("m", i))}.encode() },
		"funs in Latin-1":    func(i int) []byte { return closure{module: latin1(fmt.Sprint("\u00e9", i))}.encode() },
	} {
		var pairs [][]byte
		for i := range n {
			pairs = append(pairs, key(i*7919%n), null)
		}
		in := ext(mapOf(pairs...))
		var v any
		got := allocated(func() {
			if err := m.Unmarshal(in, &v); err != nil {
				t.Fatal(err)
			}
		})
		if most := 60 * int64(len(in)); got > most {
			t.Errorf("%s: %d bytes allocated for %d", name, got, len(in))
		}
	}
}
