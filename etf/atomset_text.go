package etf

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A list's bounds. The longest name, 255 characters each written \x{10FFFF},
// fits a line. The file's bound is above what the largest set can take in
// writing, so every set that was read can be written and read again.
const (
	atomSetMaxLine = 4 << 10
	atomSetMaxText = 512 << 20
)

// ReadAtomSet reads a list of names, one a line.
//
//	% lines like this one and blank lines say nothing
//	ok
//	Elixir.MyApp.User
//	valid?
//	rabbit@my-host
//	'my atom'
//	'it\'s', with \n, \101 and \x{41} as Erlang writes them
//
// A bare name starts with a letter or _ and goes on with letters, digits and
// any of _ @ . - ? ! without ending in a full stop. Everything else stands in
// quotes, and nothing follows the closing quote. The rule is strict so that a
// list in another notation ("ok, error", ":ok", "ok.") is an error with its
// line number and not a set of names no node has. Note that an Elixir module's
// atom begins with "Elixir.".
//
// A running node writes its own table as such a list. Paste this into its
// shell; it enumerates the table by index, which is safe there because the
// bytes are the node's own:
//
//	file:write_file("atoms.txt", [unicode:characters_to_binary(io_lib:format("~tw~n", [binary_to_term(<<131,75,N:24>>)])) || N <- lists:seq(0, erlang:system_info(atom_count) - 1)]).
//
// or, in Elixir (also as the argument of bin/my_app rpc):
//
//	File.write!("atoms.txt", for(n <- 0..(:erlang.system_info(:atom_count) - 1), do: :unicode.characters_to_binary(:io_lib.format("~tw~n", [:erlang.binary_to_term(<<131, 75, n::24>>)]))))
//
// A table is what the node owns at that moment: take it from a node that has
// run its normal work and has not been open to untrusted names, for whatever a
// sender put there is in it too.
//
// The list may hold 4 Mi names in 64 MiB, lines are at most 4 KiB, the whole at
// most 512 MiB, and memory follows what was read. Errors are *AtomSetError
// with the line.
func ReadAtomSet(r io.Reader) (*AtomSet, error) {
	b := newAtomSetBuilder()
	if line, err := b.readText(r, atomSetMaxText); err != nil {
		return nil, &AtomSetError{Line: line, Err: err}
	}
	return b.set(), nil
}

// readText adds every name of a list and returns the number of the line it
// stopped at.
func (b *atomSetBuilder) readText(r io.Reader, maxText int64) (int, error) {
	var (
		lines = bufio.NewReaderSize(r, atomSetMaxLine)
		name  []byte
		total int64
	)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return n, fmt.Errorf("longer than %d bytes", atomSetMaxLine)
		}
		if err != nil && err != io.EOF {
			return n, err
		}
		if total += int64(len(line)); total > maxText {
			return n, fmt.Errorf("the list is longer than %d bytes", maxText)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // some editors put a mark there
		}
		line = bytes.Trim(line, " \t\r\n")
		if len(line) > 0 && line[0] != '%' {
			var bad error
			if name, bad = atomSetParseName(name[:0], line); bad == nil {
				bad = b.add(name)
			}
			if bad != nil {
				return n, bad
			}
		}
		if err == io.EOF {
			return n, nil
		}
	}
}

// atomSetParseName appends the name a trimmed line stands for.
func atomSetParseName(dst, line []byte) ([]byte, error) {
	if line[0] == '\'' {
		return atomSetUnquote(dst, line[1:])
	}
	last := rune(0)
	for i, r := range string(line) {
		last = r
		switch {
		case unicode.IsLetter(r), r == '_':
		case i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r)):
		case i > 0 && (r == '@' || r == '.' || r == '-' || r == '?' || r == '!'):
		default:
			return nil, errors.New("a name with anything but letters, digits and _ @ . - ? ! stands in single quotes, one name a line")
		}
	}
	if last == '.' {
		return nil, errors.New("a name that ends in a full stop stands in single quotes")
	}
	return append(dst, line...), nil
}

