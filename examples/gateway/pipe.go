package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/pipe"
)

// runPipe is for open_port of a node: it runs a port program and checks the frames
// in both directions by the rules of one listener, which does not listen.
func runPipe(args []string, stdout, stderr io.Writer) int {
	if len(args) < 4 || args[2] != "--" {
		fmt.Fprintln(stderr, "usage: gateway pipe FILE LISTENER -- PROGRAM [ARG ...]")
		return 2
	}
	c, err := config.Load(args[0])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	log := metrics.NewLog(stderr, c.Log)
	defer log.Global()()
	pass, done, err := gate.Alone(c, args[1], metrics.New(log))
	if err != nil {
		fmt.Fprintln(stderr, "gateway pipe:", err)
		return 2
	}
	defer done()
	status, err := pipe.Run(context.Background(), pass, pipe.Ends{Stdin: os.Stdin, Stdout: stdout, Stderr: stderr}, args[3], args[4:]...)
	if err != nil {
		fmt.Fprintln(stderr, "gateway pipe:", err)
	}
	return status
}
