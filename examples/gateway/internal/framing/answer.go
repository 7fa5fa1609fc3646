package framing

import (
	"bytes"
	"net"
	"sync"
)

// Answers looks at the headers of answers on a connection to a server, where
// net/http takes Content-Length together with Transfer-Encoding as well. After an
// ambiguous one nothing more is read.
type Answers struct {
	net.Conn
	mu    sync.Mutex
	watch bool
	most  int
	size  int
	line  []byte
	head  head
	begun bool // the status line was seen
	brief bool // and said that another header follows
	err   error
}

// NewAnswers returns an Answers whose headers are at most so many bytes.
func NewAnswers(c net.Conn, most int) *Answers { return &Answers{Conn: c, most: most} }

// Expect says that what comes next is an answer from its beginning.
func (a *Answers) Expect() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watch, a.begun, a.size, a.line, a.head = true, false, 0, nil, head{}
}

// Read implements net.Conn.
func (a *Answers) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil && a.watch {
		a.look(p[:n])
	}
	if a.err != nil {
		return 0, a.err
	}
	return n, err
}

// look reads lines until the header ends.
func (a *Answers) look(b []byte) {
	for len(b) > 0 && a.watch && a.err == nil {
		n := bytes.IndexByte(b, '\n') + 1
		whole := n > 0
		if !whole {
			n = len(b)
		}
		a.line, b = append(a.line, b[:n]...), b[n:]
		if a.size += n; a.size > a.most {
			a.err = ErrAmbiguous
		} else if whole {
			a.take(a.line)
			a.line = a.line[:0]
		}
	}
}

func (a *Answers) take(line []byte) {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	ok := true
	switch {
	case !a.begun:
		_, status, _ := bytes.Cut(line, []byte(" "))
		a.begun, a.brief = true, len(status) > 0 && status[0] == '1' && !bytes.HasPrefix(status, []byte("101"))
	case len(line) > 0:
		ok = a.head.field(line)
	case a.brief:
		ok = a.head.end()
		a.begun, a.head = false, head{}
	default:
		ok = a.head.end()
		a.watch = false
	}
	if !ok {
		a.err = ErrAmbiguous
	}
}
