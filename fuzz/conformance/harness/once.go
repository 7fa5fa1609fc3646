package harness

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
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

// refusesEmpty asks a program that has a process for each case for the empty list,
// to see that it starts at all, and returns why it refuses it, "" if it does not. One
// that dies of it starts, and the cases will show what that is; but one that fails
// and has not read a byte is no decoder.
func (p Program) refusesEmpty() (why string, err error) {
	c, unread, err := p.try(emptyList, p.Timeout)
	if err != nil || c.fate.Load() != nil {
		return "", err
	}
	status := c.cmd.ProcessState.ExitCode()
	switch {
	case unread && status != 0:
		return "", noStart(c.ended(" without reading its input"))
	case status == 1:
		said := c.said.String()
		return cmp.Or(line(said[strings.LastIndexByte(said, '\n')+1:]), unsaid), nil
	}
	return "", nil
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
