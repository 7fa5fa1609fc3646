package pipe_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/pipe"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

const text = `version: 1
ledgers: [{name: web, max_new: 2, names: [ok]}]
upstreams: [{name: node, address: '127.0.0.1:1', ledger: web}]
listeners: [{name: door, listen: '127.0.0.1:0', upstream: node}]
`

// TestMain makes the test's own program a port program, if it is asked to.
func TestMain(m *testing.M) {
	switch os.Getenv("PIPE_TEST_PROGRAM") {
	case "echo":
		io.Copy(os.Stdout, os.Stdin)
		os.Exit(0)
	case "status":
		os.Exit(7)
	}
	os.Exit(m.Run())
}

func pass(t *testing.T) *door.Pass {
	t.Helper()
	c, err := config.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, done, err := gate.Alone(c, "door", metrics.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return p
}

func frames(t *testing.T, terms ...term.T) []byte {
	var b []byte
	for _, x := range terms {
		var err error
		if b, err = etf.AppendFrame(b, term.Message(x), 4); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func run(t *testing.T, program string, in []byte) (status int, out []byte, err error) {
	t.Helper()
	t.Setenv("PIPE_TEST_PROGRAM", program)
	var b bytes.Buffer
	status, err = pipe.Run(t.Context(), pass(t), pipe.Ends{Stdin: bytes.NewReader(in), Stdout: &b, Stderr: io.Discard}, os.Args[0])
	return status, b.Bytes(), err
}

func TestPipe(t *testing.T) {
	good := frames(t, term.Atom("ok"), term.Tuple(term.Atom("a"), term.Atom("b")), term.List(term.Atom("a")))
	if status, out, err := run(t, "echo", good); status != 0 || err != nil || !bytes.Equal(out, good) {
		t.Errorf("%d %v %q", status, err, out)
	}
	spent := frames(t, term.Tuple(term.Atom("a"), term.Atom("b"), term.Atom("c")))
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"names for the node": {append(frames(t, term.Atom("ok")), spent...), "limit_atom_budget"},
		"to the program":     {frames(t, term.T{113, 119, 0, 119, 0, 97, 0}), "rejected_export"},
		"cut short":          {good[:len(good)-1], "truncated"},
	} {
		status, out, err := run(t, "echo", c.in)
		if status != 1 || err == nil || !strings.Contains(err.Error(), c.want) || bytes.Contains(out, spent) {
			t.Errorf("%s: %d %v %q", name, status, err, out)
		}
	}
	if status, _, err := run(t, "status", nil); status != 7 || err != nil {
		t.Errorf("the status of the program: %d %v", status, err)
	}
	if _, err := pipe.Run(t.Context(), pass(t), pipe.Ends{}, "/nowhere/at/all"); err == nil {
		t.Error("a program that is not there")
	}
}

// TestPipeEnds with the port: its input is closed, and the program follows.
func TestPipeEnds(t *testing.T) {
	t.Setenv("PIPE_TEST_PROGRAM", "echo")
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := pipe.Run(t.Context(), pass(t), pipe.Ends{Stdin: r, Stdout: io.Discard, Stderr: io.Discard}, os.Args[0])
		done <- err
	}()
	w.Write(frames(t, term.Atom("ok")))
	w.Close()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the program goes on")
	}
}
