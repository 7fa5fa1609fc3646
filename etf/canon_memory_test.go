package etf_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// fallingMap is a map of n pairs whose keys fall, each with the same value.
func fallingMap(n int, key func(i int) []byte, value []byte) []byte {
	b := bytes.NewBuffer(maps(int64(n)))
	for i := range n {
		b.Write(key(n - 1 - i))
		b.Write(value)
	}
	return b.Bytes()
}

// Keys of few bytes in rising order.
func intKey(i int) []byte  { return int32x(1000 + i) }
func byteKey(i int) []byte { return small(byte(i)) }
func strKey(i int) []byte  { return str(string([]byte{byte(i >> 8), byte(i)})) }
func binKey(i int) []byte  { return bin(fmt.Sprintf("%06d", i)) }
func mapKey(i int) []byte  { return mapOf(small(1), int32x(1000), small(2), int32x(1000+i)) }

// chain nests maps of n pairs of 3 bytes whose keys fall, each in pair at of the
// one around it.
func chain(depth, n, at int, inner []byte) []byte {
	m := fallingMap(n, byteKey, null)
	cut := len(maps(0)) + 3*at + 2
	return cat(times(depth, m[:cut]), inner, times(depth, m[cut+1:]))
}

// chainInKeys nests maps in keys, next to others that they are to be compared with.
func chainInKeys(depth int) []byte {
	return cat(times(depth, maps(2)), small(1), times(depth, cat(null, mapOf(small(1), null, small(0), null), null)))
}

// canonShapes are terms that are hard on Canonicalize, n times a few bytes each.
func canonShapes(tb testing.TB, n int) map[string][]byte {
	listOf := func(n int, b []byte) []byte { return cat(head(int64(n)), times(n, b), null) }
	var rows [][]byte
	for i := range n / 40 {
		rows = append(rows, tuple(int32x(i), fallingMap(6, binKey, float(1.5)), bin("some text"), list(tuple(atom("k"), fallingMap(2, byteKey, null)))))
	}
	return map[string][]byte{
		"nils":                    listOf(n, null),
		"tuples":                  listOf(n/4, tuple(null, tuple(), small(1))),
		"records":                 records(tb, sortedKeys, etf.MinorVersion2)[1:],
		"records out of order":    records(tb, wireKeys, etf.MinorVersion2)[1:],
		"old atoms":               records(tb, sortedKeys, etf.MinorVersion1)[1:],
		"rows":                    list(rows...),
		"wide":                    fallingMap(n, intKey, null),
		"wide, small keys":        fallingMap(min(n, 1<<16), strKey, null),
		"wide, binaries":          fallingMap(n/2, binKey, small(1)),
		"wide, large values":      fallingMap(n/100, intKey, bin(string(times(500, small(0))))),
		"wide in wide":            fallingMap(300, intKey, fallingMap(n/200, intKey, null)),
		"wide in wide in wide":    chain(1, 2, 0, cat(wideChain(8, n/8), null)),
		"deep in a wide one":      cat(wideChain(1, n/8), chain(n/8, 2, 1, null)),
		"half wide":               tuple(fallingMap(n/2, intKey, null), chain(n/4, 2, 1, null)),
		"small":                   listOf(n/2, fallingMap(2, byteKey, null)),
		"small, many keys":        listOf(n/200, fallingMap(256, byteKey, null)),
		"deep, first":             chain(n/4, 2, 0, null),
		"deep, last":              chain(n/4, 2, 1, null),
		"deep, middle":            chain(n/10, 9, 4, null),
		"deep, many keys":         chain(n/200, 256, 128, null),
		"deep, last of many":      chain(n/200, 256, 255, null),
		"deep, wide at the end":   chain(n/8, 3, 2, fallingMap(n/4, intKey, null)),
		"deep in wide":            fallingMap(n/60, intKey, chain(20, 3, 1, null)),
		"deep in lists":           chain(n/10, 3, 1, cat(times(n/10, cat(head(1), maps(1), null)), null, times(n/10, null))),
		"lists":                   cat(times(n, head(1)), null, times(n, null)),
		"maps as keys":            fallingMap(n/10, mapKey, null),
		"maps in keys of records": listOf(n/40, mapOf(tuple(atom("b"), mapKey(1)), null, tuple(atom("a"), mapKey(1)), null, mapKey(2), null, mapKey(1), null)),
		"chains as keys":          fallingMap(n/400, func(i int) []byte { return chain(100, 2, 1, int32x(1000+i)) }, null),
		"chains of keys":          listOf(n/400, chainInKeys(100)),
	}
}

// wideChain is the beginning of maps of n pairs, each in the last pair of the one
// around it.
func wideChain(depth, n int) []byte {
	m := fallingMap(n, intKey, null)
	return times(depth, m[:len(m)-1])
}

// TestCanonicalizeShapes writes all of them as their Terms are written.
func TestCanonicalizeShapes(t *testing.T) {
	m := elsewhere(t)
	for name, b := range canonShapes(t, 40_000) {
		t.Run(name, func(t *testing.T) { canonical(t, m, ext(b)) })
	}
}

// TestCanonicalizeMemory: what it takes beside its output, and what Validate
// takes, is at most twice the term, and a compressed one is held inflated. What is
// measured is all that is allocated, collected or not, which is more than what is
// held at any time: for what is inflated, whose room doubles, up to three times
// its length.
func TestCanonicalizeMemory(t *testing.T) {
	shapes := canonShapes(t, 80_000)
	for _, name := range []string{"wide", "deep, middle", "rows"} {
		shapes["compressed: "+name] = squeeze(shapes[name])[1:]
	}
	for name, b := range shapes {
		most := 2.0
		if b[0] == wire.TagCompressed {
			most += 3
		}
		checkCanonicalMemory(t, name, ext(b), most)
	}
}

// TestCanonicalizeKeysMemory is about what costs a Term: keys that hold maps
// which cannot be compared where they stand.
func TestCanonicalizeKeysMemory(t *testing.T) {
	large := [][]byte{mapOf(small(1), cat(head(20_000), times(20_000, null), null), small(2), small(1)), null}
	for i := range 20_000 {
		large = append(large, mapOf(small(1), int32x(i), small(2), null), null)
	}
	for name, b := range map[string][]byte{
		"large among many": mapOf(large...),
		"too deep":         mapOf(chain(5000, 2, 0, small(1)), null, chain(5000, 2, 0, small(2)), null),
		"chain of keys":    chainInKeys(10_000),
	} {
		canonical(t, elsewhere(t), ext(b))
		checkCanonicalMemory(t, name, ext(b), 64)
	}
}

func checkCanonicalMemory(t *testing.T, name string, b []byte, most float64) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	m := elsewhere(t) // with pools of its own
	out, err := m.Canonicalize(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	size := float64(max(len(b), len(out)))
	validate := float64(allocated(func() { m.Validate(b) }))
	took := (float64(allocated(func() { m.Canonicalize(out[:0], b) })) - validate) / size
	t.Logf("%s: %.0f bytes, %.2f of it beside the output and what Validate takes, %.2f", name, size, took, validate/size)
	if took > most {
		t.Errorf("%s: %.2f times %.0f bytes, want at most %.0f", name, took, size, most)
	}
}

// allocated returns the bytes that f allocates when its pools are filled: the
// least of some runs, since others allocate too, or a pool is that of another
// processor.
func allocated(f func()) int64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	least := int64(math.MaxInt64)
	for range 2 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, int64(after.TotalAlloc-before.TotalAlloc))
	}
	return least
}
