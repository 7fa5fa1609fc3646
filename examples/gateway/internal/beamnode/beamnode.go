// Package beamnode runs a real Erlang node: for the demonstration, and for tests,
// which are skipped where Erlang is missing and fail if CI says that it must not
// be.
package beamnode

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/erlang"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/safe"
)

// Name is what a node without distribution calls itself.
const Name = "nonode@nohost"

// Modules are the compiled modules of package erlang.
type Modules struct{ dir, erl string }

// Compile compiles the modules into a new folder, which Remove removes. The error
// is beam.ErrNotFound where there is no Erlang.
func Compile() (*Modules, error) {
	erl, erlc, err := beam.Lookup()
	if err != nil {
		return nil, err
	}
	m := &Modules{erl: erl}
	if m.dir, err = os.MkdirTemp("", "beamgate-node-"); err != nil {
		return nil, err
	}
	names, err := fs.Glob(erlang.Files, "*.erl")
	if err == nil {
		err = m.compile(erlc, names)
	}
	if err != nil {
		m.Remove()
		return nil, err
	}
	return m, nil
}

func (m *Modules) compile(erlc string, names []string) error {
	args := []string{"-o", m.dir}
	for _, name := range names {
		b, err := fs.ReadFile(erlang.Files, name)
		if err != nil {
			return err
		}
		path := filepath.Join(m.dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			return err
		}
		args = append(args, path)
	}
	if out, err := exec.Command(erlc, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("erlc: %w: %s", err, out)
	}
	return nil
}

// Remove removes what was compiled.
func (m *Modules) Remove() { os.RemoveAll(m.dir) }

// Node is a running node.
type Node struct {
	Addr string

	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{}
}

// Start runs a node. Where reporter is not empty, it is the port of the gateway's
// listener for reports, and secret what it was told.
func (m *Modules) Start(reporter, secret string) (*Node, error) {
	if reporter != "" {
		return m.run("beamgate_demo_node", "-extra", reporter, secret)
	}
	return m.run("beamgate_demo_node")
}

// StartHTTP runs a node that speaks HTTP.
func (m *Modules) StartHTTP() (*Node, error) { return m.run("beamgate_http_node") }

func (m *Modules) run(module string, more ...string) (*Node, error) {
	args := append([]string{"-noshell", "+S", "1:1", "+SDio", "1", "-pa", m.dir, "-eval", module + ":main()."}, more...)
	n := &Node{cmd: exec.Command(m.erl, args...), ended: make(chan struct{})}
	n.cmd.Stderr = io.Discard
	in, err := n.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	n.stdin = in
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "port ")
	if _, bad := strconv.Atoi(port); err != nil || !ok || bad != nil {
		n.Kill()
		return nil, fmt.Errorf("the node said %q instead of its port", line)
	}
	n.Addr = "127.0.0.1:" + port
	go func() {
		io.Copy(io.Discard, r)
		n.cmd.Wait()
		close(n.ended)
	}()
	return n, nil
}

// Kill ends the node at once.
func (n *Node) Kill() {
	n.cmd.Process.Kill()
	n.stdin.Close()
}

// Wait returns when it has ended.
func (n *Node) Wait() { <-n.ended }

// Seen is what the node says of itself.
type Seen struct{ Atoms, Memory, Frames int64 }

// ParseSeen reads {seen, Atoms, Memory, Frames}.
func ParseSeen(b []byte) (s Seen, err error) {
	t, err := safe.Decode(b)
	if err != nil {
		return s, err
	}
	if t.Kind() != etf.KindTuple || t.Len() != 4 || !t.Index(0).IsAtom("seen") {
		return s, errors.New("beamnode: the node said something else")
	}
	s.Atoms, _ = t.Index(1).Int()
	s.Memory, _ = t.Index(2).Int()
	s.Frames, _ = t.Index(3).Int()
	return s, nil
}

// Require compiles the modules for a test, or skips it.
func Require(t testing.TB) *Modules {
	t.Helper()
	m, err := Compile()
	if errors.Is(err, beam.ErrNotFound) {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatalf("this test needs erl and erlc, and CI must have them: %v", err)
		}
		t.Skipf("skipped, for it needs the BEAM (erl and erlc in PATH): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Remove)
	return m
}
