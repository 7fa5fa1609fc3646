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
	text string
	step int
}

func (s *script) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.text)
	s.text = s.text[n:]
	return n, nil
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
	} {
		for _, step := range []int{1, 1 << 20} {
			a := NewAnswers(&script{text: text, step: step}, 1<<10)
			a.Expect()
			got, err := io.ReadAll(a)
			if bad != errors.Is(err, ErrAmbiguous) || !bad && (string(got) != text || err != nil) {
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
