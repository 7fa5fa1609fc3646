// Package gatetest runs gateways and nodes for tests, on ports of the loopback that are
// free.
package gatetest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
)

// Program finds a program that a test needs. Where it is missing the test is skipped and
// says so; but if the environment has CI=true the test fails.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatalf("this test needs %s, and CI must have it", name)
		}
		t.Skipf("skipped, for it needs %s in PATH", name)
	}
	return path
}

// Node is a node of frames that only pretends to be one.
type Node struct {
	Addr string

	l      net.Listener
	mu     sync.Mutex
	got    [][]byte
	conns  map[net.Conn]bool
	answer func(msg []byte) []byte
}

// NewNode starts a node that answers each message with what answer returns; nil
// closes the connection. A nil answer is an echo.
func NewNode(t testing.TB, answer func(msg []byte) []byte) *Node {
	t.Helper()
	n := &Node{conns: map[net.Conn]bool{}, answer: answer}
	if answer == nil {
		n.answer = func(msg []byte) []byte { return msg }
	}
	n.Start(t, Free(t))
	t.Cleanup(n.Stop)
	return n
}

// Start listens.
func (n *Node) Start(t testing.TB, addr string) {
	t.Helper()
	var err error
	for range 100 { // the port may still be in use by the node before
		if n.l, err = net.Listen("tcp", addr); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	n.Addr = n.l.Addr().String()
	accept(n.l, func(c net.Conn) {
		n.mu.Lock()
		n.conns[c] = true
		n.mu.Unlock()
		go n.serve(c)
	})
}

// Serve gives each connection to l to a call of serve, and closes it behind that,
// until the test ends.
func Serve(t testing.TB, l net.Listener, serve func(c net.Conn)) {
	t.Cleanup(func() { l.Close() })
	accept(l, func(c net.Conn) {
		go func() {
			defer c.Close()
			serve(c)
		}()
	})
}

// Listen returns a listener on the loopback.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Free returns an address of the loopback that nobody listens at, and that nobody else
// will: a port below those that systems give to outgoing connections and to listeners
// that ask for any. One of these would be taken again by whatever runs beside the test;
// a client that waits for a program to listen there can even meet itself.
func Free(t testing.TB) string {
	t.Helper()
	for range 1000 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(22_000)))
		if _, taken := given.LoadOrStore(addr, true); taken {
			continue
		}
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

// given has the addresses that Free has returned.
var given sync.Map

// accept hands out connections one by one, until l is closed.
func accept(l net.Listener, take func(c net.Conn)) {
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			take(c)
		}
	}()
}

// Stop ends the node and its connections.
func (n *Node) Stop() {
	n.l.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		c.Close()
	}
	clear(n.conns)
}

// Got returns what the node received.
func (n *Node) Got() [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([][]byte{}, n.got...)
}

func (n *Node) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		msg, err := ReadFrame(r)
		if err != nil {
			return
		}
		n.mu.Lock()
		n.got = append(n.got, msg)
		n.mu.Unlock()
		b := n.answer(msg)
		if b == nil {
			return
		}
		if len(b) > 0 {
			frame, _ := etf.AppendFrame(nil, b, 4)
			c.Write(frame)
		}
	}
}

// ReadFrame reads one frame of {packet,4}.
func ReadFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

// Gate is a gateway under test.
type Gate struct {
	*gate.Gate
	t   testing.TB
	log *buffer
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// Log returns what was logged so far.
func (g *Gate) Log() string {
	g.log.mu.Lock()
	defer g.log.mu.Unlock()
	return g.log.b.String()
}

// Start runs a gateway with this configuration.
func Start(t testing.TB, yaml string) *Gate {
	t.Helper()
	g := &Gate{t: t, log: &buffer{}}
	log := metrics.NewLog(g.log, config.Log{Level: "debug", Client: "ip", PerSec: 10000})
	g.Gate = gate.New(log.Logger, metrics.New(log))
	t.Cleanup(g.Close)
	if err := g.Load(yaml); err != nil {
		t.Fatal(err)
	}
	return g
}

// Load puts another configuration in force.
func (g *Gate) Load(yaml string) error {
	c, err := config.Parse("test.yaml", []byte(yaml))
	if err != nil {
		return err
	}
	return g.Apply(c)
}

// Count is the sum of the verdicts with these labels, given as name=value.
func (g *Gate) Count(labels ...string) float64 {
	g.t.Helper()
	return g.Sum("beamgate_verdicts_total", labels...)
}

// Sum is the sum of a metric over all series with these labels.
func (g *Gate) Sum(name string, labels ...string) (sum float64) {
	g.t.Helper()
	all, err := g.Metrics.Registry().Gather()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() != name {
			continue
		}
	series:
		for _, m := range family.GetMetric() {
			for _, want := range labels {
				found := false
				for _, l := range m.GetLabel() {
					found = found || l.GetName()+"="+l.GetValue() == want
				}
				if !found {
					continue series
				}
			}
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

// Client is a client of a listener.
type Client struct {
	net.Conn
	t   testing.TB
	r   *bufio.Reader
	err error
}

// Dial connects to a listener. A reset may come as soon as that, and is then
// what the client receives.
func (g *Gate) Dial(name string) *Client {
	g.t.Helper()
	c, err := net.Dial("tcp", g.Addr(name))
	if errors.Is(err, syscall.ECONNRESET) {
		a, b := net.Pipe()
		b.Close()
		return &Client{Conn: a, t: g.t, err: err}
	}
	if err != nil {
		g.t.Fatal(err)
	}
	return NewClient(g.t, c)
}

// NewClient makes a client of a connection.
func NewClient(t testing.TB, c net.Conn) *Client {
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &Client{Conn: c, t: t, r: bufio.NewReader(c)}
}

// Send sends a message.
func (c *Client) Send(msg []byte) {
	c.t.Helper()
	frame, err := etf.AppendFrame(nil, msg, 4)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.Write(frame); err != nil {
		c.t.Fatal(err)
	}
}

// Receive returns the next message, or why there is none.
func (c *Client) Receive() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	return ReadFrame(c.r)
}

// Want fails unless the next message is this one.
func (c *Client) Want(msg []byte) {
	c.t.Helper()
	got, err := c.Receive()
	if err != nil || !bytes.Equal(got, msg) {
		c.t.Fatalf("got %q, %v\nwant %q", got, err, msg)
	}
}

// Reset fails unless the connection was reset: an error, and no orderly end.
func (c *Client) Reset() {
	c.t.Helper()
	if b, err := c.Receive(); err == nil || err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("got %q, %v instead of a reset", b, err)
	}
}

// Eventually waits until ok holds. After a minute it never will: the machine may have
// other work, and what a test waits for is the order of things, not their speed.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// WriteFile writes a file of a test.
func WriteFile(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Indent moves lines of YAML to the right.
func Indent(text string, n int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", n))
}
