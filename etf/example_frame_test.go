package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"

	"github.com/beamgate/beamgate/etf"
)

// A server answers refused messages and goes on, and ends when the stream itself
// cannot be trusted any more.
func ExampleMode_NewFrameReader() {
	mode, err := etf.Strict().Compile()
	if err != nil {
		log.Fatal(err)
	}
	conn := bytes.NewBufferString("" +
		"\x00\x00\x00\x09\x83h\x02w\x02ok\x61\x01" + // {ok,1}
		"\x00\x00\x00\x0d\x83q\x77\x02osw\x03cmda\x01" + // fun os:cmd/1
		"\xff\xff\xff\xff\x83m" + // 4 GiB, it says
		"")
	frames, err := mode.NewFrameReader(conn, 4)
	if err != nil {
		log.Fatal(err)
	}
	for frame, err := range frames.Frames() {
		var e *etf.Error
		switch {
		case err == nil:
			fmt.Println("accepted", len(frame), "bytes")
		case errors.As(err, &e) && frames.Resume():
			fmt.Println("refused", e.Code, "at", e.Offset-frames.TermOffset(), "of its term")
		default:
			fmt.Println("the end:", err)
		}
	}
	// Output:
	// accepted 9 bytes
	// refused rejected_export at 1 of its term
	// the end: etf: limit_bytes at offset 34: limit MaxBytes is 1048576, needed at least 4294967295 (etf.Config.Limits.MaxBytes raises it)
}

func ExampleFrameWriter() {
	var socket bytes.Buffer
	w, err := etf.NewFrameWriter(&socket, 2) // as gen_tcp with {packet, 2}
	if err != nil {
		log.Fatal(err)
	}
	if err := w.WriteFrame([]byte{131, 119, 2, 'o', 'k'}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", socket.Bytes())
	// Output: 00 05 83 77 02 6f 6b
}
