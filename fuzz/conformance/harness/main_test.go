package harness

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestMain plays the programs under test: the test binary starts itself again
// with the name of a part in its environment.
func TestMain(m *testing.M) {
	if part := os.Getenv("HARNESS_PART"); part != "" {
		play(part, os.Getenv("HARNESS_PACKET") != "")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// part returns the Program that plays it.
func part(t *testing.T, name string, packet bool) Program {
	t.Helper()
	t.Setenv("HARNESS_PART", name)
	if packet {
		t.Setenv("HARNESS_PACKET", "1")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Program{Args: []string{self}, Packet: packet}
}

func play(part string, packet bool) {
	switch part {
	case "sleeper":
		time.Sleep(time.Hour)
	case "eater":
		eat()
	case "absent":
		fmt.Fprintln(os.Stderr, "no such module")
		os.Exit(2)
	case "fails to import":
		fmt.Fprintln(os.Stderr, "no such module")
		os.Exit(1)
	case "has no main", "accepts unread":
		os.Exit(0)
	}
	if !packet {
		payload, _ := io.ReadAll(os.Stdin)
		out, ok := act(part, payload)
		if part == "says why" {
			fmt.Fprint(os.Stderr, "Traceback:\nTypeError: no \x1b such name\n")
			ok = false
		}
		if !ok {
			os.Exit(1)
		}
		fmt.Printf("%d\n%s", int64(len(payload))+lie(part), out)
		return
	}
	in := bufio.NewReader(os.Stdin)
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(head[:]))
		io.ReadFull(in, payload)
		out, ok := act(part, payload)
		reply := []byte{0}
		if ok {
			used := uint32(int64(len(payload)) + lie(part))
			reply = append(binary.BigEndian.AppendUint32([]byte{1}, used), out...)
		}
		switch part {
		case "terse":
			reply = reply[:1]
		case "long verdict":
			reply = []byte{1, 7}
		case "says why":
			reply = []byte("\x00TypeError:\n\tno \x1b such name")
		case "at fault":
			if payload[0] == 'x' {
				reply = []byte("\x02used is 4294967301")
			}
		case "endless":
			os.Stdout.Write([]byte{255, 255, 255, 255})
		}
		os.Stdout.Write(binary.BigEndian.AppendUint32(nil, uint32(len(reply))))
		os.Stdout.Write(reply)
	}
}

func lie(part string) int64 {
	if part == "lies about used" {
		return -1
	}
	return 0
}

// leak is what the part that leaks keeps.
var leak [][]byte

// act decodes as the part does: the value as JSON, and the verdict. Its terms
// are 131, 97 and a byte; payloads that start with "x" are what the bad parts
// are bad at.
func act(part string, payload []byte) (string, bool) {
	if bytes.HasPrefix(payload, []byte("x")) {
		switch part {
		case "crashes":
			os.Exit(3)
		case "hangs":
			time.Sleep(time.Hour)
		case "hangs in a child":
			other("sleeper")
		case "eats memory":
			eat()
		case "eats memory in a child":
			other("eater")
		}
	}
	if part == "dies of the empty list" && bytes.Equal(payload, []byte{131, 106}) {
		os.Exit(3)
	}
	if part == "leaks" {
		leak = append(leak, touched(60<<20))
	}
	if part == "accepts all" {
		return "", true
	}
	if len(payload) != 3 || payload[0] != 131 || payload[1] != 97 {
		return "", false
	}
	switch part {
	case "wrong value":
		return "0", true
	case "says null":
		return "null", true
	}
	return fmt.Sprint(payload[2]), true
}

func eat() {
	for {
		leak = append(leak, touched(8<<20))
		time.Sleep(time.Millisecond)
	}
}

// other plays another part in a process of its own, as a wrapper script would.
func other(part string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HARNESS_PART="+part)
	cmd.Run()
}

// touched is memory that is really there.
func touched(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 512 {
		b[i] = 1
	}
	return b
}
