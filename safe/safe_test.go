package safe

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// The table that the README prints, by the entry points of this package.
var consumed = []struct {
	name, body string
	code       etf.Code // "" is accepted
}{
	{"integer", term("a\x01"), ""},
	{"struct", term(structOf("Elixir.Range")), ""}, // harmless in Go
	{"text float", term("c1.50000000000000000000e+00\x00\x00\x00\x00\x00"), ""},
	{"latin1 atom", term("d\x00\x01\xe9"), ""},
	{"empty atom", term(atom("")), ""},
	{"bitstring", term("M\x00\x00\x00\x01\x04\xf0"), ""},
	{"improper list", term(binary32("l", 1) + "a\x01a\x02"), ""},
	{"pid", term(pid("a@b")), etf.CodeRejectedPid},
	{"port", term("Y" + atom("a@b") + "\x00\x00\x00\x01\x00\x00\x00\x00"), etf.CodeRejectedPort},
	{"reference", term("Z\x00\x01" + atom("a@b") + "\x00\x00\x00\x01\x00\x00\x00\x01"), etf.CodeRejectedReference},
	{"export", term(export("os", "cmd")), etf.CodeRejectedExport},
	{"fun", term("p\x00\x00\x00\x40"), etf.CodeRejectedFun},
	{"compressed", term(compressed("a\x01")), etf.CodeRejectedCompressed},
	{"nothing", "", etf.CodeTruncated},
	{"version", "\x82a\x01", etf.CodeVersion},
	{"trailing", term("a\x01\x00"), etf.CodeTrailing},
	{"truncated", term("h\x02a\x01"), etf.CodeTruncated},
	{"depth", term(strings.Repeat("h\x01", 200) + "a\x01"), etf.CodeLimitDepth},
	{"duplicate key", term(dict("a\x01", "j", "a\x01", "j")), etf.CodeDuplicateKey},
	{"both zeroes", term(dict("F\x00\x00\x00\x00\x00\x00\x00\x00", "j", "F\x80\x00\x00\x00\x00\x00\x00\x00", "j")), etf.CodeDuplicateKey},
	{"blob of 4 GiB", term(binary32("m", 1<<32-1)), etf.CodeLimitBytes},
	{"list of 4 G", term(binary32("l", 1<<32-1)), etf.CodeLimitBytes},
	{"2 MiB of blobs", term(list(blob(strings.Repeat("x", 1<<20)), blob(strings.Repeat("x", 1<<20)))), etf.CodeLimitBytes},
	{"2 MiB of atoms", term(list(slices.Repeat([]string{atom(strings.Repeat("a", 100))}, 20_000)...)), etf.CodeLimitBytes},
}

func TestConsume(t *testing.T) {
	for _, c := range consumed {
		t.Run(c.name, func(t *testing.T) {
			want := func(by string, err error) {
				t.Helper()
				if got := codeOf(err); got != c.code || (err == nil) != (c.code == "") {
					t.Errorf("%s: %v, want code %q", by, err, c.code)
				}
			}
			b := []byte(c.body)
			want("Validate", Validate(b))
			want("Unmarshal", Unmarshal(b, new(etf.Term)))
			var raw etf.RawTerm
			want("Unmarshal", Unmarshal(b, &raw))
			if c.code == "" && string(raw) != c.body[1:] || c.code != "" && raw != nil {
				t.Errorf("Unmarshal: %x", raw)
			}
			var r io.Reader = strings.NewReader(c.body)
			if len(b) < 4096 {
				r = oneByte{r}
			}
			n, err := ValidateReader(r)
			want("ValidateReader", err)
			if err == nil && n != int64(len(b)) {
				t.Errorf("ValidateReader: %d bytes, want %d", n, len(b))
			}
			_, err = Decode(b)
			want("Decode", err)

			d := NewReader(strings.NewReader(c.body))
			if _, err = d.ReadTerm(); c.code == etf.CodeTrailing || c.code == etf.CodeTruncated && c.body == "" {
				return // for a stream these are no errors
			}
			want("NewReader", err)
		})
	}
}

