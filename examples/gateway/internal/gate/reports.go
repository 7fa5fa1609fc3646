package gate

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/report"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
)

// maxReporters bounds the connections of nodes. Who has not shown that he is one gives
// way to whoever comes.
const maxReporters = 64

// reporters is the listener for nodes.
type reporters struct {
	g      *Gate
	socket net.Listener
	done   chan struct{}
	live   sync.WaitGroup

	mu     sync.Mutex
	config config.Report
	secret []byte
	loads  map[string]said // by node
	conns  map[net.Conn]bool
	new    []net.Conn // those of them that have said nothing with the secret yet, as they came
	closed bool
}

// said is the last load of a node, and when it came.
type said struct {
	load upstream.Load
	at   time.Time
}

// planReports opens the listener, or takes over another secret.
func (p *plan) planReports() error {
	c := p.c.Report
	if c.Listen == "" {
		return nil
	}
	secret, err := readSecret(c.SecretFile)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	r := p.g.reporters
	if r == nil || r.config.Listen != c.Listen {
		socket, err := net.Listen("tcp", c.Listen)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		p.undos = append(p.undos, func() { socket.Close() })
		r = &reporters{g: p.g, socket: socket, done: make(chan struct{}), loads: map[string]said{}, conns: map[net.Conn]bool{}}
	}
	p.reporters = r
	p.commits = append(p.commits, func() { r.use(c, secret) })
	return nil
}

func readSecret(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if b = bytes.TrimSpace(b); len(b) < report.Least {
		return nil, fmt.Errorf("the secret in %s has fewer than %d bytes", path, report.Least)
	}
	return b, nil
}

func (p *plan) commitReports() {
	old := p.g.reporters
	p.g.reporters = p.reporters
	if old != nil && old != p.reporters {
		old.retire()
		go old.close()
	}
	if p.reporters == nil { // nobody is left who would tell otherwise
		for _, u := range p.g.upstreams {
			u.Silence()
		}
	}
	if p.reporters != nil && old != p.reporters {
		p.reporters.live.Go(p.reporters.serve)
		p.reporters.live.Go(p.reporters.age)
	}
}

// use takes over a configuration. With another secret every connection ends: nodes come
// again with that one, and nobody else does.
func (r *reporters) use(c config.Report, secret []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !bytes.Equal(r.secret, secret) {
		for c := range r.conns {
			c.Close()
		}
	}
	r.config, r.secret = c, secret
}

// retire ends what it says of upstreams: others do that now, or nobody.
func (r *reporters) retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.done)
	}
}

func (r *reporters) close() {
	r.retire()
	r.mu.Lock()
	r.socket.Close()
	for c := range r.conns {
		c.Close()
	}
	r.mu.Unlock()
	r.live.Wait()
}

func (r *reporters) serve() {
	for {
		c, err := r.socket.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond)
			continue
		}
		r.mu.Lock()
		full := r.closed || len(r.conns) >= maxReporters && !r.evict()
		if !full {
			r.conns[c] = true
			r.new = append(r.new, c)
		}
		r.mu.Unlock()
		if full {
			c.Close()
			continue
		}
		r.live.Go(func() { r.node(c) })
	}
}

// evict closes the connection that has been here longest without a word from a node.
// Caller holds mu.
func (r *reporters) evict() bool {
	if len(r.new) == 0 {
		return false
	}
	r.new[0].Close()
	delete(r.conns, r.new[0])
	r.new = r.new[1:]
	return true
}

// known keeps a connection from being closed for another one.
func (r *reporters) known(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(c)
}

// keep is known. Caller holds mu.
func (r *reporters) keep(c net.Conn) {
	if i := slices.Index(r.new, c); i >= 0 {
		r.new = slices.Delete(r.new, i, i+1)
	}
}

// node reads what one node says, until it ends or says what it must not.
func (r *reporters) node(c net.Conn) {
	defer func() {
		r.mu.Lock()
		delete(r.conns, c)
		r.keep(c)
		r.mu.Unlock()
		c.Close()
	}()
	r.mu.Lock()
	secret, idle := r.secret, r.config.MaxAge.Duration
	r.mu.Unlock()
	conn, err := report.Accept(c, secret, idle)
	var names []string
	heard := false
	for err == nil {
		var said report.Report
		if said, err = conn.Next(); err != nil {
			break
		}
		r.known(c)
		heard = true
		if said.NamesOnly { // of the life that the next report names
			if len(names) > maxNames {
				break
			}
			names = append(names, said.Names...)
			continue
		}
		said.Names, names = names, nil
		r.take(said)
	}
	if !heard { // mostly another secret than in report.secret_file
		r.g.Log.Warn("report", "node_connection", "ended before a word with the secret", "from", c.RemoteAddr().String(), "err", err)
		return
	}
	r.g.Log.Info("report", "node_connection", "ended", "from", c.RemoteAddr().String(), "err", err)
}

// maxNames is more than any atom table of a node with the usual limit.
const maxNames = 4 << 20

// take hands a report to the ledgers and upstreams that it is about.
func (r *reporters) take(rep report.Report) {
	r.mu.Lock()
	_, before := r.loads[rep.Node]
	r.loads[rep.Node] = said{rep.Load, time.Now()}
	r.mu.Unlock()
	r.g.mu.Lock()
	ledgers := r.g.ledgers
	named := r.g.config.Knows(rep.Node)
	r.g.mu.Unlock()
	switch {
	case before:
	case named:
		r.g.Log.Info("report", "node", rep.Node, "event", "it reports")
	default:
		r.g.Log.Warn("report", "node", rep.Node, "event", "it reports, and no ledgers[].nodes and no upstreams[].nodes has it: that changes nothing")
	}
	for name, l := range ledgers {
		began, err := l.Report(rep.Report)
		if err != nil {
			r.g.Log.Error("ledger", "ledger", name, "err", err)
		}
		if began {
			r.g.Log.Warn("ledger", "ledger", name, "event", "a new life of the node", "creation", rep.Creation)
		}
	}
	r.press()
}

// age forgets nodes that fell silent.
func (r *reporters) age() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-r.done:
			return
		}
		r.mu.Lock()
		for name, s := range r.loads {
			if time.Since(s.at) > r.config.MaxAge.Duration {
				delete(r.loads, name)
			}
		}
		r.mu.Unlock()
		r.press()
	}
}

// press lets the worst of each upstream's nodes drive its limits.
func (r *reporters) press() {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	for _, u := range r.g.upstreams {
		c := u.Config()
		nodes := c.Nodes
		if l := r.g.config.Ledger(c.Ledger); len(nodes) == 0 && l != nil {
			nodes = l.Nodes
		}
		var worst upstream.Load
		heard := false
		for name, s := range r.loads {
			if slices.Contains(nodes, name) {
				heard = true
				worst = worst.Max(s.load)
			}
		}
		if heard {
			u.Report(worst)
		} else {
			u.Silence()
		}
	}
}
