package simulate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kopir/xmlsig"
)

// Decide is what a district answers to a case: the form of the result and the official's key that
// signs it. An ok of false leaves the case in work.
type Decide func(l Lease) (r Result, key xmlsig.Key, ok bool)

// District is a district system: it polls its providers' queues, takes cases over, reports the
// executor's steps and sends the signed result.
type District struct {
	Name      string
	Client    *Client
	Providers []string
	Decide    Decide
	Log       func(format string, args ...any)
	Now       func() time.Time
}

// pollSeconds is how long the gateway may keep a poll open.
const pollSeconds = 2

// Run works until ctx ends, each provider's queue beside the others.
func (d *District) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, provider := range d.Providers {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := d.round(ctx, provider); err != nil && ctx.Err() == nil {
					d.Log("%s: %v", d.Name, err)
					pause(ctx, time.Second)
				}
			}
		})
	}
	wg.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (d *District) round(ctx context.Context, provider string) error {
	leases, err := d.Client.Poll(ctx, provider, 10, pollSeconds)
	if err != nil {
		return err
	}
	var failed []error
	for _, l := range leases {
		failed = append(failed, d.work(ctx, l))
	}
	return errors.Join(failed...)
}

// work carries one case through the provider: take over, name the executor, draft, sign, answer.
func (d *District) work(ctx context.Context, l Lease) error {
	if err := d.Client.Ack(ctx, l.LeaseID); err != nil {
		return err
	}
	d.Log("%s: took over %s (%s), due %s", d.Name, l.Number, l.Service, l.DueAt.Format("02.01.2006 15:04"))
	for _, s := range [][2]string{{"executor_named", "the head named the executor"}, {"draft", "the executor drafted the decision"}} {
		if err := d.Client.Step(ctx, l, s[0], s[1]); err != nil {
			return err
		}
	}
	result, key, ok := d.Decide(l)
	if !ok {
		return nil
	}
	result.At = d.Now()
	doc, err := xmlsig.Sign(result.XML(), key, xmlsig.SignOptions{})
	if err != nil {
		return fmt.Errorf("signing the result of %s: %w", l.Number, err)
	}
	if err := d.Client.Result(ctx, l.Number, l.Attempt, doc); err != nil {
		return fmt.Errorf("result of %s: %w", l.Number, err)
	}
	d.Log("%s: answered %s, %s, signed by %s", d.Name, l.Number, result.Outcome, key.Certificate.Roles())
	return nil
}
