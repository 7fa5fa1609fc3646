package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/safe"
)

// TestMain runs the program itself, for tests that kill it. After so many confirms
// it then kills itself, between a confirm and the acknowledgement.
func TestMain(m *testing.M) {
	if os.Getenv("AMQP_TEST_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	if after, err := strconv.Atoi(os.Getenv("AMQP_TEST_KILL_AFTER")); err == nil {
		n := 0
		confirmed = func() {
			if n++; n == after {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	}
	os.Exit(run(os.Args[1:], os.Stderr))
}

// rabbit is a broker of Debian's package, on ports and in a folder of its own.
type rabbit struct {
	t    *testing.T
	dir  string
	port int
	env  []string
	cmd  *exec.Cmd
	log  *os.File
}

// server is where Debian has the program. The one in PATH goes on as another user.
const server = "/usr/lib/rabbitmq/bin/rabbitmq-server"

func startRabbit(t *testing.T) *rabbit {
	t.Helper()
	epmd, err := exec.LookPath("epmd")
	if _, missing := os.Stat(server); missing != nil || err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatal("CI must have Debian's rabbitmq-server")
		}
		t.Skip("skipped, for it needs Debian's rabbitmq-server")
	}
	r := &rabbit{t: t, dir: t.TempDir(), port: freePort(t)}
	names, dist := freePort(t), freePort(t)
	config := filepath.Join(r.dir, "rabbitmq.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, "listeners.tcp.1 = 127.0.0.1:%d\n", r.port), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.log, err = os.Create(filepath.Join(r.dir, "output")); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(r.dir, name) }
	r.env = append(os.Environ(),
		"HOME="+r.dir, "ERL_EPMD_ADDRESS=127.0.0.1", fmt.Sprint("ERL_EPMD_PORT=", names), fmt.Sprint("RABBITMQ_DIST_PORT=", dist),
		fmt.Sprintf("RABBITMQ_NODENAME=beamgate%d@localhost", r.port), "RABBITMQ_CONFIG_FILE="+config,
		"RABBITMQ_BASE="+r.dir, "RABBITMQ_MNESIA_BASE="+at("mnesia"), "RABBITMQ_LOG_BASE="+at("log"), "RABBITMQ_PID_FILE="+at("pid"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+at("plugins"), "RABBITMQ_GENERATED_CONFIG_DIR="+at("schema"), "RABBITMQ_FEATURE_FLAGS_FILE="+at("flags"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 2:2")
	// A name server of its own, which ends with the test.
	daemon := exec.Command(epmd, "-port", fmt.Sprint(names), "-address", "127.0.0.1")
	daemon.Env = r.env
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	t.Cleanup(r.kill)
	r.start()
	return r
}

// freePort returns a port of the loopback below those that systems give to outgoing
// connections: the broker can start there, and start again, whatever runs beside it.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.IntN(22_000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (r *rabbit) url() string { return fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/", r.port) }

// start starts the broker and waits until it takes connections.
func (r *rabbit) start() {
	r.t.Helper()
	r.cmd = exec.Command(server)
	r.cmd.Env, r.cmd.Dir = r.env, r.dir
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.cmd.Wait() }()
	for range 2400 {
		if c, err := amqp.Dial(r.url()); err == nil {
			c.Close()
			return
		}
		select {
		case err := <-ended:
			text, _ := os.ReadFile(r.log.Name())
			r.t.Fatalf("the broker has ended: %v\n%s", err, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
	text, _ := os.ReadFile(r.log.Name())
	r.t.Fatalf("the broker takes no connections\n%s", text)
}

// kill ends the broker as a power cut would, with all that it has started.
func (r *rabbit) kill() {
	syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	eventually(r.t, "the broker is gone", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

// side is the test's own connection, as producer and as reader.
type side struct {
	t    *testing.T
	conn *amqp.Connection
	ch   *amqp.Channel
}

func (r *rabbit) connect(t *testing.T) *side {
	t.Helper()
	conn, err := amqp.Dial(r.url())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	if err == nil {
		err = ch.Confirm(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &side{t, conn, ch}
}

// queue makes a durable queue.
func (s *side) queue(name string) string {
	s.t.Helper()
	if _, err := s.ch.QueueDeclare(name, true, false, false, false, nil); err != nil {
		s.t.Fatal(err)
	}
	return name
}

// send publishes to a queue, and waits for the confirm.
func (s *side) send(queue string, m amqp.Publishing) {
	s.t.Helper()
	m.DeliveryMode = amqp.Persistent
	c, err := s.ch.PublishWithDeferredConfirm("", queue, true, false, m)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if ok, err := c.WaitContext(ctx); err != nil || !ok {
		s.t.Fatal("not confirmed", err)
	}
}

// take returns the next message of a queue, for which it waits.
func (s *side) take(queue string) (d amqp.Delivery) {
	s.t.Helper()
	eventually(s.t, "a message in "+queue, func() (ok bool) {
		var err error
		if d, ok, err = s.ch.Get(queue, true); err != nil {
			s.t.Fatal(err)
		}
		return ok
	})
	return d
}

// all empties a queue.
func (s *side) all(queue string) (list []amqp.Delivery) {
	s.t.Helper()
	for {
		d, ok, err := s.ch.Get(queue, true)
		if err != nil {
			s.t.Fatal(err)
		}
		if !ok {
			return list
		}
		list = append(list, d)
	}
}

func (s *side) length(queue string) int {
	s.t.Helper()
	q, err := s.ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return q.Messages
}

// program is the program in a process of its own.
type program struct {
	t   *testing.T
	cmd *exec.Cmd
	log *os.File
}

func (r *rabbit) program(t *testing.T, name string, env string, args ...string) *program {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{
		"-declare", "-queue", name, "-clean-key", name + ".clean", "-dead-exchange", name + ".dead",
		"-max-new", "1000", "-backoff", "20ms", "-max-backoff", "200ms",
	}, args...)
	p := &program{t, exec.Command(os.Args[0], args...), log}
	p.cmd.Env = append(os.Environ(), "AMQP_TEST_PROGRAM=1", "AMQP_URL="+r.url(), env)
	p.cmd.Stderr = log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	eventually(t, "it is connected", func() bool { return strings.Contains(p.said(), `"connected"`) })
	return p
}

func (p *program) said() string {
	text, _ := os.ReadFile(p.log.Name())
	return string(text)
}

// stop ends it as systemd does, and fails unless it ends well.
func (p *program) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("%v\n%s", err, p.said())
	}
}

// TestBroker runs the program before a real broker.
func TestBroker(t *testing.T) {
	r := startRabbit(t)
	t.Run("Corpus", func(t *testing.T) { testCorpus(t, r) })
	t.Run("Routes", func(t *testing.T) { testRoutes(t, r) })
	t.Run("Unroutable", func(t *testing.T) { testUnroutable(t, r) })
	t.Run("Prefetch", func(t *testing.T) { testPrefetch(t, r) })
	t.Run("Killed", func(t *testing.T) { testKilled(t, r) })
	t.Run("BrokerRestarts", func(t *testing.T) { testBrokerRestarts(t, r) })
}

// testCorpus: what passes comes byte for byte, or as canonical bytes; what does not
// is a dead letter with the code that the guard gives.
func testCorpus(t *testing.T, r *rabbit) {
	s := r.connect(t)
	for _, forward := range []string{"original", "canonical"} {
		name := "corpus." + forward
		s.queue(name)
		p := r.program(t, name, "", "-forward", forward)
		judge := testBridge(t, "-max-new", "1000", "-forward", forward)
		passed, refused := 0, 0
		for _, c := range corpus.Cases() {
			if c.Bytes > 4<<10 {
				continue
			}
			body := c.Data()
			l, err := judge.letter(&amqp.Delivery{Body: body})
			if err != nil {
				t.Fatal(err)
			}
			s.send(name, amqp.Publishing{MessageId: c.ID, ContentType: "application/x-erlang-binary", Body: body})
			if l.why == nil {
				passed++
				d := s.take(name + ".clean")
				if d.MessageId != c.ID || !bytes.Equal(d.Body, l.msg.Body) || forward == "original" && !bytes.Equal(d.Body, body) {
					t.Errorf("%s: %s came as %x", c.ID, d.MessageId, d.Body)
				}
				continue
			}
			refused++
			d := s.take(name + ".dead")
			if d.MessageId != c.ID || !bytes.Equal(d.Body, body) || d.Headers["x-beamgate-code"] != string(l.why.Code) || d.Headers["x-beamgate-offset"] != l.why.Offset {
				t.Errorf("%s: %v", c.ID, d.Headers)
			}
		}
		if passed < 100 || refused < 100 {
			t.Errorf("%d passed, %d refused", passed, refused)
		}
		p.stop()
		if n := s.length(name) + s.length(name+".clean") + s.length(name+".dead"); n != 0 {
			t.Errorf("%d messages too many", n)
		}
		if !strings.Contains(p.said(), fmt.Sprintf(`"passed":%d,`, passed)) {
			t.Errorf("the log does not count\n%s", p.said())
		}
	}
}

// testRoutes: nothing that a sender writes leads around the gate, or stops it.
func testRoutes(t *testing.T, r *rabbit) {
	s := r.connect(t)
	name := s.queue("routes")
	other := s.queue("routes.other")
	p := r.program(t, name, "")
	good, bad := encode(t, 1), []byte{131, 255}
	// The broker copies what a producer publishes; letters of the program are not
	// copied once more.
	const copies = 2
	for _, m := range []amqp.Publishing{
		{Body: good, UserId: "guest", Headers: amqp.Table{"CC": []any{other}}},
		{Body: bad, Headers: amqp.Table{"BCC": []any{"nowhere"}, "CC": []any{other}}, Expiration: "600000"},
		{Body: bad, Headers: amqp.Table{"x": strings.Repeat("x", 125<<10)}},
		{Body: bad, Headers: amqp.Table{"x-beamgate-code": "none"}, Type: strings.Repeat("t", 255), AppId: strings.Repeat("a", 255)},
	} {
		s.send(name, m)
	}
	eventually(t, "all came", func() bool { return s.length(name+".dead") == 3 && s.length(name+".clean") == 1 })
	p.stop()
	if n := len(s.all(name + ".clean")); n != 1 {
		t.Errorf("%d clean messages", n)
	}
	codes := map[any]int{}
	for _, d := range s.all(name + ".dead") {
		codes[d.Headers[headerCode]]++
	}
	if codes["headers"] != 1 || codes["unknown_tag"] != 2 {
		t.Errorf("%v", codes)
	}
	if n := s.length(other); n != copies {
		t.Errorf("%d copies, of which %d are the producer's", n, copies)
	}
}

// testUnroutable: a message that no queue takes is not lost.
func testUnroutable(t *testing.T, r *rabbit) {
	s := r.connect(t)
	name := s.queue("unroutable")
	p := r.program(t, name, "")
	s.send(name, amqp.Publishing{Body: []byte{131, 255}, MessageId: "0"})
	s.take(name + ".dead") // all has been made
	p.stop()
	if err := s.ch.QueueUnbind(name+".dead", "", name+".dead", nil); err != nil {
		t.Fatal(err)
	}
	q := r.program(t, name, "", "-declare=false")
	s.send(name, amqp.Publishing{Body: []byte{131, 255}, MessageId: "1"})
	eventually(t, "it is told", func() bool { return strings.Contains(q.said(), "no queue takes this") })
	if err := s.ch.QueueBind(name+".dead", "", name+".dead", false, nil); err != nil {
		t.Fatal(err)
	}
	if d := s.take(name + ".dead"); d.MessageId != "1" {
		t.Errorf("%s", d.MessageId)
	}
	q.stop()
}

// testPrefetch: where what passed cannot go on, the rest stays in the broker.
func testPrefetch(t *testing.T, r *rabbit) {
	s := r.connect(t)
	name := s.queue("prefetch")
	if _, err := s.ch.QueueDeclare(name+".full", true, false, false, false, amqp.Table{"x-max-length": 5, "x-overflow": "reject-publish"}); err != nil {
		t.Fatal(err)
	}
	if err := s.ch.ExchangeDeclare(name+".dead", "fanout", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	const n = 50
	for i := range n {
		s.send(name, amqp.Publishing{Body: encode(t, i), MessageId: strconv.Itoa(i)})
	}
	p := r.program(t, name, "", "-clean-key", name+".full", "-prefetch", "4", "-declare=false")
	eventually(t, "it is told", func() bool { return strings.Contains(p.said(), "does not take messages") })
	if got := s.length(name + ".full"); got > 5 {
		t.Errorf("%d messages in a queue of 5", got)
	}
	seen := map[string]bool{}
	eventually(t, "all came", func() bool {
		for _, d := range s.all(name + ".full") {
			seen[d.MessageId] = true
		}
		return len(seen) == n
	})
	p.stop()
	if got := s.length(name); got != 0 {
		t.Errorf("%d messages are left", got)
	}
}

// flow is n messages, one in ten of them hostile, and what is known of them.
type flow struct {
	t    *testing.T
	s    *side
	name string
	n    int

	clean, dead map[string]int // how often each came, by its number
}

func newFlow(t *testing.T, s *side, name string, n int) *flow {
	return &flow{t, s, s.queue(name), n, map[string]int{}, map[string]int{}}
}

func (f *flow) hostile(i int) bool { return i%10 == 3 }

func (f *flow) send() {
	f.t.Helper()
	for i := range f.n {
		body := encode(f.t, []any{i, "payload"})
		if f.hostile(i) {
			body = append([]byte{131, 104, 1, 110, 255}, body...)
		}
		f.s.send(f.name, amqp.Publishing{MessageId: strconv.Itoa(i), Body: body})
	}
}

// gather takes what has come.
func (f *flow) gather() {
	f.t.Helper()
	for _, d := range f.s.all(f.name + ".clean") {
		f.clean[d.MessageId]++
		var v []any
		if err := safe.Unmarshal(d.Body, &v); err != nil || fmt.Sprint(v[0]) != d.MessageId {
			f.t.Errorf("%s came as %x, %v", d.MessageId, d.Body, err)
		}
	}
	for _, d := range f.s.all(f.name + ".dead") {
		f.dead[d.MessageId]++
	}
}

// allCame waits until each message has come somewhere and none waits. That none
// waits would not do: those that the program has fetched and not sent go back when
// it ends.
func (f *flow) allCame() {
	f.t.Helper()
	eventually(f.t, "all came", func() bool {
		f.gather()
		for i := range f.n {
			if id := strconv.Itoa(i); f.clean[id]+f.dead[id] == 0 {
				return false
			}
		}
		return f.s.length(f.name) == 0
	})
}

// check fails unless each message came where it belongs. It returns how many came
// more than once.
func (f *flow) check() (twice int) {
	f.t.Helper()
	f.gather()
	for i := range f.n {
		id := strconv.Itoa(i)
		here, there := f.clean[id], f.dead[id]
		if f.hostile(i) {
			here, there = there, here
		}
		if here == 0 || there != 0 {
			f.t.Errorf("message %d: %d times where it belongs, %d times elsewhere", i, here, there)
		}
		twice += here - 1
	}
	return twice
}

// testKilled: killed between a confirm and its acknowledgement, again and again,
// the program loses nothing, and sends twice what it could not acknowledge.
func testKilled(t *testing.T, r *rabbit) {
	s := r.connect(t)
	f := newFlow(t, s, "killed", 200)
	f.send()
	kills := []int{1, 2, 7, 33, 34}
	for _, after := range kills {
		p := r.program(t, f.name, fmt.Sprint("AMQP_TEST_KILL_AFTER=", after))
		var exit *exec.ExitError
		if err := p.cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("after %d: %v\n%s", after, err, p.said())
		}
	}
	p := r.program(t, f.name, "")
	f.allCame()
	p.stop()
	if twice := f.check(); twice < len(kills) {
		t.Errorf("%d messages came twice, and %d had been confirmed and not acknowledged", twice, len(kills))
	}
}

// testBrokerRestarts: a broker that is killed under load and comes back has lost
// nothing, and the program goes on by itself.
func testBrokerRestarts(t *testing.T, r *rabbit) {
	s := r.connect(t)
	f := newFlow(t, s, "restart", 400)
	f.send()
	p := r.program(t, f.name, "")
	eventually(t, "it is at work", func() bool { return strings.Contains(p.said(), `"refused"`) })
	r.kill()
	eventually(t, "it is told", func() bool { return strings.Contains(p.said(), "disconnected") })
	r.start()
	f.s = r.connect(t)
	f.allCame()
	p.stop()
	t.Logf("%d messages came twice", f.check())
}
