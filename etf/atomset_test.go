package etf

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
)

// atomSetMust makes a set of names known to be good.
func atomSetMust(t testing.TB, names ...string) *AtomSet {
	t.Helper()
	s, err := NewAtomSet(names...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// atomSetSame fails unless the set holds exactly the names.
func atomSetSame(t testing.TB, s *AtomSet, names ...string) {
	t.Helper()
	want := slices.Compact(slices.Sorted(slices.Values(names)))
	if got := slices.Collect(s.All()); !slices.Equal(got, want) {
		t.Fatalf("set holds %q, want %q", atomSetClip(got), atomSetClip(want))
	}
}

// atomSetClip shortens a list for an error message.
func atomSetClip(names []string) []string {
	if len(names) > 40 {
		return append(slices.Clone(names[:40]), fmt.Sprintf("and %d more", len(names)-40))
	}
	return names
}

func TestAtomSetHas(t *testing.T) {
	s := atomSetMust(t, "ok", "error", "", "ok", "日本", "a b")
	atomSetSame(t, s, "", "a b", "error", "ok", "日本")
	if s.Len() != 5 {
		t.Errorf("Len = %d", s.Len())
	}
	for name, want := range map[string]bool{
		"ok": true, "error": true, "": true, "日本": true, "a b": true,
		"o": false, "okk": false, "OK": false, "日": false, "\xff": false,
	} {
		if s.Has([]byte(name)) != want || s.HasString(name) != want {
			t.Errorf("%q: Has %v, HasString %v, want %v", name, s.Has([]byte(name)), s.HasString(name), want)
		}
	}
	if s.HasString("e\u0301") || atomSetMust(t, "\u00e9").HasString("e\u0301") {
		t.Error("composed and decomposed letters are different atoms")
	}
}

func TestAtomSetNilIsEmpty(t *testing.T) {
	var s *AtomSet
	if s.Has(nil) || s.HasString("") || s.Len() != 0 {
		t.Error("a nil set holds something")
	}
	atomSetSame(t, s)
	atomSetSame(t, s.Union(nil, nil))
	atomSetSame(t, s.Union(atomSetMust(t, "a")), "a")
	if text, err := s.AppendText([]byte("x")); string(text) != "x" || err != nil {
		t.Errorf("AppendText = %q, %v", text, err)
	}
	if n, err := s.WriteTo(io.Discard); n != 0 || err != nil {
		t.Errorf("WriteTo = %d, %v", n, err)
	}
}

func TestAtomSetUnionLeavesItsPartsAlone(t *testing.T) {
	a, b, c := atomSetMust(t, "a", "x"), atomSetMust(t, "b", "x"), atomSetMust(t, "c")
	atomSetSame(t, a.Union(b, nil, c), "a", "b", "c", "x")
	atomSetSame(t, a.Union(), "a", "x")
	atomSetSame(t, a, "a", "x")
	atomSetSame(t, b, "b", "x")
	atomSetSame(t, c, "c")
}

func TestAtomSetNameRules(t *testing.T) {
	for _, tc := range []struct {
		what, name string
		ok         bool
	}{
		{"empty", "", true},
		{"255 one-byte characters", strings.Repeat("a", 255), true},
		{"256 one-byte characters", strings.Repeat("a", 256), false},
		{"255 four-byte characters", strings.Repeat("\U0010ffff", 255), true},
		{"256 four-byte characters", strings.Repeat("\U0010ffff", 256), false},
		{"NUL, BOM and noncharacters", "\x00\ufeff\ufffe\uffff\ufdd0", true},
		{"surrogate", "\xed\xa0\x80", false},
		{"overlong NUL", "\xc0\x80", false},
		{"beyond Unicode", "\xf4\x90\x80\x80", false},
		{"cut", "\xe6\x97", false},
		{"Latin-1", "\xe9", false},
	} {
		s, err := NewAtomSet("ok", tc.name)
		if (err == nil) != tc.ok {
			t.Errorf("%s: error %v", tc.what, err)
		}
		if err == nil {
			atomSetSame(t, s, "ok", tc.name)
			continue
		}
		var e *AtomSetError
		if !errors.As(err, &e) || s != nil || !strings.Contains(err.Error(), "name 1:") {
			t.Errorf("%s: error %q, set %v", tc.what, err, s)
		}
	}
}

func TestAtomSetCaps(t *testing.T) {
	b := newAtomSetBuilder()
	if b.maxNames != atomSetMaxNames || b.maxBytes != atomSetMaxBytes {
		t.Fatal("the builder does not carry the documented caps")
	}
	b.maxNames, b.maxBytes = 3, 6
	for _, name := range []string{"a", "bb", "a", "ccc", "bb"} {
		if err := b.add([]byte(name)); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
	}
	if err := b.add([]byte("d")); err == nil || !strings.Contains(err.Error(), "more than 3 names") {
		t.Errorf("names: %v", err)
	}
	b.maxNames = 9
	if err := b.add([]byte("d")); err == nil || !strings.Contains(err.Error(), "more than 6 bytes") {
		t.Errorf("bytes: %v", err)
	}
	if err := b.add([]byte("ccc")); err != nil {
		t.Errorf("a name that is in already costs nothing: %v", err)
	}
	atomSetSame(t, b.set(), "a", "bb", "ccc")
}

func TestAtomSetHasAllocatesNothing(t *testing.T) {
	s, in, out := atomSetMust(t, "ok", strings.Repeat("é", 255)), []byte(strings.Repeat("é", 255)), []byte("no_such_atom")
	if n := testing.AllocsPerRun(100, func() {
		if !s.Has(in) || s.Has(out) || !s.HasString("ok") {
			t.Fatal("wrong answer")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAtomSetIsSharedByGoroutines(t *testing.T) {
	s := atomSetMust(t, "a", "b", "c")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				u := s.Union(s)
				if !s.HasString("b") || s.HasString("d") || u.Len() != s.Len() {
					t.Error("wrong answer")
				}
				for range s.All() {
					break // ranging may stop early
				}
			}
		})
	}
	wg.Wait()
}

func TestAtomSetErrorText(t *testing.T) {
	cause := errors.New("cause")
	for want, e := range map[string]*AtomSetError{
		`etf: atom set: wrong`:                 {},
		`etf: atom set: cause`:                 {Err: cause},
		`etf: atom set: line 7: cause`:         {Line: 7, Err: cause},
		`etf: atom set: line 1: cause`:         {Line: 1, Err: cause},
		`etf: atom set: "a\nb": cause`:         {File: "a\nb", Err: cause},
		`etf: atom set: "a": line 7: cause`:    {File: "a", Line: 7, Err: cause},
		`etf: atom set: "a.ez!b.beam":` + ` x`: {File: "a.ez!b.beam", Err: errors.New("x")},
	} {
		if e.Error() != want || errors.Unwrap(e) != e.Err {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
}

func BenchmarkAtomSetHas(b *testing.B) {
	var names []string
	for i := range 20000 {
		names = append(names, fmt.Sprintf("some_module_function_%d", i))
	}
	s, name := atomSetMust(b, names...), []byte(names[777])
	b.ReportAllocs()
	for b.Loop() {
		if !s.Has(name) {
			b.Fatal("lost")
		}
	}
}
