package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ParkingConfig tunes how the status of waiting certificates is asked for again. The zero value works.
type ParkingConfig struct {
	Batch    int           // default 50 a round, of parked and of marked cases each
	Slowest  time.Duration // default 15 minutes between two questions for one case
	Escalate time.Duration // default 24 hours before the due time people are told, where the service names no other
}

func (c ParkingConfig) withDefaults() ParkingConfig {
	if c.Batch == 0 {
		c.Batch = 50
	}
	if c.Slowest == 0 {
		c.Slowest = 15 * time.Minute
	}
	if c.Escalate == 0 {
		c.Escalate = 24 * time.Hour
	}
	return c
}

// Parking asks again for parked and for marked applications until the sources of certificate status
// speak. It asks one question after the other, so that what waits never falls upon a responder that has
// just come back; and once one answer has come, everybody who waits is asked for in the order of due dates.
type Parking struct {
	intake *Intake
	cfg    ParkingConfig

	mu    sync.Mutex
	woken time.Time // when all who wait were last let come
}

// NewParking makes the use case over the intake's own rules and ports.
func NewParking(in *Intake, cfg ParkingConfig) *Parking {
	return &Parking{intake: in, cfg: cfg.withDefaults()}
}

// Round asks once for every waiting application whose time has come, earliest due date first, and says
// how many of them went on.
func (p *Parking) Round(ctx context.Context) (decided int, err error) {
	now := p.intake.world.Now()
	numbers, err := p.due(ctx, now)
	if err != nil {
		return 0, err
	}
	var failed []error
	heard := false
	for _, number := range numbers {
		if ctx.Err() != nil {
			return decided, errors.Join(append(failed, ctx.Err())...)
		}
		found, err := p.recheck(ctx, number)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", number, err), p.putOff(ctx, number))
			continue
		}
		if found.moved {
			decided++
		}
		heard = heard || found.known
	}
	if heard {
		failed = append(failed, p.wake(ctx, now))
	}
	return decided, errors.Join(failed...)
}

// due lists who is asked for in this round. The marked have a share of their own: however many are
// parked, they come too.
func (p *Parking) due(ctx context.Context, now time.Time) ([]string, error) {
	parked, err := p.intake.ledger.DueParked(ctx, now, p.cfg.Batch)
	if err != nil {
		return nil, err
	}
	marked, err := p.intake.ledger.DueMarked(ctx, now, p.cfg.Batch)
	return slices.Concat(parked, marked), err
}

// wake lets all who wait come at once, now that an answer has come: their pauses had grown while nobody
// spoke. It happens once in a longest pause, so that those of an authority that stays silent keep theirs.
func (p *Parking) wake(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.woken) < p.cfg.Slowest {
		return nil
	}
	_, err := p.intake.ledger.Wake(ctx, now)
	if err == nil {
		p.woken = now
	}
	return err
}

// putOff moves a case that cannot be looked at out of the way of the others: its document may be
// gone, or the ledger may refuse. It stays as it is and is looked at again.
func (p *Parking) putOff(ctx context.Context, number string) error {
	_, err := p.intake.ledger.Change(ctx, number, func(c Case) (Change, error) {
		c.NextCheckAt = p.intake.world.Now().Add(p.cfg.Slowest)
		return Change{Case: c}, nil
	})
	return err
}
