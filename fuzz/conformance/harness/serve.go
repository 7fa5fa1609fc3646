package harness

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// server is one life of a program that answers all cases. One goroutine uses it.
type server struct {
	*child
	to     *os.File // requests
	pipe   *os.File // replies
	from   *bufio.Reader
	limit  time.Duration // for a case
	served int           // cases answered in this life
	first  Reply         // to the empty list
}

// serve starts a program that talks {packet,4}.
func (p Program) serve() (*server, error) {
	theirs, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, theirs2, err := os.Pipe()
	if err != nil {
		theirs.Close()
		to.Close()
		return nil, err
	}
	s := &server{child: p.command(), to: to, pipe: from, from: bufio.NewReaderSize(from, 1<<16), limit: p.Timeout}
	s.cmd.Stdin, s.cmd.Stdout = theirs, theirs2
	err = s.start(p.Memory)
	theirs.Close()
	theirs2.Close()
	if err != nil {
		to.Close()
		from.Close()
		return nil, err
	}
	return s, nil
}

// startTime is for a VM that starts on a busy machine.
const startTime = 2 * time.Minute

// warm waits until a new program has answered the empty list, whatever it said:
// the time that its start takes is no payload's. It reports whether it lives.
func (s *server) warm() (alive bool, err error) {
	first, d, err := s.ask(emptyList, max(startTime, s.limit))
	s.served, s.first = 0, first
	return d == nil && err == nil, err
}

// begin starts the program for the first time and makes sure that it starts at
// all. One that dies of the empty list does, and the cases will show what that is;
// but one that fails without having been asked anything, or ends without reading a
// byte, is no decoder: its name is mistyped, or something that it needs is missing.
// The server is nil unless it lives.
func (p Program) begin() (*server, error) {
	s, err := p.serve()
	if err != nil {
		return nil, err
	}
	if alive, err := s.warm(); alive || err != nil {
		return s, err
	}
	c, _, err := p.try(nil, startTime)
	if err != nil {
		return nil, err
	}
	if c.fate.Load() != nil || !c.cmd.ProcessState.Success() {
		return nil, noStart(c.epitaph())
	}
	c, unread, err := p.try(append(binary.BigEndian.AppendUint32(nil, uint32(len(emptyList))), emptyList...), startTime)
	if err != nil {
		return nil, err
	}
	if unread && c.fate.Load() == nil {
		return nil, noStart(c.ended(" without reading or answering"))
	}
	return nil, nil
}

func noStart(d death) error { return fmt.Errorf("the program does not start: %s", d.why) }

// ask sends a payload and waits for the reply. After a death the server is of
// no more use. An error is a *Fault.
func (s *server) ask(payload []byte, limit time.Duration) (Reply, *death, error) {
	timer := s.deadline(limit)
	defer timer.Stop()
	sent := make(chan error, 1)
	go func() { sent <- s.send(payload) }() // it may answer before it has read all
	b, err := s.receive()
	if err == nil {
		err = <-sent
	}
	if err != nil {
		return Reply{}, s.bury(err), nil
	}
	r, err := ParseReply(b)
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		return Reply{}, nil, err
	case err != nil:
		return Reply{}, s.bury(err), nil
	}
	s.served++
	return r, nil, nil
}

func (s *server) send(payload []byte) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	if _, err := s.to.Write(head); err != nil {
		return err
	}
	_, err := s.to.Write(payload)
	return err
}

func (s *server) receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(s.from, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxReply {
		return nil, fmt.Errorf("%w: a frame of %d bytes", errReply, n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(s.from, b)
	return b, err
}

// bury waits for a program that broke off, and ends one that talks nonsense.
func (s *server) bury(err error) *death {
	if err != io.EOF && err != io.ErrUnexpectedEOF && !isBroken(err) {
		s.condemn(death{Crash, err.Error()})
	}
	// A closed pipe comes before the end of the process. The deadline still
	// runs, so this does not wait for ever.
	<-s.gone
	s.to.Close()
	s.pipe.Close()
	d := s.epitaph()
	return &d
}

// close ends the program: its standard input does, and it gets a moment.
func (s *server) close() {
	s.to.Close()
	timer := s.deadline(s.limit)
	<-s.gone
	timer.Stop()
	s.pipe.Close()
}
