// Package packet is the program's side of the protocol of package harness: a
// loop that reads payloads and writes replies.
package packet

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Answer is what a decoder says of a payload.
type Answer struct {
	// Accept is the verdict; the rest counts only if it is true.
	Accept bool
	// Used is the number of bytes that the term took; negative if the decoder
	// does not tell.
	Used int
	// Value is the term as canonical bytes or tagged JSON; empty if there is
	// none to tell.
	Value []byte
}

// Serve answers all payloads in r until it ends, which is no error.
func Serve(r io.Reader, w io.Writer, decode func(payload []byte) Answer) error {
	in := bufio.NewReader(r)
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		// The harness is trusted: it sends what it says.
		payload := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(in, payload); err != nil {
			return err
		}
		if _, err := w.Write(frame(decode(payload))); err != nil {
			return err
		}
	}
}

// untold stands for a length that is not told.
const untold = 1<<32 - 1

// frame is the whole reply.
func frame(a Answer) []byte {
	b := []byte{0, 0, 0, 0, 0}
	if a.Accept {
		b[4] = 1
		used := uint32(untold)
		if a.Used >= 0 { // one that has no room is as wrong as the longest that has
			used = uint32(min(int64(a.Used), untold-1))
		}
		b = append(binary.BigEndian.AppendUint32(b, used), a.Value...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}
