// Package telemetry counts what happened for Prometheus. It implements [gateway.Meter] and reads
// queue depths from the ledger only when somebody scrapes.
//
// Every label comes from a closed list: what is in none of them is counted as "other", so that no
// personal number, address or free text can become a label and no caller can grow the number of series.
//
//	m := telemetry.New(telemetry.Config{Ledger: ledger, Services: keys, Providers: ids})
//	router.Handle("/metrics", m.Handler())
package telemetry

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kopir/gateway"
)

// Config is what the metrics know of the gateway. The zero value works: without a ledger there are
// no depths, without lists every service and provider is "other".
type Config struct {
	Ledger    Ledger
	Services  []string      // keys of the catalogue
	Providers []string      // ids of the registry
	Routes    []string      // templates of addresses; nil means those of DESIGN §5
	Version   string        // default what the build says
	Timeout   time.Duration // for reading the ledger, default two seconds
	Now       func() time.Time
}

// Metrics counts. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	lists    lists
	verdicts *prometheus.CounterVec
	answers  *prometheus.CounterVec
	delivery *prometheus.CounterVec
	status   *prometheus.CounterVec
	sources  *prometheus.CounterVec
	requests *prometheus.HistogramVec
	verify   prometheus.Histogram
	accept   prometheus.Histogram
}

var _ gateway.Meter = (*Metrics)(nil)

// Buckets, in seconds. Verifying takes fractions of a millisecond to a few; accepting adds OCSP and a
// durable write; a long poll of a district waits half a minute.
var (
	verifyBuckets  = []float64{.00025, .0005, .001, .002, .004, .008, .016, .05, .25, 1}
	acceptBuckets  = []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	requestBuckets = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
)

// New makes the metrics with a registry of their own.
func New(cfg Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), lists: newLists(cfg)}
	m.verdicts = counter("kopir_verdicts_total", "Verdicts recorded, by what was found.", labelKind, labelOutcome, labelCode, labelService)
	m.answers = counter("kopir_answers_total", "Answers given to submissions.", labelDecision, labelCode, labelVia)
	m.delivery = counter("kopir_delivery_attempts_total", "Attempts to deliver a message of the outbox.", labelDestination, labelResult)
	m.status = counter("kopir_status_events_total", "Applications accepted without a certificate's status, and what became of those that waited for one.", labelEvent, labelService)
	m.sources = counter("kopir_revocation_failures_total", "Times a source of certificate status gave nothing usable.", labelSource)
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "kopir_http_request_seconds",
		Help: "HTTP requests served.", Buckets: requestBuckets}, []string{labelRoute, labelMethod, labelStatus})
	m.verify = histogram("kopir_verify_seconds", "Time to verify one signed document, without its revocation status.", verifyBuckets)
	m.accept = histogram("kopir_accept_seconds", "Time from a submission to its recorded answer.", acceptBuckets)
	m.registry.MustRegister(m.verdicts, m.answers, m.delivery, m.status, m.sources, m.requests, m.verify, m.accept, buildInfo(cfg.Version),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if cfg.Ledger != nil {
		depths := newDepths(cfg, m.lists)
		m.registry.MustRegister(depths)
		if stamps, ok := cfg.Ledger.(StampLedger); ok {
			m.registry.MustRegister(newStampLag(stamps, depths.timeout, depths.now))
		}
	}
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

// Verdict counts a recorded verdict.
func (m *Metrics) Verdict(v gateway.Verdict) {
	m.verdicts.WithLabelValues(m.lists.kinds.of(v.Kind), m.lists.outcomes.of(v.Outcome.String()),
		m.lists.code(v.Code), m.lists.service(v.Service)).Inc()
}

// Answer counts an answer given to a submission.
func (m *Metrics) Answer(a gateway.Answer, via gateway.Via) {
	m.answers.WithLabelValues(m.lists.decisions.of(string(a.Decision)), m.lists.code(a.Code), m.lists.vias.of(string(via))).Inc()
}

// Accepted observes how long a submission took until its answer was durable.
func (m *Metrics) Accepted(took time.Duration) { m.accept.Observe(took.Seconds()) }

// Verified observes how long one document took to verify.
func (m *Metrics) Verified(took time.Duration) { m.verify.Observe(took.Seconds()) }

// Delivery counts an attempt to deliver. The destination may name a caller; only its kind is counted.
func (m *Metrics) Delivery(destination string, delivered bool) {
	result := resultFailed
	if delivered {
		result = resultDelivered
	}
	m.delivery.WithLabelValues(m.lists.destination(destination), result).Inc()
}

// StatusEvent counts what became of an application whose certificate's status was not known.
func (m *Metrics) StatusEvent(event, service string) {
	m.status.WithLabelValues(m.lists.events.of(event), m.lists.service(service)).Inc()
}

// SourceFailed counts that a source of certificate status, or the cache of its answers, gave nothing usable.
func (m *Metrics) SourceFailed(source string) {
	m.sources.WithLabelValues(m.lists.sources.of(source)).Inc()
}

// Request observes one HTTP request; route is the template it matched.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(m.lists.routes.of(route), m.lists.methods.of(method), m.lists.status(status)).Observe(took.Seconds())
}

// Handler serves the metrics. A part that cannot be read is left out; the rest is still served.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapesAtOnce, Registry: m.registry})
}

// scrapesAtOnce bounds what scraping may cost: Prometheus itself and a person looking.
const scrapesAtOnce = 4

// Register adds a collector of another adapter to the same registry.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// buildInfo tells which program runs.
func buildInfo(version string) prometheus.Collector {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if version == "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "kopir_build_info", Help: "Always 1; the labels tell which program runs.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()}})
	g.Set(1)
	return g
}
