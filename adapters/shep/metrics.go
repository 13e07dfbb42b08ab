package shep

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts exchanges. Labels come from closed lists: our two addresses, the operations of
// the protocol, the results above, the keys of the catalogue.
type metrics struct {
	exchanges *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	pulled    *prometheus.CounterVec
	breakers  []prometheus.Collector
}

// exchangeBuckets, in seconds, up to the gateway's limit of half a minute.
var exchangeBuckets = []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newMetrics(links ...*link) *metrics {
	m := &metrics{
		exchanges: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kopir_shep_exchanges_total",
			Help: "Messages sent to the state gateway, by how the exchange ended."}, []string{"address", "operation", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "kopir_shep_exchange_seconds",
			Help: "Time of one exchange with the state gateway.", Buckets: exchangeBuckets}, []string{"address"}),
		pulled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kopir_shep_pulled_total",
			Help: "Messages fetched from the state gateway, by what became of them."}, []string{"service", "result"}),
	}
	for _, l := range links {
		if l.url == "" {
			continue
		}
		for _, result := range results() { // a series that appears with the first failure cannot be watched
			m.exchanges.WithLabelValues(l.name, "sendMessage", result)
		}
		m.breakers = append(m.breakers, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kopir_shep_breaker",
			Help: "0: messages go out; 1: one tries the way; 2: nothing is sent for a pause.", ConstLabels: prometheus.Labels{"address": l.name}},
			func() float64 { return float64(l.breaker.State()) }))
	}
	return m
}

func (m *metrics) exchange(address, operation, result string, took time.Duration) {
	m.exchanges.WithLabelValues(address, operation, result).Inc()
	if result != resultResting {
		m.seconds.WithLabelValues(address).Observe(took.Seconds())
	}
}

// Collectors are the client's metrics, to be registered once.
func (c *Client) Collectors() []prometheus.Collector {
	return append([]prometheus.Collector{c.metrics.exchanges, c.metrics.seconds, c.metrics.pulled}, c.metrics.breakers...)
}
