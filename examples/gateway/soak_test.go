package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/fuzz/corpus"
)

var (
	soakFor     = flag.Duration("soak", 0, "how long TestSoak sends; 0: a number of messages")
	soakClients = flag.Int("soak-clients", 500, "connections of TestSoak")
)

const (
	// soakAtoms is how many new names the node may learn under load.
	soakAtoms = 500
	// soakFlood is how many new names a message of a flood brings.
	soakFlood = 8
)

// payload is a case of the corpus.
type payload struct {
	id, class string
	frame     []byte
	digest    beamnode.Digest // of a good one: what the node has to have decoded
}

// TestSoak: mixed load before a real node that keeps account of what it decodes.
// One message in ten is hostile: every case that the policy refuses, of every class
// of the corpus, in turn, and floods of new atoms. The others are drawn from the
// valid ones. SOAK.md has a recorded run of the long form:
//
//	go -C examples/gateway test -run 'TestSoak$' -soak 10m -timeout 0 -v .
func TestSoak(t *testing.T) {
	modules := beamnode.Require(t)
	s := newSoak(t, modules)
	s.warmUp()
	s.load()
	s.settle()
}

type soak struct {
	*running
	t       *testing.T
	gateway *exec.Cmd
	dead    chan bool // closed when it has ended
	node    *beamnode.Node
	good    []payload
	bad     []payload

	before beamnode.Account
	spent  int64 // before the load
	idle   reading

	messages int64        // of the short form: enough for each of bad to be sent
	next     atomic.Int64 // of bad
	sent     atomic.Int64
	flood    atomic.Int64
	mu       sync.Mutex
	want     map[beamnode.Digest]int64
	counts   map[string]int64 // messages by class, and floods by what became of them
	lost     int
}

func newSoak(t *testing.T, modules *beamnode.Modules) *soak {
	s := &soak{
		running: newRunning(t),
		t:       t, dead: make(chan bool), want: map[beamnode.Digest]int64{}, counts: map[string]int64{},
	}
	s.cases()
	node, report := Free(t), Free(t)
	WriteFile(t, filepath.Join(s.dir, "secret"), "a secret of some length")
	WriteFile(t, s.config(), s.text(node, report, 1_000_000))
	s.gateway = s.process(t)
	go func() { s.gateway.Wait(); close(s.dead) }()
	_, port, _ := strings.Cut(report, ":")
	var err error
	s.node, err = modules.StartKeeping(beamnode.Keeping{Addr: node, Reporter: port, Secret: "a secret of some length"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.node.Kill(); s.node.Wait() })
	Eventually(t, "the node has reported", func() bool { b := s.budget(); return b.Locked == "" && b.Known > 1000 })
	return s
}

// text is the configuration: limits that have room for so many clients, since what
// is shed is lost, and the rules as they are by default.
func (s *soak) text(node, report string, names int64) string {
	return fmt.Sprintf(`version: 1
admin: {listen: '%s'}
report: {listen: '%s', secret_file: %s}
ledgers:
  - {name: web, file: %s, max_new: %d, per_client: 100000, per_message: 20000, nodes: [%s]}
upstreams:
  - {name: node, address: '%s', ledger: web, max_in_flight: %d, max_waiting: %d, max_wait: 1m, answer_timeout: 1m}
listeners:
  - name: door
    listen: '%s'
    upstream: node
    proxy_protocol: [127.0.0.0/8]
    answers: {expect: one}
    limits: {messages_per_second: 100000, messages_burst: 100000, bytes_per_second: 1GiB, bytes_burst: 1GiB, header_timeout: 1m, frame_timeout: 1m, write_timeout: 1m}
`, s.admin, report, filepath.Join(s.dir, "secret"), filepath.Join(s.dir, "web.atoms"), names, beamnode.Name, node, *soakClients, *soakClients, s.door)
}

