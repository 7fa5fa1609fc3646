package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// trial is the gateway as a process of its own, under load at a door of frames and
// at one of HTTP, while something goes wrong. In the end these have to hold:
//
//   - each message was answered whole, or with an error;
//   - no node got one twice, in part, or altered;
//   - a node has no name that the ledger does not;
//   - the traffic comes back by itself.
type trial struct {
	*running
	t        *testing.T
	web      string // the door of HTTP
	node     *Node
	site     *site
	cmd      *exec.Cmd
	env      []string
	upstream string // lines of both upstreams
	limits   string // of both listeners

	number   atomic.Int64
	answered [2]atomic.Int64 // of frames, of HTTP
	failed   [2]atomic.Int64
	seen     sync.Map // numbers that were answered
	stop     chan bool
	clients  sync.WaitGroup
}

func newTrial(t *testing.T) *trial {
	return &trial{
		running: &running{admin: free(t), door: free(t), dir: t.TempDir(), log: &lockedBuffer{}},
		t:       t, web: free(t), node: NewNode(t, nil), site: newSite(t), stop: make(chan bool),
		upstream: "breaker: {failures: 3, backoff: 10ms, max_backoff: 50ms, slow_start: 50ms}, poison: {crashes: 100000}, max_in_flight: 1000, max_waiting: 1000",
	}
}

// file is the configuration, with the nodes at these addresses.
func (f *trial) file(node, site string) string {
	return fmt.Sprintf(`version: 1
admin: {listen: '%s'}
ledgers:
  - {name: web, file: %s, max_new: 1000000, per_client: 1000000, names: [ok]}
upstreams:
  - {name: node, address: '%s', ledger: web, %s}
  - {name: site, address: '%s', ledger: web, %s}
listeners:
  - {name: door, listen: '%s', upstream: node, answers: {expect: one}, limits: {%s}}
  - {name: web, protocol: http, listen: '%s', upstream: site, limits: {%s}}
`, f.admin, f.ledger(), node, f.upstream, site, f.upstream, f.door, f.allowed(), f.web, f.allowed())
}

func (f *trial) ledger() string { return filepath.Join(f.dir, "web.atoms") }

func (f *trial) allowed() string {
	limits := "messages_per_second: 1000000, messages_burst: 1000000, max_connections: 20000, max_connections_per_client: 20000"
	if f.limits != "" {
		limits += ", " + f.limits
	}
	return limits
}

// run starts the gateway. The breakers of a trial may be open meanwhile, so it is up
// when it says something.
func (f *trial) run() {
	f.t.Helper()
	f.cmd = exec.Command(os.Args[0], "run", f.config())
	f.cmd.Env = append(append(os.Environ(), "GATEWAY_TEST_PROGRAM=1"), f.env...)
	f.cmd.Stderr = f.log
	if err := f.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	cmd := f.cmd
	f.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	Eventually(f.t, "it is up", func() bool { return f.get("/ping") == "pong\n" })
}

// begin starts the gateway and the load.
func (f *trial) begin() {
	WriteFile(f.t, f.config(), f.file(f.node.Addr, f.site.addr))
	f.run()
	f.load()
}

func (f *trial) load() {
	for range 10 {
		f.clients.Go(f.sendFrames)
		f.clients.Go(f.sendHTTP)
	}
	f.flows("at first")
}

// flows waits until messages are answered at both doors.
func (f *trial) flows(when string) {
	f.t.Helper()
	for i, door := range []string{"frames", "HTTP"} {
		at := f.answered[i].Load()
		Eventually(f.t, "messages are answered at the door of "+door+" "+when, func() bool { return f.answered[i].Load() > at+20 })
	}
}

// fails waits until messages fail at both doors.
func (f *trial) fails() {
	f.t.Helper()
	for i, door := range []string{"frames", "HTTP"} {
		at := f.failed[i].Load()
		Eventually(f.t, "messages fail at the door of "+door, func() bool { return f.failed[i].Load() > at+5 })
	}
}

// numbered is message number n. Some bring a new atom, some are long.
func (f *trial) numbered(n int64) []byte {
	elements := []term.T{term.Bin(fmt.Sprintf("%016d", n)), term.Atom("ok")}
	if n%5 == 0 {
		elements[1] = term.Atom(fmt.Sprintf("name_%d", n))
	}
	if n%7 == 0 {
		elements = append(elements, term.Bin(strings.Repeat("long", 10_000)))
	}
	return term.Message(term.Tuple(elements...))
}

