package gate_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
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

// loadFor is how long the test of mixed load runs; BEAMGATE_LOAD=10m and
// BEAMGATE_CLIENTS=500 make it the long one.
func loadFor(t *testing.T) (time.Duration, int) {
	d, clients := 2*time.Second, 50
	if text := os.Getenv("BEAMGATE_LOAD"); text != "" {
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	if text := os.Getenv("BEAMGATE_CLIENTS"); text != "" {
		if _, err := fmt.Sscan(text, &clients); err != nil {
			t.Fatal(err)
		}
	}
	return d, clients
}

// try sends one message on a connection and waits for the answer.
func try(c net.Conn, msg []byte) ([]byte, error) {
	c.SetDeadline(time.Now().Add(30 * time.Second))
	frame, err := etf.AppendFrame(nil, msg, 4)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(frame); err != nil {
		return nil, err
	}
	return ReadFrame(c)
}

func dial(g *Gate) net.Conn {
	for {
		c, err := net.Dial("tcp", g.Addr("door"))
		if err == nil {
			return c
		}
		time.Sleep(time.Millisecond)
	}
}

// TestMixedLoad: one message in ten is hostile, of every kind, before a real node.
// None is decoded, no honest one is lost, the node's atoms grow by what the ledger
// allows, and the gateway's memory does not grow with the load.
func TestMixedLoad(t *testing.T) {
	modules := beamnode.Require(t)
	n, err := modules.Start("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Kill(); n.Wait() })
	const allowed = 60
	g := Start(t, conf(&Node{Addr: n.Addr}, fmt.Sprintf("max_new: %d", allowed)+"\nper_client: 100000", "max_in_flight: 1000\nmax_wait: 20s\nmax_waiting: 1000",
		"answers: {expect: one}\nlimits: {max_connections_per_client: 1000, max_in_flight_per_client: 1000, messages_per_second: 1000000, messages_burst: 1000000, bytes_per_second: 1GiB, bytes_burst: 1GiB}"))
	kinds := traffic.Kinds()
	ask := func() beamnode.Seen {
		c := dial(g)
		defer c.Close()
		b, err := try(c, kinds[0].Make(rand.New(rand.NewPCG(0, 0)), 0))
		if err != nil {
			t.Fatal(err)
		}
		seen, err := beamnode.ParseSeen(b)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	for range 50 { // what the node loads with its first messages
		ask()
		for _, k := range kinds[1:3] {
			c := dial(g)
			if _, err := try(c, k.Make(rand.New(rand.NewPCG(0, 0)), 0)); err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
	}
	before, spentBefore, heap := ask(), g.Ledger("web").Stats().Committed, heapInUse()
	var passed, honest, hostile, lost atomic.Int64
	d, clients := loadFor(t)
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			c := dial(g)
			defer func() { c.Close() }()
			for j := 0; time.Now().Before(end); j++ {
				k := kinds[r.IntN(3)]
				if r.IntN(10) == 0 {
					k = kinds[3+r.IntN(len(kinds)-3)]
				}
				_, err := try(c, k.Make(r, j))
				switch {
				case err == nil:
					passed.Add(1)
					if k.Hostile && !k.Some {
						t.Errorf("hostile: %s passed", k.Name)
					}
				case !k.Hostile:
					lost.Add(1)
				}
				if k.Hostile {
					hostile.Add(1)
				} else {
					honest.Add(1)
				}
				if err != nil {
					c.Close()
					c = dial(g)
				}
			}
		})
	}
	wg.Wait()
	after, s := ask(), g.Ledger("web").Stats()
	if got := after.Frames - before.Frames - 1; got != passed.Load() {
		t.Errorf("the node decoded %d messages, %d passed", got, passed.Load())
	}
	if lost.Load() > 0 {
		t.Errorf("%d of %d honest messages were lost", lost.Load(), honest.Load())
	}
	if grown, spent := after.Atoms-before.Atoms, s.Committed-spentBefore; grown > spent || s.Committed > allowed {
		t.Errorf("the node learned %d atoms, %d were spent", grown, spent)
	}
	if now := heapInUse(); now > heap+64<<20 {
		t.Errorf("memory went from %d to %d MiB", heap>>20, now>>20)
	}
	t.Logf("%d honest and %d hostile messages, %d atoms", honest.Load(), hostile.Load(), after.Atoms-before.Atoms)
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// numbered is a message that can be told from every other.
func numbered(n int64) []byte {
	return term.Message(term.Tuple(term.Atom("ok"), term.Bin(fmt.Sprintf("%016d", n))))
}

// TestNodeRestartsUnderLoad: each message is answered or fails, none reaches the
// node twice, and the traffic comes back by itself.
func TestNodeRestartsUnderLoad(t *testing.T) {
	node := NewNode(t, nil)
	addr := node.Addr
	g := Start(t, conf(node, "", "breaker: {failures: 3, backoff: 10ms, max_backoff: 50ms, slow_start: 100ms}\npoison: {crashes: 1000}", "answers: {expect: one}\nlimits: {messages_burst: 1000000, messages_per_second: 1000000}"))
	var number, answered, failed atomic.Int64
	stop := make(chan bool)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for {
				c := dial(g)
				for {
					select {
					case <-stop:
						c.Close()
						return
					default:
					}
					msg := numbered(number.Add(1))
					b, err := try(c, msg)
					if err != nil {
						failed.Add(1)
						break
					}
					if string(b) != string(msg) {
						t.Errorf("an answer to another message: %q", b)
					}
					answered.Add(1)
				}
				c.Close()
			}
		})
	}
	var got [][]byte
	for range 4 {
		at := answered.Load()
		Eventually(t, "the traffic is back", func() bool { return answered.Load() > at+50 })
		node.Stop()
		time.Sleep(20 * time.Millisecond)
		node.Start(t, addr)
	}
	at := answered.Load()
	Eventually(t, "the traffic is back", func() bool { return answered.Load() > at+50 })
	close(stop)
	wg.Wait()
	got = node.Got()
	seen := map[string]bool{}
	for _, m := range got {
		if seen[string(m)] {
			t.Errorf("%q came twice", m)
		}
		seen[string(m)] = true
	}
	if int64(len(got)) < answered.Load() || answered.Load()+failed.Load() != number.Load() {
		t.Errorf("%d sent, %d answered, %d failed, %d at the node", number.Load(), answered.Load(), failed.Load(), len(got))
	}
	if failed.Load() == 0 {
		t.Error("nothing failed: the node was not down")
	}
}

