package app

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"kopir/gateway"
	"kopir/gateway/doctor"
)

// Ages from which on waiting is worth a word.
const (
	stampsLate = time.Hour
	outboxLate = 15 * time.Minute
	queuesLate = 24 * time.Hour
)

func (c *checkup) lag(ctx context.Context) {
	if c.ledger == nil {
		return
	}
	lag, err := c.ledger.StampLag(ctx)
	if err != nil {
		c.add(doctor.CheckStamps, "", doctor.Fail, "ledger_unreachable", "ledger", "detail", cause(err))
		return
	}
	age := c.age(lag.Oldest)
	words := age.Round(time.Second).String()
	switch {
	case len(c.cfg.Timestamps.TSA) == 0:
		c.add(doctor.CheckStamps, "", doctor.OK, "not_configured", "")
	case age > stampsLate:
		c.add(doctor.CheckStamps, "", doctor.Warn, "stamps_late", "tsa", "age", words, "count", strconv.Itoa(lag.Pending))
	default:
		c.add(doctor.CheckStamps, "", doctor.OK, "stamps_good", "", "age", words)
	}
}

func (c *checkup) age(since time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return max(c.out.Now().Sub(since), 0)
}

func (c *checkup) queues(ctx context.Context) {
	if c.ledger == nil {
		return
	}
	for _, list := range []struct {
		ask           func(context.Context) ([]gateway.Queue, error)
		late          time.Duration
		cause, remedy string
	}{{c.ledger.OutboxDepth, outboxLate, "outbox", "outbox"}, {c.ledger.Queues, queuesLate, "queues", "queues"}} {
		queues, err := list.ask(ctx)
		if err != nil {
			c.add(doctor.CheckQueues, "", doctor.Fail, "ledger_unreachable", "ledger", "detail", cause(err))
			return
		}
		depth, oldest := 0, time.Duration(0)
		for _, q := range queues {
			depth += q.Depth
			oldest = max(oldest, c.age(q.Oldest))
		}
		pairs := []string{"count", strconv.Itoa(depth), "age", oldest.Round(time.Second).String()}
		if oldest > list.late {
			c.add(doctor.CheckQueues, "", doctor.Warn, list.cause+"_late", list.remedy, pairs...)
		} else {
			c.add(doctor.CheckQueues, "", doctor.OK, list.cause+"_good", "", pairs...)
		}
	}
}

// silentLine is a metric of the running gateway.
var silentLine = regexp.MustCompile(`^kopir_status_source_silent_seconds\{kind="(ocsp|crl)",source="([^"]*)"\} ([0-9.e+]+)$`)

// Bounds of reading the metrics of the running gateway.
const (
	metricsTimeout = 5 * time.Second
	maxMetrics     = 4 << 20
)

// running asks the gateway of this configuration, if it runs, since when which source has been silent: only it knows.
func (c *checkup) running(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.cfg.Listen+"/metrics", nil)
	if err != nil {
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.add(doctor.CheckForecast, c.cfg.Listen, doctor.Warn, "not_running", "serve", "host", c.cfg.Listen)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(io.LimitReader(resp.Body, maxMetrics))
	for lines.Scan() {
		m := silentLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		seconds, _ := strconv.ParseFloat(m[3], 64)
		if silent := time.Duration(seconds) * time.Second; silent > 0 {
			c.add(doctor.CheckForecast, m[2], doctor.Fail, "source_silent", "restore", "kind", m[1], "host", m[2],
				"since", doctor.Minute(c.out.Now().Add(-silent)), "age", silent.String())
		}
	}
}
