package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/demo"
)

// showDemo needs nothing but Go, and ends by itself.
func showDemo(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	length := flags.Duration("for", 8*time.Second, "how long")
	if err := flags.Parse(args); err != nil {
		return unparsed(err)
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(stderr, "usage: gateway demo [-for 8s]")
		return 2
	}
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard) // of libraries: it would stand in the table
	file, ok := stdout.(*os.File)
	err := demo.Run(context.Background(), stdout, demo.Options{For: *length, Live: ok && demo.Terminal(file)})
	if err != nil {
		fmt.Fprintln(stderr, "gateway demo:", err)
		return 1
	}
	return 0
}
