package etf_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// payloads are small forms of what terms are made of in earnest.
func payloads() map[string][]byte {
	row := func(i int) []byte {
		return mapOf(bin("id"), int32x(i), bin("name"), bin(fmt.Sprint("row ", i)), bin("tags"), list(bin("a"), bin("b")), bin("score"), float(float64(i)/3), bin("nested"), mapOf(bin("ok"), atom("true"), bin("at"), null))
	}
	atomRow := func(i int) []byte {
		return mapOf(atom("id"), int32x(i), atom("name"), bin(fmt.Sprint("row ", i)), atom("inserted_at"), tuple(small(1), small(2)), atom("__struct__"), atom("Elixir.Row"), atom("flags"), str("\x01\x02\x03"))
	}
	rows := func(n int, f func(int) []byte) []byte {
		var all [][]byte
		for i := range n {
			all = append(all, f(i))
		}
		return list(all...)
	}
	var bigs [][]byte
	for i := range 300 {
		bigs = append(bigs, smallBig(i%2 == 0, 1, 2, 3, 4, 5, 6, 7, 8, byte(i+1)))
	}
	return map[string][]byte{
		"rpc":          tuple(atom("$gen_call"), tuple(newPid(self, 1, 2, 3), list(newerRef(self, 1, 1, 2, 3))), tuple(atom("get"), bin("key"), mapOf(atom("timeout"), int32x(5000)))),
		"binary keys":  rows(200, row),
		"atom keys":    rows(200, atomRow),
		"integers":     list(copies(20_000, int32x(70_000))...),
		"one binary":   bin(strings.Repeat("x", 300_000)),
		"large map":    cat(maps(2_000), keys(2_000)),
		"binary map":   cat(maps(500), numbered(500, "key %05d", withNull(bin))),
		"bigs":         list(bigs...),
		"deep":         cat(times(500, raw(104, []byte{1})), null),
		"atoms":        cat(head(1_000), numbered(1_000, "some_atom_%d", atom), null),
		"latin-1":      cat(head(200), numbered(200, "caf\u00e9_%d", latin1), null),
		"strings":      list(copies(100, str(strings.Repeat("x", 1_000)))...),
		"text floats":  list(copies(100, textFloat("1.5"))...),
		"long payload": list(bin(strings.Repeat("x", 100_000)), bits(3, make([]byte, 50_000)...), largeBig(false, append(make([]byte, 20_000), 1)...)),
		"long keys":    mapOf(bin(strings.Repeat("x", 20_000)), null, bits(3, make([]byte, 9_000)...), null, largeBig(false, append(make([]byte, 9_000), 1)...), null, str(strings.Repeat("x", 9_000)), null),
		"funs":         list(copies(50, fun(small(1), export(atom("m"), atom("f"), small(1))))...),
		"container keys": mapOf(tuple(small(1), atom("a")), null, list(small(1), bin("b")), null, mapOf(small(1), null, small(2), null), null,
			fun(small(1)), null, newPid(self, 1, 2, 3), null, export(atom("m"), atom("f"), small(1)), null, pieces(small(2), small(1)), null, float(1.5), null),
		"improper": list(copies(100, pieces(pieces(tuple(small(1)), small(2)), small(1)))...),
	}
}

// TestNoAllocations reads payloads again and again: once the tables of a Mode or
// a Decoder have grown, nothing is allocated.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	ruled := policy(func(p *etf.Policy) {
		p.Structs.Deny, p.RefuseQuoted, p.Nodes = []string{"Elixir.Bad"}, true, []string{"n@h"}
	})
	known, _ := etf.NewAtomSet("a")
	ruled.Atoms.Known = known
	for what, conf := range map[string]etf.Config{"plain": config(), "rules": ruled} {
		m := compile(t, conf)
		for name, term := range payloads() {
			in := ext(term)
			r := bytes.NewReader(in)
			bySlice, byReader := m.NewDecoder(nil), m.NewDecoder(nil)
			fromReader := func() *etf.Decoder {
				r.Reset(in)
				byReader.Reset(r)
				return byReader
			}
			fromSlice := func() *etf.Decoder {
				bySlice.ResetBytes(in)
				return bySlice
			}
			tokens := func(d *etf.Decoder) error {
				for {
					if _, err := d.ReadToken(); err != nil || d.AtTermEnd() {
						return err
					}
				}
			}
			for way, read := range map[string]func() error{
				"Validate":              func() error { return m.Validate(in) },
				"ValidatePrefix":        func() error { _, err := m.ValidatePrefix(in); return err },
				"Measure":               func() error { _, err := m.Measure(in); return err },
				"ReadToken of a slice":  func() error { return tokens(fromSlice()) },
				"ReadToken of a reader": func() error { return tokens(fromReader()) },
				"SkipValue of a slice":  func() error { return fromSlice().SkipValue() },
				"SkipValue of a reader": func() error { return fromReader().SkipValue() },
				"PeekKind of a slice":   func() error { fromSlice().PeekKind(); return bySlice.SkipValue() },
				"ReadValue of a slice":  func() error { _, err := fromSlice().ReadValue(); return err },
			} {
				if err := read(); err != nil {
					t.Errorf("%s, %s, %s: %v", what, name, way, err)
					continue
				}
				if n := testing.AllocsPerRun(20, func() { read() }); n > 0 {
					t.Errorf("%s, %s, %s: %v allocations", what, name, way, n)
				}
			}
		}
	}
}