// cases takes what the manifest says. Good is what is valid, and what package safe
// and the rule about structs that run when they are touched let through.
func (s *soak) cases() {
	for _, c := range corpus.Cases() {
		data := c.Data()
		p := payload{id: c.ID, class: string(c.Class), frame: append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...)}
		accept := c.Policy["safe"].Verdict == corpus.Accept
		switch lazy := c.Policy["elixir"].Code == string(etf.CodeRejectedStruct); {
		case accept && !lazy && c.Class == corpus.Valid:
			s.good = append(s.good, p)
		case accept && !lazy:
			s.t.Fatalf("%s is %s, and package safe accepts it", c.ID, c.Class)
		default:
			if c.Class == corpus.Valid {
				p.class = "valid elsewhere" // refused by this policy
			}
			s.bad = append(s.bad, p)
		}
	}
	s.messages = int64(12 * len(s.bad)) // of which 9 in 100 are bad
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(s.bad), func(i, j int) { s.bad[i], s.bad[j] = s.bad[j], s.bad[i] })
}

type budgetLine struct {
	Max, Spent, Known, Lives int64
	Locked                   string
}

// budget is the ledger as an operator sees it.
func (r *running) budget() (b budgetLine) {
	var all []budgetLine
	if json.Unmarshal([]byte(r.get("/v1/budgets")), &all) == nil && len(all) > 0 {
		b = all[0]
	}
	return b
}

// warmUp sends each good case once, which spends its names, and checks what the
// node made of it against the manifest. Where the manifest has no digest, since it
// depends on the node, this node's counts.
func (s *soak) warmUp() {
	c := s.dial(0)
	defer func() { c.Close() }()
	byManifest := 0
	for i := range s.good {
		p := &s.good[i]
		b, err := c.exchange(p.frame)
		if err == nil {
			p.digest, err = beamnode.ParseTook(b)
		}
		if err != nil {
			s.t.Fatalf("%s: %v", p.id, err)
		}
		s.want[p.digest]++
		known, _ := corpus.Find(p.id)
		if want, ok := digestOf(known.Truth["25"]); ok && known.Truth["25"].OTP != "" {
			if byManifest++; want != p.digest {
				s.t.Errorf("%s: the node decoded another term", p.id)
			}
		}
	}
	if byManifest < len(s.good)*9/10 {
		s.t.Errorf("of %d good cases the manifest knows %d", len(s.good), byManifest)
	}
	s.spent = s.budget().Spent
	text, err := os.ReadFile(s.config())
	if err != nil {
		s.t.Fatal(err)
	}
	WriteFile(s.t, s.config(), strings.Replace(string(text), "max_new: 1000000", fmt.Sprintf("max_new: %d", s.spent+soakAtoms), 1))
	if err := s.gateway.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
	Eventually(s.t, "the allowance is in force", func() bool { return s.budget().Max == s.spent+soakAtoms })
	if s.before, err = beamnode.AskAccount(s.node.Addr); err != nil {
		s.t.Fatal(err)
	}
}

func digestOf(t corpus.Truth) (d beamnode.Digest, ok bool) {
	if t.CanonicalSHA256 != "" {
		b, err := hex.DecodeString(t.CanonicalSHA256)
		return beamnode.Digest(b), err == nil
	}
	b, err := hex.DecodeString(t.Canonical)
	return beamnode.DigestOf(b), err == nil && len(b) > 0
}

// load sends until there was enough, and watches the memory of the gateway.
func (s *soak) load() {
	s.idle = s.sample()
	began := time.Now()
	var wg sync.WaitGroup
	for i := range *soakClients {
		wg.Go(func() { s.client(i) })
	}
	ended := make(chan bool)
	go func() { wg.Wait(); close(ended) }()
	samples := s.watch(ended)
	if s.ended() {
		log := s.log.String()
		s.t.Fatalf("the gateway has ended: %v\n%s", s.gateway.ProcessState, log[max(0, len(log)-8000):])
	}
	took := time.Since(began)
	s.t.Logf("%d messages in %v, %.0f a second, from %d connections", s.sent.Load(), took.Round(time.Second), float64(s.sent.Load())/took.Seconds(), *soakClients)
	s.flat(samples)
}

// more reports whether another message is due.
func (s *soak) more(end time.Time) bool {
	if s.ended() {
		return false
	}
	n := s.sent.Add(1)
	if *soakFor > 0 && time.Now().Before(end) || *soakFor == 0 && n <= s.messages {
		return true
	}
	s.sent.Add(-1)
	return false
}

