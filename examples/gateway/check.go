package main

import (
	"fmt"
	"io"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// checkConfig reads a configuration and says all that is wrong with it, one
// mistake a line.
func checkConfig(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: gateway check-config FILE")
		return 2
	}
	c, err := config.Load(args[0])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: good, %d listeners, %d upstreams, %d ledgers\n", args[0], len(c.Listeners), len(c.Upstreams), len(c.Ledgers))
	return 0
}
