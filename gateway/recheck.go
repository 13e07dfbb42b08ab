package gateway

import (
	"cmp"
	"context"
	"hash/fnv"
	"strconv"
	"time"

	"kopir/gateway/catalogue"
	"kopir/xmlsig/reason"
)

// recheck is one more look at a case that waits for its certificate's status.
type recheck struct {
	entry string // of the catalogue, with its version
	rule  catalogue.Revocation
	proof *proof
	docs  []Document
	v     Verdict
	at    time.Time
}

// found is what came of a look.
type found struct {
	moved bool // the case went on
	known bool // a source has told the status
}

// recheck proves the document again as of the moment it was received, and asks for the certificate's
// status as of now, by the service's rule of today. A case received by a doubtful clock is judged by today's.
func (p *Parking) recheck(ctx context.Context, number string) (found, error) {
	in, now := p.intake, p.intake.world.Now()
	clock, err := in.clock.Read(ctx, now, in.cfg.ClockTolerance)
	if err != nil {
		return found{}, err
	}
	c, err := in.ledger.Case(ctx, number)
	if err != nil {
		return found{}, err
	}
	doc, err := in.ledger.Document(ctx, c.DocumentSHA)
	if err != nil {
		return found{}, err
	}
	entry := in.entryOf(c.Service)
	look := &recheck{entry: versionOf(entry), rule: ruleOf(entry), proof: p.prove(doc, c, clock), at: now}
	sender, err := in.senderOf(ctx, c)
	if err != nil {
		return found{}, err
	}
	look.proof.identity(c.IIN, c.BIN)
	if look.proof.passed() {
		in.prover.revocation(ctx, look.proof, now, look.rule)
		in.prover.sender(ctx, look.proof, sender, now, look.rule.Sources)
	}
	in.clock.weigh(look.proof, clock)
	look.closeAt(c)
	return p.apply(ctx, c, look)
}

func (p *Parking) prove(doc []byte, c Case, clock Reading) *proof {
	if c.Doubt {
		return p.intake.prover.proveAt(doc, clock)
	}
	pr := p.intake.prover.prove(doc, c.ReceivedAt)
	pr.at = clock.At // received by a clock in order; only the status is of today
	return pr
}

// closeAt refuses at its due time what is parked still, where the service's owner wants that.
func (l *recheck) closeAt(due Case) {
	if due.State == StateParked && l.rule.Final == catalogue.FinalRefuse && !l.at.Before(due.DueAt) && l.proof.statusUnknown() {
		l.proof.add(reason.Fail(reason.CheckRevocation, 0, reason.RevocationUnknown,
			"the status was not known by the due time; by the service's rule the application is refused then"))
	}
}

// apply records what a look has shown.
func (p *Parking) apply(ctx context.Context, c Case, look *recheck) (found, error) {
	in := p.intake
	id, err := in.world.IDs.New(look.at)
	if err != nil {
		return found{}, err
	}
	look.v = verdictFrom(look.proof, "recheck", id, look.at)
	look.v.Caller, look.v.Via, look.v.Service, look.v.Provider, look.v.Number = c.Caller, c.Via, c.Service, c.Provider, c.Number
	look.v.Catalogue = look.entry
	look.v.Evidence, look.docs = look.proof.evidence()
	var step Change
	changed, err := in.ledger.Change(ctx, c.Number, func(now Case) (Change, error) {
		step = Change{Case: now}
		if now.awaitsStatus() {
			step = p.next(now, look)
		}
		return step, nil
	})
	if err != nil {
		return found{}, err
	}
	p.count(step)
	if changed.State != c.State {
		in.announce(ctx, &changed)
	}
	return found{moved: changed.State != c.State || changed.Mark != c.Mark, known: look.v.Outcome != reason.Inconclusive}, nil
}

// count tells the meter what one step was.
func (p *Parking) count(step Change) {
	if step.Verdict != nil {
		p.intake.meter.Verdict(*step.Verdict)
	}
	for _, e := range step.Events {
		switch {
		case e.Kind == EventEscalated, e.Kind == EventMarkConfirmed, e.Kind == EventMarkFailed:
			p.intake.meter.StatusEvent(e.Kind, step.Case.Service)
		case e.Data["mark"] != "":
			p.intake.meter.StatusEvent(EventMarked, step.Case.Service)
		}
	}
}

