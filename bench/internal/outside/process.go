// Package outside runs programs that are no Go: the BEAM and Node. Each is one
// process for the whole run that times its own work on request, so that it can
// take turns with the others.
package outside

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Process is a timing program behind a pipe. It is for one goroutine. One that
// dies of a payload is started again for the next.
type Process struct {
	Version string // as the program says it

	command func() *exec.Cmd
	apart   bool
	dead    bool

	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said *bytes.Buffer
}

// patience is how long one request may take.
const patience = 5 * time.Minute

// Refused is the error of an operation that the program cannot do.
type Refused struct{ Why string }

// Error returns the program's own words, on one line.
func (r *Refused) Error() string { return r.Why }

// start runs a program that sends its version first. It answers on stdout, or
// with apart on descriptor 3, if stdout is not its own.
func start(command func() *exec.Cmd, apart bool) (*Process, error) {
	p := &Process{command: command, apart: apart}
	return p, p.start()
}

func (p *Process) start() error {
	cmd := p.command()
	p.cmd, p.said, p.dead = cmd, new(bytes.Buffer), false
	cmd.Stderr = p.said
	cmd.Env = environment()
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	if p.apart {
		cmd.ExtraFiles = []*os.File{theirs}
	} else {
		cmd.Stdout = theirs
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		out.Close()
		return err
	}
	p.in, p.out = in, bufio.NewReader(out)
	hello, err := p.read()
	if err != nil {
		return err
	}
	p.Version = string(hello)
	return nil
}

// environment leaves out what changes how a BEAM or Node runs.
func environment() []string {
	env := []string{"LC_ALL=C.UTF-8", "ERL_CRASH_DUMP=" + os.DevNull, "ERL_CRASH_DUMP_SECONDS=0"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS", "NODE_OPTIONS", "LANG", "LC_ALL":
			continue
		}
		env = append(env, kv)
	}
	return env
}

// Time runs an operation n times on the payload in a file and returns how long
// that took.
func (p *Process) Time(op byte, n int, file string) (time.Duration, error) {
	if p.dead {
		if err := p.start(); err != nil {
			return 0, err
		}
	}
	enough := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer enough.Stop()
	body := binary.BigEndian.AppendUint32([]byte{op}, uint32(n))
	body = append(body, file...)
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	if _, err := p.in.Write(append(head, body...)); err != nil {
		return 0, p.broken(err)
	}
	answer, err := p.read()
	switch {
	case err != nil:
		return 0, err
	case len(answer) > 0 && answer[0] == 1:
		return 0, &Refused{strings.Join(strings.Fields(string(answer[1:])), " ")}
	case len(answer) != 9:
		return 0, p.broken(fmt.Errorf("an answer of %d bytes", len(answer)))
	}
	return time.Duration(binary.BigEndian.Uint64(answer[1:])), nil
}

func (p *Process) read() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(p.out, head[:]); err != nil {
		return nil, p.broken(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > 1<<20 {
		return nil, p.broken(fmt.Errorf("an answer of %d bytes", n))
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(p.out, b); err != nil {
		return nil, p.broken(err)
	}
	return b, nil
}

// broken ends what is left of a program that does not answer as it should.
func (p *Process) broken(err error) error {
	p.dead = true
	p.cmd.Process.Kill()
	p.in.Close()
	p.cmd.Wait()
	return errors.Join(fmt.Errorf("%s: %w", filepath.Base(p.cmd.Path), err), errors.New(strings.TrimSpace(p.said.String())))
}

// Close ends the program, which does so itself when its input ends.
func (p *Process) Close() error {
	if p.dead {
		return nil
	}
	p.in.Close()
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		return <-done
	}
}
