package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauge is a number that is asked for when somebody looks.
type Gauge struct {
	Name, Help string
	Labels     []string
	Values     func(set func(value float64, labels ...string))
}

// Watch registers gauges that are computed at each scrape.
func (m *Metrics) Watch(gauges ...Gauge) {
	for _, g := range gauges {
		m.names = append(m.names, "beamgate_"+g.Name)
		m.registry.MustRegister(&collector{g, prometheus.NewDesc("beamgate_"+g.Name, g.Help, g.Labels, nil)})
	}
}

type collector struct {
	g    Gauge
	desc *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	c.g.Values(func(value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, value, labels...)
	})
}

// Names are the names of all metrics, in the order of their making.
func (m *Metrics) Names() []string { return slices.Clone(m.names) }
