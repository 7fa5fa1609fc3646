package safe

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// raw sends bytes as they are, and ends its side of the connection if asked to.
func raw(t *testing.T, s *httptest.Server, text string, end bool) *bufio.Reader {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	if end {
		c.(*net.TCPConn).CloseWrite()
	}
	return bufio.NewReader(c)
}

func readAnswer(t *testing.T, r *bufio.Reader) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestRawRequests(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: x\r\n"
	ok := term(atom("ok"))
	for name, c := range map[string]struct {
		text   string
		status int
		next   int
	}{
		"length too long":       {head + "Content-Length: 100\r\n\r\n" + ok, 400, 0},
		"length of a terabyte":  {head + "Content-Type: application/bert\r\nContent-Length: 1099511627776\r\n\r\n" + ok, 413, 0},
		"the same, no type":     {head + "Content-Length: 1099511627776\r\n\r\n" + ok, 413, 0},
		"length too short":      {head + "Content-Length: 4\r\n\r\n" + ok, 422, 0},
		"length of nothing":     {head + "Content-Length: 0\r\n\r\n" + ok, 200, 1}, // ok is no request
		"two lengths":           {head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + ok, 400, 0},
		"length and chunks":     {head + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + ok + "\r\n0\r\n\r\n", 200, 1},
		"chunks":                {head + "Transfer-Encoding: chunked\r\n\r\n2\r\n\x83w\r\n3\r\n\x02ok\r\n0\r\n\r\n", 200, 1},
		"chunks without end":    {head + "Transfer-Encoding: chunked\r\n\r\n5\r\n" + ok + "\r\n", 400, 0},
		"chunks of nonsense":    {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + ok, 400, 0},
		"chunk of 2^62":         {head + "Transfer-Encoding: chunked\r\n\r\n4000000000000000\r\n" + ok, 400, 0},
		"two types":             {head + "Content-Type: text/plain\r\nCONTENT-TYPE: application/bert\r\nContent-Length: 5\r\n\r\n" + ok, 400, 0},
		"folded type":           {head + "Content-Type: text/plain,\r\n application/bert\r\nContent-Length: 5\r\n\r\n" + ok, 400, 0},
		"term in a HTTP/1.0 OK": {"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n" + ok, 200, 1},
	} {
		t.Run(name, func(t *testing.T) {
			budget := limits.NewAtomBudget(9)
			s, next := serve(t, mustGuard(t, Forward{Budgets: []limits.Budget{budget}}))
			resp := readAnswer(t, raw(t, s, c.text, true))
			if resp.StatusCode != c.status || next.Calls != c.next {
				t.Errorf("%d and %d calls, want %d and %d", resp.StatusCode, next.Calls, c.status, c.next)
			}
			if next.Calls == 0 {
				unspent(t, budget)
			}
		})
	}
}

// TestExpectContinue: what is refused by its header is never asked for.
func TestExpectContinue(t *testing.T) {
	s, next := serve(t, okGuard(t, HTTP{}))
	head := "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/bert\r\n"
	for _, more := range []string{"Content-Length: 9999999\r\n\r\n", "Content-Length: 5\r\nContent-Encoding: br\r\n\r\n"} {
		if resp := readAnswer(t, raw(t, s, head+more, false)); resp.StatusCode < 400 || !resp.Close {
			t.Errorf("%q: %d, close %v", more, resp.StatusCode, resp.Close)
		}
	}
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, head+"Content-Length: 5\r\n\r\n")
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("%q, %v", line, err)
	}
	r.ReadString('\n')
	io.WriteString(c, term(atom("ok")))
	if resp := readAnswer(t, r); resp.StatusCode != 200 || next.Calls != 1 {
		t.Errorf("%d and %d calls", resp.StatusCode, next.Calls)
	}
}

// TestRefusalKeepsTheConnection where the body was read, and gives it up where
// something is left of it.
func TestRefusalKeepsTheConnection(t *testing.T) {
	s, _ := serve(t, okGuard(t, HTTP{}))
	head := "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
	r := raw(t, s, head+"7\r\n\r\n"+term(atom("none"))+head+"5\r\n\r\n"+term(atom("ok")), false)
	first := readAnswer(t, r)
	io.Copy(io.Discard, first.Body)
	if second := readAnswer(t, r); first.StatusCode != 422 || first.Close || second.StatusCode != 200 {
		t.Errorf("%d (close %v), then %d", first.StatusCode, first.Close, second.StatusCode)
	}
	if resp := readAnswer(t, raw(t, s, head+"9999999\r\n\r\n\x83m", false)); resp.StatusCode != 413 || !resp.Close {
		t.Errorf("%d, close %v", resp.StatusCode, resp.Close)
	}
}

