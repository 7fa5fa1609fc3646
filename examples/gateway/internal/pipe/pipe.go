// Package pipe stands between a node and one of its port programs:
//
//	open_port({spawn_executable, "gateway"}, [{args, ["pipe", "gateway.yaml", "door",
//	          "--", "program", "arg"]}, {packet, 4}, binary, exit_status])
//
//	node ─ stdin ─► checked ─► stdin of the program
//	node ◄─ stdout ─ checked ◄─ stdout of the program
//
// What the node sends is trusted less than one would think, for it often passes on
// what clients sent; what the program sends goes into a node, and is bounded by
// the ledger. Here nothing decides but the guard, so frames are read by
// safe.Guard.NewFrameReader, which checks each as it reads it.
package pipe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// Ends are what the node is connected to.
type Ends struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// Run runs the program until the node closes the port or the program ends, and
// returns the exit status of the port: the program's, or 1 if something was
// refused. A refusal ends the program: a port has no way to tell of one message.
func Run(ctx context.Context, p *door.Pass, ends Ends, name string, args ...string) (status int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = ends.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return 1, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	var refused once
	// Towards the program names cost nothing: it is no node.
	go func() {
		defer in.Close() // a program of ports ends at the end of its input
		if err := copyFrames(p, door.ToClient, ends.Stdin, in); err != nil {
			refused.set(err)
			cancel()
		}
	}()
	back := copyFrames(p, door.ToNode, out, ends.Stdout)
	if back != nil {
		refused.set(back)
		cancel()
	}
	err = cmd.Wait()
	if why := refused.get(); why != nil {
		return 1, why
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// once keeps the first error.
type once struct {
	mu  sync.Mutex
	err error
}

func (o *once) set(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

func (o *once) get() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// copyFrames passes frames on, one by one, until the input ends. The error is the
// refusal of one, or that of the output.
func copyFrames(p *door.Pass, way door.Direction, r io.Reader, w io.Writer) error {
	width := p.Door().Config.Packet
	frames, err := p.Guard(way).NewFrameReader(bufio.NewReader(r), width)
	if err != nil {
		return err
	}
	out, err := etf.NewFrameWriter(w, width)
	if err != nil {
		return err
	}
	for {
		p.Begin(way)
		b, err := frames.ReadFrame()
		if err == io.EOF {
			return nil
		}
		if r := p.Told(way, b, err); r != nil {
			return r
		}
		if err := out.WriteFrame(b); err != nil {
			return fmt.Errorf("pipe: %w", err)
		}
	}
}
