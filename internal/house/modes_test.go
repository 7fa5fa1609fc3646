package house

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// tableRows returns the cells of a table's rows by the first cell, below the line
// that heads it.
func tableRows(t *testing.T, page, head string) map[string][]string {
	t.Helper()
	_, table, ok := strings.Cut(page, "\n"+head+"\n")
	if !ok {
		t.Fatalf("there is no table headed %s", head)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	rows := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(cells[0], "---") {
			rows[cells[0]] = cells[1:]
		}
	}
	return rows
}

// squeezed is the compressed form of a term.
func squeezed(t *testing.T, term string) string {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{131, 80, 0, 0, 0, byte(len(term) - 1)})
	z := zlib.NewWriter(&b)
	z.Write([]byte(term[1:]))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	aPid     = "\x83Xw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
	aPort    = "\x83Yw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x01"
	aRef     = "\x83Z\x00\x01w\x03n@h\x00\x00\x00\x01\x00\x00\x00\x01"
	anExp    = "\x83qw\x01mw\x01fa\x00"
	aFun     = "\x83p\x00\x00\x00\x00\x000123456789abcdef\x00\x00\x00\x00\x00\x00\x00\x00w\x01ma\x00a\x00" + "Xw\x03n@h\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
	aRange   = "\x83t\x00\x00\x00\x01w\x0a__struct__w\x0cElixir.Range"
	twoZeros = "\x83t\x00\x00\x00\x02F\x00\x00\x00\x00\x00\x00\x00\x00jF\x80\x00\x00\x00\x00\x00\x00\x00j"
)

// TestReadmeModes holds the table of modes against the modes: each cell begins with
// the verdict that every payload of its row has to get there.
func TestReadmeModes(t *testing.T) {
	zip := squeezed(t, "\x83k\x00\x40"+strings.Repeat("x", 64))
	payloads := map[string][]string{
		"fun, export, pid, port, reference": {aFun, anExp, aPid, aPort, aRef},
		"compressed":                        {zip},
		"text floats in the strict grammar, Latin-1 atoms, bitstrings, improper lists, empty atoms": {
			"\x83c1.50000000000000000000e+00\x00\x00\x00\x00\x00", "\x83s\x01\xe9", "\x83M\x00\x00\x00\x01\x03\xe0", "\x83l\x00\x00\x00\x01a\x01a\x02", "\x83w\x00"},
		"bytes after the term":                 {"\x83jj", "\x83a\x01\x83"},
		"0.0 and −0.0 in otherwise equal keys": {twoZeros},
	}
	rows := tableRows(t, text(t, "README.md"), "| | `safe` (Strict) | `etf` Default | `etf.OTP()` |")
	configs := []etf.Config{etf.Strict(), etf.Default(), etf.OTP()}
	for row, inputs := range payloads {
		cells := rows[row]
		if len(cells) != len(configs) {
			t.Errorf("the README has no row %q", row)
			continue
		}
		for i, c := range configs {
			if (cells[i] == "the same" || cells[i] == "same") && i > 0 {
				cells[i] = cells[i-1]
			}
			for _, in := range inputs {
				if why := judgeCell(t, cells[i], c, []byte(in)); why != "" {
					t.Errorf("%s, column %d, %q: %s, and the README says %q", row, i+1, in, why, cells[i])
				}
			}
		}
	}
	if len(rows) != len(payloads) {
		t.Errorf("%d rows, of which %d are tested", len(rows), len(payloads))
	}
	if !reflect.DeepEqual(safe.Mode().Config(), compiled(t, etf.Strict()).Config()) {
		t.Error("safe is not etf.Strict")
	}
}

func compiled(t *testing.T, c etf.Config) *etf.Mode {
	t.Helper()
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// judgeCell returns how a Config does otherwise than a cell says.
func judgeCell(t *testing.T, cell string, c etf.Config, in []byte) string {
	t.Helper()
	err := compiled(t, c).Validate(in)
	says := "accepted"
	if err != nil {
		says = err.Error()
	}
	switch {
	case strings.HasPrefix(cell, "accepted"):
		bound := compiled(t, c).Config().Limits.MaxInflated
		if err != nil || strings.Contains(cell, "bounded") && (bound <= 0 || bound == limits.NoLimit) {
			return says
		}
	case strings.HasPrefix(cell, "refused, each allowed only by name"):
		c.Policy.Allow = etf.Identities
		if !errors.Is(err, etf.ErrRejected) || compiled(t, c).Validate(in) != nil {
			return says
		}
	case strings.HasPrefix(cell, "refused (`Release` 0)"):
		if err == nil || c.Release != 0 {
			return says
		}
	case strings.HasPrefix(cell, "refused"):
		if !errors.Is(err, etf.ErrRejected) {
			return says
		}
	case strings.Contains(cell, "ValidatePrefix` returns n"):
		if n, prefix := compiled(t, c).ValidatePrefix(in); !errors.Is(err, etf.ErrTrailing) || prefix != nil || n >= len(in) {
			return says
		}
	case cell == "by release":
		for release, accepted := range map[int]bool{25: false, 26: false, 27: true, 28: true} {
			c.Release = release
			if (compiled(t, c).Validate(in) == nil) != accepted {
				return fmt.Sprint("release ", release)
			}
		}
	default:
		return "no test knows what this means"
	}
	return ""
}

// TestReadmeProfiles holds the table of profiles against them.
func TestReadmeProfiles(t *testing.T) {
	rows := tableRows(t, text(t, "README.md"), "| profile | takes |")
	takes := func(c etf.Config, in string) bool { return compiled(t, c).Validate([]byte(in)) == nil }
	mib := regexp.MustCompile(`(\d+ MiB)`)
	sizes := func(row string) (all []int64) {
		for _, m := range mib.FindAllString(rows[row][0], -1) {
			all = append(all, amount(t, m))
		}
		return all
	}
	zip := squeezed(t, "\x83k\x00\x40"+strings.Repeat("x", 64))
	for row, holds := range map[string]func() bool{
		"`Data()`": func() bool { return reflect.DeepEqual(etf.Data(), etf.Strict()) },
		"`BERT()`": func() bool { return reflect.DeepEqual(etf.BERT(), etf.Data()) },
		"`Elixir(allow…)`": func() bool {
			return takes(etf.Data(), aRange) && !takes(etf.Elixir(), aRange) && takes(etf.Elixir("Elixir.Range"), aRange)
		},
		"`Hex()`": func() bool { return slices.Equal(sizes("`Hex()`"), []int64{etf.Hex().Limits.MaxBytes}) },
		"`GenCall(nodes…)`": func() bool {
			ok := !takes(etf.GenCall("n@h"), aFun) && !takes(etf.GenCall("n@h"), anExp)
			for _, id := range []string{aPid, aPort, aRef} {
				ok = ok && takes(etf.GenCall("n@h"), id) && !takes(etf.GenCall("other@h"), id) && !takes(etf.GenCall(), id)
			}
			return ok
		},
		"`Cache()`": func() bool {
			c := etf.Cache()
			return takes(c, zip) && slices.Equal(sizes("`Cache()`"), []int64{c.Limits.MaxBytes, c.Limits.MaxInflated})
		},
	} {
		if len(rows[row]) != 1 {
			t.Errorf("the README has no row %s", row)
		} else if !holds() {
			t.Errorf("%s does not do what the README says: %s", row, rows[row][0])
		}
		delete(rows, row)
	}
	for row := range rows {
		t.Errorf("nothing tests the row %s", row)
	}
}
