// Port is a port program: a BEAM node starts it, sends it terms that others have
// sent to the node, and hears of each whether it may be decoded, before
// binary_to_term/1 sees it. Try it with
//
//	go build -o /tmp/port ./examples/port
//	erlc -o /tmp examples/port/port_example.erl
//	erl -noshell -pa /tmp -run port_example main /tmp/port
//
// Port and node talk in frames of {packet,4}: a length of four bytes and a term.
// What is accepted goes into a node, which never frees an atom, so the judge is a
// guard with a closed set of names: those of -atom, which the node passes when it
// starts the program. A guard takes a budget of new names as well; one that is to
// outlive the program has to be kept in a file, see limits.OpenAtomBudget.
//
// For each frame there is one answer:
//
//	{ok, [{bytes,N}, {terms,N}, {depth,N}, {atoms,N}, {heap_words,N}]}
//	{error, Code, Offset}     Code is a binary, as <<"limit_depth">>; Offset
//	                          counts in the term
//
// A refused term is answered and the next frame is read. When the frames
// themselves cannot be followed any more, as after one that is longer than
// limits.MaxBytes, the program answers, says why on stderr and ends with exit
// status 1. It ends with status 0 when the node closes the port, or dies.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/safe"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run serves one port. The program and its tests differ in nothing else.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("port", flag.ContinueOnError)
	flags.SetOutput(stderr)
	packet := flags.Int("packet", 4, "the N of {packet,N} on the Erlang side: 1, 2 or 4")
	var names []string
	flags.Func("atom", "a `name` that terms may hold as an atom; any other is refused (repeatable)", func(s string) error {
		names = append(names, s)
		return nil
	})
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "port: %q is no flag: each name wants an -atom of its own\n", flags.Arg(0))
		return 2
	}
	guard, err := newGuard(names)
	if err == nil {
		err = serve(stdin, stdout, guard, *packet)
	}
	if err != nil {
		fmt.Fprintln(stderr, "port:", err)
		return 1
	}
	return 0
}

// newGuard makes the judge: no pids, ports, references and funs, nothing compressed,
// and no atoms but these.
func newGuard(names []string) (*safe.Guard, error) {
	known, err := etf.NewAtomSet(names...)
	if err != nil {
		return nil, err
	}
	return safe.NewGuard(safe.Forward{Atoms: etf.Atoms{Known: known}})
}

// serve answers frames until the input ends, which is no error, or cannot be
// followed.
func serve(stdin io.Reader, stdout io.Writer, guard *safe.Guard, packet int) error {
	in := bufio.NewReader(stdin)
	frames, err := guard.NewFrameReader(in, packet)
	if err != nil {
		return err
	}
	answers, err := etf.NewFrameWriter(stdout, packet)
	if err != nil {
		return err
	}
	for frame, err := range frames.Frames() {
		var stats etf.Stats
		if err == nil {
			stats, err = guard.Mode().Measure(frame)
		}
		if err := answers.WriteFrame(answer(stats, err, frames.TermOffset())); err != nil {
			return err
		}
		if !frames.Resume() {
			skip(in, err)
			return err
		}
	}
	return nil
}

// answer is what the node hears of a term that starts at start in the stream.
func answer(s etf.Stats, err error, start int64) []byte {
	var e *etf.Error
	switch {
	case err == nil:
		return okAnswer(s)
	case !errors.As(err, &e):
		return errorAnswer("internal", 0)
	case e.Inflated:
		return errorAnswer(string(e.Code), e.Offset)
	}
	return errorAnswer(string(e.Code), max(e.Offset-start, 0))
}

// skip reads over a frame that is too long, so that the node, which is still
// writing it, gets the answer and not a broken pipe. It keeps nothing of it.
func skip(in io.Reader, err error) {
	var e *etf.Error
	if errors.As(err, &e) && e.Limit != nil {
		io.CopyN(io.Discard, in, e.Limit.Got)
	}
}
