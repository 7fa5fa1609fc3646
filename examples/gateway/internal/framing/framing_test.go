package framing

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// script is a connection that gives what it was told, some bytes at a time.
type script struct {
	net.Conn
	text  string
	step  int
	wrote int
}

func (s *script) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.text)
	s.text = s.text[n:]
	return n, nil
}

// SetReadDeadline implements net.Conn.
func (s *script) SetReadDeadline(time.Time) error { return nil }

// Write implements net.Conn.
func (s *script) Write(p []byte) (int, error) {
	s.wrote += len(p)
	return len(p), nil
}

const (
	get  = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
	post = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
	chnk = "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n"
)

// TestPasses: what has one reading comes out as it went in, whatever the pieces.
func TestPasses(t *testing.T) {
	text := get + post + chnk + get + "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n" + get
	for _, step := range []int{1, 2, 7, 1 << 20} {
		failed := 0
		c := New(&script{text: text, step: step}, 1<<10, func() { failed++ })
		got, err := io.ReadAll(c)
		if string(got) != text || err != nil || failed != 0 {
			t.Fatalf("step %d: %q, %v", step, got, err)
		}
		r, n := bufio.NewReader(New(&script{text: text, step: step}, 1<<10, nil)), 0
		for ; ; n++ {
			req, err := http.ReadRequest(r)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, req.Body)
		}
		if n != 6 {
			t.Errorf("net/http reads %d requests, not 6", n)
		}
	}
}

// TestAmbiguous: the last line of the header never passes.
func TestAmbiguous(t *testing.T) {
	head := "POST / HTTP/1.1\r\nHost: x\r\n"
	for name, text := range map[string]string{
		"both lengths":          head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two lengths":           head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
		"a list of lengths":     head + "Content-Length: 5, 5\r\n\r\nhello",
		"a length with a sign":  head + "Content-Length: +5\r\n\r\nhello",
		"an endless length":     head + "Content-Length: 99999999999999999999\r\n\r\nhello",
		"two types":             head + "Content-Type: a/b\r\ncontent-type: c/d\r\n\r\n",
		"two hosts":             head + "host: y\r\n\r\n",
		"two codings":           head + "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n",
		"identity":              head + "Transfer-Encoding: identity\r\n\r\n",
		"gzip, chunked":         head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunked twice":         head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunked in 1.0":        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a space before :":      head + "Content-Length : 5\r\n\r\nhello",
		"a folded line":         head + "X: a\r\n b\r\n\r\n",
		"a bare LF":             head + "X: a\nContent-Length: 5\r\n\r\nhello",
		"a bare CR":             head + "X: a\rContent-Length: 5\r\n\r\nhello",
		"a zero byte":           head + "X: a\x00\r\n\r\n",
		"no colon":              head + "X\r\n\r\n",
		"an empty line first":   "\r\n" + get,
		"another protocol":      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"four words":            "GET / x HTTP/1.1\r\n\r\n",
		"a long header":         head + strings.Repeat("X: y\r\n", 1000) + "\r\n",
		"a chunk extension":     head + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n",
		"a chunk too long":      head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
		"a huge chunk":          head + "Transfer-Encoding: chunked\r\n\r\n100000000\r\n",
		"a chunk of no size":    head + "Transfer-Encoding: chunked\r\n\r\n\r\n",
		"a chunk with 0x":       head + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
		"a length in a trailer": head + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
		"a bare LF in a chunk":  head + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
	} {
		for _, step := range []int{1, 1 << 20} {
			failed := 0
			c := New(&script{text: get + text + get, step: step}, 1<<10, func() { failed++ })
			got, err := io.ReadAll(c)
			if !errors.Is(err, ErrAmbiguous) || failed != 1 || !strings.HasPrefix(string(got), get) || len(got) >= len(get+text) {
				t.Errorf("%s: %q, %v", name, got, err)
			}
			if _, again := c.Read(make([]byte, 1)); !errors.Is(again, ErrAmbiguous) {
				t.Errorf("%s: and then %v", name, again)
			}
		}
	}
	if _, err := io.ReadAll(New(&script{text: head, step: 9}, 1<<10, nil)); err != io.ErrUnexpectedEOF {
		t.Errorf("cut short: %v", err)
	}
}

