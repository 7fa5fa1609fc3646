// Package beamnode runs a real Erlang node: for the demonstration, and for tests,
// which are skipped where Erlang is missing and fail if CI says that it must not
// be.
package beamnode

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/erlang"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
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

// Keeping are the settings of a node that keeps account.
type Keeping struct {
	Addr     string // where it listens; empty: anywhere on the loopback
	Journal  string // file of the digests of all that it decoded; empty: none
	Reporter string // as in Start
	Secret   string
}

// StartKeeping runs a node that keeps account of what it decoded.
func (m *Modules) StartKeeping(k Keeping) (*Node, error) {
	_, port, _ := strings.Cut(cmp.Or(k.Addr, ":0"), ":")
	args := []string{"-extra", port, cmp.Or(k.Journal, "-")}
	if k.Reporter != "" {
		args = append(args, k.Reporter, k.Secret)
	}
	return m.run("beamgate_account_node", args...)
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
		return s, errOther
	}
	s.Atoms, _ = t.Index(1).Int()
	s.Memory, _ = t.Index(2).Int()
	s.Frames, _ = t.Index(3).Int()
	return s, nil
}

// Digest is the SHA-256 of a term as term_to_binary writes it, deterministic and
// in minor version 2.
type Digest [sha256.Size]byte

// DigestOf is the digest of a term in such bytes.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// Account is what a node says that it decoded.
type Account struct {
	Atoms, Memory int64
	Badargs       int64            // messages that it could not decode
	Terms         map[Digest]int64 // how often each term
}

// AskAccount asks a node that keeps account, on a connection of its own.
func AskAccount(addr string) (a Account, err error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return a, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	ask, err := etf.AppendFrame(nil, term.Message(term.Tuple(term.Atom("account"), term.Atom("please"))), 4)
	if err != nil {
		return a, err
	}
	if _, err := c.Write(ask); err != nil {
		return a, err
	}
	frames, err := safe.Mode().NewFrameReader(c, 4)
	if err != nil {
		return a, err
	}
	t, err := frames.ReadTerm()
	if err != nil {
		return a, err
	}
	lines, ok := t.Index(4).Bytes()
	if !ok || !t.Index(0).IsAtom("account") {
		return a, errOther
	}
	a.Atoms, _ = t.Index(1).Int()
	a.Memory, _ = t.Index(2).Int()
	a.Badargs, _ = t.Index(3).Int()
	a.Terms = map[Digest]int64{}
	for line := range slices.Chunk(lines, sha256.Size+8) {
		a.Terms[Digest(line[:sha256.Size])] = int64(binary.BigEndian.Uint64(line[sha256.Size:]))
	}
	return a, nil
}

// ReadJournal reads the journal of a node that keeps account: what it decoded, in
// that order.
func ReadJournal(path string) (all []Digest, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for ; len(b) >= sha256.Size; b = b[sha256.Size:] {
		all = append(all, Digest(b[:sha256.Size]))
	}
	return all, nil
}

var errOther = errors.New("beamnode: the node said something else")

// ParseTook reads {took, Digest}.
func ParseTook(b []byte) (d Digest, err error) {
	t, err := safe.Decode(b)
	if err != nil {
		return d, err
	}
	digest, ok := t.Index(1).Bytes()
	if !ok || len(digest) != len(d) || !t.Index(0).IsAtom("took") {
		return d, errOther
	}
	return Digest(digest), nil
}

// Require compiles the modules for a test, or skips it.
func Require(t testing.TB) *Modules {
	t.Helper()
	beam.Need(t)
	m, err := Compile()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Remove)
	return m
}
