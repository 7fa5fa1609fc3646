package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	costFile   = flag.String("cost", "", "TestCost: measure, and write the table into this file")
	costFrames = flag.Int("cost.n", 100_000, "TestCost: messages of one measurement")
	costRounds = flag.Int("cost.rounds", 5, "TestCost: measurements of each kind, of which the best counts")
)

// proxy is what stands between clients and a node: a process of its own.
type proxy struct {
	name  string
	start func(t testing.TB, node string) (addr string, pid int)
}

// scene is a node, the traffic and the proxies that it goes through. The second is
// the one that the others are compared with.
type scene struct {
	name    string
	node    func(t testing.TB) string
	load    func(t testing.TB, addr string, n int) sample
	proxies []proxy
}

// sample is one measurement.
type sample struct {
	frames int
	took   time.Duration
	cpu    float64       // seconds of the proxy
	kernel float64       // of these, in the kernel
	p99    time.Duration // of one exchange; 0: nothing comes back
}

func (s sample) rate() float64 { return float64(s.frames) / s.took.Seconds() }
func (s sample) cost() float64 { return s.cpu / float64(s.frames) * 1e6 }

func scenes() []scene {
	direct := proxy{"direct", func(_ testing.TB, node string) (string, int) { return node, 0 }}
	tcp, plain := proxy{"HAProxy, TCP", startHAProxy}, proxy{"a plain copy in Go", startPlain("copy")}
	frames := []proxy{direct, tcp, plain, frameGateway("original", "one"), frameGateway("canonical", "one")}
	sink := []proxy{direct, tcp, plain, frameGateway("original", "any"), frameGateway("canonical", "any")}
	web := []proxy{direct, {"nginx, reverse proxy", startNginx}, {"Go's reverse proxy", startPlain("web")}, webGateway("original"), webGateway("canonical")}
	return []scene{
		{"frames, ping-pong", echoNode, pingPong(1), frames},
		{"frames, 64 pipelined", echoNode, pingPong(64), frames},
		{"frames, null sink", nullSink, oneWay, sink},
		{"HTTP, ping-pong", webNode, webPingPong, web},
	}
}

// BenchmarkCost compares the gateway with proxies that look at nothing; the
// numbers in COST.md come from TestCost, which repeats and interleaves.
//
//	go -C examples/gateway test -run '^$' -bench Cost -benchtime 100000x .
//
// Each is a process of its own between 16 connections and a node in this process.
// cpu-s/Mframe are seconds of processor time that the proxy used for a million
// frames there and back, user-s/Mframe what of it was not the kernel's, p99-us is of
// one exchange.
func BenchmarkCost(b *testing.B) {
	for _, s := range scenes() {
		b.Run(clean(s.name), func(b *testing.B) {
			node := s.node(b)
			for _, p := range s.proxies {
				b.Run(clean(p.name), func(b *testing.B) {
					addr, pid := p.start(b, node)
					b.ResetTimer()
					m := measure(b, s, addr, pid, b.N)
					b.ReportMetric(m.cost(), "cpu-s/Mframe")
					b.ReportMetric((m.cpu-m.kernel)/float64(m.frames)*1e6, "user-s/Mframe")
					b.ReportMetric(float64(m.p99.Microseconds()), "p99-us")
					b.ReportMetric(m.rate(), "frames/s")
				})
			}
		})
	}
}

func clean(name string) string { return strings.NewReplacer(", ", "/", " ", "_").Replace(name) }

func measure(t testing.TB, s scene, addr string, pid, n int) sample {
	all, kernel := cpu(t, pid)
	m := s.load(t, addr, n)
	m.cpu, m.kernel = cpu(t, pid)
	m.cpu, m.kernel = m.cpu-all, m.kernel-kernel
	return m
}

// TestCost measures all and writes the table:
//
//	go -C examples/gateway test -run '^TestCost$' -timeout 1h -cost COST.md .
//
// The rounds take turns, so that a machine that is busy for a while is so for
// all; of each the best throughput, processor time and p99 count.
func TestCost(t *testing.T) {
	if *costFile == "" {
		t.Skip("skipped, for it measures: go test -run '^TestCost$' -timeout 1h -cost COST.md .")
	}
	var out bytes.Buffer
	var why string
	for i, s := range scenes() {
		t.Run(clean(s.name), func(t *testing.T) {
			node := s.node(t)
			best := make([]sample, len(s.proxies))
			addrs, pids := make([]string, len(s.proxies)), make([]int, len(s.proxies))
			for i, p := range s.proxies {
				addrs[i], pids[i] = p.start(t, node)
				measure(t, s, addrs[i], pids[i], *costFrames/10+1) // connections, caches
			}
			for round := range *costRounds {
				for i := range s.proxies {
					m := measure(t, s, addrs[i], pids[i], *costFrames)
					if round == 0 {
						best[i] = m
					}
					if m.rate() > best[i].rate() {
						best[i].frames, best[i].took = m.frames, m.took
					}
					if m.cpu < best[i].cpu {
						best[i].cpu, best[i].kernel = m.cpu, m.kernel
					}
					best[i].p99 = min(best[i].p99, m.p99)
				}
			}
			rows(&out, s, best)
			if i == 0 {
				why = account(best[1], best[2], best[3])
			}
		})
	}
	if t.Failed() {
		return
	}
	if err := os.WriteFile(*costFile, costText(out.String(), why), 0o644); err != nil {
		t.Fatal(err)
	}
}