// client sends on one connection, and on another one after each refusal.
func (s *soak) client(i int) {
	r := rand.New(rand.NewPCG(3, uint64(i)))
	end := time.Now().Add(*soakFor)
	want, counts := map[beamnode.Digest]int64{}, map[string]int64{}
	c := s.dial(i)
	defer func() { c.Close() }()
	for s.more(end) {
		var ok bool
		switch n := r.IntN(100); {
		case n == 0:
			ok = s.sendFlood(c, want, counts)
		case n < 10:
			ok = s.sendBad(c, counts)
		default:
			ok = s.sendGood(c, s.good[r.IntN(len(s.good))], want, counts)
		}
		if !ok {
			c.Close()
			c = s.dial(i)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for d, n := range want {
		s.want[d] += n
	}
	for class, n := range counts {
		s.counts[class] += n
	}
}

func (s *soak) sendGood(c *soakConn, p payload, want map[beamnode.Digest]int64, counts map[string]int64) bool {
	counts["good"]++
	b, err := c.exchange(p.frame)
	if err != nil {
		s.wrong("%s, a good one, is lost: %v", p.id, err)
		return false
	}
	if d, err := beamnode.ParseTook(b); err != nil || d != p.digest {
		s.wrong("%s was altered: %v", p.id, err)
	}
	want[p.digest]++
	return true
}

func (s *soak) sendBad(c *soakConn, counts map[string]int64) bool {
	p := s.bad[int(s.next.Add(1)-1)%len(s.bad)]
	counts[p.class]++
	b, err := c.exchange(p.frame)
	var late net.Error
	switch {
	case err == nil:
		s.wrong("%s, which is %s, was answered with %q", p.id, p.class, b)
		return true
	case len(b) > 0 || errors.As(err, &late) && late.Timeout():
		s.wrong("%s, which is %s, was not refused in order: %q, %v", p.id, p.class, b, err)
	}
	return false
}

// sendFlood sends names that nobody has ever sent. They pass as long as the ledger
// allows.
func (s *soak) sendFlood(c *soakConn, want map[beamnode.Digest]int64, counts map[string]int64) bool {
	var names []term.T
	for range soakFlood {
		names = append(names, term.Atom(fmt.Sprintf("soak_%d", s.flood.Add(1))))
	}
	msg := term.Message(term.List(names...))
	frame, err := etf.AppendFrame(nil, msg, 4)
	if err != nil {
		s.wrong("%v", err)
		return true
	}
	b, err := c.exchange(frame)
	if err != nil {
		counts["flood, refused"]++
		return false
	}
	counts["flood, passed"]++
	d, err := beamnode.ParseTook(b)
	if err != nil || d != beamnode.DigestOf(msg) {
		s.wrong("new names were altered: %v", err)
	}
	want[d]++
	return true
}

// wrong fails the test, and says the first few times why.
func (s *soak) wrong(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost++; s.lost <= 20 {
		s.t.Errorf(format, args...)
	}
}

// soakConn is a connection of one client. Its clients have addresses of their own.
type soakConn struct {
	net.Conn
	r *bufio.Reader
}

func (s *soak) dial(i int) *soakConn {
	head := fmt.Sprintf("PROXY TCP4 10.1.%d.%d 127.0.0.1 5000 4000\r\n", i/250, 1+i%250)
	for !s.ended() {
		c, err := net.Dial("tcp", s.door)
		if err == nil {
			if _, err = c.Write([]byte(head)); err == nil {
				return &soakConn{c, bufio.NewReader(c)}
			}
			c.Close()
		}
		time.Sleep(time.Millisecond)
	}
	a, b := net.Pipe()
	b.Close()
	return &soakConn{a, bufio.NewReader(a)}
}

// ended reports whether the gateway has ended, which it must not.
func (s *soak) ended() bool {
	select {
	case <-s.dead:
		return true
	default:
		return false
	}
}

// exchange sends a frame and returns the one that comes back.
func (c *soakConn) exchange(frame []byte) ([]byte, error) {
	c.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := c.Write(frame); err != nil {
		return nil, err
	}
	return ReadFrame(c.r)
}

// reading is what the gateway's process says of itself.
type reading struct{ Resident, Heap, Goroutines, Files float64 }

func (s *soak) sample() (m reading) {
	for line := range strings.Lines(s.get("/metrics")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "process_resident_memory_bytes":
			m.Resident = v
		case "go_memstats_next_gc_bytes": // about twice what is alive
			m.Heap = v
		case "go_goroutines":
			m.Goroutines = v
		case "process_open_fds":
			m.Files = v
		}
	}
	return m
}

// watch takes samples: each second of the long form, and fifty of the short one.
func (s *soak) watch(ended <-chan bool) (all []reading) {
	due := func() bool { return s.sent.Load() >= int64(len(all)+1)*s.messages/50 }
	if *soakFor > 0 {
		began := time.Now()
		due = func() bool { return time.Since(began) >= time.Duration(len(all)+1)*time.Second }
	}
	for {
		select {
		case <-ended:
			return all
		case <-time.After(5 * time.Millisecond):
		}
		if due() {
			m := s.sample()
			all = append(all, m)
			if *soakFor > 0 && len(all)%60 == 0 {
				s.t.Logf("%d messages, resident %.1f MiB, heap goal %.1f MiB", s.sent.Load(), m.Resident/(1<<20), m.Heap/(1<<20))
			}
		}
	}
}

// flat compares windows: after the first third, in which buffers find their size,
// the last third against the one before it.
func (s *soak) flat(all []reading) {
	if len(all) < 9 {
		s.t.Fatalf("%d samples are too few", len(all))
	}
	most := 1.5
	if *soakFor > 0 {
		most = 1.2
	}
	third := len(all) / 3
	for _, what := range []struct {
		name string
		of   func(reading) float64
	}{
		{"resident memory", func(m reading) float64 { return m.Resident }},
		{"heap goal", func(m reading) float64 { return m.Heap }},
	} {
		middle, last := median(all[third:2*third], what.of), median(all[2*third:], what.of)
		s.t.Logf("%s: %.1f MiB before, medians of thirds %.1f, %.1f, %.1f MiB: ratio %.2f", what.name,
			what.of(s.idle)/(1<<20), median(all[:third], what.of)/(1<<20), middle/(1<<20), last/(1<<20), last/middle)
		if middle == 0 && runtime.GOOS == "linux" {
			s.t.Errorf("%s is not told", what.name)
		}
		if last > most*middle {
			s.t.Errorf("%s is not flat: it grew by a factor of %.2f, more than %v", what.name, last/middle, most)
		}
	}
}

func median(all []reading, of func(reading) float64) float64 {
	var list []float64
	for _, m := range all {
		list = append(list, of(m))
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// settle compares the books of the node with what was sent.
func (s *soak) settle() {
	for _, class := range slices.Sorted(maps.Keys(s.counts)) {
		s.t.Logf("%9d %s", s.counts[class], class)
	}
	if n := int(s.next.Load()); n < len(s.bad) {
		s.t.Errorf("of %d cases that have to be refused %d were sent", len(s.bad), n)
	}
	for _, class := range []string{"good", string(corpus.Malformed), string(corpus.Release), string(corpus.Hostile), "valid elsewhere", "flood, passed", "flood, refused"} {
		if s.counts[class] == 0 {
			s.t.Errorf("nothing was sent that is %s", class)
		}
	}
	if s.lost > 0 {
		s.t.Errorf("%d messages went wrong", s.lost)
	}
	after, err := beamnode.AskAccount(s.node.Addr)
	if err != nil {
		s.t.Fatal(err)
	}
	total, surplus, missing := int64(0), int64(0), int64(0)
	for d, n := range after.Terms {
		total += n
		surplus += max(0, n-s.want[d])
	}
	for d, n := range s.want {
		missing += max(0, n-after.Terms[d])
	}
	b := s.budget()
	s.t.Logf("the node decoded %d terms, %d of them hostile, and failed at %d; %d good ones are missing", total, surplus, after.Badargs, missing)
	s.t.Logf("the node learned %d atoms, the ledger allowed %d and spent %d; its memory went from %.1f to %.1f MiB",
		after.Atoms-s.before.Atoms, soakAtoms, b.Spent-s.spent, float64(s.before.Memory)/(1<<20), float64(after.Memory)/(1<<20))
	if surplus != 0 || missing != 0 || after.Badargs != 0 {
		s.t.Error("the books of the node are not what was sent")
	}
	if grown := after.Atoms - s.before.Atoms; grown > b.Spent-s.spent || b.Spent > s.spent+soakAtoms {
		s.t.Errorf("%d new atoms", grown)
	}
	Eventually(s.t, "nothing of the load is left in the gateway", func() bool {
		m := s.sample()
		return m.Goroutines <= s.idle.Goroutines+10 && m.Files <= s.idle.Files+10
	})
}
