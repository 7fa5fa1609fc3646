package naive

import (
	"bytes"
	"compress/zlib"
	"strings"
	"testing"
)

// verdict is "ok", or class and reason.
func verdict(in []byte, o Options) string {
	_, err := Decode(in, o)
	if err == nil {
		return "ok"
	}
	e := err.(*Error)
	if e.Class == Malformed {
		return "malformed" // its text is free
	}
	return e.Class.String() + ": " + e.Reason
}

func closed(reason string) string  { return "closed: " + reason }
func release(reason string) string { return "release: " + reason }

// wide is a map of 33 keys and more: the given ones after 31 integers.
func wide(keys ...[]byte) []byte {
	b := cat("\x74", n32(31+len(keys)), manyKeys(31)[5:])
	for _, k := range keys {
		b = cat(b, k, null)
	}
	return b
}

func keys(ks ...[]byte) []byte {
	b := cat("\x74", n32(len(ks)))
	for _, k := range ks {
		b = cat(b, k, null)
	}
	return b
}

func exportOf(arity ...any) []byte {
	return cat("\x71", atom("m"), atom("f"), cat(arity...))
}

func funWith(oldIndex, oldUniq, creator any) []byte {
	return cat("\x70", n32(0), "\x01", make([]byte, 16), n32(7), n32(0), atom("m"), cat(oldIndex, oldUniq, creator))
}

