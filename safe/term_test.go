package safe

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// Terms for tests, without the version byte.

func atom(name string) string { return "w" + string(rune(len(name))) + name }

func tuple(elems ...string) string {
	return "h" + string(rune(len(elems))) + strings.Join(elems, "")
}

func binary32(tag string, n int) string {
	return tag + string(binary.BigEndian.AppendUint32(nil, uint32(n)))
}

func blob(s string) string { return binary32("m", len(s)) + s }

func list(elems ...string) string {
	return binary32("l", len(elems)) + strings.Join(elems, "") + "j"
}

// dict is a map of keys and values in turn.
func dict(pairs ...string) string { return binary32("t", len(pairs)/2) + strings.Join(pairs, "") }

func structOf(module string) string { return dict(atom("__struct__"), atom(module)) }

func pid(node string) string {
	return "X" + atom(node) + "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
}

func export(mod, fun string) string { return "q" + atom(mod) + atom(fun) + "a\x00" }

// term is a whole one.
func term(body string) string { return "\x83" + body }

func deflated(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

func compressed(body string) string { return binary32("P", len(body)) + deflated(body) }

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// codeOf is the code of an error of either package.
func codeOf(err error) etf.Code {
	if e, ok := errors.AsType[*HTTPError](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*etf.Error](err); ok {
		return e.Code
	}
	return ""
}

func atoms(t testing.TB, names ...string) etf.Atoms {
	t.Helper()
	set, err := etf.NewAtomSet(names...)
	if err != nil {
		t.Fatal(err)
	}
	return etf.Atoms{Known: set}
}

func patterns(exprs ...string) etf.Atoms {
	var a etf.Atoms
	for _, e := range exprs {
		a.Patterns = append(a.Patterns, regexp.MustCompile(e))
	}
	return a
}

func mustGuard(t testing.TB, f Forward) *Guard {
	t.Helper()
	g, err := NewGuard(f)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// okGuard knows the atom ok and nothing else.
func okGuard(t testing.TB, h HTTP) *Guard {
	return mustGuard(t, Forward{Atoms: atoms(t, "ok"), HTTP: h})
}

// inflating are Strict's rules with room for codings.
func inflating(n int64) etf.Config {
	c := etf.Strict()
	c.Limits.MaxInflated = n
	return c
}

// oneByte hands out single bytes.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	return o.r.Read(p)
}

var errBroken = errors.New("connection reset")

// broken fails behind what it has.
func broken(s string) io.Reader { return io.MultiReader(strings.NewReader(s), failing{errBroken}) }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func unspent(t *testing.T, b *limits.AtomBudget) {
	t.Helper()
	if s := b.Stats(); s.Committed != 0 || s.Reserved != 0 {
		t.Errorf("budget has %d committed and %d reserved, want none", s.Committed, s.Reserved)
	}
}

// withEnd returns its bytes and io.EOF at once, and fails later.
type withEnd struct{ s string }

func (w *withEnd) Read(p []byte) (int, error) {
	if w.s == "" {
		return 0, errBroken
	}
	n := copy(p, w.s)
	w.s = w.s[n:]
	return n, io.EOF
}
