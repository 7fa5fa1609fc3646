// Package pipe stands between a node and one of its port programs:
//
//	open_port({spawn_executable, "gateway"}, [{args, ["pipe", "gateway.yaml", "door",
//	          "--", "program", "arg"]}, {packet, 4}, binary, exit_status])
//
//	node ─ stdin ─► checked ─► stdin of the program
//	node ◄─ stdout ─ checked ◄─ stdout of the program
//
// What the node sends is trusted less than one would think, for it often passes on
// what clients sent; what the program sends goes into a node: it is a message as any
// other, bounded by the ledger, and goes on in canonical bytes if the listener says so.
// The modes of the listener's rules hold. Rates do not: there is one sender, and he is
// slowed down by who reads.
package pipe

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/limits"
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
		if err := copyFrames(ctx, p, door.ToClient, ends.Stdin, in); err != nil {
			refused.set(err)
			cancel()
		}
	}()
	back := copyFrames(ctx, p, door.ToNode, out, ends.Stdout)
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
func copyFrames(ctx context.Context, p *door.Pass, way door.Direction, r io.Reader, w io.Writer) error {
	c := &copier{p: p, way: way, in: bufio.NewReader(r), w: w, width: p.Door().Config.Packet}
	c.most = p.Guard(way).Mode().Config().Limits.MaxStreamBytes
	var err error
	if c.out, err = etf.NewFrameWriter(w, c.width); err != nil {
		return err
	}
	for err == nil {
		err = c.frame(ctx)
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// copier passes on the frames of one direction.
type copier struct {
	p       *door.Pass
	way     door.Direction
	in      *bufio.Reader
	w       io.Writer
	out     *etf.FrameWriter
	width   int
	read    int64 // bytes so far, and of the frame at hand
	most    int64 // that they may be
	body    bytes.Buffer
	scratch []byte
}

// frame passes on one frame. io.EOF is the end of the input, between two.
func (c *copier) frame(ctx context.Context) error {
	var wide [4]byte
	head := wide[4-c.width:]
	if _, err := io.ReadFull(c.in, head); err == io.EOF {
		return err
	} else if err != nil {
		return c.broken(err)
	}
	n := int64(binary.BigEndian.Uint32(wide[:]))
	c.read += int64(c.width) + n
	if r := c.p.Oversize(c.way, n); r != nil {
		return r
	}
	if r := c.endless(); r != nil {
		return r
	}
	if n > c.p.Door().MaxBytes(c.way) { // that is only noted: nobody holds it, or looks into it
		if _, err := c.w.Write(head); err != nil {
			return fmt.Errorf("pipe: %w", err)
		}
		_, err := io.CopyN(c.w, c.in, n)
		return c.broken(err)
	}
	c.body.Reset()
	if _, err := io.CopyN(&c.body, c.in, n); err != nil { // it grows with what arrives
		return c.broken(err)
	}
	return c.pass(ctx, c.body.Bytes())
}

// pass asks the rules about a message, and writes what may go on.
func (c *copier) pass(ctx context.Context, msg []byte) error {
	if c.way == door.ToClient {
		if r := c.p.Answer(msg); r != nil {
			return r
		}
		return c.write(msg)
	}
	t, r := c.p.Request(ctx, msg, c.scratch)
	if r != nil {
		return r
	}
	if len(t.Bytes) > 0 && &t.Bytes[0] != &msg[0] {
		c.scratch = t.Bytes // it has grown, perhaps
	}
	if err := c.write(t.Bytes); err != nil {
		t.Cancel()
		return err
	}
	t.Done()
	return nil
}

// write lets an empty frame be one: where the rule about terms is not in earnest, it has
// to pass.
func (c *copier) write(b []byte) (err error) {
	if len(b) == 0 {
		_, err = c.w.Write(make([]byte, c.width))
	} else {
		err = c.out.WriteFrame(b)
	}
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	return nil
}

// endless is the cap on all frames together. Where it is only noted, once is enough.
func (c *copier) endless() *door.Refusal {
	if c.read <= c.most {
		return nil
	}
	e := &etf.Error{Code: etf.CodeLimitStreamBytes, Offset: c.read, Limit: &limits.Error{Name: "MaxStreamBytes", Max: c.most, Got: c.read}}
	c.most = limits.NoLimit
	return c.p.Told(c.way, e)
}

// broken tells of a frame that could not be read to its end. Nothing can go on behind it,
// whatever the modes.
func (c *copier) broken(err error) error {
	if err == nil {
		return nil
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = &etf.Error{Code: etf.CodeTruncated, Offset: c.read}
	}
	if r := c.p.Told(c.way, err); r != nil {
		return r
	}
	return fmt.Errorf("pipe: %w", err)
}
