// Package produce runs the producers of fuzz/legit and reads what they wrote.
// The collect command and the tests share it, so that a test compares against
// exactly the run that made the files.
package produce

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/legit"
)

// Payload is an index row together with its bytes.
type Payload struct {
	legit.Payload
	Data []byte
}

// Producer is a program that encodes terms.
type Producer struct {
	// Name is the name in the index.
	Name string
	// needs are the programs that have to be on the PATH.
	needs []string
	// run writes the producer's files into out, which is empty. dir is the
	// folder fuzz/legit and work another empty one, for build products.
	run func(ctx context.Context, dir, work, out string) error
}

// All returns the producers in the order of the index.
func All() []Producer {
	return []Producer{
		{Name: "erlang", needs: []string{"erlc", "erl"}, run: runErlang},
		{Name: "elixir", needs: []string{"elixir", "erl"}, run: runElixir},
		{Name: "erlpack", needs: []string{"node", "npm"}, run: runJS("erlpack.js", true)},
		{Name: "erlang_js", needs: []string{"node", "npm"}, run: runJS("erlang_js.js", false)},
	}
}

// Find returns the producer of that name.
func Find(name string) (Producer, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p Producer) bool { return p.Name == name })
	if i < 0 {
		return Producer{}, false
	}
	return all[i], true
}

// Missing returns the first program the producer needs and that is not here,
// or "".
func (p Producer) Missing() string {
	for _, name := range p.needs {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}

// Run runs the producer and returns its payloads, sorted by ID. dir is the
// folder fuzz/legit.
func (p Producer) Run(ctx context.Context, dir string) ([]Payload, error) {
	tmp, err := os.MkdirTemp("", "legit-"+p.Name+"-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	out, work := filepath.Join(tmp, "out"), filepath.Join(tmp, "work")
	for _, d := range []string{out, work} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return nil, err
		}
	}
	if err := p.run(ctx, dir, work, out); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	return read(p.Name, out)
}

func runErlang(ctx context.Context, dir, work, out string) error {
	// The path given to erlc goes into the stack traces, hence relative.
	if err := command(ctx, dir, work, "erlc", "-o", work, "producers/legit_erl.erl"); err != nil {
		return err
	}
	return erl(ctx, dir, work, "legit_erl", out)
}

func runElixir(ctx context.Context, dir, work, out string) error {
	return command(ctx, dir, work, "elixir", "producers/legit_ex.exs", out)
}

// Judge lets a BEAM decode every file in dir/payloads and returns its answers
// as lines of tab-separated fields; producers/judge.erl tells which.
func Judge(ctx context.Context, dir string) ([][]string, error) {
	work, err := os.MkdirTemp("", "legit-judge-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	out := filepath.Join(work, "judged.tsv")
	if err := command(ctx, dir, work, "erlc", "-o", work, "producers/judge.erl"); err != nil {
		return nil, err
	}
	if err := erl(ctx, dir, work, "judge", "payloads", out); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	return table(raw), nil
}

// erl calls main of a module that was compiled into work.
func erl(ctx context.Context, dir, work, module string, args ...string) error {
	// no_dot_erlang: a user's ~/.erlang must not change the run.
	return command(ctx, dir, work, "erl", append([]string{
		"-noinput", "-boot", "no_dot_erlang", "-pa", work, "-run", module, "main"}, args...)...)
}

// runJS installs the locked packages into a copy of producers/js, so that the
// checkout never holds a node_modules, and runs one script. native says
// whether a package has to be compiled.
func runJS(script string, native bool) func(ctx context.Context, dir, work, out string) error {
	return func(ctx context.Context, dir, work, out string) error {
		if err := os.CopyFS(work, os.DirFS(filepath.Join(dir, "producers", "js"))); err != nil {
			return err
		}
		args := []string{"ci", "--no-audit", "--no-fund"}
		if !native {
			args = append(args, "--ignore-scripts")
		}
		if err := command(ctx, work, "", "npm", args...); err != nil {
			return err
		}
		return command(ctx, work, "", "node", script, out)
	}
}

// command runs a program and returns what it printed only when it fails. home
// takes the place of the user's own, whose settings must not change the run;
// empty, the user's stays, as npm needs to know how to reach its registry.
func command(ctx context.Context, dir, home, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = environ(home)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func environ(home string) []string {
	// These change what a BEAM loads, and with it the order of atoms.
	drop := []string{"ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS", "ERL_COMPILER_OPTIONS", "ELIXIR_ERL_OPTIONS", "MIX_ENV", "LANG", "LC_ALL"}
	if home != "" {
		drop = append(drop, "HOME")
	}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(drop, name)
	})
	env = append(env, "LC_ALL=C.UTF-8")
	if home != "" {
		env = append(env, "HOME="+home)
	}
	return env
}

// read collects what a producer wrote: list.tsv, whose first line names the
// producer, and one file per row.
func read(want, out string) ([]Payload, error) {
	raw, err := os.ReadFile(filepath.Join(out, "list.tsv"))
	if err != nil {
		return nil, err
	}
	lines := table(raw)
	if len(lines) == 0 || len(lines[0]) != 3 || lines[0][0] != "#producer" || lines[0][1] != want {
		return nil, fmt.Errorf("list.tsv does not start with #producer, %s and a version", want)
	}
	var all []Payload
	for _, f := range lines[1:] {
		if len(f) != 5 {
			return nil, fmt.Errorf("list.tsv: %d fields in %q", len(f), f)
		}
		data, err := os.ReadFile(filepath.Join(out, f[0]+".etf"))
		if err != nil {
			return nil, err
		}
		p := Payload{Data: data, Payload: legit.Payload{
			ID: f[0], File: "payloads/" + f[0] + ".etf",
			Producer: want, Version: lines[0][2],
			Profile: f[1], Unordered: f[3] == "unstable", How: f[4],
			SHA256: Sum(data), Bytes: len(data),
		}}
		if f[2] != "" {
			p.Nodes = strings.Split(f[2], ",")
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Payload) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

func table(raw []byte) [][]string {
	var lines [][]string
	for line := range strings.Lines(string(raw)) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return lines
}

// Sum is the hash that the index holds.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Same tells whether a second run gave the same payload. Two things may
// differ between machines with the same producer: the order of keys in a
// payload marked unordered, and the bytes of a zlib stream, which belong to
// the zlib at hand and not to the producer.
func Same(old, fresh Payload) bool {
	switch {
	case bytes.Equal(old.Data, fresh.Data):
		return true
	case old.Unordered && fresh.Unordered:
		return slices.Equal(sorted(old.Data), sorted(fresh.Data))
	case old.Profile == "cache" && fresh.Profile == "cache":
		a, errA := inflate(old.Data)
		b, errB := inflate(fresh.Data)
		return errA == nil && errB == nil && bytes.Equal(a, b)
	}
	return false
}

func sorted(data []byte) []byte {
	s := slices.Clone(data)
	slices.Sort(s)
	return s
}

// inflate returns the declared size and the term inside.
func inflate(data []byte) ([]byte, error) {
	if len(data) < 6 || data[0] != 131 || data[1] != 80 {
		return nil, errors.New("not compressed")
	}
	r, err := zlib.NewReader(bytes.NewReader(data[6:]))
	if err != nil {
		return nil, err
	}
	// The set's own files, far below this; the cap is a matter of course.
	inside, err := io.ReadAll(io.LimitReader(r, 64<<20))
	return append(slices.Clone(data[2:6]), inside...), err
}
