// Quickstart decodes terms from strangers: real ones, and some made to hurt.
//
//	go run ./examples/quickstart
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/safe"
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	for _, s := range samples() {
		// Decode takes exactly one term, under the caps of limits.Strict. Where
		// only the verdict counts, safe.Validate gives the same and allocates
		// nothing; safe.NewReader reads from an io.Reader.
		term, err := safe.Decode(s.payload)
		if err != nil {
			fmt.Fprintf(w, "refused   %s, %d bytes\n", s.name, len(s.payload))
			explain(w, err)
			continue
		}
		fmt.Fprintf(w, "accepted  %s, %d bytes\n          %v\n", s.name, len(s.payload), term)
		if year, ok := term.Get("year"); ok { // a value out of a map
			fmt.Fprintf(w, "          of the year %v\n", year)
		}
	}
}

// explain prints what an error says of a term: never anything that the sender
// wrote, so it may go into logs, metrics (the code) and answers.
func explain(w io.Writer, err error) {
	var e *etf.Error
	if !errors.As(err, &e) {
		return
	}
	fmt.Fprintf(w, "          code %s, offset %d, path /%s\n", e.Code, e.Offset, e.Path)
	if e.Limit != nil {
		fmt.Fprintf(w, "          %v\n", e.Limit)
	}
}