// TestVerdicts: what the releases say, each rule with its neighbour. Where
// one string stands, all releases agree.
func TestVerdicts(t *testing.T) {
	const ok, bad = "ok", "malformed"
	type by struct{ any, r25, r26, r27 string } // r27 stands for 28 too
	all := func(s string) by { return by{s, s, s, s} }
	own := "nonode@nohost"
	pidOf := func(node string, num, serial int) []byte {
		return cat("\x58", atom(node), n32(num), n32(serial), n32(0))
	}
	portOf := func(node string, id int) []byte { return cat("\x59", atom(node), n32(id), n32(0)) }
	minusZero, zero := "\x46\x80\x00\x00\x00\x00\x00\x00\x00", "\x46\x00\x00\x00\x00\x00\x00\x00\x00"
	bigOf := func(n int) []byte { return cat("\x6f", n32(n), "\x00", make([]byte, n)) }
	aFun := func(arity, uniq, oldIndex, oldUniq byte) []byte { return funLike(arity, uniq, oldIndex, oldUniq) }

	for _, c := range []struct {
		name string
		in   []byte
		want by
	}{
		// the closed list
		{"73", cat("\x49\x00\x00"), all(closed(ReasonAtomIndex))},
		{"75 as node", cat("\x58\x4b\x00\x00\x00", n32(1), n32(1), n32(1)), all(closed(ReasonAtomIndex))},
		{"reference of 0 words", ref(), all(closed(ReasonRefNoWords))},
		{"float 1,5", cat(text("1,5")), all(closed(ReasonFloatComma))},
		{"float 1,5,", cat(text("1,5,")), all(bad)},
		{"float without NUL", cat("\x63", "1.", strings.Repeat("5", 29)), all(closed(ReasonFloatNoNUL))},
		{"arity LIST 0", exportOf(cells(one)), all(closed(ReasonIndirectInt))},
		{"old-index LIST 0", funWith(cells(one), one, pid), all(closed(ReasonIndirectInt))},
		{"old-uniq LIST 0", funWith(one, cells(one), pid), all(closed(ReasonIndirectInt))},
		{"creator atom", funWith(one, one, atom("a")), all(closed(ReasonCreator))},
		{"creator pid behind LIST 0", funWith(one, one, cells(pid)), all(closed(ReasonCreator))},
		{"creator integer", funWith(one, one, one), all(closed(ReasonCreator))},
		{"creator 73", funWith(one, one, "\x49\x00\x00"), all(closed(ReasonAtomIndex))},
		{"creator 121", funWith(one, one, "\x79"), all(closed(ReasonLocalExt))},
		{"creator of an unknown tag", funWith(one, one, "\x01"), all(bad)},
		{"creator cut", funWith(one, one, ""), all(bad)},
		{"tuple of 2^24", cat("\x69", n32(1<<24), bytes.Repeat([]byte(null), 1<<24)), all(closed(ReasonTuple))},
		{"LOCAL_EXT", cat("\x79", n32(0), one), all(closed(ReasonLocalExt))},
		{"RECORD_EXT", cat("\x43", n32(0)), all(closed(ReasonRecordExt))},
		{"[1] and [1,0], 33 keys", wide(ref(1), ref(1, 0)), by{closed(ReasonRefKey), closed(ReasonRefKey), closed(ReasonRefKey), closed(ReasonRefKey)}},
		{"[1] twice, 33 keys", wide(ref(1), ref(1)), all(closed(ReasonRefKey))},
		{"{[1]} and {[1,0]}, 33 keys", wide(tuple(ref(1)), tuple(ref(1, 0))), all(closed(ReasonRefKey))},
		{"[1] and [1,0], 2 keys", keys(ref(1), ref(1, 0)), all(bad)},
		{"[1,2] and [1,2,0], 33 keys", wide(ref(1, 2), ref(1, 2, 0)), all(bad)},
		{"own [1] and [1,0,0], 33 keys", wide(refOf(own, 1), refOf(own, 1, 0, 0)), all(bad)},
		{"maps of 33 with [1] as keys", keys(wide(ref(1), ref(2)), wide(ref(1), ref(2))), all(closed(ReasonRefKey))},

		// numbers
		{"INTEGER cut", cat("\x62\x00\x00"), all(bad)},
		{"LARGE_BIG at the limit of 27", bigOf(524_280), all(ok)},
		{"LARGE_BIG above it", bigOf(524_281), by{release(ReasonBigLimit), ok, ok, release(ReasonBigLimit)}},
		{"LARGE_BIG at the limit of 26", bigOf(4_194_296), by{release(ReasonBigLimit), ok, ok, release(ReasonBigLimit)}},
		{"LARGE_BIG above it", bigOf(4_194_297), all(bad)},
		{"float 1", cat(text("1")), all(bad)},
		{"float 1.e5", cat(text("1.e5")), all(bad)},
		{"float .5", cat(text(".5")), all(bad)},
		{"float 1.5e", cat(text("1.5e")), all(bad)},
		{"float 1.5e+", cat(text("1.5e+")), all(bad)},
		{"float 1.5e+05", cat(text("1.5e+05")), all(ok)},
		{"float +-1.5", cat(text("+-1.5")), all(bad)},
		{"float 0x1.8p3", cat(text("0x1.8p3")), all(bad)},
		{"float 1_0.5", cat(text("1_0.5")), all(bad)},
		{"float 1.5 and a blank", cat(text("1.5 ")), all(bad)},
		{"float 1.7976931348623158e308", cat(text("1.7976931348623158e308")), all(ok)},
		{"float 1.7976931348623159e308", cat(text("1.7976931348623159e308")), all(bad)},
		{"float 1.0e-99999999999", cat(text("1.0e-99999999999")), all(ok)},
		{"float, junk after the NUL", cat("\x63", "1.5\x00", strings.Repeat("x", 27)), all(ok)},

		// integers inside funs and exports
		{"arity 255", exportOf("\x61\xff"), all(ok)},
		{"arity 256", exportOf("\x62\x00\x00\x01\x00"), by{release(ReasonAnyIntForm), closed(ReasonArity), closed(ReasonArity), closed(ReasonArity)}},
		{"arity as 98", exportOf("\x62\x00\x00\x00\x02"), by{release(ReasonAnyIntForm), ok, ok, ok}},
		{"arity as 110", exportOf("\x6e\x01\x00\x02"), by{release(ReasonAnyIntForm), ok, ok, ok}},
		{"arity as 111", exportOf(cat("\x6f", n32(1), "\x00\x02")), by{release(ReasonAnyIntForm), ok, ok, ok}},
		{"arity -1", exportOf("\x62\xff\xff\xff\xff"), by{release(ReasonAnyIntForm), bad, bad, bad}},
		{"arity 2^59", exportOf(large), by{release(ReasonAnyIntForm), bad, bad, bad}},
		{"arity tuple", exportOf(tuple()), all(bad)},
		{"old-index as 98", funWith("\x62\xff\xff\xff\xff", one, pid), all(ok)},
		{"old-uniq as 110", funWith(one, "\x6e\x01\x00\x02", pid), by{release(ReasonAnyIntForm), ok, ok, ok}},
		{"old-uniq 2^59", funWith(one, large, pid), by{release(ReasonAnyIntForm), bad, bad, bad}},
		{"256 free variables", cat("\x70", n32(0), make([]byte, 21), n32(256), atom("m"), one, one, pid, bytes.Repeat([]byte(null), 256)), all(bad)},

		// ids of the own node
		{"own pid 2^15-1, 2^13-1", pidOf(own, 1<<15-1, 1<<13-1), all(ok)},
		{"own pid 2^15", pidOf(own, 1<<15, 0), by{bad, bad, ok, ok}},
		{"own pid, serial 2^13", pidOf(own, 0, 1<<13), by{bad, bad, ok, ok}},
		{"own pid 2^28-1, serial 2^32-1", pidOf(own, 1<<28-1, 1<<32-1), by{bad, bad, ok, ok}},
		{"own pid 2^28", pidOf(own, 1<<28, 0), all(bad)},
		{"foreign pid 2^32-1", pidOf("n", 1<<32-1, 1<<32-1), all(ok)},
		{"own port 2^28-1", portOf(own, 1<<28-1), all(ok)},
		{"own port 2^28", portOf(own, 1<<28), all(bad)},
		{"foreign port 2^28", portOf("n", 1<<28), all(ok)},
		{"own reference, 3 words", refOf(own, 1<<18-1, 1<<32-1, 1), all(ok)},
		{"own reference, 4 words", refOf(own, 1, 2, 3, 4), all(bad)},
		{"own reference, first word 2^18", refOf(own, 1<<18), all(bad)},
		{"foreign reference, first word 2^18", refOf("n", 1<<18), all(ok)},
		{"foreign reference, 5 words", ref(1, 2, 3, 4, 5), all(ok)},
		{"6 words", ref(1, 2, 3, 4, 5, 6), all(bad)},
		{"node LIST 0 of an atom", cat("\x58", cells(atom("n")), n32(1), n32(1), n32(1)), all(bad)},

		// map keys
		{"1 and 1.0", keys([]byte(one), []byte("\x46\x3f\xf0\x00\x00\x00\x00\x00\x00")), all(ok)},
		{"1 and SMALL_BIG 1", keys([]byte(one), []byte("\x6e\x01\x00\x01")), all(bad)},
		{"0.0 and -0.0", keys([]byte(zero), []byte(minusZero)), by{bad, bad, bad, ok}},
		{"{0.0} and {-0.0}, 33 keys", wide(tuple(zero), tuple(minusZero)), by{bad, bad, bad, ok}},
		{"#{0.0=>1} and #{-0.0=>1}", keys(pairs(zero, one), pairs(minusZero, one)), by{bad, bad, bad, ok}},
		{"#{1=>0.0} and #{1=>-0.0}", keys(pairs(one, zero), pairs(one, minusZero)), by{bad, bad, bad, ok}},
		{"[1|[2]] and [1,2]", keys(cells(one, cells("\x61\x02", null)), str("\x01\x02")), all(bad)},
		{"fun: other arity", keys(aFun(1, 1, 1, 1), aFun(2, 1, 1, 1)), by{bad, bad, ok, ok}},
		{"fun: other 16-byte uniq", keys(aFun(1, 1, 1, 1), aFun(1, 2, 1, 1)), by{bad, bad, ok, ok}},
		{"fun: other old-index", keys(aFun(1, 1, 1, 1), aFun(1, 1, 2, 1)), all(bad)},
		{"fun: other old-uniq", keys(aFun(1, 1, 1, 1), aFun(1, 1, 1, 2)), by{bad, ok, bad, bad}},
		{"fun: other environment", keys(funOf(one), funOf("\x61\x02")), all(ok)},
		{"fun: environment 1 and 1.0", keys(funOf(one), funOf("\x46\x3f\xf0\x00\x00\x00\x00\x00\x00")), all(ok)},
		{"1-word reference as key", keys(ref(1), []byte(one)), by{release(ReasonAnyRefKey), ok, ok, ok}},
		{"1-word reference as the only key", keys(ref(1)), all(ok)},
		{"1-word reference deep in a key", keys(pairs(one, cells(one, tuple(ref(1)))), []byte(one)), by{release(ReasonAnyRefKey), ok, ok, ok}},
		{"1-word reference as the only key in a key", keys(keys(ref(1)), []byte(one)), by{release(ReasonAnyRefKey), ok, ok, ok}},
		{"1-word reference as value", pairs(one, ref(1)), all(ok)},
		{"2-word reference as key", keys(ref(1, 0)), all(ok)},

		{"131 again", cat("\x83", one), all(bad)},
		{"compressed inside", tuple("\x50\x00\x00\x00\x02\x78\xda\x4b\x64\x04\x00\x00\xc5\x00\x63"), all(bad)},
		{"trailing bytes", cat(one, "junk"), all(ok)},
	} {
		for r, want := range map[int]string{0: c.want.any, 25: c.want.r25, 26: c.want.r26, 27: c.want.r27, 28: c.want.r27} {
			o := OTP25
			o.Release = r
			if got := verdict(cat("\x83", c.in), o); got != want {
				t.Errorf("%s, release %d: %s, want %s", c.name, r, got, want)
			}
		}
	}
}

