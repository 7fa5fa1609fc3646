package outside

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Operations of the BEAM program.
const (
	BeamDecode     byte = 1 + iota // binary_to_term/1
	BeamDecodeSafe                 // binary_to_term/2 with [safe]
	BeamEncode                     // term_to_binary/2
	BeamReencode                   // both, deterministic
)

// Operations of the Node program.
const (
	ErlangJSDecode byte = 1 + iota
	ErlangJSEncode
	ErlpackDecode
	ErlpackEncode
)

// Workshop is a folder in which programs are built and payloads are written. It
// is kept from run to run.
type Workshop struct {
	Source string // the module's folder, where the programs' sources are
	Dir    string
}

// Payloads is the folder with the payloads of a size, "quick" or "full". They
// are written again each time.
func (w Workshop) Payloads(size string) (string, error) {
	if err := w.compile("bench_payloads"); err != nil {
		return "", err
	}
	dir := filepath.Join(w.Dir, "payloads-"+size)
	if err := os.MkdirAll(filepath.Join(dir, "old"), 0o755); err != nil {
		return "", err
	}
	return dir, w.run(w.Dir, "erl", w.erl("bench_payloads", dir, size)...)
}

// BEAM starts the BEAM on payloads in dir.
func (w Workshop) BEAM(dir string) (*Process, error) {
	if err := w.compile("bench_beam"); err != nil {
		return nil, err
	}
	return start(func() *exec.Cmd { return exec.Command("erl", w.erl("bench_beam", dir)...) }, false)
}

// erl is a command line that runs main of a module. Schedulers sleep while they
// have no work: with busy waiting they would take time from whoever is next.
func (w Workshop) erl(module string, args ...string) []string {
	return append([]string{
		"+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none",
		"-noinput", "-boot", "no_dot_erlang", "-kernel", "logger_level", "none", "-pa", w.Dir, "-run", module, "main",
	}, args...)
}

func (w Workshop) compile(module string) error {
	if err := os.MkdirAll(w.Dir, 0o755); err != nil {
		return err
	}
	return w.run(w.Dir, "erlc", "-W", "-o", w.Dir, filepath.Join(w.Source, "erl", module+".erl"))
}

// Packages installs the locked packages of npm, unless that was done before, and
// returns the folder that Node finds them in.
func (w Workshop) Packages() (string, error) {
	home := filepath.Join(w.Dir, "node")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	lock := false
	for _, name := range []string{"package.json", "package-lock.json", "bench_node.js"} {
		b, err := os.ReadFile(filepath.Join(w.Source, "js", name))
		if err != nil {
			return "", err
		}
		old, _ := os.ReadFile(filepath.Join(home, name))
		if string(old) == string(b) {
			continue
		}
		lock = lock || name == "package-lock.json"
		if err := os.WriteFile(filepath.Join(home, name), b, 0o644); err != nil {
			return "", err
		}
	}
	if _, err := os.Stat(filepath.Join(home, "node_modules")); lock || err != nil {
		if err := w.run(home, "npm", "ci", "--no-audit", "--no-fund"); err != nil {
			return "", err
		}
	}
	return home, nil
}

// Node starts Node on payloads in dir.
func (w Workshop) Node(dir string) (*Process, error) {
	home, err := w.Packages()
	if err != nil {
		return nil, err
	}
	return start(func() *exec.Cmd {
		cmd := exec.Command("node", "bench_node.js", dir)
		cmd.Dir = home
		return cmd
	}, true)
}

// run says what a command printed only when it fails.
func (w Workshop) run(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, environment()
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(string(text)))
	}
	return nil
}
