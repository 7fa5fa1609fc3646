package harness

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// Program is the decoder under test and what it may take.
type Program struct {
	// Args are the program and its arguments.
	Args []string
	// Packet says that one process answers all cases in {packet,4} frames;
	// else each case has a process of its own.
	Packet bool
	// Timeout is how long one case may take, with the start of its process if
	// it has one of its own; 0 is 10 seconds. A case that takes longer is tried
	// again, so that a busy machine is not taken for a decoder that hangs.
	Timeout time.Duration
	// Memory is how many bytes the process may have resident, with all it has
	// started; 0 is 1 GiB. Without /proc it is not enforced.
	Memory int64
}

// The values of a Program's zero fields.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMemory  = 1 << 30
)

// maxReply is more than any reply needs. One that claims more ends its program.
const maxReply = 64 << 20

func (p Program) withDefaults() Program {
	if p.Timeout <= 0 {
		p.Timeout = DefaultTimeout
	}
	if p.Memory <= 0 {
		p.Memory = DefaultMemory
	}
	return p
}

// death is how a program failed to answer.
type death struct {
	outcome Outcome // Crash, Hang or Memory
	why     string
}

// child is one running process with its watchers.
type child struct {
	cmd  *exec.Cmd
	fate atomic.Pointer[death] // why it was killed, nil if it was not
	gone chan struct{}         // closed when it has been reaped
	said *lastWords            // on its standard error
}

// command prepares a child that is not started yet.
func (p Program) command() *child {
	c := &child{cmd: exec.Command(p.Args[0], p.Args[1:]...), gone: make(chan struct{}), said: &lastWords{}}
	c.cmd.Stderr = c.said
	c.cmd.WaitDelay = time.Second // for pipes that a grandchild still holds
	ownGroup(c.cmd)
	return c
}

// start runs the child under the eyes of its watcher.
func (c *child) start(memory int64) error {
	if err := c.cmd.Start(); err != nil {
		close(c.gone)
		return err
	}
	go func() {
		c.cmd.Wait() // how it ended is read from ProcessState
		killGroup(c.cmd.Process)
		close(c.gone)
	}()
	go c.watch(memory)
	return nil
}

// try runs the program to its end with no more than this to read. unread tells that
// it has left all of it.
func (p Program) try(input []byte, limit time.Duration) (c *child, unread bool, err error) {
	theirs, to, err := os.Pipe()
	if err != nil {
		return nil, false, err
	}
	defer theirs.Close() // it stays open, to see what is left in it
	_, err = to.Write(input)
	to.Close()
	if err != nil {
		return nil, false, err
	}
	c = p.command()
	c.cmd.Stdin = theirs
	if err := c.start(p.Memory); err != nil {
		return nil, false, err
	}
	timer := c.deadline(limit)
	<-c.gone
	timer.Stop()
	left, err := io.ReadAll(theirs)
	return c, len(input) > 0 && len(left) == len(input), err
}

// condemn kills the child and all it has started. The first reason stands.
func (c *child) condemn(why death) {
	c.fate.CompareAndSwap(nil, &why)
	killGroup(c.cmd.Process)
}

// deadline condemns the child unless the timer is stopped in time.
func (c *child) deadline(limit time.Duration) *time.Timer {
	return time.AfterFunc(limit, func() {
		c.condemn(death{Hang, "no answer in " + limit.String()})
	})
}

// epitaph says how a child that is gone ended.
func (c *child) epitaph() death { return c.ended("") }

// ended is an epitaph with a word more of one that was not killed.
func (c *child) ended(how string) death {
	if why := c.fate.Load(); why != nil {
		return *why
	}
	text := c.cmd.ProcessState.String() + how
	if said := c.said.String(); said != "" {
		text += fmt.Sprintf(": %q", said)
	}
	return death{Crash, text}
}

// watch condemns the child when its memory passes the cap.
func (c *child) watch(limit int64) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.gone:
			return
		case <-tick.C:
		}
		if rss := resident(c.cmd.Process.Pid); rss > limit {
			c.condemn(death{Memory, fmt.Sprintf("%d MiB resident, the cap is %d MiB", rss>>20, limit>>20)})
			return
		}
	}
}

// Lookup reports whether there is such a program, by the error of its absence.
func (p Program) Lookup() error {
	if len(p.Args) == 0 {
		return fmt.Errorf("no program is named: %w", os.ErrInvalid)
	}
	_, err := exec.LookPath(p.Args[0])
	return err
}
