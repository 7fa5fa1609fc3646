package pipe_test

import (
	"bytes"
	"compress/zlib"
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

func pass(t *testing.T, listener string) *door.Pass {
	t.Helper()
	c, err := config.Parse("test", []byte(strings.Replace(text, "upstream: node", "upstream: node"+listener, 1)))
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
	return runWith(t, "", program, in)
}

func runWith(t *testing.T, listener, program string, in []byte) (status int, out []byte, err error) {
	t.Helper()
	t.Setenv("PIPE_TEST_PROGRAM", program)
	var b bytes.Buffer
	status, err = pipe.Run(t.Context(), pass(t, listener), pipe.Ends{Stdin: bytes.NewReader(in), Stdout: &b, Stderr: io.Discard}, os.Args[0])
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
	if _, err := pipe.Run(t.Context(), pass(t, ""), pipe.Ends{}, "/nowhere/at/all"); err == nil {
		t.Error("a program that is not there")
	}
	c, err := config.Parse("test", []byte(strings.Replace(text, "upstream: node", "upstream: node, protocol: bert, bert: {allow: [{functions: ['calc:add/2']}]}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := gate.Alone(c, "door", metrics.New(nil)); err == nil {
		t.Error("a listener whose protocol a pipe does not know")
	}
}

// TestPipeIsCanonical toward the node, unless the listener says otherwise: nobody reads a
// message in another way than what was checked.
func TestPipeIsCanonical(t *testing.T) {
	// [1,2] as LIST_EXT of an INTEGER_EXT and a small one.
	list, short := []byte{131, 108, 0, 0, 0, 2, 98, 0, 0, 0, 1, 97, 2, 106}, []byte{131, 107, 0, 2, 1, 2}
	for listener, want := range map[string][]byte{"": short, ", forward: original": list, ", rules: {term: shadow}": list} {
		in, err := etf.AppendFrame(frames(t, term.Atom("ok")), list, 4)
		if err != nil {
			t.Fatal(err)
		}
		wanted, _ := etf.AppendFrame(frames(t, term.Atom("ok")), want, 4)
		if status, out, err := runWith(t, listener, "echo", in); status != 0 || err != nil || !bytes.Equal(out, wanted) {
			t.Errorf("%q: %d %v %q", listener, status, err, out)
		}
	}
	// What grows is held against the frame once more.
	in := append([]byte{203, 131, 115, 200}, bytes.Repeat([]byte{0xe9}, 200)...)
	status, out, err := runWith(t, ", packet: 1", "echo", in)
	if status != 1 || err == nil || !strings.Contains(err.Error(), "frame_size") || len(out) > 0 {
		t.Errorf("%d %v %q", status, err, out)
	}
}

// compressed is a frame with a term in its compressed form.
func compressed(t *testing.T, x term.T) []byte {
	var b bytes.Buffer
	b.Write([]byte{131, 80, 0, 0, 0, byte(len(x))})
	z := zlib.NewWriter(&b)
	z.Write(x)
	z.Close()
	frame, err := etf.AppendFrame(nil, b.Bytes(), 4)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// TestPipeModes: what a rule refuses goes on as it came where the rule is not enforced.
func TestPipeModes(t *testing.T) {
	export := term.T{113, 119, 0, 119, 0, 97, 0}
	for what, c := range map[string]struct {
		in    []byte
		code  string
		lets  []string // what lets it pass
		stops []string
	}{
		"an export":  {frames(t, export), "rejected_export", []string{", mode: shadow", ", rules: {term: off, answer: off}"}, []string{"", ", rules: {answer: off}", ", rules: {term: shadow}"}},
		"compressed": {compressed(t, term.Atom("ok")), "compressed", []string{", mode: shadow"}, []string{"", ", rules: {answer: off}"}},
		"no term":    {[]byte{0, 0, 0, 0}, "truncated", []string{", mode: shadow"}, []string{"", ", rules: {answer: off}"}},
		"new names":  {frames(t, term.List(term.Atom("a"), term.Atom("b"), term.Atom("c"))), "limit_atom_budget", []string{", mode: shadow", ", rules: {atoms: shadow}"}, []string{"", ", rules: {answer: off}"}},
		"a long one": {frames(t, term.Bin(strings.Repeat("x", 1000))), "limit_bytes", []string{", mode: shadow, caps: {MaxBytes: 100}"}, []string{", caps: {MaxBytes: 100}", ", caps: {MaxBytes: 100}, rules: {answer: off}"}},
		"many":       {frames(t, term.Atom("ok"), term.Atom("ok"), term.Atom("ok")), "limit_stream_bytes", []string{", mode: shadow, caps: {MaxStreamBytes: 20}"}, []string{", caps: {MaxStreamBytes: 20}"}},
	} {
		for _, listener := range c.lets {
			if status, out, err := runWith(t, listener, "echo", c.in); status != 0 || err != nil || !bytes.Equal(out, c.in) {
				t.Errorf("%s, %q: %d %v %q", what, listener, status, err, out)
			}
		}
		for _, listener := range c.stops {
			status, out, err := runWith(t, listener, "echo", c.in)
			if status != 1 || err == nil || !strings.Contains(err.Error(), c.code) || bytes.Equal(out, c.in) {
				t.Errorf("%s, %q: %d %v %q", what, listener, status, err, out)
			}
		}
	}
	// A frame that is cut short has no end that could be passed on.
	in := frames(t, term.Atom("ok"))
	if status, _, err := runWith(t, ", mode: shadow", "echo", in[:len(in)-1]); status != 1 || err == nil {
		t.Errorf("cut short: %d %v", status, err)
	}
}

// TestPipeEnds with the port: its input is closed, and the program follows.
func TestPipeEnds(t *testing.T) {
	t.Setenv("PIPE_TEST_PROGRAM", "echo")
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := pipe.Run(t.Context(), pass(t, ""), pipe.Ends{Stdin: r, Stdout: io.Discard, Stderr: io.Discard}, os.Args[0])
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
