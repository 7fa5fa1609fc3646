package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// checkConfig reads a configuration, and the files that it names, and says all that
// is wrong with them, one mistake a line, with line and column.
func checkConfig(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check-config", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: gateway check-config [-no-files] FILE")
		flags.PrintDefaults()
	}
	alone := flags.Bool("no-files", false, "look at no other file: for a configuration of another machine")
	if err := flags.Parse(args); err != nil {
		return unparsed(err)
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	path := flags.Arg(0)
	c, warnings, err := check(path, *alone)
	for _, w := range warnings {
		fmt.Fprintln(stderr, "warning:", w)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: good, %s, %s, %s\n", path, count(len(c.Listeners), "listener"), count(len(c.Upstreams), "upstream"), count(len(c.Ledgers), "ledger"))
	return 0
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func check(path string, alone bool) (c *config.File, warnings []error, err error) {
	if alone {
		return config.CheckAlone(path)
	}
	return config.CheckFiles(path)
}
