package beam

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"
)

// vm is one life of an Erlang VM. Exactly one goroutine at a time uses it.
type vm struct {
	cmd  *exec.Cmd
	to   *os.File      // requests
	pipe *os.File      // replies
	from *bufio.Reader // reads pipe
	said *tail         // what it printed
	most int64         // bytes that a reply may have

	fate atomic.Pointer[end] // why we killed it, nil if we did not
	rss  atomic.Int64        // resident bytes when last looked at
	worn atomic.Bool         // time for a new life, see program.worn
	gone chan struct{}       // closed when the process has been reaped

	info   Info
	served int // payloads judged in this life
	buf    []byte
}

// end is how a VM ended; the zero value: it lives.
type end struct {
	death Death
	why   string
}

// launch starts a VM and waits until it answers.
func launch(p *program) (*vm, error) {
	v := &vm{said: &tail{}, most: p.reply, gone: make(chan struct{})}
	if err := v.start(p); err != nil {
		return nil, fmt.Errorf("beam: start %s: %w", p.erl, err)
	}
	go v.reap()
	go v.watch(p.memory)
	if err := v.hello(p); err != nil {
		v.kill(nil)
		return nil, fmt.Errorf("beam: %s does not answer: %w: %s", p.erl, err, v.said)
	}
	return v, nil
}

// start runs the process with the two pipes of the protocol as descriptors 3
// and 4.
func (v *vm) start(p *program) error {
	theirs, to, err := os.Pipe()
	if err != nil {
		return err
	}
	from, theirs2, err := os.Pipe()
	if err != nil {
		theirs.Close()
		to.Close()
		return err
	}
	v.to, v.pipe, v.from = to, from, bufio.NewReaderSize(from, 1<<16)
	v.cmd = p.command()
	v.cmd.ExtraFiles = []*os.File{theirs, theirs2}
	v.cmd.Stdout, v.cmd.Stderr = v.said, v.said
	err = v.cmd.Start()
	theirs.Close()
	theirs2.Close()
	if err != nil {
		to.Close()
		from.Close()
	}
	return err
}

func (v *vm) reap() {
	v.cmd.Wait() // the error is read from cmd.ProcessState, see epitaph
	v.to.Close()
	close(v.gone)
}

// kill ends the process, for the reason given, and waits until it is gone.
func (v *vm) kill(why *end) {
	v.condemn(why)
	<-v.gone
	v.pipe.Close()
}

// condemn ends the process without waiting. The first reason stands.
func (v *vm) condemn(why *end) {
	if why != nil {
		v.fate.CompareAndSwap(nil, why)
	}
	v.cmd.Process.Kill()
}

func (v *vm) alive() bool {
	select {
	case <-v.gone:
		return false
	default:
		return v.fate.Load() == nil
	}
}

// epitaph says how a VM that is gone ended.
func (v *vm) epitaph() end {
	if why := v.fate.Load(); why != nil {
		return *why
	}
	state := v.cmd.ProcessState
	if state.ExitCode() == exitHeap {
		return end{TooBig, "the judging process went over its heap cap"}
	}
	return end{Crashed, state.String() + v.said.quoted()}
}

// exitHeap is EXIT_HEAP in oracle.erl.
const exitHeap = 3

// bootTime is generous: it only has to end a VM that never comes up.
const bootTime = time.Minute

// deadline kills the VM unless stopped, or put off, in time.
func (v *vm) deadline(d time.Duration) *time.Timer {
	return time.AfterFunc(d, func() {
		v.condemn(&end{Hung, "no reply in " + d.String()})
	})
}

func (v *vm) hello(p *program) error {
	defer v.deadline(bootTime).Stop()
	if _, err := v.to.Write(appendHello(nil, p.heapWords(), p.node, p.creation)); err != nil {
		return err
	}
	text, err := v.receive()
	if err != nil {
		return err
	}
	v.info, err = parseInfo(string(text))
	return err
}

// receive reads one frame; what it returns is valid until the next call.
func (v *vm) receive() ([]byte, error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(v.from, head[:]); err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > v.most {
		v.condemn(&end{TooBig, "a reply of " + strconv.FormatInt(n, 10) + " bytes"})
		return nil, io.ErrUnexpectedEOF
	}
	b := v.buf
	if int64(cap(b)) < n {
		b = make([]byte, n)
	}
	if n <= keepReply {
		v.buf = b
	}
	_, err := io.ReadFull(v.from, b[:n])
	return b[:n], err
}

// keepReply bounds the buffer that is kept for the next reply.
const keepReply = 4 << 20