// TestReceiver: name and creation say whose an id is; without them it must be
// possible on its own node, whichever that is.
func TestReceiver(t *testing.T) {
	pidOf := func(node string, num, creation int) []byte {
		return cat("\x83\x58", atom(node), n32(num), n32(0), n32(creation))
	}
	live := Options{Release: 25, NodeName: "a@b", NodeCreation: 77, HasNode: true}
	noNode := "no-node: id that no own node has"
	for _, c := range []struct {
		name string
		in   []byte
		o    Options
		want string
	}{
		{"own", pidOf("a@b", 1<<15, 77), live, "malformed"},
		{"own name, other creation", pidOf("a@b", 1<<15, 0), live, "ok"},
		{"other name", pidOf("nonode@nohost", 1<<15, 0), live, "ok"},
		{"no receiver", pidOf("x", 1<<15, 5), Options{Release: 25}, noNode},
		{"no receiver, possible", pidOf("x", 1<<15-1, 5), Options{Release: 25}, "ok"},
		{"no receiver, 26", pidOf("x", 1<<28-1, 5), Options{Release: 26}, "ok"},
		{"no receiver, port", cat("\x83\x59", atom("x"), n32(1<<28), n32(0)), Options{}, noNode},
		{"no receiver, reference of 4 words", cat("\x83", ref(1, 2, 3, 4)), Options{}, noNode},
		{"no receiver, first word", cat("\x83", ref(1<<18, 2)), Options{}, noNode},
	} {
		if got := verdict(c.in, c.o); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCompressed(t *testing.T) {
	pack := func(data []byte) []byte {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(data)
		w.Close()
		return z.Bytes()
	}
	data := cat(tuple(one, str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")))
	z := pack(data)
	env := func(size int, z []byte) []byte { return cat("\x83\x50", n32(size), z) }
	edit := func(i int, xor byte) []byte {
		e := bytes.Clone(z)
		e[i] ^= xor
		return e
	}
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"whole", env(len(data), z), "ok"},
		{"bytes behind it", cat(env(len(data), z), "junk"), "ok"},
		{"size too large", env(len(data)+1, z), "malformed"},
		{"size too small", env(len(data)-1, z), "malformed"},
		{"size 0", env(0, pack(nil)), "malformed"},
		{"cut by one", env(len(data), z[:len(z)-1]), "malformed"},
		{"checksum", env(len(data), edit(len(z)-1, 1)), "malformed"},
		{"header check", env(len(data), edit(1, 1)), "malformed"},
		{"method", env(len(data), edit(0, 1)), "malformed"},
		{"preset dictionary", env(len(data), cat("\x78\x20\x00\x00\x00\x01", z[2:])), "malformed"},
		{"window of 256 bytes", env(2, cat("\x08\x1d", pack([]byte(one))[2:])), "ok"},
		{"no stream", env(2, nil), "malformed"},
		{"junk after the term", env(len(data)+1, pack(cat(data, null))), closed(ReasonInflatedRest)},
		{"131 inside", env(len(data)+1, pack(cat("\x83", data))), "malformed"},
	} {
		if got := verdict(c.in, OTP25); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	r, err := Decode(cat(env(len(data), z), "junk"), OTP25)
	if err != nil || r.Used != 6+len(z) || r.Inflated != int64(len(data)) {
		t.Errorf("%+v %v", r, err)
	}
}

// TestOrder: term order and =:= of neighbours, as OTP 25.2.3 gave them.
func TestOrder(t *testing.T) {
	minusZero, zero := "\x46\x80\x00\x00\x00\x00\x00\x00\x00", "\x46\x00\x00\x00\x00\x00\x00\x00\x00"
	oneF := "\x46\x3f\xf0\x00\x00\x00\x00\x00\x00"
	two53, two53f := "\x6e\x07\x00\x01\x00\x00\x00\x00\x00\x20", "\x46\x43\x40\x00\x00\x00\x00\x00\x00"
	pidOf := func(node string, num, serial int) []byte {
		return cat("\x58", atom(node), n32(num), n32(serial), n32(1))
	}
	portOf := func(node string, id int) []byte { return cat("\x59", atom(node), n32(id), n32(1)) }
	for _, c := range []struct {
		name string
		a, b any
		want string // of OTP 25: <, =, or ~ for a tie that is not =:=
		r27  string // where it differs
	}{
		{"1 and 1.0", one, oneF, "~", ""},
		{"0.0 and -0.0", zero, minusZero, "=", "~"},
		{"{0.0} and {-0.0}", tuple(zero), tuple(minusZero), "=", "~"},
		{"2^53 and 2^53+1", two53f, two53, "<", ""},
		{"number, atom", large, atom(""), "<", ""},
		{"atom, reference", atom("z"), ref(1), "<", ""},
		{"reference, fun", ref(1), funOf(), "<", ""},
		{"fun, export", funOf(), export, "<", ""},
		{"export, port", export, port, "<", ""},
		{"port, pid", port, pid, "<", ""},
		{"pid, tuple", pid, tuple(), "<", ""},
		{"tuple, map", tuple(one), empty0, "<", ""},
		{"map, []", empty0, null, "<", ""},
		{"[], list", null, str("a"), "<", ""},
		{"list, bits", str("a"), bin(""), "<", ""},
		{"atoms by code point", atom("z"), atom("é"), "<", ""},
		{"pid: serial before number", pidOf("a", 2, 1), pidOf("a", 1, 2), "<", ""},
		{"pid: number before node", pidOf("b", 1, 0), pidOf("a", 2, 0), "<", ""},
		{"port: node before id", portOf("a", 2), portOf("b", 1), "<", ""},
		{"reference: node before words", refOf("a", 2), refOf("b", 1), "<", ""},
		{"reference: last word first", ref(2, 1), ref(1, 2), "<", ""},
		{"reference: short is padded", ref(5), ref(2, 1), "<", ""},
		{"reference: zero words", ref(5), ref(5, 0), "=", ""},
		{"tuple: size first", tuple(large), tuple(one, one), "<", ""},
		{"[1|2] and [1]", cells(one, "\x61\x02"), cells(one, null), "<", ""},
		{"[1] and [1,1]", str("\x01"), str("\x01\x01"), "<", ""},
		{"[1|{}] and [1,1]", cells(one, tuple()), str("\x01\x01"), "<", ""},
		{"[1,1] and [1|<<>>]", str("\x01\x01"), cells(one, bin("")), "<", ""},
		{"map keys are exact", pairs("\x61\x02", one), pairs(oneF, one), "<", ""},
		{"map values are not", pairs(one, one), pairs(one, oneF), "~", ""},
		{"unless in a key", pairs(pairs(one, "\x61\x02"), one), pairs(pairs(one, oneF), one), "<", ""},
		{"map: all keys before values", pairs(one, "\x61\x02", "\x61\x02", one), pairs(one, one, "\x61\x03", one), "<", ""},
		{"bits: prefix", "\x4d\x00\x00\x00\x01\x01\x80", bin("\x80"), "<", ""},
		{"bits: value", "\x4d\x00\x00\x00\x01\x01\x80", bin("\xff"), "<", ""},
		{"bits: 77 of 8", "\x4d\x00\x00\x00\x01\x08a", bin("a"), "=", ""},
		{"fun: free variables by number", funOf("\x61\x02"), funOf(one, one), "<", ""},
		{"fun: other arity", funLike(1, 1, 1, 1), funLike(2, 1, 1, 1), "=", "<"},
	} {
		for _, rel := range []int{25, 27} {
			want := c.want
			if rel == 27 && c.r27 != "" {
				want = c.r27
			}
			o := OTP25
			o.Release = rel
			a, b := decode(t, o, c.a).Term, decode(t, o, c.b).Term
			if got := relation(a, b); got != want {
				t.Errorf("%s, release %d: %s, want %s", c.name, rel, got, want)
			}
			if back := Compare(b, a); back != -Compare(a, b) || Same(a, b) != Same(b, a) {
				t.Errorf("%s, release %d: not symmetric", c.name, rel)
			}
		}
	}
}