// TestRaw: what follows a request that leaves HTTP passes as it is.
func TestRaw(t *testing.T) {
	c := New(&script{text: get + "\x82\x05hello\r\n\r\n", step: 40}, 1<<10, nil)
	b := make([]byte, len(get))
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	c.Read(one) // as net/http does in the background
	c.Raw()
	rest, err := io.ReadAll(c)
	if got := string(one) + string(rest); got != "\x82\x05hello\r\n\r\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAnswers(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	for text, bad := range map[string]bool{
		ok: false,
		"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok:                                                false,
		"HTTP/1.1 200 OK\nContent-Type: a/b\n\nContent-Type: a/b\nContent-Type: a/b\n":                    false,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":             true,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello":                          true,
		"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n":                               true,
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx": true,
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1000) + "\r\n":                                 true,
		"HTTP/1.1  103 Early Hints\r\n\r\n" + ok:                                                          true,
		"HTTP/1.1 20 OK\r\n\r\n":                                                                          true,
		"HTTP/2.0 200 OK\r\n\r\n":                                                                         true,
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                                  true,
		chunked + "5 ;a=b\r\nhello\r\n0\r\n\r\n":                                                          true,
		chunked + "0x5\r\nhello\r\n0\r\n\r\n":                                                             true,
		chunked + ";a\r\nhello\r\n0\r\n\r\n":                                                              true,
		chunked + "5\nhello\r\n0\r\n\r\n":                                                                 true,
		chunked + "5\r\nhello!\r\n0\r\n\r\n":                                                              true,
		chunked + "8000000000000000\r\nhello":                                                             true,
		chunked + "5;" + strings.Repeat("x", 1<<10) + "\r\nhello\r\n0\r\n\r\n":                            true,
		chunked + "0\r\nContent-Length: 5\r\n\r\nhello":                                                   true,
		chunked + "0\r\nX: y\n\r\n":                                                                       true,
	} {
		for _, step := range []int{1, 1 << 20} {
			a := NewAnswers(&script{text: text, step: step}, 1<<10)
			a.Expect(false)
			io.WriteString(a, get)
			got, err := io.ReadAll(a)
			if bad != errors.Is(err, ErrAmbiguous) || !bad && (string(got) != text || err != nil) {
				t.Errorf("%q: %q, %v", text, got, err)
			}
		}
	}
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// whole are answers by the method of the request.
var whole = []struct{ method, text string }{
	{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
	{"GET", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"},
	{"GET", "HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n"},
	{"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n\n"},
	{"GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok"},
	{"GET", "HTTP/1.1 204 No Content\r\n\r\n"},
	{"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
	{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
	{"GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
	{"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{"HEAD", "HTTP/1.1 404 Not Found\r\n\r\n"},
	{"POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"},
	{"GET", "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"},
	{"HEAD", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
	{"GET", chunked + "0\r\n\r\n"},
	{"GET", chunked + "5\r\nhello\r\n00A\r\n0\r\n\r\n56789\r\n0\r\n\r\n"},
	{"GET", chunked + "5;a=\"b\" \r\nhello\r\n2 \r\n\r\n\r\n0;last\r\nX-Sum: 1\r\nY:\r\n\r\n"},
}

// TestAnswersEnd: nothing that is behind the end of an answer passes, be it received
// together with that or apart, and the connection takes no other request. Where the end
// is net/http says as well.
func TestAnswersEnd(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	for _, c := range whole {
		r := bufio.NewReader(strings.NewReader(c.text + poison))
		for status := 0; status < 200; {
			resp, err := http.ReadResponse(r, &http.Request{Method: c.method})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			status = resp.StatusCode
		}
		if rest, _ := io.ReadAll(r); string(rest) != poison {
			t.Errorf("%q: net/http leaves %q", c.text, rest)
		}
		all := c.text + poison
		for i := range all {
			for j := i; j <= len(all); j++ {
				conn := &pieces{parts: []string{all[:i], all[i:j], all[j:]}, here: (i+j)%2 == 0}
				a := NewAnswers(conn, 1<<10)
				a.Expect(c.method == "HEAD")
				io.WriteString(a, get)
				got, err := io.ReadAll(a)
				if string(got) != c.text || err != nil && !errors.Is(err, ErrAmbiguous) {
					t.Fatalf("%q, cut at %d and %d: %q, %v", c.text, i, j, got, err)
				}
				if n, err := a.Read(make([]byte, 1)); n != 0 || !errors.Is(err, ErrAmbiguous) {
					t.Fatalf("%q, cut at %d and %d: it goes on with %d, %v", c.text, i, j, n, err)
				}
				before := conn.wrote
				a.Expect(false)
				if n, err := io.WriteString(a, get); n != 0 || !errors.Is(err, ErrAmbiguous) || conn.wrote != before {
					t.Fatalf("%q, cut at %d and %d: another request was written: %d, %v", c.text, i, j, n, err)
				}
			}
		}
	}
}

// pieces is a connection that gives a part for each Read. They are here, or come only to
// who waits for them.
type pieces struct {
	script
	parts    []string
	here     bool
	deadline bool
}

// SetReadDeadline implements net.Conn.
func (p *pieces) SetReadDeadline(at time.Time) error {
	p.deadline = !at.IsZero()
	return nil
}

// Read implements net.Conn.
func (p *pieces) Read(b []byte) (int, error) {
	if p.deadline && !p.here {
		return 0, os.ErrDeadlineExceeded
	}
	for p.text == "" && len(p.parts) > 0 {
		p.text, p.parts = p.parts[0], p.parts[1:]
	}
	p.step = len(p.text)
	return p.script.Read(b)
}

// TestAnswersInTurn: one connection has many answers, each to the request before it.
func TestAnswersInTurn(t *testing.T) {
	conn := &script{step: 1 << 20}
	a := NewAnswers(conn, 1<<10)
	for range 3 {
		for _, c := range whole {
			a.Expect(c.method == "HEAD")
			io.WriteString(a, get)
			conn.text = c.text
			got := make([]byte, len(c.text))
			if _, err := io.ReadFull(a, got); string(got) != c.text || err != nil {
				t.Fatalf("%q: %q, %v", c.text, got, err)
			}
		}
	}
	// An answer before the rest of its request is one.
	a.Expect(false)
	io.WriteString(a, post[:20])
	conn.text = whole[0].text
	if _, err := io.ReadFull(a, make([]byte, len(whole[0].text))); err != nil {
		t.Error(err)
	}
	if _, err := io.WriteString(a, post[20:]); err != nil {
		t.Error(err)
	}
	// What comes before the request does not.
	a.Expect(false)
	conn.text = whole[0].text
	if n, err := a.Read(make([]byte, 100)); n != 0 || !errors.Is(err, ErrAmbiguous) {
		t.Errorf("%d bytes before the request, %v", n, err)
	}
}

// TestAnswersUnderWay: while one is under way the connection takes no other request, and
// behind what leaves HTTP, or ends with the connection, everything passes.
func TestAnswersUnderWay(t *testing.T) {
	for _, text := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", chunked + "0\r\n"} {
		conn := &script{text: text, step: 1 << 20}
		a := NewAnswers(conn, 1<<10)
		a.Expect(false)
		io.WriteString(a, get)
		if got, err := io.ReadAll(a); string(got) != text || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		a.Expect(false)
		if n, err := io.WriteString(a, get); n != 0 || !errors.Is(err, ErrAmbiguous) {
			t.Errorf("%q: another request was written: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x82\x05hello", "HTTP/1.1 200 OK\r\n\r\nhello"} {
		for _, step := range []int{1, 1 << 20} {
			a := NewAnswers(&script{text: text, step: step}, 1<<10)
			a.Expect(false)
			io.WriteString(a, get)
			if got, err := io.ReadAll(a); string(got) != text || err != nil {
				t.Errorf("%q: %q, %v", text, got, err)
			}
		}
	}
}

// TestDeaf: nothing that is written waits for a client that does not read, be it an
// answer, or a refusal of a header that is no good or comes too late.
func TestDeaf(t *testing.T) {
	const refusal = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	for name, try := range map[string]func(c *Conn) error{
		"an answer": func(c *Conn) error {
			_, err := c.Write([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
			return err
		},
		"a refusal": func(c *Conn) error {
			io.ReadFull(c, make([]byte, len("GET / HTTP/1.1\r\n"))) // a header is read
			_, err := c.Write([]byte(refusal))
			return err
		},
		"too late": func(c *Conn) error {
			c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			_, err := io.ReadAll(c)
			return err
		},
	} {
		here, there := net.Pipe() // it holds nothing back
		go io.WriteString(there, "GET / HTTP/1.1\r\nHo")
		c, ended := New(here, 1<<10, nil), make(chan error, 1)
		c.Refuse = func(int) []byte { return []byte("HTTP/1.1 400 no\r\n\r\n") }
		c.Patience = func() time.Duration { return 20 * time.Millisecond }
		go func() { ended <- try(c) }()
		select {
		case err := <-ended:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: it waits", name)
		}
		here.Close()
		there.Close()
	}
}
