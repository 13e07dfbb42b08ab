package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kopir/gateway/doctor"
)

// Forecaster tells how the sources of certificate status do and who is at risk. With an error the sources are told
// all the same.
type Forecaster func(ctx context.Context) (doctor.Forecast, error)

// forecasts is a collector that asks for a forecast when it is scraped.
type forecasts struct {
	ask     Forecaster
	hosts   closed
	kinds   closed
	timeout time.Duration
	asking  sync.Mutex

	silent, carries, parking, risk *prometheus.Desc
}

// WatchSources adds the forecast to what is served. Hosts are those the configuration names: all others, which stand
// in certificates, are one.
func (m *Metrics) WatchSources(ask Forecaster, hosts []string) error {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return m.Register(&forecasts{ask: ask, hosts: newClosed(hosts...), kinds: newClosed("ocsp", "crl"), timeout: defaultTimeout,
		silent:  desc("kopir_status_source_silent_seconds", "How long a source of certificate status has given nothing usable; 0 if it answers.", labelKind, labelSource),
		carries: desc("kopir_status_carries_seconds", "How long what was got from a source still answers: of lists the first to end, of OCSP answers the last.", labelKind, labelSource),
		parking: desc("kopir_status_parking_in_seconds", "When applications begin to be parked if nothing changes; 0 if they are by now, absent if that is not ahead."),
		risk:    desc("kopir_applications_at_risk", "Applications parked, or accepted with a mark and not answered, by when they are due.", labelWithin),
	})
}

// Describe implements prometheus.Collector.
func (s *forecasts) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{s.silent, s.carries, s.parking, s.risk} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector. It returns in time even when the ledger does not.
func (s *forecasts) Collect(ch chan<- prometheus.Metric) {
	f, ok := inTime(&s.asking, s.timeout, func(ctx context.Context) doctor.Forecast {
		f, _ := s.ask(ctx) // without the ledger's part; kopir_ledger_up tells of it
		return f
	})
	if !ok {
		return
	}
	for i, one := range f.Sources { // before the hosts are joined: all that are in no list are one
		host := doctor.HostOf(one.URL)
		if s.hosts.of(host) == other {
			f.Sources[i].URL = "http://" + other
		}
	}
	for _, one := range f.Hosts() {
		ch <- gauge(s.silent, one.Silent.Seconds(), s.kinds.of(one.Kind), one.URL)
		ch <- gauge(s.carries, one.Carries.Seconds(), s.kinds.of(one.Kind), one.URL)
	}
	if f.Parks {
		ch <- gauge(s.parking, f.In.Seconds())
	}
	for i, n := range f.AtRisk {
		ch <- gauge(s.risk, float64(n), doctor.HorizonWords()[i])
	}
}

// inTime asks within a time. While an earlier question hangs none is added.
func inTime[T any](asking *sync.Mutex, timeout time.Duration, ask func(context.Context) T) (answer T, ok bool) {
	if !asking.TryLock() {
		return answer, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	done := make(chan T, 1)
	go func() {
		defer asking.Unlock()
		done <- ask(ctx)
	}()
	select {
	case answer = <-done:
		return answer, true
	case <-ctx.Done():
		return answer, false
	}
}
