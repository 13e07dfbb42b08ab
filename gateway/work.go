package gateway

import (
	"context"
	"strings"
	"time"
)

// WorkConfig tunes the hand-over to providers. The zero value works.
type WorkConfig struct {
	LeaseFor time.Duration // default five minutes: a lease is a short hand-over (DESIGN §3 rule 7)
	MaxLease int           // default 100 cases a poll
	MaxWait  time.Duration // default 30 seconds a long poll

	Clock          *Clock        // the intake's; default one of its own over the same ledger
	ClockTolerance time.Duration // default two minutes, as for OCSP times
}

func (c WorkConfig) withDefaults() WorkConfig {
	if c.LeaseFor == 0 {
		c.LeaseFor = 5 * time.Minute
	}
	if c.MaxLease == 0 {
		c.MaxLease = 100
	}
	if c.MaxWait == 0 {
		c.MaxWait = 30 * time.Second
	}
	if c.ClockTolerance == 0 {
		c.ClockTolerance = defaultClockTolerance
	}
	return c
}

// Work hands cases to providers and takes their steps and results.
type Work struct {
	ledger Ledger
	index  Index
	prover *Prover
	rules  Rules
	world  World
	meter  Meter
	cfg    WorkConfig
}

// NewWork makes the use case.
func NewWork(l Ledger, ix Index, p *Prover, r Rules, w World, m Meter, cfg WorkConfig) *Work {
	if cfg.Clock == nil {
		cfg.Clock = NewClock(l)
	}
	return &Work{ledger: l, index: ix, prover: p, rules: r, world: w, meter: m, cfg: cfg.withDefaults()}
}

// Lease hands out up to max waiting cases of the provider, waiting up to wait for the first.
func (w *Work) Lease(ctx context.Context, caller Caller, provider string, max int, wait time.Duration) ([]Case, error) {
	if !caller.Serves(provider) {
		return nil, &Error{Code: CodeForbidden, Detail: "this queue is not the caller's"}
	}
	max = min(atLeastOne(max), w.cfg.MaxLease)
	until := w.world.Now().Add(min(wait, w.cfg.MaxWait))
	for {
		cases, err := w.claim(ctx, caller, provider, max)
		if err != nil || len(cases) > 0 {
			return cases, err
		}
		left := until.Sub(w.world.Now())
		if left <= 0 {
			return nil, nil
		}
		if err := w.pause(ctx, provider, left); err != nil {
			return nil, err
		}
	}
}

// pause waits for a wake-up, but never long: the index may be lost, the ledger is asked again anyway.
func (w *Work) pause(ctx context.Context, provider string, left time.Duration) error {
	const askAgain = 2 * time.Second
	_ = w.index.Drained(ctx, provider)
	return w.index.Wait(ctx, provider, min(left, askAgain))
}

func atLeastOne(n int) int { return max(n, 1) }

func (w *Work) claim(ctx context.Context, caller Caller, provider string, max int) ([]Case, error) {
	now := w.world.Now()
	ids := make([]string, max)
	for i := range ids {
		id, err := w.world.IDs.New(now)
		if err != nil {
			return nil, err
		}
		ids[i] = leaseFor(caller, id)
	}
	return w.ledger.Claim(ctx, Claim{Provider: provider, Actor: caller.ID, Max: max, Now: now,
		Until: now.Add(w.cfg.LeaseFor), LeaseIDs: ids})
}

// leaseFor binds a random id to its caller: the id that another caller would have to show is another
// one, and the ledger does not know it.
func leaseFor(caller Caller, random string) string {
	return random + "-" + SHA256Hex([]byte(caller.ID + "\n" + random))[:16]
}

// boundTo says whether a lease id was made for the caller.
func boundTo(leaseID string, caller Caller) bool {
	random, _, _ := strings.Cut(leaseID, "-")
	return leaseID == leaseFor(caller, random)
}

// Ack makes the case the provider's: from now on steps and the result are authorised by
// provider and attempt number, not by the lease.
func (w *Work) Ack(ctx context.Context, caller Caller, leaseID string) (Case, error) {
	return w.withLease(ctx, caller, leaseID, func(c Case) (Change, error) {
		if c.State == StateInWork {
			return Change{Case: c}, nil // the same acknowledgement twice
		}
		c.State, c.UpdatedAt = StateInWork, w.world.Now()
		return Change{Case: c, Events: []Event{w.event(c, caller, "acknowledged", nil)},
			Outbox: []Message{newMessage(c, KindNotification, string(StateInWork), "", c.UpdatedAt)}}, nil
	})
}

