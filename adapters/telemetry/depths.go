package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kopir/gateway"
)

// Ledger is what the depths are read from; [gateway.Ledger] has it.
type Ledger interface {
	Queues(ctx context.Context) ([]gateway.Queue, error)
	OutboxDepth(ctx context.Context) ([]gateway.Queue, error)
	DueParked(ctx context.Context, now time.Time, limit int) ([]string, error)
	DueMarked(ctx context.Context, now time.Time, limit int) ([]string, error)
	Escalated(ctx context.Context, limit int) ([]string, error)
}

const (
	defaultTimeout = 2 * time.Second
	// parkedCounted bounds the count: ten callers at their limit of parking (DESIGN §3 rule 5).
	parkedCounted = 10_000
	// everParked is far enough ahead that no parked application's next check lies behind it.
	everParked = 10 * 365 * 24 * time.Hour
)

// depths is a collector that asks the ledger when it is scraped, and only then. A ledger that does
// not answer in time leaves the depths out and says so: a stale depth would look like a calm queue.
type depths struct {
	ledger  Ledger
	lists   lists
	timeout time.Duration
	now     func() time.Time
	reading sync.Mutex // held while the ledger is asked, also by a reading nobody waits for any more

	depth, leased, oldest, outbox, waiting, parked, marked, escalated, up *prometheus.Desc
}

func newDepths(cfg Config, l lists) *depths {
	d := &depths{ledger: cfg.Ledger, lists: l, timeout: cfg.Timeout, now: cfg.Now}
	if d.timeout <= 0 {
		d.timeout = defaultTimeout
	}
	if d.now == nil {
		d.now = time.Now
	}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	d.depth = desc("kopir_queue_depth", "Applications waiting for their provider.", labelProvider)
	d.leased = desc("kopir_queue_leased", "Applications handed to the provider and not yet acknowledged.", labelProvider)
	d.oldest = desc("kopir_queue_oldest_seconds", "How long the oldest waiting application waits.", labelProvider)
	d.outbox = desc("kopir_outbox_depth", "Messages not delivered yet.", labelDestination)
	d.waiting = desc("kopir_outbox_oldest_seconds", "How long the oldest undelivered message waits.", labelDestination)
	d.parked = desc("kopir_parked", "Applications parked until their certificate's status is known; counted up to 10000.")
	d.marked = desc("kopir_unconfirmed", "Applications accepted with a mark whose certificate's status is still asked for; counted up to 10000.")
	d.escalated = desc("kopir_escalated", "Applications whose certificate's status needs people; counted up to 10000.")
	d.up = desc("kopir_ledger_up", "1 if the ledger answered this scrape in time, else 0.")
	return d
}

// Describe tells Prometheus what there may be.
func (d *depths) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{d.depth, d.leased, d.oldest, d.outbox, d.waiting, d.parked, d.marked, d.escalated, d.up} {
		ch <- desc
	}
}

// reading is what one scrape learned.
type reading struct {
	queues, outbox            []gateway.Queue
	parked, marked, escalated int
	err                       error
}

// Collect asks the ledger. It returns in time even when the ledger does not.
func (d *depths) Collect(ch chan<- prometheus.Metric) {
	r := d.read()
	if r.err != nil {
		ch <- gauge(d.up, 0)
		return
	}
	ch <- gauge(d.up, 1)
	ch <- gauge(d.parked, float64(r.parked))
	ch <- gauge(d.marked, float64(r.marked))
	ch <- gauge(d.escalated, float64(r.escalated))
	now := d.now()
	for name, s := range sums(r.queues, d.lists.providers.of, now) {
		ch <- gauge(d.depth, float64(s.depth), name)
		ch <- gauge(d.leased, float64(s.leased), name)
		ch <- gauge(d.oldest, s.oldest.Seconds(), name)
	}
	for name, s := range sums(r.outbox, d.lists.destination, now) {
		ch <- gauge(d.outbox, float64(s.depth), name)
		ch <- gauge(d.waiting, s.oldest.Seconds(), name)
	}
}

func gauge(desc *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

// read asks the ledger in time. While an earlier reading hangs no second one is started.
func (d *depths) read() reading {
	if !d.reading.TryLock() {
		return reading{err: errBusy}
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.timeout)
	done := make(chan reading, 1)
	go func() {
		defer d.reading.Unlock()
		done <- d.ask(ctx)
	}()
	defer cancel()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
		return reading{err: ctx.Err()}
	}
}

var errBusy = &gateway.Error{Code: gateway.CodeUnavailable, Detail: "the ledger is still being read"}

func (d *depths) ask(ctx context.Context) (r reading) {
	if r.queues, r.err = d.ledger.Queues(ctx); r.err != nil {
		return r
	}
	if r.outbox, r.err = d.ledger.OutboxDepth(ctx); r.err != nil {
		return r
	}
	ever := d.now().Add(everParked)
	for _, list := range []struct {
		count *int
		ask   func() ([]string, error)
	}{
		{&r.parked, func() ([]string, error) { return d.ledger.DueParked(ctx, ever, parkedCounted) }},
		{&r.marked, func() ([]string, error) { return d.ledger.DueMarked(ctx, ever, parkedCounted) }},
		{&r.escalated, func() ([]string, error) { return d.ledger.Escalated(ctx, parkedCounted) }},
	} {
		numbers, err := list.ask()
		if r.err = err; err != nil {
			return r
		}
		*list.count = len(numbers)
	}
	return r
}

// sum is what several queues of one label have together.
type sum struct {
	depth, leased int
	oldest        time.Duration
}

// sums puts queues under their labels: all that are in no list are one.
func sums(queues []gateway.Queue, label func(string) string, now time.Time) map[string]sum {
	all := map[string]sum{}
	for _, q := range queues {
		name := label(q.Name)
		s := all[name]
		s.depth += q.Depth
		s.leased += q.Leased
		if !q.Oldest.IsZero() {
			s.oldest = max(s.oldest, now.Sub(q.Oldest))
		}
		all[name] = s
	}
	return all
}
