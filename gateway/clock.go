package gateway

import (
	"context"
	"sync"
	"time"
)

// Clock notices a clock that went backwards: the ledger's newest entry is a floor under the time.
// Deciding by an earlier time could let an expired certificate pass (DESIGN §3 rule 8). The floor may
// be wrong itself, if the clock was ahead once; then fresh OCSP answers confirm the machine's time.
type Clock struct {
	ledger Ledger
	mu     sync.Mutex
	seen   time.Time
}

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
	if now.Before(c.seen.Add(-tolerance)) {
		return Reading{At: now, Floor: c.seen, Behind: true}, nil
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
	c.seen = now
}
