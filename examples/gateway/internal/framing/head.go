package framing

import (
	"bytes"
	"strconv"
	"strings"
)

// head is what a header says of the body.
type head struct {
	http10  bool
	length  int64
	chunked bool
	seen    map[string]bool // fields that may stand there once
}

// once are fields whose second value would be another reading.
const once = " content-length transfer-encoding content-type content-encoding host "

// request takes the request line; its first byte was read apart.
func (h *head) request(first byte, rest []byte) bool {
	parts := strings.Split(string(rest[:len(rest)-2]), " ")
	if len(parts) != 3 || parts[1] == "" || !isToken(append([]byte{first}, parts[0]...)) {
		return false
	}
	h.http10 = parts[2] == "HTTP/1.0"
	return h.http10 || parts[2] == "HTTP/1.1"
}

// field takes a line of the header.
func (h *head) field(line []byte) bool {
	name, value, ok := splitField(line)
	if !ok {
		return false
	}
	if strings.Contains(once, " "+name+" ") {
		if h.seen[name] {
			return false
		}
		if h.seen == nil {
			h.seen = make(map[string]bool)
		}
		h.seen[name] = true
	}
	switch name {
	case "content-length":
		if !digits(value) {
			return false
		}
		var err error
		h.length, err = strconv.ParseInt(value, 10, 64)
		return err == nil
	case "transfer-encoding":
		h.chunked = true
		return strings.EqualFold(value, "chunked")
	}
	return true
}

// end judges the header as a whole.
func (h *head) end() bool {
	return !h.chunked || !h.http10 && !h.seen["content-length"]
}

// splitField returns the name of a field, in small letters, and its value.
func splitField(line []byte) (name, value string, ok bool) {
	n, v, found := bytes.Cut(line, []byte(":"))
	if !found || !isToken(n) {
		return "", "", false
	}
	return strings.ToLower(string(n)), strings.Trim(string(v), " \t"), true
}

// trailer judges a field behind the last chunk: it may not speak of the body.
func trailer(line []byte) bool {
	name, _, ok := splitField(line)
	return ok && !strings.Contains(once, " "+name+" ")
}

// chunkSize reads the size of a chunk. Extensions are refused.
func chunkSize(line []byte) (int64, bool) {
	if len(line) == 0 || len(line) > 8 {
		return 0, false
	}
	for _, c := range line {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(line), 16, 64)
	return n, err == nil
}

// endsLine reports whether a line ends in CRLF and holds no other CR or zero byte.
func endsLine(line []byte) bool {
	n := len(line) - 2
	return n >= 0 && line[n] == '\r' && bytes.IndexByte(line[:n], '\r') < 0 && bytes.IndexByte(line, 0) < 0
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// isToken reports whether b is a name as RFC 9110 has it.
func isToken(b []byte) bool {
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return len(b) > 0
}
