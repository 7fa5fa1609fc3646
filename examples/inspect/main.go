// Inspect says of external terms whether they are accepted, why not, what they
// are made of, and what they are.
//
//	go run ./examples/inspect [flags] [file | folder | -]...
//
//	go run ./examples/inspect dump.etf              a file, with the Default mode
//	curl … | go run ./examples/inspect -safe        stdin, with the caps of package safe
//	go run ./examples/inspect -e g2gCdwJva2EB       base64, hex or <<131,…,"…">> on the command line
//	go run ./examples/inspect -hex < capture.txt    hex with white space in it
//	go run ./examples/inspect -json folder/         one JSON object a file
//	go run ./examples/inspect -summary folder/      which limits all of it needs
//
// Flags may stand anywhere up to a "--"; each -e takes one literal.
//
// Files of more than 4 MiB are mapped into memory and streamed: they need no
// heap, whatever their size. For them everything but the term itself is printed.
//
// The exit code is 1 if anything was refused, 2 if the command was wrong or an
// input could not be read, else 0.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/beamgate/beamgate/etf"
)

const (
	exitOK      = 0
	exitRefused = 1
	exitUsage   = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main without the process: all it touches are its arguments and the
// files they name.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, code := parse(args, stderr)
	if o == nil {
		return code
	}
	mode, err := o.config.Compile()
	if err != nil {
		fmt.Fprintln(stderr, "inspect:", err)
		return exitUsage
	}
	j := &job{
		options: o, mode: mode, stdin: stdin, stdout: stdout, stderr: stderr,
		progress: newProgress(stderr, o.progress),
	}
	if o.summary {
		return j.summarize()
	}
	return j.inspect()
}

// job is one run.
type job struct {
	*options
	mode           *etf.Mode
	stdin          io.Reader
	stdout, stderr io.Writer
	progress       *progress
	code           int
}

// raise remembers the highest exit code.
func (j *job) raise(code int) { j.code = max(j.code, code) }

// unreadable reports an input that no verdict can be had on.
func (j *job) unreadable(name string, err error) {
	j.progress.clear()
	advice := ""
	if _, bad := j.literal(name); bad == nil && errors.Is(err, fs.ErrNotExist) {
		advice = " (-e takes a term as text)"
	}
	fmt.Fprintf(j.stderr, "inspect: %s: %v%s\n", printable(name), err, advice)
	j.raise(exitUsage)
}

// inspect prints each input by itself.
func (j *job) inspect() int {
	show := j.showText
	if j.json {
		show = j.showJSON
	}
	for in, err := range j.inputs() {
		if err != nil {
			j.unreadable(in.name, err)
			continue
		}
		r, err := j.judge(in)
		if err != nil {
			j.unreadable(in.name, err)
			continue
		}
		j.progress.clear()
		if err := show(r); err != nil {
			j.unreadable("stdout", err)
			return j.code
		}
		if r.err != nil {
			j.raise(exitRefused)
		}
	}
	j.progress.clear()
	return j.code
}