// TestCrowd: many more connections than there is room for, all at once. Those in
// the way end by themselves, and an honest client gets through.
func TestCrowd(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "", "answers: {expect: one}\nlimits: {max_connections: 200, max_connections_per_client: 200, idle_timeout: 200ms}"))
	var most syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err != nil {
		t.Fatal(err)
	}
	crowd := int(min(5000, most.Cur/3)) // each is two descriptors of this process
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range crowd / 50 {
				c, err := net.Dial("tcp", g.Addr("door"))
				if err == nil {
					t.Cleanup(func() { c.Close() })
				}
			}
		})
	}
	wg.Wait()
	Eventually(t, "an honest client gets through", func() bool {
		c, err := net.Dial("tcp", g.Addr("door"))
		if err != nil {
			return false
		}
		defer c.Close()
		b, err := try(c, good)
		return err == nil && string(b) == string(good)
	})
	Eventually(t, "the crowd is gone", func() bool { return g.Sum("beamgate_connections") == 0 })
	Eventually(t, "nothing of it is left", func() bool { return runtime.NumGoroutine() < before+50 })
	if g.Count("rule=connections")+g.Count("code=idle") == 0 {
		t.Errorf("of %d connections none was refused", crowd)
	}
}

// TestDrip: clients that send one byte and then another hold nobody up.
func TestDrip(t *testing.T) {
	t.Parallel()
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "max_in_flight: 2\nmax_bytes_in_flight: 2MiB", "answers: {expect: one}\nlimits: {max_connections_per_client: 2000, frame_timeout: 300ms}"))
	var ended sync.WaitGroup
	for range 500 {
		c := dial(g)
		t.Cleanup(func() { c.Close() })
		ended.Go(func() {
			msg := numbered(1)
			frame := binary.BigEndian.AppendUint32(nil, uint32(len(msg)))
			for _, b := range append(frame, msg...) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
			if b, err := ReadFrame(c); err == nil {
				t.Errorf("a message of one byte at a time passed: %q", b)
			}
		})
	}
	c := g.Dial("door")
	for range 50 {
		c.Send(good)
		c.Want(good)
	}
	ended.Wait()
	if n := g.Count("rule=deadline", "code=frame"); n != 500 {
		t.Errorf("%v connections were too slow, not 500", n)
	}
	if n := len(node.Got()); n != 50 {
		t.Errorf("the node got %d messages", n)
	}
}

