package etf_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/beamgate/beamgate/etf"
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

// chain nests maps of n pairs whose keys fall, each in pair at of the one around
// it.
func chain(depth, n, at int, inner []byte) []byte {
	pair := maps(0)
	m := fallingMap(n, byteKey, pair)
	cut := len(maps(0)) + at*(2+len(pair)) + 2
	return cat(times(depth, m[:cut]), inner, times(depth, m[cut+len(pair):]))
}

// thinChain is chain with values of one byte.
func thinChain(depth, n, at int, inner []byte) []byte {
	m := fallingMap(n, byteKey, null)
	cut := len(maps(0)) + at*3 + 2
	return cat(times(depth, m[:cut]), inner, times(depth, m[cut+1:]))
}

// chainInKeys nests maps in keys, next to others that they are to be compared with.
func chainInKeys(depth int) []byte {
	return cat(times(depth, maps(2)), small(1), times(depth, cat(null, mapOf(small(1), null, small(0), null), null)))
}

func canonShapes(tb testing.TB) map[string][]byte {
	row := func(i int) []byte {
		return tuple(int32x(i), fallingMap(6, binKey, float(1.5)), bin("some text"), list(tuple(atom("k"), fallingMap(2, byteKey, null))))
	}
	var rows [][]byte
	for i := range 5000 {
		rows = append(rows, row(i))
	}
	listOf := func(n int, b []byte) []byte { return cat(head(int64(n)), times(n, b), null) }
	return map[string][]byte{
		"nils":                    listOf(200_000, null),
		"tuples":                  listOf(50_000, tuple(null, tuple(), small(1))),
		"records":                 records(tb, sortedKeys, etf.MinorVersion2)[1:],
		"records out of order":    records(tb, wireKeys, etf.MinorVersion2)[1:],
		"old atoms":               records(tb, sortedKeys, etf.MinorVersion1)[1:],
		"rows":                    list(rows...),
		"wide":                    fallingMap(200_000, intKey, null),
		"wide, small keys":        fallingMap(1<<16, strKey, null),
		"wide, binaries":          fallingMap(100_000, binKey, small(1)),
		"wide, large values":      fallingMap(2000, intKey, bin(string(times(500, small(0))))),
		"wide in wide":            fallingMap(300, intKey, fallingMap(1000, intKey, null)),
		"half wide":               tuple(fallingMap(100_000, intKey, null), thinChain(50_000, 2, 1, null)),
		"small":                   listOf(100_000, fallingMap(2, byteKey, null)),
		"small, many keys":        listOf(1000, fallingMap(256, byteKey, null)),
		"deep, first":             thinChain(50_000, 2, 0, null),
		"deep, last":              thinChain(50_000, 2, 1, null),
		"deep, middle":            thinChain(20_000, 9, 4, null),
		"deep, many keys":         thinChain(1000, 256, 128, null),
		"deep, last of many":      thinChain(1000, 256, 255, null),
		"deep, wide at the end":   thinChain(30_000, 3, 2, fallingMap(50_000, intKey, null)),
		"deep in wide":            fallingMap(3000, intKey, chain(20, 3, 1, fallingMap(4, byteKey, null))),
		"deep in lists":           chain(20_000, 3, 1, cat(times(20_000, cat(head(1), maps(1), null)), null, times(20_000, null))),
		"lists":                   cat(times(200_000, head(1)), null, times(200_000, null)),
		"maps as keys":            fallingMap(20_000, mapKey, null),
		"maps in keys of records": listOf(5000, mapOf(tuple(atom("b"), mapKey(1)), null, tuple(atom("a"), mapKey(1)), null, mapKey(2), null, mapKey(1), null)),
		"chains as keys":          fallingMap(500, func(i int) []byte { return thinChain(100, 2, 1, int32x(1000+i)) }, null),
	}
}

// TestCanonicalizeMemory: what it takes beside its output, and what Validate
// takes, is at most twice the term. What is measured is all that is allocated,
// collected or not, which is more than what is held at any time.
func TestCanonicalizeMemory(t *testing.T) {
	m := elsewhere(t)
	shapes := canonShapes(t)
	for _, name := range []string{"wide", "deep, middle", "rows"} {
		shapes[name+", compressed"] = squeeze(shapes[name])[1:]
	}
	for name, b := range shapes {
		b = ext(b)
		out, err := m.Canonicalize(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		size := max(len(b), len(out))
		validate := allocated(func() { m.Validate(b) })
		took := float64(allocated(func() { m.Canonicalize(out[:0], b) })-validate) / float64(size)
		t.Logf("%s: %d bytes, %.2f of it beside the output and what Validate takes, %.2f", name, size, took, float64(validate)/float64(size))
		if took > 2 {
			t.Errorf("%s: %.2f times %d bytes", name, took, size)
		}
	}
}

// allocated returns the bytes that f allocates when its pools are filled: the
// least of some runs, since others allocate too, or a pool is that of another
// processor.
func allocated(f func()) int64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	least := int64(math.MaxInt64)
	for range 4 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, int64(after.TotalAlloc-before.TotalAlloc))
	}
	return least
}
