package etf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestReadAtomSet(t *testing.T) {
	s, err := ReadAtomSet(strings.NewReader("\ufeff% written by hand\r\n" +
		"ok\r\n\n \t\n   error  \n" +
		"  % an indented remark\n" +
		"Elixir.MyApp.User\nvalid?\nsave!\nrabbit@my-host.example\n_x9\nħé日本\nok\n" +
		`'my atom'` + "\n" + `'%'` + "\n\t''\t\n" + `' x '` + "\n" +
		`'it\'s \\ \"'` + "\n" + `'\b\d\e\f\n\r\s\t\v'` + "\n" +
		`'\101\0\7777\x41\x{41}\x{1F600}\x{00000041}'` + "\n" + `'\^A\^a\^[\^?\^@'` + "\n" +
		`'日本'` + "\n" + `last_without_newline`))
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, "ok", "error", "Elixir.MyApp.User", "valid?", "save!", "rabbit@my-host.example", "_x9", "ħé日本",
		"my atom", "%", "", " x ", `it's \ "`, "\b\x7f\x1b\f\n\r \t\v", "A\x00\u01ff7AA😀A", "\x01\x01\x1b\x7f\x00", "日本",
		"last_without_newline")

	// Devanagari: marks may follow a letter.
	if s, err = ReadAtomSet(strings.NewReader("नमस्ते")); err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, "नमस्ते")
}

func TestReadAtomSetRefuses(t *testing.T) {
	for _, line := range []string{
		"ok, error", "ok,", "ok.", ":ok", `"ok"`, "{ok}", "ok error", "ok % remark", "it's", "9lives", "@x", ".x", "-x", "?",
		"\u0301x", "x+y", "a\x00b", "a\x0bb", "\xe9t\xe9", "\ufffd", "a\u2028b", "x\ufeff",
		"'", "'open", `'open\'`, `'open\`, "'a' b", "'a'b", "'a','b'", "'a'.", "'it''s'", "'\xe9'",
		`'\q'`, `'\ '`, `'\é'`, `'\א'`, `'\x'`, `'\x4'`, `'\xg0'`, `'\x{}'`, `'\x{g}'`, `'\x{41'`, `'\x{110000}'`, `'\x{D800}'`,
		`'\x{F0000041}'`, `'\x{100000041}'`, `'\^'`, `'\^1'`, `'\^é'`, `'\9'`,
		"'" + strings.Repeat("a", 256) + "'", strings.Repeat("a", 256), strings.Repeat("a", atomSetMaxLine),
		"% " + strings.Repeat("a", atomSetMaxLine),
	} {
		s, err := ReadAtomSet(strings.NewReader("ok\n\n" + line + "\nerror\n"))
		var e *AtomSetError
		if !errors.As(err, &e) || e.Line != 3 || e.File != "" || s != nil {
			t.Errorf("%.40q: set %v, error %v", line, s, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "etf: atom set: line 3: ") || !utf8.ValidString(err.Error()) {
			t.Errorf("%.40q: error reads %q", line, err)
		}
	}
}

func TestReadAtomSetBounds(t *testing.T) {
	// The longest name in the longest writing fits a line, with room for blanks.
	longest := "'" + strings.Repeat(`\x{10FFFF}`, 255) + "'"
	s, err := ReadAtomSet(strings.NewReader(longest + strings.Repeat(" ", atomSetMaxLine-len(longest)-1) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, strings.Repeat("\U0010ffff", 255))

	b := newAtomSetBuilder()
	if line, err := b.readText(strings.NewReader("aa\nbb\ncc\n"), 9); err != nil || line != 4 {
		t.Errorf("exactly at the bound: line %d, %v", line, err)
	}
	b = newAtomSetBuilder()
	if line, err := b.readText(strings.NewReader("aa\nbb\ncc\n"), 8); line != 3 || err == nil {
		t.Errorf("one past the bound: line %d, %v", line, err)
	}
	b = newAtomSetBuilder()
	b.maxNames = 1
	if line, err := b.readText(strings.NewReader("aa\nbb\n"), 100); line != 2 || err == nil {
		t.Errorf("too many names: line %d, %v", line, err)
	}
	// An endless list ends, in memory that follows what is kept of it.
	if _, err := ReadAtomSet(atomSetEndless{}); err == nil {
		t.Error("an endless line was read")
	}
}

// atomSetEndless is a reader that never stops.
type atomSetEndless struct{}

func (atomSetEndless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestReadAtomSetWrapsTheReadersError(t *testing.T) {
	broken := errors.New("cable pulled")
	_, err := ReadAtomSet(io.MultiReader(strings.NewReader("ok\nerr"), iotest.ErrReader(broken)))
	var e *AtomSetError
	if !errors.Is(err, broken) || !errors.As(err, &e) || e.Line != 2 {
		t.Errorf("error %v", err)
	}
	s, err := ReadAtomSet(iotest.OneByteReader(strings.NewReader("ok\n'a b'")))
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, "ok", "a b")
}

// atomSetOddNames are names that a writer gets wrong if it can.
func atomSetOddNames() []string {
	names := []string{"", "ok", "Ok", "_", "_a", "a@b", "a.b", "a-b", "Elixir.Foo", "%", "% x", "'", "''", `\`, `\n`, `\x{41}`,
		" ", " a", "a ", "\t", "it's", `"`, "日本", "é", "e\u0301", "\u202egnp.exe", "\u200b", "\u2028", "\ufeff", "\ufeffa", "\ufffd",
		"\ufffe", "\U0010ffff", strings.Repeat("\U0010ffff", 255), strings.Repeat("\x01", 255), "and", "a\nb", "9"}
	for r := range rune(0x101) {
		names = append(names, string(r), "a"+string(r), string(r)+"z")
	}
	return names
}

