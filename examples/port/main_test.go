package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/safe"
)

// asPort makes the test binary the port program that Erlang starts.
const asPort = "BEAMGATE_TEST_AS_PORT"

func TestMain(m *testing.M) {
	if os.Getenv(asPort) != "" {
		main()
	}
	os.Exit(m.Run())
}

// frames puts terms into frames of {packet,4}.
func frames(t *testing.T, terms ...string) []byte {
	t.Helper()
	var b []byte
	for _, term := range terms {
		if term == "" { // which no writer would send
			b = append(b, 0, 0, 0, 0)
			continue
		}
		var err error
		if b, err = etf.AppendFrame(b, []byte(term), 4); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// answers decodes what the port said.
func answers(t *testing.T, out []byte) []string {
	t.Helper()
	m, err := etf.Strict().Compile()
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.NewFrameReader(bytes.NewReader(out), 4)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for {
		term, err := r.ReadTerm()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, term.String())
	}
}

const nothing = "{ok,[{bytes,2},{terms,1},{depth,0},{atoms,0},{heap_words,0}]}"

func TestServe(t *testing.T) {
	tests := []struct {
		name   string
		stdin  []byte
		want   []string
		code   int
		stderr string
	}{
		{"closed", nil, nil, 0, ""},
		{"accepted", frames(t, "\x83j", "\x83h\x02w\x02oka\x01"), []string{
			nothing, "{ok,[{bytes,9},{terms,3},{depth,1},{atoms,1},{heap_words,3}]}"}, 0, ""},
		{"refused and on", frames(t, "\x83\xff", "", "\x83a", "\x82", "\x83jj", "\x83j"), []string{
			`{error,<<"unknown_tag">>,1}`, `{error,<<"truncated">>,0}`, `{error,<<"truncated">>,2}`,
			`{error,<<"version">>,0}`, `{error,<<"trailing">>,2}`, nothing}, 0, ""},
		{"atoms", frames(t, "\x83w\x05café", "\x83s\x04caf\xe9", "\x83w\x05other", "\x83h\x02w\x02okw\x01x", "\x83j"), []string{
			"{ok,[{bytes,8},{terms,1},{depth,0},{atoms,1},{heap_words,0}]}", "{ok,[{bytes,7},{terms,1},{depth,0},{atoms,1},{heap_words,0}]}",
			`{error,<<"limit_new_atoms">>,1}`, `{error,<<"limit_new_atoms">>,7}`, nothing}, 0, ""},
		{"too long", append(frames(t, "\x83j"), 0, 16, 0, 1, 131, 106), []string{
			nothing, `{error,<<"limit_bytes">>,0}`}, 1, "port: etf: limit_bytes at offset 10: limit MaxBytes is 1048576"},
		{"cut", append(frames(t, "\x83j"), 0, 0, 0, 9, 131, 106), []string{
			nothing, `{error,<<"truncated">>,2}`}, 1, "port: etf: truncated at offset 12"},
		{"cut in a length", []byte{0, 0}, []string{`{error,<<"truncated">>,0}`}, 1, "port: etf: truncated at offset 2"},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		code := run([]string{"-atom", "ok", "-atom", "café"}, bytes.NewReader(tt.stdin), &out, &errs)
		if got := answers(t, out.Bytes()); !slices.Equal(got, tt.want) || code != tt.code || !strings.HasPrefix(errs.String(), tt.stderr) ||
			tt.stderr == "" && errs.Len() > 0 {
			t.Errorf("%s: %q, exit code %d, %q; want %q, %d, %q", tt.name, got, code, &errs, tt.want, tt.code, tt.stderr)
		}
	}
}

// closed is a guard that knows no atom.
func closed(t *testing.T) *safe.Guard {
	t.Helper()
	g, err := newGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestServeSkips reads over all of a frame that is too long, and no more.
func TestServeSkips(t *testing.T) {
	in := strings.NewReader("\x00\x20\x00\x00" + strings.Repeat("x", 1<<21) + strings.Repeat("y", 8<<10))
	var out bytes.Buffer
	if err := serve(in, &out, closed(t), 4); !errors.Is(err, etf.ErrLimit) {
		t.Error(err)
	}
	if in.Len() > 8<<10 || in.Len() == 0 {
		t.Errorf("%d bytes left unread", in.Len())
	}
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		code   int
		stderr string
		args   []string
	}{{2, "-packet", []string{"-nothing"}}, {1, "1, 2 or 4", []string{"-packet", "3"}}, {1, "atom set", []string{"-atom", strings.Repeat("x", 256)}}} {
		var out, errs bytes.Buffer
		if code := run(tt.args, strings.NewReader(""), &out, &errs); code != tt.code || !strings.Contains(errs.String(), tt.stderr) {
			t.Errorf("%q: %d, %q", tt.args, code, &errs)
		}
	}
}

// gone fails to write, as a closed port does.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestNodeGone(t *testing.T) {
	if err := serve(bytes.NewReader(frames(t, "\x83j")), gone{}, closed(t), 4); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	m, err := etf.Strict().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		got  []byte
		want string
	}{
		{okAnswer(etf.Stats{Bytes: 1<<63 - 1, Terms: 256, Depth: 3, Atoms: 4, HeapWords: 1 << 40}),
			"{ok,[{bytes,9223372036854775807},{terms,256},{depth,3},{atoms,4},{heap_words,1099511627776}]}"},
		{errorAnswer("limit_depth", 1<<32), `{error,<<"limit_depth">>,4294967296}`},
		{answer(etf.Stats{}, &etf.Error{Code: etf.CodeBits, Offset: 5, Inflated: true}, 100), `{error,<<"bits">>,5}`},
		{answer(etf.Stats{}, io.ErrClosedPipe, 100), `{error,<<"internal">>,0}`},
	} {
		term, err := m.Decode(tt.got)
		if err != nil || term.String() != tt.want {
			t.Errorf("%v, %v; want %s", term, err, tt.want)
		}
	}
	for _, code := range etf.Codes() { // the length of each fits its one byte
		if _, err := m.Decode(errorAnswer(string(code), 0)); err != nil {
			t.Error(code, err)
		}
	}
}

// TestArguments: what is misunderstood ends the program before it serves anything.
func TestArguments(t *testing.T) {
	for want, calls := range map[int][][]string{
		0: {{"-h"}},
		1: {{"-packet", "3"}},
		2: {{"-x"}, {"-packet", "x"}, {"ok"}, {"-atom", "ok", "user"}},
	} {
		for _, args := range calls {
			var out, errs bytes.Buffer
			if code := run(args, strings.NewReader("\x00\x00\x00\x02\x83j"), &out, &errs); code != want || out.Len() != 0 || errs.Len() == 0 {
				t.Errorf("%v: status %d, %q, %q", args, code, &out, &errs)
			}
		}
	}
}
