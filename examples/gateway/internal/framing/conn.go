// Package framing reads HTTP/1.1 with one eye on where messages begin and end, in
// front of net/http, which is lenient where two programs may disagree: it takes a
// request with both Content-Length and Transfer-Encoding, lines that end in a
// bare LF, and chunk extensions. What is ambiguous never gets to it. Whatever
// passes has one reading.
//
// It decides nothing else: net/http reads the same bytes again.
package framing

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"
)

// ErrAmbiguous says that a message could be read in two ways.
var ErrAmbiguous = errors.New("framing: a message that can be read in two ways")

// Conn is a connection from which requests of HTTP/1.1 are read.
type Conn struct {
	net.Conn
	r      *bufio.Reader
	next   func() error // finds more bytes that may pass
	line   []byte       // of which the beginning was seen
	pass   []byte       // bytes that may be read
	left   int64        // and behind them, so many more, unseen
	most   int
	size   int // of the part at hand
	head   head
	err    error
	raw    atomic.Bool
	failed func()

	// Refuse, if set before the first Read, writes what a client gets whose request
	// net/http has refused before a handler saw it, or whose header did not come in
	// time: for a status, a whole answer.
	Refuse func(status int) []byte
	// Patience, if set before the first Write, is how long a client may take to take
	// what is written at once. net/http has no such deadline: its own is for a whole
	// answer, and is none for what it says itself.
	Patience func() time.Duration

	reading  atomic.Bool // a header, and the handler has not begun
	answered atomic.Bool // which did not come
	body     atomic.Bool // there is more of one
}

// New returns a Conn whose headers are at most so many bytes. failed, if not nil,
// hears of a message that was refused.
func New(c net.Conn, most int, failed func()) *Conn {
	f := &Conn{Conn: c, r: bufio.NewReaderSize(c, 4<<10), most: most, failed: failed}
	f.next = f.first
	return f
}

// Raw ends the reading of messages: the connection leaves HTTP.
func (c *Conn) Raw() { c.raw.Store(true) }

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	for len(c.pass) == 0 && c.left == 0 {
		if c.raw.Load() {
			if len(c.line) > 0 {
				c.pass, c.line = c.line, nil
				break
			}
			return c.r.Read(p)
		}
		if c.err != nil {
			return 0, c.err
		}
		if err := c.next(); err != nil {
			if errors.Is(err, ErrAmbiguous) {
				c.err = err
				c.body.Store(true) // or whatever it is that follows
				if c.failed != nil {
					c.failed()
				}
			}
			if c.Refuse != nil && c.reading.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
				c.late(err)
			}
			return 0, err
		}
	}
	if len(c.pass) > 0 {
		n := copy(p, c.pass)
		c.pass = c.pass[n:]
		return n, nil
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	if c.left -= int64(n); c.left == 0 && !c.head.chunked {
		c.body.Store(false)
	}
	return n, err
}

// give lets a line pass that was seen.
func (c *Conn) give(line []byte) { c.pass = append(c.pass[:0], line...) }

// first lets the first byte of a request pass before the rest is there: net/http
// looks for it while it still answers the request before, and must not be told of
// an error then.
func (c *Conn) first() error {
	c.body.Store(false)
	b, err := c.r.ReadByte()
	if err != nil {
		return err
	}
	c.give([]byte{b})
	c.head, c.size = head{}, 1
	c.line = []byte{}
	c.next = func() error { return c.request(b) }
	return nil
}

// Begun says that the handler of the request at hand has begun.
func (c *Conn) Begun() { c.reading.Store(false) }

// plain is how net/http begins its own refusals, in plain text. No answer of a
// handler does, for it has a date.
var plain = regexp.MustCompile(`^HTTP/1\.1 ([45]\d\d)[^\r\n]*\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n`)

