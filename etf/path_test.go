package etf_test

import (
	"math"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

var unknown = raw(1)

// TestPaths plants an unknown tag in each kind of place.
func TestPaths(t *testing.T) {
	m := compile(t, config())
	for want, term := range map[string][]byte{
		"":                  unknown,
		"tuple[0]":          tuple(unknown),
		"tuple[2]":          largeTuple(null, null, unknown),
		"list[1]":           list(small(1), unknown),
		"list[3]":           pieces(pieces(pieces(null, unknown), str("x"), small(1)), small(1)),
		"list[4]":           pieces(pieces(list(unknown), small(2), small(3)), small(0), small(1)),
		"tail":              pieces(unknown, small(1)),
		"tail/tuple[1]":     pieces(thin(2, tuple(null, unknown)), small(1)),
		"list[1]/tail":      pieces(list(null), small(1), pieces(unknown, small(1))),
		"tail/value[0]":     pieces(pieces(mapOf(null, unknown), small(1)), small(1)),
		"tail/free[0]":      pieces(fun(unknown), small(1)),
		"key[0]":            mapOf(unknown, null),
		"value[0]":          mapOf(null, unknown),
		"key[2]":            mapOf(small(1), null, small(2), null, unknown, null),
		"value[2]":          mapOf(small(1), null, small(2), null, small(3), thin(3, unknown)),
		"key[1]/tuple[0]":   mapOf(small(1), null, tuple(unknown), null),
		"key[1]/value[1]":   mapOf(small(1), null, mapOf(small(1), null, small(2), unknown), null),
		"key[1]/key[1]":     mapOf(small(1), null, mapOf(small(1), null, unknown, null), null),
		"key[1]/tail":       mapOf(small(1), null, pieces(unknown, small(1)), null),
		"free[1]":           fun(null, unknown),
		"free[1]/list[0]":   fun(null, list(unknown)),
		"value[0]/value[0]": mapOf(null, mapOf(null, unknown)),
	} {
		err := agree(t, with(m), ext(term), nil)
		if err == nil || err.Path.String() != want || err.Code != etf.CodeUnknownTag {
			t.Errorf("%v, want a path of %q", err, want)
		}
	}
}

// TestLongPaths keeps the ends of a path.
func TestLongPaths(t *testing.T) {
	m := compile(t, config())
	for _, depth := range []int{etf.PathKeep, 2*etf.PathKeep - 1, 2 * etf.PathKeep, 2*etf.PathKeep + 1, 100, 100_000} {
		in := ext(cat(times(depth, raw(104, []byte{2}, null)), unknown)) // each in the second place of a 2-tuple
		err, ok := m.Validate(in).(*etf.Error)
		if !ok || err.Code != etf.CodeUnknownTag {
			t.Fatal(err)
		}
		omitted := max(depth-2*etf.PathKeep, 0)
		if err.Path.Omitted != omitted || len(err.Path.Steps) != depth-omitted {
			t.Errorf("depth %d: %d steps, %d omitted", depth, len(err.Path.Steps), err.Path.Omitted)
		}
		for _, s := range err.Path.Steps {
			if s != (etf.Step{Kind: etf.StepTuple, Index: 1}) {
				t.Errorf("step %v", s)
			}
		}
		text := err.Path.String()
		if strings.Count(text, "tuple[1]") != depth-omitted || strings.Contains(text, "\u2026(") != (omitted > 0) {
			t.Errorf("depth %d: %s", depth, text)
		}
	}
	for want, s := range map[string]etf.Step{
		"list[3]": {Kind: etf.StepList, Index: 3}, "tail": {Kind: etf.StepTail}, "key[0]": {Kind: etf.StepKey}, "value[9]": {Kind: etf.StepValue, Index: 9},
		"free[1]": {Kind: etf.StepFree, Index: 1}, "tuple[4294967295]": {Kind: etf.StepTuple, Index: math.MaxUint32},
		"step[7]": {Kind: 99, Index: 7},
	} {
		if s.String() != want {
			t.Errorf("%s, want %s", s, want)
		}
	}
}

// TestPathsInLongPayloads fails far behind heads that a reader has dropped.
func TestPathsInLongPayloads(t *testing.T) {
	t.Parallel()
	m := compile(t, config())
	fill := bin(strings.Repeat("x", 10_000))
	for want, term := range map[string][]byte{
		"list[2]/tuple[1]":   list(fill, str(strings.Repeat("x", 10_000)), tuple(fill, unknown)),
		"key[1]":             mapOf(fill, fill, unknown, null),
		"value[1]/tail":      mapOf(fill, fill, null, pieces(unknown, fill)),
		"tuple[1]/list[10]":  tuple(fill, pieces(list(unknown), copies(10, fill)...)),
		"key[0]/tuple[1]":    mapOf(tuple(fill, unknown), null, null, null),
		"free[1]/key[1]":     fun(fill, mapOf(fill, null, unknown, null)),
		"tuple[0]/list[999]": tuple(pieces(list(unknown), copies(999, str("abcdefgh"))...)),
	} {
		err := agree(t, with(m), ext(term), mostWays)
		if err == nil || err.Path.String() != want {
			t.Errorf("%v, want a path of %q", err, want)
		}
	}
}