// TestRefusalAllocates pins what a hostile head costs: the Error, and the cap in
// it, whatever the head claims.
func TestRefusalAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := compile(t, config())
	for name, in := range map[string][]byte{
		"list": {131, 108, 255, 255, 255, 255}, "tuple": {131, 105, 127, 255, 255, 255}, "map": {131, 116, 255, 255, 255, 255},
		"binary": {131, 109, 255, 255, 255, 255}, "integer": {131, 111, 255, 255, 255, 255}, "atom": {131, 118, 255, 255},
		"within the caps": {131, 108, 0, 0, 255, 255}, "unknown": {131, 1}, "cut": {131, 98, 0},
	} {
		if m.Validate(in) == nil {
			t.Errorf("%s: accepted", name)
		}
		for way, read := range map[string]func(){"Validate": func() { m.Validate(in) }, "Decode": func() { m.Decode(in) }} {
			if n := testing.AllocsPerRun(20, read); n > 2 {
				t.Errorf("%s, %s: %v allocations, want two", name, way, n)
			}
		}
	}
}

// TestSmallTreesAreOnePiece: nodes, bytes and all else of a small term are one
// allocation.
func TestSmallTreesAreOnePiece(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := compile(t, config())
	for name, term := range map[string][]byte{
		"a pair":     tuple(small(1), int32x(5)),
		"a binary":   bin("some text"),
		"a call":     tuple(atom("call"), int32x(42), bin("user.get"), list(bin("id"), float(3.5), atom("true")), mapOf(atom("deadline"), int32x(5000), atom("trace"), bin("abc123def456"))),
		"16 of them": list(copies(15, small(1))...),
	} {
		in := ext(term)
		if n := testing.AllocsPerRun(20, func() { m.Decode(in) }); n > 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestDecodeAllocatesExactly makes few blocks, however many terms there are.
func TestDecodeAllocatesExactly(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := compile(t, config())
	for name, term := range payloads() {
		in := ext(term)
		if n := testing.AllocsPerRun(10, func() { m.Decode(in) }); n > 40 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// heapInUse is the heap after everything unused was collected, pools included.
func heapInUse() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestBudgetsAllocateNothing: beyond what they keep of a name that is new.
func TestBudgetsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	one, two, three := limits.NewAtomBudget(9), limits.NewAtomBudget(9), limits.NewAtomBudget(9)
	base := compile(t, config())
	m := base.WithBudgets(one, two).WithBudgets(three)
	in := ext(list(atom("a"), atom("b"), tuple(atom("a"))))
	stream := bytes.Repeat(in, 10)
	d := m.NewDecoderBytes(stream)
	for way, f := range map[string]func() error{
		"Validate": func() error { return m.Validate(in) },
		"a Decoder of ten terms": func() error {
			d.ResetBytes(stream)
			for range 10 {
				if err := d.SkipValue(); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { f() }); n > 0 {
			t.Errorf("%s: %v allocations", way, n)
		}
	}
	counted(t, "names", three, 2, 0)
	for budgets, want := range map[int]float64{1: 1, 2: 1, 3: 2} {
		list := []limits.Budget{one, two, three}[:budgets]
		if n := testing.AllocsPerRun(20, func() { base.WithBudgets(list...) }); n > want {
			t.Errorf("WithBudgets of %d: %v allocations", budgets, n)
		}
	}
}

// TestPooledSessionsForgetBudgets: a budget that was attached for one message is
// not kept alive by the Mode, and holds nothing after a refusal.
func TestPooledSessionsForgetBudgets(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := compile(t, config())
	gone := make(chan bool)
	func() {
		b := limits.NewAtomBudget(9)
		runtime.AddCleanup(b, func(int) { close(gone) }, 0)
		for _, in := range [][]byte{ext(atom("a")), ext(list(atom("b"), unknown))} {
			m.WithBudgets(b).Validate(in)
		}
		counted(t, "in the end", b, 1, 0)
	}()
	for range 100 {
		runtime.GC()
		m.Validate(ext(null)) // keeps the session in the pool
		select {
		case <-gone:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the budget is still there")
}