// TestSlowBodyHoldsNoNames: a sender that stops in the middle keeps no place from
// others.
func TestSlowBodyHoldsNoNames(t *testing.T) {
	budget := limits.NewAtomBudget(1)
	g := mustGuard(t, Forward{Budgets: []limits.Budget{budget}})
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := g.Body(fields(), r)
		done <- err
	}()
	io.WriteString(w, "\x83h\x02"+atom("slow"))
	if err := g.Check([]byte(term(atom("quick")))); err != nil {
		t.Errorf("the slow one was first: %v", err)
	}
	io.WriteString(w, "a\x01")
	w.Close()
	if err := <-done; codeOf(err) != etf.CodeLimitAtomBudget {
		t.Errorf("%v, want the budget", err)
	}
}

// TestManyClients share a budget and a server.
func TestManyClients(t *testing.T) {
	const places, clients, each = 16, 8, 20
	budget := limits.NewAtomBudget(places)
	var passed sync.Map
	var bad atomic.Int64
	g := mustGuard(t, Forward{Profile: inflating(1 << 16), Budgets: []limits.Budget{budget}, HTTP: HTTP{Decode: true}})
	s := httptest.NewServer(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if g.Check(b) != nil { // its names are known by now
			bad.Add(1)
		}
		passed.Store(string(b), true)
	})))
	defer s.Close()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				body := term(atom(fmt.Sprintf("n%d", (i*5+c)%40)))
				r, _ := http.NewRequest("POST", s.URL, strings.NewReader(gzipped(body)))
				r.Header.Set("Content-Encoding", "gzip")
				if i%3 == 0 {
					r, _ = http.NewRequest("POST", s.URL, strings.NewReader(body+"x"))
				}
				resp, err := s.Client().Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	n := int64(0)
	passed.Range(func(any, any) bool { n++; return true })
	if st := budget.Stats(); st.Committed != n || n > places || st.Reserved != 0 || bad.Load() != 0 {
		t.Errorf("%d bodies passed, %+v, %d of them bad", n, st, bad.Load())
	}
}

// allocated is what f allocates in all, in bytes.
func allocated(f func()) int64 {
	f() // fill pools
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// zeros is a binary of n zeros.
func zeros(n int) string { return term(blob(strings.Repeat("\x00", n))) }

// TestAllocationFollowsWhatArrives: not what a length claims, nor what a stream
// would become.
func TestAllocationFollowsWhatArrives(t *testing.T) {
	const kib = 1 << 10
	profile := inflating(64 << 20)
	profile.Limits.MaxBytes, profile.Limits.MaxBuffered, profile.Limits.MaxBlob = 64<<20, 64<<20, 64<<20
	g := mustGuard(t, Forward{Atoms: atoms(t, "ok"), Profile: profile, HTTP: HTTP{Decode: true}})
	honest := term(blob(noise(100 * kib)))
	bomb := gzipped(zeros(2 << 20))
	for name, c := range map[string]struct {
		header http.Header
		body   string
		code   etf.Code
		most   int64
	}{
		"length of 60 MiB":  {fields("Content-Length", "62914560"), "\x83m\x03\xbf", etf.CodeTruncated, 16 * kib},
		"length of a byte":  {fields("Content-Length", "1"), honest, "", 600 * kib},
		"honest":            {fields("Content-Length", fmt.Sprint(len(honest))), honest, "", 320 * kib},
		"honest and silent": {fields(), honest, "", 420 * kib},
		"claims 30 MiB":     {fields(), term(binary32("m", 30<<20)), etf.CodeTruncated, 16 * kib},
		"gzip bomb": {
			fields("Content-Encoding", "gzip"), bomb, etf.CodeLimitRatio, int64(4*100*len(bomb)) + 1024*kib},
		"gzip bomb, cut": {fields("Content-Encoding", "gzip"), bomb[:1000], etf.CodeLimitRatio, 1024 * kib},
		"zeros as text":  {fields("Content-Encoding", "gzip"), gzipped(strings.Repeat("\x00", 1<<18)), "", 128 * kib},
	} {
		got := allocated(func() {
			if _, err := g.Body(c.header, strings.NewReader(c.body)); codeOf(err) != c.code {
				t.Errorf("%s: %v, want %q", name, err, c.code)
			}
		})
		if got > c.most {
			t.Errorf("%s: %d bytes allocated for %d received, want at most %d", name, got, len(c.body), c.most)
		}
	}
}

// TestPassingAllocatesLittle: a body that is none of the Guard's business.
func TestPassingAllocatesLittle(t *testing.T) {
	g := okGuard(t, HTTP{})
	h := declared("text/plain")
	text := strings.NewReader("")
	if n := testing.AllocsPerRun(100, func() {
		text.Reset("hello")
		if _, err := g.Body(h, text); err != nil {
			t.Error(err)
		}
	}); n > 12 {
		t.Errorf("%v allocations", n)
	}
}
