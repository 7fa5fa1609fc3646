package etf_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

var releases = []int{0, 25, 26, 27, 28}

// forRelease is config for a release and a receiving node; "" is unknown.
func forRelease(release int, node string) etf.Config {
	c := config()
	c.Release, c.Node = release, etf.Node{Name: node}
	return c
}

// accepts lists by release what is expected of one input.
type accepts struct {
	name string
	in   []byte
	node string
	ok   string // one letter for each of releases: y accepts, n refuses
	code etf.Code
}

func (a accepts) check(t *testing.T) {
	t.Helper()
	for i, r := range releases {
		err := agree(t, with(compile(t, forRelease(r, a.node))), a.in, mostWays)
		if a.ok[i] == 'y' && err != nil || a.ok[i] == 'n' && (err == nil || err.Code != a.code) {
			t.Errorf("%s for release %d at %q: %v", a.name, r, a.node, err)
		}
	}
}

// keyPair is a map of the two keys, alone and among 40 others.
func keyPair(a, b []byte) [][]byte {
	var many []byte
	for i := range 40 {
		many = append(many, cat(int32x(5_000+i), null)...)
	}
	return [][]byte{ext(mapOf(a, null, b, null)), ext(maps(42), a, null, many, b, null)}
}

// TestKeysByRelease has pairs of keys that some releases take for the same.
func TestKeysByRelease(t *testing.T) {
	t.Parallel()
	minus := math.Copysign(0, -1)
	ref := func(w ...int64) []byte { return newerRef(self, 7, w...) }
	for _, tc := range []struct {
		name string
		a, b []byte
		ok   string
	}{
		{"0.0 and -0.0", float(0), float(minus), "nnnyy"},
		{"text 0.0 and -0.0", textFloat("0.0"), textFloat("-0.0"), "nnnyy"},
		{"underflow", textFloat("1.0e-400"), textFloat("-1.0e-400"), "nnnyy"},
		{"zeros in tuples", tuple(float(0)), tuple(float(minus)), "nnnyy"},
		{"zeros in lists", list(small(1), float(0)), pieces(list(float(minus)), small(1)), "nnnyy"},
		{"zeros in map keys", mapOf(float(0), null), mapOf(float(minus), null), "nnnyy"},
		{"zeros in map values", mapOf(null, float(0), small(1), null), mapOf(small(1), null, null, float(minus)), "nnnyy"},
		{"zeros in funs", fun(float(0)), fun(float(minus)), "nnnyy"},
		{"zeros in tails", pieces(float(0), null), pieces(float(minus), null), "nnnyy"},
		{"0 and 0.0", small(0), float(0), "yyyyy"},
		{"1 and 1.0", small(1), float(1), "yyyyy"},
		{"2^60 and 2^60 as float", smallBig(false, 0, 0, 0, 0, 0, 0, 0, 16), float(1 << 60), "yyyyy"},
		{"letters", atom("a"), bin("a"), "yyyyy"},
		{"string and binary", str("a"), bin("a"), "yyyyy"},
		{"composed", atom("\u00e9"), atom("e\u0301"), "yyyyy"},
		{"bits of another length", bits(3, 0), bits(4, 0), "yyyyy"},
		{"improper and proper", pieces(small(2), small(1)), list(small(1), small(2)), "yyyyy"},
		{"improper tuple and list", pieces(tuple(small(2)), small(1)), list(small(1), tuple(small(2))), "yyyyy"},
		{"tuple and list", tuple(small(1)), list(small(1)), "yyyyy"},
		{"empty kinds", tuple(), maps(0), "yyyyy"},
		{"nil and atom", null, atom("nil"), "yyyyy"},
		{"map values", mapOf(small(1), small(2)), mapOf(small(2), small(1)), "yyyyy"},
		{"map pairs crossed", mapOf(small(1), small(2), small(3), small(4)), mapOf(small(1), small(4), small(3), small(2)), "yyyyy"},
		{"other creation", newPid(self, 1, 1, 0), newPid(self, 1, 1, 1), "yyyyy"},
		{"other node", newPort(self, 1, 1), newPort(atom("x"), 1, 1), "yyyyy"},
		{"pid and port", newPid(self, 1, 0, 1), newPort(self, 1, 1), "yyyyy"},
		{"other serial", newPid(self, 1, 1, 1), newPid(self, 1, 2, 1), "yyyyy"},
		{"references of two and three words", ref(1, 2), ref(1, 2, 0), "nnnnn"},
		{"references of two words", ref(1, 2), ref(1, 3), "yyyyy"},
		{"one word more", ref(1, 2), ref(1, 2, 3), "yyyyy"},
		{"other function", export(atom("m"), atom("f"), small(1)), export(atom("m"), atom("g"), small(1)), "yyyyy"},
		{"names swapped", export(atom("m"), atom("f"), small(1)), export(atom("f"), atom("m"), small(1)), "yyyyy"},
		{"other arity", export(atom("m"), atom("f"), small(1)), export(atom("m"), atom("f"), small(2)), "yyyyy"},

		// A fun is module, index and environment; 25 adds the old uniq, the
		// others the arity and the new uniq. Any release takes what each does.
		{"fun: other old uniq", closure{oldUni: small(1)}.encode(), closure{oldUni: small(2)}.encode(), "nynnn"},
		{"fun: other arity", closure{arity: 1}.encode(), closure{arity: 2}.encode(), "nnyyy"},
		{"fun: other uniq", closure{uniq: 1}.encode(), closure{uniq: 2}.encode(), "nnyyy"},
		{"fun: other old index", closure{oldIndex: small(1)}.encode(), closure{oldIndex: small(2)}.encode(), "nnnnn"},
		{"fun: other creator", closure{creator: newPid(self, 1, 1, 1)}.encode(), closure{creator: newPid(self, 2, 1, 1)}.encode(), "nnnnn"},
		{"fun: other index", closure{index: 1}.encode(), closure{index: 2}.encode(), "yyyyy"},
		{"fun: other module", closure{module: atom("a")}.encode(), closure{module: atom("b")}.encode(), "yyyyy"},
		{"fun: other environment", fun(small(1)), fun(small(2)), "yyyyy"},
		{"fun: longer environment", fun(), fun(null), "yyyyy"},
		{"fun and export", fun(), export(atom("m"), atom("f"), small(1)), "yyyyy"},
	} {
		for i, in := range keyPair(tc.a, tc.b) {
			accepts{fmt.Sprintf("%s, map %d", tc.name, i), in, "", tc.ok, etf.CodeDuplicateKey}.check(t)
		}
	}
}

