package gateway

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// DeliveryConfig tunes the outbox. The zero value works.
type DeliveryConfig struct {
	Batch   int           // default 16 messages a round
	Hide    time.Duration // default: as long as a whole batch may take; a message in flight is not handed out again
	Timeout time.Duration // default 30 seconds a message (SmartBridge's limit for an answer)
	AtOnce  int           // default 8 messages in flight
}

func (c DeliveryConfig) withDefaults() DeliveryConfig {
	if c.Batch == 0 {
		c.Batch = 16
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.AtOnce == 0 {
		c.AtOnce = 8
	}
	if c.Hide == 0 {
		rows := time.Duration((c.Batch + c.AtOnce - 1) / c.AtOnce)
		c.Hide = (rows + 1) * c.Timeout
	}
	return c
}

// Delivery carries the outbox to its destinations, each message until there is a receipt.
type Delivery struct {
	ledger   Ledger
	couriers map[string]Courier // by destination's kind: "shep", "callback"
	world    World
	meter    Meter
	cfg      DeliveryConfig
}

// NewDelivery makes the use case.
func NewDelivery(l Ledger, couriers map[string]Courier, w World, m Meter, cfg DeliveryConfig) *Delivery {
	return &Delivery{ledger: l, couriers: couriers, world: w, meter: m, cfg: cfg.withDefaults()}
}

// Round delivers what is due and says how many messages got a receipt. Messages of one case go one
// after the other; a destination that fails delays only its own.
func (d *Delivery) Round(ctx context.Context) (delivered int, err error) {
	now := d.world.Now()
	messages, err := d.ledger.ClaimOutbox(ctx, now, now.Add(d.cfg.Hide), d.cfg.Batch)
	if err != nil {
		return 0, err
	}
	done := make([]bool, len(messages))
	var g errgroup.Group
	g.SetLimit(d.cfg.AtOnce)
	for i, m := range messages {
		g.Go(func() (err error) {
			done[i], err = d.one(ctx, m)
			return err
		})
	}
	err = g.Wait()
	for _, ok := range done {
		if ok {
			delivered++
		}
	}
	return delivered, err
}

// one delivers a single message and writes what came of it.
func (d *Delivery) one(ctx context.Context, m Message) (bool, error) {
	receipt, err := d.carry(ctx, m)
	now := d.world.Now()
	kind, _, _ := strings.Cut(m.Destination, ":")
	d.meter.Delivery(kind, err == nil)
	if err != nil {
		return false, d.ledger.Postpone(ctx, m.ID, short(err.Error()), now.Add(d.world.IDs.About(RetryAfter(m.Attempts+1))))
	}
	return true, d.ledger.Delivered(ctx, m.ID, receipt, now)
}

func (d *Delivery) carry(ctx context.Context, m Message) (string, error) {
	kind, _, _ := strings.Cut(m.Destination, ":")
	courier, ok := d.couriers[kind]
	if !ok {
		return "", &Error{Code: CodeUnavailable, Detail: "no way to destination " + kind + " is configured"}
	}
	c, err := d.ledger.Case(ctx, m.Number)
	if err != nil {
		return "", err
	}
	var result []byte
	if m.ResultSHA != "" {
		if result, err = d.ledger.Document(ctx, m.ResultSHA); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	return courier.Deliver(ctx, m, c, result)
}
