package etf

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// beamTestTruth asks Erlang for the atoms of modules: beam_lib's, and those of
// the literals, found by decoding them there. It writes hexadecimal so that no
// reader of ours has a part in it.
const beamTestTruth = `
Walk = fun W(A, S) when is_atom(A) -> S#{A => 1};
  W(T, S) when is_tuple(T) -> lists:foldl(W, S, tuple_to_list(T));
  W([H | T], S) -> W(T, W(H, S));
  W(M, S) when is_map(M) -> W(maps:to_list(M), S);
  W(F, S) when is_function(F) -> {module, Mod} = erlang:fun_info(F, module), {name, Name} = erlang:fun_info(F, name), S#{Mod => 1, Name => 1};
  W(_, S) -> S end,
Literals = fun(F) -> case beam_lib:chunks(F, ["LitT"], [allow_missing_chunks]) of
  {ok, {_, [{_, <<_:32, Z/binary>>}]}} -> <<_:32, T/binary>> = zlib:uncompress(Z), maps:keys(Walk([binary_to_term(B) || <<N:32, B:N/binary>> <= T], #{}));
  _ -> [] end end,
Hex = fun(Atoms) -> lists:join($,, [[$x, binary:encode_hex(atom_to_binary(A))] || A <- Atoms]) end,
Line = fun(F) -> {ok, {_, [{atoms, As}]}} = beam_lib:chunks(F, [atoms]), [F, $\t, Hex([A || {_, A} <- As]), $\t, Hex(Literals(F)), $\n] end,
ok = file:write_file("truth.txt", [Line(F) || P <- string:lexemes(os:getenv("BEAMS"), ":"), F <- lists:sort(filelib:wildcard(P ++ "/*.beam"))])`

// beamTestFile is what Erlang says of one module.
type beamTestFile struct {
	path            string
	atoms, literals []string
}

// beamTestAsk returns Erlang's word on every module of some directories.
func beamTestAsk(t *testing.T, dirs ...string) []beamTestFile {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("BEAMS", strings.Join(dirs, ":"))
	atomSetErl(t, dir, beamTestTruth)
	data, err := os.ReadFile(filepath.Join(dir, "truth.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var files []beamTestFile
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			t.Fatalf("line %.200q", line)
		}
		file := beamTestFile{path: fields[0]}
		for i, into := range []*[]string{&file.atoms, &file.literals} {
			for name := range strings.SplitSeq(fields[1+i], ",") {
				if name == "" {
					continue // no names at all; the empty name is a lone x
				}
				raw, err := hex.DecodeString(name[1:])
				if err != nil {
					t.Fatalf("%q: %v", name, err)
				}
				*into = append(*into, string(raw))
			}
		}
		files = append(files, file)
	}
	return files
}

// beamTestRoot asks Erlang where it lives.
func beamTestRoot(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(atomSetErl(t, t.TempDir(), `io:format("~ts", [code:root_dir()])`))
}

// beamTestCompare reads each file and compares what it finds, in the atom table
// alone and with the literals, with what Erlang says.
func beamTestCompare(t *testing.T, files []beamTestFile) {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file.path)
		if err != nil {
			t.Fatal(err)
		}
		chunks, err := beamSplit(data)
		if err != nil {
			t.Errorf("%s: %v", file.path, err)
			continue
		}
		c := newBeamCollector()
		if err := c.chunks(beamChunks{atU8: chunks.atU8}); err != nil {
			t.Errorf("%s: %v", file.path, err)
		}
		beamTestEqual(t, file.path+", atom table", c.set(), file.atoms)
		beamTestEqual(t, file.path, beamTestRead(t, data), slices.Concat(file.atoms, file.literals))
	}
}

// beamTestEqual compares a set with Erlang's names and shows the difference.
func beamTestEqual(t *testing.T, what string, s *AtomSet, names []string) {
	t.Helper()
	got := slices.Collect(s.All())
	want := slices.Compact(slices.Sorted(slices.Values(names)))
	if slices.Equal(got, want) {
		return
	}
	extra := slices.DeleteFunc(slices.Clone(got), func(name string) bool { return slices.Contains(want, name) })
	lost := slices.DeleteFunc(want, s.HasString)
	t.Errorf("%s: %d atoms, Erlang finds %d; ours alone %q, Erlang's alone %q", what, len(got), len(want), atomSetClip(extra), atomSetClip(lost))
}

func TestReadBeamAtomsAgreesWithErlang(t *testing.T) {
	atomSetNeedErl(t, "erl")
	root := beamTestRoot(t)
	var dirs []string
	for _, pattern := range []string{"stdlib*", "kernel*"} {
		found, _ := filepath.Glob(filepath.Join(root, "lib", pattern, "ebin"))
		dirs = append(dirs, found...)
	}
	files := beamTestAsk(t, dirs...)
	if len(files) < 100 {
		t.Fatalf("only %d modules in %q", len(files), dirs)
	}
	beamTestCompare(t, files)
	atoms := 0
	for _, file := range files {
		atoms += len(file.atoms)
	}
	t.Logf("%d modules, %d atoms", len(files), atoms)
}