// Renew gives the lease its full time again.
func (w *Work) Renew(ctx context.Context, caller Caller, leaseID string) (Case, error) {
	return w.withLease(ctx, caller, leaseID, func(c Case) (Change, error) {
		c.LeaseUntil = w.world.Now().Add(w.cfg.LeaseFor)
		return Change{Case: c, Events: []Event{w.event(c, caller, "lease_renewed", nil)}}, nil
	})
}

// Release gives the case back to the queue at once.
func (w *Work) Release(ctx context.Context, caller Caller, leaseID string) (Case, error) {
	c, err := w.withLease(ctx, caller, leaseID, func(c Case) (Change, error) {
		c.LeaseUntil = w.world.Now()
		return Change{Case: c, Events: []Event{w.event(c, caller, "lease_released", nil)}}, nil
	})
	if err == nil {
		_ = w.index.Ready(ctx, c.Provider)
	}
	return c, err
}

// Dead sets the case aside for people: the provider's system cannot take it.
func (w *Work) Dead(ctx context.Context, caller Caller, leaseID, reason string) (Case, error) {
	return w.withLease(ctx, caller, leaseID, func(c Case) (Change, error) {
		c.State = StateDead
		return Change{Case: c, Events: []Event{w.event(c, caller, "dead", map[string]string{"reason": short(reason)})}}, nil
	})
}

// withLease changes the case a running lease of the caller belongs to.
func (w *Work) withLease(ctx context.Context, caller Caller, leaseID string, decide func(Case) (Change, error)) (Case, error) {
	held, err := w.ledger.CaseByLease(ctx, leaseID)
	if err != nil {
		return Case{}, err
	}
	return w.ledger.Change(ctx, held.Number, func(c Case) (Change, error) {
		switch {
		case !caller.Serves(c.Provider) || !boundTo(leaseID, caller):
			return Change{}, &Error{Code: CodeForbidden, Detail: "this lease is not the caller's"}
		case c.LeaseID != leaseID:
			return Change{}, errLeaseLost
		case c.State != StateInWork && w.world.Now().After(c.LeaseUntil):
			return Change{}, errLeaseLost
		}
		return decide(c)
	})
}

var errLeaseLost = &Error{Code: CodeLeaseExpired, Detail: "the lease has run out or was taken over"}

// Step is what a provider reports on the way: registered, executor named, draft, extension ….
type Step struct {
	Name string
	Note string
	Data map[string]string
}

// Step records a step of the regulation and tells the cabinet.
func (w *Work) Step(ctx context.Context, caller Caller, number string, attempt int, s Step) (Case, error) {
	if s.Name == "" {
		return Case{}, &Error{Code: CodeFormInvalid, Detail: "name: the step has none"}
	}
	return w.ledger.Change(ctx, number, func(c Case) (Change, error) {
		if err := w.mine(c, caller, attempt); err != nil {
			return Change{}, err
		}
		if c.State != StateInWork {
			return Change{}, &Error{Code: CodeTransitionRefused, Detail: "a step needs a case in work, this one is " + string(c.State)}
		}
		c.UpdatedAt = w.world.Now()
		data := map[string]string{"step": short(s.Name), "note": short(s.Note)}
		m := newMessage(c, KindNotification, "step", "", c.UpdatedAt)
		m.Text["step"] = short(s.Name)
		return Change{Case: c, Events: []Event{w.event(c, caller, "step", data)}, Outbox: []Message{m}}, nil
	})
}

// mine says whether the caller works on this very attempt. What is another district's does not
// exist for the caller.
func (w *Work) mine(c Case, caller Caller, attempt int) error {
	switch {
	case !caller.Serves(c.Provider):
		return &Error{Code: CodeNotFound, Detail: "no such application"}
	case c.Attempt != attempt:
		return &Error{Code: CodeLeaseExpired, Detail: "the case was handed out again since: the attempt number is old"}
	}
	return nil
}

func (w *Work) event(c Case, caller Caller, kind string, data map[string]string) Event {
	return Event{At: w.world.Now(), Kind: kind, Actor: caller.ID, Data: data, Number: c.Number}
}

// maxNote bounds what a provider may write beside a step; the text is stored and shown.
const maxNote = 500

func short(s string) string {
	if r := []rune(s); len(r) > maxNote {
		return string(r[:maxNote])
	}
	return s
}
