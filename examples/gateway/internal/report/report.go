// Package report hears what nodes say of themselves. The other end is
// erlang/beamgate_reporter.erl:
//
//	gateway ─► node   frame of {packet,4}: 32 random bytes, the challenge
//	node ─► gateway   frames of {packet,4}, each a term
//	                  {beamgate, MAC, Payload}
//
// Payload is a term as a binary, and MAC is HMAC-SHA256, with the shared secret,
// of the challenge, the number of the message from 0 in 8 bytes, and Payload. A
// message that was recorded is therefore worth nothing on another connection or in
// another place. What it says:
//
//	{report, Node, Creation, StartedMs, AtomCount, AtomLimit, Processes,
//	         ProcessLimit, RunQueue, MemoryBytes, LongestQueue, Restarts}
//	{names, Node, [Name]}         names that the node has; these messages add up
//
// Strings are binaries. The terms are read by package safe.
package report

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
	"github.com/beamgate/beamgate/safe"
)

// Least is the least length of a secret, in bytes.
const Least = 16

var (
	// ErrForged ends a connection whose message was not made with the secret.
	ErrForged = errors.New("report: not authenticated")
	errShape  = errors.New("report: no report")
)

// Report is what a node said. Load is of no use where only Names came.
type Report struct {
	ledger.Report
	Load      upstream.Load
	NamesOnly bool
}

// Conn reads the reports of one node.
type Conn struct {
	frames    *etf.FrameReader
	conn      net.Conn
	secret    []byte
	challenge [32]byte
	n         uint64
	idle      time.Duration
}

// Accept sends the challenge. Reports have to come at least every idle.
func Accept(c net.Conn, secret []byte, idle time.Duration) (*Conn, error) {
	r := &Conn{conn: c, secret: secret, idle: idle}
	rand.Read(r.challenge[:])
	var err error
	if r.frames, err = safe.Mode().NewFrameReader(c, 4); err != nil {
		return nil, err
	}
	frame, err := etf.AppendFrame(nil, r.challenge[:], 4)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(idle))
	_, err = c.Write(frame)
	return r, err
}

// Next returns the next report. After an error the connection is of no use.
func (c *Conn) Next() (Report, error) {
	c.conn.SetDeadline(time.Now().Add(c.idle))
	t, err := c.frames.ReadTerm()
	if err != nil {
		return Report{}, err
	}
	if t.Kind() != etf.KindTuple || t.Len() != 3 || !t.Index(0).IsAtom("beamgate") {
		return Report{}, errShape
	}
	mac, ok1 := t.Index(1).Bytes()
	payload, ok2 := t.Index(2).Bytes()
	if !ok1 || !ok2 || !hmac.Equal(mac, Sign(c.secret, c.challenge[:], c.n, payload)) {
		return Report{}, ErrForged
	}
	c.n++
	p, err := safe.Decode(payload)
	if err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	return parse(p)
}

// Sign is the MAC of message n on the connection with this challenge.
func Sign(secret, challenge []byte, n uint64, payload []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(challenge)
	h.Write(binary.BigEndian.AppendUint64(nil, n))
	h.Write(payload)
	return h.Sum(nil)
}

func parse(t etf.Term) (r Report, err error) {
	if t.Kind() != etf.KindTuple || t.Len() < 3 {
		return r, errShape
	}
	node, ok := t.Index(1).Bytes()
	if !ok {
		return r, errShape
	}
	r.Node = string(node)
	switch kind, _ := t.Index(0).Atom(); {
	case kind == "names" && t.Len() == 3:
		r.NamesOnly = true
		for e := range t.Index(2).Elements() {
			b, ok := e.Bytes()
			if !ok {
				return r, errShape
			}
			r.Names = append(r.Names, string(b))
		}
		return r, nil
	case kind == "report" && t.Len() == 12:
		return r, r.numbers(t)
	}
	return r, errShape
}

func (r *Report) numbers(t etf.Term) error {
	var v [12]int64
	for i := 2; i < 12; i++ {
		n, ok := t.Index(i).Int()
		if !ok || n < 0 {
			return errShape
		}
		v[i] = n
	}
	if v[5] == 0 || v[7] == 0 {
		return errShape
	}
	r.Creation, r.Started, r.AtomCount, r.AtomLimit = v[2], v[3], v[4], v[5]
	r.Load = upstream.Load{
		ProcessPercent: v[6] * 100 / v[7], RunQueue: v[8], MemoryMiB: v[9] >> 20, QueueLen: v[10], Restarts: v[11],
	}
	return nil
}
