package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

const costConns = 16

func costMessage() []byte { return traffic.Kinds()[0].Make(rand.New(rand.NewPCG(1, 1)), 1) }

func costFrame(t testing.TB) []byte {
	frame, err := etf.AppendFrame(nil, costMessage(), 4)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// each runs f on connections of its own, all at once, and gathers what it took.
func each(t testing.TB, addr string, n int, f func(c net.Conn, n int) []time.Duration) sample {
	var conns []net.Conn
	for range costConns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	took := make([][]time.Duration, costConns)
	per := n/costConns + 1
	var wg sync.WaitGroup
	start := time.Now()
	for i, c := range conns {
		wg.Go(func() { took[i] = f(c, per) })
	}
	wg.Wait()
	s := sample{frames: per * costConns, took: time.Since(start)}
	if all := slices.Sorted(slices.Values(slices.Concat(took...))); len(all) > 0 {
		s.p99 = all[len(all)*99/100]
	}
	return s
}

// pingPong sends frames, ahead of them at a time in one write, and reads what comes
// back of them.
func pingPong(ahead int) func(t testing.TB, addr string, n int) sample {
	return func(t testing.TB, addr string, n int) sample {
		frame := costFrame(t)
		return each(t, addr, n, func(c net.Conn, n int) (took []time.Duration) {
			out := bytes.Repeat(frame, ahead)
			in := make([]byte, len(out))
			for n > 0 {
				k := min(n, ahead)
				start := time.Now()
				if _, err := c.Write(out[:k*len(frame)]); err != nil {
					t.Error(err)
					return took
				}
				if _, err := io.ReadFull(c, in[:k*len(frame)]); err != nil {
					t.Error(err)
					return took
				}
				took = append(took, time.Since(start))
				n -= k
			}
			return took
		})
	}
}

// sunk counts what all null sinks have read.
var sunk atomic.Int64

// oneWay sends frames, 64 at a time, and waits until the sink has them all.
func oneWay(t testing.TB, addr string, n int) sample {
	frame := costFrame(t)
	want := sunk.Load() + int64((n/costConns+1)*costConns*len(frame))
	return each(t, addr, n, func(c net.Conn, n int) []time.Duration {
		out := bytes.Repeat(frame, 64)
		for ; n > 0; n -= 64 {
			if _, err := c.Write(out[:min(n, 64)*len(frame)]); err != nil {
				t.Error(err)
				return nil
			}
		}
		for stop := time.Now().Add(time.Minute); sunk.Load() < want; time.Sleep(100 * time.Microsecond) {
			if time.Now().After(stop) {
				t.Error("the sink does not get everything")
				break
			}
		}
		return nil
	})
}

// serveConns accepts connections until the test ends.
func serveConns(t testing.TB, serve func(c net.Conn)) string {
	l := Listen(t)
	Serve(t, l, serve)
	return l.Addr().String()
}

// echoNode sends back what comes, as it comes.
func echoNode(t testing.TB) string {
	return serveConns(t, func(c net.Conn) {
		buf := make([]byte, 64<<10)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			c.Write(buf[:n])
		}
	})
}