// Write implements net.Conn. While a header is read, nobody writes but net/http,
// to refuse it.
func (c *Conn) Write(p []byte) (int, error) {
	if c.Refuse == nil || !c.reading.Load() {
		return c.write(p)
	}
	if c.answered.Load() {
		return len(p), nil
	}
	m := plain.FindSubmatch(p)
	if m == nil {
		return c.write(p)
	}
	status, _ := strconv.Atoi(string(m[1]))
	if _, err := c.write(c.Refuse(status)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// write writes while the client takes it. Who has left HTTP has deadlines of its own.
func (c *Conn) write(p []byte) (int, error) {
	if c.Patience != nil && !c.raw.Load() {
		c.Conn.SetWriteDeadline(time.Now().Add(c.Patience()))
	}
	return c.Conn.Write(p)
}

// late answers a client whose header does not come to its end. net/http says nothing
// then, or that the request was no good.
func (c *Conn) late(err error) {
	c.err = err
	c.answered.Store(true)
	c.write(c.Refuse(http.StatusRequestTimeout))
}

// CloseWrite is for net/http, which ends its side first where a client is still
// sending what nobody wants to read, and waits with the rest.
func (c *Conn) CloseWrite() error {
	c.body.Store(false)
	if c, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// lingering is how long a client may go on sending what nobody reads.
const lingering = 500 * time.Millisecond

// Close implements net.Conn. If a body was not read to its end, the client may be
// sending it still: closed at once, the connection would be reset, and the answer
// lost with it. net/http leaves that to chance where the client wanted the
// connection closed. So what comes is dropped for a while.
func (c *Conn) Close() error {
	if c.body.Load() && !c.raw.Load() && c.CloseWrite() == nil {
		c.Conn.SetReadDeadline(time.Now().Add(lingering))
		io.Copy(io.Discard, c.Conn)
	}
	return c.Conn.Close()
}

// request lets the request line pass. net/http asks for more than the first byte
// when it has done with the request before.
func (c *Conn) request(first byte) error {
	c.reading.Store(true)
	line, err := c.readLine()
	if err != nil {
		return err
	}
	if !c.head.request(first, line) {
		return ErrAmbiguous
	}
	c.give(line)
	c.next = c.field
	return nil
}

// field lets a line of the header pass, or at its end settles what follows. The
// last line does not pass before all was seen.
func (c *Conn) field() error {
	line, err := c.readLine()
	if err != nil {
		return err
	}
	if len(line) > 2 {
		if !c.head.field(line[:len(line)-2]) {
			return ErrAmbiguous
		}
		c.give(line)
		return nil
	}
	if !c.head.end() {
		return ErrAmbiguous
	}
	c.give(line)
	c.next = c.first
	if c.size = 0; c.head.chunked {
		c.next = c.chunk
	} else {
		c.left = max(c.head.length, 0)
	}
	c.body.Store(c.head.chunked || c.left > 0)
	return nil
}

// chunk lets the size of a chunk pass, and its bytes.
func (c *Conn) chunk() error {
	c.size = 0
	line, err := c.readLine()
	if err != nil {
		return err
	}
	n, ok := chunkSize(line[:len(line)-2])
	if !ok {
		return ErrAmbiguous
	}
	c.give(line)
	if c.left, c.next = n, c.chunkEnd; n == 0 {
		c.next = c.trailer
	}
	return nil
}

func (c *Conn) chunkEnd() error {
	line, err := c.readLine()
	if err != nil {
		return err
	}
	if len(line) != 2 {
		return ErrAmbiguous
	}
	c.give(line)
	c.next = c.chunk
	return nil
}

func (c *Conn) trailer() error {
	line, err := c.readLine()
	if err != nil {
		return err
	}
	if len(line) == 2 {
		c.next = c.first
		c.body.Store(false)
	} else if !trailer(line[:len(line)-2]) {
		return ErrAmbiguous
	}
	c.give(line)
	return nil
}

// readLine returns a line that ends in CRLF. What is there of it stays for the
// next call if the rest does not come in time.
func (c *Conn) readLine() ([]byte, error) {
	for {
		part, err := c.r.ReadSlice('\n')
		c.line = append(c.line, part...)
		if c.size += len(part); c.size > c.most {
			return nil, ErrAmbiguous
		}
		switch err {
		case nil:
		case bufio.ErrBufferFull:
			continue
		case io.EOF:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
		line := c.line
		c.line = []byte{}
		if !endsLine(line) {
			return nil, ErrAmbiguous
		}
		return line, nil
	}
}
