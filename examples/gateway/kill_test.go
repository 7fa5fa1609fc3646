package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestMain makes the test's own program the gateway, or a plain proxy that the
// gateway is compared with, if it is asked to.
func TestMain(m *testing.M) {
	if kind := os.Getenv("GATEWAY_TEST_PLAIN"); kind != "" {
		plain := map[string]func(door, node string) error{"copy": plainCopy, "web": plainWeb}[kind]
		fmt.Fprintln(os.Stderr, plain(os.Args[1], os.Args[2]))
		os.Exit(1)
	}
	if os.Getenv("GATEWAY_TEST_PROGRAM") != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// process starts the gateway as a process of its own.
func (r *running) process(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "run", r.config())
	cmd.Env = append(os.Environ(), "GATEWAY_TEST_PROGRAM=1")
	cmd.Stderr = r.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	Eventually(t, "it is ready", func() bool { return r.get("/ready") == "ready\n" })
	return cmd
}

// load sends messages, each with a new atom, from several clients until stop is
// closed. It returns the names that were answered, and how many messages came back
// in part or as something else.
func (r *running) load(t *testing.T, prefix string, stop <-chan bool) func() (answered []string, broken int64) {
	var mu sync.Mutex
	var names []string
	var wrong atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				name := fmt.Sprintf("%s_%d_%d", prefix, i, n)
				c, err := net.Dial("tcp", r.door)
				if err != nil {
					time.Sleep(5 * time.Millisecond)
					continue
				}
				if b, ok := echo(c, name); ok {
					mu.Lock()
					names = append(names, name)
					mu.Unlock()
				} else if len(b) > 0 {
					wrong.Add(1)
				}
				c.Close()
			}
		})
	}
	return func() ([]string, int64) {
		wg.Wait()
		return names, wrong.Load()
	}
}

// echo sends a message with this atom, and returns what came back of it.
func echo(c net.Conn, name string) ([]byte, bool) {
	msg := term.Message(term.Atom(name))
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Write(append([]byte{0, 0, 0, byte(len(msg))}, msg...)); err != nil {
		return nil, false
	}
	b := make([]byte, 4+len(msg))
	n := 0
	for n < len(b) {
		k, err := c.Read(b[n:])
		n += k
		if err != nil {
			return b[:n], false
		}
	}
	return b, string(b[4:]) == string(msg)
}

// TestKill: a gateway that is killed under load has forgotten no name that it let
// through, and a message came through whole or not at all.
func TestKill(t *testing.T) {
	node := NewNode(t, nil)
	r := newRunning(t)
	WriteFile(t, r.dir+"/token", "a token of some length")
	WriteFile(t, r.config(), strings.Replace(r.text(node, 100000), "max_new: 100000", "max_new: 100000, per_client: 100000", 1))
	var passed []string
	for life := range 3 {
		cmd := r.process(t)
		stop := make(chan bool)
		ended := r.load(t, fmt.Sprint("life", life), stop)
		Eventually(t, "some names have passed", func() bool { return len(node.Got()) > 30*(life+1) })
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		close(stop)
		names, broken := ended()
		if broken > 0 {
			t.Errorf("%d answers came in part", broken)
		}
		passed = append(passed, names...)
	}
	book, err := os.ReadFile(r.dir + "/web.atoms")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range node.Got() { // all that the node has learned, answered or not
		if name := string(m[3:]); !strings.Contains(string(book), `"`+name+`"`) {
			t.Errorf("the node has learned %s, and the ledger has forgotten it", name)
		}
	}
	if len(passed) == 0 {
		t.Error("nothing passed")
	}
	WriteFile(t, r.config(), r.text(node, 1)) // less than is spent
	r.process(t)
	if !r.ask(t, passed[0]) || r.ask(t, "one_more") {
		t.Error("after the last start the ledger is another one")
	}
}

// TestTerminate: SIGTERM under load ends the process in order, and each message is
// answered whole or not at all.
func TestTerminate(t *testing.T) {
	node := NewNode(t, nil)
	r := newRunning(t)
	WriteFile(t, r.dir+"/token", "a token of some length")
	WriteFile(t, r.config(), strings.Replace(r.text(node, 100000), "max_new: 100000", "max_new: 100000, per_client: 100000", 1))
	cmd := r.process(t)
	stop := make(chan bool)
	ended := r.load(t, "x", stop)
	Eventually(t, "some names have passed", func() bool { return len(node.Got()) > 30 })
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil { // on the way
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v\n%s", err, r.log)
	}
	close(stop)
	if _, broken := ended(); broken > 0 {
		t.Errorf("%d answers came in part", broken)
	}
	if !strings.Contains(r.log.String(), "draining") {
		t.Error(r.log)
	}
}
