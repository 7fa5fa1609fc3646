package etf_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// TestLongReferencesInLargeMaps: a reference of more than three words is no key,
// nor part of one, where OTP 25 would hash it. Each map here has one of them, which
// that release takes; two may end it.
func TestLongReferencesInLargeMaps(t *testing.T) {
	long, zeros, short := newerRef(atom("b@c"), 7, 1, 2, 3, 4), newerRef(atom("b@c"), 7, 1, 2, 3, 0, 0), newerRef(atom("b@c"), 7, 1, 2, 3)
	// keyed is a map of n pairs of which one has this key.
	keyed := func(n int, key []byte) []byte {
		b := cat(maps(int64(n)), key, null)
		for i := range n - 1 {
			b = cat(b, int32x(i), null)
		}
		return b
	}
	for name, c := range map[string]struct {
		term    []byte
		refused bool
	}{
		"32 pairs": {keyed(32, long), false}, "33 pairs": {keyed(33, long), true}, "33 pairs, zeros": {keyed(33, zeros), false}, "33 pairs, three words": {keyed(33, short), false},
		"in a tuple": {keyed(40, tuple(small(1), long)), true}, "in a list": {keyed(40, list(long, small(1))), true}, "in its tail": {keyed(40, pieces(long, small(1))), true},
		"in a map": {keyed(40, mapOf(long, null)), true}, "as its value": {keyed(40, mapOf(null, long)), true}, "in a tuple in a map of two": {keyed(40, tuple(mapOf(small(1), null, small(2), tuple(long)))), true},
		"as a value": {cat(maps(33), keyed(33, short)[5:len(keyed(33, short))-1], long), false}, "beside": {tuple(keyed(33, short), long), false}, "key of two in a value": {cat(maps(33), keyed(33, short)[5:len(keyed(33, short))-1], mapOf(long, null, null, null)), false},
	} {
		for _, release := range []int{0, 25, 26, 28} {
			conf := etf.OTP()
			conf.Release = release
			err := agree(t, with(compile(t, conf)), ext(c.term), nil)
			want := c.refused && release < 26
			if (err != nil) != want || err != nil && (err.Code != etf.CodeAmbiguousKey || !errors.Is(err, etf.ErrMalformed)) {
				t.Errorf("%s, release %d: %v, refused %v", name, release, err, want)
			}
		}
	}
	// Deep inside a key the answer is yes without a look.
	deep := cat(bytes.Repeat(tuple(null)[:2], 100), long)
	conf := etf.OTP()
	if err := compile(t, conf).Validate(ext(mapOf(deep, null, null, null))); err == nil {
		t.Error("accepted far inside a key")
	}
	// Nor does it matter among many elements of another container.
	for _, in := range [][]byte{list(copies(71, long)...), tuple(copies(70, long)...), largeTuple(copies(70, long)...), fun(copies(70, long)...), mapOf(list(copies(71, short)...), list(copies(70, long)...), null, null)} {
		if err := compile(t, conf).Validate(ext(in)); err != nil {
			t.Error(err)
		}
	}
	// Deep beside keys it is no.
	if err := compile(t, conf).Validate(ext(mapOf(null, deep, small(1), null))); err != nil {
		t.Error(err)
	}
}
