package metrics

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// TestPassed: the series are those that counters and a histogram of the library make.
func TestPassed(t *testing.T) {
	m := New(nil)
	if s := scrape(m.Registry()); strings.Contains(s, "door") {
		t.Errorf("series before the first message: %s", s)
	}
	want := prometheus.NewRegistry()
	verdicts := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "beamgate_verdicts_total"}, []string{"listener", "direction", "mode", "rule", "code", "limit"})
	bytes := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "beamgate_passed_bytes_total"}, []string{"listener", "direction"})
	times := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "beamgate_check_seconds", Buckets: prometheus.ExponentialBuckets(1e-6, 4, 10)}, []string{"listener", "direction"})
	words := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "beamgate_heap_words", Buckets: prometheus.ExponentialBuckets(8, 4, 11)}, []string{"listener"})
	want.MustRegister(verdicts, bytes, times, words)

	var wg sync.WaitGroup
	pass := func(mode door.Mode, n, w int64, took time.Duration) {
		wg.Go(func() { m.Counter("door", door.ToNode, mode).Count(n, w, took) })
		verdicts.WithLabelValues("door", "to_node", mode.String(), "", "ok", "").Inc()
		bytes.WithLabelValues("door", "to_node").Add(float64(n))
		times.WithLabelValues("door", "to_node").Observe(took.Seconds())
		if w > 0 {
			words.WithLabelValues("door").Observe(float64(w))
		}
	}
	for _, took := range []time.Duration{0, 999, 1000, 1001, 4000, 4001, 65_536_000, 262_144_000, 262_144_001, time.Hour} {
		pass(door.Enforce, 10, 0, took)
	}
	for range 1000 {
		pass(door.Shadow, 3, 7, time.Duration(rand.Int64N(1<<rand.IntN(40)+1)))
	}
	m.Counter("door", door.ToClient, door.Enforce) // a message may pass there, and none does
	m.Verdict(&door.Verdict{Listener: "door", Refusal: &door.Refusal{Rule: door.Term, Code: "trailing"}})
	verdicts.WithLabelValues("door", "to_node", "enforce", "term", "trailing", "").Inc()
	wg.Wait()

	got, model := scrape(m.Registry()), scrape(want)
	if a, b := sumOf(got), sumOf(model); a/b-1 > 1e-9 || b/a-1 > 1e-9 {
		t.Errorf("%v seconds, want %v", a, b)
	}
	if got, model := values(got), values(model); got != model {
		t.Errorf("got\n%s\nwant\n%s", got, model)
	}
}

// scrape returns what a scraper gets.
func scrape(g prometheus.Gatherer) string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(g, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

const sumName = `beamgate_check_seconds_sum{direction="to_node",listener="door"} `

// sumOf is a sum that comes out a little different in another order.
func sumOf(text string) (v float64) {
	_, rest, _ := strings.Cut(text, sumName)
	fmt.Sscan(rest, &v)
	return v
}

// values are the lines of text that are not comments, but for that sum.
func values(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, sumName) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}
