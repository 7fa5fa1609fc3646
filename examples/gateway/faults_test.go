package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

// answerTime is how long an answer may take, whatever has gone wrong.
const answerTime = 30 * time.Second

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
	upstream string      // lines of both upstreams
	limits   string      // of both listeners
	killed   atomic.Bool // the gateway, by SIGKILL

	number   atomic.Int64
	answered [2]atomic.Int64 // of frames, of HTTP
	failed   [2]atomic.Int64
	seen     sync.Map // numbers that were answered
	stop     chan bool
	clients  sync.WaitGroup
}

func newTrial(t *testing.T) *trial {
	return &trial{
		running: newRunning(t),
		t:       t, web: Free(t), node: NewNode(t, nil), site: newSite(t), stop: make(chan bool),
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
	limits := "messages_per_second: 1000000, messages_burst: 1000000, max_connections: 20000, max_connections_per_client: 20000, max_in_flight_per_client: 20000"
	if f.limits != "" {
		limits += ", " + f.limits
	}
	return limits
}

// run starts the gateway.
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
	Eventually(f.t, "it is ready", func() bool { return f.get("/ready") == "ready\n" })
}

// kill ends the gateway by SIGKILL.
func (f *trial) kill() {
	f.t.Helper()
	f.killed.Store(true)
	if err := f.cmd.Process.Kill(); err != nil {
		f.t.Fatal(err)
	}
	f.cmd.Wait()
}

// half tells of a message or answer of which only a part came, and whoever got it
// can see that. Only SIGKILL may leave one: what the system has taken of it goes out.
func (f *trial) half(n int64, err error) {
	if !f.killed.Load() {
		f.t.Errorf("half an answer to message %d: %v", n, err)
	}
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
			got, err = traffic.Exchange(c, f.numbered(n), answerTime)
			if err == nil && !bytes.Equal(got, f.numbered(n)) {
				f.t.Errorf("message %d came back as %.40q", n, got)
			}
			if err != nil && len(got) > 0 {
				f.half(n, err)
			}
			f.became(0, n, err == nil)
		}
		c.Close()
	}
}

func (f *trial) sendHTTP() {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	for !f.over() {
		n := f.number.Add(1)
		resp, err := client.Post("http://"+f.web+"/", "application/x-erlang-binary", bytes.NewReader(f.numbered(n)))
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				f.half(n, err)
			}
			f.became(1, n, false)
			time.Sleep(time.Millisecond)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			f.half(n, err)
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
	if n := f.site.halves.Load(); n > 0 && !f.killed.Load() {
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

	kill func() // ends it with all its connections

	mu  sync.Mutex
	got [][]byte
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.start(t, Free(t))
	t.Cleanup(func() { s.kill() })
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
	down := &atomic.Bool{}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, down) })}
	s.kill = func() { down.Store(true); server.Close() }
	go server.Serve(l)
}

func (s *site) all() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte{}, s.got...)
}

// answer is an echo. What comes in part since the site itself goes down is no fault.
func (s *site) answer(w http.ResponseWriter, r *http.Request, down *atomic.Bool) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		if !down.Load() {
			s.halves.Add(1)
		}
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
		f.kill()
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

// slow sends b, a byte at a time, and returns what came back before the end.
func slow(c net.Conn, b []byte, pause time.Duration) []byte {
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(c)
		got <- all
	}()
	for i := range b {
		select {
		case all := <-got:
			return all
		case <-time.After(pause):
		}
		if _, err := c.Write(b[i : i+1]); err != nil {
			break
		}
	}
	return <-got
}