// TestClaims: a client that claims large messages and sends nothing of them is in
// the way of nobody else, neither of small messages nor of large ones.
func TestClaims(t *testing.T) {
	node := NewNode(t, nil)
	g := Start(t, conf(node, "", "max_bytes_in_flight: 8MiB", "proxy_protocol: [127.0.0.0/8]\nanswers: {expect: one}\nlimits: {max_connections_per_client: 100, frame_timeout: 20s}"))
	from := func(addr string) *Client {
		c := g.Dial("door")
		fmt.Fprintf(c, "PROXY TCP4 %s 127.0.0.1 5000 4000\r\n", addr)
		return c
	}
	for range 50 {
		from("10.0.0.1").Write([]byte{0, 0x0f, 0, 0, 131, 109})
	}
	Eventually(t, "they are there", func() bool { return g.Sum("beamgate_connections") == 50 })
	c := from("10.0.0.2")
	big := term.Message(term.Bin(string(make([]byte, 900_000))))
	for range 10 {
		c.Send(good)
		c.Want(good)
		c.Send(big)
		c.Want(big)
	}
	if n := g.Count("code=frame"); n != 0 {
		t.Errorf("%v of those in the way had ended already", n)
	}
}

// echo answers one short message with itself.
func echo(c net.Conn) {
	if b, err := ReadFrame(c); err == nil {
		c.Write(append([]byte{0, 0, 0, byte(len(b))}, b...))
	}
}

// TestStalledNode: a node that stops in the middle of an answer is given up, and
// what it sent of it does not reach the client.
func TestStalledNode(t *testing.T) {
	l, ended := Listen(t), make(chan bool)
	defer close(ended)
	Serve(t, l, func(c net.Conn) {
		ReadFrame(c)
		c.Write([]byte{0, 0, 1, 0, 131, 109})
		<-ended
	})
	g := Start(t, conf(&Node{Addr: l.Addr().String()}, "", "answer_timeout: 100ms", "answers: {expect: one}"))
	c := g.Dial("door")
	c.Send(good)
	if n, err := io.Copy(io.Discard, c); n != 0 || err == nil {
		t.Errorf("%d bytes of half an answer, %v", n, err)
	}
}

// TestLedgerIsLost: without its file no new name passes and known ones do; nothing
// else is disturbed.
func TestLedgerIsLost(t *testing.T) {
	node := NewNode(t, nil)
	file := filepath.Join(t.TempDir(), "web.atoms")
	g := Start(t, conf(node, "file: "+file, "", "answers: {expect: one}"))
	c := g.Dial("door")
	c.Send(atoms(0, 1))
	c.Want(atoms(0, 1))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	c.Send(atoms(1, 1))
	c.Reset()
	c = g.Dial("door")
	for range 3 {
		c.Send(atoms(0, 1))
		c.Want(atoms(0, 1))
		c.Send(good)
		c.Want(good)
	}
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "ledger web") {
		t.Errorf("ready: %v", err)
	}
	if g.Sum("beamgate_ledger_locked") != 1 {
		t.Error("the metric does not say so")
	}
	if log := g.Log(); !strings.Contains(log, `"code":"limit_atom_budget"`) || !strings.Contains(log, `"reason":"locked"`) {
		t.Errorf("the refusal does not say why:\n%s", log)
	}
}

// TestLostLedgerIsTold: when the gateway starts, and nothing else would say so before a
// message is refused.
func TestLostLedgerIsTold(t *testing.T) {
	node := NewNode(t, nil)
	file := filepath.Join(t.TempDir(), "web.atoms")
	WriteFile(t, file+".state", `{"nodes":null,"granted":0,"resets":0}`)
	g := Start(t, conf(node, "file: "+file, "", ""))
	want := `"level":"WARN","msg":"ledger","ledger":"web","event":"no new name passes","why":`
	if log := g.Log(); !strings.Contains(log, want) || !strings.Contains(log, "gateway budget reset web REASON") {
		t.Error(log)
	}
	if g := Start(t, conf(node, "", "", "")); strings.Contains(g.Log(), "no new name") {
		t.Error(g.Log())
	}
}

// TestNodeClosesIdleConnections: a message is not what finds out, and makes nobody
// a suspect.
func TestNodeClosesIdleConnections(t *testing.T) {
	between(t, func(c net.Conn) { c.Close() })
}

// between has a node do something when it has answered, and wants the next messages
// answered nevertheless, and no suspect.
func between(t *testing.T, do func(net.Conn)) {
	l, done := Listen(t), make(chan bool, 10)
	Serve(t, l, func(c net.Conn) {
		echo(c)
		do(c)
		done <- true
		ReadFrame(c)
	})
	g := Start(t, conf(&Node{Addr: l.Addr().String()}, "", "poison: {crashes: 1}", "answers: {expect: one}"))
	c := g.Dial("door")
	for range 5 {
		c.Send(good)
		c.Want(good)
		<-done
		time.Sleep(10 * time.Millisecond) // on the loopback it is there by now
	}
	if g.Sum("beamgate_suspects") != 0 {
		t.Error("it made a suspect")
	}
}