// nullSink reads, and answers nothing.
func nullSink(t testing.TB) string {
	return serveConns(t, func(c net.Conn) {
		buf := make([]byte, 64<<10)
		for {
			n, err := c.Read(buf)
			sunk.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
}

// webNode sends back the body of a request.
func webNode(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-erlang-binary")
		w.Write(b)
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// webPingPong sends requests on connections that are kept.
func webPingPong(t testing.TB, addr string, n int) sample {
	msg := costMessage()
	request := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-erlang-binary\r\nContent-Length: %d\r\n\r\n%s", len(msg), msg)
	return each(t, addr, n, func(c net.Conn, n int) (took []time.Duration) {
		r := bufio.NewReader(c)
		for range n {
			start := time.Now()
			c.Write(request)
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Error(err)
				return took
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != 200 || len(body) != len(msg) {
				t.Errorf("%s, %d bytes, %v", resp.Status, len(body), err)
				return took
			}
			took = append(took, time.Since(start))
		}
		return took
	})
}

func frameGateway(forward, expect string) proxy {
	return proxy{"gateway, " + forward, func(t testing.TB, node string) (string, int) {
		return startGateway(t, node, "answers: {expect: "+expect+"}", "forward: "+forward)
	}}
}

func webGateway(forward string) proxy {
	return proxy{"gateway, " + forward, func(t testing.TB, node string) (string, int) {
		return startGateway(t, node, "protocol: http", "forward: "+forward)
	}}
}

func startGateway(t testing.TB, node string, listener ...string) (string, int) {
	dir, door := t.TempDir(), Free(t)
	path := filepath.Join(dir, "gateway.yaml")
	WriteFile(t, path, fmt.Sprintf(`version: 1
admin: {listen: '%s'}
ledgers: [{name: web, file: %s, names: [id, customer, items]}]
upstreams: [{name: node, address: '%s', ledger: web, max_in_flight: 100000}]
listeners:
  - name: door
    listen: %s
    upstream: node
    limits: {messages_per_second: 100000000, messages_burst: 100000000, bytes_per_second: 100GiB, bytes_burst: 100GiB, max_in_flight_per_client: 100000}
    %s
`, Free(t), filepath.Join(dir, "web.atoms"), node, door, strings.Join(listener, "\n    ")))
	cmd := exec.Command(os.Args[0], "run", path)
	cmd.Env = append(os.Environ(), "GATEWAY_TEST_PROGRAM=1")
	return door, launch(t, cmd, door)
}

// plainCopy is the least that a proxy in Go does: it takes connections at one
// address, and copies between each and one of its own to the node.
func plainCopy(door, node string) error {
	l, err := net.Listen("tcp", door)
	for err == nil {
		var c net.Conn
		if c, err = l.Accept(); err != nil {
			break
		}
		up, err := net.Dial("tcp", node)
		if err != nil {
			return err
		}
		go copyPlainly(up, c)
		go copyPlainly(c, up)
	}
	return err
}

// copyPlainly reads and writes, as whoever looks at what comes has to; io.Copy would
// let the kernel do it.
func copyPlainly(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// plainWeb is the same for HTTP: the reverse proxy of the standard library, and nothing
// else.
func plainWeb(door, node string) error {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: node})
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	return http.ListenAndServe(door, proxy)
}

func startPlain(kind string) func(t testing.TB, node string) (string, int) {
	return func(t testing.TB, node string) (string, int) {
		door := Free(t)
		cmd := exec.Command(os.Args[0], door, node)
		cmd.Env = append(os.Environ(), "GATEWAY_TEST_PLAIN="+kind)
		return door, launch(t, cmd, door)
	}
}

func startHAProxy(t testing.TB, node string) (string, int) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("skipped, for it needs haproxy in PATH")
	}
	dir, door := t.TempDir(), Free(t)
	path := WriteFile(t, filepath.Join(dir, "haproxy.cfg"), fmt.Sprintf(`global
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
	return door, launch(t, exec.Command(program, "-db", "-f", path), door)
}

func startNginx(t testing.TB, node string) (string, int) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("skipped, for it needs nginx in PATH")
	}
	dir, door := t.TempDir(), Free(t)
	path := WriteFile(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(`daemon off;
worker_processes 2;
pid %[1]s/pid;
error_log %[1]s/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  keepalive_requests 100000000;
  upstream node { server %[3]s; keepalive 64; keepalive_requests 100000000; }
  server {
    listen %[2]s;
    location / { proxy_pass http://node; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`, dir, door, node))
	// The workers end with the first process, which is told politely.
	cmd := exec.Command(program, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", path)
	t.Cleanup(func() {
		exec.Command(program, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", path, "-s", "stop").Run()
		cmd.Wait()
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens(t, door)
	return door, cmd.Process.Pid
}

// launch starts a proxy and waits until it listens.
func launch(t testing.TB, cmd *exec.Cmd, addr string) int {
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	listens(t, addr)
	return cmd.Process.Pid
}

func listens(t testing.TB, addr string) {
	Eventually(t, "it listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// cpu is the processor time that a process and its children have used, in seconds, and
// what of it was the kernel's.
func cpu(t testing.TB, pid int) (sum, kernel float64) {
	if pid == 0 {
		return 0, 0
	}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(all) == 0 {
		t.Skip("skipped, for it needs /proc")
	}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(rest)
		own, parent := filepath.Base(filepath.Dir(path)), f[1]
		if own != strconv.Itoa(pid) && parent != strconv.Itoa(pid) {
			continue
		}
		user, _ := strconv.ParseFloat(f[11], 64)
		system, _ := strconv.ParseFloat(f[12], 64)
		sum += (user + system) / 100
		kernel += system / 100
	}
	return sum, kernel
}