// beamTestModule is a module whose atoms each sit in one place only.
const beamTestModule = `-module(beamgate_fixture).
-export([in_code/1, in_literal/0]).
-bg_attribute([bg_attribute_only]).
-record(bg_record, {bg_field_only = 1}).
-type bg_type_only() :: bg_type_value_only.
-export_type([bg_type_only/0]).
in_code(X) -> case X of bg_code_only -> bg_remote:bg_call(X); _ -> #bg_record{} end.
in_literal() -> {bg_literal_only, [{'bg it\'s', "text"} | 'bg ünï'], #{'bg 日本' => 'bg\n'}, fun bg_fun_module:bg_fun_name/2}.
`

func TestReadBeamAtomsIsWhatLoadingMakes(t *testing.T) {
	atomSetNeedErl(t, "erl", "erlc")
	dir := t.TempDir()
	for _, sub := range []string{"plain", "zipped", "stripped"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "beamgate_fixture.erl"), []byte(beamTestModule), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"+debug_info", "-o", "plain"}, {"+debug_info", "+compressed", "-o", "zipped"}, {"+debug_info", "-o", "stripped"},
	} {
		cmd := exec.Command("erlc", append(args, "beamgate_fixture.erl")...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("erlc %v: %v\n%s", args, err, out)
		}
	}
	// The node that strips is not the node that loads: it must not know the names.
	atomSetErl(t, dir, `{ok, _} = beam_lib:strip_files(["stripped/beamgate_fixture.beam"])`)
	made := strings.Fields(atomSetErl(t, dir, `
		{ok, B} = file:read_file("plain/beamgate_fixture.beam"),
		_ = binary:encode_hex(<<1>>), _ = atom_to_binary(ok),
		M = list_to_atom("beamgate_" ++ "fixture"),
		N0 = erlang:system_info(atom_count),
		{module, M} = erlang:load_module(M, B),
		N1 = erlang:system_info(atom_count),
		io:format("~s~n", [lists:join($ , [binary:encode_hex(atom_to_binary(binary_to_term(<<131,75,N:24>>))) || N <- lists:seq(N0, N1 - 1)])])`))
	if len(made) < 10 {
		t.Fatalf("loading made %d atoms: %q", len(made), made)
	}
	plain, err := os.ReadFile(filepath.Join(dir, "plain", "beamgate_fixture.beam"))
	if err != nil {
		t.Fatal(err)
	}
	want := beamTestRead(t, plain)
	for _, sub := range []string{"zipped", "stripped"} {
		data, err := os.ReadFile(filepath.Join(dir, sub, "beamgate_fixture.beam"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
			t.Errorf("%s: not gzipped, so this tests nothing new", sub)
		}
		atomSetSame(t, beamTestRead(t, data), slices.Collect(want.All())...)
	}
	for _, code := range made {
		name, err := hex.DecodeString(code)
		if err != nil {
			t.Fatalf("%q: %v", code, err)
		}
		if !want.Has(name) {
			t.Errorf("loading made %q, the set does not have it", name)
		}
	}
	for name, in := range map[string]bool{
		"beamgate_fixture": true, "bg_code_only": true, "bg_remote": true, "bg_call": true, "bg_record": true, "bg_literal_only": true,
		"bg it's": true, "bg ünï": true, "bg 日本": true, "bg\n": true, "bg_fun_module": true, "bg_fun_name": true,
		"bg_attribute": false, "bg_attribute_only": false, "bg_field_only": false, "bg_type_only": false, "bg_type_value_only": false,
	} {
		if want.HasString(name) != in {
			t.Errorf("%q in the set: %v, want %v", name, !in, in)
		}
		if slices.Contains(made, fmt.Sprintf("%X", name)) != in && name != "beamgate_fixture" { // which was asked for by name
			t.Errorf("%q made by loading: %v, want %v", name, !in, in)
		}
	}
}

func TestAtomSetFromReleaseOfErlang(t *testing.T) {
	atomSetNeedErl(t, "erl")
	root := beamTestRoot(t)
	s, err := AtomSetFromRelease(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := AtomSetFromRelease(os.DirFS(filepath.Join(root, "lib")))
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, lib, slices.Collect(s.All())...)
	for _, name := range []string{"gen_server", "handle_call", "lists", "foldl", "badarg", "undefined"} {
		if !s.HasString(name) {
			t.Errorf("%q is not in the set", name)
		}
	}
	if s.Len() < 10000 {
		t.Errorf("only %d atoms", s.Len())
	}
	t.Logf("%d atoms in %s", s.Len(), root)
}
