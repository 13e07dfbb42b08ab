package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kopir/xmlsig/reason"
)

// ParkingConfig tunes the re-check of parked applications. The zero value works.
type ParkingConfig struct {
	Batch    int           // default 50 a round
	Slowest  time.Duration // default 15 minutes between two questions for one case
	Escalate time.Duration // default 24 hours before the due time people are told
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

// Parking decides parked applications when the sources of certificate status speak again.
type Parking struct {
	intake *Intake
	cfg    ParkingConfig
}

// NewParking makes the use case over the intake's own rules and ports.
func NewParking(in *Intake, cfg ParkingConfig) *Parking {
	return &Parking{intake: in, cfg: cfg.withDefaults()}
}

// Round asks once for every parked application that is due, earliest due date first, and says how
// many were decided.
func (p *Parking) Round(ctx context.Context) (decided int, err error) {
	now := p.intake.world.Now()
	numbers, err := p.intake.ledger.DueParked(ctx, now, p.cfg.Batch)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, number := range numbers {
		c, err := p.recheck(ctx, number)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", number, err), p.putOff(ctx, number))
			continue
		}
		if c.State != StateParked {
			decided++
		}
	}
	return decided, errors.Join(failed...)
}

// putOff moves a case that cannot be looked at out of the way of the others: its document may be
// gone, or the ledger may refuse. It stays parked and is looked at again.
func (p *Parking) putOff(ctx context.Context, number string) error {
	_, err := p.intake.ledger.Change(ctx, number, func(c Case) (Change, error) {
		c.NextCheckAt = p.intake.world.Now().Add(p.cfg.Slowest)
		return Change{Case: c}, nil
	})
	return err
}

// recheck proves the document again as of the moment it was received, and asks for the
// certificate's status as of now. A case received by a doubtful clock is judged by today's.
func (p *Parking) recheck(ctx context.Context, number string) (Case, error) {
	in, now := p.intake, p.intake.world.Now()
	clock, err := in.clock.Read(ctx, now, in.cfg.ClockTolerance)
	if err != nil {
		return Case{}, err
	}
	c, err := in.ledger.Case(ctx, number)
	if err != nil {
		return Case{}, err
	}
	doc, err := in.ledger.Document(ctx, c.DocumentSHA)
	if err != nil {
		return Case{}, err
	}
	pr := p.prove(doc, c, clock)
	pr.identity(c.IIN, c.BIN)
	if pr.passed() {
		in.prover.revocation(ctx, pr, now)
	}
	if clock.Behind {
		in.doubt(pr, clock)
	}
	return p.apply(ctx, c, pr, now)
}

func (p *Parking) prove(doc []byte, c Case, clock Reading) *proof {
	if c.Doubt {
		return p.intake.prover.proveAt(doc, clock)
	}
	pr := p.intake.prover.prove(doc, c.ReceivedAt)
	pr.at = clock.At // received by a clock in order; only the status is of today
	return pr
}

func (p *Parking) apply(ctx context.Context, c Case, pr *proof, now time.Time) (Case, error) {
	in := p.intake
	id, err := in.world.IDs.New(now)
	if err != nil {
		return Case{}, err
	}
	v := verdictFrom(pr, "recheck", id, now)
	v.Caller, v.Via, v.Service, v.Provider, v.Number = c.Caller, c.Via, c.Service, c.Provider, c.Number
	refs, docs := pr.evidence()
	v.Evidence = refs
	changed, err := in.ledger.Change(ctx, c.Number, func(c Case) (Change, error) {
		if c.State != StateParked {
			return Change{Case: c}, nil
		}
		return p.next(c, v, docs, now), nil
	})
	if err != nil {
		return Case{}, err
	}
	if changed.State != StateParked {
		in.meter.Verdict(v)
		in.announce(ctx, &changed)
	}
	return changed, nil
}

// next is the step a parked case takes after one more look.
func (p *Parking) next(c Case, v Verdict, docs []Document, now time.Time) Change {
	c.UpdatedAt, c.Checks = now, c.Checks+1
	event := func(kind string) Event {
		return Event{At: now, Kind: kind, Actor: actorKopir, Data: map[string]string{"verdict": v.ID, "code": string(v.Code), "checks": strconv.Itoa(c.Checks)}}
	}
	switch v.Outcome {
	case reason.Passed:
		c.State = StateAccepted
		return Change{Case: c, Verdict: &v, Documents: docs, Events: []Event{event("accepted")},
			Outbox: []Message{newMessage(c, KindNotification, string(StateAccepted), "", now)}}
	case reason.Failed:
		c.State = StateRefused
		return Change{Case: c, Verdict: &v, Documents: docs, Events: []Event{event("refused")},
			Outbox: []Message{newMessage(c, KindResponse, string(StateRefused), v.Code, now)}}
	}
	previous := c.NextCheckAt
	c.NextCheckAt = now.Add(min(p.intake.cfg.ParkEvery<<min(c.Checks, 6), p.cfg.Slowest))
	change := Change{Case: c}
	if alarm := c.DueAt.Add(-p.cfg.Escalate); !now.Before(alarm) && previous.Before(alarm.Add(p.cfg.Slowest)) && c.Checks > 0 {
		change.Events = []Event{event("escalated")}
	}
	return change
}

// actorKopir is the actor of what the gateway does by itself.
const actorKopir = "kopir"
