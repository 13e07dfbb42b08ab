package gateway

import (
	"context"
	"sync"
	"time"
)

// Clock notices a clock that went backwards: the ledger's newest entry is a floor under the time.
// Deciding on an earlier time could let an expired certificate pass (DESIGN §3 rule 8).
type Clock struct {
	ledger Ledger
	mu     sync.Mutex
	seen   time.Time
}

// NewClock makes a Clock over the ledger's newest entry.
func NewClock(l Ledger) *Clock { return &Clock{ledger: l} }

// Read turns the machine's time into the time to decide by: never earlier than the newest entry seen.
// behind says that the machine's clock is earlier than that by more than the tolerance.
func (c *Clock) Read(ctx context.Context, now time.Time, tolerance time.Duration) (at time.Time, behind bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen.IsZero() {
		if c.seen, err = c.ledger.Latest(ctx); err != nil {
			return time.Time{}, false, err
		}
	}
	if now.After(c.seen) {
		c.seen = now
	}
	return c.seen, now.Before(c.seen.Add(-tolerance)), nil
}
