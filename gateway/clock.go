package gateway

import (
	"context"
	"sync"
	"time"

	"kopir/xmlsig/reason"
)

// Clock notices a clock that went backwards: the ledger's newest entry is a floor under the time.
// Deciding by an earlier time could let an expired certificate pass (DESIGN §3 rule 8). The floor may
// be wrong itself, if the clock was ahead once; then fresh OCSP answers confirm the machine's time.
type Clock struct {
	ledger Ledger
	mu     sync.Mutex
	seen   time.Time
	signed time.Time // the newest time an authority has signed that the machine's clock had not reached
}

// defaultClockTolerance is how far the clock may go back, or be apart from an authority's.
const defaultClockTolerance = 2 * time.Minute

// NewClock makes a Clock over the ledger's newest entry.
func NewClock(l Ledger) *Clock { return &Clock{ledger: l} }

// Reading is what the clock says of one moment.
type Reading struct {
	At     time.Time // the time to decide by; the machine's own when behind
	Floor  time.Time // the newest time seen
	Behind bool      // the machine's clock is earlier than the floor by more than the tolerance
}

// Read holds the machine's time against the newest entry seen.
func (c *Clock) Read(ctx context.Context, now time.Time, tolerance time.Duration) (Reading, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen.IsZero() {
		latest, err := c.ledger.Latest(ctx)
		if err != nil {
			return Reading{}, err
		}
		c.seen = latest
	}
	floor := c.seen
	if c.signed.After(floor) {
		floor = c.signed
	}
	if now.Before(floor.Add(-tolerance)) {
		return Reading{At: now, Floor: floor, Behind: true}, nil
	}
	if now.After(c.seen) {
		c.seen = now
	}
	return Reading{At: c.seen, Floor: c.seen}, nil
}

// Confirm takes the machine's time for right and the floor for wrong.
func (c *Clock) Confirm(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen, c.signed = now, time.Time{}
}

// Witness puts a time under the clock that a time-stamping authority has signed.
func (c *Clock) Witness(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.signed) {
		c.signed = at
	}
}

// weigh makes a proof inconclusive that was made by a clock behind the ledger, unless fresh OCSP answers
// say that the machine's time is right: then the floor was wrong, set by a clock once ahead. A clock that
// contradicts an OCSP answer has left the status unknown already.
func (c *Clock) weigh(pr *proof, r Reading) {
	pr.doubted = pr.clockOff()
	if !r.Behind {
		return
	}
	if pr.passed() && pr.at.Equal(r.At) && pr.onlyOCSP() {
		c.Confirm(r.At)
		return
	}
	pr.doubted = true
	pr.add(reason.Unknown(reason.CheckRevocation, 0, reason.RevocationUnknown, "the gateway's clock is behind its own ledger"))
}