// TestOneWordReferences are keys that small and large maps of a node compare in
// two ways: any release refuses them, one release takes the stricter way.
func TestOneWordReferences(t *testing.T) {
	one, zero := newerRef(self, 7, 1), newerRef(self, 7, 1, 0)
	accepts{"one word", ext(mapOf(one, null, null, null)), "", "nyyyy", etf.CodeAmbiguousKey}.check(t)
	accepts{"one word in a tuple", ext(mapOf(tuple(one), null, null, null)), "", "nyyyy", etf.CodeAmbiguousKey}.check(t)
	accepts{"two words", ext(mapOf(zero, null, null, null)), "", "yyyyy", ""}.check(t)
	accepts{"no key", ext(mapOf(null, one, small(1), tuple(one))), "", "yyyyy", ""}.check(t)
	for _, in := range keyPair(zero, newerRef(self, 7, 1, 0, 0)) {
		accepts{"zero words", in, "", "nnnnn", etf.CodeDuplicateKey}.check(t)
	}
	for _, r := range releases[1:] {
		for _, in := range keyPair(one, zero) {
			err := agree(t, with(compile(t, forRelease(r, ""))), in, nil)
			if err == nil || err.Code != etf.CodeDuplicateKey {
				t.Errorf("release %d: %v", r, err)
			}
		}
	}
}

// TestSizesByRelease are bounds that moved.
func TestSizesByRelease(t *testing.T) {
	t.Parallel()
	const newer, older = 524_280, 4_194_296
	digits := func(n int) []byte { return largeBig(false, append(make([]byte, n-1), 1)...) }
	if testing.Short() {
		t.Skip("long integers")
	}
	only := func(d driver, s source) bool { return d.whole && s.name != "one byte" && s.name != "small chunks" }
	for _, tc := range []struct {
		n  int
		ok string
	}{{newer, "yyyyy"}, {newer + 1, "nyynn"}, {older, "nyynn"}, {older + 1, "nnnnn"}} {
		for i, r := range releases {
			err := agree(t, with(compile(t, forRelease(r, ""))), ext(digits(tc.n)), only)
			if tc.ok[i] == 'y' && err != nil || tc.ok[i] == 'n' && (err == nil || err.Code != etf.CodeBigTooLarge) {
				t.Errorf("%d digits for release %d: %v", tc.n, r, err)
			}
		}
	}
}