// numberOf is the number of a message, if it is one, whole.
func (f *trial) numberOf(msg []byte) (n int64, ok bool) {
	const head = 8 // version, tuple, binary
	if len(msg) < head+16 {
		return 0, false
	}
	if _, err := fmt.Sscanf(string(msg[head:head+16]), "%d", &n); err != nil {
		return 0, false
	}
	return n, bytes.Equal(msg, f.numbered(n))
}

func (f *trial) over() bool {
	select {
	case <-f.stop:
		return true
	default:
		return false
	}
}

// became notes what became of a message.
func (f *trial) became(door int, n int64, ok bool) {
	if !ok {
		f.failed[door].Add(1)
		return
	}
	f.seen.Store(n, true)
	f.answered[door].Add(1)
}

func (f *trial) sendFrames() {
	for !f.over() {
		c, err := net.Dial("tcp", f.door)
		if err != nil {
			f.failed[0].Add(1)
			time.Sleep(time.Millisecond)
			continue
		}
		for err == nil && !f.over() {
			n := f.number.Add(1)
			var got []byte
			got, err = exchange(c, f.numbered(n))
			if err == nil && !bytes.Equal(got, f.numbered(n)) || err != nil && len(got) > 0 {
				f.t.Errorf("message %d came back as %.40q, %v", n, got, err)
			}
			f.became(0, n, err == nil)
		}
		c.Close()
	}
}

// exchange sends a message and returns the answer, or with an error what there is of
// it.
func exchange(c net.Conn, msg []byte) ([]byte, error) {
	c.SetDeadline(time.Now().Add(30 * time.Second))
	frame, err := etf.AppendFrame(nil, msg, 4)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(frame); err != nil {
		return nil, err
	}
	var head [4]byte
	if n, err := io.ReadFull(c, head[:]); err != nil {
		return head[:n], err
	}
	b := make([]byte, int(head[2])<<8|int(head[3])|int(head[1])<<16)
	n, err := io.ReadFull(c, b)
	return b[:n], err
}

func (f *trial) sendHTTP() {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	for !f.over() {
		n := f.number.Add(1)
		resp, err := client.Post("http://"+f.web+"/", "application/x-erlang-binary", bytes.NewReader(f.numbered(n)))
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				f.t.Errorf("message %d: half an answer: %v", n, err)
			}
			f.became(1, n, false)
			time.Sleep(time.Millisecond)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			f.t.Errorf("message %d: %s, and then %v", n, resp.Status, err)
		case resp.StatusCode == http.StatusOK && !bytes.Equal(b, f.numbered(n)):
			f.t.Errorf("message %d came back as %.40q", n, b)
		case resp.StatusCode != http.StatusOK && resp.Header.Get("Content-Type") != "application/problem+json":
			f.t.Errorf("message %d: %s without saying why: %.80q", n, resp.Status, b)
		}
		f.became(1, n, err == nil && resp.StatusCode == http.StatusOK)
		if resp.StatusCode != http.StatusOK {
			time.Sleep(time.Millisecond) // its client is told to come later
		}
	}
}

// end stops the load and judges.
func (f *trial) end() {
	f.t.Helper()
	close(f.stop)
	f.clients.Wait()
	book, err := os.ReadFile(f.ledger())
	if err != nil {
		f.t.Fatal(err)
	}
	at := map[int64]bool{}
	for _, msg := range append(f.node.Got(), f.site.all()...) {
		n, ok := f.numberOf(msg)
		switch {
		case !ok:
			f.t.Errorf("a node got %d bytes that nobody sent: %.40q", len(msg), msg)
		case at[n]:
			f.t.Errorf("message %d came twice", n)
		case n%5 == 0 && !bytes.Contains(book, fmt.Appendf(nil, `"name_%d"`, n)):
			f.t.Errorf("a node has name_%d, and the ledger has forgotten it", n)
		}
		at[n] = true
	}
	if n := f.site.halves.Load(); n > 0 {
		f.t.Errorf("%d requests came in part", n)
	}
	f.seen.Range(func(n, _ any) bool {
		if !at[n.(int64)] {
			f.t.Errorf("message %d was answered, and no node got it", n)
		}
		return true
	})
	f.t.Logf("%d messages: %d and %d answered, %d and %d failed", f.number.Load(),
		f.answered[0].Load(), f.answered[1].Load(), f.failed[0].Load(), f.failed[1].Load())
}

// site is a node of HTTP that only pretends to be one: an echo.
type site struct {
	addr   string
	halves atomic.Int64 // requests whose end did not come

	mu     sync.Mutex
	got    [][]byte
	server *http.Server
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.start(t, "127.0.0.1:0")
	t.Cleanup(s.kill)
	return s
}

