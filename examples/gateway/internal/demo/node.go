package demo

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	"github.com/beamgate/beamgate/fuzz/beam"
)

// node is what stands behind the gateway, or beside it.
type node struct {
	addr string
	stop func()
	real bool
}

// imitation is a node for machines without Erlang. It keeps, as a node does, every
// atom it has ever met.
type imitation struct {
	mode *etf.Mode
	l    net.Listener

	mu    sync.Mutex
	atoms map[string]bool
	count int64
}

func imitate() (node, error) {
	mode, err := etf.OTP().Compile()
	if err != nil {
		return node{}, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return node{}, err
	}
	m := &imitation{mode: mode, l: l, atoms: map[string]bool{}}
	go m.accept()
	return node{addr: l.Addr().String(), stop: func() { l.Close() }}, nil
}

func (m *imitation) accept() {
	for {
		c, err := m.l.Accept()
		if err != nil {
			return
		}
		go m.serve(c)
	}
}

func (m *imitation) serve(c net.Conn) {
	defer c.Close()
	frames, err := m.mode.NewFrameReader(bufio.NewReader(c), 4)
	if err != nil {
		return
	}
	out, err := etf.NewFrameWriter(c, 4)
	if err != nil {
		return
	}
	for {
		t, err := frames.ReadTerm()
		if err == io.EOF || err != nil && !frames.Resume() {
			return
		}
		if out.WriteFrame(m.see(t)) != nil {
			return
		}
	}
}

// see remembers the atoms of a term and answers as a real node does.
func (m *imitation) see(t etf.Term) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	m.learn(t)
	return seen(int64(len(m.atoms)), 0, m.count)
}

func (m *imitation) learn(t etf.Term) {
	if name, ok := t.Atom(); ok {
		m.atoms[name] = true
	}
	switch t.Kind() {
	case etf.KindList, etf.KindTuple:
		for e := range t.Elements() {
			m.learn(e)
		}
	case etf.KindMap:
		for k, v := range t.Pairs() {
			m.learn(k)
			m.learn(v)
		}
	}
}

// nodes starts the node behind the gateway and, with Erlang, its twin without one.
func nodes() (guarded node, twin *node, err error) {
	modules, err := beamnode.Compile()
	if errors.Is(err, beam.ErrNotFound) {
		guarded, err = imitate()
		return guarded, nil, err
	}
	if err != nil {
		return node{}, nil, err
	}
	var both [2]*beamnode.Node
	for i := range both {
		if both[i], err = modules.Start("", ""); err != nil {
			modules.Remove()
			return node{}, nil, err
		}
	}
	end := func(n *beamnode.Node) func() { return func() { n.Kill(); n.Wait() } }
	guarded = node{addr: both[0].Addr, stop: func() { end(both[0])(); modules.Remove() }, real: true}
	return guarded, &node{addr: both[1].Addr, stop: end(both[1]), real: true}, nil
}