// post is message number n as a request.
func (f *trial) post(n int64) []byte {
	msg := f.numbered(n)
	return append(fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/x-erlang-binary\r\nContent-Length: %d\r\n\r\n", len(msg)), msg...)
}

// TestFaultSlowClients: a thousand clients that send a byte at a time, of frames, of
// headers and of bodies, five bytes a second instead of one: they end by
// their deadlines, no node hears of them, and the others are served meanwhile.
func TestFaultSlowClients(t *testing.T) {
	const crowd = 1000
	f := newTrial(t)
	f.limits = "frame_timeout: 4s, header_timeout: 4s"
	f.begin()
	var conns []net.Conn
	for i := range crowd {
		addr := f.door
		if i%2 == 0 {
			addr = f.web
		}
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	number := func(i int) int64 { return int64(1_000_000_000 + 7*5*i + 1) } // none is long, none has a new atom
	var ended sync.WaitGroup
	for i, c := range conns {
		ended.Go(func() {
			msg := f.numbered(number(i))
			frame, err := etf.AppendFrame(nil, msg, 4)
			if err != nil {
				t.Error(err)
			}
			if i%2 == 0 {
				frame = f.post(number(i))
				if i%4 == 0 { // all but the body at once
					head := len(frame) - len(msg)
					c.Write(frame[:head])
					frame = frame[head:]
				}
			}
			c.SetDeadline(time.Now().Add(time.Minute))
			b := slow(c, frame, 200*time.Millisecond)
			if len(b) > 0 && !bytes.HasPrefix(b, []byte("HTTP/1.1 4")) {
				t.Errorf("client %d: %.80q", i, b)
			}
		})
	}
	f.flows("while a thousand clients are slow")
	ended.Wait()
	f.flows("when they are gone")
	for i := range f.failed {
		if n := f.failed[i].Load(); n > 0 {
			t.Errorf("%d messages of the others failed", n)
		}
	}
	f.end()
	for _, msg := range append(f.node.Got(), f.site.all()...) {
		if n, _ := f.numberOf(msg); n > 1_000_000_000 {
			t.Errorf("message %d of a slow client reached a node", n)
		}
	}
}

// TestFaultCrowd: five thousand connections, and all of them send at once.
func TestFaultCrowd(t *testing.T) {
	crowd := 5000
	var most syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err != nil {
		t.Fatal(err)
	}
	if room := int(most.Cur-500) / 2; room < crowd { // a descriptor for each end, in this process and in the gateway's
		crowd = room
		t.Logf("%d files may be open: %d connections instead of 5000", most.Cur, crowd)
	}
	f := newTrial(t)
	f.begin()
	before := f.metric("go_goroutines")
	conns := make([]net.Conn, crowd)
	var ready, ended sync.WaitGroup
	ready.Add(crowd)
	for i := range conns {
		ended.Go(func() {
			door, addr := i%5/4, f.door // one in five at the door of HTTP
			if door == 1 {
				addr = f.web
			}
			c, err := net.Dial("tcp", addr)
			ready.Done()
			ready.Wait()
			if err != nil {
				f.failed[door].Add(1)
				return
			}
			defer c.Close()
			n := f.number.Add(1)
			if door == 1 {
				f.became(1, n, f.postOn(c, n))
				return
			}
			b, err := traffic.Exchange(c, f.numbered(n), answerTime)
			if err == nil && !bytes.Equal(b, f.numbered(n)) || err != nil && len(b) > 0 {
				t.Errorf("message %d came back as %.40q, %v", n, b, err)
			}
			f.became(0, n, err == nil)
		})
	}
	ended.Wait()
	f.flows("after the crowd")
	f.end()
	Eventually(t, "nothing of it is left, but for idle connections to the node of HTTP", func() bool {
		return f.metric("go_goroutines") <= before+200 && f.metric(`beamgate_connections{listener="door"}`) == 0
	})
}

// postOn sends message number n on a connection, and reports whether it was answered.
func (f *trial) postOn(c net.Conn, n int64) bool {
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(f.post(n)); err != nil {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return false
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusOK && !bytes.Equal(b, f.numbered(n)) {
		f.t.Errorf("message %d: %s, %.40q, %v", n, resp.Status, b, err)
	}
	return resp.StatusCode == http.StatusOK
}

// metric is the value of one line of /metrics.
func (f *trial) metric(name string) float64 {
	for line := range strings.Lines(f.get("/metrics")) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				f.t.Error(err)
			}
			return v
		}
	}
	return 0
}

// TestFaultReload: 200 reloads under load, each second file broken, by SIGHUP and by
// the change of the file alone. No message fails, so no connection is lost; the
// ledger is what it was; what a good file says is in force, and nothing of a broken
// one is.
func TestFaultReload(t *testing.T) {
	f := newTrial(t)
	f.begin()
	good := f.file(f.node.Addr, f.site.addr)
	breaks := []func(string) string{
		func(text string) string { return text[:len(text)/2] },
		func(text string) string { return strings.ReplaceAll(text, "upstream: site", "upstream: nowhere") },
		func(text string) string { return strings.Replace(text, "web.atoms", "other.atoms", 1) },
		func(text string) string { return strings.Replace(text, "max_new", "max_old", 1) },
	}
	places := func() float64 { return f.metric(`beamgate_in_flight{upstream="node",what="open"}`) }
	spent, inForce := f.budget().Spent, 1000.0
	for i := range 200 {
		text := strings.ReplaceAll(good, "max_in_flight: 1000", fmt.Sprintf("max_in_flight: %d", 2000+i))
		result := "ok"
		if i%2 == 1 {
			text, result = breaks[i/2%len(breaks)](text), "refused"
		} else {
			inForce = float64(2000 + i)
		}
		counter := fmt.Sprintf("beamgate_reloads_total{result=%q}", result)
		before := f.metric(counter)
		next := WriteFile(t, filepath.Join(f.dir, "next"), text)
		if err := os.Rename(next, f.config()); err != nil {
			t.Fatal(err)
		}
		if i%20 > 1 { // else it finds out by itself
			if err := f.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		Eventually(t, fmt.Sprintf("file %d was %s", i, result), func() bool { return f.metric(counter) > before })
		b := f.budget()
		if got := places(); got != inForce || b.Max != 1_000_000 || b.Locked != "" || b.Spent < spent {
			t.Fatalf("after file %d: %v places instead of %v, %+v", i, got, inForce, b)
		}
		spent = b.Spent
	}
	f.flows("after the last file")
	for i := range f.failed {
		if n := f.failed[i].Load(); n > 0 {
			t.Errorf("%d messages failed", n)
		}
	}
	f.end()
	if b := f.budget(); b.Spent != int64(len(names(t, f.ledger()))) {
		t.Errorf("%+v, and %d names in the file", b, len(names(t, f.ledger())))
	}
}

var nameLine = regexp.MustCompile(`(?m) (?:name|also) \d+ "(.*)"$`)

// names are the names in the file of a ledger.
func names(t *testing.T, path string) map[string]bool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, m := range nameLine.FindAllSubmatch(b, -1) {
		all[string(m[1])] = true
	}
	return all
}

