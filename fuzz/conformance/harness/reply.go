package harness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Reply is what a program said of one payload.
type Reply struct {
	// Accept is the verdict.
	Accept bool
	// Used is the number of bytes that the term took, Untold if the program
	// did not say.
	Used int64
	// Value is what it took the term for: empty, canonical bytes or JSON.
	Value []byte
	// Why is what it said of a refusal, in a line; most say nothing.
	Why string
}

// Untold stands for a length that a program did not tell.
const Untold = -1

// untold32 is Untold on the wire.
const untold32 = 1<<32 - 1

var errReply = errors.New("not a reply")

// Fault is what a program says of itself, as an adapter whose decoder returns
// what no reply can hold: it is no verdict, so there is no result.
type Fault struct {
	// Why is what it says.
	Why string
}

func (f *Fault) Error() string { return "it says of itself: " + f.Why }

// maxWhy bounds what is kept of that.
const maxWhy = 2000

// maxLine bounds what is shown of a text in a list, in characters.
const maxLine = 200

// line is a text of a program as it fits in a line.
func line(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	all := []rune(text)
	for i, r := range all {
		if !unicode.IsPrint(r) {
			all[i] = '?'
		}
	}
	if len(all) > maxLine {
		return string(all[:maxLine]) + "..."
	}
	return string(all)
}

// ParseReply reads the frame of a program that serves all cases. The Value
// aliases b. An error is a *[Fault] if the program says that it is one.
func ParseReply(b []byte) (Reply, error) {
	switch {
	case len(b) > 0 && b[0] == 0:
		return Reply{Used: Untold, Why: line(string(b[1:min(len(b), maxWhy+1)]))}, nil
	case len(b) == 1 && b[0] == 1:
		return Reply{Accept: true, Used: Untold}, nil
	case len(b) > 0 && b[0] == 2:
		return Reply{}, &Fault{strings.ToValidUTF8(string(b[1:min(len(b), maxWhy+1)]), "\ufffd")}
	case len(b) >= 5 && b[0] == 1:
		r := Reply{Accept: true, Used: Untold, Value: b[5:]}
		if used := binary.BigEndian.Uint32(b[1:]); used != untold32 {
			r.Used = int64(used)
		}
		return r, nil
	}
	return Reply{}, fmt.Errorf("%w: %d bytes, %.8x…", errReply, len(b), b[:min(len(b), 8)])
}

// maxDigits are those of a length, which is far above any.
const maxDigits = 18

// parseOutput reads what a program that accepted its only payload has printed.
func parseOutput(b []byte) (Reply, error) {
	r := Reply{Accept: true, Used: Untold}
	first, value, _ := bytes.Cut(b, []byte("\n"))
	if first = bytes.TrimSpace(first); len(first) > 0 && string(first) != "-" {
		used, err := strconv.ParseUint(string(first), 10, 62)
		if err != nil || len(first) > maxDigits {
			return Reply{}, fmt.Errorf("%w: the first line is %.20q, no length", errReply, first)
		}
		r.Used = int64(used)
	}
	if len(value) > 0 && value[0] != version { // canonical bytes may end in a line feed
		value = bytes.TrimSpace(value)
	}
	r.Value = value
	return r, nil
}