func (s *site) start(t *testing.T, addr string) {
	t.Helper()
	var l net.Listener
	Eventually(t, "the port is free", func() (ok bool) {
		var err error
		l, err = net.Listen("tcp", addr)
		return err == nil
	})
	s.addr = l.Addr().String()
	s.server = &http.Server{Handler: s}
	go s.server.Serve(l)
}

// kill ends it with all its connections.
func (s *site) kill() { s.server.Close() }

func (s *site) all() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte{}, s.got...)
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.halves.Add(1)
		return
	}
	s.mu.Lock()
	s.got = append(s.got, b)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-erlang-binary")
	w.Write(b)
}

// TestFaultNodesRestart: both nodes end and are started again, several times.
func TestFaultNodesRestart(t *testing.T) {
	f := newTrial(t)
	f.begin()
	for range 3 {
		f.node.Stop()
		f.site.kill()
		f.fails()
		f.node.Start(t, f.node.Addr)
		f.site.start(t, f.site.addr)
		f.flows("after a restart")
	}
	f.end()
}

// TestFaultNetworkStalls: between the gateway and its nodes nothing moves any more, in
// the middle of frames and of bodies, and then it does again.
func TestFaultNetworkStalls(t *testing.T) {
	f := newTrial(t)
	f.upstream += ", answer_timeout: 300ms"
	lines := [2]*relay{newRelay(t, f.node.Addr), newRelay(t, f.site.addr)}
	WriteFile(t, f.config(), f.file(lines[0].addr(), lines[1].addr()))
	f.run()
	f.load()
	for range 3 {
		for _, l := range lines {
			l.stall(true)
		}
		f.fails()
		for _, l := range lines {
			l.stall(false)
		}
		f.flows("when the network is back")
	}
	for i, l := range lines {
		if l.cut.Load() == 0 {
			t.Errorf("line %d was never cut in the middle", i)
		}
	}
	Eventually(t, "what was under way has arrived, or is given up", func() bool { return lines[0].idle() && lines[1].idle() })
	f.end()
}

// relay is a network in which everything may come to a stop.
type relay struct {
	l   net.Listener
	to  string
	cut atomic.Int64 // stops in the middle of what was sent

	held atomic.Int64 // copies that stand still
	mu   sync.Mutex
	flow chan struct{} // closed while it flows
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{l: l, to: to, flow: make(chan struct{})}
	close(r.flow)
	t.Cleanup(func() { r.stall(false); l.Close() })
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil {
				a.Close()
				continue
			}
			go r.copy(a, b)
			go r.copy(b, a)
		}
	}()
	return r
}

func (r *relay) addr() string { return r.l.Addr().String() }

func (r *relay) idle() bool { return r.held.Load() == 0 }

func (r *relay) stall(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	flows := true
	select {
	case <-r.flow:
	default:
		flows = false
	}
	switch {
	case on && flows:
		r.flow = make(chan struct{})
	case !on && !flows:
		close(r.flow)
	}
}

func (r *relay) copy(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if n > 0 && !r.pass(to, buf[:n]) || err != nil {
			return
		}
	}
}

// pass sends b, the first half of it if all has come to a stop.
func (r *relay) pass(to net.Conn, b []byte) bool {
	r.mu.Lock()
	flow := r.flow
	r.mu.Unlock()
	half := 0
	select {
	case <-flow:
	default:
		half = len(b) / 2
		to.Write(b[:half])
		r.cut.Add(1)
		r.held.Add(1)
		<-flow
		defer r.held.Add(-1)
	}
	_, err := to.Write(b[half:])
	return err == nil
}

// TestFaultKill: SIGKILL under load, and another start on what is left, several
// times.
func TestFaultKill(t *testing.T) {
	f := newTrial(t)
	f.begin()
	for range 3 {
		if err := f.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		f.cmd.Wait()
		f.run()
		f.flows("after SIGKILL")
	}
	f.end()
}

// TestFaultTerminate: SIGTERM under load. What is under way is answered, and all
// that a node got was.
func TestFaultTerminate(t *testing.T) {
	f := newTrial(t)
	f.begin()
	for range 3 {
		if err := f.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := f.cmd.Wait(); err != nil {
			t.Errorf("ended with %v\n%s", err, f.log)
		}
		f.run()
		f.flows("after SIGTERM")
	}
	f.end()
	for _, msg := range append(f.node.Got(), f.site.all()...) {
		if n, _ := f.numberOf(msg); n > 0 {
			if _, ok := f.seen.Load(n); !ok {
				t.Errorf("a node got message %d, and its client no answer", n)
			}
		}
	}
}