// TestOwnIdsByRelease are ids of the receiving node at the edges of what it can
// hold, and the same of other nodes.
func TestOwnIdsByRelease(t *testing.T) {
	const me = "me@here"
	own, other := atom(me), atom("other")
	for _, tc := range []accepts{
		{"pid 15 bits", ext(newPid(own, 1<<15-1, 1<<13-1, 0)), me, "yyyyy", ""},
		{"pid 16 bits", ext(newPid(own, 1<<15, 0, 0)), me, "nnyyy", etf.CodePidRange},
		{"pid 28 bits", ext(newPid(own, 1<<28-1, math.MaxUint32, 0)), me, "nnyyy", etf.CodePidRange},
		{"pid 29 bits", ext(newPid(own, 1<<28, 0, 0)), me, "nnnnn", etf.CodePidRange},
		{"pid serial", ext(oldPid(own, 0, 1<<13, 0)), me, "nnyyy", etf.CodePidRange},
		{"pid of another", ext(newPid(other, math.MaxUint32, math.MaxUint32, 0)), me, "yyyyy", ""},
		{"pid of another life", ext(newPid(own, math.MaxUint32, math.MaxUint32, 1)), me, "yyyyy", ""},
		{"pid of anyone", ext(newPid(other, 1<<28, 0, 0)), "", "nnnnn", etf.CodePidRange},
		{"port 28 bits", ext(v4Port(own, 1<<28-1, 0)), me, "yyyyy", ""},
		{"port 29 bits", ext(v4Port(own, 1<<28, 0)), me, "nnnnn", etf.CodePortRange},
		{"port of another", ext(v4Port(other, math.MaxUint64, 0)), me, "yyyyy", ""},
		{"port of anyone", ext(v4Port(other, 1<<28, 0)), "", "nnnnn", etf.CodePortRange},
		{"reference 18 bits", ext(newerRef(own, 0, 1<<18-1, math.MaxUint32, math.MaxUint32)), me, "yyyyy", ""},
		{"reference 19 bits", ext(newerRef(own, 0, 1<<18)), me, "nnnnn", etf.CodeReferenceRange},
		{"reference of 4 words", ext(newerRef(own, 0, 1, 1, 1, 1)), me, "nnnnn", etf.CodeReferenceRange},
		{"reference of another", ext(newerRef(other, 0, math.MaxUint32, 1, 1, 1, 1)), me, "yyyyy", ""},
		{"old reference of another", ext(oldRef(other, 1<<18, 0)), me, "nnnnn", etf.CodeReferenceRange},
		{"reference of anyone", ext(newerRef(other, 9, 1<<18)), "", "nnnnn", etf.CodeReferenceRange},
		{"latin-1 name", ext(newPid(latin1(me), 1<<28, 0, 0)), me, "nnnnn", etf.CodePidRange},
	} {
		t.Run(tc.name, tc.check)
	}
}

// TestStrictFunFields: any release takes integers of funs and exports in their
// one natural encoding.
func TestStrictFunFields(t *testing.T) {
	m, f := atom("m"), atom("f")
	for _, tc := range []accepts{
		{"arity as 97", ext(export(m, f, small(255))), "", "yyyyy", ""},
		{"arity as 98", ext(export(m, f, int32x(255))), "", "nyyyy", etf.CodeExportField},
		{"arity as 110", ext(export(m, f, smallBig(false, 255, 0))), "", "nyyyy", etf.CodeExportField},
		{"arity as 111", ext(export(m, f, largeBig(false))), "", "nyyyy", etf.CodeExportField},
		{"index as 98", ext(closure{oldIndex: int32x(-1)}.encode()), "", "yyyyy", ""},
		{"index as 110", ext(closure{oldIndex: smallBig(true, 0, 0, 0, 0, 0, 0, 0, 8)}.encode()), "", "nyyyy", etf.CodeFunField},
		{"uniq as 111", ext(closure{oldUni: largeBig(false, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7)}.encode()), "", "nyyyy", etf.CodeFunField},
	} {
		t.Run(tc.name, tc.check)
	}
}

