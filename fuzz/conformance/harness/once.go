package harness

import (
	"bytes"
	"errors"
)

// once runs the program for one payload. A nil death comes with a reply.
func (p Program) once(payload []byte) (Reply, *death, error) {
	c := p.command()
	out := &capped{}
	c.cmd.Stdin, c.cmd.Stdout = bytes.NewReader(payload), out
	if err := c.start(p.Memory); err != nil {
		return Reply{}, nil, err
	}
	timer := c.deadline(p.Timeout)
	<-c.gone
	timer.Stop()
	if c.fate.Load() != nil {
		d := c.epitaph()
		return Reply{}, &d, nil
	}
	switch c.cmd.ProcessState.ExitCode() {
	case 0:
		return p.printed(out)
	case 1:
		return Reply{Used: Untold}, nil, nil
	}
	d := c.epitaph()
	return Reply{}, &d, nil
}

// printed reads the output of an accepting program. Nonsense there is no
// crash of the decoder, but there is no word for it that would be fairer.
func (p Program) printed(out *capped) (Reply, *death, error) {
	if out.over {
		return Reply{}, &death{Crash, "it printed too much"}, nil
	}
	r, err := parseOutput(out.b.Bytes())
	if err != nil {
		return Reply{}, &death{Crash, err.Error()}, nil
	}
	return r, nil, nil
}

// capped keeps what is written to it up to maxReply bytes.
type capped struct {
	b    bytes.Buffer
	over bool
}

var errTooMuch = errors.New("too much output")

// Write fails once there is too much, which ends the copying from the pipe.
func (c *capped) Write(p []byte) (int, error) {
	if c.b.Len()+len(p) > maxReply {
		c.over = true
		return 0, errTooMuch
	}
	return c.b.Write(p)
}
