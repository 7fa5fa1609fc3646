package beam

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Options says how to run the VM. The zero value is a good start.
type Options struct {
	// Erl and Erlc are the programs to run, looked up in PATH if empty.
	Erl, Erlc string
	// Node gives the VM a name and Creation a creation, without distribution.
	// If Node is empty the VM is nonode@nohost with creation 0, as most are,
	// which decides which identifiers are its own.
	Node     string
	Creation uint32
	// Timeout is how long a frame of payloads, or one payload alone, may take;
	// 20 seconds if 0.
	Timeout time.Duration
	// Memory caps the resident bytes of each VM; 2 GiB if 0.
	Memory int64

	// dir holds a judge that is compiled already and is not ours to remove:
	// most of the time of a short test would go into compiling.
	dir string
}

const (
	defaultTimeout = 20 * time.Second
	defaultMemory  = 2 << 30
	// defaultReply bounds what printed and canonical forms may cost here: a
	// printed term can be many times larger than its payload.
	defaultReply = 256 << 20
)

// Stats counts what happened since Start.
type Stats struct {
	Judged   uint64 // cases answered
	Started  uint64 // VMs started
	Recycled uint64 // VMs replaced because they were worn out
	Deaths   uint64 // VMs that died, isolation included
	Culprits uint64 // payloads that ended a fresh VM all alone
	// Unexplained counts deaths for which no culprit was found: no payload that was
	// under way, judged alone, ended a VM.
	Unexplained uint64
}

func (s Stats) plus(t Stats) Stats {
	return Stats{s.Judged + t.Judged, s.Started + t.Started, s.Recycled + t.Recycled,
		s.Deaths + t.Deaths, s.Culprits + t.Culprits, s.Unexplained + t.Unexplained}
}

// Oracle is the BEAM as a judge of payloads. It is safe for concurrent use;
// calls take turns, so a second Oracle is the way to use more processors.
type Oracle struct {
	mu     sync.Mutex
	remove string // directory to remove in the end, if any
	info   Info
	plain  *runner
	safe   *runner // only ever decodes with [safe]; its VM starts when first needed
	judged uint64
	closed bool
}

// ErrNotFound is the error of [Lookup] and [Start] where Erlang is missing.
var ErrNotFound = errors.New("beam: Erlang is not installed")

// Lookup finds erl and erlc in PATH.
func Lookup() (erl, erlc string, err error) {
	if erl, err = exec.LookPath("erl"); err == nil {
		erlc, err = exec.LookPath("erlc")
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return erl, erlc, nil
}

// Start compiles the judge and starts a VM. The Oracle must be closed.
func Start(o Options) (*Oracle, error) {
	p, err := o.program()
	if err != nil {
		return nil, err
	}
	oracle := &Oracle{plain: &runner{p: p}, safe: &runner{p: p}}
	if p.dir != o.dir {
		oracle.remove = p.dir
	}
	if err := oracle.plain.ready(); err != nil {
		oracle.Close()
		return nil, err
	}
	oracle.info = oracle.plain.vm.info
	return oracle, nil
}

func (o Options) program() (*program, error) {
	if o.Erl == "" || o.Erlc == "" {
		erl, erlc, err := Lookup()
		if err != nil {
			return nil, err
		}
		o.Erl, o.Erlc = or(o.Erl, erl), or(o.Erlc, erlc)
	}
	if o.dir == "" {
		dir, err := compile(o.Erlc)
		if err != nil {
			return nil, err
		}
		o.dir = dir
	}
	return &program{
		erl: o.Erl, dir: o.dir, node: o.Node, creation: o.Creation,
		timeout: or(o.Timeout, defaultTimeout), memory: or(o.Memory, defaultMemory),
		reply: defaultReply, recycle: defaultWear(),
	}, nil
}

// or returns v unless it is the zero value.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Info describes the VM.
func (o *Oracle) Info() Info { return o.info }

// Stats returns the counts so far. It waits for a call of Judge to end.
func (o *Oracle) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.plain.stats.plus(o.safe.stats)
	s.Judged = o.judged
	return s
}

// Close ends the VMs and removes the compiled judge.
func (o *Oracle) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	o.plain.close()
	o.safe.close()
	return os.RemoveAll(o.remove)
}

// ErrClosed is the error of Judge after Close.
var ErrClosed = errors.New("beam: oracle is closed")

// Judge returns the verdicts on cases, in order. A payload that kills or hangs
// the VM costs restarts and gets a Verdict that says so; it is no error and
// does not touch the verdicts on the others. Payloads are not kept.
//
// Batches of some thousand cases reach full speed; see [Oracle.Stream] for
// preparing the next batch meanwhile.
func (o *Oracle) Judge(cases []Case) ([]Verdict, error) {
	if err := check(cases); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, ErrClosed
	}
	out := make([]Verdict, len(cases))
	if err := o.judge(cases, out); err != nil {
		return nil, err
	}
	o.judged += uint64(len(cases))
	return out, nil
}

func check(cases []Case) error {
	for i := range cases {
		if len(cases[i].Payload) > maxPayload || len(cases[i].Other) > maxPayload {
			return fmt.Errorf("beam: case %d is over %d bytes", i, maxPayload)
		}
	}
	return nil
}