// next is the step a waiting case takes after one more look.
func (p *Parking) next(c Case, l *recheck) Change {
	c.UpdatedAt, c.Checks = l.at, c.Checks+1
	switch {
	case l.v.Outcome == reason.Passed && c.State == StateParked:
		return l.accepted(c, MarkNone)
	case l.v.Outcome == reason.Failed && c.State == StateParked:
		return l.refused(c)
	case l.v.Outcome == reason.Passed:
		return l.confirmed(c)
	case l.v.Outcome == reason.Failed:
		return l.broken(c)
	case c.State == StateParked && l.rule.Unknown == catalogue.UnknownAcceptMarked && l.proof.statusUnknown() && !l.proof.senderUnknown():
		c.NextCheckAt = p.nextLook(c, l)
		return l.accepted(c, MarkUnconfirmed)
	}
	return p.wait(c, l)
}

// settled is a step that ends with a verdict.
func (l *recheck) settled(c Case, kind string, tell ...Message) Change {
	return Change{Case: c, Verdict: &l.v, Documents: l.docs, Events: []Event{l.event(c, kind)}, Outbox: tell}
}

func (l *recheck) event(c Case, kind string) Event {
	return Event{At: l.at, Kind: kind, Actor: actorKopir,
		Data: map[string]string{"verdict": l.v.ID, "code": string(l.v.Code), "checks": strconv.Itoa(c.Checks)}}
}

func (l *recheck) accepted(c Case, m Mark) Change {
	c.State, c.Mark = StateAccepted, m
	if m == MarkNone {
		c.EscalatedAt = time.Time{}
	}
	change := l.settled(c, string(StateAccepted), newMessage(c, KindNotification, string(StateAccepted), l.v.Code, l.at))
	if m != MarkNone {
		mark(change.Events[0].Data, m, l.rule)
	}
	return change
}

func (l *recheck) refused(c Case) Change {
	c.State, c.EscalatedAt = StateRefused, time.Time{}
	return l.settled(c, string(StateRefused), newMessage(c, KindResponse, string(StateRefused), l.v.Code, l.at))
}

// confirmed takes the mark away.
func (l *recheck) confirmed(c Case) Change {
	c.Mark, c.EscalatedAt = MarkNone, time.Time{}
	return l.settled(c, EventMarkConfirmed)
}

// broken shows the provider and people that the certificate of a marked case did not hold. What follows
// for an application that is in work, or answered, is theirs to decide.
func (l *recheck) broken(c Case) Change {
	c.Mark, c.EscalatedAt = MarkFailed, l.at
	return l.settled(c, EventMarkFailed)
}

// wait puts the next look into the future, and once, ahead of the due time, tells people.
func (p *Parking) wait(c Case, l *recheck) Change {
	c.NextCheckAt = p.nextLook(c, l)
	if !c.EscalatedAt.IsZero() || !c.open() || l.at.Before(p.alarm(c, l)) {
		return Change{Case: c}
	}
	c.EscalatedAt = l.at
	e := l.event(c, EventEscalated)
	delete(e.Data, "verdict") // of a look without an answer no verdict is kept
	return Change{Case: c, Events: []Event{e}}
}

// alarm is when people are told.
func (p *Parking) alarm(c Case, l *recheck) time.Time {
	return c.DueAt.Add(-cmp.Or(l.rule.Escalate, p.cfg.Escalate))
}

// nextLook grows from look to look up to the longest pause, and never sleeps over the alarm or the due time.
func (p *Parking) nextLook(c Case, l *recheck) time.Time {
	const doublings = 6
	pause := min(p.intake.cfg.ParkEvery<<min(c.Checks, doublings), p.cfg.Slowest)
	next := l.at.Add(spread(pause, c.Number))
	for _, moment := range []time.Time{p.alarm(c, l), c.DueAt} {
		if moment.After(l.at) && moment.Before(next) {
			next = moment
		}
	}
	return next
}

// spread shortens a pause by up to a fifth, differently for each case: what was parked together does not
// come back together.
func spread(pause time.Duration, number string) time.Duration {
	const parts = 1000
	h := fnv.New32a()
	_, _ = h.Write([]byte(number))
	return pause - pause/5*time.Duration(h.Sum32()%parts)/parts
}

// actorKopir is the actor of what the gateway does by itself.
const actorKopir = "kopir"
