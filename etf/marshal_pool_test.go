package etf

import (
	"fmt"
	"reflect"
	"testing"
)

// TestMarshalLetsGo: a writing that goes back to the pool holds nothing of the caller,
// also where a map inside another had the stacks grow, and after an error.
func TestMarshalLetsGo(t *testing.T) {
	wide := func(n, from int, inner any) map[string]any {
		m := map[string]any{}
		for i := range n {
			m[fmt.Sprintf("key %d of many", from+i)] = inner
		}
		return m
	}
	atoms := func(n int, inner any) map[Atom]any {
		m := map[Atom]any{}
		for i := range n {
			m[Atom(fmt.Sprintf("key %d of many", i))] = inner
		}
		return m
	}
	type key struct{ A, B any }
	keys := func(n int, inner any) map[key]any {
		m := map[key]any{}
		for i := range n {
			m[key{i, "b"}] = inner
		}
		return m
	}
	for name, v := range map[string]any{
		"maps":           wide(3, 0, wide(40, 10, wide(400, 100, Tuple{Atom("x")}))),
		"maps of atoms":  wide(3, 0, atoms(40, wide(400, 0, Tuple{Atom("x")}))),
		"sets of keys":   []any{wide(60, 0, 1), wide(60, 0, 2), wide(44, 0, 3), wide(44, 0, 4), wide(12, 0, 4), wide(12, 0, 4)},
		"keys":           keys(3, keys(40, keys(400, Atom("x")))),
		"pairs":          Pairs{{Tuple{2}, keys(40, keys(400, Atom("x")))}, {Tuple{1}, 1}},
		"an error":       wide(3, 0, wide(40, 10, wide(400, 100, make(chan int)))),
		"an error below": keys(3, keys(40, keys(400, make(chan int)))),
	} {
		c := &compiled{}
		e := &writing{plans: &defaultMode().c.plans}
		e.value(v)
		if cap(e.texts)+cap(e.keys) == 0 {
			t.Fatalf("%s: no stack was used", name)
		}
		c.done(e)
		for i, pair := range e.texts[:cap(e.texts)] {
			if pair != (textPair{}) {
				t.Fatalf("%s: the pair at %d is still there", name, i)
			}
		}
		for i := range e.keys[:cap(e.keys)] {
			if !reflect.ValueOf(e.keys[:cap(e.keys)][i]).IsZero() {
				t.Fatalf("%s: the key at %d is still there", name, i)
			}
		}
		for i := range e.keysets {
			for _, s := range e.keysets[i] {
				for _, k := range s.keys[:cap(s.keys)] {
					if k != "" {
						t.Fatalf("%s: %q is still there", name, k)
					}
				}
			}
		}
	}
}