// TestCostByRelease measures terms whose layout changed. own is their cost at
// the node whose ids they hold.
func TestCostByRelease(t *testing.T) {
	const me = "me@here"
	own := atom(me)
	for _, tc := range []struct {
		name  string
		term  []byte
		node  string
		words [5]int64 // by releases
		exact string   // by releases
	}{
		{"bitstring", bits(3, 1, 2), "", [5]int64{8, 8, 8, 3, 3}, "nyyyy"},
		{"long binary", bin(string(make([]byte, 65))), "", [5]int64{8, 6, 6, 8, 8}, "nyyyy"},
		{"fun", fun(small(1)), "", [5]int64{10, 10, 10, 3, 3}, "nyyyy"},
		{"fun of own creator", closure{creator: newPid(own, 1, 0, 0), env: copies(1, small(1))}.encode(), me, [5]int64{6, 6, 6, 3, 3}, "nyyyy"},
		{"fun of other creator", fun(small(1)), me, [5]int64{10, 10, 10, 3, 3}, "nyyyy"},
		{"export", export(atom("m"), atom("f"), small(1)), "", [5]int64{5, 5, 5, 0, 0}, "nyyyy"},
		{"own pid", newPid(own, 1, 0, 0), me, [5]int64{0, 0, 0, 0, 0}, "yyyyy"},
		{"own port", oldPort(own, 1, 0), me, [5]int64{0, 0, 0, 0, 0}, "yyyyy"},
		{"own reference", newerRef(own, 0, 1), me, [5]int64{3, 3, 3, 3, 3}, "yyyyy"},
		{"other pid", newPid(own, 1, 0, 1), me, [5]int64{4, 4, 4, 4, 4}, "yyyyy"},
		{"reference of 5", newerRef(atom("x"), 0, 1, 2, 3, 4, 5), me, [5]int64{6, 6, 6, 6, 6}, "yyyyy"},
		{"small big", smallBig(false, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7), "", [5]int64{}, "yyyyy"},
		{"bignum", smallBig(false, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0), "", [5]int64{2, 2, 2, 2, 2}, "yyyyy"},
		{"bignum field", closure{oldIndex: smallBig(false, 1)}.encode(), "", [5]int64{0, 9, 9, 2, 2}, "-yyyy"},
		{"map of 33", cat(maps(33), keys(33)), "", [5]int64{147, 147, 147, 147, 147}, "nnnnn"},
	} {
		for i, r := range releases {
			if tc.exact[i] == '-' {
				continue
			}
			s, err := compile(t, forRelease(r, tc.node)).Measure(ext(tc.term))
			if err != nil || s.HeapWords != tc.words[i] || s.HeapExact != (tc.exact[i] == 'y') {
				t.Errorf("%s for release %d: %d words, exact %v, %v; want %d", tc.name, r, s.HeapWords, s.HeapExact, err, tc.words[i])
			}
			if s.HeapCost < s.HeapWords {
				t.Errorf("%s for release %d costs %d, with %d words in the end", tc.name, r, s.HeapCost, s.HeapWords)
			}
		}
	}
}

// TestLongestFieldsOfFuns: an index may have as many digits, all of them zero, as
// an integer may have in that release.
func TestLongestFieldsOfFuns(t *testing.T) {
	for release, most := range map[int]int{25: 4_194_296, 26: 4_194_296, 27: 524_280, 28: 524_280} {
		c := etf.OTP()
		c.Release = release
		m := compile(t, c)
		for _, more := range []int{0, 1} {
			digits := make([]byte, most+more)
			for what, in := range map[string][]byte{"integer": ext(largeBig(false, digits...)), "fun": ext(closure{oldIndex: largeBig(false, digits...)}.encode()), "export": ext(export(atom("m"), atom("f"), largeBig(false, digits...)))} {
				var e *etf.Error
				if err := m.Validate(in); (err == nil) != (more == 0) || err != nil && (!errors.As(err, &e) || e.Code != etf.CodeBigTooLarge) {
					t.Errorf("release %d, %s of %d digits: %v", release, what, len(digits), err)
				}
			}
		}
	}
}
