package etf

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// beamTestRead reads a module from memory.
func beamTestRead(t testing.TB, data []byte) *AtomSet {
	t.Helper()
	s, err := ReadBeamAtoms(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadBeamAtoms(t *testing.T) {
	long := strings.Repeat("日", 255) // 765 bytes: only OTP 28's table can hold it
	plain := beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m", "f", "日本", "", "f")))
	for _, tc := range []struct {
		what string
		data []byte
		want []string
	}{
		{"OTP 20 to 27", plain, []string{"m", "f", "日本", ""}},
		{"OTP 28", beamTestForm(beamTestChunk("AtU8", beamTestAtoms28("m", "", strings.Repeat("a", 15), strings.Repeat("b", 16), long))),
			[]string{"m", "", strings.Repeat("a", 15), strings.Repeat("b", 16), long}},
		{"OTP 19, Latin-1", beamTestForm(beamTestChunk("Atom", beamTestAtoms("m", "caf\xe9", "\xff"))), []string{"m", "café", "ÿ"}},
		{"both tables: the loader takes the new one", beamTestForm(beamTestChunk("Atom", beamTestAtoms("old")),
			beamTestChunk("AtU8", beamTestAtoms("new"))), []string{"new"}},
		{"two tables: the loader takes the last", beamTestForm(beamTestChunk("AtU8", beamTestAtoms("first")),
			beamTestChunk("AtU8", beamTestAtoms("last"))), []string{"last"}},
		{"an empty new table is none", beamTestForm(beamTestChunk("AtU8", nil), beamTestChunk("Atom", beamTestAtoms("m"))), []string{"m"}},
		{"other chunks are passed over", beamTestForm(beamTestChunk("Attr", []byte("\x83w\x01x")), beamTestChunk("AtU8", beamTestAtoms("m")),
			beamTestChunk("LitT", nil), beamTestChunk("Dbgi", []byte{1, 2, 3, 4, 5})), []string{"m"}},
		{"bytes behind the table", beamTestForm(beamTestChunk("AtU8", append(beamTestAtoms("m"), 1, 'x'))), []string{"m"}},
		{"bytes behind the form", append(slices.Clone(plain), "junk"...), []string{"m", "f", "日本", ""}},
		{"gzipped", beamTestGzip(plain), []string{"m", "f", "日本", ""}},
		{"gzipped, bytes behind", append(beamTestGzip(plain), "junk"...), []string{"m", "f", "日本", ""}},
		{"no literals in the table", beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", beamTestLiterals())), []string{"m"}},
		{"no literals in the table, OTP 28", beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", beamTestLiterals28())), []string{"m"}},
	} {
		s, err := ReadBeamAtoms(bytes.NewReader(tc.data))
		if err != nil {
			t.Errorf("%s: %v", tc.what, err)
			continue
		}
		atomSetSame(t, s, tc.want...)
	}
}

func TestReadBeamAtomsInLiterals(t *testing.T) {
	terms := []string{
		"\x83" + beamTestAtom("only_literal"),
		"\x83h\x02" + beamTestAtom("pair") + "l\x00\x00\x00\x01" + beamTestAtom("in_list") + "j",
		"\x83t\x00\x00\x00\x01" + beamTestAtom("key") + "m\x00\x00\x00\x02ab",
		"\x83q" + beamTestAtom("fun_module") + beamTestAtom("fun_name") + "a\x02",
		"\x83s\x02h\xe9", // SMALL_ATOM_EXT, Latin-1
		"\x83a\x07",
	}
	want := []string{"m", "only_literal", "pair", "in_list", "key", "fun_module", "fun_name", "hé"}
	for what, lits := range map[string][]byte{"zlib": beamTestLiterals(terms...), "plain (OTP 28)": beamTestLiterals28(terms...)} {
		t.Run(what, func(t *testing.T) {
			atomSetSame(t, beamTestRead(t, beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", lits))), want...)
		})
	}
	t.Run("a literal that is no term", func(t *testing.T) {
		for _, term := range []string{"", "\x83", "\x82w\x01a", "\x83w\x05a", "\x83\x01"} {
			data := beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", beamTestLiterals28("\x83a\x01", term)))
			if _, err := ReadBeamAtoms(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), "chunk LitT: literal 2 of 2") {
				t.Errorf("%q: %v", term, err)
			}
		}
	})
	t.Run("caps hold for literals too", func(t *testing.T) {
		c := newBeamCollector()
		c.maxNames = 2
		data := beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", beamTestLiterals28(terms[1])))
		if err := c.module(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), "more than 2 names") {
			t.Error(err)
		}
	})
}

func TestReadBeamAtomsRefusesDamage(t *testing.T) {
	at := func(body []byte) []byte { return beamTestForm(beamTestChunk("AtU8", body)) }
	lit := func(body []byte) []byte {
		return beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", body))
	}
	table := beamTestTable("\x83a\x01")
	form := at(beamTestAtoms("m"))
	withSize := func(n int) []byte { return slices.Concat([]byte("FOR1"), beamTest32(n), form[8:]) }
	for _, tc := range []struct {
		what, want string
		data       []byte
	}{
		{"nothing", "no FOR1", nil},
		{"another file", "no FOR1", []byte("#!/bin/sh\nexit 0\n")},
		{"another form", "no FOR1", []byte("FOR1\x00\x00\x00\x04AIFF")},
		{"half a header", "no FOR1", form[:11]},
		{"form beyond the file", "claims 21 bytes, 20 are there", withSize(21)},
		{"form of 4 GiB", "the form claims", withSize(-1)},
		{"form without a type", "the form claims 3", withSize(3)},
		{"form without chunks", "no atom table", withSize(4)},
		{"form with half a chunk", "the chunk at byte 12 claims 8 bytes, 7 are there", withSize(19)},
		{"chunk header cut", "half a chunk header at byte 12", withSize(11)},
		{"chunk of 4 GiB", "claims 4294967296 bytes", beamTestForm([]byte("Code\xff\xff\xff\xff"))},
		{"chunk without padding", "the chunk at byte 12 claims 8 bytes, 6 are there", beamTestForm([]byte("AtU8\x00\x00\x00\x06\x00\x00\x00\x01\x01m"))},
		{"no atom table", "no atom table", beamTestForm(beamTestChunk("Code", []byte("x")))},
		{"table without a count", "chunk AtU8: no count", at([]byte{0, 0, 1})},
		{"no names", "claims 0 names", at(beamTest32(0))},
		{"more names than bytes", "claims 3 names in 2 bytes", at(append(beamTest32(3), 1, 'a'))},
		{"2³¹−1 names", "claims 2147483647 names", at(append(beamTest32(1<<31-1), 0))},
		{"−2³¹ names", "claims 2147483648 names", at(append(beamTest32(-1<<31), 0))},
		{"name beyond the table", "name 2 of 2 is cut", at(append(beamTest32(2), 1, 'a', 2, 'b'))},
		{"no length", "name 2 of 2 is cut", at(append(beamTest32(2), 1, 'a'))},
		{"name not UTF-8", "name 1 of 1: an atom name is not UTF-8", at(beamTestAtoms("\xe9"))},
		{"name too long", "256 characters", at(beamTestAtoms28(strings.Repeat("a", 256)))},
		{"long length without its second byte", "name 2 of 2 is cut", at(append(beamTest32(-2), 0x10, 'a', 0x08))},
		{"length in a form from 2,048 on", "has no length", at(append(beamTest32(-1), 0x18, 0, 1, 'a'))},
		{"length with another tag", "has no length", at(append(beamTest32(-1), 0x12, 'a'))},
		{"negative count in the Latin-1 table", "chunk Atom: claims -1 names", beamTestForm(beamTestChunk("Atom", beamTestAtoms28("m")))},
		{"gzip header cut", "gzip: ", []byte("\x1f\x8b\x08")},
		{"gzip cut", "gzip: unexpected EOF", beamTestGzip(form)[:30]},
		{"gzip in gzip", "no FOR1", beamTestGzip(beamTestGzip(form))},
		{"literals without a size", "chunk LitT: no size", lit([]byte{0, 0, 1})},
		{"literals without a count", "chunk LitT: no count", lit(append(beamTest32(0), 0, 0, 1))},
		{"more literals than bytes", "claims 3 literals in 11 bytes", lit(slices.Concat(beamTest32(0), beamTest32(3), table[4:], make([]byte, 4)))},
		{"4 Gi literals", "claims 4294967295 literals", lit(slices.Concat(beamTest32(0), beamTest32(-1)))},
		{"literal cut", "literal 1 of 1 is cut", lit(slices.Concat(beamTest32(0), table[:len(table)-1]))},
		{"literal of 4 GiB", "literal 1 of 1 is cut", lit(slices.Concat(beamTest32(0), beamTest32(1), beamTest32(-1)))},
		{"literals not zlib", "chunk LitT: zlib: ", lit(slices.Concat(beamTest32(len(table)), table))},
		{"literals shorter than claimed", "claims 12 bytes, 11 are there", lit(slices.Concat(beamTest32(12), beamTestZlib(table)))},
		{"literals longer than claimed", "zlib: more than 10 bytes", lit(slices.Concat(beamTest32(10), beamTestZlib(table)))},
		{"literals claim 4 GiB", "claims 4294967295 bytes, this reads 67108864", lit(slices.Concat(beamTest32(-1), beamTestZlib(table)))},
		{"zlib checksum", "zlib: invalid checksum", lit(func() []byte {
			z := beamTestZlib(table)
			z[len(z)-1]++
			return append(beamTest32(len(table)), z...)
		}())},
	} {
		s, err := ReadBeamAtoms(bytes.NewReader(tc.data))
		var e *AtomSetError
		if !errors.As(err, &e) || s != nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.what, err, tc.want)
		}
	}
	// Every cut of a good file is refused, or is a file that was whole before the cut.
	whole := lit(beamTestLiterals("\x83a\x01"))
	for n := range whole {
		if _, err := ReadBeamAtoms(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("%d of %d bytes were taken for a module", n, len(whole))
		}
	}
}

func TestReadBeamAtomsBounds(t *testing.T) {
	form := beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", beamTestLiterals()))
	zipped := beamTestGzip(form)
	for _, tc := range []struct {
		what string
		data []byte
		cap  func(c *beamCollector, by int64)
		want string
	}{
		{"file", form, func(c *beamCollector, by int64) { c.maxFile = int64(len(form)) + by }, "more than"},
		{"unzipped", zipped, func(c *beamCollector, by int64) { c.maxFile = int64(max(len(zipped), len(form))) + by }, "more than"},
		{"literals", form, func(c *beamCollector, by int64) { c.maxLiterals = 4 + by }, "claims 4 bytes, this reads 3"},
		{"total", form, func(c *beamCollector, by int64) { c.left = int64(len(form)) + 4 + by }, "the release is larger"},
		{"total, zipped", zipped, func(c *beamCollector, by int64) { c.left = int64(len(zipped)+len(form)) + 4 + by }, "the release is larger"},
		{"total, at the file", form, func(c *beamCollector, by int64) { c.left = 4 + 2*by }, "the release is larger"},
	} {
		c := newBeamCollector()
		tc.cap(c, 0)
		if err := c.module(bytes.NewReader(tc.data)); err != nil && tc.what != "total, at the file" {
			t.Errorf("%s, exactly at the cap: %v", tc.what, err)
		}
		c = newBeamCollector()
		tc.cap(c, -1)
		if err := c.module(bytes.NewReader(tc.data)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s, one past the cap: %v", tc.what, err)
		}
	}
}

// TestReadBeamAtomsAllocatesWhatIsThere gives small files that claim much and
// a compression bomb, and watches the allocator.
func TestReadBeamAtomsAllocatesWhatIsThere(t *testing.T) {
	at := beamTestChunk("AtU8", beamTestAtoms("m"))
	lit := func(body []byte) []byte { return beamTestForm(at, beamTestChunk("LitT", body)) }
	bomb := beamTestZlib(make([]byte, 4<<20))
	for what, tc := range map[string]struct {
		data []byte
		max  uint64
	}{
		"names":         {beamTestForm(beamTestChunk("AtU8", append(beamTest32(1<<30), 1, 'a'))), 64 << 10},
		"chunk":         {beamTestForm([]byte("AtU8\x7f\xff\xff\xff")), 64 << 10},
		"literals":      {lit(slices.Concat(beamTest32(0), beamTest32(1<<30), beamTest32(1<<30))), 64 << 10},
		"literal size":  {lit(slices.Concat(beamTest32(beamMaxLiterals), beamTestZlib(nil))), 256 << 10},
		"past its size": {lit(slices.Concat(beamTest32(64<<10), bomb)), 2 << 20},
		"past the cap":  {lit(slices.Concat(beamTest32(1<<31-1), bomb)), 1 << 20},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadBeamAtoms(bytes.NewReader(tc.data))
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; err == nil || got > tc.max {
			t.Errorf("%s: %d bytes allocated for %d received, at most %d allowed; error %v", what, got, len(tc.data), tc.max, err)
		}
	}
}

func TestReadBeamAtomsWrapsTheReadersError(t *testing.T) {
	broken := errors.New("cable pulled")
	var e *AtomSetError
	if _, err := ReadBeamAtoms(iotest.ErrReader(broken)); !errors.Is(err, broken) || !errors.As(err, &e) {
		t.Errorf("error %v", err)
	}
	form := beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")))
	if s, err := ReadBeamAtoms(iotest.OneByteReader(bytes.NewReader(form))); err != nil {
		t.Error(err)
	} else {
		atomSetSame(t, s, "m")
	}
}

func FuzzReadBeamAtoms(f *testing.F) {
	lits := []string{"\x83h\x02w\x01aw\x01b", "\x83q" + beamTestAtom("lists") + beamTestAtom("map") + "a\x02"}
	for _, form := range [][]byte{
		beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m", "f")), beamTestChunk("LitT", beamTestLiterals(lits...))),
		beamTestForm(beamTestChunk("AtU8", beamTestAtoms28("m", "é", strings.Repeat("a", 20))), beamTestChunk("LitT", beamTestLiterals28(lits...))),
		beamTestForm(beamTestChunk("Atom", beamTestAtoms("m", "\xe9")), beamTestChunk("Code", make([]byte, 9))),
	} {
		f.Add(form)
		f.Add(beamTestGzip(form))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := ReadBeamAtoms(bytes.NewReader(data))
		runtime.ReadMemStats(&after)
		// Deflate grows 1,032 times at most, once for gzip and once for zlib
		// inside it, each step capped; buffers double.
		inflated := min(1032*len(data), beamMaxFile)
		bound := uint64(1<<20 + 64*len(data) + 64*inflated + 4*min(1032*inflated, beamMaxLiterals))
		if !bytes.Contains(data, []byte("\x1f\x8b")) {
			bound = uint64(1<<20 + 64*len(data) + 64*inflated)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > bound {
			t.Fatalf("%d bytes allocated for %d received", got, len(data))
		}
		if (s == nil) != (err != nil) {
			t.Fatalf("set %v, error %v", s, err)
		}
		for name := range s.All() {
			if err := atomSetCheckName([]byte(name)); err != nil || !s.HasString(name) {
				t.Fatalf("%q: %v", name, err)
			}
		}
	})
}

// TestLiteralsAreBounded: what a file makes of its literals is bounded by what a
// file may have, although the node would take more.
func TestLiteralsAreBounded(t *testing.T) {
	file := func(literal string) []byte {
		return beamTestForm(beamTestChunk("AtU8", beamTestAtoms("m")), beamTestChunk("LitT", beamTestLiterals(literal)))
	}
	nested := strings.Repeat("h\x01", 1<<20) + "j"
	packed := "\x83P" + string(beamTest32(len(nested))) + string(beamTestZlib([]byte(nested)))
	for want, literal := range map[string]string{
		"rejected_compressed": packed,
		"limit_depth":         "\x83" + nested,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadBeamAtoms(bytes.NewReader(file(literal)))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
			t.Errorf("%s: %d MiB allocated", want, took>>20)
		}
	}
}
