package metrics

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// passes are the numbers of messages that passed. There are so many of these that each
// is counted in three additions side by side, where two counters and a histogram need
// twice as many, all over the memory: how many messages there were is what the buckets
// hold together. Series are made of that when somebody looks.
type passes struct {
	mu    sync.Mutex
	byKey map[passedKey]*passed

	verdicts, bytes, took *prometheus.Desc
	refusals              prometheus.Collector // the other series of verdicts
}

type passedKey struct {
	listener string
	way      door.Direction
	mode     door.Mode
}

// passed implements door.Counter.
type passed struct {
	words prometheus.Observer

	_     [64]byte // what follows is written all the time
	bytes atomic.Int64
	took  atomic.Int64                   // nanoseconds
	in    [tookBuckets + 1]atomic.Uint64 // by the first bucket that holds it; the last: by none
	_     [64]byte
}

const tookBuckets = 10

// The buckets end at 1 µs, 4 µs and so on.
const firstBucket = time.Microsecond

// Count implements door.Counter.
func (p *passed) Count(n, words int64, took time.Duration) {
	i, end := 0, firstBucket
	for i < tookBuckets && took > end {
		i, end = i+1, 4*end
	}
	p.in[i].Add(1)
	p.took.Add(int64(took))
	p.bytes.Add(n)
	if words > 0 {
		p.words.Observe(float64(words))
	}
}

// Counter implements door.Events.
func (m *Metrics) Counter(listener string, way door.Direction, mode door.Mode) door.Counter {
	key := passedKey{listener, way, mode}
	m.passed.mu.Lock()
	defer m.passed.mu.Unlock()
	p := m.passed.byKey[key]
	if p == nil {
		p = &passed{words: lazy{m.words, listener}}
		m.passed.byKey[key] = p
	}
	return p
}

// lazy is a series that is there as soon as there is something in it.
type lazy struct {
	all      *prometheus.HistogramVec
	listener string
}

// Observe implements prometheus.Observer.
func (l lazy) Observe(v float64) { l.all.WithLabelValues(l.listener).Observe(v) }

// countPasses registers the series that passes have a part in.
func (m *Metrics) countPasses() {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		m.names = append(m.names, prometheus.BuildFQName(namespace, "", name))
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	const name, help = "verdicts_total", "Decisions, by what they were. Code ok counts each message that went on, those too that a rule in shadow would refuse, which its own code counts as well: of messages, the share that would be refused is at most the sum of the other codes over that of ok."
	labels := []string{"listener", "direction", "mode", "rule", "code", "limit"}
	m.verdicts = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.passed = passes{
		byKey:    map[passedKey]*passed{},
		verdicts: desc(name, help, labels...),
		bytes:    desc("passed_bytes_total", "Bytes of messages that passed, as they came.", "listener", "direction"),
		took:     desc("check_seconds", "Time to check a message.", "listener", "direction"),
		refusals: m.verdicts,
	}
	m.registry.MustRegister(&m.passed)
}

// Describe implements prometheus.Collector.
func (p *passes) Describe(ch chan<- *prometheus.Desc) {
	ch <- p.verdicts
	ch <- p.bytes
	ch <- p.took
}

// Collect implements prometheus.Collector. What passed in several modes has one series of
// bytes and one of times.
func (p *passes) Collect(ch chan<- prometheus.Metric) {
	p.refusals.Collect(ch)
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[[2]string]*sum{}
	for key, one := range p.byKey {
		labels := [2]string{key.listener, key.way.String()}
		s := all[labels]
		if s == nil {
			s = &sum{}
		}
		n := s.add(one)
		if n == 0 {
			continue // a series begins with the first message
		}
		all[labels] = s
		ch <- prometheus.MustNewConstMetric(p.verdicts, prometheus.CounterValue, float64(n), labels[0], labels[1], key.mode.String(), "", "ok", "")
	}
	for labels, s := range all {
		ch <- prometheus.MustNewConstMetric(p.bytes, prometheus.CounterValue, float64(s.bytes), labels[:]...)
		ch <- prometheus.MustNewConstHistogram(p.took, s.count(), s.took.Seconds(), s.buckets(), labels[:]...)
	}
}

// sum is what several passed have counted.
type sum struct {
	bytes int64
	took  time.Duration
	in    [tookBuckets + 1]uint64
}

// add adds what one has counted, and returns how many messages that were.
func (s *sum) add(one *passed) (n uint64) {
	for i := range one.in {
		k := one.in[i].Load()
		s.in[i] += k
		n += k
	}
	s.bytes += one.bytes.Load()
	s.took += time.Duration(one.took.Load())
	return n
}

func (s *sum) count() (n uint64) {
	for _, k := range s.in {
		n += k
	}
	return n
}

// buckets are how many took as long as the end of each, or less.
func (s *sum) buckets() map[float64]uint64 {
	n, upTo := uint64(0), map[float64]uint64{}
	for i, end := range prometheus.ExponentialBuckets(firstBucket.Seconds(), 4, tookBuckets) {
		n += s.in[i]
		upTo[end] = n
	}
	return upTo
}