func TestDecodedTerm(t *testing.T) {
	got, err := Decode([]byte(term(tuple(atom("ok"), list("a\x01", blob("x"))))))
	if err != nil || got.String() != "{ok,[1,<<\"x\">>]}" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestReaderTakesTermAfterTerm(t *testing.T) {
	d := NewReader(strings.NewReader(term("a\x01") + term(atom("ok"))))
	for _, want := range []string{"1", "ok"} {
		if got, err := d.ReadTerm(); err != nil || got.String() != want {
			t.Errorf("%v, %v, want %s", got, err, want)
		}
	}
	if _, err := d.ReadTerm(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// TestModeIsStrict holds the shared Mode against the preset: not one cap looser.
func TestModeIsStrict(t *testing.T) {
	c := Mode().Config()
	if c.Limits != limits.Strict() || c.Release != 0 || c.Policy.Allow != 0 || c.Policy.Refuse != etf.Compressed {
		t.Errorf("Mode is not Strict: %+v", c)
	}
	if first, second := Mode(), Mode(); first != second {
		t.Error("Mode is compiled more than once")
	}
}

func TestModeServesGoroutines(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if err := Validate([]byte(term("a\x01"))); err != nil {
					t.Error(err)
				}
				if err := Validate([]byte(term(pid("a@b")))); err == nil {
					t.Error("a pid was accepted")
				}
			}
		})
	}
	wg.Wait()
}

func TestTightenOnlyTightens(t *testing.T) {
	strict := limits.Strict()
	for _, name := range limits.Names() {
		preset, _ := strict.Get(name)
		if name == "MaxNewAtoms" {
			continue // not looked at without an atom set
		}
		for _, ask := range []int64{0, limits.None, 1, preset - 1, preset, 1 << 40, limits.NoLimit} {
			want := preset
			if ask != 0 && ask < preset {
				want = ask
			}
			if want < limits.None {
				continue
			}
			var with limits.Limits
			with.Set(name, ask)
			m, err := Tighten(with)
			if err != nil {
				t.Fatalf("%s %d: %v", name, ask, err)
			}
			l := m.Config().Limits
			if got, _ := l.Get(name); got != want {
				t.Errorf("%s: %d asked, %d given, want %d", name, ask, got, want)
			}
		}
	}
}

func TestTightenRefusesNonsense(t *testing.T) {
	if m, err := Tighten(limits.Limits{MaxDepth: -7}); err == nil || m != nil {
		t.Errorf("%v, %v", m, err)
	}
}

func TestTightenedModeWorks(t *testing.T) {
	m, err := Tighten(limits.Limits{MaxDepth: 1, MaxDistinctAtoms: limits.None})
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]etf.Code{
		tuple("a\x01"):        "",
		tuple(tuple("a\x01")): etf.CodeLimitDepth,
		atom("ok"):            etf.CodeLimitDistinctAtoms,
		pid("a@b"):            etf.CodeRejectedPid,
	} {
		if err := m.Validate([]byte(term(body))); codeOf(err) != want {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
}

// TestPayloads is the promise about the payloads that all designs were measured
// with. They are not part of the repository.
func TestPayloads(t *testing.T) {
	dir := filepath.Join("..", "..", "shared", "payloads")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no payloads here:", err)
	}
	for name, want := range map[string]etf.Code{
		"a_rpc": "", "b_ready": "", "b2_ready_atomkeys": "", "c_ints": "", "e_map10k": "", "f_bigs": "",
		"d_bin1m": etf.CodeLimitBytes, "h_atoms": etf.CodeLimitBytes,
		"g_deep500": etf.CodeLimitDepth, "i_ready_z": etf.CodeRejectedCompressed,
	} {
		b, err := os.ReadFile(filepath.Join(dir, name+".etf"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Validate(b); codeOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