func TestAtomSetTextRoundTrip(t *testing.T) {
	names := atomSetOddNames()
	s := atomSetMust(t, names...)
	text, err := s.AppendText([]byte("% head\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range text {
		if c != '\n' && (c < ' ' || c == 0x7f) {
			t.Fatalf("byte %#x at %d is not printable", c, i)
		}
	}
	for _, hidden := range []string{"\u202e", "\u200b", "\u2028", "\ufeff", "\u0085"} {
		if bytes.Contains(text, []byte(hidden)) {
			t.Errorf("%+q is written as it is, nobody sees it", hidden)
		}
	}
	back, err := ReadAtomSet(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, back, names...)

	var out bytes.Buffer
	n, err := s.WriteTo(&out)
	if err != nil || n != int64(out.Len()) || "% head\n"+out.String() != string(text) {
		t.Errorf("WriteTo: %d bytes of %d, %v; the same as AppendText: %v", n, out.Len(), err, "% head\n"+out.String() == string(text))
	}
	const want = "''\n'1'\na\n'a b'\n'é'\n"
	if text, _ = atomSetMust(t, "a", "", "é", "1", "a b").AppendText(nil); string(text) != want {
		t.Errorf("written %q, want %q", text, want)
	}
}

func TestAtomSetWriteToStopsAtAnError(t *testing.T) {
	var names []string
	for i := range 2000 {
		names = append(names, fmt.Sprintf("name_%d", i))
	}
	s, broken := atomSetMust(t, names...), errors.New("disk full")
	for _, said := range []error{broken, nil} {
		want := said
		if want == nil { // it has not said so
			want = io.ErrShortWrite
		}
		for after := range 4 {
			w := &atomSetFailing{after: after, err: said}
			n, err := s.WriteTo(w)
			if !errors.Is(err, want) || n != w.taken {
				t.Errorf("after %d writes: %d bytes of %d, %v, want %v", after, n, w.taken, err, want)
			}
		}
	}
}

// atomSetFailing takes some writes, then half of one.
type atomSetFailing struct {
	after int
	taken int64
	err   error
}

func (w *atomSetFailing) Write(p []byte) (int, error) {
	n, err := len(p), error(nil)
	if w.after--; w.after < 0 {
		n, err = len(p)/2, w.err
	}
	w.taken += int64(n)
	return n, err
}

func FuzzReadAtomSet(f *testing.F) {
	f.Add([]byte("ok\n'my atom'\n% remark\n\n''\n"))
	f.Add([]byte("'\\n\\x{41}\\101\\^A\\''\r\nElixir.Foo"))
	f.Add([]byte("'\\x{110000}'"))
	f.Fuzz(func(t *testing.T, list []byte) {
		s, err := ReadAtomSet(bytes.NewReader(list))
		if err != nil {
			var e *AtomSetError
			if !errors.As(err, &e) || e.Line < 1 || e.Line > bytes.Count(list, []byte("\n"))+1 {
				t.Fatalf("error %#v", err)
			}
			return
		}
		text, _ := s.AppendText(nil)
		back, err := ReadAtomSet(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, text)
		}
		atomSetSame(t, back, slices.Collect(s.All())...)
	})
}
