package framing

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Answers looks at the answers on a connection to a server, where net/http takes
// Content-Length together with Transfer-Encoding as well, and gives a connection to the
// next request before it has looked at what is behind an answer. After an ambiguous one
// nothing more is read, and neither is what comes unasked: behind the end of an answer, up
// to the moment when the next request is written. The connection is of no use then.
//
// What is still on its way at that moment cannot be told from an answer.
type Answers struct {
	net.Conn
	mu     sync.Mutex
	part   part
	asks   bool // a request comes
	bare   bool // whose answer has no body, whatever its header says
	most   int
	size   int // of the header, a line of a chunk, or the trailer
	line   []byte
	head   head
	status string // "" before the status line
	left   int64  // of the body or a chunk
	err    error
}

// part is the part of an answer that comes next.
type part uint8

const (
	nothing  part = iota // is expected
	header               // with the status line
	body                 // of a known length
	chunk                // the line with its size
	data                 // of a chunk
	dataEnd              // the end of the line behind that
	trailers             // behind the last chunk
	endless              // a body up to the end of the connection, or another protocol
)

// NewAnswers returns an Answers whose headers are at most so many bytes.
func NewAnswers(c net.Conn, most int) *Answers { return &Answers{Conn: c, most: most} }

// Expect says that a request is about to be written, to which there is an answer. It has
// no body if the request is a HEAD.
func (a *Answers) Expect(isHead bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.part != nothing { // of the one before
		a.err = ErrAmbiguous
	}
	a.asks, a.bare = true, isHead
}

// Write implements net.Conn. Where the connection is of no use for a request, nothing of
// that is written.
func (a *Answers) Write(p []byte) (int, error) {
	if err := a.begin(); err != nil {
		return 0, err
	}
	return a.Conn.Write(p)
}

func (a *Answers) begin() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.asks {
		return nil
	}
	a.asks = false
	if a.err == nil {
		a.part, a.size, a.status, a.line, a.head = header, 0, "", nil, head{}
	}
	return a.err
}

// Read implements net.Conn. Behind the last byte of an answer that is followed by what
// nobody has asked for, it says that the connection is at its end: net/http would have
// another request for it.
func (a *Answers) Read(p []byte) (int, error) {
	if err := a.broken(); err != nil {
		return 0, err
	}
	n, err := a.Conn.Read(p)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return 0, a.err
	}
	passed := a.look(p[:n])
	switch {
	case a.err != nil:
		return 0, a.err
	case passed < n || n > 0 && a.part == nothing && a.more():
		if a.err = ErrAmbiguous; passed == 0 {
			return 0, a.err
		}
		return passed, io.EOF
	}
	return n, err
}

func (a *Answers) broken() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// more reports whether something is here already: not read yet, if the connection can
// tell, or read by TLS. Nothing is waited for.
func (a *Answers) more() bool {
	if c, ok := a.Conn.(interface{ Idle() bool }); ok && !c.Idle() {
		return true
	}
	a.Conn.SetReadDeadline(past)
	defer a.Conn.SetReadDeadline(time.Time{})
	var b [1]byte
	n, _ := a.Conn.Read(b[:])
	return n > 0
}

var past = time.Unix(1, 0)

// look follows the answer, and returns how many bytes belong to it. After an error that
// says nothing.
func (a *Answers) look(b []byte) (passed int) {
	all := len(b)
	for len(b) > 0 && a.err == nil {
		switch a.part {
		case nothing:
			return all - len(b)
		case endless:
			return all
		case body, data:
			n := min(a.left, int64(len(b)))
			b = b[n:]
			if a.left -= n; a.left == 0 && a.part == data {
				a.part = dataEnd
			} else if a.left == 0 {
				a.part = nothing
			}
		default:
			b = a.lines(b)
		}
	}
	return all
}

// lines takes a line, or what is here of it, and returns the rest.
func (a *Answers) lines(b []byte) []byte {
	n := bytes.IndexByte(b, '\n') + 1
	whole := n > 0
	if !whole {
		n = len(b)
	}
	line := b[:n]
	if a.size += n; a.size > a.most {
		a.err = ErrAmbiguous
		return b[n:]
	}
	if !whole || len(a.line) > 0 {
		a.line = append(a.line, line...)
		line = a.line
	}
	if whole {
		if !a.take(line) {
			a.err = ErrAmbiguous
		}
		a.line = a.line[:0]
	}
	return b[n:]
}

// take takes a line, and reports whether it has one reading.
func (a *Answers) take(line []byte) bool {
	if a.part == header {
		return a.field(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")))
	}
	if !endsLine(line) {
		return false
	}
	line = line[:len(line)-2]
	switch a.part {
	case chunk:
		n, ok := answerChunk(line)
		if a.left, a.part, a.size = n, data, 0; n == 0 {
			a.part = trailers
		}
		return ok
	case dataEnd:
		a.part, a.size = chunk, 0
		return len(line) == 0
	}
	if len(line) == 0 {
		a.part = nothing
		return true
	}
	return trailer(line)
}

// field takes a line of the header.
func (a *Answers) field(line []byte) bool {
	switch {
	case a.status == "":
		return a.begins(line)
	case len(line) > 0:
		return a.head.field(line)
	case !a.head.end():
		return false
	}
	switch {
	case a.status == "101":
		a.part = endless
	case a.status[0] == '1': // another header follows
		a.status, a.head = "", head{}
	case a.bare, a.status == "204", a.status == "304":
		a.part = nothing
	case a.head.chunked:
		a.part, a.size = chunk, 0
	case a.head.seen["content-length"]:
		if a.left, a.part = a.head.length, body; a.left == 0 {
			a.part = nothing
		}
	default:
		a.part = endless
	}
	return true
}

// begins takes the status line.
func (a *Answers) begins(line []byte) bool {
	version, rest, _ := strings.Cut(string(line), " ")
	status, _, _ := strings.Cut(rest, " ")
	a.status, a.head.http10 = status, version == "HTTP/1.0"
	return (a.head.http10 || version == "HTTP/1.1") && len(status) == 3 && digits(status) && status[0] != '0'
}

// answerChunk reads the line with the size of a chunk, which may have extensions.
func answerChunk(line []byte) (int64, bool) {
	size, _, _ := bytes.Cut(bytes.TrimRight(line, " \t"), []byte(";"))
	for _, c := range size {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(size), 16, 64)
	return n, err == nil
}
