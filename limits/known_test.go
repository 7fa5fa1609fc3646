package limits

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestKnownNames holds the set against a map.
func TestKnownNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var k knownNames
	want := map[string]bool{}
	for i := range 20_000 {
		name := fmt.Sprint(r.IntN(3000))
		if paid, ok := want[name]; k.has([]byte(name)) != ok || k.paid(name) != paid {
			t.Fatalf("%s: has %v, paid %v, want %v and %v", name, k.has([]byte(name)), k.paid(name), ok, paid)
		}
		if i%2 == 0 {
			want[name] = want[name] || r.IntN(2) == 0
			k.add(name, want[name])
		}
		if i%5000 == 4999 {
			if k.n != len(want) || !maps.Equal(maps.Collect(k.all()), want) {
				t.Fatalf("after %d: %d names, want %d", i, k.n, len(want))
			}
			want = map[string]bool{"a": true, "": true}
			k.become(want)
		}
	}
	if k.become(nil); k.n != 0 || k.has([]byte("a")) || k.has(nil) {
		t.Error("it is not empty")
	}
	for range k.all() {
		t.Error("it is not empty")
	}
}

// TestKnownNamesCostNothing: whatever is asked of many names, in whatever order,
// allocates nothing in all.
func TestKnownNamesCostNothing(t *testing.T) {
	b := NewAtomBudget(5000)
	var names [][]byte
	for i := range 5000 {
		names = append(names, fmt.Appendf(nil, "name_%d", i))
		mustSpend(t, b, string(names[i]))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 3 {
		for _, name := range names {
			b.Reserve(name)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<10 { // some are of the runtime, or of other goroutines; a byte a name would be more
		t.Errorf("%d bytes are allocated for names that are known", n)
	}
}

// TestKnownNamesAreSeen: a name is found from the moment it is added, by readers that
// have no lock, while the table grows.
func TestKnownNamesAreSeen(t *testing.T) {
	const n = 5000
	var k knownNames
	var added atomic.Int64
	var wg sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for last := int64(0); last < n; {
				for last = added.Load(); last > 0 && !t.Failed(); last /= 2 {
					if name := fmt.Sprint(last); !k.has([]byte(name)) {
						t.Errorf("%s was added, and is not there", name)
					}
				}
				last = added.Load()
			}
		})
	}
	for i := range int64(n) {
		k.add(fmt.Sprint(i+1), true)
		added.Store(i + 1)
	}
	wg.Wait()
}

// BenchmarkReserve asks for names that are known, in one goroutine and in all.
func BenchmarkReserve(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		budget := NewAtomBudget(0)
		names := make([][]byte, n)
		for i := range names {
			names[i] = fmt.Appendf(nil, "name_%d", i)
			budget.known.add(string(names[i]), false)
		}
		b.Run(fmt.Sprint(n, "/one"), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				budget.Reserve(names[i%n])
			}
		})
		b.Run(fmt.Sprint(n, "/all"), func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for i := 0; p.Next(); i++ {
					budget.Reserve(names[i%n])
				}
			})
		})
	}
}