// TestFaultBEAMKilled: SIGKILL of a real node under load, and another start. In each
// life it decodes a message once at most, and none in two lives; what it decoded in
// the last one is known to the ledger.
func TestFaultBEAMKilled(t *testing.T) {
	modules := beamnode.Require(t)
	f := newTrial(t)
	const secret = "a secret of some length"
	addr, report := Free(t), Free(t)
	_, port, _ := strings.Cut(report, ":")
	text := fmt.Sprintf("report: {listen: '%s', secret_file: %s}\n", report, WriteFile(t, filepath.Join(f.dir, "secret"), secret)) +
		strings.Replace(f.file(addr, f.site.addr), "names: [ok]", "names: [ok], nodes: ["+beamnode.Name+"]", 1)
	WriteFile(t, f.config(), text)
	f.run()
	var journals []string
	start := func() *beamnode.Node {
		journal := filepath.Join(f.dir, fmt.Sprintf("journal%d", len(journals)))
		journals = append(journals, WriteFile(t, journal, ""))
		n, err := modules.StartKeeping(beamnode.Keeping{Addr: addr, Journal: journal, Reporter: port, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Kill(); n.Wait() })
		return n
	}
	defer func() {
		if t.Failed() {
			t.Logf("%+v %s", f.budget(), f.get("/ready"))
		}
	}()
	n := start()
	Eventually(t, "the first life has been reported", func() bool { b := f.budget(); return b.Locked == "" && b.Known > 1000 })
	var sent, answered sync.Map
	for range 10 {
		f.clients.Go(func() { f.sendToBEAM(&sent, &answered) })
	}
	flows := func(when string) {
		at := f.answered[0].Load()
		Eventually(t, "messages are answered "+when, func() bool { return f.answered[0].Load() > at+50 })
	}
	flows("at first")
	for life := range 3 {
		at := f.failed[0].Load()
		n.Kill()
		n.Wait()
		Eventually(t, "messages fail", func() bool { return f.failed[0].Load() > at+5 })
		n = start()
		Eventually(t, "the new life has been reported", func() bool { b := f.budget(); return b.Lives == int64(life+1) && b.Locked == "" })
		flows("in the next life")
	}
	close(f.stop)
	f.clients.Wait()

	at := map[beamnode.Digest]bool{}
	var last []int64
	for life, path := range journals {
		all, err := beamnode.ReadJournal(path)
		if err != nil || len(all) == 0 {
			t.Fatal(life, err)
		}
		for _, d := range all {
			number, ok := sent.Load(d)
			if !ok {
				t.Errorf("life %d decoded something that nobody sent", life)
			} else if at[d] {
				t.Errorf("message %d was decoded twice", number)
			} else if life == len(journals)-1 && number.(int64)%5 == 0 {
				last = append(last, number.(int64))
			}
			at[d] = true
		}
	}
	answered.Range(func(d, _ any) bool {
		if !at[d.(beamnode.Digest)] {
			t.Error("a message was answered that no life has decoded")
		}
		return true
	})
	if len(last) == 0 {
		t.Error("the last life got no new name")
	}
	// With nothing left to spend, what the last life has passes and nothing else does.
	WriteFile(t, f.config(), strings.Replace(text, "max_new: 1000000", "max_new: 1", 1))
	if err := f.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "nothing is left to spend", func() bool { return f.budget().Max == 1 })
	for _, number := range last {
		if name := fmt.Sprintf("name_%d", number); !f.ask(t, name) {
			t.Errorf("the last life has %s, and the ledger has forgotten it", name)
		}
	}
	if f.ask(t, "a_new_name") {
		t.Error("a new name passes")
	}
}

// sendToBEAM sends messages to a node that keeps account.
func (f *trial) sendToBEAM(sent, answered *sync.Map) {
	for !f.over() {
		c, err := net.Dial("tcp", f.door)
		for err == nil && !f.over() {
			n := f.number.Add(1)
			msg := f.numbered(n)
			digest := beamnode.DigestOf(msg)
			sent.Store(digest, n)
			var b []byte
			if b, err = traffic.Exchange(c, msg, answerTime); err != nil {
				if len(b) > 0 {
					f.t.Errorf("half an answer: %q", b)
				}
				break
			}
			if d, err := beamnode.ParseTook(b); err != nil || d != digest {
				f.t.Errorf("message %d was altered: %v", n, err)
			}
			answered.Store(digest, true)
			f.became(0, n, true)
		}
		if err != nil {
			f.failed[0].Add(1)
			time.Sleep(time.Millisecond)
			continue
		}
		c.Close()
	}
}
