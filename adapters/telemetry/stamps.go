package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kopir/gateway"
)

// StampLedger is what the lag of time stamping is read from; [gateway.Ledger] has it.
type StampLedger interface {
	StampLag(ctx context.Context) (gateway.StampLag, error)
}

// stampLag is a collector that asks the ledger how far stamping is behind, when it is scraped. A ledger that does
// not answer in time leaves the lag out; kopir_ledger_up tells of it.
type stampLag struct {
	ledger  StampLedger
	timeout time.Duration
	now     func() time.Time
	asking  sync.Mutex

	unstamped, pending, oldest, last *prometheus.Desc
}

func newStampLag(ledger StampLedger, timeout time.Duration, now func() time.Time) *stampLag {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &stampLag{ledger: ledger, timeout: timeout, now: now,
		unstamped: desc("kopir_unstamped", "Events and verdicts in no Merkle batch yet."),
		pending:   desc("kopir_stamp_batches_pending", "Merkle batches without a time stamp."),
		oldest:    desc("kopir_unstamped_oldest_seconds", "Age of the oldest event or verdict that no time stamp dates; 0 if there is none."),
		last:      desc("kopir_stamp_last_timestamp_seconds", "Time in the newest time stamp, seconds since 1970; absent before the first."),
	}
}

// Describe implements prometheus.Collector.
func (s *stampLag) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{s.unstamped, s.pending, s.oldest, s.last} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector. It returns in time even when the ledger does not.
func (s *stampLag) Collect(ch chan<- prometheus.Metric) {
	lag, ok := s.ask()
	if !ok {
		return
	}
	age := 0.0
	if !lag.Oldest.IsZero() {
		age = max(s.now().Sub(lag.Oldest), 0).Seconds()
	}
	ch <- gauge(s.unstamped, float64(lag.Unstamped))
	ch <- gauge(s.pending, float64(lag.Pending))
	ch <- gauge(s.oldest, age)
	if !lag.Last.TokenAt.IsZero() {
		ch <- gauge(s.last, float64(lag.Last.TokenAt.Unix()))
	}
}

// ask reads the lag in time. While an earlier question hangs none is added.
func (s *stampLag) ask() (gateway.StampLag, bool) {
	if !s.asking.TryLock() {
		return gateway.StampLag{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	done := make(chan gateway.StampLag, 1)
	go func() {
		defer s.asking.Unlock()
		if lag, err := s.ledger.StampLag(ctx); err == nil {
			done <- lag
		}
		close(done)
	}()
	select {
	case lag, ok := <-done:
		return lag, ok
	case <-ctx.Done():
		return gateway.StampLag{}, false
	}
}