func rows(out *bytes.Buffer, s scene, best []sample) {
	for i, p := range s.proxies {
		m := best[i]
		cpu, added := "", ""
		if i > 0 {
			cpu = fmt.Sprintf("%.1f (%.1f)", m.cost(), m.kernel/float64(m.frames)*1e6)
		}
		if i > 0 && m.p99 > 0 {
			added = fmt.Sprintf("%d µs", (m.p99 - best[0].p99).Microseconds())
		}
		share := 100 * m.rate() / best[1].rate()
		fmt.Fprintf(out, "| %s | %s | %.0f | %.0f %% | %s | %s |\n", s.name, p.name, m.rate(), share, cpu, added)
	}
}

// aim is the part of HAProxy's messages that the gateway should reach in ping-pong.
const aim = 0.8

// account says where the processor time of a message of ping-pong goes.
func account(tcp, plain, gateway sample) string {
	share := gateway.rate() / tcp.rate()
	verdict := "It is reached."
	if share < aim {
		verdict = "It is missed."
	}
	cores := float64(runtime.NumCPU()) * 1e6
	took := func(s sample) float64 { return cores / s.rate() } // µs of all processors for a message
	return fmt.Sprintf(`The aim is %.0f %% of HAProxy's messages in ping-pong. %s At that rate the processors would have
%.0f µs for a message, all in all. With a plain copy it takes %.0f, of which %.0f are the copy's and
%.0f those of clients, node and waiting; with the gateway %.0f, of which %.0f are the gateway's, %.0f of
them the kernel's, and %.0f the others'. So %.0f µs are its own beyond the copy's, and %.0f more are spent
beside it, where clients and node sleep and wake more often as answers come later.`,
		aim*100, verdict, took(tcp)/aim, took(plain), plain.cost(), took(plain)-plain.cost(),
		took(gateway), gateway.cost(), gateway.kernel/float64(gateway.frames)*1e6, took(gateway)-gateway.cost(),
		gateway.cost()-plain.cost(), took(gateway)-gateway.cost()-took(plain)+plain.cost())
}

func costText(rows, why string) []byte {
	return fmt.Appendf(nil, `# What the gateway costs

Written by

    go -C examples/gateway test -run '^TestCost$' -timeout 1h -cost COST.md -cost.n %d -cost.rounds %d .

which needs Debian's haproxy and nginx. Clients and node are one process, each proxy is another
on the same %d cores (%s/%s, %s), with 16 connections and messages of an order
with three items. Of %d rounds of %d messages the best counts. HAProxy and nginx look at
nothing; the gateway reads each message, both ways, and spends its atoms.

Two rows are no products, and say what a program in Go reaches here at most: a plain copy
reads and writes as the gateway has to, in two goroutines for a connection, and Go's reverse
proxy is that of net/http/httputil; neither looks at anything. What they need beyond HAProxy
and nginx is the price of Go's network poller and scheduler, and of net/http: each message
wakes two goroutines through epoll, each finds nothing when it reads again before it waits,
and threads of the runtime are woken and put to sleep. The gateway has the same reads, writes
and wake-ups. What it needs beyond a plain copy is its own: mostly checking terms, then clocks,
rates, the hash against poison, places and metrics.

%s

- frames/s: messages there and back in a second; to a null sink, there.
- of the other: that, as a part of HAProxy's or nginx's.
- CPU: seconds of processor time of the proxy for a million messages, and in brackets what of
  it was in the kernel. Clients and node need theirs on the same cores.
- added p99: of one exchange, in the pipelined case of 64, more than without a proxy;
  below zero it was less.

| traffic | proxy | frames/s | of the other | CPU, s | added p99 |
|---|---|---|---|---|---|
%s`, *costFrames, *costRounds, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), *costRounds, *costFrames, why, rows)
}
