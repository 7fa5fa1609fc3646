package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

// BenchmarkCost compares the gateway with HAProxy as a proxy that looks at nothing:
//
//	go -C examples/gateway test -run '^$' -bench Cost -benchtime 100000x .
//
// Each is a process of its own between 16 connections and an echo in this process.
// cpu-s/Mframe are seconds of processor time that the proxy used for a million
// frames there and back, p99-us is of one exchange.
func BenchmarkCost(b *testing.B) {
	node := echoNode(b)
	for _, proxy := range []struct {
		name  string
		start func(b *testing.B, node string) (addr string, pid int)
	}{
		{"direct", func(_ *testing.B, node string) (string, int) { return node, 0 }},
		{"haproxy", startHAProxy},
		{"original", func(b *testing.B, node string) (string, int) { return startGateway(b, node, "forward: original") }},
		{"canonical", func(b *testing.B, node string) (string, int) { return startGateway(b, node, "forward: canonical") }},
	} {
		addr, pid := proxy.start(b, node)
		for _, ahead := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/ahead=%d", proxy.name, ahead), func(b *testing.B) { measure(b, addr, pid, ahead) })
		}
	}
}

const costConns = 16

func measure(b *testing.B, addr string, pid, ahead int) {
	msg := traffic.Kinds()[0].Make(rand.New(rand.NewPCG(1, 1)), 1)
	frame, err := etf.AppendFrame(nil, msg, 4)
	if err != nil {
		b.Fatal(err)
	}
	var conns []net.Conn
	for range costConns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	took := make([][]time.Duration, costConns)
	before := cpu(b, pid)
	b.SetBytes(int64(len(frame)))
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, c := range conns {
		wg.Go(func() { took[i] = exchanges(b, c, frame, b.N/costConns+1, ahead) })
	}
	wg.Wait()
	b.StopTimer()
	frames := float64((b.N/costConns + 1) * costConns)
	if pid != 0 {
		b.ReportMetric((cpu(b, pid)-before)/frames*1e6, "cpu-s/Mframe")
	}
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-us")
	b.ReportMetric(frames/b.Elapsed().Seconds(), "frames/s")
}

// exchanges sends n frames, ahead of them at a time in one write, and reads what
// comes back of them.
func exchanges(b *testing.B, c net.Conn, frame []byte, n, ahead int) (took []time.Duration) {
	out := bytes.Repeat(frame, ahead)
	in := make([]byte, len(out))
	for n > 0 {
		k := min(n, ahead)
		start := time.Now()
		if _, err := c.Write(out[:k*len(frame)]); err != nil {
			b.Error(err)
			return took
		}
		if _, err := io.ReadFull(c, in[:k*len(frame)]); err != nil {
			b.Error(err)
			return took
		}
		took = append(took, time.Since(start))
		n -= k
	}
	return took
}

// echoNode sends back what comes, as it comes.
func echoNode(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 64<<10)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					c.Write(buf[:n])
				}
			}()
		}
	}()
	return l.Addr().String()
}

func address(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func startGateway(b *testing.B, node, forward string) (string, int) {
	dir, door := b.TempDir(), address(b)
	path := filepath.Join(dir, "gateway.yaml")
	WriteFile(b, path, fmt.Sprintf(`version: 1
admin: {listen: '%s'}
ledgers: [{name: web, file: %s, names: [id, customer, items]}]
upstreams: [{name: node, address: '%s', ledger: web, max_in_flight: 100000}]
listeners:
  - name: door
    listen: %s
    upstream: node
    answers: {expect: one}
    %s
    limits: {messages_per_second: 100000000, messages_burst: 100000000, bytes_per_second: 100GiB, bytes_burst: 100GiB}
`, address(b), filepath.Join(dir, "web.atoms"), node, door, forward))
	cmd := exec.Command(os.Args[0], "run", path)
	cmd.Env = append(os.Environ(), "GATEWAY_TEST_PROGRAM=1")
	return door, launch(b, cmd, door)
}

func startHAProxy(b *testing.B, node string) (string, int) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		b.Skip("skipped, for it needs haproxy in PATH")
	}
	dir, door := b.TempDir(), address(b)
	path := WriteFile(b, filepath.Join(dir, "haproxy.cfg"), fmt.Sprintf(`global
  nbthread 2
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen door
  bind %s
  server node %s
`, door, node))
	return door, launch(b, exec.Command(program, "-db", "-f", path), door)
}

// launch starts a proxy and waits until it listens.
func launch(b *testing.B, cmd *exec.Cmd, addr string) int {
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	Eventually(b, "it listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return cmd.Process.Pid
}

// cpu is the processor time that a process has used, in seconds.
func cpu(b *testing.B, pid int) float64 {
	if pid == 0 {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("skipped, for it needs /proc")
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100
}