// atomSetUnquote appends the name inside quotes; s starts after the first one.
func atomSetUnquote(dst, s []byte) ([]byte, error) {
	for i := 0; i < len(s); {
		switch s[i] {
		case '\'':
			if i+1 < len(s) {
				return nil, errors.New("text after the closing quote")
			}
			return dst, nil
		case '\\':
			r, n := atomSetEscape(s[i+1:])
			if n == 0 || !utf8.ValidRune(r) {
				return nil, errors.New("an escape that Erlang does not write")
			}
			dst = utf8.AppendRune(dst, r)
			i += 1 + n
		default:
			dst = append(dst, s[i])
			i++
		}
	}
	return nil, errors.New("no closing quote")
}

// atomSetEscape reads what follows a backslash and returns the character and
// the bytes it took, 0 if it is no escape. Erlang takes any other character
// for itself; that is kept to punctuation, where it cannot hide a typing
// mistake.
func atomSetEscape(s []byte) (rune, int) {
	if len(s) == 0 {
		return 0, 0
	}
	const letters, values = "bdefnrstv", "\b\x7f\x1b\f\n\r \t\v"
	c := s[0]
	if i := bytes.IndexByte([]byte(letters), c); i >= 0 {
		return rune(values[i]), 1
	}
	switch {
	case c == 'x' && len(s) > 1 && s[1] == '{':
		if end := bytes.IndexByte(s, '}'); end > 2 && end <= 2+8 {
			return atomSetNumber(s[2:end], 16), end + 1
		}
	case c == 'x' && len(s) > 2:
		return atomSetNumber(s[1:3], 16), 3
	case c >= '0' && c <= '7':
		n := 1
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		return atomSetNumber(s[:n], 8), n
	case c == '^' && len(s) > 1 && s[1] == '?':
		return 0x7f, 2
	case c == '^' && len(s) > 1 && s[1] >= '@' && s[1] <= 'z':
		return rune(s[1] & 0x1f), 2
	case c < utf8.RuneSelf && c != '^' && unicode.In(rune(c), unicode.P, unicode.S):
		return rune(c), 1
	}
	return 0, 0
}

// atomSetNumber reads digits, -1 if one is none. Eight of them at most come
// here, and eight hexadecimal digits may wrap to a negative number, which is
// no character either.
func atomSetNumber(digits []byte, base int32) rune {
	var v int32
	for _, c := range digits {
		d := int32(base)
		switch {
		case c >= '0' && c <= '9':
			d = int32(c - '0')
		case c >= 'a' && c <= 'f':
			d = int32(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = int32(c-'A') + 10
		}
		if d >= base {
			return -1
		}
		v = v*base + d
	}
	return v
}

// AppendText appends the set as a list that ReadAtomSet reads back to the same
// set, in byte order, so that two lists can be compared with diff. It never
// fails; the error is there for encoding.TextAppender.
func (s *AtomSet) AppendText(b []byte) ([]byte, error) {
	for name := range s.All() {
		b = append(atomSetAppendName(b, name), '\n')
	}
	return b, nil
}

// WriteTo writes what AppendText appends, some kilobytes at a time.
func (s *AtomSet) WriteTo(w io.Writer) (int64, error) {
	var (
		total int64
		buf   = make([]byte, 0, 2*atomSetMaxLine)
	)
	flush := func() error {
		n, err := w.Write(buf)
		if err == nil && n < len(buf) {
			err = io.ErrShortWrite
		}
		total += int64(n)
		buf = buf[:0]
		return err
	}
	for name := range s.All() {
		if len(buf) > atomSetMaxLine {
			if err := flush(); err != nil {
				return total, err
			}
		}
		buf = append(atomSetAppendName(buf, name), '\n')
	}
	err := flush()
	return total, err
}

// atomSetAppendName appends a name as Erlang writes it: bare where that is
// plain, else in quotes. What cannot be seen in print is escaped, so that a
// reader of the list is not fooled by an invisible or a bidirectional mark.
func atomSetAppendName(dst []byte, name string) []byte {
	if atomSetIsPlain(name) {
		return append(dst, name...)
	}
	dst = append(dst, '\'')
	for _, r := range name {
		switch {
		case r == '\'' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case unicode.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		default:
			dst = fmt.Appendf(dst, `\x{%x}`, r)
		}
	}
	return append(dst, '\'')
}

// atomSetIsPlain reports whether a name is a lower-case ASCII letter followed
// by letters, digits, _ and @.
func atomSetIsPlain(name string) bool {
	return name != "" && name[0] >= 'a' && name[0] <= 'z' &&
		!slices.ContainsFunc([]byte(name), func(c byte) bool {
			return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '@')
		})
}
