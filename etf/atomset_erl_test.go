package etf

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// atomSetNeedErl finds the programs or skips the test. Where CI=true says that
// the machine is meant to have them, a skip would hide that nothing was
// compared with the real thing, so there it fails.
func atomSetNeedErl(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed; with CI=true this test must run, not skip: %v", program, err)
			}
			t.Skipf("%s is not installed (with CI=true this is a failure): %v", program, err)
		}
	}
}

// atomSetErl runs an Erlang expression in a directory and returns its output.
func atomSetErl(t testing.TB, dir, expr string) string {
	t.Helper()
	cmd := exec.Command("erl", "-noshell", "-eval", strings.TrimSuffix(strings.TrimSpace(expr), ".")+", halt().")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ERL_CRASH_DUMP_SECONDS=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("erl: %v\n%s", err, out)
	}
	return string(out)
}

// atomSetDocCommand returns the command in ReadAtomSet's documentation that
// contains a text, so that what the tests run is what users paste.
func atomSetDocCommand(t *testing.T, marker string) string {
	t.Helper()
	source, err := os.ReadFile("atomset_text.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^//\t(`+regexp.QuoteMeta(marker)+`.*)$`).FindAllSubmatch(source, -1)
	if len(found) != 1 {
		t.Fatalf("%d commands with %q in the documentation", len(found), marker)
	}
	return string(found[0][1])
}

func TestAtomSetFromARunningNode(t *testing.T) {
	atomSetNeedErl(t, "erl")
	dir := t.TempDir()
	var odd strings.Builder
	for _, name := range atomSetOddNames() {
		fmt.Fprintf(&odd, "%x\n", name)
	}
	if err := os.WriteFile(filepath.Join(dir, "odd.txt"), []byte(odd.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	truth := `file:write_file("%s", [[binary:encode_hex(atom_to_binary(binary_to_term(<<131,75,N:24>>), utf8)), $\n] || N <- lists:seq(0, erlang:system_info(atom_count) - 1)])`
	atomSetErl(t, dir, `
		{ok, Odd} = file:read_file("odd.txt"),
		_ = [binary_to_atom(binary:decode_hex(H), utf8) || H <- binary:split(Odd, <<"\n">>, [global, trim])], `+
		fmt.Sprintf(truth, "before")+", ok = "+
		strings.TrimSuffix(atomSetDocCommand(t, "file:write_file("), ".")+", "+
		fmt.Sprintf(truth, "after"))

	f, err := os.Open(filepath.Join(dir, "atoms.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dump, err := ReadAtomSet(f)
	if err != nil {
		t.Fatal(err)
	}
	before, after := atomSetHex(t, dir, "before"), atomSetHex(t, dir, "after")
	for name := range before.All() {
		if !dump.HasString(name) {
			t.Errorf("%q is lost", name)
		}
	}
	for name := range dump.All() {
		if !after.HasString(name) {
			t.Errorf("%q is invented", name)
		}
	}
	for _, name := range atomSetOddNames() {
		if !dump.HasString(name) {
			t.Errorf("%q is lost", name)
		}
	}
	t.Logf("%d atoms, %d at the end", dump.Len(), after.Len())
}

// atomSetHex reads a list of names in hexadecimal, a second way to a node's
// table that shares nothing with the first.
func atomSetHex(t *testing.T, dir, file string) *AtomSet {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]struct{}{}
	for line := range strings.Lines(string(data)) {
		name, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		names[string(name)] = struct{}{}
	}
	return atomSetMust(t, slices.Collect(maps.Keys(names))...)
}

func TestAtomSetFromARunningElixirNode(t *testing.T) {
	if _, err := exec.LookPath("elixir"); err != nil {
		t.Skip("elixir is not installed; the Erlang command is tested without it")
	}
	dir := t.TempDir()
	cmd := exec.Command("elixir", "-e", `_ = [:"it's", :"\u65e5\u672c", Some.Module]; `+atomSetDocCommand(t, "File.write!("))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("elixir: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "atoms.txt"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadAtomSet(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ok", "it's", "日本", "Elixir.Some.Module", "Elixir.Enum"} {
		if !s.HasString(name) {
			t.Errorf("%q is lost", name)
		}
	}
}
