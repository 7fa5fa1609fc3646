// Package metrics turns what doors decide into numbers for Prometheus and lines
// of a log. Neither holds content, and no client, path or atom is a label: what a
// label may be is a closed set.
package metrics

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/limits"
)

// namespace is what the names of all series begin with.
const namespace = "beamgate"

// Metrics implements door.Events.
type Metrics struct {
	registry *prometheus.Registry
	log      *Log
	names    []string
	passed   passes

	verdicts *prometheus.CounterVec // of refusals
	words    *prometheus.HistogramVec
	skipped  *prometheus.CounterVec
	alarms   *prometheus.CounterVec
	reloads  *prometheus.CounterVec
	changes  *prometheus.CounterVec
}

// New returns metrics that are registered nowhere but with themselves. log may be
// nil.
func New(log *Log) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), log: log}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		m.names = append(m.names, prometheus.BuildFQName(namespace, "", name))
		return v
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(v)
		m.names = append(m.names, prometheus.BuildFQName(namespace, "", name))
		return v
	}
	m.countPasses()
	m.words = histogram("heap_words", "Words that a message costs the node, of one message in 64.", prometheus.ExponentialBuckets(8, 4, 11), "listener")
	m.skipped = counter("shadow_skipped_total", "Messages in shadow mode that were not checked, since that would have delayed others.", "listener")
	m.alarms = counter("ledger_alarms_total", "Alarms of ledgers, by the percentage spent.", "ledger", "percent")
	m.reloads = counter("reloads_total", "Reloads of the configuration.", "result")
	m.changes = counter("breaker_changes_total", "Changes of circuit breakers.", "upstream", "state")
	return m
}

// Process adds what the process and its runtime say of themselves: memory, open
// files, goroutines.
func (m *Metrics) Process() {
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// Registry is where the numbers are.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Verdict implements door.Events.
func (m *Metrics) Verdict(v *door.Verdict) {
	m.verdicts.WithLabelValues(v.Listener, v.Direction.String(), v.Mode.String(), v.Refusal.Rule.String(), v.Refusal.Code, limitName(v.Refusal)).Inc()
	if m.log != nil {
		m.log.refusal(v)
	}
}

func limitName(err error) string {
	var l *limits.Error
	if errors.As(err, &l) {
		return l.Name
	}
	return ""
}

// Skipped implements door.Events.
func (m *Metrics) Skipped(listener string) { m.skipped.WithLabelValues(listener).Inc() }

// Alarm counts an alarm of a ledger, and logs it.
func (m *Metrics) Alarm(ledger string, percent int64) {
	m.alarms.WithLabelValues(ledger, map[int64]string{50: "50", 80: "80", 95: "95"}[percent]).Inc()
	if m.log != nil {
		m.log.Logger.Warn("ledger", "ledger", ledger, "percent_spent", percent)
	}
}

// Reload counts a reload.
func (m *Metrics) Reload(err error) {
	result := "ok"
	if err != nil {
		result = "refused"
	}
	m.reloads.WithLabelValues(result).Inc()
}

// Breaker counts a change of an upstream's breaker, and logs it.
func (m *Metrics) Breaker(upstream, state string) {
	m.changes.WithLabelValues(upstream, state).Inc()
	if m.log != nil {
		m.log.Logger.Warn("breaker", "upstream", upstream, "state", state)
	}
}

var _ door.Events = (*Metrics)(nil)
